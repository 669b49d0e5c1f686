"""From decisions as given to stamps within the market's bounds."""

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData
from data.wording import some_of
from strategies.schedule import decision_stamps, decision_venue
from strategies.targets import TargetWeights


def resolve_decisions(
    market: MarketData, targets: TargetWeights
) -> tuple[NDArray[np.int64], NDArray[np.intp], tuple[str, ...]]:
    """Turn the decisions of targets into stamps within the market's bounds.

    Parameters
    ----------
    market : MarketData
    targets : TargetWeights

    Returns
    -------
    stamps : ndarray of shape (n,), int64
        Ascending, distinct.
    rows : ndarray of shape (n,)
        Row of the targets behind each.
    notes : tuple of str
        What was left out or replaced.
    """
    given = targets.decisions
    notes = []
    if given.tz is None:
        dates = given.to_numpy().astype("datetime64[D]")
        inside = (dates >= market.start) & (dates <= market.end)
        rows = np.flatnonzero(inside)
        venue = decision_venue(market, targets.decision_venue)
        stamps = decision_stamps(market.calendars[venue], dates[rows])
        notes += _rolled(market, venue, dates[rows], stamps)
        # Two dates may roll to one session: the later one replaces the earlier.
        last = np.append(stamps[1:] != stamps[:-1], True) if len(stamps) else np.zeros(0, dtype=bool)
        if not last.all():
            notes.append(f"Decisions replaced by a later one on the same session: {_dates(dates[rows][~last])}.")
        stamps, rows = stamps[last], rows[last]
    else:
        stamps = given.asi8
        low = market.start.astype("datetime64[ns]").astype(np.int64)
        high = (market.end + 2).astype("datetime64[ns]").astype(np.int64)
        inside = (stamps >= low) & (stamps < high)
        rows = np.flatnonzero(inside)
        stamps = stamps[rows]
    if not inside.all():
        gone = given[~inside].tz_localize(None).to_numpy().astype("datetime64[D]")
        notes.append(f"Decisions outside {market.start} to {market.end} are not run: {_dates(gone)}.")
    return np.ascontiguousarray(stamps, dtype=np.int64), rows, tuple(notes)


def _rolled(market: MarketData, venue: str, dates: NDArray[np.datetime64], stamps: NDArray[np.int64]) -> list[str]:
    """Name dates that stand for an earlier close, though another venue trades on them: it may fill that very day."""
    shut = market.calendars[venue].index_of(dates) < 0
    open_elsewhere = np.zeros(len(dates), dtype=bool)
    for other in market.venues():
        open_elsewhere |= market.calendars[other].index_of(dates) >= 0
    early = np.flatnonzero(shut & open_elsewhere)
    if not len(early):
        return []
    first = np.datetime64(int(stamps[early[0]]), "ns").astype("datetime64[m]")
    note = (
        f"{venue} held no session on {_dates(dates[early])}: these decisions are made at its close before (the first "
        f"at {first} UTC), and may fill elsewhere on the date itself. Give stamps instead of dates to decide later."
    )
    return [note]


def _dates(dates: NDArray[np.datetime64]) -> str:
    """Name a few dates and count the rest."""
    return some_of([str(day) for day in dates], most=3)
