"""Fills of many lanes at once, in dense loops; for one lane, and for the rarer rules, see `funding` and `fills`.

A list of orders, name by name and lane by lane, is what one lane wants; many lanes want loops over lanes without a
branch that a lane decides, so that the compiler takes whole vectors of them. Each lane's additions are those of the
narrow form, in its order, sells by name and then buys by name: bytes are the same. Where nothing moves, nothing is
added.
"""

import numpy as np

from backtest.kernels.funding import bounded_nb, looks_halted_nb
from backtest.kernels.state import (
    BUY,
    BUY_AT_CLOSE,
    BUY_AT_OPEN,
    DECIDE,
    DUE_ALL,
    DUE_LATE,
    DUE_NONE,
    FUNDING_TOLERANCE,
    LOT_TOLERANCE,
    NEXT_OPEN,
    OK,
    OPEN,
    OVERLAP,
    SCRIP,
    SELL,
    SELL_AT_CLOSE,
    SELL_AT_OPEN,
    SETTLED,
    TRADE_TOO_LARGE,
)
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_charging import charge_wide_nb, leave_dust_wide_nb
from data.jit import dense, kernel, leaf

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


@kernel
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
        for lane in range(n_lanes):
            held, waits = shares[a, lane], undelivered[a, lane]
            now[a, lane] = bounded_nb(now[a, lane], held, waits, rooms[a], lots[a])
            if has_later:
                later[a, lane] = bounded_nb(later[a, lane], held, waits, rooms[a], lots[a])


@leaf
def sell_step_nb(
    tolerance, moved, left, wanted, target, held, price, rate, plan_cash, comes, need, bought, gross, gross_bought
):  # fmt: skip
    """Let one order, if it sells, move its shares, and add to the sums of its lane.

    Parameters
    ----------
    tolerance, moved, left, wanted, target, held : float
        Shares: room for rounding; now, later on the date, of the order; the target; held.
    price, rate : float
        Of the plan.
    plan_cash, comes, need, bought, gross, gross_bought : float
        Of the lane, so far.

    Returns
    -------
    held, rest, plan_cash, comes, need, bought, gross, gross_bought : float
    """
    sells, is_whole = moved < 0.0, abs(wanted - moved) <= tolerance
    after, rest = target if is_whole else held + moved, 0.0 if is_whole else wanted - moved
    held, rest = after if sells else held, rest if sells else wanted
    value = moved * price
    received = -value - abs(value) * rate
    received = received if sells else -0.0  # adds nothing, not even to the sign of 0
    kept, buys = held + min(left, 0.0), max(moved, 0.0) + max(left, 0.0)
    value = buys * price
    need, bought = need + value * (1.0 + rate), bought + value
    gross, gross_bought = gross + abs(kept) * price, gross_bought + abs(kept + buys) * price
    return held, rest, plan_cash + received, comes + received, need, bought, gross, gross_bought


@dense
def sell_wide_nb(
    slots, venue_of, lots, now, later, has_later, target, plan_value, plan_cost, shares, order, plan_cash,
    plan_incoming, need_out, bought_out, gross_out, gross_bought_out,
):  # fmt: skip
    """Let sells move shares and the plan, and add up what the buys of the date ask for.

    Parameters
    ----------
    slots : ndarray of shape (V,)
        Where in the settlement ring the money of a fill waits.
    venue_of, lots : ndarray of shape (A,)
    now, later : ndarray of shape (A, L)
    has_later : bool
    target, plan_value, plan_cost : ndarray of shape (A, L)
    shares, order : ndarray of shape (A, L)
        Written in place.
    plan_cash : ndarray of shape (L,)
        Written in place.
    plan_incoming : ndarray of shape (M, L)
        Written in place.
    need_out, bought_out, gross_out, gross_bought_out : ndarray of shape (L,)
        Written in place.
    """
    n_assets, n_lanes = now.shape
    for lane in range(n_lanes):
        need_out[lane], bought_out[lane], gross_out[lane], gross_bought_out[lane] = 0.0, 0.0, 0.0, 0.0
    a = 0
    while a < n_assets:
        slot = slots[venue_of[a]]
        b = a + 1  # two names at once, if their money waits together: sums are loaded and kept half as often
        is_pair = b < n_assets and slots[venue_of[min(b, n_assets - 1)]] == slot
        tolerance, tolerance_b = LOT_TOLERANCE * lots[a], LOT_TOLERANCE * lots[min(b, n_assets - 1)]
        if is_pair:
            for lane in range(n_lanes):
                cash, comes, need, bought = plan_cash[lane], plan_incoming[slot, lane], need_out[lane], bought_out[lane]
                gross, gross_bought = gross_out[lane], gross_bought_out[lane]
                held, rest, cash, comes, need, bought, gross, gross_bought = sell_step_nb(
                    tolerance, now[a, lane], later[a, lane] if has_later else 0.0, order[a, lane], target[a, lane],
                    shares[a, lane], plan_value[a, lane], plan_cost[a, lane], cash, comes, need, bought, gross,
                    gross_bought,
                )  # fmt: skip
                shares[a, lane], order[a, lane] = held, rest
                held, rest, cash, comes, need, bought, gross, gross_bought = sell_step_nb(
                    tolerance_b, now[b, lane], later[b, lane] if has_later else 0.0, order[b, lane], target[b, lane],
                    shares[b, lane], plan_value[b, lane], plan_cost[b, lane], cash, comes, need, bought, gross,
                    gross_bought,
                )  # fmt: skip
                shares[b, lane], order[b, lane] = held, rest
                plan_cash[lane], plan_incoming[slot, lane], need_out[lane], bought_out[lane] = cash, comes, need, bought
                gross_out[lane], gross_bought_out[lane] = gross, gross_bought
            a += 2
            continue
        for lane in range(n_lanes):
            held, rest, cash, comes, need, bought, gross, gross_bought = sell_step_nb(
                tolerance, now[a, lane], later[a, lane] if has_later else 0.0, order[a, lane], target[a, lane],
                shares[a, lane], plan_value[a, lane], plan_cost[a, lane], plan_cash[lane], plan_incoming[slot, lane],
                need_out[lane], bought_out[lane], gross_out[lane], gross_bought_out[lane],
            )  # fmt: skip
            shares[a, lane], order[a, lane] = held, rest
            plan_cash[lane], plan_incoming[slot, lane], need_out[lane], bought_out[lane] = cash, comes, need, bought
            gross_out[lane], gross_bought_out[lane] = gross, gross_bought
        a += 1


@dense
def expect_proceeds_nb(later, plan_value, plan_cost, power):
    """Add the expected proceeds of sells later on the date to buying power.

    Parameters
    ----------
    later, plan_value, plan_cost : ndarray of shape (A, L)
    power : ndarray of shape (L,)
        Written in place.
    """
    n_assets, n_lanes = later.shape
    for a in range(n_assets):
        for lane in range(n_lanes):
            sold = -min(later[a, lane], 0.0)
            power[lane] += sold * plan_value[a, lane] * (1.0 - plan_cost[a, lane])


@leaf
def scale_wide_nb(rules, book, has_later, scratch):
    """Find the part of the buys due that buying power and gross allow; see `funding.scale_buys_nb`.

    Parameters
    ----------
    rules : Rules
    book : Book
    has_later : bool
    scratch : Scratch
        Reads what `sell_wide_nb` added up; writes `scale` (L,), the part in [0, 1].

    Returns
    -------
    is_cut : bool
        Whether any part is not 1.
    """
    power, need, bought, gross, plan_nav = scratch.power, scratch.need, scratch.bought, scratch.gross, book.plan_nav
    plan_cash, plan_incoming, gross_bought, scale = (
        book.plan_cash,
        book.plan_incoming,
        scratch.gross_bought,
        scratch.scale,
    )
    target_gross, n_lanes = book.target_gross, len(scratch.lanes)
    for lane in range(n_lanes):
        power[lane] = plan_cash[lane]
    if rules.funding == SETTLED:
        for slot in range(plan_incoming.shape[0]):
            for lane in range(n_lanes):
                power[lane] -= plan_incoming[slot, lane]
    if rules.funding == OVERLAP and has_later:
        expect_proceeds_nb(scratch.later, book.plan_value, book.plan_cost, power)
    n_cut = 0
    for lane in range(n_lanes):
        room, part = FUNDING_TOLERANCE * plan_nav[lane], 1.0
        if need[lane] > max(power[lane] + room, 0.0):  # without buys there is nothing to scale, debit or not
            part = max(power[lane] / need[lane], 0.0)
        limit = max(target_gross[lane], gross[lane])
        if gross_bought[lane] > limit + room:
            part = min(part, (limit - gross[lane]) / (gross_bought[lane] - gross[lane]))
        # What is left of cash after a cut is rounding: it buys nothing.
        part = part if part * bought[lane] > room else 0.0
        scale[lane] = part
        n_cut += int(part != 1.0)
    return n_cut > 0


@dense
def cut_wide_nb(lots, scale, now):
    """Cut buys to their part, in whole lots.

    Parameters
    ----------
    lots : ndarray of shape (A,)
    scale : ndarray of shape (L,)
    now : ndarray of shape (A, L)
        Written in place.
    """
    n_assets, n_lanes = now.shape
    for a in range(n_assets):
        lot = lots[a]
        for lane in range(n_lanes):
            part, wanted = scale[lane], now[a, lane]
            cut = part * wanted
            if lot > 0.0:
                cut = np.trunc(cut / lot + LOT_TOLERANCE) * lot
            now[a, lane] = cut if (wanted > 0.0) & (part != 1.0) else wanted


@dense
def cost_wide_nb(prices, half_spreads, rates, class_of, now, paid_out, costs_out):
    """Write what moves cost at proportional rates.

    Parameters
    ----------
    prices, half_spreads : ndarray of shape (A,)
    rates : ndarray of shape (G, 2)
    class_of : ndarray of shape (A,)
    now : ndarray of shape (A, L)
    paid_out, costs_out : ndarray of shape (A, L)
        Written in place, local currency: what is paid, costs included, and the costs; 0 where nothing moves.
    """
    n_assets, n_lanes = now.shape
    for a in range(n_assets):
        price, half, buy, sell = prices[a], half_spreads[a], rates[class_of[a], BUY], rates[class_of[a], SELL]
        for lane in range(n_lanes):
            moved = now[a, lane]
            notional = moved * price
            spread, fee = abs(notional) * half, abs(notional) * (buy if moved > 0.0 else sell)
            paid, costs = notional + fee + spread, fee + spread
            paid_out[a, lane] = paid if moved != 0.0 else 0.0
            costs_out[a, lane] = costs if moved != 0.0 else 0.0


@leaf
def pay_step_nb(sign, moved, worth, paid, costs, cash, waits, comes, traded, spent, n):
    """Pay for one move, if it is of the side.

    Parameters
    ----------
    sign : float
        1 for buys, -1 for sells.
    moved, worth, paid, costs : float
        Shares; base currency.
    cash, waits, comes, traded, spent, n : float
        Of the lane, so far: balance, what of it has yet to settle, and to come; the tallies.

    Returns
    -------
    cash, waits, comes, traded, spent, n : float
    """
    moves = moved * sign > 0.0
    left = cash - (paid if moves else 0.0)
    change = left - cash
    traded, spent = traded + (worth if moves else 0.0), spent + (costs if moves else 0.0)
    return left, waits + change, comes + max(change, 0.0), traded, spent, n + (1.0 if moves else 0.0)


@dense
def pay_run_nb(
    sign, first, last, prices, now, paid, costs, cash, unsettled, incoming, traded_out, spent_out, n_out
):  # fmt: skip
    """Pay for the moves of one side of neighbours in base currency whose money waits together.

    Parameters
    ----------
    sign : float
        1 for buys, -1 for sells.
    first, last : int
        The names from `first` to `last` - 1.
    prices : ndarray of shape (A,)
    now, paid, costs : ndarray of shape (A, L)
    cash, unsettled, incoming : ndarray of shape (L,)
        Of base currency, the latter two of the slot; written in place.
    traded_out, spent_out, n_out : ndarray of shape (L,)
        Written in place.
    """
    n_lanes, end_fours = cash.shape[0], first + (last - first) // 4 * 4
    for a in range(first, end_fours, 4):  # four names at once: sums are loaded and kept a quarter as often
        b, c, d = a + 1, a + 2, a + 3
        one, two, three, four = prices[a], prices[b], prices[c], prices[d]
        for lane in range(n_lanes):
            own, waits, comes, traded, spent, n = pay_step_nb(
                sign, now[a, lane], abs(now[a, lane] * one), paid[a, lane], costs[a, lane], cash[lane],
                unsettled[lane], incoming[lane], traded_out[lane], spent_out[lane], n_out[lane],
            )  # fmt: skip
            own, waits, comes, traded, spent, n = pay_step_nb(
                sign, now[b, lane], abs(now[b, lane] * two), paid[b, lane], costs[b, lane], own, waits, comes, traded,
                spent, n,
            )  # fmt: skip
            own, waits, comes, traded, spent, n = pay_step_nb(
                sign, now[c, lane], abs(now[c, lane] * three), paid[c, lane], costs[c, lane], own, waits, comes,
                traded, spent, n,
            )  # fmt: skip
            cash[lane], unsettled[lane], incoming[lane], traded_out[lane], spent_out[lane], n_out[lane] = pay_step_nb(
                sign, now[d, lane], abs(now[d, lane] * four), paid[d, lane], costs[d, lane], own, waits, comes, traded,
                spent, n,
            )  # fmt: skip
    for a in range(end_fours, last):
        price = prices[a]
        for lane in range(n_lanes):
            cash[lane], unsettled[lane], incoming[lane], traded_out[lane], spent_out[lane], n_out[lane] = pay_step_nb(
                sign, now[a, lane], abs(now[a, lane] * price), paid[a, lane], costs[a, lane], cash[lane],
                unsettled[lane], incoming[lane], traded_out[lane], spent_out[lane], n_out[lane],
            )  # fmt: skip


@dense
def pay_foreign_nb(
    sign, price, rate, spread, now, paid, costs, balance, unsettled_balance, incoming_balance, cash, unsettled,
    incoming, traded_out, spent_out, n_out,
):  # fmt: skip
    """Pay for one foreign name's moves of one side, converted into base currency; see `money.convert_nb`.

    Parameters
    ----------
    sign : float
        1 for buys, -1 for sells.
    price, rate, spread : float
        Local currency; base per unit; the fraction paid on conversions.
    now, paid, costs : ndarray of shape (L,)
    balance, unsettled_balance, incoming_balance : ndarray of shape (L,)
        Of the currency, the latter two of the slot; written in place.
    cash, unsettled, incoming : ndarray of shape (L,)
        Of base currency, the latter two of the slot; written in place.
    traded_out, spent_out, n_out : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(now.shape[0]):
        moves, worth = now[lane] * sign > 0.0, abs(now[lane] * price) * rate
        held = balance[lane] if moves else 0.0
        converted = (paid[lane] - held) * rate
        cost = spread * abs(converted)
        balance[lane] -= held
        unsettled_balance[lane] -= held
        incoming_balance[lane] += max(-held, 0.0)
        cash[lane], unsettled[lane], incoming[lane], traded_out[lane], spent_out[lane], n_out[lane] = pay_step_nb(
            sign, now[lane], worth, converted + cost, costs[lane] * rate + cost, cash[lane], unsettled[lane],
            incoming[lane], traded_out[lane], spent_out[lane], n_out[lane],
        )  # fmt: skip


@leaf
def pay_side_nb(world, rules, book, event, row, sign, prices, scratch, record):
    """Pay for the moves of one side, name by name.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
        `cash`, `unsettled` and `incoming` are written in place.
    event, row : int
    sign : float
        1 for buys, -1 for sells.
    prices : ndarray of shape (A,)
    scratch : Scratch
        Reads `now` and `terms`, what is paid and what it costs, local currency; `bought` counts.
    record : Record
        `traded` and `paid` are written in place.
    """
    now, paid, costs, fx, base = scratch.now, scratch.terms[0], scratch.terms[1], world.fx[event], np.uint64(rules.base)
    traded_out, spent_out, n_out = record.traded[row], record.paid[row], scratch.bought
    currency_of, slots, venue_of = world.currency, world.settle_slot[row], world.venue
    cash, unsettled, incoming, a = book.cash, book.unsettled, book.incoming, 0
    while a < now.shape[0]:
        c, slot, first = currency_of[a], slots[venue_of[a]], a
        a += 1
        if c != base:
            pay_foreign_nb(
                sign, prices[first], fx[c], rules.fx_spread, now[first], paid[first], costs[first], cash[c],
                unsettled[slot, c], incoming[slot, c], cash[base], unsettled[slot, base], incoming[slot, base],
                traded_out, spent_out, n_out,
            )  # fmt: skip
            continue
        while a < now.shape[0] and currency_of[a] == base and slots[venue_of[a]] == slot:
            a += 1
        pay_run_nb(
            sign, first, a, prices, now, paid, costs, cash[base], unsettled[slot, base], incoming[slot, base],
            traded_out, spent_out, n_out,
        )  # fmt: skip


@leaf
def buy_step_nb(tolerance, moved, wanted, target, held, price, rate, plan_cash):
    """Let one order, if it buys, move its shares and the plan.

    Parameters
    ----------
    tolerance, moved, wanted, target, held : float
        Shares: room for rounding; now; of the order; the target; held.
    price, rate : float
        Of the plan.
    plan_cash : float
        Of the lane, so far.

    Returns
    -------
    held, rest, plan_cash : float
    """
    buys, is_whole = moved > 0.0, abs(wanted - moved) <= tolerance
    after, rest = target if is_whole else held + moved, 0.0 if is_whole else wanted - moved
    value = moved * price
    received = -value - abs(value) * rate
    received = received if buys else -0.0  # adds nothing, not even to the sign of 0
    return after if buys else held, rest if buys else wanted, plan_cash + received


@dense
def buy_wide_nb(lots, venue_of, now, target, plan_value, plan_cost, shares, order, plan_cash, pending):
    """Let buys move shares and the plan, and count what orders are left.

    Parameters
    ----------
    lots, venue_of : ndarray of shape (A,)
    now, target, plan_value, plan_cost : ndarray of shape (A, L)
    shares, order : ndarray of shape (A, L)
        Written in place.
    plan_cash : ndarray of shape (L,)
        Written in place.
    pending : ndarray of shape (V,)
        Written in place.
    """
    n_assets, n_lanes = now.shape
    for v in range(pending.shape[0]):
        pending[v] = 0
    for a in range(n_assets):
        tolerance, n_left = LOT_TOLERANCE * lots[a], 0
        for lane in range(n_lanes):
            shares[a, lane], rest, plan_cash[lane] = buy_step_nb(
                tolerance, now[a, lane], order[a, lane], target[a, lane], shares[a, lane], plan_value[a, lane],
                plan_cost[a, lane], plan_cash[lane],
            )  # fmt: skip
            order[a, lane] = rest
            n_left += int(rest != 0.0)
        pending[venue_of[a]] += n_left


@leaf
def count_wide_nb(world, book, scratch):
    """Say which venues have unfilled orders in any lane: `pending` of the book, of which only 0 has a meaning.

    Parameters
    ----------
    world : World
    book : Book
    scratch : Scratch
    """
    pending, order, n_lanes = book.pending, book.order, len(scratch.lanes)
    for v in range(pending.shape[0]):
        pending[v] = 0
    for a in range(order.shape[0]):
        n = 0
        for lane in range(n_lanes):
            n += int(order[a, lane] != 0.0)
        pending[world.venue[a]] += n


@kernel
def fill_wide_nb(timeline, world, rules, book, event, scratch, record):
    """Fill what is due at an event.

    Parameters
    ----------
    timeline : Timeline
    world : World
    rules : Rules
    book : Book
    event : int
        An open or close of a venue, or a decision under `same_close`.
    scratch : Scratch
    record : Record

    Returns
    -------
    status : int
        OK or TRADE_TOO_LARGE.
    """
    row, now = timeline.row[event], scratch.now
    prices = world.close[row] if timeline.kind[event] != OPEN else world.open[row]
    lots, slots = world.lot[row_of_nb(world.lot, row)], world.settle_slot[row]
    immediate = timeline.kind[event] == DECIDE
    mark_wide_nb(
        immediate, timeline.due[event], timeline.start[event], scratch.active, book.decided_at, scratch.venue_due
    )  # fmt: skip
    say_what_goes_nb(timeline, world, rules, book, event, scratch)
    has_later = due_wide_nb(scratch.goes, world.venue, scratch.venue_due, book.order, now, scratch.later)
    if rules.has_room or world.actions.kind.shape[0] > 0:
        bound_wide_nb(world, book, row, has_later, scratch)
    sell_wide_nb(
        slots, world.venue, lots, now, scratch.later, has_later, book.target, book.plan_value,
        book.plan_cost, book.shares, book.order, book.plan_cash, book.plan_incoming, scratch.need, scratch.bought,
        scratch.gross, scratch.gross_bought,
    )  # fmt: skip
    is_cut = scale_wide_nb(rules, book, has_later, scratch)
    if is_cut:
        cut_wide_nb(lots, scratch.scale, now)
    if rules.exact_costs:
        if charge_wide_nb(world, row, prices, scratch) >= 0:
            return TRADE_TOO_LARGE
        if is_cut:
            leave_dust_wide_nb(prices, scratch.scale, now, scratch.terms[0], scratch.terms[1])
    else:
        half_spreads = world.half_spread[row_of_nb(world.half_spread, row)]
        cost_wide_nb(
            prices, half_spreads, world.rate[row], world.fee_class, now, scratch.terms[0], scratch.terms[1]
        )  # fmt: skip
    n_fills, n_of_event, begun = record.n_fills, scratch.bought, book.begun
    for lane in range(len(scratch.lanes)):
        n_of_event[lane] = 0.0
    pay_side_nb(world, rules, book, event, row, -1.0, prices, scratch, record)
    pay_side_nb(world, rules, book, event, row, 1.0, prices, scratch, record)
    for lane in range(len(scratch.lanes)):
        n_fills[lane] += int(n_of_event[lane])
        begun[lane] |= int(n_of_event[lane] > 0.0)
    buy_wide_nb(
        lots, world.venue, now, book.target, book.plan_value, book.plan_cost, book.shares, book.order, book.plan_cash,
        book.pending,
    )  # fmt: skip
    return OK
