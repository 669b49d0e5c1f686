"""Loading a folder beside plain pandas: every number equal, then warm loads, fresh processes and their peak of memory.

Folders hold 600 made-up names in New York over fifteen years: close, open and volume in wide CSV files; open, high,
low, close and volume as one long Parquet file, and as one long CSV file. Plain pandas reads the same files into one
matrix per field, and checks nothing. Ours does that, checks every cell and row and the whole catalogue of checks,
lays out calendars, and gives a market. Warm: in a process that has loaded it before; a CSV file is then read from the
cache of parsed files.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.machine import peak_memory
from benchmarks.peers.jobs import Entry, Job, Ready, absolute_gap
from data.calendars import trading_calendar
from data.load import load
from data.market import PRICE_FIELDS, MarketData

N_NAMES = 600
FIRST, LAST = np.datetime64("2010-01-04"), np.datetime64("2024-12-31")
MEGABYTE = 2**20
KINDS = ("wide CSV", "long Parquet", "long CSV")
WIDE = ("close", "open", "volume")


class Child(NamedTuple):
    """What a load in a process of its own said."""

    seconds: float
    peak: float  # megabytes, libraries included
    digest: str


def loading_jobs() -> tuple[Job, ...]:
    """Give a job for each kind of file.

    Returns
    -------
    tuple of Job
    """
    return tuple(_job(kind) for kind in KINDS)


def _job(kind: str) -> Job:
    place = cache(tempfile.TemporaryDirectory)  # removed when the command ends

    @cache
    def folder() -> Path:
        made = Path(place().name) / "market"
        write_folder(made, kind)
        return made

    def fresh(what: str, *, has_read_before: bool) -> Ready:
        kept, expected = Path(place().name) / "cache", digest(_matrices(load(folder()), kind))
        if has_read_before:
            in_fresh_process(what, folder(), kept)

        def run() -> Child:
            if has_read_before:
                return in_fresh_process(what, folder(), kept)
            with tempfile.TemporaryDirectory() as empty:
                return in_fresh_process(what, folder(), Path(empty))

        return Ready(
            run=run, gap=lambda child: 0.0 if child.digest == expected else float("inf"),
            seconds=lambda child: child.seconds, remark=lambda child: f"peak {child.peak:,.0f} MB",
        )  # fmt: skip

    def ours() -> Ready:
        return Ready(run=partial(load, folder()), answer=lambda market: _stacked(_matrices(market, kind)))

    checks = "checks every cell and row, lays out calendars"
    return Job(
        key=f"load-{kind.lower().replace(' ', '-')}", title=f"Load a folder, {kind}",
        size=f"{N_NAMES} names, {FIRST} to {LAST}", compared="every number", tolerance=0.0, gap=absolute_gap,
        ours=Entry(name="eastbound", engine="pyarrow", make=ours, why=f"warm; {checks}"),
        peers=(
            Entry(
                name="pandas", package="pandas", engine="c, pyarrow", why="warm; checks nothing",
                make=lambda: Ready(run=partial(plain_pandas, folder()), answer=_stacked),
            ),
            Entry(
                name="pandas, a fresh process", package="pandas", engine="c, pyarrow", why="checks nothing",
                make=lambda: fresh("pandas", has_read_before=True),
            ),
        ),
        also=(
            Entry(
                name="eastbound, a fresh process, read before", engine="pyarrow", why=checks,
                make=lambda: fresh("eastbound", has_read_before=True),
            ),
            Entry(
                name="eastbound, the first time ever", engine="pyarrow", why=f"{checks}; nothing is cached",
                make=lambda: fresh("eastbound", has_read_before=False),
            ),
        ),
    )  # fmt: skip


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


def _matrices(market: MarketData, kind: str) -> dict[str, NDArray[np.float64]]:
    return {field: getattr(market, field) for field in (WIDE if kind == "wide CSV" else PRICE_FIELDS)}


def _stacked(matrices: Mapping[str, NDArray[np.float64] | pd.DataFrame]) -> NDArray[np.float64]:
    return np.stack([np.asarray(matrices[field], dtype=np.float64) for field in sorted(matrices)])


def digest(matrices: Mapping[str, NDArray[np.float64] | pd.DataFrame]) -> str:
    """Give a digest of all numbers, by field.

    Parameters
    ----------
    matrices : mapping of str to array or DataFrame

    Returns
    -------
    str
    """
    return hashlib.sha256(_stacked(matrices).tobytes()).hexdigest()


def in_fresh_process(what: str, folder: Path, kept: Path) -> Child:
    """Load once in a process of its own.

    Parameters
    ----------
    what : {"eastbound", "pandas"}
    folder : Path
    kept : Path
        Where ours caches.

    Returns
    -------
    Child
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers.loading", what, str(folder)],
        env={**os.environ, "EASTBOUND_CACHE": str(kept)}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, peak, found = done.stdout.split()
    return Child(float(seconds), float(peak), found)


def main() -> None:
    """Load once and print seconds, the peak of memory and a digest."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    begun = time.perf_counter()
    kept = load(folder) if what == "eastbound" else plain_pandas(folder)
    seconds, peak = time.perf_counter() - begun, peak_memory() / MEGABYTE
    kind = "wide CSV" if (folder / "close.csv").exists() else "long"
    print(seconds, peak, digest(_matrices(kept, kind) if isinstance(kept, MarketData) else kept))


if __name__ == "__main__":
    main()
