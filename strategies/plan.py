"""What comes of working a thesis out on a market."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategies.signals.reading import Reading
from strategies.targets import BasketTargets


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A thesis worked out on a market: targets, and the readings behind them.

    Attributes
    ----------
    targets : BasketTargets
        One lane; baskets `source` and `destination`.
    reading : Reading
        The signal on every close of the decision venue.
    score : ndarray of shape (n_decisions,)
        The signal at each decision; NaN: no reading.
    share : ndarray of shape (n_decisions,)
        Fraction of NAV asked for in the destination.
    references : BasketTargets
        The baskets that references hold: without a tilt, and equal weights of names that are weighed as filed.
    notes : tuple of str
        What a reader of the result must know: baskets in cash, where the signal came from.
    """

    targets: BasketTargets
    reading: Reading
    score: NDArray[np.float64]
    share: NDArray[np.float64]
    references: BasketTargets
    notes: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether references hold its baskets at the very weights that the thesis does."""
        return np.array_equal(self.targets.inner, self.references.inner)
