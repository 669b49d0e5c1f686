"""Refusing weights that cannot be held: shorts, leverage, names without a price."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays import Prepared
from backtest.config import RunConfig
from backtest.errors import BacktestError
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
    if (total > 1 + SUM_TOLERANCE).any():
        k = int(np.argwhere(total > 1 + SUM_TOLERANCE)[0][0])
        raise BacktestError(
            f"Weights at decision {_when(prepared, k)} add up to 1 + {total[k].max() - 1:.3g}: more than 1 needs "
            "margin, which is not built yet."
        )
    wanted = (np.nan_to_num(weights) != 0).any(axis=2)
    _check_listed(prepared, market, wanted)
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


def _check_listed(prepared: Prepared, market: MarketData, wanted: NDArray[np.bool_]) -> None:
    """Refuse a target on a name that has delisted, or has had no price for so long that it counts as suspended."""
    days = prepared.decisions.astype("datetime64[ns]").astype("datetime64[D]")
    for a, name in enumerate(prepared.names):
        asked = np.flatnonzero(wanted[:, a])
        if not len(asked):
            continue
        one = market.instruments[name]
        if one.delisted is not None and (days[asked] >= one.delisted).any():
            k = int(asked[np.argmax(days[asked] >= one.delisted)])
            raise StrategyError(f"{name} is wanted at {_when(prepared, k)}, but it delisted on {one.delisted}.")
        calendar = market.calendars[one.venue]
        priced = market.dates[~np.isnan(market.close[:, market.columns((name,))[0]])]
        latest = np.searchsorted(priced, days[asked], side="right") - 1
        last_day = np.append(priced, np.datetime64(0, "D"))[latest]
        n_closed = np.searchsorted(calendar.closes, prepared.decisions[asked], side="right")
        since = n_closed - np.searchsorted(calendar.dates, last_day, side="right")
        silent = (latest >= 0) & (since > SUSPENDED_AFTER)
        if silent.any():
            at = int(np.argmax(silent))
            raise StrategyError(
                f"{name} is wanted at {_when(prepared, int(asked[at]))}, but its last price is of {last_day[at]}, "
                f"{int(since[at])} sessions before: after {SUSPENDED_AFTER} it counts as suspended. "
                "Drop it, or end its target there."
            )


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
