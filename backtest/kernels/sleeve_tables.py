"""Tables of sleeves: what a unit of a basket is worth, and what trading it costs, for every name at once.

A sleeve is the part of a basket that trades at one venue under one schedule of fees. All candidates of a setup hold
multiples of it, so they differ in two numbers: how much of it they held (c) and how much they want (g), both in base
currency at the decision at which each was sized. Of the names, sorted by how far they drifted, the first j are bought
and the rest sold, whatever c and g are: what is bought is g Y[j] - c X[j], with running sums Y and X looked up at j.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.state import BUY, CLOSE, DECIDE, MARK, SELL
from backtest.kernels.valuing import row_of_nb, value_names_nb
from data.jit import kernel, part

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

# Kinds of steps.
BEGIN_ROW, SIZE, FILL, MARK_ROW, QUIET_ROW = 0, 1, 2, 3, 4
# How a venue stands at a fill of another: its orders wait, fall due later on the date, were tried, are due again.
WAITS, DUE, TRIED, AGAIN = 0, 1, 2, 3
# What takes the general form for a decision: no lane, those with buys left at an odd fill that is a later try, or all.
REGULAR, IRREGULAR_AGAIN, IRREGULAR = 0, 1, 2

# Rows of `Sleeves.sums` are read as one array, so that a row's place is a shift away.
WIDTH = 4
NOT_NEGATIVE = 0xFFFF  # nor above is a rank; said so, its place needs no test for one that counts from the end


class Sleeves(NamedTuple):
    """The sleeves of a setup and its steps. Shapes: S sleeves, N names in them, K decisions, V venues, T steps.

    first: (S + 1,), the names of each sleeve, in order of venue. name: (N,), indices of assets. basket, venue: (S,).
    venue_first: (V + 1,), the sleeves of each venue. inner: (K, N). value: (K, A), base value of a share at the
    decision. last_price: (K, A). last_session: (K, V). held: (K, V), the decision that was last filled at the venue,
    -1 for none. rank: (K, N), positions of names within `name` by drift, the least first. drift: (K, N + 2 S), theirs,
    of each sleeve between minus infinity and infinity. sums: (K, (N + S) * WIDTH), running sums of the wanted and of
    the held, then of both at the prices of the first fill, 0 where there is none before the next decision.
    worth_wanted, worth_held: (K, S), totals. least_wanted, least_held: (K, S), the smallest part of a unit that is in
    a name. n_new, n_held: (K, S), how many names were not held, and how many were. rates: (K, S, 2), expected costs of
    buying and of selling, of the notional. splits: (K,), legs of the decision fall due on different dates. tried: (K,
    V), orders of the venue met a session before the next decision. irregular: (K,), REGULAR, IRREGULAR or
    IRREGULAR_AGAIN. event: (K + 1,), events of the decisions, and the number of events.

    kind, row, decision, place: (T,), the steps; place: of a fill its table, of a mark that of partial holdings, -1 for
    none. at, slot, is_first: (T,), of a fill: its venue, where its money waits, whether it is the first of its
    decision; of a begin or a quiet row `slot` settles, -1 for none with money; of a quiet row `at` is how many of the
    steps that follow are its own, needed only where buys have filled in part or the general form owes. stands: (T, V),
    of a fill how other venues stand; of a mark with partial holdings 1 at venues that may have them.

    fills: (fills, N + S, 2), running sums of the wanted and of the held at the prices of the fill. net: (fills, S, 2),
    their totals. odd: (fills,), 1 where orders may not fill as sleeves say. pays: (fills, S, 2), what buying a notional
    of 1 pays, and what selling it gives. worth: (R, S), what a unit held is worth at each mark. part: (parts, N + S,
    2), running sums at a mark with partial holdings. part_total: (parts, S), what all names of a unit of the wanted
    are worth.
    """

    first: I
    name: I
    basket: I
    venue: I
    venue_first: I
    inner: F
    value: F
    last_price: F
    last_session: I
    held: I
    rank: I
    drift: F
    sums: F
    worth_wanted: F
    worth_held: F
    least_wanted: F
    least_held: F
    n_new: F
    n_held: F
    rates: F
    splits: I
    tried: I
    irregular: I
    event: I
    kind: I
    row: I
    decision: I
    place: I
    at: I
    slot: I
    is_first: I
    stands: I
    fills: F
    net: F
    odd: I
    pays: F
    worth: F
    part: F
    part_total: F


@kernel
def read_prices_nb(timeline, world, first_prices, price, value_out, price_out, session_out, mark_out):
    """Read what names are worth at every decision and every mark.

    Parameters
    ----------
    timeline : Timeline
    world : World
    first_prices : ndarray of shape (A,)
    price : ndarray of shape (A,)
        Room to work in.
    value_out, price_out : ndarray of shape (K, A)
        Base value of a share and last price at each decision; written in place.
    session_out : ndarray of shape (K, V), int64
        Row of each venue's last close, -1 before any; written in place.
    mark_out : ndarray of shape (R, A)
        Base value of a share at each mark; written in place.
    """
    kind, row, venue, decision = timeline.kind, timeline.row, timeline.venue, timeline.decision
    n_assets, n_venues = first_prices.shape[0], session_out.shape[1]
    begun = 0
    for a in range(n_assets):
        price[a] = first_prices[a]
    for event in range(kind.shape[0]):
        if kind[event] == CLOSE:
            for a in range(n_assets):
                closed = world.close[row[event], a]
                if world.venue[a] == np.uint64(venue[event]) and not np.isnan(closed):
                    price[a] = closed
        elif kind[event] == DECIDE:
            k = decision[event]
            value_names_nb(price, world.fx[event], world.currency, value_out[k])
            for a in range(n_assets):
                price_out[k, a] = price[a]
            for v in range(n_venues):
                session_out[k, v] = session_out[k - 1, v] if k > 0 else -1
            for past in range(begun, event):
                if kind[past] == CLOSE:
                    session_out[k, venue[past]] = row[past]
            begun = event
        elif kind[event] == MARK:
            value_names_nb(price, world.fx[event], world.currency, mark_out[row[event]])


@part
def held_nb(sleeves, k, h, i):
    """Say what of a unit held is in a name at a decision.

    Parameters
    ----------
    sleeves : Sleeves
    k, h : int
        The decision, and the one that the unit was sized at; -1: nothing is held.
    i : int
        Position of the name.

    Returns
    -------
    value : float
    """
    if h < 0 or sleeves.inner[h, i] == 0.0:
        return 0.0
    a = sleeves.name[i]
    return sleeves.inner[h, i] * (sleeves.value[k, a] / sleeves.value[h, a])


@part
def sort_names_nb(sleeves, k, s):
    """Sort the names of a sleeve by how far they drifted, and add up what a unit is.

    Parameters
    ----------
    sleeves : Sleeves
        Rows of the decision are written in place.
    k, s : int
    """
    start, end, h = sleeves.first[s], sleeves.first[s + 1], sleeves.held[k, sleeves.venue[s]]
    rank, drift = sleeves.rank[k], sleeves.drift[k, start + 2 * s : end + 2 * s + 2]
    least_y, least_x, total_y, total_x, n_new, n_held = np.inf, np.inf, 0.0, 0.0, 0.0, 0.0
    for i in range(start, end):
        y, x = sleeves.inner[k, i], held_nb(sleeves, k, h, i)
        away = x / y if y > 0.0 else np.inf
        total_y += y
        total_x += x
        least_y = min(least_y, y) if y > 0.0 else least_y
        least_x = min(least_x, x) if x > 0.0 else least_x
        n_new += 1.0 if y > 0.0 and x == 0.0 else 0.0
        n_held += 1.0 if x > 0.0 else 0.0
        place = i - start
        while place > 0 and drift[place] > away:  # into the part that is sorted: a sleeve has few names
            drift[place + 1], rank[start + place] = drift[place], rank[start + place - 1]
            place -= 1
        drift[place + 1], rank[start + place] = away, i
    drift[0], drift[end - start + 1] = -np.inf, np.inf
    sleeves.worth_wanted[k, s], sleeves.worth_held[k, s] = total_y, total_x
    sleeves.least_wanted[k, s], sleeves.least_held[k, s] = least_y, least_x
    sleeves.n_new[k, s], sleeves.n_held[k, s] = n_new, n_held


@kernel
def size_tables_nb(world, fx_spread, base, rows, sleeves):
    """Fill the tables that decisions are sized with.

    Parameters
    ----------
    world : World
    fx_spread : float
        Fraction.
    base : int
        Base currency.
    rows : ndarray of shape (K,), int64
        Rows of the decisions: their expected costs are those of the row.
    sleeves : Sleeves
        Reads `inner`, `value` and `held`; what else has a row a decision is written.
    """
    for k in range(sleeves.held.shape[0]):
        for s in range(sleeves.basket.shape[0]):
            sort_names_nb(sleeves, k, s)
            at, h, row = sleeves.first[s] + s, sleeves.held[k, sleeves.venue[s]], rows[k]
            sums = sleeves.sums[k].reshape(-1, WIDTH)
            sums[at, 0], sums[at, 1] = 0.0, 0.0
            for i in range(sleeves.first[s], sleeves.first[s + 1]):
                place = sleeves.rank[k, i]
                sums[at + 1, 0] = sums[at, 0] + sleeves.inner[k, place]
                sums[at + 1, 1] = sums[at, 1] + held_nb(sleeves, k, h, place)
                at += 1
            a = sleeves.name[sleeves.first[s]]  # all names of a sleeve pay the same
            half_spread = world.half_spread[row_of_nb(world.half_spread, row), a]
            spread = 0.0 if world.currency[a] == np.uint64(base) else fx_spread
            buy = world.rate[row, world.fee_class[a], BUY] + half_spread
            sell = world.rate[row, world.fee_class[a], SELL] + half_spread
            sleeves.rates[k, s, 0], sleeves.rates[k, s, 1] = buy + spread * (1.0 + buy), sell + spread * (1.0 - sell)


@part
def growth_nb(world, row, event, close_event, uses_close, sleeves, k, a):
    """Say what a unit of base currency in a name at a decision is worth at the price of a fill.

    Parameters
    ----------
    world : World
    row : int
    event, close_event : int
        At which names fill, and those without an open.
    uses_close : bool
        All fill at the close.
    sleeves : Sleeves
    k, a : int
        Decision, name.

    Returns
    -------
    growth : float
        0 where there is no price: the fill is marked as odd then.
    """
    price, fx = world.open[row, a], world.fx[event, world.currency[a]]
    if uses_close or np.isnan(price):
        price, fx = world.close[row, a], world.fx[close_event, world.currency[a]]
    growth = price * fx / sleeves.value[k, a]
    return 0.0 if np.isnan(growth) else growth


@kernel
def fill_tables_nb(world, fx_spread, base, uses_close, given, sleeves):
    """Fill the tables of fills.

    Parameters
    ----------
    world : World
    fx_spread : float
    base : int
    uses_close : bool
        All names fill at the close.
    given : ndarray of shape (fills, 6), int64
        Decision, row, venue, event, event of the close, 1 for the first of the decision.
    sleeves : Sleeves
        `fills`, `net` and `pays` are written in place, and the last two of `sums`.
    """
    for f in range(given.shape[0]):
        k, row, venue, table = given[f, 0], given[f, 1], given[f, 2], sleeves.fills[f]
        for s in range(sleeves.venue_first[venue], sleeves.venue_first[venue + 1]):
            at, h = sleeves.first[s] + s, sleeves.held[k, venue]
            table[at, 0], table[at, 1] = 0.0, 0.0
            for i in range(sleeves.first[s], sleeves.first[s + 1]):
                place = sleeves.rank[k, i]
                y, x, growth = sleeves.inner[k, place], held_nb(sleeves, k, h, place), 0.0
                if y > 0.0 or x > 0.0:
                    growth = growth_nb(
                        world, row, given[f, 3], given[f, 4], uses_close, sleeves, k, sleeves.name[place]
                    )
                table[at + 1, 0], table[at + 1, 1] = table[at, 0] + y * growth, table[at, 1] + x * growth
                at += 1
            if given[f, 5] != 0:
                for i in range(sleeves.first[s] + s, at + 1):
                    sleeves.sums[k, WIDTH * i + 2], sleeves.sums[k, WIDTH * i + 3] = table[i, 0], table[i, 1]
            sleeves.net[f, s, 0], sleeves.net[f, s, 1] = table[at, 0], table[at, 1]
            a = sleeves.name[sleeves.first[s]]
            half_spread = world.half_spread[row_of_nb(world.half_spread, row), a]
            spread = 0.0 if world.currency[a] == np.uint64(base) else fx_spread
            buy, sell = world.rate[row, world.fee_class[a], BUY], world.rate[row, world.fee_class[a], SELL]
            sleeves.pays[f, s, 0] = (1.0 + buy + half_spread) * (1.0 + spread)
            sleeves.pays[f, s, 1] = (1.0 - sell - half_spread) * (1.0 - spread)


@kernel
def mark_tables_nb(held, mark_value, sleeves):
    """Write what a unit held of each sleeve is worth at each mark.

    Parameters
    ----------
    held : ndarray of shape (R, V), int64
        Decision held at each venue, -1 for none.
    mark_value : ndarray of shape (R, A)
        Base value of a share at each mark.
    sleeves : Sleeves
        `worth` is written in place.
    """
    for row in range(held.shape[0]):
        for s in range(sleeves.basket.shape[0]):
            h, total = held[row, sleeves.venue[s]], 0.0
            for i in range(sleeves.first[s], sleeves.first[s + 1]):
                a = sleeves.name[i]
                if h >= 0 and sleeves.inner[h, i] != 0.0:
                    total += sleeves.inner[h, i] * (mark_value[row, a] / sleeves.value[h, a])
            sleeves.worth[row, s] = total


@kernel
def part_tables_nb(given, stands, mark_value, sleeves):
    """Fill the tables of marks at which buys may have filled in part.

    Parameters
    ----------
    given : ndarray of shape (parts, 2), int64
        Decision and row.
    stands : ndarray of shape (parts, V), int64
        1 at the venues at which they may have.
    mark_value : ndarray of shape (R, A)
        Base value of a share at each mark.
    sleeves : Sleeves
        `part` and `part_total` are written in place.
    """
    for m in range(given.shape[0]):
        k, row, table = given[m, 0], given[m, 1], sleeves.part[m]
        for s in range(sleeves.basket.shape[0]):
            venue = sleeves.venue[s]
            if stands[m, venue] == 0:
                continue
            at, h = sleeves.first[s] + s, sleeves.held[k, venue]
            table[at, 0], table[at, 1] = 0.0, 0.0
            for i in range(sleeves.first[s], sleeves.first[s + 1]):
                place = sleeves.rank[k, i]
                a = sleeves.name[place]
                y, x = sleeves.inner[k, place], held_nb(sleeves, k, h, place)
                growth = mark_value[row, a] / sleeves.value[k, a] if y > 0.0 or x > 0.0 else 0.0
                table[at + 1, 0], table[at + 1, 1] = table[at, 0] + y * growth, table[at, 1] + x * growth
                at += 1
            sleeves.part_total[m, s] = table[at, 0]
