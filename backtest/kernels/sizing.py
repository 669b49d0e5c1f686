"""From target weights to share orders that cash, costs, lots and borrow allow."""

import numpy as np

from backtest.kernels.journal import remark_nb
from backtest.kernels.state import (
    BUY,
    CLOSE,
    DEAREST,
    DUST,
    LOT_TOLERANCE,
    NAV_NOT_POSITIVE,
    OK,
    OPEN,
    OVERLAP,
    REPLACED,
    SELL,
    SHORT_LIMITED,
)
from backtest.kernels.valuing import row_of_nb, sum_names_nb, value_lanes_nb
from data.costs.kernels.fees import expect_rates_nb
from data.jit import kernel, leaf


@kernel
def keep_to_bands_nb(rules, shares, value, scratch):
    """Leave alone what lies within the bands: a whole decision, or a name.

    Parameters
    ----------
    rules : Rules
    shares : ndarray of shape (A, L)
    value : ndarray of shape (A,)
    scratch : Scratch
        `asked` and `active` are written in place; reads `nav`.
    """
    asked, active, nav = scratch.asked, scratch.active, scratch.nav
    n_assets, n_lanes = asked.shape[0], len(scratch.lanes)
    for lane in range(n_lanes):
        if not active[lane]:
            continue
        widest = 0.0
        for a in range(n_assets):
            weight = asked[a, lane]
            if np.isnan(weight):
                continue
            drift = abs(weight - shares[a, lane] * value[a] / nav[lane])
            widest = max(widest, drift)
            if weight != 0.0 and drift < rules.no_trade_band:
                asked[a, lane] = np.nan
        if widest < rules.rebalance_band:
            active[lane] = 0


@kernel
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
        Reads `asked`, `value`, `nav`, `factor`; writes `buy_rate` and `sell_rate`. Proportional rates do not depend on
        the factor.

    Notes
    -----
    A contract note with minima costs more in proportion on a small order: the rate is the whole note's, over the
    order's value.
    """
    buy_rate, sell_rate, n_lanes = scratch.buy_rate, scratch.sell_rate, len(scratch.lanes)
    half_spread, class_of, currency_of = world.half_spread, world.fee_class, world.currency
    base, fx_spread, at_spread = rules.base, rules.fx_spread, row_of_nb(half_spread, row)
    if rules.exact_costs:
        for fee_class in range(world.fees.period.shape[1]):
            expect_class_nb(world, row, fee_class, fx, shares, scratch)
    for a in range(buy_rate.shape[0]):
        spread = 0.0 if currency_of[a] == base else fx_spread
        for lane in range(n_lanes):
            if rules.exact_costs:
                buy = min(buy_rate[a, lane], DEAREST)
                sell = buy
            else:
                buy = world.rate[row, class_of[a], BUY] + half_spread[at_spread, a]
                sell = world.rate[row, class_of[a], SELL] + half_spread[at_spread, a]
            buy_rate[a, lane] = buy + spread * (1.0 + buy)
            sell_rate[a, lane] = sell + spread * (1.0 - sell)


@kernel
def expect_class_nb(world, row, fee_class, fx, shares, scratch):
    """Write the expected cost rates of the orders of one fee class, FX spread aside.

    Parameters
    ----------
    world : World
    row, fee_class : int
    fx : ndarray of shape (C,)
    shares : ndarray of shape (A, L)
    scratch : Scratch
        As of `expect_costs_nb`; writes `buy_rate`.
    """
    asked, value, nav, factor, rate_out = scratch.asked, scratch.value, scratch.nav, scratch.factor, scratch.buy_rate
    consideration, quantity, raw = scratch.consideration, scratch.quantity, scratch.raw
    half, whole, rate, n_lanes = scratch.whole_spread, scratch.whole_impact, scratch.rate, len(scratch.lanes)
    class_of, currency_of = world.fee_class, world.currency
    half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
    impacts, units = world.impact[row_of_nb(world.impact, row)], world.unit[row_of_nb(world.unit, row)]
    n, price = 0, 0.0
    for a in range(asked.shape[0]):
        if class_of[a] != fee_class:
            continue
        known, price = value[a] > 0.0, fx[currency_of[a]]  # a class has one currency
        for lane in range(n_lanes):
            weight = asked[a, lane]
            move = weight * (factor[lane] * nav[lane]) - shares[a, lane] * value[a]
            moves = known and not np.isnan(weight)
            consideration[n] = move if moves else 0.0
            quantity[n] = value[a] if moves else 1.0
            raw[n] = units[a]
            half[n] = half_spreads[a]
            whole[n] = impacts[a]
            n += 1
    for k in range(n):
        quantity[k] = abs(consideration[k]) / quantity[k]
    for k in range(n):
        raw[k] *= quantity[k]
    for k in range(n if price > 0.0 else 0):
        consideration[k] /= price
    expect_rates_nb(world.fees, world.fees.period[row, fee_class], consideration, quantity, raw, half, whole, n, rate)
    n = 0
    for a in range(asked.shape[0]):
        if class_of[a] == fee_class:
            for lane in range(n_lanes):
                rate_out[a, lane] = rate[n]
                n += 1


@kernel
def need_nb(shares, scratch):
    """Add up what the targets at the present factor need, costs and held names included.

    Parameters
    ----------
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `nav`, `factor`, `held`, `buy_rate` and `sell_rate`; writes `total`.
    """
    asked, value, nav, factor, n_lanes = scratch.asked, scratch.value, scratch.nav, scratch.factor, len(scratch.lanes)
    buy_rate, sell_rate, needs, total = scratch.buy_rate, scratch.sell_rate, scratch.terms[0], scratch.total
    for a in range(asked.shape[0]):
        for lane in range(n_lanes):
            wanted = factor[lane] * (asked[a, lane] * nav[lane])
            move = wanted - shares[a, lane] * value[a]
            rate = buy_rate[a, lane] if move > 0.0 else -sell_rate[a, lane]
            need = wanted + rate * move
            needs[a, lane] = 0.0 if np.isnan(need) else need
    sum_names_nb(scratch, needs, total)
    for lane in range(n_lanes):
        total[lane] += scratch.held[lane]


@kernel
def solve_factor_nb(rules, shares, scratch):
    """Find the factor on each target at which NAV pays for it and its costs.

    Parameters
    ----------
    rules : Rules
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `buy_rate`, `sell_rate`, `active` and `nav`; writes `factor` and `budget`,
        which is NAV, or more where the weights ask to borrow.

    Notes
    -----
    What the target at factor f needs, f w V plus costs plus held names, is convex and linear
    between the factors at which a name turns from sell to buy. Newton's method from f = 1 comes down to
    the root without passing it, and is exact once no turn lies between: nearly always the first step.
    """
    asked, value, nav, factor, sought = scratch.asked, scratch.value, scratch.nav, scratch.factor, scratch.sought
    buy_rate, sell_rate = scratch.buy_rate, scratch.sell_rate
    held, total, slope, knot, budget = scratch.held, scratch.total, scratch.slope, scratch.knot, scratch.budget
    terms, n_assets, n_lanes = scratch.terms[0], scratch.asked.shape[0], len(scratch.lanes)
    for a in range(n_assets):
        for lane in range(n_lanes):
            terms[a, lane] = shares[a, lane] * value[a] if np.isnan(asked[a, lane]) else 0.0
    sum_names_nb(scratch, terms, held)
    if rules.max_gross > 1.0:
        for a in range(n_assets):
            for lane in range(n_lanes):
                terms[a, lane] = 0.0 if np.isnan(asked[a, lane]) else asked[a, lane] * nav[lane]
        sum_names_nb(scratch, terms, budget)
    for lane in range(n_lanes):
        most = min(budget[lane] + held[lane], rules.max_gross * nav[lane]) if rules.max_gross > 1.0 else nav[lane]
        budget[lane] = max(nav[lane], most)
        factor[lane] = 1.0
        sought[lane] = scratch.active[lane]  # 1 while the lane's factor is still sought
    for _ in range(n_assets + 2):  # each step passes a turn at least, or is the last
        need_nb(shares, scratch)
        unfinished = False
        for lane in range(n_lanes):
            if total[lane] <= budget[lane]:
                sought[lane] = 0.0
            unfinished |= sought[lane] != 0.0
            slope[lane] = 0.0
            knot[lane] = 0.0
        if not unfinished:
            break
        for a in range(n_assets):
            for lane in range(n_lanes):
                if sought[lane] != 0.0 and not np.isnan(asked[a, lane]):
                    whole = asked[a, lane] * nav[lane]
                    present = shares[a, lane] * value[a]
                    rate = buy_rate[a, lane] if factor[lane] * whole > present else -sell_rate[a, lane]
                    slope[lane] += whole * (1.0 + rate)
                    turn = present / whole if whole != 0.0 else 0.0
                    knot[lane] = max(knot[lane], turn if turn < factor[lane] else 0.0)
        for lane in range(n_lanes):
            if sought[lane] == 0.0:
                continue
            step = factor[lane] - (total[lane] - budget[lane]) / slope[lane] if slope[lane] > 0.0 else 0.0
            factor[lane] = max(step, 0.0)
            if slope[lane] <= 0.0 or step >= knot[lane]:
                sought[lane] = 0.0


@leaf
def whole_lots_nb(wanted, held, weight, lot):
    """Cut a target to whole lots, towards zero; an odd part that is held stays until the name is sold out.

    Parameters
    ----------
    wanted, held : float
        Shares.
    weight : float
        0 sells all.
    lot : float
        Shares; 0 for none.

    Returns
    -------
    wanted : float
    """
    if lot <= 0.0 or weight == 0.0:
        return wanted
    # Lots are cut, never taken to the nearest: rounding up spends cash that is not there.
    up = LOT_TOLERANCE if wanted >= 0.0 else -LOT_TOLERANCE
    own = LOT_TOLERANCE if held >= 0.0 else -LOT_TOLERANCE
    odd = held - np.trunc(held / lot + own) * lot
    return np.trunc(wanted / lot + up) * lot + odd


@kernel
def size_orders_nb(timeline, world, rules, book, event, scratch, journal):
    """Turn asked weights into orders, and fix the plan that funding is held against.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
        `order`, `target` and the plan of active lanes are written in place.
    event : int
        A decision or a mark, which replaces every order; an open or a close, at which unfilled orders are sized anew.
    scratch : Scratch
        Reads `asked` (NaN: held), `active` and `value` (base value of one share); writes `nav` and `factor`.
    journal : Journal

    Returns
    -------
    status : int
        OK, NAV_NOT_POSITIVE or JOURNAL_FULL.
    """
    shares, order, target, plan_value = book.shares, book.order, book.target, book.plan_value
    cash, due, target_gross, plan_cash, forced = book.cash, book.due, book.target_gross, book.plan_cash, book.forced
    plan_cost, incoming, plan_incoming = book.plan_cost, book.incoming, book.plan_incoming
    asked, active, nav, factor = scratch.asked, scratch.active, scratch.nav, scratch.factor
    lots, available, row = world.lot, world.available, timeline.row[event]
    at_lot, at_available = row_of_nb(lots, row), row_of_nb(available, row)
    fx, value, kind = world.fx[event], scratch.value, timeline.kind[event]
    n_assets, n_lanes = asked.shape[0], len(scratch.lanes)
    value_lanes_nb(scratch, cash, due, shares, fx, nav)
    for lane in range(n_lanes):
        factor[lane] = 1.0
        if active[lane] and not nav[lane] > 0.0:
            return NAV_NOT_POSITIVE
    for _ in range(2 if rules.exact_costs else 1):
        expect_costs_nb(world, rules, row, fx, shares, scratch)
        solve_factor_nb(rules, shares, scratch)
        is_cut = False
        for lane in range(n_lanes):
            is_cut |= factor[lane] != 1.0
        if not is_cut:  # at the same factor costs would be the same
            break
    for lane in range(n_lanes):
        if active[lane]:
            book.plan_nav[lane] = nav[lane]
            plan_cash[lane] = scratch.budget[lane] - nav[lane]
            for slot in range(plan_incoming.shape[0]):
                plan_incoming[slot, lane] = 0.0
    for c in range(cash.shape[0]):
        rate = fx[c]
        for lane in range(n_lanes):
            if active[lane]:
                plan_cash[lane] += cash[c, lane] * rate
                if rules.funding == OVERLAP:
                    plan_cash[lane] += due[c, lane] * rate
                for slot in range(plan_incoming.shape[0]):
                    plan_incoming[slot, lane] += incoming[slot, c, lane] * rate
    status, exact, resizes = OK, rules.exact_costs, kind in (OPEN, CLOSE)
    buy_rate, sell_rate, gross = scratch.buy_rate, scratch.sell_rate, scratch.terms[0]
    for a in range(n_assets):
        price, lot, most = value[a], lots[at_lot, a], available[at_available, a]
        for lane in range(n_lanes):
            weight, held = asked[a, lane], shares[a, lane]
            gross[a, lane] = abs(held) * price
            if not active[lane]:
                continue
            plan_value[a, lane] = price
            if forced[a, lane] and resizes:
                continue
            if order[a, lane] != 0.0 and not resizes:
                replaced = remark_nb(journal, REPLACED, event, lane, a, book.decided_at[lane], order[a, lane])
                status = max(status, replaced)
            wanted = held
            if weight == 0.0:
                wanted = 0.0
            elif not np.isnan(weight):
                wanted = weight * (factor[lane] * nav[lane]) / price
                if wanted < -most:
                    limited = remark_nb(journal, SHORT_LIMITED, event, lane, a, -1, wanted + most)
                    status = max(status, limited)
                    wanted = -most
                wanted = whole_lots_nb(wanted, held, weight, lot)
            move = wanted - held
            rate = buy_rate[a, lane] if move > 0.0 else sell_rate[a, lane]
            is_dust = abs(move) * price < DUST * nav[lane]
            if is_dust or (exact and weight != 0.0 and rate >= DEAREST):
                move = 0.0
                wanted = held
            forced[a, lane] = 0
            order[a, lane] = move
            target[a, lane] = wanted
            plan_cost[a, lane] = rate
            gross[a, lane] = abs(wanted) * price
    sum_names_nb(scratch, gross, scratch.total)
    for lane in range(n_lanes):
        if active[lane]:
            target_gross[lane] = scratch.total[lane]
    return status
