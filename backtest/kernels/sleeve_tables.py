"""Tables of sleeves: what a unit of a basket is worth, and what trading it costs, for every name at once.

A sleeve is the part of a basket that trades at one venue. All candidates of a setup hold multiples of it, so they
differ in two numbers: how much of it they held (c) and how much they want (g), both in base currency at the decision
at which each was sized. Of the names, sorted by how far they drifted, the first j are bought and the rest sold,
whatever c and g are: sums over names are differences of rows of a table, looked up at j.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backtest.kernels.state import BUY, CLOSE, DECIDE, MARK, SELL
from backtest.kernels.valuing import row_of_nb, value_names_nb
from data.jit import kernel

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

# Kinds of steps.
BEGIN_ROW, SIZE, FILL, MARK_ROW = 0, 1, 2, 3
# Columns of `sizing`: needs of the wanted and of the held, the same of buys alone, buys without costs.
NEED_Y, NEED_X, BUY_NEED_Y, BUY_NEED_X, BUY_Y, BUY_X = 0, 1, 2, 3, 4, 5
# Columns of `fills`: payment of both sides, payment and notional of buys alone, of wanted and held; number of sells.
PAY_Y, PAY_X, BUY_PAY_Y, BUY_PAY_X, BOUGHT_Y, BOUGHT_X, SELLS = 0, 1, 2, 3, 4, 5, 6
WIDTH = 8  # a row of a table is a line of the cache
# How a venue stands at a fill of another: its orders wait, fall due later on the date, were tried, are due again.
WAITS, DUE, TRIED, AGAIN = 0, 1, 2, 3


class Sleeves(NamedTuple):
    """The sleeves of a setup and its steps. Shapes: S sleeves, N names in them, K decisions, V venues, T steps.

    first: (S + 1,), the names of each sleeve, in order of venue. name: (N,), indices of assets. basket, venue: (S,).
    venue_first: (V + 1,), the sleeves of each venue. inner: (K, N). value: (K, A), base value of a share at the
    decision. last_price: (K, A). last_session: (K, V). held: (K, V), the decision that was last filled at the venue,
    -1 for none. rank: (K, N), positions of names within `name` by drift, the least first. drift: (K, N), sorted.
    sizing: (K, N + S, 8). held_value, wanted_value: (K, S), what a unit of the held and of the wanted is worth.
    is_flat: (K, S), all names have drifted alike. splits: (K,), legs of the decision fall due on different dates.
    tried: (K, V), orders of the venue met a session before the next decision. irregular: (K,), the sleeves do not say
    what happens. event: (K + 1,), events of the decisions, and the number of events.

    kind, row, decision, place: (T,), the steps; place: of a fill its table, of a mark that of partial holdings, -1 for
    none. at, slot, is_first: (T,), of a fill: its venue, where its money waits, whether it is the first of its
    decision; of a begin the slot that settles, -1 for none with money. stands: (T, V), of a fill how other venues
    stand; of a mark with partial holdings 1 at venues that may have them.

    fills: (fills, N + S, 8). net: (fills, S, 2), notional of a unit of the wanted and of the held. worth: (R, S), what
    a unit held is worth at each mark. part: (parts, N + S, 2), what the bought names of a unit of the wanted and of the
    held are worth at a mark. part_total: (parts, S), what all names of a unit of the wanted are worth.
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
    sizing: F
    held_value: F
    wanted_value: F
    is_flat: I
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


@kernel
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


@kernel
def drifted_nb(world, fx_spread, base, row, sleeves, k, h, i):
    """Give what a unit of the wanted and of the held has of the name at a rank, and what moving it is expected to cost.

    Parameters
    ----------
    world : World
    fx_spread : float
    base, row : int
    sleeves : Sleeves
    k, h, i : int
        Decision, decision of the held, rank.

    Returns
    -------
    wanted, held, buying, selling : float
        Values, and rates.
    """
    at = sleeves.rank[k, i]
    a = sleeves.name[at]
    half_spread = world.half_spread[row_of_nb(world.half_spread, row), a]
    spread = 0.0 if world.currency[a] == np.uint64(base) else fx_spread
    buy = world.rate[row, world.fee_class[a], BUY] + half_spread
    sell = world.rate[row, world.fee_class[a], SELL] + half_spread
    y, x = sleeves.inner[k, at], held_nb(sleeves, k, h, at)
    return y, x, buy + spread * (1.0 + buy), sell + spread * (1.0 - sell)


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
        Reads `inner`, `value` and `held`; writes `rank`, `drift`, `sizing`, `held_value`, `wanted_value`, `is_flat`.
    """
    n_sleeves, first = sleeves.basket.shape[0], sleeves.first
    for k in range(sleeves.held.shape[0]):
        for s in range(n_sleeves):
            start, end = first[s], first[s + 1]
            h = sleeves.held[k, sleeves.venue[s]]
            n_drifted, least, most, total_y, total_x = 0, np.inf, -np.inf, 0.0, 0.0
            for i in range(start, end):
                # Sorted as they come: a sleeve has few names.
                y, x = sleeves.inner[k, i], held_nb(sleeves, k, h, i)
                away = x / y if y > 0.0 else np.inf
                total_y += y
                total_x += x
                place = i
                while place > start and sleeves.drift[k, place - 1] > away:
                    sleeves.drift[k, place] = sleeves.drift[k, place - 1]
                    sleeves.rank[k, place] = sleeves.rank[k, place - 1]
                    place -= 1
                sleeves.drift[k, place], sleeves.rank[k, place] = away, i
                if x > 0.0 or y > 0.0:
                    n_drifted += 1
                    least, most = min(least, away), max(most, away)
            sleeves.held_value[k, s], sleeves.wanted_value[k, s] = total_x, total_y
            sleeves.is_flat[k, s] = n_drifted > 0 and most - least <= 1e-9 * most
            at = start + s
            for column in range(WIDTH):
                sleeves.sizing[k, at, column] = 0.0
            for i in range(start, end):
                y, x, _, sell = drifted_nb(world, fx_spread, base, rows[k], sleeves, k, h, i)
                sleeves.sizing[k, at, NEED_Y] += y * (1.0 - sell)
                sleeves.sizing[k, at, NEED_X] += x * (1.0 - sell)
            for i in range(start, end):
                y, x, buy, sell = drifted_nb(world, fx_spread, base, rows[k], sleeves, k, h, i)
                for column in range(WIDTH):
                    sleeves.sizing[k, at + 1, column] = sleeves.sizing[k, at, column]
                at += 1
                sleeves.sizing[k, at, NEED_Y] += y * (buy + sell)
                sleeves.sizing[k, at, NEED_X] += x * (buy + sell)
                sleeves.sizing[k, at, BUY_NEED_Y] += y * (1.0 + buy)
                sleeves.sizing[k, at, BUY_NEED_X] += x * (1.0 + buy)
                sleeves.sizing[k, at, BUY_Y] += y
                sleeves.sizing[k, at, BUY_X] += x


@kernel
def traded_nb(world, fx_spread, base, k, h, row, event, close_event, uses_close, sleeves, i):
    """Give what a unit of the wanted and of the held has of the name at a rank, and what trading it pays.

    Parameters
    ----------
    world : World
    fx_spread : float
    base : int
    k, h, row : int
        Decision, decision of the held, row of the fill.
    event, close_event : int
        At which names fill, and those without an open.
    uses_close : bool
        All fill at the close.
    sleeves : Sleeves
    i : int
        Rank.

    Returns
    -------
    wanted, held, growth, buying, selling : float
        Values at the decision; what one of them is worth at the fill, what buying it pays, what selling it gives.
    """
    place = sleeves.rank[k, i]
    a = sleeves.name[place]
    y, x = sleeves.inner[k, place], held_nb(sleeves, k, h, place)
    price, fx = world.open[row, a], world.fx[event, world.currency[a]]
    if uses_close or np.isnan(price):
        price, fx = world.close[row, a], world.fx[close_event, world.currency[a]]
    growth = price * fx / sleeves.value[k, a]
    if (y == 0.0 and x == 0.0) or np.isnan(growth):  # not traded; or not at a price, which the decision is marked for
        growth = 0.0
    half_spread = world.half_spread[row_of_nb(world.half_spread, row), a]
    spread = 0.0 if world.currency[a] == np.uint64(base) else fx_spread
    buy = (1.0 + world.rate[row, world.fee_class[a], BUY] + half_spread) * (1.0 + spread)
    sell = (1.0 - world.rate[row, world.fee_class[a], SELL] - half_spread) * (1.0 - spread)
    return y, x, growth, growth * buy, growth * sell


@kernel
def fill_table_nb(world, fx_spread, base, uses_close, given, sleeves, f):
    """Fill one table; as `fill_tables_nb`.

    Parameters
    ----------
    world : World
    fx_spread : float
    base : int
    uses_close : bool
    given : ndarray of shape (5,), int64
    sleeves : Sleeves
    f : int
    """
    k, row, venue, event, close_event = given[0], given[1], given[2], given[3], given[4]
    first, table, h = sleeves.first, sleeves.fills[f], sleeves.held[k, venue]
    for s in range(sleeves.venue_first[venue], sleeves.venue_first[venue + 1]):
        start = first[s] + s
        end, sell_y, sell_x, n_sells = start, 0.0, 0.0, 0.0
        for column in range(WIDTH):
            table[start, column] = 0.0
        for i in range(first[s], first[s + 1]):
            y, x, growth, buy, sell = traded_nb(
                world, fx_spread, base, k, h, row, event, close_event, uses_close, sleeves, i
            )
            end += 1
            table[end, PAY_Y] = table[end - 1, PAY_Y] + y * (buy - sell)
            table[end, PAY_X] = table[end - 1, PAY_X] + x * (buy - sell)
            table[end, BUY_PAY_Y] = table[end - 1, BUY_PAY_Y] + y * buy
            table[end, BUY_PAY_X] = table[end - 1, BUY_PAY_X] + x * buy
            table[end, BOUGHT_Y] = table[end - 1, BOUGHT_Y] + y * growth
            table[end, BOUGHT_X] = table[end - 1, BOUGHT_X] + x * growth
            table[end, SELLS] = table[end - 1, SELLS] - (1.0 if x > 0.0 else 0.0)
            sell_y += y * sell
            sell_x += x * sell
            n_sells += 1.0 if x > 0.0 else 0.0
        net_y, net_x = table[end, BOUGHT_Y], table[end, BOUGHT_X]
        sleeves.net[f, s, 0], sleeves.net[f, s, 1] = net_y, net_x
        for j in range(start, end + 1):  # what is not bought is sold
            table[j, PAY_Y] += sell_y
            table[j, PAY_X] += sell_x
            table[j, SELLS] += n_sells


@kernel
def fill_tables_nb(world, fx_spread, base, uses_close, given, sleeves):
    """Fill the tables of fills: what buying the first j names of a venue's sleeves and selling the rest pays.

    Parameters
    ----------
    world : World
    fx_spread : float
    base : int
    uses_close : bool
        All names fill at the close.
    given : ndarray of shape (fills, 5), int64
        Decision, row, venue, event, event of the close.
    sleeves : Sleeves
        `fills` and `net` are written in place.
    """
    for f in range(given.shape[0]):
        fill_table_nb(world, fx_spread, base, uses_close, given[f], sleeves, f)


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
