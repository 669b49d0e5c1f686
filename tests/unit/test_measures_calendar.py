"""Weeks, months and moving windows."""

import math

import numpy as np
import pandas as pd
import pytest

from backtest.errors import BacktestError
from backtest.metrics.monthly import monthly_returns
from backtest.metrics.ratios import sharpe_ratio
from backtest.metrics.regression import regress
from backtest.metrics.risk import volatility
from backtest.metrics.rolling import rolling_beta, rolling_sharpe, rolling_volatility
from backtest.metrics.weekly import week_ends, weekly_growth

NAN = float("nan")


def dated(values):
    return pd.Series(list(values.values()), index=pd.to_datetime(list(values)), dtype=float)


def test_weeks_end_on_sunday():
    # Friday, Sunday | Monday, Tuesday | (a week without a mark) | Wednesday.
    dates = ["2024-01-05", "2024-01-07", "2024-01-08", "2024-01-09", "2024-01-24"]
    assert week_ends(dates).tolist() == [1, 3, 4]
    assert weekly_growth([100, 104, 105, 130, 65], dates).tolist() == [1.25, 0.5]
    assert week_ends([]).tolist() == []
    assert weekly_growth([], []).tolist() == []


@pytest.mark.parametrize("first", ["1969-12-20", "2019-12-28", "2024-02-26"])
def test_weeks_are_pandas_weeks(first):
    dates = pd.date_range(first, periods=60)
    nav = pd.Series(np.arange(100.0, 160.0), index=dates)
    expected = nav.resample("W-SUN").last().to_numpy()
    np.testing.assert_array_equal(weekly_growth(nav, dates), expected[1:] / expected[:-1])


def test_months_by_hand():
    nav = dated({"2023-11-15": 105, "2023-11-30": 110, "2023-12-29": 99, "2024-02-29": 118.8, "2024-02-28": NAN})
    table = monthly_returns(nav.sort_index(), 100.0)
    assert table.index.tolist() == [2023, 2024]
    assert table.index.name == "year"
    assert table.columns.tolist() == [*range(1, 13), "year"]
    expected = np.full((2, 13), NAN)
    expected[0, 10], expected[0, 11], expected[0, 12] = 0.10, -0.10, -0.01
    expected[1, 1], expected[1, 12] = 0.20, 0.20  # January has no mark: what it brought is in February
    np.testing.assert_allclose(table, expected, rtol=1e-12)


def test_a_year_without_a_mark_is_a_row_of_nan():
    table = monthly_returns(dated({"2021-12-31": 100, "2023-01-31": 150}), 100.0)
    assert table.index.tolist() == [2021, 2022, 2023]
    assert table.loc[2022].isna().all()
    assert table.loc[2023, 1] == table.loc[2023, "year"] == 0.5


@pytest.mark.parametrize("nav", [{}, {"2024-01-01": NAN}])
def test_no_nav_no_months(nav):
    table = monthly_returns(pd.Series(list(nav.values()), index=pd.DatetimeIndex(list(nav)), dtype=float), 100.0)
    assert table.shape == (0, 13)


@pytest.mark.parametrize("seed", range(10))
def test_months_and_years_compound_to_the_total(seed):
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2019-11-20", periods=int(rng.integers(1, 900)))
    nav = pd.Series(90 * np.cumprod(1 + 0.01 * rng.standard_normal(len(dates))), index=dates)
    table = monthly_returns(nav, 90.0)
    for columns in (list(range(1, 13)), ["year"]):
        assert np.nanprod(1 + table[columns].to_numpy()) == pytest.approx(nav.iloc[-1] / 90, rel=1e-12)


def test_nav_without_dates_is_refused_in_words():
    with pytest.raises(BacktestError, match="give a Series whose index holds dates"):
        monthly_returns(pd.Series([1.0]), 1.0)
    with pytest.raises(BacktestError, match="its dates do not ascend: sort them"):
        monthly_returns(dated({"2024-02-01": 1, "2024-01-01": 2}), 1.0)
    with pytest.raises(BacktestError, match="2 NAVs and 1 dates"):
        weekly_growth([1.0, 2.0], ["2024-01-01"])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("window", [2, 21, 126])
def test_rolling_is_the_measure_of_each_window(seed, window):
    """1e-7 relative: sums that move along keep the rounding of what has left them."""
    rng = np.random.default_rng(seed)
    reference, cash = 0.01 * rng.standard_normal(400), rng.uniform(0, 0.0003, 400)
    ours = 0.5 * reference + 0.01 * rng.standard_normal(400)
    ours[rng.integers(400, size=3)] = NAN
    reference[rng.integers(400, size=3)] = NAN
    naive = np.full((3, 400), NAN)
    for end in range(window, 401):
        part = slice(end - window, end)
        if not np.isnan(ours[part]).any():
            naive[0, end - 1] = volatility(ours[part], 252)
            naive[1, end - 1] = sharpe_ratio(ours[part], 252, cash[part])
            if not np.isnan(reference[part]).any():
                y, x = ours[part] - cash[part], reference[part] - cash[part]
                naive[2, end - 1] = regress(y, x, 1).beta if window > 2 else (y[1] - y[0]) / (x[1] - x[0])
    np.testing.assert_allclose(rolling_volatility(ours, window, 252), naive[0], rtol=1e-7)
    np.testing.assert_allclose(rolling_sharpe(ours, window, 252, cash), naive[1], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(rolling_beta(ours, reference, window, cash), naive[2], rtol=1e-6, atol=1e-9)


def test_rolling_by_hand():
    found = rolling_volatility([0.01, 0.03, 0.01, NAN, 0.02, 0.02], 2, 1)
    np.testing.assert_allclose(found, [NAN, 0.02 / math.sqrt(2), 0.02 / math.sqrt(2), NAN, NAN, 0.0], atol=1e-12)
    found = rolling_beta([0.02, 0.06, 0.04], [0.01, 0.03, 0.03], 2)
    np.testing.assert_allclose(found, [NAN, 2.0, NAN], rtol=1e-12)


def test_a_window_without_room_is_refused_in_words():
    with pytest.raises(BacktestError, match="window is 1; want 2 returns or more."):
        rolling_volatility([0.01, 0.02], 1, 252)
    with pytest.raises(BacktestError, match="Series of 2 and 3 periods"):
        rolling_beta([0.01, 0.02], [0.01, 0.02, 0.03], 2)
