"""Candidates of sweeps beside their own single runs: NAV in full precision, measures, trades."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.kernels.measures import MEASURES
from backtest.run import run
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.blocks import Block, BlockRunner
from backtest.tuning.result import SweepResult
from backtest.tuning.setups import Setup
from backtest.tuning.sweep import sweep
from strategies.rules.kernels import Rotations
from tests.sweep_worlds import SweepWorld

NAV_RELATIVE = 1e-12
MEASURE_RELATIVE = MEASURE_ABSOLUTE = 1e-10
N_TRADES = MEASURES.index("n_trades")


@dataclass
class Tally:
    """What came of comparing candidates with their single runs.

    Attributes
    ----------
    sleeves, mixed, general : int
        Candidates by the form of the ledger: no decision, some, all in the general form.
    exact : int
        Candidates whose setup has no sleeves: held to the byte.
    worst_nav, worst_measure : float
        Largest relative difference of NAV; largest difference of a measure, as a part of what is allowed.
    worst_at : dict of str to str
        Where they are.
    faults : list of str
    """

    sleeves: int = 0
    mixed: int = 0
    general: int = 0
    exact: int = 0
    worst_nav: float = 0.0
    worst_measure: float = 0.0
    worst_at: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.sleeves + self.mixed + self.general

    def add(self, other: "Tally") -> None:
        for name in ("sleeves", "mixed", "general", "exact"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("nav", "measure"):
            if getattr(other, f"worst_{name}") > getattr(self, f"worst_{name}"):
                setattr(self, f"worst_{name}", getattr(other, f"worst_{name}"))
                self.worst_at[name] = other.worst_at[name]
        self.faults += other.faults


@dataclass(frozen=True)
class Single:
    """A candidate run by itself: NAV by date, measures in the order of `MEASURES`, decisions."""

    dates: pd.DatetimeIndex
    nav: NDArray[np.float64]
    measures: NDArray[np.float64]
    n_decisions: int


def single_run(found: SweepResult, candidate: int) -> Single:
    result = run(found.variant(candidate), found.market)
    summary = result.summary()
    measures = np.array([summary[name] for name in MEASURES])
    return Single(result.dates, result.nav.to_numpy(), measures, len(result.plan.score))


@contextmanager
def recorded() -> Iterator[dict[bytes, tuple[NDArray[np.float64], bool]]]:
    """Keep NAV of every lane that is run, by the bytes of its measures, and whether its setup has sleeves."""
    kept: dict[bytes, tuple[NDArray[np.float64], bool]] = {}
    real, made = BlockRunner.run, BlockRunner.__init__

    def keeping(self: BlockRunner, setup: Setup, n_lanes: int, *, keeps_nav: bool) -> None:
        made(self, setup, n_lanes, keeps_nav=True)

    def recording(self: BlockRunner, rotating: Rotations) -> Block:
        block = real(self, rotating)
        assert block.nav is not None
        for lane in range(block.nav.shape[1]):
            key = np.ascontiguousarray(block.measured.measures[:, lane]).tobytes()
            kept[key] = (block.nav[:, lane].copy(), self.setup.sleeves is not None)
        return block

    with patch.object(BlockRunner, "__init__", keeping), patch.object(BlockRunner, "run", recording):
        yield kept


def compare(world: SweepWorld, name: str, singles: dict[int, Single] | None = None) -> Tally:
    """Sweep a world, and run every candidate of it by itself, but for those that have been."""
    with recorded() as kept:
        found = sweep(world.thesis, world.market, world.grid, threads=1)
    tally, table, singles = Tally(), found.table, {} if singles is None else singles
    measures = np.ascontiguousarray(table[list(MEASURES)].to_numpy(dtype=np.float64))
    for candidate in range(found.space.n):
        if candidate not in singles:
            singles[candidate] = single_run(found, candidate)
        nav, has_sleeves = kept[measures[candidate].tobytes()]
        lane = Lane(nav, measures[candidate], int(table[GENERAL].iloc[candidate]), has_sleeves)
        _compare_one(tally, lane, singles[candidate], f"{name}, candidate {candidate}")
    return tally


@dataclass(frozen=True)
class Lane:
    """A candidate in a sweep."""

    nav: NDArray[np.float64]
    measures: NDArray[np.float64]
    n_general: int
    has_sleeves: bool


def _compare_one(tally: Tally, lane: Lane, single: Single, where: str) -> None:
    n_general, n_decisions = lane.n_general, single.n_decisions
    tally.sleeves += n_general == 0
    tally.general += n_general == n_decisions
    tally.mixed += 0 < n_general < n_decisions
    tally.exact += not lane.has_sleeves
    if not 0 <= n_general <= n_decisions:
        tally.faults.append(f"{where}: {n_general} of {n_decisions} decisions are general")
    apart = np.nan_to_num(np.abs(lane.nav / single.nav - 1.0), nan=np.inf)
    if apart.max() > tally.worst_nav:
        tally.worst_nav, tally.worst_at["nav"] = float(apart.max()), where
    off = _off(lane.measures, single.measures)
    worst, name = float(off.max()), MEASURES[int(off.argmax())]
    if worst > tally.worst_measure:
        tally.worst_measure, tally.worst_at["measure"] = worst, f"{where}, {name}"
    if not lane.has_sleeves:
        if lane.nav.tobytes() != single.nav.tobytes() or lane.measures.tobytes() != single.measures.tobytes():
            tally.faults.append(f"{where}: general throughout and not the same bytes ({apart.max():.1e}, {name})")
        return
    if apart.max() > NAV_RELATIVE:
        first = single.dates[int(np.argmax(apart > NAV_RELATIVE))]
        tally.faults.append(f"{where}: NAV is off by {apart.max():.1e}, first on {first:%Y-%m-%d}")
    if lane.measures[N_TRADES] != single.measures[N_TRADES]:
        tally.faults.append(f"{where}: {lane.measures[N_TRADES]:.0f} trades, by itself {single.measures[N_TRADES]:.0f}")
    if worst > 1.0:
        tally.faults.append(f"{where}: {name} is off by {worst:.1e} times what is allowed")


def _off(measures: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how far measures are off, as a part of what is allowed; one that is defined on one side alone: infinitely."""
    is_same = (measures == expected) | (np.isnan(measures) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        off = np.abs(measures - expected) / (MEASURE_ABSOLUTE + MEASURE_RELATIVE * np.abs(expected))
    return np.where(is_same, 0.0, np.nan_to_num(off, nan=np.inf, posinf=np.inf))
