"""Writing the results of a sweep beside a plain file of the same bytes: what is read back is asserted first.

Run with `python -m benchmarks.sweep.results`. 1,036,800 candidates with ten settings, a weighting, 22 measures, a
count and two times 16 moments, in parts of 65,536, written into a temporary folder. Processor seconds are what a
sweep pays: the rest is the disk's. Beside ours stand one plain write of as many bytes, and the same table by pandas
with its defaults.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from backtest.tuning.storage.parts import Part
from backtest.tuning.storage.sealed_sweep import SealedSweep
from backtest.tuning.storage.store import Store, open_store

N_CANDIDATES, N_BLOCKS = 1_036_800, 16
WEIGHTINGS = pd.CategoricalDtype(["equal", "inverse volatility", "market cap"])
COLUMNS = {f"setting {i}": np.dtype(np.int64) for i in range(10)} | {"weighting": WEIGHTINGS}
COLUMNS |= {f"measure {i}": np.dtype(np.float64) for i in range(22)} | {"general_decisions": np.dtype(np.int64)}


def made_up(n: int) -> Part:
    """Make a part of n candidates."""
    rng = np.random.default_rng(5)
    columns = {
        name: pd.Categorical.from_codes(rng.integers(0, 3, n), dtype=WEIGHTINGS)
        if isinstance(kind, pd.CategoricalDtype)
        else rng.normal(size=n)
        if kind.kind == "f"
        else rng.integers(0, 64, n)
        for name, kind in COLUMNS.items()
    }
    return Part(columns, sums=rng.normal(size=(n, N_BLOCKS)), squares=rng.normal(size=(n, N_BLOCKS)))


def first_of(part: Part, n: int) -> Part:
    """Cut a part to its first candidates: the last one of a sweep is shorter."""
    return Part({name: column[:n] for name, column in part.columns.items()}, part.sums[:n], part.squares[:n])


def write(store: Store, part: Part, n_threads: int) -> None:
    """Write every part and put them together."""

    def one(number: int) -> None:
        first, last = store.layout.bounds(number)
        store.write(number, part if last - first == len(part.sums) else first_of(part, last - first))

    with store:
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(one, range(store.layout.n_parts)))
        store.finish(lambda _read: {})


def assert_read_back(folder: Path, part: Part) -> None:
    """See that every part reads as it was written."""
    saved = SealedSweep(folder)
    saved.verify()
    for first in range(0, N_CANDIDATES, len(part.sums)):
        n = min(len(part.sums), N_CANDIDATES - first)
        rows = saved.table.iloc[first : first + n].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, pd.DataFrame(dict(first_of(part, n).columns)))
        np.testing.assert_array_equal(saved.array("sums")[first : first + n], part.sums[:n])


def timed(work: Callable[[Path], object], repeats: int) -> tuple[float, float]:
    """Give the median seconds of a processor and of the clock, each time into a new folder."""
    laps = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as place:
            clock, processor = time.perf_counter(), time.process_time()
            work(Path(place))
            laps.append((time.process_time() - processor, time.perf_counter() - clock))
    return median(lap[0] for lap in laps), median(lap[1] for lap in laps)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats

    def opened(place: Path) -> Store:
        return open_store(place / "sweep", {"made": "up"}, N_CANDIDATES, columns=COLUMNS, n_blocks=N_BLOCKS)

    with tempfile.TemporaryDirectory() as place:
        store = opened(Path(place))
        layout, part = store.layout, made_up(store.layout.part_size)
        write(store, part, 2)
        assert_read_back(Path(place) / "sweep", part)
    table = pd.concat([pd.DataFrame(dict(part.columns))] * layout.n_parts).iloc[:N_CANDIDATES]
    plain = bytes(layout.nbytes)
    print(f"Python {platform.python_version()}, pyarrow {version('pyarrow')}, {os.cpu_count()} cores")
    print(f"{N_CANDIDATES:,} candidates, {layout.nbytes / 1e6:.0f} MB in {layout.n_parts} parts")
    for name, work in (
        ("eastbound, one thread", lambda place: write(opened(place), part, 1)),
        ("eastbound, two threads", lambda place: write(opened(place), part, 2)),
        ("a plain file of as many bytes", lambda place: (place / "plain").write_bytes(plain)),
        ("pandas to_parquet, the table alone", lambda place: table.to_parquet(place / "table.parquet")),
    ):
        processor, clock = timed(work, repeats)
        print(f"{name:36}{processor:6.2f} s of a processor{clock:8.2f} s")


if __name__ == "__main__":
    main()
