"""Whether a market made up by seed has the turn of Hong Kong on its dates of 2025."""

import numpy as np
from numpy.typing import NDArray

from data.adjustments import adjusted_close
from data.gaps import carried_forward
from data.market import MarketData

Array = NDArray[np.float64]
LOW, DETECTED = np.datetime64("2025-01-13"), np.datetime64("2025-02-07")
WEEK_ENDS = np.array(["2025-01-10", "2025-01-17", "2025-01-24", "2025-01-31", "2025-02-07"], dtype="datetime64[D]")


def has_the_turn(market: MarketData) -> bool:
    """Say whether the bull market of February 2025 is found on its day, and its weeks rise.

    Parameters
    ----------
    market : MarketData
        The demo, or the same from another seed.

    Returns
    -------
    bool
        True if HSTECH closes 20 % above its lowest close of a bear market first on 2025-02-07, that low being
        2025-01-13, and it and the average names of Hong Kong and of Hong Kong and Shanghai rise in each of the weeks
        that end on 17, 24 and 31 January and 7 February.

    References
    ----------
    .. [1] Lunde and Timmermann, "Duration Dependence in Stock Prices: An Analysis of Bull and Bear Markets", 2004.
    """
    table = market.table("indices")
    table = table[table["index"] == "HSTECH"]
    closes, dates = table["close"].to_numpy(), table["date"].to_numpy().astype("datetime64[D]")
    turns = bull_markets(closes)
    if not len(turns) or dates[turns[-1][1]] != DETECTED or dates[turns[-1][0]] != LOW:
        return False
    worth = carried_forward(adjusted_close(market))
    gains = np.vstack([np.ones((1, worth.shape[1])), worth[1:] / worth[:-1]])
    lines = [(dates, closes)]
    for prefixes in (("HK",), ("HK", "CN")):
        names = np.array([symbol.startswith(prefixes) for symbol in market.symbols])
        lines.append((market.dates, np.cumprod(np.nanmean(gains[:, names], axis=1))))
    ends = [level[np.searchsorted(days, WEEK_ENDS, side="right") - 1] for days, level in lines]
    return all(bool((np.diff(level) > 0).all()) for level in ends)


def bull_markets(closes: Array) -> list[tuple[int, int]]:
    """Find bull markets: from the lowest close of a bear market by 20 % up, to 20 % down from the highest since.

    Parameters
    ----------
    closes : ndarray of shape (n,)
        The first is taken to be in a bear market.

    Returns
    -------
    list of (int, int)
        Row of the low and row of the detection.
    """
    found, is_bull, extreme = list[tuple[int, int]](), False, 0
    for row, close in enumerate(closes.tolist()):
        if (close > closes[extreme]) == is_bull and close != closes[extreme]:
            extreme = row
        elif is_bull and close <= 0.8 * closes[extreme]:
            is_bull, extreme = False, row
        elif not is_bull and close >= 1.2 * closes[extreme]:
            found.append((extreme, row))
            is_bull, extreme = True, row
    return found
