"""Weeks of a venue: the level at the end of each, and from when it was over."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.adjustments import adjusted_close
from data.calendars import Calendar
from data.market import MarketData
from strategies.signals.basket_prices import BasketPrices
from strategies.signals.scene import Scene


class Weeks(NamedTuple):
    """Weeks with a session, in order.

    Attributes
    ----------
    last_dates : ndarray of shape (n_weeks,), datetime64[D]
        Last session held of each.
    over : ndarray of shape (n_weeks,), int64
        Stamp from which the week was over, UTC nanoseconds: the close of that session, or the announcement that no
        later one would be held.
    levels : ndarray of shape (n_weeks,)
        Last level of the week; NaN: none in it.
    """

    last_dates: NDArray[np.datetime64]
    over: NDArray[np.int64]
    levels: NDArray[np.float64]


def weeks_of_name(market: MarketData, symbol: str) -> Weeks:
    """Give the weeks of a name on its venue's calendar.

    Parameters
    ----------
    market : MarketData
    symbol : str

    Returns
    -------
    Weeks
        Their levels are closes whose ratios are total returns.

    Raises
    ------
    DataError
        If the name has no prices.
    """
    closes = adjusted_close(market)[:, market.columns([symbol])[0]]
    priced = ~np.isnan(closes)
    return _weeks(market.calendars[market.instruments[symbol].venue], market.dates[priced], closes[priced])


def weeks_of_basket(scene: Scene, prices: BasketPrices) -> Weeks:
    """Give the weeks of a basket's index on the calendar of the decision venue.

    Parameters
    ----------
    scene : Scene
    prices : BasketPrices

    Returns
    -------
    Weeks
    """
    begun = ~np.isnan(prices.index)
    return _weeks(scene.market.calendars[scene.venue], scene.dates[begun], prices.index[begun])


def _weeks(calendar: Calendar, dates: NDArray[np.datetime64], levels: NDArray[np.float64]) -> Weeks:
    week = _week(calendar.dates)
    last = np.flatnonzero(np.diff(week) > 0)  # the calendar's last week may go on behind its end: left out
    over = calendar.closes[last].copy()
    place = np.searchsorted(week[last], _week(calendar.cancelled_dates))
    for i, k in enumerate(place):
        is_later = k < len(last) and week[last[k]] == _week(calendar.cancelled_dates[i])
        if is_later and calendar.cancelled_dates[i] > calendar.dates[last[k]]:
            over[k] = max(over[k], calendar.announced[i])
    # The last level dated at or before the last session: of that week, or of one before, or none.
    row = np.searchsorted(dates, calendar.dates[last], side="right") - 1
    in_week = np.zeros(len(last), dtype=bool)
    in_week[row >= 0] = _week(dates[row[row >= 0]]) == week[last][row >= 0]
    found = np.full(len(last), np.nan)
    found[in_week] = levels[row[in_week]]
    return Weeks(calendar.dates[last], over, found)


def _week(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Give the number of the week, Monday to Sunday, of each date: day 0, in 1970, was a Thursday."""
    return np.asarray((dates.astype(np.int64) + 3) // 7)
