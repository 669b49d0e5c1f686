"""The same inputs give the same bytes, whatever was solved before on the same optimiser, and in whichever thread.

Solvers are set up once a shape and updated in place, so that something of an earlier problem could be left in them.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import Bounds, Exposure, InfeasibleError, MeanVariance, TrackingError, Turnover
from strategies.optimisers import programme as compiled
from strategies.optimisers.solvers import Clarabel, Piqp
from tests.portfolios import OPTIMISERS, QUADRATIC, inputs

MANDATES = {
    "quadratic": [Bounds(at_most=0.4), Turnover(at_most=0.6), Exposure(to="beta", at_most=1.1)],
    "cone": [Bounds(at_most=0.6), TrackingError(at_most=0.15)],
}


def problems(n_problems=20, kinds=("factors", "ill", "singular")):
    """Problems of one shape: some easy, some of other sizes by far, some singular, some without an answer."""
    found = []
    for seed in range(n_problems):
        rng = np.random.default_rng(seed)
        one = inputs(rng, 6, kinds[seed % len(kinds)])
        size = 10.0 ** (2 * (seed % 5) - 4)
        object.__setattr__(one, "covariance", one.covariance * size)
        found.append(one)
    return found


def answers(optimiser, cases):
    """Give each answer as bytes: weights, value and prices, or the words of a refusal."""
    found = []
    for one in cases:
        try:
            answer = optimiser.allocate(one)
        except StrategyError as error:
            found.append(str(error).encode())
        else:
            prices = np.array([price.price for price in answer.prices])
            found.append(answer.weights.tobytes() + np.float64(answer.value).tobytes() + prices.tobytes())
    return found


@pytest.fixture(autouse=True)
def _nothing_compiled(monkeypatch):
    monkeypatch.setattr("strategies.optimisers.optimiser.COMPILED", compiled.Compiled())


@pytest.mark.parametrize("mandate", MANDATES)
@pytest.mark.parametrize("name", ["minimum variance", "maximum Sharpe", "risk parity", "minimum CVaR", "risk aversion"])
def test_what_was_solved_before_changes_no_byte(name, mandate, monkeypatch):
    optimiser = OPTIMISERS[name](MANDATES[mandate])
    # Names that cancel out have no risk parity, and it takes a while to find that out.
    cases = problems(kinds=("factors", "ill")) if name == "risk parity" else problems()
    alone = []
    for one in cases[:6]:
        monkeypatch.setattr("strategies.optimisers.optimiser.COMPILED", compiled.Compiled())  # compiled anew for each
        alone += answers(optimiser, [one])
    inserted = answers(optimiser, cases)
    assert inserted[:6] == alone
    assert len(set(inserted)) > 10
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(cases))
        shuffled = answers(optimiser, [cases[i] for i in order])
        assert [shuffled[int(i)] for i in np.argsort(order)] == inserted


@pytest.mark.parametrize("name", ["minimum variance", "target volatility"])
def test_threads_change_no_byte(name):
    optimiser, cases = OPTIMISERS[name](MANDATES["quadratic"]), problems()
    expected = answers(optimiser, cases)
    orders = [np.random.default_rng(seed).permutation(len(cases)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda order: answers(optimiser, [cases[i] for i in order]), orders))
    for order, one in zip(orders, found, strict=True):
        assert [one[int(i)] for i in np.argsort(order)] == expected


@pytest.mark.parametrize("name", QUADRATIC)
@pytest.mark.parametrize("solver", [Piqp, Clarabel])
def test_a_solver_updated_in_place_gives_the_bytes_of_a_fresh_one(solver, name):
    if solver is Piqp:
        pytest.importorskip("piqp")
    cases = [one for one in problems(12) if one.variance_scale < 1e3]
    programme = OPTIMISERS[name]([Bounds(at_most=0.5), Turnover(at_most=0.9)])._programme(cases[0])
    numbers = [programme.numbers(one) for one in cases]
    make = (lambda _: Piqp(programme.form, 6)) if solver is Piqp else lambda _: Clarabel(programme.form)
    kept = make(numbers[0])
    for one in (*numbers, *numbers[::-1]):
        found, fresh = kept.solve(one), make(one).solve(one)
        assert found.said == fresh.said
        assert found.x.tobytes() == fresh.x.tobytes()
        for each, other in zip(programme.multipliers(found), programme.multipliers(fresh), strict=True):
            assert each.tobytes() == other.tobytes()


def test_answers_do_not_change_when_the_next_problem_is_solved():
    optimiser, cases = OPTIMISERS["minimum variance"](MANDATES["quadratic"]), problems(4)
    first = optimiser.allocate(cases[0])
    kept = first.weights.copy(), [one.price for one in first.prices]
    for one in cases[1:]:
        optimiser.allocate(one)
    np.testing.assert_array_equal(first.weights, kept[0])
    assert [one.price for one in first.prices] == kept[1]


def test_a_relaxed_answer_leaves_nothing_in_the_programme():
    given = inputs(np.random.default_rng(3), 6)
    strict = MeanVariance(risk_aversion=3.0, constraints=[Bounds(at_most=0.1)])
    gives = MeanVariance(risk_aversion=3.0, constraints=[Bounds(at_most=0.1)], when_infeasible=["each name at most"])
    first = gives.allocate(given)
    assert first.status == "relaxed"
    for _ in range(2):
        with pytest.raises(InfeasibleError, match="each name at most 10 %"):
            strict.allocate(given)
        assert gives.allocate(given).weights.tobytes() == first.weights.tobytes()
