"""The smallest step between two prices, by venue, date and price."""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.venues import venue as venue_of


@cache
def _tick_table() -> pd.DataFrame:
    path = resources.files("data") / "datasets" / "tick_sizes.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=["from", "to"])


def tick_table() -> pd.DataFrame:
    """Read the table of dated ticks.

    Returns
    -------
    DataFrame
        A copy, with columns venue, from, to (both included, NaT: open), price_low (excluded), price_high (included,
        NaN: no end), tick, status, source; see `datasets/SOURCES.md`.
    """
    return _tick_table().copy()


def tick_sizes(venue: str, dates: NDArray[np.datetime64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the tick of each price on each date.

    Parameters
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_dates,), datetime64[D]
        Local trading dates.
    prices : ndarray of shape (n_dates, n_names)
        Local currency a share, as traded: adjusted prices have the ticks of prices that were never seen.

    Returns
    -------
    ndarray of shape (n_dates, n_names)
        Local currency. NaN where the price is NaN, infinite, zero or negative.

    Raises
    ------
    DataError
        If the venue is unknown, the shapes differ, or no table covers a date.

    Notes
    -----
    A price at the edge of two bands belongs to the lower one: at HK$0.25 the tick is 0.001. Above the top of the
    table (Hong Kong: 9,995) the highest band goes on, with a tick of 5. These are ticks of shares; Hong Kong has a
    table of its own for exchange-traded funds, which is not here.

    Examples
    --------
    >>> days = np.array(["2025-08-01", "2025-08-04"], dtype="datetime64[D]")
    >>> tick_sizes("XHKG", days, np.array([[15.0, 30.0], [15.0, 30.0]])).tolist()
    [[0.02, 0.05], [0.01, 0.02]]
    """
    code = venue_of(venue).code
    if prices.ndim != 2 or dates.shape != (len(prices),):
        raise DataError(f"{prices.shape} prices do not fit {dates.shape} dates: one row of prices for each date.")
    found = np.full(prices.shape, np.nan)
    covered = np.zeros(len(dates), dtype=bool)
    for first, last, tops, ticks in _bands(code):
        inside = (dates >= first) & (dates <= last)
        covered |= inside
        given = prices[inside]
        ok = np.isfinite(given) & (given > 0)
        band = np.minimum(np.searchsorted(tops, given), len(ticks) - 1)
        found[inside] = np.where(ok, ticks[band], np.nan)
    if not covered.all():
        raise DataError(f"No table of ticks covers {venue} on {dates[~covered][0]}.")
    return found


Bands = tuple[np.datetime64, np.datetime64, NDArray[np.float64], NDArray[np.float64]]


@cache
def _bands(venue: str) -> tuple[Bands, ...]:
    """Give a venue's tables: first and last day, the top price of each band, and its tick."""
    table = _tick_table()
    table = table[table["venue"] == venue]
    ever, never = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")
    found = []
    for _, rows in table.groupby(["from", "to"], dropna=False):
        bands = rows.sort_values("price_low")
        first, last = bands["from"].iloc[0], bands["to"].iloc[0]
        found.append(
            (
                ever if pd.isna(first) else np.datetime64(first, "D"),
                never if pd.isna(last) else np.datetime64(last, "D"),
                bands["price_high"].fillna(np.inf).to_numpy(dtype=np.float64),
                bands["tick"].to_numpy(dtype=np.float64),
            )
        )
    return tuple(found)
