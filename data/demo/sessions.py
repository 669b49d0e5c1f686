"""Days of one market seen from another."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]


def since_last(dates: Dates, values: Array, wanted: Dates, *, with_same_day: bool = False) -> Array:
    """Add up what one market did between the sessions of another.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64[D]
        Sessions of the first market.
    values : ndarray of shape (n,)
        Its returns.
    wanted : ndarray of shape (m,), datetime64[D]
        Sessions of the second.
    with_same_day : bool
        The first market closes before the second opens: its session of a date counts to that date's sum. Otherwise it
        counts to the next.

    Returns
    -------
    ndarray of shape (m,)
        0 where there was no session in between.
    """
    total = np.concatenate([[0.0], np.cumsum(values)])
    upto = total[np.searchsorted(dates, wanted, side="right" if with_same_day else "left")]
    return np.diff(upto, prepend=0.0)


def same_day(dates: Dates, values: Array, wanted: Dates) -> Array:
    """Give the value of each date.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64[D]
    values : ndarray of shape (n,)
    wanted : ndarray of shape (m,), datetime64[D]

    Returns
    -------
    ndarray of shape (m,)
        0 where the market held no session.
    """
    at = np.minimum(np.searchsorted(dates, wanted), len(dates) - 1)
    return np.where(dates[at] == wanted, values[at], 0.0)
