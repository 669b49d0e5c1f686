"""Stamps and days that a person gives to a function."""

import datetime as dt

import numpy as np
import pandas as pd

from data.dates import read_day
from data.errors import DataError


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
        If it is no stamp, or has no time zone.
    """
    if isinstance(stamp, (int, np.integer)) and not isinstance(stamp, bool):
        return int(stamp)
    try:
        given = pd.Timestamp(stamp)
    except (ValueError, TypeError) as error:
        raise DataError(f"{stamp!r} is no stamp; write it as 2025-02-14 21:00Z.") from error
    if pd.isna(given):
        raise DataError(f"{stamp!r} is no stamp; write it as 2025-02-14 21:00Z.")
    if given.tz is None:
        raise DataError(f"Stamp {given} has no time zone; say which, for example {given}Z for UTC.")
    return int(given.tz_convert("UTC").as_unit("ns").value)


def as_day(value: object, what: str) -> np.datetime64:
    """Read a date given by a person.

    Parameters
    ----------
    value : date-like
        Of a datetime its date; of text see `data.dates.read_day`.
    what : str
        What it is, for the message.

    Returns
    -------
    datetime64[D]

    Raises
    ------
    DataError
        If it is none; text has the year first, and no time of day.
    """
    if isinstance(value, (dt.datetime, np.datetime64)) and not pd.isna(value):
        value = np.datetime64(pd.Timestamp(value).date(), "D")  # the date that it shows
    try:
        return read_day(value)
    except ValueError as error:
        raise DataError(f"{what} {value!r} {error}.") from error
