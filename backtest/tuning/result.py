"""What a sweep gives."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.kernels.statistics import MEASURES
from backtest.run import RotationResult, run
from backtest.tuning.space import Space
from backtest.tuning.store import Store
from data.market import MarketData
from strategies.schedule import LONGEST
from strategies.thesis import Thesis

GENERAL = "general_decisions"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockMoments:
    """Moments of the returns of every candidate, time block by time block: what CSCV (PBO) needs.

    Attributes
    ----------
    counts : ndarray of shape (n_blocks,), int64
        Returns in each block.
    sums, squares : ndarray of shape (n_candidates, n_blocks)
        Sums of simple returns from mark to mark, and of their squares.
    edges : ndarray of shape (n_blocks + 1,), datetime64[D]
        First date of each block; the last one is the last date.
    """

    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    edges: NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """The outcome of a sweep.

    Attributes
    ----------
    thesis : Thesis
        The one that was varied.
    market : MarketData
    space : Space
    store : Store
        Holds the results.
    dates : DatetimeIndex of length n_dates
        Marks, naive midnights.
    block_rows : ndarray of shape (n_blocks + 1,), int64
        First date of each time block, and the one behind the last.
    seconds : float
        Taken in this call, preparation included.
    n_made : int
        Candidates run in this call; the others were there already.
    """

    thesis: Thesis
    market: MarketData
    space: Space
    store: Store
    dates: pd.DatetimeIndex
    block_rows: NDArray[np.int64]
    seconds: float
    n_made: int

    @property
    def table(self) -> pd.DataFrame:
        """One row per candidate in order: dotted parameters, measures named as in `summary()`, general_decisions.

        general_decisions counts the decisions that took the general form of the ledger; 0: sleeves throughout. A
        measure that is not defined is NaN.
        """
        return self.store.table

    @cached_property
    def moments(self) -> BlockMoments:
        """Moments of returns by time block."""
        edges = self.dates.to_numpy().astype("datetime64[D]")[np.minimum(self.block_rows, len(self.dates) - 1)]
        return BlockMoments(
            counts=np.diff(self.block_rows), sums=self.store.sums, squares=self.store.squares, edges=edges
        )

    @property
    def returns(self) -> NDArray[np.float32] | None:
        """Simple returns of every candidate, shape (n_candidates, n_dates); None where they are not kept."""
        return self.store.returns

    def ranking(self, by: str = "sharpe", k: int | None = None) -> NDArray[np.int64]:
        """Order candidates by a measure, the best first.

        Parameters
        ----------
        by : str
            A measure; of more the better, but of `volatility`, `turnover` and the costs, of which less is.
        k : int, optional
            How many; by default all.

        Returns
        -------
        ndarray of int64
            Numbers of candidates; equal ones in their order, those without the measure last.

        Raises
        ------
        BacktestError
            If there is no such measure.
        """
        if by not in MEASURES:
            raise BacktestError(f"There is no measure {by!r} of a sweep; want one of {', '.join(MEASURES)}.")
        values = self.table[by].to_numpy(dtype=np.float64)
        order = np.argsort(values if by in LESS_IS_BETTER else -values, kind="stable")
        return order if k is None else order[:k]

    def best(self, k: int = 1, by: str = "sharpe") -> tuple[RotationResult, ...]:
        """Run the best candidates again, each by itself and whole.

        Parameters
        ----------
        k : int
        by : str
            See `ranking`.

        Returns
        -------
        tuple of RotationResult
        """
        return tuple(self.run(int(candidate)) for candidate in self.ranking(by, k))

    def run(self, candidate: int) -> RotationResult:
        """Run one candidate by itself and whole.

        Parameters
        ----------
        candidate : int
            Row of the table.

        Returns
        -------
        RotationResult
        """
        return run(self.variant(candidate), self.market)

    def variant(self, candidate: int) -> Thesis:
        """Give the thesis of one candidate.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        Thesis
        """
        return self.thesis.replace(self.space.settings(candidate))

    def offsets(self, candidate: int) -> pd.DataFrame:
        """Measure a candidate on every offset of its schedule: how much of its result is the day it decides on.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        DataFrame
            One row an offset: schedule.offset, then measures.

        References
        ----------
        .. [1] Hoffstein, Faber and Braun, "Rebalance Timing Luck: The Dumb (Timing) Luck of Smart Beta", 2020.
        """
        from backtest.tuning.sweep import sweep

        thesis = self.variant(candidate)
        every = thesis.schedule.every
        n = LONGEST.get(every, 1) if isinstance(every, str) else int(every)
        found = sweep(thesis, self.market, {"schedule.offset": list(range(n))})
        return found.table.drop(columns=GENERAL)


LESS_IS_BETTER = frozenset({"volatility", "turnover", "traded_notional", "cost", "cost_annual", "n_trades"})
