"""Series read as they were known: the latest figure at a stamp, how old it is, and when it is too old to use."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.dates import NS_PER_DAY
from data.errors import DataError
from data.kept import Kept
from data.market import MarketData
from data.series.tables import LONG_TABLES


class AsOf(NamedTuple):
    """What was known of a series at stamps.

    Attributes
    ----------
    values : ndarray of shape (n_stamps,)
        NaN where nothing is known, or the last reading is too old.
    ages : ndarray of shape (n_stamps,)
        Whole days from the reading's date to the UTC date of the stamp, of readings too old as well; NaN where
        nothing is known.
    dates : ndarray of shape (n_stamps,), datetime64[D]
        Date of the reading, of readings too old as well; NaT where nothing is known.
    """

    values: NDArray[np.float64]
    ages: NDArray[np.float64]
    dates: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointInTime:
    """One series with the stamps from which its figures were known; read-only.

    Attributes
    ----------
    table : str
        Table of the market that it stands in.
    key : tuple of str
        What names it there, such as ("HSTECH", "pe_ttm").
    known : ndarray of shape (n,), int64
        UTC nanoseconds, ascending; rows known at one stamp are in order of their dates.
    dates : ndarray of shape (n,), datetime64[D]
        What each figure is about. A later row of a date revises the earlier one.
    values : ndarray of shape (n,)
        No NaN: a missing figure is a missing row.
    """

    table: str
    key: tuple[str, ...]
    known: NDArray[np.int64]
    dates: NDArray[np.datetime64]
    values: NDArray[np.float64]

    @property
    def name(self) -> str:
        """The series in words, such as "valuations HSTECH pe_ttm"."""
        return " ".join((self.table, *(part for part in self.key if part)))

    def as_of(self, stamps: NDArray[np.int64], max_age_days: int | None = None) -> AsOf:
        """Read the series at stamps.

        Parameters
        ----------
        stamps : ndarray of shape (n_stamps,), int64
            UTC nanoseconds, in any order.
        max_age_days : int, optional
            Readings older than this are not used; by default the limit of the table in `LONG_TABLES`.

        Returns
        -------
        AsOf
            At each stamp the figure of the latest date known, in the latest revision of it known. A figure for an
            earlier date that comes in afterwards (a revision of the past) does not take its place.

        Examples
        --------
        A figure for Friday the 3rd, known on the 7th and revised on the 9th:

        >>> day = np.array(["2025-01-03", "2025-01-03"], dtype="datetime64[D]")
        >>> known = np.array(["2025-01-07", "2025-01-09"], dtype="datetime64[ns]").astype(np.int64)
        >>> flow = PointInTime(table="flows", key=("CHINA",), known=known, dates=day, values=np.array([5.0, 6.0]))
        >>> asked = ["2025-01-06", "2025-01-07", "2025-01-09", "2025-02-14"]
        >>> found = flow.as_of(np.array(asked, dtype="datetime64[ns]").astype(np.int64))
        >>> found.values.tolist(), found.ages.tolist()
        ([nan, 5.0, 6.0, nan], [nan, 4.0, 6.0, 42.0])
        """
        limit = LONG_TABLES[self.table].stale_after_days if max_age_days is None else max_age_days
        newest = self.dates >= np.maximum.accumulate(self.dates) if len(self.dates) else np.zeros(0, dtype=bool)
        at = np.searchsorted(self.known[newest], stamps, side="right")
        # Position 0 stands for "nothing known yet".
        dates = np.concatenate([[np.datetime64("NaT", "D")], self.dates[newest]])[at]
        values = np.concatenate([[np.nan], self.values[newest]])[at]
        today = np.floor_divide(stamps, NS_PER_DAY)
        ages = np.where(at > 0, (today - dates.astype(np.int64)).astype(np.float64), np.nan)
        return AsOf(np.where(ages <= limit, values, np.nan), ages, dates)


_SERIES = Kept[Mapping[tuple[str, ...], PointInTime]](n_most=len(LONG_TABLES))


def all_series(market: MarketData, table: str) -> Mapping[tuple[str, ...], PointInTime]:
    """Give every series of a table; they are read once a market.

    Parameters
    ----------
    market : MarketData
    table : {"valuations", "flows", "indices", "rates", "holdings_13f", "positioning"}

    Returns
    -------
    mapping of tuple of str to PointInTime
        By key, in alphabetical order, read-only; empty where the market has no such table.

    Raises
    ------
    DataError
        If there is no such table.

    Notes
    -----
    A filing (13F) lists what is held: from its first filing for a quarter on, a filer holds 0 of everything that one
    leaves out. A later filing for the same quarter amends what it lists. Rows of one filing for one name add up (they
    are split by class and manager); puts and calls are series of their own.
    """
    return _SERIES.get(market, table, lambda: MappingProxyType(_read(market, table)))


def _read(market: MarketData, table: str) -> dict[tuple[str, ...], PointInTime]:
    rows = market.table(table)
    if not len(rows):
        return {}
    kind = LONG_TABLES[table]
    columns = list(kind.key_in(rows.columns))
    if table == "holdings_13f":
        rows = _with_closed_positions(rows, columns)
    rows = rows.assign(**{column: rows[column].astype(object).fillna("").astype(str) for column in columns})
    rows = rows.sort_values([*columns, "known", "date"], kind="stable")
    found = {}
    for group, own in rows.groupby(columns, sort=True):
        key = tuple(map(str, group))
        parts = (
            own["known"].to_numpy(dtype=np.int64, copy=True),
            own["date"].to_numpy().astype("datetime64[D]"),
            own[kind.value].to_numpy(dtype=np.float64, copy=True),
        )
        for part in parts:
            part.flags.writeable = False
        found[key] = PointInTime(table=table, key=key, known=parts[0], dates=parts[1], values=parts[2])
    return found


def series(market: MarketData, table: str, *key: str) -> PointInTime:
    """Give one series of a market.

    Parameters
    ----------
    market : MarketData
    table : str
    *key : str
        Entity and metric of a valuation, filer, symbol and type (empty for shares) of a 13F position, and
        entity, index or series elsewhere.

    Returns
    -------
    PointInTime

    Raises
    ------
    DataError
        If the market has no such table or series; the message names those it has.

    Examples
    --------
    >>> from data.load import load
    >>> series(load("demo"), "valuations", "HSTECH", "pe_ttm").name
    'valuations HSTECH pe_ttm'
    """
    found = all_series(market, table)
    if key not in found:
        have = ", ".join(" ".join(one).strip() for one in list(found)[:12]) or "none"
        raise DataError(f"Market {market.name!r} has no series {' '.join(key)!r} in {table}. It has: {have}.")
    return found[key]


def _with_closed_positions(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Add up the rows of a filing, and a row of 0 for each name the filer held before or after and did not list."""
    rows = rows.assign(**{column: rows[column].astype(object).fillna("").astype(str) for column in columns})
    rows = rows.rename(columns={"period": "date"})
    listed = rows.groupby([*columns, "date", "known"], as_index=False)["value_usd"].sum()
    first = listed.groupby(["filer", "date"], as_index=False)["known"].min()
    possible = first.merge(listed[columns].drop_duplicates(), on="filer")
    merged: pd.DataFrame = possible.merge(listed, on=[*columns, "date", "known"], how="outer")
    return merged.fillna({"value_usd": 0.0})
