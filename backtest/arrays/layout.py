"""What a market, the names of a run and its settings fix: rows, prices, costs, limits, actions; no decisions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.accruals import carry, interest, settlement_slots
from backtest.arrays.costs import trade_costs
from backtest.arrays.events import ex_dates
from backtest.arrays.timeline import Rows, run_rows
from backtest.arrays.trading import barred_by_limits, board_lots, session_prices
from backtest.config import RunConfig
from backtest.kernels.state import World
from data.costs.schedules import FeeRates
from data.errors import DataError
from data.market import MarketData
from strategies.errors import StrategyError

# Settings that nothing here depends on. Any other one makes another layout.
NOT_LAID_OUT = frozenset(
    {
        "fill",
        "fx_spread_bps",
        "funding",
        "initial_capital",
        "maintenance_margin",
        "max_gross",
        "no_trade_band",
        "rebalance_band",
        "shut_market",
        "sizing",
        "stop_days",
        "stop_drawdown",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A run without its decisions.

    Attributes
    ----------
    venues, currencies : tuple of str
        In alphabetical order; positions are the kernel's indices.
    rows : Rows
    index : DatetimeIndex of length n_rows
        The rows' dates, naive midnights.
    world : World
        Without exchange rates: they are by event.
    fees : tuple of FeeRates, length n_classes
        The kinds behind each fee class; empty under exact costs, whose kinds are those of the contract note.
    ex_rows, ex_venues : ndarray of shape (n_groups,), int64
        Sessions just before whose opens corporate actions take effect.
    first_prices : ndarray of shape (n_names,)
        Last prices known before the first event, 0 where there is none.
    n_slots : int
        Size of the settlement ring.
    has_carry : bool
        Whether holding costs anything.
    notes : tuple of str
        Assumptions and replacements that the report must state.
    """

    venues: tuple[str, ...]
    currencies: tuple[str, ...]
    rows: Rows
    index: pd.DatetimeIndex
    world: World
    fees: tuple[FeeRates, ...]
    ex_rows: NDArray[np.int64]
    ex_venues: NDArray[np.int64]
    first_prices: NDArray[np.float64]
    n_slots: int
    has_carry: bool
    notes: tuple[str, ...]


def layout_key(config: RunConfig) -> tuple[object, ...]:
    """Give the settings that a layout depends on.

    Parameters
    ----------
    config : RunConfig

    Returns
    -------
    tuple
        Hashable; equal for configs of equal layouts.
    """
    least = tuple(sorted(config.commission_min.items()))
    settings = vars(config).items()  # in the order of the fields
    return (least, *(value for name, value in settings if name not in NOT_LAID_OUT and name != "commission_min"))


def lay_out(market: MarketData, names: tuple[str, ...], config: RunConfig) -> Layout:
    """Lay out everything a run reads but its decisions.

    Parameters
    ----------
    market : MarketData
    names : tuple of str
        Alphabetical; names the run may trade.
    config : RunConfig

    Returns
    -------
    Layout

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
        fx=np.empty((0, len(currencies))),
        venue=np.array([venues.index(market.instruments[name].venue) for name in names], dtype=np.uint64),
        currency=np.array([currencies.index(market.instruments[name].currency) for name in names], dtype=np.uint64),
        fee_class=costs.classes.astype(np.uint64),
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
    return Layout(
        venues=venues,
        currencies=currencies,
        rows=rows,
        index=pd.DatetimeIndex(rows.dates.astype("datetime64[ns]"), name="date"),
        world=world,
        fees=costs.rates,
        ex_rows=actions.row,
        ex_venues=actions.venue,
        first_prices=first_prices,
        n_slots=n_slots,
        has_carry=has_carry,
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
