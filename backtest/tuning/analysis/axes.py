"""A varied parameter as an axis: its values in order, and which of them each candidate takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# A number with more values than this is shown in bins: no reader tells apart more columns of a map.
MOST_VALUES = 64
# On average in a bin. Chance alone then explains at most about a twentieth of the spread between bins.
PER_BIN = 20
# A number with no more values than these is a list, however few candidates there are.
FEW = 8
NONE = "none"
SAMPLE = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axis:
    """The values of a parameter, and where each candidate lies.

    Attributes
    ----------
    parameter : str
        Dotted name.
    codes : ndarray of shape (n,), uint16 or uint32
        Place of each candidate in `values`; 32 bits where there are more than 65,536. A missing value (None, NaN) has a
        place of its own, the last.
    values : tuple, length n_values
        Distinct values that candidates take, in order; of a bin the median of what it holds.
    labels : tuple of str, length n_values
        Values as a reader writes them; of a bin its bounds.
    is_ordered : bool
        Whether values are numbers, so that some lie beside each other.
    is_binned : bool
        Whether a place is a bin of equal count.
    """

    parameter: str
    codes: NDArray[np.uint16] | NDArray[np.uint32]
    values: tuple[object, ...]
    labels: tuple[str, ...]
    is_ordered: bool
    is_binned: bool

    @property
    def n(self) -> int:
        """Places."""
        return len(self.values)

    @property
    def is_too_fine(self) -> bool:
        """Whether there are more places than a map can show, 64, and they cannot be put into bins."""
        return not self.is_binned and self.n > MOST_VALUES


def parameters(table: pd.DataFrame, *, varied: bool = True) -> tuple[str, ...]:
    """Name the parameters of a sweep.

    Parameters
    ----------
    table : DataFrame
        Of a sweep: parameters are the columns with a dotted name.
    varied : bool
        Whether to leave out those that take one value only.

    Returns
    -------
    tuple of str
        In the order of the table.
    """
    named = tuple(str(name) for name in table.columns if "." in str(name))
    return tuple(name for name in named if not varied or _varies(table[name]))


def is_drawn(table: pd.DataFrame, parameter: str) -> bool:
    """Say whether a parameter was drawn rather than listed.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    parameter : str

    Returns
    -------
    bool
        True of a number with more than 8 values that most candidates (of 4,096 spread over the sweep) have for
        themselves although they differ in other parameters too: in a grid of two parameters or more a value comes back
        at least twice.
    """
    if not _is_number(table[parameter]):
        return False
    at = np.unique(np.linspace(0, max(len(table) - 1, 0), SAMPLE).astype(np.int64))[: len(table)]
    n_values = len(pd.unique(table[parameter].iloc[at]))
    return n_values > FEW and 2 * n_values > len(at) and len(parameters(table)) > 1


def axis(table: pd.DataFrame, parameter: str, *, n_bins: int | None = None) -> Axis:
    """Lay a parameter out.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    parameter : str
        Dotted name.
    n_bins : int, optional
        Bins of a number that was drawn or takes more than 64 values; by default of 20 candidates or more each, 20
        bins at most.

    Returns
    -------
    Axis
        Texts keep all their values, however many: such an axis is too fine for a map.

    Examples
    --------
    >>> table = pd.DataFrame({"a.x": [3, 1, 3], "a.y": ["p", "q", "p"]})
    >>> axis(table, "a.x").values, axis(table, "a.x").codes.tolist(), axis(table, "a.y").is_ordered
    ((1, 3), [1, 0, 1], False)
    """
    column = table[parameter]
    listed = _list_if_few(column)
    if _is_number(column) and (listed is None or is_drawn(table, parameter)):
        bins = _bins(parameter, _numbers(column), n_bins or bins_for(len(table)))
        if bins is not None:
            return bins
    return _listed(parameter, *(listed or _list(column)))


def bins_for(n: int, n_parameters: int = 1) -> int:
    """Choose how many bins a number gets.

    Parameters
    ----------
    n : int
        Candidates.
    n_parameters : int
        Binned at once.

    Returns
    -------
    int
        As many as leave 20 candidates in a cell on average, from 2 to 20 (to 12 where two are binned).

    Examples
    --------
    >>> bins_for(100), bins_for(1_000_000), bins_for(1000, 2)
    (5, 20, 7)
    """
    per_axis = n // PER_BIN if n_parameters == 1 else math.isqrt(n // PER_BIN)
    return int(np.clip(per_axis, 2, 20 if n_parameters == 1 else 12))


def steps_of(table: pd.DataFrame, parameter: str, laid: Axis | None = None) -> tuple[NDArray[np.int64], bool]:
    """Count a parameter in steps from one of its values to the next, however many there are.

    Parameters
    ----------
    table : DataFrame of n rows
    parameter : str
    laid : Axis, optional
        Of the parameter, where it is laid out already.

    Returns
    -------
    places : ndarray of shape (n,), int64
        Place of each candidate among the values in order.
    is_ordered : bool
        False: values have no order, and each lies one step from every other.
    """
    if laid is not None and not laid.is_binned:
        return laid.codes.astype(np.int64), laid.is_ordered
    column = table[parameter]
    found = _list_if_few(column)
    if found is None:
        values = _numbers(column)
        order = np.argsort(values)
        held = values[order]
        is_next = (held[1:] != held[:-1]) & ~np.isnan(held[:-1])
        places = np.empty(len(values), dtype=np.int64)
        places[order] = np.concatenate([[0], np.cumsum(is_next)])
        return places, True
    listed = _listed(parameter, *found)
    return listed.codes.astype(np.int64), listed.is_ordered


def written(value: object) -> str:
    """Write a value of a parameter as a reader would.

    Parameters
    ----------
    value : object

    Returns
    -------
    str

    Examples
    --------
    >>> written(0.30000000000000004), written(True), written({"bps": 10}), written(None), written(("a", "b"))
    ('0.3', 'yes', 'bps 10', 'none', 'a, b')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NONE
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {written(one)}" for key, one in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(written(one) for one in value)
    return str(value)


def _is_number(column: "pd.Series[Any]") -> bool:
    """Say whether a parameter holds numbers, as they are or as categories."""
    kind = column.cat.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _numbers(column: "pd.Series[Any]") -> NDArray[np.float64]:
    return np.asarray(column.astype(np.float64), dtype=np.float64)


def _varies(column: "pd.Series[Any]") -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        return bool(len(codes) and (codes != codes[0]).any())
    if _is_number(column):
        values = column.to_numpy(dtype=np.float64)
        return bool(len(values) and not ((values == values[0]) | (np.isnan(values) & np.isnan(values[0]))).all())
    return len(pd.factorize(column, use_na_sentinel=False)[1]) > 1


Listed = tuple[NDArray[np.int64], list[Any]]  # codes of the candidates, and the distinct values as they come


def _list_if_few(column: "pd.Series[Any]") -> Listed | None:
    """List the values of a parameter; None of a number that takes many."""
    if not _is_number(column):
        return _list(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        listed = _list(column)
        return listed if len(listed[1]) <= MOST_VALUES else None
    # A draw of a million shows its many values in the first few thousand; only a list needs to be read whole.
    if len(pd.unique(column.iloc[:SAMPLE])) > MOST_VALUES:
        return None
    listed = _list(column)
    return listed if len(listed[1]) <= MOST_VALUES else None


def _list(column: "pd.Series[Any]") -> Listed:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        found, distinct = pd.factorize(column, use_na_sentinel=False)
        return np.asarray(found, dtype=np.int64), list(distinct)
    places = column.cat.codes.to_numpy().astype(np.int64)
    is_held = np.bincount(places + 1, minlength=len(column.cat.categories) + 1) > 0  # the first is what is missing
    values = list(column.cat.categories[is_held[1:]])
    new = np.append(np.cumsum(is_held[1:]) - 1, len(values))  # -1 looks up the last
    return new[places], [*values, None] if is_held[0] else values


def _listed(parameter: str, codes: NDArray[np.int64], values: list[Any]) -> Axis:
    is_ordered = all(_is_plain_number(value) or _is_missing(value) for value in values)
    if is_ordered:
        order = sorted(range(len(values)), key=lambda i: (_is_missing(values[i]), values[i]))
        codes = np.argsort(np.asarray(order, dtype=np.int64))[codes]
        values = [values[i] for i in order]
    plain = tuple(_plain(value) for value in values)
    labels = tuple(written(value) for value in plain)
    return Axis(
        parameter=parameter,
        codes=codes.astype(np.uint16) if len(values) <= 2**16 else codes.astype(np.uint32),
        values=plain,
        labels=labels,
        is_ordered=is_ordered,
        is_binned=False,
    )


def _bins(parameter: str, values: NDArray[np.float64], n_bins: int) -> Axis | None:
    """Part numbers into bins of equal count; None where too few of them are different."""
    held = np.sort(values[np.isfinite(values)])
    inner = np.unique(held[np.arange(1, n_bins) * len(held) // n_bins]) if len(held) else held
    inner = inner[inner > held[:1]]
    if not len(inner):
        return None
    codes = np.searchsorted(inner, values, side="right")
    missing = np.isnan(values)
    codes[missing] = len(inner) + 1
    firsts = np.searchsorted(held, inner)
    bounds = [float(one) for one in (held[0], *inner, held[-1])]
    middles = [float(np.median(part)) for part in np.split(held, firsts)]
    labels = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(bounds)]
    return Axis(
        parameter=parameter,
        codes=codes.astype(np.uint16),
        values=(*middles, None) if missing.any() else tuple(middles),
        labels=(*labels, NONE) if missing.any() else tuple(labels),
        is_ordered=True,
        is_binned=True,
    )


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float | np.floating) and math.isnan(float(value)))


def _is_plain_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _plain(value: object) -> object:
    """Turn a numpy scalar into Python's own, and any missing value into None."""
    if _is_missing(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
