"""Instruments: what a symbol is, who issued it, since when it lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
import pandas as pd


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
        Board lot in shares; None where unknown.
    listed, delisted : datetime64[D] or None
        First and last day of listing; None where unknown: then it lists on its first price date.
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
    listed: np.datetime64 | None = None
    delisted: np.datetime64 | None = None
    tags: frozenset[str] = frozenset()


def _day(text: object) -> np.datetime64 | None:
    if text is None or text == "" or (isinstance(text, float) and np.isnan(text)) or text is pd.NaT:
        return None
    return np.datetime64(pd.Timestamp(str(text)), "D")


def from_table(table: pd.DataFrame) -> dict[str, Instrument]:
    """Read instruments from a table of text columns.

    Parameters
    ----------
    table : DataFrame
        Columns symbol, venue, currency; optional name, issuer, sector, lot, listed, delisted, tags.
        Empty text means unknown.

    Returns
    -------
    dict of str to Instrument
    """
    found = {}
    for row in table.fillna("").astype(str).to_dict("records"):
        symbol = row["symbol"]
        lot = row.get("lot", "")
        found[symbol] = Instrument(
            symbol=symbol,
            name=row.get("name") or symbol,
            venue=row["venue"],
            currency=row["currency"],
            issuer=row.get("issuer") or symbol,
            sector=row.get("sector") or "unclassified",
            lot=int(float(lot)) if lot else None,
            listed=_day(row.get("listed", "")),
            delisted=_day(row.get("delisted", "")),
            tags=frozenset(tag for tag in row.get("tags", "").split(";") if tag),
        )
    return found


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
    path = resources.files("data") / "datasets" / "instruments.csv"
    with path.open(encoding="utf-8") as file:
        return MappingProxyType(from_table(pd.read_csv(file, dtype=str, keep_default_na=False)))
