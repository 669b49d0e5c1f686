"""The ledger for many lanes at once under the common rules, without a journal; its results are bytes of `ledger`.

One lane is fastest as lists of orders; many are fastest as vectors of lanes, which know no rule that treats lanes apart
by branches. What is common to both, and what is rare, is called from here and lives there.
"""

import numpy as np

from backtest.kernels.actions import go_ex_nb, pay_due_nb, reinvest_nb
from backtest.kernels.references import refer_nb
from backtest.kernels.sizing import keep_to_bands_nb
from backtest.kernels.state import (
    BEGIN,
    CLOSE,
    DECIDE,
    EX_DATE,
    MARK,
    NAV_NOT_POSITIVE,
    NEXT_OPEN,
    OK,
    OPEN,
    SAME_CLOSE,
)
from backtest.kernels.valuing import row_of_nb, value_names_nb
from backtest.kernels.wide_asking import ask_baskets_nb, ask_weights_nb
from backtest.kernels.wide_fills import count_wide_nb, fill_wide_nb
from backtest.kernels.wide_money import accrue_wide_nb, carry_wide_nb, close_wide_nb, settle_wide_nb, value_wide_nb
from backtest.kernels.wide_sizing import size_wide_nb
from data.jit import kernel, leaf, part


@leaf
def begin_wide_nb(world, rules, book, event, row, scratch, journal, record):
    """Interest, carry, settlement and payments, in this order.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
    event, row : int
    scratch : Scratch
    journal : Journal
    record : Record
    """
    slot = row % book.unsettled.shape[0]
    accrue_wide_nb(world.credit[row], world.debit[row], book.cash, book.unsettled, book.begun, scratch.total)
    if rules.has_carry:
        longs = world.carry_long[row_of_nb(world.carry_long, row)]
        shorts = world.carry_short[row_of_nb(world.carry_short, row)]
        carry_wide_nb(
            longs, shorts, book.last_price, world.currency, world.fx[event], book.begun, book.shares, book.cash,
            record.paid[row],
        )  # fmt: skip
    settle_wide_nb(book.unsettled[slot], book.incoming[slot], book.plan_incoming[slot])
    if world.actions.pay_first[row] < world.actions.pay_first[row + 1]:
        pay_due_nb(world, rules, book, event, row, journal)


@part
def decide_wide_nb(timeline, world, rules, book, event, asks, scratch, record):
    """Size the orders of a decision; they replace every unfilled one.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    asks : Asks
    scratch : Scratch
    record : Record

    Returns
    -------
    status : int
    """
    decision, row, stamp = timeline.decision[event], timeline.row[event], timeline.stamp[event]
    active, decided_at, n_lanes, n_active = scratch.active, book.decided_at, len(scratch.lanes), 0
    if asks.inner.shape[0] > 0:
        ask_baskets_nb(asks.inner[decision], asks.shares[decision % len(asks.shares)], scratch.asked, active)
    else:
        ask_weights_nb(asks.weights[decision], scratch.asked, active)
    for lane in range(n_lanes):
        n_active += active[lane]
    if n_active == 0:
        return OK
    value_names_nb(book.last_price, world.fx[event], world.currency, scratch.value)
    if rules.rebalance_band > 0.0 or rules.no_trade_band > 0.0:
        value_wide_nb(
            book.shares, scratch.value, book.cash, book.due, world.fx[event], scratch.nav, scratch.total
        )  # fmt: skip
        for lane in range(n_lanes):
            if active[lane] and not scratch.nav[lane] > 0.0:
                return NAV_NOT_POSITIVE
        keep_to_bands_nb(rules, book.shares, scratch.value, scratch)
    if size_wide_nb(world, rules, book, event, row, scratch) != OK:
        return NAV_NOT_POSITIVE
    for lane in range(n_lanes):
        decided_at[lane] = stamp if active[lane] else decided_at[lane]
    if rules.fill == SAME_CLOSE:
        return fill_wide_nb(timeline, world, rules, book, event, scratch, record)
    for a in range(scratch.value.shape[0]):
        book.pending[world.venue[a]] = 1  # only 0 has a meaning
    return OK


@kernel
def run_wide_nb(timeline, world, rules, book, asks, first, last, scratch, journal, record):
    """Run events first to last - 1 of the timeline; see `ledger.run_ledger_nb`.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
        For which `is_common` holds.
    book : Book
        Opening state in, closing state out.
    asks : Asks
    first, last : int
    scratch : Scratch
    journal : Journal
        Of length 0.
    record : Record
        NAV and the tallies alone.

    Returns
    -------
    status : int
        OK, NAV_NOT_POSITIVE or TRADE_TOO_LARGE.
    event : int
    """
    return run_wide_events_nb(
        refer_nb(timeline, None),
        refer_nb(world, None),
        refer_nb(rules, None),
        refer_nb(book, scratch.lanes),
        refer_nb(asks, None),
        first,
        last,
        refer_nb(scratch, scratch.lanes),
        refer_nb(journal, None),
        refer_nb(record, None),
    )


@part
def run_wide_events_nb(timeline, world, rules, book, asks, first, last, scratch, journal, record):
    """Run events by reference; see `run_wide_nb`.

    Parameters
    ----------
    timeline : reference to Timeline
    world : reference to World
    rules : reference to Rules
    book : reference to Book
    asks : reference to Asks
    first, last : int
    scratch : reference to Scratch
    journal : reference to Journal
    record : reference to Record

    Returns
    -------
    status, event : int
    """
    kinds, rows, venues, pending = timeline.kind, timeline.row, timeline.venue, book.pending
    for event in range(first, last):
        kind, row, venue = kinds[event], rows[event], venues[event]
        status = OK
        if kind == BEGIN:
            begin_wide_nb(world, rules, book, event, row, scratch, journal, record)
        elif kind == EX_DATE:
            go_ex_nb(world, rules, book, event, row, timeline.decision[event], journal, record)
            count_wide_nb(world, book, scratch)
        elif kind == OPEN:
            if rules.fill == NEXT_OPEN and pending[venue] > 0:
                status = fill_wide_nb(timeline, world, rules, book, event, scratch, record)
        elif kind == CLOSE:
            book.last_session[venue] = row
            close_wide_nb(world.close[row], world.venue, np.uint64(venue), book.last_price)
            if rules.reinvests:
                reinvest_nb(world, rules, book, event, row, venue, journal, record)
            if pending[venue] > 0:
                status = fill_wide_nb(timeline, world, rules, book, event, scratch, record)
        elif kind == DECIDE:
            status = decide_wide_nb(timeline, world, rules, book, event, asks, scratch, record)
        elif kind == MARK:
            fx = world.fx[event]
            value_names_nb(book.last_price, fx, world.currency, scratch.value)
            value_wide_nb(book.shares, scratch.value, book.cash, book.due, fx, record.nav[row], record.money[row])
        if status != OK:
            return status, event
    return OK, last
