"""Results of a sweep in memory."""

from threading import Lock
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.tuning.storage.parts import About, Layout, Part, Pieces


class MemoryStore:
    """Results of a sweep in memory.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.damaged: frozenset[int] = frozenset()
        self._done = set[int]()
        self._lock = Lock()
        n = layout.n_candidates
        columns: dict[str, NDArray[Any]] = {name: np.empty(n, dtype) for name, dtype in layout.column_types.items()}
        arrays: dict[str, NDArray[Any]] = {
            name: np.empty((n, width), dtype) for name, (dtype, width) in layout.arrays.items()
        }
        self._pieces = Pieces(columns, arrays)

    @property
    def done(self) -> frozenset[int]:
        """Numbers of the parts that are there."""
        with self._lock:
            return frozenset(self._done)

    def write(self, number: int, part: Part) -> None:
        """Keep a part."""
        first, last = self.layout.bounds(number)
        for into, group in zip(self._pieces, self.layout.pieces(number, part), strict=True):
            for name, piece in group.items():
                into[name][first:last] = piece
        with self._lock:
            self._done.add(number)

    def finish(self, _about: About, /) -> None:
        """Make sure that nothing is missing; there is nowhere to write what it is about."""
        self.layout.refuse_missing(self.done)

    @property
    def table(self) -> pd.DataFrame:
        """One row per candidate, in order."""
        return self.layout.frame(self._pieces.columns)

    @property
    def sums(self) -> NDArray[np.float64]:
        """Sums of returns per block, (n_candidates, n_blocks)."""
        return self._pieces.arrays["sums"]

    @property
    def squares(self) -> NDArray[np.float64]:
        """Sums of their squares, (n_candidates, n_blocks)."""
        return self._pieces.arrays["squares"]

    @property
    def returns(self) -> NDArray[np.float32] | None:
        """Simple returns, (n_candidates, n_dates), where they are kept."""
        return self._pieces.arrays.get("returns")

    def close(self) -> None:
        """Do nothing: memory goes with the store."""

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()
