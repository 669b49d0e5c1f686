"""The critical line on cases that can be redone by hand, and what it refuses."""

import doctest

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import critical_line, parametric
from strategies.optimisers.critical_line import efficient_frontier
from strategies.optimisers.frontier import Frontier

EXACT = 1e-12
MEANS = [0.10, 0.05]
COVARIANCE = np.diag([0.04, 0.01])


@pytest.fixture
def two():
    """Two uncorrelated names: w_1 = 0.2 + lambda, for 0.04 w_1 - 0.01 w_2 = 0.05 lambda."""
    return efficient_frontier(MEANS, COVARIANCE)


def test_the_example_of_the_docstring_holds():
    assert doctest.testmod(critical_line).attempted > 0
    assert doctest.testmod(critical_line).failed == 0


def test_two_names_have_two_corners(two):
    np.testing.assert_allclose(two.weights, [[1.0, 0.0], [0.2, 0.8]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(two.lambdas, [0.8, 0.0], rtol=0, atol=EXACT)
    np.testing.assert_allclose(two.expected_returns, [0.10, 0.06], rtol=0, atol=EXACT)
    np.testing.assert_allclose(two.variances, [0.04, 0.008], rtol=0, atol=EXACT)


def test_the_minimum_variance_weighs_by_inverse_variance(two):
    lowest = two.minimum_variance()
    np.testing.assert_allclose(lowest.weights, [0.2, 0.8], rtol=0, atol=EXACT)
    assert lowest.risk_tolerance == 0
    assert lowest.volatility == pytest.approx(np.sqrt(0.008), rel=EXACT)


@pytest.mark.parametrize(
    ("expected_return", "share"),
    [(0.10, 1.0), (0.08, 0.6), (0.06, 0.2), (0.05, 0.2), (-1.0, 0.2)],
    ids=["highest", "between", "lowest", "less than that of the minimum variance", "a loss"],
)
def test_at_a_return_the_variance_is_the_lowest_that_reaches_it(two, expected_return, share):
    found = two.at_return(expected_return)
    np.testing.assert_allclose(found.weights, [share, 1.0 - share], rtol=0, atol=EXACT)
    assert found.variance == pytest.approx(0.04 * share**2 + 0.01 * (1.0 - share) ** 2, rel=EXACT)
    assert found.expected_return == pytest.approx(0.05 + 0.05 * share, rel=EXACT)


@pytest.mark.parametrize(
    ("variance", "share"),
    [(0.04, 1.0), (0.016, 0.6), (0.008, 0.2), (0.09, 1.0)],  # 0.04 * 0.36 + 0.01 * 0.16 = 0.016
    ids=["highest", "between", "lowest", "more than there is"],
)
def test_at_a_risk_the_return_is_the_highest_within_it(two, variance, share):
    found = two.at_risk(np.sqrt(variance))
    # Near the lowest variance the weights move with the root of what is added to it.
    np.testing.assert_allclose(found.weights, [share, 1.0 - share], rtol=0, atol=1e-8)
    assert found.variance <= variance * (1.0 + EXACT)


@pytest.mark.parametrize(
    ("risk_aversion", "share"),
    [(0.5, 1.0), (1.25, 1.0), (2.5, 0.6), (np.inf, 0.2)],
    ids=["bold", "edge", "mid", "none"],
)
def test_at_a_risk_aversion_lambda_is_its_inverse(two, risk_aversion, share):
    np.testing.assert_allclose(two.at_risk_aversion(risk_aversion).weights, [share, 1.0 - share], rtol=0, atol=EXACT)


@pytest.mark.parametrize(
    ("risk_free", "share"),
    # Tangency: w_i in proportion to (mu_i - r) / s_i^2: 2 : 3 at 0.02, 1 : 0 from 0.05 on.
    [(0.02, 2.0 / 5.0), (0.0, 2.5 / 7.5), (0.05, 1.0), (0.09, 1.0), (-1.0, 27.5 / 132.5)],
)
def test_the_maximum_sharpe_is_the_tangency(two, risk_free, share):
    np.testing.assert_allclose(two.maximum_sharpe(risk_free).weights, [share, 1.0 - share], rtol=0, atol=EXACT)


def test_max_sharpe_of_kopman_and_liu():
    # MSCI Barra, 2009: .2727 and .7273.
    best = efficient_frontier([0.05, 0.1], [[0.05, 0.02], [0.02, 0.07]]).maximum_sharpe()
    np.testing.assert_allclose(best.weights, [3.0 / 11.0, 8.0 / 11.0], rtol=0, atol=EXACT)


def test_a_cap_cuts_the_frontier(two):
    capped = efficient_frontier(MEANS, COVARIANCE, upper=[0.7, 1.0])
    np.testing.assert_allclose(capped.weights, [[0.7, 0.3], [0.2, 0.8]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(capped.lambdas, [0.5, 0.0], rtol=0, atol=EXACT)  # 0.7 = 0.2 + lambda
    as_row = efficient_frontier(MEANS, COVARIANCE, inequalities=([[1.0, 0.0]], [0.7]))
    np.testing.assert_allclose(as_row.weights, capped.weights, rtol=0, atol=EXACT)


def test_a_short_position_is_held_down_to_its_bound():
    frontier = efficient_frontier(MEANS, COVARIANCE, lower=-0.3, upper=1.3)
    np.testing.assert_allclose(frontier.weights, [[1.3, -0.3], [0.2, 0.8]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(frontier.lambdas, [1.1, 0.0], rtol=0, atol=EXACT)


def test_a_bound_may_be_infinite_on_one_side():
    for lower, upper in ((0.0, np.inf), (-np.inf, 1.0)):
        found = efficient_frontier(MEANS, COVARIANCE, lower=lower, upper=upper)
        np.testing.assert_allclose(found.weights, [[1.0, 0.0], [0.2, 0.8]], rtol=0, atol=EXACT)


def test_cash_may_be_held_where_weights_need_not_add_up_to_one():
    found = efficient_frontier(MEANS, COVARIANCE, equalities=(np.empty((0, 2)), []), inequalities=([[1.0, 1.0]], [1.0]))
    # From cash, w_i = lambda mu_i / s_i^2: 2.5 and 5 lambda, which fill the account at 2 / 15; then as without cash.
    np.testing.assert_allclose(found.weights, [[1.0, 0.0], [1.0 / 3.0, 2.0 / 3.0], [0.0, 0.0]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.lambdas, [0.8, 2.0 / 15.0, 0.0], rtol=0, atol=EXACT)


def test_without_any_row_each_name_goes_its_own_way():
    found = efficient_frontier(MEANS, COVARIANCE, equalities=(np.empty((0, 2)), []))
    np.testing.assert_allclose(found.weights, [[1.0, 1.0], [0.5, 1.0], [0.0, 0.0]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.lambdas, [0.4, 0.2, 0.0], rtol=0, atol=EXACT)


def test_the_frontier_stays_at_a_kink_for_a_range_of_lambda():
    # Name 1 is sold out where 0.02 - 0.01 = lambda (0.10 - 0.05), name 3 bought from 0.01 - 0 = lambda (0.05 + 0.05).
    found = efficient_frontier([0.10, 0.05, -0.05], [[0.09, 0.02, 0.0], [0.02, 0.01, 0.0], [0.0, 0.0, 0.04]])
    np.testing.assert_allclose(found.weights, [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0.8, 0.2]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.lambdas, [1.4, 0.2, 0.1, 0.0], rtol=0, atol=EXACT)
    for kinked in (found.at_risk_aversion(1.0 / 0.15), found.at_return(0.05), found.at_risk(0.1)):
        np.testing.assert_allclose(kinked.weights, [0.0, 1.0, 0.0], rtol=0, atol=1e-9)
    # A tangent through the kink: 0.01 = lambda (0.05 + 0.02) at a lambda between the two.
    np.testing.assert_allclose(found.maximum_sharpe(-0.02).weights, [0.0, 1.0, 0.0], rtol=0, atol=EXACT)


def test_one_name_is_a_frontier_of_one_corner():
    found = efficient_frontier([0.1], [[0.04]])
    assert found.weights.tolist() == [[1.0]]
    assert found.lambdas.tolist() == [0.0]
    for portfolio in (found.minimum_variance(), found.at_return(0.1), found.at_risk(0.2), found.maximum_sharpe()):
        assert portfolio.weights.tolist() == [1.0]


def test_equal_expected_returns_leave_the_minimum_variance():
    found = efficient_frontier([0.1, 0.1, 0.1], np.diag([0.01, 0.02, 0.04]))
    np.testing.assert_allclose(found.weights, [[4 / 7, 2 / 7, 1 / 7]], rtol=0, atol=EXACT)
    assert found.lambdas.tolist() == [0.0]


def test_of_equal_highest_returns_the_frontier_begins_at_the_least_variance():
    found = efficient_frontier([0.1, 0.05, 0.1], np.diag([0.01, 0.01, 0.03]))
    np.testing.assert_allclose(found.weights[0], [0.75, 0.0, 0.25], rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.lambdas[0], 0.0075 / 0.05, rtol=EXACT)  # 0.01 * 0.75 = lambda (0.1 - 0.05)


def test_of_equal_least_variances_the_frontier_ends_at_the_highest_return():
    # Two names without risk: all of the better one, and the other is never held.
    found = efficient_frontier([0.1, 0.02, 0.03], np.diag([0.04, 0.0, 0.0]))
    np.testing.assert_allclose(found.weights, [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.lambdas, [0.04 / 0.07, 0.0], rtol=0, atol=EXACT)


def test_no_risk_anywhere_leaves_the_highest_return():
    found = efficient_frontier([0.1, 0.02], np.zeros((2, 2)))
    assert found.weights.tolist() == [[1.0, 0.0]]


def test_two_names_alike_are_held_as_one():
    once = efficient_frontier(MEANS, COVARIANCE)
    twice = efficient_frontier(
        [*MEANS, MEANS[1]], [[0.04, 0, 0], [0, 0.01, 0.01], [0, 0.01, 0.01]], upper=[1, 0.5, 0.5]
    )
    for expected_return in (0.10, 0.09, 0.07, 0.06):
        one, other = once.at_return(expected_return), twice.at_return(expected_return)
        np.testing.assert_allclose(other.variance, one.variance, rtol=EXACT)
        np.testing.assert_allclose(other.weights[1:].sum(), one.weights[1], rtol=0, atol=EXACT)


def test_constraints_may_repeat_each_other():
    plain = efficient_frontier(MEANS, COVARIANCE)
    rows = ([[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]], [1.0, 2.0, 1.0])
    repeated = efficient_frontier(MEANS, COVARIANCE, equalities=rows, inequalities=([[3.0, 3.0]], [3.0]))
    np.testing.assert_allclose(repeated.weights, plain.weights, rtol=0, atol=EXACT)


def test_a_single_portfolio_may_satisfy_more_constraints_than_there_are_names():
    # All of them tight at a point: what is freed in the wrong order would drop a constraint.
    rows = ([[1.0], [1.0], [-1.0], [0.0], [-1.2], [-0.7]], [1.2, 1.0, -1.0, 0.0, -1.2, -0.5])
    for upper in (1.0, 3.0):
        found = efficient_frontier([-0.2], [[1.3]], upper=upper, inequalities=rows)
        np.testing.assert_allclose(found.weights, [[1.0]], rtol=0, atol=EXACT)
        pair = efficient_frontier(
            [0.7, -0.7], np.eye(2), upper=0.5, inequalities=([[-0.4, 0.5], [1.4, -0.8]], [0.2, 0.3])
        )
        np.testing.assert_allclose(pair.weights, [[0.5, 0.5]], rtol=0, atol=EXACT)


def test_a_fixed_name_stays():
    found = efficient_frontier([0.1, 0.05, 0.2], np.diag([0.04, 0.01, 0.01]), lower=[0, 0, 0.5], upper=[1, 1, 0.5])
    np.testing.assert_allclose(found.weights, [[0.5, 0.0, 0.5], [0.1, 0.4, 0.5]], rtol=0, atol=EXACT)


def test_a_frontier_cannot_be_changed(two):
    with pytest.raises(ValueError, match="read-only"):
        two.weights[0, 0] = 0.5
    with pytest.raises(ValueError, match="read-only"):
        two.minimum_variance().weights[0] = 0.5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"expected_returns": []}, r"shape \(0,\). Give one number for each of one or more names"),
        ({"expected_returns": [[0.1, 0.2]]}, r"shape \(1, 2\)"),
        ({"expected_returns": [0.1, np.nan]}, "Expected returns have no finite number at number 2"),
        ({"expected_returns": ["a", 0.1]}, "Expected returns are no array of numbers"),
        ({"covariance": [[0.04, np.inf], [0.0, 0.01]]}, r"Covariances have no finite number at entry \(1, 2\)"),
        ({"covariance": np.eye(3)}, r"shape \(3, 3\) does not fit 2 expected returns"),
        (
            {"covariance": [[0.04, 0.001], [0.002, 0.01]]},
            "not symmetric: 0.001 for name 1 and name 2, 0.002 the other way round",
        ),
        ({"covariance": [[0.01, 0.02], [0.02, 0.01]]}, "indefinite: the least eigenvalue of its correlations is -1"),
        ({"covariance": [[0.01, 0.002], [0.002, 0.0]]}, "Name 2 has a variance of zero, and a covariance with name 1"),
        ({"lower": [0.0, 0.0, 0.0]}, "Bounds do not fit 2 names"),
        ({"lower": [0.0, 0.6], "upper": [1.0, 0.5]}, "Name 2 has a lower bound of 0.6 and an upper one of 0.5"),
        ({"upper": [np.nan, 1.0]}, "Name 1 has a lower bound of 0.0 and an upper one of nan"),
        ({"lower": -np.inf, "upper": np.inf}, "Name 1 has no finite bound"),
        ({"lower": np.inf, "upper": np.inf}, "Name 1 has no finite bound"),
        ({"upper": 0.4}, "No weights satisfy all constraints: .* equality 1 cannot hold"),
        ({"inequalities": ([[1.0, 0.0], [-1.0, 0.0]], [0.2, -0.3])}, "No weights .* inequality [12] cannot hold"),
        ({"equalities": ([[0.0, 0.0]], [1.0])}, "No weights satisfy all constraints: .* equality 1"),
        ({"equalities": ([[1.0, 1.0, 1.0]], [1.0])}, r"The equalities have shape \(1, 3\)"),
        ({"equalities": ([1.0, 1.0], 1.0)}, r"The equalities have shape \(2,\)"),
        ({"inequalities": ([[1.0, 0.0]], [0.1, 0.2])}, "The inequalities have shape"),
        ({"inequalities": ([[1.0, np.nan]], [0.1])}, r"The inequalities have no finite number at entry \(1, 2\)"),
        ({"inequalities": ([[1.0, 0.0]], [np.inf])}, "The right-hand sides of the inequalities have no finite number"),
        ({"inequalities": None, "equalities": 3}, "The equalities are no pair"),
        ({"upper": np.inf, "equalities": ([[1.0, -1.0]], [0.0])}, "The highest expected return has no bound"),
    ],
)
def test_refusals_say_what_is_wrong(changed, message):
    given = {"expected_returns": MEANS, "covariance": COVARIANCE} | changed
    with pytest.raises(StrategyError, match=message):
        efficient_frontier(given.pop("expected_returns"), given.pop("covariance"), **given)


def test_rounding_of_a_covariance_is_let_pass():
    loadings = np.random.default_rng(0).normal(size=(20, 3))
    singular = loadings @ loadings.T
    assert np.linalg.eigvalsh(singular)[0] < 0
    singular[0, 1] *= 1 + 1e-14
    assert efficient_frontier(np.arange(20.0), singular).minimum_variance().variance >= 0


def test_a_point_that_is_not_optimal_is_refused_and_not_returned(monkeypatch):
    # Blind to directions: all names but the vertex are passed over, and their derivatives change sign.
    monkeypatch.setattr(parametric, "NO_CURVATURE", np.inf)
    with pytest.raises(StrategyError, match="Rounding broke the critical line: its conditions of optimality fail by"):
        efficient_frontier(MEANS, COVARIANCE)


def test_a_constraint_lost_on_the_way_is_noticed(monkeypatch):
    # Blind to the infinitesimals: of events that coincide, the first in the list.
    monkeypatch.setattr(parametric, "_first", lambda times, unit: int(times[:, 0].argmax()))
    rows = ([[-1.0], [1.0], [0.0], [-1.0]], [-0.95, 1.0, 0.2, -0.95])
    with pytest.raises(StrategyError, match="Rounding broke the critical line: a constraint is missed by 5.0e-02"):
        efficient_frontier([-0.2], [[1.3]], inequalities=rows)


def test_a_walk_in_circles_ends(monkeypatch):
    monkeypatch.setattr(parametric, "_exchange", lambda *given: None)
    monkeypatch.setattr(parametric, "_point", lambda region, line, *rest: line.x[:, 0])
    with pytest.raises(StrategyError, match="did not end within 400 pivots"):  # 200 + 50 (one row + three variables)
        efficient_frontier(MEANS, COVARIANCE)


def test_a_portfolio_that_is_not_there_is_refused(two):
    with pytest.raises(StrategyError, match="expected return of 0.11: the highest is 0.1. Ask for less"):
        two.at_return(0.11)
    with pytest.raises(StrategyError, match="volatility of 0.05: the lowest is 0.0894427. Ask for more"):
        two.at_risk(0.05)
    for asked in (two.at_return, two.at_risk, two.at_risk_aversion, two.maximum_sharpe):
        with pytest.raises(StrategyError, match="nan"):
            asked(np.nan)
    with pytest.raises(StrategyError, match="risk aversion of 0.0 has no portfolio"):
        two.at_risk_aversion(0.0)
    with pytest.raises(StrategyError, match="risk-free rate of 0.1: the highest expected return is 0.1. Hold cash"):
        two.maximum_sharpe(0.1)


def test_without_risk_no_sharpe_ratio_is_the_highest():
    frontier = efficient_frontier([0.1, 0.03], np.diag([0.04, 0.0]))
    with pytest.raises(StrategyError, match="A portfolio without risk earns 0.03, more than the risk-free rate of 0.0"):
        frontier.maximum_sharpe(0.0)


@pytest.mark.parametrize("seed", range(20))
def test_with_a_riskless_name_at_the_rate_the_highest_return_has_the_ratio_of_all(seed):
    mean, rate, variance = np.random.default_rng(seed).uniform(0.01, 1.0, size=3)
    frontier = efficient_frontier([rate + mean, rate], np.diag([variance, 0.0]))
    np.testing.assert_allclose(frontier.maximum_sharpe(rate).weights, [1.0, 0.0], rtol=0, atol=EXACT)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weights": [1.0, 0.0]}, "The weights of a frontier of 2 corners"),
        ({"variances": [0.04]}, "The variances of a frontier of 2 corners"),
        ({"expected_returns": [0.1, np.nan]}, "The expected_returns of a frontier"),
        ({"lambdas": [0.8, 0.1]}, "fall to 0"),
        ({"lambdas": [-0.8, 0.0]}, "fall to 0"),
    ],
)
def test_a_frontier_refuses_corners_that_are_none(changed, message):
    given = {"weights": [[1.0, 0.0], [0.2, 0.8]], "lambdas": [0.8, 0.0], "expected_returns": [0.1, 0.06]}
    with pytest.raises(StrategyError, match=message):
        Frontier(**(given | {"variances": [0.04, 0.008]} | changed))
