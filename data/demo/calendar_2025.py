"""What is put on the calendar on purpose: the turn of Hong Kong in January 2025, and one fall in New York.

Rules that are dated by a real episode need something to find on the same dates. The Hong Kong names' own draws stay; a
constant is added to each session between two anchors, times the name's slope on its market, so that the index stands
at each anchor where it is told to (a bridge).
"""

from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
N_PASSES = 4  # the index averages simple returns, the bridge adds log returns: a pass takes up what the last one left
# Hong Kong's index over that of the first anchor. 6 and 7 February stand above the low as the real Hang Seng TECH did:
# 19.84 % and 21.99 %, on both sides of the 20 % that make a bull market. The rest is rounded by hand.
ANCHORS = MappingProxyType(
    {
        "2024-09-11": 1.0,
        "2024-10-07": 1.34,
        "2024-12-31": 1.095,
        "2025-01-10": 1.0506,
        "2025-01-13": 1.03,
        "2025-01-17": 1.03 * 1.055,
        "2025-01-24": 1.03 * 1.090,
        "2025-01-28": 1.03 * 1.115,
        "2025-02-05": 1.03 * 1.165,
        "2025-02-06": 1.03 * 1.1984,
        "2025-02-07": 1.03 * 1.2199,
        "2025-02-14": 1.03 * 1.285,
    }
)
FALLEN, FALL_DAY, FALL = "US03", np.datetime64("2025-01-27"), -0.17


def bridged(dates: NDArray[np.datetime64], returns: Array, slopes: Array) -> Array:
    """Lead the Hong Kong names over the anchors.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64[D]
        Hong Kong's sessions.
    returns : ndarray of shape (n, n_names)
        Log total returns; NaN where a name is not listed.
    slopes : ndarray of shape (n_names,)

    Returns
    -------
    ndarray of shape (n, n_names)
        Before the anchors the same, less a constant that keeps the mean of the sample.
    """
    days = np.array(list(ANCHORS), dtype="datetime64[D]")
    led = returns.copy()
    start = int(np.searchsorted(dates, days[0])) + 1
    at = np.searchsorted(dates, days)
    for (first, last), (before, after) in zip(pairwise(at + 1), pairwise(ANCHORS.values()), strict=True):
        rows = slice(first, last)
        for _ in range(N_PASSES):
            gain = np.log1p(np.nanmean(np.expm1(led[rows]), axis=1)).sum()
            led[rows] += slopes * (np.log(after / before) - gain) / (last - first)
    # What the bridge adds to the sample's mean is taken off before it, evenly.
    led[:start] -= np.nansum(led - returns) / np.count_nonzero(~np.isnan(returns[:start]))
    return led
