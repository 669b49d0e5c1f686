"""What a fill moves: shares, cash in each currency, the plan; and what becomes of the rest."""

import numpy as np

from backtest.kernels.funding import mark_due_nb, resize_nb, scale_buys_nb
from backtest.kernels.state import (
    AT_FILL_SIZE,
    BUY,
    CANCEL,
    CLOSE,
    CONVERT_AT_FILL,
    CUT,
    DROPPED_CUT,
    DROPPED_SHUT,
    DROPPED_UNPRICED,
    DUE_NONE,
    FILLED,
    JOURNAL_FULL,
    NEXT_OPEN,
    OK,
    OPEN,
    SELL,
    UNPRICED,
)
from data.jit import kernel


@kernel
def note_nb(journal, kind, event, lane, asset, decision, shares, price, fx, fees, fx_cost):
    """Write one journal entry.

    Parameters
    ----------
    journal : Journal
    kind, event, lane, asset, decision : int
    shares, price, fx, fees, fx_cost : float

    Returns
    -------
    status : int
        OK, or JOURNAL_FULL if there was no room; a journal of length 0 takes nothing and is never full.
    """
    n = journal.count[0]
    if journal.index.shape[0] == 0:
        return OK
    if n >= journal.index.shape[0]:
        return JOURNAL_FULL
    journal.index[n, 0] = kind
    journal.index[n, 1] = event
    journal.index[n, 2] = lane
    journal.index[n, 3] = asset
    journal.index[n, 4] = decision
    journal.value[n, 0] = shares
    journal.value[n, 1] = price
    journal.value[n, 2] = fx
    journal.value[n, 3] = fees
    journal.value[n, 4] = fx_cost
    journal.count[0] = n + 1
    return OK


@kernel
def move_nb(book, record, row, lane, currency, amount, rate):
    """Move a foreign balance, and record what moved at the FX of the moment.

    Parameters
    ----------
    book : Book
    record : Record
    row, lane, currency : int
    amount : float
        Local currency.
    rate : float
        Base per unit.
    """
    book.cash[currency, lane] += amount
    if record.flow.shape[0] > 0:
        record.flow[row, currency, lane] += amount * rate


@kernel
def pay_nb(world, rules, book, event, row, lane, currency, payment, record):
    """Move cash for one fill.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
        `cash` is written in place.
    event, row, lane, currency : int
    payment : float
        Local currency, fees included; negative for proceeds.
    record : Record
        `flow` takes what enters a foreign balance, at the FX of the event.

    Returns
    -------
    fx_cost : float
        Spread paid on conversions, base currency.
    """
    base, spread = rules.base, rules.fx_spread
    rate = world.fx[event, currency]
    if currency == base:
        book.cash[base, lane] -= payment
    elif rules.fx_mode == CONVERT_AT_FILL:
        cost = spread * abs(payment) * rate
        book.cash[base, lane] -= payment * rate + cost
        return cost
    else:
        move_nb(book, record, row, lane, currency, -payment, rate)
    if rules.fx_mode == CONVERT_AT_FILL:
        return 0.0
    cost = 0.0
    if currency != base and book.cash[currency, lane] < 0.0:
        short = -book.cash[currency, lane]
        move_nb(book, record, row, lane, currency, short, rate)
        book.cash[currency, lane] = 0.0
        book.cash[base, lane] -= short * rate * (1.0 + spread)
        cost += short * rate * spread
    for c in range(book.cash.shape[0]):
        short = -book.cash[base, lane]
        balance = book.cash[c, lane]
        if short <= 0.0:
            break
        if c == base or balance <= 0.0:
            continue
        value = balance * world.fx[event, c]
        if value * (1.0 - spread) > short:
            value = short / (1.0 - spread)
            move_nb(book, record, row, lane, c, -value / world.fx[event, c], world.fx[event, c])
            book.cash[base, lane] = 0.0
        else:
            move_nb(book, record, row, lane, c, -balance, world.fx[event, c])
            book.cash[c, lane] = 0.0
            book.cash[base, lane] += value * (1.0 - spread)
        cost += value * spread
    return cost


@kernel
def trade_nb(timeline, world, rules, book, event, asset, lane, price, part, journal, record):
    """Fill one order, whole or in part.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event, asset, lane : int
    price : float
        Local currency, mid.
    part : float
        Part of the order, in (0, 1].
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    side = BUY if book.order[asset, lane] > 0.0 else SELL
    fee_class, currency = world.fee_class[asset], world.currency[asset]
    if part == 1.0:
        shares = book.order[asset, lane]
        book.shares[asset, lane] = book.target[asset, lane]
        book.order[asset, lane] = 0.0
    else:
        shares = part * book.order[asset, lane]
        book.shares[asset, lane] += shares
        book.order[asset, lane] -= shares
    fees = abs(shares) * price * world.fee[timeline.row[event], fee_class, side]
    payment = shares * price + fees
    fx_cost = pay_nb(world, rules, book, event, timeline.row[event], lane, currency, payment, record)
    planned = shares * book.plan_value[asset, lane]
    book.plan_cash[lane] -= planned + abs(planned) * world.cost[book.plan_row[lane], fee_class, side]
    rate = world.fx[event, currency]
    return note_nb(journal, FILLED, event, lane, asset, book.live[lane], shares, price, rate, fees, fx_cost / rate)


@kernel
def fill_due_nb(timeline, world, rules, book, event, immediate, weights, scratch, journal, record):
    """Fill what is due at an event, and settle what becomes of the rest.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or close of a venue, or a decision under `same_close`.
    immediate : bool
        True for the latter.
    weights : ndarray of shape (K, A, L)
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    n_assets, n_lanes = book.order.shape
    row, venue, at_close = timeline.row[event], timeline.venue[event], timeline.kind[event] != OPEN
    mark_due_nb(timeline, world, rules, book, event, immediate, scratch)
    status = OK
    if rules.sizing == AT_FILL_SIZE and not immediate:
        status = resize_nb(timeline, world, book, event, weights, scratch)
        if status != OK:
            return status
    scale_buys_nb(timeline, world, book, event, immediate, scratch)
    for side in (SELL, BUY):  # sells first, so that their proceeds pay
        for a in range(n_assets):
            v = world.venue[a]
            if v != venue and not immediate:
                continue
            price = world.close[row, a] if at_close else world.open[row, a]
            late = rules.fill == NEXT_OPEN and at_close
            if np.isnan(price) or (late and not np.isnan(world.open[row, a])):
                continue
            for lane in range(n_lanes):
                order = book.order[a, lane]
                if order == 0.0 or scratch.venue_due[v, lane] == DUE_NONE or (order > 0.0) != (side == BUY):
                    continue
                part = scratch.scale[lane] if side == BUY else 1.0
                if part > 0.0:
                    status = max(
                        status,
                        trade_nb(timeline, world, rules, book, event, a, lane, price, part, journal, record),
                    )
                if part < 1.0:
                    dropped = rules.shut_market == CANCEL
                    status = max(
                        status,
                        note_nb(
                            journal,
                            DROPPED_CUT if dropped else CUT,
                            event,
                            lane,
                            a,
                            book.live[lane],
                            book.order[a, lane],
                            price,
                            0.0,
                            0.0,
                            0.0,
                        ),
                    )
                    if dropped:
                        book.order[a, lane] = 0.0
    status = max(status, sweep_rest_nb(timeline, world, rules, book, event, immediate, scratch, journal))
    count_pending_nb(world, book)
    return status


@kernel
def sweep_rest_nb(timeline, world, rules, book, event, immediate, scratch, journal):
    """Note orders that found no price, and drop those whose date has passed (`cancel`).

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    immediate : bool
    scratch : Scratch
    journal : Journal

    Returns
    -------
    status : int
    """
    status = OK
    row, venue = timeline.row[event], timeline.venue[event]
    day, closing = timeline.day[row], timeline.kind[event] == CLOSE
    if immediate:
        return status
    for a in range(book.order.shape[0]):
        if world.venue[a] != venue:
            continue
        unpriced = closing and np.isnan(world.close[row, a])
        for lane in range(book.order.shape[1]):
            order = book.order[a, lane]
            if order == 0.0 or timeline.start[event, venue] <= book.decided_at[lane]:
                continue
            leg = book.leg_day[venue, lane]
            drop = rules.shut_market == CANCEL and (day > leg or (closing and day == leg))
            if not drop and not (unpriced and scratch.venue_due[venue, lane] != DUE_NONE):
                continue
            kind = UNPRICED
            if drop:
                kind = DROPPED_SHUT if day > leg else DROPPED_UNPRICED
                book.order[a, lane] = 0.0
            status = max(
                status,
                note_nb(journal, kind, event, lane, a, book.live[lane], order, 0.0, 0.0, 0.0, 0.0),
            )
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
    for v in range(book.pending.shape[0]):
        book.pending[v] = 0
    for a in range(book.order.shape[0]):
        n = 0
        for lane in range(book.order.shape[1]):
            n += book.order[a, lane] != 0.0
        book.pending[world.venue[a]] += n
