"""Returns of comparable names: the real universes and the demo's, one panel for each market."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.adjustments import adjusted_close
from data.demo.listings import FIRST, LAST
from data.market import MarketData

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]
# By venue: the universe whose names are compared, and the venues where they trade.
COMPARED = {
    "XNYS": ("big-seven", ("XNYS",)),
    "XHKG": ("hang-seng-tech", ("XHKG",)),
    "XSHG": ("msci-china", ("XSHG", "XSHE")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One market's names over the demo's span.

    Attributes
    ----------
    dates : ndarray of shape (n,), datetime64[D]
        Sessions on which some name has a return.
    symbols, sectors : list of str, length n_names
    returns, overnight, reach, volume : ndarray of shape (n, n_names)
        Log total return; log of open over the last close; mean log distance of high and low from open and close;
        log of volume. NaN where unknown or where the name looks suspended.
    """

    dates: Dates
    symbols: list[str]
    sectors: list[str]
    returns: Array
    overnight: Array
    reach: Array
    volume: Array

    def basket(self) -> Array:
        """Average the names each day.

        Returns
        -------
        ndarray of shape (n,)
            Log return of an equal-weight basket.
        """
        averaged: Array = np.log1p(np.nanmean(np.expm1(self.returns), axis=1))
        return averaged


def panel_of(market: MarketData, venue: str) -> Panel:
    """Take the compared names of a market.

    Parameters
    ----------
    market : MarketData
    venue : {"XNYS", "XHKG", "XSHG"}

    Returns
    -------
    Panel

    Raises
    ------
    DataError
        If the market has none of them.
    """
    universe, venues = COMPARED[venue]
    names = market.restricted(universe).holdable
    symbols = [name for name in names if market.instruments[name].venue in venues]
    sessions = market.calendars[market.instruments[symbols[0]].venue].dates
    rows = np.flatnonzero((market.dates >= FIRST) & (market.dates <= LAST) & np.isin(market.dates, sessions))
    columns = market.columns(symbols)
    at = np.ix_(rows, columns)
    halted = market.halted(symbols)[rows]
    close = np.where(halted, np.nan, adjusted_close(market)[at])
    # Opens and ranges count from the day's own close, so no action stands between them.
    raw, opened, high, low = (table[at] for table in (market.close, market.open, market.high, market.low))
    returns = np.log(close[1:] / close[:-1])
    to_open = np.log(opened / raw)[1:]
    reach = 0.5 * np.log(high / np.fmax(opened, raw) * np.fmin(opened, raw) / low)[1:]
    with np.errstate(divide="ignore"):
        volume = np.log(market.volume[at][1:])
    volume[~np.isfinite(volume)] = np.nan
    some = ~np.isnan(returns).all(axis=1)
    return Panel(
        dates=market.dates[rows][1:][some],
        symbols=symbols,
        sectors=[market.instruments[name].sector for name in symbols],
        returns=returns[some],
        overnight=(returns + to_open)[some],
        reach=reach[some],
        volume=volume[some],
    )
