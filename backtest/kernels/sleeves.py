"""The ledger in sleeves: a day costs a multiplication a basket, a trade a look into a table, for any number of names.

Exact where costs are proportional, shares fractional and orders filled whole, or in part by one factor for a venue's
buys; see `backtest.kernels.sleeve_tables` for what a sleeve is, and `backtest.kernels.sleeve_fills` for how it trades.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.sleeve_fills import fill_venue_nb
from backtest.kernels.sleeve_sizing import size_sleeves_nb
from backtest.kernels.sleeve_tables import BEGIN_ROW, FILL, MARK_ROW, SIZE
from backtest.kernels.state import NAV_NOT_POSITIVE, OK
from data.jit import dense, kernel, leaf

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array


class SleeveBook(NamedTuple):
    """The state of every lane, and room to work in. S sleeves, V venues, M slots of the settlement ring, L lanes.

    held, wanted: (S, L), units of each sleeve held and asked for, base currency at the decision each was sized at.
    rank: (S, L), how many names of the sleeve are bought. still: (S, L), 1 where a sleeve all of whose names drifted
    alike does not trade. rest: (V, L), part of a venue's buys that has not filled. ring: (M, L), base currency that
    settles later, by slot. cash, waiting (what of it has yet to settle), begun (1 from the first fill), in_general (1:
    the lane is with the general form): (L,). plan_cash, plan_nav, target_gross: (L,), what funding is held against
    where legs fall due on different dates. buys, buys_due (with costs), sells, sells_due (less costs), present: (V, L),
    of each venue at the plan's prices. The rest, (L,), is room to work in.
    """

    held: F
    wanted: F
    rank: I
    still: F
    rest: F
    ring: F
    cash: F
    waiting: F
    begun: F
    in_general: F
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
    count: F


@dense
def pay_interest_nb(cash, waiting, begun, credit, debit):
    """Pay a row's interest on settled cash; all arrays of shape (L,).

    Parameters
    ----------
    cash : ndarray
        Written in place.
    waiting, begun : ndarray
    credit, debit : float
        Interest of the row per unit of balance.
    """
    for lane in range(cash.shape[0]):
        settled = cash[lane] - waiting[lane]
        cash[lane] += begun[lane] * (settled * (credit if settled >= 0.0 else debit))


@dense
def settle_slot_nb(waiting, slot):
    """Let what waits in a slot settle; arrays of shape (L,), written in place.

    Parameters
    ----------
    waiting, slot : ndarray
    """
    for lane in range(waiting.shape[0]):
        waiting[lane] -= slot[lane]
        slot[lane] = 0.0


@dense
def mark_pair_nb(nav, money, cash, first, second, worth_first, worth_second):
    """Mark lanes at what two sleeves are worth; arrays of shape (L,).

    Parameters
    ----------
    nav, money : ndarray
        Written in place.
    cash, first, second : ndarray
    worth_first, worth_second : float
        Of a unit.
    """
    for lane in range(nav.shape[0]):
        money[lane] = cash[lane]
        nav[lane] = cash[lane] + (first[lane] * worth_first + second[lane] * worth_second)


@dense
def mark_one_nb(nav, held, worth):
    """Add what a sleeve is worth to NAV; arrays of shape (L,).

    Parameters
    ----------
    nav : ndarray
        Written in place.
    held : ndarray
    worth : float
        Of a unit.
    """
    for lane in range(nav.shape[0]):
        nav[lane] += held[lane] * worth


@dense
def mark_part_nb(nav, held, wanted, rank, rest, table, total, worth):
    """Add what a sleeve is worth to NAV while its buys have filled in part; arrays of shape (L,).

    Parameters
    ----------
    nav : ndarray
        Written in place.
    held, wanted, rank, rest : ndarray
    table : ndarray of shape (n_names + 1, 2)
        What the names bought of a unit of the wanted and of the held are worth.
    total, worth : float
        What all names of a unit of the wanted are worth, and a unit of what is held where nothing waits.
    """
    for lane in range(nav.shape[0]):
        j, left = rank[lane], rest[lane]
        bought = wanted[lane] * table[j, 0]
        mixed = wanted[lane] * total - bought + left * (held[lane] * table[j, 1]) + (1.0 - left) * bought
        nav[lane] += mixed if left != 0.0 else held[lane] * worth


@leaf
def mark_lanes_nb(sleeves, step, book, nav, money):
    """Mark every lane.

    Parameters
    ----------
    sleeves : Sleeves
    step : int
    book : SleeveBook
    nav, money : ndarray of shape (L,)
        Written in place.
    """
    row, m, n_sleeves = sleeves.row[step], sleeves.place[step], sleeves.basket.shape[0]
    worth, held, first = sleeves.worth[row], book.held, sleeves.first
    if m < 0 and n_sleeves >= 2:
        mark_pair_nb(nav, money, book.cash, held[0], held[1], worth[0], worth[1])
        for s in range(2, n_sleeves):
            mark_one_nb(nav, held[s], worth[s])
        return
    for lane in range(nav.shape[0]):
        money[lane], nav[lane] = book.cash[lane], book.cash[lane]
    for s in range(n_sleeves):
        venue = sleeves.venue[s]
        if m < 0 or sleeves.stands[step, venue] == 0:
            mark_one_nb(nav, held[s], worth[s])
        else:
            mark_part_nb(
                nav, held[s], book.wanted[s], book.rank[s], book.rest[venue],
                sleeves.part[m, first[s] + s : first[s + 1] + s + 1], sleeves.part_total[m, s], worth[s],
            )  # fmt: skip


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
        for v in range(book.rest.shape[0]):
            book.rest[v, lane] = 0.0


@kernel
def run_sleeves_nb(sleeves, credit, debit, shares, capital, book, nav_out, money_out, traded_out, paid_out, fills_out):
    """Run lanes from the first step to the last.

    Parameters
    ----------
    sleeves : Sleeves
    credit, debit : ndarray of shape (R,)
        Interest of each row per unit of base currency.
    shares : ndarray of shape (K, B, L)
        Fraction of NAV asked for in each basket.
    capital : float
    book : SleeveBook
    nav_out, money_out, traded_out, paid_out : ndarray of shape (R, L)
        Written in place; the last two only on rows with a fill.
    fills_out : ndarray of shape (L,)
        Written in place.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    decision : int
        Where it stopped; the number of decisions if all went well.
    """
    open_sleeves_nb(capital, book)
    for lane in range(fills_out.shape[0]):
        fills_out[lane] = 0
    kind, rows = sleeves.kind, sleeves.row
    for step in range(kind.shape[0]):
        if kind[step] == FILL:
            for lane in range(fills_out.shape[0]):
                traded_out[rows[step], lane], paid_out[rows[step], lane] = 0.0, 0.0
    for step in range(kind.shape[0]):
        row = rows[step]
        if kind[step] == BEGIN_ROW:
            pay_interest_nb(book.cash, book.waiting, book.begun, credit[row], debit[row])
            if sleeves.slot[step] >= 0:
                settle_slot_nb(book.waiting, book.ring[sleeves.slot[step]])
        elif kind[step] == MARK_ROW:
            mark_lanes_nb(sleeves, step, book, nav_out[row], money_out[row])
        elif kind[step] == SIZE:
            status = size_sleeves_nb(sleeves, sleeves.decision[step], shares[sleeves.decision[step]], book)
            if status != OK:
                return NAV_NOT_POSITIVE, sleeves.decision[step]
        else:
            fill_venue_nb(sleeves, step, book, traded_out[row], paid_out[row], fills_out)
    return OK, sleeves.held.shape[0]
