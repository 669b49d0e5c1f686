"""Gaps in a matrix by date and name."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def carried_forward(values: Matrix) -> Matrix:
    """Fill gaps with the last number above them.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        NaN only before the first number of a column.
    """
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, rows), axis=0)
    filled: Matrix = np.take_along_axis(values, last, axis=0)
    return filled
