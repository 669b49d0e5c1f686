"""Series that hold next to nothing: each measure gives what its docstring says, without a warning or an exception.

Warnings are errors in this suite.
"""

import numpy as np
import pytest

from backtest.metrics import drawdowns, inference, ratios, regression, relative, returns, risk, rolling, tails

NAN = float("nan")
SERIES = {
    "empty": [],
    "one": [0.02],
    "NaN": [NAN, NAN, NAN, NAN, NAN],
    "constant": [0.01] * 6,
    "constant but for rounding": [1.01 * 100 / 100 - 1, 0.01, 1.01**2 / 1.01 - 1, 0.01, 1.01**3 / 1.01**2 - 1],
    "zero": [0.0] * 6,
}
# What is not NaN, by measure: the value for the series named.
ONE_SERIES = {
    returns.total_return: {
        "empty": 0.0,
        "NaN": 0.0,
        "one": 0.02,
        "constant": 1.01**6 - 1,
        "constant but for rounding": 1.01**5 - 1,
        "zero": 0.0,
    },
    returns.hit_rate: {"one": 1.0, "constant": 1.0, "constant but for rounding": 1.0},
    returns.payoff_ratio: {},
    risk.downside_potential: dict.fromkeys(("one", "constant", "constant but for rounding", "zero"), 0.0),
    risk.skewness: {},
    risk.kurtosis: {},
    ratios.omega_ratio: {},
    ratios.bernardo_ledoit_ratio: {},
    ratios.tail_ratio: dict.fromkeys(("one", "constant", "constant but for rounding"), 1.0),
    drawdowns.max_drawdown: dict.fromkeys(("one", "constant", "constant but for rounding", "zero"), 0.0),
    drawdowns.ulcer_index: dict.fromkeys(("one", "constant", "constant but for rounding", "zero"), 0.0),
    drawdowns.pain_index: dict.fromkeys(("one", "constant", "constant but for rounding", "zero"), 0.0),
    tails.value_at_risk: {"one": 0.02, "constant": 0.01, "constant but for rounding": 0.01, "zero": 0.0},
    tails.conditional_value_at_risk: {"one": 0.02, "constant": 0.01, "constant but for rounding": 0.01, "zero": 0.0},
    tails.modified_value_at_risk: {},
    tails.modified_conditional_value_at_risk: {},
    returns.geometric_mean: {"one": 0.02, "constant": 0.01, "constant but for rounding": 0.01, "zero": 0.0},
}
A_YEAR = {
    returns.annual_return_by_periods: {
        "one": 1.02**12 - 1,
        "constant": 1.01**12 - 1,
        "constant but for rounding": 1.01**12 - 1,
        "zero": 0.0,
    },
    risk.volatility: dict.fromkeys(("constant", "constant but for rounding", "zero"), 0.0),
    risk.downside_deviation: dict.fromkeys(("one", "constant", "constant but for rounding", "zero"), 0.0),
    ratios.sharpe_ratio: {},
    ratios.geometric_sharpe_ratio: {},
    ratios.sortino_ratio: {},
    ratios.calmar_ratio: {},
    ratios.martin_ratio: {},
    ratios.pain_ratio: {},
    inference.sharpe_standard_error: {},
    inference.sharpe_ratio_autocorrelated: {},
}
BESIDE = {
    regression.correlation: {},
    regression.dimson_beta: {},
    relative.up_capture: dict.fromkeys(("one", "constant", "constant but for rounding"), 1.0),
    relative.down_capture: {},
}
BESIDE_A_YEAR = {
    relative.tracking_error: dict.fromkeys(("constant", "constant but for rounding", "zero"), 0.0),
    relative.active_premium: dict.fromkeys(("one", "constant", "constant but for rounding", "zero"), 0.0),
    relative.information_ratio: {},
    relative.treynor_ratio: {},
    relative.m_squared: {},
}


def names(measures):
    return [pytest.param(measure, known, id=measure.__name__) for measure, known in measures.items()]


def check(found, known, kind):
    np.testing.assert_allclose(found, known.get(kind, NAN), rtol=1e-9, atol=1e-14, equal_nan=True)
    assert isinstance(found, float)


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize(("measure", "known"), names(ONE_SERIES))
def test_of_one_series(measure, known, kind):
    check(measure(SERIES[kind]), known, kind)


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize(("measure", "known"), names(A_YEAR))
def test_of_one_series_a_year(measure, known, kind):
    check(measure(SERIES[kind], 12), known, kind)


@pytest.mark.parametrize(("measure", "known"), names(A_YEAR))
def test_without_known_periods_nothing_is_known_a_year(measure, known):
    assert np.isnan(measure([0.01, -0.02, 0.03, 0.01, -0.01], NAN))


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize(("measure", "known"), names(BESIDE))
def test_of_a_series_beside_itself(measure, known, kind):
    check(measure(SERIES[kind], SERIES[kind]), known, kind)


@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize(("measure", "known"), names(BESIDE_A_YEAR))
def test_of_a_series_beside_itself_a_year(measure, known, kind):
    check(measure(SERIES[kind], SERIES[kind], 12), known, kind)


@pytest.mark.parametrize("kind", SERIES)
def test_a_line_needs_points(kind):
    line = regression.regress(SERIES[kind], SERIES[kind], 12)
    assert np.isnan(line[:3]).all()
    assert line.n == (0 if kind in {"empty", "NaN"} else len(SERIES[kind]))


def test_a_line_through_every_point_has_no_error_to_divide_by():
    x = [0.01, -0.02, 0.03, 0.0]
    line = regression.regress(x, x, 12)
    assert (line.beta, line.alpha) == pytest.approx((1.0, 0.0))
    assert np.isnan(line.alpha_t)


@pytest.mark.parametrize("measure", [ratios.calmar_ratio, ratios.martin_ratio, ratios.pain_ratio])
def test_a_drawdown_of_a_last_digit_is_nothing_to_divide_by(measure):
    """A NAV that stands still may lose a last digit: the summary gave a Calmar ratio of 1e15 for it."""
    assert drawdowns.max_drawdown([0.01, -(2.0**-52), 0.01]) < 0.0
    assert np.isnan(measure([0.01, -(2.0**-52), 0.01], 12))


@pytest.mark.parametrize("kind", SERIES)
def test_arrays_keep_their_shape(kind):
    values = np.array(SERIES[kind])
    assert len(returns.cumulative_returns(values)) == len(values)
    assert np.isfinite(returns.cumulative_returns(values)).all()
    assert len(drawdowns.drawdown(values + 1.0)) == len(values)
    assert len(drawdowns.drawdown_of_returns(values)) == np.isfinite(values).sum()
    for found in (
        rolling.rolling_volatility(values, 3, 12),
        rolling.rolling_sharpe(values, 3, 12),
        rolling.rolling_beta(values, values, 3),
    ):
        assert found.shape == values.shape
    assert np.isnan(rolling.rolling_sharpe(values, 3, 12)).all()
    assert np.isnan(rolling.rolling_beta(values, values, 3)).all()
    assert inference.autocorrelations(values, 2).shape == (2,)
