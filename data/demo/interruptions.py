"""Where the demo's names have no price, and the one that is bought out."""

import numpy as np
from numpy.typing import NDArray

from data.demo import listings
from data.demo.draws import Draws

Array = NDArray[np.float64]
OPENING_GAP, NOISE = 0.02, 0.001  # below the offer on the first day, and around the path that closes in on it


def interrupted(venue: str, dates: NDArray[np.datetime64], returns: Array) -> Array:
    """Leave out what is not listed, or suspended.

    Parameters
    ----------
    venue : str
    dates : ndarray of shape (n,), datetime64[D]
    returns : ndarray of shape (n, n_names)
        Log total returns.

    Returns
    -------
    ndarray of shape (n, n_names)
        NaN without a row; the first return after a suspension holds what was missed.
    """
    found = returns.copy()
    for column, symbol in enumerate(listings.symbols_of(venue)):
        if symbol in listings.LATE:
            found[dates < np.datetime64(listings.LATE[symbol]), column] = np.nan
        if symbol in listings.SUSPENDED:
            first, last = (np.datetime64(day) for day in listings.SUSPENDED[symbol])
            out = (dates >= first) & (dates <= last)
            found[np.argmax(dates > last), column] += found[out, column].sum()
            found[out, column] = np.nan
        if symbol == listings.TAKEN_OVER:
            found[dates > listings.TAKEOVER_LAST, column] = np.nan
    return found


def bought_out(seed: int, dates: NDArray[np.datetime64], returns: Array) -> Array:
    """Hold the name taken over near its offer.

    Parameters
    ----------
    seed : int
    dates : ndarray of shape (n,), datetime64[D]
        Hong Kong's sessions.
    returns : ndarray of shape (n, n_names)
        Log total returns of Hong Kong's names.

    Returns
    -------
    ndarray of shape (n, n_names)
    """
    found = returns.copy()
    bid = (dates > listings.TAKEOVER_KNOWN) & (dates <= listings.TAKEOVER_LAST)
    n = int(bid.sum())
    below = OPENING_GAP * np.linspace(1.0, 0.0, n) + NOISE * np.abs(Draws(seed, "takeover").normal(n))
    path = np.log1p(listings.TAKEOVER_PREMIUM) - below
    found[bid, listings.symbols_of("XHKG").index(listings.TAKEN_OVER)] = np.diff(path, prepend=0.0)
    return found
