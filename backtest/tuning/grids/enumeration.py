"""Which candidates a grid has: all combinations, those that its conditions keep, or drawn ones."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.grids.conditions import Condition, Operand, operand
from backtest.tuning.grids.dimensions import Dimension
from backtest.tuning.grids.distributions import SHAPE, Distribution, Draw
from backtest.tuning.grids.known_settings import known_settings, meant
from backtest.tuning.grids.layouts import Drawn, Kept, Product, digits_of
from backtest.tuning.grids.parameter_values import OWN

MAX_CANDIDATES = 100_000_000
MAX_AXES = 64  # of an array in numpy
STRETCH = 1_000_000  # combinations that a condition is worked out for at a time


def unvaried(
    conditions: Sequence[Condition],
    entries: Sequence[Dimension | Distribution],
    base: Callable[[str], object] | None,
) -> dict[str, object]:
    """Find the values of what conditions name and the grid does not vary.

    Parameters
    ----------
    conditions : sequence of Condition
    entries : sequence of Dimension or Distribution
    base : callable or None
        The thesis' own value of a dotted name; KeyError of an unknown one.

    Returns
    -------
    dict of str to object

    Raises
    ------
    BacktestError
        If a condition names what is neither varied nor known to `base`, or what a table of a section leaves out.
    """
    varied = {name: entry for entry in entries for name in entry.names}
    own = dict[str, object]()
    for condition in conditions:
        for name in condition.names:
            entry = varied.get(name)
            if isinstance(entry, Dimension) and OWN in entry.values[entry.names.index(name)]:
                raise BacktestError(
                    f"Condition {condition.text!r} names {name}, which not every table of its section gives. "
                    "Give it in all of them."
                )
            if entry is not None:
                continue
            try:
                if base is None:
                    raise KeyError(name)
                own[name] = base(name)
            except KeyError:
                what = "is not varied" if base is None or name in known_settings() else "is no setting"
                raise BacktestError(
                    f"Condition {condition.text!r} names {name}, which {what}; the grid varies "
                    f"{', '.join(varied)}.{meant(name, varied)}"
                ) from None
    return own


def undrawn(entries: Sequence[Dimension | Distribution]) -> list[Dimension]:
    """Refuse what cannot be combined with all else.

    Parameters
    ----------
    entries : sequence of Dimension or Distribution

    Returns
    -------
    list of Dimension

    Raises
    ------
    BacktestError
        If one is a distribution, or the combinations are too many.
    """
    dimensions = list[Dimension]()
    for entry in entries:
        if isinstance(entry, Distribution):
            raise BacktestError(
                f"The grid gives {entry.names[0]} a distribution, which wants a draw: add {SHAPE}, "
                "or give it a list or a range."
            )
        dimensions.append(entry)
    total = math.prod(len(dimension) for dimension in dimensions)
    if total > MAX_CANDIDATES:
        raise BacktestError(
            f"The grid has {total:.3g} combinations; {MAX_CANDIDATES:,} are the most, conditions or not. Take fewer "
            f"values, or draw some of them: {SHAPE}."
        )
    return dimensions


def all_combinations(
    dimensions: Sequence[Dimension], conditions: Sequence[Condition], own: Mapping[str, object]
) -> Product | Kept:
    """Combine every point with every other, and keep what the conditions hold for.

    Parameters
    ----------
    dimensions : sequence of Dimension
    conditions : sequence of Condition
    own : mapping of str to object
        Values of what the conditions name and the grid does not vary.

    Returns
    -------
    Product or Kept

    Raises
    ------
    BacktestError
        If no combination is kept, or a condition does not fit its values.
    """
    sizes = tuple(len(dimension) for dimension in dimensions)
    if not conditions:
        return Product(sizes)
    if len(sizes) > MAX_AXES:
        raise BacktestError(
            f"The grid has conditions and {len(sizes)} entries; {MAX_AXES} are the most. "
            "Set single values in the thesis."
        )
    mask = np.ones((1,) * len(sizes), np.bool_)
    for k, condition in enumerate(conditions):
        # Worked out over the entries it names alone: the others are as free as before.
        axes = [d for d, dimension in enumerate(dimensions) if set(dimension.names) & set(condition.names)]
        lengths = [sizes[d] for d in axes]
        holds = np.empty(math.prod(lengths), np.bool_)
        for start in range(0, len(holds), STRETCH):
            digits = digits_of(np.arange(start, min(start + STRETCH, len(holds))), lengths)
            holds[start : start + STRETCH] = _holds(condition, [dimensions[d] for d in axes], own, digits)
        mask = mask & holds.reshape([size if d in axes else 1 for d, size in enumerate(sizes)])
        if not mask.any():
            raise BacktestError(_nothing(conditions[: k + 1], alone=not holds.any()))
    return Kept(sizes, mask)


def _nothing(conditions: Sequence[Condition], alone: bool) -> str:
    if alone or len(conditions) == 1:
        return f"No candidate satisfies the condition {conditions[-1].text!r}. Widen the grid, or drop the condition."
    said = " and ".join(repr(condition.text) for condition in conditions)
    return f"No candidate satisfies the conditions {said} together. Widen the grid, or drop one."


def _holds(
    condition: Condition, dimensions: Sequence[Dimension], own: Mapping[str, object], digits: NDArray[Any]
) -> NDArray[np.bool_]:
    """Say at which points of the dimensions a condition holds."""
    columns = dict[str, Operand]()
    for name in condition.names:
        if name in own:
            columns[name] = operand([own[name]])
            continue
        d, dimension = next((d, one) for d, one in enumerate(dimensions) if name in one.names)
        k = dimension.names.index(name)
        columns[name] = operand(dimension.values[k])[dimension.codes[digits[:, d], k]]
    return condition.holds(columns)


def drawn_points(
    entries: Sequence[Dimension | Distribution],
    draw: Draw,
    conditions: Sequence[Condition],
    own: Mapping[str, object],
) -> tuple[list[Dimension], Drawn]:
    """Draw candidates, and keep those that the conditions hold for; no others are drawn in their place.

    Parameters
    ----------
    entries : sequence of Dimension or Distribution
    draw : Draw
    conditions : sequence of Condition
    own : mapping of str to object
        Values of what the conditions name and the grid does not vary.

    Returns
    -------
    dimensions : list of Dimension
        Of a distribution the values drawn, ascending.
    layout : Drawn

    Raises
    ------
    BacktestError
        If no candidate is kept, or a condition does not fit its values.
    """
    points = draw.points(len(entries))
    table, dimensions = np.empty(points.shape, np.int32), list[Dimension]()
    for k, entry in enumerate(entries):
        if isinstance(entry, Distribution):
            values, table[:, k] = np.unique(entry.at(points[:, k]), return_inverse=True)
            dimensions.append(Dimension(entry.names, (tuple(values.tolist()),)))
        else:
            table[:, k] = np.floor(points[:, k] * len(entry))
            dimensions.append(entry)
    keep = np.ones(len(table), np.bool_)
    for k, condition in enumerate(conditions):
        holds = _holds(condition, dimensions, own, table)
        keep &= holds
        if not keep.any():
            raise BacktestError(_nothing(conditions[: k + 1], alone=not holds.any()))
    return dimensions, Drawn(table[keep] if conditions else table)
