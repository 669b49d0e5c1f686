"""Which names can be wanted at each decision: listed, priced not too long ago, with a known exchange rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.actions import TERMINAL
from data.market import MarketData

# Without a price for more of its venue's sessions than this, a name counts as suspended.
SUSPENDED_AFTER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPrices:
    """What is known of each name's price at each decision.

    Attributes
    ----------
    row : ndarray of shape (n_decisions, n_names), int64
        Row of the market's dates of the last close known, -1 before any.
    since : ndarray of shape (n_decisions, n_names), int64
        Sessions of the name's venue since then.
    end : ndarray of shape (n_names,), datetime64[D]
        Day from which a name cannot be bought any more, by the instruments or by an action; NaT without one.
    """

    row: NDArray[np.int64]
    since: NDArray[np.int64]
    end: NDArray[np.datetime64]


def last_prices(market: MarketData, names: tuple[str, ...], decisions: NDArray[np.int64]) -> LastPrices:
    """Find the last close of each name that is known at each decision.

    Parameters
    ----------
    market : MarketData
    names : tuple of str
    decisions : ndarray of shape (n_decisions,), int64
        UTC nanoseconds.

    Returns
    -------
    LastPrices
    """
    row = np.empty((len(decisions), len(names)), dtype=np.int64)
    since = np.empty((len(decisions), len(names)), dtype=np.int64)
    columns = market.columns(names)
    venue_of = np.array([market.instruments[name].venue for name in names], dtype=object)
    for venue in market.venues(names):
        here = np.flatnonzero(venue_of == venue)
        calendar = market.calendars[venue]
        at = np.where(np.isnan(market.close[:, columns[here]]), -1, np.arange(len(market.dates))[:, None])
        last_row = np.vstack([np.full((1, len(here)), -1), np.maximum.accumulate(at, axis=0)])
        row[:, here] = last_row[market.known_closes(decisions, venue)]
        n_closed = np.searchsorted(calendar.closes, decisions, side="right")
        n_until = np.append(np.searchsorted(calendar.dates, market.dates, side="right"), 0)  # by row; -1 is before any
        since[:, here] = n_closed[:, None] - n_until[row[:, here]]
    ends = np.array(
        [market.instruments[name].delisted or np.datetime64("NaT") for name in names], dtype="datetime64[D]"
    )
    for symbol, kind, day in zip(
        market.actions.symbol, market.actions.kind.tolist(), market.actions.ex_date, strict=True
    ):
        if kind == TERMINAL and symbol in names:
            ends[names.index(symbol)] = np.fmin(ends[names.index(symbol)], day)
    return LastPrices(row=row, since=since, end=ends)


def untradable(last: LastPrices, decisions: NDArray[np.int64], rates: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which names cannot be wanted at each decision.

    Parameters
    ----------
    last : LastPrices
    decisions : ndarray of shape (n_decisions,), int64
    rates : ndarray of shape (n_decisions, n_names)
        Of each name's currency; NaN where none is known.

    Returns
    -------
    ndarray of shape (n_decisions, n_names), bool
    """
    days = decisions.astype("datetime64[ns]").astype("datetime64[D]")
    barred: NDArray[np.bool_] = (last.row < 0) | (last.since > SUSPENDED_AFTER) | np.isnan(rates)
    return barred | (days[:, None] >= last.end)  # NaT compares as False
