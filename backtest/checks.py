"""Refusing weights that cannot be held: shorts, leverage, names without a price."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.config import RunConfig
from backtest.errors import BacktestError
from data.actions import TERMINAL
from data.errors import DataError
from data.market import MarketData
from strategies.errors import StrategyError

# Without a price for more of its venue's sessions than this, a name counts as suspended.
SUSPENDED_AFTER = 20
# Weights that add up to more than 1 by no more than this are rounded thirds: the cost factor scales them to fit.
SUM_TOLERANCE = 1e-6


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
        On a short or a gross that is not allowed, a short without a borrow fee, or `same_close` over venues that
        close apart.
    StrategyError
        On a weight of a name without a price or an exchange rate at the decision.
    """
    if (weights < 0).any():
        _check_shorts(prepared, market, weights, config)
    gross = np.nansum(np.abs(weights), axis=1)
    if (gross > config.max_gross + SUM_TOLERANCE).any():
        k = int(np.argwhere(gross > config.max_gross + SUM_TOLERANCE)[0][0])
        raise BacktestError(
            f"Weights at decision {_when(prepared, k)} add up to a gross of {gross[k].max():.7g} of NAV, more than "
            f"max_gross = {config.max_gross:g}. Ask for less, or allow more with max_gross."
        )
    wanted = (np.nan_to_num(weights) != 0).any(axis=2)
    _check_priced(prepared, market, wanted)
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


def _check_shorts(prepared: Prepared, market: MarketData, weights: NDArray[np.float64], config: RunConfig) -> None:
    """Refuse weights below zero where they are not allowed, or where nobody says what borrowing costs."""
    k, a, _ = (int(i) for i in np.argwhere(weights < 0)[0])
    if not config.shorts:
        raise BacktestError(
            f"{prepared.names[a]} has weight {weights[weights < 0][0]:.6g} at decision {_when(prepared, k)}: "
            "shorts are not allowed. Allow them with shorts=True."
        )
    if config.borrow_fee is not None:
        return
    fees = market.borrow.fees(prepared.names, prepared.rows.dates, prepared.rows.begins)
    for a in sorted(set(np.argwhere(weights < 0)[:, 1].tolist())):
        k = int(np.argwhere(weights[:, a] < 0)[0, 0])
        first = max(int(np.searchsorted(prepared.rows.begins, prepared.decisions[k], side="right")) - 1, 0)
        missing = np.isnan(fees[first:, a])
        if missing.any():
            day = prepared.rows.dates[first:][missing][0]
            raise BacktestError(
                f"{prepared.names[a]} is sold short, and the market states no borrow fee of it for {day}. Add it to "
                "the borrow table, or state one for such names with borrow_fee (percent a year)."
            )


def _check_priced(prepared: Prepared, market: MarketData, wanted: NDArray[np.bool_]) -> None:
    """Refuse a target on a name that has delisted, has no price yet, or none for long enough to be suspended."""
    days = prepared.decisions.astype("datetime64[ns]").astype("datetime64[D]")
    columns = market.columns(prepared.names)
    for v, venue in enumerate(prepared.venues):
        here = np.flatnonzero(prepared.world.venue == v)
        calendar = market.calendars[venue]
        at = np.where(np.isnan(market.close[:, columns[here]]), -1, np.arange(len(market.dates))[:, None])
        last_row = np.vstack([np.full((1, len(here)), -1), np.maximum.accumulate(at, axis=0)])
        last_row = last_row[market.known_closes(prepared.decisions, venue)]
        n_closed = np.searchsorted(calendar.closes, prepared.decisions, side="right")
        n_until = np.append(np.searchsorted(calendar.dates, market.dates, side="right"), 0)  # by row; -1 is before any
        since = n_closed[:, None] - n_until[last_row]
        for refused in np.argwhere(wanted[:, here] & ((last_row < 0) | (since > SUSPENDED_AFTER))):
            k, i = (int(one) for one in refused)
            name, when = prepared.names[here[i]], _when(prepared, k)
            if last_row[k, i] < 0:
                first = np.flatnonzero(at[:, i] >= 0)
                where = f"its first is on {market.dates[first[0]]}" if len(first) else "it has none at all"
                raise StrategyError(f"{name} has no price known at {when}; {where}. Start later or drop it.")
            raise StrategyError(
                f"{name} is wanted at {when}, but its last price is of {market.dates[last_row[k, i]]}, "
                f"{int(since[k, i])} sessions before: after {SUSPENDED_AFTER} it counts as suspended. "
                "Drop it, or end its target there."
            )
        for i, name in enumerate(prepared.names[j] for j in here):
            end = _last_day(market, name)
            if end is not None and (wanted[:, here[i]] & (days >= end)).any():
                k = int(np.argmax(wanted[:, here[i]] & (days >= end)))
                when = _when(prepared, k)
                raise StrategyError(f"{name} is wanted at {when}, but it delisted on {end}. Drop it there.")


def _last_day(market: MarketData, name: str) -> np.datetime64 | None:
    """Give the day from which a name cannot be bought any more, by the instruments or by an action."""
    days = [market.instruments[name].delisted]
    actions = market.actions
    ends = [
        actions.ex_date[i]
        for i, (symbol, kind) in enumerate(zip(actions.symbol, actions.kind.tolist(), strict=True))
        if symbol == name and kind == TERMINAL
    ]
    return min((day for day in (*days, *ends) if day is not None), default=None)


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
