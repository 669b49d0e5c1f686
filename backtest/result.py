"""What would have happened: NAV, weights, trades, cash, costs, and where the money came from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.bridge import ProfitAndLoss, bridge, profit_and_loss
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Book, Journal, Record
from backtest.lanes import run_lanes
from backtest.ledger_state import LedgerState, fingerprint
from backtest.log import HAPPENED, WHAT, actions_table, log_table
from backtest.metrics.summary import Summary, summarise
from backtest.observations import observe
from backtest.trades import fill_costs, trades_table
from data.costs.schedules import COST_KINDS, HOLDING_KINDS
from data.market import MarketData
from strategies.targets import TargetWeights


@dataclass(frozen=True, kw_only=True, repr=False)
class BacktestResult:
    """The outcome of one run.

    Attributes
    ----------
    market : MarketData
    config : RunConfig
    prepared : Prepared
    targets : TargetWeights
    asked : ndarray of shape (n_decisions, n_names, 1)
        The weights of the decisions that were run.
    nav_by_row : ndarray of shape (n_rows,)
        NAV at the marks of this call, base currency; NaN on other rows.
    opening, closing : Book
        State before the first event of this call, and after the last.
    first_event, last_event : int
        Range of events of this call.
    stated : tuple of str
        Assumptions and replacements that were made before the run.
    """

    market: MarketData
    config: RunConfig
    prepared: Prepared
    targets: TargetWeights
    asked: NDArray[np.float64]
    nav_by_row: NDArray[np.float64]
    opening: Book
    closing: Book
    first_event: int
    last_event: int
    stated: tuple[str, ...]

    def __repr__(self) -> str:
        """Say what it is: its parts print for pages."""
        return f"<{type(self).__name__}: {len(self.asked):,} decisions on {self.market.name}>"

    @cached_property
    def _whole(self) -> tuple[Journal, Record]:
        """Run again, writing everything down: NAV is kept of every run, the rest of those that are looked into."""
        first, last = self.first_event, self.last_event
        _, journal, record = run_lanes(self.prepared, self.asked, self.opening, first=first, last=last)
        return journal, record

    @property
    def journal(self) -> Journal:
        """What happened to orders and holdings, one entry each."""
        return self._whole[0]

    @property
    def record(self) -> Record:
        """What each mark saw, by row."""
        return self._whole[1]

    @cached_property
    def state(self) -> LedgerState:
        """Closing state: hand it to `simulate(resume=...)`."""
        reached = int(self.prepared.timeline.stamp[self.last_event - 1]) if self.last_event else -1
        return LedgerState(
            stamp=reached,
            names=self.prepared.names,
            currencies=self.prepared.currencies,
            market=self.market.name,
            config=self.config,
            past=fingerprint(self.prepared, self.asked, reached),
            book=self.closing,
        )

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Assumptions, replacements and what the run did that a reader must know, for the report."""
        return self.stated + observe(self.config, self.prepared, self.journal, self.record, self.rows)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Rows marked in this call, shape (n_dates,)."""
        return np.arange(*np.searchsorted(self.prepared.marks, (self.first_event, self.last_event)))

    @cached_property
    def mark_events(self) -> NDArray[np.int64]:
        """Events at which NAV was marked in this call, shape (n_dates,)."""
        return self.prepared.marks[self.rows]

    @cached_property
    def dates(self) -> pd.DatetimeIndex:
        """Dates marked in this call: naive midnights."""
        index = self.prepared.index
        # A view: whoever renames the index of a result renames no other's.
        return index.view() if len(self.rows) == len(index) else index[self.rows]

    @property
    def nav(self) -> pd.Series:
        """NAV at the last close of each date, base currency."""
        return pd.Series(self.nav_by_row[self.rows], index=self.dates, name="nav")

    @property
    def returns(self) -> pd.Series:
        """Simple returns from mark to mark; the first is against the opening NAV of the call."""
        nav = self.nav
        before = np.concatenate([[self.opening_nav], nav.to_numpy()[:-1]])
        return pd.Series(nav.to_numpy() / before - 1.0, index=self.dates, name="return")

    @cached_property
    def opening_rates(self) -> NDArray[np.float64]:
        """FX before the first event of this call, shape (n_currencies,); base per unit."""
        rates: NDArray[np.float64] = self.prepared.world.fx[max(self.first_event - 1, 0)]
        return rates

    @cached_property
    def opening_nav(self) -> float:
        """NAV before the first event of this call, base currency."""
        rates = self.opening_rates
        held = self.opening.shares[:, 0] * self.opening.last_price * rates[self.prepared.world.currency]
        return float((self.opening.cash[:, 0] + self.opening.due[:, 0]) @ rates + held.sum())

    @cached_property
    def mark_prices(self) -> NDArray[np.float64]:
        """Last local price known at each mark, shape (n_dates, n_names); 0 before the first."""
        return self.record.price[self.rows]

    @cached_property
    def mark_rates(self) -> NDArray[np.float64]:
        """FX at each mark, shape (n_dates, n_currencies); base per unit."""
        return self.prepared.world.fx[self.mark_events]

    @property
    def shares(self) -> pd.DataFrame:
        """Share counts at each mark, one column a name."""
        return pd.DataFrame(self.record.shares[self.rows, :, 0], index=self.dates, columns=list(self.prepared.names))

    @property
    def weights(self) -> pd.DataFrame:
        """Fractions of NAV at each mark, one column a name; what is missing to 1 is cash."""
        rates = self.mark_rates[:, self.prepared.world.currency]
        values = self.record.shares[self.rows, :, 0] * self.mark_prices * rates
        nav = self.nav_by_row[self.rows, None]
        return pd.DataFrame(values / nav, index=self.dates, columns=list(self.prepared.names))

    @property
    def cash(self) -> pd.DataFrame:
        """Balances at each mark, one column a currency, in that currency."""
        return pd.DataFrame(self.record.cash[self.rows, :, 0], index=self.dates, columns=list(self.prepared.currencies))

    def entries(self, *kinds: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give the journal entries of some kinds: index (n, 5) and value (n, 7), see `kernels.state.Journal`.

        Parameters
        ----------
        *kinds : int

        Returns
        -------
        index, value : ndarray
        """
        n = int(self.journal.n_entries[0])
        chosen = np.isin(self.journal.entries[0, :n], kinds)
        return self.journal.entries[:, :n].T[chosen], self.journal.amounts[:, :n].T[chosen]

    @cached_property
    def fills(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Journal entries of fills."""
        return self.entries(state.FILLED)

    @cached_property
    def fill_costs(self) -> NDArray[np.float64]:
        """Cost of each fill by kind, local currency, shape (n_fills, n_kinds), in the order of `COST_KINDS`."""
        return fill_costs(self.prepared, *self.fills)

    @cached_property
    def _trades(self) -> pd.DataFrame:
        return trades_table(self.prepared, *self.fills, self.fill_costs)

    @property
    def trades(self) -> pd.DataFrame:
        """One row a fill, in order.

        Columns decided and filled (UTC), symbol, venue, side, shares (negative: sold), price, currency, fx (base per
        unit), notional (signed) and each kind of cost (positive when paid); price, notional and costs in the
        trade's currency.
        """
        return self._trades.copy()

    @property
    def costs(self) -> pd.DataFrame:
        """Costs by date and kind, base currency, positive when paid; borrow fees and withholding last."""
        return self._costs.copy()

    @cached_property
    def _costs(self) -> pd.DataFrame:
        index, value = self.fills
        by_date = np.zeros((len(self.rows), len(COST_KINDS)))
        place, inside = self.steps(index)
        np.add.at(by_date, place[inside], (self.fill_costs * value[:, 2:3])[inside])
        frame = pd.DataFrame(by_date, index=self.dates, columns=list(COST_KINDS))
        borrow_fee, withholding = HOLDING_KINDS
        frame[borrow_fee] = (self.record.borrow[self.rows, :, 0] * self.begin_rates).sum(axis=1)
        frame[withholding] = (self.record.withheld[self.rows, :, 0] * self.begin_rates).sum(axis=1)
        index, value = self.entries(state.DIVIDEND_DUE)
        frame[withholding] += self.by_date(index, value[:, 6] * value[:, 2])
        return frame

    @cached_property
    def begin_rates(self) -> NDArray[np.float64]:
        """FX at the begin of each row marked, shape (n_dates, n_currencies); base per unit."""
        return self.prepared.world.fx[self.prepared.begins[self.rows]]

    def by_date(self, index: NDArray[np.int64], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up amounts of journal entries by date.

        Parameters
        ----------
        index : ndarray of shape (n, 5)
            Of the entries.
        amounts : ndarray of shape (n,)

        Returns
        -------
        ndarray of shape (n_dates,)
        """
        place, inside = self.steps(index)
        total = np.zeros(len(self.rows))
        np.add.at(total, place[inside], amounts[inside])
        return total

    def steps(self, index: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Find the marks that journal entries come before.

        Parameters
        ----------
        index : ndarray of shape (n, 5)
            Of the entries.

        Returns
        -------
        step : ndarray of shape (n,), int64
            Positions in `dates`.
        inside : ndarray of shape (n,), bool
            False for what happened after the last mark.
        """
        step = np.searchsorted(self.rows, self.prepared.timeline.row[index[:, 1]])
        return step, step < len(self.rows)

    @cached_property
    def profit_and_loss(self) -> ProfitAndLoss:
        """P&L by date and name, base currency; see `backtest.bridge`."""
        return profit_and_loss(self)

    @property
    def statement(self) -> pd.DataFrame:
        """What a prime broker would state at each mark, by date and currency, in that currency.

        Columns settled (cash), receivable, payable (not yet settled), dividends_due, long, short (zero or below), fx
        (base per unit) and value (base): the values of a date add up to NAV.
        """
        record, rows, world = self.record, self.rows, self.prepared.world
        values = record.shares[rows, :, 0] * self.mark_prices
        long, short = np.zeros(self.mark_rates.shape), np.zeros(self.mark_rates.shape)
        for a, c in enumerate(world.currency.tolist()):
            long[:, c] += np.maximum(values[:, a], 0.0)
            short[:, c] += np.minimum(values[:, a], 0.0)
        receivable, payable = record.receivable[rows, :, 0], record.payable[rows, :, 0]
        cash, due = record.cash[rows, :, 0], record.due[rows, :, 0]
        columns = {
            "settled": cash - receivable + payable,
            "receivable": receivable,
            "payable": payable,
            "dividends_due": due,
            "long": long,
            "short": short,
            "fx": self.mark_rates,
            "value": (cash + due + long + short) * self.mark_rates,
        }
        index = pd.MultiIndex.from_product([self.dates, self.prepared.currencies], names=["date", "currency"])
        return pd.DataFrame({name: one.ravel() for name, one in columns.items()}, index=index)

    @property
    def log(self) -> pd.DataFrame:
        """Orders that did not fill as asked, stops, calls and recalls: decided, at (UTC), symbol, shares, what."""
        return log_table(self.prepared, *self.entries(*WHAT))

    @property
    def actions(self) -> pd.DataFrame:
        """Corporate actions that met a holding.

        Columns at (UTC), symbol, what, shares (added by a split, scrip or reinvested dividend; held at a dividend),
        amount (a share), money (due or paid, net of withholding), withheld, currency; money in that currency.
        """
        return actions_table(self.prepared, *self.entries(*HAPPENED))

    @property
    def n_fills_at_close(self) -> int:
        """Fills at the close under `next_open`, because the open was unknown."""
        index, _ = self.fills
        if self.config.fill != "next_open":
            return 0
        return int((self.prepared.timeline.kind[index[:, 1]] == state.CLOSE).sum())

    @property
    def bridge(self) -> pd.DataFrame:
        """Each date's change of NAV as price, currency, interest and costs, base currency; see `backtest.bridge`."""
        return self._bridge.copy()

    @cached_property
    def _bridge(self) -> pd.DataFrame:
        return bridge(self)

    def summary(self) -> Summary:
        """Give the measures of the run.

        Returns
        -------
        mapping of str to float
            See `backtest.metrics.summary`.
        """
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        return summarise(self)

    def to_vectorbt(self) -> Any:
        """Give the executed orders as a `vectorbt.Portfolio`; see `backtest.interop`.

        Returns
        -------
        vectorbt.Portfolio
            In base currency.
        """
        from backtest.interop import to_vectorbt  # vectorbt takes seconds to import

        return to_vectorbt(self)
