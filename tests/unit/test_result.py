"""A result writes down NAV at once and the rest when it is asked for: the same bytes, whatever happens in between."""

import dataclasses

import numba
import numpy as np
import pytest

from backtest.engine import simulate
from backtest.lanes import run_lanes
from tests.worlds import full_case

SEEDS = range(40 if not numba.config.DISABLE_JIT else 4)


def cut_of(case, config, rng):
    """A run, cut at a random event: the part before and the part after."""
    whole = simulate(case.market, case.targets, config)
    stamps = whole.prepared.timeline.stamp
    before = simulate(case.market, case.targets, config, until=int(stamps[rng.integers(len(stamps))]))
    return whole, before, simulate(case.market, case.targets, config, resume=before.state)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_completed_on_demand_has_the_nav_and_the_end_of_the_run(seed):
    case, config = full_case(seed)
    for result in cut_of(case, config, np.random.default_rng(seed)):
        assert result.nav.to_numpy().tobytes() == result.record.nav[result.rows, 0].tobytes()
        assert result.nav_by_row.tobytes() == result.record.nav[:, 0].tobytes()
        end, _, _ = run_lanes(
            result.prepared, result.asked, result.opening, first=result.first_event, last=result.last_event
        )
        for name, array in result.closing._asdict().items():
            assert array.tobytes() == getattr(end, name).tobytes(), name


def test_the_dates_of_a_result_are_its_own():
    case, config = full_case(20)
    results = [simulate(case.market, case.targets, config) for _ in range(3)]
    results[0].nav.index.name = "renamed"
    results[1].dates.name = "renamed too"
    assert [result.dates.name for result in results] == ["renamed", "renamed too", "date"]
    assert [result.prepared.index.name for result in results] == ["date"] * 3
    assert simulate(case.market, case.targets, config).nav.index.name == "date"
    assert not results[2].dates.to_numpy().flags.writeable


def scribble(book):
    """Write into every array of a book."""
    for array in book._asdict().values():
        array[...] = 7


@pytest.mark.parametrize("seed", [11, 17, 20, 31, 54])
def test_who_writes_into_a_state_changes_no_run_that_went_on_from_it(seed):
    case, config = full_case(seed)
    stamp = case.decisions[len(case.decisions) // 2][0]
    before = simulate(case.market, case.targets, config, until=stamp)
    expected = simulate(case.market, case.targets, config, resume=before.state)
    frames = ("nav", "trades", "statement", "log", "actions", "costs", "bridge")
    texts = {name: getattr(expected, name).to_csv() for name in frames}
    assert len(expected.trades) > 0
    after = simulate(case.market, case.targets, config, resume=before.state)
    scribble(before.state.book)
    assert [name for name in frames if getattr(after, name).to_csv() != texts[name]] == []
    # Nor does its own end change what led to it.
    scribble(expected.state.book)
    again = dataclasses.replace(expected)  # nothing of it completed yet
    assert [name for name in frames if getattr(again, name).to_csv() != texts[name]] == []
