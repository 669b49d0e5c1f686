"""The factor at which the targets of many lanes can be paid, in vectors of lanes; for one lane see `sizing`.

Each lane's additions are those of the narrow form, in its order: bytes are the same.

Rates: of a name at proportional costs they are the same for all lanes, `buying` and `selling` (A,). Exact costs have a
rate of each order, `rates` (A, L), FX spread aside: `spread` (A,).
"""

import numpy as np

from backtest.kernels.state import BUY, SELL
from backtest.kernels.valuing import row_of_nb
from backtest.kernels.wide_expecting import expected_rate_nb
from data.jit import leaf
from data.kernels.vectors import any_nb, load_nb, most_nb, spread_nb, store_nb, where_nb


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


@leaf
def sum_needs_nb(rules, holds, expects, turns, priced_at, factor, nav, shares, at, there, scratch):
    """Add up what the targets at a factor need, costs and held names included.

    Parameters
    ----------
    rules : Rules
    holds, expects, turns : bool
        Some name is held; work out expected costs first; find the knot.
    priced_at, factor, nav : Vector
        Priced at: the factor of which costs are expected.
    shares : ndarray of shape (A, L)
    at : int
        First lane.
    there : Mask
    scratch : Scratch
        Reads `asked` (NaN: held), `value`, `notes`, `buying`, `selling` and `spread`; writes `rates` of buys.

    Returns
    -------
    total, slope, knot : Vector
        Slope: how fast the total grows with the factor. Knot: the largest factor below it at which a name turns.
    """
    asked, value, rates, spread, notes = scratch.asked, scratch.value, scratch.rates[BUY], scratch.spread, scratch.notes
    held, total, slope, knot = spread_nb(0.0), spread_nb(0.0), spread_nb(0.0), spread_nb(0.0)
    money, n_lanes = priced_at * nav, shares.shape[1]
    for a in range(value.shape[0]):
        own = a * n_lanes + at
        weight, present = load_nb(asked, own, there), load_nb(shares, own, there) * value[a]
        if holds:
            asks = weight == weight  # noqa: PLR0124 - false for NaN
            held = held + where_nb(asks, 0.0, present)
            weight, present = where_nb(asks, weight, 0.0), where_nb(asks, present, 0.0)
        whole = weight * nav
        wanted = factor * whole
        move = wanted - present
        buys = move > 0.0
        if rules.exact_costs:
            if expects:
                rate = expected_rate_nb(notes[a], weight * money - present)
                store_nb(rates, own, there, rate)
            else:
                rate = load_nb(rates, own, there)
            signed = where_nb(buys, rate, -rate)
            if spread[a] != 0.0:
                signed = signed + where_nb(buys, spread[a], -spread[a]) * (1.0 + signed)
        else:
            signed = where_nb(buys, scratch.buying[a], -scratch.selling[a])
        total, slope = total + (wanted + signed * move), slope + whole * (1.0 + signed)
        if turns:
            turn = where_nb(whole != 0.0, present / whole, 0.0)
            knot = most_nb(knot, where_nb(turn < factor, turn, 0.0))
    return total + held, slope, knot


@leaf
def solve_lanes_nb(rules, active, nav, shares, at, there, scratch):
    """Find the factor on each target at which NAV pays for it and its costs; see `sizing.solve_factor_nb`.

    Parameters
    ----------
    rules : Rules
    active : Mask
    nav : Vector
    shares : ndarray of shape (A, L)
    at : int
        First lane.
    there : Mask
    scratch : Scratch
        As of `sum_needs_nb`.

    Returns
    -------
    factor : Vector
    """
    asked, weights = scratch.asked, spread_nb(0.0)
    for a in range(shares.shape[0]):
        weights = weights + load_nb(asked, a * shares.shape[1] + at, there)
    holds = any_nb(weights != weights)  # noqa: PLR0124 - true for NaN
    factor, first_knot = spread_nb(1.0), spread_nb(0.0)
    for trial in range(2 if rules.exact_costs else 1):
        priced_at, factor, sought = factor, spread_nb(1.0), active
        for step in range(shares.shape[0] + 2):  # each step passes a turn at least, or is the last
            expects, turns = step == 0, step > 0 or trial == 0  # rates do not move the first knot
            total, slope, knot = sum_needs_nb(
                rules, holds, expects, turns, priced_at, factor, nav, shares, at, there, scratch
            )  # fmt: skip
            if not turns:
                knot = first_knot
            elif step == 0:
                first_knot = knot
            sought = sought & ~(total <= nav)
            if not any_nb(sought):
                break
            next_factor = where_nb(slope > 0.0, factor - (total - nav) / slope, 0.0)
            factor = where_nb(sought, most_nb(next_factor, 0.0), factor)
            sought = sought & ~((slope <= 0.0) | (next_factor >= knot))
            if not any_nb(sought):  # what is needed at the last factor decides nothing
                break
        if not any_nb(factor != 1.0):  # at the same factor costs would be the same
            break
    return factor
