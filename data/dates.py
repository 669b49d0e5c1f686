"""Reading one date or stamp as people write them: year first, or not at all.

"02/03/2025" is a day in February or in March, depending on who wrote it: it is refused.
"""

import contextlib
import datetime as dt
import re
import time

import numpy as np
import pandas as pd

NS_PER_DAY = 86_400 * 10**9
FAR_EAST = 14 * 3600 * 10**9  # nanoseconds: where a date begins first
FIRST_DAY, LAST_DAY = np.datetime64("1900-01-01", "D"), np.datetime64("2199-12-31", "D")
YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})(?:(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})|(?P<mm>\d{2})(?P<dd>\d{2}))"
    r"(?:[T ](?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?"
)


class ClockError(ValueError):
    """A date that carries a time of day or a time zone."""


def latest_day() -> np.datetime64:
    """Give the latest date that has begun anywhere by now: what lies after it is still to come.

    Returns
    -------
    datetime64[D]
    """
    return np.datetime64((time.time_ns() + FAR_EAST) // NS_PER_DAY, "D")


def read_day(value: object) -> np.datetime64:
    """Read a date.

    Parameters
    ----------
    value : str, date, datetime, Timestamp, datetime64 or int
        Text has the year first: 2025-02-14, 2025/2/14 or 20250214; of numbers only the last form is a date.

    Returns
    -------
    datetime64[D]

    Raises
    ------
    ValueError
        Saying what is wrong with it, as the end of a sentence. A time of day other than midnight and a time zone
        are wrong: a date is the venue's local one.
    """
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        with contextlib.suppress(ValueError):  # the usual way of writing it, read the fast way
            return _in_range(np.datetime64(dt.date.fromisoformat(value), "D"))
    if isinstance(value, (int, np.integer)) and len(str(value)) == 8:  # 20250214, kept as a number
        value = str(value)
    given = _timestamp(value)
    if given is None:
        raise ValueError("is no date; write it as 2025-02-14")
    if given.tz is not None:
        raise ClockError("has a time zone; give the venue's local date")
    if given != given.normalize():
        raise ClockError("is a time, not a date")
    return _in_range(np.datetime64(given.date(), "D"))


def read_stamp(value: object) -> int:
    """Read a stamp; without a time zone it is UTC, and a date is its first moment.

    Parameters
    ----------
    value : str, date, datetime, Timestamp or datetime64

    Returns
    -------
    int
        UTC nanoseconds.

    Raises
    ------
    ValueError
        Saying what is wrong with it, as the end of a sentence.
    """
    given = _timestamp(value)
    if given is None:
        raise ValueError("is no date or stamp; write it as 2025-02-14 21:00Z")
    _in_range(np.datetime64(given.date(), "D"))
    utc = given.tz_localize("UTC") if given.tz is None else given.tz_convert("UTC")
    return int(utc.as_unit("ns").value)


def says_zone(value: object) -> bool | None:
    """Tell whether a stamp says its time zone.

    Parameters
    ----------
    value : str, date, datetime, Timestamp or datetime64

    Returns
    -------
    bool or None
        None for a date alone, and for what is no stamp.
    """
    given = _timestamp(value)
    if given is None or (given.tz is None and given == given.normalize()):
        return None
    return given.tz is not None


def _in_range(day: np.datetime64) -> np.datetime64:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("is out of range; dates go from 1900 to 2199")
    return day


def _timestamp(value: object) -> pd.Timestamp | None:
    try:
        if isinstance(value, str):
            found = YEAR_FIRST.fullmatch(value.strip())
            if found is None:
                return None
            part = found.groupdict()
            day = f"{part['y']}-{int(part['m'] or part['mm']):02d}-{int(part['d'] or part['dd']):02d}"
            return pd.Timestamp(f"{day} {part['clock'] or '00:00'}{(part['zone'] or '').replace('UTC', 'Z')}")
        if isinstance(value, (dt.date, np.datetime64)):
            given: object = pd.Timestamp(value)
            return given if isinstance(given, pd.Timestamp) else None  # NaT is none
    except ValueError:  # a 30th of February, a year 99999
        return None
    return None
