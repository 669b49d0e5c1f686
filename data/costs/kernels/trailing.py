"""Averages of what was known before each row."""

import numpy as np
from numpy.typing import NDArray

from data.jit import kernel

F = NDArray[np.float64]


@kernel
def trailing_moments_nb(
    values: F, known: NDArray[np.bool_], n_least: int, kept: F, mean_out: F, deviation_out: F
) -> None:
    """Average the last known values of each name strictly before each row.

    Two passes over each window, oldest value first: nothing cancels, and a result depends on its window alone.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_names), float64
    known : ndarray of shape (n_rows, n_names), bool
        Which values count.
    n_least : int
        Fewer known values than this give NaN.
    kept : ndarray of shape (2 x window,)
        Room to work in; window: how many of the last known values count.
    mean_out, deviation_out : ndarray of shape (n_rows, n_names) or (0, 0)
        Written in place: mean, and standard deviation with n - 1. Of size 0: not wanted.
    """
    n_rows, n_names = values.shape
    window = kept.shape[0] // 2
    wants_mean, wants_deviation = mean_out.size > 0, deviation_out.size > 0
    for a in range(n_names):
        n_kept, mean, deviation = 0, np.nan, np.nan
        for r in range(n_rows):
            if wants_mean:
                mean_out[r, a] = mean
            if wants_deviation:
                deviation_out[r, a] = deviation
            if not known[r, a]:
                continue
            # Each value stands twice, a window apart: any window is one run.
            slot = n_kept % window
            kept[slot] = values[r, a]
            kept[slot + window] = values[r, a]
            n_kept += 1
            n = min(n_kept, window)
            if n < n_least:
                continue
            start = slot + 1 + window - n
            total = 0.0
            for i in range(start, start + n):
                total += kept[i]
            mean = total / n
            if wants_deviation:
                spread = 0.0
                for i in range(start, start + n):
                    spread += (kept[i] - mean) ** 2
                deviation = np.sqrt(spread / (n - 1))
