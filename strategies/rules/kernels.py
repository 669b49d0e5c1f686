"""Compiled loops of rules, in lanes."""

import numpy as np

from data.jit import dense, kernel

# Rows of the state of a rule, lane by lane.
SHARE, ASKED, ENTRY, IS_IN, IS_ARMED, SCORE, RELATIVE = 0, 1, 2, 3, 4, 5, 6
N_STATE = 7
# A gap below a millionth of NAV is closed whole: without it what is left of a basket would halve for ever.
GAP = 1e-6


@dense
def read_signals_nb(score, relative_price, signal, score_out, relative_out):
    """Give each lane the reading of its own signal.

    Parameters
    ----------
    score, relative_price : ndarray of shape (n_signals,)
    signal : ndarray of shape (n_lanes,), int64
    score_out, relative_out : ndarray of shape (n_lanes,)
        Written in place.
    """
    for lane in range(signal.shape[0]):
        score_out[lane] = score[signal[lane]]
        relative_out[lane] = relative_price[signal[lane]]


@dense
def take_profits_nb(relative_price, profit_target, min_share, asked, entry, is_in, is_armed):
    """Leave where the gain since the entry has reached its target; all arrays of shape (n_lanes,).

    Parameters
    ----------
    relative_price, profit_target, min_share : ndarray
    asked, entry, is_in, is_armed : ndarray
        Written in place.
    """
    for lane in range(asked.shape[0]):
        inside, price, since = is_in[lane] != 0.0, relative_price[lane], entry[lane]
        is_new = inside & np.isnan(since)
        takes = inside & ~is_new & (price / since - 1.0 >= profit_target[lane])
        entry[lane] = price if is_new else since
        asked[lane] = min_share[lane] if takes else asked[lane]
        is_in[lane] = 0.0 if takes else is_in[lane]
        is_armed[lane] = 0.0 if takes else is_armed[lane]


@dense
def ask_shares_nb(score, is_linear, enter, leave, min_share, max_share, asked, entry, is_in, is_armed):
    """Turn scores into the shares asked for; all arrays of shape (n_lanes,).

    Parameters
    ----------
    score, is_linear, enter, leave, min_share, max_share : ndarray
    asked, entry, is_in, is_armed : ndarray
        Written in place.
    """
    for lane in range(score.shape[0]):
        z, low, high, first, last = score[lane], min_share[lane], max_share[lane], leave[lane], enter[lane]
        part = (z - first) / (last - first)
        on_line = low + (high - low) * min(max(part, 0.0), 1.0)
        linear, known = is_linear[lane] != 0.0, ~np.isnan(z)
        enters = known & ~linear & (z >= last) & (is_armed[lane] != 0.0)
        leaves = known & ~linear & ~enters & (z <= first)
        present = on_line if known & linear else asked[lane]
        present = low if leaves else present
        asked[lane] = high if enters else present
        entry[lane] = np.nan if enters & (is_in[lane] == 0.0) else entry[lane]
        inside = 0.0 if leaves else is_in[lane]
        is_in[lane] = 1.0 if enters else inside
        is_armed[lane] = 1.0 if leaves else is_armed[lane]


@dense
def move_shares_nb(asked, speed, share, source_out, destination_out):
    """Close part of the gap to what is asked for; all arrays of shape (n_lanes,).

    Parameters
    ----------
    asked, speed : ndarray
    share : ndarray
        Written in place.
    source_out, destination_out : ndarray
        Written in place: what is not in the one is in the other.
    """
    for lane in range(asked.shape[0]):
        moved = share[lane] + speed[lane] * (asked[lane] - share[lane])
        reached = asked[lane] if abs(asked[lane] - moved) < GAP else moved
        share[lane] = reached
        source_out[lane], destination_out[lane] = 1.0 - reached, reached


@kernel
def rotate_nb(
    score, relative_price, signal, is_linear, enter, leave, min_share, max_share, speed, profit_target, state, share_out
):
    """Turn scores into shares of source and destination, decision by decision.

    Parameters
    ----------
    score : ndarray of shape (n_decisions, n_signals)
        NaN: no reading; the share asked for stays what it was, at first the floor.
    relative_price : ndarray of shape (n_decisions, n_signals)
        Price of the destination over that of the source; NaN: not known, and no profit is taken there.
    signal : ndarray of shape (n_lanes,), int64
        Which signal each lane follows.
    is_linear : ndarray of shape (n_lanes,)
        1: the share rises in a straight line from the floor at `leave` to the cap at `enter`. 0: it
        jumps to the cap once the score reaches `enter`, and back to the floor once it falls to `leave`.
    enter, leave : ndarray of shape (n_lanes,)
    min_share, max_share : ndarray of shape (n_lanes,)
        Floor and cap, fractions of NAV.
    speed : ndarray of shape (n_lanes,)
        Part of the gap to the share asked for that each decision closes, in (0, 1]; of less than `GAP` all.
    profit_target : ndarray of shape (n_lanes,)
        Gain of the relative price since the entry at which the share falls to the floor, to rise again only after a
        score at `leave` or below; infinite: none. The linear rule has no entry and takes no profit.
    state : ndarray of shape (N_STATE, n_lanes)
        Room to work in.
    share_out : ndarray of shape (n_decisions, 2, n_lanes)
        Fractions of NAV in source and destination; written in place.
    """
    takes_profit = False
    for lane in range(signal.shape[0]):
        takes_profit |= profit_target[lane] < np.inf
        state[SHARE, lane], state[ASKED, lane] = min_share[lane], min_share[lane]
        state[ENTRY, lane], state[IS_IN, lane], state[IS_ARMED, lane] = np.nan, 0.0, 1.0
    for k in range(share_out.shape[0]):
        read_signals_nb(score[k], relative_price[k], signal, state[SCORE], state[RELATIVE])
        ask_shares_nb(
            state[SCORE], is_linear, enter, leave, min_share, max_share, state[ASKED], state[ENTRY], state[IS_IN],
            state[IS_ARMED],
        )  # fmt: skip
        if takes_profit:
            take_profits_nb(
                state[RELATIVE], profit_target, min_share, state[ASKED], state[ENTRY], state[IS_IN], state[IS_ARMED]
            )
        move_shares_nb(state[ASKED], speed, state[SHARE], share_out[k, 0], share_out[k, 1])
