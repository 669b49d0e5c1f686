"""MarketData: what the world was, and from when each piece of it was known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar
from data.errors import DataError
from data.fx import FxRates
from data.instruments import Instrument
from data.rates import InterestRates
from data.universes import Memberships, spells_of

Matrix = NDArray[np.float64]
PRICE_FIELDS = ("open", "high", "low", "close", "volume")
TABLES = ("valuations", "flows", "indices", "rates", "holdings_13f", "positioning")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketData:
    """Prices, rates, calendars and facts; frozen, every array read-only.

    Attributes
    ----------
    name : str
    synthetic : bool
        True for made-up prices: said wherever a figure is shown.
    price_basis : {"raw", "split", "total_return"}
    symbols : tuple of str, length n_symbols
        In canonical (alphabetical) order.
    instruments : mapping of str to Instrument
    dates : ndarray of shape (n_dates,), datetime64[D]
        Local dates on which any name has a row.
    open, high, low, close, volume : ndarray of shape (n_dates, n_symbols)
        Local currency; volume in shares; NaN where there is none. An open is known from its session's
        opening stamp, the rest from the closing stamp.
    fx : FxRates
    rates : InterestRates
    calendars : mapping of str to Calendar
        By venue; the New York calendar is always there, for decisions.
    tables : mapping of str to DataFrame
        Series in long form, each row with `known`, UTC nanoseconds. Use `table` to read one.
    memberships : mapping of str to tuple of Spell
        Universes.
    holdable : tuple of str
        Names that may be held; others may be read.
    left_out : tuple of str
        Names a universe asked for that cannot be held, each with the reason.
    warnings : tuple of str
        What was found wrong with the input and survived.
    start, end : datetime64[D]
        Bounds of decisions and NAV; data before `start` is the past.
    """

    name: str
    synthetic: bool
    price_basis: str
    symbols: tuple[str, ...]
    instruments: Mapping[str, Instrument]
    dates: NDArray[np.datetime64]
    open: Matrix
    high: Matrix
    low: Matrix
    close: Matrix
    volume: Matrix
    fx: FxRates
    rates: InterestRates
    calendars: Mapping[str, Calendar]
    tables: Mapping[str, pd.DataFrame]
    memberships: Memberships
    holdable: tuple[str, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    start: np.datetime64
    end: np.datetime64

    def table(self, name: str) -> pd.DataFrame:
        """Give a copy of one of the long tables.

        Parameters
        ----------
        name : {"valuations", "flows", "indices", "rates", "holdings_13f", "positioning"}

        Returns
        -------
        DataFrame
            Sorted by `known` (UTC nanoseconds); empty where the source has none.

        Raises
        ------
        DataError
            If there is no such table.
        """
        if name not in TABLES:
            raise DataError(f"No table {name!r}. Tables: {', '.join(TABLES)}.")
        return self.tables[name].copy() if name in self.tables else pd.DataFrame({"known": []}, dtype=np.int64)

    def columns(self, symbols: tuple[str, ...] | list[str]) -> NDArray[np.intp]:
        """Find the columns of symbols.

        Parameters
        ----------
        symbols : sequence of str

        Returns
        -------
        ndarray of shape (len(symbols),)

        Raises
        ------
        DataError
            If a symbol has no prices.
        """
        position = {symbol: column for column, symbol in enumerate(self.symbols)}
        missing = [symbol for symbol in symbols if symbol not in position]
        if missing:
            raise DataError(f"{missing[0]} has no prices in market {self.name!r}.")
        return np.array([position[symbol] for symbol in symbols], dtype=np.intp)

    def venues(self, symbols: tuple[str, ...] | list[str] | None = None) -> tuple[str, ...]:
        """List the venues of names, in alphabetical order.

        Parameters
        ----------
        symbols : sequence of str, optional
            By default the names that may be held.

        Returns
        -------
        tuple of str
        """
        chosen = self.holdable if symbols is None else symbols
        return tuple(sorted({self.instruments[symbol].venue for symbol in chosen}))

    def known_closes(self, stamps: NDArray[np.int64], venue: str) -> NDArray[np.intp]:
        """Count the dates whose close at a venue is known at each stamp.

        Parameters
        ----------
        stamps : ndarray of shape (n,)
            UTC nanoseconds.
        venue : str

        Returns
        -------
        ndarray of shape (n,)
            `dates[:count]` hold every close of that venue known by then.
        """
        calendar = self.calendars[venue]
        sessions = np.searchsorted(calendar.closes, stamps, side="right")
        padded = np.concatenate([[np.datetime64("0001-01-01", "D")], calendar.dates])
        return np.searchsorted(self.dates, padded[sessions], side="right")

    def until(self, stamp: pd.Timestamp | int) -> "MarketData":
        """Give the market as it was known at a stamp.

        Parameters
        ----------
        stamp : Timestamp with a time zone, or int
            UTC nanoseconds as int.

        Returns
        -------
        MarketData
            Everything known later is gone: prices, rates, series, announcements.

        Raises
        ------
        DataError
            If the stamp has no time zone.
        """
        t = as_nanoseconds(stamp)
        fields = {name: getattr(self, name).copy() for name in PRICE_FIELDS}
        last = 0
        at = np.array([t])
        for venue in {one.venue for one in self.instruments.values() if one.symbol in set(self.symbols)}:
            columns = [c for c, s in enumerate(self.symbols) if self.instruments[s].venue == venue]
            calendar = self.calendars[venue]
            closed = int(self.known_closes(at, venue)[0])
            n_opened = int(np.searchsorted(calendar.opens, t, side="right"))
            opened = (
                int(np.searchsorted(self.dates, calendar.dates[n_opened - 1], side="right")) if n_opened else 0
            )
            for name, array in fields.items():
                array[opened if name == "open" else closed :, columns] = np.nan
            last = max(last, opened, closed)
        return self.with_prices(
            {name: array[:last] for name, array in fields.items()},
            dates=self.dates[:last],
            fx=self.fx.until(t),
            rates=self.rates.until(t),
            calendars={venue: calendar.as_known(t) for venue, calendar in self.calendars.items()},
            tables={name: table[table["known"] <= t] for name, table in self.tables.items()},
        )

    def with_prices(self, fields: Mapping[str, Matrix], **changes: object) -> "MarketData":
        """Give a copy with other prices, made read-only.

        Parameters
        ----------
        fields : mapping of str to ndarray of shape (n_dates, n_symbols)
            Any of open, high, low, close, volume.
        **changes
            Other attributes to replace.

        Returns
        -------
        MarketData
        """
        for array in fields.values():
            array.flags.writeable = False
        return replace(self, **fields, **changes)  # type: ignore[arg-type]

    def restricted(
        self, universe: str | None = None, start: object | None = None, end: object | None = None
    ) -> "MarketData":
        """Give the market with bounds and a universe of names that may be held.

        Parameters
        ----------
        universe : str, optional
            Sum of universes and symbols; by default what may be held now.
        start, end : date-like, optional
            First and last date of decisions and NAV.

        Returns
        -------
        MarketData
            Members without prices are listed in `left_out`, by name.

        Raises
        ------
        DataError
            If the universe is unknown or has no prices at all, or the bounds hold no data.
        """
        first = self.start if start is None else as_day(start, "start")
        last = self.end if end is None else as_day(end, "end")
        if first > last:
            raise DataError(f"start {first} is after end {last}.")
        if first > self.end or last < self.start:
            raise DataError(
                f"Market {self.name!r} has prices from {self.start} to {self.end}; {first} to {last} holds none."
            )
        first, last = max(first, self.start), min(last, self.end)
        if universe is None:
            return replace(self, start=first, end=last)
        asked = sorted({spell.symbol for spell in spells_of(universe, self.memberships, self.symbols)})
        have = set(self.symbols)
        kept = tuple(symbol for symbol in asked if symbol in have)
        if not kept:
            raise DataError(f"No member of {universe!r} has prices in market {self.name!r}.")
        gone = tuple(
            "one member of hang-seng-tech is not known" if s == "UNKNOWN" else f"{s} has no prices"
            for s in asked
            if s not in have
        )
        return replace(self, holdable=kept, left_out=self.left_out + gone, start=first, end=last)


def as_nanoseconds(stamp: pd.Timestamp | int) -> int:
    """Turn a stamp into UTC nanoseconds.

    Parameters
    ----------
    stamp : Timestamp with a time zone, or int

    Returns
    -------
    int

    Raises
    ------
    DataError
        If the stamp has no time zone.
    """
    if isinstance(stamp, (int, np.integer)):
        return int(stamp)
    given = pd.Timestamp(stamp)
    if given.tz is None:
        raise DataError(f"Stamp {given} has no time zone; say which, for example {given}Z for UTC.")
    return int(given.tz_convert("UTC").as_unit("ns").value)


def as_day(value: object, what: str) -> np.datetime64:
    """Read a date given by a person.

    Parameters
    ----------
    value : date-like
    what : str
        What it is, for the message.

    Returns
    -------
    datetime64[D]

    Raises
    ------
    DataError
        If it is no date.
    """
    try:
        day = pd.Timestamp(value)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise DataError(f"{what} {value!r} is no date; write it as 2025-02-14.") from error
    if day is pd.NaT:
        raise DataError(f"{what} {value!r} is no date; write it as 2025-02-14.")
    return np.datetime64(day.date(), "D")
