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
SESSIONS_PER_YEAR = 252


def market_factors(
    seed: int, sessions: Mapping[str, NDArray[np.datetime64]], parameters: Mapping[str, MarketParameters]
) -> dict[str, tuple[Array, Array]]:
    """Draw the factor of each market.

    Parameters
    ----------
    seed : int
    sessions : mapping of str to ndarray of datetime64[D]
        By venue: XNYS, XHKG, XSHG.
    parameters : mapping of str to MarketParameters

    Returns
    -------
    dict of str to (ndarray, ndarray)
        Log return of each session, and the volatility from which its own shock was drawn; both of shape (n_sessions,).
        Mean and variance of the sample are the fitted ones.
    """
    ny, hk, cn = (sessions[venue] for venue in ("XNYS", "XHKG", "XSHG"))
    of_ny, of_hk, of_cn = (parameters[venue] for venue in ("XNYS", "XHKG", "XSHG"))
    draws = {
        venue: Draws(seed, f"{venue} shocks").student(len(sessions[venue]), parameters[venue].dof) for venue in sessions
    }
    volatility = {venue: _volatility(seed, venue, draws[venue], parameters[venue]) for venue in sessions}

    asia = _shocks(volatility["XHKG"] * draws["XHKG"], of_hk)
    heard = since_last(hk, asia, ny, with_same_day=True)
    next_one = asia[np.minimum(np.searchsorted(hk, ny, side="right"), len(hk) - 1)]
    new_york = of_ny.shared * heard + _shocks(volatility["XNYS"] * draws["XNYS"], of_ny, heard, next_one)
    hong_kong = of_hk.follow * since_last(ny, new_york, hk) + asia
    news, beside = since_last(ny, new_york, cn), same_day(hk, asia, cn)
    own = _shocks(volatility["XSHG"] * draws["XSHG"], of_cn, news, beside)
    shanghai = of_cn.follow * news + of_cn.shared * beside + own
    return {
        venue: (factor - factor.mean() + parameters[venue].mean / SESSIONS_PER_YEAR, volatility[venue])
        for venue, factor in (("XNYS", new_york), ("XHKG", hong_kong), ("XSHG", shanghai))
    }


def long_run_variance(calm: float, turbulent: float, stay_calm: float, stay_turbulent: float) -> float:
    """Give the variance of a two-state chain over a long time.

    Parameters
    ----------
    calm, turbulent : float
        Volatility in each state.
    stay_calm, stay_turbulent : float

    Returns
    -------
    float
    """
    in_turmoil = (1.0 - stay_calm) / (2.0 - stay_calm - stay_turbulent)
    return (1.0 - in_turmoil) * calm**2 + in_turmoil * turbulent**2


def clustered_volatility(innovations: Array, alpha: float, beta: float) -> Array:
    """Give the volatility of a GARCH(1,1) with variance one.

    Parameters
    ----------
    innovations : ndarray of shape (n, n_series)
        Of variance one.
    alpha, beta : float

    Returns
    -------
    ndarray of shape (n, n_series)
        Volatility of each row, from the rows before it.
    """
    variances = np.ones_like(innovations)
    for t, slope in enumerate(alpha * innovations[:-1] ** 2 + beta):
        variances[t + 1] = (1.0 - alpha - beta) + slope * variances[t]
    volatility: Array = np.sqrt(variances)
    return volatility


def _volatility(seed: int, venue: str, innovations: Array, p: MarketParameters) -> Array:
    """Give the daily volatility of a market's own shocks: two states (Hamilton 1989), and GARCH inside them."""
    stays = (p.stay_calm, p.stay_turbulent)
    state, states = 0, list[int]()
    for drawn in Draws(seed, f"{venue} states").uniform(len(innovations)).tolist():
        state = state if drawn < stays[state] else 1 - state
        states.append(state)
    of_state: Array = np.array([p.calm, p.turbulent])[states] / np.sqrt(SESSIONS_PER_YEAR)
    return of_state * clustered_volatility(innovations[:, None], p.alpha, p.beta)[:, 0]


def _shocks(drawn: Array, p: MarketParameters, *apart: Array) -> Array:
    """Give a draw the fitted variance, and no correlation in the sample with what it is to be added to."""
    table = np.column_stack([np.ones(len(drawn)), *apart])
    left = drawn - table @ np.linalg.lstsq(table, drawn, rcond=None)[0]
    expected = long_run_variance(p.calm, p.turbulent, p.stay_calm, p.stay_turbulent) / SESSIONS_PER_YEAR
    shocks: Array = left * np.sqrt(expected) / left.std()
    return shocks
