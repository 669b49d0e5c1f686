"""Who could be held of a universe, day by day: entries and exits with their reasons, and when there were too few."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.market import MarketData
from data.universes import UNKNOWN, Spell, spells_of
from strategies.defaults import SEASONING_SESSIONS
from strategies.membership import Membership, membership, undated
from strategies.schedule import DEFAULT_VENUE

CHANGES = ["date", "symbol", "change", "why"]
UNPRICED = ["symbol", "added", "removed"]
# A day of effect and the day of its announcement, where they are known.
_Announced = tuple[np.datetime64 | None, np.datetime64 | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days in a row on which a basket held fewer names than it needs.

    Attributes
    ----------
    first, last : datetime64[D]
    fewest, most : int
        Names that could be held.
    """

    first: np.datetime64
    last: np.datetime64
    fewest: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BasketHistory:
    """What could be held of a universe at each close of New York.

    Attributes
    ----------
    universe : str
    dates : ndarray of shape (n_sessions,), datetime64[D]
    n_eligible : ndarray of shape (n_sessions,), int
        Names that could be held.
    changes : DataFrame
        Columns date, symbol, change ("there at the start", "entered", "left"), why.
    unpriced : DataFrame
        Members of those dates without prices: symbol, added, removed (NaT: always, or still).
    undated : tuple of str
        Universes known as of today only: their past is flattered by hindsight.
    """

    universe: str
    dates: NDArray[np.datetime64]
    n_eligible: NDArray[np.intp]
    changes: pd.DataFrame
    unpriced: pd.DataFrame
    undated: tuple[str, ...]

    def thin(self, min_members: int) -> list[Stretch]:
        """List the stretches with too few names: there the basket's share stays in cash.

        Parameters
        ----------
        min_members : int

        Returns
        -------
        list of Stretch
        """
        return [
            Stretch(
                first=self.dates[begin],
                last=self.dates[end],
                fewest=int(self.n_eligible[begin : end + 1].min()),
                most=int(self.n_eligible[begin : end + 1].max()),
            )
            for begin, end in runs(self.n_eligible < min_members)
        ]


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Find where True stands in a row.

    Parameters
    ----------
    flags : ndarray of shape (n,), bool

    Returns
    -------
    list of (int, int)
        First and last position of each run.

    Examples
    --------
    >>> runs(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return [(int(a), int(b) - 1) for a, b in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)]


def basket_history(market: MarketData, universe: str, seasoning: int = SEASONING_SESSIONS) -> BasketHistory:
    """Follow the names of a universe that a thesis could hold.

    Parameters
    ----------
    market : MarketData
        From its `start` to its last day.
    universe : str
        Sum of universes and symbols; one basket.
    seasoning : int
        Sessions a name must have been listed.

    Returns
    -------
    BasketHistory

    Raises
    ------
    DataError
        If the universe is unknown.
    """
    calendar = market.calendars[DEFAULT_VENUE]
    inside = (calendar.dates >= market.start) & (calendar.dates <= market.last_day)
    stamps, dates = calendar.closes[inside], calendar.dates[inside]
    members = membership(market, universe, stamps, dates, seasoning)
    spells = spells_of(universe, market.memberships, market.symbols)
    return BasketHistory(
        universe=universe,
        dates=dates,
        n_eligible=members.eligible.sum(axis=1),
        changes=_changes(market, members, spells, dates, seasoning),
        unpriced=_unpriced(market, spells, dates),
        undated=tuple(undated(market, universe)),
    )


def _changes(
    market: MarketData, members: Membership, spells: list[Spell], dates: NDArray[np.datetime64], seasoning: int
) -> pd.DataFrame:
    why = _Reasons(market=market, members=members, spells=spells, dates=dates, seasoning=seasoning)
    rows = list[tuple[np.datetime64, str, str, str]]()
    eligible = members.eligible
    if len(eligible):
        rows += [(dates[0], members.symbols[i], "there at the start", "") for i in np.flatnonzero(eligible[0])]
    for row, column in zip(*(places.tolist() for places in np.nonzero(eligible[1:] != eligible[:-1])), strict=True):
        now, symbol = row + 1, members.symbols[column]
        if eligible[now, column]:
            rows.append((dates[now], symbol, "entered", why.entered(now, column)))
        else:
            rows.append((dates[now], symbol, "left", why.left(now, column)))
    frame = pd.DataFrame(rows, columns=CHANGES)
    return frame.assign(date=pd.to_datetime(frame["date"]).astype("datetime64[s]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reasons:
    """Why a name came or went: what was not so in one row of the membership and is in the next."""

    market: MarketData
    members: Membership
    spells: list[Spell]
    dates: NDArray[np.datetime64]
    seasoning: int

    def entered(self, now: int, column: int) -> str:
        """Say why a name may be held from a row on."""
        if not self.members.belongs[now - 1, column]:
            days = [(one.added, one.added_announced) for one in self._own(column)]
            return _said("added", self._last(days, now))
        if not self.members.seasoned[now - 1, column]:
            return f"listed for {self.seasoning} sessions"
        if not self.members.priced[now - 1, column]:
            return "has a price again"
        return f"its issuer's line {self._line(now - 1, column)} cannot be held any more"

    def left(self, now: int, column: int) -> str:
        """Say why a name may not be held from a row on."""
        if not self.members.belongs[now, column]:
            days = [(one.removed, one.removed_announced) for one in self._own(column)]
            return _said("removed", self._last(days, now))
        if not self.members.priced[now, column]:
            return "no price in the last session of its venue: suspended, delisted or missing"
        return f"its issuer's line {self._line(now, column)} is preferred"

    def _own(self, column: int) -> list[Spell]:
        return [one for one in self.spells if one.symbol == self.members.symbols[column]]

    def _last(self, days: list[_Announced], now: int) -> tuple[np.datetime64, np.datetime64 | None] | None:
        """Give the latest change that applies in a row, with its announcement; None where none has a day."""
        past = [(day, announced) for day, announced in days if day is not None and day <= self.dates[now]]
        return max(past, key=lambda change: change[0], default=None)

    def _line(self, row: int, column: int) -> str:
        """Name the line of the same issuer that could be held."""
        issuer = self.market.instruments[self.members.symbols[column]].issuer
        held = [self.members.symbols[i] for i in np.flatnonzero(self.members.eligible[row])]
        return next((symbol for symbol in held if self.market.instruments[symbol].issuer == issuer), "?")


def _said(verb: str, change: tuple[np.datetime64, np.datetime64 | None] | None) -> str:
    if change is None:
        return verb
    day, announced = change
    return f"{verb} on {day}, {'no announcement known' if announced is None else f'announced {announced}'}"


def _unpriced(market: MarketData, spells: list[Spell], dates: NDArray[np.datetime64]) -> pd.DataFrame:
    """List the members of the dates that have no prices."""
    have = set(market.symbols)
    rows = [
        ("one not known by name" if one.symbol == UNKNOWN else one.symbol, one.added, one.removed)
        for one in spells
        if one.symbol not in have
        and len(dates)
        and (one.added is None or one.added <= dates[-1])
        and (one.removed is None or one.removed > dates[0])
    ]
    frame = pd.DataFrame(rows, columns=UNPRICED).sort_values("symbol", kind="stable", ignore_index=True)
    return frame.assign(**{c: pd.to_datetime(frame[c]).astype("datetime64[s]") for c in ("added", "removed")})
