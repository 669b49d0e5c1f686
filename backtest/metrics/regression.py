"""Lines through two series of returns: alpha, beta, correlation."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from backtest.errors import BacktestError
from backtest.metrics.inference import long_run_covariance
from backtest.metrics.sample import ROUNDING, paired, root_of_periods, varies

NAN = float("nan")


class Regression(NamedTuple):
    """A line through the returns of a reference and of a series.

    Attributes
    ----------
    alpha : float
        Intercept, a year: that of a period x periods a year.
    beta : float
        Slope.
    alpha_t : float
        t-statistic of alpha from HAC standard errors.
    n : int
        Periods read.
    """

    alpha: float
    beta: float
    alpha_t: float
    n: int


def regress(
    returns: ArrayLike,
    reference_returns: ArrayLike,
    periods_per_year: float,
    cash_returns: ArrayLike = 0.0,
    *,
    lags: int | None = None,
) -> Regression:
    """Regress returns over cash on those of a reference, by least squares.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in any series is left out of all.
    periods_per_year : float
    cash_returns : array-like of shape (n,) or float
    lags : int, optional
        Of the HAC standard error. Default: `backtest.metrics.inference.newey_west_lags`.

    Returns
    -------
    Regression
        NaN where the reference does not vary or there are fewer than three periods; `alpha_t` is NaN too where the line
        goes through every point.

    Raises
    ------
    BacktestError
        If lengths differ.

    Notes
    -----
    Alpha is arithmetic, as the line is: compounding the intercept would promise what a mean does not.

    References
    ----------
    .. [1] Jensen, "The Performance of Mutual Funds in the Period 1945-1964", Journal of Finance, 1968.
    .. [2] Newey and West, Econometrica, 1987: the standard error.
    """
    ours, theirs, cash = paired(returns, reference_returns, cash_returns)
    root_of_periods(periods_per_year)
    y, x = ours - cash, theirs - cash
    n = len(y)
    if n < 3 or not varies(x):
        return Regression(NAN, NAN, NAN, n)
    away = x - x.mean()
    beta = float(away @ y / (away @ away))
    alpha = float(y.mean() - beta * x.mean())
    errors = y - alpha - beta * x
    # The intercept's share in each error: the first row of (X'X / n)⁻¹ times the regressors.
    scores = errors * (1.0 - x.mean() * away / (away @ away / n))
    spread = math.sqrt(long_run_covariance(scores[:, None], lags)[0, 0] / n)
    t = alpha / spread if spread > ROUNDING else NAN
    return Regression(alpha * periods_per_year, beta, t, n)


def dimson_beta(
    returns: ArrayLike,
    reference_returns: ArrayLike,
    cash_returns: ArrayLike = 0.0,
    *,
    lags: int = 1,
    leads: int = 1,
) -> float:
    """Add up the betas on the reference before, at and after each period.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        In order of time. A period is left out where it, or one that its lags and leads read, has a NaN.
    cash_returns : array-like of shape (n,) or float
    lags, leads : int
        Periods of the reference before and after. One of each catches closes on other sides of a date.

    Returns
    -------
    float
        NaN where the regression is not determined.

    Raises
    ------
    BacktestError
        If lengths differ, or lags or leads are negative.

    References
    ----------
    .. [1] Dimson, "Risk Measurement When Shares Are Subject to Infrequent Trading", Journal of Financial Economics,
       1979.
    """
    if lags < 0 or leads < 0:
        raise BacktestError(f"lags is {lags} and leads is {leads}; want 0 or more.")
    y, x, cash = (np.asarray(series, dtype=np.float64) for series in (returns, reference_returns, cash_returns))
    if y.shape != x.shape or (cash.ndim and cash.shape != y.shape):
        raise BacktestError(f"Series of {y.size}, {x.size} and {cash.size} periods: give all of the same periods.")
    y, x = y - cash, x - cash
    n = len(y) - lags - leads
    if n <= 0:
        return NAN
    columns = [x[shift : shift + n] for shift in range(lags + leads + 1)]
    design = np.column_stack([np.ones(n), *columns])
    wanted = y[lags : lags + n]
    whole = ~np.isnan(wanted) & ~np.isnan(design).any(axis=1)
    design, wanted = design[whole], wanted[whole]
    if len(wanted) <= design.shape[1]:
        return NAN
    found, _, rank, _ = np.linalg.lstsq(design, wanted)
    return float(found[1:].sum()) if rank == design.shape[1] else NAN


def correlation(returns: ArrayLike, reference_returns: ArrayLike) -> float:
    """Correlate two series.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.

    Returns
    -------
    float
        NaN where either does not vary.

    Examples
    --------
    >>> round(correlation([0.01, 0.02, 0.03], [0.03, 0.02, 0.01]), 6)
    -1.0
    """
    y, x = paired(returns, reference_returns)
    if not varies(y) or not varies(x):
        return NAN
    a, b = y - y.mean(), x - x.mean()
    return float(a @ b / math.sqrt((a @ a) * (b @ b)))
