"""The table of borrowing: rows of date, symbol, fee and available shares, made into readings by name."""

import numpy as np
import pandas as pd

from data.borrow import Borrow, BorrowReadings
from data.calendars import local_stamps
from data.checks.finding import Finding
from data.errors import DataError
from data.sources.origin import Origin
from data.sources.tidy import codes, days, numbers, repeated, require_columns, stamps

MIDNIGHT = pd.Timedelta(0)


def read_borrow(given: pd.DataFrame, what: Origin, priced: tuple[str, ...]) -> tuple[Borrow, list[Finding]]:
    """Read and check a table of borrowing.

    Parameters
    ----------
    given : DataFrame
        Columns date, symbol, fee_pct (percent a year; empty where not known); optional available (shares; empty where
        there is no limit), known.
    what : Origin
    priced : tuple of str
        Names with prices; rows of others are passed over.

    Returns
    -------
    borrow : Borrow
        Each reading known from `known`; without it from 00:00 UTC of the day after its date.
    findings : list of Finding

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, a negative number, or two readings of a name for one date known at one
        stamp.
    """
    require_columns(given, ("date", "symbol", "fee_pct"), what)
    dates = days(given["date"], what)
    symbol, symbols = codes(given["symbol"], what)
    fee = numbers(given["fee_pct"], what)
    available = np.full(len(given), np.inf)
    if "available" in given.columns:
        limit = numbers(given["available"], what)
        available = np.where(np.isnan(limit), np.inf, limit)
    for name, values in (("fee_pct", fee), ("available", available)):
        wrong = np.flatnonzero(values < 0)
        if len(wrong):
            row = int(wrong[0])
            which = f"{name} of {symbols[symbol[row]]} on {dates[row]}"
            said = f"{what.row(row)}: {which} is {values[row]:g}; it must be zero or more."
            raise DataError(said, check="D603", rows=wrong)
    known = stamps(given["known"], what) if "known" in given.columns else local_stamps(dates + 1, MIDNIGHT, "UTC")
    order = np.lexsort([known, dates, symbol])
    again = repeated(order, symbol, dates, known)
    if len(again):
        row = int(again[0])
        said = f"{what.row(row)}: a second row of {symbols[symbol[row]]} on {dates[row]}. Keep one."
        raise DataError(said, check="D206", rows=again)
    readings = {}
    for place, name in enumerate(symbols):
        if name in priced:
            mine = order[symbol[order] == place]
            parts = dates[mine], known[mine], fee[mine], available[mine]
            for part in parts:
                part.flags.writeable = False
            readings[name] = BorrowReadings(days=parts[0], known=parts[1], fee=parts[2], available=parts[3])
    findings = []
    n_unpriced = len(symbols) - len(readings)
    if n_unpriced:
        findings.append(Finding("D608", f"{what}: {n_unpriced} names without prices are passed over."))
    if np.isnan(fee).any():
        said = f"{what}: {int(np.isnan(fee).sum())} rows have no fee; it is not known from then on."
        findings.append(Finding("D208", said))
    return Borrow(readings), findings
