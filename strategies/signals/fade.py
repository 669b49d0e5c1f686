"""Source fade: the source breaks down, whatever the destination does (claim 12 of the market story)."""

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from strategies.errors import StrategyError
from strategies.settings import CASH
from strategies.signals.basket_prices import BasketPrices, basket_prices
from strategies.signals.kernels.trailing import broken_nb, trailing_zscore_nb
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds


class FadeSignal(Signal):
    """Broken trend or breadth of the source, as a section of a thesis.

    Attributes
    ----------
    kind : "fade"
    measure : {"breadth", "trend"}
        Part of the source's members below their own average of the lookback, or how far its index is below its own.
    lookback : int
        Sessions of the decision venue that an average is taken over, the last one included.

    Notes
    -----
    *Breadth*: a member counts where it is eligible and has a total-return level in every session of the window; one on
    which it did not trade keeps the level before. *Trend*: less the distance of the index from its average, in standard
    deviations (ddof = 1) of the window. Both take averages of levels, as [1]_ and [2]_ do, and are free of scale.

    References
    ----------
    .. [1] Brock, Lakonishok and LeBaron, "Simple technical trading rules and the stochastic properties of stock
       returns", Journal of Finance, 1992: averages of 200 days.
    .. [2] Faber, "A quantitative approach to tactical asset allocation", Journal of Wealth Management, 2007.
    """

    kind: Literal["fade"] = "fade"
    measure: Literal["breadth", "trend"] = "breadth"
    lookback: Annotated[int, Field(ge=2)] = 200

    @property
    def usual(self) -> Thresholds:
        """Three of five broken, and two; one deviation below its average, and at it."""
        return Thresholds(0.6, 0.4) if self.measure == "breadth" else Thresholds(1.0, 0.0)

    @property
    def score_range(self) -> tuple[float, float]:
        """A part of all members; a distance has no bounds."""
        return (0.0, 1.0) if self.measure == "breadth" else (-math.inf, math.inf)

    def read(self, scene: Scene) -> Reading:
        """Read the source at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its value is the part that is broken, or the index over its average, less 1.

        Raises
        ------
        StrategyError
            If the source is cash, which has no trend.
        """
        if scene.source == CASH:
            raise StrategyError("signal.kind = 'fade' reads the source, and baskets.source is cash: name what is sold.")
        prices = basket_prices(scene, scene.source)
        if self.measure == "breadth":
            value = score = _breadth(prices, self.lookback)
            label = score_label = f"part of {prices.label} below its average of {self.lookback} sessions"
            origin = f"closes of the members of {prices.label}"
        else:
            score = np.empty(len(prices.index))
            trailing_zscore_nb(prices.index, self.lookback, self.lookback, np.empty((2, len(score))), score)
            score = -score
            value = _over_average(prices.index, self.lookback)
            label = f"index of {prices.label} over its average of {self.lookback} sessions, less 1"
            score_label = "deviations below that average"
            origin = f"index of {prices.label}"
        return Reading(
            stamps=scene.stamps,
            value=value,
            score=score,
            origin=origin,
            value_label=label,
            score_label=score_label,
            inputs=(prices.input,),
        )


def _breadth(prices: BasketPrices, lookback: int) -> NDArray[np.float64]:
    """Give the part of members with a whole window that are below its average; NaN where none has one."""
    if not len(prices.returns):
        return np.empty(0)
    known = ~np.isnan(prices.returns)
    # Closes are carried forward, so a name's returns have no gap: its first level is a row before the first of them.
    has_level = np.logical_or.accumulate(known, axis=0)
    first = has_level.argmax(axis=0) - 1
    begins = np.flatnonzero(known.any(axis=0) & (first >= 0))
    has_level[first[begins], begins] = True
    levels = np.where(has_level, np.cumprod(np.where(known, 1.0 + prices.returns, 1.0), axis=0), np.nan)
    n, broken = np.empty(len(levels)), np.empty(len(levels))
    scratch = np.empty(levels.shape[1])
    broken_nb(levels, prices.eligible, lookback, scratch, n, broken)
    part: NDArray[np.float64] = np.divide(broken, n, out=np.full(len(n), np.nan), where=n > 0)
    return part


def _over_average(index: NDArray[np.float64], lookback: int) -> NDArray[np.float64]:
    found = np.full(len(index), np.nan)
    if len(index) >= lookback:
        averages = np.lib.stride_tricks.sliding_window_view(index, lookback).mean(axis=1)
        found[lookback - 1 :] = index[lookback - 1 :] / averages - 1.0
    return found
