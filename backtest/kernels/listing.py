"""The orders of an event in a list: what moves, what it costs, what is paid and written down."""

import numpy as np

from backtest.kernels.money import await_nb, convert_nb, pay_held_nb
from backtest.kernels.state import (
    BUY,
    DEAREST,
    FILLED,
    HOLD_CURRENCY,
    JOURNAL_FULL,
    LOT_TOLERANCE,
    OK,
    SELL,
    TRADE_TOO_LARGE,
)
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import CENTS_PER_ONE, UNITS_PER_ONE, charge_trades_nb
from data.jit import leaf


@leaf
def list_orders_nb(world, row, taking, prices, first, scratch):
    """Append the orders of one kind that can fill at the event, and how many shares of each move, to the list.

    Parameters
    ----------
    world : World
    row, taking : int
        FORCED, SELL or BUY.
    prices : ndarray of shape (A,)
    first : int
        Orders that are listed already.
    scratch : Scratch
        Reads `now` and, for buys, `scale`; writes `name`, `lane`, `moved` and `notional`, in order of name.

    Returns
    -------
    n_orders : int
    """
    now, scale, names, lanes, moved = scratch.now, scratch.scale, scratch.name, scratch.lane, scratch.moved
    lots, notional, n_lanes, n = world.lot[row_of_nb(world.lot, row)], scratch.notional, len(scratch.lanes), first
    for a in range(now.shape[0]):
        for lane in range(n_lanes):
            possible = now[a, lane]
            # Written in any case, and kept by counting on: which orders are buys cannot be guessed.
            names[n], lanes[n], moved[n] = a, lane, possible
            n += possible < 0.0 if taking == SELL else possible > 0.0
    is_cut = False
    for lane in range(n_lanes):
        is_cut |= taking == BUY and scale[lane] != 1.0
    for k in range(first, n if is_cut else first):
        part, lot = scale[lanes[k]], lots[names[k]]
        if part != 1.0:
            whole = part * moved[k]
            moved[k] = np.trunc(whole / lot + LOT_TOLERANCE) * lot if lot > 0.0 else whole
    for k in range(first, n):
        notional[k] = moved[k] * prices[names[k]]
    return n


@leaf
def charge_orders_nb(world, rules, row, n_sells, n_orders, scratch):
    """Write what listed orders cost.

    Parameters
    ----------
    world : World
    rules : Rules
    row : int
    n_sells, n_orders : int
        Sells are listed before buys.
    scratch : Scratch
        Reads `name`, `moved` and `notional`; writes `fee`, `half_spread` and `impact`, local currency.

    Returns
    -------
    status : int
    """
    names, moved, notional = scratch.name, scratch.moved, scratch.notional
    fee, half_spread, impact = scratch.fee, scratch.half_spread, scratch.impact
    class_of, rates, half_spreads = world.fee_class, world.rate, world.half_spread
    at_spread = row_of_nb(half_spreads, row)
    for k in range(n_orders):
        half_spread[k] = abs(notional[k]) * half_spreads[at_spread, names[k]]
    if not rules.exact_costs:
        for k in range(n_orders):
            side = SELL if k < n_sells else BUY
            fee[k] = abs(notional[k]) * rates[row, class_of[names[k]], side]
            impact[k] = 0.0
        return OK
    impacts = world.impact[row_of_nb(world.impact, row)]
    for k in range(n_orders):
        impact[k] = impacts[names[k]]
    for k in range(n_orders):
        impact[k] *= abs(notional[k]) * np.sqrt(abs(moved[k]))
    first = 0
    for k in range(1, n_orders + 1):
        # Neighbours of one class and side are charged together.
        if k == n_orders or k == n_sells or class_of[names[k]] != class_of[names[first]]:
            if charge_run_nb(world, row, SELL if first < n_sells else BUY, first, k, scratch) >= 0:
                return TRADE_TOO_LARGE
            first = k
    return OK


@leaf
def charge_run_nb(world, row, side, first, last, scratch):
    """Write the fees of listed neighbours of one class and side.

    Parameters
    ----------
    world : World
    row, side : int
    first, last : int
        Range of the list.
    scratch : Scratch
        As of `charge_orders_nb`; writes `fee`.

    Returns
    -------
    refused : int
        As of `charge_trades_nb`.
    """
    names, moved, notional, fee = scratch.name, scratch.moved, scratch.notional, scratch.fee
    consideration, raw, cents, n = scratch.consideration, scratch.raw, scratch.rate, last - first
    units = world.unit[row_of_nb(world.unit, row)]
    for k in range(n):
        consideration[k] = np.rint(abs(notional[first + k]) * UNITS_PER_ONE)
    for k in range(n):
        raw[k] = abs(moved[first + k]) * units[names[first + k]]
    for k in range(n):
        raw[k] = np.rint(raw[k] * UNITS_PER_ONE)
    period = world.fees.period[row, world.fee_class[names[first]]]
    refused = charge_trades_nb(world.fees, period, side, consideration, raw, n, cents, scratch.clearance)
    for k in range(n):
        fee[first + k] = cents[k] / CENTS_PER_ONE
    return refused


@leaf
def leave_dust_nb(n_sells, n_orders, scratch):
    """Leave alone what funding leaves of listed buys where it costs more than it is worth.

    Parameters
    ----------
    n_sells, n_orders : int
        Sells are listed before buys.
    scratch : Scratch
        Reads `scale` and what `charge_orders_nb` wrote; `moved` becomes 0.
    """
    moved, notional, fee, half_spread = scratch.moved, scratch.notional, scratch.fee, scratch.half_spread
    is_cut, scale = False, scratch.scale
    for lane in range(len(scratch.lanes)):
        is_cut |= scale[lane] != 1.0
    for k in range(n_sells, n_orders if is_cut else n_sells):
        cost = fee[k] + half_spread[k] + scratch.impact[k]
        if scale[scratch.lane[k]] != 1.0 and cost >= DEAREST * notional[k]:
            moved[k] = 0.0


@leaf
def pay_orders_nb(world, rules, book, event, row, n_orders, scratch, record):
    """Pay for listed orders, one after the other.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
        `cash`, `unsettled`, `incoming` and `begun` are written in place.
    event, row, n_orders : int
    scratch : Scratch
        Reads what `charge_orders_nb` wrote; writes `fx_cost`, local currency.
    record : Record
        `traded`, `paid`, `n_fills` and `flow` are written in place.
    """
    cash, unsettled, incoming, begun, flow = book.cash, book.unsettled, book.incoming, book.begun, record.flow
    names, lanes, moved, notional = scratch.name, scratch.lane, scratch.moved, scratch.notional
    fee, half_spread, impact, fx_cost = scratch.fee, scratch.half_spread, scratch.impact, scratch.fx_cost
    venue_of, currency_of, settle_slot, fx = world.venue, world.currency, world.settle_slot, world.fx[event]
    base, fx_spread, holds = np.uint64(rules.base), rules.fx_spread, rules.fx_mode == HOLD_CURRENCY
    traded_out, paid_out, n_fills = record.traded[row], record.paid[row], record.n_fills
    # Of a single lane, base currency and what of it waits in one slot: kept in registers, the tallies too.
    one, own, waits, comes, at = len(scratch.lanes) == 1 and not holds, cash[base, 0], 0.0, 0.0, -1
    own_traded, own_paid, own_fills = traded_out[0], paid_out[0], n_fills[0]
    for k in range(n_orders):
        fx_cost[k] = 0.0
        if moved[k] == 0.0:
            continue
        a, lane = names[k], lanes[k] if len(scratch.lanes) > 1 else np.uint64(0)
        currency, slot, cost = currency_of[a], settle_slot[row, venue_of[a]], 0.0
        paid = notional[k] + fee[k] + half_spread[k] + impact[k]
        begun[lane] = 1
        if holds:
            cost = pay_held_nb(
                cash, unsettled, incoming, flow, fx, fx_spread, base, slot, row, lane, currency, paid, scratch.before
            )
        elif currency != base:
            paid, cost = convert_nb(
                cash, unsettled, incoming, flow, fx, fx_spread, slot, row, lane, currency, paid
            )  # fmt: skip
            paid += cost
        fx_cost[k] = cost / fx[currency] if cost != 0.0 else 0.0
        worth, costs = abs(notional[k]) * fx[currency], (fee[k] + half_spread[k] + impact[k]) * fx[currency] + cost
        if len(scratch.lanes) == 1:
            own_traded += worth
            own_paid += costs
            own_fills += 1
        else:
            traded_out[lane] += worth
            paid_out[lane] += costs
            n_fills[lane] += 1
        if one:
            if slot != at:
                if at >= 0:
                    unsettled[at, base, 0], incoming[at, base, 0] = waits, comes
                at, waits, comes = slot, unsettled[slot, base, 0], incoming[slot, base, 0]
            change = (own - paid) - own
            own -= paid
            waits += change
            comes += max(change, 0.0)
        elif not holds:
            left = cash[base, lane] - paid
            await_nb(unsettled, incoming, slot, base, lane, left - cash[base, lane])
            cash[base, lane] = left
    if len(scratch.lanes) == 1:
        traded_out[0], paid_out[0], n_fills[0] = own_traded, own_paid, own_fills
    if one:
        cash[base, 0] = own
        if at >= 0:
            unsettled[at, base, 0], incoming[at, base, 0] = waits, comes


@leaf
def journal_fills_nb(world, book, event, is_forced, prices, n_orders, scratch, journal):
    """Write the fills of listed orders into the journal.

    Parameters
    ----------
    world : World
    book : Book
    event : int
    is_forced : bool
        The orders are buy-ins.
    prices : ndarray of shape (A,)
    n_orders : int
    scratch : Scratch
    journal : Journal

    Returns
    -------
    status : int
        OK or JOURNAL_FULL.
    """
    entries, amounts, at = journal.entries, journal.amounts, journal.n_entries[0]
    names, lanes, moved, fx, currency_of = scratch.name, scratch.lane, scratch.moved, world.fx[event], world.currency
    if entries.shape[1] == 0:
        return OK
    if at + n_orders > entries.shape[1]:
        return JOURNAL_FULL
    for k in range(n_orders):
        a, lane = names[k], lanes[k]
        entries[0, at], entries[1, at], entries[2, at], entries[3, at] = FILLED, event, lane, a
        entries[4, at] = book.forced[a, lane] if is_forced else book.decided_at[lane]
        amounts[0, at], amounts[1, at], amounts[2, at] = moved[k], prices[a], fx[currency_of[a]]
        amounts[3, at], amounts[4, at] = scratch.fee[k], scratch.half_spread[k]
        amounts[5, at], amounts[6, at] = scratch.impact[k], scratch.fx_cost[k]
        at += moved[k] != 0.0
    journal.n_entries[0] = at
    return OK
