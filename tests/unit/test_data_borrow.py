"""Borrowing: which reading holds in a row, and from when it is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.counterfactual import FUTURES, with_future
from data.errors import DataError
from data.load import load
from data.market import MarketData
from data.sources.frames import from_frames
from tests.markets import said

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
PRICES = pd.DataFrame(
    {"date": DAYS * 2, "symbol": ["AAA"] * 4 + ["BBB"] * 4, "venue": "XNYS", "currency": "USD", "close": 10.0}
)
READINGS = pd.DataFrame(
    {
        "date": ["2024-01-04", "2024-01-02", "2024-01-02"],
        "symbol": ["AAA", "AAA", "BBB"],
        "fee_pct": [2.0, 0.5, 8.0],
        "available": [np.nan, 1000.0, 0.0],
    }
)
NAN, INF = np.nan, np.inf


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


def market_of(readings: pd.DataFrame) -> MarketData:
    return from_frames(PRICES, borrow=readings)


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_a_market_without_readings_knows_no_fee_and_no_limit() -> None:
    borrow = from_frames(PRICES).borrow
    np.testing.assert_array_equal(borrow.fees(["AAA"], days(*DAYS)), [[NAN]] * 4)
    np.testing.assert_array_equal(borrow.available(["AAA"], days(*DAYS)), [[INF]] * 4)


def test_a_reading_holds_from_the_day_after_until_the_next() -> None:
    borrow = market_of(READINGS).borrow
    names = ["BBB", "AAA"]
    # A row begins at 00:00 UTC of its date: the figure of the 2nd is known on the 3rd.
    np.testing.assert_array_equal(borrow.fees(names, days(*DAYS)), [[NAN, NAN], [8, 0.5], [8, 0.5], [8, 2]])
    np.testing.assert_array_equal(borrow.available(names, days(*DAYS)), [[INF, INF], [0, 1000], [0, 1000], [0, INF]])
    stated = [["NaT", "NaT"], [DAYS[0], DAYS[0]], [DAYS[0], DAYS[0]], [DAYS[0], DAYS[2]]]
    np.testing.assert_array_equal(borrow.stated_on(names, days(*DAYS)), np.array(stated, dtype="datetime64[D]"))


def test_only_what_is_known_when_a_row_begins_is_used() -> None:
    borrow = market_of(READINGS).borrow
    row = days("2024-01-02", "2024-01-02", "2024-01-05")
    begins = np.array([utc("2024-01-02 21:00"), utc("2024-01-03 00:00"), utc("2024-01-04 23:59")])
    np.testing.assert_array_equal(borrow.fees(["AAA"], row, begins)[:, 0], [NAN, 0.5, 0.5])


def test_a_reading_known_ahead_waits_for_its_date_and_a_later_one_revises() -> None:
    readings = pd.DataFrame(
        {
            "date": ["2024-01-04", "2024-01-03", "2024-01-03", "2024-01-02"],
            "symbol": "AAA",
            "fee_pct": [4.0, 3.0, 3.5, 2.0],
            "known": ["2024-01-02", "2024-01-02", "2024-01-03 12:00", "2024-01-05"],
        }
    )
    borrow = market_of(readings).borrow
    begins = np.array([utc(f"{day} 14:30") for day in DAYS])
    # The reading of the 2nd comes on the 5th and changes nothing any more.
    np.testing.assert_array_equal(borrow.fees(["AAA"], days(*DAYS), begins)[:, 0], [NAN, 3.5, 4, 4])
    np.testing.assert_array_equal(borrow.fees(["AAA"], days(*DAYS))[:, 0], [NAN, 3, 4, 4])


def test_rows_out_of_order_are_refused() -> None:
    borrow = market_of(READINGS).borrow
    with pytest.raises(DataError, match="ascending"):
        borrow.fees(["AAA"], days("2024-01-03", "2024-01-02"))
    with pytest.raises(DataError, match="ascending"):
        borrow.available(["AAA"], days(*DAYS), np.arange(4)[::-1])


@pytest.mark.parametrize(
    ("readings", "message"),
    [
        (READINGS.drop(columns="fee_pct"), "borrow: no column 'fee_pct'"),
        (
            READINGS.assign(fee_pct=[1, 1, -1]),
            "borrow, row 3: fee_pct of BBB on 2024-01-02 is -1; it must be zero or more",
        ),
        (READINGS.assign(available=[1, -5, 1]), "borrow, row 2: available of AAA on 2024-01-02 is -5"),
        (READINGS.assign(date="2024-01-04"), "borrow, row 2: a second row of AAA on 2024-01-04. Keep one"),
        (READINGS.assign(fee_pct="low"), "borrow, row 1: 'low' in 'fee_pct' is no number"),
        (READINGS.assign(known=["2024-01-05", "soon", "2024-01-05"]), "borrow, row 2: 'soon' in 'known' is no date"),
    ],
)
def test_wrong_readings_are_named(readings: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError) as refusal:
        market_of(readings)
    assert message in str(refusal.value)


def test_names_without_prices_and_empty_fees_are_said() -> None:
    market = market_of(READINGS.assign(symbol=["AAA", "AAA", "ZZZ"], fee_pct=[np.nan, 0.5, 1.0]))
    assert said(market, "D608") == ["borrow: 1 names without prices are passed over."]
    assert said(market, "D208") == ["borrow: 1 rows have no fee; it is not known from then on."]
    np.testing.assert_array_equal(market.borrow.fees(["AAA"], days(*DAYS))[:, 0], [NAN, 0.5, 0.5, NAN])


def test_readings_to_come_are_not_known() -> None:
    market = market_of(READINGS)
    far = days(*DAYS, "2024-02-01")
    t = utc("2024-01-04 23:59")
    before = market.until(t).borrow
    np.testing.assert_array_equal(before.fees(["AAA"], far)[:, 0], [NAN, 0.5, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(market.until(t + 60 * 10**9).borrow.fees(["AAA"], far)[:, 0], [NAN, 0.5, 0.5, 2, 2])
    for future in FUTURES:
        changed = with_future(market, t, future, np.random.default_rng(1))
        np.testing.assert_array_equal(
            changed.until(t).borrow.fees(["AAA", "BBB"], far), before.fees(["AAA", "BBB"], far)
        )
        fees = changed.borrow.fees(["AAA"], far)[:, 0]
        assert fees[:3].tolist()[1:] == [0.5, 0.5]
        assert fees[3] != 2


def test_row_order_changes_nothing() -> None:
    one, other = market_of(READINGS).borrow, market_of(READINGS.iloc[::-1]).borrow
    for name, readings in one.readings.items():
        for field in ("days", "known", "fee", "available"):
            array = getattr(readings, field)
            assert array.tobytes() == getattr(other.readings[name], field).tobytes()
            assert not array.flags.writeable


def test_a_folder_may_hold_a_file_of_borrowing(tmp_path: Path) -> None:
    PRICES.to_csv(tmp_path / "prices.csv", index=False)
    READINGS.to_csv(tmp_path / "borrow.csv", index=False)
    found = load(tmp_path).borrow.available(["AAA"], days("2024-01-03", "2024-01-05"))
    assert found.tolist() == [[1000.0], [INF]]
