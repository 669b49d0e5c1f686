"""Total returns of single names: a slope on their market, a sector, and shocks of their own."""

import numpy as np
from numpy.typing import NDArray

from data.demo.draws import Draws
from data.demo.factors import YEAR, clustered
from data.demo.listings import SECTORS, sector_of, symbols_of
from data.demo.parameters import MarketParameters

Array = NDArray[np.float64]


def name_returns(venue: str, factor: Array, p: MarketParameters) -> tuple[Array, Array]:
    """Draw the returns of a venue's names.

    Parameters
    ----------
    venue : {"XNYS", "XHKG", "XSHG"}
    factor : ndarray of shape (n,)
        Log return of the market.
    p : MarketParameters

    Returns
    -------
    returns : ndarray of shape (n, n_names)
        Log total returns.
    slopes : ndarray of shape (n_names,)
        On the market; 1 on average.
    """
    symbols, n = symbols_of(venue), len(factor)
    slopes = 1.0 + p.beta_sd * _standardised(Draws(f"{venue} slopes").normal(len(symbols)))
    sectors = Draws(f"{venue} sectors").normal((n, len(SECTORS))) * p.sector / np.sqrt(YEAR)
    of_sector = [SECTORS.index(sector_of(symbol)) for symbol in symbols]
    volatility = p.own * np.exp(p.own_spread * _standardised(Draws(f"{venue} own volatility").normal(len(symbols))))
    own = clustered(Draws(f"{venue} own").student((n, len(symbols)), p.own_dof), p.own_alpha, p.own_beta)
    own *= volatility / np.sqrt(YEAR)
    # Names win and lose against each other; all of them together earn what the market does.
    rest = sectors[:, of_sector] + own
    return factor[:, None] * slopes + rest - rest.mean(), slopes


def _standardised(drawn: Array) -> Array:
    """Give a handful of draws mean zero and spread one, so that few names have the spread that was fitted."""
    centred: Array = drawn - drawn.mean()
    return centred / centred.std()
