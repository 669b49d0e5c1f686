"""What a signal gives: a value and its score on a grid of stamps, and what they were read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Data that a reading was made of, as they stood at its last stamp.

    Attributes
    ----------
    name : str
        In words, such as "valuations HSTECH pe_ttm".
    date : datetime64[D]
        Date of the latest figure known; NaT where none was.
    table : str
        The long table that it stands in; empty: prices.
    """

    name: str
    date: np.datetime64
    table: str = ""


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
        What the rule acts on: high speaks for the destination. NaN: no score, and the share stays as it was.
    origin : str
        What it was made of, for the report.
    value_label, score_label : str
        Names of both for an axis.
    notes : tuple of str
        What a reader must know, such as where a series ends before the run does.
    parts : mapping of str to ndarray of shape (n,)
        What moved the value: running sums whose changes add up to its own. Empty where it has no parts.
    relative_price : ndarray of shape (n,) or None
        Price of the destination over that of the source, where the signal knows one that suits it; NaN where it is not
        known. None: that of the baskets will do.
    inputs : tuple of Input
    lacking : str
        Why there is no score at the last stamp for want of history; empty: that is not why.
    """

    stamps: NDArray[np.int64]
    value: NDArray[np.float64]
    score: NDArray[np.float64]
    origin: str
    value_label: str
    score_label: str
    relative_price: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    lacking: str = ""

    def at(self, stamps: NDArray[np.int64], of: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Read one of the series at decisions.

        Parameters
        ----------
        stamps : ndarray of shape (n_decisions,), int64
        of : ndarray of shape (n,), or None
            `value`, `score`, a part or `relative_price`.

        Returns
        -------
        ndarray of shape (n_decisions,)
            NaN at a stamp that is none of the grid's, and everywhere of None.
        """
        if of is None:
            return np.full(len(stamps), np.nan)
        place = np.minimum(np.searchsorted(self.stamps, stamps), len(self.stamps) - 1)
        return np.where(self.stamps[place] == stamps, of[place], np.nan)
