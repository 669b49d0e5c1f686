"""How much two baskets move, and together: for a volatility target."""

import numpy as np
from numpy.typing import NDArray

from data.asynchronous import returns_at
from data.market import MarketData
from strategies.planning import Decisions
from strategies.rules.rotating import Steps
from strategies.rules.weighing import Weighed
from strategies.settings import VolatilityTarget

STEP = 5  # sessions of a return: closes of venues lie hours apart, which a day's returns do not show together
SESSIONS_PER_YEAR = 252


def basket_covariances(
    market: MarketData, weighed: Weighed, decisions: Decisions, lookback: int, currency: str
) -> NDArray[np.float64]:
    """Estimate the covariance of both baskets, as they are weighed, from returns known at each decision.

    Parameters
    ----------
    market : MarketData
    weighed : Weighed
    decisions : Decisions
    lookback : int
        Sessions of the decision venue.
    currency : str
        That returns are counted in.

    Returns
    -------
    ndarray of shape (n_decisions, 3)
        Variance of the source, covariance, variance of the destination, a year of 252 sessions: of overlapping returns
        of five sessions, about zero. A name without a return takes part in none of a session's, and the others stand
        for it. NaN where fewer than half the returns are known, and never for a basket in cash: 0.

    Raises
    ------
    DataError
        If no exchange rate links a currency.

    Notes
    -----
    About their own mean, overlapping returns would vary too little: over 60 sessions by a twelfth, for that mean is of
    a dozen independent returns. The mean of five sessions is small beside their deviation.
    """
    calendar = market.calendars[decisions.venue]
    first = market.dates[0] if len(market.dates) else market.start
    closes = calendar.closes[
        np.searchsorted(calendar.dates, first) : np.searchsorted(calendar.closes, decisions.stamps[-1]) + 1
    ]
    found = np.full((len(decisions.stamps), 3), np.nan)
    levels = np.ones((len(closes), len(weighed.assets)))
    returns = returns_at(market, weighed.assets, closes, currency)
    levels[1:] = np.cumprod(1.0 + np.where(np.isnan(returns), 0.0, returns), axis=0)
    is_known = np.zeros(levels.shape, dtype=bool)
    is_known[1:] = ~np.isnan(returns)
    steps = np.full(levels.shape, np.nan)
    steps[STEP:] = np.where(is_known[1 : len(levels) - STEP + 1], levels[STEP:] / levels[:-STEP] - 1.0, np.nan)
    last = np.searchsorted(closes, decisions.stamps, side="right")
    for k, end in enumerate(last.tolist()):
        window = steps[max(end - lookback, 0) : end]
        sides = [_basket_returns(window, weights) for weights in weighed.inner[k]]
        known = np.logical_and.reduce([~np.isnan(one) for one in sides])
        n = int(known.sum())
        if n < max(lookback // 2, 2):
            continue
        ours, theirs = (one[known] for one in sides)
        found[k] = np.array([ours @ ours, ours @ theirs, theirs @ theirs]) * (SESSIONS_PER_YEAR / STEP / n)
    return found


def steps_of(
    market: MarketData, weighed: Weighed, decisions: Decisions, volatility: VolatilityTarget, currency: str
) -> Steps:
    """Give decisions as rules see them.

    Parameters
    ----------
    market : MarketData
    weighed : Weighed
    decisions : Decisions
    volatility : VolatilityTarget
        Without a target no covariance is estimated.
    currency : str
        That the run is counted in.

    Returns
    -------
    Steps
    """
    if volatility.target is None:
        return Steps(decisions.updates, np.full((len(decisions.stamps), 3), np.nan))
    return Steps(decisions.updates, basket_covariances(market, weighed, decisions, volatility.lookback, currency))


def _basket_returns(window: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the returns of a basket as it is weighed now; 0 of one in cash."""
    held = weights != 0.0
    if not held.any():
        return np.zeros(len(window))
    known = ~np.isnan(window[:, held])
    gross, size = np.abs(weights).sum(), known @ np.abs(weights[held])
    total = np.where(known, window[:, held], 0.0) @ weights[held]
    found: NDArray[np.float64] = np.divide(total * gross, size, out=np.full(len(window), np.nan), where=size > 0)
    return found
