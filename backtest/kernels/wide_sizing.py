"""Share orders of many lanes at once, in dense loops; for one lane, and for the rarer rules, see `sizing`.

Loops run over lanes innermost and have no branch that a lane decides, so that the compiler takes whole vectors of
them. Each lane's additions are those of the narrow form, in its order: bytes are the same.
"""

from backtest.kernels.state import BUY, DEAREST, DUST, NAV_NOT_POSITIVE, OK, OVERLAP
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_expecting import expect_wide_nb
from backtest.kernels.wide_lots import cut_wide_nb
from backtest.kernels.wide_money import value_wide_nb
from backtest.kernels.wide_needs import flat_rates_nb, solve_wide_nb
from data.jit import dense, leaf


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
