"""Flow momentum: money moving into the destination faster than usual (claim 1 of the market story).

From a flows file where there is one; else from the signed-dollar-volume proxy, which is price times volume, at the
price as traded where it is known, with the sign of the day's total return. The proxy follows prices closely (0.7 with
the week's own return for China ETFs), so it is shown beside plain momentum, never as a flow; the scale "residual" takes
out what returns explain.
"""

import math
from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.market import MarketData
from data.series.breaks import crossed
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LONG_TABLES
from strategies.errors import StrategyError
from strategies.settings import CASH, window_fits
from strategies.signals.ages import told_of_age
from strategies.signals.basket_prices import basket_prices
from strategies.signals.kernels.trailing import residual_zscore_nb, trailing_high_nb, trailing_zscore_nb
from strategies.signals.lags import lagged
from strategies.signals.reading import Input, Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal, Thresholds
from strategies.signals.turnover import proxy_flow

Scale = Literal["zscore", "residual", "high"]
Sides = tuple[tuple[str | tuple[str, ...], tuple[str, ...]], ...]  # universe, and the funds that stand for it
MOST = 0.9  # of the sessions of a high: holidays of another venue are fewer


class FlowSignal(Signal):
    """Flow momentum, as a section of a thesis.

    Attributes
    ----------
    kind : "flow"
    input : {"auto", "flows", "volume"}
    net : {"difference", "destination"}
        Flow into the destination less that into the source, or the former alone.
    scale : {"zscore", "residual", "high"}
        The score: z-score on the trailing history; z-score of what the returns of the same names over the lookback and
        over the one before do not explain; 1 less the part of the last `high_sessions` readings that are above the
        present one, so that 1 is the highest of them.
    lookback : int
        Sessions of the decision venue: 5 for a week.
    history, min_history : int
        Sessions of the trailing z-score, and of the regression: three years, once one year is there.
    high_sessions : int
        Sessions of a high: 84 are four months.
    source_entity, destination_entity : str
        Names in the flows file.
    source_funds, destination_funds : tuple of str
        Funds for the proxy.
    max_age_days : int
        A flow whose last figure is older is no reading: 14 days suit weekly figures published a week later; monthly
        ones need 45.
    after_break : {"refuse", "hold"}
        What to do with a series whose publisher stopped it before the run ends: refuse to run, or read it up to
        there; once its last figure is old there is no reading and the share stays as it was.

    Notes
    -----
    In the proxy every name counts in units of its own usual traded value, so that adjusting a price history by a
    constant moves nothing. The regression of "residual" is on log returns, as flows follow and foretell them [1]_, and
    is estimated at each close on the history that ends there. A high needs nine tenths of its readings.

    References
    ----------
    .. [1] Froot, O'Connell and Seasholes, "The portfolio flows of international investors", Journal of Financial
       Economics, 2001.
    """

    kind: Literal["flow"] = "flow"
    input: Literal["auto", "flows", "volume"] = "auto"
    net: Literal["difference", "destination"] = "difference"
    scale: Scale = "zscore"
    lookback: Annotated[int, Field(ge=1, le=756)] = 20
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 252
    high_sessions: Annotated[int, Field(ge=5)] = 84
    source_entity: str = "US"
    destination_entity: str = "CHINA"
    source_funds: tuple[str, ...] = ()
    destination_funds: tuple[str, ...] = ()
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["flows"].stale_after_days
    after_break: Literal["refuse", "hold"] = "refuse"

    _window = model_validator(mode="after")(window_fits)

    @property
    def usual(self) -> Thresholds:
        """One standard deviation, until the mean; or the highest reading, until it is below half of them."""
        return Thresholds(1.0, 0.5) if self.scale == "high" else Thresholds(1.0, 0.0)

    @property
    def score_range(self) -> tuple[float, float]:
        """A part of readings is between 0 and 1; a z-score has no bounds."""
        return (0.0, 1.0) if self.scale == "high" else (-math.inf, math.inf)

    @property
    def window(self) -> tuple[int, int]:
        """That of the z-score, or of the high."""
        if self.scale == "high":
            return self.high_sessions, math.ceil(MOST * self.high_sessions)
        return self.history, self.min_history

    # What a flows file has to have is known when the run starts, and `read` refuses it then: any market passes `check`.
    def read(self, scene: Scene) -> Reading:
        """Read flow momentum at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its value is destination less source over the lookback: USD from a flows file; from the proxy, average over
            the members of signed traded value in days of each one's usual traded value, which is the average of the
            last 252 sessions. With the scale "residual" its value is its score.

        Raises
        ------
        StrategyError
            If a flows file is asked for and does not have the destination, or the run goes on after the publisher of a
            series stopped it.
        """
        recorded = self._recorded(scene.market)
        net = self._from_file(scene, recorded) if recorded else self._from_volume(scene)
        flow, score, lacking = net.flow, np.empty(len(net.flow)), ""
        if self.scale == "zscore":
            trailing_zscore_nb(flow, self.history, self.min_history, np.empty((2, len(flow))), score)
        elif self.scale == "residual":
            returns = own_returns(scene, net.sides, self.lookback)
            before = lagged(returns, self.lookback)
            residual_zscore_nb(flow, returns, before, self.history, self.min_history, score)
            n = int((~np.isnan(flow + returns + before))[-self.history :].sum())
            if n < self.min_history:
                lacking = f"{n} readings in the last {self.history} sessions, where {self.min_history} are needed"
        else:
            trailing_high_nb(flow, self.high_sessions, math.ceil(MOST * self.high_sessions), score)
        score_label = {
            "zscore": f"z-score of {self.history} sessions",
            "residual": f"z-score of {self.history} sessions of what returns do not explain",
            "high": f"1 - part of {self.high_sessions} sessions above",
        }[self.scale]
        # Of a residual the flow itself would be shown, and ranked, as if returns were not taken out.
        is_residual = self.scale == "residual"
        return Reading(
            stamps=scene.stamps,
            value=score if is_residual else flow,
            score=score,
            origin=net.origin,
            value_label=score_label if is_residual else f"net flow of {self.lookback} sessions, {net.unit}",
            score_label=score_label,
            notes=net.notes,
            inputs=net.inputs,
            lacking=lacking,
        )

    def _recorded(self, market: MarketData) -> tuple[str, ...]:
        """Name the entities to read in the flows file; none: the proxy is read.

        What is known when the run starts decides: a file that begins later must not change the past.
        """
        flows, started = market.table("flows"), market.start.astype("datetime64[ns]").astype(np.int64)
        have = set(flows.loc[flows["known"] <= started, "entity"]) if len(flows) else set()
        if self.input == "flows" and self.destination_entity not in have:
            known = f" (they have {', '.join(sorted(have))})" if have else ": it has no flows file, or a later one"
            raise StrategyError(
                f"signal.input = 'flows', but at the start, {market.start}, the market's flows have no entity "
                f"{self.destination_entity!r}{known}."
            )
        if self.input == "volume" or self.destination_entity not in have:
            return ()
        is_alone = self.net == "destination" or self.source_entity not in have
        return (self.destination_entity,) if is_alone else (self.destination_entity, self.source_entity)

    @property
    def _funds(self) -> tuple[tuple[str, ...], ...]:
        """Funds of the destination, and of the source where its flow is read."""
        return (self.destination_funds, self.source_funds)[: 1 if self.net == "destination" else 2]

    def _from_file(self, scene: Scene, entities: tuple[str, ...]) -> "_Net":
        series, notes, read = all_series(scene.market, "flows"), list[str](), []
        for entity in entities:
            whole = _until_break(series[entity,], scene.market.last_day, self.after_break, notes)
            read.append(recorded_flow(whole, scene.stamps, self.lookback, self.max_age_days))
            ages = whole.as_of(scene.stamps, self.max_age_days).ages
            notes += told_of_age(f"flow of {entity}", ages, scene, self.max_age_days)
        return _Net(
            flow=read[0] - read[1] if len(read) > 1 else read[0],
            unit="USD",
            sides=tuple(zip((scene.destination, scene.source), self._funds, strict=False))[: len(read)],
            origin=f"flows file, {' less '.join(entities)}",
            inputs=scene.inputs("flows", *((entity,) for entity in entities)),
            notes=tuple(notes),
        )

    def _from_volume(self, scene: Scene) -> "_Net":
        sides = tuple(zip((scene.destination, scene.source), self._funds, strict=False))
        read = [proxy_flow(scene, universe, funds, self.lookback) for universe, funds in sides]
        return _Net(
            flow=read[0].flow - read[1].flow if len(read) > 1 else read[0].flow,
            unit="days of usual turnover",
            sides=sides,
            origin="signed-dollar-volume proxy of " + " less ".join(one.label for one in read if one.label != CASH),
            inputs=tuple(one.input for one in read if one.label != CASH),
        )


class _Net(NamedTuple):
    """Destination less source, and what it was read from."""

    flow: NDArray[np.float64]
    unit: str
    sides: Sides
    origin: str
    inputs: tuple[Input, ...]
    notes: tuple[str, ...] = ()


def own_returns(scene: Scene, sides: Sides, lookback: int) -> NDArray[np.float64]:
    """Give the log return over a lookback of the names that a flow goes into, of the first side less the second.

    Parameters
    ----------
    scene : Scene
    sides : tuple of (universe, funds)
        Of a side its funds are taken where the market has any of them, as by `proxy_flow`.
    lookback : int
        Sessions of the decision venue.

    Returns
    -------
    ndarray of shape (n,)
        Of equal weights, rebalanced at every close; NaN before the lookback is full.
    """
    logs = list[NDArray[np.float64]]()
    for universe, funds in sides:
        present = tuple(sorted(fund for fund in funds if fund in scene.market.symbols))
        logs.append(np.log(basket_prices(scene, present or universe).index))
    level: NDArray[np.float64] = logs[0] - logs[1] if len(logs) > 1 else logs[0]
    return level - lagged(level, lookback)


def _until_break(flow: PointInTime, last_day: np.datetime64, after_break: str, notes: list[str]) -> PointInTime:
    """Refuse a series that ends before the run does, or end it where its publisher did."""
    entity = flow.key[0]
    for one in crossed("flows", entity, flow.dates.min(), last_day):
        end = f"{entity} ends with {one.last_date}: {one.what} ({one.status})"
        if after_break != "hold":
            raise StrategyError(
                f"{end}. The run goes on to {last_day}: end it by then, name another entity in the signal, or set "
                "signal.input = 'volume', or signal.after_break = 'hold' for no reading once the last figure is old."
            )
        notes.append(f"{end}. Later rows are not read (signal.after_break = 'hold').")
        kept = flow.dates <= one.last_date
        flow = replace(flow, known=flow.known[kept], dates=flow.dates[kept], values=flow.values[kept])
    return flow


def recorded_flow(
    flow: PointInTime, stamps: NDArray[np.int64], lookback: int, max_age_days: int
) -> NDArray[np.float64]:
    """Sum a recorded flow over what became known in the last sessions.

    Parameters
    ----------
    flow : PointInTime
    stamps : ndarray of shape (n,), int64
        Closes, UTC nanoseconds.
    lookback : int
        Sessions.
    max_age_days : int

    Returns
    -------
    ndarray of shape (n,)
        NaN before the lookback is full, where nothing became known in it, and where the last figure is too old.
    """
    # A later figure for the same date revises the earlier one: only the difference is new.
    values = pd.Series(flow.values)
    new = values - values.groupby(flow.dates).shift(fill_value=0.0)
    known, total = flow.known, np.concatenate([[0.0], np.cumsum(new.to_numpy())])
    last = np.searchsorted(known, stamps, side="right")
    first = np.concatenate([np.zeros(min(lookback, len(stamps)), dtype=last.dtype), last[:-lookback]])
    summed = total[last] - total[first]
    summed[last == first] = np.nan
    summed[:lookback] = np.nan
    summed[np.isnan(flow.as_of(stamps, max_age_days).values)] = np.nan
    return np.asarray(summed, dtype=np.float64)
