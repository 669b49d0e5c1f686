"""Measures of returns and NAV as pure functions of arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _clean(returns: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(returns, dtype=np.float64)
    return values[~np.isnan(values)]


def total_return(returns: ArrayLike) -> float:
    """Compound simple returns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        0.01 is one percent; NaN is left out.

    Returns
    -------
    float

    Examples
    --------
    >>> round(total_return([0.1, -0.1]), 4)
    -0.01
    """
    return float(np.prod(1.0 + _clean(returns)) - 1.0)


def annual_return(total: float, years: float) -> float:
    """Turn a total return into one a year, compounded.

    Parameters
    ----------
    total : float
    years : float
        Elapsed time in years of 365.25 days.

    Returns
    -------
    float
        NaN if no time has passed.

    Examples
    --------
    >>> round(annual_return(0.21, 2.0), 6)
    0.1
    """
    if years <= 0:
        return float("nan")
    return float(np.maximum(1.0 + total, 0.0) ** (1.0 / years) - 1.0)


def volatility(returns: ArrayLike, periods_per_year: float) -> float:
    """Annualise the standard deviation of returns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    periods_per_year : float

    Returns
    -------
    float
        Sample standard deviation (ddof = 1) x sqrt(periods a year); NaN below two returns.
    """
    values = _clean(returns)
    return float(values.std(ddof=1) * np.sqrt(periods_per_year)) if len(values) > 1 else float("nan")


def sharpe_ratio(returns: ArrayLike, periods_per_year: float, cash_returns: ArrayLike = 0.0) -> float:
    """Annualise mean over standard deviation of returns in excess of cash.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out, with its cash return.
    periods_per_year : float
    cash_returns : array-like of shape (n,) or float
        Simple returns on cash over the same periods.

    Returns
    -------
    float
        NaN where the standard deviation is zero.

    References
    ----------
    .. [1] Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994.
    """
    excess = _clean(np.asarray(returns, dtype=np.float64) - np.asarray(cash_returns, dtype=np.float64))
    if len(excess) < 2 or excess.std(ddof=1) == 0:
        return float("nan")
    return float(excess.mean() / excess.std(ddof=1) * np.sqrt(periods_per_year))


def sortino_ratio(returns: ArrayLike, periods_per_year: float) -> float:
    """Annualise mean over downside deviation from zero.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    periods_per_year : float

    Returns
    -------
    float
        NaN where no return is below zero.

    References
    ----------
    .. [1] Sortino and van der Meer, "Downside Risk", Journal of Portfolio Management, 1991.
    """
    values = _clean(returns)
    downside = np.sqrt(np.mean(np.minimum(values, 0.0) ** 2)) if len(values) else 0.0
    return float(values.mean() / downside * np.sqrt(periods_per_year)) if downside > 0 else float("nan")


def drawdown(nav: ArrayLike) -> NDArray[np.float64]:
    """Measure the fall from the highest NAV so far.

    Parameters
    ----------
    nav : array-like of shape (n,)

    Returns
    -------
    ndarray of shape (n,)
        Zero or below; -0.2 is twenty percent under the peak.

    Examples
    --------
    >>> drawdown([100.0, 80.0, 120.0]).round(2).tolist()
    [0.0, -0.2, 0.0]
    """
    values = np.asarray(nav, dtype=np.float64)
    return values / np.maximum.accumulate(values) - 1.0
