"""The same programme by several ways: plain cvxpy, PIQP and Clarabel, and a limit moved by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    Exposure,
    Gross,
    GroupLimits,
    InfeasibleError,
    Net,
    Participation,
    Short,
    TrackingError,
    Turnover,
    Volatility,
)
from strategies.optimisers.solvers import Clarabel, Piqp
from tests.portfolios import OPTIMISERS, QUADRATIC, inputs, mandate, plain_weights

seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["factors", "ill", "singular"])
few = settings(max_examples=4, deadline=None, derandomize=True)


@pytest.mark.parametrize("name", OPTIMISERS)
@few
@given(seeds, kinds)
def test_plain_cvxpy_finds_no_better_portfolio(name, seed, kind):
    rng = np.random.default_rng(seed)
    given = inputs(rng, int(rng.integers(4, 9)), kind)
    optimiser = OPTIMISERS[name](mandate(rng, given, 3))
    found = optimiser.allocate(given)
    plain = plain_weights(optimiser, given)
    assert plain is not None
    value = optimiser.value(given, plain)
    if optimiser.has_scale and kind != "factors" and not value < 100.0:
        return  # names that cancel out: a ratio without end, or of rounding
    if name != "risk parity":  # its value is no objective: the gap to budgets that constraints keep it from
        # Plain cvxpy may stop at 1e-8 where numbers are out of proportion.
        assert found.value == pytest.approx(value, rel=1e-6, abs=1e-7)
    if kind == "factors":
        np.testing.assert_allclose(found.weights, plain, rtol=0, atol=1e-4)  # as exact as the root of a value's 1e-8


@pytest.mark.parametrize("name", QUADRATIC)
@few
@given(seeds, kinds)
def test_piqp_and_clarabel_agree(name, seed, kind):
    pytest.importorskip("piqp")
    rng = np.random.default_rng(seed)
    given = inputs(rng, int(rng.integers(4, 12)), kind)
    demands = [one for one in mandate(rng, given, 3) if not isinstance(one, (Volatility, TrackingError))]
    programme = OPTIMISERS[name](demands)._programme(given)
    numbers = programme.numbers(given)
    one = Piqp(programme.form, given.n_names).solve(numbers)
    other = Clarabel(programme.form).solve(numbers)
    assert {one.status, other.status} == {"optimal"}
    assert one.objective == pytest.approx(other.objective, rel=1e-9, abs=1e-9)
    if kind == "factors":
        np.testing.assert_allclose(programme.weights_of(one), programme.weights_of(other), rtol=0, atol=1e-7)
    prices, others = (np.concatenate(programme.multipliers(each)) for each in (one, other))
    if kind == "factors" and abs(np.linalg.norm(prices) - np.linalg.norm(others)) > 1e-4:
        # Where more demands bind than a portfolio has freedom multipliers are many; both sets are right then.
        assert (np.abs(prices) > 1e-9).sum() > given.n_names


CASES = {
    "cap": (lambda x: [Bounds(at_most=x)], 0.3, "each name at most"),
    "floor": (lambda x: [Bounds(at_least=x)], 0.08, "each name at least"),
    "name": (lambda x: [Bounds(at_most={"name 3": x})], 0.05, "name 3 at most"),
    "group cap": (lambda x: [GroupLimits(of="sector", at_most={"S0": x})], 0.15, "sector S0 at most"),
    "group floor": (lambda x: [GroupLimits(of="sector", at_least={"S1": x})], 0.6, "sector S1 at least"),
    "net": (lambda x: [Net(exactly=x)], 0.9, "net exactly"),
    "net floor": (lambda x: [Net(at_least=x, at_most=2.0)], 0.9, "net at least"),
    "net cap": (lambda x: [Net(at_most=x, at_least=0.1)], 0.9, "net at most"),
    "gross": (lambda x: [Gross(at_most=x), Bounds(at_least=-0.5)], 1.05, "gross at most"),
    "short": (lambda x: [Short(at_most=x), Bounds(at_least=-0.5)], 0.03, "short at most"),
    "volatility": (lambda x: [Volatility(at_most=x)], 0.1, "volatility at most"),
    "tracking error": (lambda x: [TrackingError(at_most=x)], 0.04, "tracking error at most"),
    "beta cap": (lambda x: [Exposure(to="beta", at_most=x)], 0.9, "exposure to beta at most"),
    "beta floor": (lambda x: [Exposure(to="beta", at_least=x)], 1.1, "exposure to beta at least"),
    "turnover": (lambda x: [Turnover(at_most=x)], 0.1, "turnover at most"),
    "participation": (lambda x: [Participation(at_most=x)], 0.12, "participation, "),
}
GAINS = {  # what a higher value is worth
    "minimum variance": -1.0,
    "maximum Sharpe": 1.0,
    "maximum diversification": 1.0,
    "minimum tracking error": -1.0,
    "risk aversion": 1.0,
    "target volatility": 1.0,
    "minimum CVaR": -1.0,
    "tail aversion": 1.0,
}


@pytest.mark.parametrize("case", CASES)
def test_a_shadow_price_is_what_a_wider_limit_gains(case):
    build, limit, key = CASES[case]
    # One seed for all: hardly any of the demands clash there, and most of them bind.
    rng = np.random.default_rng(12)
    given = replace(inputs(rng, 6), volume=np.ones(6))
    step, wider, n_binding = 1e-4, -1.0 if key.endswith("at least") else 1.0, 0
    for name, gain in GAINS.items():
        try:
            low, middle, high = (OPTIMISERS[name](build(limit + move)).allocate(given) for move in (-step, 0.0, step))
        except InfeasibleError:
            continue
        except StrategyError as error:
            if "any size" in str(error) or "no bound" in str(error):  # of a sum with a floor and no cap
                continue
            raise
        price = sum(one.price for one in middle.prices if one.key.startswith(key))
        moved = wider * gain * (high.value - low.value) / (2.0 * step)
        # Central differences leave the third derivative times 1e-8; where another demand stops to bind they leave more.
        assert price == pytest.approx(moved, rel=2e-3, abs=1e-5), name
        n_binding += abs(price) > 1e-4
    assert n_binding >= 1
