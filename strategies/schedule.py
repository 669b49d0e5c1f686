"""When decisions are made: rebalance dates, and the stamps they stand for.

A schedule knows what was known: a session cancelled at short notice still counts as the last of its week
on the day before, and the decision it would have carried is made at the next session held.
"""

from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from data.calendars import Calendar
from data.market import MarketData
from strategies.errors import StrategyError

DEFAULT_VENUE = "XNYS"
PERIODS = {"week": "datetime64[W]", "month": "datetime64[M]"}
LONGEST = {"week": 5, "month": 23}  # sessions
USUAL = {"week": 5, "month": 21}  # sessions
FAR = np.iinfo(np.int64).max


def decision_venue(market: MarketData, venue: str | None = None) -> str:
    """Name the venue at whose close decisions are made.

    Parameters
    ----------
    market : MarketData
    venue : str, optional
        By default the only venue of the names that may be held, or New York where there are several.

    Returns
    -------
    str

    Raises
    ------
    StrategyError
        If the market has no calendar of that venue.
    """
    if venue is None:
        venues = market.venues()
        venue = venues[0] if len(venues) == 1 else DEFAULT_VENUE
    if venue not in market.calendars:
        raise StrategyError(f"No decisions at {venue}: the market knows {', '.join(sorted(market.calendars))}.")
    return venue


def expected_dates(calendar: Calendar, ahead: int = 0) -> NDArray[np.datetime64]:
    """List the dates on which sessions were expected some sessions before.

    Parameters
    ----------
    calendar : Calendar
    ahead : int
        Sessions between the one that expects and the one before the date: 0 for the eve.

    Returns
    -------
    ndarray of datetime64[D]
        Sessions held, and cancelled ones announced after the close of the session that expected them.
    """
    before = np.searchsorted(calendar.dates, calendar.cancelled_dates) - 1 - ahead
    known_by = np.where(before >= 0, calendar.closes[np.maximum(before, 0)], -FAR)
    surprise = calendar.announced > known_by
    return np.sort(np.concatenate([calendar.dates, calendar.cancelled_dates[surprise]]))


def decision_stamps(calendar: Calendar, dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Turn decision dates into stamps: the close of the venue's session.

    Parameters
    ----------
    calendar : Calendar
        Of the decision venue.
    dates : ndarray of shape (n,), datetime64[D]

    Returns
    -------
    ndarray of shape (n,), int64
        UTC nanoseconds. A date without a session rolls to the session before; one whose session was
        cancelled after that session's close rolls to the next, for nobody knew in time.

    Raises
    ------
    StrategyError
        If a date lies before the calendar's first session, or rolls past its last.
    """
    at = np.searchsorted(calendar.dates, dates, side="right") - 1
    if (at < 0).any():
        raise StrategyError(
            f"Decision date {dates[np.argmax(at < 0)]} is before the first session of {calendar.venue}."
        )
    surprises = np.setdiff1d(expected_dates(calendar), calendar.dates)
    at = at + np.isin(dates, surprises)
    if (at >= len(calendar.dates)).any():
        raise StrategyError(f"{calendar.venue} holds no session after {dates[np.argmax(at >= len(calendar.dates))]}.")
    return calendar.closes[at]


def tranche_offsets(every: str | int, offset: int, n_tranches: int) -> list[int]:
    """Spread schedules side by side over a period.

    Parameters
    ----------
    every : "day", "week", "month" or int
    offset : int
        Of the first.
    n_tranches : int

    Returns
    -------
    list of int, length n_tranches
        Offsets for `rebalance_dates`, each another one.

    Raises
    ------
    StrategyError
        If a period has fewer sessions than there are to be schedules, or the first of them lies beyond it.

    Notes
    -----
    A short week or month has sessions for fewer: those beyond its first session decide together at that one.

    Examples
    --------
    >>> tranche_offsets("week", 0, 5), tranche_offsets("month", 0, 4), tranche_offsets(10, 3, 2)
    ([0, 1, 2, 3, 4], [0, 5, 10, 15], [3, 8])
    """
    if n_tranches == 1:
        return [offset]
    length = 1 if every == "day" else USUAL[every] if isinstance(every, str) else every
    if n_tranches > length:
        raise StrategyError(
            f"schedule.tranches {n_tranches}: every {every} has {length} session{'s' if length > 1 else ''} to spread "
            "them over. Take fewer, or decide less often."
        )
    if offset >= length:
        raise StrategyError(
            f"schedule.offset {offset} with schedule.tranches {n_tranches}: they are spread over {length} sessions, so "
            f"that the first is at {length - 1} at most."
        )
    return [(offset + j * length // n_tranches) % length for j in range(n_tranches)]


def rebalance_dates(
    calendar: Calendar, every: str | int, offset: int, start: np.datetime64, end: np.datetime64
) -> NDArray[np.datetime64]:
    """List the dates of a regular schedule.

    Parameters
    ----------
    calendar : Calendar
        Of the decision venue.
    every : "day", "week", "month" or int
        Last session of each week or month, or every so many sessions counted from `start`.
    offset : int
        Sessions before the last one of the period, at most back to its first; for a number of sessions, which of
        them (0: the first).
    start, end : datetime64[D]
        Bounds, both included.

    Returns
    -------
    ndarray of datetime64[D]

    Raises
    ------
    StrategyError
        If `every` is none of these, or `offset` out of range.

    Examples
    --------
    >>> from data.calendars import trading_calendar
    >>> hong_kong = trading_calendar("XHKG", 2023, 2023)
    >>> first, last = np.datetime64("2023-09-04"), np.datetime64("2023-09-15")
    >>> rebalance_dates(hong_kong, "week", 0, first, last).astype(str).tolist()
    ['2023-09-08', '2023-09-15']
    """
    if isinstance(every, bool) or not isinstance(every, (str, Integral)):
        raise StrategyError(f"schedule.every {every!r} is not day, week, month or a number of sessions.")
    if every == "day":
        every = 1
    if isinstance(every, str):
        if every not in PERIODS:
            raise StrategyError(f"schedule.every {every!r} is not day, week, month or a number of sessions.")
        if not 0 <= offset < LONGEST[every]:
            raise StrategyError(f"schedule.offset {offset}: a {every} has at most {LONGEST[every]} sessions.")
        expected = expected_dates(calendar, offset)
        # numpy's weeks start on Thursday: shift so that Monday starts one.
        shifted = expected + 3 if every == "week" else expected
        period = shifted.astype(PERIODS[every])
        changes = period[1:] != period[:-1]
        last, first = np.flatnonzero(np.append(changes, True)), np.flatnonzero(np.append(True, changes))
        chosen = expected[np.maximum(last - offset, first)]
        # The last period of the calendar may be cut short: its last session is not known to be the last.
        chosen = chosen[:-1]
    else:
        if every < 1 or not 0 <= offset < every:
            raise StrategyError(
                f"schedule.every {every} with offset {offset}: want every >= 1 and 0 <= offset < every."
            )
        held = calendar.dates[calendar.dates >= start]
        chosen = held[offset::every]
    return chosen[(chosen >= start) & (chosen <= end)]
