"""Dated cost schedules: stamp duty, levies and fees by venue, side and date, each with its source."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True, kw_only=True)
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
        return self.rates.sum(axis=1)


@cache
def cost_schedules() -> pd.DataFrame:
    """Read the table of dated rates.

    Returns
    -------
    DataFrame
        Columns venue, kind, side, from, to (both included, NaT: open), rate (fraction of notional), per_share,
        exempt, status, source; see `datasets/SOURCES.md`.
    """
    path = resources.files("data") / "datasets" / "cost_schedules.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=["from", "to"], dtype={"exempt": str})


def proportional_rates(venue: str, dates: NDArray[np.datetime64], *, is_etf: bool = False) -> FeeRates:
    """Give the rates in proportion to notional in force at a venue.

    Parameters
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_dates,), datetime64[D]
        Local trading dates.
    is_etf : bool
        Exchange-traded funds are exempt from some duties.

    Returns
    -------
    FeeRates
        Minima, maxima, rounding and fees by share are not in it.

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
    table = cost_schedules()
    table = table[(table["venue"] == venue) & table["rate"].notna()]
    if is_etf:
        table = table[table["exempt"] != "etf"]
    kinds = tuple(kind for kind in COST_KINDS if (table["kind"] == kind).any())
    rates = np.zeros((len(dates), len(kinds), 2))
    assumptions = []
    for position, kind in enumerate(kinds):
        rows = table[table["kind"] == kind]
        covered = np.zeros(len(dates), dtype=bool)
        sides = {"both": [BUY, SELL], "buy": [BUY], "sell": [SELL]}
        for row in rows.to_dict("records"):
            inside = _inside(dates, row["from"], row["to"])
            covered |= inside
            rates[np.ix_(inside, [position], sides[row["side"]])] += row["rate"]
        if covered.all() or not len(dates):
            continue
        ordered = rows.sort_values("from", na_position="first")
        for edge, gap in ((ordered.iloc[0], _before(dates, ordered.iloc[0])), (ordered.iloc[-1], _after(dates, ordered))):
            if gap.any():
                rates[np.ix_(gap, [position], sides[edge["side"]])] = edge["rate"]
                assumptions.append(
                    f"{venue} {kind} is not known for {dates[gap][0]} to {dates[gap][-1]}; "
                    f"{edge['rate']:.4%} of notional is assumed."
                )
    return FeeRates(kinds=kinds, rates=rates, assumptions=tuple(assumptions))


def _inside(dates: NDArray[np.datetime64], first: pd.Timestamp, last: pd.Timestamp) -> NDArray[np.bool_]:
    inside = np.ones(len(dates), dtype=bool)
    if not pd.isna(first):
        inside &= dates >= np.datetime64(first, "D")
    if not pd.isna(last):
        inside &= dates <= np.datetime64(last, "D")
    return inside


def _before(dates: NDArray[np.datetime64], row: pd.Series) -> NDArray[np.bool_]:
    if pd.isna(row["from"]):
        return np.zeros(len(dates), dtype=bool)
    return dates < np.datetime64(row["from"], "D")


def _after(dates: NDArray[np.datetime64], rows: pd.DataFrame) -> NDArray[np.bool_]:
    if rows["to"].isna().any():
        return np.zeros(len(dates), dtype=bool)
    return dates > np.datetime64(rows["to"].max(), "D")
