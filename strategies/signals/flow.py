"""Flow momentum: money moving into the destination faster than usual (claim 1 of the market story).

From a flows file where there is one; else from the signed-dollar-volume proxy, which is price times volume, at the
price as traded where it is known, with the sign of the day's total return. The proxy follows prices closely (0.7 with
the week's own return for China ETFs), so it is shown beside plain momentum, never as a flow.
"""

import math
from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.adjustments import adjusted_close, traded_value
from data.kept import Kept
from data.market import MarketData
from data.series.breaks import crossed
from data.series.point_in_time import PointInTime, all_series
from data.series.tables import LONG_TABLES
from strategies.errors import StrategyError
from strategies.membership import Membership, membership
from strategies.settings import Section
from strategies.signals.kernels import trailing_zscore_nb
from strategies.signals.reading import Reading

# Sessions that a name's usual traded value is averaged over, and the fewest that will do.
USUAL_SESSIONS, MIN_USUAL_SESSIONS = 252, 20


class FlowSignal(Section):
    """Flow momentum, as a section of a thesis.

    Attributes
    ----------
    kind : "flow"
    input : {"auto", "flows", "volume"}
    lookback : int
        Sessions of the decision venue.
    history, min_history : int
        Sessions of the trailing z-score: three years, once one year is there.
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
    lookback: Annotated[int, Field(ge=1, le=756)] = 20
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 252
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
    def score_range(self) -> tuple[float, float]:
        """A z-score has no bounds."""
        return -math.inf, math.inf

    def knows_prices(self, market: MarketData) -> bool:  # noqa: ARG002
        """Say that a flow knows no prices.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        bool
        """
        return False

    def check(self, market: MarketData) -> None:
        """Accept any market: what a flows file has to have is known when the run starts, and `read` refuses it then.

        Parameters
        ----------
        market : MarketData
        """

    def read(self, market: MarketData, venue: str, source: str | list[str], destination: str | list[str]) -> Reading:
        """Read flow momentum; see `read_flow`.

        Parameters
        ----------
        market : MarketData
        venue : str
        source, destination : str or list of str

        Returns
        -------
        Reading
        """
        return read_flow(
            market,
            venue,
            source=source,
            destination=destination,
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
        )


def read_flow(
    market: MarketData,
    venue: str,
    *,
    source: str | list[str],
    destination: str | list[str],
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
) -> Reading:
    """Read flow momentum at every close of the decision venue.

    Parameters
    ----------
    market : MarketData
    venue : str
        Decision venue; its sessions make the grid.
    source, destination : str or list of str
        Universes.
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

    Returns
    -------
    Reading
        Its value is destination less source over the lookback: USD from a flows file; from the proxy, average over the
        members of signed traded value in days of each one's usual traded value. Its score is the z-score of that on the
        trailing history.

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
    calendar = market.calendars[venue]
    inside = (calendar.dates >= market.dates[0]) & (calendar.dates <= market.end)
    stamps, dates = calendar.closes[inside], calendar.dates[inside]
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
    if is_recorded:
        series, in_run = all_series(market, "flows"), dates >= market.start
        entities = [destination_entity, *([source_entity] if source_entity in recorded else [])]
        read = []
        for entity in entities:
            whole = _until_break(series[entity,], market.last_day, after_break, notes)
            read.append(_recorded(whole, stamps, lookback, max_age_days))
            notes += _gaps(whole, stamps[in_run], dates[in_run], max_age_days)
        flow = read[0] - read[1] if len(read) > 1 else read[0]
        origin = f"flows file, {' less '.join(entities)}"
    else:
        sides = [
            _proxy(market, universe, funds, venue, stamps, dates, lookback)
            for universe, funds in ((destination, destination_funds), (source, source_funds))
        ]
        flow = sides[0][0] - sides[1][0]
        origin = f"signed-dollar-volume proxy of {sides[0][1]} less {sides[1][1]}"
    score = np.empty(len(flow))
    trailing_zscore_nb(flow, history, min_history, np.empty((2, len(flow))), score)
    return Reading(
        stamps=stamps,
        value=flow,
        score=score,
        origin=origin,
        value_label=f"net flow of {lookback} sessions, {'USD' if is_recorded else 'days of usual turnover'}",
        score_label=f"z-score of {history} sessions",
        relative_price=np.full(len(stamps), np.nan),
        notes=tuple(notes),
    )


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


def _recorded(flow: PointInTime, stamps: NDArray[np.int64], lookback: int, max_age_days: int) -> NDArray[np.float64]:
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


class _Turnover(NamedTuple):
    """What the proxy needs of every name of a basket at the closes of a venue, whatever the lookback.

    Attributes
    ----------
    label : str
        Of the basket.
    usable : ndarray of shape (n, n_names), bool
        Counted there, with a usual traded value.
    signed : ndarray of shape (n, n_names)
        Running sum of traded value with the sign of the day's total return.
    usual : ndarray of shape (n, n_names)
        Traded value of a usual day.
    n_days : ndarray of shape (n, n_names), int64
        Days with a price and a volume so far.
    """

    label: str
    usable: NDArray[np.bool_]
    signed: NDArray[np.float64]
    usual: NDArray[np.float64]
    n_days: NDArray[np.intp]


_TURNOVER = Kept[_Turnover](n_most=8)  # both sides of the thesis, and of a few variants of its baskets


def _proxy(
    market: MarketData,
    universe: str | list[str],
    funds: tuple[str, ...],
    venue: str,
    stamps: NDArray[np.int64],
    dates: NDArray[np.datetime64],
    lookback: int,
) -> tuple[NDArray[np.float64], str]:
    named = universe if isinstance(universe, str) else tuple(universe)
    found = _TURNOVER.get(market, (venue, named, funds), lambda: _turnover(market, universe, funds, stamps, dates))
    moved = found.signed - _lagged(found.signed, lookback)
    enough = found.usable & (found.n_days - _lagged(found.n_days, lookback) >= max(1, lookback // 2))
    enough[:lookback] = False
    days = np.divide(moved, found.usual, out=np.zeros_like(moved), where=enough)
    n_names, total = enough.sum(axis=1), days.sum(axis=1)
    return np.divide(total, n_names, out=np.full(len(stamps), np.nan), where=n_names > 0), found.label


def _turnover(
    market: MarketData,
    universe: str | list[str],
    funds: tuple[str, ...],
    stamps: NDArray[np.int64],
    dates: NDArray[np.datetime64],
) -> _Turnover:
    present = [fund for fund in funds if fund in market.symbols]
    if present:
        symbols = tuple(sorted(present))
        counted = np.ones((len(stamps), len(symbols)), dtype=bool)
        label = "+".join(symbols)
    else:
        members: Membership = membership(market, universe, stamps, dates, seasoning=1, to_hold=False)
        symbols, counted = members.symbols, members.eligible
        label = universe if isinstance(universe, str) else "+".join(universe)
    close, value = adjusted_close(market), traded_value(market)
    signed, usual = np.zeros(counted.shape), np.zeros(counted.shape)
    n_days = np.zeros(counted.shape, dtype=np.intp)
    known_at = {one: market.known_closes(stamps, one) for one in market.venues(symbols)}
    for i, column in enumerate(market.columns(symbols)):
        rows = np.flatnonzero(~np.isnan(close[:, column]) & ~np.isnan(value[:, column]))
        if len(rows) < 2:
            continue
        traded = value[rows, column]
        sign = np.sign(np.diff(close[rows, column], prepend=close[rows[0], column]))
        last = np.searchsorted(rows, known_at[market.instruments[symbols[i]].venue])
        size = np.concatenate([[0.0], np.cumsum(traded)])
        begin = np.maximum(last - USUAL_SESSIONS, 0)
        n_usual = last - begin
        enough = n_usual >= MIN_USUAL_SESSIONS
        np.divide(size[last] - size[begin], n_usual, out=usual[:, i], where=enough)
        signed[:, i] = np.concatenate([[0.0], np.cumsum(sign * traded)])[last]
        n_days[:, i] = last
    usable = counted & (usual > 0)
    return _Turnover(label, *map(_read_only, (usable, signed, usual, n_days)))


def _lagged(values: NDArray[Any], lag: int) -> NDArray[Any]:
    """Give what was there some rows before; before the first one nothing had been summed."""
    before = np.zeros_like(values)
    before[lag:] = values[:-lag]
    return before


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    values.flags.writeable = False
    return values
