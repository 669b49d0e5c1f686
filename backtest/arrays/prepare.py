"""Laying out a run for the kernel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.accruals import carry, interest, settlement_slots
from backtest.arrays.costs import trade_costs
from backtest.arrays.events import ex_dates
from backtest.arrays.timeline import Rows, build_timeline, run_rows
from backtest.arrays.trading import barred_by_limits, board_lots, session_prices
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Rules, Timeline, World
from data.costs.schedules import FeeRates
from data.errors import DataError
from data.market import MarketData
from strategies.errors import StrategyError

FILLS = {"next_open": state.NEXT_OPEN, "next_close": state.NEXT_CLOSE, "same_close": state.SAME_CLOSE}
SIZINGS = {"decision": state.AT_DECISION, "fill": state.AT_FILL_SIZE}
POLICIES = {"queue": state.QUEUE, "cancel": state.CANCEL, "basket": state.BASKET}
FX_MODES = {"at_fill": state.CONVERT_AT_FILL, "hold": state.HOLD_CURRENCY}
FUNDINGS = {"overlap": state.OVERLAP, "prefunded": state.PREFUNDED, "settled": state.SETTLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run, ready for the kernel.

    Attributes
    ----------
    names, venues, currencies : tuple of str
        In alphabetical order; positions are the kernel's indices.
    rows : Rows
    decisions : ndarray of shape (n_decisions,), int64
    timeline : Timeline
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
    decisions: NDArray[np.int64]
    timeline: Timeline
    world: World
    rules: Rules
    fees: tuple[FeeRates, ...]
    first_prices: NDArray[np.float64]
    n_slots: int
    notes: tuple[str, ...]


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

    Raises
    ------
    BacktestError, StrategyError, DataError
        If a setting does not fit the market, a name may not be held, or a rate or a lot is missing.
    """
    _check_held(market, names)
    venues = market.venues(names)
    rows = run_rows(market, market.venues(), venues)
    currencies = tuple(sorted({config.base_currency} | {market.instruments[name].currency for name in names}))
    for currency in currencies:
        if not market.fx.links(config.base_currency, currency):
            raise DataError(
                f"No FX rate links {currency} to the base currency {config.base_currency}. "
                "Add it to the fx file, or choose another base_currency."
            )
    actions = ex_dates(market, rows, names, venues, config)
    timeline = build_timeline(
        rows, decisions, actions.row, actions.venue, fills_at_open=config.fill == "next_open", watches=config.watches
    )
    opened, closed, first_prices = session_prices(market, rows.dates, names)
    costs = trade_costs(market, rows.dates, names, config)
    barred, limit_notes = barred_by_limits(market, rows.dates, names, opened, closed)
    lots, lot_notes = board_lots(market, rows.dates, names, config, costs.unit)
    longs, shorts, available, carry_notes = carry(market, rows, names, config)
    has_carry = bool(config.shorts or config.dividend_yield)
    credit, debit, interest_notes = interest(
        market,
        rows,
        currencies,
        config,
        holds_foreign=config.fx == "hold" or has_carry or bool(len(actions.actions.kind)),
    )
    slots, n_slots = settlement_slots(market, rows, venues)
    world = World(
        open=opened,
        close=closed,
        fx=np.nan_to_num(market.fx.rates_at(timeline.stamp, config.base_currency, currencies), nan=0.0),
        venue=np.array([venues.index(market.instruments[name].venue) for name in names], dtype=np.int64),
        currency=np.array([currencies.index(market.instruments[name].currency) for name in names], dtype=np.int64),
        fee_class=costs.classes,
        rate=costs.total,
        fees=costs.table,
        half_spread=costs.half_spread,
        impact=costs.impact,
        unit=costs.unit,
        lot=lots,
        room=costs.room,
        barred=barred,
        credit=credit,
        debit=debit,
        settle_slot=slots,
        carry_long=longs,
        carry_short=shorts,
        available=available,
        actions=actions.actions,
    )
    return Prepared(
        names=names,
        venues=venues,
        currencies=currencies,
        rows=rows,
        decisions=decisions,
        timeline=timeline,
        world=world,
        rules=_rules(config, currencies.index(config.base_currency), has_carry=has_carry),
        fees=costs.rates,
        first_prices=first_prices,
        n_slots=n_slots,
        notes=costs.notes + lot_notes + limit_notes + actions.notes + carry_notes + interest_notes,
    )


def _check_held(market: MarketData, names: tuple[str, ...]) -> None:
    holdable = set(market.holdable)
    barred = [name for name in names if name not in holdable]
    if barred:
        known = barred[0] in market.symbols
        raise StrategyError(
            f"{barred[0]} may not be held: it {'is not in the universe' if known else 'has no prices'} "
            f"of market {market.name!r}."
        )


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
