"""Measures of five returns that a reader can redo on paper.

Returns 10, -10, 20, -5 and 0 percent: sum 0.15, mean 0.03. Squares of the distances from the mean, in units of 1e-4:
49, 169, 289, 64, 9, together 580. Squares of the losses: 100 and 25.
"""

import math
from statistics import NormalDist

import numpy as np
import pytest

from backtest.errors import BacktestError
from backtest.metrics import drawdowns, ratios, returns, risk, tails

R = [0.10, -0.10, 0.20, -0.05, 0.0]
SD = math.sqrt(0.0580 / 4)  # 0.1204: ddof = 1
NAN = float("nan")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(returns.total_return(R), 0.1286, id="1.1 x 0.9 x 1.2 x 0.95 - 1"),
        pytest.param(returns.cumulative_returns(R)[2], 0.188, id="1.1 x 0.9 x 1.2 - 1"),
        pytest.param(returns.annual_return(0.44, 2.0), 0.20, id="1.2 squared is 1.44"),
        pytest.param(returns.annual_return_by_periods([0.2, 0.2, 0.44], 1.5), 0.44, id="1.44 squared in 2 years"),
        pytest.param(returns.hit_rate(R), 0.5, id="2 of the 4 that moved"),
        pytest.param(returns.payoff_ratio(R), 2.0, id="0.15 over 0.075"),
        pytest.param(risk.volatility(R, 4), 2 * SD, id="volatility"),
        pytest.param(risk.downside_deviation(R, 1), 0.05, id="sqrt(0.0125 / 5)"),
        pytest.param(risk.downside_deviation(R, 4, 0.05), 2 * math.sqrt(0.035 / 5), id="-15, -10, -5 under 5 percent"),
        pytest.param(risk.downside_potential(R), 0.03, id="0.15 / 5"),
        pytest.param(risk.downside_potential(R, 0.05), 0.06, id="(0.15 + 0.10 + 0.05) / 5"),
        pytest.param(risk.skewness(R), 0.000504 / 0.0116**1.5, id="cubes: 343 - 2197 + 4913 - 512 - 27"),
        pytest.param(risk.kurtosis(R), 0.00023732 / 0.0116**2 - 3, id="fourth powers: 118,660 in units of 1e-8"),
        pytest.param(ratios.sharpe_ratio(R, 4), 2 * 0.03 / SD, id="Sharpe"),
        pytest.param(ratios.sharpe_ratio(R, 4, 0.01), 2 * 0.02 / SD, id="over cash of 1 percent"),
        pytest.param(ratios.geometric_sharpe_ratio(R, 5), 0.1286 / (SD * math.sqrt(5)), id="geometric Sharpe"),
        pytest.param(ratios.sortino_ratio(R, 4), 1.2, id="2 x 0.03 / 0.05"),
        pytest.param(ratios.calmar_ratio(R, 5), 1.286, id="0.1286 in one year over 0.1"),
        pytest.param(ratios.omega_ratio(R), 2.0, id="0.30 over 0.15"),
        pytest.param(ratios.omega_ratio(R, 0.05), 0.2 / 0.3, id="5 and 15 over 15, 10 and 5"),
        pytest.param(ratios.bernardo_ledoit_ratio(R), 2.0, id="Omega at 0"),
        pytest.param(ratios.tail_ratio(R, 0.75), 2.0, id="second highest 0.10, second lowest -0.05"),
        pytest.param(drawdowns.max_drawdown(R), -0.1, id="deepest"),
        pytest.param(drawdowns.pain_index(R), 0.04, id="(0 + 0.10 + 0 + 0.05 + 0.05) / 5"),
        pytest.param(drawdowns.ulcer_index(R), math.sqrt(0.003), id="sqrt((0.01 + 0.0025 + 0.0025) / 5)"),
        pytest.param(ratios.pain_ratio(R, 5, 0.0286), 2.5, id="0.1 over 0.04"),
        pytest.param(ratios.martin_ratio(R, 5, 0.0286), 0.1 / math.sqrt(0.003), id="0.1 over ulcer"),
        pytest.param(tails.value_at_risk(R, 0.8), -0.06, id="four fifths of the way from -0.10 to -0.05"),
        pytest.param(tails.conditional_value_at_risk(R, 0.8), -0.10, id="the worst of five"),
        pytest.param(tails.conditional_value_at_risk(R, 0.7), -0.125 / 1.5, id="the worst and half of the next"),
        pytest.param(tails.conditional_value_at_risk(R, 0.999), -0.10, id="a piece of the worst"),
    ],
)
def test_by_hand(found, expected):
    assert found == pytest.approx(expected, rel=1e-12)


def test_nan_is_left_out():
    gaps = [NAN, *R[:2], NAN, *R[2:]]
    for measure in (
        returns.total_return, returns.hit_rate, returns.payoff_ratio, risk.downside_potential, risk.skewness,
        risk.kurtosis, ratios.omega_ratio, ratios.tail_ratio, drawdowns.max_drawdown, drawdowns.pain_index,
        drawdowns.ulcer_index, tails.value_at_risk, tails.conditional_value_at_risk, tails.modified_value_at_risk,
        tails.modified_conditional_value_at_risk,
    ):  # fmt: skip
        assert measure(gaps) == measure(R), measure.__name__
    for annual in (risk.volatility, risk.downside_deviation, ratios.sharpe_ratio, ratios.sortino_ratio):
        assert annual(gaps, 12) == annual(R, 12), annual.__name__


def test_nan_takes_its_period_where_time_counts():
    # One year of 4 quarters, of which one is unknown: the year is still one year.
    assert returns.annual_return_by_periods([0.1, NAN, 0.1, 0.0], 4) == pytest.approx(0.21)
    assert returns.cumulative_returns([0.1, NAN, 0.1]) == pytest.approx([0.1, 0.1, 0.21])


def test_a_nan_of_cash_leaves_out_its_period():
    assert ratios.sharpe_ratio([0.5, *R], 4, [NAN, *[0.01] * 5]) == pytest.approx(ratios.sharpe_ratio(R, 4, 0.01))


def test_a_total_loss_is_a_total_loss():
    assert returns.annual_return(-1.0, 3.0) == -1.0
    assert returns.annual_return(-1.7, 3.0) == -1.0  # a book in debt: no root of a negative number
    assert drawdowns.max_drawdown([0.1, -1.0, 0.5]) == -1.0


def test_corrections_for_the_size_of_the_sample():
    # G1 = g1 sqrt(n (n - 1)) / (n - 2) and G2 = (n - 1) / ((n - 2)(n - 3)) ((n + 1) g2 + 6), n = 5.
    assert risk.skewness(R, bias=False) == pytest.approx(risk.skewness(R) * math.sqrt(20) / 3)
    assert risk.kurtosis(R, bias=False) == pytest.approx(4 / 6 * (6 * risk.kurtosis(R) + 6))


def test_modified_value_at_risk_without_skew_and_kurtosis_is_normal():
    # Symmetric: ±a once, 0 k times of n = k + 2; kurtosis n / 2 is 3 at n = 6.
    normal_moments = [-0.03, 0.0, 0.0, 0.0, 0.0, 0.03]
    sd, z = math.sqrt(0.0018 / 6), NormalDist().inv_cdf(0.05)
    assert tails.modified_value_at_risk(normal_moments) == pytest.approx(z * sd)
    # The mean beyond the 5 % quantile of a normal distribution: -2.0627 standard deviations.
    assert tails.modified_conditional_value_at_risk(normal_moments) == pytest.approx(-2.0627128 * sd)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_modified_expected_shortfall_is_the_mean_of_the_edgeworth_density(level):
    """Numerical integration of z g(z) up to the Cornish-Fisher quantile, against the closed form."""
    values = np.random.default_rng(3).gamma(9.0, size=400) * -0.01  # skewed to the left, mildly
    s, k = risk.skewness(values), risk.kurtosis(values)
    z = NormalDist().inv_cdf(1 - level)
    h = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    x = np.linspace(-12.0, h, 400_001)
    third, fourth = x**3 - 3 * x, x**4 - 6 * x**2 + 3
    sixth = x**6 - 15 * x**4 + 45 * x**2 - 15
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    density *= 1 + s / 6 * third + k / 24 * fourth + s**2 / 72 * sixth
    expected = values.mean() + values.std() * np.trapezoid(x * density, x) / (1 - level)
    assert tails.modified_conditional_value_at_risk(values, level) == pytest.approx(expected, rel=1e-6)
    assert tails.modified_value_at_risk(values, level) == pytest.approx(values.mean() + h * values.std())


def test_modified_expected_shortfall_never_promises_less_than_the_modified_value_at_risk():
    # A sample so skewed to the right that the expansion loses its meaning.
    values = [0.0, 0.001, -0.001] * 10 + [0.2, 0.4]
    assert tails.modified_conditional_value_at_risk(values) <= tails.modified_value_at_risk(values)


@pytest.mark.parametrize(
    "measure",
    [
        ratios.tail_ratio,
        tails.value_at_risk,
        tails.conditional_value_at_risk,
        tails.modified_value_at_risk,
        tails.modified_conditional_value_at_risk,
    ],
)
@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.1, NAN])
def test_a_level_outside_0_and_1_is_refused_in_words(measure, level):
    with pytest.raises(BacktestError, match=r"level is .*; want a share between 0 and 1, such as 0\.95\."):
        measure(R, level)


def test_periods_that_make_no_year_are_refused_in_words():
    with pytest.raises(BacktestError, match="periods_per_year is 0; want more than 0, such as 12 for months."):
        risk.volatility(R, 0)
    with pytest.raises(BacktestError, match="periods_per_year is -12"):
        returns.annual_return_by_periods(R, -12)


def test_lengths_that_differ_are_refused_in_words():
    with pytest.raises(BacktestError, match="Series of 5 and of 4 periods cannot be compared"):
        ratios.sharpe_ratio(R, 12, R[:4])
    with pytest.raises(BacktestError, match=r"one series, of shape \(n,\), not an array of shape \(2, 5\)"):
        returns.total_return([R, R])
