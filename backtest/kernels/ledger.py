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
    AT_FILL_SIZE,
    BEGIN,
    CANCEL,
    CLOSE,
    DECIDE,
    EX_DATE,
    MARK,
    NAV_NOT_POSITIVE,
    NEXT_OPEN,
    OK,
    OPEN,
    PASSED_OVER,
    SAME_CLOSE,
)
from backtest.kernels.valuing import value_lanes_nb, value_names_nb
from data.jit import kernel, leaf, part


@leaf
def begin_row_nb(timeline, world, rules, book, event, row, scratch, journal, record):
    """Interest, carry, settlement, payments and recalls, in this order.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event, row : int
    scratch : Scratch
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    fx = world.fx[event]
    accrue_nb(
        scratch.lanes, world.credit, world.debit, book.cash, book.unsettled, book.begun, fx, rules.base, row,
        record.interest, record.flow,
    )  # fmt: skip
    if rules.has_carry:
        carry_nb(world, book, fx, rules.base, row, record)
    settle_nb(scratch.lanes, book.unsettled, book.incoming, book.plan_incoming, row % book.unsettled.shape[0])
    status = OK
    if world.actions.pay_first[row] < world.actions.pay_first[row + 1]:
        status = pay_due_nb(world, rules, book, event, row, journal)
    if rules.has_shorts:
        recalled = recall_nb(timeline, world, book, event, row, journal)
        status = max(status, recalled)
        count_pending_nb(world, book, scratch)
    return status


@leaf
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
    n_assets, n_lanes = asked.shape[0], len(scratch.lanes)
    status = OK
    for a in range(n_assets):
        for lane in range(n_lanes):
            asked[a, lane] = weights[decision, a, lane]
    for lane in range(n_lanes):
        active[lane] = 0
        for a in range(n_assets):
            if not np.isnan(asked[a, lane]):
                active[lane] = 1
                break
    for lane in range(n_lanes):
        if active[lane] and timeline.day[row] < book.stopped_until[lane]:
            active[lane] = 0
            noted = remark_nb(journal, PASSED_OVER, event, lane, -1, stamp, 0.0)
            status = max(status, noted)
    decides = False
    for lane in range(n_lanes):
        decides |= active[lane] != 0
    if not decides:
        return status
    value_names_nb(book.last_price, world.fx[event], world.currency, scratch.value)
    if rules.rebalance_band > 0.0 or rules.no_trade_band > 0.0:
        value_lanes_nb(scratch, book.cash, book.due, book.shares, world.fx[event], nav)
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
            for a in range(n_assets if rules.sizing == AT_FILL_SIZE else 0):
                live[a, lane] = asked[a, lane]
    if rules.fill == SAME_CLOSE:
        filled = fill_due_nb(timeline, world, rules, book, event, scratch, journal, record)
        status = max(status, filled)
    if rules.shut_market == CANCEL:
        planned = plan_legs_nb(timeline, world, book, event, scratch, journal)
        status = max(status, planned)
    count_pending_nb(world, book, scratch)
    return status


@leaf
def close_venue_nb(world, book, row, venue):
    """Let the closes of a venue's session become last prices.

    Parameters
    ----------
    world : World
    book : Book
        `last_price` and `last_session` are written in place.
    row, venue : int
    """
    last_price, closed, venue_of = book.last_price, world.close, world.venue
    book.last_session[venue] = row
    for a in range(last_price.shape[0]):
        takes = (venue_of[a] == np.uint64(venue)) & ~np.isnan(closed[row, a])
        last_price[a] = closed[row, a] if takes else last_price[a]


@leaf
def mark_nb(world, book, event, row, scratch, record):
    """Mark every lane at the last prices known.

    Parameters
    ----------
    world : World
    book : Book
    event, row : int
    scratch : Scratch
        `value` is written in place: base value of one share.
    record : Record
    """
    # Names and lanes are valued in one pass, not in two: that is most of a day on which nothing trades.
    last_price, shares, cash, due, value = book.last_price, book.shares, book.cash, book.due, scratch.value
    fx, currency_of, n_lanes = world.fx[event], world.currency, len(scratch.lanes)
    nav_out, money_out = record.nav[row], record.money[row]
    for lane in range(n_lanes):
        nav_out[lane], money_out[lane] = 0.0, 0.0
    nav = 0.0  # of a single lane: kept in a register
    for a in range(value.shape[0]):
        value[a] = last_price[a] * fx[currency_of[a]]
        for lane in range(n_lanes):
            if n_lanes == 1:
                nav += shares[a, lane] * value[a]
            else:
                nav_out[lane] += shares[a, lane] * value[a]
    for lane in range(n_lanes):
        nav_out[lane] += nav
    for c in range(cash.shape[0]):
        for lane in range(n_lanes):
            money = (cash[c, lane] + due[c, lane]) * fx[c]
            nav_out[lane] += money
            money_out[lane] += money
    if record.shares.shape[0] == 0:
        return
    price_out, shares_out, cash_out, due_out = record.price, record.shares, record.cash, record.due
    for a in range(value.shape[0]):
        price_out[row, a] = last_price[a]
        for lane in range(len(scratch.lanes)):
            shares_out[row, a, lane] = shares[a, lane]
    for c in range(cash.shape[0]):
        for lane in range(len(scratch.lanes)):
            cash_out[row, c, lane] = cash[c, lane]
            due_out[row, c, lane] = due[c, lane]
    open_items_nb(scratch.lanes, book.unsettled, book.incoming, row, record.receivable, record.payable)


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
        OK, NAV_NOT_POSITIVE, JOURNAL_FULL or TRADE_TOO_LARGE.
    event : int
        Where it stopped: `last` if all went well.
    """
    return run_events_nb(
        refer_nb(timeline, None),
        refer_nb(world, None),
        refer_nb(rules, None),
        refer_nb(book, scratch.lanes),
        weights,
        first,
        last,
        refer_nb(scratch, scratch.lanes),
        refer_nb(journal, None),
        refer_nb(record, None),
    )


@part
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
    kinds, rows, venues, pending = timeline.kind, timeline.row, timeline.venue, book.pending
    watches = rules.stop_drawdown > 0.0 or rules.maintenance_margin > 0.0
    for event in range(first, last):
        kind, row, venue = kinds[event], rows[event], venues[event]
        status = OK
        if kind == BEGIN:
            status = begin_row_nb(timeline, world, rules, book, event, row, scratch, journal, record)
        elif kind == EX_DATE:
            status = go_ex_nb(world, rules, book, event, row, timeline.decision[event], journal, record)
            count_pending_nb(world, book, scratch)
        elif kind == OPEN:
            if rules.fill == NEXT_OPEN and pending[venue] > 0:
                status = fill_due_nb(timeline, world, rules, book, event, scratch, journal, record)
        elif kind == CLOSE:
            close_venue_nb(world, book, row, venue)
            if rules.reinvests:
                status = reinvest_nb(world, rules, book, event, row, venue, journal, record)
            if pending[venue] > 0:
                filled = fill_due_nb(timeline, world, rules, book, event, scratch, journal, record)
                status = max(status, filled)
        elif kind == DECIDE:
            status = decide_nb(timeline, world, rules, book, event, weights, scratch, journal, record)
        elif kind == MARK:
            mark_nb(world, book, event, row, scratch, record)
            if watches:
                status = watch_nb(timeline, world, rules, book, event, row, record.nav[row], scratch, journal)
                count_pending_nb(world, book, scratch)
        if status != OK:
            return status, event
    return OK, last
