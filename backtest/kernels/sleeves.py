"""The ledger in sleeves: a day costs a multiplication a basket, a trade a look into a table, for any number of names.

Exact where costs are proportional, shares fractional and orders filled whole, or in part by one factor for a venue's
buys: what is not takes the general form. See `backtest.kernels.sleeve_tables` for what a sleeve is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.sleeve_books import close_ledger_nb, open_ledger_nb
from backtest.kernels.sleeve_days import is_partial_nb, mark_lanes_nb, pass_row_nb, pay_interest_nb, settle_slot_nb
from backtest.kernels.sleeve_fills import fill_venue_nb
from backtest.kernels.sleeve_general import find_general_nb, find_rounding_nb, run_general_nb, take_rows_nb
from backtest.kernels.sleeve_sizing import size_sleeves_nb
from backtest.kernels.sleeve_tables import BEGIN_ROW, FILL, MARK_ROW, QUIET_ROW, SIZE
from backtest.kernels.state import NAV_NOT_POSITIVE, OK
from data.jit import kernel, leaf

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array


class SleeveBook(NamedTuple):
    """The state of every lane, and room to work in. S sleeves, V venues, M slots of the settlement ring, L lanes.

    held, wanted: (S, L), units of each sleeve held and asked for, base currency at the decision each was sized at.
    rank: (S, L), how many names of the sleeve are bought. is_used: (S,), whether any lane holds it or asks for it.
    rest: (V, L), part of a venue's buys that has not filled. waits: (V,), lanes that have tried and have some left.
    ring: (M, L), base currency that settles later, by slot.
    cash, waiting (what of it has yet to settle), begun (1 from the first fill), in_general and needs_general (1: the
    lane is with the general form, or goes there): (L,). plan_cash, plan_nav, target_gross: (L,),
    what funding is held against where legs fall due on different dates. buys, buys_due (with costs), sells, sells_due
    (less costs), present: (V, L), of each venue at the plan's prices. The rest, (L,), is room to work in.
    """

    held: F
    wanted: F
    rank: I
    is_used: I
    waits: I
    rest: F
    ring: F
    cash: F
    waiting: F
    begun: F
    in_general: F
    needs_general: F
    plan_cash: F
    plan_nav: F
    target_gross: F
    buys: F
    buys_due: F
    sells: F
    sells_due: F
    present: F
    nav: F
    factor: F
    need: F
    slope: F
    ranks: F
    ratio: F
    before: F
    part: F
    power: F
    gross: F
    bought: F
    pay: F
    traded: F
    cost: F
    filled: F


class SleeveResults(NamedTuple):
    """What came of every lane.

    nav, money: (R, L), at the marks. traded, paid: (R, L), see `Record`; of rows that `is_traded`, (R,), alone.
    n_fills, general (decisions that took the general form): (L,).
    """

    nav: F
    money: F
    traded: F
    paid: F
    is_traded: I
    n_fills: I
    general: I


@leaf
def open_sleeves_nb(capital, book):
    """Open the books of every lane: the capital, nothing else.

    Parameters
    ----------
    capital : float
    book : SleeveBook
        Written in place.
    """
    for lane in range(book.cash.shape[0]):
        book.cash[lane], book.waiting[lane], book.begun[lane], book.in_general[lane] = capital, 0.0, 0.0, 0.0
        for slot in range(book.ring.shape[0]):
            book.ring[slot, lane] = 0.0
        for s in range(book.held.shape[0]):
            book.held[s, lane], book.wanted[s, lane], book.rank[s, lane] = 0.0, 0.0, 0
            book.is_used[s] = 0
        for v in range(book.rest.shape[0]):
            book.rest[v, lane] = 0.0
            book.waits[v] = 0


@leaf
def open_results_nb(sleeves, out):
    """Clear what is added to.

    Parameters
    ----------
    sleeves : Sleeves
    out : SleeveResults
    """
    for row in range(out.is_traded.shape[0]):
        out.is_traded[row] = 0
    for lane in range(out.n_fills.shape[0]):
        out.n_fills[lane], out.general[lane] = 0, 0
    for step in range(sleeves.kind.shape[0]):
        row = sleeves.row[step]
        if sleeves.kind[step] == FILL and out.is_traded[row] == 0:
            out.is_traded[row] = 1
            for lane in range(out.n_fills.shape[0]):
                out.traded[row, lane], out.paid[row, lane] = 0.0, 0.0


@kernel
def take_period_nb(sleeves, k, marks, timeline, book, record, out):
    """Take what the general form found from a decision to the next.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    marks : ndarray of shape (R,), int64
    timeline : Timeline
    book : SleeveBook
    record : Record
    out : SleeveResults
    """
    first, end = sleeves.event[k], sleeves.event[k + 1]
    end_row = timeline.row[end] if end < timeline.row.shape[0] else marks.shape[0] - 1
    take_rows_nb(marks, first, end, timeline.row[first], end_row, book, record, out)


@kernel
def run_sleeves_nb(sleeves, marks, capital, timeline, world, rules, ledger, asks, scratch, journal, record, book, out):
    """Run lanes from the first step to the last.

    Parameters
    ----------
    sleeves : Sleeves
    marks : ndarray of shape (R,), int64
        Event of each mark.
    capital : float
    timeline : Timeline
    world : World
    rules : Rules
    ledger : Book
        Of the general form, with as many lanes.
    asks : Asks
        Baskets, and the fraction of NAV that each lane asks for in them.
    scratch : Scratch
    journal : Journal
        Of length 0.
    record : Record
        Of the general form.
    book : SleeveBook
    out : SleeveResults
        Written in place.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    event : int
        Where it stopped.
    """
    open_sleeves_nb(capital, book)
    open_results_nb(sleeves, out)
    kind, rows, shares, base, n_general = sleeves.kind, sleeves.row, asks.shares, rules.base, 0
    n_slots, owes_until = book.ring.shape[0], -1
    step = -1
    while step + 1 < kind.shape[0]:
        step += 1
        row, k = rows[step], sleeves.decision[step]
        if kind[step] == QUIET_ROW:
            if row > owes_until and not is_partial_nb(book):
                credit, debit = world.credit[row, base], world.debit[row, base]
                pass_row_nb(sleeves, step, credit, debit, book, out.nav[row], out.money[row])
                step += sleeves.slot[step]
        elif kind[step] == BEGIN_ROW:
            pay_interest_nb(book.cash, book.waiting, book.begun, world.credit[row, base], world.debit[row, base])
            if sleeves.slot[step] >= 0 or row <= owes_until:
                settle_slot_nb(book.waiting, book.ring[row % n_slots])
        elif kind[step] == MARK_ROW:
            mark_lanes_nb(sleeves, step, book, out.nav[row], out.money[row])
        elif kind[step] == FILL:
            if sleeves.is_first[step] == 0:  # tried again
                if book.waits[sleeves.at[step]] == 0:
                    continue
                owes_until = max(owes_until, row + n_slots)
            fill_venue_nb(sleeves, step, book, out.traded[row], out.paid[row], out.n_fills)
        elif kind[step] == SIZE:
            if n_general > 0:
                take_period_nb(sleeves, k - 1, marks, timeline, book, record, out)
                n_general = close_ledger_nb(sleeves, k - 1, base, book, ledger)
                owes_until = row + n_slots  # by when what the general form still owes has settled
            n_general = find_general_nb(sleeves, k, book)
            if n_general > 0:
                open_ledger_nb(sleeves, k, base, False, book, ledger)
            if size_sleeves_nb(sleeves, k, shares[k], book) != OK:
                return NAV_NOT_POSITIVE, sleeves.event[k]
            n_known, n_general = n_general, find_rounding_nb(sleeves, k, book)
            if n_general > 0:
                if n_known == 0:
                    open_ledger_nb(sleeves, k, base, True, book, ledger)
                status, event = run_general_nb(
                    sleeves, k, timeline, world, rules, ledger, asks, scratch, journal, record, book, out
                )
                if status != OK:
                    return status, event
    if n_general > 0:
        take_period_nb(sleeves, sleeves.held.shape[0] - 1, marks, timeline, book, record, out)
    return OK, timeline.kind.shape[0]
