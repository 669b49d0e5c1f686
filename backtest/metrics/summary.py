"""The measures of one run, named."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from backtest.metrics.cash import cash_returns
from backtest.metrics.drawdowns import drawdown, longest_under_water
from backtest.metrics.inference import sharpe_standard_error
from backtest.metrics.ratios import omega_ratio, reward_over_risk, sharpe_ratio, sortino_ratio, tail_ratio
from backtest.metrics.returns import annual_return, elapsed_years, hit_rate
from backtest.metrics.risk import kurtosis, skewness, volatility
from backtest.metrics.tails import (
    conditional_value_at_risk,
    modified_conditional_value_at_risk,
    modified_value_at_risk,
    value_at_risk,
)

if TYPE_CHECKING:
    from backtest.result import BacktestResult

Summary = Mapping[str, float]
INVESTED = 0.01


def summarise(result: "BacktestResult") -> Summary:
    """Measure a run.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    mapping of str to float
        =====================  ===================================================================================
        total_return           last NAV over the opening NAV, less 1
        annual_return          compounded, by elapsed time
        volatility             a year, from returns between marks
        sharpe                 a year, of returns in excess of zero
        sharpe_se              standard error of `sharpe`: Lo's general form, HAC (Newey-West)
        sharpe_over_cash       a year, of returns in excess of the base currency's rate; NaN without rates
        sortino                a year, of returns against zero
        omega                  sum of returns above zero over the size of the sum of those below
        max_drawdown           lowest fall from a peak, zero or below
        drawdown_now           fall from the peak at the last mark, zero or below
        longest_drawdown_days  calendar days of the longest time below a peak, to the last mark if it lasts
        calmar                 annual return over the size of the largest drawdown
        var_95, cvar_95        return that one period in twenty undercuts, and the average of that twentieth;
                               negative for a loss
        modified_var_95        the first of these from moments: Cornish-Fisher
        modified_cvar_95       the second from moments: Boudt, Peterson and Croux
        tail_ratio             size of the 95 % quantile of returns over that of the 5 % quantile
        skew, kurtosis         of returns, moments divided by their number; kurtosis in excess of 3
        best_day, worst_day    highest and lowest return between marks
        hit_rate               share of nonzero returns that are above zero
        exposure               average fraction of NAV invested
        time_in_market         share of marks at which longs and shorts together pass 1 % of NAV
        turnover               one-way, times NAV a year: half of what was traded over NAV
        traded_notional        bought and sold, base currency
        cost                   all costs, base currency
        cost_annual            all costs a year over average NAV; `costs_a_year` has it by kind
        n_trades               fills
        years                  elapsed, of 365.25 days
        =====================  ===================================================================================

        NaN where a measure is not defined: a run of one date has no volatility.
    """
    nav = result.nav_by_row[result.rows]
    returns = result.returns.to_numpy()
    years = elapsed_years(result.dates)
    periods_per_year = (len(returns) - 1) / years if years > 0 else float("nan")
    total = float(nav[-1] / result.opening_nav - 1.0) if len(nav) else float("nan")
    a_year = annual_return(total, years)
    falls = drawdown(np.concatenate([[result.opening_nav], nav]))
    index, value = result.fills
    traded = np.abs(value[:, 0]) * value[:, 1] * value[:, 2]
    step = np.minimum(np.searchsorted(result.rows, result.prepared.timeline.row[index[:, 1]]), max(len(nav) - 1, 0))
    cost = float(result.costs.to_numpy().sum())
    average = float(nav.mean()) if len(nav) else float("nan")
    money = result.record.cash[result.rows, :, 0] + result.record.due[result.rows, :, 0]
    held = 1.0 - (money * result.mark_rates).sum(axis=1) / nav
    gross = np.abs(result.weights.to_numpy()).sum(axis=1)
    cash = cash_returns(result)
    deepest = float(falls.min())
    return MappingProxyType(
        {
            "total_return": total,
            "annual_return": a_year,
            "volatility": volatility(returns, periods_per_year),
            "sharpe": sharpe_ratio(returns, periods_per_year),
            "sharpe_se": sharpe_standard_error(returns, periods_per_year),
            "sharpe_over_cash": float("nan") if cash is None else sharpe_ratio(returns, periods_per_year, cash),
            "sortino": sortino_ratio(returns, periods_per_year),
            "omega": omega_ratio(returns),
            "max_drawdown": deepest,
            "drawdown_now": float(falls[-1]),
            "longest_drawdown_days": longest_under_water(nav, result.dates.to_numpy(), result.opening_nav),
            "calmar": reward_over_risk(a_year, -deepest),
            "var_95": value_at_risk(returns),
            "cvar_95": conditional_value_at_risk(returns),
            "modified_var_95": modified_value_at_risk(returns),
            "modified_cvar_95": modified_conditional_value_at_risk(returns),
            "tail_ratio": tail_ratio(returns),
            "skew": skewness(returns),
            "kurtosis": kurtosis(returns),
            "best_day": float(returns.max()) if len(returns) else float("nan"),
            "worst_day": float(returns.min()) if len(returns) else float("nan"),
            "hit_rate": hit_rate(returns),
            "exposure": float(held.mean()) if len(nav) else float("nan"),
            "time_in_market": float((gross > INVESTED).mean()) if len(nav) else float("nan"),
            "turnover": float((traded / nav[step]).sum() / 2 / years) if years > 0 else float("nan"),
            "traded_notional": float(traded.sum()),
            "cost": cost,
            "cost_annual": cost / average / years if years > 0 else float("nan"),
            "n_trades": float(len(index)),
            "years": years,
        }
    )


def costs_a_year(result: "BacktestResult") -> pd.Series:
    """Give each kind of cost a year, as a fraction of average NAV.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    Series
        By kind, positive when paid; they sum to `cost_annual` of the summary. NaN if no time has passed.
    """
    years, nav = elapsed_years(result.dates), result.nav_by_row[result.rows]
    totals = result.costs.sum()
    scale = 1.0 / (float(nav.mean()) * years) if years > 0 else float("nan")
    return (totals * scale).rename("costs_a_year")
