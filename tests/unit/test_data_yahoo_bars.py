"""What Yahoo's bars become: prices and shares as traded, sessions only, rates known when they are complete."""

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.fetching.bars import bars_of, rates_of
from tests.yahoo import FakeYahoo, traded

FIRST, LAST = np.datetime64("2024-01-02"), np.datetime64("2024-01-05")
# Four-for-one on Friday; three-for-two on the Tuesday after the range.
CLOSES = {"2024-01-02": 600.0, "2024-01-03": 612.0, "2024-01-04": 606.0, "2024-01-05": 150.0, "2024-01-09": 101.0}
SPLITS = {"2024-01-05": 4.0, "2024-01-09": 1.5}
DIVIDENDS = {"2024-01-03": 6.0}


def answer(rows: pd.DataFrame, ticker: str = "AAPL", timezone: str | None = None) -> pd.DataFrame:
    fake = FakeYahoo({ticker: rows}, timezone)
    return fake.download([ticker], "2000-01-01", actions=True, threads=False, auto_adjust=False, progress=False)


@pytest.fixture(params=[None, "America/New_York", "one level"])
def bars(request: pytest.FixtureRequest) -> pd.DataFrame:
    rows = traded(CLOSES, volumes=[10, 20, 30, 40, 50], splits=SPLITS, dividends=DIVIDENDS)
    given = rows if request.param == "one level" else answer(rows, timezone=request.param)
    return bars_of(given, "AAPL", "XNYS", FIRST, LAST)


def test_closes_are_adjusted_for_splits_and_close_raw_is_as_traded(bars: pd.DataFrame) -> None:
    assert bars["date"].dt.strftime("%Y-%m-%d").tolist() == list(CLOSES)[:4]
    assert bars["close"].tolist() == [100.0, 102.0, 101.0, 100.0]
    assert bars["close_raw"].tolist() == [600.0, 612.0, 606.0, 150.0], "the split after the range counts too"


def test_volume_is_in_shares_as_traded_and_dividends_in_adjusted_ones(bars: pd.DataFrame) -> None:
    assert bars["volume"].tolist() == [10.0, 20.0, 30.0, 40.0]
    assert bars["dividends"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert bars["close_raw"].iloc[1] * bars["dividends"].iloc[1] / bars["close"].iloc[1] == 6.0


def test_traded_value_is_right_on_both_sides_of_a_split(bars: pd.DataFrame) -> None:
    assert (bars["close_raw"] * bars["volume"]).tolist() == [6000.0, 12240.0, 18180.0, 6000.0]


def test_rows_without_a_session_go_and_their_dividend_stands_on_the_next() -> None:
    """Hong Kong was shut on Friday 2023-09-08 by a rainstorm; Yahoo repeats the close with volume 0."""
    rows = traded(
        {"2023-09-07": 40.0, "2023-09-08": 40.0, "2023-09-11": 39.0},
        volumes=[10, 0, 20],
        dividends={"2023-09-08": 0.5, "2023-09-11": 0.25},
    )
    found = bars_of(
        answer(rows, "1234.HK"), "1234.HK", "XHKG", np.datetime64("2023-09-01"), np.datetime64("2023-09-30")
    )
    assert found["close"].tolist() == [40.0, 39.0]
    assert found["dividends"].tolist() == [0.0, 0.75]
    assert found.attrs["notes"] == ["1 rows on days without a session left out (2023-09-08)"]


def test_a_number_that_is_not_positive_is_unknown_and_without_a_close_there_is_no_row() -> None:
    rows = traded(CLOSES, dividends={"2024-01-03": 2.0})
    rows.loc["2024-01-02", "Open"] = 0.0
    rows.loc["2024-01-03", ["Open", "High", "Low", "Close"]] = np.nan
    rows.loc["2024-01-04", "Volume"] = np.nan
    found = bars_of(answer(rows), "AAPL", "XNYS", FIRST, LAST)
    assert found["date"].dt.day.tolist() == [2, 4, 5]
    assert np.isnan(found["open"].iloc[0])
    assert np.isnan(found["volume"].iloc[1])
    assert found["dividends"].tolist() == [0.0, 2.0, 0.0]
    assert found.attrs["notes"] == ["1 rows without a close left out (2024-01-03)"]


def test_capital_gains_of_a_fund_are_named() -> None:
    rows = traded(CLOSES, dividends=DIVIDENDS)
    rows["Capital Gains"] = [0.0, 0.0, 0.25, 0.0, 0.5]
    found = bars_of(answer(rows, "KWEB"), "KWEB", "XNYS", FIRST, LAST)
    assert found.attrs["notes"] == ["capital gains paid out are not counted (2024-01-04)"]


def test_a_range_without_rows_is_an_empty_table() -> None:
    found = bars_of(answer(traded(CLOSES)), "AAPL", "XNYS", np.datetime64("2023-01-02"), np.datetime64("2023-01-31"))
    assert found.empty
    assert list(found.columns) == ["date", "open", "high", "low", "close", "volume", "close_raw", "dividends"]


def test_another_shape_of_answer_is_named() -> None:
    with pytest.raises(DataError, match="Yahoo's answer for AAPL has no column 'Close'"):
        bars_of(answer(traded(CLOSES)).drop(columns="Close", level=0), "AAPL", "XNYS", FIRST, LAST)
    with pytest.raises(DataError, match="Yahoo was asked for MSFT and answers for AAPL"):
        bars_of(answer(traded(CLOSES)), "MSFT", "XNYS", FIRST, LAST)


def test_a_rate_is_known_at_the_end_of_its_day_in_summer_and_winter() -> None:
    rows = traded({"2024-03-29": 7.83, "2024-04-01": 7.82, "2024-12-31": 7.77, "2025-01-02": np.nan})
    found = rates_of(
        answer(rows, "HKD=X"), "HKD=X", "USD", "HKD", np.datetime64("2024-04-01"), np.datetime64("2025-12-31")
    )
    assert found.to_dict("list") == {
        "date": ["2024-04-01", "2024-12-31"],
        "base": ["USD", "USD"],
        "quote": ["HKD", "HKD"],
        "rate": [7.82, 7.77],
        "known": ["2024-04-02T00:00Z", "2025-01-01T00:00Z"],
    }
