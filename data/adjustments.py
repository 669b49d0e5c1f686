"""Closes for taking returns of, and traded value: what signals read instead of plain closes.

The adjustment runs forward. The first price keeps its level and each action lifts the prices from its ex date on, so
no later action rewrites an earlier value. (Data vendors adjust backward: their past changes with every dividend.)
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from data.actions import CASH, SCRIP, SPLIT, TERMINAL
from data.market import MarketData, Matrix


def adjusted_close(market: MarketData) -> Matrix:
    """Give closes whose ratios are total returns.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    ndarray of shape (n_dates, n_symbols)
        Local currency at the level of each name's first close; NaN where it has no close. With `total_return` prices
        these are the closes themselves, read-only.

    Notes
    -----
    Over a step from one close of a name to its next, a holder of one share has, with every amount per share held before
    the ex date,

        (close x (split + scrip) + dividend) / close before

    of what he had: `split` shares for one (1 without a split) and `scrip` new shares on top, which count from the ex
    date though they are delivered later, so a scrip dividend alone multiplies by 1 + ratio. A dividend is gross
    and buys shares at the close of its ex date. Ex dates without a close, of a name suspended, take effect
    at its next close, one after the other. With `split` prices the market holds dividends alone.

    Examples
    --------
    >>> from data.tiny import tiny_market
    >>> market = tiny_market()
    >>> bool((adjusted_close(market) == market.close)[0].all())
    True
    """
    actions = market.actions
    moves = actions.where(actions.kind != TERMINAL)
    if market.price_basis == "total_return" or not len(moves) or not len(market.dates):
        return market.close
    column_of = {symbol: column for column, symbol in enumerate(market.symbols)}
    column = np.array([column_of[symbol] for symbol in moves.symbol], dtype=np.intp)
    row = _first_priced(market, column, np.searchsorted(market.dates, moves.ex_date))
    inside = row < len(market.dates)
    cell = row * len(market.symbols) + column
    # One entry for each ex date of a cell, in order of time; amounts of one ex date add up.
    keys, entry = np.unique(np.stack([cell, moves.ex_date.astype(np.int64)])[:, inside], axis=1, return_inverse=True)
    kind, amount = moves.kind[inside], moves.amount[inside]
    split, scrip, cash = np.ones(keys.shape[1]), np.zeros(keys.shape[1]), np.zeros(keys.shape[1])
    split[entry[kind == SPLIT]] = amount[kind == SPLIT]
    scrip[entry[kind == SCRIP]] = amount[kind == SCRIP]
    cash[entry[kind == CASH]] = amount[kind == CASH]
    shares, paid = np.ones(market.close.size), np.zeros(market.close.size)
    place = np.arange(keys.shape[1]) - np.searchsorted(keys[0], keys[0])
    for k in range(int(place.max(initial=-1)) + 1):  # one round, unless a name was suspended over several ex dates
        now = place == k
        paid[keys[0][now]] += shares[keys[0][now]] * cash[now]
        shares[keys[0][now]] *= split[now] + scrip[now]
    close = market.close.ravel()
    growth = shares.copy()
    touched = np.unique(keys[0])
    growth[touched] += paid[touched] / close[touched]
    return cast("Matrix", market.close * np.cumprod(growth.reshape(market.close.shape), axis=0))


def _first_priced(market: MarketData, column: NDArray[np.intp], row: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the first row with a close from a row on; past the end if none, or if that is the name's first close."""
    n = len(market.dates)
    rows = np.where(np.isnan(market.close), n, np.arange(n)[:, None])
    after = np.vstack([np.minimum.accumulate(rows[::-1], axis=0)[::-1], np.full((1, rows.shape[1]), n)])
    found = after[row, column]
    return np.where(found == after[0, column], n, found)


def traded_value(market: MarketData) -> Matrix:
    """Give price times volume, at the price as traded where it is known.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    ndarray of shape (n_dates, n_symbols)
        Local currency. With raw prices close x volume; else `close_raw` x volume, where `close_raw` is missing the
        close over the last known `units` x volume, and close x volume where there is none of either. NaN where close
        or volume is.
    """
    close = market.close
    units = None if market.price_basis == "raw" else market.units()
    if units is not None and market.close_raw is not None:
        estimated = np.where(np.isnan(units), close, close / units)
        close = np.where(np.isnan(market.close_raw) | np.isnan(close), estimated, market.close_raw)
    return close * market.volume
