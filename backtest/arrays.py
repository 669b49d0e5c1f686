"""From a market and decisions to the arrays that kernels read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.config import FlatCosts, RunConfig
from backtest.errors import BacktestError
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
        rows = np.flatnonzero((dates >= market.start) & (dates <= market.end))
        venue = decision_venue(market, targets.decision_venue)
        stamps = decision_stamps(market.calendars[venue], dates[rows])
        # Two dates may roll to one session: the later one replaces the earlier.
        last = np.append(stamps[1:] != stamps[:-1], True) if len(stamps) else np.zeros(0, dtype=bool)
        if not last.all():
            notes.append(
                f"{int((~last).sum())} decisions fall on the same session as a later one, which replaces them."
            )
        stamps, rows = stamps[last], rows[last]
    else:
        stamps = given.asi8
        day = 86_400 * 10**9
        low = market.start.astype("datetime64[ns]").astype(np.int64)
        high = market.end.astype("datetime64[ns]").astype(np.int64) + 2 * day
        rows = np.flatnonzero((stamps >= low) & (stamps < high))
        stamps = stamps[rows]
    outside = len(given) - len(rows)
    if outside and not notes:
        notes.append(f"{outside} decisions outside {market.start} to {market.end} are not run.")
    return np.ascontiguousarray(stamps, dtype=np.int64), rows, tuple(notes)


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


def check_weights(prepared: Prepared, market: MarketData, weights: NDArray[np.float64], config: RunConfig) -> None:
    """Refuse weights that cannot be held.

    Parameters
    ----------
    prepared : Prepared
    market : MarketData
    weights : ndarray of shape (n_decisions, n_names, n_lanes)
    config : RunConfig

    Raises
    ------
    BacktestError
        On a short or a levered target, or `same_close` over venues that close apart.
    StrategyError
        On a weight of a name without a price or an exchange rate at the decision.
    """
    if (weights < 0).any():
        k, a, _ = (int(i) for i in np.argwhere(weights < 0)[0])
        raise BacktestError(
            f"{prepared.names[a]} has weight {weights[weights < 0][0]:.6g} at decision {_when(prepared, k)}: "
            "shorts are not built yet."
        )
    total = np.nansum(weights, axis=1)
    if (total > 1 + 1e-9).any():
        k = int(np.argwhere(total > 1 + 1e-9)[0][0])
        raise BacktestError(
            f"Weights at decision {_when(prepared, k)} add up to {total[k].max():.6g}: more than 1 needs margin, "
            "which is not built yet."
        )
    wanted = (np.nan_to_num(weights) != 0).any(axis=2)
    priced = np.zeros_like(wanted)
    venue_of = prepared.world.venue
    columns = market.columns(prepared.names)
    first_price = _first_priced(market, columns)
    for v, venue in enumerate(prepared.venues):
        known = market.known_closes(prepared.decisions, venue)
        here = np.flatnonzero(venue_of == v)
        priced[:, here] = first_price[here][None, :] < known[:, None]
    unpriced = wanted & ~priced
    if unpriced.any():
        k, a = (int(i) for i in np.argwhere(unpriced)[0])
        name, first = prepared.names[a], int(first_price[a])
        where = f"its first is on {market.dates[first]}" if first < len(market.dates) else "it has none at all"
        raise StrategyError(f"{name} has no price known at {_when(prepared, k)}; {where}. Start later or drop it.")
    rates = market.fx.rates_at(prepared.decisions, config.base_currency, prepared.currencies)
    blind = wanted & np.isnan(rates)[:, prepared.world.currency]
    if blind.any():
        k, a = (int(i) for i in np.argwhere(blind)[0])
        currency = prepared.currencies[int(prepared.world.currency[a])]
        raise DataError(
            f"{prepared.names[a]} is wanted at {_when(prepared, k)}, before any {currency} rate is known. "
            "Add earlier rows to the fx file or start later."
        )
    if config.fill == "same_close":
        _check_same_close(prepared, market, wanted)


def _first_priced(market: MarketData, columns: NDArray[np.intp]) -> NDArray[np.intp]:
    priced = ~np.isnan(market.close[:, columns])
    return np.where(priced.any(axis=0), np.argmax(priced, axis=0), len(market.dates))


def _check_same_close(prepared: Prepared, market: MarketData, wanted: NDArray[np.bool_]) -> None:
    used = sorted({prepared.venues[int(v)] for v in prepared.world.venue[wanted.any(axis=0)]})
    for k, stamp in enumerate(prepared.decisions):
        for venue in used:
            closes = market.calendars[venue].closes
            at = np.searchsorted(closes, stamp)
            if at >= len(closes) or closes[at] != stamp:
                raise BacktestError(
                    f"fill='same_close' needs every venue to close at the decision; {venue} does not at "
                    f"{_when(prepared, k)}. Use next_open or next_close."
                )


def _when(prepared: Prepared, k: int) -> str:
    return f"{np.datetime64(int(prepared.decisions[k]), 'ns').astype('datetime64[m]')} UTC"
