"""Fees of trades, exact: in floats where these count whole numbers, else in integers; expected costs.

Shapes: R rows (dates), G fee classes, P periods in which nothing changes, F kinds, N trades.
Units: considerations and share counts in 0.0001 (of currency, of a share); rates in 1e-9 (of the consideration,
or of currency a share); fixed parts, limits and fees in cents.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.jit import kernel, part

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

# Sides.
BUY, SELL = 0, 1
# Columns of FeeTable.parts.
SLOT, RATE, PER_SHARE, FIXED, LOW, HIGH, ROUNDING = 0, 1, 2, 3, 4, 5, 6
# Two more of FeeTable.scaled.
STEP, EDGE = 7, 8
# Columns of FeeTable.simple; and of FeeTable.other.
STEPS, SHIFT, CENTS, STEPS_PER_SHARE, QUICK_FIXED, QUICK_LOW, QUICK_HIGH = 0, 1, 2, 3, 4, 5, 6
# How a fee is rounded.
TO_CENT, TO_DOLLAR_UP = 0, 1
# Trades and rates up to these are exact: 9e18 units are 9e14 of currency or shares; 1e9 is the whole consideration.
MAX_UNITS = 9_000_000_000_000_000_000
MAX_RATE = 1_000_000_000
# In place of units: the amount is NaN, infinite or beyond MAX_UNITS. In place of cents: a fee of such a trade.
NO_UNITS = -1
NO_FEE = -1
# In place of a maximum: there is none.
NO_MAXIMUM = 9_223_372_036_854_775_807
UNITS_PER_ONE = 10_000.0
CENTS_PER_ONE = 100.0
CENTS_PER_UNIT = CENTS_PER_ONE / UNITS_PER_ONE
# Of 1e-13: what a rate charges on a unit of consideration.
UNITS_PER_CENT = 1e11
# Numbers that the widest processors take at once.
VECTOR = 8
# Floats are whole numbers up to the first; above it products of up to the second are off by less than the third.
EXACT, LARGEST, DOUBT = 9_007_199_254_740_992.0, 1e20, 1e5
# A product of floats that is added to is off by less than this part of itself: three times rounded, and room.
ROUNDINGS = 2.0**-51
# A kind that may charge more is counted in integers: all kinds together stay below 2**38.
MOST_CENTS = 2.0**33
# Unsigned, for division without a look at the sign; a cent in units of 1e-13.
HUNDRED, NINETY_NINE, BILLION = np.uint64(100), np.uint64(99), np.uint64(10**9)
A_CENT, HALF_A_CENT, ALL_BUT_A_CENT = np.uint64(10**11), np.uint64(5 * 10**10), np.uint64(10**11 - 1)


class FeeTable(NamedTuple):
    """Dated fees of some classes of names.

    period: (R, G), which period a date is in, by class. n_parts: (P, 2), how many kinds charge anything, by side
    (BUY 0, SELL 1). parts: (P, 2, F, 7), what they charge, in the order of their slots, then zeros; the last axis is
    SLOT (which kind: the same one for all classes), RATE, PER_SHARE, FIXED, LOW (0: no minimum), HIGH (NO_MAXIMUM:
    no maximum) and ROUNDING. LOW and HIGH are whole multiples of what the kind is rounded to.

    The rest says the same in floats. scaled: (P, 2, F, 9), in the columns of parts, inf for no maximum; ROUNDING is the
    cents of a step, STEP its size in units of 1e-13, and EDGE what of a step has to be left over for one more. In cents
    a unit: plain, (P, 2, 4), the kinds without limits, RATE, PER_SHARE and FIXED added up; limited, (P, M, 2, 6), up to
    HIGH, those with limits.

    And once more for `charge_quickly_nb`, in steps of what a kind is rounded to: a unit of consideration is STEPS of
    them, a unit of shares STEPS_PER_SHARE, and with SHIFT added rounding is a cut to whole steps, of CENTS each. What
    is due is a multiple of some part of a step; SHIFT puts it half such a part above where the cut turns. simple, (P,
    2, F, 3), kinds in proportion alone; other, (P, 2, F, 7), the rest, with FIXED, LOW and HIGH behind. n_quick: (P, 2,
    2), how many of both. most: (P, 2), units of consideration and of shares up to which floats are off by less than
    that half. is_same: (P,), 1 where both sides are charged the same.
    """

    period: I
    n_parts: I
    parts: I
    scaled: F
    plain: F
    limited: F
    simple: F
    other: F
    n_quick: I
    most: F
    is_same: I


@kernel
def units_nb(amounts, units_out):
    """Take amounts to the nearest 0.0001, half to even.

    Floats of 9e11 and more are coarser than that themselves: fees of such a trade are those of the float.

    Parameters
    ----------
    amounts : ndarray of shape (n,), float64
        Currency or shares; the sign is dropped.
    units_out : ndarray of shape (n,), int64
        Written in place, in 0.0001; NO_UNITS where the amount is NaN or beyond MAX_UNITS.
    """
    for t in range(amounts.shape[0]):
        scaled = np.rint(abs(amounts[t]) * UNITS_PER_ONE)
        units_out[t] = np.int64(scaled) if scaled <= MAX_UNITS else NO_UNITS


@part
def part_cents_nb(part, consideration_units, share_units):
    """Charge one kind, exactly: in proportion, by share and fixed; rounded; within its limits.

    The fee in proportion and by share is counted in units of 1e-13, of which 1e11 make a cent. Each amount is split as
    a x 1e9 + b: rate x a is at most 9.0e18 and rate x b below 1e18, so nothing overflows up to MAX_RATE and
    MAX_UNITS. Rounding comes before the limits here: they are rounded already, so the order makes no difference.

    Parameters
    ----------
    part : ndarray of shape (7,), int64
        See `FeeTable.parts`.
    consideration_units, share_units : int
        From 0 to MAX_UNITS.

    Returns
    -------
    cents : int
    """
    cents = np.uint64(part[FIXED])
    rest = np.uint64(0)
    if part[RATE] != 0:
        a = np.uint64(consideration_units) // BILLION
        many = np.uint64(part[RATE]) * a
        cents += many // HUNDRED
        rest += many % HUNDRED * BILLION + np.uint64(part[RATE]) * (np.uint64(consideration_units) - a * BILLION)
    if part[PER_SHARE] != 0:
        a = np.uint64(share_units) // BILLION
        many = np.uint64(part[PER_SHARE]) * a
        cents += many // HUNDRED
        rest += many % HUNDRED * BILLION + np.uint64(part[PER_SHARE]) * (np.uint64(share_units) - a * BILLION)
    if part[ROUNDING] == TO_DOLLAR_UP:
        cents += (rest + ALL_BUT_A_CENT) // A_CENT
        cents = (cents + NINETY_NINE) // HUNDRED * HUNDRED
    else:
        cents += (rest + HALF_A_CENT) // A_CENT
    return min(max(np.int64(cents), part[LOW]), part[HIGH])


@part
def charge_trades_nb(table, period, side, considerations, shares, n_trades, cents_out, clearance_out):
    """Charge trades of one class, date and side.

    Parameters
    ----------
    table : FeeTable
    period, side : int
        `table.period` of their date and class; BUY (0) or SELL (1).
    considerations, shares : ndarray of shape (at least n_trades,), float64
        Whole units of 0.0001; zero or above. What is behind the trades is overwritten.
    n_trades : int
    cents_out : ndarray of shape (at least n_trades,), float64
        Written in place: the fees of each trade; 0 where both amounts are 0: no trade. NO_FEE where one is NaN or
        beyond MAX_UNITS.
    clearance_out : ndarray of shape (at least n_trades,), float64
        Room to work in.

    Returns
    -------
    refused : int
        The first trade whose fee is NO_FEE; -1 if there is none.

    Notes
    -----
    Floats count whole numbers, kind by kind over all trades, and are exact up to 2**53; a trade beyond it that lies so
    near to an edge that they could be wrong is counted in integers.
    """
    # Where there is room, nothing is left to be done one by one.
    n_whole = (n_trades + VECTOR - 1) // VECTOR * VECTOR
    room = min(considerations.shape[0], shares.shape[0], cents_out.shape[0], clearance_out.shape[0])
    n_whole = n_whole if n_whole <= room else n_trades
    for t in range(n_trades, n_whole):
        considerations[t], shares[t] = 0.0, 0.0
    for t in range(n_whole):
        cents_out[t] = 0.0
    for t in range(n_whole):
        clearance_out[t] = DOUBT
    for i in range(table.n_parts[period, side]):
        part = table.scaled[period, side, i]
        rate, per_share, fixed, low, high = part[RATE], part[PER_SHARE], part[FIXED], part[LOW], part[HIGH]
        cents, step, edge = part[ROUNDING], part[STEP], part[EDGE]
        inverse = 1.0 / step
        for t in range(n_whole):
            due = rate * considerations[t] + per_share * shares[t]
            steps = np.floor(due * inverse)
            rest = due - steps * step
            # The product with the inverse may be one step off.
            steps += (1.0 if rest >= step else 0.0) - (1.0 if rest < 0.0 else 0.0)
            rest += (step if rest < 0.0 else 0.0) - (step if rest >= step else 0.0)
            fee = (steps + (1.0 if rest >= edge else 0.0)) * cents + fixed
            fee = max(fee, low)
            cents_out[t] += min(fee, high)
            clearance = min(abs(rest - edge), rest, step - rest)
            clearance = 0.0 if due > LARGEST else clearance
            clearance = DOUBT if due < EXACT else clearance
            clearance_out[t] = min(clearance_out[t], clearance)
    refused = -1
    for t in range(n_trades):
        largest = max(considerations[t], shares[t])
        if not (considerations[t] <= MAX_UNITS and shares[t] <= MAX_UNITS):  # NaN is refused too
            cents_out[t] = NO_FEE
            refused = t if refused < 0 else refused
        elif largest == 0.0:
            cents_out[t] = 0.0
        elif clearance_out[t] < DOUBT:
            total = np.int64(0)
            for i in range(table.n_parts[period, side]):
                total += part_cents_nb(table.parts[period, side, i], np.int64(considerations[t]), np.int64(shares[t]))
            cents_out[t] = total
    return refused


@kernel
def fee_parts_nb(table, rows, classes, sides, consideration_units, share_units, cents_out):
    """Charge many trades, kind by kind.

    Parameters
    ----------
    table : FeeTable
    rows, classes, sides : ndarray of shape (n_trades,), int64
        Row of `table.period`, its column, and BUY (0) or SELL (1).
    consideration_units, share_units : ndarray of shape (n_trades,), int64
        From `units_nb`.
    cents_out : ndarray of shape (n_trades, n_kinds), int64
        Written in place; what a kind does not charge is 0.

    Returns
    -------
    refused : int
        The first trade whose amounts are NO_UNITS or beyond MAX_UNITS; -1 if there is none. Its row is NO_FEE.
    """
    refused = -1
    for t in range(rows.shape[0]):
        cents_out[t, :] = 0
        consideration, shares = consideration_units[t], share_units[t]
        if not 0 <= consideration <= MAX_UNITS or not 0 <= shares <= MAX_UNITS:
            cents_out[t, :] = NO_FEE
            if refused < 0:
                refused = t
            continue
        if consideration == 0 and shares == 0:
            continue
        p, side = table.period[rows[t], classes[t]], sides[t]
        for i in range(table.n_parts[p, side]):
            part = table.parts[p, side, i]
            cents_out[t, part[SLOT]] = part_cents_nb(part, consideration, shares)
    return refused


@part
def expect_rates_nb(table, period, considerations, shares, raw_shares, half_spreads, impacts, n_trades, rate_out):
    """Estimate what trades of one class and date cost, as fractions of their considerations.

    Fees with minima, maxima, fixed parts and fees by share, but not rounded; half-spread; square-root impact. What a
    trade costs never falls when it grows; it jumps at 0 where there is a minimum or a fixed part.

    Parameters
    ----------
    table : FeeTable
    period : int
        `table.period` of their date and class.
    considerations : ndarray of shape (at least n_trades,), float64
        Currency; above 0 for a buy, below for a sell.
    shares, raw_shares : ndarray of shape (at least n_trades,), float64
        Count, and the count as traded, by which fees per share go; zero or above.
    half_spreads : ndarray of shape (at least n_trades,), float64
        Fraction of the consideration.
    impacts : ndarray of shape (at least n_trades,), float64
        Impact of one share, fraction of the consideration: c s / sqrt(V) in a name that trades V shares a day at a
        daily volatility s, with c of order one. A trade of Q shares has sqrt(Q) times it: c s sqrt(Q / V).
    n_trades : int
    rate_out : ndarray of shape (at least n_trades,), float64
        Written in place; 0 where the consideration is 0, NaN where an amount is NaN.

    References
    ----------
    .. [1] Grinold and Kahn, "Active Portfolio Management", 2nd edition, 2000, chapter 16 (the square root from
       inventory risk).
    .. [2] Almgren, Thum, Hauptmann and Li, "Direct Estimation of Equity Market Impact", 2005 (finds a power of 0.6).
    .. [3] Toth et al., "Anomalous Price Impact and the Critical Nature of Liquidity in Financial Markets",
       Physical Review X 1, 2011 (the square root, over markets and decades).
    """
    bought, sold = table.plain[period, BUY], table.plain[period, SELL]
    buy_rate, buy_per_share, buy_fixed = bought[RATE], bought[PER_SHARE], bought[FIXED]
    sell_rate, sell_per_share, sell_fixed = sold[RATE], sold[PER_SHARE], sold[FIXED]
    for t in range(n_trades):
        traded, counted = abs(considerations[t]) * UNITS_PER_ONE, raw_shares[t] * UNITS_PER_ONE
        buys = considerations[t] > 0.0
        rate = buy_rate if buys else sell_rate
        per_share = buy_per_share if buys else sell_per_share
        rate_out[t] = rate * traded + per_share * counted + (buy_fixed if buys else sell_fixed)
    for i in range(table.limited.shape[1]):
        bought, sold = table.limited[period, i, BUY], table.limited[period, i, SELL]
        buy_rate, buy_per_share, buy_fixed = bought[RATE], bought[PER_SHARE], bought[FIXED]
        sell_rate, sell_per_share, sell_fixed = sold[RATE], sold[PER_SHARE], sold[FIXED]
        buy_low, buy_high, sell_low, sell_high = bought[LOW], bought[HIGH], sold[LOW], sold[HIGH]
        for t in range(n_trades):
            traded, counted = abs(considerations[t]) * UNITS_PER_ONE, raw_shares[t] * UNITS_PER_ONE
            buys = considerations[t] > 0.0
            rate = buy_rate if buys else sell_rate
            per_share = buy_per_share if buys else sell_per_share
            due = rate * traded + per_share * counted + (buy_fixed if buys else sell_fixed)
            low, high = buy_low if buys else sell_low, buy_high if buys else sell_high
            due = max(due, low)
            rate_out[t] += min(due, high)
    for t in range(n_trades):
        traded = abs(considerations[t]) * UNITS_PER_ONE
        rate = rate_out[t] / (traded * CENTS_PER_UNIT) + half_spreads[t] + impacts[t] * np.sqrt(shares[t])
        rate_out[t] = 0.0 if traded == 0.0 else rate
