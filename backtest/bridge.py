"""The P&L bridge: each step's change of NAV as price, currency, interest and costs."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.costs.schedules import COST_KINDS

if TYPE_CHECKING:
    from backtest.result import BacktestResult


def bridge(result: "BacktestResult") -> pd.DataFrame:
    """Explain NAV from mark to mark.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    DataFrame
        By date, base currency: price (shares x local price change x FX at the end), currency (on holdings and on
        foreign balances, from their value at the start), interest, one column a kind of cost (zero or
        below), change (of NAV) and residual (what the others leave: rounding).

    Notes
    -----
    A fill counts at its mid price and the FX of its stamp: what price and FX do from there to the mark is
    P&L. Cash that enters a foreign balance counts at the FX of the moment it does.
    """
    world, record, rows = result.prepared.world, result.record, result.rows
    prices, rates = result.mark_prices, result.mark_rates
    name_rates = rates[:, world.currency]
    before = max(result.first_event - 1, 0)
    prices_before = np.vstack([result.opening.last_price[None, :], prices[:-1]])
    rates_before = np.vstack([world.fx[before][None, :], rates[:-1]])
    name_rates_before = rates_before[:, world.currency]
    shares = np.vstack([result.opening.shares[None, :, 0], record.shares[rows, :, 0]])[:-1]

    price = (shares * (prices - prices_before) * name_rates).sum(axis=1)
    currency = (shares * prices_before * (name_rates - name_rates_before)).sum(axis=1)

    index, value = result.fills
    step = np.searchsorted(rows, result.prepared.timeline.row[index[:, 1]])
    inside = step < len(rows)
    index, value, step = index[inside], value[inside], step[inside]
    asset, traded, at, fx = index[:, 3], value[:, 0], value[:, 1], value[:, 2]
    np.add.at(price, step, traded * (prices[step, asset] - at) * name_rates[step, asset])
    np.add.at(currency, step, traded * at * (name_rates[step, asset] - fx))

    cash = record.cash[rows, :, 0]
    cash_before = np.vstack([result.opening.cash[None, :, 0], cash[:-1]])
    accrued_at = _accrual_rates(result)
    interest = record.interest[rows, :, 0] * accrued_at
    foreign = np.arange(len(result.prepared.currencies)) != result.prepared.rules.base
    moved = cash * rates - cash_before * rates_before - record.flow[rows, :, 0] - interest
    currency += moved[:, foreign].sum(axis=1)

    costs = -result.costs.to_numpy()
    nav = record.nav[rows, 0]
    change = np.diff(nav, prepend=result.opening_nav)
    frame = pd.DataFrame({"price": price, "currency": currency, "interest": interest.sum(axis=1)}, index=result.dates)
    frame[list(COST_KINDS)] = costs
    frame["change"] = change
    frame["residual"] = change - price - currency - interest.sum(axis=1) - costs.sum(axis=1)
    return frame


def _accrual_rates(result: "BacktestResult") -> np.ndarray:
    """FX at each row's interest event."""
    from backtest.kernels import state

    timeline = result.prepared.timeline
    events = np.flatnonzero(timeline.kind == state.ACCRUE)
    return result.prepared.world.fx[events][result.rows]
