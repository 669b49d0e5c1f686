"""How far buying power and gross let the orders of many lanes go, in vectors of lanes; for one lane see `funding`.

Each lane's additions are those of the narrow form, in its order: bytes are the same. Where nothing moves, nothing is
added.
"""

import numpy as np

from backtest.kernels.state import DUE_ALL, DUE_LATE, FUNDING_TOLERANCE, LOT_TOLERANCE, OVERLAP, SETTLED
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_due import BUYS_LATER, BUYS_NOW, IS_LATE, SELLS_LATER, SELLS_NOW
from data.jit import leaf
from data.kernels.vectors import (
    any_nb,
    is_nb,
    least_nb,
    load_nb,
    most_nb,
    spread_nb,
    store_nb,
    trunc_nb,
    where_nb,
)


@leaf
def part_nb(wanted, is_due, has_buys, has_sells):
    """Give the part of one name's orders that an event lets go, unbounded.

    Parameters
    ----------
    wanted : Vector
        Signed shares.
    is_due : Mask
    has_buys, has_sells : bool
        Which sides go.

    Returns
    -------
    part : Vector
    """
    goes = is_due
    if not has_sells:
        goes = goes & (wanted > 0.0)
    if not has_buys:
        goes = goes & ~(wanted > 0.0)
    return where_nb(goes, wanted, 0.0)


@leaf
def bounded_nb(room, lot, held, waits, part):
    """Hold one name's orders to what volume and delivery allow; see `funding.bounded_nb`.

    Parameters
    ----------
    room, lot : float
        Shares.
    held, waits, part : Vector
        Shares: held, what of them is undelivered, and signed what can fill.

    Returns
    -------
    part : Vector
    """
    free = where_nb((part < 0.0) & (waits > 0.0), least_nb(most_nb(held - waits, 0.0), room), room)
    bound = free
    if lot > 0.0:
        bound = trunc_nb(free / lot + LOT_TOLERANCE) * lot
    return where_nb(abs(part) <= free * (1.0 + LOT_TOLERANCE), part, where_nb(part > 0.0, bound, -bound))


@leaf
def sell_lanes_nb(world, rules, book, row, at, there, is_bounded, scratch):
    """Let sells move shares and the plan, and find the part of the buys due that buying power and gross allow.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
        `shares`, `order` and the plan are written in place.
    row, at : int
        First lane.
    there : Mask
    is_bounded : bool
        Volume or delivery may bound orders.
    scratch : Scratch
        Reads `goes` and `venue_due`; writes `now`.

    Returns
    -------
    scale : Vector
        The part, in [0, 1]; see `funding.scale_buys_nb`.
    """
    goes, venue_of, slots = scratch.goes, world.venue, world.settle_slot[row]
    lots, rooms = world.lot[row_of_nb(world.lot, row)], world.room[row_of_nb(world.room, row)]
    shares, order, target, plan_value, plan_cost = book.shares, book.order, book.target, book.plan_value, book.plan_cost
    plan_incoming, n_lanes = book.plan_incoming, len(scratch.lanes)
    plan_cash, comes, slot = load_nb(book.plan_cash, at, there), spread_nb(0.0), -1
    proceeds, need, bought, gross, gross_bought = (
        spread_nb(0.0), spread_nb(0.0), spread_nb(0.0), spread_nb(0.0), spread_nb(0.0)
    )  # fmt: skip
    for a in range(goes.shape[0]):
        own = a * n_lanes + at
        bits, held, price = goes[a], load_nb(shares, own, there), load_nb(plan_value, own, there)
        wanted = load_nb(order, own, there)
        if bits & (BUYS_NOW | SELLS_NOW | BUYS_LATER | SELLS_LATER) == 0 or not any_nb(wanted != 0.0):
            worth = abs(held) * price
            gross, gross_bought = gross + worth, gross_bought + worth
            if bits & (BUYS_NOW | SELLS_NOW):
                store_nb(scratch.now, own, there, 0.0)
            continue
        rate, v = load_nb(plan_cost, own, there), np.int64(venue_of[a])
        is_due = is_nb(scratch.venue_due, v * n_lanes + at, there, DUE_ALL)
        if bits & IS_LATE:
            is_due = is_due | is_nb(scratch.venue_due, v * n_lanes + at, there, DUE_LATE)
        buys, kept = spread_nb(0.0), held
        if bits & (BUYS_NOW | SELLS_NOW):
            now = part_nb(wanted, is_due, bits & BUYS_NOW != 0, bits & SELLS_NOW != 0)
            if is_bounded:
                now = bounded_nb(rooms[a], lots[a], held, load_nb(book.undelivered, own, there), now)
            store_nb(scratch.now, own, there, now)
            sells, buys = now < 0.0, most_nb(now, 0.0)
            if any_nb(sells):
                if slots[v] != slot:
                    if slot >= 0:
                        store_nb(plan_incoming, slot * n_lanes + at, there, comes)
                    slot = slots[v]
                    comes = load_nb(plan_incoming, slot * n_lanes + at, there)
                is_whole = abs(wanted - now) <= LOT_TOLERANCE * lots[a]
                after = where_nb(is_whole, load_nb(target, own, there), held + now)
                rest = where_nb(is_whole, 0.0, wanted - now)
                kept = where_nb(sells, after, held)
                store_nb(shares, own, there, kept)
                store_nb(order, own, there, where_nb(sells, rest, wanted))
                value = now * price
                received = where_nb(sells, -value - abs(value) * rate, -0.0)  # adds nothing, not even to the sign of 0
                plan_cash, comes = plan_cash + received, comes + received
        if bits & (BUYS_LATER | SELLS_LATER):
            later = part_nb(wanted, is_due, bits & BUYS_LATER != 0, bits & SELLS_LATER != 0)
            if is_bounded:
                later = bounded_nb(rooms[a], lots[a], held, load_nb(book.undelivered, own, there), later)
            sold = -least_nb(later, 0.0)
            proceeds = proceeds + sold * price * (1.0 - rate)
            buys, kept = buys + most_nb(later, 0.0), kept - sold
        value = buys * price
        need, bought = need + value * (1.0 + rate), bought + value
        gross, gross_bought = gross + abs(kept) * price, gross_bought + abs(kept + buys) * price
    if slot >= 0:
        store_nb(plan_incoming, slot * n_lanes + at, there, comes)
    store_nb(book.plan_cash, at, there, plan_cash)
    power = plan_cash
    if rules.funding == SETTLED:
        for slot in range(plan_incoming.shape[0]):
            power = power - load_nb(plan_incoming, slot * n_lanes + at, there)
    if rules.funding == OVERLAP:
        power = power + proceeds
    return scale_nb(
        FUNDING_TOLERANCE * load_nb(book.plan_nav, at, there), load_nb(book.target_gross, at, there), power,
        need, bought, gross, gross_bought,
    )  # fmt: skip


@leaf
def scale_nb(room, target_gross, power, need, bought, gross, gross_bought):
    """Give the part of the buys due that buying power and gross allow; see `funding.scale_buys_nb`.

    Parameters
    ----------
    room, target_gross, power, need, bought, gross, gross_bought : Vector
        Base currency.

    Returns
    -------
    scale : Vector
    """
    limit = most_nb(target_gross, gross)
    # Without buys there is nothing to scale, debit or not.
    part = where_nb(need > most_nb(power + room, 0.0), most_nb(power / need, 0.0), 1.0)
    by_gross = least_nb(part, (limit - gross) / (gross_bought - gross))
    part = where_nb(gross_bought > limit + room, by_gross, part)
    # What is left of cash after a cut is rounding: it buys nothing.
    return where_nb(part * bought > room, part, 0.0)
