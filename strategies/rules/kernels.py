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
    score, k, signal, is_linear, enter, leave, min_share, max_share, speed, any_linear, share, asked
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
    """
    for lane in range(signal.shape[0]):
        wanted, _, _ = ask_share_nb(
            score[signal[lane], k], is_linear[lane] != 0.0, enter[lane], leave[lane], min_share[lane], max_share[lane],
            any_linear, True, asked[lane],
        )  # fmt: skip
        asked[lane], share[lane] = wanted, move_share_nb(share[lane], wanted, speed[lane])


@dense
def rotate_takers_nb(
    score, relative_price, k, signal, is_linear, enter, leave, min_share, max_share, speed, profit_target, stop_loss,
    any_linear, share, asked, entry, is_in, is_armed,
):  # fmt: skip
    """Take one decision where lanes may take profit or stop; as `rotate_lanes_nb`.

    Parameters
    ----------
    score, relative_price : ndarray of shape (n_signals, K)
    k : int
    signal, is_linear, enter, leave, min_share, max_share, speed, profit_target, stop_loss : ndarray
    any_linear : bool
    share, asked, entry, is_in, is_armed : ndarray
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
        gain = price / since - 1.0
        takes = inside & ~is_new & ((gain >= profit_target[lane]) | (gain <= -stop_loss[lane]))
        wanted = low if takes else wanted
        entry[lane] = price if is_new else since
        is_in[lane] = 1.0 if inside & ~takes else 0.0
        is_armed[lane] = 0.0 if takes else (1.0 if leaves else is_armed[lane])
        asked[lane], share[lane] = wanted, move_share_nb(share[lane], wanted, speed[lane])


@dense
def place_shares_nb(share, source_share, hedge, source_out, destination_out):
    """Say how much of NAV is asked for in source and destination; arrays of shape (L,).

    Parameters
    ----------
    share, source_share, hedge : ndarray
    source_out, destination_out : ndarray
        Written in place.
    """
    for lane in range(share.shape[0]):
        source_out[lane], destination_out[lane] = source_share[lane] - hedge[lane] * share[lane], share[lane]


@dense
def scale_shares_nb(ours, between, theirs, target, most, source_out, destination_out):
    """Scale both shares so that they are expected to move as much as the target; arrays of shape (L,).

    Parameters
    ----------
    ours, between, theirs : float
        Variance of the source, covariance, variance of the destination, a year; NaN: not known, and nothing is scaled.
    target, most : ndarray
        Volatility a year, infinite: none; largest factor.
    source_out, destination_out : ndarray
        Changed in place.
    """
    for lane in range(target.shape[0]):
        s, d = source_out[lane], destination_out[lane]
        variance = s * s * ours + 2.0 * s * d * between + d * d * theirs
        factor = min(most[lane], target[lane] / np.sqrt(variance)) if variance > 0.0 else 1.0
        factor = factor if target[lane] < np.inf else 1.0
        source_out[lane], destination_out[lane] = factor * s, factor * d


class Rotations(NamedTuple):
    """Rules of rotation side by side, what they read, and how they stand. K decisions, L lanes, T tranches.

    score: (n_signals, K); NaN: no reading, and the share asked for stays what it was, at first the floor.
    relative_price: (n_signals, K), price of the destination over that of the source; NaN: not known, and no profit is
    taken there. signal: (L,), which of them each lane follows. The rest, (L,):

    is_linear: 1: the share rises in a straight line from the floor at `leave` to the cap at `enter`; 0: it jumps to the
    cap once the score reaches `enter`, and back to the floor once it falls to `leave`. min_share, max_share: floor and
    cap, fractions of NAV. speed: part of the gap to the share asked for that each decision closes, in (0, 1]; of less
    than `GAP` all. profit_target: gain of the relative price since the entry at which the share falls to the floor, to
    rise again only after a score at `leave` or below; infinite: none. stop_loss: the same of a loss. The linear rule
    has no entry, takes no profit and has no stop. source_share, hedge: the source's share is the first less the second
    times the destination's. volatility_target, scale_at_most: see `scale_shares_nb`.

    covariance: (K, 3): variance of the source, covariance, variance of the destination. updates: (K, T), 1 where a
    tranche decides; the share of all is the mean of theirs. state: (T, N_STATE, L), written in place; of blocks that
    run one after the other of a block.
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
    stop_loss: F
    source_share: F
    hedge: F
    volatility_target: F
    scale_at_most: F
    covariance: F
    updates: I
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
        r.min_share[first:end], r.max_share[first:end], r.speed[first:end], r.profit_target[first:end],
        r.stop_loss[first:end], r.source_share[first:end], r.hedge[first:end], r.volatility_target[first:end],
        r.scale_at_most[first:end], r.covariance, r.updates, r.state,
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
    any_linear, takes_profit, any_target : bool
        Whether any lane is linear, has a profit target or a stop, and has a volatility target.
    """
    state, any_linear, takes_profit, any_target = rotations.state, False, False, False
    for lane in range(rotations.signal.shape[0]):
        any_linear |= rotations.is_linear[lane] != 0.0
        takes_profit |= rotations.profit_target[lane] < np.inf
        takes_profit |= rotations.stop_loss[lane] < np.inf
        any_target |= rotations.volatility_target[lane] < np.inf
        for t in range(state.shape[0]):
            state[t, SHARE, lane], state[t, ASKED, lane] = rotations.min_share[lane], rotations.min_share[lane]
            state[t, ENTRY, lane], state[t, IS_IN, lane], state[t, IS_ARMED, lane] = np.nan, 0.0, 1.0
    return any_linear, takes_profit, any_target


@leaf
def rotate_once_nb(rotations, k, any_linear, takes_profit, any_target, share_out):
    """Take one decision.

    Parameters
    ----------
    rotations : Rotations
        The state is written in place.
    k : int
    any_linear, takes_profit, any_target : bool
    share_out : ndarray of shape (2, L)
        Fractions of NAV in source and destination; written in place.
    """
    r, n_tranches = rotations, rotations.state.shape[0]
    for t in range(n_tranches):
        if r.updates[k, t] == 0:
            continue
        state = r.state[t]
        if takes_profit:
            rotate_takers_nb(
                r.score, r.relative_price, k, r.signal, r.is_linear, r.enter, r.leave, r.min_share, r.max_share,
                r.speed, r.profit_target, r.stop_loss, any_linear, state[SHARE], state[ASKED], state[ENTRY],
                state[IS_IN], state[IS_ARMED],
            )  # fmt: skip
        else:
            rotate_lanes_nb(
                r.score, k, r.signal, r.is_linear, r.enter, r.leave, r.min_share, r.max_share, r.speed, any_linear,
                state[SHARE], state[ASKED],
            )  # fmt: skip
    if n_tranches == 1:
        place_shares_nb(r.state[0, SHARE], r.source_share, r.hedge, share_out[0], share_out[1])
    else:
        for lane in range(share_out.shape[1]):
            total = 0.0
            for t in range(n_tranches):
                total += r.state[t, SHARE, lane]
            share = total / n_tranches
            share_out[0, lane], share_out[1, lane] = r.source_share[lane] - r.hedge[lane] * share, share
    if any_target:
        scale_shares_nb(
            r.covariance[k, 0], r.covariance[k, 1], r.covariance[k, 2], r.volatility_target, r.scale_at_most,
            share_out[0], share_out[1],
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
    any_linear, takes_profit, any_target = open_rotations_nb(rotations)
    for k in range(share_out.shape[0]):
        rotate_once_nb(rotations, k, any_linear, takes_profit, any_target, share_out[k])


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
