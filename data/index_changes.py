"""Changes of universes: who entered and left, and from when that was known."""

import numpy as np
import pandas as pd

from data.market import MarketData
from data.stamps import as_day
from data.universes import Memberships, spells_of

COLUMNS = ["date", "symbol", "change", "announced", "known", "status"]


def membership_changes(
    given: MarketData | Memberships, universe: str, start: object | None = None, end: object | None = None
) -> pd.DataFrame:
    """List the changes of a universe.

    Parameters
    ----------
    given : MarketData or mapping of str to tuple of Spell
    universe : str
        Sum of universes, and of symbols where a market is given.
    start, end : date-like, optional
        First and last day of effect; by default all.

    Returns
    -------
    DataFrame
        One row per change, by date and symbol: date (of effect), symbol, change ("entered" or "left"), announced (NaT
        where not known), known (Hong Kong date from which a run may know of it), status (how sure; empty where nobody
        says). Universes without dates have no rows.

    Raises
    ------
    DataError
        If the universe is unknown, or a bound is no date.

    Examples
    --------
    >>> from data.universes import known_memberships
    >>> found = membership_changes(known_memberships(), "hang-seng-tech", "2024-12-01", "2024-12-31")
    >>> for row in found.itertuples():
    ...     print(row.date.date(), row.symbol, row.change, row.announced.date(), row.known.date(), row.status)
    2024-12-09 0300.HK entered 2024-11-22 2024-11-23 confirmed
    2024-12-09 9898.HK left 2024-11-22 2024-11-23 confirmed
    """
    memberships, symbols = (given.memberships, given.symbols) if isinstance(given, MarketData) else (given, ())
    rows = list[tuple[np.datetime64, str, str, np.datetime64 | None, np.datetime64 | None, str]]()
    for one in spells_of(universe, memberships, symbols):
        if one.added is not None:
            rows.append((one.added, one.symbol, "entered", one.added_announced, one.added_known, one.added_status))
        if one.removed is not None:
            rows.append((one.removed, one.symbol, "left", one.removed_announced, one.removed_known, one.removed_status))
    if start is not None:
        first = as_day(start, "start")
        rows = [row for row in rows if row[0] >= first]
    if end is not None:
        last = as_day(end, "end")
        rows = [row for row in rows if row[0] <= last]
    rows.sort(key=lambda row: row[:3])
    frame = pd.DataFrame(rows, columns=COLUMNS)
    days = {column: pd.to_datetime(frame[column]).astype("datetime64[s]") for column in ("date", "announced", "known")}
    return frame.assign(**days)
