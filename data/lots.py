"""Board lots by date: what was seen in the exchange's lists of securities, and what is assumed where nothing was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.facts import read_facts
from data.instruments import Instrument
from data.wording import some_of

MAINLAND, MAINLAND_LOT = ("XSHG", "XSHE"), 100
NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSpell:
    """A lot and the day from which it counts.

    Attributes
    ----------
    shares : int
    since : datetime64[D]
        The first list that shows it; for a change, the day it took effect.
    old_seen, seen : datetime64[D] or None
        Lists between which the change happened, where its day is assumed.
    """

    shares: int
    since: np.datetime64
    old_seen: np.datetime64 | None
    seen: np.datetime64 | None


@cache
def known_lots() -> Mapping[str, tuple[LotSpell, ...]]:
    """Give the lots that come with Eastbound.

    Returns
    -------
    mapping of str to tuple of LotSpell
        By symbol, in order of time; see `datasets/SOURCES.md`.

    Examples
    --------
    >>> [(str(one.since), one.shares) for one in known_lots()["2020.HK"]]
    [('2019-12-06', 1000), ('2021-10-04', 200)]
    """
    rows = read_facts("board_lots.csv").to_dict("records")
    found: dict[str, list[LotSpell]] = {}
    for row in rows:
        is_assumed = row["status"] == "assumed"
        spell = LotSpell(
            shares=int(row["lot"]),
            since=np.datetime64(row["from"], "D"),
            old_seen=np.datetime64(row["old_seen"], "D") if is_assumed else None,
            seen=np.datetime64(row["seen"], "D") if is_assumed else None,
        )
        found.setdefault(row["symbol"], []).append(spell)
    ordered = {symbol: tuple(sorted(spells, key=lambda one: one.since)) for symbol, spells in found.items()}
    return MappingProxyType(ordered)


def lots_on(
    instruments: Sequence[Instrument], dates: NDArray[np.datetime64]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Give the lot in force of each name on each date.

    Parameters
    ----------
    instruments : sequence of Instrument, length n_names
    dates : ndarray of shape (n_dates,), datetime64[D]

    Returns
    -------
    lots : ndarray of shape (n_dates, n_names)
        Shares; NaN where unknown. What the user's table says holds on every date; else the dated list; else 100 on
        the mainland, 1 in New York.
    assumptions : tuple of str
        What was taken without having been seen, for a report.
    """
    lots = np.full((len(dates), len(instruments)), np.nan)
    early, days, mainland, undated = list[str](), list[str](), False, list[str]()
    for column, one in enumerate(instruments):
        spells = () if one.is_lot_given or one.venue != "XHKG" else known_lots().get(one.symbol, ())
        if spells:
            since = np.array([spell.since for spell in spells])
            shares = np.array([float(spell.shares) for spell in spells])
            lots[:, column] = shares[np.maximum(np.searchsorted(since, dates, side="right") - 1, 0)]
            listed = dates if one.listed is None else dates[dates >= one.listed]
            if (listed < since[0]).any():
                early.append(f"{one.symbol} before {since[0]}")
            days += _assumed_days(one.symbol, spells, dates)
            continue
        if one.is_lot_given:
            lots[:, column] = np.nan if one.lot is None else one.lot
        elif one.venue in MAINLAND:
            lots[:, column], mainland = MAINLAND_LOT, True
        elif one.venue == "XNYS":
            lots[:, column] = 1
        elif one.lot is not None:
            lots[:, column] = one.lot
            undated.append(one.symbol)
    told = list[str]()
    if early:
        told.append(f"Board lots before they were first seen count as they were then: {some_of(early, NAMED)}.")
    told += days
    if mainland:
        told.append(f"Mainland lots of {MAINLAND_LOT} shares are recalled, without a source.")
    if undated:
        told.append(f"One lot, that of February 2025, stands for every date: {some_of(undated, NAMED)}.")
    return lots, tuple(told)


def _assumed_days(symbol: str, spells: Iterable[LotSpell], dates: NDArray[np.datetime64]) -> list[str]:
    """Say which days of change are assumed, where it matters on the dates asked for."""
    return [
        f"The day on which the lot of {symbol} became {one.shares} was not found: {one.since} is taken; it lies after "
        f"{one.old_seen} and not after {one.seen}."
        for one in spells
        if one.old_seen is not None and one.seen is not None and ((dates > one.old_seen) & (dates < one.seen)).any()
    ]
