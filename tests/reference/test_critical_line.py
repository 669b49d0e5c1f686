"""Frontiers against published ones.

Ten names, every turning point: Bailey and López de Prado, "An open-source implementation of the critical-line algorithm
for portfolio optimization", Algorithms, 2013, table 2, recomputed to all digits. Thirty-one names of the Hang Seng:
OR-Library (Beasley, 1990), port1 and portef1. Both are read from `EASTBOUND_REFERENCE`, where there is one.
"""

import json

import numpy as np
import pytest

from strategies.optimisers.critical_line import efficient_frontier
from tests.real import REFERENCE

TURNING_POINTS = REFERENCE / "reference" / "cla_bailey_lopezdeprado.json"
HANG_SENG = REFERENCE / "reference" / "orlib" / "port1.txt"
HANG_SENG_FRONTIER = HANG_SENG.with_name("portef1.txt")
needs_turning_points = pytest.mark.skipif(
    not TURNING_POINTS.is_file(), reason="EASTBOUND_REFERENCE has no reference/cla_bailey_lopezdeprado.json"
)
needs_hang_seng = pytest.mark.skipif(
    not (HANG_SENG.is_file() and HANG_SENG_FRONTIER.is_file()),
    reason="EASTBOUND_REFERENCE has no reference/orlib with port1.txt and portef1.txt",
)


@pytest.fixture(scope="module")
def published():
    return json.loads(TURNING_POINTS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def frontier(published):
    return efficient_frontier(published["mean"], published["cov"])


@pytest.fixture(scope="module")
def hang_seng():
    """Means and covariances: n, then a mean and a deviation for each name, then i, j and their correlation."""
    numbers = [float(word) for word in HANG_SENG.read_text(encoding="utf-8").split()]
    n = int(numbers[0])
    moments = np.reshape(numbers[1 : 1 + 2 * n], (n, 2))
    covariance = np.full((n, n), np.nan)
    for i, j, correlation in np.reshape(numbers[1 + 2 * n :], (-1, 3)):
        one, other = int(i) - 1, int(j) - 1
        covariance[one, other] = covariance[other, one] = correlation * moments[one, 1] * moments[other, 1]
    return moments[:, 0], covariance


@needs_turning_points
def test_the_ten_turning_points_are_those_of_bailey_and_lopez_de_prado(published, frontier):
    # 1e-6 is asked for; 1e-12 holds, for both are exact but for rounding.
    np.testing.assert_allclose(frontier.weights, published["turning_points"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(frontier.lambdas, published["lambdas"], rtol=1e-12, atol=1e-12)


@needs_turning_points
def test_their_returns_and_risks_are_the_published_ones(published, frontier):
    # The published numbers have 15 digits, their differences 1e-13.
    np.testing.assert_allclose(frontier.expected_returns, published["returns"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(frontier.variances), published["risks"], rtol=0, atol=1e-12)


@needs_turning_points
def test_the_highest_sharpe_ratio_is_the_published_one(published, frontier):
    best = frontier.maximum_sharpe()
    assert round(best.expected_return / best.volatility, 4) == 4.4535
    assert round(best.volatility, 5) == 0.22736
    # Theirs is a golden section along the frontier: 1e-9 of a step.
    np.testing.assert_allclose(best.weights, published["max_sharpe"]["w"], rtol=0, atol=1e-9)


@needs_turning_points
def test_at_the_returns_of_the_corners_stand_the_corners(published, frontier):
    for expected_return, weights in zip(published["returns"], published["turning_points"], strict=True):
        found = frontier.at_return(expected_return)
        np.testing.assert_allclose(found.weights, weights, rtol=0, atol=1e-9)  # the returns have 15 digits


@needs_hang_seng
def test_the_frontier_of_the_hang_seng_is_that_of_the_or_library(hang_seng):
    frontier = efficient_frontier(*hang_seng)
    expected = np.loadtxt(HANG_SENG_FRONTIER)
    assert expected.shape == (2000, 2)
    variances = [frontier.at_return(expected_return).variance for expected_return in expected[:, 0]]
    # The printed variances have ten decimals, of numbers from 6e-4 up: 5e-11 / 6e-4 = 8e-8. 7.8e-8 was found.
    np.testing.assert_allclose(variances, expected[:, 1], rtol=1e-7, atol=0)


@needs_hang_seng
def test_the_variance_of_the_hang_seng_in_closed_form_is_that_of_its_weights(hang_seng):
    _, covariance = hang_seng
    frontier = efficient_frontier(*hang_seng)
    for expected_return in np.linspace(frontier.expected_returns[-1], frontier.expected_returns[0], 200):
        found = frontier.at_return(expected_return)
        np.testing.assert_allclose(found.variance, found.weights @ covariance @ found.weights, rtol=1e-12)
        np.testing.assert_allclose(found.expected_return, expected_return, rtol=1e-12)
