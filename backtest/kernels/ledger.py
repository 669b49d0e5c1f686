"""The ledger: one pass over the timeline, in lanes."""

import numpy as np

from backtest.kernels.actions import go_ex_nb, pay_due_nb, reinvest_nb
from backtest.kernels.fills import count_pending_nb, fill_due_nb
from backtest.kernels.journal import remark_nb
from backtest.kernels.money import accrue_nb, carry_nb, open_items_nb, settle_nb
from backtest.kernels.overlays import plan_legs_nb, recall_nb, watch_nb
from backtest.kernels.references import refer_nb
from backtest.kernels.sizing import keep_to_bands_nb, size_orders_nb
from backtest.kernels.state import (
    BEGIN,
    CANCEL,
    CLOSE,
    DECIDE,
    EX_DATE,
    MARK,
    NAV_NOT_POSITIVE,
    NEXT_OPEN,
    NO_CLOSE,
    NO_OPEN,
    OK,
    OPEN,
    PASSED_OVER,
    SAME_CLOSE,
    WHOLE_BAR,
)
from backtest.kernels.valuing import value_lanes_nb, value_names_nb
from data.jit import kernel


@kernel
def begin_row_nb(timeline, world, rules, book, event, row, journal, record):
    """Interest, carry, settlement, payments and recalls, in this order.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event, row : int
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    fx = world.fx[event]
    accrue_nb(
        world.credit, world.debit, book.cash, book.unsettled, book.begun, fx, rules.base, row,
        record.interest, record.flow,
    )  # fmt: skip
    if rules.has_carry:
        carry_nb(world, book, fx, rules.base, row, record.borrow, record.withheld, record.flow)
    settle_nb(book.unsettled, book.incoming, book.plan_incoming, row % book.unsettled.shape[0])
    status = OK
    if world.actions.pay_first[row] < world.actions.pay_first[row + 1]:
        status = pay_due_nb(world, rules, book, event, row, journal)
    if rules.has_shorts:
        recalled = recall_nb(timeline, world, book, event, row, journal)
        status = max(status, recalled)
        count_pending_nb(world, book)
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
    decision, row, stamp = timeline.decision[event], timeline.row[event], timeline.stamp[event]
    asked, active, nav = scratch.asked, scratch.active, scratch.nav
    n_assets, n_lanes = asked.shape
    status = OK
    for lane in range(n_lanes):
        active[lane] = 0
    for a in range(n_assets):
        for lane in range(n_lanes):
            weight = weights[decision, a, lane]
            asked[a, lane] = weight
            active[lane] |= not np.isnan(weight)
    for lane in range(n_lanes):
        if active[lane] and timeline.day[row] < book.stopped_until[lane]:
            active[lane] = 0
            noted = remark_nb(journal, PASSED_OVER, event, lane, -1, stamp, 0.0)
            status = max(status, noted)
    value_names_nb(book.last_price, world.fx[event], world.currency, scratch.value)
    if rules.rebalance_band > 0.0 or rules.no_trade_band > 0.0:
        value_lanes_nb(book.cash, book.due, book.shares, world.fx[event], scratch.value, nav)
        for lane in range(n_lanes):
            if active[lane] and not nav[lane] > 0.0:
                return NAV_NOT_POSITIVE
        keep_to_bands_nb(rules, book.shares, scratch.value, scratch)
    sized = size_orders_nb(timeline, world, rules, book, event, scratch, journal)
    if sized != OK:
        return sized
    decided_at, live = book.decided_at, book.asked
    for lane in range(n_lanes):
        if active[lane]:
            decided_at[lane] = stamp
            for a in range(n_assets):
                live[a, lane] = asked[a, lane]
    if rules.fill == SAME_CLOSE:
        filled = fill_due_nb(timeline, world, rules, book, event, scratch, journal, record)
        status = max(status, filled)
    if rules.shut_market == CANCEL:
        planned = plan_legs_nb(timeline, world, book, event, scratch, journal)
        status = max(status, planned)
    count_pending_nb(world, book)
    return status


@kernel
def mark_nb(book, row, event_fx, currency, value, record):
    """Mark every lane at the last prices known.

    Parameters
    ----------
    book : Book
    row : int
    event_fx : ndarray of shape (C,)
    currency : ndarray of shape (A,)
    value : ndarray of shape (A,)
        Written in place: base value of one share.
    record : Record
    """
    value_names_nb(book.last_price, event_fx, currency, value)
    value_lanes_nb(book.cash, book.due, book.shares, event_fx, value, record.nav[row])
    if record.shares.shape[0] > 0:
        record.price[row, :] = 0.0
        for a in range(value.shape[0]):
            record.price[row, a] = book.last_price[a]
            for lane in range(book.shares.shape[1]):
                record.shares[row, a, lane] = book.shares[a, lane]
        for c in range(book.cash.shape[0]):
            for lane in range(book.shares.shape[1]):
                record.cash[row, c, lane] = book.cash[c, lane]
                record.due[row, c, lane] = book.due[c, lane]
        open_items_nb(book.unsettled, book.incoming, row, record.receivable, record.payable)


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
    return run_events_nb(
        refer_nb(timeline),
        refer_nb(world),
        refer_nb(rules),
        refer_nb(book),
        weights,
        first,
        last,
        refer_nb(scratch),
        refer_nb(journal),
        refer_nb(record),
    )


@kernel
def run_events_nb(timeline, world, rules, book, weights, first, last, scratch, journal, record):
    """Run events by reference; see `run_ledger_nb`.

    Parameters
    ----------
    timeline : reference to Timeline
    world : reference to World
    rules : reference to Rules
    book : reference to Book
    weights : ndarray of shape (K, A, L)
    first, last : int
    scratch : reference to Scratch
    journal : reference to Journal
    record : reference to Record

    Returns
    -------
    status, event : int
    """
    kinds, rows, venues = timeline.kind, timeline.row, timeline.venue
    pending, last_price, last_bar = book.pending, book.last_price, book.last_bar
    opened, close, venue_of, currency, fx = world.open, world.close, world.venue, world.currency, world.fx
    n_assets = last_price.shape[0]
    watches = rules.stop_drawdown > 0.0 or rules.maintenance_margin > 0.0
    for event in range(first, last):
        kind, row, venue = kinds[event], rows[event], venues[event]
        status = OK
        if kind == BEGIN:
            status = begin_row_nb(timeline, world, rules, book, event, row, journal, record)
        elif kind == EX_DATE:
            status = go_ex_nb(world, rules, book, event, row, timeline.decision[event], journal, record)
            count_pending_nb(world, book)
        elif kind == OPEN:
            if rules.fill == NEXT_OPEN and pending[venue] > 0:
                status = fill_due_nb(timeline, world, rules, book, event, scratch, journal, record)
        elif kind == CLOSE:
            for a in range(n_assets):
                if venue_of[a] == venue:
                    last_bar[a] = NO_CLOSE
                    if not np.isnan(close[row, a]):
                        last_bar[a] = NO_OPEN if np.isnan(opened[row, a]) else WHOLE_BAR
                        last_price[a] = close[row, a]
            if rules.reinvests:
                status = reinvest_nb(world, rules, book, event, row, venue, journal, record)
            if pending[venue] > 0:
                filled = fill_due_nb(timeline, world, rules, book, event, scratch, journal, record)
                status = max(status, filled)
        elif kind == DECIDE:
            status = decide_nb(timeline, world, rules, book, event, weights, scratch, journal, record)
        elif kind == MARK:
            mark_nb(book, row, fx[event], currency, scratch.value, record)
            if watches:
                status = watch_nb(timeline, world, rules, book, event, row, record.nav[row], scratch, journal)
                count_pending_nb(world, book)
        if status != OK:
            return status, event
    return OK, last
