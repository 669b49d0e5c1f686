"""A finished sweep read back from its folder, without its market."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.tuning.analysis.landscape import ranking
from backtest.tuning.document import read_blocks
from backtest.tuning.failures import MOST_TOLD, failed
from backtest.tuning.result import BlockMoments
from backtest.tuning.storage.sealed_sweep import SealedSweep


class SavedSweep:
    """A finished sweep in a folder; its files are read when asked for.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    folder : Path
    document : mapping
        What was swept: see `backtest.tuning.document.sweep_document`.

    Raises
    ------
    BacktestError
        If the folder holds no finished sweep, or a file of it is missing or has another size.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sealed = SealedSweep(folder)
        self.document: Mapping[str, Any] = self._sealed.about

    @property
    def table(self) -> pd.DataFrame:
        """One row per candidate in order, as `SweepResult.table`."""
        return self._sealed.table

    @cached_property
    def moments(self) -> BlockMoments:
        """Moments of returns by time block; the arrays are mapped into memory."""
        counts, edges = read_blocks(self.document)
        sums, squares = self._sealed.array("sums"), self._sealed.array("squares")
        return BlockMoments(counts=counts, sums=sums, squares=squares, edges=edges)

    @cached_property
    def returns(self) -> NDArray[np.float32] | None:
        """Simple returns, shape (n_candidates, n_dates), mapped into memory; None where they were not kept."""
        return None if self._sealed.layout.n_dates is None else self._sealed.array("returns")

    def ranking(self, by: str = "sharpe", k: int | None = None) -> NDArray[np.int64]:
        """Order candidates by a measure, the best first.

        Parameters
        ----------
        by : str
        k : int, optional
            See `SweepResult.ranking`.

        Returns
        -------
        ndarray of int64
        """
        return ranking(self.table, by, k)

    @property
    def failed(self) -> NDArray[np.int64]:
        """Numbers of the candidates without a result, as `SweepResult.failed`."""
        return failed(self.table)

    def failures(self, k: int = MOST_TOLD) -> dict[int, str]:
        """Say why the first of them failed, as `SweepResult.failures`; of three at most: others have to be run again.

        Parameters
        ----------
        k : int

        Returns
        -------
        dict of int to str
        """
        stated = self.document.get("failed", {}).get("reasons", {})
        return {int(candidate): str(why) for candidate, why in [*stated.items()][:k]}

    def verify(self) -> None:
        """Hold every figure against the checksum of its part, table.csv and what sweep.json says against their own.

        Raises
        ------
        BacktestError
            If one was edited, or a file cannot be read any more.
        """
        self._sealed.verify()


def open_sweep(folder: str | Path) -> SavedSweep:
    """Open a finished sweep.

    Parameters
    ----------
    folder : str or Path
        That `sweep(..., out=folder)` or `eastbound sweep --out` wrote.

    Returns
    -------
    SavedSweep
        Its table, moments, returns and document; to run a candidate again the market is needed. Opening looks at the
        sizes of the files alone, so that it takes no time: `verify` holds the figures against their checksums.

    Raises
    ------
    BacktestError
        If the folder holds no finished sweep, or a file of it is missing or has another size.
    """
    return SavedSweep(Path(folder))
