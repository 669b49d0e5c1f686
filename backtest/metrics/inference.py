"""How sure a measure is: standard errors under independence and under autocorrelation."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError
from backtest.metrics.ratios import sharpe_ratio
from backtest.metrics.risk import kurtosis, skewness
from backtest.metrics.sample import observed, paired, root_of_periods, varies

Method = Literal["iid", "moments", "hac"]
METHODS = ("iid", "moments", "hac")


def newey_west_lags(n: int) -> int:
    """Choose the number of lags from the length of the sample: floor(4 (n / 100)^(2/9)).

    Parameters
    ----------
    n : int
        Observations.

    Returns
    -------
    int
        At most n - 1.

    References
    ----------
    .. [1] Newey and West, "Automatic Lag Selection in Covariance Matrix Estimation", Review of Economic Studies, 1994.

    Examples
    --------
    >>> newey_west_lags(100), newey_west_lags(1500)
    (4, 7)
    """
    return max(min(int(4.0 * (n / 100.0) ** (2.0 / 9.0)), n - 1), 0)


def long_run_covariance(scores: NDArray[np.float64], lags: int | None = None) -> NDArray[np.float64]:
    """Estimate the covariance of sqrt(n) x the mean of a series of mean zero, autocorrelation included (HAC).

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Of mean zero, without NaN.
    lags : int, optional
        Autocovariances that count; 0 for none. Default: `newey_west_lags`.

    Returns
    -------
    ndarray of shape (k, k)
        Bartlett's kernel: lag j of L counts by 1 - j / (L + 1), so the matrix is never negative. Sums are divided by n;
        there is no correction for the sample's size.

    Raises
    ------
    BacktestError
        If lags is negative or not below n.

    References
    ----------
    .. [1] Newey and West, "A Simple, Positive Semi-definite, Heteroskedasticity and Autocorrelation Consistent
       Covariance Matrix", Econometrica, 1987.
    """
    n = len(scores)
    used = newey_west_lags(n) if lags is None else lags
    if not 0 <= used < max(n, 1):
        raise BacktestError(f"lags is {used} for {n} observations; want 0 or more, and fewer than the observations.")
    total = scores.T @ scores
    for lag in range(1, used + 1):
        product = scores[lag:].T @ scores[:-lag]
        total += (1.0 - lag / (used + 1.0)) * (product + product.T)
    covariance: NDArray[np.float64] = total / n
    return covariance


def t_statistic(values: ArrayLike) -> float:
    """Divide a mean by its standard error, as if observations were independent.

    Parameters
    ----------
    values : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        mean / (sd / sqrt(n)), ddof = 1; NaN where they do not vary.

    References
    ----------
    .. [1] Student, "The Probable Error of a Mean", Biometrika, 1908.

    Examples
    --------
    >>> round(t_statistic([0.01, 0.03]), 6)
    2.0
    """
    known = observed(values)
    return float(known.mean() / (known.std(ddof=1) / math.sqrt(len(known)))) if varies(known) else float("nan")


def sharpe_standard_error(
    returns: ArrayLike,
    periods_per_year: float,
    cash_returns: ArrayLike = 0.0,
    *,
    method: Method = "hac",
    lags: int | None = None,
) -> float:
    """Give the standard error of the annual Sharpe ratio.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out, with its cash return: what is left counts as consecutive.
    periods_per_year : float
    cash_returns : array-like of shape (n,) or float
    method : {"hac", "iid", "moments"}
        See Notes.
    lags : int, optional
        Of "hac". Default: `newey_west_lags`.

    Returns
    -------
    float
        That of the Sharpe ratio a period x sqrt(periods a year), as `sharpe_ratio` is annualised. NaN below four
        returns, and where they do not vary.

    Raises
    ------
    BacktestError
        If the method or the lags make no sense.

    Notes
    -----
    With SR the ratio a period and moments divided by n, the variance is V / n:

    - "iid" [1]_: independent and normal, V = 1 + SR² / 2;
    - "moments" [2]_, [3]_: independent, of any skew s and excess kurtosis k, V = 1 + SR² / 2 - s SR + k SR² / 4;
    - "hac" [1]_: Lo's general form. By the delta method the ratio errs as the mean of z - SR (z² - 1) / 2 does, with z
      the standardised return; V is that series' long-run variance (`long_run_covariance`: Bartlett's kernel). Without
      lags it is "moments".

    References
    ----------
    .. [1] Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal, 2002.
    .. [2] Mertens, "Comments on Variance of the IID Estimator in Lo (2002)", 2002.
    .. [3] Opdyke, "Comparing Sharpe Ratios: So Where Are the p-values?", Journal of Asset Management, 2007.
    """
    if method not in METHODS:
        raise BacktestError(f"method is {method!r}; want one of {', '.join(METHODS)}.")
    values, cash = paired(returns, cash_returns)
    excess, root = values - cash, root_of_periods(periods_per_year)
    if len(excess) < 4 or not varies(excess):
        return float("nan")
    z = (excess - excess.mean()) / excess.std()
    ratio = float(excess.mean() / excess.std())
    if method == "hac":
        variance = float(long_run_covariance((z - ratio * (z**2 - 1.0) / 2.0)[:, None], lags)[0, 0])
    else:
        variance = 1.0 + ratio**2 / 2.0
        if method == "moments":
            variance += -skewness(excess) * ratio + kurtosis(excess) * ratio**2 / 4.0
    return math.sqrt(variance / len(excess)) * root


def autocorrelations(returns: ArrayLike, lags: int) -> NDArray[np.float64]:
    """Correlate returns with those some periods before.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.
    lags : int
        The largest.

    Returns
    -------
    ndarray of shape (lags,)
        Of lags 1, 2, ...: sums of products over the sum of squares, so that they never leave [-1, 1]. NaN where returns
        do not vary; 0 at lags that the sample does not reach.

    Examples
    --------
    >>> autocorrelations([0.01, -0.01, 0.01, -0.01], 2).round(6).tolist()
    [-0.75, 0.5]
    """
    values = observed(returns)
    if lags < 0:
        raise BacktestError(f"lags is {lags}; want 0 or more.")
    if not varies(values):
        return np.full(lags, np.nan)
    away = values - values.mean()
    found = np.zeros(lags)
    for lag in range(1, min(lags, len(values) - 1) + 1):
        found[lag - 1] = away[lag:] @ away[:-lag] / (away @ away)
    return found


def annualisation_factor(autocorrelation: ArrayLike, n_periods: int) -> float:
    """Give what turns the Sharpe ratio of a period into that of many, under autocorrelation.

    Parameters
    ----------
    autocorrelation : array-like of shape (m,)
        Of lags 1 to m; later ones count as 0, those from `n_periods` on are not read.
    n_periods : int
        Periods in one year.

    Returns
    -------
    float
        q / sqrt(q + 2 Σ (q - k) ρ_k), k from 1 to q - 1: sqrt(q) without autocorrelation. NaN where the variance under
        the root is not positive.

    Raises
    ------
    BacktestError
        If there is no period in a year.

    References
    ----------
    .. [1] Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal, 2002.

    Examples
    --------
    >>> round(annualisation_factor([], 4), 6), round(annualisation_factor([0.5], 4), 6)
    (2.0, 1.511858)
    """
    if n_periods < 1:
        raise BacktestError(f"n_periods is {n_periods}; want 1 or more.")
    rho = np.asarray(autocorrelation, dtype=np.float64)[: n_periods - 1]
    variance = n_periods + 2.0 * float(((n_periods - np.arange(1, len(rho) + 1)) * rho).sum())
    return n_periods / math.sqrt(variance) if variance > 0 else float("nan")


def sharpe_ratio_autocorrelated(
    returns: ArrayLike, periods_per_year: float, cash_returns: ArrayLike = 0.0, *, lags: int | None = None
) -> float:
    """Annualise the Sharpe ratio with the autocorrelations of the sample, as Lo does, in place of sqrt(periods a year).

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out, with its cash return.
    periods_per_year : float
        Rounded to a whole number.
    cash_returns : array-like of shape (n,) or float
    lags : int, optional
        Autocorrelations that count. Default: `newey_west_lags`; Lo counts all within a year, which monthly returns
        bear (`lags=11`) and daily ones do not: 251 estimates from a few years are mostly noise.

    Returns
    -------
    float
        NaN where returns do not vary.

    References
    ----------
    .. [1] Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal, 2002.
    """
    values, cash = paired(returns, cash_returns)
    excess = values - cash
    root_of_periods(periods_per_year)
    if not varies(excess) or math.isnan(periods_per_year):
        return float("nan")
    rho = autocorrelations(excess, newey_west_lags(len(excess)) if lags is None else lags)
    return sharpe_ratio(excess, 1.0) * annualisation_factor(rho, max(round(periods_per_year), 1))
