"""Who belongs to a universe at a decision, and may be held."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.actions import TERMINAL
from data.calendars import hong_kong_dates
from data.market import MarketData
from data.universes import preferred_lines, spells_of

# Of an issuer's listings a basket holds one: Hong Kong first, where the theses trade.
LINE_ORDER = ("XHKG", "XNYS", "XSHG", "XSHE")
FAR = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Who may be held at each of a list of stamps.

    Attributes
    ----------
    symbols : tuple of str, length n_names
        Alphabetical; every name that belongs at some stamp.
    belongs : ndarray of shape (n_stamps, n_names), bool
        Member of the universe on the date, as far as that was known.
    priced : ndarray of shape (n_stamps, n_names), bool
        Has a price in its venue's last session.
    seasoned : ndarray of shape (n_stamps, n_names), bool
        Listed for as many sessions as asked.
    eligible : ndarray of shape (n_stamps, n_names), bool
        All three, and its issuer's line.
    """

    symbols: tuple[str, ...]
    belongs: NDArray[np.bool_]
    priced: NDArray[np.bool_]
    seasoned: NDArray[np.bool_]
    eligible: NDArray[np.bool_]


def membership(
    market: MarketData,
    universe: str | Sequence[str],
    stamps: NDArray[np.int64],
    dates: NDArray[np.datetime64],
    seasoning: int,
    *,
    to_hold: bool = True,
) -> Membership:
    """Resolve a universe at each stamp, from what was known then.

    Parameters
    ----------
    market : MarketData
    universe : str or sequence of str
    stamps : ndarray of shape (n_stamps,), int64
        UTC nanoseconds, ascending.
    dates : ndarray of shape (n_stamps,), datetime64[D]
        Local dates of the stamps, for membership.
    seasoning : int
        Sessions a name must have been listed.
    to_hold : bool
        False: names that may be read but not held count too.

    Returns
    -------
    Membership
        Names without prices are not in it.

    Raises
    ------
    DataError
        If the universe is unknown.
    """
    allowed = set(market.holdable if to_hold else market.symbols)
    spells = [s for s in spells_of(universe, market.memberships, market.symbols) if s.symbol in allowed]
    symbols = tuple(sorted({spell.symbol for spell in spells}))
    place = {symbol: i for i, symbol in enumerate(symbols)}
    belongs = np.zeros((len(stamps), len(symbols)), dtype=bool)
    today = hong_kong_dates(stamps)
    for spell in spells:
        belongs[:, place[spell.symbol]] |= spell.holds_as_known(dates, today)
    priced, seasoned = _priced_and_seasoned(market, symbols, stamps, seasoning)
    eligible = belongs & priced & seasoned
    _one_line_per_issuer(market, symbols, eligible)
    return Membership(symbols=symbols, belongs=belongs, priced=priced, seasoned=seasoned, eligible=eligible)


def kept_out(market: MarketData, universe: str | Sequence[str]) -> list[str]:
    """Name the members with prices that the universe of the run does not let be held.

    Parameters
    ----------
    market : MarketData
    universe : str or sequence of str

    Returns
    -------
    list of str
        In alphabetical order, whatever their dates.

    Raises
    ------
    DataError
        If the universe is unknown.
    """
    members = {one.symbol for one in spells_of(universe, market.memberships, market.symbols)}
    return sorted(members & set(market.symbols) - set(market.holdable))


def first_day(market: MarketData, universe: str | Sequence[str]) -> np.datetime64 | None:
    """Give the first day on which a universe has a member.

    Parameters
    ----------
    market : MarketData
    universe : str or sequence of str

    Returns
    -------
    datetime64[D] or None
        None where a member has no first day: it always belongs.

    Raises
    ------
    DataError
        If the universe is unknown.
    """
    days = [one.added for one in spells_of(universe, market.memberships, market.symbols)]
    return None if None in days else min((day for day in days if day is not None), default=None)


def undated(market: MarketData, universe: str | Sequence[str]) -> list[str]:
    """Name the universes of an expression whose members are known as of today only.

    Parameters
    ----------
    market : MarketData
    universe : str or sequence of str

    Returns
    -------
    list of str
        Empty on a synthetic market, and for symbols named one by one.
    """
    if market.synthetic:
        return []
    parts = [part.strip() for one in ([universe] if isinstance(universe, str) else universe) for part in one.split("+")]
    return [
        part
        for part in parts
        if market.memberships.get(part) and all(s.added is None for s in market.memberships[part])
    ]


def _priced_and_seasoned(
    market: MarketData, symbols: tuple[str, ...], stamps: NDArray[np.int64], seasoning: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    has_price, is_seasoned = (np.zeros((len(stamps), len(symbols)), dtype=bool) for _ in range(2))
    columns = market.columns(symbols)
    priced = ~np.isnan(market.close[:, columns])
    first_row = np.where(priced.any(axis=0), np.argmax(priced, axis=0), len(market.dates))
    first_day = np.append(market.dates, FAR)[first_row]
    for i, symbol in enumerate(symbols):
        one = market.instruments[symbol]
        calendar = market.calendars[one.venue]
        n_sessions = np.searchsorted(calendar.closes, stamps, side="right")
        begun = n_sessions > 0
        last_day = calendar.dates[np.maximum(n_sessions - 1, 0)]
        row = np.searchsorted(market.dates, last_day)
        inside = row < len(market.dates)
        row = np.minimum(row, len(market.dates) - 1)
        has_price[:, i] = begun & inside & (market.dates[row] == last_day) & priced[row, i]
        has_price[:, i] &= stamps < _end_of(market, symbol)
        listed = first_day[i] if one.listed is None else min(one.listed, first_day[i])
        age = n_sessions - np.searchsorted(calendar.dates, listed)
        is_seasoned[:, i] = age >= seasoning
    return has_price, is_seasoned


def _end_of(market: MarketData, symbol: str) -> int:
    """Give the stamp from which a name is known to end: its last day, or the ex date of the action that ends it."""
    actions, delisted = market.actions, market.instruments[symbol].delisted
    days = [day for s, kind, day in zip(actions.symbol, actions.kind, actions.ex_date, strict=True)
            if s == symbol and kind == TERMINAL]  # fmt: skip
    days += [] if delisted is None else [delisted]
    return min((int(day.astype("datetime64[ns]").astype(np.int64)) for day in days), default=np.iinfo(np.int64).max)


def _one_line_per_issuer(market: MarketData, symbols: tuple[str, ...], eligible: NDArray[np.bool_]) -> None:
    """Clear all but the preferred line of an issuer, in place."""
    issuers = [market.instruments[symbol].issuer for symbol in symbols]
    for issuer in {one for one in issuers if issuers.count(one) > 1}:
        lines = [symbol for symbol, one in zip(symbols, issuers, strict=True) if one == issuer]
        columns = np.array([symbols.index(symbol) for symbol in lines])
        for row in np.flatnonzero(eligible[:, columns].sum(axis=1) > 1):
            present = [symbol for symbol, c in zip(lines, columns, strict=True) if eligible[row, c]]
            kept = preferred_lines(present, market.instruments, LINE_ORDER)[0]
            eligible[row, columns] = [symbol == kept for symbol in lines]
