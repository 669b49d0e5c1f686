"""Daily bars of Yahoo, as yfinance gives them, made into rows of a market's tables.

Yahoo's open, high, low, close, volume and dividends are adjusted for every split up to the day of asking, and for no
dividend. What was traded is found from the splits that come with them.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import trading_calendar
from data.errors import DataError

Dates = NDArray[np.datetime64]
PRICES = {"open": "Open", "high": "High", "low": "Low", "close": "Close"}
NEEDED = (*PRICES.values(), "Volume")
SHOWN_DAYS = 5


def bars_of(answer: pd.DataFrame, ticker: str, venue: str, first: np.datetime64, last: np.datetime64) -> pd.DataFrame:
    """Make daily bars of one name.

    Parameters
    ----------
    answer : DataFrame
        As of `yfinance.download(..., auto_adjust=False, actions=True)`: one row per day, columns by field, or by field
        and ticker; dates with a time zone or without. It must reach to the day of asking: a split after `last` is in
        every close before it.
    ticker : str
    venue : str
        Days on which it held no session are left out.
    first, last : datetime64[D]

    Returns
    -------
    DataFrame
        Columns date (datetime64[ms]), open, high, low, close (adjusted for splits), volume (shares as traded),
        close_raw (as traded: close times the splits after it), dividends (a share, adjusted for splits, gross). A
        number that is not positive is unknown: NaN; without a close there is no row, and its dividend stands on the
        next. `attrs["notes"]` says what was left out.

    Raises
    ------
    DataError
        If a column is missing: yfinance has changed.
    """
    answer = _one_level(answer, ticker)
    days = _local_days(answer)
    splits = _actions(answer, "Stock Splits", nothing=1.0)
    dividends = _actions(answer, "Dividends", nothing=0.0)
    factor = _after(splits)
    fields = {name: answer[column].to_numpy(dtype=np.float64, na_value=np.nan) for name, column in PRICES.items()}
    fields = {name: np.where(values > 0, values, np.nan) for name, values in fields.items()}
    volume = answer["Volume"].to_numpy(dtype=np.float64, na_value=np.nan)
    is_held = _held(venue, days)
    has_close = ~np.isnan(fields["close"])
    kept = is_held & has_close
    table = pd.DataFrame(
        {
            "date": days.astype("datetime64[ms]"),  # as Parquet gives it back
            **fields,
            # Whole shares were traded; the vendor's count is theirs times the splits, rounded.
            "volume": np.rint(np.where(volume >= 0, volume, np.nan) / factor),
            "close_raw": fields["close"] * factor,
            "dividends": _moved_to(kept, dividends),
        }
    )
    is_inside = (days >= first) & (days <= last)
    notes = _said("on days without a session", days[is_inside & has_close & ~is_held])
    notes += _said("without a close", days[is_inside & is_held & ~has_close])
    # Of funds. Yahoo counts them into the dividend of the day on some dates and not on others.
    gains = _actions(answer, "Capital Gains", nothing=0.0)
    notes += [f"capital gains paid out are not counted ({day})" for day in days[is_inside & (gains > 0)]]
    rows: pd.DataFrame = table[kept & is_inside].reset_index(drop=True)
    rows.attrs["notes"] = notes
    return rows


def rates_of(
    answer: pd.DataFrame, ticker: str, base: str, quote: str, first: np.datetime64, last: np.datetime64
) -> pd.DataFrame:
    """Make daily exchange rates of one pair.

    Parameters
    ----------
    answer : DataFrame
        As in `bars_of`.
    ticker : str
    base, quote : str
        The answer counts units of `quote` for one `base`.
    first, last : datetime64[D]

    Returns
    -------
    DataFrame
        Columns date and known (text), base, quote, rate.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    A currency has no closing auction: Yahoo's bar of a day ends with that day in London, by whose clock it keeps
    currencies (`exchangeTimezoneName` of its answers), and its close is the last quote by then. That is 23:00 UTC in
    summer and 24:00 UTC in winter, so at 00:00 UTC of the next day the bar is surely complete. It is a later rate than
    the 16:00 fixing of the same date: a decision at the New York close does not know it.
    """
    answer = _one_level(answer, ticker)
    days = _local_days(answer)
    rate = answer["Close"].to_numpy(dtype=np.float64, na_value=np.nan)
    kept = (rate > 0) & (days >= first) & (days <= last)
    days = days[kept]
    return pd.DataFrame(
        {
            "date": days.astype(str),
            "base": base,
            "quote": quote,
            "rate": rate[kept],
            "known": np.char.add((days + 1).astype(str), "T00:00Z"),
        }
    )


def _one_level(answer: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """Take one name's columns, its rows by date."""
    if isinstance(answer.columns, pd.MultiIndex):
        named = answer.columns.get_level_values(1).astype(str).str.upper()
        if ticker.upper() not in named:
            raise DataError(f"Yahoo was asked for {ticker} and answers for {', '.join(sorted(set(named)))}. Try again.")
        answer = answer.loc[:, named == ticker.upper()].droplevel(1, axis=1)
    missing = [name for name in NEEDED if name not in answer.columns]
    if missing:
        raise DataError(
            f"Yahoo's answer for {ticker} has no column {missing[0]!r}: this version of yfinance answers otherwise "
            "than 1.7 does. Install yfinance 1.7."
        )
    answer = answer.sort_index()
    return answer[~answer.index.duplicated(keep="last")]


def _local_days(answer: pd.DataFrame) -> Dates:
    """Give the exchange's local date of each row, whether the index has its time zone or none."""
    index = pd.DatetimeIndex(answer.index)
    return index.tz_localize(None).to_numpy().astype("datetime64[D]")


def _actions(answer: pd.DataFrame, column: str, nothing: float) -> NDArray[np.float64]:
    if column not in answer.columns:
        return np.full(len(answer), nothing)
    values = answer[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(values > 0, values, nothing)


def _after(splits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the product of the splits after each row."""
    return np.append(np.cumprod(splits[::-1])[::-1][1:], 1.0)[: len(splits)]


def _moved_to(kept: NDArray[np.bool_], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move what stands on rows that go to the next row that stays: an ex date takes effect at the next session."""
    target = np.searchsorted(np.flatnonzero(kept), np.arange(len(amounts)))
    moved = np.zeros(len(amounts))
    sums = np.bincount(target, weights=amounts, minlength=int(kept.sum()) + 1)
    moved[kept] = sums[: int(kept.sum())]
    return moved


def _held(venue: str, days: Dates) -> NDArray[np.bool_]:
    if not len(days):
        return np.zeros(0, dtype=bool)
    first, last = (int(str(day)[:4]) for day in (days[0], days[-1]))
    return trading_calendar(venue, first, last).index_of(days) >= 0


def _said(what: str, days: Sequence[np.datetime64] | Dates) -> list[str]:
    if not len(days):
        return []
    some = ", ".join(str(day) for day in days[:SHOWN_DAYS]) + (" ..." if len(days) > SHOWN_DAYS else "")
    return [f"{len(days)} rows {what} left out ({some})"]
