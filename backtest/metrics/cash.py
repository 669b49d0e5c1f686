"""What cash would have earned over a run: the rate of the base currency."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
        From the rate known at the mark before, by the currency's day count, without the run's spread; 0 on the run's
        first date. None where the market has no rate of the base currency. Rates count whether or not the run's
        cash earns them (`interest="none"`): they are what there was to be had.
    """
    currency, config, rows = result.config.base_currency, result.config, result.prepared.rows
    rates = result.market.rates
    name = rates.cash_series(currency)
    if name is None:
        return None
    percent, _ = rates.series[name].at(rows.marks[:-1], rows.dates[:-1], config.rate_max_age_days, config.rate_fallback)
    earned = np.zeros(len(rows.dates))
    earned[1:] = percent * np.diff(rows.dates).astype(np.int64) / (100.0 * DAY_COUNT.get(currency, 365))
    return earned[result.rows]
