"""The measures of one run, named."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from backtest.kernels.measures import MEASURES
from backtest.metrics.drawdowns import longest_under_water
from backtest.metrics.inference import sharpe_standard_error
from backtest.metrics.lanes import measure, measuring
from backtest.metrics.ratios import tail_ratio
from backtest.metrics.returns import elapsed_years
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
ORDER = (
    "total_return", "annual_return", "volatility", "sharpe", "sharpe_se", "sharpe_over_cash", "sortino", "omega",
    "max_drawdown", "drawdown_now", "longest_drawdown_days", "calmar", "var_95", "cvar_95", "modified_var_95",
    "modified_cvar_95", "tail_ratio", "skew", "kurtosis", "best_day", "worst_day", "hit_rate", "exposure",
    "time_in_market", "turnover", "traded_notional", "cost", "cost_annual", "n_trades", "years",
)  # fmt: skip


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
    first, end = np.searchsorted(result.prepared.marks, (result.first_event, result.last_event)).tolist()
    how = measuring(
        result.market, result.prepared.rows, result.config, first=first, end=end, opening=result.opening_nav
    )
    found = dict(zip(MEASURES, measure(how, result.record).measures[:, 0].tolist(), strict=True))
    periods_per_year = (len(returns) - 1) / how.years if how.years > 0 else float("nan")
    gross = np.abs(result.weights.to_numpy()).sum(axis=1)
    found |= {
        "sharpe_se": sharpe_standard_error(returns, periods_per_year),
        "longest_drawdown_days": longest_under_water(nav, result.dates.to_numpy(), result.opening_nav),
        "var_95": value_at_risk(returns),
        "cvar_95": conditional_value_at_risk(returns),
        "modified_var_95": modified_value_at_risk(returns),
        "modified_cvar_95": modified_conditional_value_at_risk(returns),
        "tail_ratio": tail_ratio(returns),
        "time_in_market": float((gross > INVESTED).mean()) if len(nav) else float("nan"),
    }
    return MappingProxyType({name: found[name] for name in ORDER})


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
