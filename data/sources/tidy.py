"""Reading one tidy table: columns, dates, numbers and text, with errors that name the file and the row."""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.dates import FIRST_DAY, LAST_DAY, ClockError, latest_day, read_day, read_stamp, says_zone
from data.errors import DataError
from data.sources.origin import Origin
from data.wording import some_of

SHOWN_COLUMNS = 12


def require_columns(table: pd.DataFrame, needed: Sequence[str], what: Origin, hint: str = "") -> None:
    """Raise if a table lacks columns, has one twice, or has no rows.

    Parameters
    ----------
    table : DataFrame
    needed : sequence of str
    what : Origin
    hint : str
        Said after the message.

    Raises
    ------
    DataError
    """
    missing = [name for name in needed if name not in table.columns]
    if missing:
        found = [str(name) for name in table.columns]
        listed = some_of(found, SHOWN_COLUMNS) or "none"
        alike = [name for name in found if name.strip().lower() == missing[0]]
        if alike:
            hint = f"{alike[0]!r} is written otherwise: rename it {missing[0]!r}."
        if set(missing) & {str(name) for name in table.index.names}:
            hint = f"{missing[0]!r} is in the index: use reset_index()."
        raise DataError(
            f"{what}: no column {missing[0]!r}. Needed: {', '.join(needed)}; found: {listed}. {hint}".rstrip(),
            check="D106",
        )
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise DataError(f"{what}: column {twice[0]!r} stands twice. Keep one.", check="D106")
    if table.empty:
        raise DataError(f"{what}: no rows. Add some, or leave it out.", check="D102")


def shown(value: object) -> str:
    """Write a cell for a message.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        Text in quotes, anything else as it prints.
    """
    return repr(value) if isinstance(value, str) else str(value)


def _each_distinct(column: pd.Series, read: Callable[[object], Any], what: Origin, check: str) -> NDArray[Any]:
    """Read every distinct cell once; the result has one entry per row."""
    try:
        code, distinct = pd.factorize(column)
    except TypeError:  # lists and the like
        code, distinct = pd.factorize(column.map(repr))
    if (code < 0).any():
        raise DataError(
            f"{what.row(int(np.argmax(code < 0)))}: {column.name!r} is empty.",
            check="D204",
            rows=np.flatnonzero(code < 0),
        )
    values, wrong, first = [], list[int](), None
    for place, cell in enumerate(distinct):
        try:
            values.append(read(cell))
        except ValueError as error:
            first = first or error
            if isinstance(error, ClockError) == isinstance(first, ClockError):
                wrong.append(place)
    if first is not None:
        rows = np.flatnonzero(np.isin(code, wrong))
        more = f" ({len(rows):,} such rows in all{_likeness(distinct[wrong])})" if len(rows) > 1 else ""
        cell = column.iloc[rows[0]]
        raise DataError(
            f"{what.row(int(rows[0]))}: {shown(cell)} in {column.name!r} {first}{more}.",
            check="D202" if isinstance(first, ClockError) else check,
            rows=rows,
        ) from first
    return np.array(values)[code]


# Ways of writing a date that are refused, because a reader has to guess.
OTHER_DATES = {
    r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}": "day and month first",
    r"\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}": "months in words",
    r"[34]\d{4}(\.0)?": "day numbers of a spreadsheet",
    r"\d{10}|\d{13}|\d{19}": "counts of seconds since 1970, or parts of them",
}


def _likeness(cells: Iterable[object]) -> str:
    """Say what wrong dates look like, where all of them look alike."""
    texts = [str(cell).strip() for cell in cells]
    found = (what for pattern, what in OTHER_DATES.items() if all(re.fullmatch(pattern, text) for text in texts))
    like = next(found, "")
    return f"; they look like {like}" if like else ""


def days(column: pd.Series, what: Origin, *, to_come: bool = False) -> NDArray[np.datetime64]:
    """Read a column of dates: strings (year first), dates or naive timestamps of any unit.

    Parameters
    ----------
    column : Series
    what : Origin
    to_come : bool
        True where a date may lie in the future, as the day on which a dividend is paid.

    Returns
    -------
    ndarray of shape (n,), datetime64[D]

    Raises
    ------
    DataError
        Naming the first row that is empty, no date, has a time of day, or is still to come; or if there is a time zone.
    """
    read = _read_days(column, what).astype("datetime64[D]")  # of no rows it has no type
    today = latest_day()
    later = read > today
    if not to_come and later.any():
        row = int(np.argmax(later))
        raise DataError(
            f"{what.row(row)}: {read[row]} in {column.name!r} is still to come; today is {today}. Mend it, or drop "
            "the row.",
            check="D205",
            rows=np.flatnonzero(later),
        )
    return read


def _read_days(column: pd.Series, what: Origin) -> NDArray[np.datetime64]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        raise DataError(f"{what}: {column.name!r} has a time zone; give the venue's local date.", check="D202")
    if not (isinstance(column.dtype, np.dtype) and column.dtype.kind == "M"):
        read: NDArray[np.datetime64] = _each_distinct(column, read_day, what, "D201")
        return read
    values = column.to_numpy()
    whole = values.astype("datetime64[D]")
    wrong = (values != whole) | (whole < FIRST_DAY) | (whole > LAST_DAY)  # NaT differs from itself
    if wrong.any():
        row = int(np.argmax(wrong))
        try:
            read_day(values[row])
        except ValueError as error:
            raise DataError(
                f"{what.row(row)}: {column.iloc[row]} in {column.name!r} {error}.",
                check="D202" if isinstance(error, ClockError) else "D201",
                rows=np.flatnonzero(wrong),
            ) from error
    return whole


def stamps(column: pd.Series, what: Origin) -> NDArray[np.int64]:
    """Read a column of stamps: as dates, and with a time of day and a time zone if they have one.

    Parameters
    ----------
    column : Series
        Without a time zone a stamp is UTC; a date is its first moment.
    what : Origin

    Returns
    -------
    ndarray of shape (n,), int64
        UTC nanoseconds.

    Raises
    ------
    DataError
        Naming the first row that is empty or no stamp; or one without a time zone while another says it.
    """
    if not isinstance(column.dtype, (np.dtype, pd.DatetimeTZDtype)) or column.dtype == object:
        says = _each_distinct(column, lambda cell: {None: 0, False: 1, True: 2}[says_zone(cell)], what, "D201")
        if (says == 1).any() and (says == 2).any():
            row = int(np.argmax(says == 1))
            raise DataError(
                f"{what.row(row)}: {shown(column.iloc[row])} in {column.name!r} says no time zone, but "
                f"{what.row(int(np.argmax(says == 2)))} does. Say it in all rows: 2025-02-14 21:00Z.",
                check="D202",
                rows=np.flatnonzero(says == 1),
            )
    read: NDArray[np.int64] = _each_distinct(column, read_stamp, what, "D201")
    return read


def numbers(column: pd.Series, what: Origin) -> NDArray[np.float64]:
    """Read a column of numbers; empty cells are NaN.

    Parameters
    ----------
    column : Series
    what : Origin

    Returns
    -------
    ndarray of shape (n,), float64

    Raises
    ------
    DataError
        Naming the first row that is no number, or is infinite.
    """
    if column.dtype == np.float64:
        values = column.to_numpy()
        unread = np.zeros(len(values), dtype=bool)
    elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        unread = np.zeros(len(values), dtype=bool)
    else:
        plain = column.astype(object)
        is_cell = plain.map(
            lambda cell: isinstance(cell, (str, int, float, np.number, Decimal)) and not isinstance(cell, bool)
        )
        values = pd.to_numeric(plain.where(is_cell), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        unread = np.isnan(values) & ~column.isna().to_numpy()
    wrong = unread | np.isinf(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{what.row(row)}: {shown(column.iloc[row])} in {column.name!r} is no number.",
            check="D203",
            column=str(column.name),
            rows=np.flatnonzero(wrong),
        )
    return values


def codes(column: pd.Series, what: Origin) -> tuple[NDArray[np.intp], list[str]]:
    """Read a column of text as codes into its sorted distinct values.

    Parameters
    ----------
    column : Series
        Strings or a categorical; unused categories are not values.
    what : Origin

    Returns
    -------
    codes : ndarray of shape (n,)
    values : list of str
        Sorted, stripped.

    Raises
    ------
    DataError
        Naming the first empty cell.
    """
    raw, uniques = pd.factorize(column)
    empty = raw < 0
    names = [str(one).strip() for one in uniques]
    blank = [i for i, name in enumerate(names) if not name]
    if blank:
        empty = empty | np.isin(raw, blank)
    if empty.any():
        raise DataError(
            f"{what.row(int(np.argmax(empty)))}: {column.name!r} is empty.", check="D204", rows=np.flatnonzero(empty)
        )
    values = sorted(set(names))
    place = {name: i for i, name in enumerate(values)}
    return np.array([place[name] for name in names], dtype=np.intp)[raw], values


def repeated(order: NDArray[np.intp], *keys: NDArray[Any]) -> NDArray[np.intp]:
    """Find rows that repeat the row before them in an order.

    Parameters
    ----------
    order : ndarray of shape (n,)
        Positions of the rows, sorted by the keys.
    *keys : ndarray of shape (n,)
        What must be alike.

    Returns
    -------
    ndarray of int
        Positions in the table, in that order.

    Examples
    --------
    >>> repeated(np.array([2, 0, 1]), np.array([5, 7, 5]))
    array([0])
    """
    again = np.ones(max(len(order) - 1, 0), dtype=bool)
    for key in keys:
        again &= key[order][1:] == key[order][:-1]
    return order[1:][again]
