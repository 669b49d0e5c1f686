"""The price table: one row per date and symbol, made into matrices of dates by symbols."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar
from data.checks.finding import Finding
from data.errors import DataError
from data.market import PRICE_FIELDS, Matrix
from data.sources.origin import Origin
from data.sources.tidy import codes, days, numbers, require_columns
from data.venues import VENUES

NEEDED = ("date", "symbol", "venue", "currency", "close")
# dividends and splits are read where corporate actions are.
READ = frozenset((*NEEDED, *PRICE_FIELDS, "close_raw", "dividends", "splits"))
LEAST_PRICE, MOST_PRICE, MOST_VOLUME = 1e-6, 1e9, 1e13
LONG = "One row per date and symbol is needed, not one column per symbol."


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices as matrices, and where each row went.

    Attributes
    ----------
    symbols, venues, currencies : tuple of str, length n_symbols
        In alphabetical order of the symbols.
    dates : ndarray of shape (n_dates,), datetime64[D]
    fields : dict of str to ndarray of shape (n_dates, n_symbols)
        By name of the field; NaN where the table has no number.
    close_raw : ndarray of shape (n_dates, n_symbols) or None
        Closes as traded; None where the table has none.
    row_of, column_of : ndarray of shape (n_rows,)
        Date and symbol of each row of the table.
    findings : tuple of Finding
    """

    symbols: tuple[str, ...]
    venues: tuple[str, ...]
    currencies: tuple[str, ...]
    dates: NDArray[np.datetime64]
    fields: dict[str, Matrix]
    close_raw: Matrix | None
    row_of: NDArray[np.intp]
    column_of: NDArray[np.intp]
    findings: tuple[Finding, ...]

    def files(self, what: Origin) -> tuple[str, ...]:
        """Name the file of each name's first row.

        Parameters
        ----------
        what : Origin

        Returns
        -------
        tuple of str, length n_symbols
        """
        first = np.zeros(len(self.symbols), dtype=np.intp)
        first[self.column_of[::-1]] = np.arange(len(self.column_of))[::-1]
        return tuple(what.file(int(row)) for row in first)


def read_prices(prices: pd.DataFrame, what: Origin) -> PriceTable:
    """Read and check a table of prices.

    Parameters
    ----------
    prices : DataFrame
        Columns as in `from_frames`; the order of rows does not matter.
    what : Origin

    Returns
    -------
    PriceTable

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, a duplicate, a price that is not positive, an unknown venue, or a
        symbol with two venues or currencies.
    """
    require_columns(prices, NEEDED, what, LONG)
    dates, row_of = _distinct_days(days(prices["date"], what))
    column_of, symbols = codes(prices["symbol"], what)
    venue_of, venue_names = codes(prices["venue"], what)
    currency_of, currency_names = codes(prices["currency"], what)
    unknown = [code for code in venue_names if code not in VENUES]
    if unknown:
        known = ", ".join(f"{code} ({place.name})" for code, place in VENUES.items())
        row = int(np.argmax(venue_of == venue_names.index(unknown[0])))
        raise DataError(
            f"{what.row(row)}: unknown venue {unknown[0]!r}. Known: {known}.",
            check="D320",
            rows=np.flatnonzero(np.isin(venue_of, [venue_names.index(code) for code in unknown])),
        )
    cell = row_of * len(symbols) + column_of
    _refuse_duplicates(cell, dates, symbols, what)
    venues = _one_each(column_of, venue_of, venue_names, symbols, "venue", what)
    currencies = _one_each(column_of, currency_of, currency_names, symbols, "currency", what)
    for symbol, code, money in zip(symbols, venues, currencies, strict=True):
        if VENUES[code].currency != money:
            raise DataError(
                f"{what}: {symbol} is in {money}, but {code} trades in {VENUES[code].currency}.", check="D321"
            )
    shape = (len(dates), len(symbols))
    fields = {field: _matrix(prices, field, cell, shape, symbols, dates, what) for field in PRICE_FIELDS}
    close_raw = _matrix(prices, "close_raw", cell, shape, symbols, dates, what)
    return PriceTable(
        symbols=tuple(symbols),
        venues=tuple(venues),
        currencies=tuple(currencies),
        dates=dates,
        fields=fields,
        close_raw=None if np.isnan(close_raw).all() else close_raw,
        row_of=row_of,
        column_of=column_of,
        findings=tuple(_findings(prices, fields["close"], what)),
    )


def refuse_closed_days(table: PriceTable, calendars: Mapping[str, Calendar], what: Origin) -> None:
    """Raise if a row lies on a day on which its venue held no session.

    Parameters
    ----------
    table : PriceTable
    calendars : mapping of str to Calendar
    what : Origin

    Raises
    ------
    DataError
        Naming the first such row.
    """
    places = sorted(set(table.venues))
    is_shut = np.stack([calendars[code].index_of(table.dates) < 0 for code in places])
    place_of = np.array([places.index(code) for code in table.venues])
    wrong = is_shut[place_of[table.column_of], table.row_of]
    if wrong.any():
        row, n_wrong = int(np.argmax(wrong)), int(wrong.sum())
        column = table.column_of[row]
        more = f" ({n_wrong} such rows in all)" if n_wrong > 1 else ""
        raise DataError(
            f"{what.row(row)}: {table.symbols[column]} has a price on {table.dates[table.row_of[row]]}, when "
            f"{table.venues[column]} held no session{more}. Drop rows of days without trading.",
            check="D308",
            rows=np.flatnonzero(wrong),
        )


def _distinct_days(dates: NDArray[np.datetime64]) -> tuple[NDArray[np.datetime64], NDArray[np.intp]]:
    """Give the sorted distinct days and the place of each row among them, without sorting the rows."""
    number = dates.astype(np.int64)
    first = number.min()
    present = np.zeros(number.max() - first + 1, dtype=bool)
    present[number - first] = True
    place = np.cumsum(present) - 1
    return (np.flatnonzero(present) + first).astype("datetime64[D]"), place[number - first]


def _refuse_duplicates(cell: NDArray[np.intp], dates: NDArray[np.datetime64], symbols: list[str], what: Origin) -> None:
    if np.bincount(cell).max() < 2:
        return
    order = np.argsort(cell, kind="stable")
    twice = np.flatnonzero(cell[order][1:] == cell[order][:-1])
    day, symbol = divmod(int(cell[order[twice[0]]]), len(symbols))
    one, other = what.row(int(order[twice[0]])), what.row(int(order[twice[0] + 1]))
    raise DataError(
        f"{other}: {symbols[symbol]} has two rows on {dates[day]}; the other is {one}. Keep one.",
        check="D206",
        rows=order[twice + 1],
    )


def _one_each(
    column: NDArray[np.intp], of: NDArray[np.intp], names: list[str], symbols: list[str], kind: str, what: Origin
) -> list[str]:
    first = np.full(len(symbols), -1)
    first[column[::-1]] = of[::-1]
    differs = of != first[column]
    if differs.any():
        row = int(np.argmax(differs))
        raise DataError(
            f"{what.row(row)}: {symbols[column[row]]} has {kind} {names[of[row]]}, elsewhere "
            f"{names[first[column[row]]]}. Give each listing a symbol of its own.",
            check="D322",
            rows=np.flatnonzero(differs),
        )
    return [names[i] for i in first]


def _matrix(
    prices: pd.DataFrame,
    field: str,
    cell: NDArray[np.intp],
    shape: tuple[int, int],
    symbols: list[str],
    dates: NDArray[np.datetime64],
    what: Origin,
) -> Matrix:
    matrix = np.full(shape, np.nan)
    if field not in prices.columns:
        return matrix
    values = numbers(prices[field], what)
    wrong = values < 0 if field == "volume" else values <= 0
    if wrong.any():
        row = int(np.argmax(wrong))
        day, symbol = divmod(int(cell[row]), shape[1])
        allowed = "zero or more" if field == "volume" else "positive"
        raise DataError(
            f"{what.row(row)}: {field} of {symbols[symbol]} on {dates[day]} is {values[row]:g}; "
            f"it must be {allowed}, or empty.",
            check="D301",
            column=field,
            rows=np.flatnonzero(wrong),
        )
    least, most = (0.0, MOST_VOLUME) if field == "volume" else (LEAST_PRICE, MOST_PRICE)
    absurd = (values < least) | (values > most)
    if absurd.any():
        row = int(np.argmax(absurd))
        day, symbol = divmod(int(cell[row]), shape[1])
        raise DataError(
            f"{what.row(row)}: {field} of {symbols[symbol]} on {dates[day]} is {values[row]:g}; nothing trades so. "
            "Correct it, or leave it empty.",
            check="D302",
            column=field,
            rows=np.flatnonzero(absurd),
        )
    matrix.ravel()[cell] = values
    return matrix


def _findings(prices: pd.DataFrame, close: Matrix, what: Origin) -> list[Finding]:
    findings = []
    n_unpriced = len(prices) - int((~np.isnan(close)).sum())
    if n_unpriced == len(prices):
        raise DataError(f"{what}: no row has a close.", check="D102")
    if n_unpriced:
        findings.append(
            Finding("D208", f"{what}: {n_unpriced} rows have no close; the name counts as unpriced that day.")
        )
    unread = [str(name) for name in prices.columns if name not in READ]
    if unread:
        findings.append(Finding("D108", f"{what}: not read: column {', '.join(unread[:12])}."))
    return findings
