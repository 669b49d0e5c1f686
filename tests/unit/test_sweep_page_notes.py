"""What the report of a sweep says about its grid: edges, where candidates came from, what they have in common."""

from dataclasses import replace

import numpy as np
import pytest

from backtest.arrays.prepare import prepare
from backtest.arrays.sleeves import has_sleeves
from backtest.config import RunConfig
from backtest.report.sweep.candidates import told
from backtest.report.sweep.cautions import cautions
from backtest.report.sweep.edges import at_the_edge
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.general_form import asked_by, general_form
from backtest.report.sweep.headline import sentences
from backtest.report.sweep.origin import origin
from backtest.tuning.space import space_of
from data.load import load
from strategies.planning import decide_when
from strategies.settings import Schedule
from tests.sweeps import grid_table, hill_table, spike_table, sweep_of, with_measures

WIDE = "\N{NO-BREAK SPACE}"


def frames_of(table, **changes):
    found = sweep_of(table)
    return SweepFrames(replace(found, thesis=found.thesis.replace(changes)), "sharpe", 20)


def plain(said):
    return [one.replace(WIDE, " ") for one in said]


# ------------------------------------------------------------------------------------------------ edges


def test_a_best_at_the_edge_of_the_grid_is_told():
    # The spike is the first candidate: the lowest of every list. Of two values each is an end.
    (said,) = at_the_edge(frames_of(spike_table()))
    assert said == (
        "The best lies at the edge of the grid in signal.lookback (5), rotation.enter (0.5) and rotation.max_share "
        "(0.25): better may lie beyond."
    )
    middle = hill_table().query("`rotation.max_share` == 1").reset_index(drop=True)
    assert at_the_edge(frames_of(middle)) == []


def test_a_best_at_an_edge_is_none_where_another_is_as_good_within():
    table = with_measures(grid_table({"signal.lookback": [10, 20, 30]}), np.array([0.5, 0.5, 0.1]))
    assert at_the_edge(frames_of(table)) == []
    table["sharpe"] = [0.6, 0.5, 0.1]
    assert at_the_edge(frames_of(table)) != []


@pytest.mark.parametrize(
    ("name", "values", "best", "goes_on"),
    [
        ("rotation.max_share", [0.5, 0.75, 10.0], 2, False),  # 10 is the most there can be
        ("rotation.max_share", [0.5, 0.75, 0.95], 2, True),
        ("rotation.min_share", [-10, 0.1, 0.2], 0, False),
        ("rotation.speed", [0.25, 0.5, 1.0], 2, False),
        ("rotation.exit", [-1.0, 0.0, 1.0], 2, False),  # enter is 1, and exit must not be above it
        ("rotation.exit", [-1.0, 0.0, 0.5], 2, True),
        ("schedule.offset", [2, 3, 4], 2, False),  # a week has five sessions
        ("schedule.offset", [0, 1, 2], 0, False),
        ("schedule.offset", [1, 2, 3], 2, True),
        ("allocation.lookback", [4, 20, 60], 0, False),
        ("run.max_participation", [0.5, 0.75, 1.0], 2, False),
        ("run.impact", [0, 1, 2], 2, True),
    ],
)
def test_better_lies_beyond_an_edge_only_where_the_thesis_takes_a_value(name, values, best, goes_on):
    table = with_measures(grid_table({name: values}), np.where(np.arange(3) == best, 1.0, 0.5))
    assert bool(at_the_edge(frames_of(table, **{"run.costs": "venue"}))) == goes_on


# ------------------------------------------------------------------------------------------------ general form


def test_the_general_form_where_no_setting_asks_for_it():
    table = hill_table()
    table.loc[:671, "general_decisions"] = 2
    found = sweep_of(table)
    tiny = found.thesis.replace({"baskets.source": "us", "baskets.destination": "hk"})
    found = replace(found, market=load("tiny"), thesis=tiny)
    (said,) = plain(general_form(SweepFrames(found, "sharpe", 20)))
    assert said == (
        "672 of 2,688 candidates (25 %) took the general form of the ledger, name by name, at some decision: at 1,344 "
        "decisions in all. No setting asks for it; what happened did: a name without a price, suspended or at its "
        "price limit, or buys cut for want of money. All else went by baskets, which is exact there and faster."
    )


def test_the_general_form_says_which_settings_ask_for_it_and_of_how_many_decisions():
    table = with_measures(grid_table({"signal.lookback": [10, 20, 30]}), np.arange(3.0))
    table["general_decisions"] = 78
    changes = {"run.costs": "venue", "run.lots": "exchange", "run.approximate_lots": True}
    (said,) = plain(general_form(frames_of(table, **changes)))
    # Sessions from January 2023 to June 2024 have 78 weeks; the last is not known to be whole.
    assert said == (
        "3 of 3 candidates (100 %) took the general form of the ledger, name by name, at some decision: at 234 of "
        "their 234 decisions in all. run.costs = venue, run.lots = exchange (board lots) and the corporate actions "
        "of raw prices ask for it."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lots": "auto"},
        {"dividend_yield": 1},
        {"costs": "venue"},
        {"costs": "none"},
        {"sizing": "fill"},
        {"shut_market": "cancel"},
        {"shut_market": "basket"},
        {"funding": "settled"},
        {"fx": "hold"},
        {"rebalance_band": 0.1},
        {"no_trade_band": 0.1},
        {"stop_drawdown": 0.2},
        {"maintenance_margin": 0.2},
        {"max_participation": 0.1},
        {"half_spread_bps": 5},
        {"shorts": True},
        {"max_gross": 1.5},
        {"fill": "same_close"},
        {"commission_bps": 3},
        {"dividends": "reinvest"},
    ],
    ids=str,
)
def test_what_asks_for_the_general_form_is_what_the_ledger_says(changes):
    market, config = load("tiny"), RunConfig(**changes)  # total returns: no corporate actions
    prepared = prepare(market, market.holdable, decide_when(Schedule(), market, "weekly").stamps, config)
    assert bool(asked_by(config, market, prepared.names)) == (not has_sleeves(prepared))


def test_corporate_actions_ask_for_the_general_form():
    market, config = load("demo", start="2023-01-02", end="2024-06-28"), RunConfig(lots="fractional")
    prepared = prepare(market, market.holdable, decide_when(Schedule(), market, "weekly").stamps, config)
    assert not has_sleeves(prepared)
    assert asked_by(config, market, market.holdable) == ["the corporate actions of raw prices"]
    idle = sorted(set(market.holdable) - set(market.actions.symbol))
    assert asked_by(config, market, idle) == []


# ------------------------------------------------------------------------------------------------ candidates


GRID = {"rotation.enter": [0.5, 1.0], "rotation.exit": [0.0, 2.0]}
CONDITIONS = ["rotation.exit < rotation.enter", "rotation.enter > 0.5"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "All combinations of the grid."),
        (
            {"conditions": CONDITIONS[:1]},
            f"Of all 4 combinations of the grid 2 missed the condition {CONDITIONS[0]}; 2 are left.",
        ),
        ({"draw": {"n": 8, "seed": 7}}, "8 candidates drawn from a scrambled Sobol sequence (seed 7)."),
    ],
)
def test_notes_say_how_candidates_came_about(more, said):
    table = with_measures(grid_table(GRID), np.arange(4.0))
    found = replace(sweep_of(table), space=space_of(GRID | more))
    assert told(SweepFrames(found, "sharpe", 20))[0] == said


def test_of_a_draw_those_that_missed_the_conditions_are_counted():
    drawn = space_of(
        {
            "rotation.enter": {"uniform": [0, 2]},
            "rotation.exit": {"uniform": [-1, 1]},
            "draw": {"method": "random", "n": 1000, "seed": 7},
            "conditions": CONDITIONS,
        }
    )
    assert 500 < drawn.n < 900
    assert origin(drawn) == (
        f"Of 1,000 candidates drawn independently of each other (seed 7) {1000 - drawn.n} missed the conditions "
        f"rotation.exit < rotation.enter and rotation.enter > 0.5; {drawn.n} are left."
    )


def test_a_ranking_across_costs_or_currencies_is_warned_of():
    grid = {"run.costs": ["none", "venue"], "run.base_currency": ["USD", "HKD"]}
    said = sentences(frames_of(with_measures(grid_table(grid), np.arange(4.0))))
    assert said[1].startswith("Candidates are ranked across run.costs: the best may be best because it is assumed")
    assert said[2].startswith("Candidates are ranked across run.base_currency: their returns are in different")
    assert cautions(("rotation.enter", "run.fill")) == []
