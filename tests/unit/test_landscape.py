"""The landscape of a sweep: small tables by hand, groups against numpy, sensitivity against a published function."""

import json
import math
from itertools import product

import numpy as np
import pandas as pd
import pytest

from backtest.errors import BacktestError
from backtest.tuning.analysis.axes import axis, is_drawn, parameters, steps_of, written
from backtest.tuning.analysis.groups import Sorted
from backtest.tuning.analysis.landscape import heat, marginal, ranking, spread, summary
from backtest.tuning.analysis.neighbourhood import neighbourhood, slices
from backtest.tuning.analysis.sensitivity import explained, interactions
from tests.sweeps import grid_table, hill_table, spike_table

NAN = math.nan


def grid(sharpe, **values):
    table = pd.DataFrame(list(product(*values.values())), columns=[name.replace("_", ".") for name in values])
    return table.assign(sharpe=np.asarray(sharpe, dtype=float))


# ------------------------------------------------------------------------------------------------ axes


def test_values_stand_in_order_whatever_order_the_grid_has_them_in():
    laid = axis(pd.DataFrame({"a.x": [30, 10, 20, 10]}), "a.x")
    assert laid.values == (10, 20, 30)
    assert laid.labels == ("10", "20", "30")
    assert laid.codes.tolist() == [2, 0, 1, 0]
    assert (laid.is_ordered, laid.is_binned) == (True, False)


def test_text_keeps_the_order_of_the_grid_and_unused_values_go():
    column = pd.Categorical(["week", "month", "week"], categories=["week", "quarter", "month"])
    laid = axis(pd.DataFrame({"a.x": column}), "a.x")
    assert laid.values == ("week", "month")
    assert laid.codes.tolist() == [0, 1, 0]
    assert not laid.is_ordered


@pytest.mark.parametrize(
    "column",
    [pd.Series([0.2, NAN, 0.1]), pd.Series([0.2, None, 0.1], dtype=object), pd.Categorical([0.2, None, 0.1])],
    ids=["float", "object", "categorical"],
)
def test_none_is_a_value_of_its_own_and_the_last(column):
    laid = axis(pd.DataFrame({"a.x": column}), "a.x")
    assert laid.values == (0.1, 0.2, None)
    assert laid.labels == ("0.1", "0.2", "none")
    assert laid.codes.tolist() == [1, 2, 0]


def test_a_drawn_number_is_binned_by_equal_count():
    table = pd.DataFrame({"a.x": np.arange(100.0)[::-1], "a.y": np.arange(100) % 2})
    laid = axis(table, "a.x")  # 100 candidates: five bins of twenty
    assert laid.is_binned
    assert np.bincount(laid.codes).tolist() == [20] * 5
    assert laid.values == (9.5, 29.5, 49.5, 69.5, 89.5)
    assert laid.labels[0] == "0 to 20"
    assert laid.codes[0] == 4
    assert laid.codes[-1] == 0


def test_what_is_drawn_is_told_from_what_is_listed():
    listed = grid(np.zeros(6), a_x=[1, 2, 3], a_y=[1, 2])
    drawn = pd.DataFrame({"a.x": np.linspace(0, 1, 50), "a.y": np.arange(50) % 3, "sharpe": 0.0})
    alone = pd.DataFrame({"a.x": np.arange(50), "sharpe": 0.0})
    assert [is_drawn(listed, "a.x"), is_drawn(drawn, "a.x"), is_drawn(drawn, "a.y")] == [False, True, False]
    few = pd.DataFrame({"a.x": np.arange(8.0), "a.y": np.arange(8.0) * 2, "sharpe": 0.0})
    assert not is_drawn(few, "a.x")
    assert not is_drawn(alone, "a.x")  # a list of one parameter, in which nothing can come back


def test_numbers_kept_as_categories_are_numbers():
    many = pd.Categorical(np.arange(200) % 100)
    table = pd.DataFrame({"a.x": many, "a.y": np.arange(200) // 100})
    assert axis(table, "a.x").is_binned
    few = pd.DataFrame({"a.x": pd.Categorical([30, 10, 30], categories=[30, 20, 10])})
    assert axis(few, "a.x").values == (10, 30)
    assert axis(few, "a.x").is_ordered


def test_seventy_thousand_texts_keep_their_labels_and_stand_in_no_pair():
    names = [f"S{k:05d}" for k in range(70_000)]
    table = pd.DataFrame({"baskets.source": pd.Categorical(names), "rotation.enter": np.arange(70_000) % 2})
    table["signal.lookback"], table["sharpe"] = np.arange(70_000) // 2 % 2, np.arange(70_000) % 7.0
    along = axis(table, "baskets.source")
    assert along.labels[along.codes[66_000]] == "S66000"
    assert along.is_too_fine
    assert steps_of(table, "baskets.source", along)[0].tolist() == list(range(70_000))
    assert marginal(table, along, "sharpe").by_value.loc["S66000", "median"] == 66_000 % 7
    pairs = interactions(table, "sharpe")
    assert pairs[["x", "y"]].to_numpy().tolist() in (
        [["rotation.enter", "signal.lookback"]],
        [["signal.lookback", "rotation.enter"]],
    )
    assert summary(table)["interactions"] == pairs.to_dict("records")
    assert heat(table, "rotation.enter", along, "sharpe").counts.sum() == 70_000
    with pytest.raises(BacktestError, match=r"has 4,900,000,000 cells, more than 1,000,000: .* takes 70,000 values"):
        heat(table, along, along, "sharpe")


def test_one_number_in_most_candidates_leaves_many_values_that_no_bin_can_hold():
    values = np.where(np.arange(70_000) % 50 == 0, np.arange(70_000.0), 0.0)
    along = axis(pd.DataFrame({"a.x": values, "a.y": np.arange(70_000) % 2}), "a.x")
    assert (along.n, along.is_binned, along.is_too_fine) == (1_400, False, True)
    assert along.values[along.codes[65_550]] == 65_550.0


def test_a_listed_number_is_gone_through_once(monkeypatch: pytest.MonkeyPatch):
    table, read = pd.DataFrame({"a.x": np.arange(10_000) % 3, "a.y": np.arange(10_000) % 2}), list[int]()
    for name in ("factorize", "unique"):
        real = getattr(pd, name)
        monkeypatch.setattr(pd, name, lambda given, real=real, **how: read.append(len(given)) or real(given, **how))
    assert axis(table, "a.x").values == (0, 1, 2)
    assert sorted(read) == [4_096, 4_096, 10_000], "the sample for each of two questions, and the column once"


def test_parameters_have_dots_and_vary():
    table = pd.DataFrame({"a.x": [1, 2], "a.y": [1, 1], "b.t": ["p", "p"], "sharpe": [1.0, 2.0]})
    assert parameters(table) == ("a.x",)
    assert parameters(table, varied=False) == ("a.x", "a.y", "b.t")


def test_values_are_written_for_readers():
    given = (True, np.float64(0.1), np.int64(3), "equal", None, ("a", "b"), {"bps": 10})
    assert [written(one) for one in given] == ["yes", "0.1", "3", "equal", "none", "a, b", "bps 10"]


# ------------------------------------------------------------------------------------------------ groups


def test_quantiles_by_group_are_those_of_numpy():
    noise = np.random.default_rng(1)
    values, codes = noise.normal(size=1000), noise.integers(0, 7, 1000)
    values[::50], values[7] = NAN, np.inf
    cuts = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)
    found = Sorted(values).quantiles(codes, 8, cuts)
    for group in range(7):
        held = values[(codes == group) & np.isfinite(values)]
        # rtol: interpolation is written in another order than numpy's
        np.testing.assert_allclose(found[group], np.quantile(held, cuts), rtol=1e-12)
    assert np.isnan(found[7]).all()


# ------------------------------------------------------------------------------------------------ maps and effects


def test_a_heat_map_is_the_median_over_all_else():
    #                 x=1: y=1 (z=1,2,3), y=2;         x=2: y=1, y=2
    table = grid([1, 2, 6, 4, NAN, 8, 3, 3, 3, NAN, NAN, NAN], a_x=[1, 2], a_y=[1, 2], a_z=[1, 2, 3])
    found = heat(table, "a.x", "a.y", "sharpe")
    np.testing.assert_array_equal(found.values, [[2, 3], [6, NAN]])  # rows are y, columns are x
    np.testing.assert_array_equal(found.counts, [[3, 3], [2, 0]])
    assert (found.x.values, found.y.values) == ((1, 2), (1, 2))
    np.testing.assert_array_equal(heat(table, "a.x", "a.y", "sharpe", "best").values, [[6, 3], [8, NAN]])
    np.testing.assert_array_equal(heat(table, "a.x", "a.y", "sharpe", "worst").values, [[1, 3], [4, NAN]])
    np.testing.assert_array_equal(heat(table, "a.x", "a.y", "sharpe", "mean").values, [[3, 3], [6, NAN]])


def test_of_costs_the_best_is_the_lowest():
    table = grid([1, 2, 3, 4], a_x=[1, 2], a_y=[1, 2]).rename(columns={"sharpe": "cost"})
    assert heat(table, "a.x", "a.y", "cost", "best").values.tolist() == [[1, 3], [2, 4]]
    assert marginal(table, "a.x", "cost").by_value["best"].tolist() == [1, 3]
    assert ranking(table, "cost").tolist() == [0, 1, 2, 3]


def test_two_drawn_numbers_are_mapped_in_bins_of_both():
    noise = np.random.default_rng(2)
    table = pd.DataFrame({"a.x": noise.random(1000), "a.y": noise.random(1000)})
    table["sharpe"] = 10 * (table["a.x"] > 0.5)
    found = heat(table, "a.x", "a.y", "sharpe", n_bins=4)
    assert found.values.shape == (4, 4)
    assert found.counts.sum() == 1000
    assert (found.values[:, 0] == 0).all()
    assert (found.values[:, 3] == 10).all()


def test_a_marginal_effect_by_hand():
    table = grid([1, 2, 3, 4, 5, 10, 10, 10, NAN, np.inf], a_x=[1, 2], a_y=[1, 2, 3, 4, 5])
    found = marginal(table, "a.x", "sharpe").by_value
    assert found.index.tolist() == ["1", "2"]
    assert found.loc["1"].tolist() == [1, 5, 2, 3, 4, 3, 5]  # value, count, quartile, median, quartile, mean, best
    assert found.loc["2"].tolist() == [2, 3, 10, 10, 10, 10, 10]


def test_what_a_parameter_explains_by_hand():
    # y = 2 a + b: variances 1 and 1/4 of 5/4
    table = grid([0, 1, 2, 3], a_x=[0, 1], a_y=[0, 1])
    assert explained(table, "sharpe").to_dict() == pytest.approx({"a.x": 0.8, "a.y": 0.2})
    assert marginal(table, "a.y", "sharpe").explained == pytest.approx(0.2)
    pair = interactions(table, "sharpe").iloc[0]
    assert (pair["x"], pair["y"]) == ("a.x", "a.y")
    assert (pair["together"], pair["beyond"]) == (pytest.approx(1.0), pytest.approx(0.0))


def test_what_only_both_together_explain():
    table = grid([1, 0, 0, 1], a_x=[0, 1], a_y=[0, 1])  # 1 where both are the same
    assert explained(table, "sharpe").tolist() == [0.0, 0.0]
    assert interactions(table, "sharpe")[["together", "beyond"]].iloc[0].tolist() == [1.0, 1.0]


def test_shares_are_those_published_for_the_ishigami_function():
    # Ishigami and Homma (1990), a = 7, b = 0.1 on (-pi, pi): first-order 0.3139, 0.4424, 0; first with third 0.2437.
    x = -np.pi + (np.arange(60) + 0.5) * 2 * np.pi / 60
    table = pd.DataFrame(list(product(x, x, x)), columns=["a.x", "a.y", "a.z"])
    table["sharpe"] = (
        np.sin(table["a.x"]) + 7 * np.sin(table["a.y"]) ** 2 + 0.1 * table["a.z"] ** 4 * np.sin(table["a.x"])
    )
    first = explained(table, "sharpe")
    # atol: 60 places each instead of a continuum
    np.testing.assert_allclose(first[["a.x", "a.y", "a.z"]], [0.3139, 0.4424, 0.0], atol=1e-3)
    pairs = interactions(table, "sharpe").set_index(["x", "y"])["beyond"]
    np.testing.assert_allclose(pairs[[("a.x", "a.z"), ("a.y", "a.x"), ("a.y", "a.z")]], [0.2437, 0, 0], atol=1e-3)


def test_what_does_not_vary_explains_nothing():
    table = grid([0.1] * 4, a_x=[0, 1], a_y=[0, 1])
    assert np.isnan(explained(table, "sharpe")).all()


# ------------------------------------------------------------------------------------------------ ranking and spread


def test_ties_stand_by_number_and_nan_last():
    table = pd.DataFrame({"sharpe": [0.5, NAN, 0.9, 0.5, np.inf, NAN, -np.inf]})
    assert ranking(table, "sharpe").tolist() == [4, 2, 0, 3, 6, 1, 5]
    for k in range(9):
        assert ranking(table, "sharpe", k).tolist() == [4, 2, 0, 3, 6, 1, 5][:k]


def test_the_first_of_many_are_the_first_of_a_full_sort():
    table = pd.DataFrame({"sharpe": np.random.default_rng(3).integers(0, 50, 5000) / 10})
    assert ranking(table, "sharpe", 200).tolist() == ranking(table, "sharpe")[:200].tolist()


def test_where_a_value_lies_among_all():
    table = pd.DataFrame({"sharpe": [1.0, 2.0, 3.0, 4.0, NAN], "volatility": [0.1, 0.2, 0.3, 0.4, 0.5]})
    found = spread(table, "sharpe", own=3.0)
    assert (found["n"], found["measured"], found["mean"], found["q50"]) == (5, 4, 2.5, 2.5)
    assert (found["better"], found["equal"]) == (1, 1)  # 4 is better; equal is 3 itself
    assert [spread(table, "sharpe", own=9.0)[key] for key in ("better", "equal")] == [0, 0]
    assert spread(table, "volatility", own=0.2)["better"] == 1  # less is better: 0.1
    assert math.isnan(spread(table, "sharpe", own=NAN)["better"])
    assert "better" not in spread(table, "sharpe")


def test_equals_are_counted_apart_and_a_single_run_is_equal_to_its_candidate():
    table = pd.DataFrame({"sharpe": [1.0, 2.0, 2.0, 2.0, 3.0]})
    for own in (2.0, 2.0 + 1e-11):  # the ledger name by name, and the baskets, agree to 1e-10
        found = spread(table, "sharpe", own=own)
        assert (found["better"], found["equal"]) == (1, 3)


def test_an_unknown_measure_is_refused():
    table = pd.DataFrame({"a.x": [1], "sharpe": [1.0], "calmar": [2.0]})
    for name in ("sharp", "a.x"):
        with pytest.raises(BacktestError, match=rf"no measure '{name}'; it has sharpe, calmar"):
            ranking(table, name)


# ------------------------------------------------------------------------------------------------ neighbourhood


def test_the_neighbourhood_of_a_line_by_hand():
    table = grid([0, 1, 6, 8, 5, 0, 0, 0, 0], a_x=[1, 2, 3, 4, 5, 6, 7, 8, 9])
    found = neighbourhood(table, 3, "sharpe")
    assert found.beside.tolist() == found.around.tolist() == [2, 4]
    assert (found.value, found.typical, found.mean, found.median, found.worst) == (8, 0, 5.5, 5.5, 5)
    assert found.keep_half == 1.0
    assert found.kept == 5.5 / 8
    assert not found.is_near


def test_a_step_is_one_value_of_the_sweep_and_corners_count():
    table = grid(np.arange(25), a_x=[1, 2, 4, 8, 16], a_y=[0.1, 0.2, 0.3, 0.4, 0.5])
    found = neighbourhood(table, 12, "sharpe")  # the middle
    assert found.beside.tolist() == [7, 11, 13, 17]
    assert found.around.tolist() == [6, 7, 8, 11, 13, 16, 17, 18]
    corner = neighbourhood(table, 0, "sharpe")
    assert corner.beside.tolist() == [1, 5]
    assert corner.around.tolist() == [1, 5, 6]


def test_values_that_are_no_numbers_are_listed_beside_and_shared_around():
    table = grid(np.arange(27), a_x=[1, 2, 3], a_kind=["p", "q", "r"], a_y=[1, 2, 3])
    found = neighbourhood(table, 0, "sharpe")  # x 1, kind p, y 1
    assert found.beside.tolist() == [1, 3, 6, 9]  # y 2; kind q, kind r; x 2
    assert found.around.tolist() == [1, 9, 10]  # y 2; x 2; both


def test_what_a_condition_left_out_is_no_neighbour():
    table = grid(np.arange(16), a_x=[1, 2, 3, 4], a_y=[1, 2, 3, 4]).query("`a.x` <= `a.y`").reset_index(drop=True)
    at = int(np.flatnonzero((table["a.x"] == 2) & (table["a.y"] == 2))[0])
    beside = table.loc[neighbourhood(table, at, "sharpe").beside, ["a.x", "a.y"]].to_numpy().tolist()
    assert beside == [[1, 2], [2, 3]]


def test_a_parameter_that_does_nothing_hides_no_spike():
    # One step in x is fatal; nine in ten of the single steps are harmless.
    sharpe = [9.0 if x == 3 else 0.0 for x in range(7) for _ in range(3**4)]
    table = grid(sharpe, a_x=list(range(7)), a_p=[1, 2, 3], a_q=[1, 2, 3], a_r=[1, 2, 3], a_s=[1, 2, 3])
    middle = int(np.flatnonzero((table[["a.p", "a.q", "a.r", "a.s"]] == 2).all(axis=1) & (table["a.x"] == 3))[0])
    found = neighbourhood(table, middle, "sharpe")
    assert table["sharpe"][found.beside].tolist().count(9.0) == 8
    assert len(found.beside) == 10
    assert found.kept == 0.0


def test_a_spike_keeps_nothing_and_a_hill_most():
    hill, spike = hill_table(), spike_table()
    top = int(ranking(hill, "sharpe", 1)[0])
    assert neighbourhood(hill, top, "sharpe").kept > 0.8
    assert neighbourhood(spike, 0, "sharpe").kept < 0.0
    assert neighbourhood(spike, 0, "sharpe").keep_half == 0.0


def test_where_less_is_better_the_worst_is_the_highest():
    table = grid([4, 4, 1, 3, 4, 4, 4], a_x=[1, 2, 3, 4, 5, 6, 7]).rename(columns={"sharpe": "turnover"})
    found = neighbourhood(table, 2, "turnover")
    assert (found.median, found.worst) == (3.5, 4)
    assert found.kept == 0.5 / 3
    assert math.isnan(found.keep_half)


def test_missing_neighbours_are_left_out():
    table = grid([1, NAN, 8, 4, 0, 0, 0], a_x=[1, 2, 3, 4, 5, 6, 7])
    found = neighbourhood(table, 2, "sharpe")
    assert found.around.tolist() == [1, 3]
    assert found.mean == 4


def test_of_a_draw_the_nearest_by_rank_are_neighbours():
    # Far apart in value and next to each other in rank: ranks decide.
    x = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 1000, 2000])
    table = pd.DataFrame({"a.x": x, "a.y": x[::-1], "a.kind": [*"ppppppppp", "q"], "sharpe": x})
    found = neighbourhood(table, 8, "sharpe", nearest=2)
    # In ninths of the ranks, twice, and 1 for another kind: 7 lies 2/9 away, 6 4/9, 9 11/9.
    assert found.is_near
    assert found.around.tolist() == [7, 6]
    assert len(found.beside) == 0


def test_a_small_grid_is_all_neighbourhood_and_tells_nothing():
    assert neighbourhood(grid(np.arange(4), a_x=[1, 2], a_y=[1, 2]), 3, "sharpe").is_coarse
    assert not neighbourhood(hill_table(), 0, "sharpe").is_coarse


def test_a_cut_goes_through_the_candidate_along_each_parameter():
    table = grid(np.arange(18), a_x=[1, 2, 3], a_y=[5, 6, 7], a_kind=["p", "q"])
    found = slices(table, 8)  # x 2, y 6, kind p
    assert list(found) == ["a.x", "a.y"]
    assert [part.tolist() for part in found["a.x"]] == [[2, 8, 14], [-1, 0, 1]]
    assert [part.tolist() for part in found["a.y"]] == [[6, 8, 10], [-1, 0, 1]]


# ------------------------------------------------------------------------------------------------ summary


def test_a_summary_is_json_and_says_what_the_functions_say():
    table = hill_table()
    table.loc[3, "sharpe"] = NAN
    told = json.loads(json.dumps(summary(table, "sharpe", own=0.5), allow_nan=False))
    best = int(ranking(table, "sharpe", 1)[0])
    assert told["best"]["candidate"] == best
    assert told["best"]["settings"] == {
        "signal.lookback": 40,
        "rotation.enter": 1.25,
        "rotation.max_share": 1.0,
        "allocation.kind": "equal",
        "schedule.every": "week",
        "rotation.speed": 0.5,
    }
    assert told["spread"]["measured"] == len(table) - 1
    assert told["explained"] == explained(table, "sharpe").to_dict()
    assert told["neighbourhood"]["around"] == 35  # 3 x 3 x 2 x 2 less itself
    assert len(told["interactions"]) == 5


def test_a_summary_of_nothing_measured_has_no_numbers():
    table = grid([NAN] * 4, a_x=[1, 2], a_y=[1, 2])
    told = json.loads(json.dumps(summary(table, "sharpe"), allow_nan=False))
    assert told["spread"]["q50"] is None
    assert told["explained"] == {"a.x": None, "a.y": None}


def test_order_of_columns_is_the_only_order_that_matters():
    table = grid_table({"a.x": [3, 1, 2], "a.kind": ["q", "p"]}).assign(sharpe=np.arange(6.0))
    assert axis(table, "a.kind").values == ("q", "p")
    assert heat(table, "a.x", "a.kind", "sharpe").values.tolist() == [[2, 4, 0], [3, 5, 1]]
