"""Which orders are due at an event, and how far buying power and gross let the buys go."""

import numpy as np

from backtest.kernels.sizing import size_orders_nb, value_names_nb
from backtest.kernels.state import (
    BASKET,
    BUY,
    CANCEL,
    DUE_ALL,
    DUE_LATE,
    DUE_NONE,
    FUNDING_TOLERANCE,
    NO_CLOSE,
    NO_OPEN,
    OPEN,
    SELL,
)
from data.jit import kernel


@kernel
def mark_due_nb(timeline, world, rules, book, event, immediate, scratch):
    """Say for each venue and lane which unfilled orders can still fill on the event's date.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
    immediate : bool
        True at a decision under `same_close`: everything just decided is due.
    scratch : Scratch
        `venue_due` (V, L) is written in place with DUE_*.
    """
    venue_due, active = scratch.venue_due, scratch.active
    due, start, live, decided_at, leg_day = timeline.due, timeline.start, book.live, book.decided_at, book.leg_day
    n_venues, n_lanes = venue_due.shape
    day = timeline.day[timeline.row[event]]
    for v in range(n_venues):
        for lane in range(n_lanes):
            allowed = due[event, v]
            if immediate:
                allowed = DUE_ALL if active[lane] else DUE_NONE
            elif live[lane] < 0 or start[event, v] <= decided_at[lane]:
                allowed = DUE_NONE
            elif rules.shut_market == CANCEL and leg_day[v, lane] != day:
                allowed = DUE_NONE
            venue_due[v, lane] = allowed
    if rules.shut_market == BASKET and not immediate:
        # One venue with an order and no session after the decision on this date stops all of them.
        order, venue = book.order, world.venue
        for a in range(order.shape[0]):
            begins = start[event, venue[a]]
            for lane in range(n_lanes):
                if order[a, lane] != 0.0 and begins <= decided_at[lane]:
                    for u in range(n_venues):
                        venue_due[u, lane] = DUE_NONE


@kernel
def resize_nb(timeline, world, book, event, weights, scratch):
    """Size unfilled orders anew at the prices they can fill at (`sizing="fill"`).

    Parameters
    ----------
    timeline : Timeline
    world : World
    book : Book
    event : int
        An open or a close of a venue.
    weights : ndarray of shape (K, A, L)
    scratch : Scratch
        `venue_due` says which lanes are due.

    Returns
    -------
    status : int
    """
    n_assets, n_lanes = book.order.shape
    venue, row = timeline.venue[event], timeline.row[event]
    value_names_nb(world, book, event, scratch.value)
    if timeline.kind[event] == OPEN:
        for a in range(n_assets):
            if world.venue[a] == venue and not np.isnan(world.open[row, a]):
                scratch.value[a] = world.open[row, a] * world.fx[event, world.currency[a]]
    for lane in range(n_lanes):
        scratch.active[lane] = 0
    for a in range(n_assets):
        for lane in range(n_lanes):
            scratch.asked[a, lane] = np.nan
            if book.order[a, lane] != 0.0 and scratch.venue_due[venue, lane] != DUE_NONE:
                scratch.asked[a, lane] = weights[book.live[lane], a, lane]
                late = np.isnan(world.open[row, a])
                if world.venue[a] == venue and (scratch.venue_due[venue, lane] == DUE_ALL or late):
                    scratch.active[lane] = 1
    return size_orders_nb(world, book, event, row, scratch.value, scratch)


@kernel
def scale_buys_nb(timeline, world, book, event, immediate, scratch):
    """Find the part of the buys due that buying power and gross allow (`funding="overlap"`).

    Parameters
    ----------
    timeline : Timeline
    world : World
    book : Book
    event : int
    immediate : bool
        True at a decision under `same_close`.
    scratch : Scratch
        Reads `venue_due`; writes `scale` (L,), the part in [0, 1].

    Notes
    -----
    All amounts are at the plan's prices, FX and cost rates, so nothing is cut for what prices did since.
    """
    shares, order, plan_value, plan_row = book.shares, book.order, book.plan_value, book.plan_row
    opened, closed, cost, venue_of, class_of = world.open, world.close, world.cost, world.venue, world.fee_class
    power, need, bought, gross, venue_due = (
        scratch.power,
        scratch.need,
        scratch.bought,
        scratch.gross,
        scratch.venue_due,
    )
    last_bar = book.last_bar
    n_assets, n_lanes = order.shape
    row, venue, at_close = timeline.row[event], timeline.venue[event], timeline.kind[event] != OPEN
    for lane in range(n_lanes):
        power[lane] = book.plan_cash[lane]
        need[lane] = 0.0
        bought[lane] = 0.0
        gross[lane] = 0.0
    for a in range(n_assets):
        v, fee_class = venue_of[a], class_of[a]
        late = np.isnan(opened[row, a])
        # At a close the names that have none are known: they cannot fill now.
        unpriced = at_close and (immediate or v == venue) and np.isnan(closed[row, a])
        # A halted name may not trade today: the proceeds of its sale are not counted.
        if v == venue and not at_close:
            stuck = late and last_bar[a] != NO_OPEN
        else:
            stuck = last_bar[a] == NO_CLOSE
        for lane in range(n_lanes):
            shares_due, price = order[a, lane], plan_value[a, lane]
            gross[lane] += abs(shares[a, lane]) * price
            due = venue_due[v, lane]
            if shares_due == 0.0 or unpriced or due == DUE_NONE or (due == DUE_LATE and not late):
                continue
            if stuck and shares_due < 0.0:
                continue
            amount = abs(shares_due) * price
            if shares_due < 0.0:
                power[lane] += amount * (1.0 - cost[plan_row[lane], fee_class, SELL])
                gross[lane] -= amount
            else:
                need[lane] += amount * (1.0 + cost[plan_row[lane], fee_class, BUY])
                bought[lane] += amount
    for lane in range(n_lanes):
        part = 1.0
        room = FUNDING_TOLERANCE * book.plan_nav[lane]
        if need[lane] > max(power[lane] + room, 0.0):  # without buys there is nothing to scale, debit or not
            part = power[lane] / need[lane]
        limit = max(book.target_gross[lane], gross[lane])
        if gross[lane] + bought[lane] > limit + room:
            part = min(part, (limit - gross[lane]) / bought[lane])
        # What is left of cash after a cut is rounding: it buys nothing.
        scratch.scale[lane] = part if part * bought[lane] > room else 0.0
