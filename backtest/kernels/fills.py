"""What a fill moves: shares, cash in each currency, the plan; and what becomes of the rest."""

import numpy as np

from backtest.kernels.funding import mark_due_nb, resize_nb, scale_buys_nb
from backtest.kernels.state import (
    AT_FILL_SIZE,
    BUY,
    CANCEL,
    CLOSE,
    CUT,
    DROPPED_CUT,
    DROPPED_SHUT,
    DROPPED_UNPRICED,
    DUE_NONE,
    FILLED,
    HOLD_CURRENCY,
    JOURNAL_FULL,
    NEXT_OPEN,
    OK,
    OPEN,
    SELL,
    UNPRICED,
)
from data.jit import kernel


@kernel
def note_nb(entries, amounts, n_entries, kind, event, lane, asset, decision, shares, price, fx, fees, fx_cost):
    """Write one journal entry.

    Parameters
    ----------
    entries, amounts, n_entries : ndarray
        Of the journal; see `Journal`.
    kind, event, lane, asset, decision : int
    shares, price, fx, fees, fx_cost : float

    Returns
    -------
    status : int
        OK, or JOURNAL_FULL if there was no room; a journal of length 0 takes nothing and is never full.
    """
    n = n_entries[0]
    if entries.shape[0] == 0:
        return OK
    if n >= entries.shape[0]:
        return JOURNAL_FULL
    entries[n, 0] = kind
    entries[n, 1] = event
    entries[n, 2] = lane
    entries[n, 3] = asset
    entries[n, 4] = decision
    amounts[n, 0] = shares
    amounts[n, 1] = price
    amounts[n, 2] = fx
    amounts[n, 3] = fees
    amounts[n, 4] = fx_cost
    n_entries[0] = n + 1
    return OK


@kernel
def pay_held_nb(cash, flow, fx, spread, base, event, row, lane, currency, payment):
    """Move cash for one fill under `fx="hold"`.

    Parameters
    ----------
    cash : ndarray of shape (C, L)
        Written in place.
    flow : ndarray of shape (R, C, L) or (0, C, L)
        Takes what enters a foreign balance, in base currency at the FX of the event.
    fx : ndarray of shape (E, C)
    spread : float
        Fraction.
    base, event, row, lane, currency : int
    payment : float
        Local currency, fees included; negative for proceeds.

    Returns
    -------
    fx_cost : float
        Spread paid on conversions, base currency.
    """
    kept = flow.shape[0] > 0
    if currency == base:
        cash[base, lane] -= payment
    else:
        cash[currency, lane] -= payment
        if kept:
            flow[row, currency, lane] -= payment * fx[event, currency]
    cost = 0.0
    if currency != base and cash[currency, lane] < 0.0:
        short = -cash[currency, lane] * fx[event, currency]
        cash[currency, lane] = 0.0
        cash[base, lane] -= short * (1.0 + spread)
        cost += short * spread
        if kept:
            flow[row, currency, lane] += short
    for c in range(cash.shape[0]):
        short = -cash[base, lane]
        balance = cash[c, lane]
        if short <= 0.0:
            break
        if c == base or balance <= 0.0:
            continue
        value = balance * fx[event, c]
        if value * (1.0 - spread) > short:
            value = short / (1.0 - spread)
            cash[c, lane] = balance - value / fx[event, c]
            cash[base, lane] = 0.0
        else:
            cash[c, lane] = 0.0
            cash[base, lane] += value * (1.0 - spread)
        cost += value * spread
        if kept:
            flow[row, c, lane] -= value
    return cost


@kernel
def fill_name_nb(timeline, world, rules, book, event, asset, price, side, scratch, journal, record):
    """Fill the orders of one name on one side, in every lane where they are due.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event, asset : int
    price : float
        Local currency, mid.
    side : int
        BUY or SELL.
    scratch : Scratch
        Reads `venue_due` and `scale`.
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    shares, order, target, cash = book.shares, book.order, book.target, book.cash
    plan_value, plan_cash, plan_row, live = book.plan_value, book.plan_cash, book.plan_row, book.live
    venue_due, scale, cost, fx, flow = scratch.venue_due, scratch.scale, world.cost, world.fx, record.flow
    entries, amounts, n_entries = journal.entries, journal.amounts, journal.n_entries
    begun = book.begun
    row, venue, fee_class, currency = (
        timeline.row[event],
        world.venue[asset],
        world.fee_class[asset],
        world.currency[asset],
    )
    base, spread, holds = rules.base, rules.fx_spread, rules.fx_mode == HOLD_CURRENCY
    dropped = rules.shut_market == CANCEL
    rate, fee = fx[event, currency], world.fee[row, fee_class, side]
    foreign_spread = 0.0 if currency == base else spread
    status = OK
    for lane in range(order.shape[1]):
        wanted = order[asset, lane]
        if wanted == 0.0 or venue_due[venue, lane] == DUE_NONE or (wanted > 0.0) != (side == BUY):
            continue
        part = scale[lane] if side == BUY else 1.0
        if part > 0.0:
            moved = wanted if part == 1.0 else part * wanted
            shares[asset, lane] = target[asset, lane] if part == 1.0 else shares[asset, lane] + moved
            order[asset, lane] = 0.0 if part == 1.0 else wanted - moved
            begun[lane] = 1
            fees = abs(moved) * price * fee
            payment = moved * price + fees
            if holds:
                fx_cost = pay_held_nb(cash, flow, fx, spread, base, event, row, lane, currency, payment)
            else:
                fx_cost = foreign_spread * abs(payment) * rate
                cash[base, lane] -= payment * rate + fx_cost
            planned = moved * plan_value[asset, lane]
            plan_cash[lane] -= planned + abs(planned) * cost[plan_row[lane], fee_class, side]
            note = note_nb(
                entries,
                amounts,
                n_entries,
                FILLED,
                event,
                lane,
                asset,
                live[lane],
                moved,
                price,
                rate,
                fees,
                fx_cost / rate,
            )
            status = max(status, note)
        if part < 1.0:
            rest, kind = order[asset, lane], DROPPED_CUT if dropped else CUT
            if dropped:
                order[asset, lane] = 0.0
            note = note_nb(
                entries, amounts, n_entries, kind, event, lane, asset, live[lane], rest, price, 0.0, 0.0, 0.0
            )
            status = max(status, note)
    return status


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
    order, n_assets = book.order, book.order.shape[0]
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
            if world.venue[a] != venue and not immediate:
                continue
            price = world.close[row, a] if at_close else world.open[row, a]
            late = rules.fill == NEXT_OPEN and at_close
            if np.isnan(price) or (late and not np.isnan(world.open[row, a])):
                continue
            waiting = False
            for lane in range(order.shape[1]):
                waiting |= order[a, lane] > 0.0 if side == BUY else order[a, lane] < 0.0
            if waiting:
                filled = fill_name_nb(timeline, world, rules, book, event, a, price, side, scratch, journal, record)
                status = max(status, filled)
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
    if immediate or (not closing and rules.shut_market != CANCEL):
        return status
    order, start, decided_at, leg_day, live = book.order, timeline.start, book.decided_at, book.leg_day, book.live
    entries, amounts, n_entries = journal.entries, journal.amounts, journal.n_entries
    for a in range(order.shape[0]):
        if world.venue[a] != venue:
            continue
        unpriced = closing and np.isnan(world.close[row, a])
        for lane in range(order.shape[1]):
            rest = order[a, lane]
            if rest == 0.0 or start[event, venue] <= decided_at[lane]:
                continue
            leg = leg_day[venue, lane]
            drop = rules.shut_market == CANCEL and (day > leg or (closing and day == leg))
            if not drop and not (unpriced and scratch.venue_due[venue, lane] != DUE_NONE):
                continue
            kind = UNPRICED
            if drop:
                kind = DROPPED_SHUT if day > leg else DROPPED_UNPRICED
                order[a, lane] = 0.0
            note = note_nb(entries, amounts, n_entries, kind, event, lane, a, live[lane], rest, 0.0, 0.0, 0.0, 0.0)
            status = max(status, note)
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
