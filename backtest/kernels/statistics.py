"""Running figures of many runs at once: their returns are added up as they come, and none is kept.

Four dates go into a pass, so that what is added to stays in registers. Power sums are about zero: the mean of a day's
returns is far below their deviation, and where it is not they are a constant's; see `measures.varies_nb`.
"""

import numpy as np

from data.jit import dense, kernel, leaf

# Lanes' running figures, one row each.
BEFORE, INVERSE, PEAK, LOW, LOW_PEAK, FIRST, SECOND, THIRD, FOURTH, OVER_SECOND = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
SHORTFALL, SHORTFALL_SECOND, BEST, WORST, N_UP, N_MOVED, UNINVESTED, NAV_SUM = 10, 11, 12, 13, 14, 15, 16, 17
TRADED, TURNED, PAID = 18, 19, 20
N_RUNNING = 21
STRIDE = 4  # dates to a pass
# A return no larger than this is none: what NAV is added up from leaves as much, and no price moves by so little.
STILL = 1e-12


@leaf
def take_return_nb(
    nav, money, cash, before, inverse, peak, low, low_peak, first, second, third, fourth, over_second, shortfall,
    shortfall_second, best, worst, n_up, n_moved, uninvested, nav_sum,
):  # fmt: skip
    """Take one more NAV of a run into its running figures.

    Parameters
    ----------
    nav, money : float
        At the mark, base currency.
    cash : float
        Simple return on cash over the step.
    before, inverse, peak, low, low_peak, first, second, third, fourth, over_second : float
        The last NAV, one over it, highest NAV, NAV and peak of the deepest fall, power sums of returns, sum of squares
        of returns less cash.
    shortfall, shortfall_second, best, worst, n_up, n_moved, uninvested, nav_sum : float
        Sum of losses (negative) and of their squares, extremes, counts, sum of money over NAV, of NAV.

    Returns
    -------
    tuple of float
        The running figures, in their order.
    """
    simple = (nav - before) * inverse
    square = simple * simple
    excess = simple - cash
    below = min(simple, 0.0)
    inverse = 1.0 / nav
    peak = max(peak, nav)
    is_deeper = nav * low_peak < low * peak  # nav / peak is the lowest yet, without dividing
    return (
        nav,
        inverse,
        peak,
        nav if is_deeper else low,
        peak if is_deeper else low_peak,
        first + simple,
        second + square,
        third + square * simple,
        fourth + square * square,
        over_second + excess * excess,
        shortfall + below,
        shortfall_second + below * below,
        max(best, simple),
        min(worst, simple),
        n_up + (1.0 if simple > STILL else 0.0),
        n_moved + (1.0 if abs(simple) > STILL else 0.0),
        uninvested + money * inverse,
        nav_sum + nav,
    )


@dense
def take_one_nb(
    nav, money, cash, before, inverse, peak, low, low_peak, first, second, third, fourth, over_second, shortfall,
    shortfall_second, best, worst, n_up, n_moved, uninvested, nav_sum,
):  # fmt: skip
    """Take one date; as `take_return_nb`, arrays of shape (L,) written in place."""
    for lane in range(nav.shape[0]):
        (
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane], third[lane],
            fourth[lane], over_second[lane], shortfall[lane], shortfall_second[lane], best[lane], worst[lane],
            n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        ) = take_return_nb(
            nav[lane], money[lane], cash,
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane], third[lane],
            fourth[lane], over_second[lane], shortfall[lane], shortfall_second[lane], best[lane], worst[lane],
            n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        )  # fmt: skip


@dense
def take_four_nb(
    nav_0, nav_1, nav_2, nav_3, money_0, money_1, money_2, money_3, cash_0, cash_1, cash_2, cash_3, before, inverse,
    peak, low, low_peak, first, second, third, fourth, over_second, shortfall, shortfall_second, best, worst, n_up,
    n_moved, uninvested, nav_sum,
):  # fmt: skip
    """Take four dates, one after the other; as `take_one_nb`."""
    for lane in range(nav_0.shape[0]):
        figures = (
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane], third[lane],
            fourth[lane], over_second[lane], shortfall[lane], shortfall_second[lane], best[lane], worst[lane],
            n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        )  # fmt: skip
        figures = take_return_nb(nav_0[lane], money_0[lane], cash_0, *figures)
        figures = take_return_nb(nav_1[lane], money_1[lane], cash_1, *figures)
        figures = take_return_nb(nav_2[lane], money_2[lane], cash_2, *figures)
        figures = take_return_nb(nav_3[lane], money_3[lane], cash_3, *figures)
        (
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane], third[lane],
            fourth[lane], over_second[lane], shortfall[lane], shortfall_second[lane], best[lane], worst[lane],
            n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        ) = figures  # fmt: skip


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


@kernel
def take_days_nb(nav, money, cash, start, end, running):
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
    """
    r, n, row = running, nav.shape[0], start
    while row + STRIDE <= end:
        a = row % n
        b = a + 1 if a + 1 < n else 0
        c = b + 1 if b + 1 < n else 0
        d = c + 1 if c + 1 < n else 0
        take_four_nb(
            nav[a], nav[b], nav[c], nav[d], money[a], money[b], money[c], money[d],
            cash[row], cash[row + 1], cash[row + 2], cash[row + 3],
            r[BEFORE], r[INVERSE], r[PEAK], r[LOW], r[LOW_PEAK], r[FIRST], r[SECOND], r[THIRD], r[FOURTH],
            r[OVER_SECOND], r[SHORTFALL], r[SHORTFALL_SECOND], r[BEST], r[WORST], r[N_UP], r[N_MOVED], r[UNINVESTED],
            r[NAV_SUM],
        )  # fmt: skip
        row += STRIDE
    for last in range(row, end):
        take_one_nb(
            nav[last % n], money[last % n], cash[last], r[BEFORE], r[INVERSE], r[PEAK], r[LOW], r[LOW_PEAK], r[FIRST],
            r[SECOND], r[THIRD], r[FOURTH], r[OVER_SECOND], r[SHORTFALL], r[SHORTFALL_SECOND], r[BEST], r[WORST],
            r[N_UP], r[N_MOVED], r[UNINVESTED], r[NAV_SUM],
        )  # fmt: skip


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
