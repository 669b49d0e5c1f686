"""Yahoo as yfinance 1.7 gives it, without a network: what was traded, put into the vendor's units."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

FIELDS = ("Adj Close", "Close", "High", "Low", "Open", "Volume")


def traded(
    closes: Mapping[str, float],
    *,
    volumes: Sequence[float] | None = None,
    splits: Mapping[str, float] | None = None,
    dividends: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Make Yahoo's rows of prices, shares and dividends as traded, by date.

    Yahoo divides prices and dividends by every later split and multiplies volume by it. Opens are a hundredth below
    the close, lows two, highs one above.
    """
    days = list(closes)
    ratio = np.array([(splits or {}).get(day, 0.0) for day in days])
    later = np.array([np.prod([r for r in ratio[i + 1 :] if r] or [1.0]) for i in range(len(days))])
    close = np.array(list(closes.values()), dtype=float) / later
    volume = np.full(len(days), 1000.0) if volumes is None else np.array(volumes, dtype=float)
    return pd.DataFrame(
        {
            "Open": close * 0.99,
            "High": close * 1.01,
            "Low": close * 0.98,
            "Close": close,
            "Adj Close": close * 0.9,  # less by what dividends there were; nothing reads it
            "Volume": volume * later,
            "Dividends": np.array([(dividends or {}).get(day, 0.0) for day in days]) / later,
            "Stock Splits": ratio,
        },
        index=pd.DatetimeIndex(days, name="Date").as_unit("s"),
    )


class FakeYahoo:
    """Answers as `yfinance.download` does: two levels of columns, and an empty frame where it has nothing.

    Attributes
    ----------
    names : dict of str to DataFrame
        By ticker, as `traded` makes them. SPY is always there.
    asked : list of str
        Tickers, in order.
    is_offline : bool
    timezone : str or None
        Of the index of answers; None for none, as yfinance does for daily bars.
    """

    def __init__(self, names: Mapping[str, pd.DataFrame], timezone: str | None = None) -> None:
        self.names = {"SPY": traded({"2024-01-02": 472.65}), **names}
        self.asked: list[str] = []
        self.is_offline = False
        self.timezone = timezone

    def download(
        self,
        tickers: Sequence[str],
        start: str | None = None,
        end: str | None = None,
        *,
        actions: bool = False,
        threads: bool = True,
        auto_adjust: bool = True,
        progress: bool = True,
        timeout: float = 10,
    ) -> pd.DataFrame:
        assert (actions, threads, auto_adjust, progress, end) == (True, False, False, False, None)
        (ticker,) = tickers
        self.asked.append(ticker)
        rows = None if self.is_offline else self.names.get(ticker)
        if rows is not None and ticker != "SPY":
            rows = rows[rows.index >= pd.Timestamp(start)]
        if rows is None or rows.empty:
            columns = pd.MultiIndex.from_product([FIELDS, [ticker]], names=["Price", "Ticker"])
            return pd.DataFrame(columns=columns, index=pd.DatetimeIndex([], dtype="datetime64[s]"), dtype=float)
        rows = rows if self.timezone is None else rows.tz_localize(self.timezone)
        return pd.concat({ticker: rows}, axis=1, names=["Ticker", "Price"]).swaplevel(axis=1).sort_index(axis=1)
