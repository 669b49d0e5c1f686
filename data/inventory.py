"""What there is: universes, fact tables, and what a market covers, series by series."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.actions import KINDS
from data.dates import NS_PER_DAY
from data.facts import fact_files, read_facts
from data.fx import Series
from data.market import MarketData
from data.series.coverage import coverage
from data.universes import UNKNOWN, Memberships, known_memberships

# Columns of the fact tables that say when a fact holds; what else is dated there says when it was found.
FACT_DATES = ("date", "from", "to", "added", "removed", "listed", "last_date")
NO_DAY = np.datetime64("NaT", "D")
NS_PER_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class UniverseSummary:
    """One universe.

    Attributes
    ----------
    name : str
    n_names : int
        That were members at any time.
    n_spells : int or None
        Stretches of membership; None for a list of today, which has no dates.
    first, last : datetime64[D]
        First and last change by date; NaT where there are no dates.
    """

    name: str
    n_names: int
    n_spells: int | None
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True, slots=True)
class FactTable:
    """One table of `data/datasets`.

    Attributes
    ----------
    file : str
    n_rows : int
    first, last : datetime64[D]
        Of the dates on which a fact begins or ends; NaT where the table has none.
    """

    file: str
    n_rows: int
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True, slots=True)
class Content:
    """One series of a market.

    Attributes
    ----------
    table, series : str
    n_numbers : int
        Numbers it holds.
    first, last : datetime64[D]
        Of its dates; of exchange rates, the days from which the first and the last are known.
    known : datetime64[s]
        UTC stamp from which the last of it is known.
    is_stale : bool
        Its last figure is older at the market's end than the limit of its table.
    """

    table: str
    series: str
    n_numbers: int
    first: np.datetime64
    last: np.datetime64
    known: np.datetime64
    is_stale: bool = False


def universe_summaries(memberships: Memberships | None = None) -> list[UniverseSummary]:
    """Summarise universes.

    Parameters
    ----------
    memberships : mapping of str to tuple of Spell, optional
        By default those that come with Eastbound.

    Returns
    -------
    list of UniverseSummary
        By name; a member that is not known by name does not count.

    Examples
    --------
    >>> [(one.name, one.n_names) for one in universe_summaries() if one.name == "big-seven"]
    [('big-seven', 7)]
    """
    found = []
    for name, spells in sorted((known_memberships() if memberships is None else memberships).items()):
        known = [spell for spell in spells if spell.symbol != UNKNOWN]
        days = [day for spell in known for day in (spell.added, spell.removed) if day is not None]
        found.append(
            UniverseSummary(
                name=name,
                n_names=len({spell.symbol for spell in known}),
                n_spells=len(known) if days else None,
                first=min(days, default=NO_DAY),
                last=max(days, default=NO_DAY),
            )
        )
    return found


def fact_tables() -> list[FactTable]:
    """Summarise the fact tables that come with Eastbound.

    Returns
    -------
    list of FactTable
        By file name.
    """
    found = []
    for file in fact_files():
        table = read_facts(file)
        cells = pd.concat([table[name] for name in FACT_DATES if name in table.columns] or [pd.Series(dtype=str)])
        days = [np.datetime64(cell, "D") for cell in cells.unique() if cell]
        found.append(FactTable(file, len(table), min(days, default=NO_DAY), max(days, default=NO_DAY)))
    return found


def contents(market: MarketData) -> list[Content]:
    """Say what a market holds, series by series.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    list of Content
        Prices by venue and fields that cover the same, exchange rates by pair, the long tables by their series, actions
        by kind, borrowing. What a market has none of is not listed.
    """
    return [*_prices(market), *_rates(market.fx.pairs), *_tables(market), *_actions(market), *_borrow(market)]


def _prices(market: MarketData) -> Iterator[Content]:
    for venue in market.venues(market.symbols):
        columns = [i for i, symbol in enumerate(market.symbols) if market.instruments[symbol].venue == venue]
        alike: dict[tuple[int, int, int, int, int], list[str]] = {}
        for name, matrix in market.price_fields().items():
            has_number = ~np.isnan(matrix[:, columns])
            rows = np.flatnonzero(has_number.any(axis=1))
            if len(rows):
                calendar = market.calendars[venue]
                session = calendar.index_of(market.dates[rows[-1:]])[0]
                known = int((calendar.opens if name == "open" else calendar.closes)[session])
                n_names, n = int(has_number.any(axis=0).sum()), int(has_number.sum())
                alike.setdefault((n_names, n, int(rows[0]), int(rows[-1]), known), []).append(name)
        for (n_names, n, first, last, known), names in alike.items():
            series = f"{venue} {n_names} names: {', '.join(names)}"
            yield Content("prices", series, n, market.dates[first], market.dates[last], _stamp(known))


def _rates(pairs: Mapping[tuple[str, str], Series]) -> Iterator[Content]:
    for (base, quote), (stamps, _) in sorted(pairs.items()):
        if len(stamps):
            yield Content("fx", f"{base}/{quote}", len(stamps), _day(stamps[0]), _day(stamps[-1]), _stamp(stamps[-1]))


def _tables(market: MarketData) -> Iterator[Content]:
    found = coverage(market)
    for name, rows in found.groupby("table", sort=True):
        if name == "holdings_13f":  # by filer there would be hundreds
            series = f"{len(rows)} filers"
            yield _content(
                str(name), series, len(market.tables["holdings_13f"]), rows, is_stale=bool(rows["is_stale"].all())
            )
        else:
            for row in range(len(rows)):
                one = rows.iloc[[row]]
                yield _content(
                    str(name),
                    str(one["key"].iloc[0]),
                    int(one["n_dates"].sum()),
                    one,
                    is_stale=bool(one["is_stale"].all()),
                )


def _content(table: str, series: str, n: int, rows: pd.DataFrame, *, is_stale: bool) -> Content:
    first, last = rows["first_date"].min(), rows["last_date"].max()
    known = rows["last_known"].max().tz_localize(None)
    days = np.datetime64(first, "D"), np.datetime64(last, "D")
    return Content(table, series, n, *days, np.datetime64(known, "s"), is_stale=is_stale)


def _actions(market: MarketData) -> Iterator[Content]:
    actions = market.actions
    for code, kind in enumerate(KINDS):
        chosen = actions.kind == code
        if chosen.any():
            days = actions.ex_date[chosen]
            known = _stamp(actions.known[chosen].max())
            yield Content("actions", kind, int(chosen.sum()), days.min(), days.max(), known)


def _borrow(market: MarketData) -> Iterator[Content]:
    readings = list(market.borrow.readings.values())
    if readings:
        days, known = (np.concatenate([getattr(one, part) for one in readings]) for part in ("days", "known"))
        series = f"{len(readings)} names"
        yield Content("borrow", series, len(days), days.min(), days.max(), _stamp(known.max()))


def _day(stamp: int) -> np.datetime64:
    return np.datetime64(int(stamp) // NS_PER_DAY, "D")


def _stamp(stamp: int) -> np.datetime64:
    return np.datetime64(int(stamp) // NS_PER_SECOND, "s")
