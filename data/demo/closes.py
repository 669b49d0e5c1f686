"""From total returns to closes as traded: takeover, suspensions, dividends, the split, ticks and price limits."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.costs.ticks import tick_sizes
from data.demo import listings
from data.demo.draws import Draws
from data.gaps import carried_forward
from data.limits import price_limits

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]
DECIMALS = 4  # the finest tick is 0.0001
N_PASSES = 8  # closes held at a limit move the next day's limit: a handful of days in a row at most


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
        What one share of the first session has become.
    actions : DataFrame
        Columns symbol, kind, ex_date, amount, pay_date, announced.
    terminal_prices : dict of str to float
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
        NaN stays.
    """
    tick = tick_sizes(venue, dates, prices)
    # The last rounding gives each price its one nearest binary fraction, whatever the product was.
    rounded: Array = np.round(np.maximum(np.rint(prices / tick), 1.0) * tick, DECIMALS)
    return rounded


def listed_returns(seed: int, venue: str, dates: Dates, returns: Array) -> Array:
    """Leave out what is not listed or suspended, and hold the name taken over near its offer.

    Parameters
    ----------
    seed : int
    venue : str
    dates : ndarray of shape (n,), datetime64[D]
    returns : ndarray of shape (n, n_names)

    Returns
    -------
    ndarray of shape (n, n_names)
        NaN without a row; the first return after a suspension holds what was missed.
    """
    found = returns.copy()
    for column, symbol in enumerate(listings.symbols_of(venue)):
        if symbol in listings.LATE:
            found[dates < np.datetime64(listings.LATE[symbol]), column] = np.nan
        if symbol in listings.SUSPENDED:
            first, last = (np.datetime64(day) for day in listings.SUSPENDED[symbol])
            out = (dates >= first) & (dates <= last)
            back = int(np.argmax(dates > last))
            found[back, column] += found[out, column].sum()
            found[out, column] = np.nan
        if symbol == listings.TAKEN_OVER:
            bid = (dates > listings.TAKEOVER_KNOWN) & (dates <= listings.TAKEOVER_LAST)
            noise = 0.001 * Draws(seed, "takeover").normal(int(bid.sum()) + 1)
            # It opens 2 % below the offer and closes in on it.
            path = np.log1p(listings.TAKEOVER_PREMIUM) - 0.02 * np.linspace(1.0, 0.0, bid.sum()) - np.abs(noise[1:])
            found[bid, column] = np.diff(path, prepend=0.0)
            found[dates > listings.TAKEOVER_LAST, column] = np.nan
    return found


def closes(seed: int, venue: str, dates: Dates, returns: Array) -> Closes:
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
    share = _dividend_shares(venue, dates)
    split = np.ones(returns.shape)
    actions = []
    if listings.SPLIT[0] in symbols:
        symbol, day, ratio, announced = listings.SPLIT
        split[np.searchsorted(dates, np.datetime64(day)), symbols.index(symbol)] = ratio
        actions.append((symbol, "split", day, ratio, None, announced))
    known = ~np.isnan(returns)
    growth = np.where(known, (np.exp(np.where(known, returns, 0.0)) - share) / split, 1.0)
    growth[np.argmax(known, axis=0), np.arange(len(symbols))] = 1.0  # a first close has no return
    start = 20.0 * 15.0 ** Draws(seed, f"{venue} prices").uniform(len(symbols))
    free = np.where(known, start * np.cumprod(growth, axis=0), np.nan)
    raw = in_ticks(venue, dates, free)
    listed = np.array([listings.LATE.get(symbol, "NaT") for symbol in symbols], dtype="datetime64[D]")
    close, cash = raw, np.zeros(raw.shape)
    down = up = np.full(raw.shape, np.nan)
    for _ in range(N_PASSES):
        before = np.vstack([np.full((1, len(symbols)), np.nan), carried_forward(close)[:-1]])
        cash = np.where(share > 0, np.maximum(np.round(share * before, 2), 0.01), 0.0)
        reference = (before - cash) / split
        down, up = price_limits(venue, symbols, dates, reference, listed, raw=True)
        held = np.fmax(np.fmin(raw, up), down)
        held[np.isnan(raw)] = np.nan
        if np.array_equal(held, close, equal_nan=True):
            break
        close = held
    actions += _dividends(venue, dates, symbols, np.where(known, cash, 0.0))
    ends = {}
    if listings.TAKEN_OVER in symbols:
        last = close[dates <= listings.TAKEOVER_KNOWN, symbols.index(listings.TAKEN_OVER)][-1]
        ends[listings.TAKEN_OVER] = float(np.round(last * (1.0 + listings.TAKEOVER_PREMIUM), 2))
        ex_date = str(listings.TAKEOVER_LAST + 1)
        actions.append(
            (
                listings.TAKEN_OVER,
                "delisting",
                ex_date,
                ends[listings.TAKEN_OVER],
                ex_date,
                str(listings.TAKEOVER_KNOWN),
            )
        )
    return Closes(
        close=close,
        reference=reference,
        down=down,
        up=up,
        returns=returns,
        shares=np.cumprod(split, axis=0),
        actions=pd.DataFrame(actions, columns=["symbol", "kind", "ex_date", "amount", "pay_date", "announced"]),
        terminal_prices=ends,
    )


def _dividend_shares(venue: str, dates: Dates) -> Array:
    """Give each payment as a share of the last price, on its ex date."""
    symbols = listings.symbols_of(venue)
    share = np.zeros((len(dates), len(symbols)))
    months = np.unique(dates.astype("datetime64[M]"))
    for column, symbol in enumerate(symbols):
        if symbol not in listings.DIVIDENDS:
            continue
        of_year, n_payments, first = listings.DIVIDENDS[symbol]
        paying = {(first - 1 + 12 // n_payments * k) % 12 for k in range(n_payments)}
        for month in months:
            row = int(np.searchsorted(dates, month.astype("datetime64[D]") + 9 + column))
            taken = symbol == listings.TAKEN_OVER and month > listings.TAKEOVER_KNOWN.astype("datetime64[M]")
            if month.astype(np.int64) % 12 in paying and 0 < row < len(dates) and not taken:
                share[row, column] = of_year / n_payments
    return share


def _dividends(venue: str, dates: Dates, symbols: tuple[str, ...], cash: Array) -> list[tuple[object, ...]]:
    to_ex, to_payment = listings.DIVIDEND_LAGS[venue]
    rows, columns = np.nonzero(cash)
    return [
        (
            symbols[column],
            "dividend",
            str(dates[row]),
            float(cash[row, column]),
            str(np.busday_offset(dates[row], to_payment, roll="forward")),
            str(np.busday_offset(dates[row], -to_ex, roll="backward")),
        )
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
