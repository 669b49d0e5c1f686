"""Corporate actions as the kernel reads them: when each takes effect, and when it is paid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.timeline import NONE, Rows
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Actions
from data.actions import CASH, SCRIP, SPLIT, TERMINAL
from data.market import MarketData
from data.withholding import withholding_assumptions, withholding_rates

CODES = {CASH: state.DIVIDEND, SPLIT: state.SPLIT, SCRIP: state.SCRIP, TERMINAL: state.DELISTING}
# The order in which actions of one name on one day take effect.
RANK = {CASH: 0, SPLIT: 1, SCRIP: 2, TERMINAL: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExDates:
    """The actions of a run.

    Attributes
    ----------
    actions : Actions
    row, venue : ndarray of shape (n_groups,), int64
        Session just before whose open each group takes effect.
    notes : tuple of str
    """

    actions: Actions
    row: NDArray[np.int64]
    venue: NDArray[np.int64]
    notes: tuple[str, ...]


def ex_dates(
    market: MarketData, rows: Rows, names: tuple[str, ...], venues: tuple[str, ...], config: RunConfig
) -> ExDates:
    """Lay out the corporate actions that fall into a run.

    Parameters
    ----------
    market : MarketData
    rows : Rows
    names, venues : tuple of str
    config : RunConfig

    Returns
    -------
    ExDates
    """
    n_rows = len(rows.dates)
    given = market.actions
    found: list[tuple[int, int, int, int, int, int]] = []  # row, venue, name, ex date, rank, action
    for i, (symbol, kind) in enumerate(zip(given.symbol, given.kind.tolist(), strict=True)):
        if symbol not in names:
            continue
        venue = market.instruments[symbol].venue
        days = market.calendars[venue].dates
        at = int(np.searchsorted(days, given.ex_date[i]))
        if at >= len(days) or not rows.dates[0] <= days[at] <= rows.dates[-1]:
            continue
        row = int(np.searchsorted(rows.dates, days[at]))
        v = venues.index(venue)
        if rows.dates[row] == days[at] and rows.opens[row, v] != NONE:
            day = int(given.ex_date[i].astype(np.int64))
            found.append((row, v, names.index(symbol), day, RANK[kind], i))
    found.sort()
    order = np.array([one[5] for one in found], dtype=np.int64)
    keys = [(row, v) for row, v, *_ in found]
    groups = sorted(set(keys))
    amount = given.amount[order].copy()
    for n in range(1, len(found)):
        # Amounts are per share held before the day: what follows a split of the same day counts in split shares.
        for m in range(n):
            same = found[m][:4] == found[n][:4]
            if same and found[m][4] == RANK[SPLIT] and found[n][4] > RANK[SPLIT]:
                amount[n] /= amount[m]
    rows_of = np.array([one[0] for one in found], dtype=np.int64)
    pay_row = np.full(len(found), n_rows)
    has_pay = ~np.isnat(given.pay_date[order])
    pay_row[has_pay] = np.searchsorted(rows.dates, given.pay_date[order][has_pay])
    pay_row[~has_pay] = rows_of[~has_pay]
    pay_row = np.maximum(pay_row, rows_of + 1)
    pay_order = np.argsort(pay_row, kind="stable")
    kept, notes = _kept(market, order, config)
    return ExDates(
        actions=Actions(
            kind=np.array([CODES[int(kind)] for kind in given.kind[order]], dtype=np.int64),
            asset=np.array([one[2] for one in found], dtype=np.int64),
            amount=amount,
            kept=kept,
            group_first=np.searchsorted(
                np.array([groups.index(key) for key in keys], dtype=np.int64), np.arange(len(groups) + 1)
            ),
            pay_order=pay_order,
            pay_first=np.searchsorted(pay_row[pay_order], np.arange(n_rows + 1)),
        ),
        row=np.array([row for row, _ in groups], dtype=np.int64),
        venue=np.array([v for _, v in groups], dtype=np.int64),
        notes=notes,
    )


def _kept(
    market: MarketData, order: NDArray[np.int64], config: RunConfig
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Give what withholding leaves of each action's dividend."""
    given = market.actions
    kept, assumed = np.ones(len(order)), dict[str, None]()
    stated = given.withholding[order]
    is_cash = given.kind[order] == CASH
    kept[is_cash] = 1.0 - stated[is_cash]
    listings: dict[tuple[str, str], list[int]] = {}
    for n in np.flatnonzero(is_cash & np.isnan(stated)).tolist():
        one = market.instruments[given.symbol[order[n]]]
        listings.setdefault((one.venue, one.listing), []).append(n)
    for (venue, listing), those in listings.items():
        days = given.ex_date[order[those]]
        kept[those] = 1.0 - withholding_rates(venue, days, config.investor, listing=listing)
        assumed |= dict.fromkeys(withholding_assumptions(venue, days, config.investor, listing=listing))
    undated = [given.symbol[i] for i in order.tolist() if given.kind[i] == TERMINAL and np.isnan(given.amount[i])]
    notes = [f"No price is stated at which {name} left the exchange: its last one is taken." for name in undated]
    return kept, (*assumed, *notes)
