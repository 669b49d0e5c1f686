"""What a measure reads: the observations it can use, and arguments that make sense."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError

# Returns are differences of numbers near 1: what varies by less than this is a constant and its rounding.
ROUNDING = 8 * float(np.finfo(np.float64).eps)


def observed(values: ArrayLike) -> NDArray[np.float64]:
    """Keep what is not NaN.

    Parameters
    ----------
    values : array-like of shape (n,)

    Returns
    -------
    ndarray of shape (m,)
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise BacktestError(f"A measure reads one series, of shape (n,), not an array of shape {array.shape}.")
    return array[~np.isnan(array)]


def paired(first: ArrayLike, *others: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Keep the positions at which no series is NaN.

    Parameters
    ----------
    first : array-like of shape (n,)
    *others : array-like of shape (n,) or float
        A number stands for itself in every period.

    Returns
    -------
    tuple of ndarray of shape (m,)

    Raises
    ------
    BacktestError
        If the lengths differ.
    """
    lead = np.asarray(first, dtype=np.float64)
    if lead.ndim != 1:
        raise BacktestError(f"A measure reads series of shape (n,), not an array of shape {lead.shape}.")
    series = [lead]
    for other in others:
        array = np.asarray(other, dtype=np.float64)
        if array.ndim and array.shape != lead.shape:
            raise BacktestError(
                f"Series of {len(lead)} and of {array.size} periods cannot be compared: give both of the same periods."
            )
        series.append(np.broadcast_to(array, lead.shape))
    whole = ~np.isnan(series).any(axis=0)
    return tuple(array[whole] for array in series)


def root_of_periods(periods_per_year: float) -> float:
    """Give what annualises a standard deviation of independent periods.

    Parameters
    ----------
    periods_per_year : float
        NaN where it is not known.

    Returns
    -------
    float
        NaN for NaN.

    Raises
    ------
    BacktestError
        If it is not positive.
    """
    if periods_per_year <= 0:
        raise BacktestError(f"periods_per_year is {periods_per_year:g}; want more than 0, such as 12 for months.")
    return math.sqrt(periods_per_year)


def tail_of(level: float) -> float:
    """Give the share of periods in the tail beyond a level of confidence.

    Parameters
    ----------
    level : float
        Between 0 and 1, such as 0.95.

    Returns
    -------
    float
        Such as 0.05.

    Raises
    ------
    BacktestError
        If the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise BacktestError(f"level is {level:g}; want a share between 0 and 1, such as 0.95.")
    return 1.0 - level


def varies(values: NDArray[np.float64]) -> bool:
    """Say whether a sample has a spread to divide by.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Without NaN.

    Returns
    -------
    bool
        False below two values, and where they differ by no more than rounding does.
    """
    return len(values) > 1 and float(values.std(ddof=1)) > ROUNDING
