"""A series beside another: what it shares with the reference, and what it adds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError
from backtest.metrics.cash import cash_returns
from backtest.metrics.regression import correlation, dimson_beta, regress
from backtest.metrics.returns import annual_return, annual_return_by_periods, elapsed_years, geometric_mean
from backtest.metrics.risk import volatility
from backtest.metrics.sample import ROUNDING, paired, varies
from backtest.metrics.weekly import WEEKS_PER_YEAR, weekly_growth

if TYPE_CHECKING:
    from backtest.result import BacktestResult

NAN = float("nan")

FEWEST_WEEKS = 8  # with fewer, a beta or a capture is one week's accident


def tracking_error(returns: ArrayLike, reference_returns: ArrayLike, periods_per_year: float) -> float:
    """Annualise the standard deviation of active returns.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.
    periods_per_year : float

    Returns
    -------
    float
        ddof = 1; NaN below two periods.

    Examples
    --------
    >>> round(tracking_error([0.02, 0.01], [0.01, 0.02], 1), 6)
    0.014142
    """
    y, x = paired(returns, reference_returns)
    return volatility(y - x, periods_per_year)


def active_premium(returns: ArrayLike, reference_returns: ArrayLike, periods_per_year: float) -> float:
    """Subtract the reference's annual return from that of the series, both compounded.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.
    periods_per_year : float

    Returns
    -------
    float
        NaN where there is no period.
    """
    y, x = paired(returns, reference_returns)
    return annual_return_by_periods(y, periods_per_year) - annual_return_by_periods(x, periods_per_year)


def information_ratio(returns: ArrayLike, reference_returns: ArrayLike, periods_per_year: float) -> float:
    """Divide active premium by tracking error.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.
    periods_per_year : float

    Returns
    -------
    float
        NaN where active returns do not vary. `sharpe_ratio` with the reference as cash gives the arithmetic form.

    References
    ----------
    .. [1] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 4.
    """
    error = tracking_error(returns, reference_returns, periods_per_year)
    return active_premium(returns, reference_returns, periods_per_year) / error if error > ROUNDING else NAN


def treynor_ratio(
    returns: ArrayLike, reference_returns: ArrayLike, periods_per_year: float, cash_returns: ArrayLike = 0.0
) -> float:
    """Divide the compounded return over cash a year by beta.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in any series is left out of all.
    periods_per_year : float
    cash_returns : array-like of shape (n,) or float

    Returns
    -------
    float
        NaN where beta is zero or not defined.

    References
    ----------
    .. [1] Treynor, "How to Rate Management of Investment Funds", Harvard Business Review, 1965.
    """
    y, x, cash = paired(returns, reference_returns, cash_returns)
    beta = regress(y, x, periods_per_year, cash).beta
    return annual_return_by_periods(y - cash, periods_per_year) / beta if abs(beta) > ROUNDING else NAN


def m_squared(
    returns: ArrayLike, reference_returns: ArrayLike, periods_per_year: float, annual_cash: float = 0.0
) -> float:
    """Give the annual return that the series would have earned at the reference's volatility, levered with cash.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.
    periods_per_year : float
    annual_cash : float
        Return on cash a year.

    Returns
    -------
    float
        (annual return - cash) x volatility of the reference / own volatility + cash. NaN where returns do not vary.

    References
    ----------
    .. [1] Modigliani and Modigliani, "Risk-Adjusted Performance", Journal of Portfolio Management, 1997.
    """
    y, x = paired(returns, reference_returns)
    if not varies(y):
        return NAN
    earned = annual_return_by_periods(y, periods_per_year) - annual_cash
    return earned * float(x.std() / y.std()) + annual_cash


def up_capture(returns: ArrayLike, reference_returns: ArrayLike) -> float:
    """Divide geometric average returns over the periods in which the reference rose.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.

    Returns
    -------
    float
        1 for the reference itself; below 0 where the series lost while the reference rose. NaN where it never rose.

    References
    ----------
    .. [1] Morningstar, "Upside and Downside Capture Ratio", Investing Glossary.

    Examples
    --------
    >>> round(up_capture([0.02, -0.01, 0.02], [0.01, -0.03, 0.01]), 6)
    2.0
    """
    y, x = paired(returns, reference_returns)
    return _capture(y[x > 0], x[x > 0])


def down_capture(returns: ArrayLike, reference_returns: ArrayLike) -> float:
    """Divide geometric average returns over the periods in which the reference fell.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        A period with a NaN in either is left out.

    Returns
    -------
    float
        1 for the reference itself; below 0 where the series gained while the reference fell. NaN where it never fell.

    References
    ----------
    .. [1] Morningstar, "Upside and Downside Capture Ratio", Investing Glossary.
    """
    y, x = paired(returns, reference_returns)
    return _capture(y[x < 0], x[x < 0])


def _capture(returns: NDArray[np.float64], reference_returns: NDArray[np.float64]) -> float:
    theirs = geometric_mean(reference_returns)
    return geometric_mean(returns) / theirs if abs(theirs) > ROUNDING else NAN


def against(result: "BacktestResult", reference: "BacktestResult") -> Mapping[str, float]:
    """Measure a run beside another over the same dates.

    Parameters
    ----------
    result, reference : BacktestResult

    Returns
    -------
    mapping of str to float
        =================  ======================================================================================
        active_return      difference of annual returns, both compounded, by elapsed time
        tracking_error     of weekly returns, a year
        information_ratio  active return over tracking error
        alpha              a year, of weekly returns over cash; over zero where the market has no rate
        beta               of weekly returns, same regression
        alpha_t            t-statistic of alpha, HAC (Newey-West)
        dimson_beta        of returns between marks: the betas one before, at and one after, added up
        correlation        of weekly returns
        up_capture         geometric average over that of the reference in weeks in which it rose
        down_capture       the same in weeks in which it fell
        weeks              weekly returns read; weeks end on Sunday, the first starts at its last mark
        =================  ======================================================================================

        NaN where a measure is not defined; of fewer than eight weeks, and beside a
        reference that never traded, only the active return is.

    Raises
    ------
    BacktestError
        If the two were not marked on the same dates.
    """
    if not result.dates.equals(reference.dates):
        raise BacktestError(
            f"The run's {len(result.dates)} dates are not the reference's {len(reference.dates)}: compare runs of one "
            "market between the same dates."
        )
    dates = result.dates.to_numpy().astype("datetime64[D]")
    navs = [run.nav_by_row[run.rows] for run in (result, reference)]
    ours, theirs = (weekly_growth(nav, dates) - 1.0 for nav in navs)
    weeks = len(ours)
    # Beside a run that never held anything there is nothing to share: its interest has next to no variance.
    if weeks < FEWEST_WEEKS or not len(reference.fills[0]):
        ours, theirs = ours[:0], theirs[:0]
    known = cash_returns(result)
    daily_cash = np.zeros(len(dates)) if known is None else known
    cash = (weekly_growth(np.cumprod(1.0 + daily_cash), dates) - 1.0)[: len(ours)]
    years = elapsed_years(result.dates)
    totals = [
        float(nav[-1] / run.opening_nav - 1.0) if len(nav) else NAN
        for nav, run in zip(navs, (result, reference), strict=True)
    ]
    active = annual_return(totals[0], years) - annual_return(totals[1], years)
    error = tracking_error(ours, theirs, WEEKS_PER_YEAR)
    line = regress(ours, theirs, WEEKS_PER_YEAR, cash)
    daily = [run.returns.to_numpy() for run in (result, reference)]
    return MappingProxyType(
        {
            "active_return": active,
            "tracking_error": error,
            "information_ratio": active / error if error > ROUNDING else NAN,
            "alpha": line.alpha,
            "beta": line.beta,
            "alpha_t": line.alpha_t,
            "dimson_beta": dimson_beta(daily[0], daily[1], daily_cash) if len(ours) else NAN,
            "correlation": correlation(ours, theirs),
            "up_capture": up_capture(ours, theirs),
            "down_capture": down_capture(ours, theirs),
            "weeks": float(weeks),
        }
    )
