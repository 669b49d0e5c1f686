"""Valuation discount: the destination cheaper than the source, beside its own past (claim 6 of the market story).

What is measured is log(P/E of the source / P/E of the destination), or the gap of their earnings yields, which stands
where earnings are losses; or the same logarithm of P/B, or of what a dividend of 1 costs (1 / yield). A P/E that moves
without its price has changed its basis, or its earnings all at once: neither is a cheapening, and neither is traded.
For a percentile the readings before such a jump are shifted by it; a level gives no score until the jump has aged.
"""

import math
from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.market import MarketData
from data.series.basis import ratio_steps
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LONG_TABLES
from strategies.settings import window_fits
from strategies.signals.kernels.trailing import trailing_percentile_nb
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds, require_series

PARTS = ("price", "earnings", "basis")
METRICS = {"pe_ttm": "trailing P/E (pe_ttm)", "pb": "P/B (pb)", "div_yield_pct": "dividend yield (div_yield_pct)"}
MANY_UNPRICED = 0.05  # of the figures: holidays of one of two publishers are fewer
Measure = Literal["log_pe_ratio", "earnings_yield_gap", "log_pb_ratio", "log_yield_ratio"]


class _Words(NamedTuple):
    """How a measure speaks: of its multiple, of what the price is divided by, and where that is not above zero."""

    multiple: str
    rest: str
    lacking: str
    metric: str


OF_EARNINGS = _Words("P/E", "earnings", "made a loss", "pe_ttm")
WORDS = {
    "log_pe_ratio": OF_EARNINGS,
    "earnings_yield_gap": OF_EARNINGS,
    "log_pb_ratio": _Words("P/B", "book value", "had a book value below zero", "pb"),
    "log_yield_ratio": _Words("dividend yield", "dividends", "paid no dividend", "div_yield_pct"),
}


class ValuationSignal(Signal):
    """Valuation discount, as a section of a thesis.

    Attributes
    ----------
    kind : "valuation"
    measure : {"log_pe_ratio", "earnings_yield_gap", "log_pb_ratio", "log_yield_ratio"}
        log(P/E of the source / P/E of the destination); 1 / P/E of the destination less that of the source; log(P/B of
        the source / P/B of the destination), with metric = "pb"; log(dividend yield of the destination / that of the
        source), with metric = "div_yield_pct". High is cheap.
    scale : {"percentile", "level"}
        The score: rank among its own trailing readings, from 0 (dearest) to 1 (cheapest), or the measure itself.
    history, min_history : int
        Sessions of the decision venue that the rank looks back over, and readings it needs.
    source_entity, destination_entity : str
        Names in the valuations file, and of their indices in the indices file.
    metric : str
        Which P/E of the file, or which of what else the measure reads.
    max_age_days : int
        An older figure is no reading.
    wait_sessions : int
        Sessions for which a level has no score after a jump of the basis became known.
    """

    kind: Literal["valuation"] = "valuation"
    measure: Measure = "log_pe_ratio"
    scale: Literal["percentile", "level"] = "percentile"
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 700
    source_entity: str = "NDX"
    destination_entity: str = "HSTECH"
    metric: str = "pe_ttm"
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["valuations"].stale_after_days
    wait_sessions: Annotated[int, Field(ge=0)] = 5

    _window = model_validator(mode="after")(window_fits)

    @model_validator(mode="after")
    def _of_one_kind(self) -> "ValuationSignal":
        if self.source_entity == self.destination_entity:
            raise ValueError(f"source_entity and destination_entity are both {self.source_entity!r}")
        of_metric = "pb" if self.metric.startswith("pb") else "div" if self.metric.startswith("div") else "pe"
        if not self._words.metric.startswith(of_metric):
            raise ValueError(f"measure {self.measure!r} reads metric {self._words.metric!r}, not {self.metric!r}")
        return self

    @property
    def usual(self) -> Thresholds:
        """A percentile: cheaper than on four days of five, and no cheaper than on every other one."""
        return Thresholds(0.8, 0.5) if self.scale == "percentile" else super().usual

    @property
    def window(self) -> tuple[int, int] | None:
        """That of the percentile."""
        return (self.history, self.min_history) if self.scale == "percentile" else None

    @property
    def _words(self) -> _Words:
        return WORDS[self.measure]

    @property
    def _is_log(self) -> bool:
        return self.measure != "earnings_yield_gap"

    @property
    def score_range(self) -> tuple[float, float]:
        """A percentile is between 0 and 1; a level has no bounds."""
        return (0.0, 1.0) if self.scale == "percentile" else (-math.inf, math.inf)

    def read(self, scene: Scene) -> Reading:
        """Read the discount at every close of the decision venue.

        Parameters
        ----------
        scene : Scene
            The names of its baskets are not read: the entities stand for them.

        Returns
        -------
        Reading
            Its parts say what moved the value: prices, earnings (or book value, or dividends), and jumps of the basis.
        """
        market, stamps = scene.market, scene.stamps
        sides = [self._side(market, entity, stamps) for entity in (self.source_entity, self.destination_entity)]
        ours, theirs = sides
        parts = {
            name: getattr(ours, name) - getattr(theirs, name)
            if self._is_log
            else getattr(theirs, name) - getattr(ours, name)
            for name in PARTS
        }
        value = ours.value - theirs.value if self._is_log else theirs.value - ours.value
        return Reading(
            stamps=stamps,
            value=value,
            score=self._score(value, parts["basis"]),
            origin=f"{METRICS.get(self.metric, self.metric)} of {self.source_entity} and {self.destination_entity}, "
            "known the day after",
            value_label=self._label,
            score_label=f"percentile of {self.history} sessions" if self.scale == "percentile" else "level",
            notes=tuple(self._notes(sides, scene)),
            parts=parts,
            relative_price=theirs.closes / ours.closes if theirs.is_priced and ours.is_priced else None,
            inputs=scene.inputs("valuations", *((one.entity, self.metric) for one in sides)),
        )

    @property
    def _label(self) -> str:
        ours, theirs, what = self.source_entity, self.destination_entity, self._words.multiple
        if self.measure == "earnings_yield_gap":
            return f"earnings yield of {theirs} less {ours}"
        first, second = (theirs, ours) if self.measure == "log_yield_ratio" else (ours, theirs)
        return f"log({first} {what} / {second} {what})"

    def _score(self, value: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.scale == "percentile":
            score = np.empty(len(value))
            trailing_percentile_nb(value - basis, self.history, self.min_history, score)
            return score
        score = value.copy()
        jumped = np.diff(basis, prepend=basis[:1])
        for i in np.flatnonzero(np.isfinite(jumped) & (jumped != 0)):
            score[i : i + self.wait_sessions] = np.nan
        return score

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has one of the two figures.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming those it has.
        """
        for key, entity in (("source_entity", self.source_entity), ("destination_entity", self.destination_entity)):
            require_series(market, "valuations", entity, self.metric, stated=f"signal.{key} = {entity!r}")

    def _side(self, market: MarketData, entity: str, stamps: NDArray[np.int64]) -> "_Side":
        ratio = all_series(market, "valuations").get((entity, self.metric))
        if ratio is None:  # not yet: `check` has seen to it that there is one
            nothing = np.full(len(stamps), np.nan)
            never = np.zeros(len(stamps), dtype=bool)
            return _Side(entity, True, never, never, nothing, nothing, nothing, nothing, nothing)
        if self.measure == "log_yield_ratio":  # percent: what a dividend of 1 costs, as a P/E is what earnings cost
            paid = ratio.values > 0
            costs = np.divide(100.0, ratio.values, out=np.zeros_like(ratio.values), where=paid)
            ratio = replace(ratio, values=costs)
        return _side(ratio, all_series(market, "indices").get((entity,)), stamps, self.measure, self.max_age_days)

    def _notes(self, sides: list["_Side"], scene: Scene) -> list[str]:
        notes, (what, rest, lacking, _) = [], self._words
        in_run = scene.in_run
        for one in sides:
            if not one.is_priced:
                notes.append(
                    f"The market has no index {one.entity}: what its {what} moved is not parted into price and {rest}, "
                    "and only moves over 15 % count as jumps of its basis."
                )
            n_unpriced, n_read = int((one.is_unpriced & in_run).sum()), int((~np.isnan(one.value) & in_run).sum())
            if one.is_priced and n_unpriced > MANY_UNPRICED * n_read:
                notes.append(
                    f"The index {one.entity} has no close on the date of its {what} at {n_unpriced} of {n_read} "
                    f"closes: there what the {what} moved counts as {rest}, and its jumps are not seen."
                )
            n_losses = int((one.is_loss & in_run).sum())
            if n_losses and self._is_log:
                instead = " signal.measure = 'earnings_yield_gap' reads losses too." if rest == "earnings" else ""
                nothing = "a loss" if rest == "earnings" else "that"
                notes.append(
                    f"{one.entity} {lacking} at {n_losses} of {int(in_run.sum())} closes; {nothing} has no logarithm: "
                    f"no reading there.{instead}"
                )
            jumps = np.diff(one.basis, prepend=one.basis[:1])
            at = np.flatnonzero((jumps != 0) & np.isfinite(jumps) & in_run)
            if n := len(at):
                done = (
                    "readings before them were shifted by them"
                    if self.scale == "percentile"
                    else f"there is no score for {self.wait_sessions} sessions after one, then the level counts"
                )
                times, last = ("once", "known") if n == 1 else (f"{n} times", "the last known")
                notes.append(
                    f"The {what} of {one.entity} jumped {times} against its price from {scene.dates[in_run][0]} on "
                    f"({last} at the close of {scene.dates[at[-1]]}): not traded; {done}."
                )
        return notes


class _Side(NamedTuple):
    """One entity on the grid: its log P/E or earnings yield, running sums of what moved it, and its index."""

    entity: str
    is_priced: bool
    is_loss: NDArray[np.bool_]
    is_unpriced: NDArray[np.bool_]
    value: NDArray[np.float64]
    price: NDArray[np.float64]
    earnings: NDArray[np.float64]
    basis: NDArray[np.float64]
    closes: NDArray[np.float64]


def _side(
    ratio: PointInTime, index: PointInTime | None, stamps: NDArray[np.int64], measure: str, max_age_days: int
) -> _Side:
    # In the order they became known, without revisions of the past: the rows that `as_of` reads.
    newest = ratio.dates >= np.maximum.accumulate(ratio.dates)
    is_log = measure != "earnings_yield_gap"
    usable = newest & ((ratio.values > 0) if is_log else (ratio.values != 0))
    known, dates, level = ratio.known[usable], ratio.dates[usable], ratio.values[usable]
    log_price = np.full(len(level), np.nan) if index is None else np.log(_closes(index, dates, known))
    price, earnings, basis = _parts(level, None if index is None else np.exp(log_price), measure)
    at = np.searchsorted(known, stamps, side="right")

    def on_grid(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([[np.nan], rows])[at]

    measured = np.log(level) if is_log else 1.0 / level
    # A loss, where a logarithm knows none, and a figure that is too old: no reading.
    latest = ratio.as_of(stamps, max_age_days)
    is_latest = latest.dates == np.concatenate([[np.datetime64("NaT", "D")], dates])[at]
    value = np.where(is_latest & ~np.isnan(latest.values), on_grid(measured), np.nan)
    nothing = np.full(len(stamps), np.nan)
    return _Side(
        entity=ratio.key[0],
        is_priced=index is not None,
        is_loss=(latest.values < 0) | ((latest.values == 0) & (measure == "log_yield_ratio")),
        value=value,
        price=on_grid(price),
        earnings=on_grid(earnings),
        basis=on_grid(basis),
        closes=nothing if index is None else index.as_of(stamps).values,
        is_unpriced=~np.isnan(value) & np.isnan(on_grid(log_price)),
    )


def _closes(index: PointInTime, dates: NDArray[np.datetime64], known: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the close of an index on each date as first published; NaN where that came later than the P/E."""
    order = np.lexsort((index.known, index.dates))
    days, first = np.unique(index.dates[order], return_index=True)
    rows = order[first]
    place = np.minimum(np.searchsorted(days, dates), len(days) - 1)
    found = (days[place] == dates) & (index.known[rows][place] <= known)
    return np.where(found, index.values[rows][place], np.nan)


def _parts(
    level: NDArray[np.float64], price: NDArray[np.float64] | None, measure: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give running sums of what prices, earnings and jumps of the basis did to the log P/E, or to the earnings yield.

    A figure without its price counts as earnings until the next one that has it.
    """
    is_log = measure != "earnings_yield_gap"
    value = np.log(np.abs(level)) if is_log else 1.0 / level
    sums = np.zeros((3, len(level)))
    at = np.arange(len(level)) if price is None else np.flatnonzero(np.isfinite(price))
    if not len(at):
        return sums[0], value - value[:1], sums[2]
    steps = ratio_steps(level[at], None if price is None else price[at])
    moved = np.diff(value[at])
    by_price = steps.price if is_log else value[at][:-1] * np.expm1(-steps.price)
    rest = moved - by_price
    for row, step in enumerate((by_price, np.where(steps.is_jump, 0.0, rest), np.where(steps.is_jump, rest, 0.0))):
        sums[row, at[1:]] = np.cumsum(step)
    # The last figure with its price at or before each; before the first of them, that one.
    last = at[np.maximum(np.searchsorted(at, np.arange(len(level)), side="right") - 1, 0)]
    sums = sums[:, last]
    return sums[0], sums[1] + value - value[last], sums[2]
