"""What was earned: compounded, a year, and how often."""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.kernels.statistics import STILL
from backtest.metrics.sample import observed, root_of_periods

DAYS_PER_YEAR = 365.25
A_YEAR = 364.5 / DAYS_PER_YEAR  # from here on figures are a year's: 365 days are one, too


def total_return(returns: ArrayLike) -> float:
    """Compound simple returns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        0.01 is one percent; NaN is left out.

    Returns
    -------
    float
        0 where there is no return.

    Examples
    --------
    >>> round(total_return([0.1, -0.1]), 4)
    -0.01
    """
    return float(np.prod(1.0 + observed(returns)) - 1.0)


def cumulative_returns(returns: ArrayLike) -> NDArray[np.float64]:
    """Compound simple returns up to each period.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN earns nothing: it carries the last value on.

    Returns
    -------
    ndarray of shape (n,)

    Examples
    --------
    >>> cumulative_returns([0.1, float("nan"), -0.1]).round(4).tolist()
    [0.1, 0.1, -0.01]
    """
    values = np.asarray(returns, dtype=np.float64)
    return np.asarray(np.cumprod(1.0 + np.where(np.isnan(values), 0.0, values)) - 1.0)


def elapsed_years(dates: pd.DatetimeIndex) -> float:
    """Count the years from the first date to the last.

    Parameters
    ----------
    dates : DatetimeIndex of length n
        Ascending.

    Returns
    -------
    float
        Of 365.25 days; 0 without a date.

    Examples
    --------
    >>> elapsed_years(pd.DatetimeIndex(["2020-01-01", "2024-01-01"]))
    4.0
    """
    return (dates[-1] - dates[0]).days / DAYS_PER_YEAR if len(dates) else 0.0


def annual_return(total: float, years: float) -> float:
    """Turn a total return into one a year, compounded, by elapsed time.

    Parameters
    ----------
    total : float
    years : float
        Elapsed time in years of 365.25 days.

    Returns
    -------
    float
        NaN if no time has passed; -1 where all, or more, was lost.

    Examples
    --------
    >>> round(annual_return(0.21, 2.0), 6)
    0.1
    """
    if years <= 0:
        return float("nan")
    return float(np.maximum(1.0 + total, 0.0) ** (1.0 / years) - 1.0)


def annual_return_by_periods(returns: ArrayLike, periods_per_year: float) -> float:
    """Compound simple returns to one a year, by their number.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN earns nothing and takes its period: time has passed whether or not a return is known.
    periods_per_year : float

    Returns
    -------
    float
        NaN where no return is known.

    Examples
    --------
    >>> round(annual_return_by_periods([0.1, 0.1], 1), 6)
    0.1
    """
    root_of_periods(periods_per_year)
    known = observed(returns)
    if not len(known) or math.isnan(periods_per_year):
        return float("nan")
    return annual_return(total_return(known), len(np.asarray(returns)) / periods_per_year)


def geometric_mean(returns: ArrayLike) -> float:
    """Give the return a period that compounds to the total.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        NaN where there is no return.

    Examples
    --------
    >>> round(geometric_mean([0.21, 0.0]), 6)
    0.1
    """
    values = observed(returns)
    return annual_return(total_return(values), len(values))


def hit_rate(returns: ArrayLike) -> float:
    """Give the share of returns above zero among those that are not zero, but for rounding.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN and 0 are left out: a period without a position is neither a hit nor a miss.

    Returns
    -------
    float
        NaN where nothing moved.

    Examples
    --------
    >>> hit_rate([0.02, 0.0, -0.01, 0.01, 0.03])
    0.75
    """
    values = observed(returns)
    moved = values[np.abs(values) > STILL]
    return float((moved > 0).mean()) if len(moved) else float("nan")


def payoff_ratio(returns: ArrayLike) -> float:
    """Divide the average gain by the size of the average loss.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        NaN where there is no gain or no loss.

    Examples
    --------
    >>> round(payoff_ratio([0.02, 0.04, -0.01]), 6)
    3.0
    """
    values = observed(returns)
    gains, losses = values[values > 0], values[values < 0]
    return float(gains.mean() / -losses.mean()) if len(gains) and len(losses) else float("nan")
