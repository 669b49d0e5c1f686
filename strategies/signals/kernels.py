"""Compiled loops of signals."""

import numpy as np

from data.jit import dense, kernel


@dense
def add_readings_nb(values, total_out, n_out):
    """Add what is read to sums, and count it.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading.
    total_out, n_out : ndarray of shape (n,)
        Written in place.
    """
    for i in range(values.shape[0]):
        is_missing = np.isnan(values[i])
        total_out[i] += 0.0 if is_missing else values[i]
        n_out[i] += 0.0 if is_missing else 1.0


@dense
def add_squares_nb(values, mean, square_out):
    """Add squared distances from means to sums.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading.
    mean, square_out : ndarray of shape (n,)
        The second is written in place.
    """
    for i in range(values.shape[0]):
        away = values[i] - mean[i]
        square_out[i] += 0.0 if np.isnan(values[i]) else away * away


@kernel
def trailing_zscore_nb(values, history, min_history, scratch, score_out):
    """Score each value against its own trailing window, itself included.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading; it is left out of every window and gets no score.
    history : int
        Length of the window in rows.
    min_history : int
        Readings a window needs.
    scratch : ndarray of shape (2, n)
        Written over. No two of the arrays share memory.
    score_out : ndarray of shape (n,)
        Written in place: (value - mean) / standard deviation (ddof = 1), NaN where there is too little history or
        no spread.

    Notes
    -----
    Sums are taken anew for each window, oldest reading first, so a score depends on its window alone. All windows take
    their next reading at once: the one that lies as many rows back in each.
    """
    size = values.shape[0]
    total, n = scratch[0], scratch[1]
    total[:] = 0.0
    n[:] = 0.0
    score_out[:] = 0.0
    for back in range(min(history, size) - 1, -1, -1):
        add_readings_nb(values[: size - back], total[back:], n[back:])
    mean = total
    for i in range(size):
        mean[i] = total[i] / n[i]
    for back in range(min(history, size) - 1, -1, -1):
        add_squares_nb(values[: size - back], mean[back:], score_out[back:])
    for i in range(size):
        square = score_out[i]
        is_enough = n[i] >= max(min_history, 2) and square > 0.0
        score_out[i] = (values[i] - mean[i]) / np.sqrt(square / (n[i] - 1.0)) if is_enough else np.nan


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


@kernel
def fired_nb(score, enter, leave, fired_out):
    """Say where a signal has fired and was not released since.

    Parameters
    ----------
    score : ndarray of shape (n,)
        NaN: no score.
    enter, leave : float
        It fires at the first or above, and is released at the second or below.
    fired_out : ndarray of shape (n,)
        Written in place: 1, 0, or NaN where there is no score; what was before goes on behind it.
    """
    has_fired = False
    for i in range(score.shape[0]):
        if score[i] >= enter:
            has_fired = True
        elif score[i] <= leave:
            has_fired = False
        fired_out[i] = np.nan if np.isnan(score[i]) else (1.0 if has_fired else 0.0)


@kernel
def sequence_nb(entering, enter, leaving, leave, in_out):
    """Go in on one signal and out on another.

    Parameters
    ----------
    entering, leaving : ndarray of shape (n,)
        Scores; NaN: none, which says nothing.
    enter, leave : float
        In at the first or above of the one; out at the second or below of the other, which counts more.
    in_out : ndarray of shape (n,)
        Written in place: 1 in, 0 out, NaN before the first score of `entering`.
    """
    is_in, has_begun = False, False
    for i in range(entering.shape[0]):
        has_begun |= not np.isnan(entering[i])
        if leaving[i] <= leave:
            is_in = False
        elif entering[i] >= enter:
            is_in = True
        in_out[i] = (1.0 if is_in else 0.0) if has_begun else np.nan
