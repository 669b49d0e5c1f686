"""Compiled loops that remember a state from row to row."""

import numpy as np

from data.jit import kernel


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
def bull_bear_nb(place, closes, rise, fall, begins_as_bull, path, bull_out, moved_out, extreme_out):
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
