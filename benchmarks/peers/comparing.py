"""A job run: each engine's answer held against ours, then those that passed timed in turns."""

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from benchmarks.peers.jobs import Entry, Job, Ready

LEAST_SECONDS = 0.002  # of one sample: shorter calls are repeated within it
LEAST_REPEATS = 3


@dataclass(frozen=True, kw_only=True)
class Row:
    """What came of one engine at one job.

    Attributes
    ----------
    entry : Entry
    state : {"timed", "left out", "not installed", "lost"}
        "lost": its answer differs by more than the tolerance, or it raised; it is not timed.
    version : str
        Of its distribution.
    gap : float, optional
        Between its answer and ours.
    seconds : tuple of float
        One a sample, of one call or one candidate.
    busy : float, optional
        Cores it kept busy: processor time over time; waiting, or a machine that others use too, lowers it.
    remark : str
    """

    entry: Entry
    state: str
    version: str = ""
    gap: float | None = None
    seconds: tuple[float, ...] = ()
    busy: float | None = None
    remark: str = ""

    @property
    def median(self) -> float:
        """Median seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What came of a job: rows in the order of `Job.entries`."""

    job: Job
    rows: tuple[Row, ...]

    def ratio(self, row: Row) -> float | None:
        """Say how many times as long as ours it takes."""
        if not (row.seconds and self.rows[0].seconds):
            return None
        return row.median / self.rows[0].median

    @property
    def lost(self) -> tuple[Row, ...]:
        """Rows without parity."""
        return tuple(row for row in self.rows if row.state == "lost")


def compare(job: Job, *, repeats: int, seconds: float) -> Compared:
    """Assert parity of all who do a job, and time those that have it.

    Parameters
    ----------
    job : Job
    repeats : int
        Samples of each, where they fit into its seconds.
    seconds : float
        Of each engine, about; three samples are always taken.

    Returns
    -------
    Compared
    """
    rows: list[Row] = []
    ready: dict[int, Ready] = {}
    reference = None
    for number, entry in enumerate(job.entries):
        row, made, answer = _checked(job, entry, reference)
        rows.append(row)
        if made is not None:
            ready[number] = made
        if number == 0:
            if row.state != "timed":
                raise SystemExit(f"{job.key}: ours gave no answer: {row.remark}")
            reference = answer
    samples = time_in_turns(ready, repeats=repeats, seconds=seconds)
    for number, (taken, busy) in samples.items():
        shared = tuple(one / rows[number].entry.per for one in taken)
        rows[number] = replace(rows[number], seconds=shared, busy=busy)
    return Compared(job=job, rows=tuple(rows))


def _checked(job: Job, entry: Entry, reference: Any) -> tuple[Row, Ready | None, Any]:
    """Run an engine once and hold its answer against ours."""
    found = ""
    if entry.package:
        try:
            found = version(entry.package)
        except PackageNotFoundError:
            return Row(entry=entry, state="not installed"), None, None
    if entry.make is None:
        return Row(entry=entry, state="left out", version=found), None, None
    try:
        made = entry.make()
        given = made.run()
        answer = None if made.answer is None else np.asarray(made.answer(given), dtype=np.float64)
        gap = _gap(job, made, given, answer, reference)
        remark = made.remark(given) if made.remark else ""
    except Exception as error:  # noqa: BLE001 - any failure of another's engine is a row of the table, not the end of it
        return Row(entry=entry, state="lost", version=found, remark=f"{type(error).__name__}: {error}"), None, None
    allowed = job.tolerance if entry.tolerance is None else entry.tolerance
    if gap is not None and not gap <= allowed:
        lost = f"differs by {gap:.1e}, more than {allowed:.0e}"
        return Row(entry=entry, state="lost", version=found, gap=gap, remark=lost), None, None
    return Row(entry=entry, state="timed", version=found, gap=gap, remark=remark), made, answer


def _gap(job: Job, made: Ready, given: Any, answer: Any, reference: Any) -> float | None:
    if made.gap is not None:
        return made.gap(given)
    if answer is None:
        raise ValueError("it gives neither an answer nor a gap: nothing can be compared")
    return None if reference is None else job.gap(answer, reference)  # ours is compared with nothing


def time_in_turns(
    timed: Mapping[int, Ready], *, repeats: int, seconds: float
) -> dict[int, tuple[list[float], float | None]]:
    """Time engines in turns, so that what disturbs the machine disturbs all.

    Parameters
    ----------
    timed : mapping of int to Ready
    repeats : int
    seconds : float
        Of each, about: those that are slow take fewer turns, spread over all.

    Returns
    -------
    mapping of int to (list of float, float or None)
        Seconds of each sample, and the cores that were kept busy; None where an engine says itself how long it took.
    """
    n_turns = max(repeats, LEAST_REPEATS)
    calls: dict[int, int] = {}
    turns: dict[int, Sequence[int]] = {}
    taken: dict[int, list[float]] = {}
    used: dict[int, list[float]] = {}
    for number, made in timed.items():  # the first turn also says how many there will be
        wall, cpu = _sample(made, 1)
        calls[number] = 1 if made.seconds else max(1, math.ceil(LEAST_SECONDS / wall))
        taken[number], used[number] = ([wall], [cpu]) if calls[number] == 1 else ([], [])
        n = min(n_turns, max(LEAST_REPEATS, int(seconds / (wall * calls[number]))))
        turns[number] = _spread(n, n_turns)[len(taken[number]) :]
    for turn in range(n_turns):
        for number, made in timed.items():
            if turn in turns[number]:
                wall, cpu = _sample(made, calls[number])
                taken[number].append(wall / calls[number])
                used[number].append(cpu / calls[number])
    return {
        number: (taken[number], None if made.seconds else sum(used[number]) / sum(taken[number]))
        for number, made in timed.items()
    }


def _spread(n: int, turns: int) -> Sequence[int]:
    """Choose n of the turns, evenly.

    Examples
    --------
    >>> _spread(3, 9)
    [0, 4, 8]
    """
    return sorted(set(np.linspace(0, turns - 1, n).round().astype(int).tolist()))


def _sample(made: Ready, calls: int) -> tuple[float, float]:
    begun, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        given = made.run()
    wall, worked = time.perf_counter() - begun, time.process_time() - cpu
    return (made.seconds(given) if made.seconds else wall), worked
