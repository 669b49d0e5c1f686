"""Returns as they were known at decisions: the samples that estimates are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.asynchronous import returns_at
from data.market import MarketData
from strategies.mandates.sections import Estimates
from strategies.schedule import decision_stamps, rebalance_dates

YEAR_NS = 365.25 * 86_400e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Returns of all names between regular closes of the decision venue.

    Attributes
    ----------
    names : tuple of str, length n_names
    ends : ndarray of shape (n_periods,), int64
        UTC nanoseconds at which each return is known.
    returns : ndarray of shape (n_periods, n_names)
        NaN before a name's first price.
    lookback : int
        Periods of a sample.
    starts : ndarray of shape (n_periods,), int64
        At which each begins.
    """

    names: tuple[str, ...]
    ends: NDArray[np.int64]
    returns: NDArray[np.float64]
    lookback: int
    starts: NDArray[np.int64]

    def window(self, stamp: int) -> NDArray[np.float64]:
        """Give the last returns known at a decision.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        ndarray of shape (n, n_names)
            As many as the lookback, or all there are.
        """
        end = int(np.searchsorted(self.ends, stamp, side="right"))
        return self.returns[max(end - self.lookback, 0) : end]

    def periods_per_year(self, stamp: int) -> float:
        """Count periods a year by the time that a decision's sample spans.

        Parameters
        ----------
        stamp : int

        Returns
        -------
        float
            NaN without a period.
        """
        end = int(np.searchsorted(self.ends, stamp, side="right"))
        first = max(end - self.lookback, 0)
        if end == first:
            return float("nan")
        return (end - first) * YEAR_NS / float(self.ends[end - 1] - self.starts[first])

    def has_whole_window(self, stamp: int) -> NDArray[np.bool_]:
        """Say which names have a return in every period of the lookback.

        Parameters
        ----------
        stamp : int

        Returns
        -------
        ndarray of shape (n_names,), bool
            None of them while there are fewer periods than the lookback.
        """
        window = self.window(stamp)
        if len(window) < self.lookback:
            return np.zeros(len(self.names), dtype=np.bool_)
        return np.asarray(~np.isnan(window).any(axis=0))


def samples_of(market: MarketData, names: tuple[str, ...], venue: str, estimates: Estimates) -> Samples:
    """Lay out the returns that estimates of a mandate read.

    Parameters
    ----------
    market : MarketData
    names : tuple of str
    venue : str
        Decision venue, at whose closes prices are read: those known by then.
    estimates : Estimates

    Returns
    -------
    Samples

    Raises
    ------
    DataError
        If a name has no prices, or no rate links its currency.
    """
    calendar = market.calendars[venue]
    if not len(market.dates):
        closes = calendar.closes[:0]
    else:
        first, last = market.dates[0], market.last_day
        closes = decision_stamps(calendar, rebalance_dates(calendar, estimates.period, 0, first, last))
    closes = np.unique(closes)
    returns = returns_at(market, names, closes, estimates.currency)
    returns.flags.writeable = False  # it is kept, and handed to all who ask for the same
    return Samples(
        names=names,
        ends=closes[1:],
        returns=returns,
        lookback=estimates.lookback,
        starts=closes[:-1],
    )
