"""Laws of the measures, one a test, over random returns."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from backtest.metrics import drawdowns, inference, ratios, regression, relative, returns, risk, tails

RETURNS = arrays(
    np.float64,
    st.integers(6, 60),
    elements=st.floats(-0.3, 0.3, allow_nan=False).map(lambda x: round(x, 4)),
)
GAPPY = arrays(
    np.float64,
    st.integers(0, 60),
    elements=st.one_of(st.just(math.nan), st.floats(-0.3, 0.3).map(lambda x: round(x, 4))),
)
SEEDS = st.integers(0, 2**32 - 1)
NAN_EQUAL = {"nan_ok": True, "rel": 1e-9, "abs": 1e-12}
law = settings(max_examples=100, deadline=None, derandomize=True)


def equal(found, expected):
    assert found == pytest.approx(expected, **NAN_EQUAL)


@law
@given(RETURNS)
def test_ratios_do_not_change_when_returns_and_cash_are_doubled(r):
    cash = 0.01 * np.arange(len(r)) / len(r)
    equal(ratios.sharpe_ratio(2 * r, 12, 2 * cash), ratios.sharpe_ratio(r, 12, cash))
    equal(ratios.sortino_ratio(2 * r, 12, 2 * cash), ratios.sortino_ratio(r, 12, cash))
    equal(ratios.omega_ratio(2 * r, 2 * cash), ratios.omega_ratio(r, cash))
    equal(ratios.tail_ratio(2 * r), ratios.tail_ratio(r))
    equal(inference.sharpe_standard_error(2 * r, 12, 2 * cash), inference.sharpe_standard_error(r, 12, cash))


@law
@given(RETURNS, st.floats(0.1, 4.0))
def test_risk_grows_with_leverage(r, times):
    equal(risk.volatility(times * r, 12), times * risk.volatility(r, 12))
    equal(risk.downside_deviation(times * r, 12), times * risk.downside_deviation(r, 12))
    equal(tails.value_at_risk(times * r), times * tails.value_at_risk(r))
    equal(tails.conditional_value_at_risk(times * r), times * tails.conditional_value_at_risk(r))
    equal(tails.modified_value_at_risk(times * r), times * tails.modified_value_at_risk(r))
    equal(risk.skewness(times * r), risk.skewness(r))
    equal(risk.kurtosis(times * r), risk.kurtosis(r))


@law
@given(RETURNS, SEEDS)
def test_order_does_not_matter_to_moments_and_tails(r, seed):
    mixed = np.random.default_rng(seed).permutation(r)
    for measure in (
        returns.total_return, returns.hit_rate, risk.skewness, risk.kurtosis, risk.downside_potential,
        ratios.omega_ratio, tails.value_at_risk, tails.conditional_value_at_risk, tails.modified_value_at_risk,
    ):  # fmt: skip
        equal(measure(mixed), measure(r))
    equal(ratios.sharpe_ratio(mixed, 12), ratios.sharpe_ratio(r, 12))


@law
@given(GAPPY, st.floats(0.01, 0.99))
def test_the_tail_is_no_better_than_its_edge(r, level):
    edge, tail = tails.value_at_risk(r, level), tails.conditional_value_at_risk(r, level)
    if not math.isnan(edge):
        assert tail <= edge + 1e-15
        assert np.nanmin(r) - 1e-15 <= tail
    shortfall, modified = tails.modified_conditional_value_at_risk(r, level), tails.modified_value_at_risk(r, level)
    assert math.isnan(shortfall) == math.isnan(modified)
    assert not shortfall > modified


@law
@given(RETURNS, st.floats(0.01, 0.98), st.floats(0.0, 0.01))
def test_the_tail_is_worse_at_a_higher_level_and_never_jumps(r, level, more):
    lower, higher = (tails.conditional_value_at_risk(r, one) for one in (level, level + more))
    assert higher <= lower + 1e-12
    # One percent of the periods more or less, each within 0.6 of the others.
    assert lower - higher <= 0.6 * more / (1 - level) + 1e-12


@law
@given(GAPPY)
def test_drawdowns_are_zero_or_below(r):
    falls = drawdowns.drawdown_of_returns(r)
    assert (falls <= 0).all()
    assert (falls >= -1).all()
    if len(falls):
        assert drawdowns.pain_index(r) <= drawdowns.ulcer_index(r) + 1e-15
        assert drawdowns.ulcer_index(r) <= -drawdowns.max_drawdown(r) + 1e-15


@law
@given(RETURNS)
def test_beside_itself(r):
    cash = 0.001
    line = regression.regress(r, r, 12, cash)
    if risk.volatility(r, 1) > 1e-6:
        assert line[:2] == pytest.approx((0.0, 1.0), abs=1e-9)
        assert regression.correlation(r, r) == pytest.approx(1.0)
    assert relative.tracking_error(r, r, 12) == 0
    assert relative.active_premium(r, r, 12) == 0
    assert math.isnan(relative.information_ratio(r, r, 12))
    for capture, some in ((relative.up_capture, r > 0), (relative.down_capture, r < 0)):
        equal(capture(r, r), 1.0 if some.any() else math.nan)


@law
@given(RETURNS, SEEDS, st.floats(0.2, 3.0))
def test_leverage_with_cash_multiplies_beta_and_alpha_and_keeps_the_sharpe_ratio(r, seed, times):
    """r' = L r + (1 - L) cash: excess returns are multiplied by L, and all that is linear in them."""
    rng = np.random.default_rng(seed)
    reference, cash = 0.05 * rng.standard_normal(len(r)), rng.uniform(0, 0.005, len(r))
    levered = times * r + (1 - times) * cash
    one, other = (regression.regress(x, reference, 12, cash) for x in (r, levered))
    equal(other.beta, times * one.beta)
    equal(other.alpha, times * one.alpha)
    if risk.volatility(r - cash, 1) > 1e-6:
        assert other.alpha_t == pytest.approx(one.alpha_t, nan_ok=True, rel=1e-6)
        equal(ratios.sharpe_ratio(levered, 12, cash), ratios.sharpe_ratio(r, 12, cash))
    equal(regression.dimson_beta(levered, reference, cash), times * regression.dimson_beta(r, reference, cash))


@law
@given(RETURNS, RETURNS)
def test_two_halves_compound_to_the_whole(a, b):
    whole = np.concatenate([a, b])
    equal(1 + returns.total_return(whole), (1 + returns.total_return(a)) * (1 + returns.total_return(b)))


@law
@given(GAPPY, SEEDS)
def test_a_gap_more_changes_no_measure_that_leaves_gaps_out(r, seed):
    at = int(np.random.default_rng(seed).integers(len(r) + 1))
    wider = np.insert(r, at, math.nan)
    for measure in (
        returns.total_return, risk.skewness, ratios.omega_ratio, ratios.tail_ratio, drawdowns.max_drawdown,
        drawdowns.ulcer_index, tails.value_at_risk, tails.conditional_value_at_risk,
    ):  # fmt: skip
        assert measure(wider) == pytest.approx(measure(r), nan_ok=True, rel=1e-12)
    assert inference.sharpe_standard_error(wider, 12) == pytest.approx(
        inference.sharpe_standard_error(r, 12), nan_ok=True, rel=1e-12
    )
