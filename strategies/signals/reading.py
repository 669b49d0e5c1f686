"""What a signal gives: a value and its score on a grid of stamps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A signal read at every close of the decision venue.

    Attributes
    ----------
    stamps : ndarray of shape (n,), int64
        Closes of the decision venue, UTC nanoseconds.
    value : ndarray of shape (n,)
        What is measured, in the unit that `value_label` names; NaN: no reading.
    score : ndarray of shape (n,)
        What the rule acts on; NaN: no score, and the share stays as it was.
    origin : str
        What it was made of, for the report.
    value_label, score_label : str
        Names of both for an axis.
    notes : tuple of str
        What a reader must know, such as where a series ends before the run does.
    parts : mapping of str to ndarray of shape (n,)
        What moved the value: running sums whose changes add up to its own. Empty where it has no parts.
    relative_price : ndarray of shape (n,)
        Price of the destination over that of the source, for a profit target; NaN where it is not known.
    """

    stamps: NDArray[np.int64]
    value: NDArray[np.float64]
    score: NDArray[np.float64]
    origin: str
    value_label: str
    score_label: str
    relative_price: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def at(self, stamps: NDArray[np.int64], of: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read one of the series at decisions.

        Parameters
        ----------
        stamps : ndarray of shape (n_decisions,), int64
        of : ndarray of shape (n,)
            `value`, `score`, a part or `relative_price`.

        Returns
        -------
        ndarray of shape (n_decisions,)
            NaN at a stamp that is none of the grid's.
        """
        place = np.minimum(np.searchsorted(self.stamps, stamps), len(self.stamps) - 1)
        return np.where(self.stamps[place] == stamps, of[place], np.nan)


class Signal(Protocol):
    """The section of a thesis that says what to read; a signal is one class, in the file of its family."""

    @property
    def score_range(self) -> tuple[float, float]:
        """Least and largest score there can be: thresholds beyond them are refused."""
        ...

    def knows_prices(self, market: MarketData) -> bool:
        """Say whether readings carry relative prices in a market.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        bool
        """
        ...

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has what the signal reads: before a run, so that no decision depends on it.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
        """
        ...

    def read(self, market: MarketData, venue: str, source: str | list[str], destination: str | list[str]) -> Reading:
        """Read the signal at every close of the decision venue, from what was known by then.

        Parameters
        ----------
        market : MarketData
        venue : str
            Decision venue.
        source, destination : str or list of str
            Universes of the two baskets.

        Returns
        -------
        Reading
        """
        ...
