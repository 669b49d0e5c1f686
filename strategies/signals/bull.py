"""Technical bull and bear market: the two-state filter of Lunde and Timmermann (claim 4 of the market story).

"A fifth above the low of the last year" is true for weeks on end, and true again in every fall from a height. The
filter is in one track at a time: in a bear track it remembers the lowest close since it entered it and leaves it at a
rise of a stated size from there; in a bull track the highest, and a fall.
"""

import datetime as dt
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from data.market import MarketData
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LAUNCHED, LONG_TABLES
from strategies.signals.basket_prices import basket_prices
from strategies.signals.kernels.tracks import bull_bear_nb
from strategies.signals.reading import Input, Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, require_series

N_TOLD = 6  # switches that a note names


class BullSignal(Signal):
    """Bull (1) or bear (0) market of an index, as a section of a thesis.

    Attributes
    ----------
    kind : "bull"
    entity : str
        An index of the indices file, such as "HSTECH"; empty: the index of the destination basket.
    rise, fall : float
        Moves of a close from the extreme of the track that end a bear and a bull: 0.2 is twenty percent.
    initial : {"bear", "bull"}
        State at the first close: nothing before it tells which it was.
    start : str or None
        Date from which closes are read, such as "2020-01-02"; None: the first one known.
    max_age_days : int
        An older close of the entity is no reading.

    Notes
    -----
    A switch is dated by its detection: the close that is far enough from the extreme, once it is known. Lunde and
    Timmermann date it back to the extreme, which nobody could know then.

    References
    ----------
    .. [1] Lunde and Timmermann, "Duration dependence in stock prices: an analysis of bull and bear markets", Journal
       of Business and Economic Statistics, 2004, section 2.
    """

    kind: Literal["bull"] = "bull"
    entity: str = ""
    rise: Annotated[float, Field(gt=0)] = 0.2
    fall: Annotated[float, Field(gt=0, lt=1)] = 0.2
    initial: Literal["bear", "bull"] = "bear"
    start: str | None = None
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["indices"].stale_after_days

    @field_validator("start", mode="before")
    @classmethod
    def _day(cls, given: Any) -> Any:
        if isinstance(given, dt.date):
            return given.isoformat()[:10]
        if isinstance(given, str):
            try:
                dt.date.fromisoformat(given)
            except ValueError as error:
                raise ValueError("want a date such as 2020-01-02") from error
        return given

    @property
    def score_range(self) -> tuple[float, float]:
        """1 in a bull track, 0 in a bear track."""
        return 0.0, 1.0

    @property
    def is_ranked(self) -> bool:
        """No: a value is measured from the low of a bear track, or from the high of a bull track."""
        return False

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has the index.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming those it has.
        """
        if self.entity:
            require_series(market, "indices", self.entity, stated=f"signal.entity = {self.entity!r}")

    def read(self, scene: Scene) -> Reading:
        """Read the state at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its value is the close over the extreme that it is measured from, less 1: the lowest close of a bear track,
            the highest of a bull track; where it switches, of the track that it ends.
        """
        stamps, first = scene.stamps, np.datetime64(self.start or "0001-01-01", "D")
        inputs: tuple[Input, ...]
        if self.entity:
            closes = all_series(scene.market, "indices").get((self.entity,))
            track = _nothing() if closes is None else self._track_of(closes, first)
            fresh = np.zeros(len(stamps), dtype=bool)
            if closes is not None:
                fresh = ~np.isnan(closes.as_of(stamps, self.max_age_days).values)
            name, inputs = self.entity, scene.inputs("indices", (self.entity,))
        else:
            prices = basket_prices(scene, scene.destination)
            read = np.flatnonzero(~np.isnan(prices.index) & (scene.dates >= first))
            track = self._track(stamps[read], scene.dates[read], prices.index[read])
            fresh = np.ones(len(stamps), dtype=bool)
            name, inputs = f"index of {prices.label}", (prices.input,)
        row = np.searchsorted(track.known, stamps, side="right") - 1
        read_rows = fresh & (row >= 0)
        score, value = (
            np.where(read_rows, np.append(one, np.nan)[row], np.nan) for one in (track.is_bull, track.moved)
        )
        return Reading(
            stamps=stamps,
            value=value,
            score=score,
            origin=f"closes of {name}: bear to bull at +{self.rise:.3g}, bull to bear at -{self.fall:.3g} from the "
            f"extreme of the track, beginning as {self.initial}",
            value_label=f"{name} over the low or high that it was compared with, less 1",
            score_label="bull (1) or bear (0)",
            notes=(
                *self._notes(track, name, stamps),
                *_backwards(self.entity, scene.dates[scene.in_run & ~np.isnan(score)]),
            ),
            inputs=inputs,
        )

    def _track_of(self, closes: PointInTime, first: np.datetime64) -> "_Track":
        kept = closes.dates >= first
        return self._track(closes.known[kept], closes.dates[kept], closes.values[kept])

    def _track(self, known: NDArray[np.int64], dates: NDArray[np.datetime64], closes: NDArray[np.float64]) -> "_Track":
        days, place = np.unique(dates, return_inverse=True)
        is_bull, moved = (np.empty(len(closes)) for _ in range(2))
        extreme = np.empty(len(closes), dtype=np.int64)
        path = np.full(len(days), np.nan)
        begins_as_bull = self.initial == "bull"
        place = place.astype(np.int64)
        bull_bear_nb(place, closes, self.rise, self.fall, begins_as_bull, path, is_bull, moved, extreme)
        return _Track(known, dates, is_bull, moved, days[extreme])

    def _notes(self, track: "_Track", name: str, stamps: NDArray[np.int64]) -> tuple[str, ...]:
        """Tell the last switches known at the last stamp."""
        last = int(np.searchsorted(track.known, stamps[-1], side="right")) if len(stamps) else 0
        before = np.concatenate([[float(self.initial == "bull")], track.is_bull])[:last]
        at = np.flatnonzero(track.is_bull[:last] != before)
        if not len(at):
            return (f"{name} was a {self.initial} market all along, as stated.",) if last else ()
        told = [
            f"{'bull' if track.is_bull[i] else 'bear'} on {track.dates[i]} ({track.moved[i]:+.2%} from the close of "
            f"{track.extreme[i]})"
            for i in at[-N_TOLD:]
        ]
        these = "The last" if len(at) > N_TOLD else "All"
        switches = f"{these} {len(told)} of {len(at)} switches of {name}, by the close that showed them"
        return (f"{switches}: {'; '.join(told)}.",)


class _Track(NamedTuple):
    """The filter after each row, in the order in which closes became known; see `bull_bear_nb`."""

    known: NDArray[np.int64]
    dates: NDArray[np.datetime64]
    is_bull: NDArray[np.float64]
    moved: NDArray[np.float64]
    extreme: NDArray[np.datetime64]


def _nothing() -> _Track:
    """Give the track of an index of which nothing is known yet."""
    days, numbers = np.empty(0, dtype="datetime64[D]"), np.empty(0)
    return _Track(np.empty(0, dtype=np.int64), days, numbers, numbers, days)


def _backwards(index: str, dates: NDArray[np.datetime64]) -> tuple[str, ...]:
    """Say where closes are read that nobody had at the time."""
    launch = LAUNCHED.get(index)
    n = 0 if launch is None else int((dates < launch).sum())
    if not n:
        return ()
    said = f"{index} was launched on {launch}: its closes of before were calculated backwards"
    return (f"{said}, and {n} of {len(dates)} scores rest on nothing else.",)
