"""Lanes of sleeves that go through the general form: from a decision that sleeves cannot say, to the next whole one.

The general form runs all lanes of the block from one decision to the next; of those that need it results are taken from
there, and so is what they hold once every order has filled.
"""

import numpy as np

from backtest.kernels.references import refer_nb
from backtest.kernels.sleeve_tables import held_nb
from backtest.kernels.state import DUST
from backtest.kernels.wide import run_wide_events_nb
from data.jit import dense, kernel

# Holdings are multiples of a sleeve where they differ from one by no more than this part of NAV: a sum's last digits.
EXACT = 1e-15


@dense
def value_held_nb(nav, cash, held, worth, is_first):
    """Add what a sleeve is worth to NAV; arrays of shape (L,).

    Parameters
    ----------
    nav : ndarray
        Written in place.
    cash, held : ndarray
    worth : float
        Of a unit.
    is_first : bool
        Begin with the cash.
    """
    for lane in range(nav.shape[0]):
        nav[lane] = (cash[lane] if is_first else nav[lane]) + held[lane] * worth


@dense
def count_marked_nb(marked):
    """Count the lanes that are marked.

    Parameters
    ----------
    marked : ndarray of shape (L,)
        1 or 0.

    Returns
    -------
    n_lanes : int
    """
    n = 0
    for lane in range(marked.shape[0]):
        n += np.int64(marked[lane] != 0.0)
    return n


@kernel
def find_general_nb(sleeves, k, book):
    """Find the lanes that need the general form for a decision, whatever it asks for.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    book : SleeveBook
        `nav` of the decision and `needs_general` are written in place: those that are there already, and those whose
        orders are irregular, or have filled in part.

    Returns
    -------
    n_lanes : int
    """
    for s in range(sleeves.basket.shape[0]):
        value_held_nb(book.nav, book.cash, book.held[s], sleeves.worth_held[k, s], s == 0)
    for lane in range(book.cash.shape[0]):
        book.needs_general[lane] = 1.0 if sleeves.irregular[k] != 0 else book.in_general[lane]
    for v in range(book.rest.shape[0]):
        if k > 0 and sleeves.splits[k - 1] and sleeves.tried[k - 1, v]:
            for lane in range(book.cash.shape[0]):
                book.needs_general[lane] = 1.0 if book.rest[v, lane] != 0.0 else book.needs_general[lane]
    return count_marked_nb(book.needs_general)


@dense
def mark_rounding_nb(drift, n_names, least_wanted, least_held, nav, rank, wanted, held, needs):
    """Find lanes of which an order of a sleeve may be rounding and no order; arrays of shape (L,).

    Parameters
    ----------
    drift : ndarray of shape (n_names,)
        Ascending.
    n_names : int
    least_wanted, least_held : float
        Smallest part of a unit that is in a name.
    nav, rank, wanted, held : ndarray
    needs : ndarray
        Becomes 1 there.

    Notes
    -----
    An order is (wanted / held - drift) x held x the name's part of a unit: the name nearest to the turn from buying to
    selling is farther from it than the smallest part of a unit could hide.
    """
    for lane in range(nav.shape[0]):
        j, g, c, least = rank[lane], wanted[lane], held[lane], DUST * nav[lane]
        grows, size = g / c, c * least_wanted
        above = (drift[min(j, n_names - 1)] - grows) * size
        below = (grows - drift[max(j - 1, 0)]) * size
        is_near = (j < n_names) & (above <= least) | (j > 0) & (below <= least)
        is_small = (g > 0.0) & (g * least_wanted <= least) | (c > 0.0) & (c * least_held <= least)
        needs[lane] = 1.0 if is_small | (is_near & (c > 0.0) & (g > 0.0)) else needs[lane]


@kernel
def find_rounding_nb(sleeves, k, book):
    """Add the lanes of which an order may be rounding, now that orders are sized.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    book : SleeveBook
        `needs_general` is written in place.

    Returns
    -------
    n_lanes : int
        That need the general form for the decision.
    """
    first = sleeves.first
    for s in range(sleeves.basket.shape[0]):
        if book.is_used[s] == 0:
            continue
        mark_rounding_nb(
            sleeves.drift[k, first[s] : first[s + 1]], first[s + 1] - first[s], sleeves.least_wanted[k, s],
            sleeves.least_held[k, s], book.nav, book.rank[s], book.wanted[s], book.held[s], book.needs_general,
        )  # fmt: skip
    return count_marked_nb(book.needs_general)


@kernel
def hold_sleeve_nb(sleeves, k, s, lane, is_sized, book, ledger):
    """Write the shares of one sleeve of one lane at a decision.

    Parameters
    ----------
    sleeves : Sleeves
    k, s, lane : int
    is_sized : bool
        The decision has been sized: what filled in part before is forgotten, and there was nothing of it.
    book : SleeveBook
    ledger : Book
        `shares` is written in place.
    """
    v, c, g = sleeves.venue[s], book.held[s, lane], book.wanted[s, lane]
    h, last = sleeves.held[k, v], k - 1
    left = 0.0
    if not is_sized and last >= 0 and sleeves.splits[last] and sleeves.tried[last, v]:
        left = book.rest[v, lane]
    for i in range(sleeves.first[s], sleeves.first[s + 1]):
        if left == 0.0:
            a = sleeves.name[i]
            if h >= 0 and sleeves.inner[h, i] != 0.0:
                ledger.shares[a, lane] = c * sleeves.inner[h, i] / sleeves.value[h, a]
            continue
        place = sleeves.rank[last, i]
        a = sleeves.name[place]
        y, x = sleeves.inner[last, place], held_nb(sleeves, last, sleeves.held[last, v], place)
        is_bought = i - sleeves.first[s] < book.rank[s, lane]
        worth = left * (c * x) + (1.0 - left) * (g * y) if is_bought else g * y
        if worth != 0.0:
            ledger.shares[a, lane] = worth / sleeves.value[last, a]


@kernel
def open_ledger_nb(sleeves, k, base, is_sized, book, ledger):
    """Write what lanes in sleeves hold at a decision into the books of the general form.

    Parameters
    ----------
    sleeves : Sleeves
    k, base : int
        Decision, base currency.
    is_sized : bool
        See `hold_sleeve_nb`.
    book : SleeveBook
    ledger : Book
        Lanes that are in the general form already stay as they are.
    """
    for a in range(ledger.last_price.shape[0]):
        ledger.last_price[a] = sleeves.last_price[k, a]
    for v in range(ledger.last_session.shape[0]):
        ledger.last_session[v], ledger.pending[v] = sleeves.last_session[k, v], 0
    for lane in range(book.cash.shape[0]):
        if book.in_general[lane] != 0.0:
            continue
        for a in range(ledger.shares.shape[0]):
            ledger.shares[a, lane], ledger.order[a, lane], ledger.target[a, lane] = 0.0, 0.0, 0.0
            ledger.plan_value[a, lane], ledger.plan_cost[a, lane] = 0.0, 0.0
        for c in range(ledger.cash.shape[0]):
            ledger.cash[c, lane], ledger.due[c, lane] = 0.0, 0.0
            for slot in range(ledger.unsettled.shape[0]):
                ledger.unsettled[slot, c, lane], ledger.incoming[slot, c, lane] = 0.0, 0.0
        ledger.cash[base, lane] = book.cash[lane]
        for slot in range(ledger.unsettled.shape[0]):
            waits = book.ring[slot, lane]
            ledger.unsettled[slot, base, lane], ledger.incoming[slot, base, lane] = waits, max(waits, 0.0)
            ledger.plan_incoming[slot, lane] = 0.0
        ledger.begun[lane] = 1 if book.begun[lane] != 0.0 else 0
        ledger.decided_at[lane], ledger.stopped_until[lane] = -1, -1
        for s in range(sleeves.basket.shape[0]):
            hold_sleeve_nb(sleeves, k, s, lane, is_sized, book, ledger)


@kernel
def take_rows_from_nb(marks, first_event, end_event, first_row, end_row, book, record, out):
    """Take what the general form found of its lanes into the results.

    Parameters
    ----------
    marks : ndarray of shape (R,), int64
        Event of each mark.
    first_event, end_event, first_row, end_row : int
        What has been run: events first_event to end_event - 1, on rows first_row to end_row.
    book : SleeveBook
        `in_general` says which lanes.
    record : Record
    out : SleeveResults
    """
    for row in range(first_row, min(end_row + 1, marks.shape[0])):
        is_marked = first_event <= marks[row] < end_event
        for lane in range(book.cash.shape[0]):
            if book.in_general[lane] == 0.0:
                continue
            out.traded[row, lane] += record.traded[row, lane]
            out.paid[row, lane] += record.paid[row, lane]
            if is_marked:
                out.nav[row, lane], out.money[row, lane] = record.nav[row, lane], record.money[row, lane]
    for lane in range(book.cash.shape[0]):
        if book.in_general[lane] != 0.0:
            out.n_fills[lane] += record.n_fills[lane]


@kernel
def units_nb(sleeves, k, s, lane, ledger):
    """Count the units of a sleeve that a lane of the general form holds.

    Parameters
    ----------
    sleeves : Sleeves
    k, s, lane : int
    ledger : Book

    Returns
    -------
    units : float
        Base currency at the decision.
    """
    units = 0.0
    for i in range(sleeves.first[s], sleeves.first[s + 1]):
        a = sleeves.name[i]
        units += ledger.shares[a, lane] * sleeves.value[k, a]
    return units


@kernel
def is_sleeve_nb(sleeves, k, s, lane, ledger):
    """Say whether what a lane of the general form holds is a multiple of a sleeve.

    Parameters
    ----------
    sleeves : Sleeves
    k, s, lane : int
    ledger : Book

    Returns
    -------
    is_sleeve : bool
        False where an order was rounding, and left a name at what was held.
    """
    units, found = units_nb(sleeves, k, s, lane, ledger), True
    for i in range(sleeves.first[s], sleeves.first[s + 1]):
        a = sleeves.name[i]
        off = ledger.shares[a, lane] * sleeves.value[k, a] - units * sleeves.inner[k, i]
        found &= abs(off) <= EXACT * ledger.plan_nav[lane]
    return found


@kernel
def close_ledger_nb(sleeves, k, base, book, ledger):
    """Give lanes whose orders have all filled back to the sleeves.

    Parameters
    ----------
    sleeves : Sleeves
    k, base : int
        The decision that has been run, base currency.
    book : SleeveBook
        State and `in_general` of such lanes are written in place.
    ledger : Book

    Returns
    -------
    n_lanes : int
        That stay in the general form.
    """
    n, all_tried = 0, True
    for s in range(sleeves.basket.shape[0]):
        all_tried &= sleeves.tried[k, sleeves.venue[s]] != 0
    for lane in range(book.cash.shape[0]):
        if book.in_general[lane] == 0.0:
            continue
        is_whole = all_tried
        for a in range(ledger.order.shape[0]):
            is_whole &= ledger.order[a, lane] == 0.0
        for s in range(sleeves.basket.shape[0]):
            is_whole &= is_sleeve_nb(sleeves, k, s, lane, ledger)
        if not is_whole:
            n += 1
            continue
        book.in_general[lane] = 0.0
        book.cash[lane], book.waiting[lane] = ledger.cash[base, lane], 0.0
        book.begun[lane] = float(ledger.begun[lane])
        for slot in range(book.ring.shape[0]):
            book.ring[slot, lane] = ledger.unsettled[slot, base, lane]
            book.waiting[lane] += book.ring[slot, lane]
        for v in range(book.rest.shape[0]):
            book.rest[v, lane] = 0.0
        for s in range(sleeves.basket.shape[0]):
            book.held[s, lane] = units_nb(sleeves, k, s, lane, ledger)
    return n


@kernel
def run_general_nb(sleeves, k, timeline, world, rules, ledger, asks, scratch, journal, record, book, out):
    """Run all lanes from a decision to the next in the general form.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    timeline : Timeline
    world : World
    rules : Rules
    ledger : Book
    asks : Asks
    scratch : Scratch
    journal : Journal
    record : Record
        Its rows of the period are written anew.
    book : SleeveBook
        `needs_general` says which lanes are taken over.
    out : SleeveResults
        Counts decisions in `general`; rows that were not traded before are cleared.

    Returns
    -------
    status, event : int
        As of `run_wide_nb`.
    """
    first, end = sleeves.event[k], sleeves.event[k + 1]
    end_row = timeline.row[end] if end < timeline.row.shape[0] else record.nav.shape[0] - 1
    n_lanes = book.cash.shape[0]
    for lane in range(n_lanes):
        record.n_fills[lane] = 0
        book.in_general[lane] = book.needs_general[lane]
        out.general[lane] += int(book.needs_general[lane])
    for row in range(timeline.row[first], end_row + 1):
        for lane in range(n_lanes):
            record.traded[row, lane], record.paid[row, lane] = 0.0, 0.0
            if out.is_traded[row] == 0:
                out.traded[row, lane], out.paid[row, lane] = 0.0, 0.0
        out.is_traded[row] = 1
    return run_wide_events_nb(
        refer_nb(timeline, None),
        refer_nb(world, None),
        refer_nb(rules, None),
        refer_nb(ledger, scratch.lanes),
        refer_nb(asks, None),
        first,
        end,
        refer_nb(scratch, scratch.lanes),
        refer_nb(journal, None),
        refer_nb(record, None),
    )
