"""Sweeps of strategies in Python, and of whole-portfolio allocations: each candidate is run by itself, in processes."""

import random
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.kernels.measures import MEASURES
from backtest.metrics.lanes import Measuring, measure, measuring
from backtest.result import BacktestResult
from backtest.run import run, run_strategy, settings_of
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.grids.parameter_values import text_of
from backtest.tuning.space import Space
from backtest.tuning.storage.parts import Part
from backtest.tuning.storage.store import Store
from backtest.tuning.workers import WorkerEndedError, Workers
from data.errors import NOT_OURS, EastboundError
from data.market import MarketData
from data.wording import in_one_line, said_by
from strategies.errors import StrategyError, UnsolvedError
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

# Candidates that are lost at most when a sweep is stopped: of strategies in Python, of theses that solve programmes.
PART_SIZE, SOLVED_PART_SIZE = 256, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one candidate gave; of one that failed NaN and no decisions.

    Attributes
    ----------
    measures : ndarray of shape (len(MEASURES),)
        In the order of `backtest.kernels.measures.MEASURES`, as `BacktestResult.summary` has them.
    sums, squares : ndarray of shape (n_blocks,)
        Sums of simple returns and of their squares by time block.
    returns : ndarray of shape (n_dates,), float32, or None
        Simple returns; None where they are not kept.
    n_decisions : int
        All of them by the general form of the ledger.
    """

    measures: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    returns: NDArray[np.float32] | None
    n_decisions: int


@dataclass(frozen=True, kw_only=True)
class OneByOne:
    """The candidates of a strategy in Python, as a task for one process or many.

    Every candidate is run by a strategy of its own: a copy of the one given, or its file executed anew. So what a
    strategy remembers of one candidate, another does not know, and results do not depend on which of them share a
    process. The global random generators begin with the number of the candidate. What lies outside the strategy (on a
    class, or in a module it imports) is shared by the candidates of a process: keep nothing there.

    Attributes
    ----------
    strategy : Thesis, Strategy or Policy
        A thesis whose allocation sees the portfolio it has; what its candidates read alike is estimated once a process.
    market : MarketData
    space : Space
        Of settings of the run, `run.NAME`, and of a dataclass instance of its fields, `strategy.NAME`; of a thesis of
        all its settings.
    n_blocks : int
        Time blocks of the moments.
    n_dates : int, optional
        Keep the returns, which have to be of so many dates.
    """

    strategy: Thesis | Strategy | Policy
    market: MarketData
    space: Space
    n_blocks: int = 1
    n_dates: int | None = None

    def in_blocks(self, n_blocks: int) -> "OneByOne":
        """Give the same task with another number of time blocks.

        Parameters
        ----------
        n_blocks : int

        Returns
        -------
        OneByOne
        """
        return replace(self, n_blocks=n_blocks)

    @property
    def part_size(self) -> int:
        """Candidates of a part."""
        return SOLVED_PART_SIZE if isinstance(self.strategy, Thesis) else PART_SIZE

    def check(self) -> None:
        """Refuse what cannot be run, before any work.

        Raises
        ------
        BacktestError, StrategyError
            If a parameter is none of this strategy, or a value does not fit.
        """
        if isinstance(self.strategy, Thesis):
            for candidate in range(self.space.n):
                try:
                    variant = self.strategy.replace(self.space.settings(candidate))
                    RunConfig(**variant.run)
                    variant.check(self.market)
                except EastboundError as error:
                    raise self._named(candidate, error) from error
            return
        own = own_fields(self.strategy)
        for name in self.space.names:
            section, _, key = name.partition(".")
            if section == "run" and key in RunConfig.model_fields:
                continue
            if section == "strategy" and key in own:
                continue
            if section == "run":
                raise BacktestError(f"{name} is no setting of a run; want one of {', '.join(RunConfig.model_fields)}.")
            if own:
                raise BacktestError(f"{name} is no field of the strategy; want strategy.NAME of {', '.join(own)}.")
            raise BacktestError(
                f"{name} is no parameter of this strategy: a strategy in Python has the settings of its run, run.NAME, "
                "and if it is a dataclass its fields, strategy.NAME."
            )
        _fresh(self.strategy, self.market)
        for section in ("strategy.", "run."):
            names = [name for name in self.space.names if name.startswith(section)]
            for codes in self.space.distinct(names).tolist():
                self._parts(self.space.settings_of(names, codes))

    def dates(self) -> tuple[pd.DatetimeIndex, NDArray[np.int64]]:
        """Run the first candidate that does not fail, for the dates of all.

        Returns
        -------
        dates : DatetimeIndex of length n_dates
        block_rows : ndarray of shape (n_blocks + 1,), int64
            First date of each time block, and the one behind the last.

        Raises
        ------
        BacktestError
            If it cannot be run, naming its settings.
        UnsolvedError
            If all fail: that of the last.
        """
        for candidate in range(self.space.n):
            try:
                result = self.result(candidate)
            except UnsolvedError:
                if candidate == self.space.n - 1:
                    raise
            except EastboundError as error:
                raise self._named(candidate, error) from error
            else:
                return result.prepared.index, self._measuring(result).edges
        raise BacktestError("A sweep without candidates has no dates.")

    def __call__(self, candidate: int) -> Outcome:
        """Run one candidate.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        Outcome
            Failed if an optimiser gives no portfolio at some decision.

        Raises
        ------
        BacktestError
            Naming the candidate and its settings, and what went wrong.
        """
        try:
            return self._outcome(self.result(candidate))
        except UnsolvedError:
            return self._failed()
        except EastboundError as error:
            raise self._named(candidate, error) from error

    def result(self, candidate: int) -> BacktestResult:
        """Run one candidate, and keep everything.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        BacktestResult

        Raises
        ------
        BacktestError, StrategyError, DataError
            As `run_strategy` does.
        """
        if isinstance(self.strategy, Thesis):
            return run(self.strategy.replace(self.space.settings(candidate)), self.market)
        random.seed(candidate)
        np.random.seed(candidate % 2**32)  # noqa: NPY002  the global one is what a careless strategy draws from
        strategy, config = self._parts(self.space.settings(candidate))
        return run_strategy(strategy, self.market, config)

    def _named(self, candidate: int, error: EastboundError) -> BacktestError:
        return BacktestError(f"{self.space.named(candidate)}: {in_one_line(str(error))}")  # a user's may have several

    def _parts(self, settings: Mapping[str, object]) -> tuple[Strategy | Policy, RunConfig]:
        """Give a strategy of one's own with its settings, and those of its run."""
        strategy = _fresh(self.strategy, self.market)
        own = {name.partition(".")[2]: value for name, value in settings.items() if name.startswith("strategy.")}
        if own:
            try:
                strategy = cast("Strategy | Policy", replace(cast("Any", strategy), **own))
            except EastboundError:
                raise
            except NOT_OURS as error:
                said = ", ".join(f"{name} = {text_of(value)}" for name, value in own.items())
                raise StrategyError(f"The strategy refuses {said}: {said_by(error)}") from error
        return strategy, settings_of(strategy, {name: settings[name] for name in settings if name.startswith("run.")})

    def _outcome(self, result: BacktestResult) -> Outcome:
        measured = measure(self._measuring(result), result.record)
        returns = None if self.n_dates is None else result.returns.to_numpy().astype(np.float32)
        if returns is not None and len(returns) != self.n_dates:
            raise BacktestError(
                f"it has returns on {len(returns):,} dates, and the first that was run on {self.n_dates:,}: its names "
                "trade at other venues. Sweep with returns=False."
            )
        return Outcome(
            measures=measured.measures[:, 0],
            sums=measured.sums[:, 0],
            squares=measured.squares[:, 0],
            returns=returns,
            n_decisions=len(result.asked),
        )

    def _failed(self) -> Outcome:
        nothing = np.full(self.n_blocks, np.nan)
        return Outcome(
            measures=np.full(len(MEASURES), np.nan),
            sums=nothing,
            squares=nothing,
            returns=None if self.n_dates is None else np.full(self.n_dates, np.nan, np.float32),
            n_decisions=0,
        )

    def _measuring(self, result: BacktestResult) -> Measuring:
        rows = result.prepared.rows
        return measuring(
            self.market, rows, result.config, first=0, end=len(rows.dates), opening=result.opening_nav,
            n_blocks=self.n_blocks,
        )  # fmt: skip


def run_part(
    task: OneByOne,
    workers: Workers[Outcome],
    first: int,
    last: int,
    progress: Callable[[int], None] | None = None,
) -> Part:
    """Run consecutive candidates.

    Parameters
    ----------
    task : OneByOne
        Checked.
    workers : Workers
        Of that task.
    first, last : int
        Candidates first to last - 1.
    progress : callable, optional
        Told how many of them are done, after each.

    Returns
    -------
    Part

    Raises
    ------
    BacktestError
        Naming the candidate that fails, or whose process died, and its settings.
    """
    outcomes = list[Outcome]()
    try:
        for outcome in workers.run(first, last):
            outcomes.append(outcome)
            if progress is not None:
                progress(len(outcomes))
    except WorkerEndedError as error:
        memory = " Was there too little memory? Fewer workers need less." if error.how == "signal 9" else ""
        raise BacktestError(
            f"{task.space.named(error.candidate)}: the process that ran it ended with {error.how}.{memory}"
        ) from error
    measures = np.array([outcome.measures for outcome in outcomes])
    columns = task.space.columns(first, last) | {name: measures[:, k] for k, name in enumerate(MEASURES)}
    columns[GENERAL] = np.array([outcome.n_decisions for outcome in outcomes], np.int64)
    kept = [outcome.returns for outcome in outcomes if outcome.returns is not None]
    return Part(
        columns=columns,
        sums=np.array([outcome.sums for outcome in outcomes]),
        squares=np.array([outcome.squares for outcome in outcomes]),
        returns=np.array(kept) if task.n_dates is not None else None,
    )


def run_parts(task: OneByOne, store: Store, n_workers: int, watch: Callable[[int, int], None] | None = None) -> int:
    """Run the parts of a sweep that are not there yet.

    Parameters
    ----------
    task : OneByOne
        Checked.
    store : Store
        Of parts of `part_size`, or another size that no number of workers decides.
    n_workers : int
        Processes. No result depends on it.
    watch : callable, optional
        Told how many candidates are done, and of how many, at first and after each.

    Returns
    -------
    int
        Candidates run.

    Raises
    ------
    BacktestError
        As `run_part` does; if a part cannot be written. Parts before stay.
    """
    layout, n_made = store.layout, 0
    bounds = {number: layout.bounds(number) for number in range(layout.n_parts) if number not in store.done}
    done = layout.n_candidates - sum(last - first for first, last in bounds.values())
    with Workers(task, n_workers) as workers:
        if watch is not None:
            watch(done, layout.n_candidates)
        for number, (first, last) in bounds.items():
            before = done + n_made
            told = None if watch is None else lambda n, before=before: watch(before + n, layout.n_candidates)
            store.write(number, run_part(task, workers, first, last, told))
            n_made += last - first
    return n_made


def own_fields(strategy: Strategy | Policy) -> tuple[str, ...]:
    """Name the fields of a strategy that a sweep can vary.

    Parameters
    ----------
    strategy : Strategy or Policy

    Returns
    -------
    tuple of str
        Of a dataclass instance those that it is made with; of anything else none.
    """
    given: object = strategy
    if not is_dataclass(given) or isinstance(given, type):
        return ()
    return tuple(field.name for field in fields(given) if field.init)


def _fresh(strategy: Strategy | Policy, market: MarketData) -> Strategy | Policy:
    """Give a strategy that remembers nothing."""
    given: object = strategy
    if isinstance(given, ModuleType):
        spec = given.__spec__
        if spec is None or spec.loader is None:
            raise BacktestError(f"Module {given.__name__} has no file. Put the strategy into a file of its own.")
        module = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except NOT_OURS as error:
            raise StrategyError(f"{spec.name} fails on import: {said_by(error)}") from error
        return cast("Strategy | Policy", module)
    try:
        return deepcopy(strategy, {id(market): market})
    except NOT_OURS as error:
        raise BacktestError(
            f"The strategy cannot be copied ({said_by(error)}), so its candidates would share what it "
            "remembers. Let it hold settings alone."
        ) from error
