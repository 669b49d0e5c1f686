"""Relative value: the destination basket over the source, followed or bet against (claim 7 of the market story)."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from strategies.settings import window_fits
from strategies.signals.basket_prices import basket_prices, relative_index
from strategies.signals.kernels.trailing import trailing_autoregression_nb, trailing_zscore_nb
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds


class RelativeSignal(Signal):
    """Trend or reversion of the ratio of both baskets, as a section of a thesis.

    Attributes
    ----------
    kind : "relative"
    measure : {"trend", "reversion"}
        Buy what has gained on the other, or what has lost more than is usual.
    lookback : int
        Sessions of the decision venue that a trend is measured over: a year.
    history, min_history : int
        Sessions of the trailing window of a reversion, and readings it needs.
    max_half_life : float
        A reversion whose half-life is longer, in sessions, is none: no score.

    Notes
    -----
    With x the log of the destination's index over the source's and d its changes from close to close, all windows
    trailing:

    *Trend*: the sum of d over the lookback, over its own standard error, s sqrt(lookback), with s the standard
    deviation of d over the lookback. A return scaled by its volatility as in [1]_, who take its sign; the same number
    is the t-statistic of the mean of d, which [2]_ use so that weak trends trade less.

    *Reversion*: less the z-score of x on its window, as pairs are traded: opened two deviations away and closed at the
    mean [3]_. The window's regression x_t = a + b x_(t-1) + e is an Ornstein-Uhlenbeck process read once a session,
    with half-life log(1/2) / log(b). From b = 1 on there is no reversion; at 0 or below a distance is gone at the next
    close. Least squares find reversion in what has none: for a random walk n (b - 1) is below -14.1 in one window of
    twenty [4]_, which is a half-life of 37 sessions in a window of 756. Hence the limit: a longer half-life is no
    evidence of any reversion.

    References
    ----------
    .. [1] Moskowitz, Ooi and Pedersen, "Time series momentum", Journal of Financial Economics, 2012.
    .. [2] Baltas and Kosowski, "Demystifying time-series momentum strategies: volatility estimators, trading rules and
       pairwise correlations", in Market Momentum: Theory and Practice, 2020.
    .. [3] Gatev, Goetzmann and Rouwenhorst, "Pairs trading: performance of a relative-value arbitrage rule", Review of
       Financial Studies, 2006.
    .. [4] Dickey and Fuller, "Distribution of the estimators for autoregressive time series with a unit root", Journal
       of the American Statistical Association, 1979; table 8.5.1 of Fuller, "Introduction to Statistical Time Series",
       1976.
    """

    kind: Literal["relative"] = "relative"
    measure: Literal["trend", "reversion"] = "trend"
    lookback: Annotated[int, Field(ge=20)] = 252
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 700
    max_half_life: Annotated[float, Field(gt=0)] = 37.0

    _window = model_validator(mode="after")(window_fits)

    @property
    def usual(self) -> Thresholds:
        """A trend: one standard error up, and none; a reversion: two deviations too cheap, and at its mean."""
        return Thresholds(1.0, 0.0) if self.measure == "trend" else Thresholds(2.0, 0.0)

    @property
    def window(self) -> tuple[int, int]:
        """That of the trend, with the reading before it, or of the reversion."""
        return (self.lookback + 1,) * 2 if self.measure == "trend" else (self.history, self.min_history)

    def read(self, scene: Scene) -> Reading:
        """Read the ratio at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its value is the log ratio, 0 at the first close with members of both.
        """
        sides = [basket_prices(scene, one) for one in (scene.destination, scene.source)]
        value = np.log(relative_index(scene))
        begun = np.flatnonzero(~np.isnan(value))
        value = value - (value[begun[0]] if len(begun) else 0.0)
        names = f"{sides[0].label} over {sides[1].label}"
        if self.measure == "trend":
            score, notes = _trend(value, self.lookback), tuple[str, ...]()
            label = f"t-statistic of the trend over {self.lookback} sessions"
        else:
            score, notes = self._reversion(value, scene.in_run)
            label = f"less the z-score of {self.history} sessions"
        return Reading(
            stamps=scene.stamps,
            value=value,
            score=score,
            origin=f"indices of {names}",
            value_label=f"log of the index of {names}",
            score_label=label,
            notes=notes,
            inputs=tuple(one.input for one in sides if one.symbols),
        )

    def _reversion(
        self, value: NDArray[np.float64], in_run: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], tuple[str, ...]]:
        away = np.empty(len(value))
        trailing_zscore_nb(value, self.history, self.min_history, np.empty((2, len(value))), away)
        half = half_lives(value, self.history, self.min_history)
        score = np.where(half <= self.max_half_life, -away, np.nan)
        known, slow = half[in_run & ~np.isnan(half)], in_run & (half > self.max_half_life)
        if not len(known):
            return score, ()
        last = f"{known[-1]:.0f} sessions" if np.isfinite(known[-1]) else "none: it does not revert"
        told = (
            f"No score at {int(slow.sum())} of {len(known)} closes: the half-life of the ratio is above "
            f"{self.max_half_life:g} sessions, or it does not revert. At the last one: {last}."
        )
        return score, (told,)


def half_lives(values: NDArray[np.float64], history: int, min_history: int) -> NDArray[np.float64]:
    """Give the half-life of a distance from the mean, by the regression of each value on the one before.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: no reading.
    history, min_history : int
        Rows of the trailing window, and readings it needs.

    Returns
    -------
    ndarray of shape (n,)
        In rows: 0 where a distance is gone at the next row, infinite where there is no reversion; NaN where there is
        too little history or no spread.
    """
    slope = np.empty(len(values))
    trailing_autoregression_nb(values, history, min_history, slope)
    reverts = (slope > 0) & (slope < 1)
    half = np.divide(
        np.log(0.5), np.log(slope, out=np.ones(len(slope)), where=reverts), out=slope.copy(), where=reverts
    )
    return np.where(slope >= 1, np.inf, np.where(slope <= 0, 0.0, half))


def _trend(value: NDArray[np.float64], lookback: int) -> NDArray[np.float64]:
    """Give the t-statistic of the mean change over the lookback; NaN where a change is unknown, or all are the same."""
    score = np.full(len(value), np.nan)
    if len(value) <= lookback:
        return score
    windows = np.lib.stride_tricks.sliding_window_view(np.diff(value), lookback)
    deviation = windows.std(axis=1, ddof=1)
    moved = value[lookback:] - value[:-lookback]
    # Changes are differences of logs: what these round to is no spread.
    size = np.lib.stride_tricks.sliding_window_view(np.abs(value), lookback + 1).max(axis=1)
    spreads = deviation > 1e-14 * np.maximum(size, 1.0)
    np.divide(moved, deviation * np.sqrt(lookback), out=score[lookback:], where=spreads)
    return score
