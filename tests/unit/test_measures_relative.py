"""A series beside a reference, by hand; and runs beside their references."""

import math

import numpy as np
import pandas as pd
import pytest

from backtest.errors import BacktestError
from backtest.metrics import relative
from backtest.metrics.cash import cash_returns
from backtest.metrics.regression import correlation, dimson_beta, regress
from backtest.metrics.weekly import weekly_growth
from backtest.run import run
from data.load import load
from strategies.catalogue import thesis
from tests.real import FOLDER, needs_real

NAN = float("nan")
# y = 0.01 + 2 x, and 0.02 above and below it by turns, which cancel out.
X = np.array([0.00, 0.00, 0.04, 0.04])
Y = 0.01 + 2 * X + np.array([0.02, -0.02, 0.02, -0.02])


def test_a_line_by_hand():
    line = regress(Y, X, 12)
    assert (line.alpha, line.beta, line.n) == (pytest.approx(0.12), pytest.approx(2.0), 4)
    # Without lags: errors 0.02; weights of the intercept 1 - x̄ (x - x̄) / var(x) = 2, 2, 0, 0.
    assert regress(Y, X, 12, lags=0).alpha_t == pytest.approx(0.01 / math.sqrt(2 * 0.04**2 / 4 / 4))


def test_cash_is_taken_off_both():
    cash = np.array([0.01, 0.02, 0.03, 0.04])
    assert regress(Y, X, 12, cash)[:3] == pytest.approx(regress(Y - cash, X - cash, 12)[:3])
    # With a level rate r, alpha falls by r (1 - beta), here rises by r.
    assert regress(Y, X, 1, 0.005).alpha == pytest.approx(0.01 + 0.005)


def test_ratios_by_hand():
    ours, theirs = [0.10, -0.05, 0.02], [0.05, -0.10, 0.05]
    total, other = 1.1 * 0.95 * 1.02 - 1, 1.05 * 0.9 * 1.05 - 1
    assert relative.active_premium(ours, theirs, 3) == pytest.approx(total - other)
    # Active 5, 5, -3 percent: mean 7/3, squares of the distances 64/9, 64/9, 256/9.
    error = math.sqrt(384 / 9 / 2) / 100 * math.sqrt(3)
    assert relative.tracking_error(ours, theirs, 3) == pytest.approx(error)
    assert relative.information_ratio(ours, theirs, 3) == pytest.approx((total - other) / error)
    assert relative.treynor_ratio(Y, X, 4) == pytest.approx((np.prod(1 + Y) - 1) / 2)
    expected = (total - 0.01) * np.std(theirs) / np.std(ours) + 0.01
    assert relative.m_squared(ours, theirs, 3, 0.01) == pytest.approx(expected)
    assert relative.up_capture([0.21, 0.0, -0.5], [0.1, 0.1, -0.1]) == pytest.approx(1.0)  # geometric: 10 % and 10 %
    assert relative.down_capture([0.21, 0.0, -0.05], [0.1, 0.1, -0.1]) == pytest.approx(0.5)
    assert relative.up_capture([0.2, 0.9], [0.1, 0.0]) == pytest.approx(
        2.0
    )  # a reference that stood still did not rise
    assert relative.down_capture([0.05, 0.3], [-0.1, 0.3]) == pytest.approx(-0.5)  # a gain while the reference fell


def test_a_period_unknown_to_one_is_left_out_of_both():
    gaps = (np.append(Y, [NAN, 0.9]), np.append(X, [0.9, NAN]))
    assert regress(*gaps, 12)[:3] == pytest.approx(regress(Y, X, 12)[:3])
    assert relative.tracking_error(*gaps, 12) == relative.tracking_error(Y, X, 12)
    assert correlation(*gaps) == correlation(Y, X)


def test_dimson_adds_up_what_comes_a_day_late():
    rng = np.random.default_rng(1)
    x = 0.01 * rng.standard_normal(50)
    late = 0.3 * x + 0.5 * np.concatenate([[0.0], x[:-1]]) + 0.2 * np.concatenate([x[1:], [0.0]])
    assert dimson_beta(late, x) == pytest.approx(1.0)
    assert dimson_beta(0.1 + 0.7 * x, x, lags=0, leads=0) == pytest.approx(0.7)
    assert dimson_beta(late, x, 0.0, lags=2, leads=3) == pytest.approx(1.0)
    half_late = 0.5 * x + 0.5 * np.concatenate([[0.0], x[:-1]])
    assert dimson_beta(half_late, x, lags=1, leads=0) == pytest.approx(1.0)
    late[20] = NAN  # one period goes, its neighbours stay
    assert dimson_beta(late, x) == pytest.approx(1.0)
    hidden = x.copy()
    hidden[30] = NAN  # three periods go
    assert dimson_beta(late, hidden) == pytest.approx(1.0)


def test_dimson_beta_without_lags_is_the_beta():
    rng = np.random.default_rng(2)
    x, noise, cash = 0.01 * rng.standard_normal((3, 80))
    assert dimson_beta(x + noise, x, cash, lags=0, leads=0) == pytest.approx(regress(x + noise, x, 1, cash).beta)


def test_dimson_arguments_that_make_no_sense_are_refused_in_words():
    with pytest.raises(BacktestError, match="lags is -1 and leads is 1; want 0 or more."):
        dimson_beta(Y, X, lags=-1)
    with pytest.raises(BacktestError, match="Series of 4, 3 and 1 periods"):
        dimson_beta(Y, X[:3])
    with pytest.raises(BacktestError, match="Series of 4 and of 3 periods"):
        regress(Y, X[:3], 12)


@pytest.fixture(scope="module")
def rotation():
    return run(thesis("flow-momentum"), load("demo"))


def weekly(result):
    """Weekly returns by pandas, the first week left out."""
    return result.nav.resample("W-SUN").last().pct_change().dropna()


def test_a_run_beside_each_reference(rotation):
    by_date = pd.Series(cash_returns(rotation), index=rotation.dates)
    cash = (1 + by_date).resample("W-SUN").prod() - 1
    assert 0 < cash.mean() * 365.25 / 7 < 0.06
    assert list(rotation.against) == list(rotation.references)
    for name, found in rotation.against.items():
        assert list(found) == [
            "active_return", "tracking_error", "information_ratio", "alpha", "beta", "alpha_t", "dimson_beta",
            "correlation", "up_capture", "down_capture", "weeks",
        ]  # fmt: skip
        reference = rotation.references[name]
        ours, theirs = weekly(rotation), weekly(reference)
        assert found["weeks"] == len(ours)
        difference = rotation.summary()["annual_return"] - reference.summary()["annual_return"]
        assert found["active_return"] == pytest.approx(difference, rel=1e-12)
        assert found["tracking_error"] == pytest.approx((ours - theirs).std() * math.sqrt(365.25 / 7), rel=1e-9)
        assert found["information_ratio"] == pytest.approx(difference / found["tracking_error"], rel=1e-12)
        assert found["correlation"] == pytest.approx(ours.corr(theirs), rel=1e-9)
        up = theirs > 0
        geometric = [np.prod(1 + one[up]) ** (1 / up.sum()) - 1 for one in (ours, theirs)]
        assert found["up_capture"] == pytest.approx(geometric[0] / geometric[1], rel=1e-9)
        y, x = ours - cash.iloc[1:], theirs - cash.iloc[1:]
        assert found["beta"] == pytest.approx(y.cov(x) / x.var(), rel=1e-9)
        assert found["alpha"] == pytest.approx((y.mean() - found["beta"] * x.mean()) * 365.25 / 7, rel=1e-9)
        daily = [run.returns.to_numpy() - by_date.to_numpy() for run in (rotation, reference)]
        assert found["dimson_beta"] == pytest.approx(dimson_beta(*daily), rel=1e-12)


def test_the_excess_of_timing_is_the_mean_weekly_active_return(rotation):
    active = weekly(rotation) - weekly(rotation.references["constant mix"])
    assert rotation.timing["excess"] == pytest.approx(active.mean() * 365.25 / 7, rel=1e-9)


def test_a_run_beside_itself(rotation):
    found = relative.against(rotation, rotation)
    expected = {"active_return": 0, "tracking_error": 0, "alpha": 0, "beta": 1, "dimson_beta": 1, "correlation": 1}
    expected |= {"up_capture": 1, "down_capture": 1}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    assert math.isnan(found["information_ratio"])
    assert math.isnan(found["alpha_t"])


def test_runs_of_other_dates_are_refused_in_words(rotation):
    shorter = run(thesis("flow-momentum"), load("demo", end="2020-12-31"))
    with pytest.raises(BacktestError, match="The run's 1550 dates are not the reference's"):
        relative.against(rotation, shorter)


@needs_real
def test_hong_kong_follows_new_york_a_day_late():
    """HSTECH on NDX: a daily beta misses more than a third of the weekly one; a lag brings it back."""
    table = pd.read_csv(FOLDER / "indices.csv").pivot_table(index="date", columns="index", values="close")
    closes = table[["HSTECH", "NDX"]].dropna()
    ours, theirs = closes.pct_change().dropna().to_numpy().T
    daily = regress(ours, theirs, 252).beta
    week = regress(*(weekly_growth(closes[name], closes.index.to_numpy(dtype="datetime64[D]")) for name in closes), 52)
    assert daily < 0.6 * week.beta
    assert dimson_beta(ours, theirs, lags=1, leads=0) > week.beta
    assert dimson_beta(ours, theirs, lags=0, leads=1) == pytest.approx(daily, abs=0.1)  # nothing comes a day early


def test_beside_what_never_traded_or_for_few_weeks_there_is_no_beta():
    result = run(thesis("flow-momentum"), load("demo", start="2024-01-02", end="2024-12-31"))
    never = run(
        thesis("flow-momentum").replace({"baskets.min_members": 99}), load("demo", start="2024-01-02", end="2024-12-31")
    )
    assert not len(never.fills[0])
    beside = relative.against(result, never)
    assert beside["active_return"] == pytest.approx(
        result.summary()["annual_return"] - never.summary()["annual_return"]
    )
    assert beside["weeks"] > 50
    few = run(thesis("flow-momentum"), load("demo", start="2024-11-01", end="2024-12-13"))
    shortly = relative.against(few, few.references["50/50"])
    assert shortly["weeks"] == 6
    for found in (beside, shortly):
        rest = {name: value for name, value in found.items() if name not in ("active_return", "weeks")}
        assert all(math.isnan(value) for value in rest.values()), rest
