"""Total returns of single names: a slope on their market, a sector, and shocks of their own."""

import numpy as np
from numpy.typing import NDArray

from data.demo.draws import Draws
from data.demo.factors import SESSIONS_PER_YEAR, clustered_volatility
from data.demo.listings import N_BIG, SECTORS, sector_of, symbols_of
from data.demo.parameters import MarketParameters

Array = NDArray[np.float64]


def name_returns(
    seed: int, venue: str, factor: Array, market_volatility: Array, p: MarketParameters
) -> tuple[Array, Array]:
    """Draw the returns of a venue's names.

    Parameters
    ----------
    seed : int
    venue : {"XNYS", "XHKG", "XSHG"}
    factor : ndarray of shape (n,)
        Log return of the market.
    market_volatility : ndarray of shape (n,)
        Of the market's own shocks.
    p : MarketParameters

    Returns
    -------
    returns : ndarray of shape (n, n_names)
        Log total returns.
    slopes : ndarray of shape (n_names,)
        On the market; 1 on average.
    """
    symbols, n = symbols_of(venue), len(factor)
    drawn_slopes = Draws(seed, f"{venue} slopes").normal(len(symbols))
    # The big seven average 1 by themselves: they are what was fitted.
    parts = np.split(drawn_slopes, [N_BIG] if venue == "XNYS" else [])
    slopes = 1.0 + p.beta_sd * np.concatenate([_standardised(part) for part in parts])
    sectors = (
        Draws(seed, f"{venue} sectors").student((n, len(SECTORS)), p.own_dof) * p.sector / np.sqrt(SESSIONS_PER_YEAR)
    )
    of_sector = [SECTORS.index(sector_of(symbol)) for symbol in symbols]
    drawn_sizes = Draws(seed, f"{venue} own volatility").normal(len(symbols))
    volatility = p.own * np.exp(p.own_spread * _standardised(drawn_sizes))
    drawn = Draws(seed, f"{venue} own").student((n, len(symbols)), p.own_dof)
    own = drawn * clustered_volatility(drawn, p.own_alpha, p.own_beta) * volatility / np.sqrt(SESSIONS_PER_YEAR)
    # In turbulent markets single names move more as well.
    size = market_volatility**p.own_with_market
    rest = (sectors[:, of_sector] + own) * (size / np.sqrt((size**2).mean()))[:, None]
    # Names win and lose against each other; all of them together earn what the market does.
    return factor[:, None] * slopes + rest - rest.mean(), slopes


def _standardised(drawn: Array) -> Array:
    """Give a handful of draws mean zero and spread one, so that few names have the spread that was fitted."""
    centred: Array = drawn - drawn.mean()
    scaled: Array = centred / centred.std()
    return scaled
