"""Interest rates on cash: readings by series, and which series stands for a currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """One series of rates.

    Attributes
    ----------
    known : ndarray of shape (n,), int64
        UTC nanoseconds, ascending.
    days : ndarray of shape (n,), datetime64[D]
        Date of each reading.
    percent : ndarray of shape (n,)
        A year.
    """

    known: NDArray[np.int64]
    days: NDArray[np.datetime64]
    percent: NDArray[np.float64]

    def at(
        self, stamps: NDArray[np.int64], dates: NDArray[np.datetime64], max_age_days: int, fallback: float
    ) -> tuple[NDArray[np.float64], int]:
        """Read the last rate known at each stamp.

        Parameters
        ----------
        stamps : ndarray of shape (m,), int64
            UTC nanoseconds.
        dates : ndarray of shape (m,), datetime64[D]
            Dates that a reading's age is counted to.
        max_age_days : int
            Older readings are replaced.
        fallback : float
            By this, percent a year; also before the first reading.

        Returns
        -------
        rates : ndarray of shape (m,)
            Percent a year.
        n_replaced : int
            How many are the fallback.
        """
        if not len(self.known):
            return np.full(len(stamps), fallback), len(stamps)
        at = np.searchsorted(self.known, stamps, side="right") - 1
        latest = np.maximum(at, 0)
        stale = (at < 0) | ((dates - self.days[latest]).astype(np.int64) > max_age_days)
        return np.where(stale, fallback, self.percent[latest]), int(stale.sum())


@dataclass(frozen=True, slots=True, eq=False)
class InterestRates:
    """Rates by series.

    Attributes
    ----------
    series : mapping of str to Readings
    """

    series: Mapping[str, Readings]

    @classmethod
    def from_table(cls, table: pd.DataFrame | None) -> "InterestRates":
        """Read the long table of rates.

        Parameters
        ----------
        table : DataFrame or None
            Columns date, series, value (percent a year), known (UTC nanoseconds).

        Returns
        -------
        InterestRates
        """
        if table is None:
            return cls({})
        found = {}
        for name, rows in table.groupby("series", sort=True):
            ordered = rows.sort_values(["known", "date"], kind="stable")
            known = ordered["known"].to_numpy().copy()
            days = ordered["date"].to_numpy().astype("datetime64[D]")
            percent = ordered["value"].to_numpy().copy()
            known.flags.writeable = days.flags.writeable = percent.flags.writeable = False
            found[str(name)] = Readings(known, days, percent)
        return cls(found)

    def until(self, stamp: int) -> "InterestRates":
        """Keep what is known at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        InterestRates
        """
        kept = {}
        for name, one in self.series.items():
            n = int(np.searchsorted(one.known, stamp, side="right"))
            kept[name] = Readings(one.known[:n], one.days[:n], one.percent[:n])
        return InterestRates(kept)

    def cash_series(self, currency: str) -> str | None:
        """Name the series that stands for interest on a currency.

        Parameters
        ----------
        currency : str

        Returns
        -------
        str or None
            None where there is none: then cash earns and pays nothing.
        """
        return next((name for name in CASH_SERIES.get(currency, ()) if name in self.series), None)
