"""Refusing weights that cannot be held: shorts, leverage, names without a price."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.arrays.tradable import SUSPENDED_AFTER, last_prices
from backtest.config import RunConfig
from backtest.errors import BacktestError
from data.errors import DataError
from data.market import MarketData
from strategies.errors import StrategyError

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
    least = weights.min(initial=np.inf)  # NaN where any weight is
    filled = np.where(np.isnan(weights), 0.0, weights) if np.isnan(least) else weights
    is_long = filled.min(initial=0.0) >= 0 if np.isnan(least) else least >= 0
    if not is_long:
        _check_shorts(prepared, market, weights, config)
    gross = (filled if is_long else np.abs(filled)).sum(axis=1)
    if (gross > config.max_gross + SUM_TOLERANCE).any():
        k = int(np.argwhere(gross > config.max_gross + SUM_TOLERANCE)[0][0])
        raise BacktestError(
            f"Weights at decision {_when(prepared, k)} add up to a gross of {gross[k].max():.7g} of NAV, more than "
            f"max_gross = {config.max_gross:g}. Ask for less, or allow more with max_gross."
        )
    wanted = None if least > 0 else (filled != 0).any(axis=2)  # None: every name at every decision
    barred = prepared.untradable if wanted is None else wanted & prepared.untradable
    if barred.any():
        _refuse_untradable(prepared, market, barred)
    if config.fill == "same_close":
        used = prepared.world.venue if wanted is None else prepared.world.venue[wanted.any(axis=0)]
        _check_same_close(prepared, market, used)


def _check_shorts(prepared: Prepared, market: MarketData, weights: NDArray[np.float64], config: RunConfig) -> None:
    """Refuse weights below zero where they are not allowed, or where nobody says what borrowing costs."""
    k, a, _ = (int(i) for i in np.argwhere(weights < 0)[0])
    if not config.shorts:
        raise BacktestError(
            f"{prepared.names[a]} has weight {weights[weights < 0][0]:.6g} at decision {_when(prepared, k)}: "
            "shorts are not allowed. Allow them with run.shorts = true (of a RunConfig shorts=True)."
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


def _refuse_untradable(prepared: Prepared, market: MarketData, barred: NDArray[np.bool_]) -> None:
    """Say why the first target that cannot be held is refused: no price yet, suspended, delisted, no exchange rate."""
    last = last_prices(market, prepared.names, prepared.decisions)
    k, a = (int(i) for i in np.argwhere(barred)[0])
    name, when, row, since = prepared.names[a], _when(prepared, k), last.row[k, a], int(last.since[k, a])
    if row < 0:
        first = np.flatnonzero(~np.isnan(market.close[:, market.columns([name])[0]]))
        where = f"its first is on {market.dates[first[0]]}" if len(first) else "it has none at all"
        raise StrategyError(f"{name} has no price known at {when}; {where}. Start later or drop it.")
    if since > SUSPENDED_AFTER:
        raise StrategyError(
            f"{name} is wanted at {when}, but its last price is of {market.dates[row]}, {since} sessions before: after "
            f"{SUSPENDED_AFTER} it counts as suspended. Drop it, or end its target there."
        )
    if prepared.decisions[k].astype("datetime64[ns]") >= last.end[a]:
        raise StrategyError(f"{name} is wanted at {when}, but it delisted on {last.end[a]}. Drop it there.")
    currency = prepared.currencies[int(prepared.world.currency[a])]
    raise DataError(
        f"{name} is wanted at {when}, before any {currency} rate is known. Add earlier rows to the fx file or start "
        "later."
    )


def _check_same_close(prepared: Prepared, market: MarketData, used: NDArray[np.uint64]) -> None:
    for venue in sorted({prepared.venues[v] for v in used.tolist()}):
        closes = np.append(market.calendars[venue].closes, np.iinfo(np.int64).max)
        apart = closes[np.searchsorted(closes[:-1], prepared.decisions)] != prepared.decisions
        if apart.any():
            raise BacktestError(
                f"fill='same_close' needs every venue to close at the decision; {venue} does not at "
                f"{_when(prepared, int(np.argmax(apart)))}. Use next_open or next_close."
            )


def _when(prepared: Prepared, k: int) -> str:
    return f"{np.datetime64(int(prepared.decisions[k]), 'ns').astype('datetime64[m]')} UTC"
