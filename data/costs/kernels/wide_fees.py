"""Fees of many trades of one name at once, in vectors, quickly where floats leave no doubt; else see `fees`."""

import numpy as np

from data.costs.kernels.fees import (
    BUY,
    CENTS,
    MAX_UNITS,
    QUICK_FIXED,
    QUICK_HIGH,
    QUICK_LOW,
    SELL,
    SHIFT,
    STEPS,
    STEPS_PER_SHARE,
    UNITS_PER_ONE,
    part_cents_nb,
)
from data.jit import leaf
from data.kernels.vectors import any_nb, floor_nb, least_nb, most_nb, rint_nb, spread_nb, where_nb


@leaf
def charge_side_nb(table, period, side, consideration, shares):
    """Charge trades of one name, date and side.

    Parameters
    ----------
    table : FeeTable
    period, side : int
        `table.period` of their date and class; BUY (0) or SELL (1).
    consideration, shares : Vector
        Whole units of 0.0001.

    Returns
    -------
    cents : Vector
        Whole: sums of them are exact, in any order.
    """
    simple, other, n_quick, cents = table.simple[period, side], table.other[period, side], table.n_quick, spread_nb(0.0)
    for i in range(n_quick[period, side, 0]):
        kind = simple[i]
        cents = cents + floor_nb(consideration * kind[STEPS] + kind[SHIFT]) * kind[CENTS]
    for i in range(n_quick[period, side, 1]):
        kind = other[i]
        steps = consideration * kind[STEPS]
        if kind[STEPS_PER_SHARE] != 0.0:
            steps = steps + shares * kind[STEPS_PER_SHARE]
        due = floor_nb(steps + kind[SHIFT]) * kind[CENTS] + kind[QUICK_FIXED]
        cents = cents + least_nb(most_nb(due, kind[QUICK_LOW]), kind[QUICK_HIGH])
    return cents


@leaf
def charge_quickly_nb(table, period, units, share_units, buys, sells):
    """Charge trades of one name and date, each larger than a unit and below `FeeTable.most`.

    Parameters
    ----------
    table : FeeTable
    period : int
        `table.period` of their date and class.
    units, share_units : Vector
        Considerations and shares as traded in 0.0001, not rounded.
    buys, sells : Mask

    Returns
    -------
    cents : Vector
        The fees of `charge_trades_nb`, below 2**38; of other trades, and where nothing moves, anything.
    """
    consideration, shares, is_same = rint_nb(units), rint_nb(share_units), table.is_same[period] != 0
    cents = spread_nb(0.0)
    if is_same or any_nb(buys):
        cents = charge_side_nb(table, period, BUY, consideration, shares)
    if not is_same and any_nb(sells):
        cents = where_nb(sells, charge_side_nb(table, period, SELL, consideration, shares), cents)
    return cents


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
