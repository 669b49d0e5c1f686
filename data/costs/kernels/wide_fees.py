"""Fees of many trades of one name at once, in dense loops, quickly where floats leave no doubt; else see `fees`."""

import numpy as np

from data.costs.kernels.fees import (
    BUY,
    CENTS,
    MAX_UNITS,
    NEAR,
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
from data.jit import dense, leaf

# A hundredth in two parts: a whole number below 2**38 times the first is exact, and the sum of both products is the
# hundredth part as division rounds it. (The hundredth part of a whole number lies at least 1/100 of its last place from
# where rounding turns; the sum is off by 2**-15 of it.)
HUNDREDTH = 20971 / 2**21
REST_OF_HUNDREDTH = (2**21 - 100 * 20971) / (100 * 2**21)


@dense
def add_kinds_nb(quick, n_kinds, sign, moved, considerations, shares, cents, off):
    """Add the fees of one side's kinds, two at a time.

    Parameters
    ----------
    quick : ndarray of shape (F, 7)
        See `FeeTable.quick`.
    n_kinds : int
    sign : float
        1: buys alone, -1: sells alone, 0: both sides.
    moved, considerations, shares : ndarray of shape (L,)
        Signed shares; whole units of 0.0001, zero or above.
    cents : ndarray of shape (L,)
        Takes the fees.
    off : ndarray of shape (L,)
        Takes how far, at most, what was rounded lay from the middle of its step.
    """
    n_last = quick.shape[0] - 1
    for i in range(0, n_kinds, 2):
        j, two = min(i + 1, n_last), 1.0 if i + 1 < n_kinds else 0.0
        steps, by_share, shift, size = quick[i, STEPS], quick[i, STEPS_PER_SHARE], quick[i, SHIFT], quick[i, CENTS]
        fixed, low, high = quick[i, QUICK_FIXED], quick[i, QUICK_LOW], quick[i, QUICK_HIGH]
        steps_2, by_share_2 = two * quick[j, STEPS], two * quick[j, STEPS_PER_SHARE]
        shift_2, size_2 = quick[j, SHIFT] if two != 0.0 else 0.5, quick[j, CENTS]
        fixed_2, low_2 = two * quick[j, QUICK_FIXED], two * quick[j, QUICK_LOW]
        high_2 = quick[j, QUICK_HIGH] if two != 0.0 else 0.0
        counts_shares = by_share != 0.0 or by_share_2 != 0.0
        for lane in range(moved.shape[0]):
            x, x_2 = considerations[lane] * steps, considerations[lane] * steps_2
            if counts_shares:
                x += shares[lane] * by_share
                x_2 += shares[lane] * by_share_2
            x, x_2 = x + shift, x_2 + shift_2
            y, y_2 = np.floor(x), np.floor(x_2)
            fee = min(max(y * size + fixed, low), high) + min(max(y_2 * size_2 + fixed_2, low_2), high_2)
            farthest = max(abs(x - y - 0.5), abs(x_2 - y_2 - 0.5))
            if sign == 0.0:
                cents[lane] += fee
                off[lane] = max(off[lane], farthest)
            else:
                charged = moved[lane] * sign > 0.0
                cents[lane] += fee if charged else 0.0
                off[lane] = max(off[lane], farthest if charged else 0.0)


@dense
def count_units_nb(price, unit, moved, considerations, shares, cents, off):
    """Count what fees go by, and begin with none.

    Parameters
    ----------
    price, unit : float
        Local currency a share; raw shares a share.
    moved : ndarray of shape (L,)
    considerations, shares, cents, off : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(moved.shape[0]):
        considerations[lane] = np.rint(abs(moved[lane] * price) * UNITS_PER_ONE)
        shares[lane] = np.rint(abs(moved[lane]) * unit * UNITS_PER_ONE)
        cents[lane], off[lane] = 0.0, 0.0


@dense
def close_fees_nb(most_considerations, most_shares, moved, considerations, shares, cents, off, fees_out):
    """Turn cents into fees, and say where floats leave doubts.

    Parameters
    ----------
    most_considerations, most_shares : float
        See `FeeTable.most`.
    moved, considerations, shares, cents : ndarray of shape (L,)
    off : ndarray of shape (L,)
        Written in place: 1 where there is doubt, else 0.
    fees_out : ndarray of shape (L,)
        Written in place, currency.

    Returns
    -------
    n_doubts : int
    """
    n_doubts = 0
    for lane in range(moved.shape[0]):
        is_sure = (considerations[lane] <= most_considerations) & (shares[lane] <= most_shares) & (off[lane] < NEAR)
        is_sure = is_sure & (considerations[lane] > 0.0)
        doubts = (not is_sure) & (moved[lane] != 0.0)
        fees_out[lane] = cents[lane] * HUNDREDTH + cents[lane] * REST_OF_HUNDREDTH if moved[lane] != 0.0 else 0.0
        off[lane] = 1.0 if doubts else 0.0
        n_doubts += np.int64(doubts)
    return n_doubts


@leaf
def fees_wide_nb(table, period, price, unit, moved, considerations, shares, cents, off, fees_out):
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
    considerations, shares, cents, off : ndarray of shape (L,)
        Room to work in.
    fees_out : ndarray of shape (L,)
        Written in place, currency: the bytes of `charge_trades_nb`.

    Returns
    -------
    refused : int
        The first trade of which an amount is NaN or beyond MAX_UNITS; -1 if there is none.
    """
    count_units_nb(price, unit, moved, considerations, shares, cents, off)
    is_same = table.is_same[period] != 0
    quick, n_parts = table.quick[period], table.n_parts[period]
    add_kinds_nb(quick[BUY], n_parts[BUY], 0.0 if is_same else 1.0, moved, considerations, shares, cents, off)
    if not is_same:
        add_kinds_nb(quick[SELL], n_parts[SELL], -1.0, moved, considerations, shares, cents, off)
    most_considerations, most_shares = table.most[period, 0], table.most[period, 1]
    if close_fees_nb(most_considerations, most_shares, moved, considerations, shares, cents, off, fees_out) == 0:
        return -1
    for lane in range(moved.shape[0]):
        if off[lane] == 0.0:
            continue
        if not (considerations[lane] <= MAX_UNITS and shares[lane] <= MAX_UNITS):  # NaN is refused too
            return lane
        side, total = BUY if moved[lane] > 0.0 else SELL, np.int64(0)
        if considerations[lane] > 0.0 or shares[lane] > 0.0:
            for i in range(table.n_parts[period, side]):
                total += part_cents_nb(
                    table.parts[period, side, i], np.int64(considerations[lane]), np.int64(shares[lane])
                )
        fees_out[lane] = total / 100.0
    return -1
