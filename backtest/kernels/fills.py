"""What a fill moves: shares, the plan, the journal; and what becomes of the rest of an order."""

import numpy as np

from backtest.kernels.funding import gather_due_nb, mark_due_nb, resize_nb, scale_buys_nb
from backtest.kernels.journal import remark_nb
from backtest.kernels.listing import charge_orders_nb, journal_fills_nb, leave_dust_nb, list_orders_nb, pay_orders_nb
from backtest.kernels.state import (
    AT_FILL_SIZE,
    BUY,
    CANCEL,
    CAPPED,
    CLOSE,
    CUT,
    DECIDE,
    DROPPED_CAPPED,
    DROPPED_CUT,
    DROPPED_SHUT,
    DROPPED_UNPRICED,
    DUE_NONE,
    FORCED,
    LOT_TOLERANCE,
    NEXT_OPEN,
    OK,
    OPEN,
    SELL,
    UNPRICED,
)
from backtest.kernels.valuing import row_of_nb
from data.jit import leaf, part


@part
def take_forced_nb(timeline, world, rules, book, event, scratch):
    """Say which buy-ins fill at the event: whole, at the name's next price, whatever else holds.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or a close of a venue.
    scratch : Scratch
        `now` (A, L) is written in place.
    """
    forced, order, now, venue_of, n_lanes = book.forced, book.order, scratch.now, world.venue, len(scratch.lanes)
    opened, closed = world.open, world.close
    row, venue, at_close = timeline.row[event], np.uint64(timeline.venue[event]), timeline.kind[event] != OPEN
    for a in range(order.shape[0]):
        price = closed[row, a] if at_close else opened[row, a]
        late = not at_close or rules.fill != NEXT_OPEN or np.isnan(opened[row, a])
        fills = venue_of[a] == venue and late and not np.isnan(price)
        for lane in range(n_lanes):
            now[a, lane] = order[a, lane] if fills and forced[a, lane] else 0.0


@part
def move_shares_nb(world, rules, book, event, row, taking, first, last, scratch, journal):
    """Let listed orders of one kind move shares and the plan; note what is left of them.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
    event, row : int
    taking : int
        FORCED, SELL or BUY.
    first, last : int
        Range of the list.
    scratch : Scratch
    journal : Journal

    Returns
    -------
    status : int
    """
    shares, order, target, forced = book.shares, book.order, book.target, book.forced
    plan_value, plan_cost, plan_cash = book.plan_value, book.plan_cost, book.plan_cash
    names, lanes, moves, scale = scratch.name, scratch.lane, scratch.moved, scratch.scale
    venue_of, settle_slot, lots = world.venue, world.settle_slot, world.lot[row_of_nb(world.lot, row)]
    status, drops, n_lanes = OK, rules.shut_market == CANCEL and taking != FORCED, len(scratch.lanes)
    own = plan_cash[0]  # of a single lane: kept in a register
    for k in range(first, last):
        a, lane, moved = names[k], lanes[k] if n_lanes > 1 else np.uint64(0), moves[k]
        wanted, decided = order[a, lane], forced[a, lane] if taking == FORCED else book.decided_at[lane]
        if moved != 0.0:
            is_whole = abs(wanted - moved) <= LOT_TOLERANCE * lots[a]
            shares[a, lane] = target[a, lane] if is_whole else shares[a, lane] + moved
            order[a, lane] = 0.0 if is_whole else wanted - moved
            if taking == FORCED:
                forced[a, lane] = 0
                continue
            value = moved * plan_value[a, lane]
            received = -value - abs(value) * plan_cost[a, lane]
            if n_lanes == 1:
                own += received
            else:
                plan_cash[lane] += received
            if taking == SELL:
                book.plan_incoming[settle_slot[row, venue_of[a]], lane] += received
        if order[a, lane] != 0.0:
            is_cut = taking == BUY and scale[lane] != 1.0
            what = CUT if is_cut else CAPPED
            if drops:
                what = DROPPED_CUT if is_cut else DROPPED_CAPPED
            noted = remark_nb(journal, what, event, np.int64(lane), np.int64(a), decided, order[a, lane])
            status = max(status, noted)
            if drops:
                order[a, lane] = 0.0
    if n_lanes == 1:
        plan_cash[0] = own
    return status


@part
def fill_forced_nb(timeline, world, rules, book, event, scratch, journal, record):
    """Fill the buy-ins of an event.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or a close of a venue.
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    row = timeline.row[event]
    prices = world.close[row] if timeline.kind[event] != OPEN else world.open[row]
    take_forced_nb(timeline, world, rules, book, event, scratch)
    n_orders = list_orders_nb(world, row, FORCED, prices, 0, scratch)
    if n_orders == 0:
        return OK
    status = charge_orders_nb(world, rules, row, 0, n_orders, scratch)
    if status != OK:
        return status
    pay_orders_nb(world, rules, book, event, row, n_orders, scratch, record)
    status = journal_fills_nb(world, book, event, True, prices, n_orders, scratch, journal)
    moved = move_shares_nb(world, rules, book, event, row, FORCED, 0, n_orders, scratch, journal)
    return max(status, moved)


@leaf
def fill_orders_nb(timeline, world, rules, book, event, scratch, journal, record):
    """Fill the sells of an event, and the buys that buying power and gross then allow.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or close of a venue, or a decision under `same_close`.
    scratch : Scratch
        Reads `now` and `later`.
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    row = timeline.row[event]
    prices = world.close[row] if timeline.kind[event] != OPEN else world.open[row]
    n_sells = list_orders_nb(world, row, SELL, prices, 0, scratch)
    status = move_shares_nb(world, rules, book, event, row, SELL, 0, n_sells, scratch, journal)
    scale_buys_nb(rules, book, scratch)
    n_orders = list_orders_nb(world, row, BUY, prices, n_sells, scratch)
    if n_orders == 0:
        return status
    charged = charge_orders_nb(world, rules, row, n_sells, n_orders, scratch)
    if charged != OK:
        return charged
    if rules.exact_costs:
        leave_dust_nb(n_sells, n_orders, scratch)
    pay_orders_nb(world, rules, book, event, row, n_orders, scratch, record)
    written = journal_fills_nb(world, book, event, False, prices, n_orders, scratch, journal)
    moved = move_shares_nb(world, rules, book, event, row, BUY, n_sells, n_orders, scratch, journal)
    return max(status, written, moved)


@part
def fill_due_nb(timeline, world, rules, book, event, scratch, journal, record):
    """Fill what is due at an event, and settle what becomes of the rest.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or close of a venue, or a decision under `same_close`.
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    status, at_session = OK, timeline.kind[event] != DECIDE
    if rules.has_shorts and at_session:
        status = fill_forced_nb(timeline, world, rules, book, event, scratch, journal, record)
    mark_due_nb(timeline, world, rules, book, event, scratch)
    if rules.sizing == AT_FILL_SIZE and at_session:
        resized = resize_nb(timeline, world, rules, book, event, scratch, journal)
        if resized != OK:
            return resized
    gathered = gather_due_nb(timeline, world, rules, book, event, scratch, journal)
    filled = fill_orders_nb(timeline, world, rules, book, event, scratch, journal, record)
    status = max(status, gathered, filled)
    if at_session:
        rested = sweep_rest_nb(timeline, world, rules, book, event, scratch, journal)
        status = max(status, rested)
    count_pending_nb(world, book, scratch)
    return status


@part
def sweep_rest_nb(timeline, world, rules, book, event, scratch, journal):
    """Note orders that found no price, and drop those whose date has passed (`cancel`).

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or a close of a venue.
    scratch : Scratch
    journal : Journal

    Returns
    -------
    status : int
    """
    status = OK
    row, venue = timeline.row[event], timeline.venue[event]
    day, closing = timeline.day[row], timeline.kind[event] == CLOSE
    if not closing and rules.shut_market != CANCEL:
        return status
    order, start, decided_at, leg_day = book.order, timeline.start, book.decided_at, book.leg_day
    forced, venue_of, closed, venue_due = book.forced, world.venue, world.close, scratch.venue_due
    n_lanes = len(scratch.lanes)
    for a in range(order.shape[0]):
        if venue_of[a] != venue:
            continue
        unpriced = closing and np.isnan(closed[row, a])
        for lane in range(n_lanes):
            rest = order[a, lane]
            if rest == 0.0 or forced[a, lane] or start[event, venue] <= decided_at[lane]:
                continue
            leg = leg_day[venue, lane]
            drop = rules.shut_market == CANCEL and (day > leg or (closing and day == leg))
            if not drop and not (unpriced and venue_due[venue, lane] != DUE_NONE):
                continue
            kind = UNPRICED
            if drop:
                kind = DROPPED_SHUT if day > leg else DROPPED_UNPRICED
                order[a, lane] = 0.0
            noted = remark_nb(journal, kind, event, lane, a, decided_at[lane], rest)
            status = max(status, noted)
    return status


@part
def count_pending_nb(world, book, scratch):
    """Count unfilled orders by venue, over all lanes.

    Parameters
    ----------
    world : World
    book : Book
        `pending` is written in place. It only saves work: no lane's result depends on it.
    scratch : Scratch
    """
    pending, order, venue, n_lanes = book.pending, book.order, world.venue, len(scratch.lanes)
    for v in range(pending.shape[0]):
        n = 0
        for a in range(order.shape[0]):
            for lane in range(n_lanes):
                n += int(venue[a] == np.uint64(v)) & int(order[a, lane] != 0.0)
        pending[v] = n
