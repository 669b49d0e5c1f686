"""What orders of many lanes are expected to cost, in dense loops; for one lane see `expecting`."""

import numpy as np

from backtest.kernels.state import BUY, DEAREST, SELL
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import CENTS_PER_ONE, FIXED, HIGH, LOW, RATE, UNITS_PER_ONE, expect_rates_nb
from data.jit import dense, leaf


@leaf
def expect_wide_nb(world, row, fx, shares, scratch):
    """Write the expected cost rates of moving each name to its target at the present factor, FX spread aside.

    Parameters
    ----------
    world : World
    row : int
    fx : ndarray of shape (C,)
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked`, `value`, `nav`, `factor`; writes `rates` of buys.
    """
    rates, value, n_lanes = scratch.rates[BUY], scratch.value, len(scratch.lanes)
    moved, traded = scratch.quantity[:n_lanes], scratch.consideration[:n_lanes]
    half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
    impacts, units = world.impact[row_of_nb(world.impact, row)], world.unit[row_of_nb(world.unit, row)]
    for a in range(value.shape[0]):
        rate_out, period = rates[a], world.fees.period[row, world.fee_class[a]]
        if not value[a] > 0.0:
            for lane in range(n_lanes):
                rate_out[lane] = 0.0
            continue
        move_worth_nb(
            fx[world.currency[a]], value[a], scratch.asked[a], scratch.factor, scratch.nav, shares[a], moved, traded
        )  # fmt: skip
        plain, limited = world.fees.plain[period], world.fees.limited[period]
        if world.fees.is_plain[period]:
            expect_name_nb(plain, limited, value[a], half_spreads[a], impacts[a], moved, traded, rate_out)
        else:
            expect_any_nb(
                world.fees, period, value[a], units[a], half_spreads[a], impacts[a], n_lanes, scratch, traded, rate_out
            )  # fmt: skip


@leaf
def add_limited_nb(limited, i, side):
    """Give what one kind with limits charges on one side, all zero where there is no such kind.

    Parameters
    ----------
    limited : ndarray of shape (n, 2, 6)
    i, side : int

    Returns
    -------
    rate, fixed, low, high : float
    """
    if i >= limited.shape[0]:
        return 0.0, 0.0, 0.0, 0.0
    return limited[i, side, RATE], limited[i, side, FIXED], limited[i, side, LOW], limited[i, side, HIGH]


@leaf
def note_rate_nb(money, buying, selling, buying_2, selling_2, buying_3, selling_3):
    """Give a contract note over what it is for, if no share counts: kinds without limits, and two with.

    Parameters
    ----------
    money : float
        Above 0 for a buy.
    buying, selling, buying_2, selling_2, buying_3, selling_3 : tuple of floats
        Rate and fixed part, and limits, by side.

    Returns
    -------
    rate : float
        NaN where nothing moves.
    """
    buys, due = money > 0.0, abs(money)
    cents = (buying[0] if buys else selling[0]) * due * UNITS_PER_ONE + (buying[1] if buys else selling[1])
    fee = (buying_2[0] if buys else selling_2[0]) * due * UNITS_PER_ONE + (buying_2[1] if buys else selling_2[1])
    cents += min(max(fee, buying_2[2] if buys else selling_2[2]), buying_2[3] if buys else selling_2[3])
    fee = (buying_3[0] if buys else selling_3[0]) * due * UNITS_PER_ONE + (buying_3[1] if buys else selling_3[1])
    cents += min(max(fee, buying_3[2] if buys else selling_3[2]), buying_3[3] if buys else selling_3[3])
    return cents / (due * CENTS_PER_ONE)


@dense
def move_worth_nb(price, worth, asked, factor, nav, shares, moved_out, traded_out):
    """Write what one name's orders move, in base and in local currency.

    Parameters
    ----------
    price, worth : float
        FX, base per unit, 0 where unknown; base value of a share.
    asked, factor, nav, shares : ndarray of shape (L,)
    moved_out, traded_out : ndarray of shape (L,)
        Written in place.
    """
    if price in (0.0, 1.0):
        for lane in range(asked.shape[0]):
            move = asked[lane] * (factor[lane] * nav[lane]) - shares[lane] * worth
            moved_out[lane] = traded_out[lane] = 0.0 if np.isnan(move) else move
        return
    for lane in range(asked.shape[0]):
        move = asked[lane] * (factor[lane] * nav[lane]) - shares[lane] * worth
        move = 0.0 if np.isnan(move) else move
        moved_out[lane] = move
        traded_out[lane] = move / price


@dense
def expect_name_nb(plain, limited, worth, half_spread, impact, moved, traded, rate_out):
    """Write the expected cost rates of one name's orders; see `expect_rates_nb` of `data.costs`.

    Parameters
    ----------
    plain : ndarray of shape (2, 4)
        Kinds without limits, added up, by side; no share counts.
    limited : ndarray of shape (n, 2, 6)
        Kinds with limits, at most two.
    worth, half_spread, impact : float
        Base value of a share, above 0; costs as of `World`.
    moved, traded : ndarray of shape (L,)
        Base currency, local currency.
    rate_out : ndarray of shape (L,)
        Written in place; 0 where nothing moves.
    """
    one, two = (plain[BUY, RATE], plain[BUY, FIXED]), (plain[SELL, RATE], plain[SELL, FIXED])
    three, four = add_limited_nb(limited, 0, BUY), add_limited_nb(limited, 0, SELL)
    five, six = add_limited_nb(limited, 1, BUY), add_limited_nb(limited, 1, SELL)
    if impact == 0.0:
        for lane in range(traded.shape[0]):
            rate = note_rate_nb(traded[lane], one, two, three, four, five, six) + half_spread
            rate_out[lane] = min(0.0 if traded[lane] == 0.0 else rate, DEAREST)
        return
    for lane in range(traded.shape[0]):
        rate = note_rate_nb(traded[lane], one, two, three, four, five, six) + half_spread
        rate += impact * np.sqrt(abs(moved[lane]) / worth)
        rate_out[lane] = min(0.0 if traded[lane] == 0.0 else rate, DEAREST)


@leaf
def expect_any_nb(fees, period, worth, unit, half_spread, impact, n, scratch, traded, rate_out):
    """Write the expected cost rates of one name's orders, whatever its fees go by.

    Parameters
    ----------
    fees : FeeTable
    period : int
    worth, unit, half_spread, impact : float
    n : int
        Lanes.
    scratch : Scratch
        Its lists are used; reads what moves, base currency, in `quantity`.
    traded : ndarray of shape (L,)
        Local currency.
    rate_out : ndarray of shape (L,)
        Written in place.
    """
    quantity, raw, half, whole, rate = (
        scratch.quantity, scratch.raw, scratch.spread_rate, scratch.impact_of_one, scratch.rate
    )  # fmt: skip
    for lane in range(n):
        quantity[lane] = abs(quantity[lane]) / worth
        raw[lane], half[lane], whole[lane] = quantity[lane] * unit, half_spread, impact
    expect_rates_nb(fees, period, traded, quantity, raw, half, whole, n, rate)
    for lane in range(n):
        rate_out[lane] = min(rate[lane], DEAREST)
