"""Returns by calendar month and year."""

import numpy as np
import pandas as pd

from backtest.errors import BacktestError

MONTHS = tuple(range(1, 13))


def monthly_returns(nav: pd.Series, opening_nav: float) -> pd.DataFrame:
    """Lay out returns by month and year.

    Parameters
    ----------
    nav : Series of length n_dates
        By date, ascending; NaN is left out.
    opening_nav : float
        NAV before the first date.

    Returns
    -------
    DataFrame
        Index `year`; columns 1 to 12 and "year". The last NAV of the month over the last before it, less 1; NaN where
        there was no mark: a return that came meanwhile counts in the next month that has one. Months, and years,
        compound to the total return.

    Raises
    ------
    BacktestError
        If `nav` is not by ascending date.

    Examples
    --------
    >>> dates = pd.to_datetime(["2023-11-30", "2023-12-29", "2024-01-31"])
    >>> table = monthly_returns(pd.Series([110.0, 99.0, 198.0], index=dates), 100.0)
    >>> table[[11, 12, "year"]].round(4).values.tolist()
    [[0.1, -0.1, -0.01], [nan, nan, 1.0]]
    """
    if not isinstance(nav.index, pd.DatetimeIndex):
        raise BacktestError("monthly_returns reads NAV by date: give a Series whose index holds dates.")
    if not nav.index.is_monotonic_increasing:
        raise BacktestError("monthly_returns reads NAV in order of time; its dates do not ascend: sort them.")
    known = nav.dropna()
    dates, values = pd.DatetimeIndex(known.index), known.to_numpy(dtype=np.float64)
    years, months = dates.year.to_numpy(), dates.month.to_numpy()
    span = np.arange(years[0], years[-1] + 1) if len(years) else np.zeros(0, dtype=np.int64)
    table = np.full((len(span), len(MONTHS) + 1), np.nan)
    for group, column in ((years * 12 + months, months - 1), (years, np.full(len(years), len(MONTHS)))):
        last = np.flatnonzero(np.append(group[1:] != group[:-1], True)) if len(group) else np.zeros(0, dtype=np.int64)
        before = np.concatenate([[opening_nav], values[last][:-1]])[: len(last)]
        table[years[last] - span[0] if len(span) else last, column[last]] = values[last] / before - 1.0
    return pd.DataFrame(table, index=pd.Index(span, name="year"), columns=[*MONTHS, "year"])
