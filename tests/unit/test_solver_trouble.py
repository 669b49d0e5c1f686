"""A solver in trouble, or with an answer that misses its demands, is never read as weights: the next one is asked."""

from dataclasses import replace

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    InfeasibleError,
    Inputs,
    MeanVariance,
    MinimumCVaR,
    MinimumVariance,
    Net,
    NumberOfNames,
    RiskParity,
    TrackingError,
    Volatility,
)
from strategies.optimisers.linear import Highs, _options
from strategies.optimisers.programme import Compiled
from strategies.optimisers.solvers import Clarabel, Piqp
from strategies.optimisers.solving import solvers_for
from strategies.optimisers.splitting import Scs
from tests.portfolios import inputs

GIVEN = inputs(np.random.default_rng(4), 6)
CAP = [Bounds(at_most=0.4)]
CASES = {
    "quadratic": (MinimumVariance(constraints=CAP), ("clarabel", "scs")),
    # Without an equality what is no number was compared as if it were zero.
    "no equality": (
        MeanVariance(risk_aversion=3.0, constraints=[*CAP, Net(at_least=0.9, at_most=1.0)]),
        ("clarabel", "scs"),
    ),
    "linear": (MinimumCVaR(level=0.9, constraints=CAP), ("highs", "clarabel")),
    "second-order cone": (
        MeanVariance(risk_aversion=3.0, constraints=[*CAP, TrackingError(at_most=0.1)]),
        ("clarabel", "scs"),
    ),
    "exponential cone": (RiskParity(constraints=[Bounds(at_most=0.19)]), ("clarabel", "scs")),
}
SOLVERS = {"piqp": Piqp, "clarabel": Clarabel, "highs": Highs, "scs": Scs}


@pytest.fixture(autouse=True)
def _nothing_compiled(monkeypatch):
    monkeypatch.setattr("strategies.optimisers.optimiser.COMPILED", Compiled())


def spoil(monkeypatch, names, how):
    """Let solvers answer, and spoil what they say; the names of those that were asked come back in order."""
    asked = []
    for name, solver in SOLVERS.items():
        plain = solver.solve

        def solve(self, numbers, name=name, plain=plain):
            asked.append(name)
            found = plain(self, numbers)
            return how(self._form, found) if name in names else found

        monkeypatch.setattr(solver, "solve", solve)
    return asked


def trouble(form, found):
    return replace(found, status="trouble", said="lost")


def missing(form, found):
    return replace(found, x=np.full_like(found.x, np.nan))


def doubled(form, found):
    return replace(found, x=2.0 * found.x)


def off_by_little(form, found):
    return replace(found, x=found.x + 1e-5)


def nothing(form, found):
    return replace(found, x=np.zeros_like(found.x))


def order_of(optimiser):
    programme = optimiser._programme(GIVEN)
    return solvers_for(programme.form, programme.has_covariance)


@pytest.mark.parametrize("how", [trouble, missing, doubled, off_by_little, nothing])
@pytest.mark.parametrize("case", CASES)
def test_the_next_solver_is_asked(case, how, monkeypatch):
    optimiser, last = CASES[case]
    if (case, how) == ("exponential cone", doubled):
        return  # weights times two and a scale times two are the same weights
    names = order_of(optimiser)
    assert names[-2:] == last
    plain = optimiser.allocate(GIVEN)
    monkeypatch.setattr("strategies.optimisers.optimiser.COMPILED", Compiled())
    asked = spoil(monkeypatch, {names[0]}, how)
    found = optimiser.allocate(GIVEN)
    assert asked == list(names[:2])
    assert found.solver == names[1]
    # SCS keeps seven digits or so of weights.
    np.testing.assert_allclose(found.weights, plain.weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize("how", [trouble, missing, nothing])
@pytest.mark.parametrize("case", CASES)
def test_where_none_can_it_is_an_error_or_held(case, how, monkeypatch):
    optimiser, _ = CASES[case]
    names = order_of(optimiser)
    asked = spoil(monkeypatch, set(SOLVERS), how)
    # With all of them in trouble nobody can say either whether the demands hold together.
    with pytest.raises(
        StrategyError, match=r"No solver could say why the programme failed \((highs|clarabel|scs): "
    ) as refused:
        optimiser.allocate(GIVEN)
    assert tuple(asked[: len(names)]) == names
    assert not isinstance(refused.value, InfeasibleError)
    held = replace(optimiser, when_infeasible="hold").allocate(GIVEN)
    assert held.status == "held"
    assert held.conflict is None
    np.testing.assert_array_equal(held.weights, GIVEN.current)


@pytest.mark.parametrize("how", [trouble, missing, doubled, nothing])
def test_where_none_can_though_the_demands_hold_together(how, monkeypatch):
    optimiser, _ = CASES["quadratic"]
    names = order_of(optimiser)
    spoil(monkeypatch, set(names), how)  # HiGHS says that they do
    with pytest.raises(
        StrategyError, match="No solver could solve the programme, though its demands can be kept"
    ) as no:
        optimiser.allocate(GIVEN)
    assert "scs ends with" in str(no.value)
    assert how is trouble or "but its answer misses a demand" in str(no.value)
    held = replace(optimiser, when_infeasible="hold").allocate(GIVEN)
    assert "though its demands can be kept" in held.remarks[0]
    np.testing.assert_array_equal(held.weights, GIVEN.current)


@pytest.mark.parametrize("word", ["infeasible", "unbounded"])
def test_a_solver_that_wrongly_gives_up_is_not_believed_without_a_conflict(word, monkeypatch):
    optimiser, _ = CASES["quadratic"]
    spoil(monkeypatch, set(SOLVERS) - {"highs"}, lambda form, found: replace(found, status=word, said="none"))
    with pytest.raises(StrategyError, match="its demands can be kept" if word == "infeasible" else "has no bound"):
        optimiser.allocate(GIVEN)


def test_an_answer_outside_its_cone_is_no_answer(monkeypatch):
    # Fully invested and long-only, so that all linear rows hold, and as far from the benchmark as can be.
    optimiser = MinimumVariance(constraints=[TrackingError(at_most=0.01)])
    plain = optimiser.allocate(GIVEN)
    programme = optimiser._programme(GIVEN)

    def far(form, found):
        x = found.x.copy()
        x[programme.weight_columns] = np.eye(6)[int(GIVEN.benchmark.argmin())]
        return replace(found, x=x)

    asked = spoil(monkeypatch, {"clarabel"}, far)
    found = optimiser.allocate(GIVEN)
    assert asked == ["clarabel", "scs"]
    np.testing.assert_allclose(found.weights, plain.weights, rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("share", [0.2, 0.9, 0.999, 0.99999])
def test_an_infeasible_cone_programme_is_never_answered(seed, share):
    given = inputs(np.random.default_rng(seed), 6, ("factors", "ill")[seed % 2])
    least = MinimumVariance().allocate(given).value
    if least < 1e-3:
        return  # names that cancel out: no share of nothing can be told from it
    for optimiser in (MinimumVariance, lambda **c: MeanVariance(risk_aversion=3.0, **c)):
        with pytest.raises(InfeasibleError) as refused:
            optimiser(constraints=[Volatility(at_most=share * least)]).allocate(given)
        assert "volatility at most" in {one.key for one in refused.value.conflict.clashes}
        assert refused.value.conflict.clashes[-1].amount <= 1.01 * (1.0 - share) * least  # less with shorts


def test_contradictory_bounds_are_a_conflict_by_every_solver(monkeypatch):
    for names in ((), ("piqp",), ("piqp", "clarabel")):
        monkeypatch.setattr("strategies.optimisers.optimiser.COMPILED", Compiled())
        spoil(monkeypatch, set(names), trouble)
        with pytest.raises(InfeasibleError, match="name 1 at least 50 %; .2. name 1 at most 40 %"):
            MinimumVariance(
                constraints=[Bounds(at_least={"name 1": 0.5}, at_most={"name 1": 0.4}), Bounds(at_least=0.0)]
            ).allocate(Inputs.of({"covariance": GIVEN.covariance}))


def test_what_is_not_proved_best_within_so_many_nodes_is_no_portfolio(monkeypatch):
    pytest.importorskip("pyscipopt")
    monkeypatch.setattr("strategies.optimisers.integers.MOST_NODES", 2)
    rng = np.random.default_rng(0)
    loadings = rng.standard_normal((20, 4))
    covariance = 0.01 * loadings @ loadings.T + np.diag(rng.uniform(0.02, 0.1, 20))
    given = Inputs.of({"covariance": covariance, "expected_returns": rng.normal(0.05, 0.05, 20)})
    with pytest.raises(StrategyError, match="scip ends with 'no portfolio proved best within 2 nodes'"):
        MeanVariance(risk_aversion=5.0, constraints=[NumberOfNames(at_most=4)]).allocate(given)


def test_a_limit_of_nodes_of_linear_programmes(monkeypatch):
    monkeypatch.setattr("strategies.optimisers.linear.MOST_NODES", 0)
    _options.cache_clear()
    try:
        with pytest.raises(StrategyError, match="highs: no portfolio proved best within 0 nodes"):
            MinimumCVaR(level=0.9, constraints=[NumberOfNames(at_most=5)]).allocate(
                inputs(np.random.default_rng(0), 24)
            )
    finally:
        _options.cache_clear()
