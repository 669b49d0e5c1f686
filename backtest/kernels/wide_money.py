"""Money of many lanes at once: NAV, interest, settlement, carry; for one lane see `money`.

Loops over lanes have no branch that a lane decides, so that the compiler takes whole vectors of them. Each lane's
additions are those of the narrow form, in its order: bytes are the same.
"""

import numpy as np

from data.jit import dense, leaf
from data.kernels.vectors import N_TOGETHER, load_nb, spread_nb, store_nb, there_nb


@leaf
def nav_of_lanes_nb(shares, value, cash, due, fx, at, there):
    """Add up NAV in base currency: holdings, then money and dividends due.

    Parameters
    ----------
    shares : ndarray of shape (A, L)
    value : ndarray of shape (A,)
        Base value of one share.
    cash, due : ndarray of shape (C, L)
    fx : ndarray of shape (C,)
    at : int
        First lane.
    there : Mask

    Returns
    -------
    nav, money : Vector
    """
    nav, money, n_lanes = spread_nb(0.0), spread_nb(0.0), shares.shape[1]
    for a in range(value.shape[0]):
        nav = nav + load_nb(shares, a * n_lanes + at, there) * value[a]
    for c in range(cash.shape[0]):
        own = (load_nb(cash, c * n_lanes + at, there) + load_nb(due, c * n_lanes + at, there)) * fx[c]
        nav, money = nav + own, money + own
    return nav, money


@leaf
def value_wide_nb(shares, value, cash, due, fx, nav_out, money_out):
    """Add up NAV of all lanes in base currency; see `nav_of_lanes_nb`.

    Parameters
    ----------
    shares : ndarray of shape (A, L)
    value : ndarray of shape (A,)
        Base value of one share.
    cash, due : ndarray of shape (C, L)
    fx : ndarray of shape (C,)
    nav_out, money_out : ndarray of shape (L,)
        Written in place.
    """
    n_lanes = shares.shape[1]
    for at in range(0, n_lanes, N_TOGETHER):
        there = there_nb(n_lanes - at)
        nav, money = nav_of_lanes_nb(shares, value, cash, due, fx, at, there)
        store_nb(nav_out, at, there, nav)
        store_nb(money_out, at, there, money)


@dense
def close_wide_nb(closed, venue_of, venue, last_price):
    """Let the closes of a venue's session become last prices.

    Parameters
    ----------
    closed, venue_of : ndarray of shape (A,)
    venue : int
        Unsigned, as `venue_of`.
    last_price : ndarray of shape (A,)
        Written in place.
    """
    for a in range(last_price.shape[0]):
        takes = (venue_of[a] == venue) & (not np.isnan(closed[a]))
        last_price[a] = closed[a] if takes else last_price[a]


@dense
def accrue_wide_nb(credit, debit, cash, unsettled, begun, balance):
    """Pay a row's interest on each settled balance.

    Parameters
    ----------
    credit, debit : ndarray of shape (C,)
        Interest of the row per unit of balance.
    cash : ndarray of shape (C, L)
        Written in place, in lanes that have filled once.
    unsettled : ndarray of shape (M, C, L)
    begun : ndarray of shape (L,)
    balance : ndarray of shape (L,)
        Room to work in.
    """
    n_slots, n_currencies, n_lanes = unsettled.shape
    for c in range(n_currencies):
        earned, paid = credit[c], debit[c]
        if earned == 0.0 and paid == 0.0:
            continue
        for lane in range(n_lanes):
            balance[lane] = cash[c, lane]
        for slot in range(n_slots):
            for lane in range(n_lanes):
                balance[lane] -= unsettled[slot, c, lane]
        for lane in range(n_lanes):
            interest = balance[lane] * (earned if balance[lane] >= 0.0 else paid)
            cash[c, lane] += interest if begun[lane] else 0.0


@dense
def settle_wide_nb(unsettled, incoming, plan_incoming):
    """Let everything that waits in a slot settle.

    Parameters
    ----------
    unsettled, incoming : ndarray of shape (C, L)
        Of the slot; written in place.
    plan_incoming : ndarray of shape (L,)
        Of the slot; written in place.
    """
    n_currencies, n_lanes = unsettled.shape
    for lane in range(n_lanes):
        plan_incoming[lane] = 0.0
    for c in range(n_currencies):
        for lane in range(n_lanes):
            unsettled[c, lane], incoming[c, lane] = 0.0, 0.0


@dense
def carry_wide_nb(longs, shorts, last_price, currency, fx, begun, shares, cash, paid_out):
    """Charge a row's borrow fees on shorts, and the tax on a stated yield on longs.

    Parameters
    ----------
    longs, shorts, last_price : ndarray of shape (A,)
    currency : ndarray of shape (A,)
    fx : ndarray of shape (C,)
    begun : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    cash : ndarray of shape (C, L)
        Written in place, in lanes that have filled once.
    paid_out : ndarray of shape (L,)
        Written in place, base currency.
    """
    n_assets, n_lanes = shares.shape
    for a in range(n_assets):
        c, price, long, short = np.int64(currency[a]), last_price[a], longs[a], shorts[a]
        rate = fx[c]
        if long == 0.0 and short == 0.0:
            continue
        for lane in range(n_lanes):
            held = shares[a, lane]
            cost = abs(held) * price * (long if held > 0.0 else short)
            cost = cost if held != 0.0 and begun[lane] else 0.0
            cash[c, lane] -= cost
            paid_out[lane] += cost * rate
