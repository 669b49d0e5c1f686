"""Threads, the width of blocks, tasks, parts and the order of candidates change no byte of what a sweep finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from backtest.tuning import in_lanes
from backtest.tuning import sweep as driver
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.result import SweepResult
from tests.made_up_sweep import differing
from tests.sweep_worlds import SweepWorld, sweep_world

# In sleeves throughout, now in sleeves and now not, in the general form throughout, and several setups of each.
SEEDS = (7, 12, 20, 65, 19, 61)
FEWER = {"rotation.enter": 3, "rotation.exit": 2, "rotation.max_share": 2, "rotation.speed": 2, "signal.lookback": 2}


@cache
def grid_world(seed: int) -> SweepWorld:
    """Give a world with all combinations of some of its values, in their order."""
    world = sweep_world(seed, 30)
    grid = {name: given[: FEWER.get(name, 2)] for name, given in world.grid.items() if name != "draw"}
    grid["conditions"] = world.grid["conditions"]
    return SweepWorld(world.market, world.thesis, grid)


@contextmanager
def cut_into(lanes: int = 64, blocks: int = 16, part_size: int = 65_536) -> Iterator[None]:
    """Cut sweeps into blocks of so many lanes, tasks of so many blocks, and parts."""
    with (
        patch.object(in_lanes, "LANES", lanes),
        patch.object(in_lanes, "BLOCKS_A_TASK", blocks),
        patch.object(driver, "PART_SIZE", part_size),
    ):
        yield


def swept(world: SweepWorld, **given: Any) -> SweepResult:
    return driver.sweep(world.thesis, world.market, world.grid, returns=True, **given)


def bytes_of(found: SweepResult, order: np.ndarray | None = None) -> dict[str, bytes]:
    """Give the bytes of all that was found, column by column."""
    order = np.arange(found.space.n) if order is None else order
    columns = {name: found.table[name].iloc[order] for name in found.table}
    told = {
        name: column.astype(str).str.cat(sep=" ").encode()
        if column.dtype == "category"
        else column.to_numpy().tobytes()
        for name, column in columns.items()
    }
    arrays = {"sums": found.moments.sums, "squares": found.moments.squares, "returns": found.returns}
    return told | {name: np.ascontiguousarray(array[order]).tobytes() for name, array in arrays.items()}


@cache
def expected(seed: int) -> tuple[dict[str, bytes], frozenset[str]]:
    """Give what one thread finds, and which forms of the ledger occur."""
    with cut_into():
        found = swept(grid_world(seed), threads=1)
    general = found.table[GENERAL].to_numpy()
    forms = {"sleeves": (general == 0).any(), "general": (general > 0).any()}
    return bytes_of(found), frozenset(name for name, occurs in forms.items() if occurs)


CUTS = [
    (2, {}),
    (5, {"lanes": 16, "blocks": 1}),
    (1, {"lanes": 1}),
    (2, {"lanes": 3, "blocks": 2}),
    (3, {"lanes": 37, "blocks": 1}),
    (1, {"lanes": 1000}),
    (2, {"part_size": 7}),
    (3, {"part_size": 50, "lanes": 8, "blocks": 3}),
]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("threads", "cut"), CUTS, ids=str)
def test_threads_widths_and_parts_change_no_byte(seed: int, threads: int, cut: dict[str, int]) -> None:
    with cut_into(**cut):
        found = bytes_of(swept(grid_world(seed), threads=threads))
    whole = expected(seed)[0]
    assert [name for name in whole if found[name] != whole[name]] == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_candidates_changes_no_byte_of_any(seed: int) -> None:
    world, rng = grid_world(seed), np.random.default_rng(seed)
    names = [name for name in world.grid if name != "conditions"]
    shuffled: dict[str, Any] = {}
    for i in rng.permutation(len(names)):
        values = world.grid[names[i]]
        shuffled[names[i]] = [values[int(j)] for j in rng.permutation(len(values))]
    other = SweepWorld(world.market, world.thesis, shuffled | {"conditions": world.grid["conditions"]})
    with cut_into(lanes=24):
        mixed = swept(other, threads=2)
    with cut_into():
        ordered = swept(world, threads=1)
    place = {_named(mixed, k): k for k in range(mixed.space.n)}
    order = np.array([place[_named(ordered, k)] for k in range(ordered.space.n)])
    assert (order != np.arange(len(order))).any()
    found, whole = bytes_of(mixed, order), bytes_of(ordered)
    assert [name for name in whole if found[name] != whole[name]] == []


def _named(found: SweepResult, candidate: int) -> str:
    return repr(sorted(found.space.settings(candidate).items()))


@pytest.mark.timeout(400)
def test_a_candidate_among_others_is_the_candidate_alone() -> None:
    for seed in SEEDS:
        world = grid_world(seed)
        with cut_into():
            whole = swept(world, threads=1)
        for candidate in np.random.default_rng(seed).choice(whole.space.n, 3, replace=False).tolist():
            alone = {name: [value] for name, value in whole.space.settings(candidate).items()}
            found = bytes_of(swept(SweepWorld(world.market, world.thesis, alone), threads=1))
            mine = bytes_of(whole, np.array([candidate]))
            # Columns of parameters are typed by all of their values.
            assert [name for name in mine if name not in alone and found[name] != mine[name]] == []


@pytest.mark.timeout(400)
def test_threads_and_widths_change_no_byte_of_the_files(tmp_path: Path) -> None:
    for seed in SEEDS[:3]:
        folders = [tmp_path / f"{seed}-{k}" for k in range(3)]
        for folder, threads, lanes in zip(folders, (1, 2, 4), (64, 5, 150), strict=True):
            with cut_into(lanes=lanes, blocks=2, part_size=100):
                swept(grid_world(seed), threads=threads, out=folder, csv=True)
        assert [differing(folder, folders[0]) for folder in folders] == [[], [], []]


def test_both_forms_occur() -> None:
    forms = [expected(seed)[1] for seed in SEEDS]
    assert {"sleeves"} in forms
    assert {"general"} in forms
    assert {"sleeves", "general"} in forms
