"""Sweeping: every candidate of a space run on a market, in parts that are kept as they come."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast, overload

import numpy as np

from backtest.errors import BacktestError, SweepStopped
from backtest.kernels.measures import MEASURES
from backtest.tuning import lane_parts, one_by_one
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.document import sweep_document
from backtest.tuning.failures import reason
from backtest.tuning.in_lanes import InLanes
from backtest.tuning.lane_parts import PARTS_UNDER_WAY
from backtest.tuning.one_by_one import OneByOne
from backtest.tuning.own_settings import own_settings
from backtest.tuning.result import RotationSweep, StrategySweep, SweepResult
from backtest.tuning.space import Space, space_of
from backtest.tuning.storage.byte_counts import bytes_of
from backtest.tuning.storage.identity import sweep_identity
from backtest.tuning.storage.parts import PART_SIZE
from backtest.tuning.storage.store import MEMORY_LIMIT, Store, open_store
from backtest.tuning.variants import Variants
from data.errors import EastboundError
from data.market import MarketData
from strategies.errors import UnsolvedError
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

N_BLOCKS = 16  # of time: as many as CSCV is usually done with
RETURNS_PART = 4  # returns are kept by default where they take no more than this part of the memory limit


class SweepOptions(TypedDict, total=False):
    """What `sweep` takes by name; see there."""

    out: str | Path | None
    threads: int | None
    memory_limit: int | str
    returns: bool | None
    n_blocks: int | None
    csv: bool
    watch: Callable[[int, int], None] | None


@overload
def sweep(
    strategy: Thesis, market: MarketData, grid: Mapping[str, Any] | Space, **options: Unpack[SweepOptions]
) -> RotationSweep: ...


@overload
def sweep(
    strategy: Strategy | Policy, market: MarketData, grid: Mapping[str, Any] | Space, **options: Unpack[SweepOptions]
) -> SweepResult: ...


def sweep(
    strategy: Thesis | Strategy | Policy,
    market: MarketData,
    grid: Mapping[str, Any] | Space,
    *,
    out: str | Path | None = None,
    threads: int | None = None,
    memory_limit: int | str = MEMORY_LIMIT,
    returns: bool | None = None,
    n_blocks: int | None = None,
    csv: bool = False,
    watch: Callable[[int, int], None] | None = None,
) -> SweepResult:
    """Run every candidate of a grid.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy
        Candidates of a thesis are run side by side, in threads; those of a strategy in Python, and of a thesis whose
        allocation weighs the whole portfolio, one by one, in processes.
    market : MarketData
    grid : mapping of str to object, or Space
        What is varied; see `space_of`.
    out : str or Path, optional
        Folder for the results, written as they come: a sweep that was stopped goes on there, to the same bytes. Without
        it they are held in memory.
    threads : int, optional
        Threads, or processes; by default as many as there are processors. No result depends on it.
    memory_limit : int or str
        Bytes of results that may be held in memory, or a text such as "500MB". Without `out` that is all of them, and
        with it a part of 65,536 candidates; of a strategy in Python of 256, of a thesis that weighs the whole portfolio
        of 16.
    returns : bool, optional
        Keep all returns, in single precision. By default where they are small beside the memory limit.
    n_blocks : int
        Time blocks of the moments of returns.
    csv : bool
        Write the table as CSV too; refused without `out`.
    watch : callable, optional
        Told how many candidates are done, and of how many: at first, whenever a thread or process is done with some
        (up to two thousand in lanes, one by one in Python), and in the end.

    Returns
    -------
    SweepResult
        Of a thesis a RotationSweep. A candidate to which an optimiser gives no portfolio at some decision, because its
        demands contradict each other or no solver can, ends no sweep: all its measures are NaN; see `failed`.

    Raises
    ------
    BacktestError, StrategyError, DataError
        If anything cannot be run: of the grid and its settings before any work. What was written before stays. If all
        candidates fail. If the
        results do not fit, `out` holds something else or this sweep finished and edited since, or there are more time
        blocks than dates.
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
    if isinstance(strategy, str):
        raise BacktestError(f"sweep takes a thesis, not its name. Pass strategies.thesis({strategy!r}).")
    if isinstance(memory_limit, str):
        memory_limit = bytes_of(memory_limit)
    elif float(memory_limit).is_integer():  # as 1e9 is
        memory_limit = int(memory_limit)
    _refuse_below_one(threads=threads, n_blocks=n_blocks, memory_limit=memory_limit)
    if csv and out is None:
        raise BacktestError("A table as CSV needs a folder to stand in. Give one (--out, out=DIR), or leave CSV out.")
    space = space_of(grid, base=own_settings(strategy))
    task = _task(strategy, market, space, n_blocks or N_BLOCKS)
    try:
        dates, block_rows = task.dates()
    except UnsolvedError as error:
        some = "" if space.n == 1 else f"All {space.n:,} candidates fail, the first of them so: "
        raise BacktestError(f"{some}{space.named(0)}: {reason(task.result, 0)}") from error
    n_dates = len(dates)
    if len(block_rows) - 1 > n_dates:
        if n_blocks is not None:
            raise BacktestError(
                f"n_blocks = {n_blocks}: there are {n_dates} dates, and a time block needs one or more."
            )
        block_rows = np.arange(n_dates + 1)
        task = task.in_blocks(n_dates)
    is_kept = space.n * n_dates * 4 * RETURNS_PART <= memory_limit if returns is None else returns
    columns = {name: column.dtype for name, column in space.columns(0, 1).items()}
    columns |= dict.fromkeys(MEASURES, np.dtype(np.float64)) | {GENERAL: np.dtype(np.int64)}
    folder = None if out is None else Path(out)
    store = open_store(
        folder, {} if out is None else sweep_identity(strategy, market, space), space.n, columns=columns,
        n_blocks=len(block_rows) - 1, n_dates=n_dates if is_kept else None, memory_limit=memory_limit, csv=csv,
        part_size=PART_SIZE if isinstance(task, InLanes) else task.part_size,
    )  # fmt: skip
    why = cache(partial(reason, task.result))  # candidates are run again for it
    try:
        with store:
            n_made = _run_parts(task, store, threads or os.cpu_count() or 1, memory_limit, watch)
            store.finish(lambda read: sweep_document(strategy, market, space, dates, block_rows, read, why))
    except KeyboardInterrupt as stopped:
        raise _stopped(store, folder) from stopped
    shared: dict[str, Any] = {
        "market": market, "space": space, "store": store, "dates": dates, "block_rows": block_rows, "n_made": n_made,
        "why": why,        "seconds": time.perf_counter() - begun,
    }  # fmt: skip
    if isinstance(strategy, Thesis):
        return RotationSweep(thesis=strategy, again=sweep, **shared)
    return StrategySweep(task=cast("OneByOne", task), **shared)


def _task(strategy: Thesis | Strategy | Policy, market: MarketData, space: Space, n_blocks: int) -> InLanes | OneByOne:
    """Give what runs the candidates, checked."""
    if isinstance(strategy, Thesis) and not _sees_portfolio(strategy, space):
        variants = Variants(strategy, market, space)
        variants.check()
        made = InLanes(variants, n_blocks)
        for alike in variants.unlike_setups():
            _try(made, alike)
        return made
    task = OneByOne(strategy=strategy, market=market, space=space, n_blocks=n_blocks)
    task.check()
    return task


def _try(task: InLanes, setups: Sequence[int]) -> None:
    """Work out the first of setups that are refused alike; those without a portfolio say nothing."""
    for number in setups:
        try:
            task.preparation.setup(number)
        except UnsolvedError:
            continue
        except EastboundError as error:
            if not number:  # as the single run says it
                raise
            raise BacktestError(f"{task.variants.setup_named(number)}: {error}") from error
        return


def _sees_portfolio(thesis: Thesis, space: Space) -> bool:
    """Say whether the allocation of some candidate depends on the portfolio it has: then none runs in lanes."""
    varied = dict(zip(space.names, space.values, strict=True))
    return "portfolio" in varied.get("allocation.scope", (thesis.allocation.scope,))


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
    n_under_way = PARTS_UNDER_WAY if PARTS_UNDER_WAY * layout.part_bytes <= memory_limit else 1
    return lane_parts.run_parts(task, store, n_threads, watch, n_under_way=n_under_way)


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
