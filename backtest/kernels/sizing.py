"""From target weights to share orders that cash and costs allow."""

import numpy as np

from backtest.kernels.state import BUY, DUST, NAV_NOT_POSITIVE, OK, SELL
from data.jit import kernel


@kernel
def value_names_nb(world, book, event, value_out):
    """Value one share of each name in base currency at its last price.

    Parameters
    ----------
    world : World
    book : Book
    event : int
        Gives the FX rates known.
    value_out : ndarray of shape (A,)
        Written in place; 0 for a name never priced.
    """
    last_price, fx, currency = book.last_price, world.fx, world.currency
    for a in range(value_out.shape[0]):
        value_out[a] = last_price[a] * fx[event, currency[a]]


@kernel
def value_lanes_nb(world, book, event, value, nav_out):
    """Add up NAV in base currency.

    Parameters
    ----------
    world : World
    book : Book
    event : int
    value : ndarray of shape (A,)
        Base value of one share.
    nav_out : ndarray of shape (L,)
        Written in place.
    """
    cash, shares, fx = book.cash, book.shares, world.fx
    n_lanes = nav_out.shape[0]
    for lane in range(n_lanes):
        nav_out[lane] = 0.0
    for c in range(cash.shape[0]):
        rate = fx[event, c]
        for lane in range(n_lanes):
            nav_out[lane] += cash[c, lane] * rate
    for a in range(value.shape[0]):
        price = value[a]
        for lane in range(n_lanes):
            nav_out[lane] += shares[a, lane] * price


@kernel
def solve_factor_nb(world, book, row, value, scratch):
    """Find the factor on each target at which NAV pays for it and its costs.

    Parameters
    ----------
    world : World
    book : Book
    row : int
        Row whose cost rates are expected.
    value : ndarray of shape (A,)
    scratch : Scratch
        Reads `asked` (NaN: held), `active` and `nav`; writes `factor`.

    Notes
    -----
    What the target at factor f needs, f w V plus costs plus held names, is convex, increasing and linear
    between the factors at which a name turns from sell to buy. Newton's method from f = 1 comes down to
    the root without passing it, and is exact once no turn lies between: nearly always the first step.
    """
    shares, cost, fee_class = book.shares, world.cost, world.fee_class
    asked, nav, factor, sought = scratch.asked, scratch.nav, scratch.factor, scratch.scale
    held, total, slope, knot, active = scratch.held, scratch.total, scratch.slope, scratch.knot, scratch.active
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        held[lane] = 0.0
        factor[lane] = 1.0
        sought[lane] = active[lane]  # 1 while the lane's factor is still sought
    for a in range(n_assets):
        price = value[a]
        for lane in range(n_lanes):
            held[lane] += shares[a, lane] * price if np.isnan(asked[a, lane]) else 0.0
    for _ in range(n_assets + 2):  # each step passes a turn at least, or is the last
        for lane in range(n_lanes):
            total[lane] = held[lane]
            slope[lane] = 0.0
            knot[lane] = 0.0
        for a in range(n_assets):
            buy, sell, price = cost[row, fee_class[a], BUY], cost[row, fee_class[a], SELL], value[a]
            for lane in range(n_lanes):
                weight = asked[a, lane]
                whole = 0.0 if np.isnan(weight) else weight * nav[lane]
                wanted = factor[lane] * whole
                present = 0.0 if np.isnan(weight) else shares[a, lane] * price
                buys = wanted > present
                move = wanted - present
                total[lane] += wanted + (buy * move if buys else -sell * move)
                slope[lane] += whole * (1.0 + (buy if buys else -sell))
                knot[lane] = max(knot[lane], present / whole if buys else 0.0)
        unfinished = False
        for lane in range(n_lanes):
            if sought[lane] == 0.0:
                continue
            gap = total[lane] - nav[lane]
            if gap <= 0.0:
                sought[lane] = 0.0
            elif slope[lane] <= 0.0:
                factor[lane] = 0.0
                sought[lane] = 0.0
            else:
                step = factor[lane] - gap / slope[lane]
                factor[lane] = max(step, 0.0)
                if step >= knot[lane]:
                    sought[lane] = 0.0
                else:
                    unfinished = True
        if not unfinished:
            break


@kernel
def size_orders_nb(world, book, event, row, value, scratch):
    """Turn asked weights into orders, and fix the plan that funding is held against.

    Parameters
    ----------
    world : World
    book : Book
        `order`, `target` and the plan of active lanes are written in place.
    event, row : int
    value : ndarray of shape (A,)
        Base value of one share at the sizing.
    scratch : Scratch
        Reads `asked` (NaN: held) and `active`; writes `nav` and `factor`.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    """
    shares, order, target, plan_value = book.shares, book.order, book.target, book.plan_value
    cash, fx, target_gross, plan_cash = book.cash, world.fx, book.target_gross, book.plan_cash
    asked, active, nav, factor = scratch.asked, scratch.active, scratch.nav, scratch.factor
    n_assets, n_lanes = asked.shape
    value_lanes_nb(world, book, event, value, nav)
    for lane in range(n_lanes):
        if active[lane] and not nav[lane] > 0.0:
            return NAV_NOT_POSITIVE
    solve_factor_nb(world, book, row, value, scratch)
    for lane in range(n_lanes):
        if active[lane]:
            target_gross[lane] = 0.0
            book.plan_nav[lane] = nav[lane]
            book.plan_row[lane] = row
            plan_cash[lane] = 0.0
    for c in range(cash.shape[0]):
        rate = fx[event, c]
        for lane in range(n_lanes):
            if active[lane]:
                plan_cash[lane] += cash[c, lane] * rate
    for a in range(n_assets):
        price = value[a]
        for lane in range(n_lanes):
            if not active[lane]:
                continue
            weight = asked[a, lane]
            held = shares[a, lane]
            wanted = held
            if weight == 0.0:
                wanted = 0.0
            elif not np.isnan(weight):
                wanted = weight * (factor[lane] * nav[lane]) / price
            move = wanted - held
            if abs(move) * price < DUST * nav[lane]:
                move = 0.0
                wanted = held
            order[a, lane] = move
            target[a, lane] = wanted
            plan_value[a, lane] = price
            target_gross[lane] += abs(wanted) * price
    return OK
