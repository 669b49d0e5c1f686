"""Laws of conflicts and relaxations, over random mandates that cannot be kept; held against plain cvxpy."""

from dataclasses import replace
from itertools import combinations

import cvxpy as cp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.optimisers import (
    Bounds,
    GroupLimits,
    InfeasibleError,
    MeanVariance,
    MinimumVariance,
    TrackingError,
    Volatility,
)
from tests.portfolios import constraints_at, inputs
from tests.unit.test_conflicts import has_portfolio, keyed

seeds = st.integers(0, 2**32 - 1)
law = settings(max_examples=15, deadline=None, derandomize=True)
CLEAR = 1e-4  # conflicts by less are left out: plain cvxpy is not exact enough to see them


def tight(rng, given):
    """A mandate whose limits were pulled in from where a portfolio keeps them."""
    w = rng.dirichlet(np.ones(given.n_names))
    every = constraints_at(given, w, room=-float(rng.uniform(0.0, 0.15)))
    kinds = ["cap", "named", "group caps", "group floor", "tracking error", "beta cap", "beta floor", "volatility"]
    return [one for kind in rng.choice(kinds, 4, replace=False) for one in every[kind]]


@law
@given(seeds)
def test_a_conflict_is_smallest_and_its_amounts_make_peace(seed):
    rng = np.random.default_rng(seed)
    given = inputs(rng, int(rng.integers(3, 6)))
    optimiser = MinimumVariance(constraints=tight(rng, given))
    try:
        optimiser.allocate(given)
    except InfeasibleError as refused:
        conflict = refused.conflict
    else:
        assert has_portfolio(keyed(optimiser, given), keyed(optimiser, given), given)
        return
    if min(one.amount for one in conflict.clashes) < CLEAR:
        return
    every, keys = keyed(optimiser, given), [one.key for one in conflict.clashes]
    assert not has_portfolio(every, keys, given)
    for fewer in combinations(every, len(keys) - 1):
        assert has_portfolio(every, fewer, given), fewer


@law
@given(seeds)
def test_what_is_given_up_obeys_the_ranking_and_is_no_more_than_needed(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 6))
    given = replace(inputs(rng, n), labels={"sector": tuple(f"S{i % 2}" for i in range(n))})
    cap, share = rng.uniform(0.3, 0.9) / n, rng.uniform(0.1, 0.45)
    limits = {"each name at most": cap, "sector S0 at most": share, "sector S1 at most": share}
    ranking = rng.permutation(["each name", "sector S0", "sector S1"]).tolist()
    constraints = [Bounds(at_most=cap), GroupLimits(of="sector", at_most=share)]
    answer = MinimumVariance(constraints=constraints, when_infeasible=ranking).allocate(given)
    assert answer.status == "relaxed"
    expected = by_hand(given, limits, ranking)
    for key, move in expected.items():
        # Each level may keep some 1e-8 more than it needs, and those before it that much less.
        assert abs(answer.relaxed.get(key, 0.0) - move) <= 1e-6, (answer.relaxed, expected)
    for key, limit in limits.items():
        kept = limit + answer.relaxed.get(key, 0.0) + 1e-7
        labels = np.array(given.labels["sector"])
        shown = answer.weights.max() if key.startswith("each") else answer.weights[labels == key.split()[1]].sum()
        assert shown <= kept
    assert abs(answer.weights.sum() - 1.0) <= 1e-7


def by_hand(given, limits, ranking):
    """Minimise what gives, the last of the ranking first, each with those after it kept where they are."""
    w, slack = cp.Variable(given.n_names, nonneg=True), {key: cp.Variable(nonneg=True) for key in limits}
    labels = np.array(given.labels["sector"])
    said = [cp.sum(w) == 1.0]
    for key, limit in limits.items():
        rows = w if key.startswith("each") else cp.sum(w[np.flatnonzero(labels == key.split()[1])])
        said.append(rows <= limit + slack[key])
    moves = {}
    for start in reversed(ranking):
        key = next(key for key in limits if key.startswith(start))
        cp.Problem(cp.Minimize(slack[key]), said).solve(solver="CLARABEL", tol_gap_abs=1e-11, tol_feas=1e-11)
        moves[key] = float(slack[key].value)
        said.append(slack[key] <= moves[key] + 1e-8)
    return moves


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seeds, st.sampled_from([1e-7, 1e-6, 1e-4]))
def test_limits_on_risk_that_leave_next_to_no_room(seed, room):
    # Solvers stop short of their first accuracy there; there was no answer at all before.
    rng = np.random.default_rng(seed)
    given = inputs(rng, int(rng.integers(3, 12)))
    least, near = MinimumVariance().allocate(given), 2e-7 * np.sqrt(given.variance_scale)
    for constraint in (Volatility(at_most=least.value * (1.0 - 1e-3)), Volatility(at_most=0.5 * least.value)):
        answer = MeanVariance(risk_aversion=2.0, constraints=[constraint], when_infeasible=["vol"]).allocate(given)
        assert answer.status == "relaxed"
        assert given.volatility_of(answer.weights) <= least.value + near
    for optimiser in (MinimumVariance, lambda **c: MeanVariance(risk_aversion=2.0, **c)):
        limit = least.value * (1.0 + room) + 1e-9
        answer = optimiser(constraints=[Volatility(at_most=limit)]).allocate(given)
        assert given.volatility_of(answer.weights) <= limit + near
        answer = optimiser(constraints=[TrackingError(at_most=room)]).allocate(given)
        assert given.volatility_of(answer.weights - given.benchmark) <= room + near
