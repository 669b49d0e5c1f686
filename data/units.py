"""Shares of an adjusted price counted in shares as traded."""

import numpy as np
from numpy.typing import NDArray

from data.gaps import carried_forward

Matrix = NDArray[np.float64]


def raw_units(close: Matrix, close_raw: Matrix) -> Matrix:
    """Count the shares as traded that one share at the adjusted price stands for.

    Parameters
    ----------
    close, close_raw : ndarray of shape (n_dates, n_names)
        Adjusted, and as traded.

    Returns
    -------
    ndarray of shape (n_dates, n_names)
        `close / close_raw`, the last one known where either is missing; NaN before the first.

    Examples
    --------
    One share at 87 after a later 3-for-1 bonus was a third of a share that traded at 261:

    >>> raw_units(np.array([[87.0], [np.nan]]), np.array([[261.0], [np.nan]])).round(3).tolist()
    [[0.333], [0.333]]
    """
    return carried_forward(close / close_raw)
