"""What the benchmarks of sweeps are made of: the grid of the headline, its market, phases, fits."""

import doctest

import numpy as np
import pytest

from backtest.tuning.space import space_of
from benchmarks.markets import make_market
from benchmarks.sweep import grid, growth
from benchmarks.sweep.grid import headline
from benchmarks.sweep.phases import wall_seconds


def test_headline_has_its_64_signals_3_schedules_3_weightings_and_1800_rules():
    space = space_of(headline())
    assert space.n == 64 * 3 * 3 * 1800 == 1_036_800

    def distinct(*sections):
        names = tuple(name for name in space.names if name.partition(".")[0] in sections)
        return len(space.distinct(names))

    assert [distinct(one) for one in ("signal", "schedule", "allocation", "rotation")] == [64, 3, 3, 1800]


def test_headline_is_valid_throughout_and_its_rules_run_fastest():
    space = space_of(headline())
    values = dict(zip(space.names, space.values, strict=True))
    assert max(values["rotation.exit"]) < min(values["rotation.enter"])
    assert space.names[-4:] == ("rotation.speed", "rotation.exit", "rotation.enter", "rotation.max_share")
    assert [space.settings(k)["rotation.max_share"] for k in (0, 1, 9, 10)] == [0.1, 0.2, 1.0, 0.1]


@pytest.mark.parametrize(
    ("wanted", "schedules", "n"),
    [(None, ["week"], 345_600), (32_400, (), 32_400), (64_800, (), 64_800), (1, (), 9), (129_600, ["month"], 129_600)],
)
def test_part_of_the_headline_has_at_least_so_many(wanted, schedules, n):
    assert space_of(headline(wanted, schedules)).n == n


@pytest.mark.parametrize("module", [grid, growth])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_made_up_market_has_its_dates_names_and_a_past():
    market = make_market(250, 10, has_halts=True)
    inside = market.dates >= market.start
    assert market.synthetic
    assert (int(inside.sum()), len(market.holdable)) == (250, 10)
    assert int((~inside).sum()) == 320
    assert {market.instruments[name].currency for name in market.holdable} == {"USD", "HKD"}
    # Missing: the other venue's holidays, and of HK00 and HK01 eight sessions each.
    missing = dict(zip(market.symbols, np.isnan(market.close[inside]).sum(axis=0).tolist(), strict=True))
    assert missing["HK00"] == missing["HK01"] == missing["HK02"] + 8


def test_made_up_market_of_one_venue():
    market = make_market(120, 7, is_one_venue=True)
    assert {market.instruments[name].venue for name in market.holdable} == {"XNYS"}
    assert not np.isnan(market.close[market.dates >= market.start]).any()


def test_made_up_market_is_the_same_each_time():
    first, second = make_market(60, 4), make_market(60, 4)
    for field in ("dates", "open", "close", "volume"):
        assert getattr(first, field).tobytes() == getattr(second, field).tobytes()


@pytest.mark.parametrize(
    ("intervals", "seconds"),
    [
        ([], 0.0),
        ([(0.0, 1.0), (2.0, 3.5)], 2.5),  # one after the other
        ([(0.0, 2.0), (1.0, 3.0)], 3.0),  # side by side
        ([(1.0, 2.0), (0.0, 5.0), (4.0, 6.0)], 6.0),  # one within another, given in any order
    ],
)
def test_time_of_a_phase_counts_threads_once(intervals, seconds):
    assert wall_seconds(intervals) == seconds
