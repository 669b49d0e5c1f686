"""Sweeps of theses: candidates side by side in lanes, blocks of them over a pool of threads."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.kernels.measures import MEASURES
from backtest.result import BacktestResult
from backtest.run import run as run_alone
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.blocks import BlockRunner
from backtest.tuning.preparation import READINGS_KEPT, SETUPS_KEPT, Preparation
from backtest.tuning.setups import Setup, Signals
from backtest.tuning.storage.parts import Part
from backtest.tuning.storage.store import Store
from backtest.tuning.variants import Variants
from data.errors import EastboundError
from strategies.errors import UnsolvedError
from strategies.rules.kernels import Rotations
from strategies.rules.rotating import rotations

LANES = 192  # candidates side by side: a step of the ledger costs as much for few, and what it reads stays near
BLOCKS_A_TASK, TASKS_A_THREAD = 10, 4  # at most; tasks that each thread gets of a part, if it has blocks for them
EVEN = 16  # lanes that loops take without a rest
RUNNERS_KEPT, ROOM_KEPT = 12, 2**25  # of a thread, and bytes: parts of a grid come back to its setups


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Candidates of one part, and where their results go.

    Attributes
    ----------
    number : int
        Of the part.
    first, last : int
    setup, signal, rule : ndarray of shape (last - first,)
        What each candidate shares with others; see `Variants`.
    measures : ndarray of shape (len(MEASURES), last - first)
    sums, squares : ndarray of shape (last - first, n_blocks)
    general : ndarray of shape (last - first,), int64
    returns : ndarray of shape (last - first, n_dates), float32, or None
    """

    number: int
    first: int
    last: int
    setup: NDArray[np.int64]
    signal: NDArray[np.int64]
    rule: NDArray[np.int64]
    measures: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    general: NDArray[np.int64]
    returns: NDArray[np.float32] | None


@dataclass(frozen=True, kw_only=True)
class Task:
    """Candidates of one part and one setup: what a thread takes at a time.

    Attributes
    ----------
    members : ndarray of int64
        Positions in the part.
    signals : ndarray of int64
        Positions in `Variants.signals` of those that candidates of this part and setup follow.
    columns : ndarray of shape (len(members),), int64
        Which of `signals` each of them follows.
    n_together : int
        Candidates of a block.
    """

    members: NDArray[np.int64]
    signals: NDArray[np.int64]
    columns: NDArray[np.int64]
    n_together: int


class InLanes:
    """The candidates of a thesis, as tasks for threads.

    Parameters
    ----------
    variants : Variants
        Checked.
    n_blocks : int
        Time blocks of the moments.
    """

    def __init__(self, variants: Variants, n_blocks: int) -> None:
        self.variants = variants
        self.preparation = Preparation(variants, n_blocks)
        self._runners = _Runners()

    def dates(self) -> tuple[pd.DatetimeIndex, NDArray[np.int64]]:
        """Give the dates of all candidates.

        Returns
        -------
        dates : DatetimeIndex of length n_dates
        block_rows : ndarray of shape (n_blocks + 1,), int64
            First date of each time block, and the one behind the last.

        Raises
        ------
        BacktestError, StrategyError, DataError
            If the first setup cannot be worked out; if an optimiser gives no portfolio to any of them.
        """
        first = self.preparation.first()
        return first.prepared.index, first.how.edges

    def in_blocks(self, n_blocks: int) -> "InLanes":
        """Give the same task with another number of time blocks.

        Parameters
        ----------
        n_blocks : int

        Returns
        -------
        InLanes
        """
        found = InLanes(self.variants, n_blocks)
        found.dates()  # which the other setups are held against
        return found

    def result(self, candidate: int) -> BacktestResult:
        """Run one candidate by itself, and keep everything.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        BacktestResult

        Raises
        ------
        BacktestError, StrategyError, DataError
            As `backtest.run.run` does.
        """
        return run_alone(self.variants.variant(candidate), self.variants.market)

    def part(self, store: Store, number: int) -> Candidates:
        """Lay a part out.

        Parameters
        ----------
        store : Store
        number : int

        Returns
        -------
        Candidates
        """
        layout, variants = store.layout, self.variants
        first, last = layout.bounds(number)
        n, n_dates = last - first, layout.n_dates
        return Candidates(
            number=number,
            first=first,
            last=last,
            setup=variants.setup_of(first, last),
            signal=variants.signal_of(first, last),
            rule=variants.rule_of(first, last),
            measures=np.empty((len(MEASURES), n)),
            sums=np.empty((n, layout.n_blocks)),
            squares=np.empty((n, layout.n_blocks)),
            general=np.empty(n, dtype=np.int64),
            returns=None if n_dates is None else np.empty((n, n_dates), dtype=np.float32),
        )

    def work(self, part: Candidates, n_threads: int) -> Iterator[Task | Callable[[], object]]:
        """Split a part into tasks, each behind what has to be worked out for it, where all of that can be kept.

        A setup comes before the tasks of the one before it: it keeps the interpreter busy, and they do not.

        Parameters
        ----------
        part : Candidates
        n_threads : int
            That share the tasks.

        Yields
        ------
        Task or callable
        """
        order = np.argsort(part.setup, kind="stable")
        runs = np.split(order, np.flatnonzero(np.diff(part.setup[order])) + 1)
        signals, setups = np.unique(part.signal).tolist(), [int(part.setup[run[0]]) for run in runs]
        if len(signals) <= READINGS_KEPT:
            yield from (partial(self.preparation.reading, number) for number in signals)
        n_blocks = max(1, min(BLOCKS_A_TASK, len(order) // (LANES * TASKS_A_THREAD * n_threads)))
        ahead = iter(setups if len(setups) <= SETUPS_KEPT else ())
        yield from (partial(self.preparation.setup, number) for number in islice(ahead, 1))
        for run in runs:
            yield from (partial(self.preparation.setup, number) for number in islice(ahead, 1))
            yield from _tasks(part, run, n_blocks if part.returns is None else 1)

    def run(self, part: Candidates, task: Task) -> None:
        """Run a task, and put what comes of it into its part.

        Parameters
        ----------
        part : Candidates
        task : Task

        Raises
        ------
        BacktestError
            Naming the first candidate of the task that cannot be run, or whose setup cannot be worked out, and its
            settings. Of several such tasks, which is run first depends on the threads.
        """
        try:
            number = int(part.setup[task.members[0]])
            setup, read = self.preparation.setup(number), self.preparation.signals(number, task.signals)
        except UnsolvedError:
            self._fail(part, task)
            return
        except EastboundError as error:
            raise self._named(part, task.members[0], error) from error
        lanes, n = task.members, len(task.members)
        first, last = int(lanes[0]), int(lanes[-1])  # ascending, and of neighbours a slice, which is faster
        where = slice(first, last + 1) if last - first == n - 1 else lanes
        try:
            runner = self._runners.of(setup, task.n_together, keeps_nav=part.returns is not None)
            block = runner.run(self._rotations(setup, read, part, task))
        except EastboundError as error:
            raise self._at_fault(setup, read, part, task, error) from error
        measured = block.measured
        part.measures[:, where] = measured.measures[:, :n]
        part.sums[where], part.squares[where] = measured.sums[:, :n].T, measured.squares[:, :n].T
        part.general[where] = block.general_decisions[:n]
        if part.returns is not None and block.nav is not None:
            before = np.vstack([np.full((1, n), setup.how.opening), block.nav[:-1, :n]])
            part.returns[where] = (block.nav[:, :n] / before - 1.0).T

    def results(self, part: Candidates) -> Part:
        """Give a part as it is written.

        Parameters
        ----------
        part : Candidates
            All of them run.

        Returns
        -------
        Part
        """
        columns = dict(self.variants.space.columns(part.first, part.last))
        columns |= dict(zip(MEASURES, part.measures, strict=True)) | {GENERAL: part.general}
        return Part(columns=columns, sums=part.sums, squares=part.squares, returns=part.returns)

    def _fail(self, part: Candidates, task: Task) -> None:
        """Leave the candidates of a setup whose optimiser gives no portfolio without results."""
        part.measures[:, task.members] = np.nan
        part.sums[task.members] = part.squares[task.members] = np.nan
        part.general[task.members] = 0
        if part.returns is not None:
            part.returns[task.members] = np.nan

    def _rotations(self, setup: Setup, read: Signals, part: Candidates, task: Task) -> Rotations:
        """Give the rules of a task; those of its last candidate again until blocks are whole."""
        at = np.minimum(np.arange(-(-len(task.members) // task.n_together) * task.n_together), len(task.members) - 1)
        rules = np.take(self.variants.rules, part.rule[task.members[at]], axis=1)
        return rotations(
            read.score, read.relative_price, rules, task.columns[at], setup.steps, n_together=task.n_together
        )

    def _at_fault(
        self, setup: Setup, read: Signals, part: Candidates, task: Task, error: EastboundError
    ) -> BacktestError:
        """Find the candidate that a task could not be run for: each is run by itself."""
        alone = BlockRunner(setup, 1, keeps_nav=False)
        for k, member in enumerate(task.members):
            one = replace(task, members=task.members[k : k + 1], columns=task.columns[k : k + 1], n_together=1)
            try:
                alone.run(self._rotations(setup, read, part, one))
            except EastboundError as own:
                return self._named(part, member, own)
        return self._named(part, task.members[0], error)

    def _named(self, part: Candidates, member: np.int64, error: EastboundError) -> BacktestError:
        return BacktestError(f"{self.variants.space.named(part.first + int(member))}: {error}")


def _tasks(part: Candidates, run: NDArray[np.int64], n_blocks: int) -> Iterator[Task]:
    """Split candidates of one setup into tasks of so many blocks."""
    n_together = _split(len(run))
    signals, columns = np.unique(part.signal[run], return_inverse=True)
    for at in range(0, len(run), n_blocks * n_together):
        some = slice(at, at + n_blocks * n_together)
        yield Task(members=run[some], signals=signals, columns=columns[some], n_together=n_together)


def _split(n: int) -> int:
    """Say how many of n candidates make a block: as many in each, so that one room is for all."""
    n_blocks = -(-n // LANES)
    return n if n_blocks == 1 else min(LANES, -(-n // (n_blocks * EVEN)) * EVEN)


class _Runners(threading.local):
    """The block runners of a thread, those it used last."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], BlockRunner] = {}

    def of(self, setup: Setup, n_lanes: int, *, keeps_nav: bool) -> BlockRunner:
        """Give a runner of so many lanes; of one sweep, so that NAV is always kept or never."""
        key = (id(setup.prepared), n_lanes)  # which the runner holds on to
        if key in self._made:
            self._made[key] = self._made.pop(key)
            return self._made[key]
        runner = BlockRunner(setup, n_lanes, keeps_nav=keeps_nav)
        self._made[key] = runner
        while len(self._made) > 1 and (
            len(self._made) > RUNNERS_KEPT or sum(one.nbytes for one in self._made.values()) > ROOM_KEPT
        ):
            del self._made[next(iter(self._made))]
        return runner
