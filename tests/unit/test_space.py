"""What a sweep varies: by hand."""

import http
import time

import numpy as np
import pandas as pd
import pytest

from backtest.config import FlatCosts
from backtest.tuning.grids.parameter_values import OWN
from backtest.tuning.space import Space, space_of
from strategies.catalogue import thesis


def rows(space: Space) -> list[dict[str, object]]:
    return [space.settings(k) for k in range(space.n)]


def values(given: object) -> list[object]:
    return list(space_of({"rotation.enter": given}).values[0])


# ------------------------------------------------------------------------------------------ dimensions


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([20, 40], [20, 40]),
        ((0.5, 1), [0.5, 1]),
        (range(2, 8, 2), [2, 4, 6]),
        (np.array([1.5, 2.5]), [1.5, 2.5]),
        ([np.int64(3), np.float64(0.5), np.bool_(True)][:2], [3, 0.5]),
        (pd.Series([20, 40]), [20, 40]),
        ([http.HTTPStatus.OK], [200]),  # an int by another name
        ([None, 0.2], [None, 0.2]),
        (["week", 5], ["week", 5]),
        ("venue", ["venue"]),
        (0.25, [0.25]),
        ("20:60:3", [20, 40, 60]),
        ("0:1:11", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        ("-1:1:5", [-1.0, -0.5, 0.0, 0.5, 1.0]),
        (" 0.5 : 1.5 : 3 ", [0.5, 1.0, 1.5]),
        ("7:7:1", [7]),
        ("1e1:3e1:3", [10, 20, 30]),
        ("log:1:1000:4", [1, 10, 100, 1000]),
        ("log:0.01:1:3", [0.01, 0.1, 1.0]),
        ("log:2:2:1", [2]),
    ],
)
def test_the_values_of_a_parameter(given, expected):
    found = values(given)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_values_are_kept_as_a_thesis_takes_them():
    space = space_of({"run.costs": ["none", {"bps": 10}, FlatCosts(bps=25)], "baskets.source": [["big-seven", "SPY"]]})
    assert space.values == (("none", {"bps": 10}, {"bps": 25.0}), (("big-seven", "SPY"),))
    changed = thesis("flow-momentum").replace(space.settings(1))
    assert changed.run["costs"] == {"bps": 10}
    assert changed.baskets.source == ("big-seven", "SPY")


def test_a_section_may_stand_above_its_parameters():
    nested = {"signal": {"lookback": [20, 40]}, "rotation": {"enter": "0:1:3", "exit": [-1]}}
    dotted = {"signal.lookback": [20, 40], "rotation.enter": "0:1:3", "rotation.exit": [-1]}
    assert space_of(nested) == space_of(dotted)
    assert space_of(nested).names == ("signal.lookback", "rotation.enter", "rotation.exit")


# ------------------------------------------------------------------------------------------ order


def test_the_last_parameter_runs_fastest():
    space = space_of({"signal.lookback": [20, 40], "rotation.enter": [0.5, 1.0, 1.5]})
    assert space.names == ("signal.lookback", "rotation.enter")
    assert space.n == 6
    assert space.codes(0, 6).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert space.codes(2, 4).tolist() == [[0, 2], [1, 0]]
    assert space.codes(3, 3).shape == (0, 2)
    assert space.settings(4) == {"signal.lookback": 40, "rotation.enter": 1.0}


def test_keys_of_a_section_vary_together_and_what_a_table_leaves_out_stays_the_thesis_own():
    tables = [{"kind": "equal"}, {"kind": "inverse_volatility", "lookback": 60}, {"lookback": 20}]
    space = space_of({"allocation": tables, "rotation.enter": [0.5, 1.0]})
    assert space.names == ("allocation.kind", "allocation.lookback", "rotation.enter")
    assert space.values == (("equal", "inverse_volatility", OWN), (OWN, 60, 20), (0.5, 1.0))
    assert space.codes(0, 6).tolist() == [[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1], [2, 2, 0], [2, 2, 1]]
    assert space.settings(0) == {"allocation.kind": "equal", "rotation.enter": 0.5}
    assert space.settings(5) == {"allocation.lookback": 20, "rotation.enter": 1.0}
    columns = space.columns(0, 6)
    np.testing.assert_array_equal(columns["allocation.lookback"], [np.nan, np.nan, 60, 60, 20, 20])
    assert pd.Series(columns["allocation.kind"]).isna().tolist() == [False, False, False, False, True, True]


def test_conditions_leave_out_and_nothing_else_moves():
    grid = {"rotation.enter": [0.0, 1.0], "signal.lookback": [20, 40], "rotation.exit": [-1.0, 0.0, 1.0]}
    space = space_of(grid | {"conditions": ["rotation.exit < rotation.enter", "signal.lookback != 20"]})
    assert [tuple(one.values()) for one in rows(space)] == [(0.0, 40, -1.0), (1.0, 40, -1.0), (1.0, 40, 0.0)]
    assert space.codes(1, 3).tolist() == [[1, 1, 0], [1, 1, 1]]


def test_parts_of_a_long_space_with_conditions_are_those_of_the_whole():
    # 300 x 300 x 2 combinations span several blocks of bits.
    space = space_of({"run.impact": "1:300:300", "run.borrow_fee": "1:300:300", "run.shorts": [True, False],
                      "conditions": "run.impact < run.borrow_fee"})  # fmt: skip
    assert space.n == 300 * 299 // 2 * 2
    whole = space.codes(0, space.n)
    assert (whole[:, 0] < whole[:, 1]).all()
    assert len(np.unique(whole, axis=0)) == space.n
    for first, last in ((0, 1), (65_000, 66_000), (space.n - 1, space.n), (space.n, space.n), (12_345, 80_000)):
        np.testing.assert_array_equal(space.codes(first, last), whole[first:last])


# ------------------------------------------------------------------------------------------ conditions


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("schedule.every == 'week'", ["week"]),
        ("schedule.every != 'week'", [2, 5, None]),
        ("schedule.every in ['week', 5]", ["week", 5]),
        ("schedule.every not in ('week', 5)", [2, None]),
        ("schedule.every < 5", [2]),  # "week" and None are in no order with 5
        ("not schedule.every < 5", ["week", 5, None]),
        ("2 <= schedule.every <= 5", [2, 5]),
        ("schedule.every == None or schedule.every > -3", [2, 5, None]),
        ("schedule.every == 'week' and run.initial_capital * 2 == 2e6", ["week"]),
        ("schedule.every == 5 or run.shorts", [5]),
        ("schedule.every == 5 or not (-run.initial_capital + 5 // 2 - 7 % 3) / 4 < 0", [5]),
    ],
)
def test_what_a_condition_keeps(condition, kept):
    base = {"run.initial_capital": 1e6, "run.shorts": False}.__getitem__
    space = space_of({"schedule.every": ["week", 2, 5, None], "conditions": condition}, base)
    assert [one["schedule.every"] for one in rows(space)] == kept


def test_a_parameter_of_true_and_false_is_a_condition_by_itself():
    assert rows(space_of({"run.shorts": [True, False], "conditions": "not run.shorts"})) == [{"run.shorts": False}]


# ------------------------------------------------------------------------------------------ draws


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_draws_are_within_bounds_and_repeat(method):
    grid = {
        "rotation.enter": {"uniform": [0.5, 1.5]},
        "signal.lookback": {"integers": [10, 12]},
        "rotation.speed": {"log_uniform": [0.01, 1.0]},
        "schedule.every": ["week", "month"],
        "schedule.offset": {"choice": [0, 2]},
        "draw": {"method": method, "n": 1000, "seed": 7},
    }
    space = space_of(grid)
    assert (space.n, space.codes(0, 1000).shape) == (1000, (1000, 5))
    columns = space.columns(0, 1000)
    enter, speed = columns["rotation.enter"], columns["rotation.speed"]
    assert 0.5 <= enter.min() < 0.51
    assert 1.49 < enter.max() <= 1.5
    # Half of log-uniform draws from 0.01 to 1 lie below 0.1: 500 of 1000, give or take four deviations of 15.8.
    assert abs((speed < 0.1).sum() - 500) < 64
    assert space.values[1] == (10, 11, 12)
    assert all(type(value) is int for value in space.values[1])
    assert np.bincount(columns["signal.lookback"])[10:].min() > 333 - 60
    assert set(columns["schedule.every"]) == {"week", "month"}
    assert list(space.values[0]) == sorted(space.values[0])
    again = space_of(grid)
    assert again == space
    np.testing.assert_array_equal(again.codes(0, 1000), space.codes(0, 1000))
    assert space_of(grid | {"draw": grid["draw"] | {"seed": 8}}).digest != space.digest


def test_a_sobol_sequence_puts_one_point_into_each_of_its_intervals():
    space = space_of({"rotation.enter": {"uniform": [0, 1]}, "rotation.exit": {"uniform": [0, 1]},
                      "draw": {"n": 64, "seed": 1}})  # fmt: skip
    enter = space.columns(0, 64)["rotation.enter"]
    assert sorted(np.floor(enter * 64).astype(int)) == list(range(64))


def test_a_longer_draw_begins_with_the_shorter_one():
    grid = {"rotation.enter": {"uniform": [0, 1]}, "rotation.speed": {"log_uniform": [0.1, 1]}}
    short, long = (space_of(grid | {"draw": {"n": n, "seed": 3}}) for n in (100, 1000))
    np.testing.assert_array_equal(short.columns(0, 100)["rotation.speed"], long.columns(0, 100)["rotation.speed"])


def test_drawn_candidates_that_miss_a_condition_are_left_out():
    grid = {"rotation.enter": {"uniform": [0, 1]}, "rotation.exit": {"uniform": [0, 1]}, "draw": {"n": 500, "seed": 3}}
    free, held = space_of(grid), space_of(grid | {"conditions": "rotation.exit < rotation.enter"})
    whole = pd.DataFrame(free.columns(0, 500))
    kept = whole[whole["rotation.exit"] < whole["rotation.enter"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(held.columns(0, held.n)), kept)
    assert 200 < held.n < 300


# ------------------------------------------------------------------------------------------ groups


def test_combinations_of_some_parameters_that_occur():
    space = space_of(
        {"rotation.enter": [0, 1, 2], "signal.lookback": [20, 40], "rotation.exit": [0, 1, 2], "run.shorts": [True]}
        | {"conditions": ["rotation.exit < rotation.enter", "signal.lookback > 20 or rotation.enter == 2"]}
    )
    assert space.distinct(("rotation.enter",)).tolist() == [[1], [2]]
    assert space.distinct(("rotation.exit", "rotation.enter")).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert space.distinct(("rotation.enter", "signal.lookback")).tolist() == [[1, 1], [2, 0], [2, 1]]
    assert space.distinct(()).shape == (1, 0)
    members, combinations = space.groups(("rotation.enter", "signal.lookback"), 1, space.n)
    np.testing.assert_array_equal(combinations[members], space.codes(1, space.n)[:, [0, 1]])
    assert space.settings_of(("rotation.enter", "signal.lookback"), combinations[0]) == {
        "rotation.enter": 1,
        "signal.lookback": 40,
    }


def test_tables_that_agree_on_a_key_share_a_group():
    tables = [{"kind": "b", "lookback": 9}, {"kind": "a", "lookback": 8}, {"kind": "b", "lookback": 7}]
    space = space_of({"allocation": tables, "rotation.enter": [0, 1]})
    assert space.distinct(("allocation.kind",)).tolist() == [[0], [1]]
    members, _ = space.groups(("allocation.kind", "rotation.enter"), 0, 6)
    assert members.tolist() == [0, 1, 2, 3, 0, 1]


def test_groups_of_many_drawn_parameters_pass_no_int64():
    names = [f"run.x{k}" for k in range(8)]
    grid = {name: {"uniform": [0, 1]} for name in names} | {"schedule.every": ["week", "month"]}
    space = space_of(grid | {"draw": {"method": "random", "n": 3000, "seed": 5}})
    members, combinations = space.groups(names, 0, 3000)
    assert sorted(members) == list(range(3000))  # 3000^8 combinations are possible
    np.testing.assert_array_equal(combinations[members], space.codes(0, 3000)[:, :8])
    assert space.groups(["schedule.every"], 0, 3000)[1].tolist() == [[0], [1]]


# ------------------------------------------------------------------------------------------ columns, digest, size


def test_columns_have_the_types_of_the_whole_space():
    space = space_of(
        {
            "signal.lookback": [20, 40],
            "rotation.enter": [1, 1.5],
            "rotation.profit_target": [None, 0.2],
            "run.shorts": [False, True],
            "strategy.every": ["week", 5, "5", None],
            "run.costs": ["none", {"bps": 10}],
            "baskets.source": [["A", "B"], "C"],
        }
    )
    columns = space.columns(space.n - 2, space.n)
    assert [str(columns[name].dtype) for name in space.names] == [
        "int64", "float64", "float64", "bool", "category", "category", "category",
    ]  # fmt: skip
    assert list(columns["strategy.every"].categories) == ["'week'", "5", "'5'"]
    assert pd.isna(columns["strategy.every"]).all()
    assert list(columns["run.costs"]) == ["bps = 10"] * 2
    assert list(columns["baskets.source"]) == ["A + B", "C"]


def test_the_frame_of_all_candidates_is_their_columns(monkeypatch):
    grid = {
        "allocation": [{"kind": "equal"}, {"kind": "inverse_volatility", "lookback": 60}],
        "rotation.profit_target": [None, 0.05],
        "rotation.exit": "-1:1:5",
        "conditions": ["rotation.exit < 0.9"],
    }
    space = space_of(grid)
    whole = pd.DataFrame(space.columns(0, space.n))
    for stretch in (1, 3, space.n):
        monkeypatch.setattr("backtest.tuning.space.STRETCH", stretch)
        found = space.frame()
        assert set(map(str, found.dtypes)) == {"category"}
        pd.testing.assert_frame_equal(found.astype(whole.dtypes), whole)


def test_different_spaces_have_different_digests():
    enter, exits = {"rotation.enter": [0, 1]}, {"rotation.exit": [0, 1]}
    section, apart = [{"enter": 0, "exit": 0}, {"enter": 1, "exit": 1}], enter | exits
    draw = {"n": 4, "seed": 1}
    condition = {"conditions": "rotation.exit < run.initial_capital and rotation.enter >= 0"}
    spaces = [
        space_of(apart),
        space_of(exits | enter),
        space_of({"rotation": section}),
        space_of({"rotation.enter": [0, 1.0], "rotation.exit": [0, 1]}),
        space_of({"rotation.enter": [0, 2], "rotation.exit": [0, 1]}),
        space_of({"rotation.enter": ["low", "high"], "rotation.exit": [0, 1]}),
        space_of(apart | {"draw": draw}),
        space_of(apart | {"draw": draw | {"method": "random"}}),
        space_of(apart | condition, {"run.initial_capital": 2.0}.__getitem__),
        space_of(apart | condition, {"run.initial_capital": 0.5}.__getitem__),
    ]
    assert len({space.digest for space in spaces}) == len(spaces)
    assert space_of(apart).digest == spaces[0].digest


def test_a_space_is_given_back_as_it_is():
    space = space_of({"rotation.enter": [0, 1]})
    assert space_of(space) is space


def test_a_million_candidates_take_no_time():
    grid = {"signal.lookback": "1:64:64", "schedule.every": ["day", "week", 5], "rotation.enter": "0:3:30",
            "allocation": [{"kind": "a"}, {"kind": "b"}, {"lookback": 20}], "rotation.exit": "-2:1:60"}  # fmt: skip
    began = time.process_time()
    space = space_of(grid)
    codes = space.codes(0, space.n)
    assert time.process_time() - began < 1.0  # of the processor; it takes a few hundredths
    assert codes.shape == (1_036_800, 6)
    assert codes[-1].tolist() == [63, 2, 29, 2, 1, 59]
