"""Measures over a window that moves with time.

pandas adds what enters a window and takes out what leaves it, with compensated sums: one pass whatever the window.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError
from backtest.metrics.sample import ROUNDING, root_of_periods


def rolling_volatility(returns: ArrayLike, window: int, periods_per_year: float) -> NDArray[np.float64]:
    """Annualise the standard deviation of the last returns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        In order of time.
    window : int
        Returns that each value reads, 2 or more.
    periods_per_year : float

    Returns
    -------
    ndarray of shape (n,)
        ddof = 1. NaN until the window is full, and while it holds a NaN.

    Raises
    ------
    BacktestError
        If the window is below 2.
    """
    root = root_of_periods(periods_per_year)
    return np.asarray(_windows(returns, window).std(ddof=1), dtype=np.float64) * root


def rolling_sharpe(
    returns: ArrayLike, window: int, periods_per_year: float, cash_returns: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Annualise mean over standard deviation of the last returns in excess of cash.

    Parameters
    ----------
    returns : array-like of shape (n,)
        In order of time.
    window : int
        Returns that each value reads, 2 or more.
    periods_per_year : float
    cash_returns : array-like of shape (n,) or float

    Returns
    -------
    ndarray of shape (n,)
        NaN until the window is full, while it holds a NaN, and where its returns do not vary.

    Raises
    ------
    BacktestError
        If the window is below 2, or lengths differ.
    """
    root = root_of_periods(periods_per_year)
    windows = _windows(_difference(returns, cash_returns), window)
    mean, spread = np.asarray(windows.mean(), dtype=np.float64), np.asarray(windows.std(ddof=1), dtype=np.float64)
    return mean / np.where(spread > ROUNDING, spread, np.nan) * root


def rolling_beta(
    returns: ArrayLike, reference_returns: ArrayLike, window: int, cash_returns: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Regress the last returns on those of a reference, by least squares.

    Parameters
    ----------
    returns, reference_returns : array-like of shape (n,)
        In order of time.
    window : int
        Returns that each value reads, 2 or more.
    cash_returns : array-like of shape (n,) or float

    Returns
    -------
    ndarray of shape (n,)
        NaN until the window is full, while it holds a NaN, and where the reference does not vary.

    Raises
    ------
    BacktestError
        If the window is below 2, or lengths differ.
    """
    ours, theirs = _difference(returns, cash_returns), _difference(reference_returns, cash_returns)
    hidden = np.isnan(_difference(ours, theirs))
    ours, theirs = np.where(hidden, np.nan, ours), np.where(hidden, np.nan, theirs)
    shared = np.asarray(_windows(ours, window).cov(pd.Series(theirs), ddof=1), dtype=np.float64)
    spread = np.asarray(_windows(theirs, window).var(ddof=1), dtype=np.float64)
    return shared / np.where(spread > ROUNDING**2, spread, np.nan)


def _difference(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Subtract, period by period."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if b.ndim and a.shape != b.shape:
        raise BacktestError(
            f"Series of {a.size} and {b.size} periods cannot be compared: give both of the same periods."
        )
    return a - b


def _windows(values: ArrayLike, window: int) -> "pd.api.typing.Rolling[pd.Series]":
    if window < 2:
        raise BacktestError(f"window is {window}; want 2 returns or more.")
    return pd.Series(np.asarray(values, dtype=np.float64)).rolling(window)
