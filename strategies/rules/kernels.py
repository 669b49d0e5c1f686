"""Compiled loops of rules, in lanes."""

import numpy as np

from data.jit import kernel


@kernel
def rotate_nb(score, linear, enter, leave, min_share, max_share, speed, share_out):
    """Turn a score into the share of the destination, decision by decision.

    Parameters
    ----------
    score : ndarray of shape (n_decisions,)
        NaN: no reading; the share asked for stays what it was, at first the floor.
    linear : bool
        True: the share rises in a straight line from the floor at `leave` to the cap at `enter`. False: it
        jumps to the cap once the score reaches `enter`, and back to the floor once it falls to `leave`.
    enter, leave : ndarray of shape (n_lanes,)
    min_share, max_share : ndarray of shape (n_lanes,)
        Floor and cap, fractions of NAV.
    speed : ndarray of shape (n_lanes,)
        Part of the gap to the share asked for that each decision closes, in (0, 1].
    share_out : ndarray of shape (n_decisions, n_lanes)
        Written in place.
    """
    n_decisions, n_lanes = share_out.shape
    for lane in range(n_lanes):
        low, high = min_share[lane], max_share[lane]
        share, asked = low, low
        for k in range(n_decisions):
            z = score[k]
            if not np.isnan(z):
                if linear:
                    part = (z - leave[lane]) / (enter[lane] - leave[lane])
                    asked = low + (high - low) * min(max(part, 0.0), 1.0)
                elif z >= enter[lane]:
                    asked = high
                elif z <= leave[lane]:
                    asked = low
            share = asked if speed[lane] == 1.0 else share + speed[lane] * (asked - share)
            share_out[k, lane] = share
