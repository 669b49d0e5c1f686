"""Where the results of a sweep go: into memory, or part by part into a folder."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.parts import PART_SIZE, ColumnType, Layout, Part, Piece

MEMORY_LIMIT = 10**9  # bytes


class Store(Protocol):
    """Results of a sweep, written part by part.

    A context manager: leaving it lets go of the folder, whatever has been written.

    Attributes
    ----------
    layout : Layout
    done : frozenset of int
        Numbers of the parts that are there already: they need not be made again.
    """

    layout: Layout

    @property
    def done(self) -> frozenset[int]: ...

    def write(self, number: int, part: Part) -> None:
        """Keep a part; may be called from several threads at once."""

    def finish(self, about: Mapping[str, Any]) -> None:
        """Put the whole together, once every part is there."""

    @property
    def table(self) -> pd.DataFrame: ...

    @property
    def sums(self) -> NDArray[np.float64]: ...

    @property
    def squares(self) -> NDArray[np.float64]: ...

    @property
    def returns(self) -> NDArray[np.float32] | None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


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
        What decides the results, by name: see `backtest.tuning.identity`.
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
        Bytes that may be held without a folder. With one, what is held does not grow with the number of candidates.
    csv : bool
        Write table.csv too; with a folder only.

    Returns
    -------
    Store

    Raises
    ------
    BacktestError
        If the results do not fit into memory or onto the disk, or the folder cannot be written, holds something else,
        or is that of another sweep.
    DataError
        If another process is sweeping into the folder.
    """
    layout = Layout(
        columns=dict(columns), n_candidates=n_candidates, n_blocks=n_blocks, n_dates=n_dates, part_size=part_size
    )
    if folder is not None:
        from backtest.tuning.folder_store import FolderStore

        return FolderStore(folder, identity, layout, csv=csv)
    if layout.nbytes > memory_limit:
        raise BacktestError(
            f"A sweep of {n_candidates:,} candidates holds {_megabytes(layout.nbytes)} of results, more than "
            f"memory_limit ({_megabytes(memory_limit)}). Write it to a folder (out=DIR), or give a larger memory_limit."
        )
    return MemoryStore(layout)


class MemoryStore:
    """Results of a sweep in memory.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._done = set[int]()
        self._lock = Lock()
        self._pieces: dict[str, Piece] = {
            name: np.empty(layout.n_candidates if name in layout.columns else (layout.n_candidates, width), dtype)
            for name, (dtype, width) in layout.pieces().items()
        }

    @property
    def done(self) -> frozenset[int]:
        """Numbers of the parts written."""
        with self._lock:
            return frozenset(self._done)

    def write(self, number: int, part: Part) -> None:
        """Keep a part."""
        first, last = self.layout.bounds(number)
        for name, piece in self.layout.taken(number, part).items():
            self._pieces[name][first:last] = piece
        with self._lock:
            self._done.add(number)

    def finish(self, about: Mapping[str, Any]) -> None:
        """Refuse a sweep with parts missing."""
        refuse_missing(self)

    @property
    def table(self) -> pd.DataFrame:
        """One row per candidate, in order."""
        return self.layout.frame(self._pieces)

    @property
    def sums(self) -> NDArray[np.float64]:
        """Sums of returns per block, (n_candidates, n_blocks)."""
        return self._pieces["/sums"]

    @property
    def squares(self) -> NDArray[np.float64]:
        """Sums of squares, (n_candidates, n_blocks)."""
        return self._pieces["/squares"]

    @property
    def returns(self) -> NDArray[np.float32] | None:
        """Simple returns, (n_candidates, n_dates), where kept."""
        return self._pieces.get("/returns")

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Nothing is held that has to be let go."""


def refuse_missing(store: Store) -> None:
    """Refuse to put together a sweep with parts missing.

    Parameters
    ----------
    store : Store

    Raises
    ------
    BacktestError
    """
    missing = store.layout.n_parts - len(store.done)
    if missing:
        raise BacktestError(f"{missing:,} of {store.layout.n_parts:,} parts of the sweep are missing still.")


def _megabytes(n: int) -> str:
    return f"{n / 1e6:,.0f} MB"
