"""The ledger: one pass over the timeline, in lanes."""

import numpy as np

from backtest.kernels.fills import count_pending_nb, fill_due_nb, note_nb
from backtest.kernels.sizing import size_orders_nb, value_lanes_nb, value_names_nb
from backtest.kernels.state import (
    ACCRUE,
    CANCEL,
    CLOSE,
    DECIDE,
    DROPPED_SHUT,
    MARK,
    NEXT_OPEN,
    NO_CLOSE,
    NO_OPEN,
    OK,
    OPEN,
    SAME_CLOSE,
    WHOLE_BAR,
)
from data.jit import kernel


@kernel
def accrue_nb(world, book, row, record):
    """Pay a row's interest on each balance.

    Parameters
    ----------
    world : World
    book : Book
        `cash` is written in place, in lanes that have filled once.
    row : int
    record : Record
    """
    cash, begun, paid = book.cash, book.begun, record.interest
    for c in range(cash.shape[0]):
        credit, debit = world.credit[row, c], world.debit[row, c]
        for lane in range(cash.shape[1]):
            balance = cash[c, lane]
            interest = 0.0
            if begun[lane]:
                interest = balance * (credit if balance >= 0.0 else debit)
            cash[c, lane] = balance + interest
            if paid.shape[0] > 0:
                paid[row, c, lane] = interest


@kernel
def plan_legs_nb(timeline, world, book, event, scratch, journal):
    """Find the one date on which each venue's orders may fill under `cancel`, and drop those that cannot.

    Parameters
    ----------
    timeline : Timeline
    world : World
    book : Book
        `leg_day` and `order` of active lanes are written in place.
    event : int
        The decision.
    scratch : Scratch
        `venue_due` is used to note which venues have orders.
    journal : Journal

    Returns
    -------
    status : int
    """
    n_venues, n_lanes = book.leg_day.shape
    decision = timeline.decision[event]
    far = np.iinfo(np.int64).max
    for v in range(n_venues):
        for lane in range(n_lanes):
            scratch.venue_due[v, lane] = 0
    for a in range(book.order.shape[0]):
        for lane in range(n_lanes):
            if book.order[a, lane] != 0.0:
                scratch.venue_due[world.venue[a], lane] = 1
    for lane in range(n_lanes):
        if not scratch.active[lane]:
            continue
        trade_day = far
        for v in range(n_venues):
            if scratch.venue_due[v, lane]:
                trade_day = min(trade_day, timeline.first_day[decision, v])
        after = far
        for v in range(n_venues):
            if scratch.venue_due[v, lane]:
                first = timeline.first_day[decision, v]
                after = min(after, first if first > trade_day else timeline.second_day[decision, v])
        for v in range(n_venues):
            over = timeline.last_day[decision, v] == trade_day
            book.leg_day[v, lane] = after if over else trade_day
    status = OK
    for a in range(book.order.shape[0]):
        v = world.venue[a]
        for lane in range(n_lanes):
            order, leg = book.order[a, lane], book.leg_day[v, lane]
            if not scratch.active[lane] or order == 0.0 or leg == far:
                continue
            held = leg in (timeline.first_day[decision, v], timeline.second_day[decision, v])
            if not held and timeline.surprise_day[decision, v] != leg:
                note = note_nb(
                    journal.entries,
                    journal.amounts,
                    journal.n_entries,
                    DROPPED_SHUT,
                    event,
                    lane,
                    a,
                    decision,
                    order,
                    0.0,
                    0.0,
                    0.0,
                    0.0,
                )
                status = max(status, note)
                book.order[a, lane] = 0.0
    return status


@kernel
def decide_nb(timeline, world, rules, book, event, weights, scratch, journal, record):
    """Size the orders of a decision; they replace every unfilled one.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    weights : ndarray of shape (K, A, L)
        A lane whose row is all NaN is left alone, unfilled orders included.
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    decision, row = timeline.decision[event], timeline.row[event]
    n_assets, n_lanes = scratch.asked.shape
    for lane in range(n_lanes):
        scratch.active[lane] = 0
    asked, active = scratch.asked, scratch.active
    for a in range(n_assets):
        for lane in range(n_lanes):
            weight = weights[decision, a, lane]
            asked[a, lane] = weight
            active[lane] |= not np.isnan(weight)
    value_names_nb(world, book, event, scratch.value)
    status = size_orders_nb(world, book, event, row, scratch.value, scratch)
    if status != OK:
        return status
    for lane in range(n_lanes):
        if scratch.active[lane]:
            book.decided_at[lane] = timeline.stamp[event]
            book.live[lane] = decision
    if rules.fill == SAME_CLOSE:
        status = fill_due_nb(timeline, world, rules, book, event, True, weights, scratch, journal, record)
    if rules.shut_market == CANCEL:
        status = max(status, plan_legs_nb(timeline, world, book, event, scratch, journal))
    count_pending_nb(world, book)
    return status


@kernel
def mark_nb(world, book, event, row, scratch, record):
    """Mark every lane at the last prices known.

    Parameters
    ----------
    world : World
    book : Book
    event, row : int
    scratch : Scratch
    record : Record
    """
    value_names_nb(world, book, event, scratch.value)
    value_lanes_nb(world, book, event, scratch.value, record.nav[row])
    if record.shares.shape[0] > 0:
        record.shares[row] = book.shares
    if record.cash.shape[0] > 0:
        record.cash[row] = book.cash


@kernel
def run_ledger_nb(timeline, world, rules, book, weights, first, last, scratch, journal, record):
    """Run events first to last - 1 of the timeline.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
        Opening state in, closing state out.
    weights : ndarray of shape (K, A, L)
        Target weights by decision, name and lane; NaN: hold the name; a row all NaN: leave alone.
    first, last : int
        Range of events; running a..b and then b..c gives the bytes of a..c.
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
        OK, NAV_NOT_POSITIVE or JOURNAL_FULL.
    event : int
        Where it stopped: `last` if all went well.
    """
    kinds, rows, venues = timeline.kind, timeline.row, timeline.venue
    pending, last_price, last_bar = book.pending, book.last_price, book.last_bar
    opened, close, venue_of = world.open, world.close, world.venue
    n_assets = last_price.shape[0]
    for event in range(first, last):
        kind, row, venue = kinds[event], rows[event], venues[event]
        status = OK
        if kind == ACCRUE:
            accrue_nb(world, book, row, record)
        elif kind == OPEN:
            if rules.fill == NEXT_OPEN and pending[venue] > 0:
                status = fill_due_nb(timeline, world, rules, book, event, False, weights, scratch, journal, record)
        elif kind == CLOSE:
            for a in range(n_assets):
                if venue_of[a] == venue:
                    last_bar[a] = NO_CLOSE
                    if not np.isnan(close[row, a]):
                        last_bar[a] = NO_OPEN if np.isnan(opened[row, a]) else WHOLE_BAR
                        last_price[a] = close[row, a]
            if pending[venue] > 0:
                status = fill_due_nb(timeline, world, rules, book, event, False, weights, scratch, journal, record)
        elif kind == DECIDE:
            status = decide_nb(timeline, world, rules, book, event, weights, scratch, journal, record)
        elif kind == MARK:
            mark_nb(world, book, event, row, scratch, record)
        if status != OK:
            return status, event
    return OK, last
