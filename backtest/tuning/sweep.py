"""Sweeping: every candidate of a space run on a market, in blocks over a pool of threads."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.statistics import MEASURES
from backtest.tuning.blocks import run_block
from backtest.tuning.identity import sweep_identity
from backtest.tuning.parts import Part
from backtest.tuning.result import GENERAL, SweepResult
from backtest.tuning.setups import Setup, set_up
from backtest.tuning.space import Space, space_of
from backtest.tuning.store import MEMORY_LIMIT, Store, open_store
from backtest.tuning.variants import Variants
from data.market import MarketData
from strategies.planning import decide_when, read_signal
from strategies.thesis import Thesis

LANES = 64  # candidates side by side: what a day of them reads and writes stays in the first cache
BLOCKS_A_TASK = 16
N_BLOCKS = 16  # of time: as many as CSCV is usually done with
RETURNS_PART = 4  # returns are kept by default where they take no more than this part of the memory limit


@dataclass(frozen=True)
class Pool:
    """Candidates of one part, and where their results go.

    Attributes
    ----------
    first, last : int
    setup, signal, rule : ndarray of shape (last - first,)
        What each candidate shares with others; see `Variants`.
    measures : ndarray of shape (len(MEASURES), last - first)
    sums, squares : ndarray of shape (last - first, n_blocks)
    general : ndarray of shape (last - first,), int64
    returns : ndarray of shape (last - first, n_dates), float32, or None
    """

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


def sweep(
    thesis: Thesis,
    market: MarketData,
    grid: Mapping[str, Any] | Space,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
    returns: bool | None = None,
    n_blocks: int = N_BLOCKS,
    csv: bool = False,
    watch: Callable[[int, int], None] | None = None,
) -> SweepResult:
    """Run every candidate of a grid.

    Parameters
    ----------
    thesis : Thesis
    market : MarketData
    grid : mapping of str to object, or Space
        What is varied; see `space_of`.
    out : str or Path, optional
        Folder for the results, written as they come: a sweep that was stopped goes on there, to the same bytes. Without
        it they are held in memory.
    threads : int, optional
        By default as many as there are processors. No result depends on it.
    memory_limit : int
        Bytes of results that may be held in memory.
    returns : bool, optional
        Keep all returns, in single precision. By default where they are small beside the memory limit.
    n_blocks : int
        Time blocks of the moments of returns.
    csv : bool
        With `out`: write the table as CSV too.
    watch : callable, optional
        Told how many candidates are done, and of how many, now and then.

    Returns
    -------
    SweepResult

    Raises
    ------
    BacktestError, StrategyError, DataError
        If anything cannot be run: of the grid and its settings before any work. What was written before stays.

    Examples
    --------
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> found = sweep(
    ...     thesis("flow-momentum"), load("demo"), {"rotation.enter": [0.5, 1.0], "signal.lookback": [20, 40]}
    ... )
    >>> found.table[["rotation.enter", "signal.lookback"]].to_numpy().tolist()
    [[0.5, 20.0], [0.5, 40.0], [1.0, 20.0], [1.0, 40.0]]
    """
    begun = time.perf_counter()
    space = space_of(grid, base=_base_of(thesis))
    variants = Variants(thesis, market, space)
    variants.check()
    n_threads = threads or os.cpu_count() or 1
    runner = _Runner(variants, n_blocks)
    dates = runner.setup(0).prepared.index
    n_dates = len(dates)
    if returns is None:
        returns = space.n * n_dates * 4 * RETURNS_PART <= memory_limit
    columns = {name: column.dtype for name, column in space.columns(0, 1).items()}
    columns |= dict.fromkeys(MEASURES, np.dtype(np.float64)) | {GENERAL: np.dtype(np.int64)}
    store = open_store(
        None if out is None else Path(out), {} if out is None else sweep_identity(thesis, market, space.digest),
        space.n, columns=columns, n_blocks=n_blocks, n_dates=n_dates if returns else None, memory_limit=memory_limit,
        csv=csv,
    )  # fmt: skip
    with store:
        n_made = _run_parts(runner, store, n_threads, watch)
        store.finish({})
    return SweepResult(
        thesis=thesis,
        market=market,
        space=space,
        store=store,
        dates=dates,
        block_rows=runner.setup(0).how.edges,
        seconds=time.perf_counter() - begun,
        n_made=n_made,
    )


def _base_of(thesis: Thesis) -> Callable[[str], object]:
    """Give the thesis' own value of a dotted name, for conditions on what is not varied."""

    def base(name: str) -> object:
        section, _, key = name.partition(".")
        given = thesis.run if section == "run" else getattr(thesis, section).model_dump()
        return given[key]

    return base


class _Runner:
    """Works out setups and signals once each, whoever asks first."""

    def __init__(self, variants: Variants, n_blocks: int) -> None:
        self.variants = variants
        self._n_blocks = n_blocks
        self._setups: dict[int, Setup] = {}
        self._readings: dict[int, Any] = {}

    def setup(self, number: int) -> Setup:
        """Give a setup, worked out the first time."""
        if number not in self._setups:
            settings, market = self.variants.setups[number], self.variants.market
            venue = decide_when(settings.schedule, market, self.variants.thesis.name).venue
            readings = [
                self._reading(k, venue)
                if one.baskets == settings.baskets and one.venue == settings.schedule.venue
                else None
                for k, one in enumerate(self.variants.signals)
            ]
            self._setups[number] = set_up(market, settings, readings, self.variants.thesis.name, self._n_blocks)
        return self._setups[number]

    def _reading(self, number: int, venue: str) -> Any:
        if number not in self._readings:
            one = self.variants.signals[number]
            self._readings[number] = read_signal(one.signal, one.baskets, self.variants.market, venue)
        return self._readings[number]


def _run_parts(runner: _Runner, store: Store, n_threads: int, watch: Callable[[int, int], None] | None) -> int:
    """Run the parts that are not there yet, one after the other, the writing of one beside the running of the next."""
    layout, n_made = store.layout, 0
    todo = [number for number in range(layout.n_parts) if number not in store.done]
    done = layout.n_candidates - sum(last - first for first, last in map(layout.bounds, todo))
    writing: list[Future[None]] = []
    with ThreadPoolExecutor(n_threads) as pool:
        for number in todo:
            first, last = layout.bounds(number)
            part = _new_pool(runner, first, last, layout.n_blocks, layout.n_dates)
            _wait([pool.submit(_run_task, runner, part, task) for task in _tasks(part)])
            _wait(writing)
            writing = [pool.submit(store.write, number, _part(runner, part))]
            n_made += last - first
            if watch is not None:
                watch(done + n_made, layout.n_candidates)
        _wait(writing)
    return n_made


def _wait(futures: list[Future[None]]) -> None:
    done, waiting = wait(futures, return_when=FIRST_EXCEPTION)
    for one in waiting:
        one.cancel()
    for one in done:
        one.result()


def _new_pool(runner: _Runner, first: int, last: int, n_blocks: int, n_dates: int | None) -> Pool:
    variants, n = runner.variants, last - first
    return Pool(
        first=first,
        last=last,
        setup=variants.setup_of(first, last),
        signal=variants.signal_of(first, last),
        rule=variants.rule_of(first, last),
        measures=np.empty((len(MEASURES), n)),
        sums=np.empty((n, n_blocks)),
        squares=np.empty((n, n_blocks)),
        general=np.empty(n, dtype=np.int64),
        returns=None if n_dates is None else np.empty((n, n_dates), dtype=np.float32),
    )


def _tasks(part: Pool) -> Iterator[NDArray[np.int64]]:
    """Give the candidates of a part in runs of one setup."""
    order = np.argsort(part.setup, kind="stable")
    for run in np.split(order, np.flatnonzero(np.diff(part.setup[order])) + 1):
        yield from (run[at : at + LANES * BLOCKS_A_TASK] for at in range(0, len(run), LANES * BLOCKS_A_TASK))


def _run_task(runner: _Runner, part: Pool, members: NDArray[np.int64]) -> None:
    setup = runner.setup(int(part.setup[members[0]]))
    rules = runner.variants.rules
    for at in range(0, len(members), LANES):
        lanes = members[at : at + LANES]
        block = run_block(setup, np.ascontiguousarray(rules[:, part.rule[lanes]]), part.signal[lanes])
        part.measures[:, lanes] = block.measured.measures
        part.sums[lanes], part.squares[lanes] = block.measured.sums.T, block.measured.squares.T
        part.general[lanes] = block.general_decisions
        if part.returns is not None:
            before = np.vstack([np.full((1, len(lanes)), setup.how.opening), block.nav[:-1]])
            part.returns[lanes] = (block.nav / before - 1.0).T


def _part(runner: _Runner, part: Pool) -> Part:
    columns = dict(runner.variants.space.columns(part.first, part.last))
    columns |= dict(zip(MEASURES, part.measures, strict=True)) | {GENERAL: part.general}
    return Part(columns=columns, sums=part.sums, squares=part.squares, returns=part.returns)
