"""Sweeping: every candidate of a space run on a market, in parts that are kept as they come."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, overload

import numpy as np

from backtest.errors import BacktestError, SweepStopped
from backtest.kernels.measures import MEASURES
from backtest.tuning import in_lanes, one_by_one
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.document import sweep_document
from backtest.tuning.in_lanes import PARTS_UNDER_WAY, InLanes
from backtest.tuning.one_by_one import OneByOne
from backtest.tuning.own_settings import own_settings
from backtest.tuning.result import RotationSweep, StrategySweep, SweepResult
from backtest.tuning.space import Space, space_of
from backtest.tuning.storage.identity import sweep_identity
from backtest.tuning.storage.parts import PART_SIZE
from backtest.tuning.storage.store import MEMORY_LIMIT, Store, open_store
from backtest.tuning.variants import Variants
from data.market import MarketData
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

N_BLOCKS = 16  # of time: as many as CSCV is usually done with
RETURNS_PART = 4  # returns are kept by default where they take no more than this part of the memory limit


@overload
def sweep(
    strategy: Thesis,
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
) -> RotationSweep: ...


@overload
def sweep(
    strategy: Strategy | Policy,
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
) -> SweepResult: ...


def sweep(
    strategy: Thesis | Strategy | Policy,
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
    strategy : Thesis, Strategy or Policy
        Candidates of a thesis are run side by side, in threads; those of a strategy in Python one by one, in processes.
    market : MarketData
    grid : mapping of str to object, or Space
        What is varied; see `space_of`.
    out : str or Path, optional
        Folder for the results, written as they come: a sweep that was stopped goes on there, to the same bytes. Without
        it they are held in memory.
    threads : int, optional
        Threads, or processes; by default as many as there are processors. No result depends on it.
    memory_limit : int
        Bytes of results that may be held in memory.
    returns : bool, optional
        Keep all returns, in single precision. By default where they are small beside the memory limit.
    n_blocks : int
        Time blocks of the moments of returns.
    csv : bool
        Write the table as CSV too; refused without `out`.
    watch : callable, optional
        Told how many candidates are done, and of how many: at first, whenever a thread or process is done with some
        (about a thousand in lanes, one by one in Python), and in the end.

    Returns
    -------
    SweepResult
        Of a thesis a RotationSweep.

    Raises
    ------
    BacktestError, StrategyError, DataError
        If anything cannot be run: of the grid and its settings before any work. What was written before stays.
    SweepStopped
        A KeyboardInterrupt that says how much is done. With `out` all parts that are whole are kept.

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
    _refuse_below_one(threads=threads, n_blocks=n_blocks, memory_limit=memory_limit)
    if csv and out is None:
        raise BacktestError("A table as CSV needs a folder to stand in. Give one (--out, out=DIR), or leave CSV out.")
    space = space_of(grid, base=own_settings(strategy))
    task = _task(strategy, market, space, n_blocks)
    dates, block_rows = task.dates()
    n_dates = len(dates)
    is_kept = space.n * n_dates * 4 * RETURNS_PART <= memory_limit if returns is None else returns
    columns = {name: column.dtype for name, column in space.columns(0, 1).items()}
    columns |= dict.fromkeys(MEASURES, np.dtype(np.float64)) | {GENERAL: np.dtype(np.int64)}
    folder = None if out is None else Path(out)
    store = open_store(
        folder, {} if out is None else sweep_identity(strategy, market, space.digest), space.n, columns=columns,
        n_blocks=n_blocks, n_dates=n_dates if is_kept else None, memory_limit=memory_limit, csv=csv,
        part_size=PART_SIZE if isinstance(task, InLanes) else one_by_one.PART_SIZE,
    )  # fmt: skip
    try:
        with store:
            n_made = _run_parts(task, store, threads or os.cpu_count() or 1, memory_limit, watch)
            store.finish(lambda read: sweep_document(strategy, market, space, dates, block_rows, read))
    except KeyboardInterrupt as stopped:
        raise _stopped(store, folder) from stopped
    shared: dict[str, Any] = {
        "market": market, "space": space, "store": store, "dates": dates, "block_rows": block_rows, "n_made": n_made,
        "seconds": time.perf_counter() - begun,
    }  # fmt: skip
    if isinstance(strategy, Thesis):
        return RotationSweep(thesis=strategy, again=sweep, **shared)
    return StrategySweep(task=cast("OneByOne", task), **shared)


def _task(strategy: Thesis | Strategy | Policy, market: MarketData, space: Space, n_blocks: int) -> InLanes | OneByOne:
    """Give what runs the candidates, checked."""
    if isinstance(strategy, Thesis):
        variants = Variants(strategy, market, space)
        variants.check()
        return InLanes(variants, n_blocks)
    task = OneByOne(strategy=strategy, market=market, space=space, n_blocks=n_blocks)
    task.check()
    return task


def _run_parts(
    task: InLanes | OneByOne,
    store: Store,
    n_threads: int,
    memory_limit: int,
    watch: Callable[[int, int], None] | None,
) -> int:
    layout = store.layout
    if isinstance(task, OneByOne):
        return one_by_one.run_parts(replace(task, n_dates=layout.n_dates), store, n_threads, watch)
    part_bytes = layout.nbytes * min(layout.part_size / layout.n_candidates, 1)
    n_under_way = PARTS_UNDER_WAY if PARTS_UNDER_WAY * part_bytes <= memory_limit else 1
    return in_lanes.run_parts(task, store, n_threads, watch, n_under_way=n_under_way)


def _stopped(store: Store, folder: Path | None) -> SweepStopped:
    layout, done = store.layout, store.done
    n_done = sum(last - first for first, last in map(layout.bounds, done))
    said = f"The sweep was stopped at {n_done:,} of {layout.n_candidates:,} candidates"
    if folder is None:
        return SweepStopped(f"{said}, and nothing is kept. With a folder (--out, out=DIR) it could go on.", 0)
    return SweepStopped(f"{said}. They are kept in {folder}: the same sweep into it goes on from there.", n_done)


def _refuse_below_one(**counts: float | None) -> None:
    for name, count in counts.items():
        if count is not None and not (isinstance(count, (int, np.integer)) and count >= 1):
            raise BacktestError(f"{name} = {count}: want a whole number, one or more.")
