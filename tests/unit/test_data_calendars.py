"""Calendars: which sessions were held, at which hours, and what was believed before an announcement."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import calendars
from data.calendars import Calendar, corrections, trading_calendar, trading_calendars
from data.errors import DataError


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


def session(calendar: Calendar, day: str) -> tuple[str, str]:
    """Open and close of a day, UTC."""
    at = int(calendar.index_of(np.array([day], dtype="datetime64[D]"))[0])
    assert at >= 0, f"{calendar.venue} holds no session on {day}"
    return tuple(pd.Timestamp(int(s[at])).strftime("%H:%M") for s in (calendar.opens, calendar.closes))


def holds(calendar: Calendar, day: str) -> bool:
    return bool(calendar.index_of(np.array([day], dtype="datetime64[D]"))[0] >= 0)


# Weekdays of January and February 2025 without a session, as published by the exchanges.
SHUT_2025 = {
    "XHKG": ["2025-01-01", "2025-01-29", "2025-01-30", "2025-01-31"],
    "XNYS": ["2025-01-01", "2025-01-09", "2025-01-20", "2025-02-17"],
    "XSHG": ["2025-01-01", *(f"2025-01-{d}" for d in range(28, 32)), "2025-02-03", "2025-02-04"],
}


@pytest.mark.parametrize("venue", ["XHKG", "XNYS", "XSHG"])
def test_sessions_of_early_2025(venue: str) -> None:
    calendar = trading_calendar(venue, 2025, 2025)
    inside = calendar.dates[calendar.dates < np.datetime64("2025-03-01")]
    weekdays = pd.bdate_range("2025-01-01", "2025-02-28").to_numpy().astype("datetime64[D]")
    assert np.setdiff1d(weekdays, inside).astype(str).tolist() == SHUT_2025[venue]
    assert np.setdiff1d(inside, weekdays).size == 0


@pytest.mark.parametrize(
    ("venue", "day", "hours"),
    [
        ("XHKG", "2025-01-27", ("01:30", "08:00")),
        ("XHKG", "2025-01-28", ("01:30", "04:00")),  # the eve of the Lunar New Year is a half day
        ("XHKG", "2024-12-24", ("01:30", "04:00")),
        ("XNYS", "2025-01-27", ("14:30", "21:00")),
        ("XNYS", "2024-07-03", ("13:30", "17:00")),
        ("XNYS", "2024-07-05", ("13:30", "20:00")),
        ("XSHG", "2025-01-27", ("01:30", "07:00")),
        # Late opens that the library lacks.
        ("XHKG", "2020-08-19", ("05:30", "08:00")),
        ("XHKG", "2021-06-28", ("05:30", "08:00")),
        ("XHKG", "2023-10-09", ("06:00", "08:00")),
        # An early close, and the index circuit breaker.
        ("XHKG", "2019-07-31", ("01:30", "05:55")),
        ("XSHG", "2016-01-07", ("01:30", "01:59")),
    ],
)
def test_hours(venue: str, day: str, hours: tuple[str, str]) -> None:
    assert session(trading_calendar(venue, int(day[:4]), int(day[:4])), day) == hours


@pytest.mark.parametrize("day", ["2023-09-01", "2023-09-08", "2023-07-17", "2024-09-06"])
def test_a_cancelled_session_is_not_held(day: str) -> None:
    calendar = trading_calendar("XHKG", int(day[:4]), int(day[:4]))
    assert not holds(calendar, day)
    assert np.datetime64(day) in calendar.cancelled_dates


def test_a_closure_is_a_session_until_it_is_announced() -> None:
    calendar = trading_calendar("XHKG", 2023, 2023)
    before, after = (calendar.as_known(utc("2023-09-07 23:00") + shift) for shift in (-1, 0))
    assert holds(before, "2023-09-08")
    assert session(before, "2023-09-08") == ("01:30", "08:00")
    assert not holds(after, "2023-09-08")
    # What was announced earlier is known in both, and what came later in neither.
    for known in (before, after):
        assert not holds(known, "2023-09-01")
        assert np.datetime64("2023-09-01") in known.cancelled_dates
        assert session(known, "2023-10-09") == ("01:30", "08:00")
        assert (np.diff(known.dates) > np.timedelta64(0, "D")).all()
        assert (np.diff(known.opens) > 0).all()


def test_a_late_open_is_at_the_usual_hour_until_it_is_announced() -> None:
    calendar = trading_calendar("XHKG", 2021, 2021)
    assert session(calendar.as_known(utc("2021-06-28 00:19")), "2021-06-28") == ("01:30", "08:00")
    assert session(calendar.as_known(utc("2021-06-28 00:20")), "2021-06-28") == ("05:30", "08:00")


def test_a_day_of_mourning_is_announced_days_ahead() -> None:
    calendar = trading_calendar("XNYS", 2024, 2025)
    assert holds(calendar.as_known(utc("2024-12-30 20:29")), "2025-01-09")
    assert not holds(calendar.as_known(utc("2024-12-30 20:30")), "2025-01-09")


def test_the_last_calendar_is_the_calendar_as_known_at_the_end() -> None:
    calendar = trading_calendar("XHKG", 2023, 2023)
    assert calendar.as_known(utc("2024-01-01")) is calendar


def test_what_was_known_at_two_stamps_in_turn_is_what_was_known_at_the_first() -> None:
    calendar = trading_calendar("XHKG", 2023, 2023)
    early, late = utc("2023-08-01"), utc("2023-09-05")
    direct, in_turn = calendar.as_known(early), calendar.as_known(late).as_known(early)
    assert direct.dates.tobytes() == in_turn.dates.tobytes()
    assert direct.opens.tobytes() == in_turn.opens.tobytes()


def test_shenzhen_keeps_the_sessions_of_shanghai() -> None:
    both = trading_calendars({"XSHE", "XSHG"}, 2015, 2025)
    for name in ("dates", "opens", "closes", "cancelled_dates", "announced", "moved_dates"):
        assert getattr(both["XSHE"], name).tobytes() == getattr(both["XSHG"], name).tobytes()
    assert both["XSHE"].venue == "XSHE"


def test_both_mainland_exchanges_have_the_same_corrections() -> None:
    table = corrections().set_index("venue")[["date", "kind", "open", "close", "announced"]]
    assert table.loc["XSHE"].reset_index(drop=True).equals(table.loc["XSHG"].reset_index(drop=True))


def test_every_correction_is_known_before_the_session_ends() -> None:
    for venue in ("XHKG", "XNYS", "XSHG"):
        calendar = trading_calendar(venue, 2010, 2025)
        assert (calendar.announced < calendar.cancelled_opens).all()
        assert (calendar.moved_announced < calendar.moved_closes).all()
        assert np.isin(calendar.moved_dates, calendar.dates).all()


def test_index_of_says_minus_one_where_there_is_no_session() -> None:
    calendar = trading_calendar("XNYS", 2025, 2025)
    days = np.array(["2024-12-31", "2025-01-02", "2025-01-04", "2026-01-02"], dtype="datetime64[D]")
    assert calendar.index_of(days).tolist() == [-1, 0, -1, -1]


def test_arrays_are_read_only() -> None:
    calendar = trading_calendar("XHKG", 2023, 2023)
    for known in (calendar, calendar.as_known(utc("2023-08-01"))):
        for name in known.__slots__:
            if name != "venue":
                assert not getattr(known, name).flags.writeable, name


def test_the_table_of_corrections_is_a_copy() -> None:
    mine = corrections()
    mine["kind"] = "closed"
    assert set(corrections()["kind"]) == {"closed", "late_open", "early_close"}


def test_an_unknown_venue_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"'XNAS'.*XNYS"):
        trading_calendars({"XNAS"}, 2024, 2024)


def test_years_without_a_calendar_are_refused() -> None:
    with pytest.raises(DataError, match=r"No calendar of XSHG for 1980 to 1981"):
        trading_calendar("XSHG", 1980, 1981)


def test_sessions_kept_on_disk_are_those_of_the_library(tmp_path: Path) -> None:
    fresh = calendars._ask_library("XHKG", 2022, 2023)
    path = tmp_path / "XHKG.npy"
    calendars._keep_sessions(path, fresh)
    assert calendars._read_sessions(path).tobytes() == fresh.tobytes()
    assert [file.name for file in tmp_path.iterdir()] == ["XHKG.npy"]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY garbage", b"not an array"])
def test_a_broken_file_of_sessions_is_asked_for_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "XHKG.npy"
    assert calendars._read_sessions(path) is None
    path.write_bytes(content)
    assert calendars._read_sessions(path) is None
    np.save(path, np.zeros((3, 4), dtype=np.int64))
    assert calendars._read_sessions(path) is None


def test_calendars_do_not_need_a_folder_that_can_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = "from data.calendars import trading_calendar as t; print(len(t('XSHG', 2024, 2024).dates))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"EASTBOUND_CACHE": str(blocked), "TMPDIR": str(tmp_path), "PATH": ""},
    )
    assert done.stdout.strip() == "242"
