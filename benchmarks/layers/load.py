"""Load: markets from what they are kept in, checks and calendars included."""

import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import patch

from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.layers.start import ANY
from data.load import load
from data.market import MarketData

N_DEMO = 40  # names of the demo


def _demo(_: str) -> Work:
    from data.demo.market import SEED, made_market  # `load` makes it once in a process

    def check(market: MarketData) -> None:
        require(len(market.symbols) == N_DEMO and market.synthetic, f"the demo has {len(market.symbols)} names")

    return Work(partial(made_market, SEED), check)


def _read(folder: Path, size: str) -> Work:
    def check(market: MarketData) -> None:
        cases.checked(cases.in_bounds(market, size), size, "total_return")

    return Work(partial(load, folder), check)


def _parquet(size: str) -> Work:
    return _read(cases.case_folder(size), size)


def _csv_again(size: str) -> Work:
    return _read(cases.case_folder(size, kind="csv"), size)


def _csv_first(size: str) -> Work:
    folder = cases.case_folder(size, kind="csv")

    def call() -> MarketData:
        with tempfile.TemporaryDirectory() as kept, patch("data.storage.tables.cache_folder", lambda _: Path(kept)):
            return load(folder)

    return Work(call, _read(folder, size).check)


def write_cases() -> None:
    """Write the folders of all jobs, so that no measured process is the one that has to."""
    for job in JOBS:
        for size in job.sizes if job.name != "demo" else ():
            cases.case_folder(size, kind="csv" if job.name.startswith("csv") else "parquet")


JOBS = (
    Job(
        layer="load", name="demo", says="the embedded market, made anew; its names counted",
        sizes=(ANY,), prepare=_demo,
    ),
    Job(
        layer="load", name="csv_first", says="a folder of CSV that was never parsed; the market's digest asserted",
        sizes=("252x7", "1500x40"), prepare=_csv_first,
    ),
    Job(
        layer="load", name="csv_again", says="the same folder, parsed before; the market's digest asserted",
        sizes=("252x7", "1500x40", "2520x60"), prepare=_csv_again,
    ),
    Job(
        layer="load", name="parquet", says="a folder of Parquet; the market's digest asserted",
        sizes=("252x7", "1500x40", "2520x60", "6300x500"), prepare=_parquet, is_traced=False,  # Arrow's own memory
    ),
)  # fmt: skip
