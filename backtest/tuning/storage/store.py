"""Where the results of a sweep go: into memory, or part by part into a folder."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.storage.folder_store import FolderStore
from backtest.tuning.storage.memory_store import MemoryStore
from backtest.tuning.storage.parts import PART_SIZE, About, ColumnType, Layout, Part
from backtest.tuning.storage.sealed_sweep import SEAL

MEMORY_LIMIT = 10**9  # bytes


class Store(Protocol):
    """Results of a sweep, written part by part.

    A context manager: leaving it lets go of the folder, whatever has been written by then.

    Attributes
    ----------
    layout : Layout
    done : frozenset of int
        Numbers of the parts that are there: they need not be made again.
    damaged : frozenset of int
        Parts that an earlier process had written and that were found damaged: they have to be made again.
    table : DataFrame
        One row per candidate in order, once the store is finished, as all that follows.
    sums, squares : ndarray of shape (n_candidates, n_blocks), float64
        Sums of simple returns and of their squares, per block of time.
    returns : ndarray of shape (n_candidates, n_dates), float32, or None
        Simple returns; None where they are not kept.
    """

    layout: Layout
    damaged: frozenset[int]

    @property
    def done(self) -> frozenset[int]: ...  # noqa: D102  described above, as the others are

    @property
    def table(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def sums(self) -> NDArray[np.float64]: ...  # noqa: D102

    @property
    def squares(self) -> NDArray[np.float64]: ...  # noqa: D102

    @property
    def returns(self) -> NDArray[np.float32] | None: ...  # noqa: D102

    def write(self, number: int, part: Part) -> None:
        """Keep a part, whole or not at all; may be called from several threads at once.

        Parameters
        ----------
        number : int
            Part i has the candidates from i times the part size on.
        part : Part
        """

    def finish(self, about: About, /) -> None:
        """Put the whole together.

        Parameters
        ----------
        about : callable
            Says what was swept, for sweep.json: plain values, without times or anything else that another day would
            change. It is given a function that reads columns of the table, by their names. It is not asked where that
            was written before, or there is no folder.

        Raises
        ------
        BacktestError
            If a part is missing, or the folder cannot be written: what is there is kept.
        """

    def close(self) -> None:
        """Let go of the folder."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


def open_store(
    folder: Path | None,
    identity: Mapping[str, str],
    n_candidates: int,
    *,
    columns: Mapping[str, ColumnType],
    n_blocks: int,
    n_dates: int | None = None,
    part_size: int = PART_SIZE,
    memory_limit: int = MEMORY_LIMIT,
    csv: bool = False,
) -> Store:
    """Open a place for the results of a sweep.

    Parameters
    ----------
    folder : Path or None
        Made if need be; parts of the same sweep that are there are kept. None: everything is held in memory.
    identity : mapping of str to str
        What decides the results, by name: see `backtest.tuning.storage.identity.sweep_identity`.
    n_candidates : int
    columns : mapping of str to dtype
        Columns of the table in order, `pd.CategoricalDtype` for categories.
    n_blocks : int
        Blocks of time of the moments.
    n_dates : int, optional
        Dates of the returns; without it no returns are kept.
    part_size : int
        Candidates of a part.
    memory_limit : int
        Bytes of results that may be held: without a folder all of them, with one a part, however many candidates there
        are. Whoever reads the table holds what is read.
    csv : bool
        Write table.csv too; with a folder only.

    Returns
    -------
    Store

    Raises
    ------
    BacktestError
        If the results, or those of a part, do not fit into memory or onto the disk; if the folder cannot be written,
        holds something else, is that of another sweep, or holds this one finished and edited since: of a finished one
        every figure, those of sweep.json included, is held against its checksum.
    DataError
        If another process is sweeping into the folder.
    """
    layout = Layout(
        columns=dict(columns), n_candidates=n_candidates, n_blocks=n_blocks, n_dates=n_dates, part_size=part_size
    )
    if folder is not None:
        if not (folder / SEAL).exists():  # of a finished sweep no part is made
            _refuse_large_parts(layout, memory_limit)
        return FolderStore(folder, identity, layout, csv=csv)
    if layout.nbytes > memory_limit:
        raise BacktestError(
            f"A sweep of {n_candidates:,} candidates holds {layout.nbytes / 1e6:,.0f} MB of results, more than "
            f"memory_limit ({memory_limit / 1e6:,.0f} MB). Write it to a folder (out=DIR), or give a larger "
            "memory_limit."
        )
    return MemoryStore(layout)


def _refuse_large_parts(layout: Layout, memory_limit: int) -> None:
    """Refuse parts larger than what may be held. Smaller ones would be other files, with which no sweep could go on."""
    if layout.part_bytes <= memory_limit:
        return
    n = min(layout.part_size, layout.n_candidates)
    less = "" if layout.n_dates is None else ", or keep no returns"
    raise BacktestError(
        f"A part of the sweep, {n:,} candidates that are held at once, takes {layout.part_bytes / 1e6:,.1f} MB of "
        f"results, more than memory_limit ({memory_limit / 1e6:,.1f} MB). Give a memory_limit of "
        f"{math.ceil(layout.part_bytes / 1e6):,} MB or more{less}."
    )
