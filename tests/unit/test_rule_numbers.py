"""Rules of a sweep as numbers: the same as by their settings, one by one, and refused in the same words."""

from itertools import product

import numpy as np
import pytest
from pydantic import ValidationError

from backtest.tuning.rule_numbers import FIELDS, rule_numbers
from backtest.tuning.space import space_of
from backtest.tuning.variants import Variants
from data.load import load
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.rules.kernels import Rotations
from strategies.rules.rotating import numbers_of
from strategies.settings import Rotation, Row

FLOW = thesis("flow-momentum")
VALUES = {
    "rule": ["threshold", "linear", "lineal"],
    "enter": [0.0, 1, "0.5", float("inf"), None],
    "exit": [-1.0, 0.0, 1.0],
    "min_share": [0.0, 0.5, -10.1],
    "max_share": [1.0, 0.4, 10.5],
    "speed": [1, 0.0, True],
    "profit_target": [None, 0.2, 0.0, (1,)],
}


def test_every_combination_is_that_of_its_settings_or_in_doubt_where_they_refuse_it():
    """All 4,860: neither check says anything that the other does not."""
    codes = np.array(list(product(*(range(len(one)) for one in VALUES.values()))))
    own = numbers_of(FLOW.rotation, FLOW.volatility)
    found, n_refused = rule_numbers(own, {f"rotation.{name}": one for name, one in VALUES.items()}, codes), 0
    for k, taken in enumerate(codes.tolist()):
        given = {name: one[code] for (name, one), code in zip(VALUES.items(), taken, strict=True)}
        try:
            assert tuple(found[:, k]) == (*Rotation.model_validate(given).numbers, *FLOW.volatility.numbers)
        except ValidationError:
            n_refused += 1
            assert np.isnan(found[:, k]).any(), given
    assert (len(codes), 0 < n_refused < 4_860) == (4_860, True)


def test_what_is_not_varied_and_what_a_table_leaves_out_stays_the_thesis_own():
    space = space_of({"rotation": [{"enter": 2.0, "exit": 0.5}, {"enter": 3.0}], "rotation.speed": [0.5, 1.0]})
    rules = Variants(FLOW, load("tiny"), space).rules
    own = FLOW.rotation
    assert rules[1].tolist() == [2.0, 2.0, 3.0, 3.0]
    assert rules[2].tolist() == [0.5, 0.5, own.exit, own.exit]
    assert rules[3].tolist() == [own.min_share] * 4
    assert rules[5].tolist() == [0.5, 1.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({"rotation.enter": [0.5, 1.0, 1.5], "rotation.exit": [0.0, 0.7]}, "exit 0.7 must be below enter 0.5"),
        ({"rotation.speed": [0.5, 1.5, 2.0]}, "1.5"),
        ({"rotation.min_share": [0.1, 0.6], "rotation.max_share": [0.9, 0.5]}, "min_share 0.6 is above max_share 0.5"),
        ({"rotation.entr": [0.5]}, "entr"),
    ],
)
def test_the_first_rule_at_fault_is_refused_in_the_words_of_its_settings(grid, said):
    with pytest.raises(StrategyError, match=said):
        _ = Variants(FLOW, load("tiny"), space_of(grid)).rules


def test_of_a_quarter_of_a_million_rules_none_is_made_by_itself(monkeypatch):
    grid = {"rotation.enter": "0.5:2:500", "rotation.exit": "-1:0.4:500"}
    swept = Variants(FLOW, load("tiny"), space_of(grid))
    made, real = [], Rotation.model_validate
    monkeypatch.setattr(Rotation, "model_validate", lambda *given, **named: made.append(1) or real(*given, **named))
    assert swept.rules.shape == (12, 250_000)
    assert not made


def test_rows_are_named_as_the_settings_and_the_kernel_name_them():
    named = [name.lower() for name in Row.__members__]
    assert named == ["is_linear" if one == "rotation.rule" else _plain(one) for one in FIELDS]
    kernel = list(Rotations._fields[3 : 3 + len(Row)])
    assert kernel == ["leave" if one == "exit" else one for one in named]


def _plain(field):
    key = field.partition(".")[2]
    return f"volatility_{key}" if field == "volatility.target" else key
