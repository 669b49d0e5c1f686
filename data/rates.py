"""Interest rates on cash: which series stands for a currency, and its reading at a stamp."""

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData

# By currency, in order of preference.
CASH_SERIES = MappingProxyType(
    {
        "USD": ("US_FED_FUNDS", "US_TBILL_3M"),
        "HKD": ("HK_HIBOR_ON", "HK_HIBOR_1M"),
        "CNY": ("CN_SHIBOR_ON",),
    }
)
# Days in a year by market convention: money markets in USD count ACT/360, in HKD and CNY ACT/365.
DAY_COUNT = MappingProxyType({"USD": 360, "HKD": 365, "CNY": 365})


def cash_series(market: MarketData, currency: str) -> str | None:
    """Name the series that stands for interest on a currency.

    Parameters
    ----------
    market : MarketData
    currency : str

    Returns
    -------
    str or None
        None where the market has none: then cash earns and pays nothing.
    """
    present = set(market.table("rates").get("series", ()))
    return next((name for name in CASH_SERIES.get(currency, ()) if name in present), None)


def cash_rates(
    market: MarketData,
    currency: str,
    stamps: NDArray[np.int64],
    dates: NDArray[np.datetime64],
    max_age_days: int,
    fallback: float,
) -> tuple[NDArray[np.float64], int]:
    """Read the last rate known at each stamp.

    Parameters
    ----------
    market : MarketData
    currency : str
        One with a series.
    stamps : ndarray of shape (n,), int64
        UTC nanoseconds.
    dates : ndarray of shape (n,), datetime64[D]
        Dates that a reading's age is counted to.
    max_age_days : int
        Older readings are replaced.
    fallback : float
        By this, percent a year; also before the first reading.

    Returns
    -------
    rates : ndarray of shape (n,)
        Percent a year.
    n_replaced : int
        How many are the fallback.
    """
    table = market.table("rates")
    rows = table[table["series"] == cash_series(market, currency)].sort_values(["known", "date"], kind="stable")
    known = rows["known"].to_numpy()
    values = rows["value"].to_numpy()
    days = rows["date"].to_numpy().astype("datetime64[D]")
    at = np.searchsorted(known, stamps, side="right") - 1
    stale = at < 0
    if len(days):
        stale |= (dates - days[np.maximum(at, 0)]).astype(np.int64) > max_age_days
        return np.where(stale, fallback, values[np.maximum(at, 0)]), int(stale.sum())
    return np.full(len(stamps), fallback), len(stamps)
