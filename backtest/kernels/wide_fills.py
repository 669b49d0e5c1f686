"""Fills of many lanes at once, in vectors of lanes; for one lane, and for the rarer rules, see `funding` and `fills`.

Each lane's additions are those of the narrow form, in its order, sells by name and then buys by name: bytes are the
same. Where nothing moves, nothing is added.
"""

import numpy as np

from backtest.kernels.state import DECIDE, LOT_TOLERANCE, OK, OPEN, TRADE_TOO_LARGE
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_charging import charge_name_nb
from backtest.kernels.wide_due import BUYS_NOW, SELLS_NOW, mark_wide_nb, say_what_goes_nb
from backtest.kernels.wide_funding import sell_lanes_nb
from backtest.kernels.wide_paying import convert_nb, pay_nb
from data.jit import leaf, part
from data.kernels.vectors import N_TOGETHER, any_nb, load_nb, spread_nb, store_nb, there_nb, where_nb


@leaf
def buy_name_nb(lot, book, own, there, buys, moved, plan_cash):
    """Let one name's buys move its shares and the plan.

    Parameters
    ----------
    lot : float
    book : Book
        `shares` and `order` are written in place.
    own : int
        Place of the first lane in arrays of shape (A, L).
    there, buys : Mask
    moved, plan_cash : Vector
        Shares; so far.

    Returns
    -------
    plan_cash : Vector
    """
    held, wanted = load_nb(book.shares, own, there), load_nb(book.order, own, there)
    is_whole = abs(wanted - moved) <= LOT_TOLERANCE * lot
    after = where_nb(is_whole, load_nb(book.target, own, there), held + moved)
    store_nb(book.shares, own, there, where_nb(buys, after, held))
    store_nb(book.order, own, there, where_nb(buys, where_nb(is_whole, 0.0, wanted - moved), wanted))
    value = moved * load_nb(book.plan_value, own, there)
    received = -value - abs(value) * load_nb(book.plan_cost, own, there)
    return plan_cash + where_nb(buys, received, -0.0)  # adds nothing, not even to the sign of 0


@leaf
def fill_lanes_nb(world, rules, book, event, row, prices, scale, at, there, scratch, record):
    """Charge and pay what goes, sells by name and then buys by name; buys move shares and the plan.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
        Written in place.
    event, row : int
    prices : ndarray of shape (A,)
    scale : Vector
        The part of buys that funding allows.
    at : int
        First lane.
    there : Mask
    scratch : Scratch
        Reads `goes` and `now`; `bought` counts fills.
    record : Record
        `traded` and `paid` are written in place.

    Returns
    -------
    status : int
    """
    goes, venue_of, currency_of, slots, fx = (
        scratch.goes, world.venue, world.currency, world.settle_slot[row], world.fx[event]
    )  # fmt: skip
    base, unsettled, incoming, lots = np.int64(rules.base), book.unsettled, book.incoming, world.lot
    n_lanes = len(scratch.lanes)
    in_base = base * n_lanes + at
    cash, plan_cash = load_nb(book.cash, in_base, there), load_nb(book.plan_cash, at, there)
    traded, spent = load_nb(record.traded[row], at, there), load_nb(record.paid[row], at, there)
    # Of base currency: what of it waits in the slot of the names at hand.
    n, waits, comes, slot = spread_nb(0.0), spread_nb(0.0), spread_nb(0.0), np.int64(-1)
    is_cut = any_nb(there & (scale != 1.0))
    for is_buying in (False, True):
        for a in range(goes.shape[0]):
            if goes[a] & (BUYS_NOW | SELLS_NOW) == 0:
                continue
            own = a * n_lanes + at
            if is_buying:
                moved = load_nb(scratch.now, own, there)
                moves = moved > 0.0
            else:
                moved, is_refused = charge_name_nb(
                    world, rules, row, a, prices[a], scale, is_cut, at, own, there, scratch
                )  # fmt: skip
                if is_refused:
                    return TRADE_TOO_LARGE
                moves = moved < 0.0
            if not any_nb(moves):
                continue
            c, waiting = np.int64(currency_of[a]), slots[venue_of[a]]
            if waiting != slot:
                if slot >= 0:
                    store_nb(unsettled[slot], in_base, there, waits)
                    store_nb(incoming[slot], in_base, there, comes)
                slot = waiting
                waits, comes = load_nb(unsettled[slot], in_base, there), load_nb(incoming[slot], in_base, there)
            paid, costs = load_nb(scratch.terms[0], own, there), load_nb(scratch.terms[1], own, there)
            worth = abs(moved * prices[a])
            if c != base:
                worth = worth * fx[c]
                paid, costs = convert_nb(
                    book, fx[c], rules.fx_spread, slot, c * n_lanes + at, there, moves, paid, costs
                )  # fmt: skip
            cash, waits, comes, traded, spent, n = pay_nb(
                moves, paid, worth, costs, cash, waits, comes, traded, spent, n
            )  # fmt: skip
            if is_buying:
                plan_cash = buy_name_nb(lots[row_of_nb(lots, row), a], book, own, there, moves, moved, plan_cash)
    if slot >= 0:
        store_nb(unsettled[slot], in_base, there, waits)
        store_nb(incoming[slot], in_base, there, comes)
    store_nb(book.cash, in_base, there, cash)
    store_nb(book.plan_cash, at, there, plan_cash)
    store_nb(record.traded[row], at, there, traded)
    store_nb(record.paid[row], at, there, spent)
    store_nb(scratch.bought, at, there, n)
    return OK


@part
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
    row, n_lanes, immediate = timeline.row[event], len(scratch.lanes), timeline.kind[event] == DECIDE
    prices = world.close[row] if timeline.kind[event] != OPEN else world.open[row]
    is_bounded = rules.has_room != 0 or world.actions.kind.shape[0] > 0
    mark_wide_nb(
        immediate, timeline.due[event], timeline.start[event], scratch.active, book.decided_at, scratch.venue_due
    )  # fmt: skip
    say_what_goes_nb(timeline, world, rules, book, event, scratch)
    for at in range(0, n_lanes, N_TOGETHER):
        there = there_nb(n_lanes - at)
        scale = sell_lanes_nb(world, rules, book, row, at, there, is_bounded, scratch)
        status = fill_lanes_nb(world, rules, book, event, row, prices, scale, at, there, scratch, record)
        if status != OK:
            return status
    n_fills, n_of_event, begun = record.n_fills, scratch.bought, book.begun
    for lane in range(n_lanes):
        n_fills[lane] += int(n_of_event[lane])
        begun[lane] |= int(n_of_event[lane] > 0.0)
    count_wide_nb(world, book, scratch)
    return OK


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
        if pending[world.venue[a]] != 0:
            continue
        for at in range(0, n_lanes, N_TOGETHER):
            pending[world.venue[a]] |= int(any_nb(load_nb(order, a * n_lanes + at, there_nb(n_lanes - at)) != 0.0))
