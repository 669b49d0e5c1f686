"""Opens, highs, lows and volumes around the closes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar
from data.dates import NS_PER_DAY
from data.demo import listings
from data.demo.closes import Closes, Dates, in_ticks
from data.demo.draws import Draws
from data.demo.parameters import MarketParameters

Array = NDArray[np.float64]
HALF_NORMAL = np.sqrt(2.0 / np.pi)  # mean size of a standard normal number


def price_rows(
    seed: int, venue: str, calendar: Calendar, dates: Dates, made: Closes, p: MarketParameters
) -> pd.DataFrame:
    """Make the rows of a price table.

    Parameters
    ----------
    seed : int
    venue : str
    calendar : Calendar
        Of the venue.
    dates : ndarray of shape (n,), datetime64[D]
    made : Closes
    p : MarketParameters

    Returns
    -------
    DataFrame
        Columns as in a prices file.
    """
    close, shape = made.close, made.close.shape
    symbols = np.array(listings.symbols_of(venue))
    spread = np.nanstd(made.returns, axis=0)
    overnight = p.overnight_slope * made.returns + p.overnight_noise * spread * Draws(seed, f"{venue} opens").normal(
        shape
    )
    opened = np.where(np.isnan(made.reference), close, made.reference * np.exp(overnight))
    opened = in_ticks(venue, dates, np.fmax(np.fmin(opened, made.up), made.down))
    above, below = (
        np.exp(p.reach / HALF_NORMAL * spread * np.abs(Draws(seed, f"{venue} {side}").normal(shape)))
        for side in ("highs", "lows")
    )
    top, bottom = np.fmax(opened, close), np.fmin(opened, close)
    high = np.fmax(in_ticks(venue, dates, np.fmin(top * above, made.up)), top)
    low = np.fmin(in_ticks(venue, dates, np.fmax(bottom / below, made.down)), bottom)
    volume = _volumes(seed, venue, made, spread, p)
    if venue == "XHKG":  # as the vendors of such data show it: no volume on half days
        session = calendar.index_of(dates)
        usual = np.median(calendar.closes % NS_PER_DAY)
        volume[calendar.closes[session] % NS_PER_DAY < usual] = 0.0
    n = len(dates)
    frame = pd.DataFrame(
        {
            "date": np.repeat(dates.astype("datetime64[ns]"), shape[1]),
            "symbol": np.tile(symbols, n),
            "venue": venue,
            "currency": listings.VENUES[venue][2],
            "open": opened.ravel(),
            "high": high.ravel(),
            "low": low.ravel(),
            "close": close.ravel(),
            "volume": volume.ravel(),
        }
    )
    return frame[frame["close"].notna()]


def _volumes(seed: int, venue: str, made: Closes, spread: Array, p: MarketParameters) -> Array:
    """Draw volumes in whole lots: around a level of the name's own, more on days of large moves."""
    symbols, shape = listings.symbols_of(venue), made.close.shape
    draws = Draws(seed, f"{venue} volumes")
    level = 15.0 + 0.8 * draws.normal(shape[1])
    shocks = p.volume_noise * draws.normal(shape)
    noise, carried = np.sqrt(1.0 - p.volume_memory**2) * shocks, shocks[0]
    for t, shock in enumerate(noise):
        carried = noise[t] = p.volume_memory * carried + shock
    size = np.abs(np.where(np.isnan(made.returns), 0.0, made.returns)) / spread
    lot = np.array([listings.lot_of(symbol) for symbol in symbols], dtype=np.float64)
    shares = np.exp(level + noise + p.volume_response * np.minimum(size, 5.0)) * made.shares
    volume: Array = np.maximum(np.rint(shares / lot), 1.0) * lot
    return volume
