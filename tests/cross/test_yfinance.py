"""The real yfinance, where it is installed: fed an answer of Yahoo's by hand, and, with a network, the real one."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.fetching.bars import bars_of
from data.fetching.client import yfinance_download
from data.fetching.yahoo import fetch_yahoo
from data.load import load
from tests.yahoo import FakeYahoo, traded

yfinance = pytest.importorskip("yfinance")
pytestmark = pytest.mark.cross

CLOSES = {"2024-01-02": 400.0, "2024-01-03": 404.0, "2024-01-04": 101.0, "2024-01-05": 102.0}
ROWS = traded(CLOSES, volumes=[10, 20, 120, 160], splits={"2024-01-04": 4.0}, dividends={"2024-01-03": 2.0})
HONG_KONG, LONDON = "Asia/Hong_Kong", "Europe/London"


def chart(rows: pd.DataFrame, ticker: str, timezone: str) -> dict[str, object]:
    """Write rows as the JSON of Yahoo's chart address: a bar is stamped with its opening."""
    opening = "09:30" if timezone == HONG_KONG else "00:00"
    stamps = [pd.Timestamp(f"{day:%Y-%m-%d} {opening}", tz=timezone).timestamp() for day in rows.index]
    quote = {name.lower(): rows[name].tolist() for name in ("Open", "High", "Low", "Close", "Volume")}
    events: dict[str, object] = {
        "dividends": {f"{at}": {"amount": a, "date": at} for at, a in zip(stamps, rows["Dividends"], strict=True) if a},
        "splits": {
            f"{at}": {"date": at, "numerator": ratio, "denominator": 1.0, "splitRatio": f"{ratio:g}:1"}
            for at, ratio in zip(stamps, rows["Stock Splits"], strict=True)
            if ratio
        },
    }
    meta = {
        "symbol": ticker,
        "currency": "HKD",
        "instrumentType": "CURRENCY" if ticker.endswith("=X") else "EQUITY",
        "exchangeTimezoneName": timezone,
        "validRanges": ["1d", "max"],
        "priceHint": 2,
        "dataGranularity": "1d",
        "regularMarketTime": int(stamps[-1]),
        "gmtoffset": 0,
        "currentTradingPeriod": {},
    }
    indicators = {"quote": [quote], "adjclose": [{"adjclose": rows["Adj Close"].tolist()}]}
    result = {"meta": meta, "timestamp": stamps, "indicators": indicators}
    return {"chart": {"error": None, "result": [{**result, "events": {k: v for k, v in events.items() if v}}]}}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, dict[str, object]]:
    """Charts by ticker, in the place of Yahoo; without them there is no connection."""
    found: dict[str, dict[str, object]] = {}

    def request(self: object, url: str, *arguments: object, **options: object) -> SimpleNamespace:
        ticker = url.rpartition("/")[2]
        if not found:
            raise OSError("no connection")
        said = found.get(ticker, {"chart": {"error": {"description": "No data found"}, "result": None}})
        return SimpleNamespace(url=url, text="", status_code=200, json=lambda: said, raise_for_status=lambda: None)

    from yfinance.data import YfData

    monkeypatch.setattr(YfData, "_make_request", request)
    yfinance.set_tz_cache_location(str(tmp_path / "zones"))
    return found


def test_yfinance_answers_as_the_fake_does(answers: dict[str, dict[str, object]]) -> None:
    answers["0700.HK"] = chart(ROWS, "0700.HK", HONG_KONG)
    options = {"auto_adjust": False, "actions": True, "threads": False, "progress": False}
    real = yfinance_download()(["0700.HK"], start="2024-01-02", **options)
    fake = FakeYahoo({"0700.HK": ROWS}).download(["0700.HK"], start="2024-01-02", **options)
    assert real is not None
    assert (list(real.columns), real.columns.names) == (list(fake.columns), fake.columns.names)
    assert real.index.equals(fake.index)
    np.testing.assert_array_equal(real.to_numpy(), fake.to_numpy())
    span = np.datetime64("2024-01-02"), np.datetime64("2024-01-05")
    bars = bars_of(real, "0700.HK", "XHKG", *span)
    pd.testing.assert_frame_equal(bars, bars_of(fake, "0700.HK", "XHKG", *span))
    assert bars["close_raw"].tolist() == [400.0, 404.0, 101.0, 102.0]
    assert bars["volume"].tolist() == [10.0, 20.0, 120.0, 160.0]
    nothing = yfinance_download()(["GONE"], start="2024-01-02", **options)
    empty = FakeYahoo({}).download(["GONE"], start="2024-01-02", **options)
    assert nothing is not None
    assert nothing.empty
    assert list(nothing.columns) == list(empty.columns)
    assert nothing.index.dtype == empty.index.dtype


def test_a_fetch_through_yfinance(answers: dict[str, dict[str, object]], tmp_path: Path) -> None:
    rates = traded(dict.fromkeys(("2023-12-29", *CLOSES), 7.8))
    answers["HKD=X"] = chart(rates, "HKD=X", LONDON)
    answers["0700.HK"] = chart(ROWS, "0700.HK", HONG_KONG)
    answers["SPY"] = chart(traded({"2024-01-02": 472.65}), "SPY", "America/New_York")
    done = fetch_yahoo(["0700.HK", "GONE"], "2024-01-02", "2024-01-05", tmp_path / "m", sleep=lambda seconds: None)
    assert done.missing == ("GONE: Yahoo has nothing for GONE",)
    market = load(tmp_path / "m")
    assert market.close.ravel().tolist() == [100.0, 101.0, 101.0, 102.0]
    assert market.actions.amount.tolist() == [0.5]


def test_offline_is_said(answers: dict[str, dict[str, object]], tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    with pytest.raises(DataError, match=r"MSFT and SPY came back empty 3 times \(.*no connection.*Either this machine"):
        fetch_yahoo(["MSFT"], "2024-01-02", None, tmp_path / "m", sleep=lambda seconds: None)
    assert capfd.readouterr() == ("", ""), "yfinance is silent"


@pytest.mark.network
def test_the_real_thing(tmp_path: Path) -> None:
    """Apple split four for one on 2020-08-31 and closed at 499.23 on the session before."""
    done = fetch_yahoo(["AAPL", "0700.HK"], "2020-08-03", "2020-09-30", tmp_path)
    assert done.missing == ()
    market = load(tmp_path)
    row, column = np.searchsorted(market.dates, np.datetime64("2020-08-28")), market.columns(["AAPL"])[0]
    assert market.close_raw is not None
    assert market.close_raw[row, column] == pytest.approx(499.23, abs=5e-3)
    assert market.close_raw[row, column] / market.close[row, column] == pytest.approx(4.0)
