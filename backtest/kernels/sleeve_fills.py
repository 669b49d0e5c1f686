"""Filling sleeves: what is traded, and what that pays."""

import numpy as np

from backtest.kernels.sleeve_funding import fund_venue_nb, leave_rest_nb
from data.jit import dense, leaf


@dense
def look_up_nb(table, rank, wanted, held, bought):
    """Say what of a sleeve is bought; arrays of shape (L,).

    Parameters
    ----------
    table : ndarray of shape (n_names + 1, 2)
        Of `Sleeves.fills`.
    rank, wanted, held : ndarray
    bought : ndarray
        Written in place.
    """
    for lane in range(rank.shape[0]):
        j = rank[lane]
        bought[lane] = wanted[lane] * table[j, 0] - held[lane] * table[j, 1]


@leaf
def trade_lane_nb(net_y, net_x, buying, selling, n_new, n_held, sells_too, j, g, c, bought, now):
    """Say what a lane pays and trades in a sleeve.

    Parameters
    ----------
    net_y, net_x : float
        Notional of a unit wanted and of one held.
    buying, selling : float
        What buying a notional of 1 pays, and what selling it gives.
    n_new, n_held : float
        Names that were not held, which are bought first, and names that were.
    sells_too : float
        1 where the sells fill, 0 where they have filled before.
    j : int
        Names bought.
    g, c, bought, now : float
        Units wanted and held, what is bought whole, and the part of it that is bought now.

    Returns
    -------
    paid, charged, moved : float
        What it pays, costs, and the notional traded.
    n : float
        Fills.
    """
    buys = now * bought
    sells = sells_too * (bought - (g * net_y - c * net_x))
    n_sells = sells_too * (n_held - max(j - n_new, 0.0) if c > 0.0 else 0.0)
    return (
        buying * buys - selling * sells,
        (buying - 1.0) * buys + (1.0 - selling) * sells,
        buys + sells,
        (j if now > 0.0 else 0) + n_sells,
    )


@leaf
def pay_lane_nb(lane, paid, charged, moved, n, in_general, cash, waiting, slot, begun, traded_out, paid_out, fills_out):
    """Pay for what a lane has filled at a venue, if it is not with the general form; see `fill_sleeve_nb`."""
    is_ours = in_general[lane] == 0.0
    paid = paid if is_ours else 0.0
    cash[lane] -= paid
    waiting[lane] -= paid
    slot[lane] -= paid
    begun[lane] = 1.0 if is_ours & (n > 0.0) else begun[lane]
    traded_out[lane] += moved if is_ours else 0.0
    paid_out[lane] += charged if is_ours else 0.0
    fills_out[lane] += np.int64(n) if is_ours else 0


@dense
def fill_sleeve_nb(
    net_y, net_x, buying, selling, n_new, n_held, sells_too, rank, wanted, bought, part, rest, held, is_first, is_last,
    pay, traded, cost, count, in_general, cash, waiting, slot, begun, traded_out, paid_out, fills_out,
):  # fmt: skip
    """Fill a sleeve's sells and a part of its buys, and after the last of the venue pay; arrays of shape (L,).

    Parameters
    ----------
    net_y, net_x, buying, selling, n_new, n_held, sells_too : float
        See `trade_lane_nb`.
    rank, wanted, bought, part, rest : ndarray
        Part that fills of the rest that has not.
    held : ndarray
        Written in place where nothing is left.
    is_first, is_last : bool
        The first sleeve of the fill, what the others are added to, and the last.
    pay, traded, cost, count : ndarray
        Written in place: base currency, and fills.
    in_general : ndarray
        1: the lane is with the general form, and nothing is paid here.
    cash, waiting, slot, begun, traded_out, paid_out, fills_out : ndarray
        Written in place after the last.
    """
    if is_first and is_last:  # nothing to add up
        for lane in range(rank.shape[0]):
            g, c = wanted[lane], held[lane]
            paid, charged, moved, n = trade_lane_nb(
                net_y, net_x, buying, selling, n_new, n_held, sells_too, rank[lane], g, c, bought[lane],
                part[lane] * rest[lane],
            )  # fmt: skip
            held[lane] = g if part[lane] == 1.0 else c
            pay_lane_nb(
                lane, paid, charged, moved, n, in_general, cash, waiting, slot, begun, traded_out, paid_out, fills_out
            )  # fmt: skip
        return
    for lane in range(rank.shape[0]):
        g, c = wanted[lane], held[lane]
        paid, charged, moved, n = trade_lane_nb(
            net_y, net_x, buying, selling, n_new, n_held, sells_too, rank[lane], g, c, bought[lane],
            part[lane] * rest[lane],
        )  # fmt: skip
        held[lane] = g if part[lane] == 1.0 else c
        pay[lane] = paid if is_first else pay[lane] + paid
        cost[lane] = charged if is_first else cost[lane] + charged
        traded[lane] = moved if is_first else traded[lane] + moved
        count[lane] = n if is_first else count[lane] + n
    for lane in range(rank.shape[0] if is_last else 0):
        pay_lane_nb(
            lane, pay[lane], cost[lane], traded[lane], count[lane], in_general, cash, waiting, slot, begun, traded_out,
            paid_out, fills_out,
        )  # fmt: skip


@leaf
def fill_venue_nb(sleeves, step, book, room, traded_out, paid_out, fills_out):
    """Fill the orders of a venue.

    Parameters
    ----------
    sleeves : Sleeves
    step : int
        A fill.
    book : SleeveBook
    room : SleeveScratch
    traded_out, paid_out, fills_out : ndarray of shape (L,)
        Added to; fills are whole numbers.
    """
    k, venue, f, first = sleeves.decision[step], sleeves.at[step], sleeves.place[step], sleeves.first
    splits, sells_too = sleeves.splits[k] != 0, float(sleeves.is_first[step])
    part, rest = (room.part, book.rest[venue]) if splits else (room.ones, room.ones)
    if splits:
        fund_venue_nb(sleeves, step, venue, book, room)
    begins, last = sleeves.venue_first[venue], sleeves.venue_first[venue + 1] - 1
    while last >= begins and book.is_used[last] == 0:
        last -= 1
    is_first = True
    for s in range(begins, last + 1):
        if book.is_used[s] == 0:
            continue
        net, pays = sleeves.net[f, s], sleeves.pays[f, s]
        if sells_too == 0.0:  # tried again, at other prices
            table = sleeves.fills[f, first[s] + s : first[s + 1] + s + 1]
            look_up_nb(table, book.rank[s], book.wanted[s], book.held[s], book.bought[s])
        fill_sleeve_nb(
            net[0], net[1], pays[0], pays[1], sleeves.n_new[k, s], sleeves.n_held[k, s], sells_too, book.rank[s],
            book.wanted[s], book.bought[s], part, rest, book.held[s], is_first, s == last, room.pay, room.traded,
            room.cost, room.filled, book.in_general, book.cash, book.waiting, book.ring[sleeves.slot[step]],
            book.begun, traded_out, paid_out, fills_out,
        )  # fmt: skip
        is_first = False
    if splits:
        leave_rest_nb(venue, book, room)
