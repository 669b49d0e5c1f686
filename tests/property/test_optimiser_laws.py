"""Laws of optimisers: optimality conditions, closed forms, units, order, and what cannot matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.optimisers import (
    Bounds,
    Inputs,
    MaximumDiversification,
    MaximumSharpe,
    MeanVariance,
    MinimumTrackingError,
    MinimumVariance,
    Net,
    RiskParity,
    TrackingError,
    Volatility,
)
from strategies.optimisers.risk_parity import contributions
from strategies.optimisers.solving import solve
from tests.portfolios import OPTIMISERS, QUADRATIC, inputs, mandate, scaled

seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["factors", "ill", "singular"])
law = settings(max_examples=15, deadline=None, derandomize=True)
few = settings(max_examples=8, deadline=None, derandomize=True)
SHORTS = [Bounds(at_least=-50.0)]  # far from any portfolio here


def drawn(seed, kind="factors", least=2, most=12):
    rng = np.random.default_rng(seed)
    return rng, inputs(rng, int(rng.integers(least, most)), kind)


# ------------------------------------------------------------------------------------------ optimality


@pytest.mark.parametrize("name", QUADRATIC)
@few
@given(seeds, kinds)
def test_answers_and_multipliers_keep_the_conditions_of_karush_kuhn_and_tucker(name, seed, kind):
    rng, given = drawn(seed, kind, least=4)
    optimiser = OPTIMISERS[name](mandate(rng, given, 3))
    programme = optimiser._programme(given)
    numbers = programme.numbers(given)
    solution = solve(programme, numbers)
    assert solution.status == "optimal"
    form, x = programme.form, solution.x
    z = solution.z() if callable(solution.z) else solution.z
    P, A = form.matrices(numbers)
    P = P.toarray() + np.triu(P.toarray(), 1).T
    slack = numbers.b - A @ x
    # In scaled units, where entries and multipliers are about one; a hundred times what solvers are asked for, since a
    # programme that gets no closer is content with 1e-9.
    near = 1e-7 * max(1.0, np.abs(z).max(), np.abs(x).max())
    assert np.abs(P @ x + numbers.q + A.T @ z).max() <= near
    linear = slice(form.n_zero, form.n_zero + form.n_nonnegative)
    assert np.abs(slack[: form.n_zero]).max(initial=0.0) <= near
    assert min(slack[linear].min(), z[linear].min()) >= -near
    assert np.abs(slack[linear] * z[linear]).max() <= near
    first = linear.stop
    for length in form.cones.soc:
        for ray in (slack[first : first + length], z[first : first + length]):
            assert np.linalg.norm(ray[1:]) <= ray[0] + near
        assert abs(slack[first : first + length] @ z[first : first + length]) <= near
        first += length


@law
@given(seeds)
def test_gradients_of_held_names_agree_in_minimum_variance(seed):
    _, given = drawn(seed, most=20)
    weights = MinimumVariance().weights(covariance=given.covariance)
    gradient = given.covariance @ weights
    # A name at a thousandth or more is away from its bound by more than solvers smear it.
    held = gradient[weights > 1e-3]
    assert held.max() - held.min() <= 1e-6 * held.mean()
    assert gradient.min() >= held.mean() * (1.0 - 1e-6)


@law
@given(seeds, kinds)
def test_risk_contributions_are_the_budgets(seed, kind):
    rng, given = drawn(seed, kind)
    if MinimumVariance().allocate(given).value < 1e-4:
        return  # names that cancel out altogether have no contributions to risk
    budgets = rng.uniform(0.1, 1.0, given.n_names)
    weights = RiskParity(budgets=budgets.tolist()).weights(covariance=given.covariance)
    np.testing.assert_allclose(contributions(given, weights), budgets / budgets.sum(), rtol=0, atol=1e-7)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights.min() > 0.0


# ------------------------------------------------------------------------------------------ closed forms


@law
@given(seeds)
def test_minimum_variance_with_shorts_is_its_closed_form(seed):
    _, given = drawn(seed)
    found = MinimumVariance(constraints=SHORTS).weights(covariance=given.covariance)
    inverse = np.linalg.solve(given.covariance, np.ones(given.n_names))
    np.testing.assert_allclose(found, inverse / inverse.sum(), rtol=0, atol=1e-7)


@law
@given(seeds)
def test_maximum_sharpe_with_shorts_is_the_tangency_portfolio(seed):
    _, given = drawn(seed)
    cash = 0.5 * given.expected_returns.min()
    tangent = np.linalg.solve(given.covariance, given.expected_returns - cash)
    if tangent.sum() <= 0.02 * np.abs(tangent).sum():
        return  # the best ratio is no fully invested portfolio, or a very large one
    found = MaximumSharpe(risk_free=cash, constraints=SHORTS).weights(
        covariance=given.covariance, expected_returns=given.expected_returns
    )
    np.testing.assert_allclose(found, tangent / tangent.sum(), rtol=1e-7, atol=1e-7)


@law
@given(st.floats(0.01, 0.2), st.floats(0.01, 0.2), st.floats(0.05, 0.4), st.floats(0.05, 0.4), st.floats(-0.9, 0.9))
def test_maximum_sharpe_of_two_names(mean_1, mean_2, vol_1, vol_2, correlation):
    shared = correlation * vol_1 * vol_2
    first = mean_1 * vol_2**2 - mean_2 * shared
    second = mean_2 * vol_1**2 - mean_1 * shared
    # Not both are below zero; their sum may be, where one is, and the other name is all of it then.
    share = 0.0 if first <= 0.0 else 1.0 if second <= 0.0 else first / (first + second)
    found = MaximumSharpe().weights(
        covariance=[[vol_1**2, shared], [shared, vol_2**2]], expected_returns=[mean_1, mean_2]
    )
    # Where the best touches a bound by itself interior points keep half their digits.
    np.testing.assert_allclose(found, [share, 1.0 - share], rtol=0, atol=1e-7 if 1e-3 < share < 1.0 - 1e-3 else 1e-5)


@law
@given(seeds)
def test_mean_variance_without_bounds_is_its_closed_form(seed):
    _, given = drawn(seed)
    aversion = 20.0
    unbound = [*SHORTS, Net(at_least=-100.0, at_most=100.0)]
    found = MeanVariance(risk_aversion=aversion, constraints=unbound).weights(
        covariance=given.covariance, expected_returns=given.expected_returns
    )
    best = np.linalg.solve(given.covariance, given.expected_returns) / aversion
    if np.abs(best).max() < 40.0:
        np.testing.assert_allclose(found, best, rtol=1e-6, atol=1e-7)


# ------------------------------------------------------------------------------------------ units and order


@pytest.mark.parametrize("size", [1e-4, 1e4])
@few
@given(seeds)
def test_the_unit_of_the_covariance_moves_no_weight(size, seed):
    rng, given = drawn(seed, least=4)
    demands = mandate(rng, given, 2)
    demands = [one for one in demands if not isinstance(one, (Volatility, TrackingError))]  # theirs is the same unit
    for optimiser in (MinimumVariance, MaximumSharpe, MaximumDiversification, MinimumTrackingError):
        found = [optimiser(constraints=demands).allocate(one).weights for one in (given, scaled(given, size))]
        np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-7)
    found = [RiskParity().allocate(one).weights for one in (given, scaled(given, size))]
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-7)
    plain = MeanVariance(risk_aversion=3.0, constraints=demands).allocate(given).weights
    averse = MeanVariance(risk_aversion=3.0 / size, constraints=demands).allocate(scaled(given, size)).weights
    np.testing.assert_allclose(averse, plain, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", OPTIMISERS)
@few
@given(seeds)
def test_the_order_of_names_moves_no_weight(name, seed):
    rng, given = drawn(seed, least=3)
    order = rng.permutation(given.n_names)
    turned = Inputs.of(
        {
            "covariance": given.covariance[np.ix_(order, order)],
            "scenarios": given.scenarios[:, order],
            "names": [given.names[i] for i in order],
            **{key: getattr(given, key)[order] for key in ("expected_returns", "current", "benchmark")},
        }
    )
    optimiser = OPTIMISERS[name]([Bounds(at_most={given.names[0]: 0.4})])
    found, other = optimiser.allocate(given), optimiser.allocate(turned)
    # Programmes without a covariance in the objective may be flat near the best, as linear ones are: the value agrees.
    assert other.value == pytest.approx(found.value, rel=1e-7, abs=1e-7)
    if name in QUADRATIC or name == "risk parity":
        np.testing.assert_allclose(other.weights, found.weights[order], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", QUADRATIC)
@few
@given(seeds)
def test_a_demand_that_is_kept_anyway_changes_nothing(name, seed):
    rng, given = drawn(seed, least=4)
    demands = mandate(rng, given, 2)
    plain = OPTIMISERS[name](demands).allocate(given)
    more = OPTIMISERS[name]([*demands, Bounds(at_most=1.5), Net(exactly=1.0)]).allocate(given)
    # A limit on risk is a cone: the value is exact, and the weights as exact as its square root lets them be.
    has_cone = any(isinstance(one, (Volatility, TrackingError)) for one in demands)
    np.testing.assert_allclose(more.weights, plain.weights, rtol=0, atol=2e-5 if has_cone else 1e-7)
    assert more.value == pytest.approx(plain.value, rel=1e-8, abs=1e-8)
    price = next(one.price for one in more.prices if one.says == "each name at most 150 %")
    assert abs(price) <= 1e-6 * max(abs(more.value), 1.0)


@few
@given(seeds, kinds)
def test_an_optimum_is_no_worse_than_portfolios_that_keep_the_same_demands(seed, kind):
    rng, given = drawn(seed, kind, least=4)
    w = rng.dirichlet(np.ones(given.n_names))
    others = rng.dirichlet(np.ones(given.n_names), 200)
    others = others[others.max(axis=1) <= w.max() + 0.02]
    others = np.vstack([others, w])
    signs = {"minimum": 1.0, "maximum": -1.0, "risk a": -1.0, "tail a": -1.0}
    for name, build in OPTIMISERS.items():
        optimiser = build([Bounds(at_most=float(w.max()) + 0.02)])
        sign = next((sign for start, sign in signs.items() if name.startswith(start)), None)
        if sign is None:
            continue
        best = optimiser.allocate(given)
        if np.isnan(best.value):
            continue  # a ratio to no risk at all
        rivals = np.array([optimiser.value(given, other) for other in others])
        assert sign * best.value <= (sign * rivals).min() + 1e-8
