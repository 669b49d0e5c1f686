"""Lanes of sleeves that go through the general form: from a decision that sleeves cannot say, to the next whole one.

The general form runs all lanes of the block from one decision to the next; of those that need it results are taken from
there, and so is what they hold once every order has filled.
"""

from backtest.kernels.references import refer_nb
from backtest.kernels.state import DUST, FUNDING_TOLERANCE
from backtest.kernels.wide import run_wide_events_nb
from data.jit import dense, kernel

# A venue buys more than this part of NAV, or funding may take it for rounding.
ROOM = 1.1 * FUNDING_TOLERANCE


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
        n += int(marked[lane] != 0.0)
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
    selling is farther from it than the smallest part of a unit could hide. And what a venue buys in all is more than
    funding takes for rounding (see `backtest.kernels.funding.scale_buys_nb`): the first name bought is.
    """
    for lane in range(nav.shape[0]):
        j, g, c, least, room = rank[lane], wanted[lane], held[lane], DUST * nav[lane], ROOM * nav[lane]
        grows, size = g / c, c * least_wanted
        above = (drift[min(j, n_names - 1)] - grows) * size
        below = (grows - drift[max(j - 1, 0)]) * size
        is_near = (j < n_names) & (above <= least) | (j > 0) & (below <= least)
        is_near |= (j > 0) & ((grows - drift[0]) * size <= room)
        is_small = (g > 0.0) & (g * least_wanted <= room) | (c > 0.0) & (c * least_held <= least)
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


@dense
def take_row_nb(in_general, is_marked, nav, money, traded, paid, nav_out, money_out, traded_out, paid_out):
    """Take what the general form found on a row; arrays of shape (L,).

    Parameters
    ----------
    in_general : ndarray
        1: the lane's row is taken.
    is_marked : bool
        Whether the row was marked.
    nav, money, traded, paid : ndarray
    nav_out, money_out, traded_out, paid_out : ndarray
        Written in place; the last two are added to.
    """
    for lane in range(in_general.shape[0]):
        takes = in_general[lane] != 0.0
        nav_out[lane] = nav[lane] if takes & is_marked else nav_out[lane]
        money_out[lane] = money[lane] if takes & is_marked else money_out[lane]
        traded_out[lane] += traded[lane] if takes else 0.0
        paid_out[lane] += paid[lane] if takes else 0.0


@kernel
def take_rows_nb(marks, first_event, end_event, first_row, end_row, book, record, out):
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
        take_row_nb(
            book.in_general, first_event <= marks[row] < end_event, record.nav[row], record.money[row],
            record.traded[row], record.paid[row], out.nav[row], out.money[row], out.traded[row], out.paid[row],
        )  # fmt: skip
    for lane in range(book.cash.shape[0]):
        if book.in_general[lane] != 0.0:
            out.n_fills[lane] += record.n_fills[lane]


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
