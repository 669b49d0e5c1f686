"""Solvers are kept from decision to decision, and an answer depends on its own numbers alone."""

import numpy as np
import pytest

from strategies.optimisers import Bounds, GroupLimits, MeanVariance, MinimumCVaR, MinimumVariance, RiskParity, Turnover
from strategies.optimisers.canonical import Numbers
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.linear import Highs
from strategies.optimisers.programme import Programme
from strategies.optimisers.solvers import Clarabel, Piqp
from strategies.optimisers.solving import solvers_for

N = 12
LABELS = {"sector": [f"sector {i % 3}" for i in range(N)]}
CAPS = (Bounds(at_most=0.3), GroupLimits(of="sector", at_most=0.5))
OPTIMISERS = {
    "minimum variance": MinimumVariance(constraints=CAPS),
    "mean-variance with turnover": MeanVariance(risk_aversion=3.0, constraints=(*CAPS, Turnover(at_most=0.2))),
    "minimum CVaR": MinimumCVaR(level=0.9, constraints=CAPS),
}


def decisions(optimiser, n=4):
    """A programme, and its numbers at some decisions."""
    rng = np.random.default_rng(5)
    compiled, found = None, []
    for _ in range(n):
        returns = 0.01 * rng.normal(size=(60, N)) + 0.005 * rng.normal(size=(60, 1)) + 0.0005
        given = Inputs.of({
            "covariance": np.cov(returns.T), "expected_returns": returns.mean(axis=0), "scenarios": returns,
            "current": rng.dirichlet(np.full(N, 20.0)), "labels": LABELS,
        })  # fmt: skip
        compiled = optimiser._programme(given)
        found.append(compiled.numbers(given))
    return compiled, found


def made(name, compiled: Programme):
    """A solver for a programme's form."""
    return Piqp(compiled.form, N) if name is Piqp else name(compiled.form)


def multipliers(solution):
    """The multipliers of a solution."""
    return solution.z() if callable(solution.z) else solution.z


@pytest.mark.parametrize("name", list(OPTIMISERS))
@pytest.mark.parametrize("solver", [Piqp, Clarabel, Highs])
def test_solver_that_is_kept_answers_with_the_bytes_of_a_fresh_one(solver, name):
    compiled, numbers = decisions(OPTIMISERS[name])
    if solver is Highs and compiled.has_covariance:
        pytest.skip("HiGHS is asked for linear programmes")
    kept = made(solver, compiled)
    for one in (*numbers, numbers[0]):
        found, fresh = kept.solve(one), made(solver, compiled).solve(one)
        assert found.status == fresh.status == "optimal"
        assert found.x.tobytes() == fresh.x.tobytes()
        assert multipliers(found).tobytes() == multipliers(fresh).tobytes()


@pytest.mark.parametrize("solver", [Piqp, Clarabel, Highs])
def test_programme_without_a_portfolio_leaves_nothing_behind(solver):
    name = "minimum CVaR" if solver is Highs else "mean-variance with turnover"
    compiled, numbers = decisions(OPTIMISERS[name])
    kept = made(solver, compiled)
    kept.solve(numbers[0])
    whole = numbers[1]
    net = np.flatnonzero(np.arange(len(whole.b)) < compiled.form.n_zero)[0]
    b = whole.b.copy()
    b[net] *= 7.0  # no more fits under the caps than 3.6
    assert kept.solve(Numbers(whole.covariance, whole.q, whole.A, b)).status == "infeasible"
    assert kept.solve(whole).x.tobytes() == made(solver, compiled).solve(whole).x.tobytes()


def test_multipliers_asked_for_late_are_those_of_their_own_numbers():
    compiled, numbers = decisions(OPTIMISERS["mean-variance with turnover"])
    kept = Piqp(compiled.form, N)
    early, _ = kept.solve(numbers[0]), kept.solve(numbers[1])
    assert multipliers(early).tobytes() == multipliers(Piqp(compiled.form, N).solve(numbers[0])).tobytes()


def test_linear_programme_has_one_value_and_one_set_of_multipliers_by_simplex_and_interior_points():
    compiled, numbers = decisions(OPTIMISERS["minimum CVaR"])
    for one in numbers:
        corner, inner = Highs(compiled.form).solve(one), Clarabel(compiled.form).solve(one)
        # Interior points end at 1e-11 of the objective; where multipliers are unique they agree as its root does.
        assert corner.objective == pytest.approx(inner.objective, rel=1e-9)
        assert -multipliers(corner) @ one.b == pytest.approx(corner.objective, rel=1e-9)
        assert (multipliers(corner)[compiled.form.n_zero :] >= -1e-9).all()


def test_linear_programmes_go_to_highs_and_quadratic_ones_to_clarabel_where_piqp_is_not_installed(monkeypatch):
    linear, quadratic = (decisions(OPTIMISERS[name], 1)[0] for name in ("minimum CVaR", "minimum variance"))
    assert solvers_for(linear.form, linear.has_covariance)[0] == "highs"
    monkeypatch.setattr("strategies.optimisers.solving._has", lambda library: library != "piqp")
    assert solvers_for(quadratic.form, quadratic.has_covariance) == ("clarabel", "scs")


def test_risk_parity_that_no_constraint_holds_needs_no_solver_and_one_that_is_held_does():
    returns = np.random.default_rng(3).normal(size=(60, N)) * np.linspace(0.01, 0.03, N)
    given = Inputs.of({"covariance": np.cov(returns.T)})
    free = RiskParity().allocate(given)
    assert (free.solver, free.status) == ("newton", "optimal")
    assert free.value < 1e-14  # contributions are equal to rounding
    assert all(one.price == 0.0 for one in free.prices)
    wide = RiskParity(constraints=(Bounds(at_most=0.5),)).allocate(given)
    assert wide.weights.tobytes() == free.weights.tobytes()
    cap = free.weights.max() - 0.02
    held = RiskParity(constraints=(Bounds(at_most=cap),)).allocate(given)
    assert held.solver == "clarabel"
    assert held.weights.max() == pytest.approx(cap, abs=1e-7)


def test_steps_of_newton_that_do_not_end_are_no_answer():
    opposite = np.array([[0.04, -0.04], [-0.04, 0.04]])  # equal weights have no risk, and so no contributions
    given = Inputs.of({"covariance": opposite})
    assert RiskParity().allocate(given, in_full=False).solver != "newton"
