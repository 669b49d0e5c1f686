"""Compiled loops over trailing windows."""

import numpy as np

from data.jit import dense, kernel, leaf


@leaf
def is_rounding_nb(square, n, mean):
    """Say whether readings differ from their mean by no more than rounding: they stand still.

    Parameters
    ----------
    square : float
        Sum of squared distances from the mean.
    n, mean : float

    Returns
    -------
    bool
        True of a deviation below 1e-12 of the mean.
    """
    return not square > 1e-24 * n * mean * mean


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
        is_enough = n[i] >= max(min_history, 2) and not is_rounding_nb(square, n[i], mean[i])
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
def trailing_high_nb(values, sessions, min_readings, score_out):
    """Say how near each value is to the highest of the last sessions, itself included.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading; it is left out of every window and gets no score.
    sessions : int
        Length of the window in rows.
    min_readings : int
        Readings a window needs.
    score_out : ndarray of shape (n,)
        Written in place: 1 less the part of the window's readings that are above the value; NaN where there are too
        few.
    """
    for i in range(values.shape[0]):
        score_out[i] = np.nan
        if np.isnan(values[i]):
            continue
        n, above = 0, 0
        for j in range(max(0, i - sessions + 1), i + 1):
            n += 0 if np.isnan(values[j]) else 1
            above += 1 if values[j] > values[i] else 0
        if n >= min_readings:
            score_out[i] = 1.0 - above / n


@kernel
def residual_zscore_nb(values, first, second, history, min_history, score_out):
    """Score what two explanations leave of each value, by least squares on the trailing window that ends with it.

    Parameters
    ----------
    values, first, second : ndarray of shape (n,)
        What is explained and what explains it, beside a constant. NaN in any of them: the row is left out of every
        window and gets no score.
    history : int
        Length of the window in rows.
    min_history : int
        Rows a window needs.
    score_out : ndarray of shape (n,)
        Written in place: residual / standard deviation of the window's residuals (ddof = 1; their mean is 0). NaN where
        there is too little history, the explanations do not vary or are one, or they leave nothing.
    """
    for i in range(values.shape[0]):
        score_out[i] = np.nan
        begin = max(0, i - history + 1)
        n, mean_y, mean_a, mean_b = 0, 0.0, 0.0, 0.0
        for j in range(begin, i + 1):
            if not np.isnan(values[j] + first[j] + second[j]):
                n += 1
                mean_y += values[j]
                mean_a += first[j]
                mean_b += second[j]
        if n < max(min_history, 4) or np.isnan(values[i] + first[i] + second[i]):
            continue
        mean_y, mean_a, mean_b = mean_y / n, mean_a / n, mean_b / n
        aa, bb, ab, ay, by, yy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(begin, i + 1):
            if not np.isnan(values[j] + first[j] + second[j]):
                y, a, b = values[j] - mean_y, first[j] - mean_a, second[j] - mean_b
                aa += a * a
                bb += b * b
                ab += a * b
                ay += a * y
                by += b * y
                yy += y * y
        spread = aa * bb - ab * ab
        still = is_rounding_nb(aa, n, mean_a) or is_rounding_nb(bb, n, mean_b)
        if still or not spread > 1e-10 * aa * bb:  # below it one stands still, or the two are one, to rounding
            continue
        on_a, on_b = (ay * bb - by * ab) / spread, (by * aa - ay * ab) / spread
        square = 0.0
        for j in range(begin, i + 1):
            if not np.isnan(values[j] + first[j] + second[j]):
                rest = values[j] - mean_y - on_a * (first[j] - mean_a) - on_b * (second[j] - mean_b)
                square += rest * rest
        if square > 1e-20 * yy:  # below it nothing is left but rounding
            rest = values[i] - mean_y - on_a * (first[i] - mean_a) - on_b * (second[i] - mean_b)
            score_out[i] = rest / np.sqrt(square / (n - 1.0))


@kernel
def trailing_autoregression_nb(values, history, min_history, slope_out):
    """Regress each value on the one before it, with a constant, over each trailing window.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading; pairs with one are left out.
    history : int
        Length of the window in rows: history - 1 pairs at most.
    min_history : int
        A window needs one pair less than this.
    slope_out : ndarray of shape (n,)
        Written in place: slope by least squares; NaN where there is too little history or no spread.
    """
    for i in range(values.shape[0]):
        first = max(0, i - history + 1) + 1
        n = 0
        before, now = 0.0, 0.0
        for j in range(first, i + 1):
            if not (np.isnan(values[j]) or np.isnan(values[j - 1])):
                n += 1
                before += values[j - 1]
                now += values[j]
        before, now = before / max(n, 1), now / max(n, 1)
        product, square = 0.0, 0.0
        for j in range(first, i + 1):
            if not (np.isnan(values[j]) or np.isnan(values[j - 1])):
                away = values[j - 1] - before
                product += away * (values[j] - now)
                square += away * away
        is_enough = n >= max(min_history - 1, 2) and not is_rounding_nb(square, n, before)
        slope_out[i] = product / square if is_enough else np.nan


@kernel
def broken_nb(levels, is_member, lookback, scratch, n_out, broken_out):
    """Count the members that have a whole window of levels, and those below the average of theirs.

    Parameters
    ----------
    levels : ndarray of shape (n, n_names)
        NaN: unknown.
    is_member : ndarray of shape (n, n_names), bool
        Counted there.
    lookback : int
        Rows of the window, the last one included.
    scratch : ndarray of shape (n_names,)
        Written over.
    n_out, broken_out : ndarray of shape (n,)
        Written in place: members with a level in every row of the window; those of them whose level is below the
        average of the window.
    """
    n_names = levels.shape[1]
    for i in range(levels.shape[0]):
        n_out[i] = 0.0
        broken_out[i] = 0.0
        if i < lookback - 1:
            continue
        # Sums of distances, not an average: of a level that stands still it is 0, not nearly so.
        scratch[:] = 0.0
        for j in range(i - lookback + 1, i + 1):
            for k in range(n_names):
                scratch[k] += levels[j, k] - levels[i, k]
        for k in range(n_names):
            if is_member[i, k] and not np.isnan(scratch[k]):
                n_out[i] += 1.0
                broken_out[i] += 1.0 if scratch[k] > 0.0 else 0.0
