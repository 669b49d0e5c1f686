"""Wide files: one table per field, a row per date and a column per symbol, made into the long table of prices."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.sources.listings import listings_of
from data.sources.origin import Origin
from data.sources.tidy import days, numbers, require_columns

WIDE_FIELDS = ("close", "open", "high", "low", "volume", "close_raw")
LONG_COLUMNS = frozenset({"symbol", "venue", "currency", "dividends", "splits", *WIDE_FIELDS})
NO_TICKERS = frozenset({"symbol", "ticker", "venue", "currency"})  # however they are written
# pandas writes the second of two columns `AAPL` as `AAPL.1`, and one without a name as `Unnamed: 3`.
MANGLED, NAMELESS = re.compile(r"(.+)\.\d+"), re.compile(r"Unnamed: \d+")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One field, read.

    Attributes
    ----------
    file : str
    dates : ndarray of shape (n_dates,), datetime64[D]
        Ascending.
    symbols : tuple of str, length n_symbols
    values : ndarray of shape (n_dates, n_symbols)
        NaN where the cell is empty.
    """

    file: str
    dates: NDArray[np.datetime64]
    symbols: tuple[str, ...]
    values: NDArray[np.float64]


def looks_wide(columns: Iterable[object]) -> bool:
    """Tell a wide table from a long one by its columns.

    Parameters
    ----------
    columns : iterable

    Returns
    -------
    bool
        True where `date` and others stand, and none of the others is a column of the long table. Case counts: LOW and
        OPEN are tickers.

    Examples
    --------
    >>> looks_wide(["date", "AAPL", "LOW"]), looks_wide(["date", "symbol", "close"])
    (True, False)
    """
    names = {str(name) for name in columns}
    is_long = bool(names & LONG_COLUMNS) or bool({name.lower() for name in names} & NO_TICKERS)
    return "date" in names and len(names) > 1 and not is_long


def long_of(
    fields: Mapping[str, pd.DataFrame],
    instruments: pd.DataFrame | None = None,
    files: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Make the long table of prices of wide ones.

    Parameters
    ----------
    fields : mapping of str to DataFrame
        `close` and any of open, high, low, volume, close_raw; each with a column date and one column per symbol. All
        have the dates of `close`; rows may stand in any order.
    instruments : DataFrame, optional
        May say venue and currency, see `listings_of`.
    files : mapping of str to str, optional
        The file of each field, for messages; by default `close.csv` and so on.

    Returns
    -------
    DataFrame
        Columns date (datetime64[s]), symbol, venue, currency (categorical), and the fields; by symbol, then date. An
        empty close is a day without a price: no row, whatever the other tables say of it. What else is empty is NaN.

    Raises
    ------
    DataError
        On an unknown field, a column that stands twice or has no name, a date that stands twice, a symbol or a date
        that `close` lacks or another table lacks, a price that is not positive, or a symbol whose venue is not known;
        naming file, symbol and date.

    Examples
    --------
    >>> close = pd.DataFrame({"date": ["2024-01-02", "2024-01-03"], "AAPL": [185.64, 184.25], "0700.HK": [294.4, None]})
    >>> long_of({"close": close})[["symbol", "venue", "close"]].values.tolist()
    [['0700.HK', 'XHKG', 294.4], ['AAPL', 'XNYS', 185.64], ['AAPL', 'XNYS', 184.25]]
    """
    _refuse_unknown(fields)
    names = {field: (files or {}).get(field, f"{field}.csv") for field in fields}
    close = _sheet(fields["close"], "close", names["close"])
    listings = listings_of(close.symbols, instruments, close.file)
    is_priced = ~np.isnan(close.values.T)
    column_of, row_of = np.nonzero(is_priced)
    if not len(row_of):
        raise DataError(f"{close.file}: no cell holds a price.", check="D102")
    venues, currencies = ([listings[symbol][part] for symbol in close.symbols] for part in (0, 1))
    columns: dict[str, object] = {
        "date": close.dates[row_of].astype("datetime64[s]"),
        "symbol": pd.Categorical.from_codes(column_of, categories=pd.Index(close.symbols)),
        "venue": _spread(venues, column_of),
        "currency": _spread(currencies, column_of),
        "close": close.values.T[is_priced],
    }
    for field in WIDE_FIELDS[1:]:
        if field in fields:
            columns[field] = _beside(close, _sheet(fields[field], field, names[field])).T[is_priced]
    return pd.DataFrame(columns)


def _refuse_unknown(fields: Mapping[str, pd.DataFrame]) -> None:
    unknown = [field for field in fields if field not in WIDE_FIELDS]
    if unknown:
        said = f"{unknown[0]!r} is no field of wide files. Known: {', '.join(WIDE_FIELDS)}."
        raise DataError(said, check="D101")
    if "close" not in fields:
        said = f"Wide files give {', '.join(fields) or 'nothing'}, but no close. Add close.csv."
        raise DataError(said, check="D101")


def _sheet(table: pd.DataFrame, field: str, file: str) -> _Sheet:
    """Read one wide table, its dates and symbols in order."""
    what = Origin.of(file, table)
    _refuse_doubled(table, file)
    require_columns(table, ("date",), what)
    dates = days(table["date"], what)
    order = np.argsort(dates, kind="stable")
    dates = dates[order]
    again = np.flatnonzero(dates[1:] == dates[:-1])
    if len(again):
        said = f"{what.row(int(order[again[0] + 1]))}: {dates[again[0]]} stands twice. Keep one row."
        raise DataError(said, check="D206")
    column_of = {str(name).strip(): name for name in table.columns if name != "date"}
    symbols = tuple(sorted(column_of))
    if not symbols:
        raise DataError(f"{file}: no column but 'date'. Add one per symbol.", check="D106")
    values = np.stack([numbers(table[column_of[symbol]], what) for symbol in symbols], axis=1)[order]
    is_wrong = values < 0 if field == "volume" else values <= 0
    if is_wrong.any():
        row, column = (int(place) for place in np.argwhere(is_wrong)[0])
        allowed = "zero or more" if field == "volume" else "positive"
        raise DataError(
            f"{what.row(int(order[row]))}: {field} of {symbols[column]} on {dates[row]} is {values[row, column]:g}; "
            f"it must be {allowed}, or empty.",
            check="D301",
        )
    return _Sheet(file, dates, symbols, values)


def _refuse_doubled(table: pd.DataFrame, file: str) -> None:
    seen = set[str]()
    written = {str(name).strip() for name in table.columns}
    for place, name in enumerate(table.columns):
        text = str(name).strip()
        if not text or NAMELESS.fullmatch(text):
            raise DataError(f"{file}: column {place + 1} has no name. Give it its symbol, or drop it.", check="D106")
        mangled = MANGLED.fullmatch(text)
        base = mangled[1] if mangled and mangled[1] in written else text
        if base in seen:
            raise DataError(f"{file}: column {base!r} stands twice. Keep one.", check="D106")
        seen.add(base)


def _beside(close: _Sheet, other: _Sheet) -> NDArray[np.float64]:
    """Give the values of another field in the places of the closes; NaN for symbols that it lacks."""
    unknown = [symbol for symbol in other.symbols if symbol not in set(close.symbols)]
    if unknown:
        said = f"{other.file}: {unknown[0]} has no column in {close.file}. Add its closes, or drop it."
        raise DataError(said, check="D106")
    if not np.array_equal(close.dates, other.dates):
        for one, another in ((close, other), (other, close)):
            missing = np.setdiff1d(one.dates, another.dates)
            if len(missing):
                more = f" (nor for {len(missing) - 1} more)" if len(missing) > 1 else ""
                raise DataError(
                    f"{another.file} has no row for {missing[0]}{more}, which {one.file} has. Add it; unknown cells "
                    "may be empty.",
                    check="D105",
                )
    place = {symbol: column for column, symbol in enumerate(close.symbols)}
    values = np.full(close.values.shape, np.nan)
    values[:, [place[symbol] for symbol in other.symbols]] = other.values
    return values


def _spread(texts: list[str], column_of: NDArray[np.intp]) -> "pd.Categorical[str]":
    distinct = sorted(set(texts))
    code_of = np.array([distinct.index(text) for text in texts], dtype=np.intp)
    return pd.Categorical.from_codes(code_of[column_of], categories=pd.Index(distinct))
