"""From target weights to share orders that cash, costs, lots and borrow allow."""

import numpy as np

from backtest.kernels.expecting import expect_costs_nb
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
from data.jit import leaf, part


@part
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


@leaf
def need_nb(shares, scratch):
    """Add up what the targets at the present factor need, costs and held names included.

    Parameters
    ----------
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `nav`, `factor`, `held` and `rates`; writes `total`.
    """
    asked, value, nav, factor, n_lanes = scratch.asked, scratch.value, scratch.nav, scratch.factor, len(scratch.lanes)
    buying, selling, needs, total = scratch.rates[BUY], scratch.rates[SELL], scratch.terms[0], scratch.total
    for a in range(asked.shape[0]):
        for lane in range(n_lanes):
            wanted = factor[lane] * (asked[a, lane] * nav[lane])
            move = wanted - shares[a, lane] * value[a]
            rate = buying[a, lane] if move > 0.0 else -selling[a, lane]
            need = wanted + rate * move
            needs[a, lane] = 0.0 if np.isnan(need) else need
    sum_names_nb(scratch, needs, total)
    for lane in range(n_lanes):
        total[lane] += scratch.held[lane]


@leaf
def solve_factor_nb(rules, shares, scratch):
    """Find the factor on each target at which NAV pays for it and its costs.

    Parameters
    ----------
    rules : Rules
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `rates`, `active` and `nav`; writes `factor` and `budget`, which is NAV, or
        more where the weights ask to borrow.

    Notes
    -----
    What the target at factor f needs, f w V plus costs plus held names, is convex and linear
    between the factors at which a name turns from sell to buy. Newton's method from f = 1 comes down to
    the root without passing it, and is exact once no turn lies between: nearly always the first step.
    """
    asked, value, nav, factor, sought = scratch.asked, scratch.value, scratch.nav, scratch.factor, scratch.sought
    buying, selling = scratch.rates[BUY], scratch.rates[SELL]
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
                    rate = buying[a, lane] if factor[lane] * whole > present else -selling[a, lane]
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
def cut_targets_nb(shares, lots, available, scratch):
    """Write the shares each name's target asks for, and what borrow and whole lots leave of them.

    Parameters
    ----------
    shares : ndarray of shape (A, L)
    lots, available : ndarray of shape (A,)
        Shares; a lot of 0 is none.
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `factor` and `nav`; writes `terms`, sought and cut, and the rates of the
        orders in the place of those of buys.

    Notes
    -----
    Lots are cut, never taken to the nearest: rounding up spends cash that is not there. An odd part that is held stays
    until the name is sold out.
    """
    asked, value, factor, nav, n_lanes = scratch.asked, scratch.value, scratch.factor, scratch.nav, len(scratch.lanes)
    sought, cut, n_assets = scratch.terms[0], scratch.terms[1], scratch.asked.shape[0]
    for a in range(n_assets):
        for lane in range(n_lanes):
            wanted = asked[a, lane] * (factor[lane] * nav[lane]) / value[a]
            wanted = 0.0 if asked[a, lane] == 0.0 else wanted
            sought[a, lane] = shares[a, lane] if np.isnan(asked[a, lane]) else wanted
    for a in range(n_assets):
        lot = lots[a]
        for lane in range(n_lanes):
            held, wanted = shares[a, lane], sought[a, lane]
            limited = max(wanted, -available[a])
            odd = held - np.trunc(held / lot + (LOT_TOLERANCE if held >= 0.0 else -LOT_TOLERANCE)) * lot
            whole = np.trunc(limited / lot + (LOT_TOLERANCE if limited >= 0.0 else -LOT_TOLERANCE)) * lot + odd
            whole = limited if lot <= 0.0 else whole
            keeps = np.isnan(asked[a, lane]) or asked[a, lane] == 0.0
            cut[a, lane] = wanted if keeps else whole
    # Of each order's own side from here on; chosen here, where no branch has to be guessed.
    buying, selling = scratch.rates[BUY], scratch.rates[SELL]
    for a in range(n_assets):
        for lane in range(n_lanes):
            buying[a, lane] = buying[a, lane] if cut[a, lane] > shares[a, lane] else selling[a, lane]


@part
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
    fx, value, most, kind = world.fx[event], scratch.value, scratch.most, timeline.kind[event]
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
    for a in range(n_assets if rules.has_shorts else 0):
        has_opened = timeline.start[event, world.venue[a]] <= timeline.stamp[event]  # its ex dates with it
        most[a] = available[at_available, a, int(has_opened)]
    cut_targets_nb(shares, lots[at_lot], most, scratch)
    status, exact, resizes, has_shorts = OK, rules.exact_costs, kind in (OPEN, CLOSE), rules.has_shorts
    rates, sought, cut = scratch.rates[BUY], scratch.terms[0], scratch.terms[1]
    gross, of_one = scratch.gross, 0.0  # of a single lane: kept in a register
    for lane in range(n_lanes):
        gross[lane] = 0.0
    for a in range(n_assets):
        price = value[a]
        for lane in range(n_lanes):
            if not active[lane]:
                continue
            weight, held = asked[a, lane], shares[a, lane]
            plan_value[a, lane] = price
            target_value = abs(held) * price
            if not (has_shorts and forced[a, lane] and resizes):
                if order[a, lane] != 0.0 and not resizes:
                    replaced = remark_nb(journal, REPLACED, event, lane, a, book.decided_at[lane], order[a, lane])
                    status = max(status, replaced)
                wanted = cut[a, lane]
                if weight < 0.0 and sought[a, lane] < -most[a]:
                    lost = sought[a, lane] + most[a]
                    limited = remark_nb(journal, SHORT_LIMITED, event, lane, a, -1, lost)
                    status = max(status, limited)
                move = wanted - held
                rate = rates[a, lane]
                is_dust = abs(move) * price < DUST * nav[lane]
                if is_dust or (exact and weight != 0.0 and rate >= DEAREST):
                    move, wanted = 0.0, held
                if has_shorts:
                    forced[a, lane] = 0
                order[a, lane] = move
                target[a, lane] = wanted
                plan_cost[a, lane] = rate
                target_value = abs(wanted) * price
            if n_lanes == 1:
                of_one += target_value
            else:
                gross[lane] += target_value
    for lane in range(n_lanes):
        if active[lane]:
            target_gross[lane] = gross[lane] + of_one
    return status
