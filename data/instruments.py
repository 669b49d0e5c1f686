"""Instruments: what a symbol is, who issued it, since when it lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd

from data.dates import read_day
from data.errors import DataError
from data.facts import read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One listing.

    Attributes
    ----------
    symbol, name : str
    venue, currency : str
        Where and in what it trades.
    issuer : str
        Key shared by all listings of one company.
    sector : str
        GICS sector, or "unclassified".
    lot : int or None
        Board lot in shares, on 2025-02-14 where it is a fact that comes with Eastbound; None where unknown.
    is_lot_given : bool
        True where the user's table gave the lot: it then holds on every date.
    listed, delisted : datetime64[D] or None
        First and last day of listing; None where unknown: then it lists on its first price date.
    terminal_price : float or None
        What a holder gets for a share after the last day, local currency; None: its last price.
    tags : frozenset of str
        Universes that name it without dates.
    """

    symbol: str
    name: str
    venue: str
    currency: str
    issuer: str
    sector: str = "unclassified"
    lot: int | None = None
    is_lot_given: bool = False
    listed: np.datetime64 | None = None
    delisted: np.datetime64 | None = None
    terminal_price: float | None = None
    tags: frozenset[str] = frozenset()

    @property
    def listing(self) -> str:
        """What kind of company it is to a tax office, from its tags: "adr", "mainland", "other", or "" if not said."""
        return next((kind for kind in ("adr", "mainland", "other") if kind in self.tags), "")

    def known_by(self, day: np.datetime64) -> "Instrument":
        """Give the facts as they stood on a day.

        Parameters
        ----------
        day : datetime64[D]

        Returns
        -------
        Instrument
            A delisting still to come is not known.
        """
        is_to_come = self.delisted is not None and self.delisted > day
        return replace(self, delisted=None, terminal_price=None) if is_to_come else self


def with_facts(base: Instrument, facts: Mapping[str, object]) -> Instrument:
    """Give an instrument the facts of one row; what the row does not say stays.

    Parameters
    ----------
    base : Instrument
    facts : mapping of str to object
        Any of name, issuer, sector, lot, listed, delisted, terminal_price, tags (joined by ";"); None, NaN and empty
        text say nothing.

    Returns
    -------
    Instrument

    Raises
    ------
    DataError
        Naming the symbol and the fact that cannot be read.
    """
    said = {key: value for key, value in facts.items() if says(facts, key)}
    changes: dict[str, object] = {key: str(said[key]).strip() for key in ("name", "issuer", "sector") if key in said}
    for key, read in READERS.items():
        if key in said:
            try:
                changes[key] = read(said[key])
            except ValueError as error:
                raise DataError(f"{key} {str(said[key])!r} of {base.symbol} {error}.", check="D601") from error
    if "lot" in said:
        changes["is_lot_given"] = True
    if "tags" in said:
        changes["tags"] = frozenset(tag.strip() for tag in str(said["tags"]).split(";") if tag.strip())
    found = replace(base, **changes)  # type: ignore[arg-type]
    if found.listed is not None and found.delisted is not None and found.delisted < found.listed:
        raise DataError(
            f"{base.symbol} is delisted on {found.delisted}, before it lists on {found.listed}.", check="D601"
        )
    if found.terminal_price is not None and found.delisted is None:
        raise DataError(f"{base.symbol} has a terminal_price, but no day in 'delisted'. Add it.", check="D601")
    return found


def says(facts: Mapping[str, object], key: str) -> bool:
    """Tell whether a row says something of a fact.

    Parameters
    ----------
    facts : mapping of str to object
    key : str

    Returns
    -------
    bool
        False for None, NaN and empty text.
    """
    value = facts.get(key)
    return not (bool(pd.isna(value)) or (isinstance(value, str) and not value.strip()))  # type: ignore[call-overload]


def _lot(value: object) -> int:
    try:
        shares = float(str(value))
    except ValueError:
        shares = 0.0
    if not 1 <= shares < 1e9 or shares != int(shares):
        raise ValueError("is no board lot; give a whole number of shares")
    return int(shares)


def _price(value: object) -> float:
    try:
        price = float(str(value))
    except ValueError:
        price = -1.0
    if not 0 <= price < np.inf:
        raise ValueError("is no price; give zero or more, or leave it empty for the last price")
    return price


READERS: Mapping[str, Callable[[object], object]] = {
    "lot": _lot,
    "listed": read_day,
    "delisted": read_day,
    "terminal_price": _price,
}


def plain_instrument(symbol: str, venue: str, currency: str) -> Instrument:
    """Describe a symbol of which nothing is known.

    Parameters
    ----------
    symbol, venue, currency : str

    Returns
    -------
    Instrument
        Its own issuer; lot 1 in New York, unknown elsewhere.
    """
    lot = 1 if venue == "XNYS" else None
    return Instrument(symbol=symbol, name=symbol, venue=venue, currency=currency, issuer=symbol, lot=lot)


@cache
def known_instruments() -> Mapping[str, Instrument]:
    """Give the instruments that come with Eastbound.

    Returns
    -------
    mapping of str to Instrument
        See `datasets/SOURCES.md` for where each fact comes from and how sure it is.

    Examples
    --------
    >>> facts = known_instruments()
    >>> facts["BABA"].issuer == facts["9988.HK"].issuer
    True
    """
    rows = read_facts("instruments.csv").to_dict("records")
    found = {}
    for row in rows:
        base = plain_instrument(row["symbol"], row["venue"], row["currency"])
        fact = with_facts(base, {str(key): value for key, value in row.items()})
        found[base.symbol] = replace(fact, is_lot_given=False)
    return MappingProxyType(found)
