"""Series as they were known: by hand, against a plain loop, and what a market covers."""

import gc
import weakref
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.load import load
from data.series.coverage import coverage
from data.series.point_in_time import PointInTime, all_series, series
from data.series.tables import LONG_TABLES
from data.sources.frames import from_frames

PRICES = pd.DataFrame(
    {"date": ["2024-12-30", "2025-02-14"], "symbol": "AAA", "venue": "XNYS", "currency": "USD", "close": [1.0, 2.0]}
)


def utc(*texts: str) -> np.ndarray:
    return np.array([pd.Timestamp(text, tz="UTC").value for text in texts])


def flows(*rows: tuple[str, float, str]) -> PointInTime:
    table = pd.DataFrame([(date, "CHINA", value, known) for date, value, known in rows])
    table.columns = ["date", "entity", "net_usd", "known"]
    return series(from_frames(PRICES, flows=table), "flows", "CHINA")


def test_the_figure_of_the_latest_date_in_its_latest_revision():
    flow = flows(
        ("2025-01-03", 1.0, "2025-01-09 21:00"),
        ("2025-01-10", 2.0, "2025-01-16 21:00"),
        ("2025-01-03", 1.5, "2025-01-17 21:00"),  # the past revised: the present stays
        ("2025-01-10", 2.5, "2025-01-20 21:00"),  # the present revised
    )
    asked = utc("2025-01-09 20:59", "2025-01-09 21:00", "2025-01-17 22:00", "2025-01-20 21:00")
    found = flow.as_of(asked)
    np.testing.assert_array_equal(found.values, [np.nan, 1.0, 2.0, 2.5])
    np.testing.assert_array_equal(found.ages, [np.nan, 6.0, 7.0, 10.0])
    assert [str(day) for day in found.dates] == ["NaT", "2025-01-03", "2025-01-10", "2025-01-10"]


def test_a_reading_older_than_the_limit_is_none_and_keeps_its_age():
    flow = flows(("2025-01-03", 1.0, "2025-01-09 21:00"))
    found = flow.as_of(utc("2025-01-17 23:59", "2025-01-18 00:00"))
    np.testing.assert_array_equal(found.values, [1.0, np.nan])
    np.testing.assert_array_equal(found.ages, [14.0, 15.0])
    assert flow.as_of(utc("2025-01-18 00:00"), max_age_days=15).values.tolist() == [1.0]


def test_oracle_a_plain_loop():
    rng = np.random.default_rng(11)
    n = 300
    dates = np.datetime64("2024-01-01") + rng.integers(0, 60, n)
    known = np.sort(dates.astype("datetime64[ns]").astype(np.int64) + rng.integers(0, 20, n) * 43_200 * 10**9)
    order = np.lexsort([dates, known])
    one = PointInTime(
        table="flows", key=("X",), known=known[order], dates=dates[order], values=rng.normal(size=n)
    )  # fmt: skip
    stamps = rng.integers(known[0] - 10**14, known[-1] + 10**15, 400)
    found = one.as_of(stamps, max_age_days=9)
    for i, stamp in enumerate(stamps.tolist()):
        rows = [j for j in range(n) if one.known[j] <= stamp]
        best = max(rows, key=lambda j: (one.dates[j], one.known[j], j), default=None)
        if best is None:
            assert np.isnan(found.values[i])
            assert np.isnat(found.dates[i])
            continue
        age = (np.datetime64(stamp, "ns").astype("datetime64[D]") - one.dates[best]).astype(int)
        assert found.ages[i] == age
        assert found.dates[i] == one.dates[best]
        np.testing.assert_equal(found.values[i], one.values[best] if age <= 9 else np.nan)


def test_property_what_comes_later_changes_nothing_read_before():
    market = load("demo")
    stamp = market.calendars["XNYS"].closes[1000]
    stamps = market.calendars["XNYS"].closes[:1001]
    for table in ("valuations", "flows", "rates"):
        past = all_series(market.until(int(stamp)), table)
        for key, one in all_series(market, table).items():
            if key in past:
                for before, after in zip(past[key].as_of(stamps), one.as_of(stamps), strict=True):
                    assert before.tobytes() == after.tobytes()


def test_series_are_read_once_a_market_and_are_read_only():
    market = load("demo")
    found = all_series(market, "flows")
    assert all_series(market, "flows") is found
    assert all_series(market.until(int(market.calendars["XNYS"].closes[1000])), "flows") is not found
    with pytest.raises(TypeError, match="does not support item assignment"):
        found["CHINA",] = found["US",]
    for one in found.values():
        assert not any(part.flags.writeable for part in (one.known, one.values, one.dates))
    with pytest.raises(DataError, match="No table 'flow'"):
        all_series(market, "flow")
    with pytest.raises(DataError, match="No table 'flow'"):  # what failed is not kept
        all_series(market, "flow")


def test_a_market_that_is_no_longer_used_is_let_go_with_its_series():
    market = load("demo", start="2024-01-02")
    told = weakref.ref(market)
    assert all_series(market, "valuations")
    del market
    gc.collect()
    assert told() is None


def filings(rows: list[tuple[str, str, str, str, float]]) -> Mapping[tuple[str, ...], PointInTime]:
    table = pd.DataFrame(rows, columns=["period", "filed", "symbol", "type", "value_usd"]).assign(filer="F")
    return all_series(from_frames(PRICES, holdings_13f=table), "holdings_13f")


def test_a_position_that_the_next_filing_leaves_out_is_closed():
    found = filings(
        [
            ("2024-06-30", "2024-08-14", "BABA", "", 100.0),
            ("2024-06-30", "2024-08-14", "BABA", "", 20.0),  # by another manager: they add up
            ("2024-06-30", "2024-08-14", "BABA", "Put", 7.0),
            ("2024-09-30", "2024-11-14", "JD", "", 50.0),
            ("2024-09-30", "2024-12-02", "JD", "", 55.0),  # amended
        ]
    )
    assert sorted(found) == [("F", "BABA", ""), ("F", "BABA", "Put"), ("F", "JD", "")]
    asked = utc("2024-08-15 03:59", "2024-08-15 04:00", "2024-11-15 05:00", "2024-12-03 05:00")
    np.testing.assert_array_equal(found["F", "BABA", ""].as_of(asked).values, [np.nan, 120.0, 0.0, 0.0])
    np.testing.assert_array_equal(found["F", "BABA", "Put"].as_of(asked).values, [np.nan, 7.0, 0.0, 0.0])
    np.testing.assert_array_equal(found["F", "JD", ""].as_of(asked).values, [np.nan, 0.0, 50.0, 55.0])


def test_the_limit_of_a_filing_reaches_the_next_deadline():
    # 30 September to 14 February, which may fall on the Saturday before Presidents' Day.
    wait = np.datetime64("2026-02-17") - np.datetime64("2025-09-30")
    assert wait.astype(int) == LONG_TABLES["holdings_13f"].stale_after_days


def test_coverage_by_hand():
    market = from_frames(
        PRICES,
        rates=pd.DataFrame(
            {"date": ["2024-12-01", "2024-12-11", "2024-12-31"], "series": "US_FED_FUNDS", "value": [4.6, 4.6, 4.4]}
        ),
        flows=pd.DataFrame(
            {
                "date": ["2025-02-07", "2025-02-07", "2025-02-14"],
                "entity": "CHINA",
                "net_usd": [1.0, 2.0, 3.0],
                "known": ["2025-02-12", "2025-02-13", "2025-02-20"],
            }
        ),
    )
    rows = coverage(market).set_index(["table", "key"])
    rate = rows.loc["rates", "US_FED_FUNDS"]
    assert (rate["n_dates"], rate["usual_step_days"], rate["longest_gap_days"]) == (3, 15.0, 20.0)
    assert (rate["age_days"], rate["is_stale"]) == (45.0, False)
    assert rate["last_known"] == pd.Timestamp("2025-01-01", tz="UTC")
    flow = rows.loc["flows", "CHINA"]
    # The figure of the 14th is not known at the market's end, that day.
    assert (flow["n_dates"], flow["n_revisions"], flow["age_days"], flow["is_stale"]) == (2, 1, 7.0, False)


def test_a_series_that_ended_is_stale_at_the_end():
    market = from_frames(
        PRICES, valuations=pd.DataFrame({"date": ["2025-02-06"], "entity": "NDX", "metric": "pe_ttm", "value": [30.0]})
    )
    row = coverage(market).iloc[0]
    assert (row["age_days"], row["limit_days"], row["is_stale"]) == (8.0, 7, True)
    assert coverage(from_frames(PRICES)).empty


def test_an_unknown_series_is_refused_by_name():
    with pytest.raises(DataError, match=r"no series .HSTECH. in valuations. It has: HSTECH pe_ttm, NDX pe_ttm"):
        series(load("demo"), "valuations", "HSTECH")
    with pytest.raises(DataError, match="No table 'flow'"):
        all_series(load("demo"), "flow")
