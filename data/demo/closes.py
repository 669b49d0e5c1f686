"""From total returns to closes as traded: dividends, the split, ticks and price limits."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.costs.ticks import tick_sizes
from data.demo import listings
from data.demo.draws import Draws
from data.demo.payments import ACTION_COLUMNS, dividend_rows, dividend_shares
from data.gaps import carried_forward
from data.limits import price_limits

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]
DECIMALS = 4  # the finest tick is 0.0001
# First price of a lot in Hong Kong, HKD, and of a share elsewhere: lowest, and highest over lowest.
LOT_PRICE, SHARE_PRICE, RANGE = 4000.0, 20.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closes:
    """A venue's closes as traded.

    Attributes
    ----------
    close : ndarray of shape (n, n_names)
        In whole ticks; NaN where the name has no row.
    reference : ndarray of shape (n, n_names)
        The last close before, less the dividend and over the split of the day; NaN on a first session.
    down, up : ndarray of shape (n, n_names)
        Price limits; NaN where there are none.
    returns : ndarray of shape (n, n_names)
        Log total returns that made them.
    shares : ndarray of shape (n, n_names)
        What one share of the first session has become by splits.
    actions : DataFrame
        Columns symbol, kind, ex_date, amount, pay_date, announced.
    terminal_prices : dict of str to float
        What a share of a name taken over is paid.
    """

    close: Array
    reference: Array
    down: Array
    up: Array
    returns: Array
    shares: Array
    actions: pd.DataFrame
    terminal_prices: dict[str, float]


def in_ticks(venue: str, dates: Dates, prices: Array) -> Array:
    """Round prices to the venue's ticks.

    Parameters
    ----------
    venue : str
    dates : ndarray of shape (n,), datetime64[D]
    prices : ndarray of shape (n, n_names)

    Returns
    -------
    ndarray of shape (n, n_names)
        One tick at least; NaN stays.
    """
    tick = tick_sizes(venue, dates, prices)
    # The last rounding gives each price its one nearest binary fraction, whatever the product was.
    rounded: Array = np.round(np.maximum(np.rint(prices / tick), 1.0) * tick, DECIMALS)
    return rounded


def make_closes(seed: int, venue: str, dates: Dates, returns: Array) -> Closes:
    """Make closes of returns.

    Parameters
    ----------
    seed : int
    venue : str
    dates : ndarray of shape (n,), datetime64[D]
    returns : ndarray of shape (n, n_names)
        Log total returns; NaN without a row.

    Returns
    -------
    Closes
    """
    symbols = listings.symbols_of(venue)
    known, share, split = ~np.isnan(returns), dividend_shares(venue, dates), _splits(dates, symbols)
    growth = np.where(known, (np.exp(np.where(known, returns, 0.0)) - share) / split, 1.0)
    growth[np.argmax(known, axis=0), np.arange(len(symbols))] = 1.0  # a first close has no return
    free = _first_prices(seed, venue, symbols) * np.cumprod(growth, axis=0)
    close = drawn = in_ticks(venue, dates, np.where(known, free, np.nan))
    listed = np.array([listings.LATE.get(symbol, "NaT") for symbol in symbols], dtype="datetime64[D]")
    while True:  # a limit depends on the closes before it alone: each pass settles one more day at least
        before = np.vstack([np.full((1, len(symbols)), np.nan), carried_forward(close)[:-1]])
        cash = np.where((share > 0) & known, np.maximum(np.round(share * before, 2), 0.01), 0.0)
        reference = (before - cash) / split
        down, up = price_limits(venue, symbols, dates, reference, listed, raw=True)
        held = np.where(known, np.fmax(np.fmin(drawn, up), down), np.nan)
        if np.array_equal(held, close, equal_nan=True):
            break
        close = held
    actions = dividend_rows(venue, dates, symbols, cash)
    if listings.SPLIT[0] in symbols:
        symbol, day, ratio, announced = listings.SPLIT
        actions.append((symbol, "split", day, ratio, None, announced))
    ends = {}
    if listings.TAKEN_OVER in symbols:
        last_before = close[dates <= listings.TAKEOVER_KNOWN, symbols.index(listings.TAKEN_OVER)][-1]
        offer = float(np.round(last_before * (1.0 + listings.TAKEOVER_PREMIUM), 2))
        ends[listings.TAKEN_OVER] = offer
        day, announced = str(listings.TAKEOVER_LAST + 1), str(listings.TAKEOVER_KNOWN)
        actions.append((listings.TAKEN_OVER, "delisting", day, offer, day, announced))
    return Closes(
        close=close,
        reference=reference,
        down=down,
        up=up,
        returns=returns,
        shares=np.cumprod(split, axis=0, dtype=np.float64),
        actions=pd.DataFrame(actions, columns=ACTION_COLUMNS),
        terminal_prices=ends,
    )


def _first_prices(seed: int, venue: str, symbols: tuple[str, ...]) -> Array:
    """Draw first prices: in Hong Kong a company of dear shares has a small lot."""
    spread: Array = RANGE ** Draws(seed, f"{venue} prices").uniform(len(symbols))
    if venue != "XHKG":
        return SHARE_PRICE * spread
    lots: Array = np.array([listings.lot_of(symbol) for symbol in symbols], dtype=np.float64)
    return LOT_PRICE * spread / lots


def _splits(dates: Dates, symbols: tuple[str, ...]) -> Array:
    """Give shares after for one before, on the ex date; 1 elsewhere."""
    split: Array = np.ones((len(dates), len(symbols)))
    symbol, day, ratio, _ = listings.SPLIT
    if symbol in symbols:
        split[np.searchsorted(dates, np.datetime64(day)), symbols.index(symbol)] = ratio
    return split
