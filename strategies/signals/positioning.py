"""Positioning: what investors hold of the destination beside its weight in a benchmark (claim 2 of the market story).

An allocation says little by itself; beside the benchmark's weight, and beside its own past, it says how much of the
buying is already done. Reports are monthly or weekly and come late: what counts is when each became known.
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.dates import NS_PER_DAY
from data.market import MarketData
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LONG_TABLES
from strategies.signals.ages import told_of_age
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds, require_series

Days = NDArray[np.datetime64]


class PositioningSignal(Signal):
    """Positioning, as a section of a thesis: buy while it is low and rising, leave when it is crowded.

    At each publication the percentile is the part of the figures of the trailing years that are below the latest one,
    equal ones, itself too, by half. The score is, in this order,

    - none, where nothing is known, the latest figure is too old, or there are fewer than `min_figures`;
    - 0 where the percentile is at `crowded` or above;
    - 1 - percentile where the latest figure is above the one `rising` figures before it;
    - none else, so that the share stays as it was: a low position that is still being cut is neither bought nor sold.

    Attributes
    ----------
    kind : "positioning"
    entity, metric : str
        Names of the allocation in the positioning file; an empty metric: the file has no such column.
    benchmark : str
        Metric of the same entity, taken away: its latest figure of the same date or before, if not older than
        `max_age_days` by then.
    benchmark_weight : float or None
        A constant to take away instead, in the unit of the file.
    history_days : int
        Calendar days that the percentile looks back over, from the latest figure's date: five years.
    min_figures : int
        Figures it needs, each date counted once.
    rising : int
        Figures back: one of a monthly report, four of a weekly one.
    crowded : float
        Percentile, from 0 to 1.
    max_age_days : int
        A figure whose date is longer ago is no reading.
    """

    kind: Literal["positioning"] = "positioning"
    entity: str = "CHINA"
    metric: str = "allocation"
    benchmark: str = "benchmark"
    benchmark_weight: float | None = None
    history_days: Annotated[int, Field(ge=90)] = 1826
    min_figures: Annotated[int, Field(ge=3)] = 36
    rising: Annotated[int, Field(ge=1)] = 1
    crowded: Annotated[float, Field(gt=0, le=1)] = 0.9
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["positioning"].stale_after_days

    @model_validator(mode="after")
    def _figures(self) -> "PositioningSignal":
        if self.rising >= self.min_figures:
            raise ValueError(f"rising {self.rising} must be below min_figures {self.min_figures}")
        return self

    @property
    def usual(self) -> Thresholds:
        """Lower than in three quarters of the figures; crowded."""
        return Thresholds(0.75, 0.1)

    @property
    def score_range(self) -> tuple[float, float]:
        """1 less a percentile."""
        return 0.0, 1.0

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has the allocation, or what is taken away from it.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming those it has.
        """
        for key, metric in (("metric", self.metric), ("benchmark", self.benchmark)):
            if key == "metric" or self.benchmark_weight is None:
                stated = f"signal.{key} = {metric!r} of signal.entity = {self.entity!r}"
                require_series(market, "positioning", *self._key(metric), stated=stated)

    def read(self, scene: Scene) -> Reading:
        """Read the position at every close of the decision venue.

        Parameters
        ----------
        scene : Scene
            The names of its baskets are not read: the entity stands for the destination.

        Returns
        -------
        Reading
            Its value is the allocation less the benchmark, in the unit of the file.
        """
        found = all_series(scene.market, "positioning")
        allocation = found.get(self._key(self.metric))
        taken = None if self.benchmark_weight is not None else found.get(self._key(self.benchmark))
        n, keys = len(scene.stamps), [self._key(self.metric)]
        if self.benchmark_weight is None:
            keys.append(self._key(self.benchmark))
        value, score, ages, lacking = *(np.full(n, np.nan) for _ in range(3)), ""
        # Not yet: `check` has seen to it that there are both.
        if allocation is not None and (taken is not None or self.benchmark_weight is not None):
            told = self._publications(allocation, taken)
            at = np.searchsorted(told.known, scene.stamps, side="right")
            dates = np.concatenate([[np.datetime64("NaT", "D")], told.dates])[at]
            ages = _days_between(dates, scene.stamps)
            fresh = ages <= self.max_age_days
            value = np.where(fresh, np.concatenate([[np.nan], told.active])[at], np.nan)
            score = np.where(fresh, np.concatenate([[np.nan], told.score])[at], np.nan)
            figures = np.concatenate([[0], told.n_figures])[at]
            if len(at) and figures[-1] < self.min_figures:
                lacking = f"{figures[-1]} figures in {self.history_days} days, where {self.min_figures} are needed"
        less = self.benchmark if self.benchmark_weight is None else f"{self.benchmark_weight:g}"
        what = f"positioning {self.entity} {self.metric}".strip()
        notes = told_of_age(f"figure of {what}", ages, scene, self.max_age_days)
        if scene.in_run.any() and np.isnan(score[scene.in_run]).all():
            notes.append(
                f"{what} never speaks in this run: it needs {self.min_figures} figures known, and a rise or a crowd."
            )
        return Reading(
            stamps=scene.stamps,
            value=value,
            score=score,
            origin=f"{what} less {less}, as each was published",
            value_label=f"{self.entity} {self.metric} less {less}",
            score_label="1 - percentile while rising, 0 when crowded",
            notes=tuple(notes),
            inputs=scene.inputs("positioning", *keys),
            lacking=lacking,
        )

    def _key(self, metric: str) -> tuple[str, ...]:
        return (self.entity, metric) if metric else (self.entity,)

    def _publications(self, allocation: PointInTime, taken: PointInTime | None) -> "_Publications":
        """Work out the figure and the score at each stamp at which something new is known."""
        known = np.unique(np.concatenate([allocation.known, allocation.known[:0] if taken is None else taken.known]))
        dates, active, score = np.full(len(known), np.datetime64("NaT", "D")), *np.full((2, len(known)), np.nan)
        n_figures = np.zeros(len(known), dtype=np.int64)
        for i, stamp in enumerate(known.tolist()):
            days, values = _as_known(allocation, stamp)
            if taken is None:
                figures = values - (self.benchmark_weight or 0.0)
            else:
                figures = values - self._taken(days, *_as_known(taken, stamp))
                days, figures = days[~np.isnan(figures)], figures[~np.isnan(figures)]
            if len(days):
                dates[i], active[i] = days[-1], figures[-1]
                n_figures[i] = (days > days[-1] - self.history_days).sum()
                score[i] = self._score(days, figures)
        return _Publications(known, dates, active, score, n_figures)

    def _taken(self, days: Days, dates: Days, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the benchmark's weight on each date of the allocation; NaN where it is not known or too old by then."""
        at = np.searchsorted(dates, days, side="right")
        last = np.concatenate([[np.datetime64("NaT", "D")], dates])[at]
        is_fresh = (days - last).astype(np.float64) <= self.max_age_days
        is_fresh &= ~np.isnat(last)
        return np.where(is_fresh, np.concatenate([[np.nan], weights])[at], np.nan)

    def _score(self, days: Days, figures: NDArray[np.float64]) -> float:
        window = figures[days > days[-1] - self.history_days]
        if len(window) < self.min_figures:
            return np.nan
        latest = figures[-1]
        percentile = ((window < latest).sum() + 0.5 * (window == latest).sum()) / len(window)
        if percentile >= self.crowded:
            return 0.0
        return float(1.0 - percentile) if latest > figures[-1 - self.rising] else np.nan


class _Publications(NamedTuple):
    """What was known after each stamp at which a figure came in: its latest date, figure and score."""

    known: NDArray[np.int64]
    dates: Days
    active: NDArray[np.float64]
    score: NDArray[np.float64]
    n_figures: NDArray[np.int64]


def _as_known(one: PointInTime, stamp: int) -> tuple[Days, NDArray[np.float64]]:
    """Give every date known at a stamp, ascending, with its latest revision."""
    n = int(np.searchsorted(one.known, stamp, side="right"))
    days, last = np.unique(one.dates[:n][::-1], return_index=True)
    return days, one.values[:n][::-1][last]


def _days_between(dates: Days, stamps: NDArray[np.int64]) -> NDArray[np.float64]:
    today = np.floor_divide(stamps, NS_PER_DAY)
    return np.where(np.isnat(dates), np.nan, (today - dates.astype(np.int64)).astype(np.float64))
