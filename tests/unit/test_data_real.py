"""Real market data, where there are any: named by EASTBOUND_REFERENCE, never part of the project."""

import numpy as np
import pandas as pd
import pytest

from data.load import load
from data.market import MarketData
from tests.real import FOLDER, needs_real

pytestmark = needs_real


@pytest.fixture(scope="module")
def real() -> MarketData:
    return load(FOLDER)


def close(market: MarketData, symbol: str, day: str) -> float:
    row = np.searchsorted(market.dates, np.datetime64(day))
    assert market.dates[row] == np.datetime64(day)
    return float(market.close[row, market.columns([symbol])[0]])


@pytest.mark.parametrize(("day", "level"), [("2025-01-13", 4221.92), ("2025-02-07", 5150.35)])
def test_levels_of_hang_seng_tech(real: MarketData, day: str, level: float) -> None:
    table = real.table("indices")
    row = table[(table["index"] == "HSTECH") & (table["date"] == day)]
    assert row["close"].tolist() == [pytest.approx(level, abs=5e-4)]  # the file has them as single floats
    assert row["known"].tolist() == [pd.Timestamp(f"{day} 08:00").value]


def test_the_day_nvidia_fell(real: MarketData) -> None:
    assert close(real, "NVDA", "2025-01-27") / close(real, "NVDA", "2025-01-24") - 1 == pytest.approx(-0.1697, abs=5e-5)


@pytest.mark.parametrize("day", ["2023-09-01", "2023-09-08"])
def test_hong_kong_has_no_price_on_its_weather_days(real: MarketData, day: str) -> None:
    row = np.searchsorted(real.dates, np.datetime64(day))
    lines = [s for s in real.symbols if real.instruments[s].venue == "XHKG"]
    assert real.dates[row] == np.datetime64(day)  # New York was open
    assert np.isnan(real.close[row, real.columns(lines)]).all()


def test_what_a_universe_lacks_is_named() -> None:
    market = load(FOLDER, universe="big-seven+hang-seng-tech", start="2021-08-02", end="2025-02-14")
    assert [line.split(" has ")[0] for line in market.left_out[:2]] == ["2518.HK", "9990.HK"]
    assert market.left_out[2] == "one member (member 2020-07-27 to 2020-12-07) is not known by name"
    assert len(market.left_out) == 3
    assert (str(market.start), str(market.end)) == ("2021-08-02", "2025-02-14")
    assert market.dates[0] < market.start
    assert set(market.venues()) == {"XHKG", "XNYS"}


@pytest.mark.parametrize("day", ["2024-12-24", "2024-12-31", "2025-01-28"])
def test_half_days_have_a_price_and_no_volume(real: MarketData, day: str) -> None:
    row, column = np.searchsorted(real.dates, np.datetime64(day)), real.columns(["0700.HK"])[0]
    assert real.close[row, column] > 0
    assert real.volume[row, column] == 0


def test_names_list_on_their_first_price_date(real: MarketData) -> None:
    for symbol, day in (("9618.HK", "2020-06-18"), ("1024.HK", "2021-02-05"), ("9888.HK", "2021-03-23")):
        priced = real.dates[~np.isnan(real.close[:, real.columns([symbol])[0]])]
        assert str(priced[0]) == day
        assert str(real.instruments[symbol].listed) == day


def test_adjusted_prices_are_said_to_be_adjusted(real: MarketData) -> None:
    assert real.price_basis == "total_return"
    assert not real.synthetic


def test_a_filing_of_february_is_known_the_day_after(real: MarketData) -> None:
    table = real.table("holdings_13f")
    mine = table[(table["filer"] == "APPALOOSA LP") & (table["symbol"] == "BABA")]
    filed = mine["filed"].iloc[0]
    known = pd.Timestamp(int(mine["known"].iloc[0]), tz="UTC").tz_convert("America/New_York")
    assert known == (filed + pd.Timedelta(days=1)).tz_localize("America/New_York")


def test_the_past_of_the_real_market(real: MarketData) -> None:
    stamp = pd.Timestamp("2025-01-27 14:00", tz="UTC")
    past = real.until(stamp)
    assert close(past, "0700.HK", "2025-01-27") > 0
    assert np.isnan(close(past, "NVDA", "2025-01-27"))
    assert past.table("indices")["known"].max() <= stamp.value
