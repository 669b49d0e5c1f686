"""The grid of the headline, whole and in part."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backtest.tuning.grids.grid_file import flattened, read_grid
from backtest.tuning.space import space_of

HEADLINE = Path(__file__).parents[1] / "grids" / "headline.toml"
# What is cut from a grid that is too long, in this order; schedules and inner weightings stay.
CUT = ("signal.lookback", "signal.history", "rotation.max_share", "rotation.enter", "rotation.exit", "rotation.speed")


def headline(n: int | None = None, schedules: Sequence[str | int] = ()) -> dict[str, Any]:
    """Give the grid of the headline, or its first values.

    Parameters
    ----------
    n : int, optional
        At least so many candidates, and as few as that allows; by default all.
    schedules : sequence of str or int
        Schedules to keep; by default all.

    Returns
    -------
    dict of str to object
        As `backtest.tuning.sweep.sweep` takes it.

    Examples
    --------
    >>> [space_of(headline(wanted)).n for wanted in (None, 100_000, 1000)]
    [1036800, 103680, 1080]
    """
    grid = flattened(read_grid(HEADLINE))
    if schedules:
        grid["schedule.every"] = list(schedules)
    whole = space_of(grid)
    total, values = whole.n, dict(zip(whole.names, whole.values, strict=True))
    if n is None:
        return grid
    for name in CUT:
        each = total // len(values[name])
        kept = min(max(-(-n // each), 1), len(values[name]))
        grid[name] = list(values[name][:kept])
        total = each * kept
    return grid
