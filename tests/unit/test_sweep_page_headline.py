"""What the headline of a sweep's report says in words and figures."""

import math

import numpy as np
import pytest

from backtest.report.sweep.candidates import best_table, told
from backtest.report.sweep.distribution import distribution, quantiles
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.headline import cards, sentences, shape, standing, timing
from backtest.report.sweep.page import sweep_sections
from backtest.report.sweep.timing import offsets
from backtest.run import run
from tests.sweeps import OFFSET_RETURNS, grid_table, hill_table, spike_table, sweep_of, with_measures

WIDE = "\N{NO-BREAK SPACE}"


def frames_of(table, by="sharpe", k=20, **given):
    return SweepFrames(sweep_of(table, **given), by, k)


@pytest.fixture(scope="module")
def hill():
    return frames_of(hill_table())


def plain(said):
    return [one.replace(WIDE, " ") for one in said]


def only(section):
    return {one.title: one for one in section.exhibits}


def test_the_headline_of_a_hill(hill):
    said = plain(sentences(hill))
    values = np.sort(hill.table["sharpe"].to_numpy())
    assert len(values) == 2688
    assert said[0] == (
        "On made-up prices, 2,688 candidates of flow-momentum on demo (synthetic): the best has a Sharpe ratio of "
        f"1.30, the median {np.median(values):.2f}; nine in ten lie between −{-np.quantile(values, 0.05):.2f} and "
        f"{np.quantile(values, 0.95):.2f}."
    )
    # The thesis' own settings: lookback 20, enter 1, max_share 1: 1.5 exp(-0.64 - 0.0625) - 0.2
    own = 1.5 * math.exp(-((20 / 25) ** 2) - 0.25**2) - 0.2
    # Lookback 60 and enter 1.5 lie as far from the top, and allocation, schedule and speed do nothing: 2**5 are equal.
    better = np.count_nonzero(values > own + 1e-9)
    assert said[1] == f"The thesis' own settings have {own:.2f}: rank {better + 1:,} of 2,688, tied with 31 others."
    assert said[2] == (
        "Alone, signal.lookback explains 78 % of the variance of the Sharpe ratio between candidates, rotation.enter "
        "18 %; rotation.max_share, allocation.kind, schedule.every and rotation.speed next to nothing."
    )
    assert said[3].startswith(
        "The best stands on a plateau: the 35 candidates within one step of it have a median Sharpe ratio"
    )
    assert said[-1].startswith("The best of 2,688 is flattered")
    assert "No test of luck is made here yet" in said[-1]


def test_a_spike_is_called_one():
    said = plain(sentences(frames_of(spike_table())))
    assert "the best has a Sharpe ratio of 3.00" in said[0]
    assert said[3].startswith("The best is a spike: the 15 candidates within one step of it")
    assert "which is no better than the median candidate" in said[3]


def test_bounds_of_the_words():
    assert [shape(kept) for kept in (1.0, 2 / 3, 0.66, 0.34, 1 / 3, -2.0)] == [
        "stands on a plateau",
        "stands on a plateau",
        "stands on a slope",
        "stands on a slope",
        "is a spike",
        "is a spike",
    ]


def test_timing_luck_is_the_spread_of_the_offsets(hill):
    (said,) = plain(timing(hill))
    assert said == (
        "Deciding on another day, and nothing else changed, the best returns 6.0 % to 12.0 % a year over its 5 "
        f"offsets, {100 * np.std(OFFSET_RETURNS, ddof=1):.1f} points of standard deviation: timing luck. Its own is "
        "the worst of them."
    )
    assert set(hill.found.asked) == {hill.best}
    table = only(offsets(hill))["Measures by offset"].table
    assert [row[0] for row in table.rows] == ["0", "1", "2", "3", "4", "Mean", "Standard deviation"]
    assert table.strong == (0,)
    assert plain(table.rows[5])[1] == "9.0 %"


def test_the_offset_of_the_best_is_the_one_it_sets():
    table = with_measures(grid_table({"schedule.offset": [0, 1, 2]}), np.array([0.1, 0.2, 0.9]))
    said = plain(timing(frames_of(table)))[0]
    assert said.endswith("Its own is the best of them.")


def test_one_offset_has_no_timing_luck():
    frames = frames_of(hill_table(), moves=(0.1,))
    assert timing(frames) == []
    assert "timing" not in [one.key for one in sweep_sections(frames)]


def test_settings_outside_the_grid_are_run_beside_it():
    table = with_measures(grid_table({"signal.lookback": [30, 40], "rotation.enter": [1.0, 2.0]}), np.arange(4.0))
    frames = frames_of(table)
    assert frames.own_candidate is None
    alone = run(frames.found.thesis, frames.found.market).summary()["sharpe"]
    assert frames.own["sharpe"] == alone
    assert "They are not among the candidates and were run beside them." in plain(sentences(frames))[1]


def test_the_own_candidate_is_found_by_its_settings(hill):
    row = hill.table.iloc[hill.own_candidate]
    assert row["signal.lookback"] == 20
    assert row["rotation.enter"] == 1.0
    assert (row["allocation.kind"], row["schedule.every"], row["rotation.speed"]) == ("equal", "week", 1.0)


def test_settings_of_the_run_count_as_own_too():
    table = with_measures(grid_table({"run.costs": ["none", "venue-proportional"]}), np.array([1.0, 0.5]))
    assert frames_of(table).own_candidate == 1


def test_the_only_candidate_beats_nobody_and_is_not_flattered():
    frames = frames_of(with_measures(grid_table({"signal.lookback": [20]}), np.array([0.4])))
    notes = {card.label: card.note for card in cards(frames)}
    assert notes["The thesis' own settings"] == "they are the only candidate"
    assert notes["Best Sharpe ratio"] == "candidate 0"


def test_ties_are_said_and_not_halved():
    values = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    frames = frames_of(with_measures(grid_table({"signal.lookback": [10, 20, 30, 40, 50]}), values))
    assert "have 0.50: rank 2 of 5, tied with 2 others." in sentences(frames)[1]
    row = next(row for row in quantiles(frames).rows if row[0] == "Sharpe ratio")
    assert row[-2] == "2="
    assert next(row for row in quantiles(frames).rows if row[0] == "Return a year")[-2].isdigit(), "noise in volatility"


def test_where_all_are_equal_nothing_is_flattered_and_no_edge_is_better():
    table = with_measures(grid_table({"signal.lookback": [10, 20, 30]}), np.full(3, 0.4))
    table.loc[:, [name for name in table if "." not in name]] = table.loc[0].drop("signal.lookback").to_numpy()
    frames = frames_of(table)
    said = sentences(frames)
    assert said[1] == "All 3 candidates have the same outcome: they are equal in every measure."
    assert not any("flattered" in one or "edge" in one for one in said)
    assert cards(frames)[1].note == "candidate 0"


def test_candidates_that_differ_in_nothing_are_counted():
    table = hill_table().head(8)  # two allocations, two schedules, two speeds
    same = [name for name in table if "." not in name]
    table.loc[1:, same] = table.loc[0, same].to_numpy()
    table.loc[7, "turnover"] += 1e-9
    frames = frames_of(table)
    assert frames.n_outcomes == 2
    said = plain(sentences(frames))
    assert said[1] == "8 candidates have 2 different outcomes: the rest equal another one in every measure."
    assert said[-1].startswith("The best of 8 (2 different outcomes) is flattered")
    assert cards(frames)[0].note == "3 parameters varied; 2 different outcomes"
    assert said[1] in told(frames)
    assert (
        "8 candidates have 2 different outcomes, and those with the same one"
        in distribution(frames).exhibits[1].caption
    )
    assert frames_of(hill_table()).n_outcomes == 2688, "noise in other measures"


def test_a_grid_too_coarse_says_so():
    table = with_measures(grid_table({"signal.lookback": [10, 20], "rotation.enter": [0.5, 1.0]}), np.arange(4.0))
    assert standing(frames_of(table)) == (
        "Plateau or spike cannot be told: 3 of the 3 other candidates count as neighbours of the best, so the grid is "
        "too coarse."
    )


def test_under_a_year_nothing_else_is_annualised():
    table = hill_table()
    table["years"] = 0.4
    frames = frames_of(table)
    listed = [row[0].removesuffix(" (less is better)") for row in quantiles(frames).rows]
    assert listed == ["Sharpe ratio", "Total return", "Largest drawdown", "Turnover, × NAV", "Costs, of NAV"]
    heads = best_table(frames).exhibits[0].table.head[len(frames.parameters) + 1 :]
    assert heads == ("Sharpe ratio", "Total return", "Largest drawdown", "Turnover", "Costs")
    row = next(row for row in quantiles(frames).rows if row[0].startswith("Turnover"))
    assert row[4] == f"{0.4 * np.median(table['turnover']):.1f}"
    frames = frames_of(table)
    frames.__dict__["offsets"] = frames.offsets.assign(total_return=np.array(OFFSET_RETURNS) / 2)
    heads = only(offsets(frames))["Measures by offset"].table.head
    assert set(heads) == {"Offset", "Total return", "Largest drawdown", "Turnover, × NAV", "Costs, of NAV"}


def test_under_a_year_offsets_are_compared_by_total_return():
    table = hill_table()
    table["years"] = 0.4
    frames = frames_of(table)
    frames.__dict__["offsets"] = frames.offsets.assign(total_return=np.array(OFFSET_RETURNS) / 2)
    said = plain(sentences(frames))
    assert (
        "The candidates run over 0.40 years: under one, nothing is annualised, but for the Sharpe ratio that they are "
        "ranked by, which then says little."
    ) in said
    assert any("returns 3.0 % to 6.0 % in all over its 5 offsets" in one for one in said)


def test_offsets_on_which_the_best_has_no_result_are_counted_by_themselves():
    frames = frames_of(hill_table())
    returned = np.array(OFFSET_RETURNS)
    returned[1] = np.nan
    frames.__dict__["offsets"] = frames.offsets.assign(annual_return=returned)
    (said,) = plain(timing(frames))
    assert "over its 4 offsets" in said
    assert said.endswith("of them. On 1 other offset it has no result.")
