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
    """Charge one name's trades the kinds of one side that are in proportion alone.

    Parameters
    ----------
    kinds : ndarray of shape (4 x, 3)
        See `FeeTable.simple`.
    n_kinds : int
    sign : float
        1: of buys, -1: of sells, 0: of both.
    price : float
        Local currency a share.
    moved : ndarray of shape (L,)
        Signed shares.
    cents : ndarray of shape (L,)
        Written in place; sells come after buys, and leave those alone.
    """
    for i in range(0, max(n_kinds, 1), SIMPLE_TOGETHER):
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
            before = cents[lane] if i > 0 else 0.0
            if sign < 0.0:
                due, before = due if moved[lane] < 0.0 else 0.0, cents[lane] if i > 0 or moved[lane] > 0.0 else 0.0
            cents[lane] = before + due


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
        if by_share == 0.0 and by_share_2 == 0.0 and sign == 0.0:
            for lane in range(moved.shape[0]):
                consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
                due = min(max(np.floor(consideration * steps + shift) * size + fixed, low), high)
                due_2 = min(max(np.floor(consideration * steps_2 + shift_2) * size_2 + fixed_2, low_2), high_2)
                cents[lane] += due + due_2
            continue
        for lane in range(moved.shape[0]):
            consideration = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
            shares = np.rint(abs(moved[lane]) * unit * UNITS_PER_ONE)
            x = consideration * steps + shares * by_share + shift
            x_2 = consideration * steps_2 + shares * by_share_2 + shift_2
            due = min(max(np.floor(x) * size + fixed, low), high)
            due_2 = min(max(np.floor(x_2) * size_2 + fixed_2, low_2), high_2)
            charged = sign == 0.0 or moved[lane] * sign > 0.0
            cents[lane] += due + due_2 if charged else 0.0


@leaf
def count_exactly_nb(table, period, price, unit, moved, cents):
    """Charge trades of one name and date in integers.

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
        Written in place; left alone where nothing moves.

    Returns
    -------
    refused : int
        The first trade of which an amount is NaN or beyond MAX_UNITS; -1 if there is none.
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
def charge_quickly_nb(table, period, price, unit, moved, cents):
    """Charge trades of one name and date, each larger than a unit and below `FeeTable.most`.

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
        Written in place: the fees of `charge_trades_nb`, below 2**38; of other trades, and where nothing moves,
        anything.
    """
    n_quick, is_same = table.n_quick[period], table.is_same[period] != 0
    if is_same:
        charge_simple_nb(table.simple[period, BUY], n_quick[BUY, 0], 0.0, price, moved, cents)
        charge_other_nb(table.other[period, BUY], n_quick[BUY, 1], 0.0, price, unit, moved, cents)
        return
    charge_simple_nb(table.simple[period, BUY], n_quick[BUY, 0], 1.0, price, moved, cents)
    charge_other_nb(table.other[period, BUY], n_quick[BUY, 1], 1.0, price, unit, moved, cents)
    charge_simple_nb(table.simple[period, SELL], n_quick[SELL, 0], -1.0, price, moved, cents)
    charge_other_nb(table.other[period, SELL], n_quick[SELL, 1], -1.0, price, unit, moved, cents)
