"""Lanes of sleeves that go through the general form: from a decision that sleeves cannot say, to the next whole one.

The general form runs all lanes of the block from one decision to the next; of those that need it results are taken from
there, and so is what they hold once every order has filled.
"""

from backtest.kernels.references import refer_nb
from backtest.kernels.sleeve_tables import IRREGULAR
from backtest.kernels.state import NAV_NOT_POSITIVE, OK
from backtest.kernels.wide import run_wide_events_nb
from data.jit import dense, leaf, part


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
def open_decision_nb(nav, in_general, is_irregular, needs):
    """Say which lanes need the general form, and whose NAV is not positive; arrays of shape (L,).

    Parameters
    ----------
    nav, in_general : ndarray
    is_irregular : bool
    needs : ndarray
        Written in place.

    Returns
    -------
    n_needing, n_ruined : int
        Lanes; ruined are none of those in the general form, which sees to it itself.
    """
    n_needing, n_ruined = 0, 0
    for lane in range(nav.shape[0]):
        stays = in_general[lane] != 0.0
        goes = stays | is_irregular
        needs[lane] = 1.0 if goes else 0.0
        n_needing += int(goes)
        n_ruined += int(~(nav[lane] > 0.0) & ~stays)
    return n_needing, n_ruined


@dense
def add_needing_nb(adds, needs):
    """Add lanes that need the general form; arrays of shape (L,).

    Parameters
    ----------
    adds : ndarray
        Not 0: it does.
    needs : ndarray
        Written in place.

    Returns
    -------
    n_needing : int
        Lanes in all.
    """
    n = 0
    for lane in range(needs.shape[0]):
        needs[lane] = 1.0 if adds[lane] != 0 else needs[lane]
        n += int(needs[lane] != 0.0)
    return n


@leaf
def find_general_nb(sleeves, k, book, room):
    """Find the lanes that need the general form for a decision, whatever it asks for.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    book : SleeveBook
    room : SleeveScratch
        `nav` of the decision and `needs_general` are written in place: those that are there already, and those whose
        orders are irregular, or have filled in part.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    n_needing : int
        Lanes.
    """
    for s in range(sleeves.basket.shape[0]):
        value_held_nb(room.nav, book.cash, book.held[s], sleeves.worth_held[k, s], s == 0)
    n_needing, n_ruined = open_decision_nb(
        room.nav, book.in_general, sleeves.irregular[k] == IRREGULAR, room.needs_general
    )
    if n_ruined > 0:
        return NAV_NOT_POSITIVE, 0
    for v in range(book.rest.shape[0]):
        if k > 0 and sleeves.splits[k - 1] and sleeves.tried[k - 1, v]:
            n_needing = add_needing_nb(book.rest[v], room.needs_general)
    return OK, n_needing


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


@part
def take_period_nb(sleeves, k, marks, timeline, book, record, out):
    """Take what the general form found of its lanes from a decision to the next into the results.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    marks : ndarray of shape (R,), int64
        Event of each mark.
    timeline : Timeline
    book : SleeveBook
        `in_general` says which lanes.
    record : Record
    out : SleeveResults
    """
    first, end = sleeves.event[k], sleeves.event[k + 1]
    end_row = timeline.row[end] if end < timeline.row.shape[0] else marks.shape[0] - 1
    for row in range(timeline.row[first], end_row + 1):
        place = row % out.nav.shape[0]
        take_row_nb(
            book.in_general, first <= marks[row] < end, record.nav[row], record.money[row], record.traded[row],
            record.paid[row], out.nav[place], out.money[place], out.traded[place], out.paid[place],
        )  # fmt: skip
    for lane in range(book.cash.shape[0]):
        if book.in_general[lane] != 0.0:
            out.n_fills[lane] += record.n_fills[lane]


@leaf
def open_trades_nb(row, out):
    """Clear what a row trades and pays, the first time that it does.

    Parameters
    ----------
    row : int
    out : SleeveResults
    """
    place = row % out.nav.shape[0]
    if out.traded_at[place] != row:
        out.traded_at[place] = row
        for lane in range(out.n_fills.shape[0]):
            out.traded[place, lane], out.paid[place, lane] = 0.0, 0.0


@part
def run_general_nb(sleeves, k, timeline, world, rules, ledger, asks, scratch, journal, record, book, room, out):
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
        `in_general` is written in place.
    room : SleeveScratch
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
        book.in_general[lane] = room.needs_general[lane]
        out.general[lane] += int(room.needs_general[lane])
    for row in range(timeline.row[first], end_row + 1):
        for lane in range(n_lanes):
            record.traded[row, lane], record.paid[row, lane] = 0.0, 0.0
        open_trades_nb(row, out)
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
