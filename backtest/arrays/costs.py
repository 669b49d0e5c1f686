"""What trades of a run cost: fees, half-spread, impact, and how many raw shares a share is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.grid import last_before, trailing
from backtest.config import FlatCosts, RunConfig
from data.adjustments import adjusted_close
from data.costs.fee_tables import fee_table
from data.costs.impact import average_volume, daily_volatility
from data.costs.kernels.fees import FeeTable
from data.costs.schedules import FeeRates, proportional_rates
from data.costs.ticks import tick_sizes
from data.kept import Kept
from data.market import MarketData

Matrix = NDArray[np.float64]
FeeClass = tuple[str, str, bool]
# Most of the work of the first layout of a market: averages and volatilities of every name.
_TRAILING = Kept[tuple[Matrix, Matrix]](n_most=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeCosts:
    """Arrays of costs, and what stands behind them.

    Attributes
    ----------
    classes : ndarray of shape (n_names,), int64
        Fee class of each name.
    rates : tuple of FeeRates, length n_classes
        The kinds behind each class; none under exact costs.
    total : ndarray of shape (n_rows, n_classes, 2)
        Their sum, fraction of notional by side.
    table : FeeTable
        Contract notes, under exact costs; else empty.
    half_spread, impact, unit : ndarray of shape (1 or n_rows, n_names)
        See `kernels.state.World`.
    room : ndarray of shape (1 or n_rows, n_names)
        Shares that may trade in one session; inf: no bound.
    notes : tuple of str
    """

    classes: NDArray[np.int64]
    rates: tuple[FeeRates, ...]
    total: Matrix
    table: FeeTable
    half_spread: Matrix
    impact: Matrix
    unit: Matrix
    room: Matrix
    notes: tuple[str, ...]


def trade_costs(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...], config: RunConfig
) -> TradeCosts:
    """Lay out what trades cost on each date.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
    names : tuple of str
    config : RunConfig

    Returns
    -------
    TradeCosts

    Raises
    ------
    DataError
        If no schedule fits.
    """
    keys = [_class_of(market, name) for name in names]
    classes = sorted(set(keys))
    rates = tuple(_rates(one, dates, config) for one in classes) if config.costs != "venue" else ()
    noted = classes if config.costs == "venue" else []
    table, assumed = fee_table(noted, dates, config.commission_bps, config.commission_min)
    notes = list(assumed)
    notes += dict.fromkeys(text for one in rates for text in one.assumptions)
    total = np.zeros((len(dates), len(classes), 2))
    for position, one in enumerate(rates):
        total[:, position] = one.total()
    unit, told = _units(market, dates, names, config)
    notes += told
    half_spread, told = _half_spread(market, dates, names, config)
    notes += told
    impact, room, told = _liquidity(market, dates, names, config, unit)
    notes += told
    return TradeCosts(
        classes=np.array([classes.index(key) for key in keys], dtype=np.int64),
        rates=rates,
        total=total,
        table=table,
        half_spread=half_spread,
        impact=impact,
        unit=unit,
        room=room,
        notes=tuple(notes),
    )


def _class_of(market: MarketData, name: str) -> FeeClass:
    one = market.instruments[name]
    return one.currency, one.venue, "etf" in one.tags


def _rates(one: FeeClass, dates: NDArray[np.datetime64], config: RunConfig) -> FeeRates:
    nothing = np.zeros((len(dates), 0, 2))
    if isinstance(config.costs, FlatCosts):
        return FeeRates(
            kinds=("other_cost",), rates=np.full((len(dates), 1, 2), config.costs.bps / 1e4), assumptions=()
        )
    if config.costs == "none":
        return FeeRates(kinds=(), rates=nothing, assumptions=())
    found = proportional_rates(one[1], dates, is_etf=one[2])
    if not config.commission_bps:
        return found
    commission = np.full((len(dates), 1, 2), config.commission_bps / 1e4)
    return FeeRates(
        kinds=(*found.kinds, "commission"),
        rates=np.concatenate([found.rates, commission], axis=1),
        assumptions=found.assumptions,
    )


def _units(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...], config: RunConfig
) -> tuple[Matrix, list[str]]:
    """Count raw shares per share, as last known before each row."""
    ones = np.ones((1, len(names)))
    if market.price_basis == "raw":
        return ones, []
    units = market.units(names)
    if units is not None:
        known = last_before(market, dates, units)
        return np.where(np.isnan(known), 1.0, known), []
    notes = []
    if config.costs == "venue":
        notes.append(
            f"Prices are adjusted ({market.price_basis}) and raw ones are not known: minima, maxima and fees per "
            "share are approximate."
        )
    return ones, notes


def _raw_before(market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...]) -> Matrix:
    columns = market.columns(names)
    close = market.close if market.close_raw is None else market.close_raw
    return last_before(market, dates, close[:, columns])


def _half_spread(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...], config: RunConfig
) -> tuple[Matrix, list[str]]:
    if config.half_spread_bps != "tick":
        return np.full((1, len(names)), config.half_spread_bps / 1e4), []
    prices = _raw_before(market, dates, names)
    half = np.zeros(prices.shape)
    places = np.array([market.instruments[name].venue for name in names], dtype=object)
    for venue in sorted(set(places)):
        mine = np.flatnonzero(places == venue)
        half[:, mine] = tick_sizes(venue, dates, prices[:, mine]) / (2.0 * prices[:, mine])
    is_raw = market.price_basis == "raw" or market.close_raw is not None
    note = [] if is_raw else ["Ticks are those of adjusted prices: half-spreads are approximate."]
    return np.nan_to_num(half, nan=0.0), note


def _liquidity(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...], config: RunConfig, unit: Matrix
) -> tuple[Matrix, Matrix, list[str]]:
    """Give impact of one share and the shares a session takes."""
    nothing, boundless = np.zeros((1, len(names))), np.full((1, len(names)), np.inf)
    if not config.impact and config.max_participation is None:
        return nothing, boundless, []
    columns = market.columns(names)
    averages, volatilities = _TRAILING.get(market, None, lambda: _trailing(market))
    average = trailing(market, dates, averages[:, columns])
    volatility = trailing(market, dates, volatilities[:, columns])
    known = np.isfinite(average) & (average > 0)
    shares = np.where(known, average, np.nan) / unit
    room = boundless
    notes = []
    if config.max_participation is not None:
        room = np.where(known, config.max_participation * np.nan_to_num(shares, nan=0.0), np.inf)
    impact = nothing
    if config.impact:
        impact = np.nan_to_num(config.impact * volatility / np.sqrt(shares), nan=0.0)
    blind = [names[a] for a in np.flatnonzero(~known.any(axis=0))]
    if blind:
        notes.append(
            f"No volume is known of {', '.join(blind[:5])}{' and others' if len(blind) > 5 else ''}: no impact is "
            "charged and no participation bound holds there."
        )
    return np.ascontiguousarray(impact), np.ascontiguousarray(room), notes


def _trailing(market: MarketData) -> tuple[Matrix, Matrix]:
    """Give average volume and daily volatility before each date, and after the last, of every name."""
    held = np.stack(
        [market.calendars[market.instruments[name].venue].index_of(market.dates) >= 0 for name in market.symbols],
        axis=1,
    )
    held = np.vstack([held, np.zeros((1, held.shape[1]), dtype=bool)])
    splits = _split_factor(market, market.symbols)
    after = np.full((1, held.shape[1]), np.nan)
    # Volume counts in shares of its own day: through a split the average is taken in shares of the first day.
    average = average_volume(np.vstack([market.volume / splits, after]), held)
    average *= np.vstack([splits, splits[-1:]])
    closes = adjusted_close(market)
    returns = closes / last_before(market, market.dates, closes) - 1.0
    return average, daily_volatility(np.vstack([returns, after]), held)


def _split_factor(market: MarketData, names: tuple[str, ...]) -> Matrix:
    """Give shares at each date for one at the first, splits and scrip counted from their ex dates."""
    factor = np.ones((len(market.dates), len(names)))
    for symbol, ex_date, shares, _ in market.actions.becomes():
        if symbol in names and shares != 1.0:
            factor[np.searchsorted(market.dates, ex_date) :, names.index(symbol)] *= shares
    return factor
