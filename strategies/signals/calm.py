"""Calm: how quiet a market is beside its own past; a gate for rules that fail in a storm."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from data.market import MarketData
from data.series.point_in_time import all_series
from data.series.tables import LONG_TABLES
from strategies.settings import window_fits
from strategies.signals.basket_prices import basket_prices
from strategies.signals.kernels.trailing import trailing_percentile_nb
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds, require_series

SESSIONS_PER_YEAR = 252


class CalmSignal(Signal):
    """One less the percentile of volatility, as a section of a thesis.

    Attributes
    ----------
    kind : "calm"
    entity : str
        An index of the indices file that is a volatility itself, such as "VIX"; empty: what the destination basket's
        own index did over the lookback.
    lookback : int
        Sessions of the decision venue whose log returns a volatility is taken of, about zero.
    history, min_history : int
        Sessions that the percentile looks back over, and readings it needs.
    max_age_days : int
        An older figure of the entity is no reading.

    References
    ----------
    .. [1] Moreira and Muir, "Volatility-managed portfolios", Journal of Finance, 2017.
    """

    kind: Literal["calm"] = "calm"
    entity: str = ""
    lookback: Annotated[int, Field(ge=5, le=756)] = 20
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 252
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["indices"].stale_after_days

    _window = model_validator(mode="after")(window_fits)

    @property
    def usual(self) -> Thresholds:
        """Quieter than on every other day; wilder than on four days of five."""
        return Thresholds(0.5, 0.2)

    @property
    def window(self) -> tuple[int, int]:
        """That of the percentile."""
        return self.history, self.min_history

    @property
    def score_range(self) -> tuple[float, float]:
        """One less a percentile."""
        return 0.0, 1.0

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
        """Read how calm it is at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its value is the volatility: of the index as it stands there, of the basket a year of 252 sessions.
        """
        if self.entity:
            found = all_series(scene.market, "indices").get((self.entity,))
            nothing = np.full(len(scene.stamps), np.nan)
            value = nothing if found is None else found.as_of(scene.stamps, self.max_age_days).values
            origin, label, inputs = self.entity, self.entity, scene.inputs("indices", (self.entity,))
        else:
            basket = basket_prices(scene, scene.destination)
            squares = np.full(len(scene.stamps), np.nan)
            squares[1:] = np.diff(np.log(basket.index)) ** 2
            value = np.full(len(squares), np.nan)
            if len(squares) >= self.lookback:
                windows = np.lib.stride_tricks.sliding_window_view(squares, self.lookback)
                value[self.lookback - 1 :] = np.sqrt(windows.mean(axis=1) * SESSIONS_PER_YEAR)
            origin, inputs = f"the index of {basket.label}", (basket.input,)
            label = f"volatility of {self.lookback} sessions, a year"
        rank = np.empty(len(value))
        trailing_percentile_nb(value, self.history, self.min_history, rank)
        return Reading(
            stamps=scene.stamps,
            value=value,
            score=1.0 - rank,
            origin=f"volatility of {origin}",
            value_label=label,
            score_label=f"1 - percentile of {self.history} sessions",
            inputs=inputs,
        )
