"""Weights within a basket."""

import numpy as np
from numpy.typing import NDArray

from data.adjustments import adjusted_close
from data.market import MarketData
from strategies.membership import Membership
from strategies.rules.kernels import trailing_deviation_nb


def inner_weights(
    market: MarketData,
    members: Membership,
    stamps: NDArray[np.int64],
    kind: str,
    lookback: int,
    min_members: int,
) -> NDArray[np.float64]:
    """Weigh the eligible members of a basket.

    Parameters
    ----------
    market : MarketData
    members : Membership
    stamps : ndarray of shape (n_stamps,), int64
    kind : {"equal", "inverse_volatility"}
    lookback : int
        Sessions that volatility is measured over, each on its own venue.
    min_members : int
        With fewer the basket is held in cash.

    Returns
    -------
    ndarray of shape (n_stamps, n_names)
        Rows add up to 1, or are 0 where the basket is in cash. A name without volatility gets no weight.
    """
    raw = members.eligible.astype(np.float64)
    if kind == "inverse_volatility":
        deviation = _volatility(market, members.symbols, stamps, lookback)
        usable = members.eligible & (deviation > 0)
        raw = np.divide(1.0, deviation, out=np.zeros_like(raw), where=usable)
    enough = (raw > 0).sum(axis=1) >= max(min_members, 1)
    raw[~enough] = 0.0
    total = raw.sum(axis=1, keepdims=True)
    weights: NDArray[np.float64] = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    return weights


def _volatility(
    market: MarketData, symbols: tuple[str, ...], stamps: NDArray[np.int64], lookback: int
) -> NDArray[np.float64]:
    """Give the deviation of the last returns known: NaN below twenty or half the lookback, whichever is less."""
    found = np.full((len(stamps), len(symbols)), np.nan)
    least = max(2, min(20, lookback // 2))
    closes = adjusted_close(market)
    for i, column in enumerate(market.columns(symbols)):
        close = closes[:, column]
        rows = np.flatnonzero(~np.isnan(close))
        returns = close[rows][1:] / close[rows][:-1] - 1.0
        known = market.known_closes(stamps, market.instruments[symbols[i]].venue)
        n_known = np.maximum(np.searchsorted(rows, known) - 1, 0)
        trailing_deviation_nb(returns, n_known, lookback, least, found[:, i])
    return found
