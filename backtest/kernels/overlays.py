"""Decisions the ledger takes by itself: stops, margin calls, buy-ins of recalled shorts."""

import numpy as np

from backtest.kernels.journal import remark_nb
from backtest.kernels.sizing import size_orders_nb
from backtest.kernels.state import (
    CANCEL,
    DROPPED_SHUT,
    FOR_EVER,
    LOT_TOLERANCE,
    MARGIN_CALL,
    OK,
    RECALLED,
    REPLACED,
    STOPPED,
)
from backtest.kernels.valuing import row_of_nb
from data.jit import part


@part
def plan_legs_nb(timeline, world, book, event, scratch, journal):
    """Find the one date on which each venue's orders may fill under `cancel`, and drop those that cannot.

    Parameters
    ----------
    timeline : Timeline
    world : World
    book : Book
        `leg_day` and `order` of active lanes are written in place.
    event : int
        The decision.
    scratch : Scratch
        `venue_due` is used to note which venues have orders.
    journal : Journal

    Returns
    -------
    status : int
    """
    n_venues, n_lanes = book.leg_day.shape[0], len(scratch.lanes)
    decision = timeline.decision[event]
    far = np.iinfo(np.int64).max
    for v in range(n_venues):
        for lane in range(n_lanes):
            scratch.venue_due[v, lane] = 0
    for a in range(book.order.shape[0]):
        for lane in range(n_lanes):
            if book.order[a, lane] != 0.0:
                scratch.venue_due[world.venue[a], lane] = 1
    for lane in range(n_lanes):
        if not scratch.active[lane]:
            continue
        trade_day = far
        for v in range(n_venues):
            if scratch.venue_due[v, lane]:
                trade_day = min(trade_day, timeline.first_day[decision, v])
        after = far
        for v in range(n_venues):
            if scratch.venue_due[v, lane]:
                first = timeline.first_day[decision, v]
                after = min(after, first if first > trade_day else timeline.second_day[decision, v])
        for v in range(n_venues):
            over = timeline.last_day[decision, v] == trade_day
            book.leg_day[v, lane] = after if over else trade_day
    status = OK
    for a in range(book.order.shape[0]):
        v = world.venue[a]
        for lane in range(n_lanes):
            order, leg = book.order[a, lane], book.leg_day[v, lane]
            if not scratch.active[lane] or order == 0.0 or leg == far:
                continue
            held = leg in (timeline.first_day[decision, v], timeline.second_day[decision, v])
            if not held and timeline.surprise_day[decision, v] != leg:
                noted = remark_nb(journal, DROPPED_SHUT, event, lane, a, book.decided_at[lane], order)
                status = max(status, noted)
                book.order[a, lane] = 0.0
    return status


@part
def watch_nb(timeline, world, rules, book, event, row, nav, scratch, journal):
    """Stop out, or call margin, at a mark.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event, row : int
    nav : ndarray of shape (L,)
        Of the mark.
    scratch : Scratch
        Reads `value`, the base value of one share of each name.
    journal : Journal

    Returns
    -------
    status : int
    """
    shares, peak, stopped_until, begun = book.shares, book.peak, book.stopped_until, book.begun
    asked, active, value = scratch.asked, scratch.active, scratch.value
    n_assets, n_lanes = shares.shape[0], len(scratch.lanes)
    day, stamp = timeline.day[row], timeline.stamp[event]
    status, decides = OK, False
    for lane in range(n_lanes):
        active[lane] = 0
        if not begun[lane] or not nav[lane] > 0.0:
            continue
        if 0 <= stopped_until[lane] <= day:
            stopped_until[lane] = -1
            peak[lane] = nav[lane]
        peak[lane] = max(peak[lane], nav[lane])
        gross = 0.0
        idle = False
        for a in range(n_assets):
            gross += abs(shares[a, lane]) * value[a]
            idle |= shares[a, lane] != 0.0 and book.order[a, lane] == 0.0
        kind = OK
        scale = 0.0
        if stopped_until[lane] >= 0:
            kind = STOPPED if idle else OK  # what a stop could not sell, it asks to sell again
        elif rules.stop_drawdown > 0.0 and nav[lane] < (1.0 - rules.stop_drawdown) * peak[lane]:
            kind = STOPPED
            stopped_until[lane] = FOR_EVER if rules.stop_days < 0 else day + rules.stop_days
        elif nav[lane] < rules.maintenance_margin * gross:
            kind = MARGIN_CALL
            scale = rules.max_gross / gross
        if kind == OK:
            continue
        active[lane] = 1
        decides = True
        for a in range(n_assets):
            asked[a, lane] = shares[a, lane] * value[a] * scale
            book.asked[a, lane] = asked[a, lane]
        noted = remark_nb(journal, kind, event, lane, -1, stamp, nav[lane] / peak[lane] - 1.0)
        status = max(status, noted)
    if not decides:
        return status
    sized = size_orders_nb(timeline, world, rules, book, event, scratch, journal)
    status = max(status, sized)
    for lane in range(n_lanes):
        if active[lane]:
            book.decided_at[lane] = stamp
    if rules.shut_market == CANCEL:
        planned = plan_legs_nb(timeline, world, book, event, scratch, journal)
        status = max(status, planned)
    return status


@part
def recall_nb(timeline, world, book, event, row, journal):
    """Order buy-ins where a short is larger than what can be borrowed.

    Parameters
    ----------
    timeline : Timeline
    world : World
    book : Book
        `order`, `target` and `forced` are written in place.
    event, row : int
    journal : Journal

    Returns
    -------
    status : int
    """
    shares, at, status = book.shares, row_of_nb(world.available, row), OK
    for a in range(shares.shape[0]):
        available = world.available[at, a, 0]  # nothing has gone ex yet
        for lane in range(shares.shape[1]):
            excess = -available - shares[a, lane]
            if excess > LOT_TOLERANCE * available and excess > 0.0:
                if book.order[a, lane] != 0.0 and not book.forced[a, lane]:
                    replaced = remark_nb(journal, REPLACED, event, lane, a, book.decided_at[lane], book.order[a, lane])
                    status = max(status, replaced)
                book.order[a, lane] = excess
                book.target[a, lane] = -available
                book.forced[a, lane] = timeline.stamp[event]
                noted = remark_nb(journal, RECALLED, event, lane, a, timeline.stamp[event], excess)
                status = max(status, noted)
    return status
