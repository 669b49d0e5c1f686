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

# Counts of up to MOST_LOTS lots found by products are those of division but where they are as near as NEAR_LOT to the
# next: half of LOT_TOLERANCE, so that whole lots leave no doubt.
MOST_LOTS, NEAR_LOT = 2.0**19, LOT_TOLERANCE / 2.0


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
            active_out[lane] |= int(weight == weight)  # noqa: PLR0124 - false for NaN


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
            n_missing += int(shares[b, lane] != shares[b, lane])  # noqa: PLR0124 - true for NaN
    for lane in range(n_lanes):
        active_out[lane] = int(n_missing == 0)
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
            active_out[lane] |= int(asked_out[a, lane] == asked_out[a, lane])  # noqa: PLR0124


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
    base, at_spread, buying, selling = (
        np.uint64(rules.base),
        row_of_nb(half_spread, row),
        scratch.buying,
        scratch.selling,
    )
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
    asked, value, buying, selling, spread = (
        scratch.asked,
        scratch.value,
        scratch.buying,
        scratch.selling,
        scratch.spread,
    )
    rates = scratch.rates[BUY]
    for lane in range(n_lanes):
        factor[lane] = 1.0
        sought[lane] = scratch.active[lane]  # 1 while the lane's factor is still sought
    for _ in range(asked.shape[0] + 2):  # each step passes a turn at least, or is the last
        need_wide_nb(is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, held, total)
        n_sought = 0
        for lane in range(n_lanes):
            sought[lane] = 0.0 if total[lane] <= nav[lane] else sought[lane]
            n_sought += int(sought[lane] != 0.0)
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
        n_cut += int(factor[lane] != 1.0)
    return n_cut > 0


@dense
def cut_to_lots_nb(lot, price, asked, factor, nav, shares, wanted_out):
    """Write the shares one name's targets ask for, in whole lots.

    Parameters
    ----------
    lot, price : float
        Shares; base value of one.
    asked, factor, nav, shares : ndarray of shape (L,)
        NaN asked: held.
    wanted_out : ndarray of shape (L,)
        Written in place.

    Returns
    -------
    n_doubts : int
        In how many lanes the count of lots could be another one than division gives.

    Notes
    -----
    A product with an inverse takes a third of the time of a division, and is off by less than NEAR_LOT up to MOST_LOTS.
    """
    per_lot, per_lot_worth, n_doubts = 1.0 / lot, 1.0 / (price * lot), 0
    for lane in range(asked.shape[0]):
        weight, held = asked[lane], shares[lane]
        n_held = held * per_lot + LOT_TOLERANCE
        n_wanted = weight * (factor[lane] * nav[lane]) * per_lot_worth + LOT_TOLERANCE
        off = min(abs(n_held - np.rint(n_held)), abs(n_wanted - np.rint(n_wanted)))
        is_sure = (off > NEAR_LOT) & (n_held > 0.0) & (n_wanted > 0.0) & (max(n_held, n_wanted) < MOST_LOTS)
        whole = np.floor(n_wanted) * lot + (held - np.floor(n_held) * lot)
        is_held, is_sold = np.isnan(weight), weight == 0.0
        n_doubts += np.int64((not is_sure) & (not is_held) & (not is_sold))
        wanted_out[lane] = held if is_held else (0.0 if is_sold else whole)
    return n_doubts


@dense
def divide_into_lots_nb(lot, price, asked, factor, nav, shares, wanted_out):
    """Write the shares one name's targets ask for, in whole lots, by division; see `sizing.cut_targets_nb`.

    Parameters
    ----------
    lot, price : float
        Shares; base value of one.
    asked, factor, nav, shares : ndarray of shape (L,)
        NaN asked: held.
    wanted_out : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(asked.shape[0]):
        weight, held = asked[lane], shares[lane]
        wanted = max(weight * (factor[lane] * nav[lane]) / price, -0.0)
        odd = held - np.trunc(held / lot + (LOT_TOLERANCE if held >= 0.0 else -LOT_TOLERANCE)) * lot
        whole = np.trunc(wanted / lot + (LOT_TOLERANCE if wanted >= 0.0 else -LOT_TOLERANCE)) * lot + odd
        wanted_out[lane] = held if np.isnan(weight) else (0.0 if weight == 0.0 else whole)


@dense
def divide_nb(price, asked, factor, nav, shares, wanted_out):
    """Write the shares one name's targets ask for.

    Parameters
    ----------
    price : float
        Base value of a share.
    asked, factor, nav, shares : ndarray of shape (L,)
        NaN asked: held.
    wanted_out : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(asked.shape[0]):
        weight = asked[lane]
        wanted = max(weight * (factor[lane] * nav[lane]) / price, -0.0)
        wanted_out[lane] = shares[lane] if np.isnan(weight) else (0.0 if weight == 0.0 else wanted)


@leaf
def cut_wide_nb(lots, value, asked, factor, nav, shares, wanted_out):
    """Write the shares each name's target asks for, and whole lots leave of them.

    Parameters
    ----------
    lots, value : ndarray of shape (A,)
    asked : ndarray of shape (A, L)
        NaN: held.
    factor, nav : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    wanted_out : ndarray of shape (A, L)
        Written in place.
    """
    for a in range(lots.shape[0]):
        lot, price = lots[a], value[a]
        if not lot > 0.0:
            divide_nb(price, asked[a], factor, nav, shares[a], wanted_out[a])
        elif cut_to_lots_nb(lot, price, asked[a], factor, nav, shares[a], wanted_out[a]) > 0:
            divide_into_lots_nb(lot, price, asked[a], factor, nav, shares[a], wanted_out[a])


@dense
def order_wide_nb(
    is_exact, value, buying, selling, rates, spread, asked, active, nav, wanted, shares, order, target, plan_value,
    plan_cost, gross_out,
):  # fmt: skip
    """Write the orders of active lanes, and the plan that funding is held against.

    Parameters
    ----------
    is_exact : bool
    value, buying, selling : ndarray of shape (A,)
    rates : ndarray of shape (A, L)
    spread : ndarray of shape (A,)
    asked : ndarray of shape (A, L)
        NaN: held.
    active, nav : ndarray of shape (L,)
    wanted, shares : ndarray of shape (A, L)
    order, target, plan_value, plan_cost : ndarray of shape (A, L)
        Written in place.
    gross_out : ndarray of shape (L,)
        Written in place: value of the targets.
    """
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        gross_out[lane] = 0.0
    for a in range(n_assets):
        price, flat_buy, flat_sell, given = value[a], buying[a], selling[a], spread[a]
        for lane in range(n_lanes):
            held, cut = shares[a, lane], wanted[a, lane]
            move, buys = cut - held, cut > held
            if is_exact:
                rate = rates[a, lane]
                rate += given * (1.0 + rate if buys else 1.0 - rate)
            else:
                rate = flat_buy if buys else flat_sell
            stays = abs(move) * price < DUST * nav[lane]
            if is_exact:
                stays |= (asked[a, lane] != 0.0) & (rate >= DEAREST)
            move, cut = 0.0 if stays else move, held if stays else cut
            gross_out[lane] += abs(cut) * price
            if active[lane]:
                order[a, lane], target[a, lane], plan_value[a, lane], plan_cost[a, lane] = move, cut, price, rate


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
        n_ruined += int((active[lane] != 0) & (not nav[lane] > 0.0))
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
    cut_wide_nb(world.lot[row_of_nb(world.lot, row)], value, asked, factor, nav, book.shares, scratch.terms[0])
    order_wide_nb(
        is_exact, value, scratch.buying, scratch.selling, rates, scratch.spread, asked, active, nav, scratch.terms[0],
        book.shares, book.order, book.target, book.plan_value, book.plan_cost, scratch.gross,
    )  # fmt: skip
    target_gross, gross = book.target_gross, scratch.gross
    for lane in range(n_lanes):
        target_gross[lane] = gross[lane] if active[lane] else target_gross[lane]
    return OK
