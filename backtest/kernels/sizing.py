"""From target weights to share orders that cash and costs allow."""

import numpy as np

from backtest.kernels.state import BUY, DUST, NAV_NOT_POSITIVE, OK, SELL
from data.jit import kernel

MAX_STEPS = 200


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
    for a in range(value_out.shape[0]):
        value_out[a] = book.last_price[a] * world.fx[event, world.currency[a]]


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
    n_lanes = nav_out.shape[0]
    for lane in range(n_lanes):
        nav_out[lane] = 0.0
    for c in range(book.cash.shape[0]):
        rate = world.fx[event, c]
        for lane in range(n_lanes):
            nav_out[lane] += book.cash[c, lane] * rate
    for a in range(value.shape[0]):
        price = value[a]
        for lane in range(n_lanes):
            nav_out[lane] += book.shares[a, lane] * price


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
    n_assets, n_lanes = scratch.asked.shape
    for lane in range(n_lanes):
        scratch.held[lane] = 0.0
        scratch.factor[lane] = 1.0
        scratch.scale[lane] = scratch.active[lane]  # 1 while the lane's factor is still sought
    for a in range(n_assets):
        for lane in range(n_lanes):
            if np.isnan(scratch.asked[a, lane]):
                scratch.held[lane] += book.shares[a, lane] * value[a]
    for _ in range(MAX_STEPS):
        for lane in range(n_lanes):
            scratch.total[lane] = scratch.held[lane]
            scratch.slope[lane] = 0.0
            scratch.knot[lane] = 0.0
        for a in range(n_assets):
            buy = world.cost[row, world.fee_class[a], BUY]
            sell = world.cost[row, world.fee_class[a], SELL]
            price = value[a]
            for lane in range(n_lanes):
                weight = scratch.asked[a, lane]
                if np.isnan(weight):
                    continue
                whole = weight * scratch.nav[lane]
                wanted = scratch.factor[lane] * whole
                present = book.shares[a, lane] * price
                if wanted > present:
                    scratch.total[lane] += wanted + buy * (wanted - present)
                    scratch.slope[lane] += whole * (1.0 + buy)
                    scratch.knot[lane] = max(scratch.knot[lane], present / whole)
                else:
                    scratch.total[lane] += wanted + sell * (present - wanted)
                    scratch.slope[lane] += whole * (1.0 - sell)
        sought = False
        for lane in range(n_lanes):
            if scratch.scale[lane] == 0.0:
                continue
            gap = scratch.total[lane] - scratch.nav[lane]
            if gap <= 0.0:
                scratch.scale[lane] = 0.0
            elif scratch.slope[lane] <= 0.0:
                scratch.factor[lane] = 0.0
                scratch.scale[lane] = 0.0
            else:
                step = scratch.factor[lane] - gap / scratch.slope[lane]
                scratch.factor[lane] = max(step, 0.0)
                if step >= scratch.knot[lane]:
                    scratch.scale[lane] = 0.0
                else:
                    sought = True
        if not sought:
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
    n_assets, n_lanes = scratch.asked.shape
    value_lanes_nb(world, book, event, value, scratch.nav)
    for lane in range(n_lanes):
        if scratch.active[lane] and not scratch.nav[lane] > 0.0:
            return NAV_NOT_POSITIVE
    solve_factor_nb(world, book, row, value, scratch)
    for lane in range(n_lanes):
        if scratch.active[lane]:
            book.target_gross[lane] = 0.0
            book.plan_nav[lane] = scratch.nav[lane]
            book.plan_row[lane] = row
            book.plan_cash[lane] = 0.0
    for c in range(book.cash.shape[0]):
        for lane in range(n_lanes):
            if scratch.active[lane]:
                book.plan_cash[lane] += book.cash[c, lane] * world.fx[event, c]
    for a in range(n_assets):
        price = value[a]
        for lane in range(n_lanes):
            if not scratch.active[lane]:
                continue
            weight = scratch.asked[a, lane]
            shares = book.shares[a, lane]
            target = shares
            if weight == 0.0:
                target = 0.0
            elif not np.isnan(weight):
                target = weight * (scratch.factor[lane] * scratch.nav[lane]) / price
            order = target - shares
            if abs(order) * price < DUST * scratch.nav[lane]:
                order = 0.0
                target = shares
            book.order[a, lane] = order
            book.target[a, lane] = target
            book.plan_value[a, lane] = price
            book.target_gross[lane] += abs(target) * price
    return OK
