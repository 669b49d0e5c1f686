"""Streak and relative strength: up for weeks on end, or up more than the source (claim 5 of the market story)."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.adjustments import adjusted_close
from data.errors import DataError
from data.gaps import carried_forward
from data.market import MarketData
from strategies.errors import StrategyError
from strategies.signals.basket_prices import basket_prices, relative_index
from strategies.signals.kernels.tracks import streaks_nb
from strategies.signals.lags import lagged
from strategies.signals.reading import Input, Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds
from strategies.signals.weeks import Weeks, weeks_of_basket, weeks_of_name

N_TOLD = 4  # weeks that a note names


class StrengthSignal(Signal):
    """Streak or strength of a name or of the destination basket, as a section of a thesis.

    Attributes
    ----------
    kind : "strength"
    measure : {"streak", "return", "relative"}
        Weeks up in a row, weeks down below zero; total return over the lookback; log return of the destination
        basket less that of the source.
    entity : str
        A name with prices, such as "MCHI", for a streak or a return; empty: the destination basket's index.
    lookback : int
        Sessions of a return: of the name's own venue, and of the decision venue for baskets.

    Notes
    -----
    A week ends with its last session on the venue's calendar as it was known: with Thursday's close where Friday is a
    holiday, and only with the announcement where a storm took Friday away. A week without any close breaks a streak:
    there is no reading until the next one with both ends. A week without a session is no week.

    References
    ----------
    .. [1] Jegadeesh and Titman, "Returns to buying winners and selling losers", Journal of Finance, 1993.
    """

    kind: Literal["strength"] = "strength"
    measure: Literal["streak", "return", "relative"] = "streak"
    entity: str = ""
    lookback: Annotated[int, Field(ge=1, le=756)] = 20

    @model_validator(mode="after")
    def _of_baskets(self) -> "StrengthSignal":
        if self.entity and self.measure == "relative":
            raise ValueError("measure = 'relative' compares the baskets: leave entity empty")
        return self

    @property
    def usual(self) -> Thresholds:
        """Four weeks up, and one that is not; five percent, and none."""
        return Thresholds(4.0, 0.0) if self.measure == "streak" else Thresholds(0.05, 0.0)

    def check(self, market: MarketData) -> None:
        """Refuse a market that has no prices of the name.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
        """
        if self.entity:
            try:
                market.columns([self.entity])
            except DataError as error:
                raise StrategyError(f"signal.entity = {self.entity!r}: {error}") from error

    def read(self, scene: Scene) -> Reading:
        """Read the strength at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its score is its value.
        """
        notes: tuple[str, ...] = ()
        prices = None if self.entity else basket_prices(scene, scene.destination)
        name = self.entity if prices is None else f"index of {prices.label}"
        inputs: tuple[Input, ...] = (_input(scene, self.entity) if prices is None else prices.input,)
        if self.measure == "streak":
            weeks = weeks_of_name(scene.market, self.entity) if prices is None else weeks_of_basket(scene, prices)
            value, notes = _streak(weeks, scene.stamps), _told(weeks, scene.stamps, name)
            label, origin = "weeks up in a row (below 0: down)", f"weekly closes of {name}"
        elif self.measure == "relative":
            source = basket_prices(scene, scene.source)
            ratio = np.log(relative_index(scene))
            value = ratio - lagged(ratio, self.lookback)
            inputs = (*inputs, source.input)
            label = f"log return over {self.lookback} sessions less that of {source.label}"
            origin = f"{name} and {source.label}"
        else:
            value = (
                _own_return(scene, self.entity, self.lookback)
                if prices is None
                else np.expm1(np.log(prices.index) - lagged(np.log(prices.index), self.lookback))
            )
            label, origin = f"total return over {self.lookback} sessions", f"closes of {name}"
        return Reading(
            stamps=scene.stamps,
            value=value,
            score=value,
            origin=origin,
            value_label=label,
            score_label=label,
            notes=notes,
            inputs=inputs,
        )


def _streak(weeks: Weeks, stamps: NDArray[np.int64]) -> NDArray[np.float64]:
    streaks = np.empty(len(weeks.levels))
    streaks_nb(weeks.levels, streaks)
    return np.concatenate([[np.nan], streaks])[np.searchsorted(weeks.over, stamps, side="right")]


def _told(weeks: Weeks, stamps: NDArray[np.int64], name: str) -> tuple[str, ...]:
    """Tell the last weeks that were over at the last stamp."""
    n = int(np.searchsorted(weeks.over, stamps[-1], side="right")) if len(stamps) else 0
    moved = weeks.levels[1:n] / weeks.levels[: max(n - 1, 0)] - 1.0
    told = [
        f"{day} {move:+.2%}"
        for day, move in zip(weeks.last_dates[1:n][-N_TOLD:], moved[-N_TOLD:], strict=True)
        if not np.isnan(move)
    ]
    return (f"Last weeks of {name}, by their last session: {', '.join(told)}.",) if told else ()


def _own_return(scene: Scene, symbol: str, lookback: int) -> NDArray[np.float64]:
    """Give the return up to a name's last session, since its last close at or before the session `lookback` earlier.

    NaN where it has no close on the last session: an old one says nothing of now.
    """
    market = scene.market
    calendar = market.calendars[market.instruments[symbol].venue]
    closes = adjusted_close(market)[:, market.columns([symbol])]
    carried = np.concatenate([[np.nan], carried_forward(closes)[:, 0] if len(closes) else np.empty(0)])
    n_rows = np.searchsorted(market.dates, calendar.dates, side="right")  # dates up to each session
    session = np.searchsorted(calendar.closes, scene.stamps, side="right") - 1
    is_there = session >= lookback
    last, first = np.maximum(session, 0), np.maximum(session - lookback, 0)
    row = np.maximum(n_rows[last] - 1, 0)
    if len(closes):
        is_there &= (market.dates[row] == calendar.dates[last]) & ~np.isnan(closes[row, 0])
    found: NDArray[np.float64] = carried[n_rows[last]] / carried[n_rows[first]] - 1.0
    return np.where(is_there, found, np.nan)


def _input(scene: Scene, symbol: str) -> Input:
    """Say how far the closes of a name reach."""
    market = scene.market
    known = int(market.known_closes(scene.stamps[-1:], market.instruments[symbol].venue)[0]) if len(scene.stamps) else 0
    priced = np.flatnonzero(~np.isnan(market.close[:known, market.columns([symbol])[0]]))
    day = market.dates[priced[-1]] if len(priced) else np.datetime64("NaT", "D")
    return Input(name=f"closes of {symbol}", date=day)
