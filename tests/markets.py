"""Markets of a few names and sessions, made in one call, and runs on them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.result import BacktestResult
from data.calendars import trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.targets import TargetWeights

NAN = float("nan")
# Units of a currency for one dollar.
UNITS = {"HKD": 8.0, "CNY": 7.0}
# Nothing but what a test asks for: no costs, no interest, fractions of a share.
PLAIN = {"costs": "none", "interest": "none", "lots": "fractional"}


def venue_of(symbol: str) -> tuple[str, str]:
    """Venue and currency of a made-up or real symbol."""
    if symbol.endswith(".SS"):
        return "XSHG", "CNY"
    if symbol.startswith("H") or symbol.endswith(".HK"):
        return "XHKG", "HKD"
    return "XNYS", "USD"


def sessions(venue: str, first: str, last: str) -> list[str]:
    """Dates on which a venue holds a session, both ends included."""
    dates = trading_calendar(venue, int(first[:4]), int(last[:4])).dates.astype(str)
    return [str(day) for day in dates if first <= day <= last]


def make_market(
    closes: Mapping[str, float | Sequence[float]],
    first: str,
    last: str,
    *,
    opens: Mapping[str, float | Sequence[float]] | None = None,
    volumes: Mapping[str, float | Sequence[float]] | None = None,
    actions: Iterable[Mapping[str, object]] = (),
    borrow: Iterable[Mapping[str, object]] = (),
    instruments: Iterable[Mapping[str, object]] = (),
    rates: Mapping[str, float | Mapping[str, float]] | None = None,
    fx: Mapping[str, Mapping[str, float]] | None = None,
    basis: str = "raw",
) -> MarketData:
    """Make a market of prices by symbol, one a session from first to last; a number stands for all sessions.

    Opens are the closes where none are given. Rates by series: a number holds throughout.
    """
    rows = []
    for symbol, given in closes.items():
        venue, currency = venue_of(symbol)
        days = sessions(venue, first, last)
        series = [_spread((table or {}).get(symbol, other), days) for table, other in
                  ((closes, NAN), (opens, given), (volumes, NAN))]  # fmt: skip
        rows += [
            {"date": day, "symbol": symbol, "venue": venue, "currency": currency, "open": o, "close": c, "volume": v}
            for day, c, o, v in zip(days, *series, strict=True)
        ]
    before = str(np.datetime64(first) - 3)
    quotes = {code: {before: units} for code, units in UNITS.items()} | dict(fx or {})
    readings = [
        {"date": day, "series": name, "value": value}
        for name, given in (rates or {}).items()
        for day, value in (given if isinstance(given, Mapping) else _each_week(before, last, given)).items()
    ]
    return from_frames(
        pd.DataFrame(rows),
        fx=pd.DataFrame(
            [
                {"date": day, "base": "USD", "quote": code, "rate": rate}
                for code, table in quotes.items()
                for day, rate in table.items()
            ]
        ),
        rates=pd.DataFrame(readings) if readings else None,
        instruments=_table(instruments),
        price_basis=basis,
        actions=_table(actions),
        borrow=_table(borrow),
    )


def _spread(given: float | Sequence[float], days: list[str]) -> list[float]:
    """One number a session."""
    return [float(given)] * len(days) if isinstance(given, (int, float)) else [float(one) for one in given]


def _each_week(first: str, last: str, value: float) -> dict[str, float]:
    return {str(day): value for day in np.arange(first, last, 7, dtype="datetime64[D]")}


def _table(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame | None:
    given = list(rows)
    return pd.DataFrame(given) if given else None


def run(
    market: MarketData,
    weights: Mapping[str, Mapping[str, float]],
    *,
    hold_missing: bool = False,
    **settings: object,
) -> BacktestResult:
    """Simulate weights by decision date, by default without costs and interest and with fractions of a share."""
    frame = pd.DataFrame.from_dict(weights, orient="index")
    targets = TargetWeights.from_frame(frame, hold_missing=hold_missing)
    return simulate(market, targets, RunConfig(**{**PLAIN, **settings}))


def money(result: BacktestResult, column: str, currency: str = "USD") -> list[float]:
    """One column of the statement of one currency, by date."""
    return result.statement[column].xs(currency, level="currency").tolist()


def fills(result: BacktestResult, symbol: str) -> list[tuple[str, float]]:
    """Date, month and day, and shares of each fill of a name."""
    trades = result.trades
    mine = trades[trades["symbol"] == symbol]
    return [(t.filled.strftime("%m-%d"), t.shares) for t in mine.itertuples()]


def said(market: MarketData, check: str) -> list[str]:
    """Messages of one check."""
    return [str(one) for one in market.findings if one.check == check]


def checks(market: MarketData) -> list[str]:
    """Numbers of the checks that failed, each once."""
    return sorted({one.check for one in market.findings})
