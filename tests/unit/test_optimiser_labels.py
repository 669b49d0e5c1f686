"""Tables of pandas bring names with them: what is labelled differently is refused, not read by place."""

import numpy as np
import pandas as pd
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import Bounds, Inputs, MeanVariance, MinimumVariance

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
