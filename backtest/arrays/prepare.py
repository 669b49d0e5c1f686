"""From a market and decisions to the arrays that kernels read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.config import FlatCosts, RunConfig
from backtest.kernels import state
from backtest.kernels.state import Rules, Timeline, World
from backtest.timeline import Rows, build_timeline, run_rows
from data.costs.schedules import FeeRates, proportional_rates
from data.errors import DataError
from data.market import MarketData
from data.rates import DAY_COUNT
from strategies.errors import StrategyError
from strategies.schedule import decision_stamps, decision_venue
from strategies.targets import TargetWeights

FILLS = {"next_open": state.NEXT_OPEN, "next_close": state.NEXT_CLOSE, "same_close": state.SAME_CLOSE}
SIZINGS = {"decision": state.AT_DECISION, "fill": state.AT_FILL_SIZE}
POLICIES = {"queue": state.QUEUE, "cancel": state.CANCEL, "basket": state.BASKET}
FX_MODES = {"at_fill": state.CONVERT_AT_FILL, "hold": state.HOLD_CURRENCY}


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
        The kinds behind each fee class.
    first_prices : ndarray of shape (n_names,)
        Last prices known before the first event, 0 where there is none.
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
    notes: tuple[str, ...]


def resolve_decisions(
    market: MarketData, targets: TargetWeights
) -> tuple[NDArray[np.int64], NDArray[np.intp], tuple[str, ...]]:
    """Turn the decisions of targets into stamps within the market's bounds.

    Parameters
    ----------
    market : MarketData
    targets : TargetWeights

    Returns
    -------
    stamps : ndarray of shape (n,), int64
        Ascending, distinct.
    rows : ndarray of shape (n,)
        Row of the targets behind each.
    notes : tuple of str
        What was left out or replaced.
    """
    given = targets.decisions
    notes = []
    if given.tz is None:
        dates = given.to_numpy().astype("datetime64[D]")
        inside = (dates >= market.start) & (dates <= market.end)
        rows = np.flatnonzero(inside)
        venue = decision_venue(market, targets.decision_venue)
        stamps = decision_stamps(market.calendars[venue], dates[rows])
        # Two dates may roll to one session: the later one replaces the earlier.
        last = np.append(stamps[1:] != stamps[:-1], True) if len(stamps) else np.zeros(0, dtype=bool)
        if not last.all():
            notes.append(f"Decisions replaced by a later one on the same session: {_dates(dates[rows][~last])}.")
        stamps, rows = stamps[last], rows[last]
    else:
        stamps = given.asi8
        low = market.start.astype("datetime64[ns]").astype(np.int64)
        high = (market.end + 2).astype("datetime64[ns]").astype(np.int64)
        inside = (stamps >= low) & (stamps < high)
        rows = np.flatnonzero(inside)
        stamps = stamps[rows]
    if not inside.all():
        gone = given[~inside].tz_localize(None).to_numpy().astype("datetime64[D]")
        notes.append(f"Decisions outside {market.start} to {market.end} are not run: {_dates(gone)}.")
    return np.ascontiguousarray(stamps, dtype=np.int64), rows, tuple(notes)


def _dates(dates: NDArray[np.datetime64]) -> str:
    """Name a few dates and count the rest."""
    named = ", ".join(str(day) for day in dates[:3])
    return f"{named} and {len(dates) - 3} more" if len(dates) > 3 else named


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
        If a setting is not built, a name may not be held, or a rate is missing.
    """
    config.require_built(market)
    holdable = set(market.holdable)
    barred = [name for name in names if name not in holdable]
    if barred:
        known = barred[0] in market.symbols
        raise StrategyError(
            f"{barred[0]} may not be held: it {'is not in the universe' if known else 'has no prices'} "
            f"of market {market.name!r}."
        )
    venues = market.venues(names)
    rows = run_rows(market, market.venues(), venues)
    timeline = build_timeline(rows, decisions, fills_at_open=config.fill == "next_open")
    currencies = tuple(sorted({config.base_currency} | {market.instruments[name].currency for name in names}))
    for currency in currencies:
        if not market.fx.links(config.base_currency, currency):
            raise DataError(
                f"No FX rate links {currency} to the base currency {config.base_currency}. "
                "Add it to the fx file, or choose another base_currency."
            )
    columns = market.columns(names)
    venue_of = np.array([venues.index(market.instruments[name].venue) for name in names], dtype=np.int64)
    opened, closed, first_prices = _prices(market, rows, columns, names)
    fx = np.nan_to_num(market.fx.rates_at(timeline.stamp, config.base_currency, currencies), nan=0.0)
    classes, fees = _fees(market, rows, names, config)
    spread = config.fx_spread_bps / 1e4 if config.costs == "venue-proportional" else 0.0
    fee = np.stack([rates.total() for rates in fees], axis=1) if fees else np.zeros((len(rows.dates), 0, 2))
    foreign = np.array([key[0] != config.base_currency for key in classes], dtype=np.float64)
    paid = np.array([1.0, -1.0])  # fees add to what a buy pays and are taken from what a sell brings
    credit, debit, notes = _interest(market, rows, currencies, config)
    world = World(
        open=opened,
        close=closed,
        fx=fx,
        venue=venue_of,
        currency=np.array([currencies.index(market.instruments[name].currency) for name in names], dtype=np.int64),
        fee_class=np.array([classes.index(_class_key(market, name)) for name in names], dtype=np.int64),
        fee=np.ascontiguousarray(fee),
        cost=np.ascontiguousarray(fee + spread * foreign[None, :, None] * (1.0 + paid * fee)),
        credit=credit,
        debit=debit,
    )
    assumptions = tuple(dict.fromkeys(text for rates in fees for text in rates.assumptions))
    return Prepared(
        names=names,
        venues=venues,
        currencies=currencies,
        rows=rows,
        decisions=decisions,
        timeline=timeline,
        world=world,
        rules=Rules(
            fill=FILLS[config.fill],
            sizing=SIZINGS[config.sizing],
            shut_market=POLICIES[config.shut_market],
            fx_mode=FX_MODES[config.fx],
            base=currencies.index(config.base_currency),
            fx_spread=spread,
        ),
        fees=fees,
        first_prices=first_prices,
        notes=assumptions + notes,
    )


def _prices(
    market: MarketData, rows: Rows, columns: NDArray[np.intp], names: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    at = np.searchsorted(market.dates, rows.dates)
    at = np.minimum(at, len(market.dates) - 1)
    present = market.dates[at] == rows.dates
    opened, closed = market.open[np.ix_(at, columns)], market.close[np.ix_(at, columns)]
    opened[~present] = np.nan
    closed[~present] = np.nan
    before = int(np.searchsorted(market.dates, rows.dates[0]))
    past = market.close[:before, columns]
    first = np.zeros(len(names))
    priced = ~np.isnan(past)
    some = priced.any(axis=0)
    if before:
        last = before - 1 - np.argmax(priced[::-1], axis=0)
        first[some] = past[last[some], np.flatnonzero(some)]
    return np.ascontiguousarray(opened), np.ascontiguousarray(closed), first


def _class_key(market: MarketData, name: str) -> tuple[str, str, bool]:
    one = market.instruments[name]
    return one.currency, one.venue, "etf" in one.tags


def _fees(
    market: MarketData, rows: Rows, names: tuple[str, ...], config: RunConfig
) -> tuple[list[tuple[str, str, bool]], tuple[FeeRates, ...]]:
    keys = sorted({_class_key(market, name) for name in names})
    found = []
    for _, venue, is_etf in keys:
        if config.costs == "venue-proportional":
            found.append(proportional_rates(venue, rows.dates, is_etf=is_etf))
        elif isinstance(config.costs, FlatCosts):
            flat = np.full((len(rows.dates), 1, 2), config.costs.bps / 1e4)
            found.append(FeeRates(kinds=("other_cost",), rates=flat, assumptions=()))
        else:
            found.append(FeeRates(kinds=(), rates=np.zeros((len(rows.dates), 0, 2)), assumptions=()))
    return keys, tuple(found)


def _interest(
    market: MarketData, rows: Rows, currencies: tuple[str, ...], config: RunConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    shape = (len(rows.dates), len(currencies))
    credit, debit = np.zeros(shape), np.zeros(shape)
    notes = [] if config.interest == "market" else ["Cash earns and pays nothing: interest is switched off."]
    days = np.diff(rows.dates).astype(np.int64)
    for column, currency in enumerate(currencies):
        # At fill every foreign payment is converted: only the base currency has a balance to earn on.
        if config.interest == "none" or (config.fx == "at_fill" and currency != config.base_currency):
            continue
        series = market.rates.cash_series(currency)
        if series is None:
            notes.append(f"No interest rate for {currency} in the market: its cash earns and pays nothing.")
            continue
        reading, n_replaced = market.rates.series[series].at(
            rows.marks[:-1], rows.dates[:-1], config.rate_max_age_days, config.rate_fallback
        )
        if n_replaced:
            notes.append(
                f"{series} has no reading within {config.rate_max_age_days} days on {n_replaced} of {len(days)} dates; "
                f"{config.rate_fallback} % a year is taken instead."
            )
        scale = days / (100.0 * DAY_COUNT.get(currency, 365))
        spread = config.rate_spread
        credit[1:, column] = np.maximum(reading - spread, np.minimum(reading, 0.0)) * scale
        debit[1:, column] = (reading + spread) * scale
    return credit, debit, tuple(notes)
