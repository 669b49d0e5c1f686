"""Long tables of series, each row stamped with when it became known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar, local_stamps
from data.errors import DataError
from data.sources.tidy import codes, days, numbers, require_columns

COLUMNS = {
    "valuations": ("date", "entity", "metric", "value"),
    "flows": ("date", "entity", "net_usd"),
    "indices": ("date", "index", "close"),
    "rates": ("date", "series", "value"),
    "holdings_13f": ("filer", "period", "filed", "symbol", "value_usd"),
    "positioning": ("date", "entity", "value", "known"),
}
VALUE = {
    "valuations": "value",
    "flows": "net_usd",
    "indices": "close",
    "rates": "value",
    "holdings_13f": "value_usd",
    "positioning": "value",
}
INDEX_VENUES = {
    "HSTECH": "XHKG",
    "HSI": "XHKG",
    "NDX": "XNYS",
    "SPX": "XNYS",
    "VIX": "XNYS",
    "CSI300": "XSHG",
    "CSI500": "XSHG",
}
MIDNIGHT = pd.Timedelta(0)


def known_tables(
    given: Mapping[str, pd.DataFrame | None], calendars: Mapping[str, Calendar], where: Mapping[str, str]
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Check long tables and stamp each row with when it became known.

    Parameters
    ----------
    given : mapping of str to DataFrame or None
        Tables by name.
    calendars : mapping of str to Calendar
        For the closes of indices.
    where : mapping of str to str
        File of each table, for messages.

    Returns
    -------
    tables : dict of str to DataFrame
        Columns as given, dates as datetime64, text as str, and `known` in UTC nanoseconds; sorted by `known`.
    warnings : list of str

    Raises
    ------
    DataError
        On a missing column or an unreadable cell.

    Notes
    -----
    Known from: valuations and rates from the day after their date, UTC; flows and positioning from their
    `known` column (flows without one: the day after); indices from their market's close; 13F filings from
    00:00 in New York of the day after `filed`.
    """
    tables, warnings = {}, []
    for name, table in given.items():
        if table is None:
            continue
        what = where.get(name, name)
        require_columns(table, COLUMNS[name], what)
        clean = table.copy()
        for column in ("date", "filed", "period"):
            if column in clean.columns:
                clean[column] = days(clean[column], what).astype("datetime64[ns]")
        for column in ("entity", "metric", "index", "series", "symbol", "filer"):
            if column in clean.columns:
                if name == "holdings_13f" and column == "symbol":
                    # A filing holds positions outside the names we know; they have no symbol.
                    clean[column] = clean[column].astype(object).where(clean[column].notna(), "-")
                code, names = codes(clean[column], what)
                clean[column] = np.array(names, dtype=object)[code]
        clean[VALUE[name]] = numbers(clean[VALUE[name]], what)
        if name == "flows" and "known" not in clean.columns:
            warnings.append(f"{what}: no column 'known'; each figure counts as known from the next day.")
        clean["known"] = _known(name, clean, calendars, what)
        empty = clean[VALUE[name]].isna()
        if empty.any():
            warnings.append(f"{what}: {int(empty.sum())} rows have no value and are not used.")
        tables[name] = clean[~empty].sort_values("known", kind="stable").reset_index(drop=True)
    return tables, warnings


def _known(
    name: str, table: pd.DataFrame, calendars: Mapping[str, Calendar], what: str
) -> NDArray[np.int64]:
    if name == "holdings_13f":
        filed = table["filed"].to_numpy().astype("datetime64[D]")
        return local_stamps(filed + 1, MIDNIGHT, "America/New_York")
    dates = table["date"].to_numpy().astype("datetime64[D]")
    if "known" in table.columns and name in ("flows", "positioning"):
        return _stamps(table["known"], what)
    next_day = local_stamps(dates + 1, MIDNIGHT, "UTC")
    if name != "indices":
        return next_day
    known = next_day
    for index, venue in INDEX_VENUES.items():
        if venue in calendars:
            rows = np.flatnonzero((table["index"] == index).to_numpy())
            session = calendars[venue].index_of(dates[rows])
            known[rows] = np.where(session >= 0, calendars[venue].closes[session], known[rows])
    return known


def _stamps(column: pd.Series, what: str) -> NDArray[np.int64]:
    # A date alone is known from its start; a stamp with a zone is taken as it is.
    parsed = pd.to_datetime(column, errors="coerce", utc=True)
    bad = parsed.isna().to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{what}, row {row + 1}: {column.iloc[row]!r} in 'known' is no date or stamp.")
    return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)
