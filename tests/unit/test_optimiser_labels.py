"""Tables of pandas bring names with them: what is labelled differently is refused, not read by place."""

import numpy as np
import pandas as pd
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import Bounds, Exposure, GroupLimits, Inputs, MeanVariance, MinimumVariance

NAMES = ["a", "b", "c"]
COVARIANCE = np.array([[0.09, 0.02, 0.01], [0.02, 0.04, 0.01], [0.01, 0.01, 0.02]])
TABLE = pd.DataFrame(COVARIANCE, index=NAMES, columns=NAMES)
BEST = MeanVariance(risk_aversion=1.0)


def test_names_are_those_of_the_tables():
    given = Inputs.of({"covariance": TABLE, "expected_returns": pd.Series([0.1, 0.2, 0.3], index=NAMES)})
    assert given.names == ("a", "b", "c")
    assert MinimumVariance(constraints=[Bounds(at_most={"c": 0.1})]).weights(covariance=TABLE)[2] == pytest.approx(0.1)


def test_labels_that_are_numbers_say_nothing():
    plain = pd.DataFrame(COVARIANCE)
    assert Inputs.of({"covariance": plain}).names == ("name 1", "name 2", "name 3")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"covariance": TABLE, "expected_returns": pd.Series({"c": 0.3, "b": 0.2, "a": 0.1})},
            "At place 1 'c' stands in the index of expected_returns, and 'a' in the columns of covariance: bring all",
        ),
        (
            {"covariance": TABLE[["a", "c", "b"]]},
            "At place 2 'b' stands in the rows of covariance, and 'c' in the columns of",
        ),
        ({"covariance": TABLE, "names": ["c", "b", "a"]}, "At place 1 'c' stands in the names, and 'a' in a table"),
        (
            {"covariance": TABLE, "current": pd.Series([0.5, 0.5, 0.0], index=["a", "b", "x"])},
            "At place 3 'x' stands in the index of current, and 'c' in the columns of covariance",
        ),
        (
            {"covariance": TABLE, "exposures": {"beta": pd.Series([1.0, 1.0, 2.0], index=["b", "a", "c"])}},
            "At place 1 'b' stands in the index of exposures 'beta'",
        ),
        (
            {"covariance": TABLE, "scenarios": pd.DataFrame(np.zeros((5, 2)), columns=["a", "b"])},
            "There are 2 in the columns of scenarios, and 3 in the columns of covariance",
        ),
    ],
)
def test_tables_that_are_labelled_differently_are_refused(parts, message):
    with pytest.raises(StrategyError, match=message):
        BEST.weights(**{"expected_returns": [0.1, 0.2, 0.3]} | parts)


def test_many_steps_are_held_to_the_labels_too():
    steps = [TABLE, TABLE * 2.0]
    returns = pd.DataFrame([[0.1, 0.2, 0.3]] * 2, columns=["c", "b", "a"])
    with pytest.raises(StrategyError, match="At place 1 'c' stands in the columns of expected_returns"):
        BEST.weights_over(covariance=steps, expected_returns=returns)
    named = BEST.weights_over(covariance=steps, expected_returns=returns[["a", "b", "c"]].set_axis(NAMES, axis=1))
    assert named.shape == (2, 3)
    with pytest.raises(StrategyError, match="At place 1 'c' stands in the names, and 'a' in a table"):
        MinimumVariance().weights_over(covariance=steps, names=["c", "b", "a"])


@pytest.mark.parametrize("exposures", [pd.DataFrame({"beta": [1.0, 2.0]}), pd.Series([1.0, 2.0]), np.eye(2)])
def test_exposures_that_are_a_table_are_refused(exposures):
    with pytest.raises(StrategyError, match="exposures is .*; want a mapping"):
        MinimumVariance().weights(covariance=np.eye(2), exposures=exposures)


ABC = ("A", "B", "C")


def capped(**parts):
    limits = [GroupLimits(of="sector", at_most=0.6)] if "labels" in parts else [Exposure(to="beta", at_most=0.9)]
    return MinimumVariance(constraints=limits).weights(covariance=COVARIANCE, names=ABC, **parts)


def test_labels_and_exposures_by_name_go_to_their_names():
    """A mapping's keys were taken for labels, and a Series in another order for one in this order."""
    in_order = capped(labels={"sector": ["X", "Y", "Y"]})
    assert in_order[1:].sum() == pytest.approx(0.6, abs=1e-7)
    by_name = {"C": "Y", "B": "Y", "A": "X"}
    np.testing.assert_array_equal(capped(labels={"sector": by_name}), in_order)
    np.testing.assert_array_equal(capped(labels={"sector": pd.Series(by_name)[::-1]}), in_order)
    betas = {"C": 0.8, "B": 1.0, "A": 1.5}
    np.testing.assert_array_equal(capped(exposures={"beta": betas}), capped(exposures={"beta": [1.5, 1.0, 0.8]}))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"labels": {"sector": pd.Series({"C": "Y", "B": "Y", "A": "X"})}}, "At place 1 'C' stands in labels 'sector'"),
        ({"labels": {"sector": {"A": "X", "B": "Y"}}}, "labels 'sector' lacks 'C'; give one value for each of the 3"),
        ({"labels": {"sector": {"A": "X", "B": "Y", "C": "Y", "D": "Y"}}}, "labels 'sector' has 'D'; give one value"),
        ({"labels": {"sector": {"X", "Y", "Z"}}}, "want a text for each name, in their order"),
        ({"labels": pd.DataFrame({"sector": ["X", "Y", "Y"]}, index=ABC)}, "labels is DataFrame; want a mapping"),
        ({"exposures": {"beta": {"A": 1.5, "B": 1.0}}}, "exposures 'beta' lacks 'C'"),
    ],
)
def test_values_by_other_names_are_refused(parts, message):
    with pytest.raises(StrategyError, match=message):
        capped(**parts)
