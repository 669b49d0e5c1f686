"""A job at one size: every engine's answers held against the reference, then those that passed timed in turns."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.allocation.engines import ENGINES, Engine
from benchmarks.allocation.jobs import Job, Weights
from benchmarks.allocation.reference import best_weights
from benchmarks.allocation.steps import N_STEPS, Mandate, make_steps
from benchmarks.allocation.worker import Worker

STRIDE = 7  # has no factor in common with the steps of a run: what is taken of it is spread over all of it


@dataclass(kw_only=True)
class Row:
    """What came of one engine.

    Attributes
    ----------
    key : str
        Of the engine.
    state : {"timed", "cannot", "failed", "lost"}
        "lost": its weights lie further from the reference than its tolerance; it is not timed.
    remark : str
    apart : float
        Largest difference of a weight from the reference, over all steps.
    worse : float
        Largest gap of the objective in either direction; below zero where the engine misses limits.
    missed : float
        By how much a limit is missed at most, as a fraction of NAV.
    seconds : list of float
        Of steps.
    """

    key: str
    state: str
    remark: str = ""
    apart: float = math.nan
    worse: float = math.nan
    missed: float = math.nan
    seconds: list[float] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        """The engine."""
        return ENGINES[self.key]

    @property
    def median(self) -> float:
        """Median seconds of a step; NaN without any."""
        return statistics.median(self.seconds) if self.seconds else math.nan


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What came of a job at one size."""

    job: Job
    n: int
    rows: tuple[Row, ...]

    def row(self, key: str) -> Row | None:
        """Give the row of an engine."""
        return next((row for row in self.rows if row.key == key and row.seconds), None)

    def limit(self, row: Row) -> float:
        """Give the fastest solver's own time, set up fresh, in seconds; of an engine without PIQP without that too."""
        own = {one.key: one.median for one in self.rows if one.engine.is_limit and one.seconds}
        own.pop("piqp-update", None)
        if not row.engine.has_piqp:
            own.pop("piqp", None)
        return min(own.values(), default=math.nan)

    @property
    def best_peer(self) -> float:
        """The fastest peer's time, in seconds; NaN without any."""
        theirs = [row.median for row in self.rows if _is_peer(row) and row.seconds]
        return min(theirs, default=math.nan)


def _is_peer(row: Row) -> bool:
    return not row.engine.is_limit and row.engine.module != "in_eastbound"


def compare(job: Job, n: int, workers: Mapping[str, Worker], *, turns: int, seconds: float) -> Compared:
    """Assert parity of all engines that have a row, and time those that have it.

    Parameters
    ----------
    job : Job
    n : int
        Names.
    workers : mapping of str to Worker
        By engine.
    turns : int
    seconds : float
        Of each engine, about: those that are slow take fewer steps in each turn, others from turn to turn.

    Returns
    -------
    Compared
    """
    rows = [_checked(job, n, key, worker) for key, worker in workers.items() if job.key in ENGINES[key].jobs]
    timed = [row for row in rows if row.state == "timed"]
    n_steps: dict[str, int] = {}
    for row in timed:
        pace = statistics.median(workers[row.key].time([0, N_STEPS // 2, N_STEPS - 1]))
        n_steps[row.key] = min(N_STEPS, max(1, int(seconds / turns / pace)))
    for turn in range(turns):
        for row in timed:
            n_each = n_steps[row.key]
            asked = [(turn * n_each + i) * STRIDE % N_STEPS for i in range(n_each)]
            row.seconds += workers[row.key].time(asked)
    return Compared(job=job, n=n, rows=tuple(rows))


def _checked(job: Job, n: int, key: str, worker: Worker) -> Row:
    state, found = worker.lay(job.key, n)
    if state != "solved":
        return Row(key=key, state=state, remark=found)
    return held(job, n, key, found)


def held(job: Job, n: int, key: str, found: Sequence[Weights]) -> Row:
    """Hold an engine's weights against the reference.

    Parameters
    ----------
    job : Job
    n : int
        Names.
    key : str
        Of the engine.
    found : sequence of ndarray
        Its weights at each step.

    Returns
    -------
    Row
    """
    mandate, steps, best = Mandate(n), make_steps(n), best_weights(job.key, n)
    apart = max(float(np.abs(weights - want).max()) for weights, want in zip(found, best, strict=True))
    gaps = [job.gap(step, weights, want) for step, weights, want in zip(steps, found, best, strict=True)]
    missed = max(job.missed(mandate, step, weights) for step, weights in zip(steps, found, strict=True))
    row = Row(key=key, state="timed", apart=apart, worse=max(gaps, key=abs), missed=missed)
    allowed = ENGINES[key].tolerance
    if not (apart <= allowed and missed <= allowed):  # NaN is not
        row.state, row.remark = "lost", f"weights lie {apart:.0e} apart, a limit is missed by {missed:.0e}"
    return row
