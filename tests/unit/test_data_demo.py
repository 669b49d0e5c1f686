"""The embedded markets: seeded, labelled, and with the traits of real prices that matter."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import pytest

from data.load import load
from data.market import PRICE_FIELDS, MarketData
from data.synthetic import LATE, demo_market

DIGEST = """
import hashlib, data
m = data.load("demo")
parts = [m.dates.tobytes(), repr(m.symbols).encode()]
parts += [getattr(m, f).tobytes() for f in ("open", "high", "low", "close", "volume")]
parts += [a.tobytes() for _, s in sorted(m.fx.pairs.items()) for a in s]
parts += [t.to_csv().encode() for _, t in sorted(m.tables.items())]
print(hashlib.sha256(b"|".join(parts)).hexdigest())
"""


@pytest.fixture(scope="module")
def demo() -> MarketData:
    return load("demo")


def held(market: MarketData, symbol: str) -> np.ndarray:
    """Closes of a name, on the days it has one."""
    closes = market.close[:, market.columns([symbol])[0]]
    return closes[~np.isnan(closes)]


def market_returns(market: MarketData, prefix: str) -> np.ndarray:
    """Mean daily log return of the names of a venue that are listed from the start."""
    symbols = [s for s in market.symbols if s.startswith(prefix) and s not in LATE]
    return np.mean([np.diff(np.log(held(market, s))) for s in symbols], axis=0)


def test_two_processes_make_the_same_bytes() -> None:
    command = [sys.executable, "-c", DIGEST]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second
    assert len(first.strip()) == hashlib.sha256().digest_size * 2


def test_it_says_that_it_is_synthetic(demo: MarketData) -> None:
    for market in (demo, load("tiny")):
        assert market.synthetic
        assert "synthetic" in market.name
    assert all(one.name.startswith("Synthetic ") for one in demo.instruments.values())


def test_its_size(demo: MarketData) -> None:
    calendar = demo.calendars["XNYS"]
    n_sessions = ((calendar.dates >= demo.start) & (calendar.dates <= demo.end)).sum()
    assert n_sessions == 1500
    assert len(demo.symbols) == 40
    assert demo.venues() == ("XHKG", "XNYS", "XSHG")
    assert {one.currency for one in demo.instruments.values()} == {"USD", "HKD", "CNY"}
    assert demo.warnings == ()
    assert demo.left_out == ()


def test_its_names_trade_on_their_own_sessions(demo: MarketData) -> None:
    for symbol in ("US01", "HK01", "CN01"):
        priced = demo.dates[~np.isnan(demo.close[:, demo.columns([symbol])[0]])]
        calendar = demo.calendars[demo.instruments[symbol].venue]
        inside = (calendar.dates >= demo.start) & (calendar.dates <= demo.end)
        assert priced.tolist() == calendar.dates[inside].tolist()


def test_some_names_list_late(demo: MarketData) -> None:
    for symbol, day in LATE.items():
        priced = demo.dates[~np.isnan(demo.close[:, demo.columns([symbol])[0]])]
        assert str(priced[0]) == day
        assert str(demo.instruments[symbol].listed) == day
    spells = {s.symbol: s for s in demo.memberships["hang-seng-tech"]}
    assert str(spells["HK18"].added) == LATE["HK18"]
    assert spells["HK01"].added is None


def test_prices_are_of_one_piece(demo: MarketData) -> None:
    with np.errstate(invalid="ignore"):
        top, bottom = np.fmax(demo.open, demo.close), np.fmin(demo.open, demo.close)
    seen = ~np.isnan(demo.close)
    for field in PRICE_FIELDS:
        assert (np.isnan(getattr(demo, field)) == ~seen).all()
    assert (demo.high[seen] >= top[seen]).all()
    assert (demo.low[seen] <= bottom[seen]).all()
    assert (demo.low[seen] > 0).all()
    assert (demo.volume[seen] >= 0).all()


@pytest.mark.parametrize("prefix", ["US", "HK", "CN"])
def test_returns_have_fat_tails_and_clustered_volatility(demo: MarketData, prefix: str) -> None:
    returns = market_returns(demo, prefix)
    centred = returns - returns.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 > 4
    size = np.abs(centred) - np.abs(centred).mean()
    assert (size[1:] * size[:-1]).mean() / (size**2).mean() > 0.1


def test_single_names_have_fat_tails(demo: MarketData) -> None:
    kurtosis = []
    for symbol in demo.symbols:
        returns = np.diff(np.log(held(demo, symbol)))
        centred = returns - returns.mean()
        kurtosis.append((centred**4).mean() / (centred**2).mean() ** 2)
    assert np.median(kurtosis) > 4


def test_flows_and_valuations_come_with_their_lags(demo: MarketData) -> None:
    day = 86_400 * 10**9
    flows, valuations = demo.table("flows"), demo.table("valuations")
    lag = flows["known"] - flows["date"].astype("datetime64[ns]").astype("int64")
    assert set(flows["entity"]) == {"US", "CHINA"}
    assert (lag == 6 * day + 21 * 3600 * 10**9).all()
    lag = valuations["known"] - valuations["date"].astype("datetime64[ns]").astype("int64")
    assert set(valuations["entity"]) == {"NDX", "HSTECH"}
    assert (lag == day).all()
    assert (valuations["value"] > 0).all()


def test_exchange_and_interest_rates_cover_it(demo: MarketData) -> None:
    before = np.array([demo.calendars["XHKG"].opens[demo.calendars["XHKG"].dates >= demo.start][0]])
    assert not np.isnan(demo.fx.rates_at(before, "USD", ["HKD", "CNY"])).any()
    hkd = demo.fx.pairs["USD", "HKD"][1]
    assert hkd.min() >= 7.75
    assert hkd.max() <= 7.85
    assert [demo.rates.cash_series(c) for c in ("USD", "HKD", "CNY")] == ["US_FED_FUNDS", "HK_HIBOR_1M", "CN_SHIBOR_ON"]


def test_its_universes(demo: MarketData) -> None:
    assert demo.restricted("big-seven").holdable == tuple(f"US{i:02d}" for i in range(1, 8))
    assert len(demo.restricted("big-seven+hang-seng-tech").holdable) == 25
    assert len(demo.restricted("msci-china").holdable) == 28


def test_what_a_caller_changes_stays_with_the_caller() -> None:
    mine = load("demo")
    mine.tables["flows"]["net_usd"] = 0.0
    assert (load("demo").table("flows")["net_usd"] != 0.0).any()


def test_it_is_made_in_a_few_seconds() -> None:
    demo_market.__wrapped__()
    started = time.perf_counter()
    demo_market.__wrapped__()
    assert time.perf_counter() - started < 3.0


def test_the_tiny_market() -> None:
    tiny = load("tiny")
    assert tiny.symbols == ("HK01", "US01", "US02")
    assert len(tiny.dates) == 10
    closed = np.isin(tiny.dates, np.array(["2025-01-29", "2025-01-30", "2025-01-31"], dtype="datetime64[D]"))
    assert np.isnan(tiny.close[closed, 0]).all()
    assert not np.isnan(tiny.close[~closed, 0]).any()
    assert tiny.fx.pairs["USD", "HKD"][1].tolist() == [7.8] * 9 + [7.75] * 2
