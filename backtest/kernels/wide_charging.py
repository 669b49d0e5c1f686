"""What fills of many lanes cost under exact costs, in dense loops; for one lane see `listing`."""

import numpy as np

from backtest.kernels.state import DEAREST
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.wide_fees import fees_wide_nb
from data.jit import dense, leaf


@leaf
def charge_wide_nb(world, row, prices, scratch):
    """Write what moves cost: contract notes, half-spread and impact.

    Parameters
    ----------
    world : World
    row : int
    prices : ndarray of shape (A,)
    scratch : Scratch
        Reads `now`; writes `terms`, local currency: what is paid, costs included, and the costs.

    Returns
    -------
    refused : int
        0 or above if a trade is too large for fees to be counted; else -1.
    """
    half_spreads, units = world.half_spread[row_of_nb(world.half_spread, row)], world.unit[row_of_nb(world.unit, row)]
    impacts, n_lanes, refused = world.impact[row_of_nb(world.impact, row)], len(scratch.lanes), -1
    cents, off, fees = scratch.rate[:n_lanes], scratch.clearance[:n_lanes], scratch.fee[:n_lanes]
    for a in range(prices.shape[0]):
        period = world.fees.period[row, world.fee_class[a]]
        found = fees_wide_nb(world.fees, period, prices[a], units[a], scratch.now[a], cents, off, fees)
        refused = max(refused, found)
        add_costs_nb(
            prices[a], half_spreads[a], impacts[a], scratch.now[a], fees, scratch.terms[0, a], scratch.terms[1, a]
        )  # fmt: skip
    return refused


@dense
def add_costs_nb(price, half_spread, impact, moved, fees, paid_out, costs_out):
    """Add half-spread and impact of one name's moves to their fees.

    Parameters
    ----------
    price, half_spread, impact : float
        Local currency; fractions as of `World`.
    moved, fees : ndarray of shape (L,)
    paid_out, costs_out : ndarray of shape (L,)
        Written in place; 0 where nothing moves.
    """
    has_impact = impact != 0.0
    for lane in range(moved.shape[0]):
        notional = moved[lane] * price
        worth = abs(notional)
        spread = worth * half_spread
        paid, costs = notional + fees[lane] + spread, fees[lane] + spread
        if has_impact:
            moves = impact * (worth * np.sqrt(abs(moved[lane])))
            paid, costs = paid + moves, costs + moves
        paid_out[lane] = paid if moved[lane] != 0.0 else 0.0
        costs_out[lane] = costs if moved[lane] != 0.0 else 0.0


@dense
def leave_dust_wide_nb(prices, scale, now, paid, costs):
    """Leave alone what funding leaves of buys where it costs more than it is worth.

    Parameters
    ----------
    prices : ndarray of shape (A,)
    scale : ndarray of shape (L,)
    now, paid, costs : ndarray of shape (A, L)
        Written in place.
    """
    n_assets, n_lanes = now.shape
    for a in range(n_assets):
        price = prices[a]
        for lane in range(n_lanes):
            moved = now[a, lane]
            leaves = (scale[lane] != 1.0) & (moved > 0.0) & (costs[a, lane] >= DEAREST * (moved * price))
            now[a, lane] = 0.0 if leaves else moved
            paid[a, lane] = 0.0 if leaves else paid[a, lane]
            costs[a, lane] = 0.0 if leaves else costs[a, lane]
