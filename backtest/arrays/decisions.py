"""From decisions as given to stamps within the market's bounds."""

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData
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


def _dates(dates: NDArray[np.datetime64]) -> str:
    """Name a few dates and count the rest."""
    named = ", ".join(str(day) for day in dates[:3])
    return f"{named} and {len(dates) - 3} more" if len(dates) > 3 else named
