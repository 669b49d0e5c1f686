"""What was some rows before."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

S = TypeVar("S", bound=np.generic)


def lagged(values: NDArray[S], lag: int, *, before: float = np.nan) -> NDArray[S]:
    """Give what was read some rows before.

    Parameters
    ----------
    values : ndarray of shape (n, ...)
    lag : int
        1 or more.
    before : float
        What stands in the first rows, such as 0 for running sums.

    Returns
    -------
    ndarray of shape (n, ...)
        NaN stays NaN.

    Examples
    --------
    >>> lagged(np.array([1.0, 2.0, 3.0]), 2).tolist()
    [nan, nan, 1.0]
    """
    found = np.full_like(values, before)
    found[lag:] = values[:-lag]
    return found
