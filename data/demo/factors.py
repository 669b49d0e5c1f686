"""The market factors: regimes and clusters of volatility, and how one market's day is part of the next one's.

Hong Kong and Shanghai close before New York opens. With e the shocks of each market and U what New York did since
the last session of the market in question, the factors of a day are

    Hong Kong   f = follow U + e
    Shanghai    f = follow U + shared (Hong Kong's e of the day) + e
    New York    f = shared (Hong Kong's e since New York's last session) + e
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from data.demo.draws import Draws
from data.demo.parameters import MarketParameters
from data.demo.sessions import same_day, since_last

Array = NDArray[np.float64]
YEAR = 252


def market_factors(
    sessions: Mapping[str, NDArray[np.datetime64]], parameters: Mapping[str, MarketParameters]
) -> dict[str, Array]:
    """Draw the factor of each market.

    Parameters
    ----------
    sessions : mapping of str to ndarray of datetime64[D]
        By venue: XNYS, XHKG, XSHG.
    parameters : mapping of str to MarketParameters

    Returns
    -------
    dict of str to ndarray
        Log return of each session. Its mean over the sample is the fitted one.
    """
    shocks = {venue: _shocks(venue, len(dates), parameters[venue]) for venue, dates in sessions.items()}
    ny, hk, cn = (sessions[venue] for venue in ("XNYS", "XHKG", "XSHG"))
    of_ny, of_hk, of_cn = (parameters[venue] for venue in ("XNYS", "XHKG", "XSHG"))
    new_york = of_ny.shared * since_last(hk, shocks["XHKG"], ny, with_same_day=True) + shocks["XNYS"]
    hong_kong = of_hk.follow * since_last(ny, new_york, hk) + shocks["XHKG"]
    shanghai = (
        of_cn.follow * since_last(ny, new_york, cn) + of_cn.shared * same_day(hk, shocks["XHKG"], cn) + shocks["XSHG"]
    )
    factors = {"XNYS": new_york, "XHKG": hong_kong, "XSHG": shanghai}
    return {venue: factor - factor.mean() + parameters[venue].mean / YEAR for venue, factor in factors.items()}


def clustered(innovations: Array, alpha: float, beta: float) -> Array:
    """Give innovations the volatility of a GARCH(1,1) with variance one.

    Parameters
    ----------
    innovations : ndarray of shape (n, n_series)
        Of variance one.
    alpha, beta : float

    Returns
    -------
    ndarray of shape (n, n_series)
    """
    shocks = np.empty_like(innovations)
    variance = np.ones(innovations.shape[1])
    for t, row in enumerate(innovations):
        shocks[t] = np.sqrt(variance) * row
        variance = (1.0 - alpha - beta) + alpha * shocks[t] ** 2 + beta * variance
    return shocks


def _shocks(venue: str, n: int, p: MarketParameters) -> Array:
    """Draw a market's own shocks: two states of volatility (Hamilton 1989), GARCH and Student t inside them."""
    stays = np.array([p.stay_calm, p.stay_turbulent])
    state, states = 0, np.empty(n, dtype=np.intp)
    for t, drawn in enumerate(Draws(f"{venue} states").uniform(n)):
        state = state if drawn < stays[state] else 1 - state
        states[t] = state
    volatility = np.array([p.calm, p.turbulent])[states] / np.sqrt(YEAR)
    inside = clustered(Draws(f"{venue} shocks").student((n, 1), p.dof), p.alpha, p.beta)[:, 0]
    shocks = volatility * inside
    # The sample gets the variance that the chain has in the long run: volatility is a parameter, not a draw.
    in_turmoil = (1.0 - p.stay_calm) / (2.0 - p.stay_calm - p.stay_turbulent)
    expected = (1.0 - in_turmoil) * p.calm**2 + in_turmoil * p.turbulent**2
    centred: Array = shocks - shocks.mean()
    return centred * np.sqrt(expected / YEAR) / centred.std()
