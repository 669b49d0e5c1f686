"""Share orders of many lanes at once, in vectors of lanes; for one lane, and for the rarer rules, see `sizing`.

Each lane's additions are those of the narrow form, in its order: bytes are the same.
"""

from backtest.kernels.state import BUY, DEAREST, DUST, NAV_NOT_POSITIVE, OK, OVERLAP
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_expecting import write_notes_nb
from backtest.kernels.wide_lots import wanted_shares_nb
from backtest.kernels.wide_money import nav_of_lanes_nb
from backtest.kernels.wide_needs import flat_rates_nb, solve_lanes_nb
from data.jit import dense, leaf
from data.kernels.vectors import N_TOGETHER, any_nb, is_nb, load_nb, spread_nb, store_nb, there_nb, where_nb


@leaf
def order_lanes_nb(rules, lots, factor, nav, active, book, at, there, scratch):
    """Write the orders of active lanes, and the plan that funding is held against.

    Parameters
    ----------
    rules : Rules
    lots : ndarray of shape (A,)
    factor, nav : Vector
    active : Mask
    book : Book
        `order`, `target`, `plan_value` and `plan_cost` are written in place.
    at : int
        First lane.
    there : Mask
    scratch : Scratch
        Reads `asked`, `value` and what `solve_lanes_nb` reads and writes.

    Returns
    -------
    gross : Vector
        Value of the targets.
    """
    asked, value, rates, spread, shares = scratch.asked, scratch.value, scratch.rates[BUY], scratch.spread, book.shares
    order, target, plan_value, plan_cost = book.order, book.target, book.plan_value, book.plan_cost
    money, dust, gross, n_lanes = factor * nav, DUST * nav, spread_nb(0.0), shares.shape[1]
    for a in range(value.shape[0]):
        own = a * n_lanes + at
        price, weight, held = value[a], load_nb(asked, own, there), load_nb(shares, own, there)
        wanted = wanted_shares_nb(lots[a], price, weight, weight * money, held, there)
        buys, move = wanted > held, wanted - held
        stays = abs(move) * price < dust
        if rules.exact_costs:
            rate = load_nb(rates, own, there)
            if spread[a] != 0.0:
                rate = rate + spread[a] * where_nb(buys, 1.0 + rate, 1.0 - rate)
            stays = stays | ((weight != 0.0) & (rate >= DEAREST))
        else:
            rate = where_nb(buys, scratch.buying[a], scratch.selling[a])
        wanted = where_nb(stays, held, wanted)
        gross = gross + abs(wanted) * price
        store_nb(order, own, active, where_nb(stays, 0.0, move))
        store_nb(target, own, active, wanted)
        store_nb(plan_value, own, active, price)
        store_nb(plan_cost, own, active, rate)
    return gross


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
        Reads `asked` (NaN: held), `active` and `value` (base value of one share); writes `nav`.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    """
    fx, n_lanes, lots = world.fx[event], len(scratch.lanes), world.lot[row_of_nb(world.lot, row)]
    flat_rates_nb(world, rules, row, scratch)
    if rules.exact_costs:
        write_notes_nb(world, row, fx, scratch.value, scratch.notes)
    for at in range(0, n_lanes, N_TOGETHER):
        there = there_nb(n_lanes - at)
        active = there & ~is_nb(scratch.active, at, there, 0)
        nav, _ = nav_of_lanes_nb(book.shares, scratch.value, book.cash, book.due, fx, at, there)
        store_nb(scratch.nav, at, there, nav)
        if any_nb(active & ~(nav > 0.0)):
            return NAV_NOT_POSITIVE
        factor = solve_lanes_nb(rules, active, nav, book.shares, at, there, scratch)
        gross = order_lanes_nb(rules, lots, factor, nav, active, book, at, there, scratch)
        store_nb(book.target_gross, at, active, gross)
    plan_wide_nb(
        rules.funding == OVERLAP, scratch.active, scratch.nav, fx, book.cash, book.due, book.incoming, book.plan_nav,
        book.plan_cash, book.plan_incoming,
    )  # fmt: skip
    return OK
