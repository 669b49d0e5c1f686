"""Falls from the highest NAV so far: how deep, how long, when."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError
from backtest.metrics.sample import ROUNDING, observed

COLUMNS = ("peak", "trough", "recovery", "depth", "days_to_trough", "days_to_recovery")


def drawdown(nav: ArrayLike) -> NDArray[np.float64]:
    """Measure the fall from the highest NAV so far.

    Parameters
    ----------
    nav : array-like of shape (n,)
        NaN gives NaN at its place only.

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
    return values / np.fmax.accumulate(values) - 1.0


def drawdown_of_returns(returns: ArrayLike) -> NDArray[np.float64]:
    """Measure the fall of compounded returns from their highest value so far, that before the first included.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    ndarray of shape (m,)
        One value a return known, zero or below.

    Examples
    --------
    >>> drawdown_of_returns([-0.1, 0.2]).round(2).tolist()
    [-0.1, 0.0]
    """
    return drawdown(np.concatenate([[1.0], np.cumprod(1.0 + observed(returns))]))[1:]


def max_drawdown(returns: ArrayLike) -> float:
    """Find the largest fall of compounded returns from a peak.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        Zero or below; NaN where there is no return.

    Examples
    --------
    >>> round(max_drawdown([0.1, -0.1, -0.1, 0.3]), 4)
    -0.19
    """
    falls = drawdown_of_returns(returns)
    return float(falls.min()) if len(falls) else float("nan")


def ulcer_index(returns: ArrayLike) -> float:
    """Take the root mean square of drawdowns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        Zero or above, a fraction; NaN where there is no return.

    References
    ----------
    .. [1] Martin and McCann, "The Investor's Guide to Fidelity Funds", 1989.

    Examples
    --------
    >>> round(ulcer_index([-0.1, 0.2]), 6)
    0.070711
    """
    falls = drawdown_of_returns(returns)
    return float(np.sqrt(np.mean(falls**2))) if len(falls) else float("nan")


def pain_index(returns: ArrayLike) -> float:
    """Average the size of drawdowns.

    Parameters
    ----------
    returns : array-like of shape (n,)
        NaN is left out.

    Returns
    -------
    float
        Zero or above, a fraction; NaN where there is no return.

    References
    ----------
    .. [1] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 4.

    Examples
    --------
    >>> round(pain_index([-0.1, 0.2]), 6)
    0.05
    """
    falls = drawdown_of_returns(returns)
    return float(-falls.mean()) if len(falls) else float("nan")


def drawdowns(nav: pd.Series, n: int = 10, *, opening_nav: float | None = None) -> pd.DataFrame:
    """List the deepest drawdowns.

    Parameters
    ----------
    nav : Series of length n_dates
        By date, ascending; NaN is left out.
    n : int
        How many at most.
    opening_nav : float, optional
        NAV before the first date: a fall from it peaks on the first date. Default: the first NAV.

    Returns
    -------
    DataFrame
        Deepest first, the earlier first where equal. `peak`: the last date at the peak; `trough`: the first at the
        lowest NAV; `recovery`: the first back at the peak or above, NaT where that has not come; `depth`: below zero;
        `days_to_trough`: calendar days from the peak; `days_to_recovery`: from the trough, NaN where it has not come.

    Raises
    ------
    BacktestError
        If `nav` is not by ascending date.

    Examples
    --------
    >>> dates = pd.date_range("2024-01-01", periods=5)
    >>> table = drawdowns(pd.Series([100.0, 80.0, 90.0, 100.0, 95.0], index=dates))
    >>> table["depth"].round(2).tolist(), table["days_to_recovery"].tolist()
    ([-0.2, -0.05], [2.0, nan])
    """
    if not isinstance(nav.index, pd.DatetimeIndex):
        raise BacktestError("drawdowns reads NAV by date: give a Series whose index holds dates.")
    if not nav.index.is_monotonic_increasing:
        raise BacktestError("drawdowns reads NAV in order of time; its dates do not ascend: sort them.")
    if n < 0:
        raise BacktestError(f"n is {n}; want how many drawdowns to list, 0 or more.")
    known = nav.dropna()
    peak, trough, end, depth = under_water(known.to_numpy(dtype=np.float64), opening_nav)
    known_dates = pd.DatetimeIndex(known.index)
    dates = known_dates.append(pd.DatetimeIndex([pd.NaT], tz=known_dates.tz))  # where a recovery has not come
    order = np.argsort(depth, kind="stable")[:n]
    frame = pd.DataFrame({name: dates[at[order]] for name, at in zip(COLUMNS, (peak, trough, end), strict=False)})
    frame["depth"] = depth[order]
    frame["days_to_trough"] = (frame["trough"] - frame["peak"]).dt.days
    frame["days_to_recovery"] = (frame["recovery"] - frame["trough"]).dt.days.astype(np.float64)
    return frame


def under_water(
    nav: NDArray[np.float64], opening_nav: float | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find the spans below a peak.

    Parameters
    ----------
    nav : ndarray of shape (n,)
        Without NaN.
    opening_nav : float, optional
        NAV before the first.

    Returns
    -------
    peak, trough, end : ndarray of shape (m,), int64
        Positions of the last value at the peak (0 for the opening NAV), the lowest, and the first back at the peak:
        n where that has not come.
    depth : ndarray of shape (m,)
        Below zero.
    """
    if not len(nav):
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, np.zeros(0)
    first = nav[0] if opening_nav is None else opening_nav
    falls = drawdown(np.concatenate([[first], nav]))[1:]
    # A NAV that stands still may lose a last digit: that is no drawdown.
    below = np.concatenate([[False], falls < -ROUNDING, [False]])
    edges = np.flatnonzero(below[1:] != below[:-1])
    starts, ends = edges[0::2], edges[1::2]
    trough = np.array([s + np.argmin(falls[s:e]) for s, e in zip(starts, ends, strict=True)], dtype=np.int64)
    return np.maximum(starts - 1, 0), trough, ends, falls[trough]


def longest_under_water(nav: ArrayLike, dates: ArrayLike, opening_nav: float | None = None) -> float:
    """Count the calendar days of the longest time below a peak.

    Parameters
    ----------
    nav : array-like of shape (n,)
        NaN is left out, with its date.
    dates : array-like of shape (n,), datetime64
        Ascending.
    opening_nav : float, optional
        NAV before the first date: a fall from it starts on the first date.

    Returns
    -------
    float
        From the peak to the recovery, or to the last date where that has not come; 0 without a drawdown, NaN without
        NAV.

    Raises
    ------
    BacktestError
        If the lengths differ.

    Examples
    --------
    >>> longest_under_water([100.0, 90.0, 95.0, 101.0], ["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-09"])
    8.0
    """
    values, days = np.asarray(nav, dtype=np.float64), np.asarray(dates, dtype="datetime64[D]")
    if values.shape != days.shape:
        raise BacktestError(f"{values.size} NAVs and {days.size} dates: give one date a NAV.")
    known = ~np.isnan(values)
    values, days = values[known], days[known]
    if not len(values):
        return float("nan")
    peak, _, end, _ = under_water(values, opening_nav)
    if not len(peak):
        return 0.0
    return float((days[np.minimum(end, len(days) - 1)] - days[peak]).astype(np.int64).max())
