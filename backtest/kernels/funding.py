"""Which orders are due at an event, and how far volume, buying power and gross let them go."""

import numpy as np

from backtest.kernels.journal import remark_nb
from backtest.kernels.sizing import size_orders_nb
from backtest.kernels.state import (
    BARRED,
    BASKET,
    BUY_AT_CLOSE,
    BUY_AT_OPEN,
    CANCEL,
    CAPPED,
    DECIDE,
    DROPPED_CAPPED,
    DROPPED_UNPRICED,
    DUE_ALL,
    DUE_LATE,
    DUE_NONE,
    FUNDING_TOLERANCE,
    LOT_TOLERANCE,
    NEXT_OPEN,
    OK,
    OPEN,
    OVERLAP,
    SELL_AT_CLOSE,
    SELL_AT_OPEN,
    SETTLED,
)
from backtest.kernels.valuing import row_of_nb, value_names_nb
from data.jit import leaf, part


@leaf
def mark_due_nb(timeline, world, rules, book, event, scratch):
    """Say for each venue and lane which unfilled orders can still fill on the event's date.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        A decision under `same_close`: everything just decided is due.
    scratch : Scratch
        `venue_due` (V, L) is written in place with DUE_*.
    """
    immediate = timeline.kind[event] == DECIDE
    venue_due, active = scratch.venue_due, scratch.active
    due, start, decided_at, leg_day = timeline.due, timeline.start, book.decided_at, book.leg_day
    n_venues, n_lanes = venue_due.shape[0], len(scratch.lanes)
    day = timeline.day[timeline.row[event]]
    for v in range(n_venues):
        for lane in range(n_lanes):
            allowed = due[event, v]
            if immediate:
                allowed = DUE_ALL if active[lane] else DUE_NONE
            elif decided_at[lane] < 0 or start[event, v] <= decided_at[lane]:
                allowed = DUE_NONE
            elif rules.shut_market == CANCEL and leg_day[v, lane] != day:
                allowed = DUE_NONE
            venue_due[v, lane] = allowed
    if rules.shut_market == BASKET and not immediate:
        # One venue with an order and no session after the decision on this date stops all of them.
        order, venue, forced = book.order, world.venue, book.forced
        for a in range(order.shape[0]):
            begins = start[event, venue[a]]
            for lane in range(n_lanes):
                if order[a, lane] != 0.0 and begins <= decided_at[lane] and not forced[a, lane]:
                    for u in range(n_venues):
                        venue_due[u, lane] = DUE_NONE


@part
def resize_nb(timeline, world, rules, book, event, scratch, journal):
    """Size unfilled orders anew at the prices they can fill at (`sizing="fill"`).

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or a close of a venue.
    scratch : Scratch
        `venue_due` says which lanes are due.
    journal : Journal

    Returns
    -------
    status : int
    """
    order, forced = book.order, book.forced
    n_assets, n_lanes = order.shape[0], len(scratch.lanes)
    venue, row = timeline.venue[event], timeline.row[event]
    value_names_nb(book.last_price, world.fx[event], world.currency, scratch.value)
    if timeline.kind[event] == OPEN:
        for a in range(n_assets):
            if world.venue[a] == venue and not np.isnan(world.open[row, a]):
                scratch.value[a] = world.open[row, a] * world.fx[event, world.currency[a]]
    for lane in range(n_lanes):
        scratch.active[lane] = 0
    for a in range(n_assets):
        for lane in range(n_lanes):
            scratch.asked[a, lane] = np.nan
            if order[a, lane] != 0.0 and not forced[a, lane] and scratch.venue_due[venue, lane] != DUE_NONE:
                scratch.asked[a, lane] = book.asked[a, lane]
                late = np.isnan(world.open[row, a])
                if world.venue[a] == venue and (scratch.venue_due[venue, lane] == DUE_ALL or late):
                    scratch.active[lane] = 1
    return size_orders_nb(timeline, world, rules, book, event, scratch, journal)


@leaf
def bounded_nb(order, shares, undelivered, room, lot):
    """Give the part of an order that volume and delivery allow at one event.

    Parameters
    ----------
    order, shares, undelivered : float
    room : float
        Shares that may trade; inf for no bound.
    lot : float
        Shares; 0 for none.

    Returns
    -------
    part : float
        With the sign of the order; the order itself where nothing bounds it.
    """
    bound = room
    if order < 0.0 and undelivered > 0.0:
        bound = min(bound, max(shares - undelivered, 0.0))
    if abs(order) <= bound * (1.0 + LOT_TOLERANCE):
        return order
    if lot > 0.0:
        bound = np.trunc(bound / lot + LOT_TOLERANCE) * lot
    return bound if order > 0.0 else -bound


@part
def looks_halted_nb(world, book, a, at_own_open, is_late):
    """Say whether a name may not trade today, so that the proceeds of its sale are not counted.

    Parameters
    ----------
    world : World
    book : Book
    a : int
    at_own_open : bool
        The event is the open of the name's venue.
    is_late : bool
        The name has no open in the session.

    Returns
    -------
    is_halted : bool
    """
    last = book.last_session[world.venue[a]]
    if last < 0:
        return False
    had_close, had_open = not np.isnan(world.close[last, a]), not np.isnan(world.open[last, a])
    if at_own_open:
        return is_late and not (had_close and not had_open)  # opens that are never known say nothing
    return not had_close


@leaf
def gather_due_nb(timeline, world, rules, book, event, scratch, journal):
    """Say how much of each order can fill at the event, and how much later on its date; note what is kept from it.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    scratch : Scratch
        Reads `venue_due`; writes `now` and `later` (A, L), signed shares.
    journal : Journal

    Returns
    -------
    status : int
    """
    status, immediate = OK, timeline.kind[event] == DECIDE
    order, shares, undelivered, forced = book.order, book.shares, book.undelivered, book.forced
    opened, closed, venue_of = world.open, world.close, world.venue
    now, later, venue_due, n_lanes = scratch.now, scratch.later, scratch.venue_due, len(scratch.lanes)
    row, at_close = timeline.row[event], timeline.kind[event] != OPEN
    venue = np.uint64(timeline.venue[event])  # of a decision: of no name
    lots, rooms, barred = world.lot, world.room, world.barred
    at_lot, at_room, at_barred = row_of_nb(lots, row), row_of_nb(rooms, row), row_of_nb(barred, row)
    # Without a participation cap and scrip to come nothing bounds an order.
    has_shorts, is_bounded = rules.has_shorts, rules.has_room or world.actions.kind.shape[0] > 0
    buy_bit, sell_bit = (BUY_AT_CLOSE, SELL_AT_CLOSE) if at_close else (BUY_AT_OPEN, SELL_AT_OPEN)
    for a in range(order.shape[0]):
        v = venue_of[a]
        own = immediate or v == venue
        late = np.isnan(opened[row, a])
        # Under next_open a session's close is only for names whose open is unknown.
        price = closed[row, a] if at_close else opened[row, a]
        fills_now = own and not np.isnan(price) and (not at_close or late or rules.fill != NEXT_OPEN)
        bits = barred[at_barred, a]
        for lane in range(n_lanes):
            now[a, lane] = 0.0
            later[a, lane] = 0.0
            wanted, due = order[a, lane], venue_due[v, lane]
            is_forced = has_shorts and forced[a, lane] != 0
            if wanted == 0.0 or due == DUE_NONE or (due == DUE_LATE and not late) or is_forced:
                continue
            part = wanted
            if is_bounded:
                part = bounded_nb(wanted, shares[a, lane], undelivered[a, lane], rooms[at_room, a], lots[at_lot, a])
            if own and fills_now:
                is_barred = bits & (buy_bit if wanted > 0.0 else sell_bit)
                if is_barred or part == 0.0:
                    kind = BARRED if is_barred else CAPPED
                    if rules.shut_market == CANCEL:
                        kind = DROPPED_UNPRICED if is_barred else DROPPED_CAPPED
                        order[a, lane] = 0.0
                    noted = remark_nb(journal, kind, event, lane, a, book.decided_at[lane], wanted)
                    status = max(status, noted)
                else:
                    now[a, lane] = part
            elif not (own and at_close) and not (wanted < 0.0 and looks_halted_nb(world, book, a, v == venue, late)):
                later[a, lane] = part
    return status


@leaf
def scale_buys_nb(rules, book, scratch):
    """Find the part of the buys due that buying power and gross allow, once the event's sells have filled.

    Parameters
    ----------
    rules : Rules
    book : Book
    scratch : Scratch
        Reads `now` (buys) and `later`; writes `scale` (L,), the part in [0, 1].

    Notes
    -----
    All amounts are at the plan's prices, FX and cost rates, so nothing is cut for what prices did since.
    """
    shares, plan_value, plan_cost, plan_incoming = book.shares, book.plan_value, book.plan_cost, book.plan_incoming
    now, later, power, need, bought = scratch.now, scratch.later, scratch.power, scratch.need, scratch.bought
    gross, gross_bought, expected = scratch.gross, scratch.gross_bought, scratch.total
    n_assets, n_lanes = now.shape[0], len(scratch.lanes)
    for lane in range(n_lanes):
        power[lane], expected[lane] = book.plan_cash[lane], 0.0
        need[lane], bought[lane], gross[lane], gross_bought[lane] = 0.0, 0.0, 0.0, 0.0
        if rules.funding == SETTLED:
            for slot in range(plan_incoming.shape[0]):
                power[lane] -= plan_incoming[slot, lane]
    overlaps = rules.funding == OVERLAP
    # Of a single lane: kept in registers.
    own_proceeds, own_need, own_bought, own_gross, own_gross_bought = 0.0, 0.0, 0.0, 0.0, 0.0
    for a in range(n_assets):
        for lane in range(n_lanes):
            held, price, rate = shares[a, lane], plan_value[a, lane], plan_cost[a, lane]
            sold = -min(later[a, lane], 0.0)  # the event's own sells have filled
            buys = max(now[a, lane], 0.0) + max(later[a, lane], 0.0)
            proceeds, value = sold * price * (1.0 - rate) if overlaps else 0.0, buys * price
            before, after = abs(held - sold) * price, abs(held - sold + buys) * price
            if n_lanes == 1:
                own_proceeds += proceeds
                own_need += value * (1.0 + rate)
                own_bought += value
                own_gross += before
                own_gross_bought += after
            else:
                expected[lane] += proceeds
                need[lane] += value * (1.0 + rate)
                bought[lane] += value
                gross[lane] += before
                gross_bought[lane] += after
    if n_lanes == 1:
        expected[0], need[0], bought[0] = own_proceeds, own_need, own_bought
        gross[0], gross_bought[0] = own_gross, own_gross_bought
    for lane in range(n_lanes):
        part = 1.0
        power[lane] += expected[lane]
        room = FUNDING_TOLERANCE * book.plan_nav[lane]
        if need[lane] > max(power[lane] + room, 0.0):  # without buys there is nothing to scale, debit or not
            part = max(power[lane] / need[lane], 0.0)
        limit = max(book.target_gross[lane], gross[lane])
        if gross_bought[lane] > limit + room:
            part = min(part, (limit - gross[lane]) / (gross_bought[lane] - gross[lane]))
        # What is left of cash after a cut is rounding: it buys nothing.
        scratch.scale[lane] = part if part * bought[lane] > room else 0.0
