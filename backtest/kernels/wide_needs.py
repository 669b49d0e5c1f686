"""The factor at which the targets of many lanes can be paid, in dense loops; for one lane see `sizing`.

Loops run over lanes innermost and have no branch that a lane decides, so that the compiler takes whole vectors of
them. Each lane's additions are those of the narrow form, in its order: bytes are the same.

Rates: of a name at proportional costs they are the same for all lanes, `buying` and `selling` (A,). Exact costs have a
rate of each order, `rates` (A, L), FX spread aside: `spread` (A,).
"""

import numpy as np

from backtest.kernels.state import BUY, SELL
from backtest.kernels.valuing import row_of_nb
from data.jit import dense, leaf


@leaf
def flat_rates_nb(world, rules, row, scratch):
    """Write what of expected cost rates is the same for all lanes.

    Parameters
    ----------
    world : World
    rules : Rules
    row : int
    scratch : Scratch
        `buying`, `selling` and `spread` (A,) are written in place.
    """
    half_spread, class_of, currency_of = world.half_spread, world.fee_class, world.currency
    base, at_spread, buying, selling = (
        np.uint64(rules.base),
        row_of_nb(half_spread, row),
        scratch.buying,
        scratch.selling,
    )
    for a in range(buying.shape[0]):
        spread = 0.0 if currency_of[a] == base else rules.fx_spread
        buy = world.rate[row, class_of[a], BUY] + half_spread[at_spread, a]
        sell = world.rate[row, class_of[a], SELL] + half_spread[at_spread, a]
        scratch.spread[a] = spread
        buying[a] = buy + spread * (1.0 + buy)
        selling[a] = sell + spread * (1.0 - sell)


@dense
def need_wide_nb(is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, held_out, total_out):
    """Add up what the targets at the present factor need, costs and held names included.

    Parameters
    ----------
    is_exact : bool
    asked : ndarray of shape (A, L)
        NaN: held.
    value, buying, selling : ndarray of shape (A,)
    rates : ndarray of shape (A, L)
    spread : ndarray of shape (A,)
    nav, factor : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    held_out, total_out : ndarray of shape (L,)
        Written in place; value of held names, and what all needs.
    """
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        held_out[lane], total_out[lane] = 0.0, 0.0
    for a in range(n_assets):
        price, flat_buy, flat_sell, given = value[a], buying[a], selling[a], spread[a]
        for lane in range(n_lanes):
            rate = rates[a, lane] if is_exact else 0.0
            buy = rate + given * (1.0 + rate) if is_exact else flat_buy
            sell = rate + given * (1.0 - rate) if is_exact else flat_sell
            weight, present = asked[a, lane], shares[a, lane] * price
            wanted = factor[lane] * (weight * nav[lane])
            move = wanted - present
            need = wanted + (buy if move > 0.0 else -sell) * move
            held_out[lane] += present if np.isnan(weight) else 0.0
            total_out[lane] += 0.0 if np.isnan(need) else need
    for lane in range(n_lanes):
        total_out[lane] += held_out[lane]


@dense
def slope_wide_nb(is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, slope_out, knot_out):
    """Find how fast the need grows with the factor, and the next factor at which a name turns.

    Parameters
    ----------
    is_exact : bool
    asked : ndarray of shape (A, L)
        NaN: held.
    value, buying, selling : ndarray of shape (A,)
    rates : ndarray of shape (A, L)
    spread : ndarray of shape (A,)
    nav, factor : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    slope_out, knot_out : ndarray of shape (L,)
        Written in place; of lanes that are not sought, anything.
    """
    n_assets, n_lanes = asked.shape
    for lane in range(n_lanes):
        slope_out[lane], knot_out[lane] = 0.0, 0.0
    for a in range(n_assets):
        price, flat_buy, flat_sell, given = value[a], buying[a], selling[a], spread[a]
        for lane in range(n_lanes):
            rate = rates[a, lane] if is_exact else 0.0
            buy = rate + given * (1.0 + rate) if is_exact else flat_buy
            sell = rate + given * (1.0 - rate) if is_exact else flat_sell
            weight, present = asked[a, lane], shares[a, lane] * price
            whole = weight * nav[lane]
            rate = buy if factor[lane] * whole > present else -sell
            turn = present / whole if whole != 0.0 else 0.0
            knot = max(knot_out[lane], turn if turn < factor[lane] else 0.0)
            slope = slope_out[lane] + whole * (1.0 + rate)
            slope_out[lane] = slope_out[lane] if np.isnan(weight) else slope
            knot_out[lane] = knot_out[lane] if np.isnan(weight) else knot


@leaf
def solve_wide_nb(rules, shares, scratch):
    """Find the factor on each target at which NAV pays for it and its costs; see `sizing.solve_factor_nb`.

    Parameters
    ----------
    rules : Rules
    shares : ndarray of shape (A, L)
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `active`, `nav` and rates; writes `factor`.

    Returns
    -------
    is_cut : bool
        Whether any factor is not 1.
    """
    nav, factor, sought, held, total = scratch.nav, scratch.factor, scratch.sought, scratch.held, scratch.total
    slope, knot, n_lanes, is_exact = scratch.slope, scratch.knot, len(scratch.lanes), rules.exact_costs != 0
    asked, value, buying, selling, spread = (
        scratch.asked,
        scratch.value,
        scratch.buying,
        scratch.selling,
        scratch.spread,
    )
    rates = scratch.rates[BUY]
    for lane in range(n_lanes):
        factor[lane] = 1.0
        sought[lane] = scratch.active[lane]  # 1 while the lane's factor is still sought
    for _ in range(asked.shape[0] + 2):  # each step passes a turn at least, or is the last
        need_wide_nb(is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, held, total)
        n_sought = 0
        for lane in range(n_lanes):
            sought[lane] = 0.0 if total[lane] <= nav[lane] else sought[lane]
            n_sought += int(sought[lane] != 0.0)
        if n_sought == 0:
            break
        slope_wide_nb(
            is_exact, asked, value, buying, selling, rates, spread, nav, factor, shares, slope, knot
        )  # fmt: skip
        n_sought = 0
        for lane in range(n_lanes):
            step = factor[lane] - (total[lane] - nav[lane]) / slope[lane] if slope[lane] > 0.0 else 0.0
            factor[lane] = max(step, 0.0) if sought[lane] != 0.0 else factor[lane]
            is_last = slope[lane] <= 0.0 or step >= knot[lane]
            sought[lane] = 0.0 if is_last else sought[lane]
            n_sought += int(sought[lane] != 0.0)
        if n_sought == 0:  # what is needed at the last factor decides nothing
            break
    n_cut = 0
    for lane in range(n_lanes):
        n_cut += int(factor[lane] != 1.0)
    return n_cut > 0
