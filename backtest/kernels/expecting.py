"""What orders are expected to cost, before they are sized."""

import numpy as np

from backtest.kernels.state import BUY, DEAREST, SELL
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import VECTOR, expect_rates_nb
from data.jit import leaf


@leaf
def expect_costs_nb(world, rules, row, fx, shares, scratch):
    """Write the expected cost rates of moving each name to its target at the present factor.

    Parameters
    ----------
    world : World
    rules : Rules
    row : int
    fx : ndarray of shape (C,)
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked`, `value`, `nav`, `factor`; writes `rates`. Proportional rates do not depend on the factor.

    Notes
    -----
    A contract note with minima costs more in proportion on a small order: the rate is the whole note's, over the
    order's value.
    """
    rates, n_lanes = scratch.rates, len(scratch.lanes)
    half_spread, class_of, currency_of = world.half_spread, world.fee_class, world.currency
    base, fx_spread, at_spread = np.uint64(rules.base), rules.fx_spread, row_of_nb(half_spread, row)
    if rules.exact_costs:
        first = 0
        for a in range(1, rates.shape[1] + 1):
            if a == rates.shape[1] or class_of[a] != class_of[first]:
                expect_run_nb(world, row, first, a, fx, shares, scratch)
                first = a
    for a in range(rates.shape[1]):
        spread = 0.0 if currency_of[a] == base else fx_spread
        for lane in range(n_lanes):
            if rules.exact_costs:
                buy = min(rates[BUY, a, lane], DEAREST)
                sell = buy
            else:
                buy = world.rate[row, class_of[a], BUY] + half_spread[at_spread, a]
                sell = world.rate[row, class_of[a], SELL] + half_spread[at_spread, a]
            rates[BUY, a, lane] = buy + spread * (1.0 + buy)
            rates[SELL, a, lane] = sell + spread * (1.0 - sell)


@leaf
def expect_run_nb(world, row, first, last, fx, shares, scratch):
    """Write the expected cost rates of the orders of neighbours of one fee class, FX spread aside.

    Parameters
    ----------
    world : World
    row : int
    first, last : int
        The names from `first` to `last` - 1.
    fx : ndarray of shape (C,)
    shares : ndarray of shape (A, L)
    scratch : Scratch
        As of `expect_costs_nb`; writes `rates` of buys.
    """
    asked, value, nav, factor, rate_out = scratch.asked, scratch.value, scratch.nav, scratch.factor, scratch.rates[BUY]
    consideration, quantity, raw, rate = scratch.consideration, scratch.quantity, scratch.raw, scratch.rate
    half, whole, n_lanes = scratch.spread_rate, scratch.impact_of_one, len(scratch.lanes)
    half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
    impacts, units = world.impact[row_of_nb(world.impact, row)], world.unit[row_of_nb(world.unit, row)]
    price, n = fx[world.currency[first]], (last - first) * n_lanes  # a class has one currency
    for a in range(first, last):
        for lane in range(n_lanes):
            move = asked[a, lane] * (factor[lane] * nav[lane]) - shares[a, lane] * value[a]
            consideration[(a - first) * n_lanes + lane] = 0.0 if np.isnan(move) or not value[a] > 0.0 else move
    for a in range(first, last):
        of_one = 1.0 / value[a] if value[a] > 0.0 else 1.0
        for lane in range(n_lanes):
            quantity[(a - first) * n_lanes + lane] = abs(consideration[(a - first) * n_lanes + lane]) * of_one
    for a in range(first, last):
        for lane in range(n_lanes):
            raw[(a - first) * n_lanes + lane] = quantity[(a - first) * n_lanes + lane] * units[a]
    for a in range(first, last):
        for lane in range(n_lanes):
            half[(a - first) * n_lanes + lane] = half_spreads[a]
    for a in range(first, last):
        for lane in range(n_lanes):
            whole[(a - first) * n_lanes + lane] = impacts[a]
    n_whole = (n + VECTOR - 1) // VECTOR * VECTOR  # whole vectors: nothing is done one by one
    for k in range(n, n_whole):
        consideration[k], quantity[k], raw[k], half[k], whole[k] = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(n_whole if price not in (0.0, 1.0) else 0):
        consideration[k] *= 1.0 / price
    period = world.fees.period[row, world.fee_class[first]]
    expect_rates_nb(world.fees, period, consideration, quantity, raw, half, whole, n_whole, rate)
    for a in range(first, last):
        for lane in range(n_lanes):
            rate_out[a, lane] = rate[(a - first) * n_lanes + lane]
