"""The space of a sweep: which parameters are varied, over what, and which candidate takes which values."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.grids.conditions import Condition, conditions_of
from backtest.tuning.grids.dimensions import Dimension, dimension_of
from backtest.tuning.grids.distributions import Distribution, Draw, draw_of
from backtest.tuning.grids.enumeration import all_combinations, drawn_points, undrawn, unvaried
from backtest.tuning.grids.grid_file import RESERVED, flattened
from backtest.tuning.grids.groupings import Grouping, grouping_of
from backtest.tuning.grids.layouts import Drawn, Layout
from backtest.tuning.grids.parameter_values import OWN, column_of, text_of

STRETCH = 16_384  # candidates worked out at a time
MOST_CATEGORIES = 2**15 - 1  # of numbers: what 16 bits count


@dataclass(frozen=True)
class Space:
    """The candidates of a sweep, in order.

    Those of a grid come as from itertools.product, in the order of the names, the last one fastest; what a condition
    does not hold for is left out. Those of a draw come as drawn. Made by `space_of`.

    Attributes
    ----------
    names : tuple of str
        Dotted parameters in the order of the grid.
    values : tuple of tuples
        The distinct values of each: int, float, str, bool, None, tuple or dict; `OWN` where a table of a section
        leaves the parameter out, which then keeps the thesis' own value. Of a distribution they ascend.
    n : int
        Candidates.
    digest : str
        SHA-256 of all that decides the candidates and their order.
    dimensions : tuple of Dimension
        Parameters that vary together.
    layout : Layout
        Which point of each dimension a candidate takes. A grid needs no table; with conditions it needs a bit for each
        combination, drawn candidates four bytes for each entry of the grid. Beside it `values` hold every number drawn
        from a distribution: some 50 bytes each, and up to 75 while they are drawn. No memory limit counts them.
    conditions : tuple of str
        As they were written.
    draw : Draw or None
        None: all combinations.
    """

    names: tuple[str, ...]
    values: tuple[tuple[object, ...], ...] = field(repr=False, compare=False)
    n: int
    digest: str
    dimensions: tuple[Dimension, ...] = field(repr=False, compare=False)
    layout: Layout = field(repr=False, compare=False)
    conditions: tuple[str, ...] = ()
    draw: Draw | None = None
    _groupings: dict[tuple[str, ...], Grouping] = field(default_factory=dict, repr=False, compare=False)

    def codes(self, first: int, last: int) -> NDArray[np.int64]:
        """Say which of `values` candidates take.

        Parameters
        ----------
        first, last : int
            Candidates first to last - 1.

        Returns
        -------
        ndarray of shape (last - first, n_names)
            A column lies in one piece; eight bytes for each.

        Raises
        ------
        BacktestError
            If there are no such candidates.
        """
        self._check(first, last)
        codes = np.empty((last - first, len(self.names)), np.int64, order="F")
        columns = [(k, column) for k, dimension in enumerate(self.dimensions) for column in dimension.codes.T]
        for begin in range(0, last - first, STRETCH):  # what lies between stays in the cache
            end = min(begin + STRETCH, last - first)
            digits = self.layout.digits(first + begin, first + end)
            for place, (k, column) in enumerate(columns):
                codes[begin:end, place] = digits[:, k] if self.dimensions[k].points is None else column[digits[:, k]]
        return codes

    def settings(self, candidate: int) -> dict[str, object]:
        """Give the settings of a candidate.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        dict of str to object
            By dotted name, as `Thesis.replace` takes them; without those that stay the thesis' own.

        Raises
        ------
        BacktestError
            If there is no such candidate.
        """
        (codes,) = self.codes(candidate, candidate + 1).tolist()
        return self.settings_of(self.names, codes)

    def named(self, candidate: int) -> str:
        """Name a candidate by its settings, for messages.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        str
        """
        settings = self.settings(candidate)
        return f"Candidate {candidate} ({', '.join(f'{name} = {text_of(value)}' for name, value in settings.items())})"

    def settings_of(self, names: Sequence[str], codes: Sequence[int]) -> dict[str, object]:
        """Give the settings that codes of some parameters stand for, such as a row of `distinct`.

        Parameters
        ----------
        names : sequence of str
        codes : sequence of int, length len(names)

        Returns
        -------
        dict of str to object
            As `settings`.
        """
        chosen = [(name, self.values[self._place(name)][code]) for name, code in zip(names, codes, strict=True)]
        return {name: dict(value) if isinstance(value, dict) else value for name, value in chosen if value is not OWN}

    def columns(self, first: int, last: int) -> dict[str, NDArray[Any] | pd.Categorical]:
        """Give the parameters of candidates as columns of a table.

        Parameters
        ----------
        first, last : int
            Candidates first to last - 1.

        Returns
        -------
        dict of str to ndarray or Categorical
            Of length last - first: int64 where all values are whole, float64 where they are numbers, bool, or text by
            category. Missing (NaN) where the value is None or the thesis' own. Types are those of the whole space,
            so that parts of a table fit together.

        Raises
        ------
        BacktestError
            If there are no such candidates.
        """
        codes = self.codes(first, last)
        return {name: self._columns[k].take(codes[:, k]) for k, name in enumerate(self.names)}

    def frame(self) -> pd.DataFrame:
        """Give the parameters of all candidates as a table.

        Returns
        -------
        DataFrame of n rows
            As the columns of `columns`, but for numbers of few values: they are categories of these, which take a byte
            or two a candidate.
        """
        coded = [_in_categories(column) for column in self._columns]
        whole = [np.empty(self.n, kept.dtype) for kept, _ in coded]
        for first in range(0, self.n, STRETCH):
            codes = self.codes(first, min(first + STRETCH, self.n))
            for k, (kept, _) in enumerate(coded):
                whole[k][first : first + len(codes)] = kept.take(codes[:, k])
        columns = {
            name: column if kind is None else pd.Categorical.from_codes(column, dtype=kind)
            for name, column, (_, kind) in zip(self.names, whole, coded, strict=True)
        }
        return pd.DataFrame(columns, copy=False)

    def distinct(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Give the combinations of some parameters that occur, so that what depends on them alone is done once.

        Parameters
        ----------
        names : sequence of str
            Varied parameters.

        Returns
        -------
        ndarray of shape (n_combinations, len(names))
            Codes, in the order of the grid where `names` are. Of no names there is one combination.

        Raises
        ------
        BacktestError
            If a name is not varied.
        """
        return self._grouping(names).combinations if names else np.empty((1, 0), np.int64)

    def groups(self, names: Sequence[str], first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Say which candidates share some parameters.

        Parameters
        ----------
        names : sequence of str
            Varied parameters.
        first, last : int
            Candidates first to last - 1.

        Returns
        -------
        members : ndarray of shape (last - first,)
            The row of `combinations` that each candidate takes.
        combinations : ndarray of shape (n_combinations, len(names))
            As `distinct(names)` gives them: of the whole space, whatever candidates are asked for.

        Raises
        ------
        BacktestError
            If a name is not varied, or there are no such candidates.
        """
        self._check(first, last)
        if not names:
            return np.zeros(last - first, np.int64), self.distinct(names)
        grouping = self._grouping(names)
        return grouping.of(self.layout, first, last), grouping.combinations

    @cached_property
    def _columns(self) -> tuple[NDArray[Any] | pd.Categorical, ...]:
        """The distinct values as a table has them."""
        return tuple(column_of(values) for values in self.values)

    def _grouping(self, names: Sequence[str]) -> Grouping:
        key = tuple(names)
        if key not in self._groupings:
            for name in key:
                self._place(name)
            self._groupings[key] = grouping_of(self.dimensions, self.layout, key)
        return self._groupings[key]

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise BacktestError(f"{name} is not varied; the grid varies {', '.join(self.names)}.")
        return self.names.index(name)

    def _check(self, first: int, last: int) -> None:
        if not 0 <= first <= last <= self.n:
            raise BacktestError(f"Candidates {first} to {last} are asked for; there are {self.n:,}, counted from 0.")


def space_of(grid: Mapping[str, Any] | Space, base: Callable[[str], object] | None = None) -> Space:
    """Read what is varied, and refuse what makes no sense, before any work.

    Parameters
    ----------
    grid : mapping of str to object, or Space
        By dotted name (or by section, holding its names) what a parameter takes: a list of values, one value,
        "a:b:n" (n points from a to b, both included; integers where all of them are whole) or "log:a:b:n". By the name
        of a section a list of tables, whose keys vary together. Two names are reserved:

        `conditions`, texts such as "rotation.exit < rotation.enter": what they do not hold for is left out;

        `draw`, such as {"method": "sobol", "n": 10000, "seed": 7}: instead of all combinations n are drawn, and a
        parameter may also have a distribution, {"uniform": [low, high]}, {"log_uniform": [low, high]},
        {"integers": [low, high]} (both included) or {"choice": values}; all else is drawn from as a choice.
    base : callable, optional
        Gives the thesis' own value of a dotted name, for conditions that name what is not varied; raises KeyError of an
        unknown one. Without it such conditions are refused.

    Returns
    -------
    Space

    Raises
    ------
    BacktestError
        Naming the entry at fault, and what it should be.

    References
    ----------
    .. [1] Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13 (2012): why a draw.

    Examples
    --------
    >>> space = space_of({"signal.lookback": "20:60:3", "rotation.enter": [0.5, 1.0]})
    >>> space.n, space.settings(1)
    (6, {'signal.lookback': 20, 'rotation.enter': 1.0})
    """
    if isinstance(grid, Space):
        return grid
    if not isinstance(grid, Mapping):
        raise BacktestError(f"A grid is a mapping of parameters to their values, not {type(grid).__name__}.")
    conditions = conditions_of(grid.get("conditions", ()))
    draw = draw_of(grid["draw"]) if "draw" in grid else None
    entries = [dimension_of(name, given) for name, given in flattened(grid).items() if name not in RESERVED]
    names = [name for entry in entries for name in entry.names]
    if not names:
        raise BacktestError('The grid varies nothing. Give it a parameter, such as {"signal.lookback": [20, 40]}.')
    for name in names:
        if names.count(name) > 1:
            raise BacktestError(f"The grid varies {name} twice: by itself and with its section. Leave one out.")
    own = unvaried(conditions, entries, base)
    layout: Layout
    if draw is None:
        dimensions = undrawn(entries)
        layout = all_combinations(dimensions, conditions, own)
    else:
        dimensions, layout = drawn_points(entries, draw, conditions, own)
    return Space(
        names=tuple(names),
        values=tuple(values for dimension in dimensions for values in dimension.values),
        n=layout.n,
        digest=_digest(entries, conditions, own, draw, dimensions, layout),
        dimensions=tuple(dimensions),
        layout=layout,
        conditions=tuple(condition.text for condition in conditions),
        draw=draw,
    )


def _in_categories(column: NDArray[Any] | pd.Categorical) -> tuple[NDArray[Any], pd.CategoricalDtype | None]:
    """Give what is kept of the distinct values of a parameter: their categories' codes (-1 for none), or themselves."""
    if isinstance(column, pd.Categorical):
        return np.asarray(column.codes), column.dtype
    if column.dtype == bool or len(column) > MOST_CATEGORIES:
        return column, None
    known = ~np.isnan(column)
    codes = np.where(known, np.cumsum(known) - 1, -1).astype(
        np.int8 if len(column) <= np.iinfo(np.int8).max else np.int16
    )
    return codes, pd.CategoricalDtype(column[known])


def _digest(
    entries: Sequence[Dimension | Distribution],
    conditions: Sequence[Condition],
    own: Mapping[str, object],
    draw: Draw | None,
    dimensions: Sequence[Dimension],
    layout: Layout,
) -> str:
    lines = [repr(entry) for entry in entries]
    lines += [f"condition {condition.text!r}" for condition in conditions]
    lines += [f"own {name!r} = {value!r}" for name, value in own.items()]
    found = hashlib.sha256("\n".join([*lines, repr(draw)]).encode())
    if isinstance(layout, Drawn):  # what was drawn too: another version of a library may draw otherwise
        found.update(layout.table.astype("<i4").tobytes())
        for entry, dimension in zip(entries, dimensions, strict=True):
            if isinstance(entry, Distribution):
                found.update(np.array(dimension.values[0], np.float64).astype("<f8").tobytes())
    return found.hexdigest()
