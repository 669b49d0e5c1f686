"""Board lots by date: what was seen, what is assumed, and that it is said."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.instruments import known_instruments
from data.lots import known_lots
from data.market import MarketData
from data.sources.frames import from_frames

VENUES = {".HK": ("XHKG", "HKD"), ".SS": ("XSHG", "CNY"), ".SZ": ("XSHE", "CNY")}
FX = pd.DataFrame({"date": "2024-07-02", "base": "USD", "quote": ["HKD", "CNY"], "rate": [7.8, 7.2]})


def market_of(*symbols: str, **instruments: list[object]) -> MarketData:
    places = [VENUES.get(symbol[-3:], ("XNYS", "USD")) for symbol in symbols]
    prices = pd.DataFrame(
        {
            "date": "2024-07-03",
            "symbol": symbols,
            "venue": [venue for venue, _ in places],
            "currency": [currency for _, currency in places],
            "close": 10.0,
        }
    )
    return from_frames(prices, fx=FX, instruments=pd.DataFrame(instruments) if instruments else None)


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("symbol", "day", "lot"),
    [
        ("0700.HK", "2010-01-04", 100),
        ("2020.HK", "2021-10-03", 1000),
        ("2020.HK", "2021-10-04", 200),
        ("0688.HK", "2020-06-01", 2000),
        ("0688.HK", "2021-07-06", 500),
        ("3888.HK", "2021-10-08", 1000),
        ("3888.HK", "2021-10-11", 200),
        ("1179.HK", "2021-10-11", 100),
        ("0291.HK", "2025-02-13", 2000),
        ("0291.HK", "2025-02-14", 500),
        ("1109.HK", "2023-03-01", 2000),
        ("1211.HK", "2025-07-11", 500),
        ("1211.HK", "2025-12-31", 100),
        ("0020.HK", "2022-01-04", 1000),  # in the list of 2019 the code was another company's
        ("1698.HK", "2022-10-03", 100),  # the same: it had 1000
        ("600519.SS", "2024-01-02", 100),
        ("300750.SZ", "2024-01-02", 100),
        ("AAPL", "2024-01-02", 1),
        ("XYZ", "2024-01-02", 1),
    ],
)
def test_the_lot_in_force(symbol: str, day: str, lot: int) -> None:
    lots, _ = market_of(symbol).lots([symbol], days(day))
    assert lots.tolist() == [[float(lot)]]
    assert lots.dtype == np.float64


def test_dated_lots_agree_with_the_facts_of_february_2025() -> None:
    for symbol, one in known_instruments().items():
        if one.venue == "XHKG":
            spells = [spell for spell in known_lots()[symbol] if spell.since <= np.datetime64("2025-02-14")]
            assert (spells or known_lots()[symbol])[-1].shares == one.lot, symbol


def test_spells_are_in_order_and_change_the_lot() -> None:
    for symbol, spells in known_lots().items():
        for one, other in pairwise(spells):
            assert one.since < other.since
            assert one.shares != other.shares, symbol
            if other.old_seen is not None:
                assert other.old_seen < other.since <= other.seen


def test_the_users_lot_wins_on_every_date() -> None:
    market = market_of(
        "2020.HK", "0700.HK", "XYZ", "600519.SS", symbol=["2020.HK", "XYZ", "0700.HK"], lot=[50, 10, None]
    )
    lots, told = market.lots(("2020.HK", "0700.HK", "XYZ"), days("2020-01-02", "2024-01-02"))
    assert lots.tolist() == [[50.0, 100.0, 10.0]] * 2
    assert told == ()
    assert (market.instruments["2020.HK"].lot, market.instruments["0700.HK"].lot) == (50, 100)
    assert not market.instruments["0700.HK"].is_lot_given


def test_an_unknown_lot_is_not_a_number() -> None:
    lots, told = market_of("9797.HK").lots(["9797.HK"], days("2024-01-02"))
    assert np.isnan(lots).all()
    assert told == ()
    with pytest.raises(DataError, match=r"ZZZ has no prices"):
        market_of("AAPL").lots(["ZZZ"], days("2024-01-02"))


EARLY = "Board lots before they were first seen count as they were then: 0700.HK before 2019-12-06."
WINDOW = (
    "The day on which the lot of 0291.HK became 500 was not found: 2025-02-14 is taken; it lies after 2023-03-01 and "
    "not after 2025-07-11."
)
MAINLAND = "Mainland lots of 100 shares are recalled, without a source."


@pytest.mark.parametrize(
    ("symbol", "dates", "told"),
    [
        ("0700.HK", ("2019-12-05",), (EARLY,)),
        ("0700.HK", ("2019-12-06", "2026-01-02"), ()),
        ("0020.HK", ("2021-12-29",), ()),  # before it was listed
        ("0291.HK", ("2019-12-06", "2023-03-01"), ()),
        ("0291.HK", ("2023-03-02",), (WINDOW,)),
        ("0291.HK", ("2025-07-10",), (WINDOW,)),
        ("0291.HK", ("2025-07-11",), ()),
        ("2020.HK", ("2021-10-03", "2021-10-04"), ()),  # the day is confirmed
        ("600519.SS", ("2024-01-02",), (MAINLAND,)),
        ("AAPL", ("2010-01-04",), ()),
        ("0700.HK", (), ()),
    ],
)
def test_what_is_assumed_is_said_where_it_matters(symbol: str, dates: tuple[str, ...], told: tuple[str, ...]) -> None:
    assert market_of(symbol).lots([symbol], days(*dates))[1] == told


def test_many_early_names_are_counted() -> None:
    names = sorted(symbol for symbol in known_lots() if symbol < "0400.HK")
    told = market_of(*names).lots(names, days("2018-01-02"))[1]
    assert len(told) == 1
    assert told[0].endswith("more.")
