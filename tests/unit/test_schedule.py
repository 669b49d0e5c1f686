import numpy as np
import pandas as pd
import pytest

from data.calendars import trading_calendar
from strategies.errors import StrategyError
from strategies.schedule import decision_stamps, expected_dates, rebalance_dates, tranche_offsets

NEW_YORK = trading_calendar("XNYS", 2024, 2025)
HONG_KONG = trading_calendar("XHKG", 2023, 2023)


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_a_date_stands_for_the_close_and_a_holiday_rolls_back():
    stamps = decision_stamps(NEW_YORK, days("2025-01-28", "2025-01-09", "2025-01-11"))
    # 2025-01-09: day of mourning, announced on 30 December; 2025-01-11 is a Saturday.
    assert [pd.Timestamp(s, tz="UTC").isoformat() for s in stamps] == [
        "2025-01-28T21:00:00+00:00",
        "2025-01-08T21:00:00+00:00",
        "2025-01-10T21:00:00+00:00",
    ]


def test_a_session_cancelled_overnight_rolls_forward():
    # On Thursday 7 September 2023 at 16:00 nobody knew that Friday would be cancelled.
    stamp = decision_stamps(HONG_KONG, days("2023-09-08"))[0]
    assert pd.Timestamp(stamp, tz="UTC") == pd.Timestamp("2023-09-11 08:00", tz="UTC")


def test_the_last_session_of_the_week_is_the_one_expected():
    assert np.isin(days("2023-09-01", "2023-09-08"), expected_dates(HONG_KONG)).all()
    found = rebalance_dates(HONG_KONG, "week", 0, *days("2023-08-28", "2023-09-15"))
    assert found.astype(str).tolist() == ["2023-09-01", "2023-09-08", "2023-09-15"]


def test_an_announced_closure_is_not_expected():
    # New York knew of 2025-01-09 ten days before.
    assert days("2025-01-09")[0] not in expected_dates(NEW_YORK)


@pytest.mark.parametrize(
    ("every", "offset", "expected"),
    [
        ("week", 0, ["2025-01-03", "2025-01-10", "2025-01-17"]),
        ("week", 1, ["2025-01-02", "2025-01-08", "2025-01-16"]),
        ("week", 4, ["2025-01-06", "2025-01-13"]),
        ("month", 0, []),
        (5, 0, ["2025-01-02", "2025-01-10", "2025-01-17"]),
        (5, 2, ["2025-01-06", "2025-01-14"]),
        ("day", 0, None),
    ],
)
def test_schedules(every, offset, expected):
    found = rebalance_dates(NEW_YORK, every, offset, *days("2025-01-02", "2025-01-17"))
    if expected is None:
        assert len(found) == 11
    else:
        assert found.astype(str).tolist() == expected


@pytest.mark.parametrize(
    ("every", "offset"),
    [("year", 0), (None, 0), (2.5, 0), (True, 0), (0, 0), (5, 5), ("week", -1), ("week", 5), ("month", 23)],
)
def test_a_schedule_out_of_range_is_refused(every, offset):
    with pytest.raises(StrategyError, match=r"schedule\."):
        rebalance_dates(NEW_YORK, every, offset, *days("2025-01-02", "2025-01-17"))


def test_a_date_before_the_calendar_is_refused():
    with pytest.raises(StrategyError, match="2023-12-29 is before the first session of XNYS"):
        decision_stamps(NEW_YORK, days("2023-12-29"))


def test_the_first_of_several_tranches_keeps_its_offset():
    assert tranche_offsets("month", 20, 4) == [20, 4, 9, 14]
    assert tranche_offsets("month", 22, 1) == [22]
    with pytest.raises(StrategyError, match=r"offset 22 with schedule.tranches 4: they are spread over 21 sessions"):
        tranche_offsets("month", 22, 4)
