"""Laws of the efficient frontier: every point is optimal, and nothing but the problem decides what it is."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from strategies.errors import StrategyError
from strategies.optimisers.critical_line import efficient_frontier

EXACT = 1e-9  # what rounding may leave after some hundred pivots; 1e-13 is what it did in most
seeds = st.integers(0, 2**32 - 1)
laws = settings(max_examples=20, deadline=None, derandomize=True)
KINDS = ("regular", "short history", "round numbers", "alike", "uncorrelated")


@dataclass(frozen=True)
class Problem:
    mu: np.ndarray
    S: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    A: np.ndarray
    b: np.ndarray
    G: np.ndarray
    h: np.ndarray

    def frontier(self):
        return efficient_frontier(
            self.mu,
            self.S,
            lower=self.lower,
            upper=self.upper,
            equalities=(self.A, self.b),
            inequalities=(self.G, self.h),
        )


def draw(seed, kinds=KINDS, most=16):
    """A problem that equal weights satisfy: boxes, one or two equalities, up to four inequalities, some tight."""
    rng = np.random.default_rng(seed)
    kind = kinds[int(rng.integers(len(kinds)))]
    n = int(rng.integers(2 if kind == "alike" else 1, most))
    n_periods = int(rng.integers(1, n + 1)) if kind == "short history" else 3 * n
    rows = rng.normal(size=(n_periods, n))
    mu = rng.normal(size=n)
    if kind == "round numbers":  # -1, 0, 1: many ties, and zero variances
        rows = rng.integers(-1, 2, size=(n_periods, n)).astype(float)
    S = np.atleast_2d(np.cov(rows.T, ddof=0))
    if kind == "uncorrelated":
        S = np.diag(rng.choice([1.0, 2.0], size=n))
    if kind in {"round numbers", "uncorrelated"}:
        mu = rng.integers(0, 3, size=n).astype(float)
    if kind == "alike":  # two names are one
        alike = np.arange(n)
        alike[1] = 0
        S, mu = S[np.ix_(alike, alike)], mu[alike]
    lower, upper = [
        (np.zeros(n), np.ones(n)),
        (np.zeros(n), np.full(n, np.inf)),
        (np.full(n, -0.3), np.maximum(rng.choice([0.5, 1.0], size=n), 1.0 / n)),  # 130/30
        (np.zeros(n), np.maximum(rng.choice([0.2, 0.25, 0.5], size=n), 1.0 / n)),
    ][int(rng.integers(4))]
    A, b = np.ones((1, n)), np.ones(1)
    equal = np.full(n, 1.0 / n)
    if n > 3 and rng.random() < 0.2:
        A = np.vstack([A, rng.normal(size=n)])
        b = A @ equal
    G = rng.choice([-1.0, 0.0, 1.0], size=(int(rng.integers(5)), n))
    h = G @ equal + rng.choice([0.0, 0.05, 0.2], size=len(G))
    if len(G) and rng.random() < 0.3:  # one of them twice
        G, h = np.vstack([G, G[:1]]), np.append(h, h[0])
    return Problem(mu, S, lower, upper, A, b, G, h)


def missed(problem, w, risk_tolerance):
    """How far weights are from feasible, and the gradient from what multipliers of the right signs can balance.

    In units of the variances, and of one plus the gradient.
    """
    p = problem
    outside = max((p.lower - w).max(), (w - p.upper).max(), (p.G @ w - p.h).max(initial=0.0))
    infeasible = max(outside, np.abs(p.A @ w - p.b).max())
    gradient = (p.S @ w - risk_tolerance * p.mu) / (p.S.diagonal().max() or 1.0)
    unit = np.eye(len(w))
    near = 1e-8  # constraints that may carry a multiplier
    normals = [p.A.T, -p.A.T, p.G[p.G @ w > p.h - near].T, -unit[:, w < p.lower + near], unit[:, w > p.upper - near]]
    return infeasible, nnls(np.hstack(normals), -gradient / (1.0 + np.abs(gradient).max()), maxiter=10_000)[1]


def points(frontier):
    """Corners, the middles between them, and one above the first."""
    w, at = frontier.weights, frontier.lambdas
    yield from zip(w, at, strict=True)
    yield from zip((w[1:] + w[:-1]) / 2.0, (at[1:] + at[:-1]) / 2.0, strict=True)
    yield w[0], 2.0 * at[0] + 1.0


@laws
@given(seeds)
def test_every_point_is_feasible_and_optimal_at_its_lambda(seed):
    problem = draw(seed)
    for w, risk_tolerance in points(problem.frontier()):
        infeasible, unbalanced = missed(problem, w, risk_tolerance)
        assert infeasible <= EXACT
        assert unbalanced <= EXACT


@laws
@given(seeds)
def test_a_frontier_is_convex_and_no_corner_is_idle(seed):
    frontier = draw(seed).frontier()
    lambdas, returns, variances = frontier.lambdas, frontier.expected_returns, frontier.variances
    assert (np.diff(lambdas) < 0).all()
    assert (np.diff(returns) <= 0).all()
    assert (np.diff(variances) <= 0).all()
    # dV = (lambda_0 + lambda_1) dR on each piece: the slopes, 2 lambda at the corners, fall.
    np.testing.assert_allclose(
        np.diff(variances), (lambdas[1:] + lambdas[:-1]) * np.diff(returns), rtol=0, atol=EXACT * (1.0 + variances[0])
    )
    for k in range(1, len(lambdas) - 1):
        share = (lambdas[k - 1] - lambdas[k]) / (lambdas[k - 1] - lambdas[k + 1])
        straight = (1.0 - share) * frontier.weights[k - 1] + share * frontier.weights[k + 1]
        assert np.abs(straight - frontier.weights[k]).max() > 0


@laws
@given(seeds)
def test_portfolios_between_corners_are_what_they_say(seed):
    problem = draw(seed)
    frontier = problem.frontier()
    rng = np.random.default_rng(seed)
    top, bottom = frontier.expected_returns[[0, -1]]
    asked = bottom + (top - bottom) * rng.random()
    found = frontier.at_return(asked)
    again = [found, frontier.at_risk(found.volatility)]
    if found.risk_tolerance > 0:
        again.append(frontier.at_risk_aversion(1.0 / found.risk_tolerance))
    for one in again:
        np.testing.assert_allclose(one.expected_return, problem.mu @ one.weights, rtol=0, atol=EXACT)
        np.testing.assert_allclose(one.variance, one.weights @ problem.S @ one.weights, rtol=0, atol=EXACT)
        # Near the lowest variance it fixes the return to its root only.
        np.testing.assert_allclose(one.expected_return, asked, rtol=0, atol=1e-6)


@laws
@given(seeds)
def test_no_portfolio_of_the_frontier_has_a_higher_sharpe_ratio(seed):
    frontier = draw(seed).frontier()
    risk_free = frontier.expected_returns[0] - np.random.default_rng(seed).uniform(0.01, 2.0)
    if ((frontier.variances <= 0) & (frontier.expected_returns > risk_free)).any():
        with pytest.raises(StrategyError, match="without risk"):
            frontier.maximum_sharpe(risk_free)
        return
    best = frontier.maximum_sharpe(risk_free)
    ratio = (best.expected_return - risk_free) / best.volatility
    for expected_return in np.linspace(frontier.expected_returns[0], frontier.expected_returns[-1], 50):
        one = frontier.at_return(expected_return)
        if one.variance > EXACT:
            assert (one.expected_return - risk_free) / one.volatility <= ratio * (1.0 + EXACT)


@settings(laws, max_examples=15)
@given(seeds)
def test_clarabel_finds_the_same_variance_at_any_return(seed):
    import cvxpy as cp

    problem = draw(seed)
    frontier = problem.frontier()
    top, bottom = frontier.expected_returns[[0, -1]]
    # An end of the range leaves an interior point solver no interior.
    asked = bottom + (top - bottom) * np.random.default_rng(seed).uniform(0.05, 0.95)
    w = cp.Variable(len(problem.mu))
    bounded = np.isfinite(problem.upper)
    constraints = [problem.A @ w == problem.b, w >= problem.lower, problem.mu @ w >= asked]
    if bounded.any():
        constraints.append(w[bounded] <= problem.upper[bounded])
    if len(problem.G):
        constraints.append(problem.G @ w <= problem.h)
    programme = cp.Problem(cp.Minimize(cp.quad_form(w, cp.psd_wrap(problem.S))), constraints)
    programme.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    assert programme.status == cp.OPTIMAL
    found = frontier.at_return(asked)
    # Both ways, in units of the largest variance: a solver's tolerance.
    assert abs(found.variance - programme.value) <= 1e-6 * max(problem.S.diagonal().max(), 1e-12)
    if np.linalg.eigvalsh(problem.S)[0] > 1e-2:  # one portfolio has it
        np.testing.assert_allclose(found.weights, w.value, rtol=0, atol=1e-3)


@laws
@given(seeds)
def test_the_order_of_names_does_not_matter(seed):
    problem = draw(seed, kinds=("regular", "uncorrelated"))
    order = np.random.default_rng(seed).permutation(len(problem.mu))
    shuffled = Problem(
        problem.mu[order],
        problem.S[np.ix_(order, order)],
        problem.lower[order],
        problem.upper[order],
        problem.A[:, order],
        problem.b,
        problem.G[:, order],
        problem.h,
    )
    one, other = problem.frontier(), shuffled.frontier()
    assert len(one.lambdas) == len(other.lambdas)
    np.testing.assert_allclose(other.weights, one.weights[:, order], rtol=0, atol=EXACT)
    np.testing.assert_allclose(other.lambdas, one.lambdas, rtol=EXACT, atol=EXACT)


@laws
@given(seeds, st.sampled_from([1e-4, 1e4]), st.sampled_from([1.0, 1e-3, 30.0]))
def test_units_of_variance_and_return_do_not_matter(seed, variance_unit, return_unit):
    problem = draw(seed)
    one = problem.frontier()
    other = replace(problem, S=problem.S * variance_unit, mu=problem.mu * return_unit).frontier()
    np.testing.assert_allclose(other.weights, one.weights, rtol=0, atol=EXACT)
    np.testing.assert_allclose(other.lambdas, one.lambdas * variance_unit / return_unit, rtol=EXACT, atol=EXACT)


@laws
@given(seeds)
def test_a_constant_added_to_all_returns_only_lifts_the_frontier(seed):
    problem = draw(seed, kinds=("regular",))
    one, other = problem.frontier(), replace(problem, mu=problem.mu + 0.5).frontier()
    np.testing.assert_allclose(other.weights, one.weights, rtol=0, atol=EXACT)
    np.testing.assert_allclose(other.expected_returns, one.expected_returns + 0.5, rtol=0, atol=EXACT)


@laws
@given(seeds)
def test_constraints_that_say_nothing_new_change_nothing(seed):
    problem = draw(seed, kinds=("regular", "uncorrelated"))
    unit = np.eye(len(problem.mu))
    bounded = np.isfinite(problem.upper)
    known = replace(
        problem,
        A=np.vstack([problem.A, 2.0 * problem.A[:1]]),
        b=np.append(problem.b, 2.0 * problem.b[0]),
        # Those that are there, once more; the bounds, as rows; one that never binds.
        G=np.vstack([problem.G, problem.G, -unit, unit[bounded], np.ones(len(unit))]),
        h=np.concatenate([problem.h, problem.h, -problem.lower, problem.upper[bounded], [2.0]]),
    )
    one, other = problem.frontier(), known.frontier()
    assert len(one.lambdas) == len(other.lambdas)
    np.testing.assert_allclose(other.weights, one.weights, rtol=0, atol=EXACT)
    np.testing.assert_allclose(other.lambdas, one.lambdas, rtol=EXACT, atol=EXACT)


@laws
@given(seeds)
def test_bounds_so_wide_that_none_binds_leave_two_funds(seed):
    # Merton, 1972: w = S^-1 1 / (1' S^-1 1) + lambda S^-1 (mu - (1' S^-1 mu / 1' S^-1 1) 1).
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    S, mu = np.cov(rng.normal(size=(4 * n, n)).T), rng.normal(size=n)
    frontier = efficient_frontier(mu, S, lower=-100.0, upper=100.0)
    inverse = np.linalg.inv(S)
    lowest = inverse.sum(axis=0) / inverse.sum()
    tilt = inverse @ (mu - mu @ lowest)
    np.testing.assert_allclose(frontier.minimum_variance().weights, lowest, rtol=0, atol=EXACT)
    risk_tolerance = rng.uniform(0.1, 0.9) * 90.0 / np.abs(tilt).max()
    found = frontier.at_risk_aversion(1.0 / risk_tolerance)
    np.testing.assert_allclose(found.weights, lowest + risk_tolerance * tilt, rtol=0, atol=1e-8)  # weights near 100


@laws
@given(seeds)
def test_of_portfolios_with_the_highest_return_the_first_corner_has_the_least_variance(seed):
    rng = np.random.default_rng(seed)
    n, n_best = int(rng.integers(3, 12)), int(rng.integers(2, 4))
    S = np.cov(rng.normal(size=(3 * n, n)).T)
    mu = np.append(np.full(n_best, 1.0), rng.uniform(-1.0, 0.9, size=n - n_best))
    alone = efficient_frontier(mu[:n_best], S[:n_best, :n_best]).minimum_variance()
    first = efficient_frontier(mu, S).weights[0]
    np.testing.assert_allclose(first[:n_best], alone.weights, rtol=0, atol=EXACT)
    np.testing.assert_allclose(first[n_best:], 0.0, rtol=0, atol=0)


@pytest.mark.parametrize("shift", [1e-8, 1e-10, 1e-12, 1e-14])
def test_a_covariance_near_to_singular_is_solved_or_refused(shift):
    n_solved = 0
    for seed in range(20):
        problem = draw(seed, kinds=("short history",), most=25)
        problem = replace(problem, S=problem.S + shift * np.eye(len(problem.mu)))
        try:
            frontier = problem.frontier()
        except StrategyError:
            continue
        n_solved += 1
        for w, risk_tolerance in points(frontier):
            # Weights are checked to 1e-7, where a covariance near to singular hardly tells them apart.
            assert max(missed(problem, w, risk_tolerance)) <= 1e-7
    assert n_solved >= 10
