"""Settlement: on which day the cash of a trade changes hands."""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar, Dates
from data.errors import DataError
from data.venues import venue as venue_of

# A Hong Kong session that ends before this hour is a half day: 12:00, before March 2011 12:30. Sessions that a typhoon
# ended early, at 13:55, are none, and settle.
HALF_DAY_ENDS = pd.Timedelta(hours=13)


@cache
def _table(name: str) -> pd.DataFrame:
    path = resources.files("data") / "datasets" / name
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=["from", "to"])


def settlement_lags() -> pd.DataFrame:
    """Read the table of settlement lags.

    Returns
    -------
    DataFrame
        A copy, with columns venue, from, to (trade dates, both included, NaT: open), lag (settlement days from
        trade to cash), status, source; see `datasets/SOURCES.md`.
    """
    return _table("settlement_lags.csv").copy()


def settlement_closures() -> pd.DataFrame:
    """Read the table of sessions on which money does not settle.

    Returns
    -------
    DataFrame
        A copy, with columns venue, rule (`columbus_day`, `veterans_day`, `half_day`, or `day`: each date from the
        first to the last), from, to (both included, NaT: open), status, source; see `datasets/SOURCES.md`.
    """
    return _table("settlement_closures.csv").copy()


def settlement_days(calendar: Calendar) -> Dates:
    """List the sessions of a venue on which trades settle.

    Parameters
    ----------
    calendar : Calendar
        Sessions held.

    Returns
    -------
    ndarray of shape (n_days,), datetime64[D]
        Ascending. New York trades on Columbus Day and Veterans Day, when banks are shut; Hong Kong trades on the
        morning of three eves and settles nothing.

    Examples
    --------
    >>> from data.calendars import trading_calendar
    >>> autumn = settlement_days(trading_calendar("XNYS", 2024, 2024))
    >>> np.isin(np.array(["2024-10-14", "2024-10-15"], dtype="datetime64[D]"), autumn).tolist()
    [False, True]
    """
    table = _table("settlement_closures.csv")
    settles = np.ones(len(calendar.dates), dtype=bool)
    for row in table[table["venue"] == calendar.venue].to_dict("records"):
        shut = _CLOSURE_RULES[row["rule"]](calendar)
        settles &= ~(shut & _between(calendar.dates, row["from"], row["to"]))
    return calendar.dates[settles]


def settlement_dates(calendar: Calendar, venue: str, trade_dates: NDArray[np.datetime64]) -> Dates:
    """Give the day on which the cash of a trade settles.

    Parameters
    ----------
    calendar : Calendar
        Sessions held at the venue, cancelled ones removed: what happened, which nobody knew at the trade. A ledger
        may apply a date only once it has come, and never plan with it; `calendar.as_known(stamp)` gives what was
        expected at a stamp.
    venue : str
        Market identifier of the calendar.
    trade_dates : ndarray of shape (n,), datetime64
        Local dates, in any order, repeats allowed.

    Returns
    -------
    ndarray of shape (n,), datetime64[D]
        Always a session of the venue, after the trade date; NaT where it lies beyond the calendar's end.

    Raises
    ------
    DataError
        If the calendar is not the venue's, or a trade date is NaT, no session of it, or older than the first known lag.

    Notes
    -----
    The lag is that of the trade date; it counts the settlement days after it. A trade on a session without
    settlement therefore settles together with those of the session before. Where New York was shut and its
    clearing house open (2012-10-29 and 30, 2018-12-05, probably 2025-01-09), the date here is late by as many days,
    never early. Shanghai and Shenzhen count their own sessions: a Hong Kong holiday that delays the money of Stock
    Connect is not counted.

    References
    ----------
    .. [1] SEC Releases 34-80295 (2017, T+2) and 34-96930 (2023, T+1); rule 15c6-1.
    .. [2] NASD Notices to Members 95-77 and 99-83: Columbus Day is a trade date and no settlement date.
    .. [3] HKEX, Severe Weather Arrangements, Clearing and Settlement: a morning lost settles, a day lost does not.

    Examples
    --------
    >>> from data.calendars import trading_calendar
    >>> days = np.array(["2024-05-24", "2024-05-28"], dtype="datetime64[D]")  # the last at T+2, the first at T+1
    >>> settlement_dates(trading_calendar("XNYS", 2024, 2024), "XNYS", days).astype(str).tolist()
    ['2024-05-29', '2024-05-29']
    """
    code = venue_of(venue).code
    if calendar.venue != code:
        raise DataError(f"Settlement at {code} was asked of the calendar of {calendar.venue}; give that of {code}.")
    days: Dates = np.asarray(trade_dates).astype("datetime64[D]")
    unheld = calendar.index_of(days) < 0
    if unheld.any():
        day = days[unheld][0]
        raise DataError(f"{code} held no session on {day}: nothing was traded then that could settle.")
    found, is_known = _by_session(calendar)
    at = calendar.index_of(days)
    if not is_known[at].all():
        day = days[~is_known[at]][0]
        raise DataError(f"settlement_lags.csv has no lag of {code} for {day}. Start later, or add the row.")
    return found[at]


@lru_cache(maxsize=32)
def _by_session(calendar: Calendar) -> tuple[Dates, NDArray[np.bool_]]:
    """Give the settlement date of each session of a calendar, NaT beyond its end, and whether its lag is known."""
    settling, lags = settlement_days(calendar), _lags(calendar.venue, calendar.dates)
    at = np.searchsorted(settling, calendar.dates, side="right") + lags - 1
    found = np.full(len(lags), np.datetime64("NaT"), dtype="datetime64[D]")
    inside = at < len(settling)
    found[inside] = settling[at[inside]]
    return found, lags > 0


def _lags(venue: str, days: Dates) -> NDArray[np.int64]:
    """Give the lag of each trade date; 0 where the table has none."""
    table = _table("settlement_lags.csv")
    lags = np.zeros(len(days), dtype=np.int64)
    for row in table[table["venue"] == venue].to_dict("records"):
        lags[_between(days, row["from"], row["to"])] = row["lag"]
    return lags


def _between(days: Dates, first: pd.Timestamp, last: pd.Timestamp) -> NDArray[np.bool_]:
    inside = np.ones(len(days), dtype=bool)
    if not pd.isna(first):
        inside &= days >= np.datetime64(first, "D")
    if not pd.isna(last):
        inside &= days <= np.datetime64(last, "D")
    return inside


def _is_columbus_day(calendar: Calendar) -> NDArray[np.bool_]:
    days = pd.DatetimeIndex(calendar.dates)
    second_week = (days.day >= 8) & (days.day <= 14)
    return np.asarray((days.month == 10) & second_week & (days.day_of_week == 0))


def _is_veterans_day(calendar: Calendar) -> NDArray[np.bool_]:
    days = pd.DatetimeIndex(calendar.dates)
    # The Federal Reserve keeps a Sunday's holiday on the Monday, and does not move a Saturday's.
    moved = (days.day == 12) & (days.day_of_week == 0)
    return np.asarray((days.month == 11) & ((days.day == 11) | moved))


def _is_half_day(calendar: Calendar) -> NDArray[np.bool_]:
    timezone = venue_of(calendar.venue).timezone
    local = pd.DatetimeIndex(calendar.closes.astype("datetime64[ns]")).tz_localize("UTC").tz_convert(timezone)
    return np.asarray(local - local.normalize() < HALF_DAY_ENDS)


def _is_any_day(calendar: Calendar) -> NDArray[np.bool_]:
    return np.ones(len(calendar.dates), dtype=bool)


_CLOSURE_RULES: dict[str, Callable[[Calendar], NDArray[np.bool_]]] = {
    "columbus_day": _is_columbus_day,
    "veterans_day": _is_veterans_day,
    "half_day": _is_half_day,
    "day": _is_any_day,
}
