"""Laws of estimators: units, order of names, shifts, semidefiniteness, limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.errors import StrategyError
from strategies.estimators.asynchronous import asynchronous_covariance
from strategies.estimators.black_litterman import black_litterman
from strategies.estimators.covariance import (
    exponentially_weighted_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)
from strategies.estimators.expected import historical_mean, implied_returns, shrunk_mean, signal_returns
from strategies.estimators.factors import factor_model, statistical_factor_model
from strategies.estimators.repair import INDEFINITE, check_covariance, repaired
from strategies.estimators.views import Views, joined_views, target_view

seeds = st.integers(0, 2**32 - 1)
law = settings(max_examples=30, deadline=None, derandomize=True)
# Sums of some hundred products, where returns may have been shifted by ten deviations; relative to the deviations.
CLOSE = 1e-10


def sample(seed, least=12):
    """Returns of a few names over some periods, of unequal volatility and with a common part."""
    rng = np.random.default_rng(seed)
    n_names = int(rng.integers(2, 8))
    n_periods = n_names + int(rng.integers(least, 80))
    common = rng.standard_normal((n_periods, 1)) * rng.uniform(0.0, 1.5, n_names)
    returns = 0.001 + 0.01 * rng.uniform(0.3, 3.0, n_names) * (common + rng.standard_normal((n_periods, n_names)))
    return rng, np.ascontiguousarray(returns)


COVARIANCES = {
    "sample": lambda r: sample_covariance(r).value,
    "weighted": lambda r: exponentially_weighted_covariance(r, 15.0).value,
    "shrunk": lambda r: ledoit_wolf_covariance(r).value,
    "asynchronous": lambda r: asynchronous_covariance(r, repair="nearest").value,
    "Bartlett": lambda r: asynchronous_covariance(r, 3, "bartlett").value,
    "components": lambda r: statistical_factor_model(r, 1).covariance,
    "regression": lambda r: factor_model(r, r.mean(axis=1, keepdims=True)).covariance,
}
MEANS = {
    "historical": lambda r: historical_mean(r).value,
    "shrunk": lambda r: shrunk_mean(r).value,
}


def same(found, expected):
    """Compare covariances on the scale of the deviations of their names."""
    deviation = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(
        found / np.outer(deviation, deviation), expected / np.outer(deviation, deviation), CLOSE, CLOSE
    )


# ------------------------------------------------------------------------------------------ covariances


@pytest.mark.parametrize("name", COVARIANCES)
@law
@given(seeds)
def test_returns_times_k_make_covariances_times_k_squared(name, seed):
    _, returns = sample(seed)
    same(COVARIANCES[name](100 * returns), 1e4 * COVARIANCES[name](returns))


@pytest.mark.parametrize("name", COVARIANCES)
@law
@given(seeds)
def test_a_constant_added_to_returns_changes_no_covariance(name, seed):
    rng, returns = sample(seed)
    # The mean over names, which the regression takes for its factor, is shifted along.
    same(COVARIANCES[name](returns + rng.uniform(-0.1, 0.1, returns.shape[1])), COVARIANCES[name](returns))


@pytest.mark.parametrize("name", COVARIANCES)
@law
@given(seeds)
def test_the_order_of_names_does_not_matter(name, seed):
    rng, returns = sample(seed)
    order = rng.permutation(returns.shape[1])
    same(COVARIANCES[name](np.ascontiguousarray(returns[:, order])), COVARIANCES[name](returns)[np.ix_(order, order)])


@pytest.mark.parametrize("name", COVARIANCES)
@law
@given(seeds)
def test_covariances_are_symmetric_and_semidefinite(name, seed):
    _, returns = sample(seed)
    found = COVARIANCES[name](returns)
    np.testing.assert_array_equal(found, found.T)
    check_covariance(found)
    # Of a short sample too.
    check_covariance(COVARIANCES[name](returns[:6]))


@pytest.mark.parametrize("name", ["sample", "weighted", "asynchronous", "regression"])
@law
@given(seeds)
def test_the_unit_of_one_name_is_its_own_affair(name, seed):
    # Not so for shrinkage and components, which weigh names by their variance.
    rng, returns = sample(seed)
    unit = rng.uniform(0.1, 10.0, returns.shape[1])
    market = returns.mean(axis=1, keepdims=True)
    find = (lambda r: factor_model(r, market).covariance) if name == "regression" else COVARIANCES[name]
    same(find(returns * unit), find(returns) * np.outer(unit, unit))


@law
@given(seeds)
def test_an_infinite_half_life_is_the_sample(seed):
    _, returns = sample(seed)
    same(exponentially_weighted_covariance(returns, np.inf).value, sample_covariance(returns).value)
    # And it is come near in proportion to periods over half-life.
    near = exponentially_weighted_covariance(returns, 1e9).value
    deviation = np.sqrt(np.diag(near))
    apart = (near - sample_covariance(returns).value) / np.outer(deviation, deviation)
    assert np.abs(apart).max() < 10 * len(returns) / 1e9


@law
@given(seeds, st.floats(1.0, 200.0))
def test_the_past_beyond_all_weight_does_not_matter(seed, half_life):
    rng, returns = sample(seed)
    # Sixty half-lives back a weight is 1e-18.
    past = 0.02 * rng.standard_normal((5, returns.shape[1]))
    between = np.tile(returns, (int(60 * half_life / len(returns)) + 1, 1))
    same(
        exponentially_weighted_covariance(np.vstack([past, between]), half_life).value,
        exponentially_weighted_covariance(np.vstack([-past, between]), half_life).value,
    )


@law
@given(seeds)
def test_ledoit_and_wolf_keep_the_mean_variance_and_lie_between(seed):
    _, returns = sample(seed)
    n = len(returns)
    plain, found = sample_covariance(returns).value * (n - 1) / n, ledoit_wolf_covariance(returns).value
    assert np.trace(found) == pytest.approx(np.trace(plain), rel=CLOSE)
    off = ~np.eye(len(plain), dtype=bool)
    assert (np.abs(found[off]) <= np.abs(plain[off]) * (1 + CLOSE)).all()
    assert np.linalg.eigvalsh(found)[0] >= np.linalg.eigvalsh(plain)[0] * (1 - CLOSE)


@law
@given(seeds)
def test_factor_models_keep_the_variances_of_the_sample(seed):
    rng, returns = sample(seed)
    variances = sample_covariance(returns).value.diagonal()
    n_factors = int(rng.integers(1, returns.shape[1] + 1))
    models = [
        statistical_factor_model(returns, n_factors),
        factor_model(returns, rng.standard_normal((len(returns), n_factors))),
    ]
    for model in models:
        np.testing.assert_allclose(model.covariance.diagonal(), variances, rtol=CLOSE)
        assert (model.idiosyncratic >= 0).all()


@law
@given(seeds)
def test_components_point_one_way_whatever_the_order_of_names(seed):
    rng, returns = sample(seed)
    order = rng.permutation(returns.shape[1])
    plain = statistical_factor_model(returns, 1).exposures
    largest = np.abs(plain).max()
    assert plain.max() == largest
    np.testing.assert_allclose((plain**2).sum(), 1.0, rtol=CLOSE)
    second = np.sort(np.abs(plain[:, 0]))[-2]
    strength = np.linalg.eigvalsh(sample_covariance(returns).value)
    if largest - second > 1e-6 and strength[-1] > 1.1 * strength[-2]:  # else rounding chooses which way is up
        found = statistical_factor_model(np.ascontiguousarray(returns[:, order]), 1).exposures
        np.testing.assert_allclose(found, plain[order], rtol=0, atol=CLOSE)


@law
@given(seeds)
def test_another_basis_of_the_same_factors_is_the_same_model(seed):
    rng, returns = sample(seed)
    factors = rng.standard_normal((len(returns), 2))
    turn = np.array([[2.0, 0.5], [-1.0, 3.0]])
    same(factor_model(returns, factors @ turn).covariance, factor_model(returns, factors).covariance)


# ------------------------------------------------------------------------------------------ repair


def indefinite(seed):
    """A made-up covariance whose correlations cannot all be true."""
    rng = np.random.default_rng(seed)
    for _ in range(100):
        n = int(rng.integers(2, 12))
        given = np.clip(rng.uniform(-1.2, 1.2, (n, n)), -1.0, 1.1)
        given = (given + given.T) / 2
        np.fill_diagonal(given, 1.0)
        if np.linalg.eigvalsh(given)[0] < -1e-3:
            deviation = rng.uniform(0.001, 10.0, n)
            return given, deviation
    raise AssertionError("no indefinite matrix in a hundred")


@law
@given(seeds)
def test_repaired_covariances_are_semidefinite_keep_variances_and_stay_as_they_are(seed):
    correlation, deviation = indefinite(seed)
    covariance = correlation * np.outer(deviation, deviation)
    with pytest.raises(StrategyError, match="indefinite"):
        check_covariance(covariance)
    for repair in ("clip", "nearest"):
        found = repaired(covariance, repair)
        np.testing.assert_array_equal(found.value.diagonal(), covariance.diagonal())
        np.testing.assert_array_equal(found.value, found.value.T)
        values = np.linalg.eigvalsh(found.value / np.outer(deviation, deviation))
        assert values[0] >= -1e-14 * len(values) * values[-1]  # rounding, far above where a fault begins
        assert values[0] > INDEFINITE * values[-1]
        assert len(found.remarks) == 1
        again = repaired(found.value, repair)
        assert again.value is found.value
        assert again.remarks == ()


@law
@given(seeds)
def test_nearest_is_no_farther_than_clip_nor_than_any_other(seed):
    correlation, deviation = indefinite(seed)
    covariance = correlation * np.outer(deviation, deviation)

    def moved(value):
        return np.linalg.norm(value / np.outer(deviation, deviation) - correlation)

    nearest = moved(repaired(covariance, "nearest").value)
    # The diagonal is 1 up to 1e-11 before it is set to it.
    assert nearest <= moved(repaired(covariance, "clip").value) + 1e-9
    others = np.random.default_rng(seed)
    for _ in range(5):
        factor = others.standard_normal((len(correlation), len(correlation)))
        other = np.corrcoef(factor)
        assert nearest <= np.linalg.norm(other - correlation) + 1e-9


@law
@given(seeds)
def test_a_repair_does_not_depend_on_units_or_order(seed):
    correlation, deviation = indefinite(seed)
    order = np.random.default_rng(seed).permutation(len(deviation))
    scaled = (correlation * np.outer(deviation, deviation))[np.ix_(order, order)]
    for repair in ("clip", "nearest"):
        plain = repaired(correlation, repair).value[np.ix_(order, order)]
        found = repaired(scaled, repair).value / np.outer(deviation[order], deviation[order])
        # Newton's steps end where the diagonal is 1 to 1e-11, on another path for another order.
        np.testing.assert_allclose(found, plain, rtol=0, atol=1e-9)


# ------------------------------------------------------------------------------------------ expected returns


@pytest.mark.parametrize("name", MEANS)
@law
@given(seeds)
def test_means_scale_shift_and_permute_with_returns(name, seed):
    rng, returns = sample(seed)
    find, plain = MEANS[name], MEANS[name](returns)
    size = np.abs(plain).max() + returns.std()
    order = rng.permutation(returns.shape[1])
    np.testing.assert_allclose(find(100 * returns), 100 * plain, rtol=0, atol=100 * CLOSE * size)
    np.testing.assert_allclose(find(returns + 0.05), plain + 0.05, rtol=0, atol=CLOSE * (size + 0.05))
    np.testing.assert_allclose(find(np.ascontiguousarray(returns[:, order])), plain[order], rtol=0, atol=CLOSE * size)


@law
@given(seeds)
def test_shrunk_means_lie_between_the_means_and_that_of_minimum_variance(seed):
    _, returns = sample(seed)
    mean, found = returns.mean(axis=0), shrunk_mean(returns).value
    inverse = np.linalg.inv(np.cov(returns, rowvar=False))
    minimum_variance = inverse.sum(axis=0) / inverse.sum()
    target = minimum_variance @ mean
    # Its own portfolio keeps its mean, and all names move by one share of the way.
    assert minimum_variance @ found == pytest.approx(target, abs=CLOSE)
    share = (found - target) / (mean - target)
    np.testing.assert_allclose(share, share[0], rtol=1e-6)  # where a mean is near the target digits are lost
    assert 0 <= share[0] <= 1


@law
@given(seeds, st.floats(-1.0, 1.0).filter(lambda coefficient: coefficient == 0 or abs(coefficient) > 1e-9))
def test_signal_returns_are_in_proportion_to_each_part(seed, coefficient):
    rng = np.random.default_rng(seed)
    scores, volatilities = rng.standard_normal(6), rng.uniform(0.0, 0.5, 6)
    plain = signal_returns(scores, volatilities, coefficient).value
    np.testing.assert_allclose(signal_returns(2 * scores, volatilities, coefficient).value, 2 * plain, rtol=CLOSE)
    np.testing.assert_allclose(signal_returns(scores, 2 * volatilities, coefficient).value, 2 * plain, rtol=CLOSE)
    np.testing.assert_allclose(signal_returns(-scores, volatilities, coefficient).value, -plain, rtol=CLOSE)


@law
@given(seeds)
def test_implied_returns_give_the_weights_back(seed):
    rng, returns = sample(seed)
    covariance = sample_covariance(returns).value
    weights, aversion, cash = rng.uniform(-0.5, 1.0, len(covariance)), rng.uniform(0.5, 10.0), rng.uniform(0.0, 0.01)
    implied = implied_returns(covariance, weights, aversion, cash).value
    back = np.linalg.solve(aversion * covariance, implied - cash)
    np.testing.assert_allclose(back, weights, rtol=0, atol=1e-9)  # the solve loses what the condition number takes


# ------------------------------------------------------------------------------------------ views


def opinions(seed):
    """A covariance, a prior, and fewer views than names that say different things."""
    rng, returns = sample(seed)
    covariance = sample_covariance(returns).value
    n_names = len(covariance)
    prior = rng.normal(0.001, 0.002, n_names)
    n_views = int(rng.integers(1, n_names + 1))
    portfolios = rng.standard_normal((n_views, n_names)) + 2 * np.eye(n_names)[:n_views]
    return rng, covariance, prior, portfolios, rng.normal(0.001, 0.002, n_views)


@law
@given(seeds)
def test_certain_views_are_met_exactly(seed):
    rng, covariance, prior, portfolios, q = opinions(seed)
    omega = np.where(rng.random(len(q)) < 0.5, 0.0, 1e-5)
    found = black_litterman(covariance, prior, Views(P=portfolios, q=q, omega=omega), 0.05)
    certain = omega == 0
    met = portfolios[certain] @ found.expected_returns
    np.testing.assert_allclose(met, q[certain], rtol=0, atol=1e-9 * np.abs(q).max())
    # What is certain adds nothing to the covariance along its portfolio.
    for row in portfolios[certain]:
        assert row @ found.covariance @ row == pytest.approx(row @ covariance @ row, rel=1e-8)


@law
@given(seeds)
def test_views_without_confidence_leave_the_prior(seed):
    _, covariance, prior, portfolios, q = opinions(seed)
    none = black_litterman(covariance, prior, Views(P=portfolios, q=q, omega=np.full(len(q), np.inf)), 0.05)
    np.testing.assert_array_equal(none.expected_returns, prior)
    same(none.covariance, 1.05 * covariance)
    little = black_litterman(covariance, prior, Views(P=portfolios, q=q, omega=np.full(len(q), 1e12)), 0.05)
    np.testing.assert_allclose(little.expected_returns, prior, rtol=0, atol=1e-13)
    same(little.covariance, 1.05 * covariance)


@law
@given(seeds)
def test_a_view_of_what_the_prior_says_changes_no_mean(seed):
    _, covariance, prior, portfolios, _ = opinions(seed)
    found = black_litterman(covariance, prior, Views(P=portfolios, q=portfolios @ prior), 0.05)
    np.testing.assert_allclose(found.expected_returns, prior, rtol=0, atol=1e-15)


@law
@given(seeds)
def test_views_are_the_same_in_any_order_size_and_sign(seed):
    rng, covariance, prior, portfolios, q = opinions(seed)
    omega = rng.uniform(1e-7, 1e-4, len(q))
    plain = black_litterman(covariance, prior, Views(P=portfolios, q=q, omega=omega), 0.05)
    order, size = rng.permutation(len(q)), rng.uniform(0.1, 10.0, len(q)) * rng.choice([-1.0, 1.0], len(q))
    turned = Views(P=(size[:, None] * portfolios)[order], q=(size * q)[order], omega=(size**2 * omega)[order])
    found = black_litterman(covariance, prior, turned, 0.05)
    np.testing.assert_allclose(found.expected_returns, plain.expected_returns, rtol=0, atol=1e-11)
    same(found.covariance, plain.covariance)


@law
@given(seeds)
def test_independent_views_at_once_are_those_one_after_the_other(seed):
    rng, covariance, prior, portfolios, q = opinions(seed)
    omega, tau = rng.uniform(1e-7, 1e-4, len(q)), 0.05
    each = [Views(P=portfolios[[i]], q=q[[i]], omega=omega[[i]]) for i in range(len(q))]
    at_once = black_litterman(covariance, prior, joined_views(each), tau)
    mean, spread = prior, tau * covariance
    for view in each:
        # What is left uncertain about the mean is the next one's prior, as a covariance of its own.
        found = black_litterman(spread, mean, view, 1.0)
        mean, spread = found.expected_returns, found.covariance - spread
        spread = (spread + spread.T) / 2
    np.testing.assert_allclose(mean, at_once.expected_returns, rtol=0, atol=1e-9)
    same(covariance + spread, at_once.covariance)


@law
@given(seeds)
def test_the_uncertainty_about_means_only_shrinks(seed):
    rng, covariance, prior, portfolios, q = opinions(seed)
    omega = rng.uniform(0.0, 1e-4, len(q))
    found = black_litterman(covariance, prior, Views(P=portfolios, q=q, omega=omega), 0.05)
    deviation = np.sqrt(np.diag(covariance))
    scale = np.outer(deviation, deviation)
    left = (found.covariance - covariance) / scale
    assert np.linalg.eigvalsh(left)[0] >= -1e-11
    assert np.linalg.eigvalsh(0.05 * covariance / scale - left)[0] >= -1e-11


@law
@given(seeds, st.sampled_from([4, 12, 52, 252]))
def test_a_target_says_the_same_in_years_and_in_periods(seed, n_periods):
    _, covariance, prior, _, _ = opinions(seed)
    target = {"level": 69, "target": 75, "optimistic_return": 0.28, "quantile": 0.9, "dividends": 0.02, "cash": 0.04}
    portfolio = np.ones(len(prior)) / len(prior)
    of_year, of_period = (target_view(portfolio, **target, n_periods=n) for n in (1, n_periods))
    year = black_litterman(n_periods * covariance, n_periods * prior, of_year, 0.05)
    period = black_litterman(covariance, prior, of_period, 0.05)
    np.testing.assert_allclose(year.expected_returns, n_periods * period.expected_returns, rtol=0, atol=1e-12)
    same(year.covariance, n_periods * period.covariance)
