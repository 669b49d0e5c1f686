"""What orders of many lanes are expected to cost, in vectors of lanes; for one lane see `expecting`."""

import numpy as np

from backtest.kernels.state import (
    BY_MONEY,
    BY_SHARE,
    BY_SHARES,
    COUNT,
    DEAREST,
    DIFFERS,
    HALF_SPREAD,
    HAS_HIGH,
    HAS_LOW,
    IMPACT,
    IS_FIXED,
    LOCAL,
    N_KINDS,
    OF_SELLS,
    UNIT,
    WHAT,
)
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import BUY, CENTS_PER_UNIT, FIXED, HIGH, LOW, PER_SHARE, RATE, SELL, UNITS_PER_ONE
from data.jit import leaf
from data.kernels.vectors import least_nb, most_nb, spread_nb, sqrt_nb, where_nb


@leaf
def write_notes_nb(world, row, fx, value, notes_out):
    """Write what expected costs of each name go by at a decision.

    Parameters
    ----------
    world : World
    row : int
    fx : ndarray of shape (C,)
    value : ndarray of shape (A,)
        Base value of a share.
    notes_out : ndarray of shape (A, n, m)
        Written in place; see `Scratch.notes`.
    """
    half_spreads, fees = world.half_spread[row_of_nb(world.half_spread, row)], world.fees
    impacts, units = world.impact[row_of_nb(world.impact, row)], world.unit[row_of_nb(world.unit, row)]
    for a in range(value.shape[0]):
        period, price, worth, note = fees.period[row, world.fee_class[a]], fx[world.currency[a]], value[a], notes_out[a]
        common, limited = note[0], fees.limited[period]
        # A name without a price moves nothing; money without a rate is counted as it is.
        common[LOCAL] = (1.0 / price if price != 0.0 else 1.0) if worth > 0.0 else 0.0
        common[COUNT] = 1.0 / worth if worth > 0.0 else 0.0
        common[UNIT], common[HALF_SPREAD], common[IMPACT] = units[a], half_spreads[a], impacts[a]
        by_share, n = write_kind_nb(fees.plain[period], False, note[1]), 1
        for i in range(limited.shape[0]):
            if limited[i, BUY, HIGH] == 0.0 and limited[i, SELL, HIGH] == 0.0:  # no such kind
                continue
            n += 1
            by_share |= write_kind_nb(limited[i], True, note[n])
        common[BY_SHARE], common[N_KINDS] = 1.0 if by_share else 0.0, n


@leaf
def write_kind_nb(kind, has_limits, note_out):
    """Write what a kind of fee charges.

    Parameters
    ----------
    kind : ndarray of shape (2, n)
        A row of `FeeTable.plain` or `FeeTable.limited`.
    has_limits : bool
    note_out : ndarray of shape (m,)
        Written in place; see `Scratch.notes`.

    Returns
    -------
    by_share : bool
        Shares count.
    """
    for side in range(2):
        at = OF_SELLS if side == SELL else 0
        for column in (RATE, PER_SHARE, FIXED):
            note_out[at + column] = kind[side, column]
        note_out[at + LOW], note_out[at + HIGH] = 0.0, np.inf
        if has_limits:
            note_out[at + LOW], note_out[at + HIGH] = kind[side, LOW], kind[side, HIGH]
    what, differs = 0, False
    for column, none, bit in (
        (RATE, 0.0, BY_MONEY), (PER_SHARE, 0.0, BY_SHARES), (FIXED, 0.0, IS_FIXED), (LOW, 0.0, HAS_LOW),
        (HIGH, np.inf, HAS_HIGH),
    ):  # fmt: skip
        bought, sold = note_out[column], note_out[OF_SELLS + column]
        what |= bit if bought != none or sold != none else 0
        differs |= bought != sold
    note_out[WHAT] = what | (DIFFERS if differs else 0)
    return what & BY_SHARES != 0


@leaf
def of_side_nb(kind, column, differs, buys):
    """Give a number of a kind of fee, by the side of each order.

    Parameters
    ----------
    kind : ndarray of shape (m,)
        Of one name; see `Scratch.notes`.
    column : int
    differs : bool
        Sides are charged apart.
    buys : Mask

    Returns
    -------
    numbers : Vector
    """
    if differs:
        return where_nb(buys, kind[column], kind[OF_SELLS + column])
    return spread_nb(kind[column])


@leaf
def charge_kind_nb(kind, buys, units, raw_units):
    """Give what a kind of fee charges: what it does not go by adds nothing, and is passed over.

    Parameters
    ----------
    kind : ndarray of shape (m,)
        Of one name; see `Scratch.notes`.
    buys : Mask
    units, raw_units : Vector
        In 0.0001 of local currency and of shares as traded.

    Returns
    -------
    cents : Vector
    """
    what, due = np.int64(kind[WHAT]), spread_nb(0.0)
    differs = what & DIFFERS != 0
    if what & BY_MONEY:
        due = of_side_nb(kind, RATE, differs, buys) * units
    if what & BY_SHARES:
        due = due + of_side_nb(kind, PER_SHARE, differs, buys) * raw_units
    if what & IS_FIXED:
        due = due + of_side_nb(kind, FIXED, differs, buys)
    if what & HAS_LOW:
        due = most_nb(due, of_side_nb(kind, LOW, differs, buys))
    if what & HAS_HIGH:
        due = least_nb(due, of_side_nb(kind, HIGH, differs, buys))
    return due


@leaf
def expected_rate_nb(notes, move):
    """Give the expected cost rates of one name's orders, FX spread aside; see `expect_rates_nb` of `data.costs`.

    Parameters
    ----------
    notes : ndarray of shape (n, m)
        Of the name; see `Scratch.notes`.
    move : Vector
        Base currency.

    Returns
    -------
    rate : Vector
        0 where nothing moves.
    """
    common, moved, buys = notes[0], abs(move), move > 0.0
    units, quantity, by_share = moved * common[LOCAL] * UNITS_PER_ONE, moved, common[BY_SHARE] != 0.0
    if by_share or common[IMPACT] != 0.0:
        quantity = moved * common[COUNT]
    raw_units = quantity
    if by_share:
        raw_units = quantity * common[UNIT] * UNITS_PER_ONE
    cents = charge_kind_nb(notes[1], buys, units, raw_units)
    # Written out for the usual few: a loop would wait for each of them.
    if common[N_KINDS] > 1.0:
        cents = cents + charge_kind_nb(notes[2], buys, units, raw_units)
    if common[N_KINDS] > 2.0:
        cents = cents + charge_kind_nb(notes[3], buys, units, raw_units)
    for i in range(4, np.int64(common[N_KINDS]) + 1):
        cents = cents + charge_kind_nb(notes[i], buys, units, raw_units)
    rate = cents / (units * CENTS_PER_UNIT) + common[HALF_SPREAD]
    if common[IMPACT] != 0.0:
        rate = rate + common[IMPACT] * sqrt_nb(quantity)
    return least_nb(where_nb(units == 0.0, 0.0, rate), DEAREST)
