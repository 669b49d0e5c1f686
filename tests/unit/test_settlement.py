"""Settlement dates, counted by hand on the exchanges' calendars."""

import numpy as np
import pandas as pd
import pytest

from data.calendars import trading_calendar
from data.errors import DataError
from data.settlement import settlement_closures, settlement_dates, settlement_days, settlement_lags


def days(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[D]")


def settles(venue: str, *dates: str) -> list[str]:
    first, last = (1995, 2001) if dates[0] < "2002" else (2010, 2025)
    return settlement_dates(trading_calendar(venue, first, last), venue, days(*dates)).astype(str).tolist()


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        # T+3 to T+2: Monday 2017-09-04 is Labor Day, so three dates of trade settle within two days.
        ("2017-08-31", "2017-09-06"),
        ("2017-09-01", "2017-09-07"),
        ("2017-09-05", "2017-09-07"),
        # T+2 to T+1 around Memorial Day.
        ("2024-05-23", "2024-05-28"),
        ("2024-05-24", "2024-05-29"),
        ("2024-05-28", "2024-05-29"),
        ("2024-05-29", "2024-05-30"),
        # Thanksgiving; the early close on Friday settles.
        ("2024-11-27", "2024-11-29"),
        ("2024-11-29", "2024-12-02"),
        # Columbus Day: a session, and no settlement day.
        ("2024-10-11", "2024-10-15"),
        ("2024-10-14", "2024-10-15"),
        ("2024-10-15", "2024-10-16"),
        # Veterans Day, on its day; on the Monday after a Sunday; not moved from a Saturday (10 November 2023).
        ("2024-11-08", "2024-11-12"),
        ("2024-11-11", "2024-11-12"),
        ("2018-11-08", "2018-11-13"),
        ("2018-11-09", "2018-11-14"),
        ("2018-11-12", "2018-11-14"),
        ("2023-11-09", "2023-11-13"),
        # Good Friday is neither.
        ("2024-03-27", "2024-04-01"),
    ],
)
def test_new_york(traded, settled):
    assert settles("XNYS", traded) == [settled]


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        # No session on Friday 2023-09-01 (typhoon Saola) and Friday 2023-09-08 (black rainstorm).
        ("2023-08-30", "2023-09-04"),
        ("2023-08-31", "2023-09-05"),
        ("2023-09-06", "2023-09-11"),
        ("2023-09-07", "2023-09-12"),
        # Mornings lost, on Monday 2023-10-09, and afternoons, on 2019-07-31, settle all the same.
        ("2023-10-05", "2023-10-09"),
        ("2019-07-29", "2019-07-31"),
        # Lunar New Year 2025: Tuesday 28 January is a half day, 29 to 31 holidays.
        ("2025-01-24", "2025-02-03"),
        ("2025-01-27", "2025-02-04"),
        ("2025-01-28", "2025-02-04"),
        ("2025-02-03", "2025-02-05"),
        # National Day, Tuesday 2024-10-01, and Chung Yeung, Friday 2024-10-11.
        ("2024-09-27", "2024-10-02"),
        ("2024-09-30", "2024-10-03"),
        ("2024-10-09", "2024-10-14"),
        # The eve of 2011 that the calendar has as a whole day: Wednesday 2011-02-02, then holidays to 4 February.
        ("2011-01-31", "2011-02-07"),
    ],
)
def test_hong_kong(traded, settled):
    assert settles("XHKG", traded) == [settled]


@pytest.mark.parametrize("venue", ["XSHG", "XSHE"])
def test_cash_of_mainland_trades_settles_on_the_next_session(venue):
    # Golden Week 2024 is 1 to 7 October; Lunar New Year 2025 28 January to 4 February.
    traded = ("2024-09-27", "2024-09-30", "2025-01-27", "2025-02-05")
    assert settles(venue, *traded) == ["2024-09-30", "2024-10-08", "2025-02-05", "2025-02-06"]


def test_columbus_day_1999_as_published():
    # NASD Notice to Members 99-83, October 1999, at T+3.
    traded = [f"1999-10-{day:02d}" for day in (5, 6, 7, 8, 11, 12)]
    assert settles("XNYS", *traded) == [f"1999-10-{day:02d}" for day in (8, 12, 13, 14, 14, 15)]


def test_christmas_2000_as_published():
    # NASD Notice to Members 00-82.
    traded = ["2000-12-19", "2000-12-20", "2000-12-21", "2000-12-22", "2000-12-26", "2000-12-27", "2000-12-28"]
    settled = ["2000-12-22", "2000-12-26", "2000-12-27", "2000-12-28", "2000-12-29", "2001-01-02", "2001-01-03"]
    assert settles("XNYS", *traded) == settled


def test_christmas_2014_in_hong_kong_as_published():
    # Shanghai Stock Exchange, arrangements for Southbound trading at Christmas 2014: 24 December is no settlement day.
    assert settles("XHKG", "2014-12-22", "2014-12-23", "2014-12-24") == ["2014-12-29", "2014-12-30", "2014-12-30"]


def test_dates_keep_their_order_and_may_repeat():
    traded = ("2024-05-28", "2024-05-24", "2024-05-28")
    assert settles("XNYS", *traded) == ["2024-05-29"] * 3
    assert settlement_dates(trading_calendar("XNYS", 2024, 2024), "XNYS", days()).shape == (0,)


def test_a_settlement_beyond_the_calendar_is_not_known():
    calendar = trading_calendar("XHKG", 2024, 2024)
    # Tuesday 2024-12-31 is a half day: the last settlement day of the year is the 30th.
    found = settlement_dates(calendar, "XHKG", days("2024-12-23", "2024-12-27", "2024-12-31"))
    assert np.isnat(found).tolist() == [False, True, True]
    assert str(found[0]) == "2024-12-30"


def test_every_settlement_is_a_later_session_and_none_overtakes():
    for venue in ("XNYS", "XHKG", "XSHG"):
        calendar = trading_calendar(venue, 2010, 2025)
        found = settlement_dates(calendar, venue, calendar.dates)
        found, traded = found[~np.isnat(found)], calendar.dates[~np.isnat(found)]
        assert (found > traded).all()
        assert (np.diff(found) >= np.timedelta64(0, "D")).all()
        assert np.isin(found, settlement_days(calendar)).all()


def test_what_was_expected_before_a_typhoon_is_earlier_than_what_came():
    calendar = trading_calendar("XHKG", 2023, 2023)
    traded = days("2023-08-31")
    before = calendar.as_known(pd.Timestamp("2023-08-31 08:00", tz="UTC").value)
    assert str(settlement_dates(before, "XHKG", traded)[0]) == "2023-09-04"
    assert str(settlement_dates(calendar, "XHKG", traded)[0]) == "2023-09-05"


def test_new_york_has_one_or_two_sessions_a_year_without_settlement():
    calendar = trading_calendar("XNYS", 2010, 2025)
    shut = pd.DatetimeIndex(np.setdiff1d(calendar.dates, settlement_days(calendar)))
    assert set(shut.month) == {10, 11}
    # 11 November fell on a Saturday in 2017 and 2023.
    expected = [1 if year in {2017, 2023} else 2 for year in range(2010, 2026)]
    assert shut.year.value_counts().sort_index().tolist() == expected


@pytest.mark.parametrize(
    ("venue", "date", "message"),
    [
        ("XHKG", "2023-09-08", r"XHKG held no session on 2023-09-08"),
        ("XNYS", "2024-05-27", r"XNYS held no session on 2024-05-27"),
        ("XNYS", "NaT", r"XNYS held no session on NaT"),
    ],
)
def test_a_day_without_session_is_refused(venue, date, message):
    with pytest.raises(DataError, match=message):
        settlement_dates(trading_calendar(venue, 2023, 2024), venue, days("2024-05-28", date))


def test_the_calendar_of_another_venue_is_refused():
    with pytest.raises(DataError, match=r"XHKG was asked of the calendar of XNYS"):
        settlement_dates(trading_calendar("XNYS", 2024, 2024), "XHKG", days("2024-05-28"))
    with pytest.raises(DataError, match=r"'XNAS'"):
        settlement_dates(trading_calendar("XNYS", 2024, 2024), "XNAS", days("2024-05-28"))


def test_a_date_older_than_the_first_lag_is_refused():
    with pytest.raises(DataError, match=r"no lag of XNYS for 1995-06-06"):
        settles("XNYS", "1995-06-06")


def test_lags_of_a_venue_follow_each_other_without_gap_or_overlap():
    for _, rows in settlement_lags().groupby("venue"):
        assert (rows["from"].iloc[1:].to_numpy() - rows["to"].iloc[:-1].to_numpy() == np.timedelta64(1, "D")).all()
        assert pd.isna(rows["to"].iloc[-1])


def test_the_tables_are_copies():
    for table, column in ((settlement_lags, "lag"), (settlement_closures, "rule")):
        mine = table()
        mine[column] = 9
        assert not (table()[column] == 9).any()
