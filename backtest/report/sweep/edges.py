"""Where the best lies at the edge of the grid, and better may lie beyond."""

import numpy as np

from backtest.report.sweep.frames import SweepFrames
from backtest.report.writing import listed
from backtest.run import settings_of
from backtest.tuning.analysis.axes import Axis
from backtest.tuning.analysis.landscape import equal_to
from data.errors import EastboundError
from strategies.planning import decide_when
from strategies.thesis import Thesis

NEAR = 1e-6  # beyond a number, as a share of it


def at_the_edge(frames: SweepFrames) -> list[str]:
    """Say where the best takes the lowest or the highest value of a list.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    list of str
        One sentence; none where it takes neither, where a candidate that is as good does not, or where the thesis
        refuses any value beyond, as a share above 1. Of two values each is an end, and nothing is said.
    """
    as_good = np.flatnonzero(equal_to(frames.values, float(frames.values[frames.best])))
    ends = [
        f"{name} ({one.labels[place]})"
        for name, one in frames.axes.items()
        if one.is_ordered and not one.is_binned and one.n > 2
        for place in (int(one.codes[frames.best]),)
        if place in {0, one.n - 1} and (one.codes[as_good] == place).all() and _goes_on(frames, name, one, place)
    ]
    return [f"The best lies at the edge of the grid in {listed(ends)}: better may lie beyond."] if ends else []


def _goes_on(frames: SweepFrames, name: str, one: Axis, place: int) -> bool:
    """Say whether the best may take a value beyond: a little, or by one where numbers are whole."""
    value = one.values[place]
    if not isinstance(value, int | float):  # none among numbers
        return False
    sign, best = (1 if place else -1), frames.found.variant(frames.best)
    return any(_is_taken(frames, best, name, value + sign * step) for step in (NEAR * max(1.0, abs(value)), 1) if step)


def _is_taken(frames: SweepFrames, best: Thesis, name: str, value: float) -> bool:
    try:
        changed = best.replace({name: value})
        settings_of(changed)
        if name.startswith("schedule."):  # how far an offset goes depends on the period
            decide_when(changed.schedule, frames.found.market, changed.name)
    except EastboundError:
        return False
    return True
