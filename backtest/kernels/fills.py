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
from data.costs.kernels.fees import CENTS_PER_ONE, UNITS_PER_ONE, charge_trades_nb
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
def list_orders_nb(world, row, taking, scratch):
    """List the orders of one kind that can fill at the event, and how many shares of each move.

    Parameters
    ----------
    world : World
    row, taking : int
        FORCED, SELL or BUY.
    scratch : Scratch
        Reads `now` and, for buys, `scale`; writes `name`, `lane` and `moved`, in order of name.

    Returns
    -------
    n_orders : int
    """
    now, scale, names, lanes, moved = scratch.now, scratch.scale, scratch.name, scratch.lane, scratch.moved
    lots, n_lanes, n = world.lot[row_of_nb(world.lot, row)], len(scratch.lanes), 0
    for a in range(now.shape[0]):
        for lane in range(n_lanes):
            possible = now[a, lane]
            # Written in any case, and kept by counting on: which orders are buys cannot be guessed.
            names[n], lanes[n], moved[n] = a, lane, possible
            n += possible < 0.0 if taking == SELL else possible > 0.0
    if taking == BUY:
        for k in range(n):
            part, lot = scale[lanes[k]], lots[names[k]]
            if part != 1.0:
                whole = part * moved[k]
                moved[k] = np.trunc(whole / lot + LOT_TOLERANCE) * lot if lot > 0.0 else whole
    return n


@kernel
def charge_orders_nb(world, rules, row, side, prices, n_orders, scratch):
    """Write the fees and the impact of listed orders.

    Parameters
    ----------
    world : World
    rules : Rules
    row, side : int
    prices : ndarray of shape (A,)
    n_orders : int
    scratch : Scratch
        Reads `name` and `moved`; writes `fee` and `impact`, local currency.

    Returns
    -------
    status : int
    """
    names, moved, fee, impact = scratch.name, scratch.moved, scratch.fee, scratch.impact
    class_of, rates = world.fee_class, world.rate
    if not rules.exact_costs:
        for k in range(n_orders):
            fee[k] = abs(moved[k]) * prices[names[k]] * rates[row, class_of[names[k]], side]
            impact[k] = 0.0
        return OK
    picked, consideration, quantity, raw = scratch.picked, scratch.consideration, scratch.quantity, scratch.raw
    whole, cents, margin = scratch.whole_impact, scratch.rate, scratch.margin
    impacts, units = world.impact[row_of_nb(world.impact, row)], world.unit[row_of_nb(world.unit, row)]
    for fee_class in range(world.fees.period.shape[1]):
        n = 0
        for k in range(n_orders):
            a = names[k]
            picked[n], quantity[n], whole[n] = k, abs(moved[k]), impacts[a]
            consideration[n], raw[n] = abs(moved[k]) * prices[a], abs(moved[k]) * units[a]
            n += class_of[a] == fee_class
        for k in range(n):
            whole[k] = consideration[k] * whole[k] * np.sqrt(quantity[k])
        for k in range(n):
            consideration[k] = np.rint(consideration[k] * UNITS_PER_ONE)
        for k in range(n):
            raw[k] = np.rint(raw[k] * UNITS_PER_ONE)
        period = world.fees.period[row, fee_class]
        if charge_trades_nb(world.fees, period, side, consideration, raw, n, cents, margin) >= 0:
            return TRADE_TOO_LARGE
        for k in range(n):
            fee[picked[k]], impact[picked[k]] = cents[k] / CENTS_PER_ONE, whole[k]
    return OK


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
    """
    row, side = timeline.row[event], SELL if taking == SELL else BUY
    prices = world.close[row] if timeline.kind[event] != OPEN else world.open[row]
    n_orders = list_orders_nb(world, row, taking, scratch)
    if n_orders == 0:
        return OK
    status = charge_orders_nb(world, rules, row, side, prices, n_orders, scratch)
    if status != OK:
        return status
    shares, order, target, forced, begun = book.shares, book.order, book.target, book.forced, book.begun
    plan_value, plan_cost = book.plan_value, book.plan_cost
    plan_cash, plan_incoming = book.plan_cash, book.plan_incoming
    cash, unsettled, incoming, decided_at = book.cash, book.unsettled, book.incoming, book.decided_at
    names, lanes, moves, fees, impacts = scratch.name, scratch.lane, scratch.moved, scratch.fee, scratch.impact
    entries, amounts, n_entries, flow = journal.entries, journal.amounts, journal.n_entries, record.flow
    venue_of, currency_of, settle_slot, fx = world.venue, world.currency, world.settle_slot, world.fx[event]
    lots, half_spreads = world.lot[row_of_nb(world.lot, row)], world.half_spread[row_of_nb(world.half_spread, row)]
    base, fx_spread, holds = rules.base, rules.fx_spread, rules.fx_mode == HOLD_CURRENCY
    drops, scale, before = rules.shut_market == CANCEL and taking != FORCED, scratch.scale, scratch.before
    for k in range(n_orders):
        a, lane, moved = names[k], lanes[k] if len(scratch.lanes) > 1 else 0, moves[k]
        currency, wanted = currency_of[a], order[a, lane]
        decided = forced[a, lane] if taking == FORCED else decided_at[lane]
        if moved != 0.0:
            price, rate, slot = prices[a], fx[currency], settle_slot[row, venue_of[a]]
            half_spread = abs(moved) * price * half_spreads[a]
            payment = moved * price + fees[k] + half_spread + impacts[k]
            fx_cost = pay_nb(
                cash, unsettled, incoming, flow, fx, fx_spread, base, holds, slot, row, lane, currency, payment, before
            )
            begun[lane] = 1
            noted = note_nb(
                entries, amounts, n_entries, FILLED, event, lane, a, decided, moved, price, rate, fees[k],
                half_spread, impacts[k], fx_cost / rate,
            )  # fmt: skip
            status = max(status, noted)
            is_whole = abs(wanted - moved) <= LOT_TOLERANCE * lots[a]
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
            is_cut = taking == BUY and scale[lane] != 1.0
            what = CUT if is_cut else CAPPED
            if drops:
                what = DROPPED_CUT if is_cut else DROPPED_CAPPED
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
    pending, order, venue, n_lanes = book.pending, book.order, world.venue, len(scratch.lanes)
    for v in range(pending.shape[0]):
        n = 0
        for a in range(order.shape[0]):
            for lane in range(n_lanes):
                n += int(venue[a] == v) & int(order[a, lane] != 0.0)
        pending[v] = n
