"""Candidates of sweeps beside their own single runs: NAV in full precision, measures, trades."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.statistics import MEASURES
from backtest.run import run
from backtest.tuning.blocks import Block, BlockRunner
from backtest.tuning.result import GENERAL, SweepResult
from backtest.tuning.sweep import sweep
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
        for name in ("worst_nav", "worst_measure"):
            if getattr(other, name) > getattr(self, name):
                setattr(self, name, getattr(other, name))
                self.worst_at[name] = other.worst_at[name]
        self.faults += other.faults


@contextmanager
def recorded() -> Iterator[dict[bytes, tuple[NDArray[np.float64], bool]]]:
    """Keep NAV of every lane that is run, by the bytes of its measures, and whether its setup has sleeves."""
    kept: dict[bytes, tuple[NDArray[np.float64], bool]] = {}
    real = BlockRunner.run

    def recording(self: BlockRunner, rules: NDArray[np.float64], signal: NDArray[np.int64]) -> Block:
        block = real(self, rules, signal)
        for lane in range(block.nav.shape[1]):
            key = np.ascontiguousarray(block.measured.measures[:, lane]).tobytes()
            kept[key] = (block.nav[:, lane].copy(), self._setup.sleeves is not None)  # noqa: SLF001
        return block

    with patch.object(BlockRunner, "run", recording):
        yield kept


def compare(world: SweepWorld, name: str, candidates: list[int] | None = None) -> Tally:
    """Sweep a world, and run every candidate of it by itself."""
    with recorded() as kept:
        found = sweep(world.thesis, world.market, world.grid, threads=1)
    tally, table = Tally(), found.table
    measures = np.ascontiguousarray(table[list(MEASURES)].to_numpy(dtype=np.float64))
    for candidate in range(found.space.n) if candidates is None else candidates:
        nav, has_sleeves = kept[measures[candidate].tobytes()]
        _compare_one(
            tally, found, candidate, nav, measures[candidate], int(table[GENERAL].iloc[candidate]),
            has_sleeves=has_sleeves, where=f"{name}, candidate {candidate}",
        )  # fmt: skip
    return tally


def _compare_one(
    tally: Tally,
    found: SweepResult,
    candidate: int,
    nav: NDArray[np.float64],
    measures: NDArray[np.float64],
    n_general: int,
    *,
    has_sleeves: bool,
    where: str,
) -> None:
    single = run(found.variant(candidate), found.market)
    summary, expected = single.summary(), single.nav.to_numpy()
    of_single = np.array([summary[name] for name in MEASURES])
    n_decisions = len(single.plan.score)
    tally.sleeves += n_general == 0
    tally.general += n_general == n_decisions
    tally.mixed += 0 < n_general < n_decisions
    tally.exact += not has_sleeves
    if not 0 <= n_general <= n_decisions:
        tally.faults.append(f"{where}: {n_general} of {n_decisions} decisions are general")
    apart = np.abs(nav / expected - 1.0)
    if apart.max() > tally.worst_nav:
        tally.worst_nav, tally.worst_at["worst_nav"] = float(apart.max()), where
    allowed = MEASURE_ABSOLUTE + MEASURE_RELATIVE * np.abs(of_single)
    with np.errstate(invalid="ignore"):
        off = np.where(np.isnan(measures) & np.isnan(of_single), 0.0, np.abs(measures - of_single) / allowed)
    off = np.where(measures == of_single, 0.0, off)  # infinities too
    worst = float(np.nan_to_num(off, nan=np.inf).max())
    if worst > tally.worst_measure:
        name = MEASURES[int(np.nan_to_num(off, nan=np.inf).argmax())]
        tally.worst_measure, tally.worst_at["worst_measure"] = worst, f"{where}, {name}"
    if not has_sleeves:
        if nav.tobytes() != expected.tobytes() or measures.tobytes() != of_single.tobytes():
            tally.faults.append(f"{where}: general throughout and not the same bytes ({apart.max():.1e})")
        return
    if apart.max() > NAV_RELATIVE:
        first = single.dates[int(np.argmax(apart > NAV_RELATIVE))]
        tally.faults.append(f"{where}: NAV is off by {apart.max():.1e}, first on {first:%Y-%m-%d}")
    if measures[N_TRADES] != of_single[N_TRADES]:
        tally.faults.append(f"{where}: {measures[N_TRADES]:.0f} trades, by itself {of_single[N_TRADES]:.0f}")
    if worst > 1.0:
        tally.faults.append(f"{where}: {tally.worst_at['worst_measure']} is off by {worst:.1e} times what is allowed")
