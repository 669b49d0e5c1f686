"""The filled canonical form against cvxpy's own, for every optimiser with every kind of constraint."""

import cvxpy as cp
import numpy as np
import pytest

from strategies.optimisers import Inputs, MeanVariance, MinimumPosition, MinimumVariance, NumberOfNames, TradingCosts
from strategies.optimisers.programme import _written
from strategies.optimisers.room import Room
from tests.portfolios import OPTIMISERS, constraints_at, inputs

KINDS = list(constraints_at(inputs(np.random.default_rng(0), 5), np.full(5, 0.2)))


def by_cvxpy(optimiser, given):
    """Write the programme down anew for these inputs, and let cvxpy canonicalise it."""
    room = Room(given=given, has_scale=optimiser.has_scale)
    said = optimiser._statements(room)
    objective = optimiser.objective(room)
    expression = objective.expression
    if objective.has_covariance:
        size = 1.0 if objective.size is None else objective.size(given)
        expression = expression + cp.quad_form(room.weights, cp.psd_wrap(given.scaled_covariance * size)) / 2.0
    problem = cp.Problem(cp.Minimize(expression), [*(_written(room, one) for one in said), *room.terms])
    for parameter, read in room.parameters:
        parameter.value = read(given)
    return problem.get_problem_data("CLARABEL")[0]


def assert_same(optimiser, seeds, **more):
    """Compile for the inputs of one seed, fill with those of others, and compare with cvxpy's numbers."""
    first, *others = (inputs(np.random.default_rng(seed), 5) for seed in seeds)
    programme = optimiser._programme(with_more(first, more))
    for given in (with_more(one, more) for one in others):
        numbers = programme.numbers(given)
        P, A = programme.form.matrices(numbers)
        want = by_cvxpy(optimiser, given)
        pairs = {"A": (A.toarray(), want["A"].toarray()), "b": (numbers.b, want["b"]), "q": (numbers.q, want["c"])}
        if "P" in want:
            pairs["P"] = P.toarray(), np.triu(want["P"].toarray())
        else:
            assert not P.count_nonzero()
        for what, (found, expected) in pairs.items():
            # Sums of some tens of products.
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max(), err_msg=what)


def with_more(given, more):
    """Add inputs, random ones by the name of an array."""
    rng = np.random.default_rng(int(1e6 * given.current[0]))
    parts = {key: rng.uniform(0.0, 0.01, 5) if value is None else value for key, value in more.items()}
    known = {key: getattr(given, key) for key in Inputs.__dataclass_fields__ if key not in ("relaxed", "names")}
    return Inputs.of(known | parts)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_filled_form_is_that_of_cvxpy(name):
    # All kinds of constraints in one programme: whether they hold together is no matter here.
    given = inputs(np.random.default_rng(100), 5)
    every = constraints_at(given, given.benchmark)
    assert_same(OPTIMISERS[name]([one for kind in KINDS for one in every[kind]]), (1, 100, 101))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_filled_form_is_that_of_cvxpy_one_constraint_at_a_time(name, kind):
    given = inputs(np.random.default_rng(100), 5)
    assert_same(OPTIMISERS[name](constraints_at(given, given.benchmark)[kind]), (KINDS.index(kind), 100))


@pytest.mark.parametrize("name", [one for one in OPTIMISERS if one not in ("maximum diversification", "risk parity")])
def test_the_filled_form_is_that_of_cvxpy_with_costs(name):
    # Before, costs beside drifted weights were a product of two parameters, and could not be compiled at all.
    assert_same(
        OPTIMISERS[name]([TradingCosts(risk_aversion=2.0)]),
        (1, 2),
        **dict.fromkeys(("buy_cost", "sell_cost", "impact")),
    )


@pytest.mark.parametrize("optimiser", [MinimumVariance, lambda **c: MeanVariance(target_volatility=0.5, **c)])
def test_the_filled_form_is_that_of_cvxpy_with_counted_names(optimiser):
    assert_same(optimiser(constraints=[NumberOfNames(at_most=3), MinimumPosition(at_least=0.1)]), (1, 2))


@pytest.mark.parametrize("name", ["minimum variance", "maximum Sharpe"])
def test_limits_that_give_are_filled_in_too(name):
    given = inputs(np.random.default_rng(7), 5)
    optimiser = OPTIMISERS[name](constraints_at(given, given.benchmark)["cap"])
    wider = with_more(given, {})
    object.__setattr__(wider, "relaxed", {"each name at most": 0.07})
    programme = optimiser._programme(given)
    plain, moved = programme.numbers(given), programme.numbers(wider)
    assert (plain.b != moved.b).any() or (plain.A != moved.A).any()
    np.testing.assert_allclose(moved.b, by_cvxpy(optimiser, wider)["b"], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(programme.numbers(given).b, plain.b)
