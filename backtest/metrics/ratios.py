"""What was earned for what was risked."""

import numpy as np
from numpy.typing import ArrayLike

from backtest.metrics.drawdowns import max_drawdown, pain_index, ulcer_index
from backtest.metrics.returns import annual_return_by_periods
from backtest.metrics.risk import downside_deviation, volatility
from backtest.metrics.sample import ROUNDING, observed, paired, root_of_periods, tail_of, varies


def reward_over_risk(reward: float, risk: float) -> float:
    """Divide what was earned by what was risked.

    Parameters
    ----------
    reward : float
    risk : float
        Zero or above.

    Returns
    -------
    float
        NaN where either is, and where the risk is no more than rounding: a drawdown of a last digit is none.

    Examples
    --------
    >>> reward_over_risk(0.1, 0.2), reward_over_risk(0.1, 1e-16)
    (0.5, nan)
    """
    return reward / risk if risk > ROUNDING else float("nan")


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
        NaN where returns do not vary. `backtest.metrics.inference` says how sure it is.

    References
    ----------
    .. [1] Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994.

    Examples
    --------
    >>> round(sharpe_ratio([0.03, -0.01, 0.02, 0.0], 12), 4)
    1.8974
    """
    values, cash = paired(returns, cash_returns)
    excess, root = values - cash, root_of_periods(periods_per_year)
    return float(excess.mean() / excess.std(ddof=1) * root) if varies(excess) else float("nan")


def geometric_sharpe_ratio(returns: ArrayLike, periods_per_year: float, cash_returns: ArrayLike = 0.0) -> float:
    """Divide the compounded excess return a year by the annual volatility of excess returns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out, with its cash return.
    periods_per_year : float
    cash_returns : array-like of shape (n,) or float

    Returns
    -------
    float
        NaN where returns do not vary.

    References
    ----------
    .. [1] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 4.
    """
    values, cash = paired(returns, cash_returns)
    excess = values - cash
    if not varies(excess):
        return float("nan")
    return annual_return_by_periods(excess, periods_per_year) / volatility(excess, periods_per_year)


def sortino_ratio(returns: ArrayLike, periods_per_year: float, minimum_acceptable: ArrayLike = 0.0) -> float:
    """Annualise mean over downside deviation, both from the minimum acceptable return.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    periods_per_year : float
    minimum_acceptable : array-like of shape (n,) or float
        Return per period.

    Returns
    -------
    float
        NaN where no return falls short.

    References
    ----------
    .. [1] Sortino and van der Meer, "Downside Risk", Journal of Portfolio Management, 1991.

    Examples
    --------
    >>> round(sortino_ratio([0.02, -0.03, 0.01, 0.04], 1), 6)
    0.666667
    """
    values, minimum = paired(returns, minimum_acceptable)
    root = root_of_periods(periods_per_year)
    downside = downside_deviation(values, 1.0, minimum)
    return float((values - minimum).mean() / downside * root) if downside > ROUNDING else float("nan")


def calmar_ratio(returns: ArrayLike, periods_per_year: float) -> float:
    """Divide the annual return by the size of the largest drawdown.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN earns nothing and takes its period.
    periods_per_year : float

    Returns
    -------
    float
        NaN without a drawdown.

    References
    ----------
    .. [1] Young, "Calmar Ratio: A Smoother Tool", Futures, 1991.
    """
    return reward_over_risk(annual_return_by_periods(returns, periods_per_year), -max_drawdown(returns))


def omega_ratio(returns: ArrayLike, threshold: ArrayLike = 0.0) -> float:
    """Divide what was gained above a threshold by what was lost below it.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    threshold : array-like of shape (n,) or float
        Return per period.

    Returns
    -------
    float
        1 where the mean equals the threshold; NaN where nothing is below it.

    References
    ----------
    .. [1] Keating and Shadwick, "A Universal Performance Measure", Journal of Performance Measurement, 2002.

    Examples
    --------
    >>> round(omega_ratio([0.03, -0.01, 0.01]), 6)
    4.0
    """
    values, limit = paired(returns, threshold)
    above = values - limit
    return reward_over_risk(float(np.maximum(above, 0.0).sum()), float(np.maximum(-above, 0.0).sum()))


def bernardo_ledoit_ratio(returns: ArrayLike) -> float:
    """Divide the sum of gains by the size of the sum of losses: Omega at a threshold of zero.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        NaN without a loss.

    References
    ----------
    .. [1] Bernardo and Ledoit, "Gain, Loss and Asset Pricing", Journal of Political Economy, 2000.
    """
    return omega_ratio(returns)


def martin_ratio(returns: ArrayLike, periods_per_year: float, annual_cash: float = 0.0) -> float:
    """Divide the annual return over cash by the ulcer index.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN earns nothing and takes its period.
    periods_per_year : float
    annual_cash : float
        Return on cash a year.

    Returns
    -------
    float
        NaN without a drawdown.

    References
    ----------
    .. [1] Martin and McCann, "The Investor's Guide to Fidelity Funds", 1989.
    """
    return reward_over_risk(annual_return_by_periods(returns, periods_per_year) - annual_cash, ulcer_index(returns))


def pain_ratio(returns: ArrayLike, periods_per_year: float, annual_cash: float = 0.0) -> float:
    """Divide the annual return over cash by the pain index.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN earns nothing and takes its period.
    periods_per_year : float
    annual_cash : float
        Return on cash a year.

    Returns
    -------
    float
        NaN without a drawdown.

    References
    ----------
    .. [1] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 4.
    """
    return reward_over_risk(annual_return_by_periods(returns, periods_per_year) - annual_cash, pain_index(returns))


def tail_ratio(returns: ArrayLike, level: float = 0.95) -> float:
    """Divide the size of the upper quantile by that of the lower.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    level : float
        Above 0.5; the quantiles are interpolated linearly.

    Returns
    -------
    float
        NaN where there is no return, or the lower quantile is zero.

    Raises
    ------
    BacktestError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> round(tail_ratio([-0.02, -0.01, 0.0, 0.01, 0.04], 0.75), 6)
    1.0
    """
    tail = tail_of(level)
    values = observed(returns)
    if not len(values):
        return float("nan")
    lower, upper = np.quantile(values, (tail, level))
    return reward_over_risk(abs(float(upper)), abs(float(lower)))
