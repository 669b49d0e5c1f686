"""What one indicator says at a close: its value among its own past, whether it has fired, and on what data."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strategies.evidence.board import Entry
from strategies.evidence.used import Used, used
from strategies.signals.composing import fired
from strategies.signals.reading import Reading
from strategies.signals.signal import Signal

PERCENTILE_SESSIONS = 756  # three years, the window of the signals themselves
MIN_READINGS = 20  # a rank among fewer says nothing
HISTORY_SESSIONS = 252

State = Literal["fired", "not fired", "no score", "no data"]
FIRED: State = "fired"
NOT_FIRED: State = "not fired"
NO_SCORE: State = "no score"  # data are there, and its rule says nothing of them
NO_DATA: State = "no data"
NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """What an indicator says at the close of a session.

    Attributes
    ----------
    entry : Entry
        What is on the board.
    state : {"fired", "not fired", "no score", "no data"}
        No score: it has a value, on data that are young enough, and its rule says nothing of it.
    reason : str
        Why there is no data, or no score; empty where it has fired or not.
    since : datetime64[D]
        First session of the present state; NaT where there never was a score.
    has_turned : bool
        Whether it was in another state before; False: `since` is its first score.
    value, score : float
        At the close; NaN where there is none.
    value_label, score_label, origin : str
        As of the reading; empty without one.
    percentile : float
        Share of the readings of the last `PERCENTILE_SESSIONS` sessions that are below the value, itself included and
        equal ones by half (mid-rank); NaN without a value, with fewer than `MIN_READINGS`, or where values of two dates
        cannot be compared. Where a P/E jumped against its price, the readings before are shifted by the jump, as its
        score does.
    n_readings : int
        Readings among those sessions.
    enter, exit : float
        Scores at which it fires and is released.
    dates : ndarray of shape (n,), datetime64[D]
        The last `HISTORY_SESSIONS` sessions, or as many as there are; empty without a reading.
    values, scores, fired : ndarray of shape (n,)
        Of those sessions; NaN where there was none. The last: 1 fired, 0 not.
    inputs : tuple of Used
    notes : tuple of str
    """

    entry: Entry
    state: State
    reason: str = ""
    since: np.datetime64 = NO_DAY
    has_turned: bool = False
    value: float = np.nan
    score: float = np.nan
    value_label: str = ""
    score_label: str = ""
    origin: str = ""
    percentile: float = np.nan
    n_readings: int = 0
    enter: float
    exit: float
    dates: NDArray[np.datetime64]
    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    fired: NDArray[np.float64]
    inputs: tuple[Used, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether it has fired, and its score has been below since: it is not released yet."""
        return self.state == FIRED and self.score < self.enter

    @property
    def beside_source(self) -> float:
        """The destination's P/E, P/B or dividend yield over that of the source, less 1; NaN if none of them."""
        measure = getattr(self.entry.indicator.signal, "measure", "")
        if measure in ("log_pe_ratio", "log_pb_ratio"):
            return math.expm1(-self.value)
        return math.expm1(self.value) if measure == "log_yield_ratio" else math.nan


def unread(entry: Entry, reason: str) -> Observation:
    """Say that an indicator could not be read.

    Parameters
    ----------
    entry : Entry
    reason : str

    Returns
    -------
    Observation
    """
    enter, leave = entry.indicator.fires
    nothing = np.empty(0)
    return Observation(
        entry=entry,
        state=NO_DATA,
        reason=reason,
        enter=enter,
        exit=leave,
        dates=np.empty(0, dtype="datetime64[D]"),
        values=nothing,
        scores=nothing,
        fired=nothing,
    )


def observe(entry: Entry, reading: Reading, dates: NDArray[np.datetime64]) -> Observation:
    """Say what a reading says at its last close.

    Parameters
    ----------
    entry : Entry
    reading : Reading
        Up to the close that is asked about.
    dates : ndarray of shape (n,), datetime64[D]
        Sessions of its stamps.

    Returns
    -------
    Observation
    """
    if not len(dates):
        return unread(entry, "the market has no session yet")
    signal = entry.indicator.signal
    fires = entry.indicator.fires
    states = fired(reading.score, fires)
    percentile, n_readings = _rank(reading, signal)
    inputs = used(reading.inputs, dates[-1], getattr(signal, "max_age_days", None))
    state, reason = (FIRED if states[-1] else NOT_FIRED), ""
    if np.isnan(states[-1]):
        state, reason = _why_none(reading, signal, inputs, dates)
    since, has_turned = _since(states)
    shown = slice(-HISTORY_SESSIONS, None)
    return Observation(
        entry=entry,
        state=state,
        reason=reason,
        since=dates[since] if since is not None else NO_DAY,
        has_turned=has_turned,
        value=float(reading.value[-1]),
        score=float(reading.score[-1]),
        value_label=reading.value_label,
        score_label=reading.score_label,
        origin=reading.origin,
        percentile=percentile,
        n_readings=n_readings,
        enter=fires.enter,
        exit=fires.exit,
        dates=dates[shown],
        values=reading.value[shown],
        scores=reading.score[shown],
        fired=states[shown],
        inputs=inputs,
        notes=reading.notes,
    )


def _rank(reading: Reading, signal: Signal) -> tuple[float, int]:
    """Rank the last value among the readings of its window, if they can be compared, and count them."""
    basis = reading.parts.get("basis")
    values = (reading.value if basis is None else reading.value - basis)[-PERCENTILE_SESSIONS:]
    readings = values[~np.isnan(values)]
    n, last = len(readings), values[-1]
    if not signal.is_ranked or n < MIN_READINGS or np.isnan(last):
        return np.nan, n
    return float(((readings < last).sum() + 0.5 * (readings == last).sum()) / n), n


def _since(states: NDArray[np.float64]) -> tuple[int | None, bool]:
    """Find the first session of the present state, and whether there was another one before.

    Sessions without a score neither end nor begin a state, unless they are the last.
    """
    known = np.flatnonzero(~np.isnan(states))
    if not len(known):
        return None, False
    if np.isnan(states[-1]):
        return int(known[-1]) + 1, True
    others = np.flatnonzero(states[known] != states[-1])
    first = int(others[-1]) + 1 if len(others) else 0
    return int(known[first]), bool(len(others))


def _why_none(
    reading: Reading, signal: Signal, inputs: tuple[Used, ...], dates: NDArray[np.datetime64]
) -> tuple[State, str]:
    """Say whether it is for want of data that there is no score at the last close, and why."""
    missing = [one.name for one in inputs if one.age_days is None]
    if missing:
        return NO_DATA, f"nothing is known yet of {', '.join(missing)}"
    old = [
        f"the last figure of {one.name} is of {one.date}, {one.age_days} days old (limit {one.old_after_days})"
        for one in inputs
        if one.is_old
    ]
    if old:
        return NO_DATA, "; ".join(old)
    if reading.lacking:
        return NO_DATA, f"too little history: {reading.lacking}"
    known = np.flatnonzero(~np.isnan(reading.value))
    if not len(known):
        return NO_DATA, f"too little history: no reading yet in {len(dates)} sessions"
    if known[-1] < len(dates) - 1:
        return NO_DATA, f"no reading at this close; the last one is of {dates[known[-1]]}"
    if signal.window is not None:
        sessions, least = signal.window
        n = int((~np.isnan(reading.value[-sessions:])).sum())
        if n < least:
            return (
                NO_DATA,
                f"too little history: {n} readings in the last {sessions} sessions, where {least} are needed",
            )
    return NO_SCORE, " ".join((f"its rule says nothing here ({reading.score_label}).", *reading.notes)).removesuffix(
        "."
    )
