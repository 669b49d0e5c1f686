"""What cash would have earned over a run: the rate of the base currency."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.timeline import Rows
from backtest.config import RunConfig
from data.market import MarketData
from data.rates import DAY_COUNT

if TYPE_CHECKING:
    from backtest.result import BacktestResult


def cash_returns(result: "BacktestResult") -> NDArray[np.float64] | None:
    """Give the simple return on cash of each step between marks.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    ndarray of shape (n_dates,) or None
        As of `cash_by_row`, of the dates marked in the run.
    """
    earned = cash_by_row(result.market, result.prepared.rows, result.config)
    return None if earned is None else earned[result.rows]


def cash_by_row(market: MarketData, rows: Rows, config: RunConfig) -> NDArray[np.float64] | None:
    """Give the simple return on cash from each date's mark before to its own.

    Parameters
    ----------
    market : MarketData
    rows : Rows
    config : RunConfig

    Returns
    -------
    ndarray of shape (n_rows,) or None
        From the rate known at the mark before, by the currency's day count, without the run's spread; 0 on the first
        date. None where the market has no rate of the base currency. Rates count whether or not the run's cash earns
        them (`interest="none"`): they are what there was to be had.
    """
    currency, rates = config.base_currency, market.rates
    name = rates.cash_series(currency)
    if name is None:
        return None
    percent, _ = rates.series[name].at(rows.marks[:-1], rows.dates[:-1], config.rate_max_age_days, config.rate_fallback)
    earned = np.zeros(len(rows.dates))
    earned[1:] = percent * np.diff(rows.dates).astype(np.int64) / (100.0 * DAY_COUNT.get(currency, 365))
    return earned
