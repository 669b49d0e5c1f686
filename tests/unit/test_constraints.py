"""Constraints, each by a small table that a reader can redo by hand."""

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    DoNotTrade,
    Exposure,
    Gross,
    GroupLimits,
    InfeasibleError,
    Inputs,
    MaximumSharpe,
    MeanCVaR,
    MeanVariance,
    MinimumVariance,
    Net,
    Participation,
    Short,
    TrackingError,
    TradingCosts,
    Turnover,
    Volatility,
)

EQUAL = np.diag([0.04] * 4)  # alone: a quarter each
QUIET_A = np.diag([0.01, 0.04, 0.04, 0.04])  # alone: 4/7 and three times 1/7
HELD = [0.7, 0.1, 0.1, 0.1]
GIVEN = {
    "covariance": EQUAL,
    "names": ["A", "B", "C", "D"],
    "labels": {"sector": ["x", "x", "y", "y"], "market": ["x", "x", "y", "z"]},
    "exposures": {"beta": [1.0, 1.0, 2.0, 2.0]},
    "volume": [1.0] * 4,
}
CLOSE = {"rtol": 0, "atol": 1e-8}  # quadratic programmes; those with a limit on risk are compared to 1e-6


@pytest.mark.parametrize(
    ("constraints", "more", "expected"),
    [
        ([Bounds(at_most=0.4)], {"covariance": QUIET_A}, [0.4, 0.2, 0.2, 0.2]),
        ([Bounds(at_most={"A": 0.1})], {}, [0.1, 0.3, 0.3, 0.3]),
        ([Bounds(at_least={"A": 0.4})], {}, [0.4, 0.2, 0.2, 0.2]),
        ([Bounds(at_least=0.2)], {"covariance": QUIET_A}, [0.4, 0.2, 0.2, 0.2]),
        ([Bounds(at_most={"A": 0.0})], {}, [0.0, 1 / 3, 1 / 3, 1 / 3]),
        ([GroupLimits(of="sector", at_most={"x": 0.3})], {}, [0.15, 0.15, 0.35, 0.35]),
        ([GroupLimits(of="sector", at_least={"x": 0.7})], {}, [0.35, 0.35, 0.15, 0.15]),
        ([GroupLimits(of="market", at_most=0.4)], {}, [0.2, 0.2, 0.3, 0.3]),
        ([GroupLimits(of="market", at_least=0.3)], {}, [0.2, 0.2, 0.3, 0.3]),
        ([GroupLimits(of="market", at_most={"empty": 0.0})], {"absent": ["empty"]}, [0.25] * 4),
        ([Net(exactly=0.8)], {}, [0.2] * 4),
        ([Net(at_least=0.5, at_most=1.0)], {}, [0.125] * 4),
        ([Exposure(to="beta", at_most=1.2)], {}, [0.4, 0.4, 0.1, 0.1]),
        ([Exposure(to="beta", at_least=1.8)], {}, [0.1, 0.1, 0.4, 0.4]),
        ([Turnover(at_most=0.15)], {"current": HELD}, [0.55, 0.15, 0.15, 0.15]),
        ([Turnover(at_most=0.15)], {"current": HELD, "turnover_used": 0.06}, [0.61, 0.13, 0.13, 0.13]),
        ([Turnover(at_most=0.0)], {"current": HELD}, HELD),
        ([Turnover(at_most=0.1)], {"current": HELD, "turnover_used": 0.3}, HELD),
        ([Turnover(at_most=0.15)], {}, [0.25] * 4),  # the first portfolio is no turnover
        ([Turnover(at_most=1.0)], {"current": HELD}, [0.25] * 4),
        ([Participation(at_most=0.15)], {"current": HELD}, [0.55, 0.15, 0.15, 0.15]),
        ([Participation(at_most=0.05, days=3.0)], {"current": HELD}, [0.55, 0.15, 0.15, 0.15]),
        (
            [Participation(at_most=0.1)],
            {"current": HELD, "volume": [9.0, 0.2, 9.0, 9.0]},
            [0.88 / 3, 0.12, 0.88 / 3, 0.88 / 3],
        ),
        ([Participation(at_most=0.3)], {}, [0.25] * 4),  # all of the first portfolio is bought
        ([DoNotTrade(names=["A"])], {"current": HELD}, HELD),
        ([DoNotTrade(names=["B"])], {"current": HELD}, [0.3, 0.1, 0.3, 0.3]),
        ([DoNotTrade(names=["B"], sides="buy")], {"current": HELD}, [0.3, 0.1, 0.3, 0.3]),
        ([DoNotTrade(names=["B"], sides="sell")], {"current": HELD}, [0.25] * 4),
        ([DoNotTrade(names=["A"], sides="sell")], {"current": HELD}, HELD),
        ([DoNotTrade(names=["A"], sides="buy")], {"current": HELD}, [0.25] * 4),
        ([DoNotTrade()], {"current": HELD, "tradable": [True, False, True, True]}, [0.3, 0.1, 0.3, 0.3]),
        ([DoNotTrade()], {"current": HELD, "tradable": [True] * 4}, [0.25] * 4),
        ([DoNotTrade()], {"current": HELD}, [0.25] * 4),
        ([DoNotTrade(names=["B"])], {}, [1 / 3, 0.0, 1 / 3, 1 / 3]),  # never held: it stays at nothing
        ([DoNotTrade(names=["B"], sides="sell")], {}, [0.25] * 4),
    ],
)
def test_a_constraint_in_minimum_variance(constraints, more, expected):
    found = MinimumVariance(constraints=constraints).weights(**(GIVEN | more))
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize(
    ("constraint", "expected"), [(Bounds(at_most={"A": 0.25}), [0.25] * 4), (Net(at_most=1.0), [0.0] * 4)]
)
def test_a_limit_that_the_best_portfolio_touches_by_itself(constraint, expected):
    # Neither limit nor multiplier leave zero there, and interior points keep but half their digits.
    found = MinimumVariance(constraints=[constraint]).weights(**GIVEN)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


# Without a sum the best of  mu'w - w'w 0.04 / 2  is mu / 0.04, which is (0.5, -0.25).
FREE = [Bounds(at_least=-1.0), Net(at_least=-1.0, at_most=2.0)]


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        (FREE, [0.5, -0.25]),
        # Each side gives 0.003 of its return: (0.017 + 0.007) / 0.04 is 0.6.
        ([*FREE, Gross(at_most=0.6)], [0.425, -0.175]),
        ([*FREE, Short(at_most=0.1)], [0.5, -0.1]),
        ([*FREE, Short(at_most=0.0)], [0.5, 0.0]),
        ([Bounds(at_least=-1.0), Net(exactly=0.1)], [0.425, -0.325]),
        ([Bounds(at_least=-1.0), Net(at_least=-1.0, at_most=0.1)], [0.425, -0.325]),
        ([Bounds(at_least=-1.0), Net(at_least=0.45)], [0.6, -0.15]),
        ([Bounds(at_least=-0.2), Net(at_most=1.0)], [0.5, -0.2]),
        ([Net(at_most=1.0)], [0.5, 0.0]),
        ([Net(at_most=0.4)], [0.4, 0.0]),
    ],
)
def test_shorts_gross_and_net(constraints, expected):
    found = MeanVariance(risk_aversion=1.0, constraints=constraints).weights(
        expected_returns=[0.02, -0.01], covariance=np.diag([0.04, 0.04])
    )
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (Volatility(at_most=0.2 * np.sqrt(0.8**2 + 0.2**2)), [0.8, 0.2]),
        (TrackingError(at_most=0.2 * np.sqrt(0.1**2 + 0.1**2)), [0.6, 0.4]),
        (TrackingError(at_most=0.0), [0.5, 0.5]),
        (Volatility(at_most=0.2), [1.0, 0.0]),
    ],
)
def test_limits_on_risk_of_two_names_with_a_volatility_of_20_percent(constraint, expected):
    found = MeanVariance(risk_aversion=1e-6, constraints=[constraint]).weights(
        expected_returns=[0.1, 0.0], covariance=np.diag([0.04, 0.04]), benchmark=[0.5, 0.5]
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"at_most": 0.5}, r"GroupLimits of 'sector' need labels of that kind; given: market"),
        ({"at_least": {"x": 0.5}}, r"GroupLimits of 'sector' need labels of that kind"),
    ],
)
def test_labels_that_are_missing(more, says):
    labels = {"market": GIVEN["labels"]["market"]}
    with pytest.raises(StrategyError, match=says):
        MinimumVariance(constraints=[GroupLimits(of="sector", **more)]).weights(**(GIVEN | {"labels": labels}))


@pytest.mark.parametrize(
    ("constraint", "missing", "says"),
    [
        (Bounds(at_most={"E": 0.5}), None, "Bounds speaks of E, which is none of the 4 names given"),
        (DoNotTrade(names=["E"]), None, "DoNotTrade speaks of E, which is none of the 4 names given"),
        (Exposure(to="value", at_most=0.0), None, "Exposure to 'value' needs exposures of that factor; given: beta"),
        (TrackingError(at_most=0.1), None, "A limit on tracking error needs benchmark, and none was given"),
        (Participation(at_most=0.1), "volume", "Participation needs volume, and none was given: pass volume="),
        (Volatility(at_most=0.1), "covariance", "MinimumVariance needs covariance"),
    ],
)
def test_inputs_and_names_that_are_missing(constraint, missing, says):
    given = GIVEN | {"expected_returns": [0.0] * 4}
    with pytest.raises(StrategyError, match=says):
        MinimumVariance(constraints=[constraint]).weights(**{k: v for k, v in given.items() if k != missing})


def test_maximum_sharpe_without_a_return_above_cash():
    with pytest.raises(InfeasibleError) as refused:
        MaximumSharpe(risk_free=0.05).weights(covariance=EQUAL, expected_returns=[0.01, 0.02, 0.03, 0.05])
    assert [one.key for one in refused.value.conflict.clashes] == ["each name at least", "excess return at least"]
    assert "(1) each name at least 0 %; (2) expected return over cash above 0 %." in str(refused.value)
    # With shorts there is one: short the first three to buy the last.
    MaximumSharpe(risk_free=0.05, constraints=[Bounds(at_least=-0.5)]).weights(
        covariance=EQUAL, expected_returns=[0.01, 0.02, 0.03, 0.05]
    )


def test_maximum_sharpe_that_costs_eat_up():
    with pytest.raises(InfeasibleError, match="expected return over cash and costs above 0 %"):
        MaximumSharpe(constraints=[TradingCosts()]).weights(
            covariance=EQUAL, expected_returns=[0.01] * 4, buy_cost=[0.02] * 4
        )


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ([Net(at_most=1.0)], [0.25] * 4),
        ([Net(at_least=0.5, at_most=0.8)], [0.2] * 4),
        ([Net(at_most=1.0), Bounds(at_most=0.1)], [0.1] * 4),
        ([Net(at_most=1.0), Volatility(at_most=0.05)], [0.125] * 4),  # sqrt(4 w w) 0.2 = 0.4 w
    ],
)
def test_of_portfolios_that_differ_in_size_the_largest(constraints, expected):
    # The size was the solver's before.
    found = MaximumSharpe(constraints=constraints).weights(covariance=EQUAL, expected_returns=[0.1] * 4)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


def test_market_neutral_portfolios_go_to_their_gross_limit():
    found = MaximumSharpe(constraints=[Net(exactly=0.0), Bounds(at_least=-1.0), Gross(at_most=1.6)]).weights(
        covariance=np.diag([0.04, 0.04]), expected_returns=[0.1, 0.0]
    )
    np.testing.assert_allclose(found, [0.8, -0.8], rtol=0, atol=1e-7)


def test_a_portfolio_of_any_size_is_refused():
    with pytest.raises(StrategyError, match="allow a portfolio of any size"):
        MaximumSharpe(constraints=[Net(at_least=0.5)]).weights(covariance=EQUAL, expected_returns=[0.1] * 4)


@pytest.mark.parametrize("net", [Net(at_least=0.5), Net(at_least=-5.0)])
def test_a_programme_without_a_bound(net):
    rng = np.random.default_rng(0)
    with pytest.raises(StrategyError, match="has no bound .* Bound the weights, or their sum"):
        MeanCVaR(tail_aversion=1e-6, constraints=[net]).weights(
            scenarios=0.01 * rng.standard_normal((40, 4)), expected_returns=[0.1] * 4
        )


def test_prices_are_said_in_the_order_of_the_demands():
    answer = MinimumVariance(constraints=[Bounds(at_most={"A": 0.1})]).allocate(Inputs.of(GIVEN))
    assert [one.says for one in answer.prices] == [
        "the sum of weights exactly 100 %",
        "each name at least 0 %",
        "A at most 10 %",
    ]
    # sqrt(0.04 (0.1^2 + 3 0.3^2)) and its slope in A: 0.04 (0.1 - 0.3) / volatility
    volatility = 0.2 * np.sqrt(0.28)
    assert answer.value == pytest.approx(volatility, rel=1e-9)
    assert answer.prices[2].price == pytest.approx(0.04 * 0.2 / volatility, rel=1e-6)
    assert answer.prices[1].price == pytest.approx(0.0, abs=1e-8)
