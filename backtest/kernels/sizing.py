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
from backtest.kernels.valuing import row_of_nb, value_lanes_nb
from data.costs.kernels.fees import expected_rate_nb
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
def expect_costs_nb(world, rules, row, value, fx, shares, scratch):
    """Write the expected cost rates of moving each name to its target at the present factor.

    Parameters
    ----------
    world : World
    rules : Rules
    row : int
    value : ndarray of shape (A,)
        Base value of one share.
    fx : ndarray of shape (C,)
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked`, `nav`, `factor`; writes `buy_rate` and `sell_rate`. Proportional rates do not depend on the
        factor.

    Notes
    -----
    A contract note with minima costs more in proportion on a small order: the rate is the whole note's, over the
    order's value.
    """
    asked, nav, factor, n_lanes = scratch.asked, scratch.nav, scratch.factor, len(scratch.lanes)
    buy_rate, sell_rate = scratch.buy_rate, scratch.sell_rate
    half_spread, impact, unit, fees = world.half_spread, world.impact, world.unit, world.fees
    rates, class_of, currency_of = world.rate[row], world.fee_class, world.currency
    exact, base, fx_spread = rules.exact_costs, rules.base, rules.fx_spread
    at_spread, at_impact, at_unit = row_of_nb(half_spread, row), row_of_nb(impact, row), row_of_nb(unit, row)
    for a in range(asked.shape[0]):
        fee_class, currency = class_of[a], currency_of[a]
        spread = 0.0 if currency == base else fx_spread
        half = half_spread[at_spread, a]
        buy, sell = rates[fee_class, BUY] + half, rates[fee_class, SELL] + half
        for lane in range(n_lanes):
            if exact:
                weight = asked[a, lane]
                move = 0.0
                if not np.isnan(weight):
                    move = weight * (factor[lane] * nav[lane]) - shares[a, lane] * value[a]
                buy = 0.0
                if move != 0.0 and value[a] > 0.0:
                    notional, n_shares = abs(move) / fx[currency], abs(move) / value[a]
                    side, raw = BUY if move > 0.0 else SELL, n_shares * unit[at_unit, a]
                    whole = impact[at_impact, a]
                    buy = expected_rate_nb(fees, row, fee_class, side, notional, n_shares, raw, half, whole)
                    buy = min(buy, DEAREST)
                sell = buy
            buy_rate[a, lane] = buy + spread * (1.0 + buy)
            sell_rate[a, lane] = sell + spread * (1.0 - sell)


@kernel
def solve_factor_nb(rules, shares, value, scratch):
    """Find the factor on each target at which NAV pays for it and its costs.

    Parameters
    ----------
    rules : Rules
    shares : ndarray of shape (A, L)
    value : ndarray of shape (A,)
    scratch : Scratch
        Reads `asked` (NaN: held), `buy_rate`, `sell_rate`, `active` and `nav`; writes `factor` and `budget`, which is
        NAV, or more where the weights ask to borrow.

    Notes
    -----
    What the target at factor f needs, f w V plus costs plus held names, is convex and linear
    between the factors at which a name turns from sell to buy. Newton's method from f = 1 comes down to
    the root without passing it, and is exact once no turn lies between: nearly always the first step.
    """
    asked, nav, factor, sought = scratch.asked, scratch.nav, scratch.factor, scratch.sought
    buy_rate, sell_rate = scratch.buy_rate, scratch.sell_rate
    held, total, slope, knot, active = scratch.held, scratch.total, scratch.slope, scratch.knot, scratch.active
    budget = scratch.budget
    n_assets, n_lanes = asked.shape[0], len(scratch.lanes)
    for lane in range(n_lanes):
        held[lane] = 0.0
        budget[lane] = 0.0
        factor[lane] = 1.0
        sought[lane] = active[lane]  # 1 while the lane's factor is still sought
    for a in range(n_assets):
        price = value[a]
        for lane in range(n_lanes):
            is_held = np.isnan(asked[a, lane])
            held[lane] += shares[a, lane] * price if is_held else 0.0
            budget[lane] += 0.0 if is_held else asked[a, lane] * nav[lane]
    for lane in range(n_lanes):
        budget[lane] = max(nav[lane], min(budget[lane] + held[lane], rules.max_gross * nav[lane]))
    for _ in range(n_assets + 2):  # each step passes a turn at least, or is the last
        for lane in range(n_lanes):
            total[lane] = held[lane]
            slope[lane] = 0.0
            knot[lane] = 0.0
        for a in range(n_assets):
            price = value[a]
            for lane in range(n_lanes):
                weight = asked[a, lane]
                whole = 0.0 if np.isnan(weight) else weight * nav[lane]
                wanted = factor[lane] * whole
                present = 0.0 if np.isnan(weight) else shares[a, lane] * price
                buys = wanted > present
                move = wanted - present
                rate = buy_rate[a, lane] if buys else -sell_rate[a, lane]
                total[lane] += wanted + rate * move
                slope[lane] += whole * (1.0 + rate)
                turn = present / whole if whole != 0.0 else 0.0
                knot[lane] = max(knot[lane], turn if turn < factor[lane] else 0.0)
        unfinished = False
        for lane in range(n_lanes):
            if sought[lane] == 0.0:
                continue
            gap = total[lane] - budget[lane]
            if gap <= 0.0:
                sought[lane] = 0.0
            elif slope[lane] <= 0.0:
                factor[lane] = 0.0
                sought[lane] = 0.0
            else:
                step = factor[lane] - gap / slope[lane]
                factor[lane] = max(step, 0.0)
                if step >= knot[lane]:
                    sought[lane] = 0.0
                else:
                    unfinished = True
        if not unfinished:
            break


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
    value_lanes_nb(scratch.lanes, cash, due, shares, fx, value, nav)
    for lane in range(n_lanes):
        factor[lane] = 1.0
        if active[lane] and not nav[lane] > 0.0:
            return NAV_NOT_POSITIVE
    for _ in range(2 if rules.exact_costs else 1):
        expect_costs_nb(world, rules, row, value, fx, shares, scratch)
        solve_factor_nb(rules, shares, value, scratch)
        is_cut = False
        for lane in range(n_lanes):
            is_cut |= factor[lane] != 1.0
        if not is_cut:  # at the same factor costs would be the same
            break
    for lane in range(n_lanes):
        if active[lane]:
            target_gross[lane] = 0.0
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
    status, exact, buy_rate, sell_rate = OK, rules.exact_costs, scratch.buy_rate, scratch.sell_rate
    for a in range(n_assets):
        price = value[a]
        for lane in range(n_lanes):
            if not active[lane]:
                continue
            weight, held = asked[a, lane], shares[a, lane]
            plan_value[a, lane] = price
            if forced[a, lane] and kind in (OPEN, CLOSE):
                target_gross[lane] += abs(held) * price
                continue
            wanted = held
            if order[a, lane] != 0.0 and kind not in (OPEN, CLOSE):
                replaced = remark_nb(journal, REPLACED, event, lane, a, book.decided_at[lane], order[a, lane])
                status = max(status, replaced)
            if weight == 0.0:
                wanted = 0.0
            elif not np.isnan(weight):
                wanted = weight * (factor[lane] * nav[lane]) / price
                if wanted < -available[at_available, a]:
                    limited = remark_nb(journal, SHORT_LIMITED, event, lane, a, -1, wanted + available[at_available, a])
                    status = max(status, limited)
                    wanted = -available[at_available, a]
                wanted = whole_lots_nb(wanted, held, weight, lots[at_lot, a])
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
            target_gross[lane] += abs(wanted) * price
    return status
