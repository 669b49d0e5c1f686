"""The ledger in sleeves: a day costs a multiplication a basket, a trade a look into a table, for any number of names.

Exact where costs are proportional, shares fractional and orders filled whole, or in part by one factor for a venue's
buys: what is not takes the general form. See `backtest.kernels.sleeve_tables` for what a sleeve is.
"""

from backtest.kernels.measures import close_meter_nb, open_meter_nb, take_rows_nb
from backtest.kernels.sleeve_books import close_ledger_nb, open_ledger_nb
from backtest.kernels.sleeve_days import is_partial_nb, mark_lanes_nb, pass_row_nb, pay_interest_nb, settle_slot_nb
from backtest.kernels.sleeve_fills import fill_venue_nb
from backtest.kernels.sleeve_general import (
    add_needing_nb,
    find_general_nb,
    open_trades_nb,
    run_general_nb,
    take_period_nb,
)
from backtest.kernels.sleeve_sizing import size_sleeves_nb
from backtest.kernels.sleeve_tables import BEGIN_ROW, FILL, MARK_ROW, QUIET_ROW, SIZE
from backtest.kernels.state import OK
from data.jit import kernel, leaf
from strategies.rules.kernels import open_rotations_nb, rotate_once_nb, rotations_of_nb

BATCH = 32  # rows that are measured at a time


@leaf
def open_sleeves_nb(capital, book, room):
    """Open the books of every lane: the capital, nothing else.

    Parameters
    ----------
    capital : float
    book : SleeveBook
        Written in place.
    room : SleeveScratch
    """
    for lane in range(book.cash.shape[0]):
        book.cash[lane], book.waiting[lane], book.begun[lane], book.in_general[lane] = capital, 0.0, 0.0, 0.0
        room.ones[lane] = 1.0
        for slot in range(book.ring.shape[0]):
            book.ring[slot, lane] = 0.0
        for s in range(book.held.shape[0]):
            book.held[s, lane], book.wanted[s, lane], book.rank[s, lane] = 0.0, 0.0, 0
            book.is_used[s] = 0
        for v in range(book.rest.shape[0]):
            book.rest[v, lane] = 0.0
            book.waits[v] = 0


@leaf
def open_results_nb(out):
    """Clear what is added to.

    Parameters
    ----------
    out : SleeveResults
    """
    for place in range(out.traded_at.shape[0]):
        out.traded_at[place] = -1
    for lane in range(out.n_fills.shape[0]):
        out.n_fills[lane], out.general[lane] = 0, 0


@leaf
def run_block_nb(
    sleeves, marks, timeline, world, rules, ledger, rotations, asks, scratch, journal, record, book, room, out, meter
):  # fmt: skip
    """Run a block of lanes from the first step to the last, and measure it.

    Parameters
    ----------
    sleeves : Sleeves
    marks : ndarray of shape (R,), int64
        Event of each mark.
    timeline : Timeline
    world : World
    rules : Rules
    ledger : Book
        Of the general form, with as many lanes.
    rotations : Rotations
        What each lane decides.
    asks : Asks
        Baskets, and the fraction of NAV that each lane asks for in them; written in place, one decision at a time.
    scratch : Scratch
    journal : Journal
        Of length 0.
    record : Record
        Of the general form.
    book : SleeveBook
    room : SleeveScratch
    out : SleeveResults
        Written in place; as many rows as wait to be measured, or all.
    meter : Meter
        Written in place; its opening NAV is the capital.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    event : int
        Where it stopped.
    """
    open_sleeves_nb(meter.opening, book, room)
    open_results_nb(out)
    open_meter_nb(meter)
    kind, rows, shares, base, n_general = sleeves.kind, sleeves.row, asks.shares[0], rules.base, 0
    n_slots, n_places, owes_until, n_known = book.ring.shape[0], out.nav.shape[0], -1, 0
    any_linear, takes_profit, any_target = open_rotations_nb(rotations)
    step, place, placed = -1, 0, 0
    while step + 1 < kind.shape[0]:
        step += 1
        row, k = rows[step], sleeves.decision[step]
        while placed < row:  # place = row % n_places, without dividing
            placed, place = placed + 1, place + 1 if place + 1 < n_places else 0
        if kind[step] == QUIET_ROW:
            if row > owes_until and not is_partial_nb(book):
                credit, debit = world.credit[row, base], world.debit[row, base]
                pass_row_nb(sleeves, step, credit, debit, book, out.nav[place], out.money[place])
                step += sleeves.at[step]
                n_known = row + 1
        elif kind[step] == BEGIN_ROW:
            pay_interest_nb(book.cash, book.waiting, book.begun, world.credit[row, base], world.debit[row, base])
            if sleeves.slot[step] >= 0 or row <= owes_until:
                settle_slot_nb(book.waiting, book.ring[row % n_slots])
        elif kind[step] == MARK_ROW:
            mark_lanes_nb(sleeves, step, book, out.nav[place], out.money[place])
            n_known = row + 1
        elif kind[step] == FILL:
            if sleeves.is_first[step] == 0:  # tried again
                if book.waits[sleeves.at[step]] == 0:
                    continue
                owes_until = max(owes_until, row + n_slots)
            open_trades_nb(row, out)
            fill_venue_nb(sleeves, step, book, room, out.traded[place], out.paid[place], out.n_fills)
        elif kind[step] == SIZE:
            if n_general > 0:
                take_period_nb(sleeves, k - 1, marks, timeline, book, record, out)
                n_general = close_ledger_nb(sleeves, k - 1, base, book, room, ledger)
                owes_until = row + n_slots  # by when what the general form still owes has settled
                take_rows_nb(meter, out.nav, out.money, out.traded, out.paid, out.traded_at, row)
            rotate_once_nb(rotations, k, any_linear, takes_profit, any_target, shares)
            status, n_general = find_general_nb(sleeves, k, book, room)
            if status != OK:
                return status, sleeves.event[k]
            if n_general > 0:
                open_ledger_nb(sleeves, k, base, False, book, ledger)
            if size_sleeves_nb(sleeves, k, step, shares, book, room) > 0:
                if n_general == 0:
                    open_ledger_nb(sleeves, k, base, True, book, ledger)
                n_general = add_needing_nb(room.flags, room.needs_general)
            if n_general > 0:
                status, event = run_general_nb(
                    sleeves, k, timeline, world, rules, ledger, asks, scratch, journal, record, book, room, out
                )
                if status != OK:
                    return status, event
        if n_general == 0 and n_known >= meter.at[0] + BATCH:
            take_rows_nb(meter, out.nav, out.money, out.traded, out.paid, out.traded_at, n_known)
    if n_general > 0:
        take_period_nb(sleeves, sleeves.held.shape[0] - 1, marks, timeline, book, record, out)
    take_rows_nb(meter, out.nav, out.money, out.traded, out.paid, out.traded_at, marks.shape[0])
    close_meter_nb(meter, out.nav, out.n_fills)
    return OK, timeline.kind.shape[0]


@leaf
def keep_nb(meter, out, first, outcomes):
    """Keep what was measured of a block.

    Parameters
    ----------
    meter : Meter
    out : SleeveResults
    first : int
        Its first lane among all.
    outcomes : Outcomes
        Written in place.
    """
    for lane in range(out.general.shape[0]):
        outcomes.general[first + lane] = out.general[lane]
    for measure in range(meter.measures.shape[0]):
        for lane in range(out.general.shape[0]):
            outcomes.measures[measure, first + lane] = meter.measures[measure, lane]
    for block in range(meter.sums.shape[0]):
        for lane in range(out.general.shape[0]):
            outcomes.sums[block, first + lane] = meter.sums[block, lane]
            outcomes.squares[block, first + lane] = meter.squares[block, lane]


@kernel
def run_sleeves_nb(
    sleeves, marks, timeline, world, rules, ledger, rotations, asks, scratch, journal, record, book, room, out, meter,
    outcomes,
):  # fmt: skip
    """Run blocks of lanes one after the other: what a call costs is more than a block's share of many things.

    Parameters
    ----------
    sleeves, marks, timeline, world, rules, ledger, asks, scratch, journal, record, book, room, out, meter
        See `run_block_nb`; of L lanes.
    rotations : Rotations
        Of N lanes, a multiple of L, with the state of L.
    outcomes : Outcomes
        Written in place.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    event : int
        Where the first block that did not end stopped.
    """
    status, event, n_lanes = OK, 0, book.cash.shape[0]
    for first in range(0, rotations.signal.shape[0], n_lanes):
        status, event = run_block_nb(
            sleeves, marks, timeline, world, rules, ledger, rotations_of_nb(rotations, first, first + n_lanes), asks,
            scratch, journal, record, book, room, out, meter,
        )  # fmt: skip
        if status != OK:
            return status, event
        keep_nb(meter, out, first, outcomes)
    return status, event
