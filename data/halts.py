"""Days on which a name looks suspended."""

import numpy as np
from numpy.typing import NDArray

from data.gaps import Matrix, carried_forward


def look_halted(close: Matrix, volume: Matrix, venues: tuple[str, ...]) -> NDArray[np.bool_]:
    """Find days on which a name looks suspended.

    Parameters
    ----------
    close, volume : ndarray of shape (n_dates, n_names)
    venues : tuple of str, length n_names

    Returns
    -------
    ndarray of shape (n_dates, n_names), bool
        True where volume is 0, the close repeats the last one before, and some name of the same venue traded
        that day. NaN volume or close: not halted.
    """
    if not len(close):
        return np.zeros(close.shape, dtype=bool)
    before = np.vstack([np.full((1, close.shape[1]), np.nan), carried_forward(close)[:-1]])
    still: NDArray[np.bool_] = (volume == 0) & (close == before)
    place = np.array(venues)
    for venue in set(venues):
        here = place == venue
        still[:, here] &= np.any(volume[:, here] > 0, axis=1, keepdims=True)
    return still
