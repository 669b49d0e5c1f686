"""The P&L bridge: each step's change of NAV as price, currency, dividends, interest and costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.kernels import state

if TYPE_CHECKING:
    from backtest.result import BacktestResult

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitAndLoss:
    """P&L from mark to mark by name and by balance, before costs, base currency.

    Attributes
    ----------
    held : ndarray of shape (n_dates, n_names)
        What prices did, at the FX of the end, to shares held at the mark before; splits, scrip, delistings and
        reinvested dividends are theirs.
    traded : ndarray of shape (n_dates, n_names)
        What prices did, at the FX of the end, to shares filled since, from their fill to the mark.
    currency : ndarray of shape (n_dates, n_names)
        What FX did to holdings.
    dividends : ndarray of shape (n_dates, n_names)
        Gross, at the FX of the ex date.
    opening_value : ndarray of shape (n_dates, n_names)
        Holdings at the mark before, at its prices and FX.
    balances : ndarray of shape (n_dates, n_currencies)
        What FX did to foreign balances and dividends due.
    interest : ndarray of shape (n_dates, n_currencies)
    """

    held: Matrix
    traded: Matrix
    currency: Matrix
    dividends: Matrix
    opening_value: Matrix
    balances: Matrix
    interest: Matrix


def profit_and_loss(result: "BacktestResult") -> ProfitAndLoss:
    """Explain NAV from mark to mark, name by name and balance by balance.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    ProfitAndLoss

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
    value = shares * prices_before
    held = shares * (prices - prices_before) * name_rates
    currency = value * (name_rates - name_rates_before)

    def by_name(kinds: tuple[int, ...]) -> tuple[Matrix, Matrix]:
        """Add up what price and FX did to moves of shares until the mark."""
        index, amounts = result.entries(*kinds)
        step, inside = result.steps(index)
        step, asset, amounts = step[inside], index[inside, 3], amounts[inside]
        moved, at, fx = amounts[:, 0], amounts[:, 1], amounts[:, 2]
        rate = name_rates[step, asset]
        place = step * len(result.prepared.names) + asset
        return (
            _spread(place, moved * (prices[step, asset] - at) * rate, held.shape),
            _spread(place, moved * at * (rate - fx), held.shape),
        )

    traded, traded_currency = by_name((state.FILLED,))
    added, added_currency = by_name(tuple(kind for kind in range(state.MOVES) if kind != state.FILLED))
    held += added
    currency += traded_currency + added_currency

    index, amounts = result.entries(state.DIVIDEND_DUE)
    step, inside = result.steps(index)
    place = step[inside] * len(result.prepared.names) + index[inside, 3]
    dividends = _spread(place, (amounts[:, 0] * amounts[:, 1] * amounts[:, 2])[inside], held.shape)

    money = record.cash[rows, :, 0] + record.due[rows, :, 0]
    opening = result.opening.cash[:, 0] + result.opening.due[:, 0]
    money_before = np.vstack([opening[None, :], money[:-1]])
    balances = money * rates - money_before * rates_before - record.flow[rows, :, 0]
    balances[:, result.prepared.rules.base] = 0.0
    return ProfitAndLoss(
        held=held,
        traded=traded,
        currency=currency,
        dividends=dividends,
        opening_value=value * name_rates_before,
        balances=balances,
        interest=record.interest[rows, :, 0] * result.begin_rates,
    )


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
        cost (zero or below), change (of NAV) and residual (what the others leave: rounding). By name:
        `backtest.attribution.contributions`.
    """
    parts = result.profit_and_loss
    costs = -result.costs
    change = np.diff(result.record.nav[result.rows, 0], prepend=result.opening_nav)
    frame = pd.DataFrame(
        {
            "price": parts.held.sum(axis=1) + parts.traded.sum(axis=1),
            "currency": parts.currency.sum(axis=1) + parts.balances.sum(axis=1),
            "dividends": parts.dividends.sum(axis=1),
            "interest": parts.interest.sum(axis=1),
        },
        index=result.dates,
    )
    frame[list(costs.columns)] = costs
    frame["residual"] = change - frame.sum(axis=1)
    frame.insert(len(frame.columns) - 1, "change", change)
    return frame


def _spread(place: NDArray[np.int64], amounts: Matrix, shape: tuple[int, ...]) -> Matrix:
    """Add up amounts at their flat places."""
    return np.bincount(place, weights=amounts, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)
