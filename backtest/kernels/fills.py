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
    FORCED,
    HOLD_CURRENCY,
    LOT_TOLERANCE,
    NEXT_OPEN,
    OK,
    OPEN,
    SELL,
    TRADE_TOO_LARGE,
    UNPRICED,
)
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import CENTS_PER_ONE, NO_FEE, fee_cents_nb, units_nb
from data.jit import kernel


@kernel
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
    row, venue, at_close = timeline.row[event], timeline.venue[event], timeline.kind[event] != OPEN
    for a in range(order.shape[0]):
        price = closed[row, a] if at_close else opened[row, a]
        late = not at_close or rules.fill != NEXT_OPEN or np.isnan(opened[row, a])
        fills = venue_of[a] == venue and late and not np.isnan(price)
        for lane in range(n_lanes):
            now[a, lane] = order[a, lane] if fills and forced[a, lane] else 0.0


@kernel
def fill_pass_nb(timeline, world, rules, book, event, taking, scratch, journal, record):
    """Fill what can fill at the event of one kind of order: buy-ins, sells or buys.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or close of a venue, or a decision under `same_close`.
    taking : int
        FORCED, SELL or BUY.
    scratch : Scratch
        Reads `now` and, for buys, `scale`.
    journal : Journal
    record : Record

    Returns
    -------
    status : int

    Notes
    -----
    Nearly all the time of a run with real costs is spent in this loop: what it reads is unpacked above it.
    """
    shares, order, target, forced, begun = book.shares, book.order, book.target, book.forced, book.begun
    plan_value, plan_cost, plan_cash, plan_incoming = (
        book.plan_value,
        book.plan_cost,
        book.plan_cash,
        book.plan_incoming,
    )
    cash, unsettled, incoming, decided_at = book.cash, book.unsettled, book.incoming, book.decided_at
    now, scale, before, n_lanes = scratch.now, scratch.scale, scratch.before, len(scratch.lanes)
    entries, amounts, n_entries, flow = journal.entries, journal.amounts, journal.n_entries, record.flow
    row, venue, kind = timeline.row[event], timeline.venue[event], timeline.kind[event]
    venue_of, currency_of, class_of, settle_slot = world.venue, world.currency, world.fee_class, world.settle_slot
    prices = world.close[row] if kind != OPEN else world.open[row]
    fx, rates, fees_of = world.fx[event], world.rate[row], world.fees
    lots, units = world.lot[row_of_nb(world.lot, row)], world.unit[row_of_nb(world.unit, row)]
    half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
    impacts = world.impact[row_of_nb(world.impact, row)]
    exact, base, fx_spread, holds = rules.exact_costs, rules.base, rules.fx_spread, rules.fx_mode == HOLD_CURRENCY
    drops = rules.shut_market == CANCEL and taking != FORCED
    status = OK
    for a in range(order.shape[0]):
        if venue_of[a] != venue and kind != DECIDE:
            continue
        price, currency, fee_class, lot = prices[a], currency_of[a], class_of[a], lots[a]
        slot, rate = settle_slot[row, venue_of[a]], fx[currency_of[a]]
        for lane in range(n_lanes):
            possible = now[a, lane]
            if possible == 0.0 or (taking != FORCED and (possible > 0.0) != (taking == BUY)):
                continue
            wanted, part = order[a, lane], scale[lane] if taking == BUY else 1.0
            moved = possible
            if part != 1.0:
                moved = part * possible
                if lot > 0.0:
                    moved = np.trunc(moved / lot + LOT_TOLERANCE) * lot
            decided = forced[a, lane] if taking == FORCED else decided_at[lane]
            if moved != 0.0:
                count = abs(moved)
                notional = count * price
                side = BUY if moved > 0.0 else SELL
                impact = 0.0
                if exact:
                    consideration, raw = units_nb(notional), units_nb(count * units[a])
                    cents = fee_cents_nb(fees_of, row, fee_class, side, consideration, raw)
                    if cents == NO_FEE:
                        return TRADE_TOO_LARGE
                    fees = cents / CENTS_PER_ONE
                    impact = notional * impacts[a] * np.sqrt(count)
                else:
                    fees = notional * rates[fee_class, side]
                half_spread = notional * half_spreads[a]
                payment = moved * price + fees + half_spread + impact
                fx_cost = pay_nb(
                    cash, unsettled, incoming, flow, fx, fx_spread, base, holds, slot, row, lane, currency, payment,
                    before,
                )  # fmt: skip
                begun[lane] = 1
                noted = note_nb(
                    entries, amounts, n_entries, FILLED, event, lane, a, decided, moved, price, rate, fees,
                    half_spread, impact, fx_cost / rate,
                )  # fmt: skip
                status = max(status, noted)
                is_whole = abs(wanted - moved) <= LOT_TOLERANCE * lot
                shares[a, lane] = target[a, lane] if is_whole else shares[a, lane] + moved
                order[a, lane] = 0.0 if is_whole else wanted - moved
                if taking == FORCED:
                    forced[a, lane] = 0
                    continue
                value = moved * plan_value[a, lane]
                received = -value - abs(value) * plan_cost[a, lane]
                plan_cash[lane] += received
                if taking == SELL:
                    plan_incoming[slot, lane] += received
            if order[a, lane] != 0.0:
                what = CAPPED if part == 1.0 else CUT
                if drops:
                    what = DROPPED_CAPPED if part == 1.0 else DROPPED_CUT
                noted = remark_nb(journal, what, event, lane, a, decided, order[a, lane])
                status = max(status, noted)
                if drops:
                    order[a, lane] = 0.0
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
        take_forced_nb(timeline, world, rules, book, event, scratch)
        status = fill_pass_nb(timeline, world, rules, book, event, FORCED, scratch, journal, record)
    mark_due_nb(timeline, world, rules, book, event, scratch)
    if rules.sizing == AT_FILL_SIZE and at_session:
        resized = resize_nb(timeline, world, rules, book, event, scratch, journal)
        if resized != OK:
            return resized
    gathered = gather_due_nb(timeline, world, rules, book, event, scratch, journal)
    status = max(status, gathered)
    for taking in (SELL, BUY):  # sells first, so that their proceeds pay
        if taking == BUY:
            scale_buys_nb(rules, book, scratch)
        filled = fill_pass_nb(timeline, world, rules, book, event, taking, scratch, journal, record)
        status = max(status, filled)
    if at_session:
        rested = sweep_rest_nb(timeline, world, rules, book, event, scratch, journal)
        status = max(status, rested)
    count_pending_nb(world, book, scratch)
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


@kernel
def count_pending_nb(world, book, scratch):
    """Count unfilled orders by venue, over all lanes.

    Parameters
    ----------
    world : World
    book : Book
        `pending` is written in place. It only saves work: no lane's result depends on it.
    scratch : Scratch
    """
    pending, order, venue = book.pending, book.order, world.venue
    for v in range(pending.shape[0]):
        pending[v] = 0
    for a in range(order.shape[0]):
        n = 0
        for lane in range(len(scratch.lanes)):
            n += order[a, lane] != 0.0
        pending[venue[a]] += n
