"""Sizing sleeves: how much of each a decision asks for, so that cash pays for it and its costs.

A Newton step from the whole of what is asked for finds the part of it that cash pays for, exactly where it does not
turn a name from a buy to a sell. Lanes in which it does go on by themselves; all others are done in one pass.
"""

from backtest.kernels.sleeve_funding import foresee_nb, plan_split_nb
from backtest.kernels.sleeve_ranks import rank_sleeve_nb
from backtest.kernels.sleeve_tables import IRREGULAR_AGAIN, NOT_NEGATIVE, WIDTH
from backtest.kernels.state import DUST, FUNDING_TOLERANCE
from data.jit import dense, leaf

# A venue buys more than this part of NAV, or funding may take it for rounding.
ROOM = 1.1 * FUNDING_TOLERANCE
# What becomes of a lane: a name turns from a buy to a sell, an order may be rounding, buys are left at an odd fill.
TURNS, ROUNDS, LEAVES = 1, 2, 4


@dense
def want_nb(nav, share, held, wanted, ratio):
    """Ask for a share of NAV in a sleeve; arrays of shape (L,).

    Parameters
    ----------
    nav, share, held : ndarray
    wanted, ratio : ndarray
        Written in place: units asked for, and over those held.

    Returns
    -------
    n_lanes : int
        That hold the sleeve or ask for it.
    """
    n = 0
    for lane in range(nav.shape[0]):
        asked, present = share[lane] * nav[lane], held[lane]
        grows = asked / present
        wanted[lane] = asked
        ratio[lane] = grows if asked > 0.0 else 0.0  # of nothing held: infinite
        n += int((present != 0.0) | (asked != 0.0))
    return n


@leaf
def need_one_nb(y, x, buying, selling, worth_wanted, worth_held, g, c):
    """Say what a sleeve needs, costs included, beyond what it is worth.

    Parameters
    ----------
    y, x : float
        What of a unit wanted and of one held is in the names bought.
    buying, selling : float
        Expected costs, of the notional.
    worth_wanted, worth_held : float
        Of a unit.
    g, c : float
        Units wanted and held.

    Returns
    -------
    need : float
        Base currency.
    unit : float
        What one more unit wanted needs.
    """
    both = buying + selling
    unit = (1.0 - selling) * worth_wanted + both * y
    return (1.0 - selling) * (g * worth_wanted - c * worth_held) + both * (g * y - c * x), unit


@dense
def add_need_nb(
    sums, buying, selling, worth_wanted, worth_held, is_alike, rank, wanted, held, share, is_first, need, slope
):  # fmt: skip
    """Add what a sleeve needs to what others do; arrays of shape (L,).

    Parameters
    ----------
    sums : ndarray of shape ((n_names + 1) * 4,)
        Of `Sleeves`.
    buying, selling, worth_wanted, worth_held : float
    is_alike : bool
        All ranks are the same.
    rank, wanted, held, share : ndarray
    is_first : bool
        The first sleeve: what the others are added to.
    need, slope : ndarray
        Written in place; the slope is by the part of what is asked for, for a NAV of 1.
    """
    if is_alike:
        y, x = sums[WIDTH * rank[0]], sums[WIDTH * rank[0] + 1]
        for lane in range(rank.shape[0]):
            more, unit = need_one_nb(y, x, buying, selling, worth_wanted, worth_held, wanted[lane], held[lane])
            need[lane] = more if is_first else need[lane] + more
            slope[lane] = share[lane] * unit if is_first else slope[lane] + share[lane] * unit
        return
    for lane in range(rank.shape[0]):
        at = WIDTH * (rank[lane] & NOT_NEGATIVE)
        more, unit = need_one_nb(
            sums[at], sums[at + 1], buying, selling, worth_wanted, worth_held, wanted[lane], held[lane]
        )  # fmt: skip
        need[lane] = more if is_first else need[lane] + more
        slope[lane] = share[lane] * unit if is_first else slope[lane] + share[lane] * unit


@leaf
def step_nb(factor, need, slope, nav, cash):
    """Take a Newton step towards the part of what is asked for at which cash pays for what is needed.

    Parameters
    ----------
    factor, need, slope, nav, cash : float

    Returns
    -------
    factor : float

    Notes
    -----
    See `backtest.kernels.sizing.solve_factor_nb`. What is needed beyond what is held has to come out of cash.
    """
    over = need - cash
    lower = max(factor - over / (slope * nav), 0.0)
    return lower if over > 0.0 else factor


@dense
def step_lanes_nb(nav, cash, need, slope, factor):
    """Take the first Newton step; arrays of shape (L,).

    Parameters
    ----------
    nav, cash, need, slope : ndarray
    factor : ndarray
        Written in place.
    """
    for lane in range(nav.shape[0]):
        factor[lane] = step_nb(1.0, need[lane], slope[lane], nav[lane], cash[lane])


@leaf
def may_round_nb(below, above, least_drift, least_wanted, least_held, nav, grows, g, c):
    """Say whether an order of a sleeve may be rounding and no order.

    Parameters
    ----------
    below, above : float
        Drifts of the last name bought and of the first sold.
    least_drift : float
        Of the first name bought.
    least_wanted, least_held : float
        Smallest part of a unit that is in a name.
    nav, grows, g, c : float
        NAV, units wanted over those held, units wanted and held.

    Returns
    -------
    may_round : bool

    Notes
    -----
    An order is (wanted / held - drift) x held x the name's part of a unit: the name nearest to the turn from buying to
    selling is farther from it than the smallest part of a unit could hide. And what a venue buys in all is more than
    funding takes for rounding (see `backtest.kernels.funding.scale_buys_nb`): the first name bought is.
    """
    least, room, size = DUST * nav, ROOM * nav, c * least_wanted
    is_near = ((above - grows) * size <= least) | ((grows - below) * size <= least)
    is_near |= (below >= least_drift) & ((grows - least_drift) * size <= room)
    is_small = (g > 0.0) & (g * least_wanted <= room) | (c > 0.0) & (c * least_held <= least)
    return is_small | (is_near & (c > 0.0) & (g > 0.0))


@leaf
def end_lane_nb(y, x, below, above, least_drift, least_wanted, least_held, nav, part, asked, ratio, c):
    """Ask for the part that cash pays for, if it turns no name.

    Parameters
    ----------
    y, x : float
        What of a unit wanted and of one held is in the names bought, where the orders fill.
    below, above, least_drift, least_wanted, least_held, nav : float
        See `may_round_nb`.
    part, asked, ratio, c : float
        Part of what was asked for, that in units, over what is held, and what is held.

    Returns
    -------
    g, bought : float
        Units, and base currency.
    flags : int
    """
    g, grows = part * asked, part * ratio
    rounds = may_round_nb(below, above, least_drift, least_wanted, least_held, nav, grows, g, c)
    return g, g * y - c * x, (TURNS if below >= grows else 0) + (ROUNDS if rounds else 0)


@dense
def end_sizing_nb(
    drift, sums, least_wanted, least_held, nav, factor, ratio, is_alike, rank, held, is_first, wanted, bought, flags
):  # fmt: skip
    """Ask for the parts that cash pays for; arrays of shape (L,).

    Parameters
    ----------
    drift : ndarray of shape (n_names + 2,)
    sums : ndarray of shape ((n_names + 1) * 4,)
    least_wanted, least_held : float
    nav, factor, ratio : ndarray
    is_alike : bool
    rank, held : ndarray
    is_first : bool
        The first sleeve.
    wanted, bought : ndarray
        Written in place: units, and what is bought where the orders fill.
    flags : ndarray, int64
        Written in place: TURNS where the part turns a name of a sleeve so far, ROUNDS where an order may be rounding.

    Returns
    -------
    all_flags : int
        Of any lane.
    """
    least_drift, all_flags = drift[1], 0
    if is_alike:
        j = rank[0]
        y, x, below, above = sums[WIDTH * j + 2], sums[WIDTH * j + 3], drift[j], drift[j + 1]
        for lane in range(nav.shape[0]):
            wanted[lane], bought[lane], found = end_lane_nb(
                y, x, below, above, least_drift, least_wanted, least_held, nav[lane], factor[lane], wanted[lane],
                ratio[lane], held[lane],
            )  # fmt: skip
            flags[lane] = found if is_first else flags[lane] | found
            all_flags |= found
        return all_flags
    for lane in range(nav.shape[0]):
        j = rank[lane] & NOT_NEGATIVE
        wanted[lane], bought[lane], found = end_lane_nb(
            sums[WIDTH * j + 2], sums[WIDTH * j + 3], drift[j], drift[j + 1], least_drift, least_wanted, least_held,
            nav[lane], factor[lane], wanted[lane], ratio[lane], held[lane],
        )  # fmt: skip
        flags[lane] = found if is_first else flags[lane] | found
        all_flags |= found
    return all_flags


@leaf
def size_lane_nb(sleeves, k, shares, lane, book, room):
    """Go on with a lane in which the first step turned a name, until none turns.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    shares : ndarray of shape (B, L)
    lane : int
    book : SleeveBook
        The lane's `rank`, `wanted` and `bought` are written in place.
    room : SleeveScratch
        So are its `flags`.
    """
    nav, part, n_sleeves, first = room.nav[lane], room.factor[lane], sleeves.basket.shape[0], sleeves.first
    for _ in range(first[n_sleeves] + 1):
        need, slope, n_turned = 0.0, 0.0, 0
        for s in range(n_sleeves):
            if book.is_used[s] == 0:
                continue
            j, share = book.rank[s, lane], shares[sleeves.basket[s], lane]
            while j > 0 and sleeves.drift[k, first[s] + 2 * s + j] >= part * room.ratio[s, lane]:
                j -= 1
                n_turned += 1
            book.rank[s, lane] = j
            at = WIDTH * (first[s] + s + j)
            more, unit = need_one_nb(
                sleeves.sums[k, at], sleeves.sums[k, at + 1], sleeves.rates[k, s, 0], sleeves.rates[k, s, 1],
                sleeves.worth_wanted[k, s], sleeves.worth_held[k, s], part * (share * nav), book.held[s, lane],
            )  # fmt: skip
            need, slope = need + more, slope + share * unit
        if n_turned == 0:
            break
        part = step_nb(part, need, slope, nav, book.cash[lane])
    room.flags[lane] = 0
    for s in range(n_sleeves):
        if book.is_used[s] == 0:
            continue
        j, at = book.rank[s, lane], first[s] + 2 * s
        row = WIDTH * (at - s + j)
        book.wanted[s, lane], book.bought[s, lane], flags = end_lane_nb(
            sleeves.sums[k, row + 2], sleeves.sums[k, row + 3], sleeves.drift[k, at + j], sleeves.drift[k, at + j + 1],
            sleeves.drift[k, at + 1], sleeves.least_wanted[k, s], sleeves.least_held[k, s], nav, part,
            shares[sleeves.basket[s], lane] * nav, room.ratio[s, lane], book.held[s, lane],
        )  # fmt: skip
        room.flags[lane] |= flags & ROUNDS


@leaf
def size_sleeves_nb(sleeves, k, step, shares, book, room):
    """Turn the shares of a decision into units of each sleeve that cash pays for, costs included.

    Parameters
    ----------
    sleeves : Sleeves
    k, step : int
        Of the decision.
    shares : ndarray of shape (B, L)
    book : SleeveBook
        `wanted`, `rank`, `bought`, `rest` and the plan are written in place.
    room : SleeveScratch
        Reads `nav` of the decision; in the end `flags` are not 0 where sleeves do not say what happens to a lane: an
        order may be rounding, or buys are left at an odd fill.

    Returns
    -------
    n_flags : int
        0 where there is no such lane.
    """
    first, basket, n_sleeves, n_lanes = sleeves.first, sleeves.basket, sleeves.basket.shape[0], book.cash.shape[0]
    is_first = True
    for s in range(n_sleeves):
        share = shares[basket[s]]
        book.is_used[s] = want_nb(room.nav, share, book.held[s], book.wanted[s], room.ratio[s])
        if book.is_used[s] == 0:
            continue
        drift = sleeves.drift[k, first[s] + 2 * s : first[s + 1] + 2 * s + 2]
        room.is_alike[s] = rank_sleeve_nb(room.ratio[s], drift, book.rank[s])
        add_need_nb(
            sleeves.sums[k, WIDTH * (first[s] + s) : WIDTH * (first[s + 1] + s + 1)], sleeves.rates[k, s, 0],
            sleeves.rates[k, s, 1],
            sleeves.worth_wanted[k, s], sleeves.worth_held[k, s], room.is_alike[s] != 0, book.rank[s], book.wanted[s],
            book.held[s], share, is_first, room.need, room.slope,
        )  # fmt: skip
        is_first = False
    flags, n_flags = 0, 0
    if is_first:
        for lane in range(n_lanes):
            room.flags[lane] = 0
    else:
        step_lanes_nb(room.nav, book.cash, room.need, room.slope, room.factor)
    is_first = True
    for s in range(n_sleeves):
        if book.is_used[s] == 0:
            continue
        start, end = first[s] + s, first[s + 1] + s + 1
        flags |= end_sizing_nb(
            sleeves.drift[k, start + s : end + s + 1], sleeves.sums[k, WIDTH * start : WIDTH * end],
            sleeves.least_wanted[k, s], sleeves.least_held[k, s], room.nav, room.factor, room.ratio[s],
            room.is_alike[s] != 0, book.rank[s], book.held[s], is_first, book.wanted[s], book.bought[s], room.flags,
        )  # fmt: skip
        is_first = False
    if flags != 0:
        for lane in range(n_lanes):
            if room.flags[lane] & TURNS != 0:
                size_lane_nb(sleeves, k, shares, lane, book, room)
            n_flags += room.flags[lane]
    if sleeves.splits[k]:
        plan_split_nb(sleeves, k, book, room)
        if sleeves.irregular[k] == IRREGULAR_AGAIN:
            n_flags += foresee_nb(sleeves, step, LEAVES, book, room)
    elif k > 0 and sleeves.splits[k - 1]:
        for v in range(book.rest.shape[0]):
            for lane in range(n_lanes):
                book.rest[v, lane] = 0.0
    for v in range(book.rest.shape[0]):
        book.waits[v] = 0
    return n_flags
