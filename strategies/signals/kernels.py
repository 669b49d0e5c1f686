"""Compiled loops of signals."""

import numpy as np

from data.jit import kernel


@kernel
def trailing_zscore_nb(values, history, min_history, score_out):
    """Score each value against its own trailing window, itself included.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading; it is left out of every window and gets no score.
    history : int
        Length of the window in rows.
    min_history : int
        Readings a window needs.
    score_out : ndarray of shape (n,)
        Written in place: (value - mean) / standard deviation (ddof = 1), NaN where there is too little history or
        no spread.

    Notes
    -----
    Sums are taken anew for each window, so a score depends on its window alone.
    """
    for i in range(values.shape[0]):
        score_out[i] = np.nan
        if np.isnan(values[i]):
            continue
        first = max(0, i - history + 1)
        n = 0
        total = 0.0
        for j in range(first, i + 1):
            if not np.isnan(values[j]):
                n += 1
                total += values[j]
        if n < max(min_history, 2):
            continue
        mean = total / n
        square = 0.0
        for j in range(first, i + 1):
            if not np.isnan(values[j]):
                square += (values[j] - mean) ** 2
        if square > 0.0:
            score_out[i] = (values[i] - mean) / np.sqrt(square / (n - 1))


@kernel
def trailing_percentile_nb(values, history, min_history, rank_out):
    """Rank each value within its own trailing window, itself included.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading; it is left out of every window and gets no rank.
    history : int
        Length of the window in rows.
    min_history : int
        Readings a window needs.
    rank_out : ndarray of shape (n,)
        Written in place: share of the window's readings that are below the value, equal ones by half; NaN where
        there is too little history.
    """
    for i in range(values.shape[0]):
        rank_out[i] = np.nan
        if np.isnan(values[i]):
            continue
        n = 0
        below = 0.0
        for j in range(max(0, i - history + 1), i + 1):
            if not np.isnan(values[j]):
                n += 1
                if values[j] < values[i]:
                    below += 1.0
                elif values[j] == values[i]:
                    below += 0.5
        if n >= min_history:
            rank_out[i] = below / n
