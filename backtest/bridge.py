"""The P&L bridge: each step's change of NAV as price, currency, dividends, interest and costs."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from backtest.kernels import state

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
        By date, base currency: price (shares x local price change x FX at the end), currency (on holdings, foreign
        balances and dividends due, from their value at the start), dividends (gross), interest, one column a kind of
        cost (zero or below), change (of NAV) and residual (what the others leave: rounding).

    Notes
    -----
    A fill counts at its mid price and the FX of its stamp: what price and FX do from there to the mark is
    P&L. Shares that a split or scrip adds came at a price of 0. Money that enters a foreign balance counts at the FX of
    the moment it does.
    """
    world, record, rows = result.prepared.world, result.record, result.rows
    prices, rates = result.mark_prices, result.mark_rates
    name_rates = rates[:, world.currency]
    prices_before = np.vstack([result.opening.last_price[None, :], prices[:-1]])
    rates_before = np.vstack([result.opening_rates[None, :], rates[:-1]])
    name_rates_before = rates_before[:, world.currency]
    shares = np.vstack([result.opening.shares[None, :, 0], record.shares[rows, :, 0]])[:-1]

    price = (shares * (prices - prices_before) * name_rates).sum(axis=1)
    currency = (shares * prices_before * (name_rates - name_rates_before)).sum(axis=1)
    index, value = result.entries(*range(state.MOVES))
    step = np.searchsorted(rows, result.prepared.timeline.row[index[:, 1]])
    inside = step < len(rows)
    index, value, step = index[inside], value[inside], step[inside]
    asset, traded, at, fx = index[:, 3], value[:, 0], value[:, 1], value[:, 2]
    np.add.at(price, step, traded * (prices[step, asset] - at) * name_rates[step, asset])
    np.add.at(currency, step, traded * at * (name_rates[step, asset] - fx))

    money = record.cash[rows, :, 0] + record.due[rows, :, 0]
    opening = result.opening.cash[:, 0] + result.opening.due[:, 0]
    money_before = np.vstack([opening[None, :], money[:-1]])
    foreign = np.arange(len(result.prepared.currencies)) != result.prepared.rules.base
    moved = money * rates - money_before * rates_before - record.flow[rows, :, 0]
    currency += moved[:, foreign].sum(axis=1)

    interest = (record.interest[rows, :, 0] * result.begin_rates).sum(axis=1)
    index, value = result.entries(state.DIVIDEND_DUE)
    dividends = result.by_date(index, value[:, 0] * value[:, 1] * value[:, 2])
    costs = -result.costs
    change = np.diff(record.nav[rows, 0], prepend=result.opening_nav)
    frame = pd.DataFrame(
        {"price": price, "currency": currency, "dividends": dividends, "interest": interest}, index=result.dates
    )
    frame[list(costs.columns)] = costs
    frame["residual"] = change - frame.sum(axis=1)
    frame.insert(len(frame.columns) - 1, "change", change)
    return frame
