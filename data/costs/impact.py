"""How liquid a name was, as known before each row: average volume, daily volatility."""

import numpy as np
from numpy.typing import NDArray

from data.costs.kernels.trailing import trailing_moments_nb
from data.errors import DataError

# Fewer known sessions than this say nothing: the result is NaN.
MIN_KNOWN = 5


def average_volume(
    volume: NDArray[np.float64], sessions_held: NDArray[np.bool_], window: int = 20
) -> NDArray[np.float64]:
    """Average the volume of the last sessions before each row.

    Parameters
    ----------
    volume : ndarray of shape (n_rows, n_names)
        Shares traded on the row's date. NaN, zero and negative values are not known: they are passed over.
    sessions_held : ndarray of shape (n_rows, n_names), bool
        Whether the name's venue held a session on the row's date; a value on any other row is passed over.
    window : int
        How many of the last known volumes.

    Returns
    -------
    ndarray of shape (n_rows, n_names)
        Row r uses rows before r alone. NaN until 5 volumes are known (`window`, if that is less).

    Raises
    ------
    DataError
        If the shapes differ or `window` is below 1.

    Notes
    -----
    A volume of 0 is not a thin day but a missing one: sources report 0 on whole half days in Hong Kong.

    Examples
    --------
    >>> traded = np.array([[100.0], [0.0], [300.0], [500.0], [7.0]])
    >>> average_volume(traded, np.ones((5, 1), dtype=bool), window=2)[:, 0].tolist()
    [nan, nan, nan, 200.0, 400.0]
    """
    _check(volume, sessions_held, window, least=1)
    found = np.empty(volume.shape)
    known = sessions_held & (volume > 0) & np.isfinite(volume)
    kept, unwanted = np.empty(2 * window), np.empty((0, 0))
    trailing_moments_nb(_floats(volume), known, min(MIN_KNOWN, window), kept, found, unwanted)
    return found


def daily_volatility(
    returns: NDArray[np.float64], sessions_held: NDArray[np.bool_], window: int = 20
) -> NDArray[np.float64]:
    """Estimate the volatility of the last sessions before each row.

    Parameters
    ----------
    returns : ndarray of shape (n_rows, n_names)
        Simple returns from session to session; NaN is not known and passed over, 0 is a return.
    sessions_held : ndarray of shape (n_rows, n_names), bool
        Whether the name's venue held a session on the row's date; a value on any other row is passed over.
    window : int
        How many of the last known returns.

    Returns
    -------
    ndarray of shape (n_rows, n_names)
        Standard deviation with n - 1, a day, not annual. Row r uses rows before r alone. NaN until 5 returns are
        known (`window`, if that is less).

    Raises
    ------
    DataError
        If the shapes differ or `window` is below 2.

    Examples
    --------
    >>> moves = np.array([[0.01], [0.03], [np.nan], [0.05], [0.0]])
    >>> daily_volatility(moves, np.ones((5, 1), dtype=bool), window=2)[:, 0].round(6).tolist()
    [nan, nan, 0.014142, 0.014142, 0.014142]
    """
    _check(returns, sessions_held, window, least=2)
    found = np.empty(returns.shape)
    known = sessions_held & np.isfinite(returns)
    kept, unwanted = np.empty(2 * window), np.empty((0, 0))
    trailing_moments_nb(_floats(returns), known, min(MIN_KNOWN, window), kept, unwanted, found)
    return found


def _floats(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype=np.float64)


def _check(values: NDArray[np.float64], sessions_held: NDArray[np.bool_], window: int, least: int) -> None:
    if values.ndim != 2 or values.shape != sessions_held.shape:
        raise DataError(
            f"Values of shape {values.shape} and sessions of shape {sessions_held.shape}: both are by row and name."
        )
    if window < least:
        raise DataError(f"window is {window}; {least} is the least.")
