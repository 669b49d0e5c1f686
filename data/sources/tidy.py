"""Reading one tidy table: columns, dates, numbers and text, with errors that name the row."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError


def require_columns(table: pd.DataFrame, needed: tuple[str, ...], what: str) -> None:
    """Raise if a table lacks columns or has none of its rows.

    Parameters
    ----------
    table : DataFrame
    needed : tuple of str
    what : str
        File or table name, for the message.

    Raises
    ------
    DataError
    """
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise DataError(
            f"{what}: no column {missing[0]!r}. Needed: {', '.join(needed)}; found: {', '.join(map(str, table.columns))}."
        )
    if table.empty:
        raise DataError(f"{what}: no rows.")


def days(column: pd.Series, what: str) -> NDArray[np.datetime64]:
    """Read a column of dates: strings, dates or naive timestamps of any unit.

    Parameters
    ----------
    column : Series
    what : str

    Returns
    -------
    ndarray of shape (n,), datetime64[D]

    Raises
    ------
    DataError
        Naming the first row that is no date, has a time zone or a time of day.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    parsed = pd.to_datetime(column, errors="coerce", format=None if column.dtype != object else "mixed")
    bad = parsed.isna().to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{what}, row {row + 1}: {column.iloc[row]!r} in {column.name!r} is no date.")
    if parsed.dt.tz is not None:
        raise DataError(f"{what}: {column.name!r} has a time zone; give the venue's local trading date.")
    values = parsed.to_numpy()
    whole = values.astype("datetime64[D]")
    late = values != whole
    if late.any():
        row = int(np.argmax(late))
        raise DataError(f"{what}, row {row + 1}: {parsed.iloc[row]} in {column.name!r} is a time, not a date.")
    return whole


def numbers(column: pd.Series, what: str) -> NDArray[np.float64]:
    """Read a column of numbers; empty cells are NaN.

    Parameters
    ----------
    column : Series
    what : str

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
    else:
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        unread = np.isnan(values) & ~column.isna().to_numpy()
    wrong = unread | np.isinf(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"{what}, row {row + 1}: {column.iloc[row]!r} in {column.name!r} is no number.")
    return values


def codes(column: pd.Series, what: str) -> tuple[NDArray[np.intp], list[str]]:
    """Read a column of text as codes into its sorted distinct values.

    Parameters
    ----------
    column : Series
        Strings or a categorical; unused categories are not values.
    what : str

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
    empty |= np.isin(raw, [i for i, name in enumerate(names) if not name])
    if empty.any():
        raise DataError(f"{what}, row {int(np.argmax(empty)) + 1}: {column.name!r} is empty.")
    values = sorted(set(names))
    place = {name: i for i, name in enumerate(values)}
    return np.array([place[name] for name in names], dtype=np.intp)[raw], values
