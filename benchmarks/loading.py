"""Loading a folder beside plain pandas: parity asserted first, then medians, their ratio and the peak of memory.

Run with `make bench-loading`. Folders hold 600 made-up names in New York over fifteen years: close, open and volume in
wide CSV files; open, high, low, close and volume as one long Parquet file, and as one long CSV file. Plain pandas reads
the same files into one matrix per field, and checks nothing. Ours does that, checks every cell and row and the whole
catalogue of checks, lays out calendars, and gives a market. "Warm": in a process that has loaded it before; a CSV file
is then read from the cache of parsed files. Peaks are of fresh processes, libraries included.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.timing import median_of
from data.calendars import trading_calendar
from data.load import load
from data.market import PRICE_FIELDS

N_NAMES = 600
FIRST, LAST = np.datetime64("2010-01-04"), np.datetime64("2024-12-31")
MEGABYTE = 2**20
KINDS = ("wide CSV", "long Parquet", "long CSV")
WIDE = ("close", "open", "volume")


def write_folder(folder: Path, kind: str) -> None:
    """Write fifteen years of made-up prices, rounded to cents."""
    rng = np.random.default_rng(11)
    calendar = trading_calendar("XNYS", 2010, 2024)
    dates = calendar.dates[(calendar.dates >= FIRST) & (calendar.dates <= LAST)]
    shape = (len(dates), N_NAMES)
    close = rng.uniform(10, 300, N_NAMES) * np.exp(np.cumsum(0.012 * rng.standard_normal(shape), axis=0))
    close = np.clip(close, 1.0, 1e5).round(2)
    opened = (close * np.exp(0.004 * rng.standard_normal(shape))).round(2)
    symbols = np.array([f"N{i:03d}" for i in range(N_NAMES)])
    table = pd.DataFrame(
        {
            "date": np.repeat(dates.astype("datetime64[s]"), N_NAMES),
            "symbol": pd.Categorical(np.tile(symbols, len(dates))),
            "venue": pd.Categorical(np.full(close.size, "XNYS")),
            "currency": pd.Categorical(np.full(close.size, "USD")),
            "open": opened.ravel(),
            "high": (np.maximum(opened, close) + 0.05).round(2).ravel(),
            "low": (np.minimum(opened, close) - 0.05).round(2).ravel(),
            "close": close.ravel(),
            "volume": rng.lognormal(13, 0.4, shape).round(-2).ravel(),
        }
    )
    folder.mkdir(parents=True)
    if kind == "wide CSV":
        for field in WIDE:
            table.pivot(index="date", columns="symbol", values=field).to_csv(folder / f"{field}.csv")  # noqa: PD010
    elif kind == "long CSV":
        table.to_csv(folder / "prices.csv", index=False)
    else:
        table.to_parquet(folder / "prices.parquet", compression="zstd")
    (folder / "market.toml").write_text('price_basis = "raw"\nsynthetic = true\n', encoding="utf-8")


def plain_pandas(folder: Path) -> dict[str, pd.DataFrame]:
    """Read a folder into a matrix per field: what a script would do."""
    if (folder / "close.csv").exists():
        return {field: pd.read_csv(folder / f"{field}.csv", index_col="date", parse_dates=["date"]) for field in WIDE}
    path = folder / "prices.parquet"
    table = pd.read_parquet(path) if path.exists() else pd.read_csv(folder / "prices.csv", parse_dates=["date"])
    return {field: table.pivot(index="date", columns="symbol", values=field) for field in PRICE_FIELDS}  # noqa: PD010


def assert_parity(folder: Path) -> None:
    """See that both hold the same numbers."""
    ours, theirs = load(folder), plain_pandas(folder)
    for field, matrix in theirs.items():
        np.testing.assert_array_equal(getattr(ours, field), matrix.to_numpy())


def in_fresh_process(what: str, folder: Path, cache: Path) -> tuple[float, float]:
    """Give seconds and peak megabytes of one load in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.loading", "--only", what, str(folder)],
        env={**os.environ, "EASTBOUND_CACHE": str(cache)}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def load_once(what: str, folder: Path) -> None:
    """Load once and print seconds and the peak of memory."""
    begun = time.perf_counter()
    kept = load(folder) if what == "eastbound" else plain_pandas(folder)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    assert kept is not None
    print(seconds, peak)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs=2, metavar=("WHAT", "PATH"))
    asked = parser.parse_args()
    if asked.only:
        load_once(asked.only[0], Path(asked.only[1]))
        return
    versions = f"pandas {version('pandas')}, pyarrow {version('pyarrow')}"
    print(f"Python {platform.python_version()}, {versions}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as place:
        for kind in KINDS:
            folder, cache = Path(place) / kind, Path(place) / "cache"
            write_folder(folder, kind)
            size = sum(file.stat().st_size for file in folder.iterdir()) / MEGABYTE
            print(f"\n{kind}: {size:.0f} MB, {N_NAMES} names, {FIRST} to {LAST}")
            first = in_fresh_process("eastbound", folder, cache)
            second = in_fresh_process("eastbound", folder, cache)
            plain = in_fresh_process("pandas", folder, cache)
            assert_parity(folder)
            warm = median_of(partial(load, folder), asked.repeats)
            warm_plain = median_of(partial(plain_pandas, folder), asked.repeats)
            rows = (
                ("plain pandas, warm", warm_plain, plain[1]),
                ("eastbound, warm", warm, second[1]),
                ("eastbound, a fresh process, read before", second[0], second[1]),
                ("eastbound, the first time ever", first[0], first[1]),
            )
            for name, seconds, peak in rows:
                print(f"{name:42}{seconds:7.2f} s   {seconds / warm_plain:5.2f} x pandas   peak {peak:6.0f} MB")


if __name__ == "__main__":
    main()
