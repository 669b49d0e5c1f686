"""Share orders of many lanes at once, in dense loops; for one lane, and for the rarer rules, see `sizing`.

Loops run over lanes innermost and have no branch that a lane decides, so that the compiler takes whole vectors of
them. Each lane's additions are those of the narrow form, in its order: bytes are the same.

Rates: of a name at proportional costs they are the same for all lanes, `buying` and `selling` (A,). Exact costs have a
rate of each order, `rates` (A, L), FX spread aside: `spread` (A,).
"""

import numpy as np

from backtest.kernels.state import BUY, DEAREST, DUST, LOT_TOLERANCE, NAV_NOT_POSITIVE, OK, OVERLAP, SELL
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_expecting import expect_wide_nb
from backtest.kernels.wide_money import value_wide_nb
from data.jit import dense, leaf


@dense
def ask_weights_nb(weights, asked_out, active_out):
    """Take the weights of a decision.

    Parameters
    ----------
    weights : ndarray of shape (A, L)
    asked_out : ndarray of shape (A, L)
        Written in place.
    active_out : ndarray of shape (L,)
        Written in place: 0 for a lane whose weights are all NaN.
    """
    n_assets, n_lanes = weights.shape
    for lane in range(n_lanes):
        active_out[lane] = 0
    for a in range(n_assets):
        for lane in range(n_lanes):
            weight = weights[a, lane]
            asked_out[a, lane] = weight
            active_out[lane] |= np.int64(weight == weight)  # noqa: PLR0124 - false for NaN


@dense
def ask_baskets_nb(inner, shares, asked_out, active_out):
    """Multiply out the weights of a decision.

    Parameters
    ----------
    inner : ndarray of shape (B, A)
        Weights within each basket.
    shares : ndarray of shape (B, L)
        Of each basket; NaN in all of them: leave the lane alone.
    asked_out : ndarray of shape (A, L)
        Written in place.
    active_out : ndarray of shape (L,)
        Written in place: 0 for a lane whose weights are all NaN.
    """
    n_baskets, n_assets = inner.shape
    n_lanes, n_missing = shares.shape[1], 0
    for b in range(n_baskets):
        for lane in range(n_lanes):
            n_missing += np.int64(shares[b, lane] != shares[b, lane])  # noqa: PLR0124 - true for NaN
    for lane in range(n_lanes):
        active_out[lane] = np.int64(n_missing == 0)
    for a in range(n_assets):
        n_terms = 0
        for b in range(n_baskets):
            part = inner[b, a]
            if part == 0.0 and n_missing == 0:  # adds nothing
                continue
            for lane in range(n_lanes):
                asked_out[a, lane] = (asked_out[a, lane] if n_terms else 0.0) + part * shares[b, lane]
            n_terms += 1
        if n_terms == 0:
            for lane in range(n_lanes):
                asked_out[a, lane] = 0.0
    if n_missing == 0:
        return
    for a in range(n_assets):
        for lane in range(n_lanes):
            active_out[lane] |= np.int64(asked_out[a, lane] == asked_out[a, lane])  # noqa: PLR0124


@leaf
def flat_rates_nb(world, rules, row, scratch):
    """Write what of expected cost rates is the same for all lanes.

    Parameters
    ----------
    world : World
    rules : Rules
    row : int
    scratch : Scratch
        `buying`, `selling` and `spread` (A,) are written in place.
    """
    half_spread, class_of, currency_of = world.half_spread, world.fee_class, world.currency
    base, at_spread, buying, selling = np.uint64(rules.base), row_of_nb(half_spread, row), scratch.buying, scratch.selling
    for a in range(buying.shape[0]):
        spread = 0.0 if currency_of[a] == base else rules.fx_spread
        buy = world.rate[row, class_of[a], BUY] + half_spread[at_spread, a]
        sell = world.rate[row, class_of[a], SELL] + half_spread[at_spread, a]
        scratch.spread[a] = spread
        buying[a] = buy + spread * (1.0 + buy)
        selling[a] = sell + spread * (1.0 - sell)


@dense
def need_wide_nb(is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, held_out, total_out):
    """Add up what the targets at the present factor need, costs and held names included.

    Parameters
    ----------
    is_exact : bool
    asked : ndarray of shape (A, L)
        NaN: held.
    value, buying, selling : ndarray of shape (A,)
    rates : ndarray of shape (A, L)
    spread : ndarray of shape (A,)
    nav, factor : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    held_out, total_out : ndarray of shape (L,)
        Written in place; value of held names, and what all needs.
    """
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        held_out[lane], total_out[lane] = 0.0, 0.0
    for a in range(n_assets):
        price, flat_buy, flat_sell, given = value[a], buying[a], selling[a], spread[a]
        for lane in range(n_lanes):
            rate = rates[a, lane] if is_exact else 0.0
            buy = rate + given * (1.0 + rate) if is_exact else flat_buy
            sell = rate + given * (1.0 - rate) if is_exact else flat_sell
            weight, present = asked[a, lane], shares[a, lane] * price
            wanted = factor[lane] * (weight * nav[lane])
            move = wanted - present
            need = wanted + (buy if move > 0.0 else -sell) * move
            held_out[lane] += present if np.isnan(weight) else 0.0
            total_out[lane] += 0.0 if np.isnan(need) else need
    for lane in range(n_lanes):
        total_out[lane] += held_out[lane]


@dense
def slope_wide_nb(
    is_exact, asked, value, buying, selling, rates, spread, nav, factor, sought, shares, slope_out, knot_out
):
    """Find how fast the need grows with the factor, and the next factor at which a name turns.

    Parameters
    ----------
    is_exact : bool
    asked : ndarray of shape (A, L)
        NaN: held.
    value, buying, selling : ndarray of shape (A,)
    rates : ndarray of shape (A, L)
    spread : ndarray of shape (A,)
    nav, factor, sought : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    slope_out, knot_out : ndarray of shape (L,)
        Written in place; of lanes that are not sought, anything.
    """
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        slope_out[lane], knot_out[lane] = 0.0, 0.0
    for a in range(n_assets):
        price, flat_buy, flat_sell, given = value[a], buying[a], selling[a], spread[a]
        for lane in range(n_lanes):
            rate = rates[a, lane] if is_exact else 0.0
            buy = rate + given * (1.0 + rate) if is_exact else flat_buy
            sell = rate + given * (1.0 - rate) if is_exact else flat_sell
            weight, present = asked[a, lane], shares[a, lane] * price
            whole = weight * nav[lane]
            rate = buy if factor[lane] * whole > present else -sell
            turn = present / whole if whole != 0.0 else 0.0
            knot = max(knot_out[lane], turn if turn < factor[lane] else 0.0)
            slope = slope_out[lane] + whole * (1.0 + rate)
            slope_out[lane] = slope_out[lane] if np.isnan(weight) else slope
            knot_out[lane] = knot_out[lane] if np.isnan(weight) else knot


@leaf
def solve_wide_nb(rules, shares, scratch):
    """Find the factor on each target at which NAV pays for it and its costs; see `sizing.solve_factor_nb`.

    Parameters
    ----------
    rules : Rules
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `active`, `nav` and rates; writes `factor`.

    Returns
    -------
    is_cut : bool
        Whether any factor is not 1.
    """
    nav, factor, sought, held, total = scratch.nav, scratch.factor, scratch.sought, scratch.held, scratch.total
    slope, knot, n_lanes, is_exact = scratch.slope, scratch.knot, len(scratch.lanes), rules.exact_costs != 0
    asked, value, buying, selling, spread = scratch.asked, scratch.value, scratch.buying, scratch.selling, scratch.spread
    rates = scratch.rates[BUY]
    for lane in range(n_lanes):
        factor[lane] = 1.0
        sought[lane] = scratch.active[lane]  # 1 while the lane's factor is still sought
    for _ in range(asked.shape[0] + 2):  # each step passes a turn at least, or is the last
        need_wide_nb(is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, held, total)
        n_sought = 0
        for lane in range(n_lanes):
            sought[lane] = 0.0 if total[lane] <= nav[lane] else sought[lane]
            n_sought += np.int64(sought[lane] != 0.0)
        if n_sought == 0:
            break
        slope_wide_nb(
            is_exact, asked, value, buying, selling, rates, spread, nav, factor, sought, shares, slope, knot
        )  # fmt: skip
        for lane in range(n_lanes):
            step = factor[lane] - (total[lane] - nav[lane]) / slope[lane] if slope[lane] > 0.0 else 0.0
            factor[lane] = max(step, 0.0) if sought[lane] != 0.0 else factor[lane]
            is_last = slope[lane] <= 0.0 or step >= knot[lane]
            sought[lane] = 0.0 if is_last else sought[lane]
    n_cut = 0
    for lane in range(n_lanes):
        n_cut += np.int64(factor[lane] != 1.0)
    return n_cut > 0


@dense
def order_wide_nb(
    is_exact, lots, value, buying, selling, rates, spread, asked, active, nav, factor, shares, order, target,
    plan_value, plan_cost, gross_out,
):  # fmt: skip
    """Write the orders of active lanes, and the plan that funding is held against.

    Parameters
    ----------
    is_exact : bool
    lots, value, buying, selling : ndarray of shape (A,)
    rates : ndarray of shape (A, L)
    spread : ndarray of shape (A,)
    asked : ndarray of shape (A, L)
        NaN: held.
    active, nav, factor : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    order, target, plan_value, plan_cost : ndarray of shape (A, L)
        Written in place.
    gross_out : ndarray of shape (L,)
        Written in place: value of the targets.

    Notes
    -----
    Lots are cut, never taken to the nearest: rounding up spends cash that is not there. An odd part that is held stays
    until the name is sold out.
    """
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        gross_out[lane] = 0.0
    for a in range(n_assets):
        lot, price, flat_buy, flat_sell, given = lots[a], value[a], buying[a], selling[a], spread[a]
        for lane in range(n_lanes):
            weight, held = asked[a, lane], shares[a, lane]
            wanted = weight * (factor[lane] * nav[lane]) / price
            wanted = 0.0 if weight == 0.0 else wanted
            wanted = held if np.isnan(weight) else wanted
            whole = max(wanted, -0.0)
            if lot > 0.0:
                odd = held - np.trunc(held / lot + (LOT_TOLERANCE if held >= 0.0 else -LOT_TOLERANCE)) * lot
                whole = np.trunc(whole / lot + (LOT_TOLERANCE if whole >= 0.0 else -LOT_TOLERANCE)) * lot + odd
            cut = wanted if np.isnan(weight) or weight == 0.0 else whole
            move, buys = cut - held, cut > held
            if is_exact:
                rate = rates[a, lane]
                rate += given * (1.0 + rate if buys else 1.0 - rate)
            else:
                rate = flat_buy if buys else flat_sell
            stays = abs(move) * price < DUST * nav[lane] or (is_exact and weight != 0.0 and rate >= DEAREST)
            move, cut = 0.0 if stays else move, held if stays else cut
            is_active = active[lane] != 0
            order[a, lane] = move if is_active else order[a, lane]
            target[a, lane] = cut if is_active else target[a, lane]
            plan_value[a, lane] = price if is_active else plan_value[a, lane]
            plan_cost[a, lane] = rate if is_active else plan_cost[a, lane]
            gross_out[lane] += abs(cut) * price


@dense
def plan_wide_nb(overlaps, active, nav, fx, cash, due, incoming, plan_nav, plan_cash, plan_incoming):
    """Write what the buys of active lanes are held against.

    Parameters
    ----------
    overlaps : bool
        Dividends due count as cash.
    active, nav : ndarray of shape (L,)
    fx : ndarray of shape (C,)
    cash, due : ndarray of shape (C, L)
    incoming : ndarray of shape (M, C, L)
    plan_nav, plan_cash : ndarray of shape (L,)
        Written in place.
    plan_incoming : ndarray of shape (M, L)
        Written in place.
    """
    n_slots, n_currencies, n_lanes = incoming.shape
    for lane in range(n_lanes):
        plan_nav[lane] = nav[lane] if active[lane] else plan_nav[lane]
        plan_cash[lane] = nav[lane] - nav[lane] if active[lane] else plan_cash[lane]
    for c in range(n_currencies):
        rate = fx[c]
        for lane in range(n_lanes):
            before = plan_cash[lane]
            paid = before + cash[c, lane] * rate
            paid = paid + due[c, lane] * rate if overlaps else paid
            plan_cash[lane] = paid if active[lane] else before
    for slot in range(n_slots):
        for lane in range(n_lanes):
            plan_incoming[slot, lane] = 0.0 if active[lane] else plan_incoming[slot, lane]
        for c in range(n_currencies):
            rate = fx[c]
            for lane in range(n_lanes):
                comes = incoming[slot, c, lane] * rate
                plan_incoming[slot, lane] += comes if active[lane] else 0.0


@leaf
def size_wide_nb(world, rules, book, event, row, scratch):
    """Turn asked weights into orders, and fix the plan that funding is held against.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
        `order`, `target` and the plan of active lanes are written in place.
    event, row : int
        A decision, which replaces every order.
    scratch : Scratch
        Reads `asked` (NaN: held), `active` and `value` (base value of one share); writes `nav` and `factor`.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    """
    asked, active, nav, factor, value = scratch.asked, scratch.active, scratch.nav, scratch.factor, scratch.value
    fx, n_lanes, is_exact, rates = world.fx[event], len(scratch.lanes), rules.exact_costs != 0, scratch.rates[BUY]
    value_wide_nb(book.shares, value, book.cash, book.due, fx, nav, scratch.total)
    n_ruined = 0
    for lane in range(n_lanes):
        factor[lane] = 1.0
        n_ruined += np.int64(active[lane] != 0) & np.int64(not nav[lane] > 0.0)
    if n_ruined > 0:
        return NAV_NOT_POSITIVE
    flat_rates_nb(world, rules, row, scratch)
    for _ in range(2 if is_exact else 1):
        if is_exact:
            expect_wide_nb(world, row, fx, book.shares, scratch)
        if not solve_wide_nb(rules, book.shares, scratch):  # at the same factor costs would be the same
            break
    plan_wide_nb(
        rules.funding == OVERLAP, active, nav, fx, book.cash, book.due, book.incoming, book.plan_nav, book.plan_cash,
        book.plan_incoming,
    )  # fmt: skip
    order_wide_nb(
        is_exact, world.lot[row_of_nb(world.lot, row)], value, scratch.buying, scratch.selling, rates, scratch.spread,
        asked, active, nav, factor, book.shares, book.order, book.target, book.plan_value, book.plan_cost, scratch.gross,
    )  # fmt: skip
    target_gross, gross = book.target_gross, scratch.gross
    for lane in range(n_lanes):
        target_gross[lane] = gross[lane] if active[lane] else target_gross[lane]
    return OK
