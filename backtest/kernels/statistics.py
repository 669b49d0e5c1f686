"""Running figures of many runs at once: their returns are added up as they come, and none is kept.

Each kind of figure has a pass of its own over some dates, in which all of them stay in registers. Power sums are about
zero: the mean of a day's returns is far below their deviation, and where it is not they are a constant's; see
`measures.varies_nb`.
"""

import numpy as np

from data.jit import dense, leaf, part
from data.kernels.vectors import N_TOGETHER, least_nb, load_nb, most_nb, store_nb, there_nb, where_nb

# Lanes' running figures, one row each: those that follow NAV, those that returns are added up to, and those of trades.
BEFORE, INVERSE, PEAK, LOW, LOW_PEAK, UNINVESTED, NAV_SUM = 0, 1, 2, 3, 4, 5, 6
FIRST, SECOND, THIRD, FOURTH, OVER_SECOND, SHORTFALL, SHORTFALL_SECOND = 7, 8, 9, 10, 11, 12, 13
BEST, WORST, N_UP, N_MOVED = 14, 15, 16, 17
TRADED, TURNED, PAID = 18, 19, 20
N_RUNNING = 21
PASS = 32  # rows
# A return no larger than this is none: what NAV is added up from leaves as much, and no price moves by so little.
STILL = 1e-12


@leaf
def follow_nav_nb(nav, money, figures):
    """Take one more NAV of runs into the figures that follow NAV.

    Parameters
    ----------
    nav, money : Vector
        At the mark, base currency.
    figures : tuple of Vector
        In their order, BEFORE to NAV_SUM: the last NAV, one over it, the highest NAV, NAV and peak of the deepest fall,
        sums of money over NAV and of NAV.

    Returns
    -------
    simple : Vector
        Simple return.
    figures : tuple of Vector
    """
    before, inverse, peak, low, low_peak, uninvested, nav_sum = figures
    simple = (nav - before) * inverse
    inverse, peak = 1.0 / nav, most_nb(peak, nav)
    is_deeper = nav * low_peak < low * peak  # nav / peak is the lowest yet, without dividing
    low, low_peak = where_nb(is_deeper, nav, low), where_nb(is_deeper, peak, low_peak)
    return simple, (nav, inverse, peak, low, low_peak, uninvested + money * inverse, nav_sum + nav)


@leaf
def add_return_nb(simple, cash, figures):
    """Take one more return of runs into the figures that returns are added up to.

    Parameters
    ----------
    simple : Vector
        Simple return.
    cash : float
        That of cash.
    figures : tuple of Vector
        In their order, FIRST to N_MOVED: power sums, sum of squares of returns less cash, sums of losses (negative) and
        of their squares, extremes, counts of gains and of moves.

    Returns
    -------
    tuple of Vector
    """
    first, second, third, fourth, over_second, shortfall, shortfall_second, best, worst, n_up, n_moved = figures
    square, excess, below = simple * simple, simple - cash, least_nb(simple, 0.0)
    return (
        first + simple,
        second + square,
        third + square * simple,
        fourth + square * square,
        over_second + excess * excess,
        shortfall + below,
        shortfall_second + below * below,
        most_nb(best, simple),
        least_nb(worst, simple),
        n_up + where_nb(simple > STILL, 1.0, 0.0),
        n_moved + where_nb(abs(simple) > STILL, 1.0, 0.0),
    )


@leaf
def open_figures_nb(opening, running):
    """Set the running figures of runs that begin.

    Parameters
    ----------
    opening : float
        NAV before the first row.
    running : ndarray of shape (N_RUNNING, L)
        Written in place.
    """
    for figure in range(N_RUNNING):
        for lane in range(running.shape[1]):
            running[figure, lane] = 0.0
    for lane in range(running.shape[1]):
        running[BEFORE, lane], running[INVERSE, lane] = opening, 1.0 / opening
        running[PEAK, lane], running[LOW, lane], running[LOW_PEAK, lane] = opening, opening, opening
        running[BEST, lane], running[WORST, lane] = -np.inf, np.inf


@leaf
def take_nav_nb(nav, money, start, end, at, there, running, returns):
    """Take rows into the figures that follow NAV, of lanes that are together; see `take_days_nb`.

    Parameters
    ----------
    nav, money : ndarray of shape (P, L)
    start, end : int
    at : int
        First lane.
    there : Mask
    running : ndarray of shape (N_RUNNING, L)
        Written in place.
    returns : ndarray of shape (PASS, N_TOGETHER)
        Written in place.
    """
    n_rows, n = nav.shape
    place = start % n_rows
    figures = (
        load_nb(running, BEFORE * n + at, there), load_nb(running, INVERSE * n + at, there),
        load_nb(running, PEAK * n + at, there), load_nb(running, LOW * n + at, there),
        load_nb(running, LOW_PEAK * n + at, there), load_nb(running, UNINVESTED * n + at, there),
        load_nb(running, NAV_SUM * n + at, there),
    )  # fmt: skip
    for row in range(start, end):
        own = place * n + at
        simple, figures = follow_nav_nb(load_nb(nav, own, there), load_nb(money, own, there), figures)
        store_nb(returns, (row - start) * N_TOGETHER, there, simple)
        place = place + 1 if place + 1 < n_rows else 0
    for i in range(len(figures)):
        store_nb(running, (BEFORE + i) * n + at, there, figures[i])


@leaf
def take_returns_nb(cash, start, end, at, there, running, returns):
    """Take rows into the figures that returns are added up to, of lanes that are together; as `take_nav_nb`."""
    n = running.shape[1]
    figures = (
        load_nb(running, FIRST * n + at, there), load_nb(running, SECOND * n + at, there),
        load_nb(running, THIRD * n + at, there), load_nb(running, FOURTH * n + at, there),
        load_nb(running, OVER_SECOND * n + at, there), load_nb(running, SHORTFALL * n + at, there),
        load_nb(running, SHORTFALL_SECOND * n + at, there), load_nb(running, BEST * n + at, there),
        load_nb(running, WORST * n + at, there), load_nb(running, N_UP * n + at, there),
        load_nb(running, N_MOVED * n + at, there),
    )  # fmt: skip
    for row in range(start, end):
        figures = add_return_nb(load_nb(returns, (row - start) * N_TOGETHER, there), cash[row], figures)
    for i in range(len(figures)):
        store_nb(running, (FIRST + i) * n + at, there, figures[i])


@part
def take_days_nb(nav, money, cash, start, end, running, returns):
    """Take rows into the running figures.

    Parameters
    ----------
    nav, money : ndarray of shape (P, L)
        Row r stands at r % P.
    cash : ndarray of shape (R,)
    start, end : int
        Rows start to end - 1.
    running : ndarray of shape (N_RUNNING, L)
        Written in place.
    returns : ndarray of shape (PASS, N_TOGETHER)
        Room to work in.
    """
    n_lanes = nav.shape[1]
    for at in range(0, n_lanes, N_TOGETHER):
        there = there_nb(n_lanes - at)
        for first in range(start, end, PASS):
            last = min(first + PASS, end)
            take_nav_nb(nav, money, first, last, at, there, running, returns)
            take_returns_nb(cash, first, last, at, there, running, returns)


@dense
def take_trades_nb(traded, paid, nav, counts, traded_sum, turned_sum, paid_sum):
    """Take what one row traded and paid.

    Parameters
    ----------
    traded, paid, nav : ndarray of shape (L,)
        Base currency; NAV is that at the row's mark.
    counts : float
        1 if the row's costs count, else 0.
    traded_sum, turned_sum, paid_sum : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(traded.shape[0]):
        traded_sum[lane] += traded[lane]
        turned_sum[lane] += traded[lane] / nav[lane]
        paid_sum[lane] += counts * paid[lane]
