"""Ticks: by venue, date and price, at the edges of bands and on the day of the change."""

import numpy as np
import pandas as pd
import pytest

from data.costs.ticks import tick_sizes, tick_table
from data.errors import DataError


def ticks(venue: str, day: str, *prices: float) -> list[float]:
    found: list[float] = tick_sizes(venue, np.array([day], dtype="datetime64[D]"), np.array([prices]))[0].tolist()
    return found


@pytest.mark.parametrize(
    ("price", "before", "after"),
    [
        *((0.005, 0.001, 0.001), (0.01, 0.001, 0.001), (0.25, 0.001, 0.001), (0.255, 0.005, 0.005)),
        *((0.5, 0.005, 0.005), (0.51, 0.01, 0.01), (10.0, 0.01, 0.01), (10.02, 0.02, 0.01), (20.0, 0.02, 0.01)),
        *((20.05, 0.05, 0.02), (50.0, 0.05, 0.02), (50.05, 0.05, 0.05), (100.0, 0.05, 0.05), (100.1, 0.1, 0.1)),
        *((200.0, 0.1, 0.1), (388.8, 0.2, 0.2), (500.0, 0.2, 0.2), (500.5, 0.5, 0.5), (1000.0, 0.5, 0.5)),
        *((1001.0, 1.0, 1.0), (2002.0, 2.0, 2.0), (5000.0, 2.0, 2.0), (5005.0, 5.0, 5.0), (9995.0, 5.0, 5.0)),
        (12_000.0, 5.0, 5.0),
    ],
)
def test_hong_kong_before_and_from_the_reduction_of_minimum_spreads(price: float, before: float, after: float) -> None:
    assert ticks("XHKG", "2006-07-24", price) == ticks("XHKG", "2025-08-03", price) == [before]
    assert ticks("XHKG", "2025-08-04", price) == ticks("XHKG", "2026-01-02", price) == [after]


def test_the_other_venues() -> None:
    assert ticks("XNYS", "2024-01-02", 0.5, 0.9999, 1.0, 250.0) == [0.0001, 0.0001, 0.01, 0.01]
    assert ticks("XSHG", "2024-01-02", 0.5, 1700.0) == [0.01, 0.01]
    assert ticks("XSHE", "2024-01-02", 0.5, 1700.0) == [0.01, 0.01]


def test_what_is_no_price_has_no_tick() -> None:
    found = ticks("XHKG", "2024-01-02", np.nan, np.inf, -np.inf, 0.0, -5.0, 30.0)
    assert np.isnan(found[:5]).all()
    assert found[5] == 0.05


def test_dates_and_names_keep_their_places() -> None:
    days = np.array(["2025-08-04", "2025-08-01", "2025-08-05"], dtype="datetime64[D]")
    prices = np.array([[15.0, np.nan], [15.0, 30.0], [np.nan, 30.0]])
    expected = np.array([[0.01, np.nan], [0.02, 0.05], [np.nan, 0.02]])
    np.testing.assert_array_equal(tick_sizes("XHKG", days, prices), expected)
    assert tick_sizes("XHKG", days[:0], prices[:0]).shape == (0, 2)


@pytest.mark.parametrize("venue", ["XHKG", "XNYS", "XSHG", "XSHE"])
def test_bands_leave_no_hole(venue: str) -> None:
    table = tick_table()
    tables = table[table["venue"] == venue].groupby(["from", "to"], dropna=False)
    spells = [(rows["from"].iloc[0], rows["to"].iloc[0]) for _, rows in tables]
    spells.sort(key=lambda spell: pd.Timestamp.min if pd.isna(spell[0]) else spell[0])
    assert pd.isna(spells[0][0])
    assert pd.isna(spells[-1][1])
    for (_, last), (first, _) in zip(spells, spells[1:], strict=False):
        assert first - last == pd.Timedelta(days=1)
    for _, rows in tables:
        assert rows["price_low"].iloc[0] == 0
        assert rows["price_low"].iloc[1:].tolist() == rows["price_high"].iloc[:-1].tolist()
        assert (rows["tick"] > 0).all()


def test_what_does_not_fit_is_refused() -> None:
    days = np.array(["2025-08-04"], dtype="datetime64[D]")
    with pytest.raises(DataError, match="Unknown venue 'XNAS'"):
        tick_sizes("XNAS", days, np.ones((1, 1)))
    with pytest.raises(DataError, match="one row of prices for each date"):
        tick_sizes("XHKG", days, np.ones((2, 1)))


def test_the_table_is_a_copy() -> None:
    mine = tick_table()
    mine["tick"] = 0.0
    assert tick_table()["tick"].max() == 5.0
