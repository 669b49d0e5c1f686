"""Lanes of sleeves that go through the general form: from a decision that sleeves cannot say, to the next whole one.

The general form runs all lanes of the block from one decision to the next; of those that need it results are taken from
there, and so is what they hold once every order has filled.
"""

from backtest.kernels.references import refer_nb
from backtest.kernels.sleeve_tables import held_nb
from backtest.kernels.wide import run_wide_events_nb
from data.jit import kernel


@kernel
def find_general_nb(sleeves, k, book):
    """Find the lanes that need the general form for a decision.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    book : SleeveBook
        `in_general` stays 1 where it is, and becomes 1 where the decision is irregular, or where the orders of the last
        one have filled in part.

    Returns
    -------
    n_lanes : int
    """
    n = 0
    for lane in range(book.cash.shape[0]):
        needs = book.in_general[lane] != 0.0 or sleeves.irregular[k] != 0
        for v in range(book.rest.shape[0]):
            if k > 0 and sleeves.splits[k - 1] and sleeves.tried[k - 1, v]:
                needs |= book.rest[v, lane] != 0.0
        book.needs_general[lane] = 1.0 if needs else 0.0
        n += int(needs)
    return n


@kernel
def open_ledger_nb(sleeves, k, base, book, ledger):
    """Write what lanes in sleeves hold at a decision into the books of the general form.

    Parameters
    ----------
    sleeves : Sleeves
    k, base : int
        Decision, base currency.
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
            hold_sleeve_nb(sleeves, k, s, lane, book, ledger)


@kernel
def hold_sleeve_nb(sleeves, k, s, lane, book, ledger):
    """Write the shares of one sleeve of one lane at a decision.

    Parameters
    ----------
    sleeves : Sleeves
    k, s, lane : int
    book : SleeveBook
    ledger : Book
        `shares` is written in place.
    """
    v, c, g = sleeves.venue[s], book.held[s, lane], book.wanted[s, lane]
    h, last = sleeves.held[k, v], k - 1
    left = 0.0
    if last >= 0 and sleeves.splits[last] and sleeves.tried[last, v]:
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
            worth = 0.0
            for i in range(sleeves.first[s], sleeves.first[s + 1]):
                a = sleeves.name[i]
                worth += ledger.shares[a, lane] * sleeves.value[k, a]
            book.held[s, lane] = worth
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
    open_ledger_nb(sleeves, k, rules.base, book, ledger)
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
