"""Sizing sleeves: how much of each a decision asks for, so that cash pays for it and its costs."""

import numpy as np

from backtest.kernels.state import NAV_NOT_POSITIVE, OK
from data.jit import dense, kernel


@dense
def count_ruined_nb(nav, in_general):
    """Count the lanes whose NAV is not positive, those in the general form left out; arrays of shape (L,).

    Parameters
    ----------
    nav, in_general : ndarray

    Returns
    -------
    n_lanes : int
    """
    n = 0
    for lane in range(nav.shape[0]):
        n += int(~(nav[lane] > 0.0) & (in_general[lane] == 0.0))
    return n


@dense
def open_sizing_nb(factor, before, ranks, need, slope):
    """Begin to look for the factor of a decision; arrays of shape (L,), written in place.

    Parameters
    ----------
    factor, before, ranks, need, slope : ndarray
    """
    for lane in range(factor.shape[0]):
        factor[lane], before[lane], ranks[lane], need[lane], slope[lane] = 1.0, -1.0, 0.0, 0.0, 0.0


@dense
def want_nb(nav, factor, share, held, wanted, ratio, rank, is_first):
    """Ask for a share of NAV in a sleeve; arrays of shape (L,).

    Parameters
    ----------
    nav, factor, share, held : ndarray
    wanted, ratio, rank : ndarray
        Written in place: units asked for, over those held, and, the first time, 0.
    is_first : bool
    """
    for lane in range(nav.shape[0]):
        asked, present = factor[lane] * (share[lane] * nav[lane]), held[lane]
        wanted[lane] = asked
        grows = asked / present
        ratio[lane] = grows if asked > 0.0 else 0.0  # of nothing held: infinite
        rank[lane] = 0 if is_first else rank[lane]


@dense
def count_used_nb(held, wanted):
    """Count the lanes that hold a sleeve or ask for it; arrays of shape (L,).

    Parameters
    ----------
    held, wanted : ndarray

    Returns
    -------
    n_lanes : int
    """
    n = 0
    for lane in range(held.shape[0]):
        n += int((held[lane] != 0.0) | (wanted[lane] != 0.0))
    return n


@dense
def rank_four_nb(ratio, first, second, third, fourth, rank):
    """Count four more names that have drifted less than what is asked for; arrays of shape (L,).

    Parameters
    ----------
    ratio : ndarray
    first, second, third, fourth : float
        Drifts of names.
    rank : ndarray, int64
        Written in place.
    """
    for lane in range(ratio.shape[0]):
        asked = ratio[lane]
        rank[lane] += (
            np.int64(first < asked) + np.int64(second < asked) + np.int64(third < asked) + np.int64(fourth < asked)
        )


@dense
def add_rank_nb(rank, ranks):
    """Add up ranks of sleeves; arrays of shape (L,).

    Parameters
    ----------
    rank : ndarray, int64
    ranks : ndarray
        Written in place.
    """
    for lane in range(rank.shape[0]):
        ranks[lane] += rank[lane]


@dense
def add_need_nb(table, buying, selling, worth_wanted, worth_held, rank, wanted, held, share, need, slope):
    """Add what a sleeve needs, costs included, beyond what it is worth; arrays of shape (L,).

    Parameters
    ----------
    table : ndarray of shape (n_names + 1, 2)
        Of `Sleeves.sizing`.
    buying, selling : float
        Expected costs, of the notional.
    worth_wanted, worth_held : float
        Of a unit.
    rank, wanted, held, share : ndarray
    need, slope : ndarray
        Written in place; the slope is by the factor, for a NAV of 1.
    """
    both = buying + selling
    for lane in range(rank.shape[0]):
        j, g, c = rank[lane], wanted[lane], held[lane]
        y, x = table[j, 0], table[j, 1]
        unit = (1.0 - selling) * worth_wanted + both * y
        more = (1.0 - selling) * (g * worth_wanted - c * worth_held) + both * (g * y - c * x)
        need[lane] += more
        slope[lane] += share[lane] * unit


@dense
def step_factor_nb(nav, cash, need, slope, ranks, before, factor):
    """Take a Newton step towards the factor at which cash pays for what is needed; arrays of shape (L,).

    Parameters
    ----------
    nav, cash : ndarray
    need, slope, ranks : ndarray
        Cleared for the next step.
    before : ndarray
        Ranks at the last step: where they are the same, that step was exact. Written in place.
    factor : ndarray
        Written in place.

    Notes
    -----
    See `backtest.kernels.sizing.solve_factor_nb`. What is needed beyond what is held has to come out of cash.
    """
    for lane in range(nav.shape[0]):
        over = need[lane] - cash[lane]
        step = over / (slope[lane] * nav[lane])
        moves = (ranks[lane] != before[lane]) & (over > 0.0)
        factor[lane] = max(factor[lane] - step, 0.0) if moves else factor[lane]
        before[lane], ranks[lane], need[lane], slope[lane] = ranks[lane], 0.0, 0.0, 0.0


@kernel
def rank_sleeve_nb(ratio, drift, rank):
    """Count the names of a sleeve that have drifted less than what is asked for: these are bought.

    Parameters
    ----------
    ratio : ndarray of shape (L,)
    drift : ndarray of shape (n_names,)
        Ascending.
    rank : ndarray of shape (L,), int64
        Written in place, from 0.
    """
    i, n = 0, drift.shape[0]
    while i < n:
        second = drift[i + 1] if i + 1 < n else np.inf
        third = drift[i + 2] if i + 2 < n else np.inf
        fourth = drift[i + 3] if i + 3 < n else np.inf
        rank_four_nb(ratio, drift[i], second, third, fourth, rank)
        i += 4


@dense
def lower_rank_nb(ratio, drift, rank):
    """Move up to two names from buys to sells that have drifted as much as is asked for; arrays of shape (L,).

    Parameters
    ----------
    ratio : ndarray
    drift : ndarray of shape (n_names,)
        Ascending.
    rank : ndarray, int64
        Written in place.

    Returns
    -------
    n_lanes : int
        In which two have moved: there may be more.
    """
    n = 0
    for lane in range(ratio.shape[0]):
        j = rank[lane]
        one = int((j > 0) & (drift[max(j - 1, 0)] >= ratio[lane]))
        two = int((j > 1) & (drift[max(j - 2, 0)] >= ratio[lane]))
        rank[lane] = j - one - two
        n += two
    return n


@dense
def count_new_nb(ranks, before):
    """Count the lanes whose ranks are not those of the last step; arrays of shape (L,).

    Parameters
    ----------
    ranks, before : ndarray

    Returns
    -------
    n : int
    """
    n = 0
    for lane in range(ranks.shape[0]):
        n += int(ranks[lane] != before[lane])
    return n


@dense
def plan_sleeve_nb(
    table,
    buying,
    selling,
    worth_wanted,
    worth_held,
    rank,
    wanted,
    held,
    buys,
    buys_due,
    sells,
    sells_due,
    present,
    gross,
):
    """Add what a sleeve buys and sells to the plan of its venue; arrays of shape (L,).

    Parameters
    ----------
    table : ndarray of shape (n_names + 1, 2)
        Of `Sleeves.sizing`.
    buying, selling : float
        Expected costs, of the notional.
    worth_wanted, worth_held : float
        Of a unit.
    rank, wanted, held : ndarray
    buys, buys_due, sells, sells_due, present, gross : ndarray
        Written in place: at the plan's prices, of the venue, and what the whole target is worth.
    """
    for lane in range(rank.shape[0]):
        j, g, c = rank[lane], wanted[lane], held[lane]
        bought = g * table[j, 0] - c * table[j, 1]
        sold = c * worth_held - g * worth_wanted + bought
        present[lane] += c * worth_held
        buys[lane] += bought
        buys_due[lane] += bought * (1.0 + buying)
        sells[lane] += sold
        sells_due[lane] += sold * (1.0 - selling)
        gross[lane] += g * worth_wanted


@kernel
def plan_split_nb(sleeves, k, book):
    """Write the plan of a decision whose legs fall due on different dates.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    book : SleeveBook
    """
    first, n_lanes = sleeves.first, book.cash.shape[0]
    for lane in range(n_lanes):
        book.plan_cash[lane], book.plan_nav[lane], book.target_gross[lane] = book.cash[lane], book.nav[lane], 0.0
    for v in range(book.rest.shape[0]):
        for lane in range(n_lanes):
            book.buys[v, lane], book.buys_due[v, lane], book.present[v, lane] = 0.0, 0.0, 0.0
            book.sells[v, lane], book.sells_due[v, lane] = 0.0, 0.0
    for s in range(first.shape[0] - 1):
        v = sleeves.venue[s]
        plan_sleeve_nb(
            sleeves.sizing[k, first[s] + s : first[s + 1] + s + 1], sleeves.rates[k, s, 0], sleeves.rates[k, s, 1],
            sleeves.worth_wanted[k, s], sleeves.worth_held[k, s], book.rank[s], book.wanted[s], book.held[s],
            book.buys[v], book.buys_due[v], book.sells[v], book.sells_due[v], book.present[v], book.target_gross,
        )  # fmt: skip


@kernel
def size_sleeves_nb(sleeves, k, shares, book):
    """Turn the shares of a decision into units of each sleeve that cash pays for, costs included.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    shares : ndarray of shape (B, L)
    book : SleeveBook
        Reads `nav` of the decision; `wanted`, `rank`, `rest` and the plan are written in place.

    Returns
    -------
    status : int
        OK or NAV_NOT_POSITIVE.
    """
    first, basket, n_sleeves, n_lanes = sleeves.first, sleeves.basket, sleeves.basket.shape[0], book.cash.shape[0]
    if count_ruined_nb(book.nav, book.in_general) > 0:
        return NAV_NOT_POSITIVE
    open_sizing_nb(book.factor, book.before, book.ranks, book.need, book.slope)
    for attempt in range(first[n_sleeves] + 2):
        for s in range(n_sleeves):
            drift, share = sleeves.drift[k, first[s] : first[s + 1]], shares[basket[s]]
            if attempt > 0 and book.is_used[s] == 0:
                continue
            want_nb(book.nav, book.factor, share, book.held[s], book.wanted[s], book.ratio, book.rank[s], attempt == 0)
            if attempt == 0:
                book.is_used[s] = count_used_nb(book.held[s], book.wanted[s])
                if book.is_used[s] > 0:
                    rank_sleeve_nb(book.ratio, drift, book.rank[s])
            else:
                while lower_rank_nb(book.ratio, drift, book.rank[s]) > 0:
                    pass
            add_rank_nb(book.rank[s], book.ranks)
        if count_new_nb(book.ranks, book.before) == 0:
            break
        for s in range(n_sleeves):
            if book.is_used[s] > 0:
                add_need_nb(
                    sleeves.sizing[k, first[s] + s : first[s + 1] + s + 1], sleeves.rates[k, s, 0],
                    sleeves.rates[k, s, 1], sleeves.worth_wanted[k, s], sleeves.worth_held[k, s], book.rank[s],
                    book.wanted[s], book.held[s], shares[basket[s]], book.need, book.slope,
                )  # fmt: skip
        step_factor_nb(book.nav, book.cash, book.need, book.slope, book.ranks, book.before, book.factor)
    for v in range(book.rest.shape[0]):
        book.waits[v] = 0
        for lane in range(n_lanes):
            book.rest[v, lane] = 1.0 if sleeves.splits[k] else 0.0
    if sleeves.splits[k]:
        plan_split_nb(sleeves, k, book)
    return OK
