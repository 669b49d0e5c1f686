"""Where the time of a sweep goes: when any thread was at work on a phase."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

# A phase, and what is called in it.
PARTS = {
    "preparation": ("backtest.tuning.preparation.set_up", "backtest.tuning.preparation.read_signal"),
    "running": ("backtest.tuning.blocks.BlockRunner.run",),
    "writing": (
        "backtest.tuning.storage.folder_store.FolderStore.write",
        "backtest.tuning.storage.folder_store.FolderStore.finish",
    ),
}
Intervals = dict[str, list[tuple[float, float]]]


@contextmanager
def watched() -> Iterator[Intervals]:
    """Note when the parts of sweeps are at work.

    Yields
    ------
    dict of str to list of (float, float)
        By phase, beginnings and ends in seconds; from all threads.
    """
    found: Intervals = defaultdict(list)
    with ExitStack() as stack:
        for phase, targets in PARTS.items():
            for target in targets:
                stack.enter_context(patch(target, _noted(resolve_name(target), found[phase])))
        yield found


def wall_seconds(intervals: list[tuple[float, float]]) -> float:
    """Give the time in which at least one of some intervals was running.

    Parameters
    ----------
    intervals : list of (float, float)
        Beginnings and ends.

    Returns
    -------
    float
    """
    total, reached = 0.0, -float("inf")
    for begun, ended in sorted(intervals):
        total += max(ended - max(begun, reached), 0.0)
        reached = max(reached, ended)
    return total


def _noted(function: Callable[..., Any], intervals: list[tuple[float, float]]) -> Callable[..., Any]:
    @wraps(function)
    def noted(*args: Any, **given: Any) -> Any:
        begun = time.perf_counter()
        try:
            return function(*args, **given)
        finally:
            intervals.append((begun, time.perf_counter()))

    return noted
