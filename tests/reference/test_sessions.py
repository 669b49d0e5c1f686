"""Sessions as the exchanges published them; days and hours one by one: `tests/unit/test_data_calendars.py`."""

import numpy as np
import pandas as pd
import pytest

from data.calendars import trading_calendar

# Hong Kong trades through typhoons and black rainstorms since this day (HKEX).
SEVERE_WEATHER_TRADING = np.datetime64("2024-09-23")


@pytest.mark.parametrize(("venue", "n_sessions"), [("XHKG", 39), ("XNYS", 39), ("XSHG", 36), ("XSHE", 36)])
def test_how_many_sessions_january_and_february_2025_had(venue, n_sessions):
    dates = trading_calendar(venue, 2025, 2025).dates
    assert np.count_nonzero(dates < np.datetime64("2025-03-01")) == n_sessions


def test_no_weather_has_shut_hong_kong_since_it_trades_through():
    calendar = trading_calendar("XHKG", 2010, 2025)
    assert (calendar.cancelled_dates < SEVERE_WEATHER_TRADING).all()
    assert (calendar.moved_dates < SEVERE_WEATHER_TRADING).all()
    assert calendar.cancelled_dates.max() == np.datetime64("2024-09-06")  # the last was typhoon Yagi


@pytest.mark.parametrize("day", ["2024-11-14", "2025-09-23", "2025-09-24"])  # typhoons Toraji and Ragasa
def test_typhoons_since_then_were_traded_through_from_open_to_close(day):
    calendar = trading_calendar("XHKG", 2024, 2025)
    (at,) = calendar.index_of(np.array([day], dtype="datetime64[D]"))
    assert at >= 0
    hours = [pd.Timestamp(int(stamps[at])).strftime("%H:%M") for stamps in (calendar.opens, calendar.closes)]
    assert hours == ["01:30", "08:00"]
