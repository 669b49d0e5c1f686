"""Dated cost schedules: stamp duty, levies and fees by venue, side and date, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.venues import venue as venue_of

BUY, SELL = 0, 1

# Every kind of cost a trade can carry, in the order of a contract note; the report and files keep it.
COST_KINDS = (
    "stamp_duty",
    "sfc_levy",
    "afrc_levy",
    "trading_fee",
    "trading_tariff",
    "settlement_fee",
    "handling_fee",
    "management_fee",
    "transfer_fee",
    "section31_fee",
    "taf_fee",
    "commission",
    "half_spread",
    "impact",
    "fx_spread",
    "other_cost",
)
# What holding costs, beside what trading does.
HOLDING_KINDS = ("borrow_fee", "withholding")


EVER, NEVER = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleRow:
    """One row of the table.

    Attributes
    ----------
    kind : str
        Of `COST_KINDS`.
    first, last : datetime64[D]
        Both included; `EVER` and `NEVER` where open.
    sides : tuple of int
        BUY, SELL or both.
    amounts : mapping of str to float
        rate, per_share, fixed, min and max; NaN where the row has none.
    rounding : str
    """

    kind: str
    first: np.datetime64
    last: np.datetime64
    sides: tuple[int, ...]
    amounts: Mapping[str, float]
    rounding: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeeRates:
    """Rates of one kind of name at one venue, by date, kind and side.

    Attributes
    ----------
    kinds : tuple of str, length n_kinds
        From `COST_KINDS`.
    rates : ndarray of shape (n_dates, n_kinds, 2)
        Fraction of notional on a buy and on a sell.
    assumptions : tuple of str
        Dates that no schedule covers, and what was taken instead.
    """

    kinds: tuple[str, ...]
    rates: NDArray[np.float64]
    assumptions: tuple[str, ...]

    def total(self) -> NDArray[np.float64]:
        """Add up the kinds.

        Returns
        -------
        ndarray of shape (n_dates, 2)
        """
        total: NDArray[np.float64] = self.rates.sum(axis=1)
        return total


@cache
def _cost_schedules() -> pd.DataFrame:
    path = resources.files("data") / "datasets" / "cost_schedules.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=["from", "to"], dtype={"exempt": str})


def cost_schedules() -> pd.DataFrame:
    """Read the table of dated rates.

    Returns
    -------
    DataFrame
        A copy, with columns venue, kind, side, from, to (both included, NaT: open), rate (fraction of notional),
        per_share, fixed, min, max (currency a trade), rounding, exempt, status, source; NaN where a row has none. See
        `datasets/SOURCES.md`.
    """
    return _cost_schedules().copy()


def proportional_rates(venue: str, dates: NDArray[np.datetime64], *, is_etf: bool = False) -> FeeRates:
    """Give the rates in proportion to notional in force at a venue.

    Parameters
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_dates,), datetime64[D]
        Local trading dates, ascending.
    is_etf : bool
        Exchange-traded funds are exempt from some duties.

    Returns
    -------
    FeeRates
        Minima, maxima, fixed parts, rounding and fees by share are not in it; `notes.contract_note` has them.

    Raises
    ------
    DataError
        If the venue is unknown.

    Notes
    -----
    Before the first rate known of a kind the first is taken, after the last the last, and each such assumption
    is named.

    Examples
    --------
    >>> days = np.array(["2023-11-16", "2023-11-17"], dtype="datetime64[D]")
    >>> found = proportional_rates("XHKG", days)
    >>> found.rates[:, found.kinds.index("stamp_duty"), BUY].tolist()
    [0.0013, 0.001]
    """
    rows = [row for row in schedule_rows(venue, is_etf=is_etf) if not np.isnan(row.amounts["rate"])]
    kinds = tuple(dict.fromkeys(row.kind for row in rows))
    rates = np.zeros((len(dates), len(kinds), 2))
    covered = np.zeros((len(dates), len(kinds)), dtype=bool)
    for row in rows:
        inside = slice(np.searchsorted(dates, row.first), np.searchsorted(dates, row.last, side="right"))
        covered[inside, kinds.index(row.kind)] = True
        for side in row.sides:
            rates[inside, kinds.index(row.kind), side] += row.amounts["rate"]
    assumptions = []
    for position in np.flatnonzero(~covered.all(axis=0)).tolist():
        mine = [row for row in rows if row.kind == kinds[position]]
        first, last = min(mine, key=lambda row: row.first), max(mine, key=lambda row: row.last)
        for edge, gap in ((first, dates < first.first), (last, dates > last.last)):
            if gap.any():
                for side in edge.sides:
                    rates[gap, position, side] = edge.amounts["rate"]
                assumptions.append(
                    f"{venue} {kinds[position]} is not known for {dates[gap].min()} to {dates[gap].max()}; "
                    f"{edge.amounts['rate']:.5%} of notional is assumed."
                )
    return FeeRates(kinds=kinds, rates=rates, assumptions=tuple(assumptions))


@cache
def schedule_rows(venue: str, *, is_etf: bool) -> tuple[ScheduleRow, ...]:
    """Give the rows of the table that charge a kind of name at a venue.

    Parameters
    ----------
    venue : str
        Market identifier.
    is_etf : bool
        Exchange-traded funds are exempt from some duties.

    Returns
    -------
    tuple of ScheduleRow
        In the order of `COST_KINDS`, of one kind in the order of the table.

    Raises
    ------
    DataError
        If the venue is unknown.
    """
    table = _cost_schedules()
    table = table[table["venue"] == venue_of(venue).code]
    if is_etf:
        table = table[table["exempt"] != "etf"]
    sides = {"both": (BUY, SELL), "buy": (BUY,), "sell": (SELL,)}
    rows = [
        ScheduleRow(
            kind=row["kind"],
            first=EVER if pd.isna(row["from"]) else np.datetime64(row["from"], "D"),
            last=NEVER if pd.isna(row["to"]) else np.datetime64(row["to"], "D"),
            sides=sides[row["side"]],
            amounts={column: float(row[column]) for column in ("rate", "per_share", "fixed", "min", "max")},
            rounding=row["rounding"],
        )
        for row in table.to_dict("records")
    ]
    return tuple(sorted(rows, key=lambda row: COST_KINDS.index(row.kind)))
