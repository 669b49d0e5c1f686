"""Reading one tidy table: columns, dates, numbers and text, with errors that name the file and the row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.dates import FIRST_DAY, LAST_DAY, read_day, read_stamp
from data.errors import DataError

SHOWN_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """The file or files that a table was read from, for messages.

    Attributes
    ----------
    files : tuple of (str, int)
        Name and number of rows of each, in the order of the table's rows.
    """

    files: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, what: "str | Origin", table: object) -> "Origin":
        """Take a name as one file that holds the whole table.

        Parameters
        ----------
        what : str or Origin
        table : DataFrame

        Returns
        -------
        Origin

        Raises
        ------
        DataError
            If the table is no frame.
        """
        if not isinstance(table, pd.DataFrame):
            raise DataError(f"{what} must be a DataFrame, not {type(table).__name__}.")
        return what if isinstance(what, Origin) else cls(((what, len(table)),))

    def __str__(self) -> str:
        return ", ".join(name for name, _ in self.files)

    def row(self, position: int) -> str:
        """Name the file and row of a position in the table; a file's first row is 1.

        Parameters
        ----------
        position : int

        Returns
        -------
        str
        """
        for name, n_rows in self.files[:-1]:
            if position < n_rows:
                return f"{name}, row {position + 1}"
            position -= n_rows
        return f"{self.files[-1][0]}, row {position + 1}"


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
        listed = ", ".join(found[:SHOWN_COLUMNS]) or "none"
        more = f" and {len(found) - SHOWN_COLUMNS} more" if len(found) > SHOWN_COLUMNS else ""
        if set(missing) & {str(name) for name in table.index.names}:
            hint = f"{missing[0]!r} is in the index: use reset_index()."
        raise DataError(
            f"{what}: no column {missing[0]!r}. Needed: {', '.join(needed)}; found: {listed}{more}. {hint}".rstrip()
        )
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise DataError(f"{what}: column {twice[0]!r} stands twice. Keep one.")
    if table.empty:
        raise DataError(f"{what}: no rows. Add some, or leave it out.")


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


def _each_distinct(column: pd.Series, read: Callable[[object], Any], what: Origin) -> NDArray[Any]:
    """Read every distinct cell once; the result has one entry per row."""
    try:
        code, distinct = pd.factorize(column)
    except TypeError:  # lists and the like
        code, distinct = pd.factorize(column.map(repr))
    if (code < 0).any():
        raise DataError(f"{what.row(int(np.argmax(code < 0)))}: {column.name!r} is empty.")
    values = []
    for place, cell in enumerate(distinct):
        try:
            values.append(read(cell))
        except ValueError as error:
            row = int(np.argmax(code == place))
            raise DataError(f"{what.row(row)}: {shown(cell)} in {column.name!r} {error}.") from error
    return np.array(values)[code]


def days(column: pd.Series, what: Origin) -> NDArray[np.datetime64]:
    """Read a column of dates: strings (year first), dates or naive timestamps of any unit.

    Parameters
    ----------
    column : Series
    what : Origin

    Returns
    -------
    ndarray of shape (n,), datetime64[D]

    Raises
    ------
    DataError
        Naming the first row that is empty, no date, or has a time of day; or if there is a time zone.
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        raise DataError(f"{what}: {column.name!r} has a time zone; give the venue's local date.")
    if not (isinstance(column.dtype, np.dtype) and column.dtype.kind == "M"):
        read: NDArray[np.datetime64] = _each_distinct(column, read_day, what)
        return read
    values = column.to_numpy()
    whole = values.astype("datetime64[D]")
    wrong = (values != whole) | (whole < FIRST_DAY) | (whole > LAST_DAY)  # NaT differs from itself
    if wrong.any():
        row = int(np.argmax(wrong))
        try:
            read_day(values[row])
        except ValueError as error:
            raise DataError(f"{what.row(row)}: {column.iloc[row]} in {column.name!r} {error}.") from error
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
        Naming the first row that is empty or no stamp.
    """
    read: NDArray[np.int64] = _each_distinct(column, read_stamp, what)
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
        is_cell = plain.map(lambda cell: isinstance(cell, (str, int, float, np.number)) and not isinstance(cell, bool))
        values = pd.to_numeric(plain.where(is_cell), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        unread = np.isnan(values) & ~column.isna().to_numpy()
    wrong = unread | np.isinf(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"{what.row(row)}: {shown(column.iloc[row])} in {column.name!r} is no number.")
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
        raise DataError(f"{what.row(int(np.argmax(empty)))}: {column.name!r} is empty.")
    values = sorted(set(names))
    place = {name: i for i, name in enumerate(values)}
    return np.array([place[name] for name in names], dtype=np.intp)[raw], values
