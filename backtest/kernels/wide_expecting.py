"""What orders of many lanes are expected to cost, in dense loops; for one lane see `expecting`."""

import numpy as np

from backtest.kernels.state import BUY, DEAREST, SELL
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import CENTS_PER_ONE, FIXED, HIGH, LOW, PER_SHARE, RATE, UNITS_PER_ONE
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
    rates, value, traded, shifted, cents = scratch.rates[BUY], scratch.value, scratch.need, scratch.gross, scratch.bought
    half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
    impacts, units = world.impact[row_of_nb(world.impact, row)], world.unit[row_of_nb(world.unit, row)]
    for a in range(value.shape[0]):
        if not value[a] > 0.0:
            for lane in range(len(scratch.lanes)):
                rates[a, lane] = 0.0
            continue
        period = world.fees.period[row, world.fee_class[a]]
        expect_name_nb(
            world.fees.plain[period], world.fees.limited[period], fx[world.currency[a]], value[a], units[a],
            half_spreads[a], impacts[a], scratch.asked[a], scratch.factor, scratch.nav, shares[a], traded, shifted,
            cents, rates[a],
        )  # fmt: skip


@dense
def expect_name_nb(
    plain, limited, price, worth, unit, half_spread, impact, asked, factor, nav, shares, traded, shifted, cents, rate_out
):
    """Write the expected cost rates of one name's orders; see `expect_rates_nb` of `data.costs`.

    Parameters
    ----------
    plain : ndarray of shape (2, 4)
        Kinds without limits, added up, by side.
    limited : ndarray of shape (n, 2, 6)
        Kinds with limits.
    price : float
        FX, base per unit; 0 where unknown.
    worth, unit, half_spread, impact : float
        Base value of a share, above 0; raw shares a share; costs as of `World`.
    asked, factor, nav, shares : ndarray of shape (L,)
    traded, shifted, cents : ndarray of shape (L,)
        Room to work in.
    rate_out : ndarray of shape (L,)
        Written in place; 0 where nothing moves.
    """
    n_lanes, scale, counts = asked.shape[0], price if price not in (0.0, 1.0) else 1.0, False
    is_scaled, has_impact, n_limited = price not in (0.0, 1.0), impact != 0.0, limited.shape[0]
    for side in range(2):
        counts |= plain[side, PER_SHARE] != 0.0
        for i in range(n_limited):
            counts |= limited[i, side, PER_SHARE] != 0.0
    buy_rate, buy_per_share, buy_fixed = plain[BUY, RATE], plain[BUY, PER_SHARE], plain[BUY, FIXED]
    sell_rate, sell_per_share, sell_fixed = plain[SELL, RATE], plain[SELL, PER_SHARE], plain[SELL, FIXED]
    for lane in range(n_lanes):
        move = asked[lane] * (factor[lane] * nav[lane]) - shares[lane] * worth
        move = 0.0 if np.isnan(move) else move
        shifted[lane] = abs(move) / worth if has_impact or counts else 0.0
        money = move / scale if is_scaled else move
        buys, due = money > 0.0, abs(money)
        fee = (buy_rate if buys else sell_rate) * due
        if counts:
            fee += (buy_per_share if buys else sell_per_share) * (shifted[lane] * unit)
        cents[lane] = fee * UNITS_PER_ONE + (buy_fixed if buys else sell_fixed)
        traded[lane] = money
    for i in range(n_limited):
        buy, sell = limited[i, BUY], limited[i, SELL]
        buy_rate, buy_per_share, buy_fixed, buy_low, buy_high = (
            buy[RATE], buy[PER_SHARE], buy[FIXED], buy[LOW], buy[HIGH]
        )  # fmt: skip
        sell_rate, sell_per_share, sell_fixed, sell_low, sell_high = (
            sell[RATE], sell[PER_SHARE], sell[FIXED], sell[LOW], sell[HIGH]
        )  # fmt: skip
        for lane in range(n_lanes):
            buys = traded[lane] > 0.0
            fee = (buy_rate if buys else sell_rate) * abs(traded[lane])
            if counts:
                fee += (buy_per_share if buys else sell_per_share) * (shifted[lane] * unit)
            fee = max(fee * UNITS_PER_ONE + (buy_fixed if buys else sell_fixed), buy_low if buys else sell_low)
            cents[lane] += min(fee, buy_high if buys else sell_high)
    for lane in range(n_lanes):
        due = abs(traded[lane])
        rate = cents[lane] / (due * CENTS_PER_ONE) + half_spread
        if has_impact:
            rate += impact * np.sqrt(shifted[lane])
        rate_out[lane] = min(0.0 if due == 0.0 else rate, DEAREST)
