"""Published optima: cases A2.1 to A2.6 of the reference numbers.

Small inputs are typed in with their source; the OR-Library's and PyPortfolioOpt's are read where `EASTBOUND_REFERENCE`
has them.
"""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from strategies.optimisers import (
    Bounds,
    Inputs,
    MaximumSharpe,
    MeanVariance,
    MinimumCVaR,
    MinimumPosition,
    MinimumVariance,
    NumberOfNames,
    RiskParity,
)
from tests.real import REFERENCE

FOLDER = REFERENCE / "reference"
OR_LIBRARY, PRICES = FOLDER / "orlib", FOLDER / "pypfopt" / "stock_prices.csv"
CRITICAL_LINE = FOLDER / "cla_bailey_lopezdeprado.json"
needs_or_library = pytest.mark.skipif(not OR_LIBRARY.is_dir(), reason="EASTBOUND_REFERENCE has no OR-Library")
needs_prices = pytest.mark.skipif(not PRICES.is_file(), reason="EASTBOUND_REFERENCE has no prices of PyPortfolioOpt")
needs_line = pytest.mark.skipif(not CRITICAL_LINE.is_file(), reason="EASTBOUND_REFERENCE has no critical line")


# ------------------------------------------------------------------------------------------ A2.1


@needs_line
def test_bailey_and_lopez_de_prado_2013_table_2():
    stated = json.loads(CRITICAL_LINE.read_text(encoding="utf-8"))
    given = {"covariance": stated["cov"], "expected_returns": np.ravel(stated["mean"])}
    best = MaximumSharpe(constraints=[Bounds(at_most=1.0)]).allocate(Inputs.of(given))
    assert best.value == pytest.approx(4.4535, abs=5e-5)
    assert Inputs.of(given).volatility_of(best.weights) == pytest.approx(0.22736, abs=5e-6)
    least = MinimumVariance(constraints=[Bounds(at_most=1.0)]).allocate(Inputs.of(given))
    assert least.value == pytest.approx(min(stated["risks"]), abs=1e-9)


# ------------------------------------------------------------------------------------------ A2.2


def port1():
    """Means and covariance of Beasley's OR-Library, port1: 31 names of the Hang Seng."""
    numbers = [line.split() for line in (OR_LIBRARY / "port1.txt").read_text(encoding="utf-8").splitlines()]
    n = int(numbers[0][0])
    mean, deviation = np.array(numbers[1 : n + 1], dtype=np.float64).T
    correlation = np.eye(n)
    for i, j, value in numbers[n + 1 :]:
        correlation[int(i) - 1, int(j) - 1] = correlation[int(j) - 1, int(i) - 1] = float(value)
    return mean, correlation * np.outer(deviation, deviation)


@needs_or_library
def test_or_library_hang_seng_at_2000_returns():
    # The moments come from logarithmic returns with ddof 0, and are taken as they stand; portef1 has the return and the
    # least variance.
    mean, covariance = port1()
    frontier = np.loadtxt(OR_LIBRARY / "portef1.txt")
    assert frontier.shape == (2000, 2)
    # One optimiser for all: fully invested, mu'w >= r is (mu - r)'w >= 0. The topmost return is printed as the best
    # name's, and rounding may put it above that.
    over, found = MeanVariance(target_return=0.0), np.empty(len(frontier))
    for i, (target, _) in enumerate(frontier):
        wanted = min(float(target), mean.max())
        weights = over.weights(covariance=covariance, expected_returns=mean - wanted)
        assert weights @ mean >= target - 1e-9
        found[i] = weights @ covariance @ weights
        if i % 100 == 0:
            said = MeanVariance(target_return=wanted).weights(covariance=covariance, expected_returns=mean)
            assert said @ covariance @ said == pytest.approx(found[i], rel=1e-8)
    # The file prints ten decimals of variances of 6e-4 to 5e-3.
    np.testing.assert_allclose(found, frontier[:, 1], rtol=1e-6, atol=0)


@needs_or_library
def test_exactly_three_names_of_port1_are_the_best_of_all_4495_sets():
    mean, covariance = port1()
    least = 0.01
    chosen = MinimumVariance(constraints=[NumberOfNames(exactly=3), MinimumPosition(at_least=least)]).allocate(
        Inputs.of({"covariance": covariance, "expected_returns": mean})
    )
    alone = MinimumVariance(constraints=[Bounds(at_least=least)])
    best = min(
        (alone.allocate(Inputs.of({"covariance": covariance[np.ix_(names, names)]})).value, names)
        for names in itertools.combinations(range(31), 3)
    )
    assert tuple(np.flatnonzero(chosen.weights)) == best[1]
    assert chosen.value == pytest.approx(best[0], rel=1e-9)
    assert 0.0 <= chosen.gap <= 1e-7


@needs_or_library
def test_exactly_ten_names_of_port1_are_certified():
    # The size that the literature on port1 asks for (Chang et al. 2000): ten names, each 1 % or more.
    mean, covariance = port1()
    given = Inputs.of({"covariance": covariance, "expected_returns": mean})
    constraints = [NumberOfNames(exactly=10), MinimumPosition(at_least=0.01)]
    found = MeanVariance(risk_aversion=5.0, constraints=constraints).allocate(given)
    held = found.weights > 0.0
    assert held.sum() == 10
    assert found.weights[held].min() >= 0.01 - 1e-9
    assert 0.0 <= found.gap <= 1e-7  # the programme's own objective against SCIP's proved bound, relative
    relaxed = MeanVariance(risk_aversion=5.0).allocate(given)
    assert found.value <= relaxed.value + 1e-12
    rng = np.random.default_rng(5)
    alone = MeanVariance(risk_aversion=5.0, constraints=[Bounds(at_least=0.01)])
    for _ in range(300):  # no set of ten drawn at random does better
        names = rng.permutation(31)[:10]
        one = Inputs.of({"covariance": covariance[np.ix_(names, names)], "expected_returns": mean[names]})
        assert alone.allocate(one).value <= found.value + 1e-12


# ------------------------------------------------------------------------------------------ A2.4


@pytest.mark.parametrize(
    ("correlations", "expected"),
    [
        ({}, [0.48, 0.24, 0.16, 0.12]),
        ({(0, 1): 0.8, (2, 3): -0.5}, [0.384, 0.192, 0.243, 0.182]),
    ],
)
def test_maillard_roncalli_and_teiletche_2010(correlations, expected):
    # "The properties of equally weighted risk contribution portfolios", section 4.1: volatilities of 10 to 40 %.
    deviation = np.array([0.1, 0.2, 0.3, 0.4])
    correlation = np.eye(4)
    for pair, value in correlations.items():
        correlation[pair] = correlation[pair[::-1]] = value
    found = RiskParity().weights(covariance=correlation * np.outer(deviation, deviation))
    np.testing.assert_allclose(found, expected, rtol=0, atol=6e-4)  # three decimals in print, some of them cut off


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
def test_under_constant_correlation_risk_parity_is_inverse_volatility(correlation):
    # The same paper, section 3.1.
    deviation = np.array([0.1, 0.2, 0.3, 0.4])
    covariance = (np.full((4, 4), correlation) + (1.0 - correlation) * np.eye(4)) * np.outer(deviation, deviation)
    found = RiskParity().weights(covariance=covariance)
    np.testing.assert_allclose(found, [0.48, 0.24, 0.16, 0.12], rtol=0, atol=1e-10)


def test_bai_scheinberg_and_tutuncu_2016():
    # "Least-squares approach to risk parity in portfolio selection", the example of five assets.
    covariance = np.array(
        [
            [94.868, 33.750, 12.325, -1.178, 8.778],
            [33.750, 445.642, 98.955, -7.901, 84.954],
            [12.325, 98.955, 117.265, 0.503, 45.184],
            [-1.178, -7.901, 0.503, 5.460, 1.057],
            [8.778, 84.954, 45.184, 1.057, 34.126],
        ]
    )
    found = RiskParity().weights(covariance=covariance)
    np.testing.assert_allclose(found, [0.125, 0.047, 0.083, 0.613, 0.132], rtol=0, atol=6e-4)
    assert np.sqrt(found @ covariance @ found) == pytest.approx(3.0406, abs=5e-5)  # as many digits as are stated


# ------------------------------------------------------------------------------------------ A2.5


def per_year(prices):
    """Give PyPortfolioOpt's defaults: geometric means of all there is of each name, covariance of pairs, 252 days."""
    returns = prices.pct_change(fill_method=None).dropna(how="all")
    mean = (1.0 + returns).prod() ** (252 / returns.count()) - 1.0
    return {"expected_returns": mean.to_numpy(), "covariance": returns.cov().to_numpy() * 252.0}


@pytest.fixture(scope="module")
def prices():
    return pd.read_csv(PRICES, index_col="date", parse_dates=True)


@needs_prices
@pytest.mark.parametrize(
    ("optimiser", "expected"),
    [
        (MinimumVariance(), (0.150568, 0.159151, 0.820405)),
        (MaximumSharpe(risk_free=0.02), (0.304777, 0.221656, 1.284771)),
    ],
)
def test_pyportfolioopt_minimum_volatility_and_maximum_sharpe(prices, optimiser, expected):
    # Of its tests: return, volatility and Sharpe ratio over 2 % in cash.
    given = Inputs.of(per_year(prices))
    weights = optimiser.allocate(given).weights
    earned, volatility = float(given.expected_returns @ weights), given.volatility_of(weights)
    np.testing.assert_allclose((earned, volatility, (earned - 0.02) / volatility), expected, rtol=0, atol=1e-6)


@needs_prices
def test_a_published_ratio_of_1_28397_is_no_maximum(prices):
    # It stands in some versions of the same tests: a solver that stopped early.
    assert MaximumSharpe(risk_free=0.02).allocate(Inputs.of(per_year(prices))).value >= 1.28477


@needs_prices
def test_pyportfolioopt_minimum_cvar(prices):
    # Days on which a price is missing are dropped before returns are taken.
    returns = prices.dropna().pct_change().dropna().to_numpy()
    least = MinimumCVaR(level=0.95).allocate(Inputs.of({"scenarios": returns}))
    assert least.value == pytest.approx(0.0170495, abs=1e-7)
    # A linear programme may have several best portfolios within its accuracy: five digits of the return.
    assert per_year(prices)["expected_returns"] @ least.weights == pytest.approx(0.17746, abs=1e-5)


# ------------------------------------------------------------------------------------------ A2.6


def test_kopman_and_liu_maximum_sharpe_of_two_names():
    # "Maximizing the Sharpe ratio and information ratio in the Barra optimizer", MSCI Barra, 2009.
    found = MaximumSharpe().weights(expected_returns=[0.05, 0.1], covariance=[[0.05, 0.02], [0.02, 0.07]])
    np.testing.assert_allclose(found, [0.2727, 0.7273], rtol=0, atol=1e-4)
    np.testing.assert_allclose(found, [3 / 11, 8 / 11], rtol=0, atol=1e-9)
