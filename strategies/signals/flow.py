"""Flow momentum: money moving into the destination faster than usual (claim 1 of the market story).

From a flows file where there is one; else from the signed-dollar-volume proxy, which is price times volume, at the
price as traded where it is known, with the sign of the day's total return. The proxy follows prices closely (0.7 with
the week's own return for China ETFs), so it is shown beside plain momentum, never as a flow; the scale "residual" takes
out what returns explain.
"""

import math
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.series.breaks import crossed
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LONG_TABLES
from strategies.errors import StrategyError
from strategies.settings import CASH
from strategies.signals.basket_prices import basket_prices
from strategies.signals.kernels import residual_zscore_nb, trailing_high_nb, trailing_zscore_nb
from strategies.signals.reading import Reading
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

    @model_validator(mode="after")
    def _window(self) -> "FlowSignal":
        if self.min_history > self.history:
            raise ValueError(f"min_history {self.min_history} is above history {self.history}")
        return self

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
        """Read flow momentum; see `read_flow`.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
        """
        return read_flow(
            scene,
            lookback=self.lookback,
            history=self.history,
            min_history=self.min_history,
            kind=self.input,
            source_entity=self.source_entity,
            destination_entity=self.destination_entity,
            source_funds=self.source_funds,
            destination_funds=self.destination_funds,
            max_age_days=self.max_age_days,
            after_break=self.after_break,
            net=self.net,
            scale=self.scale,
            high_sessions=self.high_sessions,
        )


def read_flow(
    scene: Scene,
    *,
    lookback: int,
    history: int,
    min_history: int,
    kind: str = "auto",
    source_entity: str = "US",
    destination_entity: str = "CHINA",
    source_funds: tuple[str, ...] = (),
    destination_funds: tuple[str, ...] = (),
    max_age_days: int = LONG_TABLES["flows"].stale_after_days,
    after_break: str = "refuse",
    net: str = "difference",
    scale: str = "zscore",
    high_sessions: int = 84,
) -> Reading:
    """Read flow momentum at every close of the decision venue.

    Parameters
    ----------
    scene : Scene
    lookback : int
        Sessions of the decision venue that a flow is summed over.
    history, min_history : int
        Sessions of the trailing z-score, and readings it needs.
    kind : {"auto", "flows", "volume"}
        "auto": the flows file if it has the destination when the run starts, else the proxy.
    source_entity, destination_entity : str
        Names in the flows file.
    source_funds, destination_funds : tuple of str
        Funds to take the proxy from where the market has their volume, instead of the members.
    max_age_days : int
        A recorded flow is no reading where its last figure is older.
    after_break : {"refuse", "hold"}
        What to do where a publisher stopped a series before the run ends. "hold": read it up to there.
    net : {"difference", "destination"}
        "destination": the flow into the source is not read.
    scale : {"zscore", "residual", "high"}
    high_sessions : int
        Sessions of a high.

    Returns
    -------
    Reading
        Its value is destination less source over the lookback: USD from a flows file; from the proxy, average over the
        members of signed traded value in days of each one's usual traded value. Its score is the z-score of that on the
        trailing history; or that of the residuals of a regression on the log returns of the same names over the
        lookback and over the one before [1]_, estimated at each close on the history that ends there; or 1 less the
        part of the readings of the last sessions above it, where nine tenths of those have one.

    Raises
    ------
    StrategyError
        If a flows file is asked for and does not have the destination, or the run goes on after the publisher of a
        series stopped it.

    Notes
    -----
    In the proxy every name counts in units of its own usual traded value, so that adjusting a price history
    by a constant moves nothing.

    References
    ----------
    .. [1] Froot, O'Connell and Seasholes, "The portfolio flows of international investors", Journal of Financial
       Economics, 2001.
    """
    market, stamps, dates = scene.market, scene.stamps, scene.dates
    flows = market.table("flows")
    # What is known when the run starts decides between file and proxy: one that begins later must not change the past.
    started = market.start.astype("datetime64[ns]").astype(np.int64)
    recorded = set(flows.loc[flows["known"] <= started, "entity"]) if len(flows) else set()
    if kind == "flows" and destination_entity not in recorded:
        raise StrategyError(
            f"signal.input = 'flows', but at the start, {market.start}, the market's flows have no entity "
            f"{destination_entity!r}"
            + (
                f" (they have {', '.join(sorted(recorded))})."
                if recorded
                else ": it has no flows file, or a later one."
            )
        )
    notes = list[str]()
    is_recorded = kind != "volume" and destination_entity in recorded
    named: Sides = ((scene.destination, destination_funds), (scene.source, source_funds))
    named = named[:1] if net == "destination" else named
    if is_recorded:
        series, in_run = all_series(market, "flows"), scene.in_run
        entities = [
            destination_entity,
            *([source_entity] if source_entity in recorded and net != "destination" else []),
        ]
        read = []
        for entity in entities:
            whole = _until_break(series[entity,], market.last_day, after_break, notes)
            read.append(recorded_flow(whole, stamps, lookback, max_age_days))
            notes += _gaps(whole, stamps[in_run], dates[in_run], max_age_days)
        flow = read[0] - read[1] if len(read) > 1 else read[0]
        named = named[: len(read)]
        origin = f"flows file, {' less '.join(entities)}"
        inputs = scene.inputs("flows", *((entity,) for entity in entities))
    else:
        sides = [proxy_flow(scene, universe, funds, lookback) for universe, funds in named]
        flow = sides[0].flow - sides[1].flow if len(sides) > 1 else sides[0].flow
        origin = f"signed-dollar-volume proxy of {sides[0].label}" + (
            f" less {sides[1].label}" if len(sides) > 1 and scene.source != CASH else ""
        )
        inputs = tuple(one.input for one in sides if one.label != CASH)
    score = np.empty(len(flow))
    if scale == "zscore":
        trailing_zscore_nb(flow, history, min_history, np.empty((2, len(flow))), score)
    elif scale == "residual":
        returns = own_returns(scene, named, lookback)
        residual_zscore_nb(flow, returns, lagged(returns, lookback), history, min_history, score)
    else:
        trailing_high_nb(flow, high_sessions, math.ceil(MOST * high_sessions), score)
    return Reading(
        stamps=stamps,
        value=flow,
        score=score,
        origin=origin,
        value_label=f"net flow of {lookback} sessions, {'USD' if is_recorded else 'days of usual turnover'}",
        score_label={
            "zscore": f"z-score of {history} sessions",
            "residual": f"z-score of {history} sessions of what returns do not explain",
            "high": f"1 - part of {high_sessions} sessions above",
        }[scale],
        notes=tuple(notes),
        inputs=inputs,
    )


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
    logs = []
    for universe, funds in sides:
        present = tuple(sorted(fund for fund in funds if fund in scene.market.symbols))
        logs.append(np.log(basket_prices(scene, present or universe).index))
    level = logs[0] - logs[1] if len(logs) > 1 else logs[0]
    return level - lagged(level, lookback)


def lagged(values: NDArray[np.float64], lag: int) -> NDArray[np.float64]:
    """Give what was read some sessions before.

    Parameters
    ----------
    values : ndarray of shape (n,)
    lag : int

    Returns
    -------
    ndarray of shape (n,)
        NaN in the first rows.
    """
    before = np.full(len(values), np.nan)
    before[lag:] = values[: max(len(values) - lag, 0)]
    return before


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


def _gaps(flow: PointInTime, stamps: NDArray[np.int64], dates: NDArray[np.datetime64], max_age_days: int) -> list[str]:
    """Say where the last figure of a series is too old to be a reading."""
    found = flow.as_of(stamps, max_age_days)
    old = np.flatnonzero(found.ages > max_age_days)
    if not len(old):
        return []
    told = (
        f"The last flow of {flow.key[0]} is over {max_age_days} days old at {len(old)} of {len(stamps)} closes, from "
        f"{dates[old[0]]} to {dates[old[-1]]}: no reading there (signal.max_age_days)."
    )
    return [told]


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
