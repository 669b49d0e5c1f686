"""Drawdowns with their dates, on a NAV that a reader can follow with a finger."""

import numpy as np
import pandas as pd
import pytest

from backtest.errors import BacktestError
from backtest.metrics.drawdowns import COLUMNS, drawdown, drawdown_of_returns, drawdowns, longest_under_water

NAN, NAT = float("nan"), pd.NaT
DATES = pd.to_datetime(
    ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-20", "2024-01-31"]
)


def dated(*nav):
    return pd.Series(nav, index=DATES[: len(nav)], dtype=float)


def test_two_drawdowns_and_one_that_lasts():
    table = drawdowns(dated(100, 90, 100, 80, 60, 110, 99, 105))
    assert tuple(table.columns) == COLUMNS
    assert table["depth"].tolist() == pytest.approx([-0.4, -0.1, -0.1])
    assert table["peak"].tolist() == [DATES[2], DATES[0], DATES[5]]  # the last date at the peak
    assert table["trough"].tolist() == [DATES[4], DATES[1], DATES[6]]
    assert table["recovery"].tolist() == [DATES[5], DATES[2], NAT]
    assert table["days_to_trough"].tolist() == [6, 1, 10]
    np.testing.assert_array_equal(table["days_to_recovery"], [1, 1, NAN])


def test_only_the_deepest():
    assert drawdowns(dated(100, 90, 100, 80, 60, 110, 99, 105), 1)["depth"].tolist() == pytest.approx([-0.4])
    assert len(drawdowns(dated(100, 90), 0)) == 0


def test_the_lowest_of_equals_is_the_first():
    assert drawdowns(dated(100, 90, 90, 95)).loc[0, "trough"] == DATES[1]


def test_a_fall_from_the_opening_nav_peaks_on_the_first_date():
    table = drawdowns(dated(90, 95, 101), opening_nav=100.0)
    assert table["depth"].tolist() == pytest.approx([-0.1])
    assert (table.loc[0, "peak"], table.loc[0, "trough"], table.loc[0, "recovery"]) == (DATES[0], DATES[0], DATES[2])
    assert drawdowns(dated(90, 95, 101)).empty
    assert longest_under_water([90, 95, 101], DATES[:3], 100.0) == 2


def test_nan_is_left_out():
    gaps = dated(100, NAN, 90, NAN, 100)
    table = drawdowns(gaps)
    assert (table.loc[0, "peak"], table.loc[0, "recovery"]) == (DATES[0], DATES[4])
    np.testing.assert_array_equal(drawdown(gaps), [0, NAN, 90 / 100 - 1, NAN, 0])
    assert longest_under_water(gaps, DATES[:5]) == 8


@pytest.mark.parametrize("nav", [(), (100,), (NAN, NAN), (100, 100, 100), (100, 101, 102)])
def test_where_there_is_no_drawdown(nav):
    table = drawdowns(dated(*nav))
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 0
    assert [str(kind)[:8] for kind in table.dtypes[["peak", "trough", "recovery"]]] == ["datetime"] * 3


def test_the_last_digit_of_a_nav_that_stands_still_is_no_drawdown():
    still = dated(100, np.nextafter(100, 0), np.nextafter(100, 0), 100)
    assert drawdowns(still).empty
    assert longest_under_water(still, DATES[:4]) == 0


def test_longest_under_water():
    assert longest_under_water([100, 90, 100, 80, 60, 110, 99, 105], DATES) == 21  # 10 to 31 January, lasting
    assert longest_under_water([100, 90, 100, 80, 60, 110], DATES[:6]) == 7  # 3 to 10 January, over
    assert longest_under_water([100, 100, 101], DATES[:3]) == 0
    assert np.isnan(longest_under_water([], []))
    assert np.isnan(longest_under_water([NAN], DATES[:1]))


def test_the_start_is_a_peak_too():
    assert drawdown_of_returns([-0.1, -0.1, 0.5]) == pytest.approx([-0.1, -0.19, 0.0])


@pytest.mark.parametrize("seed", range(20))
def test_the_table_holds_every_mark_below_a_peak_once(seed):
    """Law: marks strictly between peak and recovery are the marks with a drawdown; depths are their minima."""
    rng = np.random.default_rng(seed)
    nav = pd.Series(
        100 * np.cumprod(1 + 0.02 * rng.standard_normal(300)), index=pd.date_range("2020-01-01", periods=300)
    )
    falls = pd.Series(drawdown(nav), index=nav.index)
    seen = pd.Series(0, index=nav.index)
    for row in drawdowns(nav, 300).itertuples():
        end = nav.index[-1] + pd.Timedelta(days=1) if row.recovery is NAT else row.recovery
        inside = (nav.index > row.peak) & (nav.index < end)
        seen[inside] += 1
        assert row.depth == falls[inside].min() == falls[row.trough]
    np.testing.assert_array_equal(seen, (falls < 0).astype(int))


def test_what_is_no_nav_by_date_is_refused_in_words():
    with pytest.raises(BacktestError, match="give a Series whose index holds dates"):
        drawdowns(pd.Series([1.0, 2.0]))
    with pytest.raises(BacktestError, match="its dates do not ascend: sort them"):
        drawdowns(dated(1, 2, 3)[::-1])
    with pytest.raises(BacktestError, match="n is -1"):
        drawdowns(dated(1, 2), -1)
    with pytest.raises(BacktestError, match="2 NAVs and 3 dates"):
        longest_under_water([1, 2], DATES[:3])
