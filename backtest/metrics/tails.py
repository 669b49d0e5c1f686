"""The worst periods: value at risk and the loss expected beyond it.

Both are returns: -0.03 is a loss of three percent. Levels are levels of confidence: 0.95 reads the worst twentieth.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from backtest.metrics.risk import kurtosis, skewness
from backtest.metrics.sample import observed, tail_of

NORMAL = NormalDist()


def value_at_risk(returns: ArrayLike, level: float = 0.95) -> float:
    """Give the return that is undercut in the share 1 - level of periods, from the sample.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        Per period, negative for a loss: the empirical quantile, interpolated linearly. NaN where there is no return.

    Raises
    ------
    BacktestError
        If the level is not between 0 and 1.

    References
    ----------
    .. [1] Jorion, "Value at Risk", 3rd ed., 2006, chapter 5.
    .. [2] Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician, 1996: type 7.

    Examples
    --------
    >>> round(value_at_risk([-0.04, -0.02, 0.0, 0.01, 0.03], 0.75), 6)
    -0.02
    """
    tail, values = tail_of(level), observed(returns)
    return float(np.quantile(values, tail)) if len(values) else float("nan")


def conditional_value_at_risk(returns: ArrayLike, level: float = 0.95) -> float:
    """Average the worst share 1 - level of periods, from the sample; also called expected shortfall.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        Per period, negative for a loss, never above the value at risk. NaN where there is no return.

    Raises
    ------
    BacktestError
        If the level is not between 0 and 1.

    Notes
    -----
    The tail holds n (1 - level) periods, the last of which counts by its fraction [1]_: so it moves steadily with the
    level, and is what a minimum-CVaR programme minimises [2]_.

    References
    ----------
    .. [1] Acerbi and Tasche, "On the Coherence of Expected Shortfall", Journal of Banking and Finance, 2002.
    .. [2] Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk", Journal of Risk, 2000.

    Examples
    --------
    >>> round(conditional_value_at_risk([-0.04, -0.02, 0.0, 0.01, 0.03], 0.7), 6)
    -0.033333
    """
    tail, values = tail_of(level), np.sort(observed(returns))
    if not len(values):
        return float("nan")
    size = tail * len(values)
    whole = min(int(size), len(values) - 1)
    return float((values[:whole].sum() + (size - whole) * values[whole]) / size)


def modified_value_at_risk(returns: ArrayLike, level: float = 0.95) -> float:
    """Give the value at risk of a normal distribution, corrected for skew and kurtosis (Cornish-Fisher).

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        Per period, negative for a loss. NaN below four returns, and where they do not vary.

    Raises
    ------
    BacktestError
        If the level is not between 0 and 1.

    Notes
    -----
    Moments are divided by n. Far in the tail of a sample with large moments the expansion is no quantile any more: it
    may rise again as the level does.

    References
    ----------
    .. [1] Favre and Galeano, "Mean-Modified Value-at-Risk Optimization with Hedge Funds", Journal of Alternative
       Investments, 2002.
    .. [2] Zangari, "A VaR Methodology for Portfolios That Include Options", RiskMetrics Monitor, 1996.
    """
    values = observed(returns)
    return float(values.mean() + values.std() * _cornish_fisher(returns, level)) if len(values) else float("nan")


def modified_conditional_value_at_risk(returns: ArrayLike, level: float = 0.95) -> float:
    """Give the loss expected beyond the modified value at risk, by an Edgeworth expansion.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        Per period, negative for a loss, never above the modified value at risk. NaN below four returns, and where they
        do not vary.

    Raises
    ------
    BacktestError
        If the level is not between 0 and 1.

    Notes
    -----
    With h the Cornish-Fisher quantile, s skew, k excess kurtosis and g(z) = φ(z) [1 + s/6 He₃ + k/24 He₄ + s²/72 He₆],
    the tail's mean is ∫ z g(z) dz up to h over 1 - level, and ∫ z φ Heₙ dz = -φ(h) [Heₙ(h) + n Heₙ₋₂(h)]. Where the
    expansion gives less of a loss than h, which it cannot mean, h is taken, as [1]_ does ("operational").

    References
    ----------
    .. [1] Boudt, Peterson and Croux, "Estimation and Decomposition of Downside Risk for Portfolios with Non-normal
       Returns", Journal of Risk, 2008.
    """
    values, tail = observed(returns), tail_of(level)
    h = _cornish_fisher(returns, level)
    if math.isnan(h):
        return float("nan")
    s, k = skewness(values), kurtosis(values)
    series = 1.0 + s / 6.0 * h**3 + k / 24.0 * (h**4 - 2.0 * h**2 - 1.0)
    series += s**2 / 72.0 * (h**6 - 9.0 * h**4 + 9.0 * h**2 + 3.0)
    mean = -NORMAL.pdf(h) * series / tail
    return float(values.mean() + values.std() * min(mean, h))


def _cornish_fisher(returns: ArrayLike, level: float) -> float:
    """Correct the normal quantile of 1 - level for skew and kurtosis."""
    z = NORMAL.inv_cdf(tail_of(level))
    s, k = skewness(returns), kurtosis(returns)
    return z + (z**2 - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0 - (2.0 * z**3 - 5.0 * z) * s**2 / 36.0
