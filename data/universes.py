"""Universes: named sets of instruments, some of them by date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
import pandas as pd

from data.errors import DataError
from data.instruments import Instrument, known_instruments

# Universes made of instrument tags: names that belong whatever the date.
TAGGED = MappingProxyType(
    {
        "big-seven": ("big-seven",),
        "msci-china": ("msci-china",),
        "china-adr": ("adr", "us-common"),
    }
)


UNKNOWN = "UNKNOWN"  # stands in the table for the one launch member of Hang Seng TECH that is not known
SOME_DAY = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of membership.

    Attributes
    ----------
    symbol : str
    added, removed : datetime64[D] or None
        First day in, first day out; None: always in, still in.
    """

    symbol: str
    added: np.datetime64 | None = None
    removed: np.datetime64 | None = None

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


Memberships = Mapping[str, tuple[Spell, ...]]


def known_by(memberships: Memberships, day: np.datetime64) -> dict[str, tuple[Spell, ...]]:
    """Forget the dates of changes that apply only after a day.

    Parameters
    ----------
    memberships : mapping of str to tuple of Spell
    day : datetime64[D]

    Returns
    -------
    dict of str to tuple of Spell
        The same names; a spell still to come begins `SOME_DAY`, an end still to come is open.
    """

    def known(one: Spell) -> Spell:
        if one.added is not None and one.added > day:
            return Spell(one.symbol, SOME_DAY)
        return Spell(one.symbol, one.added) if one.removed is not None and one.removed > day else one

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
    A change is announced about two weeks before it takes effect; the effective date is used, so that
    nothing is known early. One launch member is not known; it stands as UNKNOWN.
    """
    path = resources.files("data") / "datasets" / "hstech_membership.csv"
    with path.open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    spells = tuple(
        Spell(symbol, np.datetime64(added, "D"), np.datetime64(removed, "D") if removed else None)
        for symbol, added, removed in table[["symbol", "added", "removed"]].to_numpy().tolist()
    )
    tagged = tagged_memberships(known_instruments().values(), TAGGED)
    return MappingProxyType({**tagged, "hang-seng-tech": spells})


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
