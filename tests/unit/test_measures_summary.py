"""The summary of a run: by hand on a tiny run, recomputed from the frames of eventful ones."""

import math

import numpy as np
import pytest

from backtest.engine import simulate
from backtest.metrics.cash import cash_returns
from backtest.metrics.ratios import sharpe_ratio
from backtest.metrics.summary import costs_a_year
from backtest.run import run as run_thesis
from data.load import load
from strategies.catalogue import thesis
from tests.markets import make_market, run
from tests.worlds import full_case

FIRST, LAST = "2024-03-04", "2024-03-15"  # ten New York sessions, two weeks
CLOSES = [100.0, 100.0, 110.0, 99.0, 99.0, 121.0, 108.9, 108.9, 98.01, 99.0]


def tiny(rates=None, **settings):
    """All in one name from the open of 6 March on."""
    market = make_market({"US": CLOSES}, FIRST, LAST, opens={"US": 100.0}, rates=rates)
    return run(market, {"2024-03-05": {"US": 1.0}}, **settings)


def test_by_hand():
    found = tiny().summary()
    expected = {
        "total_return": -0.01,
        "max_drawdown": 98.01 / 121 - 1,
        "drawdown_now": 99 / 121 - 1,
        "longest_drawdown_days": 5.0,  # 6 to 11 March; 11 to 15 March is one less
        "best_day": 121 / 99 - 1,
        "worst_day": -0.1,
        "hit_rate": 0.5,  # 6, 11 and 15 March against 7, 12 and 14
        "exposure": 0.8,
        "time_in_market": 0.8,
        "turnover": 1e6 / 1.1e6 / 2 / (11 / 365.25),  # half of what was traded over the NAV of that date
        "traded_notional": 1e6,
        "cost": 0.0,
        "n_trades": 1.0,
        "years": 11 / 365.25,
        "omega": (0.1 + (121 / 99 - 1) + (99 / 98.01 - 1)) / 0.3,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name


def test_ratios_over_cash_know_the_rate_of_the_day_before():
    # 3.6 % a year on 360 days: 0.01 % a day, 0.03 % over the weekend: cash as such, without the run's spread.
    result = tiny({"US_FED_FUNDS": 3.6})
    expected = np.array([0, 1, 1, 1, 1, 3, 1, 1, 1, 1]) * 1e-4
    np.testing.assert_allclose(cash_returns(result), expected, rtol=1e-12)
    periods = 9 / (11 / 365.25)
    over = sharpe_ratio(result.returns, periods, expected)
    assert result.summary()["sharpe_over_cash"] == pytest.approx(over, rel=1e-12)
    assert over < result.summary()["sharpe"]


def test_a_rate_that_changes_counts_from_the_day_after_it_is_known():
    result = tiny({"US_FED_FUNDS": {"2024-03-01": 3.6, "2024-03-11": 7.2}})
    # The reading of 11 March is known from the 12th: its first day is the step to the 13th.
    assert cash_returns(result)[5:] == pytest.approx([3e-4, 1e-4, 2e-4, 2e-4, 2e-4])


def test_without_rates_there_is_nothing_over_cash():
    result = tiny()
    assert cash_returns(result) is None
    assert math.isnan(result.summary()["sharpe_over_cash"])


def test_a_resumed_run_reads_the_cash_of_its_own_dates():
    market = make_market({"US": CLOSES}, FIRST, LAST, opens={"US": 100.0}, rates={"US_FED_FUNDS": 3.6})
    whole = run(market, {"2024-03-05": {"US": 1.0}})
    before = simulate(market, whole.targets, whole.config, until="2024-03-08 22:00Z")
    after = simulate(market, whole.targets, whole.config, resume=before.state)
    joined = np.concatenate([cash_returns(before), cash_returns(after)])
    np.testing.assert_array_equal(joined, cash_returns(whole))


@pytest.mark.parametrize("seed", range(1, 13))
def test_recomputed_from_the_frames(seed):
    """Runs with everything on: actions, shorts, minima, several currencies. pandas' arithmetic beside ours."""
    case, config = full_case(seed)
    result = simulate(case.market, case.targets, config)
    found, nav, returns, trades = result.summary(), result.nav, result.returns, result.trades
    years = (nav.index[-1] - nav.index[0]).days / 365.25
    periods = (len(nav) - 1) / years
    value = (trades["notional"].abs() * trades["fx"]).sum()
    expected = {
        "total_return": nav.iloc[-1] / result.opening_nav - 1,
        "volatility": returns.std() * math.sqrt(periods),
        "sharpe": returns.mean() / returns.std() * math.sqrt(periods),
        "var_95": returns.quantile(0.05),
        "skew": ((returns - returns.mean()) ** 3).mean() / returns.std(ddof=0) ** 3,
        "kurtosis": ((returns - returns.mean()) ** 4).mean() / returns.std(ddof=0) ** 4 - 3,
        "time_in_market": (result.weights.abs().sum(axis=1) > 0.01).mean(),
        "traded_notional": value,
        "cost_annual": result.costs.sum().sum() / nav.mean() / years,
    }
    for name, one in expected.items():
        assert found[name] == pytest.approx(one, rel=1e-9, abs=1e-12), name
    assert found["cvar_95"] <= found["var_95"]
    assert found["modified_cvar_95"] <= found["modified_var_95"]
    kinds = costs_a_year(result)
    assert list(kinds.index) == list(result.costs.columns)
    assert kinds.sum() == pytest.approx(found["cost_annual"], rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("seed", range(6))
def test_runs_of_no_date_and_of_one_have_a_summary(seed):
    case, config = full_case(seed)
    stamps = simulate(case.market, case.targets, config).prepared.timeline.stamp
    for stamp in stamps[:4]:
        result = simulate(case.market, case.targets, config, until=int(stamp))
        found = result.summary()
        if len(result.rows) < 2:
            undefined = (
                "volatility",
                "sharpe",
                "sharpe_se",
                "sharpe_over_cash",
                "annual_return",
                "skew",
                "cost_annual",
            )
            assert [name for name in undefined if not math.isnan(found[name])] == []
            assert costs_a_year(result).isna().all()
        assert all(isinstance(value, float) for value in found.values())


@pytest.fixture(scope="module")
def rotation():
    return run_thesis(thesis("flow-momentum"), load("demo"))


def test_the_standard_error_of_the_demo_is_about_one_over_the_root_of_its_years(rotation):
    # V is near 1 for small ratios a day: the error a year is 1 / sqrt(years), whatever the frequency (Lo).
    found = rotation.summary()
    assert found["sharpe_se"] == pytest.approx(1 / math.sqrt(found["years"]), rel=0.1)


def test_costs_by_kind_hold_what_the_rotation_paid(rotation):
    kinds = costs_a_year(rotation)
    assert (kinds >= 0).all()
    assert kinds["stamp_duty"] > 0
