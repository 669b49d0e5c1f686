"""Long tables of series, each row stamped with when it became known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar, local_stamps
from data.checks.finding import Finding
from data.dates import FAR_EAST
from data.errors import DataError, blaming
from data.series.breaks import rows_after_break
from data.series.tables import LAUNCHED, LONG_TABLES
from data.sources.origin import Origin
from data.sources.tidy import codes, days, numbers, repeated, require_columns, stamps

INDEX_VENUES = {
    "HSTECH": "XHKG",
    "HSI": "XHKG",
    "NDX": "XNYS",
    "SPX": "XNYS",
    "VIX": "XNYS",
    "CSI300": "XSHG",
    "CSI500": "XSHG",
}
TEXT = ("entity", "metric", "index", "series", "symbol", "filer")
MIDNIGHT = pd.Timedelta(0)
FIRST_CLOSE = 7 * 3600 * 10**9  # nanoseconds after 00:00 UTC: the mainland closes first


def known_tables(
    given: Mapping[str, pd.DataFrame | None], calendars: Mapping[str, Calendar], where: Mapping[str, str | Origin]
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Check long tables and stamp each row with when it became known.

    Parameters
    ----------
    given : mapping of str to DataFrame or None
        Tables by name.
    calendars : mapping of str to Calendar
        For the closes of indices.
    where : mapping of str to str or Origin
        File of each table, for messages.

    Returns
    -------
    tables : dict of str to DataFrame
        Columns as given, dates as datetime64, text as str, and `known` in UTC nanoseconds; sorted by `known`, then
        by the other columns. Rows with an empty value are left out.
    findings : list of Finding

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, or two figures for one thing known at one stamp.

    Notes
    -----
    Known from: valuations and rates from the day after their date, UTC; flows and positioning from their
    `known` column (flows without one: the day after); indices from their market's close; 13F filings from
    00:00 in New York of the day after `filed`.
    """
    tables, findings = {}, list[Finding]()
    for name, table in given.items():
        if table is not None:
            what = Origin.of(where.get(name, name), table)
            with blaming(name):
                tables[name] = _known_table(name, table, calendars, what, findings)
    return tables, findings


def _known_table(
    name: str, table: pd.DataFrame, calendars: Mapping[str, Calendar], what: Origin, findings: list[Finding]
) -> pd.DataFrame:
    kind = LONG_TABLES[name]
    require_columns(table, kind.needed, what)
    clean, ranks = table.copy(), dict[str, NDArray[Any]]()
    for column in ("date", "filed", "period"):
        if column in clean.columns:
            clean[column] = days(clean[column], what).astype("datetime64[ns]")
    for column in TEXT:
        if column in clean.columns:
            if name == "holdings_13f" and column == "symbol":
                # A filing holds positions outside the names we know; they have no symbol.
                clean[column] = clean[column].astype(object).where(clean[column].notna(), "-")
            ranks[column], names = codes(clean[column], what)
            clean[column] = np.array(names, dtype=object)[ranks[column]]
    values = numbers(clean[kind.value], what)
    clean[kind.value] = values
    if name == "indices" and (values <= 0).any():
        row = int(np.argmax(values <= 0))
        raise DataError(
            f"{what.row(row)}: close of {clean['index'].iloc[row]} is {values[row]:g}; it must be positive.",
            check="D301",
            rows=np.flatnonzero(values <= 0),
        )
    if name == "flows" and "known" not in clean.columns:
        said = f"{what}: no column 'known'; each figure counts as known from the next day."
        findings.append(Finding("D509", said))
    clean["known"] = _known(name, clean, calendars, what)
    _refuse_foresight(name, clean, what)
    findings += _doubts(name, clean, what)
    return _in_order(name, clean, ranks, what)


def _refuse_foresight(name: str, clean: pd.DataFrame, what: Origin) -> None:
    """Raise where a figure was known before it could be."""
    if name == "holdings_13f":
        early, said = (clean["filed"] <= clean["period"]).to_numpy(), "was filed before the end of its period"
        named = ("symbol", "filer")
    elif name in ("flows", "positioning"):
        begun = clean["date"].to_numpy().astype("datetime64[ns]").astype(np.int64) - FAR_EAST
        early, said = clean["known"].to_numpy() < begun, "has 'known' before its date has begun anywhere"
        named = ("entity", "date")
    else:
        return
    if early.any():
        row = int(np.argmax(early))
        which = " of ".join(_shown(clean[column].iloc[row]) for column in named)
        raise DataError(
            f"{what.row(row)}: {which} {said} ({int(early.sum())} such rows in all). Mend it, or drop the row.",
            check="D501",
            rows=np.flatnonzero(early),
        )


def _doubts(name: str, clean: pd.DataFrame, what: Origin) -> list[Finding]:
    doubts = []
    n_empty = int(clean[LONG_TABLES[name].value].isna().sum())
    if n_empty:
        doubts.append(Finding("D208", f"{what}: {n_empty} rows have no value and are not used."))
    ended = rows_after_break(name, clean)
    if len(ended):
        row, n_ended = int(ended[0]), len(ended)
        which = f"{clean[LONG_TABLES[name].entity].iloc[row]} of {_shown(clean['date'].iloc[row])}"
        said = f"{what.row(row)}: {which} stands after the last day on which that was published"
        doubts.append(Finding("D508", f"{said} ({n_ended} such rows in all).", do="See where they come from."))
    if name in ("flows", "positioning"):
        dates = clean["date"].to_numpy().astype("datetime64[ns]").astype(np.int64)
        early = np.flatnonzero(clean["known"].to_numpy() < dates + FIRST_CLOSE)
        if len(early):
            row = int(early[0])
            said = (
                f"{what.row(row)}: {clean['entity'].iloc[row]} of {_shown(clean['date'].iloc[row])} is known before any"
            )
            said += f" close of that date ({len(early)} such rows in all)."
            doubts.append(Finding("D512", said, do="A figure of a day is known after it: see what `known` says."))
    if name == "indices":
        for index, launch in LAUNCHED.items():
            n_back = int(((clean["index"] == index) & (clean["date"] < launch)).sum())
            if n_back:
                said = f"{what}: {index} before its launch on {launch} ({n_back} rows) was calculated backwards."
                doubts.append(Finding("D510", said))
    return doubts


def _in_order(name: str, clean: pd.DataFrame, ranks: Mapping[str, NDArray[Any]], what: Origin) -> pd.DataFrame:
    """Sort by stamp, then by everything else, so that the order of the rows given does not matter."""
    kind = LONG_TABLES[name]
    # One figure per series, date and stamp; where further columns may tell series apart, all of them do.
    others = tuple(column for column in clean.columns if column not in (kind.value, "known"))
    key = others if kind.optional_key else (kind.date, *kind.key)
    by = ["known", *key, *(column for column in clean.columns if column not in key and column != "known")]
    rank = {column: ranks[column] if column in ranks else _rank(clean[column]) for column in by}
    order = np.lexsort([rank[column] for column in reversed(by)])
    if name != "holdings_13f":  # one filing may list a name several times, by class or by manager
        again = repeated(order, *(rank[column] for column in ("known", *key)))
        if len(again):
            row = int(again[0])
            said = ", ".join(_shown(clean[column].iloc[row]) for column in key)
            raise DataError(f"{what.row(row)}: a second row of {said}. Keep one.", check="D206", rows=again)
    ordered = clean.iloc[order]
    return ordered[ordered[kind.value].notna()].reset_index(drop=True)


def _rank(column: pd.Series) -> NDArray[Any]:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufM":
        return column.to_numpy()
    return pd.factorize(column.astype(str), sort=True)[0]


def _shown(cell: object) -> str:
    return str(cell.date()) if isinstance(cell, pd.Timestamp) else str(cell)


def _known(name: str, table: pd.DataFrame, calendars: Mapping[str, Calendar], what: Origin) -> NDArray[np.int64]:
    if name == "holdings_13f":
        filed = table["filed"].to_numpy().astype("datetime64[D]")
        return local_stamps(filed + 1, MIDNIGHT, "America/New_York")
    dates = table["date"].to_numpy().astype("datetime64[D]")
    if "known" in table.columns and name in ("flows", "positioning"):
        return stamps(table["known"], what)
    known = local_stamps(dates + 1, MIDNIGHT, "UTC")
    if name != "indices":
        return known
    for index, venue in INDEX_VENUES.items():
        if venue in calendars:
            rows = np.flatnonzero((table["index"] == index).to_numpy())
            session = calendars[venue].index_of(dates[rows])
            known[rows] = np.where(session >= 0, calendars[venue].closes[session], known[rows])
    return known
