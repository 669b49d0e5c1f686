"""Measures of runs side by side, one a lane: a summary measures one, a sweep many, and both the same way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.timeline import Rows
from backtest.config import RunConfig
from backtest.kernels.measures import MEASURES, Meter, measure_nb
from backtest.kernels.state import Record
from backtest.kernels.statistics import N_RUNNING, PASS
from backtest.memory import aligned
from backtest.metrics.cash import cash_by_row
from backtest.metrics.returns import DAYS_PER_YEAR
from data.kernels.vectors import N_TOGETHER
from data.market import MarketData


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """What the measures of runs over the same dates have in common.

    Attributes
    ----------
    opening : float
        NAV before the first date, base currency.
    cash : ndarray of shape (n_rows,)
        Simple return on cash from mark to mark.
    has_cash : bool
        False: the market has no rate, and `cash` is zero.
    years : float
        Elapsed from the first date to the last.
    edges : ndarray of shape (n_blocks + 1,), int64
        First row of each time block, and the row behind the last.
    """

    opening: float
    cash: NDArray[np.float64]
    has_cash: bool
    years: float
    edges: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measures of runs, one a lane.

    Attributes
    ----------
    measures : ndarray of shape (len(MEASURES), n_lanes)
        In the order of `MEASURES`; see `backtest.metrics.summary` for what each is.
    sums, squares : ndarray of shape (n_blocks, n_lanes)
        Sums of simple returns and of their squares by time block.
    """

    measures: NDArray[np.float64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]


def measuring(
    market: MarketData, rows: Rows, config: RunConfig, *, first: int, end: int, opening: float, n_blocks: int = 1
) -> Measuring:
    """Prepare the measures of runs over the same dates.

    Parameters
    ----------
    market : MarketData
    rows : Rows
    config : RunConfig
    first, end : int
        Rows marked: first to end - 1.
    opening : float
        NAV before the first, base currency.
    n_blocks : int
        Time blocks of equal length, give or take one row.

    Returns
    -------
    Measuring
    """
    cash = cash_by_row(market, rows, config)
    days = (rows.dates[end - 1] - rows.dates[first]).astype(np.int64) if end > first else 0
    return Measuring(
        opening=opening,
        cash=np.zeros(len(rows.dates)) if cash is None else cash,
        has_cash=cash is not None,
        years=float(days / DAYS_PER_YEAR),
        edges=first + np.arange(n_blocks + 1) * (end - first) // n_blocks,
    )


def new_meter(how: Measuring, n_lanes: int) -> Meter:
    """Make room for the measures of runs side by side.

    Parameters
    ----------
    how : Measuring
    n_lanes : int

    Returns
    -------
    Meter
    """
    n_blocks = len(how.edges) - 1
    running, sums, squares, measures = (aligned((n, n_lanes)) for n in (N_RUNNING, n_blocks, n_blocks, len(MEASURES)))
    at, returns = np.zeros(2, dtype=np.int64), aligned((PASS, N_TOGETHER))
    return Meter(
        how.opening, how.cash, how.has_cash, how.years, how.edges, at, running, sums, squares, returns, measures
    )


def measured(meter: Meter) -> Measured:
    """Give what a meter has measured; good until it measures the next runs.

    Parameters
    ----------
    meter : Meter

    Returns
    -------
    Measured
        NaN where a measure is not defined.
    """
    return Measured(measures=meter.measures, sums=meter.sums, squares=meter.squares)


def measure(how: Measuring, record: Record) -> Measured:
    """Measure what a record holds.

    Parameters
    ----------
    how : Measuring
    record : Record
        Reads NAV and the tallies.

    Returns
    -------
    Measured
        NaN where a measure is not defined.
    """
    n_rows, n_lanes = record.nav.shape
    meter, every_row = new_meter(how, n_lanes), np.arange(n_rows)
    measure_nb(meter, record.nav, record.money, record.traded, record.paid, every_row, record.n_fills)
    return measured(meter)
