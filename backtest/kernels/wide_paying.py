"""Paying for the fills of many lanes, in dense loops; for one lane see `listing` and `money`.

Loops run over lanes innermost and have no branch that a lane decides, so that the compiler takes whole vectors of
them. Each lane's additions are those of the narrow form, in its order: bytes are the same.
"""

import numpy as np

from backtest.kernels.state import BUY, SELL
from data.jit import dense, leaf


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
