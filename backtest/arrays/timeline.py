"""The order of events of a run: begins of rows, ex dates, opens, closes, decisions, marks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.kernels.state import Timeline
from data.market import MarketData

NONE = -1
FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The dates of a run and the sessions on them.

    Attributes
    ----------
    dates : ndarray of shape (n_rows,), datetime64[D]
    opens, closes : ndarray of shape (n_rows, n_venues), int64
        UTC nanoseconds of the sessions held, -1 where there is none.
    cancelled_opens, announced : ndarray of shape (n_rows, n_venues), int64
        Scheduled openings of sessions not held and the stamps at which that was known, -1 elsewhere.
    begins, marks : ndarray of shape (n_rows,), int64
        The first open and the last close of the date, of any venue whose names may be held.
    """

    dates: NDArray[np.datetime64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    cancelled_opens: NDArray[np.int64]
    announced: NDArray[np.int64]
    begins: NDArray[np.int64]
    marks: NDArray[np.int64]


def run_rows(market: MarketData, venues: tuple[str, ...], traded: tuple[str, ...]) -> Rows:
    """List the dates of a run: every session of the venues between the market's bounds.

    Parameters
    ----------
    market : MarketData
    venues : tuple of str
        Venues of the names that may be held, alphabetical: they make the dates.
    traded : tuple of str
        Those of the names the run trades, alphabetical: their sessions are laid out.

    Returns
    -------
    Rows

    Raises
    ------
    BacktestError
        If the bounds hold no session.
    """
    inside = [
        np.flatnonzero((calendar.dates >= market.start) & (calendar.dates <= market.last_day))
        for calendar in (market.calendars[venue] for venue in venues)
    ]
    dates = np.sort(
        np.concatenate([market.calendars[v].dates[chosen] for v, chosen in zip(venues, inside, strict=True)])
    )
    dates = dates[np.append(True, dates[1:] != dates[:-1])] if len(dates) else dates
    if not len(dates):
        raise BacktestError(f"No session of {', '.join(venues)} from {market.start} to {market.end}.")
    shape = (len(dates), len(venues))
    opens, closes = np.full(shape, NONE), np.full(shape, NONE)
    cancelled_opens, announced = np.full(shape, NONE), np.full(shape, NONE)
    for column, (venue, chosen) in enumerate(zip(venues, inside, strict=True)):
        calendar = market.calendars[venue]
        at = np.searchsorted(dates, calendar.dates[chosen])
        opens[at, column], closes[at, column] = calendar.opens[chosen], calendar.closes[chosen]
        at = np.minimum(np.searchsorted(dates, calendar.cancelled_dates), len(dates) - 1)
        here = dates[at] == calendar.cancelled_dates
        at = at[here]
        cancelled_opens[at, column] = calendar.cancelled_opens[here]
        announced[at, column] = calendar.announced[here]
    kept = [venues.index(venue) for venue in traded]
    return Rows(
        dates=dates,
        opens=np.ascontiguousarray(opens[:, kept]),
        closes=np.ascontiguousarray(closes[:, kept]),
        cancelled_opens=np.ascontiguousarray(cancelled_opens[:, kept]),
        announced=np.ascontiguousarray(announced[:, kept]),
        begins=np.where(opens == NONE, FAR, opens).min(axis=1),
        marks=closes.max(axis=1),
    )


def build_timeline(
    rows: Rows,
    decisions: NDArray[np.int64],
    ex_rows: NDArray[np.int64],
    ex_venues: NDArray[np.int64],
    *,
    fills_at_open: bool,
    watches: bool,
) -> Timeline:
    """Put every event of a run in order.

    Parameters
    ----------
    rows : Rows
    decisions : ndarray of shape (n_decisions,), int64
        Stamps, ascending.
    ex_rows, ex_venues : ndarray of shape (n_groups,), int64
        Sessions before whose open corporate actions take effect.
    fills_at_open : bool
        True for `next_open`.
    watches : bool
        The ledger may decide by itself at a mark.

    Returns
    -------
    Timeline
    """
    n_rows, n_venues = rows.opens.shape
    row, venue = np.nonzero(rows.opens != NONE)
    row_begun = np.maximum(np.searchsorted(rows.begins, decisions, side="right") - 1, 0)
    every, n_decisions = np.arange(n_rows), len(decisions)

    pieces = (
        (state.BEGIN, rows.begins, every, None, None),
        (state.EX_DATE, rows.opens[ex_rows, ex_venues], ex_rows, ex_venues, np.arange(len(ex_rows))),
        (state.OPEN, rows.opens[row, venue], row, venue, None),
        (state.CLOSE, rows.closes[row, venue], row, venue, None),
        (state.DECIDE, decisions, row_begun, None, np.arange(n_decisions)),
        (state.MARK, rows.marks, every, None, n_decisions + every if watches else None),
    )
    kind = np.concatenate([np.full(len(p[1]), p[0]) for p in pieces])
    stamp = np.concatenate([p[1] for p in pieces])
    row_of = np.concatenate([p[2] for p in pieces])
    venue_of = np.concatenate([np.full(len(p[1]), NONE) if p[3] is None else p[3] for p in pieces])
    decision_of = np.concatenate([np.full(len(p[1]), NONE) if p[4] is None else p[4] for p in pieces])
    # The pieces stand in order of kind, and within one in order of venue: a stable sort keeps that at equal stamps.
    order = np.argsort(stamp, kind="stable")
    kind, stamp, row_of, venue_of, decision_of = (a[order] for a in (kind, stamp, row_of, venue_of, decision_of))

    due, start = _due(rows, kind, stamp, row_of, venue_of, fills_at_open=fills_at_open)
    deciding = np.concatenate([decisions, rows.marks]) if watches else decisions
    legs = [_legs(rows, deciding, v) for v in range(n_venues)]
    first_day, second_day, last_day, surprise_day = (
        np.ascontiguousarray(np.stack([leg[i] for leg in legs], axis=1)) for i in range(4)
    )
    return Timeline(
        kind=kind,
        stamp=stamp,
        venue=venue_of,
        row=row_of,
        decision=decision_of,
        due=due,
        start=start,
        day=rows.dates.astype(np.int64),
        first_day=first_day,
        second_day=second_day,
        last_day=last_day,
        surprise_day=surprise_day,
    )


def _due(
    rows: Rows,
    kind: NDArray[np.int64],
    stamp: NDArray[np.int64],
    row: NDArray[np.int64],
    venue: NDArray[np.int64],
    *,
    fills_at_open: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Say at each event which orders of each venue can still fill on its date, and when its session starts."""
    n_events, n_venues = len(kind), rows.opens.shape[1]
    event = np.arange(n_events)
    position = {}
    for code in (state.OPEN, state.CLOSE):
        place = np.full(rows.opens.shape, NONE)
        chosen = np.flatnonzero(kind == code)
        place[row[chosen], venue[chosen]] = chosen
        position[code] = place
    due = np.zeros((n_events, n_venues), dtype=np.int64)
    start = rows.opens[row]
    for v in range(n_venues):
        held = start[:, v] != NONE
        to_close = held & (event <= position[state.CLOSE][row, v])
        if fills_at_open:
            to_open = held & (event <= position[state.OPEN][row, v])
            due[:, v] = np.where(to_open, state.DUE_ALL, np.where(to_close, state.DUE_LATE, state.DUE_NONE))
        else:
            due[:, v] = np.where(to_close, state.DUE_ALL, state.DUE_NONE)
        # A session that nobody yet knew to be cancelled counts as held.
        believed = (rows.cancelled_opens[row, v] != NONE) & (rows.announced[row, v] > stamp)
        due[believed, v] = state.DUE_ALL
        start[believed, v] = rows.cancelled_opens[row[believed], v]
    return due, np.ascontiguousarray(start)


def _legs(
    rows: Rows, decisions: NDArray[np.int64], v: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give each decision the days of a venue's next two sessions, its last, and its next surprise closure."""
    held = rows.opens[:, v] != NONE
    opens, days = rows.opens[held, v], rows.dates[held].astype(np.int64)
    n_begun = np.searchsorted(opens, decisions, side="right")
    ahead = np.concatenate([days, [FAR, FAR]])
    behind = np.concatenate([[NONE], days])
    surprise = np.full(len(decisions), NONE)
    for row in np.flatnonzero(rows.cancelled_opens[:, v] != NONE)[::-1]:
        unknown = (rows.announced[row, v] > decisions) & (rows.cancelled_opens[row, v] > decisions)
        surprise[unknown] = rows.dates[row].astype(np.int64)
    return ahead[n_begun], ahead[n_begun + 1], behind[n_begun], surprise
