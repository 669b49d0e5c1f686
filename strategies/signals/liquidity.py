"""Liquidity: policy rates that fall on both sides at once, the "dual dividend" (claim 13 of the market story).

A side without a rate has no say, and then there is no score: easing that is seen on one side only is not a dual one.
"""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.dates import NS_PER_DAY
from data.market import MarketData
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LONG_TABLES
from strategies.errors import StrategyError
from strategies.signals.ages import told_of_age
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal

Names = Annotated[tuple[str, ...], Field(min_length=1)]
SAME = 1e-9  # of rates in percent: 4.6 - 4.5 is below 0.1 by the last bit
SIDES = ("source", "destination")


class LiquiditySignal(Signal):
    """Policy rates of both sides, as a section of a thesis.

    A side has eased where its rate is lower than `lookback_days` ago by `step` or more, and tightened where it is
    higher by as much. The score is the number of sides that eased less those that tightened, over 2: 1 where both
    eased, 0 where nothing moved or they went against each other. There is none where either side has no rate known, or
    one that is too old, now or then.

    Attributes
    ----------
    kind : "liquidity"
    source_series, destination_series : tuple of str
        Names in the rates file, percent a year; at each close the first that can be read there. By default the policy
        rates of the mainland, the loan prime rate, the medium-term facility and the seven-day reverse repo, and
        the overnight SHIBOR for want of them: it is no policy rate and moves by more than a step by itself.
    lookback_days : int
        Calendar days.
    step : float
        Percentage points.
    max_age_days : int
        A rate whose date is longer ago is no reading.
    """

    kind: Literal["liquidity"] = "liquidity"
    source_series: Names = ("US_FED_FUNDS",)
    destination_series: Names = ("CN_LPR_1Y", "CN_MLF_1Y", "CN_REPO_7D", "CN_SHIBOR_ON")
    lookback_days: Annotated[int, Field(ge=1)] = 180
    step: Annotated[float, Field(gt=0)] = 0.1
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["rates"].stale_after_days

    @model_validator(mode="after")
    def _apart(self) -> "LiquiditySignal":
        both = set(self.source_series) & set(self.destination_series)
        if both:
            raise ValueError(f"source_series and destination_series both name {min(both)!r}")
        return self

    @property
    def score_range(self) -> tuple[float, float]:
        """Both tightened, to both eased."""
        return -1.0, 1.0

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has a rate of one of the sides.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming the side without data, and the rates there are.
        """
        have = [key[0] for key in all_series(market, "rates")]
        for side in SIDES:
            names = self._names(side)
            if not set(names) & set(have):
                raise StrategyError(
                    f"signal.{side}_series = {', '.join(names)}: market {market.name!r} has no data for the {side}'s "
                    f"side, and easing on one side alone is not read. It has: {', '.join(have) or 'no rates'}."
                )

    def read(self, scene: Scene) -> Reading:
        """Read both sides at every close of the decision venue.

        Parameters
        ----------
        scene : Scene
            The names of its baskets are not read: the series stand for them.

        Returns
        -------
        Reading
            Its value is the mean change of both rates, percentage points.
        """
        found = {key[0]: one for key, one in all_series(scene.market, "rates").items()}
        changes, notes, used = [], list[str](), list[tuple[str, ...]]()
        for side in SIDES:
            present = [name for name in self._names(side) if name in found]
            used += [(name,) for name in present or self._names(side)[:1]]
            changes.append(self._change([found[name] for name in present], scene.stamps))
            ages = [found[name].as_of(scene.stamps).ages for name in present]
            if ages:
                youngest = np.fmin.reduce(ages)
                notes += told_of_age(f"rate of the {side} ({', '.join(present)})", youngest, scene, self.max_age_days)
        moved = np.stack(changes)
        steps = np.where(np.abs(moved) >= self.step - SAME, -np.sign(moved), 0.0)
        score = np.where(np.isnan(moved).any(axis=0), np.nan, steps.mean(axis=0))
        return Reading(
            stamps=scene.stamps,
            value=moved.mean(axis=0),
            score=score,
            origin="rates " + " and ".join(", else ".join(self._names(side)) for side in SIDES),
            value_label=f"mean change of both rates over {self.lookback_days} days, percentage points",
            score_label="sides that eased less sides that tightened, over 2",
            notes=tuple(notes),
            inputs=scene.inputs("rates", *used),
        )

    def _names(self, side: str) -> tuple[str, ...]:
        return self.source_series if side == "source" else self.destination_series

    def _change(self, rates: list[PointInTime], stamps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the change of the first rate that is known both now and then."""
        change = np.full(len(stamps), np.nan)
        for one in rates:
            now = one.as_of(stamps, self.max_age_days).values
            then = one.as_of(stamps - self.lookback_days * NS_PER_DAY, self.max_age_days).values
            change = np.where(np.isnan(change), now - then, change)
        return change
