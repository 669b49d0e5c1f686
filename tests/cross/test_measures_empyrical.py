"""Every measure that empyrical-reloaded has too, beside it, over random series with gaps.

Both do the same arithmetic in other orders: 1e-9 relative leaves room for that. Where the two differ by design the test
asserts the difference that docs/measures.md explains, not a tolerance wide enough to hide it.
"""

import empyrical
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from backtest.metrics.drawdowns import drawdown_of_returns, max_drawdown
from backtest.metrics.monthly import monthly_returns
from backtest.metrics.ratios import calmar_ratio, omega_ratio, sharpe_ratio, sortino_ratio, tail_ratio
from backtest.metrics.regression import regress
from backtest.metrics.relative import down_capture, up_capture
from backtest.metrics.returns import annual_return_by_periods, cumulative_returns, geometric_mean, total_return
from backtest.metrics.risk import downside_deviation, kurtosis, skewness, volatility
from backtest.metrics.rolling import rolling_beta, rolling_sharpe, rolling_volatility
from backtest.metrics.tails import conditional_value_at_risk, value_at_risk
from backtest.metrics.weekly import weekly_growth

pytestmark = pytest.mark.cross

SEEDS = range(20)
PERIODS = (252, 52, 12, 259.7)
close = pytest.approx


def series(seed, *, gaps=True):
    """Returns of a run, a reference and cash: fat tails, something in common, a tenth of the first two unknown."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 600))
    reference = 0.01 * rng.standard_t(4, n)
    ours = 0.7 * reference + 0.006 * rng.standard_t(4, n) + 0.0004
    cash = rng.uniform(0.0, 0.0003, n)
    if gaps:
        for one in (ours, reference):
            one[rng.random(n) < 0.1] = np.nan
    return ours, reference, cash


def same(ours, theirs, rel=1e-9):
    np.testing.assert_allclose(ours, theirs, rtol=rel, atol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("periods", PERIODS)
def test_equal_measures_of_one_series(seed, periods):
    ours, _, cash = series(seed)
    year = {"annualization": periods}
    same(total_return(ours), empyrical.cum_returns_final(ours))
    same(cumulative_returns(ours), empyrical.cum_returns(ours))
    same(annual_return_by_periods(ours, periods), empyrical.annual_return(ours, **year))
    same(volatility(ours, periods), empyrical.annual_volatility(ours, **year))
    same(sharpe_ratio(ours, periods, cash), empyrical.sharpe_ratio(ours, cash, **year))
    same(sortino_ratio(ours, periods, cash), empyrical.sortino_ratio(ours, cash, **year))
    same(downside_deviation(ours, periods, cash), empyrical.downside_risk(ours, cash, **year))
    same(max_drawdown(ours), empyrical.max_drawdown(ours))
    same(calmar_ratio(ours, periods), empyrical.calmar_ratio(ours, **year))
    same(tail_ratio(ours), empyrical.tail_ratio(ours))
    same(omega_ratio(ours, 0.001), empyrical.omega_ratio(ours, risk_free=0.001, annualization=1))


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_shape_of_the_distribution(seed):
    # Those that empyrical lists among its simple statistics are scipy's.
    ours, _, _ = series(seed)
    same(skewness(ours), stats.skew(ours, nan_policy="omit"))
    same(kurtosis(ours), stats.kurtosis(ours, nan_policy="omit"))
    same(skewness(ours, bias=False), stats.skew(ours, nan_policy="omit", bias=False))
    same(kurtosis(ours, bias=False), stats.kurtosis(ours, nan_policy="omit", bias=False))


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_beside_a_reference(seed):
    ours, reference, _ = series(seed)
    same(regress(ours, reference, 1, 0.0002).beta, empyrical.beta_aligned(ours, reference, 0.0002))
    # The arithmetic information ratio is the Sharpe ratio over the reference.
    same(sharpe_ratio(ours, 1, reference), empyrical.excess_sharpe(ours, reference))


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_in_moving_windows(seed):
    ours, reference, _ = series(seed, gaps=False)
    # Sums that are moved along differ from fresh ones in the last digits: 1e-7 relative.
    year = {"annualization": 252}
    same(rolling_volatility(ours, 20, 252)[19:], empyrical.roll_annual_volatility(ours, window=20, **year), 1e-7)
    same(rolling_sharpe(ours, 20, 252)[19:], empyrical.roll_sharpe_ratio(ours, window=20, **year), 1e-7)
    same(rolling_beta(ours, reference, 20)[19:], empyrical.roll_beta(ours, reference, window=20), 1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_by_week_and_month(seed):
    ours, _, _ = series(seed, gaps=False)
    returns = pd.Series(ours, index=pd.bdate_range("2020-01-01", periods=len(ours)))
    nav = 100.0 * (1.0 + returns).cumprod()
    by_month = empyrical.aggregate_returns(returns, "monthly")
    by_year = empyrical.aggregate_returns(returns, "yearly")
    table = monthly_returns(nav, 100.0)
    same([table.loc[year, month] for year, month in by_month.index], by_month.to_numpy())
    same(table["year"].to_numpy(), by_year.to_numpy())
    assert table.drop(columns="year").notna().to_numpy().sum() == len(by_month)
    # The first week only starts ours: theirs counts it from the opening NAV.
    same(weekly_growth(nav, nav.index) - 1.0, empyrical.aggregate_returns(returns, "weekly").to_numpy()[1:])


@pytest.mark.parametrize("seed", SEEDS)
def test_drawdowns_differ_in_gaps_only(seed):
    # Ours has a value for each return known; theirs carries the last one through a gap.
    ours, _, _ = series(seed)
    theirs = empyrical.stats.drawdown_series(ours)
    same(drawdown_of_returns(ours), theirs[~np.isnan(ours)])


@pytest.mark.parametrize("seed", SEEDS)
def test_value_at_risk_differs_in_gaps_only(seed):
    # One NaN makes theirs NaN; ours leaves it out.
    ours, _, _ = series(seed)
    known = ours[~np.isnan(ours)]
    same(value_at_risk(ours, 0.95), empyrical.value_at_risk(known, 0.05))
    assert np.isnan(empyrical.value_at_risk(ours, 0.05))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", [0.95, 0.9, 0.99])
def test_conditional_value_at_risk_is_theirs_at_the_tail_they_count(seed, level):
    # Theirs averages a whole number of returns, m; ours a tail of the size asked for. At 1 - m / n they are one.
    ours, _, _ = series(seed)
    n = int((~np.isnan(ours)).sum())
    m = int((n - 1) * (1.0 - level)) + 1
    theirs = empyrical.conditional_value_at_risk(ours, 1.0 - level)
    same(conditional_value_at_risk(ours, 1.0 - m / n), theirs)
    # So theirs is the milder or the harsher as m / n is above or below what was asked for.
    gap = conditional_value_at_risk(ours, level) - theirs
    assert gap <= 1e-12 if m / n >= 1.0 - level else gap >= -1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_alpha_is_theirs_before_they_compound_it(seed):
    ours, reference, cash = series(seed)
    whole = ~np.isnan(reference)  # a gap in the reference alone is left out of their beta, but not of their means
    ours, reference, cash = ours[whole], reference[whole], cash[whole]
    alpha = regress(ours, reference, 252, 0.0002).alpha
    same((1.0 + alpha / 252) ** 252 - 1.0, empyrical.alpha_aligned(ours, reference, 0.0002, annualization=252))


@pytest.mark.parametrize("seed", SEEDS)
def test_their_beta_does_not_take_off_a_cash_rate_that_moves(seed):
    ours, reference, cash = series(seed)
    theirs = empyrical.beta_aligned(ours, reference, cash)
    same(regress(ours, reference, 1).beta, theirs)
    same(regress(ours - cash, reference - cash, 1).beta, regress(ours, reference, 1, cash).beta)
    assert regress(ours, reference, 1, cash).beta != close(theirs, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("mine", "theirs", "sign"), [(up_capture, empyrical.up_capture, 1.0), (down_capture, empyrical.down_capture, -1.0)]
)
def test_capture_is_theirs_before_they_annualise_it(seed, mine, theirs, sign):
    # Both take geometric means of the periods chosen; theirs compounds each to a year first, as if all were chosen.
    ours, reference, _ = series(seed)
    chosen = ~np.isnan(ours) & (sign * reference > 0)
    g, h = geometric_mean(ours[chosen]), geometric_mean(reference[chosen])
    assert mine(ours, reference) == close(g / h, rel=1e-12)
    same(theirs(ours, reference, period="monthly"), ((1.0 + g) ** 12 - 1.0) / ((1.0 + h) ** 12 - 1.0))
    if g * h > 0:  # so they drive up captures away from 1 and down captures towards it
        assert sign * (abs(theirs(ours, reference, period="daily") - 1.0) - abs(g / h - 1.0)) >= 0


def test_where_theirs_is_infinite_ours_is_not_defined():
    gains = np.array([0.01, 0.02, 0.03])
    assert empyrical.sortino_ratio(gains) == np.inf
    assert np.isnan(sortino_ratio(gains, 252))
    assert np.isnan(empyrical.omega_ratio(gains))
    assert np.isnan(omega_ratio(gains))
    flat = np.array([0.01, 0.01, 0.01])
    assert empyrical.sharpe_ratio(flat) == np.inf
    assert np.isnan(sharpe_ratio(flat, 252))
