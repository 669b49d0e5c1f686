"""Trading calendars: which sessions were held, which were scheduled, and when that became known.

Sessions come from `exchange_calendars`, corrected by `datasets/calendar_corrections.csv`. A session that
was scheduled and not held is kept with the stamp of its announcement: until then nobody knew.
"""

import contextlib
import os
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.facts import read_facts
from data.storage.caches import cache_folder
from data.venues import VENUES, venue

HONG_KONG_AHEAD_NS = 8 * 3600 * 10**9  # of UTC, all year
Dates = NDArray[np.datetime64]
Stamps = NDArray[np.int64]
Array = TypeVar("Array", bound=NDArray[Any])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """The sessions of one venue.

    Attributes
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_sessions,), datetime64[D]
        Local dates of the sessions held, ascending.
    opens, closes : ndarray of shape (n_sessions,), int64
        UTC nanoseconds.
    cancelled_dates : ndarray of shape (n_cancelled,), datetime64[D]
        Scheduled sessions that were not held.
    cancelled_opens, cancelled_closes, announced : ndarray of shape (n_cancelled,), int64
        Their scheduled stamps, and the stamp from which the closure was known; UTC nanoseconds.
    moved_dates : ndarray of shape (n_moved,), datetime64[D]
        Sessions held at other than their scheduled hours.
    moved_opens, moved_closes, moved_announced : ndarray of shape (n_moved,), int64
        What the schedule had said, and when the change was known.
    """

    venue: str
    dates: Dates
    opens: Stamps
    closes: Stamps
    cancelled_dates: Dates
    cancelled_opens: Stamps
    cancelled_closes: Stamps
    announced: Stamps
    moved_dates: Dates
    moved_opens: Stamps
    moved_closes: Stamps
    moved_announced: Stamps

    def as_known(self, stamp: int) -> "Calendar":
        """Give the calendar as it was believed at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        Calendar
            Closures and changed hours announced later are sessions at their scheduled hours.
        """
        unknown = self.announced > stamp
        moved = self.moved_announced > stamp
        if not unknown.any() and not moved.any():
            return self
        opens, closes = self.opens.copy(), self.closes.copy()
        at = np.searchsorted(self.dates, self.moved_dates[moved])
        opens[at], closes[at] = self.moved_opens[moved], self.moved_closes[moved]
        dates = np.concatenate([self.dates, self.cancelled_dates[unknown]])
        order = np.argsort(dates, kind="stable")
        return replace(
            self,
            dates=_frozen(dates[order]),
            opens=_frozen(np.concatenate([opens, self.cancelled_opens[unknown]])[order]),
            closes=_frozen(np.concatenate([closes, self.cancelled_closes[unknown]])[order]),
            cancelled_dates=_frozen(self.cancelled_dates[~unknown]),
            cancelled_opens=_frozen(self.cancelled_opens[~unknown]),
            cancelled_closes=_frozen(self.cancelled_closes[~unknown]),
            announced=_frozen(self.announced[~unknown]),
            moved_dates=_frozen(self.moved_dates[~moved]),
            moved_opens=_frozen(self.moved_opens[~moved]),
            moved_closes=_frozen(self.moved_closes[~moved]),
            moved_announced=_frozen(self.moved_announced[~moved]),
        )

    def index_of(self, dates: Dates) -> NDArray[np.intp]:
        """Find sessions by date.

        Parameters
        ----------
        dates : ndarray of shape (n,), datetime64[D]

        Returns
        -------
        ndarray of shape (n,)
            Index of the session of each date, -1 where the venue held none.
        """
        at = np.searchsorted(self.dates, dates)
        at = np.minimum(at, max(len(self.dates) - 1, 0))
        found = self.dates[at] == dates if len(self.dates) else np.zeros(len(dates), dtype=bool)
        return np.where(found, at, -1)


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


def local_stamps(dates: Dates, clock: pd.Timedelta, timezone: str) -> Stamps:
    """Turn local wall-clock times into UTC stamps.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64[D]
    clock : Timedelta
        Time of day.
    timezone : str
        IANA name.

    Returns
    -------
    ndarray of shape (n,), int64
        UTC nanoseconds.
    """
    wall = pd.DatetimeIndex(dates.astype("datetime64[ns]")) + clock
    utc = wall.tz_localize(timezone).tz_convert("UTC").tz_localize(None)
    return utc.to_numpy().astype("datetime64[ns]").astype(np.int64)


def hong_kong_dates(stamps: Stamps) -> Dates:
    """Give Hong Kong's local date at stamps: the latest of all venues.

    Parameters
    ----------
    stamps : ndarray of shape (n,), int64
        UTC nanoseconds.

    Returns
    -------
    ndarray of shape (n,), datetime64[D]

    Examples
    --------
    >>> hong_kong_dates(np.array(["2025-02-14T15:59", "2025-02-14T16:00"], dtype="datetime64[ns]").astype(np.int64))
    array(['2025-02-14', '2025-02-15'], dtype='datetime64[D]')
    """
    return (stamps + HONG_KONG_AHEAD_NS).astype("datetime64[ns]").astype("datetime64[D]")


@cache
def _corrections() -> pd.DataFrame:
    table = read_facts("calendar_corrections.csv")
    table["date"] = pd.to_datetime(table["date"])
    return table


def corrections() -> pd.DataFrame:
    """Read the table of corrections and announcements.

    Returns
    -------
    DataFrame
        A copy, with columns venue, date, kind, open, close, announced, status, source, note; see
        `datasets/SOURCES.md`.
    """
    return _corrections().copy()


def _library_sessions(name: str, first_year: int, last_year: int) -> tuple[Dates, Stamps, Stamps]:
    """Give local dates, opens and closes from the library, or from what it said the last time.

    Importing the library and asking it takes the better part of a second, so its answers are kept, by its version.
    """
    folder = cache_folder(f"sessions-1-{metadata.version('exchange_calendars')}")
    path = folder / f"{name}-{first_year}-{last_year}.npy"
    table = _read_sessions(path)
    if table is None:
        table = _ask_library(name, first_year, last_year)
        with contextlib.suppress(OSError):
            _keep_sessions(path, table)
    return table[0].astype("datetime64[D]"), table[1].copy(), table[2].copy()


def _ask_library(name: str, first_year: int, last_year: int) -> NDArray[np.int64]:
    import exchange_calendars

    try:
        found = exchange_calendars.get_calendar(name, start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    except ValueError as error:
        raise DataError(f"No calendar of {name} for {first_year} to {last_year}: {error}") from error
    dates = found.schedule.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.stack([dates, _nanoseconds(found.schedule["open"]), _nanoseconds(found.schedule["close"])])


def _read_sessions(path: Path) -> NDArray[np.int64] | None:
    try:
        table: NDArray[np.int64] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    is_sound = table.dtype == np.int64 and table.ndim == 2 and table.shape[0] == 3 and table.shape[1] > 0
    return table if is_sound and bool((np.diff(table[0]) > 0).all() and (table[1] < table[2]).all()) else None


def _keep_sessions(path: Path, table: NDArray[np.int64]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        np.save(file, table)
    Path(name).replace(path)  # whole or not at all, whoever else writes it


def _nanoseconds(column: pd.Series) -> Stamps:
    utc = column.dt.tz_convert("UTC").dt.tz_localize(None)
    stamps: Stamps = utc.to_numpy().astype("datetime64[ns]").astype(np.int64)
    return stamps


@cache
def trading_calendar(code: str, first_year: int, last_year: int) -> Calendar:
    """Build the calendar of a venue over whole years.

    Parameters
    ----------
    code : str
        Market identifier.
    first_year, last_year : int

    Returns
    -------
    Calendar

    Raises
    ------
    DataError
        If the venue is unknown, or the library has no sessions for those years.

    Examples
    --------
    >>> calendar = trading_calendar("XHKG", 2023, 2023)
    >>> bool((calendar.dates == np.datetime64("2023-09-08")).any())
    False
    >>> thursday = pd.Timestamp("2023-09-07 08:00", tz="UTC").value
    >>> bool((calendar.as_known(thursday).dates == np.datetime64("2023-09-08")).any())
    True
    """
    place = venue(code)
    dates, opens, closes = _library_sessions(place.calendar, first_year, last_year)

    table = _corrections()
    table = table[(table["venue"] == place.calendar) & table["date"].dt.year.between(first_year, last_year)]
    table = table.sort_values("date")
    announced = _nanoseconds(pd.to_datetime(table["announced"], utc=True))
    days = table["date"].to_numpy().astype("datetime64[D]")

    closed = (table["kind"] == "closed").to_numpy()
    cancelled = days[closed]
    held = ~np.isin(dates, cancelled)
    dates, opens, closes = dates[held], opens[held], closes[held]

    moved = ~closed
    at = np.searchsorted(dates, days[moved])
    if not np.isin(days[moved], dates).all():
        raise DataError(f"calendar_corrections.csv moves the hours of a day on which {code} held no session.")
    scheduled_opens, scheduled_closes = opens[at].copy(), closes[at].copy()
    for position, row in zip(at, table[moved].itertuples(), strict=True):
        day = row.date.strftime("%Y-%m-%d")
        if row.open:
            opens[position] = pd.Timestamp(f"{day} {row.open}").value
        if row.close:
            closes[position] = pd.Timestamp(f"{day} {row.close}").value

    regular = [pd.Timedelta(hours=clock.hour, minutes=clock.minute) for clock in (place.open, place.close)]
    return Calendar(
        venue=code,
        dates=_frozen(dates),
        opens=_frozen(opens),
        closes=_frozen(closes),
        cancelled_dates=_frozen(cancelled),
        cancelled_opens=_frozen(local_stamps(cancelled, regular[0], place.timezone)),
        cancelled_closes=_frozen(local_stamps(cancelled, regular[1], place.timezone)),
        announced=_frozen(announced[closed]),
        moved_dates=_frozen(days[moved]),
        moved_opens=_frozen(scheduled_opens),
        moved_closes=_frozen(scheduled_closes),
        moved_announced=_frozen(announced[moved]),
    )


def trading_calendars(codes: set[str], first_year: int, last_year: int) -> dict[str, Calendar]:
    """Build the calendars of several venues, in alphabetical order.

    Parameters
    ----------
    codes : set of str
        Market identifiers.
    first_year, last_year : int

    Returns
    -------
    dict of str to Calendar

    Raises
    ------
    DataError
        If a venue is unknown.
    """
    unknown = sorted(codes - set(VENUES))
    if unknown:
        raise DataError(f"Unknown venue {unknown[0]!r}. Known: {', '.join(VENUES)}.")
    return {code: trading_calendar(code, first_year, last_year) for code in sorted(codes)}
