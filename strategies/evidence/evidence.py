"""The evidence on a date: a board read at the close of the decision venue, from what was known by then."""

import re
from dataclasses import dataclass

import numpy as np

from data.errors import DataError
from data.market import MarketData
from data.stamps import as_day
from strategies.errors import StrategyError
from strategies.evidence.board import Board, Entry
from strategies.evidence.claims import Claim
from strategies.evidence.observation import HISTORY_SESSIONS, NO_DATA, Observation, observe, unread
from strategies.evidence.sectors import SectorEvidence, sector_evidence
from strategies.schedule import DEFAULT_VENUE
from strategies.signals.composing import check_signals
from strategies.signals.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What a board says on a date.

    Attributes
    ----------
    market : str
        Name of the market.
    synthetic : bool
        True for made-up prices: said wherever a figure is shown.
    board : Board
    venue : str
        Decision venue.
    asked, session : datetime64[D]
        The date that was asked for, and the session at whose close the board was read: the same, or the last session
        before it.
    stamp : int
        That close, UTC nanoseconds: nothing known later was read.
    observations : tuple of Observation
        In the order of the board.
    sectors : SectorEvidence or None
        Flows by sector, where the board has them.
    """

    market: str
    synthetic: bool
    board: Board
    venue: str
    asked: np.datetime64
    session: np.datetime64
    stamp: int
    observations: tuple[Observation, ...]
    sectors: SectorEvidence | None = None

    @property
    def without_indicator(self) -> tuple[Claim, ...]:
        """Claims of the story that nothing on the board tests."""
        return self.board.without_indicator

    def of(self, state: str) -> tuple[Observation, ...]:
        """Give the observations of a state, in the order of the board.

        Parameters
        ----------
        state : {"fired", "not fired", "no score", "no data"}

        Returns
        -------
        tuple of Observation
        """
        return tuple(one for one in self.observations if one.state == state)


def evidence(market: MarketData, date: object, board: Board) -> Evidence:
    """Read a board on a date.

    Parameters
    ----------
    market : MarketData
    date : date-like
        On a date without a session in New York, the session before counts.
    board : Board

    Returns
    -------
    Evidence
        An indicator that cannot be read says "no data" and why, and the others go on.

    Raises
    ------
    DataError
        If it is no date, or one on which the market has no session.

    Examples
    --------
    >>> from data.load import load
    >>> from strategies.evidence.board import own_board
    >>> found = evidence(load("demo"), "2024-09-15", own_board())
    >>> discount = next(one for one in found.observations if one.entry.name == "china-discount")
    >>> str(found.session), discount.state, str(discount.since), round(discount.percentile, 3)
    ('2024-09-13', 'fired', '2024-08-23', 0.617)
    """
    asked = as_day(date, "date")
    session, first = _session(market, asked)
    calendar = market.calendars[DEFAULT_VENUE]
    stamp = int(calendar.closes[np.searchsorted(calendar.dates, session)])
    # From the first session that is shown on: what was known by then decides what a signal is read from, as in a run.
    known = market.until(stamp).restricted(start=first, end=session)
    return Evidence(
        market=market.name,
        synthetic=market.synthetic,
        board=board,
        venue=DEFAULT_VENUE,
        asked=asked,
        session=session,
        stamp=stamp,
        observations=tuple(_observed(known, entry, board) for entry in board.entries),
        sectors=None if board.sectors is None else sector_evidence(known, board.sectors, DEFAULT_VENUE),
    )


def _session(market: MarketData, asked: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    """Find the session that a date stands for, and the first one of the history that is shown."""
    if not len(market.dates):
        raise DataError(f"Market {market.name!r} has no prices.")
    span = f"Market {market.name!r} goes from {market.start} to {market.last_day}"
    if asked > market.end:
        raise DataError(f"{span}: nothing of {asked} is known yet. Ask for a date by {market.last_day}.")
    dates = market.calendars[DEFAULT_VENUE].dates
    held = dates[(dates >= market.start) & (dates <= asked)]
    if not len(held):
        raise DataError(f"{span}: it has no session in New York by {asked}. Ask for a later date.")
    return held[-1], held[-HISTORY_SESSIONS:][0]


def _observed(market: MarketData, entry: Entry, board: Board) -> Observation:
    scene = Scene(
        market=market,
        venue=DEFAULT_VENUE,
        source=entry.source,
        destination=entry.destination,
        signals=board.indicators,
    )
    signal = entry.indicator.signal
    try:
        check_signals(signal, scene.signals, market)
        reading = scene.read(entry.name)
    except (StrategyError, DataError) as error:
        return unread(entry, _reason(error, market))
    return observe(entry, reading, scene.dates)


def _reason(error: Exception, market: MarketData) -> str:
    """Say what was refused: as known by then, without the words of a thesis, and without the market's name."""
    said = str(error).removeprefix("signal.filers: ").replace("signal.", "")
    for begin in ("Market", "market"):
        said = said.replace(f"{begin} {market.name!r}", "the market")
    for what in ("has no", "goes from"):
        said = said.replace(f"the market {what}", f"by then the market {what}")
    return re.sub(r" Add (them, or drop the name|[a-z0-9_]+\.csv .*, or take another kind)\.", "", said)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """One indicator on two dates.

    Attributes
    ----------
    before, after : Observation
        On the earlier date and on the later one.
    """

    before: Observation
    after: Observation

    @property
    def has_turned(self) -> bool:
        """Whether its state is another: fired, released, or a score or data that came or went."""
        return self.before.state != self.after.state

    @property
    def has_no_data(self) -> bool:
        """Whether neither date has any."""
        return self.before.state == self.after.state == NO_DATA


def changes(before: Evidence, after: Evidence) -> tuple[Change, ...]:
    """Set two dates side by side.

    Parameters
    ----------
    before, after : Evidence
        Of one market and one board.

    Returns
    -------
    tuple of Change
        What turned first, then what did not, then what has no data on either date; each in the order of the board.

    Raises
    ------
    StrategyError
        If both are of one session, the later one is given first, or market or board differ.
    """
    if before.market != after.market or before.board != after.board:
        raise StrategyError("Two dates are set side by side on one market and one board.")
    if before.session == after.session:
        raise StrategyError(
            f"{before.asked} and {after.asked} stand for one session, {after.session}: give two that differ."
        )
    if before.session > after.session:
        raise StrategyError(f"{before.session} is after {after.session}: give the earlier evidence first.")
    pairs = [Change(before=a, after=b) for a, b in zip(before.observations, after.observations, strict=True)]
    return tuple(sorted(pairs, key=lambda one: (not one.has_turned, one.has_no_data)))
