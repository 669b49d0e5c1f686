"""Disclosure breaks: series whose publisher stopped or changed them, so that later rows are another thing."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.facts import read_facts
from data.series.tables import LONG_TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The end of a series as it was.

    Attributes
    ----------
    table : str
    pattern : str
        Entities that it is about, upper case, "*" for anything.
    last_date : datetime64[D]
        Date of the last figure of the old kind.
    announced : datetime64[D]
        When the publisher said so.
    what : str
        What changed.
    status : str
        How sure it is.
    source : str
    """

    table: str
    pattern: str
    last_date: np.datetime64
    announced: np.datetime64
    what: str
    status: str
    source: str


@cache
def known_breaks() -> tuple[Break, ...]:
    """Give the breaks that come with Eastbound.

    Returns
    -------
    tuple of Break
        See `datasets/SOURCES.md`.
    """
    rows = read_facts("disclosure_breaks.csv").to_dict("records")
    return tuple(
        Break(
            table=row["table"],
            pattern=row["entity"],
            last_date=np.datetime64(row["last_date"], "D"),
            announced=np.datetime64(row["announced"], "D"),
            what=row["what"],
            status=row["status"],
            source=row["source"],
        )
        for row in rows
    )


def breaks_of(table: str, entity: str) -> tuple[Break, ...]:
    """Give the breaks of a series.

    Parameters
    ----------
    table : str
    entity : str
        In any case.

    Returns
    -------
    tuple of Break

    Examples
    --------
    >>> [str(one.last_date) for one in breaks_of("flows", "Northbound")]
    ['2024-08-16']
    >>> breaks_of("flows", "CHINA")
    ()
    """
    return tuple(one for one in known_breaks() if one.table == table and fnmatchcase(entity.upper(), one.pattern))


def crossed(table: str, entity: str, first: np.datetime64, last: np.datetime64) -> tuple[Break, ...]:
    """Give the breaks that a stretch of dates crosses.

    Parameters
    ----------
    table, entity : str
    first, last : datetime64[D]
        First date read, last date on which the series is to stand for something.

    Returns
    -------
    tuple of Break
        Those with `first` up to their last date and `last` after it.
    """
    return tuple(one for one in breaks_of(table, entity) if first <= one.last_date < last)


def rows_after_break(table: str, frame: pd.DataFrame) -> NDArray[np.intp]:
    """Find rows of a series dated after its publisher stopped it: whoever filled them in, it was not he.

    Parameters
    ----------
    table : str
        Name of the table.
    frame : DataFrame
        With the table's columns of date (any form of datetime64) and entity.

    Returns
    -------
    ndarray of int
        Positions in the frame, ascending; empty where the table has no such columns.
    """
    kind = LONG_TABLES.get(table)
    if kind is None or kind.entity not in frame.columns or kind.date not in frame.columns:
        return np.zeros(0, dtype=np.intp)
    late = np.zeros(len(frame), dtype=bool)
    dates = frame[kind.date].to_numpy().astype("datetime64[D]")
    codes, entities = pd.factorize(frame[kind.entity].astype(str).str.strip())
    for place, entity in enumerate(entities):
        for one in breaks_of(table, str(entity)):
            late |= (codes == place) & (dates > one.last_date)
    return np.flatnonzero(late)
