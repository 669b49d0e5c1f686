"""Measures of many runs at once, from NAV by date and lane: what a summary and a sweep have in common."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.statistics import (
    BEST,
    FIRST,
    FOURTH,
    LOW,
    LOW_PEAK,
    N_MOVED,
    N_UP,
    NAV_SUM,
    OVER_SECOND,
    PAID,
    PEAK,
    SECOND,
    SHORTFALL,
    SHORTFALL_SECOND,
    THIRD,
    TRADED,
    TURNED,
    UNINVESTED,
    WORST,
    open_figures_nb,
    take_days_nb,
    take_trades_nb,
)
from data.jit import kernel, leaf, part

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

MEASURES = (
    "total_return", "annual_return", "volatility", "sharpe", "sharpe_over_cash", "sortino", "omega", "max_drawdown",
    "drawdown_now", "calmar", "skew", "kurtosis", "best_day", "worst_day", "hit_rate", "exposure", "turnover",
    "traded_notional", "cost", "cost_annual", "n_trades", "years",
)  # fmt: skip
# Their places.
(
    TOTAL_RETURN, ANNUAL_RETURN, VOLATILITY, SHARPE, SHARPE_OVER_CASH, SORTINO, OMEGA, MAX_DRAWDOWN, DRAWDOWN_NOW,
    CALMAR, SKEW, KURTOSIS, BEST_DAY, WORST_DAY, HIT_RATE, EXPOSURE, TURNOVER, TRADED_NOTIONAL, COST, COST_ANNUAL,
    N_TRADES, YEARS,
) = range(len(MEASURES))  # fmt: skip
# Returns are differences of numbers near 1: what varies by less than this is a constant and its rounding.
ROUNDING = 8 * float(np.finfo(np.float64).eps)
# Power sums about zero lose what the mean takes of them. Returns that deviate by less than this part of their mean are
# a constant's, of which a ratio says nothing; for third and fourth moments they have to deviate by more.
CONSTANT, STEADY = 1e-4, 1e-2


class Meter(NamedTuple):
    """What is measured of runs side by side, and how far it has come. R rows, L lanes.

    opening: NAV before the first row. cash: (R,), simple return on cash over each step. has_cash: False where there is
    no rate, and no Sharpe ratio over it. years: elapsed from the first mark to the last. edges: (n_blocks + 1,), first
    rows of the time blocks, from the first row measured to the one behind the last.

    at: (2,), the next row and its time block. running: (N_RUNNING, L). sums, squares: (n_blocks, L), sums of simple
    returns and of their squares by time block. returns: (PASS, N_TOGETHER), room to work in. measures: (len(MEASURES),
    L), see `backtest.metrics.summary`.
    """

    opening: float
    cash: F
    has_cash: bool
    years: float
    edges: I
    at: I
    running: F
    sums: F
    squares: F
    returns: F
    measures: F


@leaf
def open_meter_nb(meter):
    """Begin to measure.

    Parameters
    ----------
    meter : Meter
        Written in place.
    """
    meter.at[0], meter.at[1] = 0, 0
    open_figures_nb(meter.opening, meter.running)


@part
def take_rows_nb(meter, nav, money, traded, paid, traded_at, end):
    """Take rows that are there into what is measured.

    Parameters
    ----------
    meter : Meter
        Written in place.
    nav, money : ndarray of shape (P, L)
        At the marks: NAV, and what of it is cash and dividends due; base currency. Row r stands at r % P.
    traded, paid : ndarray of shape (P, L)
        Notional of the fills of each row and what was paid in costs.
    traded_at : ndarray of shape (P,), int64
        Row of which `traded` and `paid` tell at each place; any other where a row has none.
    end : int
        Row behind the last to take.

    Notes
    -----
    What a row after the last mark traded counts at the last NAV; what it paid does not: costs are by date.
    """
    edges, running, n_rows = meter.edges, meter.running, nav.shape[0]
    n_blocks, row, block = edges.shape[0] - 1, meter.at[0], meter.at[1]
    n_marked = edges[n_blocks]
    place = row % n_rows
    for traded_row in range(row, end):
        if traded_at[place] == traded_row:
            marked, counts = min(traded_row, max(n_marked - 1, 0)) % n_rows, 1.0 if traded_row < n_marked else 0.0
            take_trades_nb(
                traded[place], paid[place], nav[marked], counts, running[TRADED], running[TURNED], running[PAID]
            )  # fmt: skip
        place = place + 1 if place + 1 < n_rows else 0
    row = max(row, edges[0])
    while block < n_blocks and (row < end or row == edges[block + 1]):
        if row == edges[block]:
            for lane in range(running.shape[1]):
                meter.sums[block, lane], meter.squares[block, lane] = running[FIRST, lane], running[SECOND, lane]
        stop = min(end, edges[block + 1])
        take_days_nb(nav, money, meter.cash, row, stop, running, meter.returns)
        row = stop
        if row == edges[block + 1]:
            for lane in range(running.shape[1]):
                meter.sums[block, lane] = running[FIRST, lane] - meter.sums[block, lane]
                meter.squares[block, lane] = running[SECOND, lane] - meter.squares[block, lane]
            block += 1
    meter.at[0], meter.at[1] = end, block


@leaf
def ratio_nb(reward, risk):
    """Divide; NaN where the risk is no more than rounding.

    Parameters
    ----------
    reward, risk : float

    Returns
    -------
    ratio : float
    """
    return reward / risk if risk > ROUNDING else np.nan


@leaf
def deviation_nb(total, second, n):
    """Give the sample standard deviation from power sums about zero.

    Parameters
    ----------
    total, second : float
        Sums of returns and of their squares.
    n : int

    Returns
    -------
    deviation : float
        NaN below two observations.
    """
    return np.sqrt(max(second - total * total / n, 0.0) / (n - 1)) if n > 1 else np.nan


@leaf
def varies_nb(deviation, mean, part):
    """Say whether returns vary by more than rounding.

    Parameters
    ----------
    deviation, mean : float
    part : float
        Of the mean.

    Returns
    -------
    varies : bool
        False where the deviation is NaN.
    """
    return deviation > max(ROUNDING, part * abs(mean))


@leaf
def close_lane_nb(meter, last, n, cash_sum, n_fills, lane):
    """Turn the running figures of one lane into measures.

    Parameters
    ----------
    meter : Meter
        `measures` are written in place.
    last : float
        NAV of the last row.
    n : int
        Rows measured.
    cash_sum : float
        Sum of the returns on cash.
    n_fills : int
    lane : int
    """
    running, years, out = meter.running, meter.years, meter.measures
    for measure in range(out.shape[0]):
        out[measure, lane] = np.nan
    paid = running[PAID, lane]
    out[TRADED_NOTIONAL, lane], out[COST, lane] = running[TRADED, lane], paid
    out[N_TRADES, lane], out[YEARS, lane] = n_fills, years
    if n == 0:
        out[MAX_DRAWDOWN, lane], out[DRAWDOWN_NOW, lane] = 0.0, 0.0
        return
    first, second = running[FIRST, lane], running[SECOND, lane]
    root = np.sqrt((n - 1) / years) if years > 0.0 else np.nan
    deviation, mean = deviation_nb(first, second, n), first / n
    total = last / meter.opening - 1.0
    annual = max(1.0 + total, 0.0) ** (1.0 / years) - 1.0 if years > 0.0 else np.nan
    deepest = running[LOW, lane] / running[LOW_PEAK, lane] - 1.0
    out[TOTAL_RETURN, lane], out[ANNUAL_RETURN, lane], out[VOLATILITY, lane] = total, annual, deviation * root
    out[SHARPE, lane] = mean / deviation * root if varies_nb(deviation, mean, CONSTANT) else np.nan
    if meter.has_cash:
        over, reward = deviation_nb(first - cash_sum, running[OVER_SECOND, lane], n), (first - cash_sum) / n
        out[SHARPE_OVER_CASH, lane] = reward / over * root if varies_nb(over, reward, CONSTANT) else np.nan
    out[SORTINO, lane] = ratio_nb(mean, np.sqrt(running[SHORTFALL_SECOND, lane] / n)) * root
    out[OMEGA, lane] = ratio_nb(first - running[SHORTFALL, lane], -running[SHORTFALL, lane])
    out[MAX_DRAWDOWN, lane], out[DRAWDOWN_NOW, lane] = deepest, last / running[PEAK, lane] - 1.0
    out[CALMAR, lane] = ratio_nb(annual, -deepest)
    if varies_nb(deviation, mean, STEADY):
        variance = second / n - mean * mean
        if n >= 3:
            third = running[THIRD, lane] / n - 3.0 * mean * (second / n) + 2.0 * mean**3
            out[SKEW, lane] = third / variance**1.5
        if n >= 4:
            fourth = running[FOURTH, lane] / n - 4.0 * mean * (running[THIRD, lane] / n)
            fourth += 6.0 * mean**2 * (second / n) - 3.0 * mean**4
            out[KURTOSIS, lane] = fourth / variance**2 - 3.0
    out[BEST_DAY, lane], out[WORST_DAY, lane] = running[BEST, lane], running[WORST, lane]
    if running[N_MOVED, lane] > 0.0:
        out[HIT_RATE, lane] = running[N_UP, lane] / running[N_MOVED, lane]
    out[EXPOSURE, lane] = 1.0 - running[UNINVESTED, lane] / n
    if years > 0.0:
        out[TURNOVER, lane] = running[TURNED, lane] / 2.0 / years
        out[COST_ANNUAL, lane] = paid / (running[NAV_SUM, lane] / n) / years


@part
def close_meter_nb(meter, nav, n_fills):
    """Turn what is measured into measures, once all rows are taken.

    Parameters
    ----------
    meter : Meter
        `measures` are written in place.
    nav : ndarray of shape (P, L)
    n_fills : ndarray of shape (L,), int64
    """
    start, end, cash_sum = meter.edges[0], meter.edges[meter.edges.shape[0] - 1], 0.0
    for row in range(start, end):
        cash_sum += meter.cash[row]
    for lane in range(n_fills.shape[0]):
        close_lane_nb(meter, nav[max(end - 1, 0) % nav.shape[0], lane], end - start, cash_sum, n_fills[lane], lane)


@kernel
def measure_nb(meter, nav, money, traded, paid, traded_at, n_fills):
    """Measure runs of which every row is kept, one a lane.

    Parameters
    ----------
    meter : Meter
        Written in place.
    nav, money, traded, paid, traded_at : ndarray
        See `take_rows_nb`; P = R.
    n_fills : ndarray of shape (L,), int64
    """
    open_meter_nb(meter)
    take_rows_nb(meter, nav, money, traded, paid, traded_at, nav.shape[0])
    close_meter_nb(meter, nav, n_fills)
