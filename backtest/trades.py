"""Fills as a table, with what each of them cost, kind by kind."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from data.costs.charges import NOTE_KINDS
from data.costs.kernels.fees import CENTS_PER_ONE, fee_parts_nb, units_nb
from data.costs.schedules import BUY, COST_KINDS, SELL


def fill_costs(prepared: Prepared, index: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Split the cost of each fill by kind.

    Parameters
    ----------
    prepared : Prepared
    index : ndarray of shape (n_fills, 5)
        Journal entries of fills; see `kernels.state.Journal`.
    value : ndarray of shape (n_fills, 7)

    Returns
    -------
    ndarray of shape (n_fills, n_kinds)
        Local currency, in the order of `COST_KINDS`.
    """
    costs = np.zeros((len(index), len(COST_KINDS)))
    world = prepared.world
    notional = np.abs(value[:, 0]) * value[:, 1]
    rows, names = prepared.timeline.row[index[:, 1]], index[:, 3]
    side = np.where(value[:, 0] > 0, BUY, SELL)
    classes = world.fee_class[names].astype(np.int64)
    if prepared.rules.exact_costs:
        unit = world.unit[rows if len(world.unit) > 1 else 0, names]
        cents = np.zeros((len(index), len(NOTE_KINDS)), dtype=np.int64)
        fee_parts_nb(world.fees, rows, classes, side, _units(notional), _units(np.abs(value[:, 0]) * unit), cents)
        costs[:, : len(NOTE_KINDS)] = cents / CENTS_PER_ONE
    for position, rates in enumerate(prepared.fees):
        mine = classes == position
        for column, kind in enumerate(rates.kinds):
            paid = notional[mine] * rates.rates[rows[mine], column, side[mine]]
            costs[mine, COST_KINDS.index(kind)] = paid
    for column, kind in ((4, "half_spread"), (5, "impact"), (6, "fx_spread")):
        costs[:, COST_KINDS.index(kind)] = value[:, column]
    return costs


def trades_table(
    prepared: Prepared, index: NDArray[np.int64], value: NDArray[np.float64], costs: NDArray[np.float64]
) -> pd.DataFrame:
    """Tell of fills, one row each.

    Parameters
    ----------
    prepared : Prepared
    index : ndarray of shape (n_fills, 5)
        Journal entries of fills.
    value : ndarray of shape (n_fills, 7)
    costs : ndarray of shape (n_fills, n_kinds)
        As `fill_costs` gives them.

    Returns
    -------
    DataFrame
        As `BacktestResult.trades` describes it.
    """
    world, stamps = prepared.world, prepared.timeline.stamp
    names, venues, currencies = (
        np.array(one, dtype=object) for one in (prepared.names, prepared.venues, prepared.currencies)
    )
    frame = pd.DataFrame(
        {
            "decided": pd.DatetimeIndex(index[:, 4], tz="UTC"),
            "filled": pd.DatetimeIndex(stamps[index[:, 1]], tz="UTC"),
            "symbol": names[index[:, 3]],
            "venue": venues[world.venue[index[:, 3]]],
            "side": np.where(value[:, 0] > 0, "buy", "sell"),
            "shares": value[:, 0],
            "price": value[:, 1],
            "currency": currencies[world.currency[index[:, 3]]],
            "fx": value[:, 2],
            "notional": value[:, 0] * value[:, 1],
        }
    )
    return pd.concat([frame, pd.DataFrame(costs, columns=list(COST_KINDS))], axis=1)


def _units(amounts: NDArray[np.float64]) -> NDArray[np.int64]:
    units = np.empty(len(amounts), dtype=np.int64)
    units_nb(np.ascontiguousarray(amounts), units)
    return units
