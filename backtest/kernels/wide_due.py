"""What of the orders of many lanes can fill at an event, in dense loops; for one lane see `funding`."""

import numpy as np

from backtest.kernels.funding import looks_halted_nb
from backtest.kernels.state import (
    BUY_AT_CLOSE,
    BUY_AT_OPEN,
    DECIDE,
    DUE_ALL,
    DUE_LATE,
    DUE_NONE,
    LOT_TOLERANCE,
    NEXT_OPEN,
    OPEN,
    SELL_AT_CLOSE,
    SELL_AT_OPEN,
)
from backtest.kernels.valuing import row_of_nb
from data.jit import dense, leaf

# Bits of a name: what of its orders goes now, what later on the date, and whether it had no open.
BUYS_NOW, SELLS_NOW, BUYS_LATER, SELLS_LATER, IS_LATE = 1, 2, 4, 8, 16


@leaf
def say_what_goes_nb(timeline, world, rules, book, event, scratch):
    """Say of each name what the event lets its orders do, whatever their lane.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    scratch : Scratch
        `goes` (A,) is written in place.
    """
    row, kind, goes = timeline.row[event], timeline.kind[event], scratch.goes
    immediate, at_close, venue = kind == DECIDE, kind != OPEN, np.uint64(timeline.venue[event])
    opened, closed, venue_of, barred = world.open, world.close, world.venue, world.barred[row_of_nb(world.barred, row)]
    buy_bit, sell_bit = (BUY_AT_CLOSE, SELL_AT_CLOSE) if at_close else (BUY_AT_OPEN, SELL_AT_OPEN)
    for a in range(goes.shape[0]):
        own, late = immediate or venue_of[a] == venue, np.isnan(opened[row, a])
        price = closed[row, a] if at_close else opened[row, a]
        # Under next_open a session's close is only for names whose open is unknown.
        bits = IS_LATE if late else 0
        if own and not np.isnan(price) and (not at_close or late or rules.fill != NEXT_OPEN):
            bits |= (0 if barred[a] & buy_bit else BUYS_NOW) | (0 if barred[a] & sell_bit else SELLS_NOW)
        elif not (own and at_close):
            is_halted = looks_halted_nb(world, book, a, venue_of[a] == venue, late)
            bits |= BUYS_LATER | (0 if is_halted else SELLS_LATER)
        goes[a] = bits


@dense
def mark_wide_nb(immediate, due, start, active, decided_at, venue_due):
    """Say for each venue and lane which unfilled orders can still fill on the event's date.

    Parameters
    ----------
    immediate : bool
        A decision under `same_close`: everything just decided is due.
    due, start : ndarray of shape (V,)
        As of `Timeline`, at the event.
    active, decided_at : ndarray of shape (L,)
    venue_due : ndarray of shape (V, L)
        Written in place with DUE_*.
    """
    n_venues, n_lanes = venue_due.shape
    for v in range(n_venues):
        allowed, begins = due[v], start[v]
        for lane in range(n_lanes):
            is_late = (decided_at[lane] < 0) | (begins <= decided_at[lane])
            at_session = DUE_NONE if is_late else allowed
            venue_due[v, lane] = (DUE_ALL if active[lane] else DUE_NONE) if immediate else at_session


@dense
def due_wide_nb(goes, venue_of, venue_due, order, now_out, later_out):
    """Say how much of each order can fill at the event, and how much later on its date, unbounded.

    Parameters
    ----------
    goes : ndarray of shape (A,)
    venue_of : ndarray of shape (A,)
    venue_due : ndarray of shape (V, L)
    order : ndarray of shape (A, L)
    now_out, later_out : ndarray of shape (A, L)
        Written in place, signed shares.

    Returns
    -------
    has_later : bool
        Whether anything may fill later on the date.
    """
    n_assets, n_lanes = order.shape
    n_later = 0
    for a in range(n_assets):
        bits, v = goes[a], np.int64(venue_of[a])
        if bits & (BUYS_LATER | SELLS_LATER):
            n_later += 1
    for a in range(n_assets):
        bits, v = goes[a], np.int64(venue_of[a])
        also_late = DUE_LATE if bits & IS_LATE else DUE_ALL
        buys_now, sells_now = 1.0 if bits & BUYS_NOW else 0.0, 1.0 if bits & SELLS_NOW else 0.0
        for lane in range(n_lanes):
            due, wanted = venue_due[v, lane], order[a, lane]
            is_due = (due == DUE_ALL) | (due == also_late)
            goes_now = (buys_now if wanted > 0.0 else sells_now) != 0.0
            now_out[a, lane] = wanted if is_due & goes_now else 0.0
        if n_later == 0:
            continue
        buys_later, sells_later = 1.0 if bits & BUYS_LATER else 0.0, 1.0 if bits & SELLS_LATER else 0.0
        for lane in range(n_lanes):
            due, wanted = venue_due[v, lane], order[a, lane]
            is_due = (due == DUE_ALL) | (due == also_late)
            goes_later = (buys_later if wanted > 0.0 else sells_later) != 0.0
            later_out[a, lane] = wanted if is_due & goes_later else 0.0
    return n_later > 0


@dense
def bound_name_nb(room, lot, shares, undelivered, part):
    """Hold one name's orders to what volume and delivery allow; see `funding.bounded_nb`.

    Parameters
    ----------
    room, lot : float
        Shares.
    shares, undelivered : ndarray of shape (L,)
    part : ndarray of shape (L,)
        Written in place, signed shares.
    """
    for lane in range(part.shape[0]):
        order, waits = part[lane], undelivered[lane]
        free = min(room, max(shares[lane] - waits, 0.0))
        bound = free if (order < 0.0) & (waits > 0.0) else room
        is_free = abs(order) <= bound * (1.0 + LOT_TOLERANCE)
        if lot > 0.0:
            bound = np.trunc(bound / lot + LOT_TOLERANCE) * lot
        bound = bound if order > 0.0 else -bound
        part[lane] = order if is_free else bound


@leaf
def bound_wide_nb(world, book, row, has_later, scratch):
    """Hold what can fill to what volume and delivery allow.

    Parameters
    ----------
    world : World
    book : Book
    row : int
    has_later : bool
    scratch : Scratch
        `now` and `later` (A, L) are written in place.
    """
    shares, undelivered, now, later = book.shares, book.undelivered, scratch.now, scratch.later
    rooms, lots = world.room[row_of_nb(world.room, row)], world.lot[row_of_nb(world.lot, row)]
    n_assets, n_lanes = now.shape
    for a in range(n_assets):
        n_waiting = 0
        for lane in range(n_lanes):
            n_waiting += int(undelivered[a, lane] > 0.0)
        if n_waiting == 0 and rooms[a] == np.inf:
            continue
        bound_name_nb(rooms[a], lots[a], shares[a], undelivered[a], now[a])
        if has_later:
            bound_name_nb(rooms[a], lots[a], shares[a], undelivered[a], later[a])
