"""A million variants: the headline sweep, written to a folder, random candidates held against their single runs.

Run with `python -m benchmarks.sweep`: the grid of `grids/headline.toml` on a made-up market, 1,500 dates and 40 names
in two venues, then each of its schedules alone. With `--lots` in board lots with minima, rounding and commissions: the
general form. With `--market PATH` on a market of files. All measures and block moments are written, as by `eastbound
sweep`; signals, weightings and setups are worked out anew each time, on a market that no run has seen. Medians.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import strategies
from backtest.kernels.measures import MEASURES
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.result import SweepResult
from backtest.tuning.sweep import sweep
from benchmarks.machine import machine, peak_memory
from benchmarks.markets import make_market, make_thesis
from benchmarks.sweep.grid import headline
from benchmarks.sweep.phases import PARTS, wall_seconds, watched
from data.load import load
from data.market import MarketData
from strategies.planning import decide_when
from strategies.thesis import Thesis

N_CHECKED = 20
TOLERANCE = 1e-10  # of measures in sleeves, absolute and relative; in the general form not a bit
# Every share counted: board lots on prices of total returns, the whole contract note, commissions with their minima.
IN_LOTS: Mapping[str, object] = {
    "run.costs": "venue", "run.commission_bps": 2.5, "run.commission_min": {"USD": 1.0, "HKD": 18.0},
    "run.lots": "exchange", "run.approximate_lots": True,
}  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """One grid, swept.

    Attributes
    ----------
    found : SweepResult
        Of the last time.
    seconds : float
        Median, preparation and writing included.
    cpu : float
        Seconds that all processors together worked on it, median: what says more on a busy machine.
    phases : mapping of str to float
        Seconds in which any thread was at work on a phase, median; the writing goes on beside the running.
    gap : float
        Largest difference between a measure of the table and of a single run, over 1 and its size.
    n_bytes : int
        Size of the folder.
    """

    found: SweepResult
    seconds: float
    cpu: float
    phases: Mapping[str, float]
    gap: float
    n_bytes: int


def check(found: SweepResult, n: int, seed: int = 7) -> float:
    """Compare random candidates with their own single runs.

    Parameters
    ----------
    found : SweepResult
    n : int
        How many candidates.
    seed : int

    Returns
    -------
    float
        The largest gap: the difference of a measure over 1 and its size.

    Raises
    ------
    SystemExit
        If a candidate differs.
    """
    chosen = np.random.default_rng(seed).choice(found.space.n, min(n, found.space.n), replace=False)
    worst = 0.0
    for candidate in chosen.tolist():
        row, single = found.table.iloc[candidate], found.run(candidate)
        summary = single.summary()
        pairs = np.array([(row[name], summary[name]) for name in MEASURES], dtype=np.float64)
        apart = np.abs(np.subtract(*pairs.T)) / (1.0 + np.abs(pairs[:, 1]))
        apart[np.isnan(pairs).all(axis=1)] = 0.0
        is_general = row[GENERAL] == len(single.plan.share)
        if not (apart <= (0.0 if is_general else TOLERANCE)).all():
            name = MEASURES[int(np.argmax(np.nan_to_num(apart, nan=np.inf)))]
            raise SystemExit(f"candidate {candidate} is not its single run: {name} is {row[name]!r}, {summary[name]!r}")
        worst = max(worst, float(apart.max()))
    return worst


def time_sweep(
    make: Callable[[], MarketData],
    thesis: Thesis,
    grid: Mapping[str, Any],
    threads: int,
    repeats: int,
    n_checked: int = N_CHECKED,
) -> Timed:
    """Sweep a grid some times, each time on a new market and into a new folder.

    Parameters
    ----------
    make : callable
        Gives the market.
    thesis : Thesis
    grid : mapping of str to object
    threads : int
    repeats : int
    n_checked : int
        Random candidates that are compared with their single runs, each time.

    Returns
    -------
    Timed
    """
    taken, worked, phases = list[float](), list[float](), list[dict[str, float]]()
    for _ in range(repeats):
        market = make()
        with tempfile.TemporaryDirectory() as folder, watched() as intervals:
            begun = time.process_time()
            found = sweep(thesis, market, grid, out=Path(folder) / "sweep", threads=threads, returns=False)
            worked.append(time.process_time() - begun)
            taken.append(found.seconds)
            phases.append({phase: wall_seconds(intervals[phase]) for phase in PARTS})
            gap = check(found, n_checked)
            n_bytes = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return Timed(
        found=found,
        seconds=statistics.median(taken),
        cpu=statistics.median(worked),
        phases={phase: statistics.median(one[phase] for one in phases) for phase in PARTS},
        gap=gap,
        n_bytes=n_bytes,
    )


def general_share(found: SweepResult) -> float:
    """Give the part of all decisions that took the general form.

    Parameters
    ----------
    found : SweepResult

    Returns
    -------
    float
    """
    table, every = found.table, found.space.values[found.space.names.index("schedule.every")]
    column = table["schedule.every"].astype(str)  # of words and numbers together it holds words
    n_decisions = 0
    for one in every:
        schedule = found.thesis.replace({"schedule.every": one}).schedule
        n = len(decide_when(schedule, found.market, found.thesis.name).stamps)
        n_decisions += n * int((column == str(one)).sum())
    return float(table[GENERAL].sum()) / n_decisions


def source_of(arguments: argparse.Namespace) -> tuple[Callable[[], MarketData], Thesis]:
    """Give what makes the market, and the thesis that is varied.

    Parameters
    ----------
    arguments : Namespace

    Returns
    -------
    make : callable
    thesis : Thesis
    """
    if arguments.market is None:
        make, thesis = partial(make_market, has_halts=arguments.halts), make_thesis()
    else:
        make = partial(load, arguments.market, arguments.universe, arguments.start, arguments.end)
        thesis = strategies.thesis("flow-momentum")
    return make, thesis.replace(IN_LOTS) if arguments.lots else thesis


def main() -> None:
    """Sweep, check, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, help="at least so many; by default all 1,036,800")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lots", action="store_true", help="board lots, minima, rounding: the general form")
    parser.add_argument("--halts", action="store_true", help="two of the made-up names are suspended for a while")
    parser.add_argument("--whole", action="store_true", help="the whole grid alone, not each schedule too")
    parser.add_argument("--market", help="folder of files; by default made up")
    parser.add_argument("--universe")
    parser.add_argument("--start")
    parser.add_argument("--end")
    arguments = parser.parse_args()
    make, thesis = source_of(arguments)
    market = make()
    time_sweep(make, thesis, headline(600), arguments.threads, 1)  # compiles, or reads what was compiled
    schedules = [(), *(() if arguments.whole else ([one] for one in headline()["schedule.every"]))]
    timed = [
        time_sweep(make, thesis, headline(arguments.candidates, one), arguments.threads, arguments.repeats)
        for one in schedules
    ]
    n_names = len(market.holdable)
    print(f"{machine()}; {arguments.threads} threads, median of {arguments.repeats}")
    print(
        f"{market.name}: {len(timed[0].found.dates):,} dates x {n_names} names{', in lots' if arguments.lots else ''}"
    )
    gap = max(one.gap for one in timed)
    print(f"{N_CHECKED} random candidates of each row against their single runs: measures differ by {gap:.1e}")
    print(f"peak memory {peak_memory() / 2**20:,.0f} MiB")
    print("schedule    candidates  seconds  a second  CPU, s  preparation  running  writing  MB written  general form")
    for every, one in zip(schedules, timed, strict=True):
        n, phases = one.found.space.n, one.phases
        print(
            f"{'all three' if not every else every[0]!s:10s}{n:12,}{one.seconds:9.2f}{n / one.seconds:10,.0f}"
            f"{one.cpu:8.2f}{phases['preparation']:13.2f}{phases['running']:9.2f}{phases['writing']:9.2f}"
            f"{one.n_bytes / 1e6:12.1f}{general_share(one.found):14.2%}"
        )
