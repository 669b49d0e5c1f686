"""Tax withheld from dividends, by where a name is listed and who holds it."""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.venues import venue as venue_of

INVESTORS = ("us", "offshore")


@cache
def _schedules() -> pd.DataFrame:
    path = resources.files("data") / "datasets" / "withholding.csv"
    with path.open(encoding="utf-8") as file:
        table = pd.read_csv(file, parse_dates=["from", "to"], dtype={"listing": str, "assumption": str})
    table[["listing", "assumption"]] = table[["listing", "assumption"]].fillna("")
    return table


def withholding_schedules() -> pd.DataFrame:
    """Read the table of rates.

    Returns
    -------
    DataFrame
        A copy, with columns venue, listing (empty: not known which), investor, from, to (ex dates, both included, NaT:
        open), rate (fraction of the gross dividend), status, source, assumption (empty where the row is a fact); see
        `datasets/SOURCES.md`.
    """
    return _schedules().copy()


def withholding_rates(
    venue: str, dates: NDArray[np.datetime64], investor: str = "offshore", *, listing: str = ""
) -> NDArray[np.float64]:
    """Give the share of a gross dividend that is withheld.

    Parameters
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_dates,), datetime64
        Ex dates, in any order.
    investor : str
        "us": a fund or person taxed in the United States; "offshore": a fund without treaty, such as a Cayman one.
    listing : str
        What kind of company it is, where known: "adr" in New York, "mainland" (H share or red chip) or "other" in
        Hong Kong. Without it the venue's default is taken, and `withholding_assumptions` names it.

    Returns
    -------
    ndarray of shape (n_dates,), float64
        Fractions of the dividend. Before the first rate known the first is taken.

    Raises
    ------
    DataError
        If the venue, the kind of investor or the kind of listing is unknown, or a date is NaT.

    Notes
    -----
    What is withheld at the source only: no tax at home, no refund, no fee of a depositary. A market whose own rows of
    dividends carry a rate should use that instead.

    References
    ----------
    .. [1] IRS Publication 515, Withholding of Tax on Nonresident Aliens and Foreign Entities.
    .. [2] Caishui [2014] No. 81 (Stock Connect); Guoshuihan [2008] No. 897 (H shares).

    Examples
    --------
    >>> days = np.array(["2024-06-13"], dtype="datetime64[D]")
    >>> withholding_rates("XNYS", days).tolist(), withholding_rates("XNYS", days, "us").tolist()
    ([0.3], [0.0])
    """
    days, rows = _days(venue, dates), _rows_of(venue, investor, listing)
    rates = np.full(len(days), float(rows["rate"].iloc[0]))
    for first, rate in zip(rows["from"], rows["rate"], strict=True):  # each row ends where the next begins
        if not pd.isna(first):
            rates[days >= np.datetime64(first, "D")] = rate
    return rates


def withholding_assumptions(
    venue: str, dates: NDArray[np.datetime64], investor: str = "offshore", *, listing: str = ""
) -> tuple[str, ...]:
    """Name what the rates of these dates rest on besides facts.

    Parameters
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_dates,), datetime64
        Ex dates, in any order.
    investor, listing : str
        As for `withholding_rates`.

    Returns
    -------
    tuple of str
        Sentences for the report, in the order of the table; empty if every rate is a fact, or there are no dates.

    Raises
    ------
    DataError
        As `withholding_rates` does.

    Examples
    --------
    >>> withholding_assumptions("XNYS", np.array(["2024-06-13"], dtype="datetime64[D]"))
    ('Withholding, XNYS: Every listing in New York is taken for a US company.',)
    """
    days, rows = _days(venue, dates), _rows_of(venue, investor, listing)
    if not len(days):
        return ()
    found = []
    start = rows["from"].iloc[0]
    if not pd.isna(start) and days.min() < np.datetime64(start, "D"):
        rate = rows["rate"].iloc[0]
        found.append(f"No rate is known before {start:%Y-%m-%d}; the first one, {rate:.0%}, is taken.")
    for first, last, assumption in zip(rows["from"], rows["to"], rows["assumption"], strict=True):
        inside = np.ones(len(days), dtype=bool)
        if not pd.isna(first):
            inside &= days >= np.datetime64(first, "D")
        if not pd.isna(last):
            inside &= days <= np.datetime64(last, "D")
        if assumption and inside.any():
            found.append(assumption)
    return tuple(f"Withholding, {venue}: {sentence}" for sentence in found)


def _days(venue: str, dates: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    days = np.asarray(dates).astype("datetime64[D]")
    if np.isnat(days).any():
        raise DataError(f"A dividend at {venue_of(venue).code} has no ex date.")
    return days


@cache
def _rows_of(venue: str, investor: str, listing: str) -> pd.DataFrame:
    code = venue_of(venue).code
    if investor not in INVESTORS:
        raise DataError(f"Unknown kind of investor {investor!r}. Known: {', '.join(INVESTORS)}.")
    table = _schedules()
    mine = table[(table["venue"] == code) & (table["investor"] == investor)]
    rows = mine[mine["listing"] == listing]
    if rows.empty:
        known = ", ".join(repr(kind) for kind in mine["listing"].unique() if kind)
        raise DataError(f"Unknown kind of listing {listing!r} at {code}. Known: {known or 'none; leave it out'}.")
    return rows
