"""Measures of many runs at once, from NAV by date and lane: what a summary and a sweep have in common.

Returns are added up as they come, four dates to a pass, so that what is added to stays in registers; no run's returns
are kept. Moments are taken about the mean growth of each run, which is known before its returns are.
"""

import numpy as np

from data.jit import dense, kernel, leaf

MEASURES = (
    "total_return", "annual_return", "volatility", "sharpe", "sharpe_over_cash", "sortino", "omega", "max_drawdown",
    "drawdown_now", "calmar", "skew", "kurtosis", "best_day", "worst_day", "hit_rate", "exposure", "turnover",
    "traded_notional", "cost", "cost_annual", "n_trades", "years",
)  # fmt: skip
# Lanes' running figures, one row each.
INVERSE, PEAK, LOW, LOW_PEAK, FIRST, SECOND, THIRD, FOURTH, OVER, OVER_SECOND = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
SHORTFALL, SHORTFALL_SECOND, BEST, WORST, N_UP, N_MOVED, UNINVESTED, NAV_SUM, SHIFT = 10, 11, 12, 13, 14, 15, 16, 17, 18
TRADED, TURNED, PAID, BEFORE = 19, 20, 21, 22
N_RUNNING = 23
STRIDE = 4  # dates to a pass
# Returns are differences of numbers near 1: what varies by less than this is a constant and its rounding.
ROUNDING = 8 * float(np.finfo(np.float64).eps)
# A return no larger than this is none: what NAV is added up from leaves as much, and no price moves by so little.
STILL = 1e-12


@leaf
def take_return_nb(
    nav, money, cash, shift, before, inverse, peak, low, low_peak, first, second, third, fourth, over, over_second,
    shortfall, shortfall_second, best, worst, n_up, n_moved, uninvested, nav_sum,
):  # fmt: skip
    """Take one more NAV of a run into its running figures.

    Parameters
    ----------
    nav, money : float
        At the mark, base currency.
    cash : float
        Simple return on cash over the step.
    shift : float
        Moments are about it.
    before, inverse, peak, low, low_peak, first, second, third, fourth, over, over_second : float
        The last NAV, one over it, highest NAV, NAV and peak of the deepest fall, power sums of returns less shift, the
        first two of returns less shift and cash.
    shortfall, shortfall_second, best, worst, n_up, n_moved, uninvested, nav_sum : float
        Sum of losses (negative) and of their squares, extremes, counts, sum of money over NAV, of NAV.

    Returns
    -------
    tuple of float
        The running figures, in their order.
    """
    simple = (nav - before) * inverse
    away = simple - shift
    square = away * away
    excess = away - cash
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
        first + away,
        second + square,
        third + square * away,
        fourth + square * square,
        over + excess,
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
    nav, money, cash, shift, before, inverse, peak, low, low_peak, first, second, third, fourth, over, over_second,
    shortfall, shortfall_second, best, worst, n_up, n_moved, uninvested, nav_sum,
):  # fmt: skip
    """Take one date; as `take_return_nb`, arrays of shape (L,) written in place."""
    for lane in range(nav.shape[0]):
        (
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane],
            third[lane], fourth[lane], over[lane], over_second[lane], shortfall[lane], shortfall_second[lane],
            best[lane], worst[lane], n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        ) = take_return_nb(
            nav[lane], money[lane], cash, shift[lane],
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane],
            third[lane], fourth[lane], over[lane], over_second[lane], shortfall[lane], shortfall_second[lane],
            best[lane], worst[lane], n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        )  # fmt: skip


@dense
def take_four_nb(
    nav_0, nav_1, nav_2, nav_3, money_0, money_1, money_2, money_3, cash_0, cash_1, cash_2, cash_3, shift, before,
    inverse, peak, low, low_peak, first, second, third, fourth, over, over_second, shortfall, shortfall_second, best,
    worst, n_up, n_moved, uninvested, nav_sum,
):  # fmt: skip
    """Take four dates, one after the other; as `take_one_nb`."""
    for lane in range(nav_0.shape[0]):
        about = shift[lane]
        figures = (
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane],
            third[lane], fourth[lane], over[lane], over_second[lane], shortfall[lane], shortfall_second[lane],
            best[lane], worst[lane], n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        )  # fmt: skip
        figures = take_return_nb(nav_0[lane], money_0[lane], cash_0, about, *figures)
        figures = take_return_nb(nav_1[lane], money_1[lane], cash_1, about, *figures)
        figures = take_return_nb(nav_2[lane], money_2[lane], cash_2, about, *figures)
        figures = take_return_nb(nav_3[lane], money_3[lane], cash_3, about, *figures)
        (
            before[lane], inverse[lane], peak[lane], low[lane], low_peak[lane], first[lane], second[lane],
            third[lane], fourth[lane], over[lane], over_second[lane], shortfall[lane], shortfall_second[lane],
            best[lane], worst[lane], n_up[lane], n_moved[lane], uninvested[lane], nav_sum[lane],
        ) = figures  # fmt: skip


@leaf
def open_figures_nb(nav, opening, first_row, end_row, running):
    """Set the running figures of a run that begins.

    Parameters
    ----------
    nav : ndarray of shape (R, L)
    opening : float
        NAV before the first row.
    first_row, end_row : int
    running : ndarray of shape (N_RUNNING, L)
        Written in place.
    """
    n = end_row - first_row
    for lane in range(running.shape[1]):
        for figure in range(N_RUNNING):
            running[figure, lane] = 0.0
        growth = nav[end_row - 1, lane] / opening if n > 0 else 1.0
        running[BEFORE, lane], running[INVERSE, lane] = opening, 1.0 / opening
        running[PEAK, lane], running[LOW, lane], running[LOW_PEAK, lane] = opening, opening, opening
        running[BEST, lane], running[WORST, lane] = -np.inf, np.inf
        running[SHIFT, lane] = growth ** (1.0 / n) - 1.0 if growth > 0.0 else 0.0


@kernel
def take_rows_nb(nav, money, cash, start, end, running):
    """Take the rows of one time block into the running figures.

    Parameters
    ----------
    nav, money : ndarray of shape (R, L)
    cash : ndarray of shape (R,)
    start, end : int
        Rows start to end - 1.
    running : ndarray of shape (N_RUNNING, L)
        Written in place.
    """
    r = running
    row = start
    while row + STRIDE <= end:
        take_four_nb(
            nav[row], nav[row + 1], nav[row + 2], nav[row + 3],
            money[row], money[row + 1], money[row + 2], money[row + 3],
            cash[row], cash[row + 1], cash[row + 2], cash[row + 3],
            r[SHIFT], r[BEFORE], r[INVERSE], r[PEAK], r[LOW], r[LOW_PEAK], r[FIRST], r[SECOND], r[THIRD], r[FOURTH],
            r[OVER], r[OVER_SECOND], r[SHORTFALL], r[SHORTFALL_SECOND], r[BEST], r[WORST], r[N_UP], r[N_MOVED],
            r[UNINVESTED], r[NAV_SUM],
        )  # fmt: skip
        row += STRIDE
    for last in range(row, end):
        take_one_nb(
            nav[last], money[last], cash[last], r[SHIFT], r[BEFORE], r[INVERSE], r[PEAK], r[LOW], r[LOW_PEAK], r[FIRST],
            r[SECOND], r[THIRD], r[FOURTH], r[OVER], r[OVER_SECOND], r[SHORTFALL], r[SHORTFALL_SECOND],
            r[BEST], r[WORST], r[N_UP], r[N_MOVED], r[UNINVESTED], r[NAV_SUM],
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
    """Give the sample standard deviation from power sums.

    Parameters
    ----------
    total, second : float
        Sums of deviations from a shift and of their squares.
    n : int

    Returns
    -------
    deviation : float
        NaN below two observations.
    """
    return np.sqrt(max(second - total * total / n, 0.0) / (n - 1)) if n > 1 else np.nan


@leaf
def close_figures_nb(nav, opening, years, has_cash, end_row, n, running, n_fills, lane, out):
    """Turn the running figures of one lane into measures.

    Parameters
    ----------
    nav : ndarray of shape (R, L)
    opening, years : float
    has_cash : bool
        Whether there is a rate to be in excess of.
    end_row, n : int
    running : ndarray of shape (N_RUNNING, L)
    n_fills : ndarray of shape (L,)
    lane : int
    out : ndarray of shape (len(MEASURES), L)
        Written in place.
    """
    for measure in range(out.shape[0]):
        out[measure, lane] = np.nan
    paid = running[PAID, lane]
    out[17, lane], out[18, lane], out[20, lane], out[21, lane] = running[TRADED, lane], paid, n_fills[lane], years
    if n == 0:
        out[7, lane], out[8, lane] = 0.0, 0.0
        return
    first, second = running[FIRST, lane], running[SECOND, lane]
    last, shift = nav[end_row - 1, lane], running[SHIFT, lane]
    root = np.sqrt((n - 1) / years) if years > 0.0 else np.nan
    deviation = deviation_nb(first, second, n)
    mean = shift + first / n
    total = last / opening - 1.0
    annual = max(1.0 + total, 0.0) ** (1.0 / years) - 1.0 if years > 0.0 else np.nan
    deepest = running[LOW, lane] / running[LOW_PEAK, lane] - 1.0
    out[0, lane], out[1, lane], out[2, lane] = total, annual, deviation * root
    out[3, lane] = mean / deviation * root if deviation > ROUNDING else np.nan
    if has_cash:
        over = deviation_nb(running[OVER, lane], running[OVER_SECOND, lane], n)
        out[4, lane] = (shift + running[OVER, lane] / n) / over * root if over > ROUNDING else np.nan
    out[5, lane] = ratio_nb(mean, np.sqrt(running[SHORTFALL_SECOND, lane] / n)) * root
    out[6, lane] = ratio_nb(mean * n - running[SHORTFALL, lane], -running[SHORTFALL, lane])
    out[7, lane], out[8, lane] = deepest, last / running[PEAK, lane] - 1.0
    out[9, lane] = ratio_nb(annual, -deepest)
    if deviation > ROUNDING:
        off = first / n  # of the mean from the shift
        variance = second / n - off * off
        if n >= 3:
            third = running[THIRD, lane] / n - 3.0 * off * (second / n) + 2.0 * off**3
            out[10, lane] = third / variance**1.5
        if n >= 4:
            fourth = running[FOURTH, lane] / n - 4.0 * off * (running[THIRD, lane] / n)
            fourth += 6.0 * off**2 * (second / n) - 3.0 * off**4
            out[11, lane] = fourth / variance**2 - 3.0
    out[12, lane], out[13, lane] = running[BEST, lane], running[WORST, lane]
    if running[N_MOVED, lane] > 0.0:
        out[14, lane] = running[N_UP, lane] / running[N_MOVED, lane]
    out[15, lane] = 1.0 - running[UNINVESTED, lane] / n
    if years > 0.0:
        out[16, lane] = running[TURNED, lane] / 2.0 / years
        out[19, lane] = paid / (running[NAV_SUM, lane] / n) / years


@kernel
def measure_nb(
    nav, money, traded, paid, n_fills, opening, cash, has_cash, years, trade_rows, edges, running, sums_out,
    squares_out, measures_out,
):  # fmt: skip
    """Measure runs, one a lane, and add up their returns by time block.

    Parameters
    ----------
    nav, money : ndarray of shape (R, L)
        At the marks: NAV, and what of it is cash and dividends due; base currency.
    traded, paid : ndarray of shape (R, L)
        Notional of the fills of each row and what was paid in costs.
    n_fills : ndarray of shape (L,)
    opening : float
        NAV before the first row.
    cash : ndarray of shape (R,)
        Simple return on cash over each step.
    has_cash : bool
        False: `cash` says nothing, and there is no Sharpe ratio over it.
    years : float
        Elapsed from the first mark to the last.
    trade_rows : ndarray of shape (n,), int64
        Rows at which anything was traded or paid, ascending.
    edges : ndarray of shape (n_blocks + 1,), int64
        First rows of the time blocks; from the first row measured to the one behind the last.
    running : ndarray of shape (N_RUNNING, L)
        Room to work in.
    sums_out, squares_out : ndarray of shape (n_blocks, L)
        Sums of simple returns and of their squares by block; written in place.
    measures_out : ndarray of shape (len(MEASURES), L)
        Written in place; see `backtest.metrics.summary` for what each is.

    Notes
    -----
    What a row after the last mark traded counts at the last NAV; what it paid does not: costs are by date.
    """
    first_row, end_row = edges[0], edges[edges.shape[0] - 1]
    n = end_row - first_row
    open_figures_nb(nav, opening, first_row, end_row, running)
    for block in range(edges.shape[0] - 1):
        for lane in range(running.shape[1]):
            sums_out[block, lane], squares_out[block, lane] = running[FIRST, lane], running[SECOND, lane]
        take_rows_nb(nav, money, cash, edges[block], edges[block + 1], running)
        length = edges[block + 1] - edges[block]
        for lane in range(running.shape[1]):
            away, shift = running[FIRST, lane] - sums_out[block, lane], running[SHIFT, lane]
            square = running[SECOND, lane] - squares_out[block, lane]
            sums_out[block, lane] = away + length * shift
            squares_out[block, lane] = square + 2.0 * shift * away + length * shift * shift
    for at in range(trade_rows.shape[0]):
        row = trade_rows[at]
        take_trades_nb(
            traded[row], paid[row], nav[min(row, max(end_row - 1, 0))], 1.0 if row < end_row else 0.0,
            running[TRADED], running[TURNED], running[PAID],
        )  # fmt: skip
    for lane in range(running.shape[1]):
        close_figures_nb(nav, opening, years, has_cash, end_row, n, running, n_fills, lane, measures_out)
