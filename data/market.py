"""MarketData: what the world was, and from when each piece of it was known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.actions import NO_ACTIONS, Actions
from data.borrow import NO_BORROW, Borrow
from data.calendars import Calendar, hong_kong_dates
from data.checks.finding import Finding, relevant
from data.errors import DataError
from data.fx import FxRates
from data.halts import look_halted
from data.holdable import choose_holdable
from data.instruments import Instrument
from data.lots import lots_on
from data.rates import InterestRates
from data.series.tables import LONG_TABLES
from data.stamps import as_day, as_nanoseconds
from data.units import raw_units
from data.universes import Memberships, known_by

Matrix = NDArray[np.float64]
PRICE_FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
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
    close_raw : ndarray of shape (n_dates, n_symbols) or None
        Closes as traded, beside adjusted ones; NaN where unknown. None where no name has any, and with raw prices.
    fx : FxRates
    rates : InterestRates
    actions : Actions
        Splits, dividends and delistings that the prices do not hold already; amounts in the basis of the prices.
    borrow : Borrow
        Fees and shares of short sales.
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
    findings : tuple of Finding
        What was found wrong and survived; `warnings` says it in words.
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
    findings: tuple[Finding, ...]
    start: np.datetime64
    end: np.datetime64
    close_raw: Matrix | None = None
    actions: Actions = NO_ACTIONS
    borrow: Borrow = NO_BORROW

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was found wrong and survived, but for names that may not be held."""
        return tuple(str(one) for one in relevant(self.findings, self.symbols, self.holdable))

    @property
    def last_day(self) -> np.datetime64:
        """Last date of a run: `end`, or the last date of which anything is known if that is before."""
        return min(self.end, self.dates[-1]) if len(self.dates) else self.start

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
        if name not in LONG_TABLES:
            raise DataError(f"No table {name!r}. Tables: {', '.join(LONG_TABLES)}.")
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
        self._refuse_unpriced(symbols)
        position = {symbol: column for column, symbol in enumerate(self.symbols)}
        return np.array([position[symbol] for symbol in symbols], dtype=np.intp)

    def _refuse_unpriced(self, symbols: tuple[str, ...] | list[str]) -> None:
        for symbol in symbols:
            if symbol not in self.instruments:
                raise DataError(f"{symbol} has no prices in market {self.name!r}. Add them, or drop the name.")

    def venues(self, symbols: tuple[str, ...] | list[str] | None = None) -> tuple[str, ...]:
        """List the venues of names, in alphabetical order.

        Parameters
        ----------
        symbols : sequence of str, optional
            By default the names that may be held.

        Returns
        -------
        tuple of str

        Raises
        ------
        DataError
            If a symbol has no prices.
        """
        chosen = self.holdable if symbols is None else symbols
        self._refuse_unpriced(chosen)
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

        Raises
        ------
        DataError
            If the market has no calendar of the venue.
        """
        if venue not in self.calendars:
            raise DataError(f"Market {self.name!r} has no name at {venue!r}. Venues: {', '.join(self.calendars)}.")
        calendar = self.calendars[venue]
        sessions = np.searchsorted(calendar.closes, stamps, side="right")
        padded = np.concatenate([[np.datetime64("0001-01-01", "D")], calendar.dates])
        return np.searchsorted(self.dates, padded[sessions], side="right")

    def known_rows(self, stamp: int) -> list[tuple[list[int], int, int]]:
        """Count what is known of each venue's prices at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        list of (columns, n_opens, n_closes)
            For each venue the columns of its names, and the number of leading dates whose opens and closes are known.
        """
        found = []
        codes = [self.instruments[symbol].venue for symbol in self.symbols]
        for venue in sorted(set(codes)):
            calendar, columns = self.calendars[venue], [i for i, code in enumerate(codes) if code == venue]
            begun = int(np.searchsorted(calendar.opens, stamp, side="right"))
            opened = int(np.searchsorted(self.dates, calendar.dates[begun - 1], side="right")) if begun else 0
            closed = int(self.known_closes(np.array([stamp]), venue)[0])
            found.append((columns, opened, closed))
        return found

    def price_fields(self) -> dict[str, Matrix]:
        """Give open, high, low, close and volume by name, and close_raw where there is any."""
        names = PRICE_FIELDS if self.close_raw is None else (*PRICE_FIELDS, "close_raw")
        return {name: getattr(self, name) for name in names}

    def units(self, names: tuple[str, ...] | list[str] | None = None) -> Matrix | None:
        """Count the shares as traded that one share of the ledger stands for.

        Parameters
        ----------
        names : sequence of str, optional
            By default all symbols.

        Returns
        -------
        ndarray of shape (n_dates, n_names), or None
            1 with raw prices; else `close / close_raw`, the last one known where either is missing, NaN where none
            is. None where the market has no `close_raw`.

        Raises
        ------
        DataError
            If a name has no prices.
        """
        columns = self.columns(self.symbols if names is None else names)
        if self.price_basis == "raw":
            return np.ones((len(self.dates), len(columns)))
        return None if self.close_raw is None else raw_units(self.close[:, columns], self.close_raw[:, columns])

    def lots(self, names: tuple[str, ...] | list[str], dates: NDArray[np.datetime64]) -> tuple[Matrix, tuple[str, ...]]:
        """Give the board lot in force on each date.

        Parameters
        ----------
        names : sequence of str
        dates : ndarray of shape (n_dates,), datetime64[D]

        Returns
        -------
        lots : ndarray of shape (n_dates, n_names)
            Shares as traded; NaN where unknown.
        assumptions : tuple of str
            What was taken without having been seen, for a report.

        Raises
        ------
        DataError
            If a name has no prices.
        """
        self._refuse_unpriced(names)
        return lots_on([self.instruments[name] for name in names], dates)

    def halted(self, names: tuple[str, ...] | list[str] | None = None) -> NDArray[np.bool_]:
        """Find days on which a name looks suspended.

        Parameters
        ----------
        names : sequence of str, optional
            By default all symbols.

        Returns
        -------
        ndarray of shape (n_dates, n_names), bool
            True where volume is 0 and the close repeats the last one, while some name of the venue traded. A
            volume of 0 alone is no suspension: Hong Kong's half days have no volume for any name.

        Raises
        ------
        DataError
            If a name has no prices.
        """
        looks = look_halted(self.close, self.volume, tuple(self.instruments[s].venue for s in self.symbols))
        return looks[:, self.columns(self.symbols if names is None else names)]

    def until(self, stamp: pd.Timestamp | int) -> "MarketData":
        """Give the market as it was known at a stamp.

        Parameters
        ----------
        stamp : Timestamp with a time zone, or int
            UTC nanoseconds as int.

        Returns
        -------
        MarketData
            Everything known later is gone: prices, rates, series, actions, announcements, delistings, and changes of
            universes (known from the day after they are announced, by Hong Kong's date; without an announcement, from
            the day on which they apply). Dates end with the last of which anything is known. Names, `left_out`,
            `findings`, `start` and `end` stay: they describe the run.

        Raises
        ------
        DataError
            If it is no stamp, or has no time zone.
        """
        t = as_nanoseconds(stamp)
        today = hong_kong_dates(np.array([t]))[0]
        known = self.known_rows(t)
        last = max(max(opened, closed) for _, opened, closed in known)
        fields = {name: array[:last].copy() for name, array in self.price_fields().items()}
        for columns, opened, closed in known:
            for name, array in fields.items():
                array[opened if name == "open" else closed :, columns] = np.nan
        # A row without anything known would tell that one will come.
        while last and all(np.isnan(array[last - 1]).all() for array in fields.values()):
            last -= 1
        return self.with_prices(
            {name: array[:last] for name, array in fields.items()},
            dates=self.dates[:last],
            fx=self.fx.until(t),
            rates=self.rates.until(t),
            actions=self.actions.until(t),
            borrow=self.borrow.until(t),
            calendars={venue: calendar.as_known(t) for venue, calendar in self.calendars.items()},
            tables={
                name: table.iloc[: int(np.searchsorted(table["known"].to_numpy(), t, side="right"))]
                for name, table in self.tables.items()
            },
            instruments={symbol: one.known_by(today) for symbol, one in self.instruments.items()},
            memberships=known_by(self.memberships, today),
        )

    def with_prices(self, fields: Mapping[str, Matrix], **changes: object) -> "MarketData":
        """Give a copy with other prices, made read-only.

        Parameters
        ----------
        fields : mapping of str to ndarray of shape (n_dates, n_symbols)
            Any of open, high, low, close, volume, close_raw.
        **changes
            Other attributes to replace; what is not named stays, corporate actions and borrowing too.

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
            Members without prices are listed in `left_out`, by name. Bounds are cut to those of the market.

        Raises
        ------
        DataError
            If the universe is unknown or has no prices at all, or the bounds are no dates or hold no data.
        """
        first = self.start if start is None else as_day(start, "start")
        last = self.end if end is None else as_day(end, "end")
        if first > self.end or last < self.start:
            raise DataError(
                f"Market {self.name!r} has prices from {self.start} to {self.end}: none from "
                f"{'its start' if start is None else first} to {'its end' if end is None else last}."
            )
        if first > last:
            raise DataError(f"start {first} is after end {last}.")
        first, last = max(first, self.start), min(last, self.end)
        if universe is None:
            return replace(self, start=first, end=last)
        kept, gone = choose_holdable(universe, self.memberships, self.symbols, self.name)
        return replace(self, holdable=kept, left_out=gone, start=first, end=last)
