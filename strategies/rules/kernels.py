"""Compiled loops of rules, in lanes."""

import numpy as np

from data.jit import kernel


@kernel
def rotate_nb(score, relative_price, linear, enter, leave, min_share, max_share, speed, profit_target, share_out):
    """Turn a score into the share of the destination, decision by decision.

    Parameters
    ----------
    score : ndarray of shape (n_decisions,)
        NaN: no reading; the share asked for stays what it was, at first the floor.
    relative_price : ndarray of shape (n_decisions,)
        Price of the destination over that of the source; NaN: not known, and no profit is taken there.
    linear : bool
        True: the share rises in a straight line from the floor at `leave` to the cap at `enter`. False: it
        jumps to the cap once the score reaches `enter`, and back to the floor once it falls to `leave`.
    enter, leave : ndarray of shape (n_lanes,)
    min_share, max_share : ndarray of shape (n_lanes,)
        Floor and cap, fractions of NAV.
    speed : ndarray of shape (n_lanes,)
        Part of the gap to the share asked for that each decision closes, in (0, 1].
    profit_target : ndarray of shape (n_lanes,)
        Gain of the relative price since the entry at which the share falls to the floor, to rise again only after a
        score at `leave` or below; infinite: none. The linear rule has no entry and takes no profit.
    share_out : ndarray of shape (n_decisions, n_lanes)
        Written in place.
    """
    n_decisions, n_lanes = share_out.shape
    for lane in range(n_lanes):
        low, high = min_share[lane], max_share[lane]
        share, asked, entry = low, low, np.nan
        is_in, is_armed = False, True
        for k in range(n_decisions):
            z = score[k]
            if not np.isnan(z):
                if linear:
                    part = (z - leave[lane]) / (enter[lane] - leave[lane])
                    asked = low + (high - low) * min(max(part, 0.0), 1.0)
                elif z >= enter[lane] and is_armed:
                    if not is_in:
                        entry = np.nan
                    asked, is_in = high, True
                elif z <= leave[lane]:
                    asked, is_in, is_armed = low, False, True
            if is_in:
                if np.isnan(entry):
                    entry = relative_price[k]
                elif relative_price[k] / entry - 1.0 >= profit_target[lane]:
                    asked, is_in, is_armed = low, False, False
            share = asked if speed[lane] == 1.0 else share + speed[lane] * (asked - share)
            share_out[k, lane] = share
