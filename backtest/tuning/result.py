"""What a sweep gives."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.result import BacktestResult
from backtest.run import RotationResult, run
from backtest.tuning.analysis.landscape import ranking
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.failures import MOST_TOLD, failed
from backtest.tuning.one_by_one import OneByOne
from backtest.tuning.space import Space
from backtest.tuning.storage.store import Store
from data.market import MarketData
from strategies.schedule import LONGEST
from strategies.thesis import Thesis


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockMoments:
    """Moments of the returns of every candidate, time block by time block: what CSCV (PBO) needs.

    Attributes
    ----------
    counts : ndarray of shape (n_blocks,), int64
        Returns in each block, one or more.
    sums, squares : ndarray of shape (n_candidates, n_blocks)
        Sums of simple returns from mark to mark, and of their squares.
    edges : ndarray of shape (n_blocks + 1,), datetime64[D]
        First date of each block; the last one is the last date.
    """

    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    edges: NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SweepResult(ABC):
    """The outcome of a sweep.

    Attributes
    ----------
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
    why : callable
        Says of a candidate that failed why it did.
    """

    market: MarketData
    space: Space
    store: Store
    dates: pd.DatetimeIndex
    block_rows: NDArray[np.int64]
    seconds: float
    n_made: int
    why: Callable[[int], str]

    def __repr__(self) -> str:
        """Say what it is: its parts print for pages."""
        return f"<{type(self).__name__}: {self.space.n:,} candidates on {self.market.name}>"

    @property
    def table(self) -> pd.DataFrame:
        """One row per candidate in order: dotted parameters, measures named as in `summary()`, general_decisions.

        general_decisions counts the decisions that took the general form of the ledger; 0: sleeves throughout. A
        measure that is not defined is NaN. A candidate to which an optimiser gives no portfolio at some decision has
        no measures, no moments and no returns: all of them are NaN.
        """
        return self.store.table

    @cached_property
    def moments(self) -> BlockMoments:
        """Moments of returns by time block."""
        return BlockMoments(
            counts=np.diff(self.block_rows),
            sums=self.store.sums,
            squares=self.store.squares,
            edges=block_edges(self.dates, self.block_rows),
        )

    @property
    def returns(self) -> NDArray[np.float32] | None:
        """Simple returns of every candidate, shape (n_candidates, n_dates); None where they are not kept."""
        return self.store.returns

    @property
    def failed(self) -> NDArray[np.int64]:
        """Numbers of the candidates without a result: an optimiser gave them no portfolio at some decision."""
        return failed(self.table)

    def failures(self, k: int = MOST_TOLD) -> dict[int, str]:
        """Say why candidates failed: each is run again, until it fails as it did.

        Parameters
        ----------
        k : int
            How many at most, the first ones.

        Returns
        -------
        dict of int to str
            By candidate: at which decision, and which demands cannot hold together or what its solvers said. Empty if
            none failed.
        """
        return {one: self.why(one) for one in self.failed[:k].tolist()}

    def ranking(self, by: str = "sharpe", k: int | None = None) -> NDArray[np.int64]:
        """Order candidates by a measure, the best first; see `backtest.tuning.analysis.landscape.ranking`.

        Parameters
        ----------
        by : str
            A measure; of volatility, turnover and costs less is better.
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
        return ranking(self.table, by, k)

    def best(self, k: int = 1, by: str = "sharpe") -> tuple[BacktestResult, ...]:
        """Run the best candidates again, each by itself and whole.

        Parameters
        ----------
        k : int
        by : str
            See `ranking`.

        Returns
        -------
        tuple of BacktestResult
            Fewer than k where not so many candidates have a result.
        """
        return tuple(self.run(one) for one in self._first(k, by))

    def _first(self, k: int, by: str) -> list[int]:
        """Give the best candidates that have a result."""
        without = set(self.failed.tolist())
        return [one for one in self.ranking(by, k).tolist() if one not in without]

    @abstractmethod
    def run(self, candidate: int) -> BacktestResult:
        """Run one candidate by itself and whole.

        Parameters
        ----------
        candidate : int
            Row of the table.

        Returns
        -------
        BacktestResult
        """


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RotationSweep(SweepResult):
    """The outcome of a sweep of a thesis.

    Attributes
    ----------
    thesis : Thesis
        The one that was varied.
    again : callable
        Runs another sweep: of a thesis, on a market, of a grid.
    """

    thesis: Thesis
    again: Callable[[Thesis, MarketData, Mapping[str, Any]], SweepResult]

    def best(self, k: int = 1, by: str = "sharpe") -> tuple[RotationResult, ...]:
        """Run the best candidates again, each by itself and whole, beside its references.

        Parameters
        ----------
        k : int
        by : str
            See `ranking`.

        Returns
        -------
        tuple of RotationResult
            Fewer than k where not so many candidates have a result.
        """
        return tuple(self.run(one) for one in self._first(k, by))

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
            One row an offset: offset, then measures.

        References
        ----------
        .. [1] Hoffstein, Sibears and Faber, "Rebalance Timing Luck: The Difference Between Hired and Fired", Journal
           of Index Investing, 2019.
        """
        thesis = self.variant(candidate)
        every = thesis.schedule.every
        n = LONGEST.get(every, 1) if isinstance(every, str) else int(every)
        found = self.again(thesis, self.market, {"schedule.offset": list(range(n))})
        return found.table.drop(columns=GENERAL).rename(columns={"schedule.offset": "offset"})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StrategySweep(SweepResult):
    """The outcome of a sweep of a strategy in Python.

    Attributes
    ----------
    task : OneByOne
        Runs its candidates.
    """

    task: OneByOne

    def run(self, candidate: int) -> BacktestResult:
        """Run one candidate by itself and whole.

        Parameters
        ----------
        candidate : int
            Row of the table.

        Returns
        -------
        BacktestResult
        """
        return self.task.result(candidate)


def block_edges(dates: pd.DatetimeIndex, block_rows: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Give the first date of each time block, and the last date.

    Parameters
    ----------
    dates : DatetimeIndex of length n_dates
    block_rows : ndarray of shape (n_blocks + 1,), int64

    Returns
    -------
    ndarray of shape (n_blocks + 1,), datetime64[D]
    """
    return dates.to_numpy().astype("datetime64[D]")[np.minimum(block_rows, len(dates) - 1)]
