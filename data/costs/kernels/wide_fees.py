"""Fees of many trades of one name at once, in dense loops, quickly where floats leave no doubt; else see `fees`."""

import numpy as np

from data.costs.kernels.fees import (
    BUY,
    CENTS,
    MAX_UNITS,
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


@dense
def charge_simple_nb(kinds, n_kinds, sign, price, moved, cents):
    """Add the kinds of one side that are in proportion alone to the fees of one name's trades.

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
    cents : ndarray of shape (L,)
        Written in place.
    """
    for i in range(0, n_kinds, SIMPLE_TOGETHER):
        steps, shift, size = kinds[i, STEPS], kinds[i, SHIFT], kinds[i, CENTS]
        steps_2, shift_2, size_2 = kinds[i + 1, STEPS], kinds[i + 1, SHIFT], kinds[i + 1, CENTS]
        steps_3, shift_3, size_3 = kinds[i + 2, STEPS], kinds[i + 2, SHIFT], kinds[i + 2, CENTS]
        steps_4, shift_4, size_4 = kinds[i + 3, STEPS], kinds[i + 3, SHIFT], kinds[i + 3, CENTS]
        for lane in range(moved.shape[0]):
            consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
            due = np.floor(consideration * steps + shift) * size
            due += np.floor(consideration * steps_2 + shift_2) * size_2
            due += np.floor(consideration * steps_3 + shift_3) * size_3
            due += np.floor(consideration * steps_4 + shift_4) * size_4
            if sign != 0.0:
                due = due if moved[lane] * sign > 0.0 else 0.0
            cents[lane] += due


@dense
def charge_other_nb(kinds, n_kinds, sign, price, unit, moved, cents):
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
    cents : ndarray of shape (L,)
        Written in place.
    """
    for i in range(0, n_kinds, OTHER_TOGETHER):
        j = i + 1
        steps, shift, size, by_share = kinds[i, STEPS], kinds[i, SHIFT], kinds[i, CENTS], kinds[i, STEPS_PER_SHARE]
        fixed, low, high = kinds[i, QUICK_FIXED], kinds[i, QUICK_LOW], kinds[i, QUICK_HIGH]
        steps_2, shift_2, size_2, by_share_2 = (
            kinds[j, STEPS], kinds[j, SHIFT], kinds[j, CENTS], kinds[j, STEPS_PER_SHARE]
        )  # fmt: skip
        fixed_2, low_2, high_2 = kinds[j, QUICK_FIXED], kinds[j, QUICK_LOW], kinds[j, QUICK_HIGH]
        counts_shares = by_share != 0.0 or by_share_2 != 0.0
        for lane in range(moved.shape[0]):
            consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
            x, x_2 = consideration * steps, consideration * steps_2
            if counts_shares:
                shares = np.rint(abs(moved[lane]) * unit * UNITS_PER_ONE)
                x, x_2 = x + shares * by_share, x_2 + shares * by_share_2
            due = min(max(np.floor(x + shift) * size + fixed, low), high)
            due += min(max(np.floor(x_2 + shift_2) * size_2 + fixed_2, low_2), high_2)
            if sign != 0.0:
                due = due if moved[lane] * sign > 0.0 else 0.0
            cents[lane] += due


@dense
def find_doubts_nb(most, price, unit, moved):
    """Count the trades that are too large, or too small, for the quick way.

    Parameters
    ----------
    most : ndarray of shape (2,)
        See `FeeTable.most`.
    price, unit : float
        Local currency a share; raw shares a share.
    moved : ndarray of shape (L,)
        Signed shares.

    Returns
    -------
    n_doubts : int
    """
    n_doubts, most_consideration, most_shares = 0, most[0], most[1]
    for lane in range(moved.shape[0]):
        consideration, shares = abs(moved[lane] * price) * UNITS_PER_ONE, abs(moved[lane]) * unit * UNITS_PER_ONE
        is_sure = (consideration > 1.0) & (consideration < most_consideration) & (shares < most_shares)
        n_doubts += int((moved[lane] != 0.0) & (not is_sure))
    return n_doubts


@leaf
def count_exactly_nb(table, period, price, unit, moved, cents):
    """Write the fees of one name's trades in integers.

    Parameters
    ----------
    table : FeeTable
    period : int
    price, unit : float
    moved : ndarray of shape (L,)
    cents : ndarray of shape (L,)
        Written in place.

    Returns
    -------
    refused : int
        As of `fees_wide_nb`.
    """
    for lane in range(moved.shape[0]):
        consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
        shares = np.rint(abs(moved[lane]) * unit * UNITS_PER_ONE)
        side, total = BUY if moved[lane] > 0.0 else SELL, np.int64(0)
        if moved[lane] == 0.0:
            continue
        if not (consideration <= MAX_UNITS and shares <= MAX_UNITS):  # NaN is refused too
            return lane
        for i in range(table.n_parts[period, side] if max(consideration, shares) > 0.0 else 0):
            total += part_cents_nb(table.parts[period, side, i], np.int64(consideration), np.int64(shares))
        cents[lane] = total
    return -1


@leaf
def fees_wide_nb(table, period, price, unit, moved, cents):
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
    cents : ndarray of shape (L,)
        Written in place: the fees of `charge_trades_nb`; anything where nothing moves.

    Returns
    -------
    refused : int
        The first trade of which an amount is NaN or beyond MAX_UNITS; -1 if there is none.
    is_quick : bool
        All fees are below 2**38 cents.
    """
    for lane in range(moved.shape[0]):
        cents[lane] = 0.0
    if find_doubts_nb(table.most[period], price, unit, moved) > 0:
        return count_exactly_nb(table, period, price, unit, moved, cents), False
    n_quick, is_same = table.n_quick[period], table.is_same[period] != 0
    for side in range(1 if is_same else 2):
        sign = 0.0 if is_same else (1.0 if side == BUY else -1.0)
        charge_simple_nb(table.simple[period, side], n_quick[side, 0], sign, price, moved, cents)
        charge_other_nb(table.other[period, side], n_quick[side, 1], sign, price, unit, moved, cents)
    return -1, True
