"""Fees of many trades of one name at once, in dense loops, quickly where floats leave no doubt; else see `fees`."""

import numpy as np

from data.costs.kernels.fees import (
    BUY,
    CENTS,
    CENTS_PER_ONE,
    MAX_UNITS,
    NEAR,
    OTHER_TOGETHER,
    QUICK_FIXED,
    QUICK_HIGH,
    QUICK_LOW,
    SELL,
    SHIFT,
    SIMPLE_TOGETHER,
    STEPS,
    STEPS_PER_SHARE,
    UNITS_PER_ONE,
    part_cents_nb,
)
from data.jit import dense, leaf

# A hundredth in two parts: a whole number below 2**38 times the first is exact, and the sum of both products is the
# hundredth part as division rounds it. (The hundredth part of a whole number lies at least 1/100 of its last place from
# where rounding turns; the sum is off by 2**-15 of it.)
HUNDREDTH = 20971 / 2**21
REST_OF_HUNDREDTH = (2**21 - 100 * 20971) / (100 * 2**21)


@leaf
def add_simple_nb(consideration, steps, shift, size, cents, off):
    """Add a fee in proportion.

    Parameters
    ----------
    consideration : float
        In units of 0.0001.
    steps, shift, size : float
        See `FeeTable.simple`.
    cents, off : float
        Fees so far; how far, at most, what was rounded lay from the middle of its step.

    Returns
    -------
    cents, off : float
    """
    x = consideration * steps + shift
    whole = np.floor(x)
    return cents + whole * size, max(off, abs(x - whole - 0.5))


@dense
def charge_simple_nb(kinds, n_kinds, sign, price, moved, cents, off):
    """Begin the fees of one name's trades with the kinds of one side that are in proportion alone.

    Parameters
    ----------
    kinds : ndarray of shape (4 x, 3)
        See `FeeTable.simple`.
    n_kinds : int
    sign : float
        1: buys alone, -1: sells alone, 0: both.
    price : float
        Local currency a share.
    moved : ndarray of shape (L,)
        Signed shares.
    cents, off : ndarray of shape (L,)
        Written in place: fees so far; how far, at most, what was rounded lay from the middle of its step.
    """
    for i in range(0, n_kinds, SIMPLE_TOGETHER):
        steps, shift, size = kinds[i, STEPS], kinds[i, SHIFT], kinds[i, CENTS]
        steps_2, shift_2, size_2 = kinds[i + 1, STEPS], kinds[i + 1, SHIFT], kinds[i + 1, CENTS]
        steps_3, shift_3, size_3 = kinds[i + 2, STEPS], kinds[i + 2, SHIFT], kinds[i + 2, CENTS]
        steps_4, shift_4, size_4 = kinds[i + 3, STEPS], kinds[i + 3, SHIFT], kinds[i + 3, CENTS]
        for lane in range(moved.shape[0]):
            consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
            due, farthest = add_simple_nb(consideration, steps, shift, size, 0.0, 0.0)
            due, farthest = add_simple_nb(consideration, steps_2, shift_2, size_2, due, farthest)
            due, farthest = add_simple_nb(consideration, steps_3, shift_3, size_3, due, farthest)
            due, farthest = add_simple_nb(consideration, steps_4, shift_4, size_4, due, farthest)
            if sign != 0.0:
                charged = moved[lane] * sign > 0.0
                due, farthest = due if charged else 0.0, farthest if charged else 0.0
            cents[lane] += due
            off[lane] = max(off[lane], farthest)


@leaf
def add_other_nb(consideration, shares, counts, kind, cents, off):
    """Add a fee by share, with a fixed part or within limits.

    Parameters
    ----------
    consideration, shares : float
        In units of 0.0001.
    counts : bool
        Whether shares count.
    kind : tuple of seven floats
        See `FeeTable.other`.
    cents, off : float
        As of `add_simple_nb`.

    Returns
    -------
    cents, off : float
    """
    x = consideration * kind[STEPS]
    if counts:
        x += shares * kind[STEPS_PER_SHARE]
    x += kind[SHIFT]
    whole = np.floor(x)
    fee = min(max(whole * kind[CENTS] + kind[QUICK_FIXED], kind[QUICK_LOW]), kind[QUICK_HIGH])
    return cents + fee, max(off, abs(x - whole - 0.5))


@dense
def charge_other_nb(kinds, n_kinds, sign, price, unit, moved, cents, off):
    """Add the other kinds of one side to the fees of one name's trades.

    Parameters
    ----------
    kinds : ndarray of shape (2 x, 7)
        See `FeeTable.other`.
    n_kinds : int
    sign : float
        1: buys alone, -1: sells alone, 0: both.
    price, unit : float
        Local currency a share; raw shares a share.
    moved : ndarray of shape (L,)
        Signed shares.
    cents, off : ndarray of shape (L,)
        Written in place: as of `charge_simple_nb`.
    """
    for i in range(0, n_kinds, OTHER_TOGETHER):
        one = (kinds[i, 0], kinds[i, 1], kinds[i, 2], kinds[i, 3], kinds[i, 4], kinds[i, 5], kinds[i, 6])
        j = i + 1
        two = (kinds[j, 0], kinds[j, 1], kinds[j, 2], kinds[j, 3], kinds[j, 4], kinds[j, 5], kinds[j, 6])
        counts = one[STEPS_PER_SHARE] != 0.0 or two[STEPS_PER_SHARE] != 0.0
        for lane in range(moved.shape[0]):
            consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
            shares = np.rint(abs(moved[lane]) * unit * UNITS_PER_ONE)
            due, farthest = add_other_nb(consideration, shares, counts, one, 0.0, 0.0)
            due, farthest = add_other_nb(consideration, shares, counts, two, due, farthest)
            if sign != 0.0:
                charged = moved[lane] * sign > 0.0
                due, farthest = due if charged else 0.0, farthest if charged else 0.0
            cents[lane] += due
            off[lane] = max(off[lane], farthest)


@dense
def close_fees_nb(most, price, unit, moved, cents, off, fees_out):
    """Turn cents into fees, and say where floats leave doubts.

    Parameters
    ----------
    most : ndarray of shape (2,)
        See `FeeTable.most`.
    price, unit : float
        Local currency a share; raw shares a share.
    moved, cents : ndarray of shape (L,)
    off : ndarray of shape (L,)
        Written in place: 1 where there is doubt, else 0.
    fees_out : ndarray of shape (L,)
        Written in place, currency.

    Returns
    -------
    n_doubts : int
    """
    n_doubts, most_consideration, most_shares = 0, most[0], most[1]
    for lane in range(moved.shape[0]):
        consideration = abs(moved[lane] * price) * UNITS_PER_ONE
        is_sure = (consideration > 0.5) & (consideration < most_consideration) & (off[lane] < NEAR)
        is_sure &= abs(moved[lane]) * unit * UNITS_PER_ONE < most_shares
        trades = moved[lane] != 0.0
        doubts = trades & (not is_sure)
        fees_out[lane] = cents[lane] * HUNDREDTH + cents[lane] * REST_OF_HUNDREDTH if trades else 0.0
        off[lane] = 1.0 if doubts else 0.0
        n_doubts += np.int64(doubts)
    return n_doubts


@leaf
def fees_wide_nb(table, period, price, unit, moved, cents, off, fees_out):
    """Charge trades of one name and date.

    Parameters
    ----------
    table : FeeTable
    period : int
        `table.period` of their date and class.
    price, unit : float
        Local currency a share; raw shares a share.
    moved : ndarray of shape (L,)
        Signed shares; 0 for no trade.
    cents, off : ndarray of shape (L,)
        Room to work in.
    fees_out : ndarray of shape (L,)
        Written in place, currency: the bytes of `charge_trades_nb`.

    Returns
    -------
    refused : int
        The first trade of which an amount is NaN or beyond MAX_UNITS; -1 if there is none.
    """
    for lane in range(moved.shape[0]):
        cents[lane], off[lane] = 0.0, 0.0
    n_quick, is_same = table.n_quick[period], table.is_same[period] != 0
    for side in range(1 if is_same else 2):
        sign = 0.0 if is_same else (1.0 if side == BUY else -1.0)
        charge_simple_nb(table.simple[period, side], n_quick[side, 0], sign, price, moved, cents, off)
        charge_other_nb(table.other[period, side], n_quick[side, 1], sign, price, unit, moved, cents, off)
    if close_fees_nb(table.most[period], price, unit, moved, cents, off, fees_out) == 0:
        return -1
    for lane in range(moved.shape[0]):
        if off[lane] == 0.0:
            continue
        consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
        shares = np.rint(abs(moved[lane]) * unit * UNITS_PER_ONE)
        if not (consideration <= MAX_UNITS and shares <= MAX_UNITS):  # NaN is refused too
            return lane
        side, total = BUY if moved[lane] > 0.0 else SELL, np.int64(0)
        for i in range(table.n_parts[period, side] if max(consideration, shares) > 0.0 else 0):
            total += part_cents_nb(table.parts[period, side, i], np.int64(consideration), np.int64(shares))
        fees_out[lane] = total / CENTS_PER_ONE
    return -1
