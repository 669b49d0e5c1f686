"""Programmes solved by their duals: the same portfolio with its multipliers, and nothing where there is none."""

import numpy as np
import pytest

from strategies.optimisers import (
    Bounds,
    Gross,
    GroupLimits,
    MeanCVaR,
    MinimumCVaR,
    Net,
    TradingCosts,
    Turnover,
)
from strategies.optimisers.canonical import Numbers
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.linear import Highs

MANDATES = {
    "long only": (),
    "caps": (Bounds(at_most=0.3), GroupLimits(of="sector", at_most=0.5)),
    "floors": (Bounds(at_least=0.02, at_most=0.4),),
    "short": (Bounds(at_least=-0.2, at_most=0.5), Gross(at_most=1.6), Net(at_least=0.8, at_most=1.0)),
    "turnover": (Bounds(at_most=0.3), Turnover(at_most=0.15)),
    "costs": (Bounds(at_most=0.3), TradingCosts(horizon=20.0)),
}


def programme(mandate, seed=0, n=6, n_scenarios=120, optimiser=MinimumCVaR, **more):
    rng = np.random.default_rng(seed)
    returns = 0.01 * rng.standard_t(5, (n_scenarios, n)) + 0.006 * rng.standard_normal((n_scenarios, 1)) + 0.0005
    given = Inputs.of({
        "scenarios": returns, "expected_returns": returns.mean(axis=0), "current": rng.dirichlet(np.full(n, 9.0)),
        "labels": {"sector": [f"sector {i % 3}" for i in range(n)]}, "buy_cost": np.full(n, 0.001),
        "sell_cost": np.full(n, 0.002),
    })  # fmt: skip
    best = optimiser(level=0.9, constraints=MANDATES[mandate], **more)
    compiled = best._programme(given)
    return compiled, compiled.numbers(given), best, given


def directly(form) -> Highs:
    made = Highs(form)
    made._dual.is_worth_it = False
    return made


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mandate", list(MANDATES))
def test_the_dual_gives_what_the_programme_gives(mandate, seed):
    compiled, numbers, _, _ = programme(mandate, seed)
    form, by_dual = compiled.form, Highs(compiled.form)
    assert by_dual._dual.is_worth_it
    found, expected = by_dual.solve(numbers), directly(form).solve(numbers)
    assert (found.status, found.said) == ("optimal", "kOptimal, by the dual")
    assert found.objective == pytest.approx(expected.objective, rel=1e-10)
    np.testing.assert_allclose(compiled.weights_of(found), compiled.weights_of(expected), rtol=0, atol=1e-9)
    # Karush, Kuhn and Tucker, of the programme as it is and not of its dual.
    _, A = form.matrices(numbers)
    z, slack = found.z(), numbers.b - A @ found.x
    inequality = np.arange(form.n_rows) >= form.n_zero
    np.testing.assert_allclose(slack[~inequality], 0.0, rtol=0, atol=1e-10)
    assert slack[inequality].min() >= -1e-10
    assert z[inequality].min() >= 0.0
    np.testing.assert_allclose(numbers.q + A.T @ z, 0.0, rtol=0, atol=1e-9)
    np.testing.assert_allclose(slack[inequality] * z[inequality], 0.0, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("key", "limited", "limit"),
    [
        ("each name at most", lambda most: (Bounds(at_most=most),), 0.2),
        ("turnover at most", lambda most: (Turnover(at_most=most),), 0.1),
    ],
)
def test_prices_are_those_of_a_step_of_the_limit(key, limited, limit):
    _, _, _, given = programme("caps")
    answer, step = MinimumCVaR(level=0.9, constraints=limited(limit)).allocate(given), 1e-5
    (price,) = (one.price for one in answer.prices if one.key == key)
    gained = answer.value - MinimumCVaR(level=0.9, constraints=limited(limit + step)).allocate(given).value
    assert price > 0.0
    assert gained / step == pytest.approx(price, rel=1e-5)


def test_ties_are_broken_the_same_way_each_time():
    scenarios = np.repeat(np.random.default_rng(3).normal(0.0, 0.01, (40, 1)), 3, axis=1)  # three times the same name
    first = MinimumCVaR(level=0.9).weights(scenarios=scenarios)
    assert sorted(first.tolist()) == [0.0, 0.0, 1.0]  # a corner
    for _ in range(3):
        assert MinimumCVaR(level=0.9).weights(scenarios=scenarios).tobytes() == first.tobytes()


def test_where_there_is_no_portfolio_the_programme_itself_says_so():
    compiled, numbers, _, _ = programme("caps")
    b = numbers.b.copy()
    b[0] *= 4.0  # the sum of weights: six names hold 1.8 at most
    assert Highs(compiled.form).solve(Numbers(None, numbers.q, numbers.A, b)).status == "infeasible"
    compiled, numbers, _, _ = programme("long only")
    unbounded = Numbers(None, numbers.q - 1.0, numbers.A, numbers.b)  # losses that are worth something
    assert Highs(compiled.form).solve(unbounded).status == "unbounded"


@pytest.mark.parametrize(
    ("names", "scenarios", "is_worth_it"), [(6, 120, True), (40, 120, False), (40, 140, True)]
)  # 40 weights and a threshold; 120 scenarios and the sum
def test_it_is_solved_where_it_is_smaller(names, scenarios, is_worth_it):
    compiled, numbers, _, _ = programme("long only", n=names, n_scenarios=scenarios)
    solver = Highs(compiled.form)
    assert solver._dual.is_worth_it == is_worth_it
    assert ("by the dual" in solver.solve(numbers).said) == is_worth_it
    model = solver._dual.model(numbers)
    assert (model[0], model[1]) == (scenarios + 1, names + 1)


def test_a_limit_on_tail_risk_leaves_no_losses_alone():
    compiled, numbers, _, _ = programme("long only", optimiser=MeanCVaR, target_cvar=1.0)
    solver = Highs(compiled.form)
    assert not solver._dual.is_worth_it  # each loss stands in its scenario and in the limit
    assert solver.solve(numbers).status == "optimal"
