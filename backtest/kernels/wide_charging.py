"""What fills of many lanes cost under exact costs, in dense loops; for one lane see `listing`."""

import numpy as np

from backtest.kernels.state import DEAREST
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import CENTS_PER_ONE, UNITS_PER_ONE
from data.costs.kernels.wide_fees import charge_quickly_nb, count_exactly_nb
from data.jit import dense, leaf

# A hundredth in two parts: a whole number below 2**38 times the first is exact, and the sum of both products is the
# hundredth part as division rounds it. (The hundredth part of a whole number lies at least 1/100 of its last place from
# where rounding turns; the sum is off by 2**-15 of it.)
HUNDREDTH = 20971 / 2**21
REST_OF_HUNDREDTH = (2**21 - 100 * 20971) / (100 * 2**21)


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
    impacts, cents, fees = world.impact[row_of_nb(world.impact, row)], scratch.nav, world.fees
    for a in range(prices.shape[0]):
        period, moved = fees.period[row, world.fee_class[a]], scratch.now[a]
        paid, costs = scratch.terms[0, a], scratch.terms[1, a]
        charge_quickly_nb(fees, period, prices[a], units[a], moved, cents)
        n_doubts = add_costs_nb(
            True, fees.most[period], prices[a], units[a], half_spreads[a], impacts[a], moved, cents, paid, costs
        )  # fmt: skip
        if n_doubts > 0:
            refused = count_exactly_nb(fees, period, prices[a], units[a], moved, cents)
            if refused >= 0:
                return refused
            add_costs_nb(
                False, fees.most[period], prices[a], units[a], half_spreads[a], impacts[a], moved, cents, paid, costs
            )  # fmt: skip
    return -1


@dense
def add_costs_nb(is_quick, most, price, unit, half_spread, impact, moved, cents, paid_out, costs_out):
    """Add half-spread and impact of one name's moves to their fees.

    Parameters
    ----------
    is_quick : bool
        Fees were charged quickly: they are below 2**38 cents where there is no doubt.
    most : ndarray of shape (2,)
        See `FeeTable.most`.
    price, unit, half_spread, impact : float
        Local currency; raw shares a share; fractions as of `World`.
    moved, cents : ndarray of shape (L,)
    paid_out, costs_out : ndarray of shape (L,)
        Written in place; 0 where nothing moves.

    Returns
    -------
    n_doubts : int
        Trades too large, or too small, to be charged quickly.
    """
    has_impact, n_doubts, most_consideration, most_shares = impact != 0.0, 0, most[0], most[1]
    for lane in range(moved.shape[0]):
        notional = moved[lane] * price
        worth, trades = abs(notional), moved[lane] != 0.0
        consideration, shares = worth * UNITS_PER_ONE, abs(moved[lane]) * unit * UNITS_PER_ONE
        is_sure = (consideration > 1.0) & (consideration < most_consideration) & (shares < most_shares)
        n_doubts += int(trades & (not is_sure))
        if is_quick:
            fee = cents[lane] * HUNDREDTH + cents[lane] * REST_OF_HUNDREDTH
        else:
            fee = cents[lane] / CENTS_PER_ONE
        spread = worth * half_spread
        paid, costs = notional + fee + spread, fee + spread
        if has_impact:
            moves = impact * (worth * np.sqrt(abs(moved[lane])))
            paid, costs = paid + moves, costs + moves
        paid_out[lane] = paid if trades else 0.0
        costs_out[lane] = costs if trades else 0.0
    return n_doubts


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
