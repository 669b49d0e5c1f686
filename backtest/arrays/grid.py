"""Reading the market's matrices at the rows of a run."""

import numpy as np
from numpy.typing import NDArray

from data.gaps import carried_forward
from data.market import MarketData

Matrix = NDArray[np.float64]


def on_rows(market: MarketData, dates: NDArray[np.datetime64], values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Give the values of the rows' own dates.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
        Ascending.
    values : ndarray of shape (n_dates, n_names)
        By date of the market.

    Returns
    -------
    ndarray of shape (n_rows, n_names)
        NaN (False, 0) on dates of which the market has no row.
    """
    at = np.minimum(np.searchsorted(market.dates, dates), len(market.dates) - 1)
    found = values[at]
    found[market.dates[at] != dates] = np.nan if found.dtype.kind == "f" else 0
    return found


def last_before(market: MarketData, dates: NDArray[np.datetime64], values: Matrix) -> Matrix:
    """Give the last values known strictly before each row's date.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
        Ascending.
    values : ndarray of shape (n_dates, n_names)
        By date of the market, known on it.

    Returns
    -------
    ndarray of shape (n_rows, n_names)
        NaN before the first.
    """
    at = np.searchsorted(market.dates, dates)
    padded = np.vstack([np.full((1, values.shape[1]), np.nan), carried_forward(values)])
    return padded[at]


def trailing(market: MarketData, dates: NDArray[np.datetime64], values: Matrix) -> Matrix:
    """Give, at each row's date, values that already look strictly backward.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
        Ascending.
    values : ndarray of shape (n_dates + 1, n_names)
        By date of the market, and after its last; each from dates before its own alone.

    Returns
    -------
    ndarray of shape (n_rows, n_names)
    """
    return values[np.searchsorted(market.dates, dates)]
