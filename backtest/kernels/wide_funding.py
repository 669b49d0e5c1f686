"""How far buying power and gross let the orders of many lanes go, in dense loops; for one lane see `funding`.

Loops run over lanes innermost and have no branch that a lane decides, so that the compiler takes whole vectors of
them. Each lane's additions are those of the narrow form, in its order: bytes are the same.
"""

import numpy as np

from backtest.kernels.state import FUNDING_TOLERANCE, LOT_TOLERANCE, OVERLAP, SETTLED
from data.jit import dense, leaf


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
def cut_buys_nb(lots, scale, now):
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
