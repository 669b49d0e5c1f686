"""Fees of a trade in exact integers, expected costs in floats.

Shapes: R rows (dates), G fee classes, P periods in which nothing changes, F kinds, N trades.
Units: considerations and share counts in 0.0001 (of currency, of a share); rates in 1e-9 (of the consideration,
or of currency a share); fixed parts, limits and fees in cents.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.jit import kernel, leaf

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

# Columns of FeeTable.parts.
SLOT, RATE, PER_SHARE, FIXED, LOW, HIGH, ROUNDING = 0, 1, 2, 3, 4, 5, 6
# Two more of FeeTable.scaled.
FACTOR, SHIFT = 7, 8
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
RATES_PER_ONE = 1e9
CENTS_PER_ONE = 100.0
# Floats count units exactly up to the first; fees of less than the second many cents are off by less than the third.
EXACT_UNITS, EXACT_CENTS, DOUBT = 9_007_199_254_740_992, 1e9, 1e-6
# Unsigned, for division without a look at the sign; a cent in units of 1e-13.
HUNDRED, NINETY_NINE, BILLION = np.uint64(100), np.uint64(99), np.uint64(10**9)
A_CENT, HALF_A_CENT, ALL_BUT_A_CENT = np.uint64(10**11), np.uint64(5 * 10**10), np.uint64(10**11 - 1)


class FeeTable(NamedTuple):
    """Dated fees of some classes of names.

    period: (R, G), which period a date is in, by class. n_parts: (P, 2), how many kinds charge anything, by side
    (BUY 0, SELL 1). parts: (P, 2, F, 7), what they charge, kinds without limits first, else in the order of their
    slots, then zeros; the last axis is SLOT (which kind: the same one for all classes), RATE, PER_SHARE, FIXED, LOW
    (0: no minimum), HIGH (NO_MAXIMUM: no maximum) and ROUNDING. LOW and HIGH are whole multiples of what the kind is
    rounded to. The rest says the same in floats, in cents: scaled, (P, 2, F, 9), in the columns of parts, inf for no
    maximum, then how a fee is rounded: to floor(fee x FACTOR + SHIFT) times ROUNDING cents. n_plain: (P, 2), how many
    kinds have no limits; plain: (P, 2, 4), RATE, PER_SHARE and FIXED of those added up.
    """

    period: I
    n_parts: I
    parts: I
    scaled: F
    n_plain: I
    plain: F


@leaf
def units_nb(amount):
    """Take an amount to the nearest 0.0001, half to even.

    Floats of 9e11 and more are coarser than that themselves: fees of such a trade are those of the float.

    Parameters
    ----------
    amount : float
        Currency or shares; the sign is dropped.

    Returns
    -------
    units : int
        In 0.0001; NO_UNITS if the amount is NaN or beyond MAX_UNITS.
    """
    scaled = np.rint(abs(amount) * UNITS_PER_ONE)
    if not scaled <= MAX_UNITS:
        return np.int64(NO_UNITS)
    return np.int64(scaled)


@kernel
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


@leaf
def within_nb(due, part):
    """Keep a fee within its limits.

    Parameters
    ----------
    due : float
        Cents.
    part : ndarray of shape (9,)
        See `FeeTable.scaled`.

    Returns
    -------
    cents : float
    """
    low, high = part[LOW], part[HIGH]
    due = max(due, low)
    return min(due, high)


@leaf
def fee_cents_nb(table, row, fee_class, side, consideration_units, share_units):
    """Add up the fees of one trade.

    Parameters
    ----------
    table : FeeTable
    row, fee_class, side : int
        Row of `table.period`, its column, and BUY (0) or SELL (1).
    consideration_units, share_units : int
        From `units_nb`.

    Returns
    -------
    cents : int
        0 if both amounts are 0: no trade. NO_FEE if one of them is NO_UNITS or beyond MAX_UNITS.

    Notes
    -----
    Floats decide how a fee rounds, unless it lies so near to the edge that they could be wrong: then integers do.
    """
    if not 0 <= consideration_units <= MAX_UNITS or not 0 <= share_units <= MAX_UNITS:
        return np.int64(NO_FEE)
    if consideration_units == 0 and share_units == 0:
        return np.int64(0)
    p = table.period[row, fee_class]
    parts, scaled = table.parts[p, side], table.scaled[p, side]
    consideration, shares = float(consideration_units), float(share_units)
    is_exact = consideration_units <= EXACT_UNITS and share_units <= EXACT_UNITS
    total = np.int64(0)
    for i in range(table.n_parts[p, side]):
        part = scaled[i]
        due = part[RATE] * consideration + part[PER_SHARE] * shares + part[FIXED]
        edge = due * part[FACTOR] + part[SHIFT]
        steps = np.floor(edge)
        if is_exact and due < EXACT_CENTS and DOUBT < edge - steps < 1.0 - DOUBT:
            total += np.int64(within_nb(steps * part[ROUNDING], part))
        else:
            total += part_cents_nb(parts[i], consideration_units, share_units)
    return total


@kernel
def fee_parts_nb(table, rows, classes, sides, consideration_units, share_units, cents_out):
    """Charge many trades, kind by kind.

    Parameters
    ----------
    table : FeeTable
    rows, classes, sides : ndarray of shape (n_trades,), int64
        As in `fee_cents_nb`.
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


@leaf
def expected_fee_nb(table, row, fee_class, side, consideration, shares):
    """Estimate the fees of a trade: minima, maxima, fixed parts and fees by share, but no rounding.

    Never falls when the trade grows; it jumps at 0 where there is a minimum or a fixed part.

    Parameters
    ----------
    table : FeeTable
    row, fee_class, side : int
        As in `fee_cents_nb`.
    consideration, shares : float
        Currency and count, neither below 0.

    Returns
    -------
    fee : float
        Currency; 0 if both amounts are 0, NaN if one is NaN.
    """
    if consideration == 0.0 and shares == 0.0:
        return 0.0
    p = table.period[row, fee_class]
    scaled, plain = table.scaled[p, side], table.plain[p, side]
    traded, counted = consideration * UNITS_PER_ONE, shares * UNITS_PER_ONE
    total = plain[RATE] * traded + plain[PER_SHARE] * counted + plain[FIXED]
    for i in range(table.n_plain[p, side], table.n_parts[p, side]):
        part = scaled[i]
        total += within_nb(part[RATE] * traded + part[PER_SHARE] * counted + part[FIXED], part)
    return total / CENTS_PER_ONE


@leaf
def expected_rate_nb(table, row, fee_class, side, consideration, shares, raw_shares, half_spread, impact):
    """Estimate what a trade costs, as a fraction of its consideration: fees, half-spread, square-root impact.

    Parameters
    ----------
    table : FeeTable
    row, fee_class, side : int
        As in `fee_cents_nb`.
    consideration : float
        Currency, above 0.
    shares, raw_shares : float
        Count, and the count as traded, by which fees per share go.
    half_spread : float
        Fraction of the consideration.
    impact : float
        Impact of one share, fraction of the consideration: c s / sqrt(V) in a name that trades V shares a day at a
        daily volatility s, with c of order one. A trade of Q shares has sqrt(Q) times it: c s sqrt(Q / V).

    Returns
    -------
    rate : float
        NaN if an amount is NaN.

    References
    ----------
    .. [1] Grinold and Kahn, "Active Portfolio Management", 2nd edition, 2000, chapter 16 (the square root from
       inventory risk).
    .. [2] Almgren, Thum, Hauptmann and Li, "Direct Estimation of Equity Market Impact", 2005 (finds a power of 0.6).
    .. [3] Toth et al., "Anomalous Price Impact and the Critical Nature of Liquidity in Financial Markets",
       Physical Review X 1, 2011 (the square root, over markets and decades).
    """
    fee = expected_fee_nb(table, row, fee_class, side, consideration, raw_shares)
    return fee / consideration + half_spread + impact * np.sqrt(shares)
