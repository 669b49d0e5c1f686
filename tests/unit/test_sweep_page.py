"""The report of a sweep: what its sentences and tables say about planted structure, and what the page holds."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from backtest.errors import BacktestError
from backtest.report.page import charts
from backtest.report.sweep.candidates import best_table, told, varied
from backtest.report.sweep.effects import coordinates, shares
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.headline import cards, sentences, standing
from backtest.report.sweep.maps import maps, ordered_pairs
from backtest.report.sweep.page import render_sweep, sweep_sections
from backtest.report.sweep.plateau import plateau
from backtest.tuning.analysis.landscape import ranking
from tests.sweeps import GRID, grid_table, hill_table, sweep_of, with_measures

WIDE = "\N{NO-BREAK SPACE}"


def frames_of(table, by="sharpe", k=20, **given):
    return SweepFrames(sweep_of(table, **given), by, k)


@pytest.fixture(scope="module")
def hill():
    return frames_of(hill_table())


@pytest.fixture(scope="module")
def page(hill):
    return render_sweep(hill.found)


def plain(said):
    return [one.replace(WIDE, " ") for one in said]


def only(section):
    return {one.title: one for one in section.exhibits}


# ------------------------------------------------------------------------------------------------ tables and charts


def test_a_parameter_that_does_nothing_has_no_best_value(hill):
    rows = {row[0]: plain(row) for row in shares(hill).rows}
    assert rows["signal.lookback"][1:4] == ["12", "78.4 %", "40"]
    assert rows["rotation.enter"][3] == "1.25"
    assert rows["rotation.speed"][2:] == ["0.0 %", "–", "–", "–", "–"]


def test_pairs_are_ordered_by_what_the_second_adds(hill):
    first = ordered_pairs(hill)[0]
    assert (first.x, first.y) == ("signal.lookback", "rotation.enter")
    assert first.adds == pytest.approx(first.together - hill.explained["signal.lookback"])
    # No other pair adds a hundredth: it alone would be drawn, so the choice of pairs stands alone.
    (chooser,) = maps(hill).exhibits
    assert [name for name, _ in chooser.choices][:2] == [
        "signal.lookback and rotation.enter: median",
        "signal.lookback and rotation.enter: best",
    ]
    assert chooser.figure is chooser.choices[0][1]


def test_a_map_frames_the_cells_of_the_best_and_of_the_own_settings(hill):
    figure = maps(hill).exhibits[0].figure
    own, best = figure["layout"]["shapes"]
    x, y = figure["data"][0]["x"], figure["data"][0]["y"]
    assert (x[int(best["x0"] + 0.5)], y[int(best["y0"] + 0.5)]) == ("40", "1.25")
    assert (x[int(own["x0"] + 0.5)], y[int(own["y0"] + 0.5)]) == ("20", "1")


def drawn_frames():
    noise = np.random.default_rng(5)
    table = hill_table().head(500)[[]].copy()
    table["rotation.enter"], table["rotation.exit"] = noise.uniform(0.5, 2, 500), noise.uniform(-1, 0.5, 500)
    table["rotation.speed"] = noise.uniform(0.2, 0.9, 500)  # its own is 1
    return frames_of(with_measures(table, table.sum(axis=1).to_numpy()))


def test_of_a_draw_the_bin_that_holds_the_own_setting_is_framed():
    frames = drawn_frames()
    assert frames.own_candidate is None
    enter, leave, speed = (frames.axes_of_pairs[name] for name in frames.parameters)
    for along, own in ((enter, 1.0), (leave, 0.0)):
        low, high = along.labels[frames.own_place(along)].replace("−", "-").split(" to ")
        assert float(low) <= own + 0.01
        assert float(high) >= own - 0.01
    assert frames.own_place(speed) is None, "outside of what was drawn"
    figures = {name: figure for name, figure in maps(frames).exhibits[-1].choices if name.endswith("median")}
    n_frames = {name: len(figure["layout"]["shapes"]) for name, figure in figures.items()}
    assert n_frames == {name: 1 if "speed" in name else 2 for name in figures}, (
        "the best, and the own settings where they lie within"
    )


def test_bins_are_named_by_their_middle_and_minus_signs_are_real():
    figure = maps(drawn_frames()).exhibits[-1].choices[0][1]
    axes = [figure["layout"][name] for name in ("xaxis", "yaxis")]
    assert all(axis["title"]["text"].endswith(", middle of a bin") for axis in axes)
    assert all(len(text) < 8 for axis in axes for text in axis["ticktext"])
    assert not any(text.startswith("-") for axis in axes for text in axis["ticktext"])
    assert figure["data"][0]["colorbar"]["title"]["text"] == "Sharpe ratio"
    rows = best_table(frames_of(with_measures(grid_table({"rotation.exit": [-0.5, 0.0]}), np.arange(2.0))))
    assert rows.exhibits[0].table.rows[1][1] == "−0.5"


def test_several_telling_pairs_are_drawn_on_one_scale():
    table = grid_table(
        {"signal.lookback": list(range(8)), "rotation.enter": list(range(8)), "rotation.exit": [0, 1, 2]}
    )
    table = with_measures(
        table, (table["signal.lookback"] + table["rotation.enter"] + table["rotation.exit"]).to_numpy(float)
    )
    drawn = [one for one in maps(frames_of(table)).exhibits if one.is_half]
    assert len(drawn) == 3
    assert len({(one.figure["data"][0]["zmin"], one.figure["data"][0]["zmax"]) for one in drawn}) == 1


def test_parallel_coordinates_hold_a_thousand_lines_at_most(hill):
    (chart,) = coordinates(hill).exhibits
    lines = {trace["name"]: trace for trace in chart.figure["data"]}
    per_line = len(hill.parameters) + 2  # a gap after the measure
    counts = {name: len(trace["y"]) // per_line for name, trace in lines.items()}
    assert counts == {"Others": 800, "Best 200": 200, "Own settings": 1, "Best": 1}
    # The parameter that explains most stands beside the measure.
    assert chart.figure["layout"]["xaxis"]["ticktext"][-2:] == ["signal.<br>lookback", "Sharpe ratio"]
    assert lines["Best"]["y"][-2] == 1.0


def test_the_table_of_the_best_is_the_ranking(hill):
    table = best_table(hill).exhibits[0].table
    first = ranking(hill.table, "sharpe", 20)
    assert [row[0] for row in table.rows[:-1]] == [f"{one:,}" for one in first]
    assert table.rows[0][:8] == ("1,688", "40", "1.25", "1", "equal", "week", "0.5", "1.30")
    assert table.rows[-1][:7] == ("Own settings", "20", "1", "1", "equal", "week", "1")
    assert table.strong == (20,)


def test_a_step_from_the_best_is_listed_with_what_it_costs(hill):
    rows = only(plateau(hill))["One step away in one parameter"].table.rows
    assert rows[0] == ("signal.lookback", "40", "35", "1.24", "−0.06")  # 1.5 exp(-1/25) - 0.2
    assert rows[-1] == ("rotation.speed", "0.5", "1", "1.30", "0.00")
    assert len(rows) == 8  # two ways for lookback and enter, one for the others


def test_a_draw_lists_the_nearest():
    noise = np.random.default_rng(4)
    n = 500
    table = grid_table({"signal.lookback": list(range(n))})
    table["rotation.enter"] = noise.random(n)
    frames = frames_of(with_measures(table, noise.random(n)))
    numbers = plateau(frames).exhibits[0]
    assert numbers.caption.startswith(
        "Numbers were drawn, so hardly any lies a step away: the 20 nearest are taken for neighbours. Kept is"
    )
    assert "Kept by the nearest to the best" in [card.label for card in cards(frames)]
    titles = [one.title for one in plateau(frames).exhibits]
    assert titles == ["Sharpe ratio around the best", "The nearest candidates"]
    assert "the 20 candidates nearest to it" in standing(frames)


def test_a_list_of_texts_is_not_called_a_draw():
    table = grid_table({"allocation.kind": ["equal", "inverse_volatility"], "schedule.every": ["week", "month"]})
    frames = frames_of(with_measures(table, np.arange(4.0)))
    exhibits = plateau(frames).exhibits
    assert exhibits[0].caption.startswith(
        "No candidate lies a step away in its numbers and is alike in all else: the 3 nearest are taken for neighbours."
    )
    assert not any("drawn" in one.caption for one in exhibits)


def test_notes_count_what_did_not_come_out():
    table = hill_table()
    table.loc[:9, "sharpe"] = np.nan
    table.loc[:3, "n_trades"] = 0
    table.loc[:671, "general_decisions"] = 2
    said = plain(told(frames_of(table)))
    assert said[1] == "10 candidates have no Sharpe ratio; every figure here leaves them out."
    assert said[2] == "4 candidates never traded: NAV stayed in cash."
    assert said[3].startswith("672 of 2,688 candidates (25 %) took the general form")


def test_what_was_varied_is_listed_with_its_values(hill):
    rows = {row[0]: row[1:] for row in varied(hill).rows}
    assert rows["signal.lookback"] == ("5 to 60, 12 values", "20")
    assert rows["schedule.every"] == ("week; month", "week")
    assert list(rows) == list(GRID)


# ------------------------------------------------------------------------------------------------ the page


def test_the_page_is_whole_and_fetches_nothing(hill, page):
    assert page.startswith("<!doctype html>")
    assert "SYNTHETIC MARKET" in page
    real = replace(hill.found, market=replace(hill.found.market, synthetic=False))
    assert "SYNTHETIC MARKET" not in render_sweep(real)
    assert "default-src 'none'" in page
    assert "http://" not in page.split("<script")[0]
    assert "https://" not in page.split("<script")[0]
    keys = [one.key for one in charts(sweep_sections(hill))]
    assert len(keys) == len(set(keys)) == 11
    assert [one.key for one in sweep_sections(hill)] == [
        "verdict",
        "distribution",
        "maps",
        "effects",
        "coordinates",
        "neighbourhood",
        "timing",
        "best",
        "notes",
        "repeat",
    ]


def test_the_page_is_the_same_twice(hill, page):
    assert render_sweep(sweep_of(hill_table())) == page


def test_figures_are_json_without_nan(page):
    text = re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)[1]
    figures = json.loads(text, parse_constant=pytest.fail)
    assert len(figures["charts"]["map-any"]["choices"]) == 24


def test_a_larger_sweep_makes_no_larger_page(page):
    grid = {**GRID, "signal.lookback": list(range(5, 65)), "rotation.speed": [0.25, 0.5, 0.75, 1.0]}
    large = hill_table(grid)
    assert len(large) == 10 * 2688
    assert abs(len(render_sweep(sweep_of(large))) - len(page)) < 300_000  # wider maps, no more lines
    assert len(page) < 3e6


def test_what_was_typed_is_what_is_repeated(hill, page):
    assert "eastbound sweep flow-momentum --market demo --start 2023-01-02 --end 2024-06-28 --grid GRID" in page
    typed = "eastbound sweep flow-momentum --grid signal.lookback=5:60:12"
    assert f"<code>{typed}</code>" in render_sweep(hill.found, command=typed)
    assert hill.found.space.digest in page


def test_names_from_outside_are_escaped():
    found = sweep_of(hill_table())
    found = replace(found, thesis=found.thesis.model_copy(update={"title": "<b>x</b>"}))
    assert "&lt;b&gt;x&lt;/b&gt;" in render_sweep(found)


def test_where_nothing_was_measured_the_page_says_so():
    table = hill_table()
    table["sharpe"] = np.nan
    frames = frames_of(table)
    assert [one.key for one in sweep_sections(frames)] == ["verdict", "notes", "repeat"]
    assert sentences(frames)[0].endswith("none has a Sharpe ratio, so nothing is ranked.")
    assert cards(frames) == ()
    assert render_sweep(frames.found)


@pytest.mark.parametrize("by", ["volatility", "max_drawdown", "cost_annual", "n_trades"])
def test_any_measure_can_be_looked_at(by):
    assert render_sweep(sweep_of(hill_table()), by=by)


def test_an_unknown_measure_is_refused(hill):
    with pytest.raises(BacktestError, match="no measure 'sharp'"):
        render_sweep(hill.found, by="sharp")


@pytest.mark.parametrize(
    "grid",
    [
        {"signal.lookback": [20]},
        {"signal.lookback": list(range(5, 105))},
        {"rotation.profit_target": [None, 0.1, 0.2], "run.costs": ["none", "venue"], "signal.lookback": [20, 30]},
    ],
    ids=["one candidate", "one parameter", "none among numbers"],
)
def test_small_grids_make_pages_too(grid):
    table = grid_table(grid)
    assert render_sweep(sweep_of(with_measures(table, np.linspace(0, 1, len(table)))))


def test_infinite_measures_are_not_the_best():
    table = hill_table()
    table.loc[:30, "sharpe"] = np.inf
    frames = frames_of(table)
    assert len(frames.ranked) == 20
    assert frames.best == 1688
