"""Compiled loops of rules, in lanes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.jit import dense, kernel, leaf

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

# Rows of the state of a rule, lane by lane.
SHARE, ASKED, ENTRY, IS_IN, IS_ARMED = 0, 1, 2, 3, 4
N_STATE = 5
# A gap below a millionth of NAV is closed whole: without it what is left of a basket would halve for ever.
GAP = 1e-6


@leaf
def ask_share_nb(z, is_linear, enter, leave, low, high, any_linear, is_armed, asked):
    """Turn a score into the share asked for.

    Parameters
    ----------
    z, enter, leave, low, high : float
        Score, its thresholds, floor and cap.
    is_linear, any_linear : bool
        Of the lane, and whether any lane is.
    is_armed : bool
        May go to the cap.
    asked : float
        The share asked for before.

    Returns
    -------
    asked : float
    enters, leaves : bool
        Whether it goes to the cap, or back to the floor.
    """
    enters = ~is_linear & (z >= enter) & is_armed
    leaves = ~is_linear & ~enters & (z <= leave)
    wanted = high if enters else (low if leaves else asked)
    if any_linear:
        part = min(max((z - leave) / (enter - leave), 0.0), 1.0)
        wanted = low + (high - low) * part if is_linear & ~np.isnan(z) else wanted
    return wanted, enters, leaves


@leaf
def move_share_nb(share, asked, speed):
    """Close part of the gap to the share asked for.

    Parameters
    ----------
    share, asked, speed : float

    Returns
    -------
    share : float
    """
    moved = share + speed * (asked - share)
    return asked if abs(asked - moved) < GAP else moved


@dense
def rotate_lanes_nb(
    score, k, signal, is_linear, enter, leave, min_share, max_share, speed, any_linear, share, asked, source_out,
    destination_out,
):  # fmt: skip
    """Take one decision where no lane takes profit; as `Rotations`, arrays of shape (L,) but for those of signals.

    Parameters
    ----------
    score : ndarray of shape (n_signals, K)
    k : int
    signal, is_linear, enter, leave, min_share, max_share, speed : ndarray
    any_linear : bool
        Whether any lane is.
    share, asked : ndarray
        Written in place.
    source_out, destination_out : ndarray
        Written in place: what is not in the one is in the other.
    """
    for lane in range(signal.shape[0]):
        wanted, _, _ = ask_share_nb(
            score[signal[lane], k], is_linear[lane] != 0.0, enter[lane], leave[lane], min_share[lane], max_share[lane],
            any_linear, True, asked[lane],
        )  # fmt: skip
        reached = move_share_nb(share[lane], wanted, speed[lane])
        asked[lane], share[lane] = wanted, reached
        source_out[lane], destination_out[lane] = 1.0 - reached, reached


@dense
def rotate_takers_nb(
    score, relative_price, k, signal, is_linear, enter, leave, min_share, max_share, speed, profit_target, any_linear,
    share, asked, entry, is_in, is_armed, source_out, destination_out,
):  # fmt: skip
    """Take one decision where lanes may take profit; as `rotate_lanes_nb`.

    Parameters
    ----------
    score, relative_price : ndarray of shape (n_signals, K)
    k : int
    signal, is_linear, enter, leave, min_share, max_share, speed, profit_target : ndarray
    any_linear : bool
    share, asked, entry, is_in, is_armed, source_out, destination_out : ndarray
        Written in place.
    """
    for lane in range(signal.shape[0]):
        low, inside, price = min_share[lane], is_in[lane] != 0.0, relative_price[signal[lane], k]
        wanted, enters, leaves = ask_share_nb(
            score[signal[lane], k], is_linear[lane] != 0.0, enter[lane], leave[lane], low, max_share[lane],
            any_linear, is_armed[lane] != 0.0, asked[lane],
        )  # fmt: skip
        since = np.nan if enters & ~inside else entry[lane]
        inside = enters | (inside & ~leaves)
        is_new = inside & np.isnan(since)
        takes = inside & ~is_new & (price / since - 1.0 >= profit_target[lane])
        wanted = low if takes else wanted
        entry[lane] = price if is_new else since
        is_in[lane] = 1.0 if inside & ~takes else 0.0
        is_armed[lane] = 0.0 if takes else (1.0 if leaves else is_armed[lane])
        reached = move_share_nb(share[lane], wanted, speed[lane])
        asked[lane], share[lane] = wanted, reached
        source_out[lane], destination_out[lane] = 1.0 - reached, reached


class Rotations(NamedTuple):
    """Rules of rotation side by side, what they read, and how they stand. K decisions, L lanes.

    score: (n_signals, K); NaN: no reading, and the share asked for stays what it was, at first the floor.
    relative_price: (n_signals, K), price of the destination over that of the source; NaN: not known, and no profit is
    taken there. signal: (L,), which of them each lane follows. The rest, (L,):

    is_linear: 1: the share rises in a straight line from the floor at `leave` to the cap at `enter`; 0: it jumps to the
    cap once the score reaches `enter`, and back to the floor once it falls to `leave`. min_share, max_share: floor and
    cap, fractions of NAV. speed: part of the gap to the share asked for that each decision closes, in (0, 1]; of less
    than `GAP` all. profit_target: gain of the relative price since the entry at which the share falls to the floor, to
    rise again only after a score at `leave` or below; infinite: none. The linear rule has no entry and takes no profit.
    state: (N_STATE, L), written in place; of blocks that run one after the other of a block.
    """

    score: F
    relative_price: F
    signal: I
    is_linear: F
    enter: F
    leave: F
    min_share: F
    max_share: F
    speed: F
    profit_target: F
    state: F


@leaf
def rotations_of_nb(rotations, first, end):
    """Give the rules of some lanes, to be run before the next.

    Parameters
    ----------
    rotations : Rotations
    first, end : int
        Lanes first to end - 1.

    Returns
    -------
    Rotations
    """
    r = rotations
    return Rotations(
        r.score, r.relative_price, r.signal[first:end], r.is_linear[first:end], r.enter[first:end], r.leave[first:end],
        r.min_share[first:end], r.max_share[first:end], r.speed[first:end], r.profit_target[first:end], r.state,
    )  # fmt: skip


@leaf
def open_rotations_nb(rotations):
    """Begin at the floor.

    Parameters
    ----------
    rotations : Rotations
        The state is written in place.

    Returns
    -------
    any_linear, takes_profit : bool
        Whether any lane is linear, and has a target.
    """
    state, any_linear, takes_profit = rotations.state, False, False
    for lane in range(rotations.signal.shape[0]):
        any_linear |= rotations.is_linear[lane] != 0.0
        takes_profit |= rotations.profit_target[lane] < np.inf
        state[SHARE, lane], state[ASKED, lane] = rotations.min_share[lane], rotations.min_share[lane]
        state[ENTRY, lane], state[IS_IN, lane], state[IS_ARMED, lane] = np.nan, 0.0, 1.0
    return any_linear, takes_profit


@leaf
def rotate_once_nb(rotations, k, any_linear, takes_profit, share_out):
    """Take one decision.

    Parameters
    ----------
    rotations : Rotations
        The state is written in place.
    k : int
    any_linear, takes_profit : bool
    share_out : ndarray of shape (2, L)
        Fractions of NAV in source and destination; written in place.
    """
    r, state = rotations, rotations.state
    if takes_profit:
        rotate_takers_nb(
            r.score, r.relative_price, k, r.signal, r.is_linear, r.enter, r.leave, r.min_share, r.max_share, r.speed,
            r.profit_target, any_linear, state[SHARE], state[ASKED], state[ENTRY], state[IS_IN], state[IS_ARMED],
            share_out[0], share_out[1],
        )  # fmt: skip
    else:
        rotate_lanes_nb(
            r.score, k, r.signal, r.is_linear, r.enter, r.leave, r.min_share, r.max_share, r.speed, any_linear,
            state[SHARE], state[ASKED], share_out[0], share_out[1],
        )  # fmt: skip


@kernel
def rotate_nb(rotations, share_out):
    """Turn scores into shares of source and destination, decision by decision.

    Parameters
    ----------
    rotations : Rotations
    share_out : ndarray of shape (K, 2, L)
        Fractions of NAV in source and destination; written in place.
    """
    any_linear, takes_profit = open_rotations_nb(rotations)
    for k in range(share_out.shape[0]):
        rotate_once_nb(rotations, k, any_linear, takes_profit, share_out[k])


@kernel
def trailing_deviation_nb(returns, n_known, lookback, least, deviation_out):
    """Give the sample deviation of the last returns known, at each of several moments.

    Parameters
    ----------
    returns : ndarray of shape (n,)
    n_known : ndarray of shape (n_moments,), int64
        How many of them are known.
    lookback, least : int
        Returns to measure over; with fewer than `least`, two or more, nothing is written.
    deviation_out : ndarray of shape (n_moments,)
        Written in place.
    """
    for k in range(n_known.shape[0]):
        first, end, total, square = max(n_known[k] - lookback, 0), n_known[k], 0.0, 0.0
        if end - first < least:
            continue
        for i in range(first, end):
            total += returns[i]
        mean = total / (end - first)
        for i in range(first, end):
            square += (returns[i] - mean) ** 2
        deviation_out[k] = np.sqrt(square / (end - first - 1))
