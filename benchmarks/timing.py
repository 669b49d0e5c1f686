"""Timing a warm call."""

import statistics
import time
from collections.abc import Callable


def median_of(function: Callable[[], object], repeats: int) -> float:
    """Give the median seconds of warm calls."""
    function()
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        function()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
