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
        still = aa <= 1e-24 * n * mean_a * mean_a or bb <= 1e-24 * n * mean_b * mean_b
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


@kernel
def bull_bear_nb(place, closes, rise, fall, begins_as_bull, path, bull_out, away_out, moved_out, extreme_out):
    """Run the two-state filter of bull and bear tracks over the closes known at each row.

    Parameters
    ----------
    place : ndarray of shape (n,), int64
        Where the close of each row stands in order of dates. A row that is no later than one before (a revision, or
        a late close) lets the filter run anew from the first date.
    closes : ndarray of shape (n,)
        In the order in which they became known; no NaN.
    rise, fall : float
        Moves from the extreme that switch, as fractions.
    begins_as_bull : bool
        State at the first close.
    path : ndarray of shape (n_dates,)
        Written over: NaN to begin with.
    bull_out : ndarray of shape (n,)
        Written in place: 1 in a bull track, 0 in a bear track, of the latest date known.
    away_out : ndarray of shape (n,)
        Written in place: its close over the extreme of its track, less 1.
    moved_out : ndarray of shape (n,)
        Written in place: its close over the extreme that it was compared with, less 1; 0 at the first.
    extreme_out : ndarray of shape (n,), int64
        Written in place: place of that extreme.
    """
    top = -1
    is_bull, extreme, at = begins_as_bull, np.nan, 0
    moved, compared = 0.0, 0
    for row in range(place.shape[0]):
        path[place[row]] = closes[row]
        first = place[row]
        if place[row] <= top:
            first = 0
            extreme = np.nan
        else:
            top = place[row]
        for j in range(first, top + 1):
            close = path[j]
            if np.isnan(close):
                continue
            if np.isnan(extreme):
                is_bull, extreme, at = begins_as_bull, close, j
            moved, compared = close / extreme - 1.0, at
            if is_bull:
                is_switch = close <= (1.0 - fall) * extreme
                is_further = close > extreme
            else:
                is_switch = close >= (1.0 + rise) * extreme
                is_further = close < extreme
            if is_switch:
                is_bull = not is_bull
            if is_switch or is_further:
                extreme, at = close, j
        bull_out[row] = 1.0 if is_bull else 0.0
        away_out[row] = path[top] / extreme - 1.0
        moved_out[row] = moved
        extreme_out[row] = compared


@kernel
def streaks_nb(levels, streak_out):
    """Count periods in a row that a level rose, or fell.

    Parameters
    ----------
    levels : ndarray of shape (n,)
        At the end of each period; NaN: unknown.
    streak_out : ndarray of shape (n,)
        Written in place: rises in a row up to each, falls in a row below zero, 0 where it stood still; NaN where
        one end of the period is unknown, and the count begins anew behind it.
    """
    run = 0.0
    before = np.nan
    for i in range(levels.shape[0]):
        if np.isnan(levels[i]) or np.isnan(before):
            run = 0.0
            streak_out[i] = np.nan
        else:
            if levels[i] > before:
                run = max(run, 0.0) + 1.0
            elif levels[i] < before:
                run = min(run, 0.0) - 1.0
            else:
                run = 0.0
            streak_out[i] = run
        before = levels[i]


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
        is_enough = n >= max(min_history - 1, 2) and square > 0.0
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
