"""Laying out a run for the kernel."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.layout import Layout, lay_out, layout_key
from backtest.arrays.timeline import Rows, build_timeline
from backtest.arrays.tradable import last_prices, untradable
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Rules, Timeline, World
from data.costs.schedules import FeeRates
from data.kept import Kept
from data.market import MarketData

FILLS = {"next_open": state.NEXT_OPEN, "next_close": state.NEXT_CLOSE, "same_close": state.SAME_CLOSE}
SIZINGS = {"decision": state.AT_DECISION, "fill": state.AT_FILL_SIZE}
POLICIES = {"queue": state.QUEUE, "cancel": state.CANCEL, "basket": state.BASKET}
FX_MODES = {"at_fill": state.CONVERT_AT_FILL, "hold": state.HOLD_CURRENCY}
FUNDINGS = {"overlap": state.OVERLAP, "prefunded": state.PREFUNDED, "settled": state.SETTLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A layout with decisions: what happens when.

    Attributes
    ----------
    timeline : Timeline
    fx : ndarray of shape (n_events, n_currencies)
        Base per unit, 0 where unknown.
    begins, marks : ndarray of shape (n_rows,), int64
        The events at which each row begins and is marked.
    untradable : ndarray of shape (n_decisions, n_names), bool
        Names that no decision may want.
    """

    timeline: Timeline
    fx: NDArray[np.float64]
    begins: NDArray[np.int64]
    marks: NDArray[np.int64]
    untradable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run, ready for the kernel. All its arrays but the decisions are kept and used again: they are read-only.

    Attributes
    ----------
    names, venues, currencies : tuple of str
        In alphabetical order; positions are the kernel's indices.
    rows : Rows
    index : DatetimeIndex of length n_rows
        The rows' dates, naive midnights.
    decisions : ndarray of shape (n_decisions,), int64
    timeline : Timeline
    begins, marks : ndarray of shape (n_rows,), int64
        The events at which each row begins and is marked.
    untradable : ndarray of shape (n_decisions, n_names), bool
        Names that no decision may want: no price yet, suspended, delisted, or no exchange rate.
    world : World
    rules : Rules
    fees : tuple of FeeRates, length n_classes
        The kinds behind each fee class; empty under exact costs, whose kinds are those of the contract note.
    first_prices : ndarray of shape (n_names,)
        Last prices known before the first event, 0 where there is none.
    n_slots : int
        Size of the settlement ring.
    notes : tuple of str
        Assumptions and replacements that the report must state.
    """

    names: tuple[str, ...]
    venues: tuple[str, ...]
    currencies: tuple[str, ...]
    rows: Rows
    index: pd.DatetimeIndex
    decisions: NDArray[np.int64]
    timeline: Timeline
    begins: NDArray[np.int64]
    marks: NDArray[np.int64]
    untradable: NDArray[np.bool_]
    world: World
    rules: Rules
    fees: tuple[FeeRates, ...]
    first_prices: NDArray[np.float64]
    n_slots: int
    notes: tuple[str, ...]


_LAYOUTS = Kept[Layout](n_most=4)
_SCHEDULES = Kept[Schedule](n_most=8)


def prepare(market: MarketData, names: tuple[str, ...], decisions: NDArray[np.int64], config: RunConfig) -> Prepared:
    """Lay out everything a run reads.

    Parameters
    ----------
    market : MarketData
    names : tuple of str
        Alphabetical; names the run may trade.
    decisions : ndarray of shape (n_decisions,), int64
        Stamps, ascending.
    config : RunConfig

    Returns
    -------
    Prepared
        What does not depend on the decisions is kept for the next run on the market, and so is what depends on nothing
        else of the run.

    Raises
    ------
    BacktestError, StrategyError, DataError
        If a setting does not fit the market, a name may not be held, or a rate or a lot is missing.
    """
    key = (names, layout_key(config))
    layout = _LAYOUTS.get(market, key, lambda: _frozen_layout(market, names, config))
    at_open = config.fill == "next_open"
    schedule = _SCHEDULES.get(
        market,
        (key, decisions.tobytes(), at_open, config.watches),
        lambda: _schedule(market, names, layout, decisions, config, at_open=at_open),
    )
    return Prepared(
        names=names,
        venues=layout.venues,
        currencies=layout.currencies,
        rows=layout.rows,
        index=layout.index,
        decisions=decisions,
        timeline=schedule.timeline,
        begins=schedule.begins,
        marks=schedule.marks,
        untradable=schedule.untradable,
        world=layout.world._replace(fx=schedule.fx),
        rules=_rules(config, layout.currencies.index(config.base_currency), has_carry=layout.has_carry),
        fees=layout.fees,
        first_prices=layout.first_prices,
        n_slots=layout.n_slots,
        notes=layout.notes,
    )


def _frozen_layout(market: MarketData, names: tuple[str, ...], config: RunConfig) -> Layout:
    layout = lay_out(market, names, config)
    _freeze(layout.world)
    _freeze(layout.world.fees)
    _freeze(layout.world.actions)
    _freeze(tuple(getattr(layout.rows, one.name) for one in fields(layout.rows)))
    _freeze((layout.ex_rows, layout.ex_venues, layout.first_prices, *(one.rates for one in layout.fees)))
    return layout


def _schedule(
    market: MarketData,
    names: tuple[str, ...],
    layout: Layout,
    decisions: NDArray[np.int64],
    config: RunConfig,
    *,
    at_open: bool,
) -> Schedule:
    """Merge decisions into the events of a layout."""
    timeline = build_timeline(
        layout.rows, decisions, layout.ex_rows, layout.ex_venues, fills_at_open=at_open, watches=config.watches
    )
    rates = market.fx.rates_at(timeline.stamp, config.base_currency, layout.currencies)
    decided = market.fx.rates_at(decisions, config.base_currency, layout.currencies)[:, layout.world.currency]
    schedule = Schedule(
        timeline=timeline,
        fx=np.nan_to_num(rates, nan=0.0),
        begins=np.flatnonzero(timeline.kind == state.BEGIN),
        marks=np.flatnonzero(timeline.kind == state.MARK),
        untradable=untradable(last_prices(market, names, decisions), decisions, decided),
    )
    _freeze(timeline)
    _freeze((schedule.fx, schedule.begins, schedule.marks, schedule.untradable))
    return schedule


def _freeze(arrays: tuple[object, ...]) -> None:
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False


def _rules(config: RunConfig, base: int, *, has_carry: bool) -> Rules:
    return Rules(
        fill=FILLS[config.fill],
        sizing=SIZINGS[config.sizing],
        shut_market=POLICIES[config.shut_market],
        fx_mode=FX_MODES[config.fx],
        funding=FUNDINGS[config.funding],
        exact_costs=int(config.costs == "venue"),
        has_carry=int(has_carry),
        has_shorts=int(config.shorts),
        has_room=int(config.max_participation is not None),
        reinvests=int(config.dividends == "reinvest"),
        base=base,
        fx_spread=config.fx_spread_bps / 1e4 if config.charges_venue else 0.0,
        rebalance_band=config.rebalance_band,
        no_trade_band=config.no_trade_band,
        stop_drawdown=config.stop_drawdown,
        stop_days=-1 if config.stop_days is None else config.stop_days,
        maintenance_margin=config.maintenance_margin,
        max_gross=config.max_gross,
    )
