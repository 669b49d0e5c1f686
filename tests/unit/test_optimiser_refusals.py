"""Bad inputs and bad limits: only StrategyError comes out, in words, and never a weight that is no number."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    DoNotTrade,
    Exposure,
    Gross,
    GroupLimits,
    MaximumSharpe,
    MeanCVaR,
    MeanVariance,
    MinimumCVaR,
    MinimumPosition,
    MinimumTrackingError,
    MinimumVariance,
    Net,
    NumberOfNames,
    Participation,
    RiskParity,
    Short,
    TrackingError,
    TradingCosts,
    Turnover,
    Volatility,
)
from tests.portfolios import OPTIMISERS

TWO = [[0.04, 0.01], [0.01, 0.09]]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({}, "An optimiser needs at least one of expected_returns, covariance and scenarios"),
        ({"expected_returns": [0.1, 0.1]}, "MinimumVariance needs covariance, and none was given"),
        ({"covarianc": TWO}, "Unknown input 'covarianc'; want one of expected_returns, covariance"),
        ({"covariance": []}, r"covariance has shape \(0,\)"),
        ({"covariance": [[]]}, r"covariance has shape \(1, 0\)"),
        ({"covariance": 0.04}, r"covariance has shape \(\); want rows of one number a name"),
        ({"covariance": "abc"}, r"covariance has shape \(\)"),
        ({"covariance": [["a", "b"], ["c", "d"]]}, "covariance holds something that is no number"),
        ({"covariance": [[1.0, 2.0], [3.0]]}, "covariance has rows of different lengths"),
        ({"covariance": np.array(TWO) + 0j}, "covariance holds"),
        ({"covariance": [[0.04, 0.01]]}, r"covariance has shape \(1, 2\), and there are 2 names"),
        (
            {"covariance": [[0.04, np.nan], [np.nan, 0.09]]},
            "covariance of name 2 in row 0: nan; give a finite number",
        ),
        ({"covariance": [[0.04, 0.01], [0.01, np.inf]]}, "covariance of name 2 in row 1: inf"),
        ({"covariance": [[0.04, 0.01], [0.02, 0.09]]}, "The covariance is not symmetric"),
        ({"covariance": [[0.04, 0.0], [0.0, 0.0]]}, "The variance of name 2 is 0"),
        ({"covariance": [[0.04, 0.0], [0.0, -0.1]]}, "The variance of name 2 is -0.1"),
        ({"covariance": [[0.04, 0.05], [0.05, 0.04]]}, "The covariance is indefinite"),
        ({"covariance": [[1e-12, 0.0], [0.0, 1.0]]}, "The volatility of name 2 is 1e\\+06 times that of name 1"),
        ({"covariance": TWO, "names": ["A"]}, "1 names for 2 columns"),
        ({"covariance": TWO, "names": ["A", "A"]}, "give each column one name of its own"),
        ({"covariance": TWO, "names": "AB"}, "names: 'AB'; want a text for each name"),
        ({"covariance": TWO, "names": 3}, "names: 3; want a text for each name"),
        ({"covariance": TWO, "names": ["A", None]}, "names: none at place 2"),
        ({"covariance": TWO, "expected_returns": [0.1]}, r"expected_returns has shape \(1,\), and there are 2 names"),
        ({"covariance": TWO, "expected_returns": [0.1, None]}, "expected_returns of name 2: nan"),
        ({"covariance": TWO, "current": [0.5, "x"]}, "current holds something that is no number"),
        ({"covariance": TWO, "current": [50.0, 1e12]}, "current of name 2 is 1e\\+12; want a number from -100 to 100"),
        ({"covariance": TWO, "volume": [-1.0, 1.0]}, "volume of name 1 is -1; want a number from 0 to inf"),
        ({"covariance": TWO, "tradable": [1, 0]}, "want True or False for each of 2 names"),
        ({"covariance": TWO, "tradable": [[True], [True, False]]}, "tradable has rows of different lengths"),
        ({"covariance": TWO, "labels": ["a", "b"]}, "labels is list; want a mapping"),
        ({"covariance": TWO, "labels": {"sector": ["a"]}}, "1 labels of kind 'sector', and there are 2 names"),
        ({"covariance": TWO, "labels": {"sector": ["a", None]}}, "labels of kind 'sector': none at place 2"),
        (
            {"covariance": TWO, "labels": {"sector": ["a", float("nan")]}},
            "labels of kind 'sector': none at place 2",
        ),
        ({"covariance": TWO, "exposures": {"beta": [1.0]}}, r"beta has shape \(1,\)"),
        ({"covariance": TWO, "exposures": [1.0, 1.0]}, "exposures is list; want a mapping"),
        ({"covariance": TWO, "turnover_used": "much"}, "turnover_used is 'much'; want a number, zero or more"),
        ({"covariance": TWO, "turnover_used": -0.1}, "turnover_used is -0.1; want a number, zero or more"),
        ({"covariance": TWO, "turnover_used": float("nan")}, "turnover_used is nan"),
    ],
)
def test_inputs_that_are_none(parts, says):
    with pytest.raises(StrategyError, match=says):
        MinimumVariance().weights(**parts)


def test_names_may_be_an_array():
    # They were dropped in silence before.
    found = MinimumVariance(constraints=[Bounds(at_most={"B": 0.1})])
    np.testing.assert_allclose(found.weights(covariance=TWO, names=np.array(["A", "B"])), [0.9, 0.1], atol=1e-8)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: MinimumVariance(constraints=Bounds(at_most=0.5)), "constraints is Bounds.*; want a list"),
        (lambda: MinimumVariance(constraints=None), "constraints is None; want a list"),
        (lambda: MinimumVariance(constraints=["cap"]), "constraints holds 'cap'; want constraints"),
        (lambda: MinimumVariance(constraints=[NumberOfNames(exactly=3)]), "exactly=3. needs a MinimumPosition"),
        (lambda: MinimumVariance(when_infeasible="relax"), "when_infeasible is 'relax'; want 'raise', 'hold', or"),
        (lambda: MinimumVariance(when_infeasible=None), "when_infeasible is None; want a list"),
        (Bounds, "Bounds without at_least and at_most say nothing"),
        (lambda: Bounds(at_most="10 %"), "at_most is '10 %'; want a number"),
        (lambda: Bounds(at_most=True), "at_most is True; want a number"),
        (lambda: Bounds(at_most=float("nan")), "at_most is nan; want a number from -1e\\+06 to 1e\\+06"),
        (lambda: Bounds(at_most=1e7), "at_most is 1e\\+07; want a number from"),
        (lambda: Bounds(at_most={"A": None}), "at_most of A is None; want a number"),
        (lambda: Bounds(at_most=(1, 2)), r"at_most is \(1, 2\); want a number, or a mapping"),
        (
            lambda: MinimumVariance(constraints=[Bounds(at_least={"A": -0.5})]),
            "Bounds give A a floor below zero and no floor for every name",
        ),
        (lambda: GroupLimits(of="sector"), "GroupLimits of 'sector' without at_least and at_most say nothing"),
        (lambda: GroupLimits(of=["sector"], at_most=0.1), "want a kind of label"),
        (lambda: GroupLimits(of="sector", at_most={"x": "much"}), "sector at_most of x is 'much'"),
        (Net, "Net takes exactly=..., or at_least=... and at_most=..."),
        (lambda: Net(exactly=1.0, at_most=1.0), "Net takes exactly=..., or"),
        (lambda: Net(exactly="all"), "Net exactly is 'all'; want a number"),
        (lambda: Gross(at_most=-0.1), "Gross at_most is -0.1; want a number from 0"),
        (lambda: Short(at_most=-0.1), "Short at_most is -0.1; want a number from 0"),
        (lambda: Volatility(at_most=-0.1), "Volatility at_most is -0.1; want a number from 0"),
        (lambda: TrackingError(at_most=float("inf")), "TrackingError at_most is inf"),
        (lambda: Turnover(at_most=-0.1), "Turnover at_most is -0.1"),
        (lambda: Participation(at_most=-0.1), "Participation at_most is -0.1"),
        (lambda: Participation(at_most=0.1, days=-1), "Participation days is -1"),
        (lambda: Exposure(to="beta"), "Exposure to 'beta' without at_least and at_most says nothing"),
        (lambda: Exposure(to=["beta"], at_most=1.0), "want the name of a factor"),
        (lambda: DoNotTrade(names="A"), "names is 'A'; want a list of names"),
        (lambda: DoNotTrade(names=3), "names is 3; want a list of names"),
        (lambda: DoNotTrade(sides="hold"), "sides is 'hold'; want 'both', 'buy' or 'sell'"),
        (lambda: TradingCosts(horizon=0.0), "TradingCosts horizon is 0; want a number from 1e-09"),
        (lambda: TradingCosts(risk_aversion=-1.0), "TradingCosts risk_aversion is -1"),
        (NumberOfNames, r"NumberOfNames takes at_most=... or exactly=..."),
        (lambda: NumberOfNames(at_most=0), "NumberOfNames at_most is 0; want a whole number, one or more"),
        (lambda: NumberOfNames(at_most=2.5), "NumberOfNames at_most is 2.5; want a whole number"),
        (lambda: NumberOfNames(at_most="two"), "NumberOfNames at_most is 'two'; want a number"),
        (lambda: NumberOfNames(exactly=float("nan")), "NumberOfNames exactly is nan"),
        (lambda: MinimumPosition(at_least=0.0), "MinimumPosition at_least is 0; want a number from 1e-06 to 1"),
        (MeanVariance, "MeanVariance takes exactly one of risk_aversion, target_return, target_volatility"),
        (lambda: MeanVariance(risk_aversion=1.0, target_return=0.1), "given: risk_aversion, target_return"),
        (lambda: MeanVariance(risk_aversion=0.0), "risk_aversion is 0; want a number from 1e-09"),
        (MeanCVaR, "MeanCVaR takes exactly one of tail_aversion and target_cvar"),
        (lambda: MinimumCVaR(level=1.0), "level is 1; want a number from 0.5 to 0.9999"),
        (lambda: MaximumSharpe(risk_free="cash"), "risk_free is 'cash'; want a number"),
        (lambda: RiskParity(budgets=[0.5, 0.0]), "Risk budgets are above zero"),
        (lambda: RiskParity(budgets=[]), "Risk budgets are above zero"),
        (lambda: RiskParity(budgets=3), "A risk budget is wanted for each name; given: 3"),
        (lambda: MinimumTrackingError(benchmark=0.5), "A benchmark weight is wanted for each name; given: 0.5"),
        (lambda: MinimumTrackingError(benchmark=[0.5, "x"]), "A benchmark weight is 'x'; want a number"),
    ],
)
def test_limits_that_are_none(build, says):
    with pytest.raises(StrategyError, match=says):
        build()


@pytest.mark.parametrize(
    ("optimiser", "says"),
    [
        (RiskParity(budgets=[1.0, 2.0, 3.0]), "3 risk budgets for 2 names"),
        (MinimumTrackingError(benchmark=[1.0]), "1 benchmark weights for 2 names"),
        (MinimumTrackingError(), "MinimumTrackingError needs a benchmark"),
        (MinimumCVaR(), "CVaR needs scenarios, and none was given"),
        (MinimumCVaR(target_return=0.1), "CVaR needs scenarios"),
        (MeanVariance(risk_aversion=1.0), "MeanVariance needs expected_returns"),
        (MinimumVariance(constraints=[Volatility(at_most=0.1), Exposure(to="beta", at_most=1.0)]), "given: none"),
    ],
)
def test_what_does_not_fit_the_names(optimiser, says):
    with pytest.raises(StrategyError, match=says):
        optimiser.weights(covariance=TWO)


def test_a_group_that_is_misspelt():
    """Its cap was taken for one of a group that has no name now, and kept by all."""
    limits = [GroupLimits(of="sector", at_most={"Tech": 0.4})]
    with pytest.raises(StrategyError, match="speak of sector 'Tech', and no name is of it; given: banks, tech"):
        MinimumVariance(constraints=limits).weights(covariance=TWO, labels={"sector": ["tech", "banks"]})


def test_a_thin_tail():
    with pytest.raises(StrategyError, match="19 scenarios have less than one in the worst 5 %: give 20 or more"):
        MinimumCVaR(level=0.95).weights(scenarios=np.zeros((19, 2)))


@pytest.mark.parametrize(
    "constraint",
    [
        Exposure(to="size", at_least=1e5),
        Net(exactly=-1e6),
        Bounds(at_least=1e6),
        Bounds(at_most=-1e6),
        GroupLimits(of="sector", at_least=1e5),
    ],
)
def test_limits_out_of_reach_are_not_said_to_be_kept(constraint):
    # The error said that no solver could, though the demands could be kept.
    with pytest.raises(StrategyError, match="out of reach of any portfolio whose weights lie between -100 and 100"):
        MinimumVariance(constraints=[constraint]).weights(
            covariance=TWO, exposures={"size": [25.0, 24.0]}, labels={"sector": ["x", "y"]}
        )


numbers = st.one_of(
    st.sampled_from(
        [0.0, -0.0, 1e-12, -1e-12, 1e12, -1e12, 1e-300, 1e300, float("nan"), float("inf"), None, "x", True]
    ),
    st.floats(-2.0, 2.0),
)


@st.composite
def demands(draw):
    """Constraints with limits from anywhere; what is refused at once is left out."""
    kinds = {
        "bounds": lambda: Bounds(at_least=draw(numbers), at_most=draw(numbers)),
        "named": lambda: Bounds(at_most={"name 1": draw(numbers)}),
        "groups": lambda: GroupLimits(of="sector", at_least=draw(numbers), at_most=draw(numbers)),
        "net": lambda: Net(at_least=draw(numbers), at_most=draw(numbers)),
        "gross": lambda: Gross(at_most=draw(numbers)),
        "volatility": lambda: Volatility(at_most=draw(numbers)),
        "error": lambda: TrackingError(at_most=draw(numbers)),
        "beta": lambda: Exposure(to="beta", at_least=draw(numbers), at_most=draw(numbers)),
        "turnover": lambda: Turnover(at_most=draw(numbers)),
        "participation": lambda: Participation(at_most=draw(numbers)),
        "costs": lambda: TradingCosts(risk_aversion=draw(numbers)),
    }
    found = []
    for kind in draw(st.lists(st.sampled_from(sorted(kinds)), max_size=3, unique=True)):
        try:
            found.append(kinds[kind]())
        except StrategyError:
            continue
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(OPTIMISERS)), demands(), st.data(), st.integers(1, 3), st.sampled_from(["raise", "hold"]))
def test_only_refusals_come_out(name, constraints, data, n, when):
    sound = st.lists(st.sampled_from([0.01, 0.1, 0.3, 1.0]), min_size=n, max_size=n)
    plain = st.one_of(sound, sound, sound, st.lists(numbers, min_size=n, max_size=n))
    size = data.draw(st.sampled_from([1e-12, 1.0, 1e12]))
    root = np.random.default_rng(n).standard_normal((n, n + 1))
    parts = {
        "covariance": size * (root @ root.T),
        "scenarios": np.sqrt(size) * np.random.default_rng(n).standard_normal((20, n)),
        "labels": {"sector": ["x"] * n},
        "exposures": {"beta": data.draw(plain)},
        **{key: data.draw(plain) for key in ("expected_returns", "current", "benchmark", "volume", "buy_cost")},
    }
    found = np.zeros(n)
    with suppress(StrategyError):
        found = replace(OPTIMISERS[name](constraints), when_infeasible=when).weights(**parts)
    assert found.shape == (n,)
    assert np.isfinite(found).all()
