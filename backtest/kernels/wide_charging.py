"""What fills of many lanes cost, in vectors of lanes; for one lane see `listing`."""

from backtest.kernels.state import BUY, DEAREST, LOT_TOLERANCE, SELL
from backtest.kernels.valuing import row_of_nb
from data.costs.kernels.fees import CENTS_PER_ONE, UNITS_PER_ONE
from data.costs.kernels.wide_fees import charge_quickly_nb, count_exactly_nb
from data.jit import leaf
from data.kernels.vectors import N_TOGETHER, any_nb, load_nb, sqrt_nb, store_nb, trunc_nb, where_nb

# A hundredth in two parts: a whole number below 2**38 times the first is exact, and the sum of both products is the
# hundredth part as division rounds it. (The hundredth part of a whole number lies at least 1/100 of its last place from
# where rounding turns; the sum is off by 2**-15 of it.)
HUNDREDTH = 20971 / 2**21
REST_OF_HUNDREDTH = (2**21 - 100 * 20971) / (100 * 2**21)


@leaf
def note_nb(fees, period, price, unit, at, there, moved, worth, moved_row, cents_row):
    """Give the contract notes of one name's trades.

    Parameters
    ----------
    fees : FeeTable
    period : int
    price, unit : float
        Local currency a share; raw shares a share.
    at : int
        First lane.
    there : Mask
    moved, worth : Vector
        Signed shares; their worth.
    moved_row, cents_row : ndarray of shape (L,)
        What is moved, again; room to work in.

    Returns
    -------
    fee : Vector
        Local currency; where nothing moves, anything.
    is_refused : bool
        A trade is too large for fees to be counted.
    """
    units, share_units, most = worth * UNITS_PER_ONE, abs(moved) * unit * UNITS_PER_ONE, fees.most[period]
    buys, sells = moved > 0.0, moved < 0.0
    is_sure = (units > 1.0) & (units < most[0]) & (share_units < most[1])
    if any_nb(there & (moved != 0.0) & ~is_sure):
        end = min(at + N_TOGETHER, moved_row.shape[0])
        refused = count_exactly_nb(fees, period, price, unit, moved_row[at:end], cents_row[at:end])
        return load_nb(cents_row, at, there) / CENTS_PER_ONE, refused >= 0
    cents = charge_quickly_nb(fees, period, units, share_units, buys, sells)
    return cents * HUNDREDTH + cents * REST_OF_HUNDREDTH, False


@leaf
def charge_name_nb(world, rules, row, a, price, scale, is_cut, at, own, there, scratch):
    """Cut one name's buys to their part, in whole lots, and say what its moves cost.

    Parameters
    ----------
    world : World
    rules : Rules
    row, a : int
    price : float
        Local currency a share.
    scale : Vector
        The part of buys that funding allows.
    is_cut : bool
        It is not 1 everywhere.
    at, own : int
        First lane; its place in arrays of shape (A, L).
    there : Mask
    scratch : Scratch
        `now` and, where anything moves, `terms`, what is paid, costs included, and the costs, local currency, are
        written in place.

    Returns
    -------
    moved : Vector
    is_refused : bool
        A trade is too large for fees to be counted.
    """
    lot, half_spread = world.lot[row_of_nb(world.lot, row), a], world.half_spread[row_of_nb(world.half_spread, row), a]
    impact, unit = world.impact[row_of_nb(world.impact, row), a], world.unit[row_of_nb(world.unit, row), a]
    moved, is_refused = load_nb(scratch.now, own, there), False
    cuts = (moved > 0.0) & (scale != 1.0)
    if is_cut and any_nb(cuts):
        whole = scale * moved
        if lot > 0.0:
            whole = trunc_nb(whole / lot + LOT_TOLERANCE) * lot
        moved = where_nb(cuts, whole, moved)
        store_nb(scratch.now, own, there, moved)
    if not any_nb(moved != 0.0):  # a cut may leave no whole lot
        return moved, is_refused
    notional = moved * price
    worth = abs(notional)
    spread = worth * half_spread
    if rules.exact_costs:
        period, cents = world.fees.period[row, world.fee_class[a]], scratch.power
        fee, is_refused = note_nb(world.fees, period, price, unit, at, there, moved, worth, scratch.now[a], cents)
        paid, costs = notional + fee + spread, fee + spread
        if impact != 0.0:
            moves = impact * (worth * sqrt_nb(abs(moved)))
            paid, costs = paid + moves, costs + moves
        if is_cut:  # what is left of a buy may cost more than it is worth
            moved = where_nb(cuts & (costs >= DEAREST * notional), 0.0, moved)
            store_nb(scratch.now, own, there, moved)
    else:
        rates = world.rate[row, world.fee_class[a]]
        fee = worth * where_nb(moved > 0.0, rates[BUY], rates[SELL])
        paid, costs = notional + fee + spread, fee + spread
    store_nb(scratch.terms[0], own, there, paid)
    store_nb(scratch.terms[1], own, there, costs)
    return moved, is_refused
