"""What a fill moves: shares, the plan, the journal; and what becomes of the rest of an order."""

import numpy as np

from backtest.kernels.funding import gather_due_nb, mark_due_nb, resize_nb, scale_buys_nb
from backtest.kernels.journal import note_nb, remark_nb
from backtest.kernels.money import pay_nb
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
    FILLED,
    LOT_TOLERANCE,
    NEXT_OPEN,
    OK,
    OPEN,
    SELL,
    UNPRICED,
)
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels import CENTS_PER_ONE, fee_cents_nb, units_nb
from data.jit import kernel


@kernel
def trade_nb(timeline, world, rules, book, event, asset, lane, shares, price, decided, scratch, journal, record):
    """Charge, pay and journal one fill; the caller moves the shares.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event, asset, lane : int
    shares : float
        Signed.
    price : float
        Local currency, mid.
    decided : int
        Stamp of the decision.
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    row, venue, currency = timeline.row[event], world.venue[asset], world.currency[asset]
    side = BUY if shares > 0.0 else SELL
    count = abs(shares)
    notional = count * price
    if rules.exact_costs:
        raw = count * world.unit[row_of_nb(world.unit, row), asset]
        cents = fee_cents_nb(world.fees, row, world.fee_class[asset], side, units_nb(notional), units_nb(raw))
        fees = cents / CENTS_PER_ONE
        impact = notional * world.impact[row_of_nb(world.impact, row), asset] * np.sqrt(count)
    else:
        fees = notional * world.rate[row, world.fee_class[asset], side]
        impact = 0.0
    half_spread = notional * world.half_spread[row_of_nb(world.half_spread, row), asset]
    payment = shares * price + fees + half_spread + impact
    slot = world.settle_slot[row, venue]
    fx_cost = pay_nb(rules, book, world.fx[event], slot, row, lane, currency, payment, scratch.before, record.flow)
    book.begun[lane] = 1
    rate = world.fx[event, currency]
    return note_nb(
        journal, FILLED, event, lane, asset, decided, shares, price, rate, fees, half_spread, impact, fx_cost / rate
    )


@kernel
def fill_side_nb(timeline, world, rules, book, event, side, scratch, journal, record):
    """Fill the orders of one side that can fill at the event.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    side : int
        BUY or SELL.
    scratch : Scratch
        Reads `now` and, for buys, `scale`.
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    shares, order, target, plan_value, plan_cost = book.shares, book.order, book.target, book.plan_value, book.plan_cost
    plan_cash, plan_incoming, decided_at = book.plan_cash, book.plan_incoming, book.decided_at
    now, scale, venue_of = scratch.now, scratch.scale, world.venue
    row, venue, at_close = timeline.row[event], timeline.venue[event], timeline.kind[event] != OPEN
    prices = world.close[row] if at_close else world.open[row]
    lots = world.lot[row_of_nb(world.lot, row)]
    drops = rules.shut_market == CANCEL
    status = OK
    for a in range(order.shape[0]):
        if venue_of[a] != venue and timeline.kind[event] != DECIDE:
            continue
        slot = world.settle_slot[row, venue_of[a]]
        for lane in range(order.shape[1]):
            possible = now[a, lane]
            if possible == 0.0 or (possible > 0.0) != (side == BUY):
                continue
            wanted, part = order[a, lane], scale[lane] if side == BUY else 1.0
            moved = possible
            if part != 1.0:
                moved = part * possible
                if lots[a] > 0.0:
                    moved = np.trunc(moved / lots[a] + LOT_TOLERANCE) * lots[a]
            if moved != 0.0:
                is_whole = abs(wanted - moved) <= LOT_TOLERANCE * lots[a]
                filled = trade_nb(
                    timeline, world, rules, book, event, a, lane, moved, prices[a], decided_at[lane], scratch,
                    journal, record,
                )  # fmt: skip
                status = max(status, filled)
                shares[a, lane] = target[a, lane] if is_whole else shares[a, lane] + moved
                order[a, lane] = 0.0 if is_whole else wanted - moved
                value = moved * plan_value[a, lane]
                flow = -value - abs(value) * plan_cost[a, lane]
                plan_cash[lane] += flow
                if side == SELL:
                    plan_incoming[slot, lane] += flow
            if order[a, lane] != 0.0:
                kind = CAPPED if part == 1.0 else CUT
                if drops:
                    kind = DROPPED_CAPPED if part == 1.0 else DROPPED_CUT
                noted = remark_nb(journal, kind, event, lane, a, decided_at[lane], order[a, lane])
                status = max(status, noted)
                if drops:
                    order[a, lane] = 0.0
    return status


@kernel
def fill_forced_nb(timeline, world, rules, book, event, scratch, journal, record):
    """Fill buy-ins: whole, at the name's next price, whatever else holds.

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
    forced, order, shares, target = book.forced, book.order, book.shares, book.target
    row, venue, at_close = timeline.row[event], timeline.venue[event], timeline.kind[event] != OPEN
    status = OK
    for a in range(order.shape[0]):
        if world.venue[a] != venue:
            continue
        price = world.close[row, a] if at_close else world.open[row, a]
        if np.isnan(price) or (at_close and rules.fill == NEXT_OPEN and not np.isnan(world.open[row, a])):
            continue
        for lane in range(order.shape[1]):
            if forced[a, lane] == 0:
                continue
            filled = trade_nb(
                timeline, world, rules, book, event, a, lane, order[a, lane], price, forced[a, lane], scratch,
                journal, record,
            )  # fmt: skip
            status = max(status, filled)
            shares[a, lane] = target[a, lane]
            order[a, lane] = 0.0
            forced[a, lane] = 0
    return status


@kernel
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
    status = max(status, gathered)
    for side in (SELL, BUY):  # sells first, so that their proceeds pay
        if side == BUY:
            scale_buys_nb(rules, book, scratch)
        filled = fill_side_nb(timeline, world, rules, book, event, side, scratch, journal, record)
        status = max(status, filled)
    if at_session:
        rested = sweep_rest_nb(timeline, world, rules, book, event, scratch, journal)
        status = max(status, rested)
    count_pending_nb(world, book)
    return status


@kernel
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
    for a in range(order.shape[0]):
        if world.venue[a] != venue:
            continue
        unpriced = closing and np.isnan(world.close[row, a])
        for lane in range(order.shape[1]):
            rest = order[a, lane]
            if rest == 0.0 or book.forced[a, lane] or start[event, venue] <= decided_at[lane]:
                continue
            leg = leg_day[venue, lane]
            drop = rules.shut_market == CANCEL and (day > leg or (closing and day == leg))
            if not drop and not (unpriced and scratch.venue_due[venue, lane] != DUE_NONE):
                continue
            kind = UNPRICED
            if drop:
                kind = DROPPED_SHUT if day > leg else DROPPED_UNPRICED
                order[a, lane] = 0.0
            noted = remark_nb(journal, kind, event, lane, a, decided_at[lane], rest)
            status = max(status, noted)
    return status


@kernel
def count_pending_nb(world, book):
    """Count unfilled orders by venue, over all lanes.

    Parameters
    ----------
    world : World
    book : Book
        `pending` is written in place. It only saves work: no lane's result depends on it.
    """
    pending, order, venue = book.pending, book.order, world.venue
    for v in range(pending.shape[0]):
        pending[v] = 0
    for a in range(order.shape[0]):
        n = 0
        for lane in range(order.shape[1]):
            n += order[a, lane] != 0.0
        pending[venue[a]] += n
