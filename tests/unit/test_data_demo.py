"""The embedded markets: seeded, labelled, and with the traits of real prices that matter."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from data.actions import CASH, SPLIT, TERMINAL
from data.adjustments import adjusted_close
from data.costs.ticks import tick_sizes
from data.demo.listings import DIVIDENDS, LATE, SUSPENDED, symbols_of
from data.demo.market import demo_market, made_market
from data.demo.panels import panel_of
from data.demo.turn import has_the_turn
from data.gaps import carried_forward
from data.limits import price_limits
from data.load import load
from data.market import PRICE_FIELDS, MarketData
from tests.digests import digest

# Of `tests.digests.digest`. It changes with the parameters, the seed or the model, and with nothing else.
PINNED = "3dd639984982d4330e379c79983af6a85cb6ad8fb49cceedfd7e4f5b7fc0d3c9"


@pytest.fixture(scope="module")
def demo() -> MarketData:
    return load("demo")


def held(market: MarketData, symbol: str) -> np.ndarray:
    """Closes of a name, on the days it has one."""
    closes = market.close[:, market.columns([symbol])[0]]
    return closes[~np.isnan(closes)]


def market_returns(market: MarketData, venue: str) -> np.ndarray:
    """Log return of an equal-weight basket of a venue's names, dividends included."""
    return panel_of(market, venue).basket()


def test_another_process_makes_the_pinned_bytes() -> None:
    command = [sys.executable, "-c", "import data; from tests.digests import digest; print(digest(data.load('demo')))"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == PINNED


def test_the_bytes_are_pinned(demo: MarketData) -> None:
    assert digest(demo) == PINNED


@pytest.mark.parametrize("towards", [-np.inf, np.inf])
def test_the_last_bit_of_a_mathematical_library_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, towards: float
) -> None:
    # Another platform's exp or log may differ in the last place: rounding to ticks takes it away.
    for name in ("exp", "log", "cos", "sqrt", "expm1", "log1p", "tanh"):
        plain = getattr(np, name)
        monkeypatch.setattr(np, name, lambda x, *a, plain=plain, **k: np.nextafter(plain(x, *a, **k), towards))
    other = demo_market.__wrapped__()
    monkeypatch.undo()
    assert digest(other) == PINNED


def test_another_seed_is_another_market(demo: MarketData) -> None:
    assert (made_market(1).close != demo.close)[~np.isnan(demo.close)].mean() > 0.99


def test_nothing_that_fits_is_imported_to_load_it() -> None:
    code = (
        "import sys, data; data.load('demo'); "
        "print([n for n in sys.modules if n in ('data.demo.fit', 'data.demo.moments', 'data.demo.estimators')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


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
    assert demo.price_basis == "raw"
    assert [one.check for one in demo.findings] == ["D307", "D309", "D312", "D326"]
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
    assert (spells["HK01"].removed, str(spells["HK12"].removed)) == (None, "2023-05-13")


def test_prices_are_of_one_piece(demo: MarketData) -> None:
    with np.errstate(invalid="ignore"):
        top, bottom = np.fmax(demo.open, demo.close), np.fmin(demo.open, demo.close)
    seen = ~np.isnan(demo.close)
    for field in PRICE_FIELDS:
        assert (np.isnan(getattr(demo, field)) == ~seen).all()
    assert (demo.high[seen] >= top[seen]).all()
    assert (demo.low[seen] <= bottom[seen]).all()
    assert (demo.low[seen] > 0).all()
    assert (demo.open != demo.close)[seen].mean() > 0.95


@pytest.mark.parametrize("venue", ["XNYS", "XHKG", "XSHG"])
def test_prices_are_whole_ticks_and_volumes_whole_lots(demo: MarketData, venue: str) -> None:
    columns = demo.columns(symbols_of(venue))
    for field in ("open", "high", "low", "close"):
        prices = getattr(demo, field)[:, columns]
        ticks = prices / tick_sizes(venue, demo.dates, prices)
        seen = ~np.isnan(ticks)
        np.testing.assert_allclose(ticks[seen], np.rint(ticks[seen]), rtol=1e-12)  # one division
    lots, _ = demo.lots(symbols_of(venue), demo.dates)
    volume = demo.volume[:, columns]
    seen = ~np.isnan(volume)
    assert (volume[seen] % lots[seen] == 0).all()


def test_half_days_of_hong_kong_have_a_price_and_no_volume(demo: MarketData) -> None:
    columns = demo.columns(symbols_of("XHKG"))
    quiet = demo.volume[:, columns] == 0
    days = demo.dates[quiet.any(axis=1)]
    assert {"2024-12-24", "2024-12-31", "2025-01-28"} <= {str(day) for day in days}
    # The eves of Christmas and of two new years that were sessions, and two days cut short by storms.
    assert len(days) == 15
    assert {"2019-07-31", "2022-11-02"} <= {str(day) for day in days}
    assert (quiet | np.isnan(demo.close[:, columns]))[quiet.any(axis=1)].all()
    assert not (demo.volume[:, demo.columns(symbols_of("XNYS"))] == 0).any()
    assert not demo.halted(demo.symbols).any()


def test_mainland_prices_keep_their_limits(demo: MarketData) -> None:
    symbols = symbols_of("XSHG")
    columns, dates = demo.columns(symbols), demo.dates[np.isin(demo.dates, demo.calendars["XSHG"].dates)]
    rows = np.searchsorted(demo.dates, dates)
    close = demo.close[np.ix_(rows, columns)]
    reference = np.vstack([np.full((1, len(symbols)), np.nan), carried_forward(close)[:-1]])
    actions = demo.actions
    for symbol, day, cash in zip(actions.symbol, actions.ex_date, actions.amount, strict=True):
        if symbol in symbols:  # of mainland names: dividends alone
            reference[np.searchsorted(dates, day), symbols.index(symbol)] -= cash
    listed = np.array([LATE.get(symbol, "NaT") for symbol in symbols], dtype="datetime64[D]")
    down, up = price_limits("XSHG", symbols, dates, reference, listed, raw=True)
    for field in ("open", "high", "low", "close"):
        prices = getattr(demo, field)[np.ix_(rows, columns)]
        assert not ((prices > up + 1e-9) | (prices < down - 1e-9)).any()
    assert (np.abs(close - up) < 1e-9).sum() >= 3  # closes at the limit itself
    assert (np.abs(close - down) < 1e-9).sum() >= 3


# ------------------------------------------------------------------------------------------ events


def test_dividends_are_shares_of_the_last_price_and_prices_drop_by_them(demo: MarketData) -> None:
    actions = demo.actions
    is_cash = actions.kind == CASH
    assert {s for s, cash in zip(actions.symbol, is_cash, strict=True) if cash} == set(DIVIDENDS)
    drops, gains = [], []
    adjusted = adjusted_close(demo)
    for i in np.flatnonzero(is_cash):
        symbol, day = actions.symbol[i], actions.ex_date[i]
        column = demo.columns([symbol])[0]
        priced = np.flatnonzero(~np.isnan(demo.close[:, column]))
        at = int(np.searchsorted(demo.dates[priced], day))
        assert demo.dates[priced[at]] == day
        before, after = demo.close[priced[at - 1], column], demo.close[priced[at], column]
        of_year, n_payments, _ = DIVIDENDS[symbol]
        assert actions.amount[i] == pytest.approx(before * of_year / n_payments, abs=0.005 + 1e-9)
        assert adjusted[priced[at], column] / adjusted[priced[at - 1], column] == pytest.approx(
            (after + actions.amount[i]) / before, rel=1e-9
        )
        assert actions.pay_date[i] >= day
        drops.append(after / before - 1)
        gains.append((after + actions.amount[i]) / before - 1)
    assert len(drops) == 159
    # Of the ex dates, 1.07 % is the average payment; with it back nothing is left but noise.
    assert np.mean(drops) < -0.0060
    assert abs(np.mean(gains)) < 2 * np.std(gains) / np.sqrt(len(gains))


def test_a_split_of_four_for_one(demo: MarketData) -> None:
    actions = demo.actions
    rows = np.flatnonzero(actions.kind == SPLIT)
    assert [(actions.symbol[i], str(actions.ex_date[i]), actions.amount[i]) for i in rows] == [
        ("US05", "2022-06-06", 4.0)
    ]
    close, volume = held(demo, "US05"), demo.volume[:, demo.columns(["US05"])[0]]
    at = int(np.searchsorted(demo.calendars["XNYS"].dates, np.datetime64("2022-06-06")))
    at -= int(np.searchsorted(demo.calendars["XNYS"].dates, demo.start))
    assert close[at] / close[at - 1] == pytest.approx(0.25, rel=0.1)
    volume = volume[~np.isnan(volume)]
    assert np.median(volume[at : at + 250]) / np.median(volume[at - 250 : at]) == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize("symbol", ["HK09", "CN06"])
def test_a_suspended_name_has_no_rows(demo: MarketData, symbol: str) -> None:
    first, last = (np.datetime64(day) for day in SUSPENDED[symbol])
    sessions = demo.calendars[demo.instruments[symbol].venue].dates
    sessions = sessions[(sessions >= demo.start) & (sessions <= demo.end)]
    out = (sessions >= first) & (sessions <= last)
    close = demo.close[np.searchsorted(demo.dates, sessions), demo.columns([symbol])[0]]
    assert (np.isnan(close) == out).all()
    assert out.sum() == {"HK09": 32, "CN06": 19}[symbol]


def test_a_takeover_ends_a_listing_at_its_offer(demo: MarketData) -> None:
    one, actions = demo.instruments["HK12"], demo.actions
    close = demo.close[:, demo.columns(["HK12"])[0]]
    priced = ~np.isnan(close)
    assert str(demo.dates[priced][-1]) == str(one.delisted) == "2023-09-15"
    before = close[demo.dates == np.datetime64("2023-05-12")][0]
    assert one.terminal_price == pytest.approx(1.25 * before, abs=0.005 + 1e-9)
    bid = close[priced & (demo.dates > np.datetime64("2023-05-12"))]
    assert bid.min() > 0.97 * one.terminal_price
    assert bid.max() < 1.002 * one.terminal_price
    assert bid[-1] > 0.995 * one.terminal_price
    end = np.flatnonzero(actions.kind == TERMINAL)
    assert [(actions.symbol[i], str(actions.ex_date[i]), actions.amount[i]) for i in end] == [
        ("HK12", "2023-09-16", one.terminal_price)
    ]
    assert pd.Timestamp(actions.known[end[0]]) == pd.Timestamp("2023-05-13")  # after the announcement of the 12th


# ------------------------------------------------------------------------------------------ likeness


@pytest.mark.parametrize("venue", ["XNYS", "XHKG", "XSHG"])
def test_returns_have_fat_tails_and_clustered_volatility(demo: MarketData, venue: str) -> None:
    returns = market_returns(demo, venue)
    centred = returns - returns.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 > 4
    size = np.abs(centred) - np.abs(centred).mean()
    assert (size[1:] * size[:-1]).mean() / (size**2).mean() > 0.1


def test_single_names_have_fat_tails(demo: MarketData) -> None:
    kurtosis = []
    for symbol in demo.symbols:
        closes = adjusted_close(demo)[:, demo.columns([symbol])[0]]
        returns = np.diff(np.log(closes[~np.isnan(closes)]))
        centred = returns - returns.mean()
        kurtosis.append((centred**4).mean() / (centred**2).mean() ** 2)
    assert np.median(kurtosis) > 4


def test_new_york_leads_and_asia_answers(demo: MarketData) -> None:
    """US and Hong Kong baskets on common dates: 0.27 a day later in the real files, 0.16 on the day, nothing before."""
    closes = adjusted_close(demo)
    both = np.isin(demo.dates, demo.calendars["XNYS"].dates) & np.isin(demo.dates, demo.calendars["XHKG"].dates)
    us, hk = (
        np.nanmean(np.diff(np.log(closes[np.ix_(both, demo.columns(symbols_of(venue)))]), axis=0), axis=1)
        for venue in ("XNYS", "XHKG")
    )
    assert np.corrcoef(us[:-1], hk[1:])[0, 1] == pytest.approx(0.25, abs=0.07)
    assert np.corrcoef(us, hk)[0, 1] == pytest.approx(0.18, abs=0.07)
    assert abs(np.corrcoef(us[1:], hk[:-1])[0, 1]) < 0.08  # three standard errors of 1,400 days


def test_the_bull_market_of_february_2025(demo: MarketData) -> None:
    table = demo.table("indices")
    level = table[table["index"] == "HSTECH"].set_index("date")["close"]
    gain = level / level["2025-01-13"] - 1
    assert gain["2025-02-06"] == pytest.approx(0.1984, abs=1e-3)
    assert gain["2025-02-07"] == pytest.approx(0.2199, abs=1e-3)
    is_bull, low, high, turns = False, level.iloc[0], level.iloc[0], []
    for day, close in level.items():
        low, high = min(low, close), max(high, close)
        if is_bull and close <= 0.8 * high:
            is_bull, low = False, close
            turns.append(("bear", str(day.date())))
        elif not is_bull and close >= 1.2 * low:
            is_bull, high = True, close
            turns.append(("bull", str(day.date())))
    assert turns[-2:] == [("bear", "2024-12-19"), ("bull", "2025-02-07")]
    assert level[turns[-2][1] :].idxmin() == pd.Timestamp("2025-01-13")
    assert has_the_turn(demo)
    assert [has_the_turn(made_market(seed)) for seed in (1, 2)] == [True, False]


def test_four_weeks_up(demo: MarketData) -> None:
    table = demo.table("indices")
    level = table[table["index"] == "HSTECH"].set_index("date")["close"]
    weeks = level.resample("W-FRI").last().ffill().pct_change()["2025-01-17":"2025-02-07"]
    np.testing.assert_allclose(weeks, [0.0336, 0.0335, 0.0231, 0.0939], atol=5e-4)


def test_one_american_name_falls_on_27_january_2025(demo: MarketData) -> None:
    close = demo.close[:, demo.columns(["US03"])[0]]
    at = int(np.searchsorted(demo.dates, np.datetime64("2025-01-27")))
    assert close[at] / close[at - 1] - 1 == pytest.approx(-0.17, abs=1e-4)


def test_indices_begin_at_1000_and_are_known_at_the_close(demo: MarketData) -> None:
    table = demo.table("indices")
    firsts = table.groupby("index").first()
    assert firsts["close"].tolist() == [1000.0] * 3
    assert {name: str(day.date()) for name, day in firsts["date"].items()} == {
        "CSI300": "2019-03-01",
        "HSTECH": "2020-07-27",
        "NDX": "2019-03-01",
    }
    last = table[table["index"] == "HSTECH"].iloc[-1]
    assert pd.Timestamp(last["known"]) == pd.Timestamp("2025-02-14 08:00")


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


def test_it_is_made_in_two_seconds() -> None:
    demo_market.__wrapped__()
    started = time.perf_counter()
    demo_market.__wrapped__()
    assert time.perf_counter() - started < 2.0


def test_the_tiny_market() -> None:
    tiny = load("tiny")
    assert tiny.symbols == ("HK01", "US01", "US02")
    assert len(tiny.dates) == 10
    closed = np.isin(tiny.dates, np.array(["2025-01-29", "2025-01-30", "2025-01-31"], dtype="datetime64[D]"))
    assert np.isnan(tiny.close[closed, 0]).all()
    assert not np.isnan(tiny.close[~closed, 0]).any()
    assert tiny.fx.pairs["USD", "HKD"][1].tolist() == [7.8] * 9 + [7.75] * 2
