"""Constructed conflicts: each named by its smallest set of sentences, with amounts a reader can redo by hand.

That a set is smallest is proved by brute force in plain cvxpy: it has no portfolio, and every set of one sentence
fewer has one, be it a part of it or not.
"""

from dataclasses import fields, replace
from itertools import combinations

import cvxpy as cp
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
    MeanCVaR,
    MeanVariance,
    MinimumPosition,
    MinimumTrackingError,
    MinimumVariance,
    Net,
    NumberOfNames,
    Optimiser,
    Participation,
    Short,
    TrackingError,
    TradingCosts,
    Turnover,
    Volatility,
)
from strategies.optimisers.constraints.constraint import Constraint
from strategies.optimisers.ranking import TOPICS
from tests.portfolios import aim, say

GIVEN = {  # four names of a volatility of 20 % that do not move together
    "covariance": np.diag([0.04] * 4),
    "names": ["A", "B", "C", "D"],
    "expected_returns": [0.1, 0.05, 0.05, 0.05],
    "scenarios": np.full((20, 4), -0.05),
    "labels": {
        "sector": ["x", "x", "y", "y"],
        "currency": ["HKD", "HKD", "USD", "USD"],
        "issuer": ["I", "I", "J", "K"],
    },
    "exposures": {"beta": [0.5, 0.5, 1.5, 1.5], "value": [1.0, 1.0, -1.0, -1.0], "momentum": [-1.0, -1.0, 1.0, 1.0]},
    "volume": [1.0] * 4,
}
HEAVY = {"current": [0.7, 0.1, 0.1, 0.1]}
NET, LONG = "net exactly", "each name at least"
SHORTS = Bounds(at_least=-1.0)


def least_variance(*constraints):
    return MinimumVariance(constraints=constraints)


CASES = {
    "caps below one": (
        least_variance(Bounds(at_most=0.2)),
        {},
        {NET: "80 %", "each name at most": "25 %"},
    ),
    "nothing may be held": (
        least_variance(Bounds(at_most=0.0)),
        {},
        {NET: "0 %", "each name at most": "25 %"},
    ),
    "floors above one": (
        least_variance(Bounds(at_least=0.3)),
        {},
        {NET: "120 %", LONG: "25 %"},
    ),
    "a hold list under a cap": (
        least_variance(Bounds(at_most={"A": 0.4}), DoNotTrade(names=["A"], sides="sell")),
        HEAVY,
        {"A at most": "70 %", "not sold": "40 %"},
    ),
    # A has to go from 70 to 40 %, and what it gives has to be bought again: a turnover of 30 %.
    "turnover below what a cap needs": (
        least_variance(Bounds(at_most={"A": 0.4}), Turnover(at_most=0.2)),
        HEAVY,
        {NET: "80 %", "A at most": "50 %", "turnover at most": "30 %"},
    ),
    "a sector's floor over its cap": (
        least_variance(GroupLimits(of="sector", at_least={"x": 0.5}, at_most={"x": 0.4})),
        {},
        {"sector x at least": "40 %", "sector x at most": "50 %"},
    ),
    # The volatility of what is missing of A: 20 % of 70 % less w.
    "tracking error without the heavyweight": (
        least_variance(Bounds(at_most={"A": 0.0}), TrackingError(at_most=0.05)),
        {"benchmark": HEAVY["current"]},
        # 70 % less spread evenly on the three others: 0.2 sqrt(4/3) of what is missing in A.
        {"A at most": "48.3494 %", "tracking error at most": "16.1659 %"},
    ),
    "caps of two sectors below full investment": (
        least_variance(GroupLimits(of="sector", at_most={"x": 0.4, "y": 0.5}), Bounds(at_most=0.9)),
        {},
        {NET: "90 %", "sector x at most": "50 %", "sector y at most": "60 %"},
    ),
    "floors of names above a sector's cap": (
        least_variance(Bounds(at_least={"A": 0.3, "B": 0.3}), GroupLimits(of="sector", at_most={"x": 0.5})),
        {},
        {"A at least": "20 %", "B at least": "20 %", "sector x at most": "60 %"},
    ),
    # Long A by 1 + 3 s, short each other by s: 0.1 + 0.15 s.
    "a target return above the best name": (
        MeanVariance(target_return=0.2),
        {},
        {NET: "200 %", LONG: "-66.6667 %", "expected return at least": "10 %"},
    ),
    "volatility below the least": (
        least_variance(Volatility(at_most=0.05)),
        {},
        {NET: "50 %", "volatility at most": "10 %"},
    ),
    "a target volatility below the least": (
        MeanVariance(target_volatility=0.05),
        {},
        {NET: "50 %", "target volatility at most": "10 %"},
    ),
    # 0.5 + y with a share y of the two of high beta
    "a floor of beta with caps on names of high beta": (
        least_variance(GroupLimits(of="sector", at_most={"y": 0.4}), Exposure(to="beta", at_least=1.2)),
        {},
        {NET: "160 %", "sector y at most": "70 %", "exposure to beta at least": "0.9"},
    ),
    "two lines of an issuer": (
        least_variance(GroupLimits(of="issuer", at_most={"I": 0.3}), Bounds(at_least={"A": 0.2, "B": 0.2})),
        {},
        {"issuer I at most": "40 %", "A at least": "10 %", "B at least": "10 %"},
    ),
    "caps of all issuers below full investment": (
        least_variance(GroupLimits(of="issuer", at_most=0.3)),
        {},
        {NET: "90 %", "issuer I at most": "40 %", "issuer J at most": "40 %", "issuer K at most": "40 %"},
    ),
    "gross below net": (
        least_variance(SHORTS, Gross(at_most=0.8)),
        {},
        {NET: "80 %", "gross at most": "100 %"},
    ),
    "a net that needs more shorts than there may be": (
        least_variance(SHORTS, Net(exactly=-0.5), Short(at_most=0.3)),
        {},
        {NET: "-30 %", "short at most": "50 %"},
    ),
    "a drifted heavyweight that cannot be sold in a day": (
        least_variance(Bounds(at_most={"A": 0.4}), Participation(at_most=0.1)),
        HEAVY,
        {"A at most": "60 %", "participation, sold": "30 %"},
    ),
    # One side of a trade is half of it: without full investment 10 % sold are a turnover of 5 %.
    "turnover used up, and a cap that drift broke": (
        least_variance(Bounds(at_most={"A": 0.6}), Turnover(at_most=0.3)),
        HEAVY | {"turnover_used": 0.4},
        {"A at most": "70 %", "turnover at most": "10 %"},
    ),
    "floors of opposite exposures": (
        least_variance(Exposure(to="value", at_least=0.5), Exposure(to="momentum", at_least=0.0)),
        {},
        {"exposure to value at least": "0", "exposure to momentum at least": "-0.5"},
    ),
    "caps of currencies with a least investment": (
        least_variance(Net(at_least=0.95), GroupLimits(of="currency", at_most={"HKD": 0.3, "USD": 0.6})),
        {},
        {"net at least": "90 %", "currency HKD at most": "35 %", "currency USD at most": "65 %"},
    ),
    "frozen names over a sector's cap": (
        least_variance(DoNotTrade(names=["A", "B"]), GroupLimits(of="sector", at_most={"x": 0.5})),
        {"current": [0.3, 0.3, 0.2, 0.2]},
        {"not traded": "25 %", "sector x at most": "60 %"},
    ),
    "names with their venue shut over a cap": (
        least_variance(DoNotTrade(), Bounds(at_most=0.5)),
        HEAVY | {"tradable": [False, True, True, True]},
        {"not traded (shut)": "50 %", "each name at most": "70 %"},
    ),
    "a target CVaR below the least": (
        MeanCVaR(target_cvar=0.01),
        {},
        {NET: "20 %", "CVaR at most": "5 %"},
    ),
    # All in A: 0.1 less 0.0625 of the benchmark; short each other by s it is 0.0375 + 0.15 s.
    "an active return above the most": (
        MinimumTrackingError(active_return=0.1),
        {"benchmark": [0.25] * 4},
        {NET: "162.5 %", LONG: "-41.6667 %", "active return at least": "3.75 %"},
    ),
    # A volatility of 20 % less 5 %.
    "volatility far from the benchmark's": (
        least_variance(Volatility(at_most=0.12), TrackingError(at_most=0.05)),
        {"benchmark": [1.0, 0.0, 0.0, 0.0]},
        # a of A, the rest even: 0.2 sqrt(a^2 + (1 - a)^2 / 3) of volatility, 0.2 sqrt(4/3) (1 - a) of tracking error.
        {"volatility at most": "15.8681 %", "tracking error at most": "10.6873 %"},
    ),
    "a floor of a sector without names": (
        least_variance(GroupLimits(of="sector", at_least={"z": 0.1})),
        {"absent": ["z"]},
        {"sector z at least": "0 %"},
    ),
    "more names than may be bought": (
        least_variance(NumberOfNames(exactly=3), MinimumPosition(at_least=0.1), DoNotTrade(names=["B", "C"])),
        {"current": [0.5, 0.0, 0.0, 0.5]},
        {"number of names exactly": "2", "each position at least": "0 %", "not traded": "10 %"},
    ),
}


def conflict_of(optimiser, given):
    with pytest.raises(InfeasibleError) as refused:
        optimiser.allocate(given)
    return refused.value.conflict


@pytest.mark.parametrize("case", CASES)
def test_the_smallest_conflict_and_the_limits_that_would_do(case):
    optimiser, more, expected = CASES[case]
    given = Inputs.of(GIVEN | more)
    conflict = conflict_of(optimiser, given)
    assert {one.key: one.instead for one in conflict.clashes} == expected
    assert [one.key for one in conflict.clashes] == [key for key in keyed(optimiser, given) if key in expected]
    for one in conflict.clashes:
        assert one.says in str(conflict)
        assert one.amount > 0.0


@pytest.mark.parametrize("case", CASES)
def test_each_way_out_by_itself_makes_peace(case):
    """Amounts were those of the conflict alone: with them the next demands clashed."""
    optimiser, more, _ = CASES[case]
    given = Inputs.of(GIVEN | more)
    ways = [one for one in conflict_of(optimiser, given).clashes if one.helps]
    assert ways
    for way in ways:
        senses = [1.0] if way.key.endswith("at most") else [-1.0] if way.key.endswith("at least") else [1.0, -1.0]
        if "names" in way.key or "position" in way.key or "shut" in way.key or "bought" in way.key:
            continue  # by whole names, or both ways at once
        found = []
        for sense in senses:
            hair = 1e-6 if len(senses) == 1 else 0.0
            wider = replace(given, relaxed={way.key: sense * (way.amount + hair)})
            try:
                found.append(optimiser.allocate(wider))
            except StrategyError:
                continue
        assert found, way


@pytest.mark.parametrize("case", CASES)
def test_no_fewer_sentences_are_in_conflict(case):
    optimiser, more, expected = CASES[case]
    given = Inputs.of(GIVEN | more)
    every = keyed(optimiser, given)
    assert set(expected) <= set(every)
    assert not has_portfolio(every, expected, given)
    for fewer in combinations(every, len(expected) - 1):
        assert has_portfolio(every, fewer, given), fewer


def keyed(optimiser, given):
    """Give each sentence of a mandate as what says it in plain cvxpy, by key and in order."""
    found = {}
    for one in optimiser.all_constraints:
        found |= single(one, given)
    if isinstance(optimiser, MeanVariance):
        key = "expected return at least" if optimiser.target_return is not None else "target volatility at most"
        found[key] = lambda w: aim(optimiser, given, w)[1]
    elif isinstance(optimiser, MeanCVaR):
        found["CVaR at most"] = lambda w: aim(optimiser, given, w)[1]
    elif isinstance(optimiser, MinimumTrackingError):
        found["active return at least"] = lambda w: [
            given.expected_returns @ (w - given.benchmark) >= optimiser.active_return
        ]
    return found


def single(one, given):
    """Split a constraint into its sentences."""
    sides = [side for side in ("exactly", "at_least", "at_most") if getattr(one, side, None) is not None]
    found = {}
    for side in sides:
        sense, limit = side.replace("_", " "), getattr(one, side)
        pairs = limit if isinstance(limit, tuple) else ()
        if isinstance(one, GroupLimits):
            pairs = pairs or tuple((label, limit) for label in sorted(set(given.labels[one.of])))
            for label, each in pairs:
                found[f"{one.of} {label} {sense}"] = saying(GroupLimits(of=one.of, **{side: {label: each}}), given)
        elif isinstance(one, Bounds) and pairs:
            for name, each in pairs:
                found[f"{name} {sense}"] = saying(Bounds(**{side: {name: each}}), given)
        elif isinstance(one, Participation):
            for verb, sign in (("bought", 1.0), ("sold", -1.0)):
                found[f"participation, {verb}"] = lambda w, s=sign: [
                    s * (w - given.current) <= one.at_most * given.volume
                ]
        elif isinstance(one, Exposure):
            found[f"exposure to {one.to} {sense}"] = saying(Exposure(to=one.to, **{side: limit}), given)
        else:
            found[f"{SUBJECTS[type(one)]} {sense}"] = saying(type(one)(**{side: limit}), given)
    if isinstance(one, DoNotTrade):
        at = [given.names.index(name) for name in one.names or ()]
        at = at or np.flatnonzero(~given.tradable).tolist()
        if one.sides == "sell":
            found["not sold"] = lambda w: [w[at] >= given.current[at]]
        else:
            found["not traded" if one.names else "not traded (shut)"] = lambda w: [w[at] == given.current[at]]
    return found


SUBJECTS = {
    Bounds: "each name",
    Net: "net",
    Gross: "gross",
    Short: "short",
    Volatility: "volatility",
    TrackingError: "tracking error",
    Turnover: "turnover",
    NumberOfNames: "number of names",
    MinimumPosition: "each position",
}


def saying(one, given):
    return lambda w: say(one, given, w, 1.0)


def has_portfolio(every, keys, given):
    w = cp.Variable(given.n_names)
    held = cp.Variable(given.n_names, boolean=True)
    said = [w <= 10.0, w >= -10.0]
    for key in keys:
        if key == "number of names exactly":
            said += [cp.sum(held) == 3, w <= held, w >= 0.0]
        elif key == "each position at least":
            said += [w >= 0.1 * held, w <= held]
        else:
            said += every[key](w)
    has_integers = any(held.id in (v.id for v in one.variables()) for one in said)
    problem = cp.Problem(cp.Minimize(0.0), said)
    problem.solve(solver="HIGHS" if has_integers else "CLARABEL")
    return problem.status in ("optimal", "optimal_inaccurate")


def test_the_topics_of_rankings_are_those_of_constraints_and_optimisers():
    """A ranking may speak of a demand that is not made, by its topic: the list must know all that can be."""
    limits = {"exactly": 1.0, "at_most": 1.0, "at_least": 0.1}
    own = {"of": "sector", "to": "beta"}
    found = set()
    for kind in (Constraint, Optimiser):
        for one in kind.__subclasses__():
            if not one.__module__.startswith("strategies.") or one is TradingCosts:
                continue
            if kind is Optimiser:
                found |= set(one.topics)
                continue
            names = {field.name for field in fields(one)}
            parts = {key: value for key, value in own.items() if key in names}
            sides = [key for key in limits if key in names]
            made = one(**parts, **({sides[-1]: limits[sides[-1]]} if sides else {}))
            found |= set(made.topics)
    assert {"turnover", "sector", "net", "not traded", "CVaR", "each name"} <= found
    missing = {topic for topic in found if not any(topic.startswith(known) for known in TOPICS)}
    assert not missing
