"""Fills of many lanes at once, in dense loops; for one lane, and for the rarer rules, see `funding` and `fills`.

A list of orders, name by name and lane by lane, is what one lane wants; many lanes want loops over lanes without a
branch that a lane decides, so that the compiler takes whole vectors of them. Each lane's additions are those of the
narrow form, in its order, sells by name and then buys by name: bytes are the same. Where nothing moves, nothing is
added.
"""

from backtest.kernels.state import DECIDE, LOT_TOLERANCE, OK, OPEN, TRADE_TOO_LARGE
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_charging import charge_wide_nb, leave_dust_wide_nb
from backtest.kernels.wide_due import bound_wide_nb, due_wide_nb, mark_wide_nb, say_what_goes_nb
from backtest.kernels.wide_funding import cut_buys_nb, scale_wide_nb, sell_wide_nb
from backtest.kernels.wide_paying import cost_wide_nb, pay_side_nb
from data.jit import dense, kernel, leaf


@leaf
def buy_step_nb(tolerance, moved, wanted, target, held, price, rate, plan_cash):
    """Let one order, if it buys, move its shares and the plan.

    Parameters
    ----------
    tolerance, moved, wanted, target, held : float
        Shares: room for rounding; now; of the order; the target; held.
    price, rate : float
        Of the plan.
    plan_cash : float
        Of the lane, so far.

    Returns
    -------
    held, rest, plan_cash : float
    """
    buys, is_whole = moved > 0.0, abs(wanted - moved) <= tolerance
    after, rest = target if is_whole else held + moved, 0.0 if is_whole else wanted - moved
    value = moved * price
    received = -value - abs(value) * rate
    received = received if buys else -0.0  # adds nothing, not even to the sign of 0
    return after if buys else held, rest if buys else wanted, plan_cash + received


@dense
def buy_wide_nb(lots, venue_of, now, target, plan_value, plan_cost, shares, order, plan_cash, pending):
    """Let buys move shares and the plan, and count what orders are left.

    Parameters
    ----------
    lots, venue_of : ndarray of shape (A,)
    now, target, plan_value, plan_cost : ndarray of shape (A, L)
    shares, order : ndarray of shape (A, L)
        Written in place.
    plan_cash : ndarray of shape (L,)
        Written in place.
    pending : ndarray of shape (V,)
        Written in place.
    """
    n_assets, n_lanes = now.shape
    for v in range(pending.shape[0]):
        pending[v] = 0
    for a in range(n_assets):
        tolerance, n_left = LOT_TOLERANCE * lots[a], 0
        for lane in range(n_lanes):
            shares[a, lane], rest, plan_cash[lane] = buy_step_nb(
                tolerance, now[a, lane], order[a, lane], target[a, lane], shares[a, lane], plan_value[a, lane],
                plan_cost[a, lane], plan_cash[lane],
            )  # fmt: skip
            order[a, lane] = rest
            n_left += int(rest != 0.0)
        pending[venue_of[a]] += n_left


@leaf
def count_wide_nb(world, book, scratch):
    """Say which venues have unfilled orders in any lane: `pending` of the book, of which only 0 has a meaning.

    Parameters
    ----------
    world : World
    book : Book
    scratch : Scratch
    """
    pending, order, n_lanes = book.pending, book.order, len(scratch.lanes)
    for v in range(pending.shape[0]):
        pending[v] = 0
    for a in range(order.shape[0]):
        n = 0
        for lane in range(n_lanes):
            n += int(order[a, lane] != 0.0)
        pending[world.venue[a]] += n


@kernel
def fill_wide_nb(timeline, world, rules, book, event, scratch, record):
    """Fill what is due at an event.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or close of a venue, or a decision under `same_close`.
    scratch : Scratch
    record : Record

    Returns
    -------
    status : int
        OK or TRADE_TOO_LARGE.
    """
    row, now = timeline.row[event], scratch.now
    prices = world.close[row] if timeline.kind[event] != OPEN else world.open[row]
    lots, slots = world.lot[row_of_nb(world.lot, row)], world.settle_slot[row]
    immediate = timeline.kind[event] == DECIDE
    mark_wide_nb(
        immediate, timeline.due[event], timeline.start[event], scratch.active, book.decided_at, scratch.venue_due
    )  # fmt: skip
    say_what_goes_nb(timeline, world, rules, book, event, scratch)
    has_later = due_wide_nb(scratch.goes, world.venue, scratch.venue_due, book.order, now, scratch.later)
    if rules.has_room or world.actions.kind.shape[0] > 0:
        bound_wide_nb(world, book, row, has_later, scratch)
    sell_wide_nb(
        slots, world.venue, lots, now, scratch.later, has_later, book.target, book.plan_value,
        book.plan_cost, book.shares, book.order, book.plan_cash, book.plan_incoming, scratch.need, scratch.bought,
        scratch.gross, scratch.gross_bought,
    )  # fmt: skip
    is_cut = scale_wide_nb(rules, book, has_later, scratch)
    if is_cut:
        cut_buys_nb(lots, scratch.scale, now)
    if rules.exact_costs:
        if charge_wide_nb(world, row, prices, scratch) >= 0:
            return TRADE_TOO_LARGE
        if is_cut:
            leave_dust_wide_nb(prices, scratch.scale, now, scratch.terms[0], scratch.terms[1])
    else:
        half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
        cost_wide_nb(
            prices, half_spreads, world.rate[row], world.fee_class, now, scratch.terms[0], scratch.terms[1]
        )  # fmt: skip
    n_fills, n_of_event, begun = record.n_fills, scratch.bought, book.begun
    for lane in range(len(scratch.lanes)):
        n_of_event[lane] = 0.0
    pay_side_nb(world, rules, book, event, row, -1.0, prices, scratch, record)
    pay_side_nb(world, rules, book, event, row, 1.0, prices, scratch, record)
    for lane in range(len(scratch.lanes)):
        n_fills[lane] += int(n_of_event[lane])
        begun[lane] |= int(n_of_event[lane] > 0.0)
    buy_wide_nb(
        lots, world.venue, now, book.target, book.plan_value, book.plan_cost, book.shares, book.order, book.plan_cash,
        book.pending,
    )  # fmt: skip
    return OK
