"""Numbers of names and minimum positions, against every set of names there is."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    GroupLimits,
    InfeasibleError,
    Inputs,
    MaximumDiversification,
    MaximumSharpe,
    MeanVariance,
    MinimumCVaR,
    MinimumPosition,
    MinimumTrackingError,
    MinimumVariance,
    NumberOfNames,
    RiskParity,
    TrackingError,
    TradingCosts,
)
from tests.portfolios import inputs

pytest.importorskip("pyscipopt")

AIMS = {
    "minimum variance": (lambda c: MinimumVariance(constraints=c), 1.0),
    "risk aversion": (lambda c: MeanVariance(risk_aversion=4.0, constraints=c), -1.0),
    "tracking error": (lambda c: MinimumTrackingError(constraints=c), 1.0),
    "CVaR": (lambda c: MinimumCVaR(level=0.9, constraints=c), 1.0),
}


def best_by_hand(build, sign, given, sizes, least):
    """Solve for each set of names, with floors on those that are held; the rest are capped at zero."""
    best = np.inf
    for size in sizes:
        for held in combinations(given.names, size):
            rest = {name: 0.0 for name in given.names if name not in held}
            floors = [Bounds(at_least=dict.fromkeys(held, least))] if least else []
            caps = [Bounds(at_most=rest)] if rest else []
            try:
                best = min(best, sign * build([*floors, *caps]).allocate(given).value)
            except InfeasibleError:
                continue
    return sign * best


@pytest.mark.parametrize(
    ("constraints", "sizes", "least"),
    [
        ([NumberOfNames(at_most=2)], [2], 0.0),
        ([NumberOfNames(exactly=3), MinimumPosition(at_least=0.2)], [3], 0.2),
        ([MinimumPosition(at_least=0.3)], [1, 2, 3], 0.3),
    ],
)
@pytest.mark.parametrize("name", AIMS)
def test_the_best_of_all_sets_of_names(name, constraints, sizes, least):
    build, sign = AIMS[name]
    n_names = 8 if (name, sizes) == ("minimum variance", [2]) else 5
    given = inputs(np.random.default_rng(5), n_names)
    found = build(constraints).allocate(given)
    expected = best_by_hand(build, sign, given, sizes, least)
    # SCIP proves its bound to 1e-6 or so of an objective that is a square; the weights are then solved exactly.
    assert found.value == pytest.approx(expected, rel=1e-6, abs=1e-9)
    held = found.weights > 0.0
    assert held.sum() in sizes
    assert found.weights[held].min() >= least - 1e-8
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-8)
    assert 0.0 <= found.gap <= 1e-6
    assert found.solver == ("highs" if name == "CVaR" else "scip")


def test_the_gap_is_small_where_risk_and_return_cancel_out(capfd):
    given = inputs(np.random.default_rng(5), 8)
    counted = [NumberOfNames(exactly=3), MinimumPosition(at_least=0.1)]
    best = MeanVariance(risk_aversion=1.0, constraints=counted).allocate(given)
    # With all returns lower by the certainty equivalent the same portfolio is worth nothing.
    level = replace(given, expected_returns=given.expected_returns - best.value)
    again = MeanVariance(risk_aversion=1.0, constraints=counted).allocate(level)
    np.testing.assert_allclose(again.weights, best.weights, rtol=0, atol=1e-7)
    assert again.value == pytest.approx(0.0, abs=1e-9)
    assert 0.0 <= again.gap <= 1e-6
    assert capfd.readouterr() == ("", "")  # SCIP's own solver complained of tolerances on stderr


def of_five(*names):
    """Hold no other names of five."""
    return Bounds(at_most={f"name {i + 1}": 0.0 for i in range(5) if i not in names})


@pytest.fixture(scope="module")
def five():
    return replace(inputs(np.random.default_rng(13), 5), benchmark=np.full(5, 0.2))


@pytest.fixture(scope="module")
def errors(five):
    """The least tracking error of each pair of five."""
    pairs = combinations(range(5), 2)
    return {pair: MinimumTrackingError(constraints=[of_five(*pair)]).allocate(five).value for pair in pairs}


@pytest.mark.parametrize("nearer", [1e-5, 3e-7, -1e-5])
def test_names_counted_beside_a_limit_on_tracking_error_that_one_pair_just_keeps(nearer, five, errors):
    """Or just misses: then it is another pair. SCIP may miss rows by more than that."""
    limit = TrackingError(at_most=errors[2, 4] * (1.0 - nearer))
    able = [pair for pair in errors if errors[pair] <= limit.at_most]
    values = {pair: MinimumVariance(constraints=[of_five(*pair), limit]).allocate(five).value for pair in able}
    found = MinimumVariance(constraints=[NumberOfNames(at_most=2), limit]).allocate(five)
    best = min(values, key=lambda pair: values[pair])
    assert (best == (2, 4)) == (nearer < 0.0)
    assert tuple(np.flatnonzero(found.weights).tolist()) == best
    assert found.value == pytest.approx(values[best], rel=1e-6)
    assert 0.0 <= found.gap <= 1e-6


def test_a_limit_on_tracking_error_that_every_pair_just_misses_is_refused(five, errors):
    tight = TrackingError(at_most=min(errors.values()) * (1.0 - 1e-5))
    with pytest.raises(InfeasibleError, match="tracking error"):
        MinimumVariance(constraints=[NumberOfNames(at_most=2), tight]).allocate(five)


def test_what_counts_names_has_no_price():
    given = inputs(np.random.default_rng(5), 6)
    for build, _ in AIMS.values():
        prices = {one.key: one.price for one in build([NumberOfNames(at_most=2)]).allocate(given).prices}
        assert prices["number of names at most"] == 0.0


@pytest.mark.parametrize("optimiser", [MaximumSharpe, MaximumDiversification, RiskParity])
@pytest.mark.parametrize("constraint", [NumberOfNames(at_most=2), MinimumPosition(at_least=0.1)])
def test_counted_names_beside_a_ratio(optimiser, constraint):
    # Maximum Sharpe answered three names of at most two before: weights times a scale were compared with 0 and 1.
    with pytest.raises(StrategyError, match=f"{optimiser.__name__} is solved for weights times a scale"):
        optimiser(constraints=[constraint])


def test_counted_names_beside_square_root_costs():
    with pytest.raises(StrategyError, match="Square-root costs cannot stand beside numbers of names"):
        MeanVariance(risk_aversion=1.0, constraints=[NumberOfNames(at_most=1), TradingCosts()]).weights(
            covariance=np.eye(2), expected_returns=[0.1, 0.1], impact=[0.1, 0.1]
        )


def conflict_of(constraints, **more):
    with pytest.raises(InfeasibleError) as refused:
        MinimumVariance(constraints=constraints).weights(**({"covariance": 0.04 * np.eye(4)} | more))
    return refused.value


@pytest.mark.parametrize(
    ("constraints", "says"),
    [
        (
            [MinimumPosition(at_least=0.3), NumberOfNames(exactly=4)],
            (
                "3 demands cannot hold together: (1) the sum of weights exactly 100 %; "
                "(2) each name held at least 30 %; "
                "(3) the number of names exactly 4. One has to give: (1) to 120 %; or (2) to 25 %; or (3) to 3."
            ),
        ),
        (
            [Bounds(at_most=0.4), NumberOfNames(at_most=2)],
            (
                "3 demands cannot hold together: (1) the sum of weights exactly 100 %; (2) each name at most 40 %; "
                "(3) the number of names at most 2. One has to give: (1) to 80 %; or (2) to 50 %; or (3) to 3."
            ),
        ),
        (
            [NumberOfNames(exactly=5), MinimumPosition(at_least=0.01)],
            "No portfolio can keep 'the number of names exactly 5' by itself; the nearest limit that one can keep: 4.",
        ),
        (
            [Bounds(at_most=0.25), MinimumPosition(at_least=0.3)],
            (
                "3 demands cannot hold together: (1) the sum of weights exactly 100 %; (2) each name at most 25 %; "
                "(3) each name held at least 30 %. One has to give: (1) to 0 %; or (2) to 33.3334 %; or (3) to 25 %."
            ),
        ),
    ],
)
def test_conflicts_that_count_names(constraints, says):
    assert str(conflict_of(constraints)) == says


def test_a_conflict_of_names_with_tracking_error():
    # Two of four equal names: half the benchmark off, sqrt(4 (1/4)^2 0.04) = 10 %; three: sqrt(1/16 + 3/144) 20 %.
    # Such conflicts were looked for as if names could be held in parts, and not found.
    refused = conflict_of([NumberOfNames(at_most=2), TrackingError(at_most=0.06)], benchmark=[0.25] * 4)
    assert [one.key for one in refused.conflict.clashes] == ["number of names at most", "tracking error at most"]
    assert refused.conflict.clashes[0].instead == "3"
    assert refused.conflict.clashes[1].amount == pytest.approx(0.1 - 0.06, abs=1e-6)


def test_all_may_go_into_cash():
    """The sum gave a hair more than all of it, and a solver of integers found nothing."""
    constraints = [Bounds(at_most=0.1), MinimumPosition(at_least=0.2)]
    given = Inputs.of({"covariance": 0.04 * np.eye(12)})
    answer = MinimumVariance(constraints=constraints, when_infeasible=["net"]).allocate(given)
    assert answer.status == "relaxed"
    np.testing.assert_allclose(answer.weights, np.zeros(12), rtol=0, atol=1e-7)


def test_the_number_of_names_gives_by_whole_names():
    given = Inputs.of({"covariance": 0.04 * np.eye(6), "labels": {"sector": list("aaabbb")}})
    answer = MinimumVariance(
        constraints=[Bounds(at_most=0.3), NumberOfNames(at_most=2), GroupLimits(of="sector", at_most=0.6)],
        when_infeasible=["number of names"],
    ).allocate(given)
    assert answer.status == "relaxed"
    assert answer.relaxed == {"number of names at most": pytest.approx(2.0, abs=1e-6)}
    assert "Given up: number of names at most moved by 2." in answer.remarks[0]
    np.testing.assert_allclose(np.sort(answer.weights), [0.0, 0.0, 0.25, 0.25, 0.25, 0.25], rtol=0, atol=1e-7)
