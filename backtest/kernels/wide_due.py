"""What an event lets the orders of many lanes do, lane by venue and name by name; for one lane see `funding`."""

import numpy as np

from backtest.kernels.funding import looks_halted_nb
from backtest.kernels.state import (
    BUY_AT_CLOSE,
    BUY_AT_OPEN,
    DECIDE,
    DUE_ALL,
    DUE_NONE,
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
