"""Weeks, which wait for every market: closes of one date that are hours apart meet within them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError
from backtest.metrics.returns import DAYS_PER_YEAR

DAYS_PER_WEEK = 7
WEEKS_PER_YEAR = DAYS_PER_YEAR / DAYS_PER_WEEK


def week_ends(dates: ArrayLike) -> NDArray[np.int64]:
    """Find the last date of each week; weeks end on Sunday.

    Parameters
    ----------
    dates : array-like of shape (n,), datetime64
        Ascending.

    Returns
    -------
    ndarray of shape (n_weeks,), int64
        Positions; a week without a date has none. The first and the last week may be cut short.

    Examples
    --------
    >>> week_ends(["2024-01-05", "2024-01-07", "2024-01-08", "2024-01-12"]).tolist()
    [1, 3]
    """
    days = np.asarray(dates, dtype="datetime64[D]").astype(np.int64)
    if not len(days):
        return np.zeros(0, dtype=np.int64)
    week = (days + 3) // DAYS_PER_WEEK  # day 0 is a Thursday: Mondays start a week
    return np.flatnonzero(np.append(week[1:] != week[:-1], True))


def weekly_growth(nav: ArrayLike, dates: ArrayLike) -> NDArray[np.float64]:
    """Divide the last NAV of each week by that of the week before it.

    Parameters
    ----------
    nav : array-like of shape (n,)
        NaN at a week's last date gives NaN for the weeks it bounds.
    dates : array-like of shape (n,), datetime64
        Ascending.

    Returns
    -------
    ndarray of shape (n_weeks - 1,)
        1.01 for a gain of one percent; the first week only starts the second.

    Raises
    ------
    BacktestError
        If the lengths differ.

    Examples
    --------
    >>> weekly_growth([100.0, 102.0, 51.0], ["2024-01-05", "2024-01-08", "2024-01-19"]).tolist()
    [1.02, 0.5]
    """
    values = np.asarray(nav, dtype=np.float64)
    last = week_ends(dates)
    if len(values) != np.asarray(dates).size:
        raise BacktestError(f"{len(values)} NAVs and {np.asarray(dates).size} dates: give one date a NAV.")
    ends = values[last]
    return ends[1:] / ends[:-1]
