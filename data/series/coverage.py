"""What the series of a market cover, and whether each is still fresh at its end."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.market import MarketData
from data.series.point_in_time import all_series
from data.series.tables import LONG_TABLES

COVERAGE_COLUMNS = [
    *("table", "key", "first_date", "last_date", "last_known", "n_dates", "n_revisions"),
    *("usual_step_days", "longest_gap_days", "age_days", "limit_days", "is_stale"),
]


def coverage(market: MarketData) -> pd.DataFrame:
    """Say from when to when each series of a market is there, and whether it is still fresh at its end.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    DataFrame
        One row per series (of `holdings_13f` per filer): table, key, first_date, last_date, last_known (UTC), n_dates,
        n_revisions (rows that revise an earlier one), usual_step_days (median between dates), longest_gap_days,
        age_days (of the last reading known at the market's end, counted to its last day), limit_days, is_stale.
        Steps and gaps are NaN where there is one date only, the age where nothing is known by then.
    """
    last_day = market.last_day
    stamp = (last_day + 1).astype("datetime64[ns]").astype(np.int64)
    lines = []
    for table, kind in LONG_TABLES.items():
        for key, known, dates in _histories(market, table):
            distinct = np.unique(dates)
            steps = np.diff(distinct).astype(np.float64)
            by_then = dates[known <= stamp]
            age = float((last_day - by_then.max()).astype(np.int64)) if len(by_then) else np.nan
            lines.append(
                {
                    "table": table,
                    "key": key,
                    "first_date": pd.Timestamp(distinct[0]),
                    "last_date": pd.Timestamp(distinct[-1]),
                    "last_known": pd.Timestamp(int(known.max()), tz="UTC"),
                    "n_dates": len(distinct),
                    "n_revisions": len(dates) - len(distinct),
                    "usual_step_days": float(np.median(steps)) if len(steps) else np.nan,
                    "longest_gap_days": float(steps.max()) if len(steps) else np.nan,
                    "age_days": age,
                    "limit_days": kind.stale_after_days,
                    "is_stale": not age <= kind.stale_after_days,
                }
            )
    return pd.DataFrame(lines, columns=COVERAGE_COLUMNS)


def _histories(market: MarketData, table: str) -> list[tuple[str, NDArray[np.int64], NDArray[np.datetime64]]]:
    """List the series of a table with their stamps and dates; of 13F the filings."""
    if table != "holdings_13f":
        return [(" ".join(key).strip(), one.known, one.dates) for key, one in all_series(market, table).items()]
    rows = market.table(table)
    if not len(rows):
        return []
    filings = rows[["filer", "period", "known"]].drop_duplicates()
    return [
        (str(filer), own["known"].to_numpy(), own["period"].to_numpy().astype("datetime64[D]"))
        for filer, own in filings.groupby("filer", sort=True)
    ]
