import numpy as np
import pandas as pd
import pytest

from data.counterfactual import rescaled
from data.load import load
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.errors import StrategyError
from strategies.signals.flow import FlowSignal
from strategies.signals.scene import Scene

DATES = pd.bdate_range("2024-02-20", "2024-05-24").difference(pd.DatetimeIndex(["2024-03-29"]))


def volume_market():
    rng = np.random.default_rng(5)
    frames = []
    for symbol in ("AAA", "BBB"):
        close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(len(DATES))))
        volume = np.exp(14 + 0.3 * rng.standard_normal(len(DATES)))
        frames.append(
            pd.DataFrame(
                {"date": DATES, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close, "volume": volume}
            )
        )
    return from_frames(pd.concat(frames), memberships={"one": (Spell("AAA"),), "two": (Spell("BBB"),)})


def reading(market, **options):
    given = {"lookback": 5, "history": 40, "min_history": 20, "input": "volume"}
    scene = Scene(market=market, venue="XNYS", source="one", destination="two")
    return FlowSignal(**(given | options)).read(scene)


def test_the_proxy_by_hand():
    market = volume_market()
    found = reading(market)

    def by_hand(symbol: str, end: int) -> float:
        close, volume = (getattr(market, f)[:, market.columns([symbol])[0]] for f in ("close", "volume"))
        value = close * volume
        signed = [np.sign(close[i] - close[i - 1]) * value[i] for i in range(end - 4, end + 1)]
        return sum(signed) / np.mean(value[: end + 1])

    for end in (30, 45, len(DATES) - 1):
        assert found.value[end] == pytest.approx(by_hand("BBB", end) - by_hand("AAA", end), rel=1e-9)
    assert np.isnan(found.value[:19]).all()


def test_adjusting_a_history_moves_nothing():
    market = volume_market()
    before, after = reading(market), reading(rescaled(market, "BBB", 0.37))
    np.testing.assert_allclose(after.value, before.value, rtol=1e-9)
    # A power of two is exact.
    assert reading(rescaled(market, "BBB", 0.5)).value.tobytes() == before.value.tobytes()


def test_no_volume_is_no_reading():
    market = volume_market()
    silent = market.with_prices({"volume": np.full_like(market.volume, np.nan)})
    assert np.isnan(reading(silent).value).all()


def test_recorded_flows_count_from_when_they_are_known():
    weeks = pd.date_range("2024-03-01", "2024-05-17", freq="W-FRI")
    flows = pd.DataFrame(
        {
            "date": weeks,
            "entity": "CHINA",
            "net_usd": np.arange(1.0, len(weeks) + 1),
            "known": weeks.tz_localize("UTC") + pd.Timedelta(days=6, hours=20, minutes=30),
        }
    )
    prices = pd.DataFrame({"date": DATES, "symbol": "AAA", "venue": "XNYS", "currency": "USD", "close": 10.0})
    market = from_frames(prices, flows=flows, memberships={"one": (Spell("AAA"),), "two": (Spell("AAA"),)})
    market = market.restricted(start="2024-03-11")
    found = reading(market, input="auto", lookback=10)
    calendar = market.calendars["XNYS"]

    def at(date: str) -> float:
        close = calendar.closes[calendar.index_of(np.array([date], dtype="datetime64[D]"))][0]
        return float(found.value[np.searchsorted(found.stamps, close)])

    # The week to 2024-04-05 (6th figure) is known on Thursday 2024-04-11 at 20:30, after that day's close at 20:00.
    assert at("2024-04-11") == 4 + 5
    assert at("2024-04-12") == 4 + 5 + 6
    assert at("2024-04-15") == 5 + 6
    assert found.origin == "flows file, CHINA"


def flow_file(rows):
    flows = pd.DataFrame(rows, columns=["date", "entity", "net_usd", "known"])
    prices = pd.DataFrame({"date": DATES, "symbol": "AAA", "venue": "XNYS", "currency": "USD", "close": 10.0})
    return from_frames(prices, flows=flows, memberships={"one": (Spell("AAA"),), "two": (Spell("AAA"),)})


def test_a_revised_flow_counts_once():
    market = flow_file(
        [
            ("2024-02-23", "CHINA", 50.0, "2024-02-26T00:00Z"),
            ("2024-03-01", "CHINA", 100.0, "2024-03-04T00:00Z"),
            ("2024-03-01", "CHINA", 101.0, "2024-03-06T00:00Z"),
        ]
    ).restricted(start="2024-03-04")
    found = reading(market, input="flows", lookback=9)
    at = np.searchsorted(found.stamps, pd.Timestamp("2024-03-05 21:00", tz="UTC").value)
    assert found.value[at] == 50.0 + 100.0
    assert found.value[at + 1] == 50.0 + 101.0


def test_a_file_that_begins_later_does_not_change_the_past():
    market = flow_file([("2024-05-03", "CHINA", 50.0, "2024-05-06T00:00Z")])
    found = reading(market, input="auto")
    assert found.origin.startswith("signed-dollar-volume proxy")
    with pytest.raises(StrategyError, match="at the start, 2024-02-20"):
        reading(market, input="flows")


def test_flows_asked_for_and_not_there_are_refused():
    with pytest.raises(StrategyError, match="no entity 'CHINA': it has no flows file, or a later one"):
        reading(volume_market(), input="flows")
    scene = Scene(market=load("demo"), venue="XNYS", source="big-seven", destination="hang-seng-tech")
    with pytest.raises(StrategyError, match=r"no entity 'ASIA' \(they have CHINA, US\)"):
        FlowSignal(input="flows", destination_entity="ASIA").read(scene)


def test_named_funds_stand_for_a_basket_where_the_market_has_them():
    found = reading(volume_market(), destination_funds=("AAA", "KWEB"))
    assert found.origin == "signed-dollar-volume proxy of AAA less one"
    np.testing.assert_allclose(found.value[20:], 0.0, atol=1e-12)
