"""The measures of one run, named."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from backtest.metrics.measures import annual_return, drawdown, sharpe_ratio, sortino_ratio, volatility

if TYPE_CHECKING:
    from backtest.result import BacktestResult

Summary = Mapping[str, float]
DAYS_PER_YEAR = 365.25


def summarise(result: "BacktestResult") -> Summary:
    """Measure a run.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    mapping of str to float
        ===================  =====================================================================
        total_return         last NAV over the opening NAV, less 1
        annual_return        compounded, by elapsed time
        volatility           a year, from returns between marks
        sharpe               a year, of returns in excess of zero
        sortino              a year, of returns against zero
        max_drawdown         lowest fall from a peak, zero or below
        calmar               annual return over the size of the largest drawdown
        best_day, worst_day  highest and lowest return between marks
        hit_rate             share of nonzero returns that are above zero
        exposure             average fraction of NAV invested
        turnover             one-way, times NAV a year: half of what was traded over NAV
        cost                 all costs, base currency
        cost_annual          all costs a year over average NAV
        n_trades             fills
        years                elapsed, of 365.25 days
        ===================  =====================================================================

        NaN where a measure is not defined: a run of one date has no volatility.
    """
    nav = result.nav_by_row[result.rows]
    returns = result.returns.to_numpy()
    dates = result.dates
    years = (dates[-1] - dates[0]).days / DAYS_PER_YEAR if len(dates) else 0.0
    periods_per_year = (len(returns) - 1) / years if years > 0 else float("nan")
    total = float(nav[-1] / result.opening_nav - 1.0) if len(nav) else float("nan")
    a_year = annual_return(total, years)
    falls = drawdown(np.concatenate([[result.opening_nav], nav]))
    moved = returns[returns != 0]
    index, value = result.fills
    traded = np.abs(value[:, 0]) * value[:, 1] * value[:, 2]
    step = np.minimum(np.searchsorted(result.rows, result.prepared.timeline.row[index[:, 1]]), max(len(nav) - 1, 0))
    cost = float(result.costs.to_numpy().sum())
    average = float(nav.mean()) if len(nav) else float("nan")
    money = result.record.cash[result.rows, :, 0] + result.record.due[result.rows, :, 0]
    held = 1.0 - (money * result.mark_rates).sum(axis=1) / nav
    worst = float(falls.min())
    return MappingProxyType(
        {
            "total_return": total,
            "annual_return": a_year,
            "volatility": volatility(returns, periods_per_year),
            "sharpe": sharpe_ratio(returns, periods_per_year),
            "sortino": sortino_ratio(returns, periods_per_year),
            "max_drawdown": worst,
            "calmar": a_year / -worst if worst < 0 else float("nan"),
            "best_day": float(returns.max()) if len(returns) else float("nan"),
            "worst_day": float(returns.min()) if len(returns) else float("nan"),
            "hit_rate": float((moved > 0).mean()) if len(moved) else float("nan"),
            "exposure": float(held.mean()) if len(nav) else float("nan"),
            "turnover": float((traded / nav[step]).sum() / 2 / years) if years > 0 else float("nan"),
            "cost": cost,
            "cost_annual": cost / average / years if years > 0 else float("nan"),
            "n_trades": float(len(index)),
            "years": years,
        }
    )
