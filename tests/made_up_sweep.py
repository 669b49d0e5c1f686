"""A sweep of made-up results, and processes that are killed in it: `python -m tests.made_up_sweep PLAN FOLDER`.

Each attempt is a fork of this process. It prints a JSON list with, of each attempt, whether the child was killed, how
many parts it left, and which files of the sweep that went on from there differ from those of one never interrupted.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from backtest.tuning.storage.parts import Layout, Part
from backtest.tuning.storage.store import Store, open_store
from tests.killing import killed_at

IDENTITY = {"thesis": "a" * 64, "market": "b" * 64, "grid": "c" * 64, "Eastbound": "0.9"}
WEIGHTINGS = pd.CategoricalDtype(["equal", "erc", "market cap, capped"])
COLUMNS = {
    "signal.lookback": np.dtype(np.int64),
    "allocation.kind": WEIGHTINGS,
    "rotation.hold": np.dtype(bool),
    "sharpe": np.dtype(np.float64),
    "general_decisions": np.dtype(np.int64),
}
N_CANDIDATES, PART_SIZE, N_BLOCKS, N_DATES = 1_050, 100, 3, 7
LARGE_PART = 250  # of five parts each operation on files is met, without the same ones of eleven
ABOUT = {"edges": ["2024-01-02", "2024-03-01"], "n": N_CANDIDATES}


def made_up(first: int, last: int) -> Part:
    """Give what a sweep might find of candidates: every figure follows from the candidate's number."""
    candidate = np.arange(first, last)
    kinds = np.where(candidate % 5 == 4, -1, candidate % 3)  # of every fifth none is stated
    sums = candidate[:, None] + np.arange(N_BLOCKS) / 10
    return Part(
        columns={
            "signal.lookback": candidate // 7,
            "allocation.kind": pd.Categorical.from_codes(kinds, dtype=WEIGHTINGS),
            "rotation.hold": candidate % 2 == 0,
            "sharpe": np.where(candidate % 11 == 10, np.nan, np.sin(candidate)),
            "general_decisions": candidate % 13,
        },
        sums=sums,
        squares=sums**2,
        returns=(candidate[:, None] * np.linspace(-1, 1, N_DATES)).astype(np.float32),
    )


def opened(folder: Path | None, **changes: object) -> Store:
    """Open a store for the made-up sweep."""
    asked = {
        "identity": IDENTITY,
        "n_candidates": N_CANDIDATES,
        "columns": COLUMNS,
        "n_blocks": N_BLOCKS,
        "n_dates": N_DATES,
        "part_size": PART_SIZE,
        "csv": True,
    }
    return open_store(folder, **(asked | changes))  # type: ignore[arg-type]


def part_of(layout: Layout, number: int) -> Part:
    return made_up(*layout.bounds(number))


def write_parts(store: Store, numbers: Iterable[int], n_threads: int = 1) -> None:
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(lambda number: store.write(number, part_of(store.layout, number)), numbers))


def swept(folder: Path | None, n_threads: int = 1, **changes: object) -> Store:
    """Sweep from wherever the folder is to the end, the last part first."""
    store = opened(folder, **changes)
    write_parts(store, sorted(set(range(store.layout.n_parts)) - store.done, reverse=True), n_threads)
    store.finish(lambda read: ABOUT)
    store.close()
    return store


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def differing(folder: Path, other: Path) -> list[str]:
    """Name the files that two folders do not share byte for byte."""
    one, two = contents(folder), contents(other)
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def left_by(folder: Path) -> int:
    """Count the parts that are marked as there."""
    return len([path for path in (folder / "parts").glob("*.json") if path.stem.isdigit()])


def renewed(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def at_every_step(folder: Path, whole: Path) -> list[dict[str, object]]:
    """Kill a sweep before each of its operations on files, one after another, until it is done."""
    found = []
    swept(renewed(whole), part_size=LARGE_PART)
    for step in range(1, 1000):
        renewed(folder)
        was_killed = killed_at(step, folder, lambda: swept(folder, part_size=LARGE_PART))
        left = left_by(folder)
        swept(folder, part_size=LARGE_PART)
        found.append({"killed": was_killed, "left": left, "differ": differing(folder, whole)})
        if not was_killed:
            break
    return found


def again_and_again(folder: Path, whole: Path) -> list[dict[str, object]]:
    """Kill a sweep, and each that goes on from it, until one comes to the end."""
    rng, found = random.Random(7), []
    for _ in range(10):
        renewed(folder)
        n_killed = 0
        while killed_at(rng.randint(40, 200), folder, lambda: swept(folder)):
            n_killed += 1
        found.append({"killed": n_killed, "left": left_by(folder), "differ": differing(folder, whole)})
    return found


def at_random_times(folder: Path, whole: Path) -> list[dict[str, object]]:
    """Kill a sweep in two threads at any time, twenty times."""
    rng, found = random.Random(11), []
    begun = time.monotonic()
    swept(renewed(folder), n_threads=2)
    span = time.monotonic() - begun  # of a whole sweep, on this machine and under its load
    for _ in range(20):
        renewed(folder)
        child = os.fork()
        if child == 0:
            swept(folder, n_threads=2)
            os._exit(0)
        time.sleep(rng.uniform(0.0, 1.2 * span))
        os.kill(child, signal.SIGKILL)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        left = left_by(folder)
        swept(folder)
        found.append({"killed": was_killed, "left": left, "differ": differing(folder, whole)})
    return found


PLANS = {one.__name__: one for one in (at_every_step, again_and_again, at_random_times)}

if __name__ == "__main__":
    place = Path(sys.argv[2])
    swept(place / "whole")
    sys.stdout.write(json.dumps(PLANS[sys.argv[1]](place / "swept", place / "whole")))
