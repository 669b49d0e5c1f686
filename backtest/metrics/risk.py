"""How much returns vary: all of them, and those below what is acceptable."""

import numpy as np
from numpy.typing import ArrayLike

from backtest.metrics.sample import observed, paired, root_of_periods, varies


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

    Examples
    --------
    >>> round(volatility([0.01, -0.01], 12), 6)
    0.04899
    """
    values, root = observed(returns), root_of_periods(periods_per_year)
    return float(values.std(ddof=1) * root) if len(values) > 1 else float("nan")


def downside_deviation(returns: ArrayLike, periods_per_year: float, minimum_acceptable: ArrayLike = 0.0) -> float:
    """Annualise the root mean square of what returns fall short of.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    periods_per_year : float
        1 leaves it per period.
    minimum_acceptable : array-like of shape (n,) or float
        Return per period; what is above it counts as zero.

    Returns
    -------
    float
        The mean is over all periods, not over those that fall short. NaN where there is no return.

    References
    ----------
    .. [1] Sortino and van der Meer, "Downside Risk", Journal of Portfolio Management, 1991.
    .. [2] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 4.

    Examples
    --------
    >>> round(downside_deviation([0.02, -0.03, 0.01, -0.04], 1), 6)
    0.025
    """
    values, minimum = paired(returns, minimum_acceptable)
    root = root_of_periods(periods_per_year)
    if not len(values):
        return float("nan")
    return float(np.sqrt(np.mean(np.minimum(values - minimum, 0.0) ** 2)) * root)


def downside_potential(returns: ArrayLike, minimum_acceptable: ArrayLike = 0.0) -> float:
    """Average what returns fall short of.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    minimum_acceptable : array-like of shape (n,) or float
        Return per period.

    Returns
    -------
    float
        Per period, zero or above; the mean is over all periods. NaN where there is no return.

    References
    ----------
    .. [1] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 4.

    Examples
    --------
    >>> round(downside_potential([0.02, -0.03, 0.01, -0.04]), 6)
    0.0175
    """
    values, minimum = paired(returns, minimum_acceptable)
    return float(np.maximum(minimum - values, 0.0).mean()) if len(values) else float("nan")


def skewness(returns: ArrayLike, *, bias: bool = True) -> float:
    """Measure asymmetry: the third standardised moment.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    bias : bool
        True divides moments by n (Fisher's g1, "population"); False corrects for the sample's size (G1).

    Returns
    -------
    float
        NaN below three returns, and where they do not vary.

    References
    ----------
    .. [1] Joanes and Gill, "Comparing Measures of Sample Skewness and Kurtosis", The Statistician, 1998.

    Examples
    --------
    >>> round(skewness([0.0, 0.0, 0.0, 0.04]), 4)
    1.1547
    """
    values = observed(returns)
    n = len(values)
    if n < 3 or not varies(values):
        return float("nan")
    away = values - values.mean()
    found = float(np.mean(away**3) / np.mean(away**2) ** 1.5)
    return found if bias else found * float(np.sqrt(n * (n - 1.0)) / (n - 2.0))


def kurtosis(returns: ArrayLike, *, bias: bool = True) -> float:
    """Measure the weight of tails: the fourth standardised moment less 3, that of a normal distribution.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    bias : bool
        True divides moments by n (g2, "population"); False corrects for the sample's size (G2).

    Returns
    -------
    float
        Excess kurtosis. NaN below four returns, and where they do not vary.

    References
    ----------
    .. [1] Joanes and Gill, "Comparing Measures of Sample Skewness and Kurtosis", The Statistician, 1998.

    Examples
    --------
    >>> round(kurtosis([0.01, -0.01, 0.01, -0.01]), 6)
    -2.0
    """
    values = observed(returns)
    n = len(values)
    if n < 4 or not varies(values):
        return float("nan")
    away = values - values.mean()
    found = float(np.mean(away**4) / np.mean(away**2) ** 2 - 3.0)
    return found if bias else (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * found + 6.0)
