"""A thesis in parts: when it decides, what it reads, how it weighs its baskets, what share it asks for.

Each part depends on its own sections alone, so that many variants of a thesis can share what they have in common.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData
from strategies.errors import StrategyError
from strategies.schedule import decision_stamps, decision_venue, rebalance_dates, tranche_offsets
from strategies.settings import Schedule
from strategies.signals.basket_prices import relative_index
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """When a thesis decides.

    Attributes
    ----------
    venue : str
        At whose closes.
    stamps : ndarray of shape (n_decisions,), int64
        UTC nanoseconds, ascending.
    dates : ndarray of shape (n_decisions,), datetime64[D]
        Sessions of the venue.
    updates : ndarray of shape (n_decisions, n_tranches), int64
        1 where a tranche decides.
    """

    venue: str
    stamps: NDArray[np.int64]
    dates: NDArray[np.datetime64]
    updates: NDArray[np.int64]


def decide_when(schedule: Schedule, market: MarketData, name: str) -> Decisions:
    """Find the decisions of a schedule within the market's bounds.

    Parameters
    ----------
    schedule : Schedule
    market : MarketData
    name : str
        Of the thesis, for messages.

    Returns
    -------
    Decisions

    Raises
    ------
    StrategyError
        If there is none.
    """
    venue = decision_venue(market, schedule.venue)
    calendar = market.calendars[venue]
    try:
        offsets = tranche_offsets(schedule.every, schedule.offset, schedule.tranches)
    except StrategyError as error:
        raise error.at(name) from error
    own = [
        decision_stamps(calendar, rebalance_dates(calendar, schedule.every, offset, market.start, market.last_day))
        for offset in offsets
    ]
    stamps = np.unique(np.concatenate(own))
    if not len(stamps):
        raise StrategyError(f"{name}: no decision falls between {market.start} and {market.end}.")
    return Decisions(
        venue=venue,
        stamps=stamps,
        dates=calendar.dates[np.searchsorted(calendar.closes, stamps)],
        updates=np.stack([np.isin(stamps, one) for one in own], axis=1).astype(np.int64),
    )


def read_signal(signal: Signal, scene: Scene, *, with_prices: bool) -> Reading:
    """Read a signal at every close of the decision venue.

    Parameters
    ----------
    signal : Signal
    scene : Scene
    with_prices : bool
        Give it the relative price of the baskets, where it knows none that suits it better.

    Returns
    -------
    Reading
    """
    reading = signal.read(scene)
    if with_prices and reading.relative_price is None:
        return replace(reading, relative_price=relative_index(scene))
    return reading


def unread_signal(market: MarketData, venue: str) -> Reading:
    """Give the reading of a thesis that follows no signal: none, ever.

    Parameters
    ----------
    market : MarketData
    venue : str

    Returns
    -------
    Reading
    """
    closes = market.calendars[venue].closes
    nothing = np.full(len(closes), np.nan)
    return Reading(
        stamps=closes,
        value=nothing,
        score=nothing,
        origin="none is followed: the allocation says how much is where",
        value_label="",
        score_label="",
    )


def free_shares(n_decisions: int, share: float) -> NDArray[np.float64]:
    """Give the benchmark's shares where the rotation says none.

    Parameters
    ----------
    n_decisions : int
    share : float
        Of the destination.

    Returns
    -------
    ndarray of shape (n_decisions, 2, 1)
    """
    return np.tile(np.array([1.0 - share, share])[None, :, None], (n_decisions, 1, 1))
