"""Universes: named sets of instruments, some of them by date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.facts import read_facts
from data.instruments import Instrument, known_instruments

# Universes made of instrument tags: names that belong whatever the date.
TAGGED = MappingProxyType(
    {
        "big-seven": ("big-seven",),
        "msci-china": ("msci-china",),
        "china-adr": ("adr", "us-common"),
    }
)

Days = NDArray[np.datetime64]
UNKNOWN = "UNKNOWN"  # stands in the table for the one launch member of Hang Seng TECH that is not known
SOME_DAY = np.datetime64("9999-12-31", "D")
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of membership.

    Attributes
    ----------
    symbol : str
    added, removed : datetime64[D] or None
        First day in, first day out; None: always in, still in.
    added_announced, removed_announced : datetime64[D] or None
        Hong Kong dates on which the changes were announced; None: not known.
    added_status, removed_status : str
        How sure the changes are; empty where nobody says.
    """

    symbol: str
    added: np.datetime64 | None = None
    removed: np.datetime64 | None = None
    added_announced: np.datetime64 | None = None
    removed_announced: np.datetime64 | None = None
    added_status: str = ""
    removed_status: str = ""

    @property
    def added_known(self) -> np.datetime64 | None:
        """Hong Kong date from which the beginning is known; None: always.

        The day after the announcement, which may come after the day of effect; that day itself without one.
        """
        return self.added if self.added is None or self.added_announced is None else self.added_announced + ONE_DAY

    @property
    def removed_known(self) -> np.datetime64 | None:
        """Hong Kong date from which the end is known, likewise; None: there is none."""
        return (
            self.removed if self.removed is None or self.removed_announced is None else self.removed_announced + ONE_DAY
        )

    def holds(self, day: np.datetime64) -> bool:
        """Say whether a day lies in the spell.

        Parameters
        ----------
        day : datetime64[D]

        Returns
        -------
        bool
        """
        return bool((self.added is None or self.added <= day) and (self.removed is None or day < self.removed))

    def holds_as_known(self, days: Days, today: Days) -> NDArray[np.bool_]:
        """Say whether days lie in the spell, from what was known of it.

        Parameters
        ----------
        days : ndarray of shape (n,), datetime64[D]
            Dates asked about.
        today : ndarray of shape (n,), datetime64[D]
            Hong Kong dates on which it is asked.

        Returns
        -------
        ndarray of shape (n,), bool
            Changes apply from their day of effect, but not before they are known.
        """
        inside = np.ones(len(days), dtype=bool)
        if self.added is not None and self.added_known is not None:
            inside &= (days >= self.added) & (today >= self.added_known)
        if self.removed is not None and self.removed_known is not None:
            inside &= (days < self.removed) | (today < self.removed_known)
        return inside


Memberships = Mapping[str, tuple[Spell, ...]]


def known_by(memberships: Memberships, day: np.datetime64) -> dict[str, tuple[Spell, ...]]:
    """Forget changes that are not known yet on a day.

    Parameters
    ----------
    memberships : mapping of str to tuple of Spell
    day : datetime64[D]
        Hong Kong date.

    Returns
    -------
    dict of str to tuple of Spell
        The same names. A beginning not known yet is `SOME_DAY`, an end not known yet is open. A change that is
        announced keeps its day, also while that is still to come.
    """

    def known(one: Spell) -> Spell:
        begins, ends = one.added_known, one.removed_known
        if begins is not None and begins > day:
            return Spell(one.symbol, SOME_DAY)
        if ends is not None and ends > day:
            return replace(one, removed=None, removed_announced=None, removed_status="")
        return one

    return {name: tuple(known(one) for one in spells) for name, spells in memberships.items()}


def tagged_memberships(
    instruments: Iterable[Instrument], names: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Spell, ...]]:
    """Collect universes from instrument tags.

    Parameters
    ----------
    instruments : iterable of Instrument
    names : mapping of str to tuple of str
        Universe to the tags that make it.

    Returns
    -------
    dict of str to tuple of Spell
    """
    ordered = sorted(instruments, key=lambda one: one.symbol)
    return {name: tuple(Spell(one.symbol) for one in ordered if one.tags & set(tags)) for name, tags in names.items()}


@cache
def known_memberships() -> Memberships:
    """Give the universes that come with Eastbound.

    Returns
    -------
    mapping of str to tuple of Spell
        `hang-seng-tech` by date of effect from published index reviews, the others by tag.

    Notes
    -----
    The day of effect decides who belongs; a change is known from the day after its announcement, about two
    weeks before. One launch member is not known; it stands as UNKNOWN.
    """
    rows = read_facts("hstech_membership.csv").to_dict("records")
    spells = tuple(
        Spell(
            row["symbol"],
            added=_day(row["added"]),
            removed=_day(row["removed"]),
            added_announced=_day(row["added_announced"]),
            removed_announced=_day(row["removed_announced"]),
            added_status=row["added_status"],
            removed_status=row["removed_status"],
        )
        for row in rows
    )
    tagged = tagged_memberships(known_instruments().values(), TAGGED)
    return MappingProxyType({**tagged, "hang-seng-tech": spells})


def _day(text: str) -> np.datetime64 | None:
    return np.datetime64(text, "D") if text else None


def spells_of(expression: str | Sequence[str], memberships: Memberships, symbols: Iterable[str]) -> list[Spell]:
    """Resolve a sum of universes and symbols.

    Parameters
    ----------
    expression : str or sequence of str
        Names joined by "+", such as "big-seven+hang-seng-tech" or "AAPL+0700.HK"; or a list of them.
    memberships : mapping of str to tuple of Spell
    symbols : iterable of str
        Symbols that may be named one by one.

    Returns
    -------
    list of Spell
        In the order named, universes in their own order.

    Raises
    ------
    DataError
        If a part is neither a universe nor a symbol of the market, or nothing is named.
    """
    parts = expression.split("+") if isinstance(expression, str) else [p for e in expression for p in e.split("+")]
    known = set(symbols)
    spells: list[Spell] = []
    if not parts:
        raise DataError(f"No universe is named. Universes: {', '.join(sorted(memberships))}.")
    for part in (part.strip() for part in parts):
        if part in memberships:
            spells += memberships[part]
        elif part in known:
            spells.append(Spell(part))
        else:
            raise DataError(
                f"{part!r} is neither a universe nor a symbol with prices. "
                f"Universes: {', '.join(sorted(memberships))}. Join several by '+'."
            )
    return spells


def preferred_lines(symbols: Iterable[str], instruments: Mapping[str, Instrument], venues: Sequence[str]) -> list[str]:
    """Keep one listing per issuer.

    Parameters
    ----------
    symbols : iterable of str
        Listings to choose from.
    instruments : mapping of str to Instrument
    venues : sequence of str
        Venues in order of preference; others come last. Ties go to the first symbol by name.

    Returns
    -------
    list of str
        Sorted by symbol.

    Raises
    ------
    DataError
        If a symbol is no instrument.
    """
    rank = {code: position for position, code in enumerate(venues)}
    best: dict[str, str] = {}
    for symbol in sorted(set(symbols)):
        if symbol not in instruments:
            raise DataError(f"{symbol!r} is no instrument of this market.")
        one = instruments[symbol]
        held = best.get(one.issuer)
        if held is None or rank.get(one.venue, len(rank)) < rank.get(instruments[held].venue, len(rank)):
            best[one.issuer] = symbol
    return sorted(best.values())
