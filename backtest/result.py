"""What would have happened: NAV, weights, trades, cash, costs, and where the money came from."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays import Prepared
from backtest.bridge import bridge
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Book, Journal, Record
from backtest.metrics.summary import Summary, summarise
from data.costs.schedules import BUY, COST_KINDS, SELL
from data.market import MarketData
from strategies.targets import TargetWeights

if TYPE_CHECKING:
    from backtest.engine import LedgerState

WHAT = {
    state.CUT: "cut by funding; the rest waits",
    state.DROPPED_SHUT: "dropped: venue shut on the leg's date",
    state.DROPPED_CUT: "dropped: cut by funding",
    state.DROPPED_UNPRICED: "dropped: no price in the session",
    state.UNPRICED: "no price in the session; waits",
}


@dataclass(frozen=True, kw_only=True)
class BacktestResult:
    """The outcome of one run.

    Attributes
    ----------
    market : MarketData
    config : RunConfig
    prepared : Prepared
    targets : TargetWeights
    journal : Journal
    record : Record
    opening : Book
        State before the first event of this call.
    first_event, last_event : int
        Range of events of this call.
    state : LedgerState
        Closing state: hand it to `simulate(resume=...)`.
    notes : tuple of str
        Assumptions and replacements, for the report.
    """

    market: MarketData
    config: RunConfig
    prepared: Prepared
    targets: TargetWeights
    journal: Journal
    record: Record
    opening: Book
    first_event: int
    last_event: int
    state: "LedgerState"
    notes: tuple[str, ...]

    @cached_property
    def mark_events(self) -> NDArray[np.intp]:
        """Events at which NAV was marked in this call, shape (n_dates,)."""
        marks = np.flatnonzero(self.prepared.timeline.kind == state.MARK)
        return marks[(marks >= self.first_event) & (marks < self.last_event)]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Rows marked in this call, shape (n_dates,)."""
        return self.prepared.timeline.row[self.mark_events]

    @cached_property
    def dates(self) -> pd.DatetimeIndex:
        """Dates marked in this call: naive midnights."""
        return pd.DatetimeIndex(self.prepared.rows.dates[self.rows].astype("datetime64[ns]"), name="date")

    @property
    def nav(self) -> pd.Series:
        """NAV at the last close of each date, base currency."""
        return pd.Series(self.record.nav[self.rows, 0], index=self.dates, name="nav")

    @property
    def returns(self) -> pd.Series:
        """Simple returns from mark to mark; the first is against the opening NAV of the call."""
        nav = self.nav
        before = np.concatenate([[self.opening_nav], nav.to_numpy()[:-1]])
        return pd.Series(nav.to_numpy() / before - 1.0, index=self.dates, name="return")

    @cached_property
    def opening_nav(self) -> float:
        """NAV before the first event of this call, base currency."""
        rates = self.prepared.world.fx[max(self.first_event - 1, 0)]
        held = self.opening.shares[:, 0] * self.opening.last_price * rates[self.prepared.world.currency]
        return float(self.opening.cash[:, 0] @ rates + held.sum())

    @cached_property
    def mark_prices(self) -> NDArray[np.float64]:
        """Last local price known at each mark, shape (n_dates, n_names); 0 before the first."""
        closes = self.prepared.world.close[self.rows]
        stacked = np.vstack([self.opening.last_price[None, :], closes])
        at = np.where(np.isnan(stacked), 0, np.arange(len(stacked))[:, None])
        return np.take_along_axis(stacked, np.maximum.accumulate(at, axis=0), axis=0)[1:]

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
        nav = self.record.nav[self.rows]
        return pd.DataFrame(values / nav, index=self.dates, columns=list(self.prepared.names))

    @property
    def cash(self) -> pd.DataFrame:
        """Balances at each mark, one column a currency, in that currency."""
        return pd.DataFrame(self.record.cash[self.rows, :, 0], index=self.dates, columns=list(self.prepared.currencies))

    @cached_property
    def fills(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Journal entries of fills: index (n, 5) and value (n, 5), see `kernels.state.Journal`."""
        n = int(self.journal.n_entries[0])
        chosen = self.journal.entries[:n, 0] == state.FILLED
        return self.journal.entries[:n][chosen], self.journal.amounts[:n][chosen]

    @cached_property
    def fill_costs(self) -> NDArray[np.float64]:
        """Cost of each fill by kind, local currency, shape (n_fills, n_kinds), in the order of `COST_KINDS`."""
        index, value = self.fills
        costs = np.zeros((len(index), len(COST_KINDS)))
        notional = np.abs(value[:, 0]) * value[:, 1]
        rows = self.prepared.timeline.row[index[:, 1]]
        side = np.where(value[:, 0] > 0, BUY, SELL)
        classes = self.prepared.world.fee_class[index[:, 3]]
        for position, rates in enumerate(self.prepared.fees):
            mine = classes == position
            for column, kind in enumerate(rates.kinds):
                paid = notional[mine] * rates.rates[rows[mine], column, side[mine]]
                costs[mine, COST_KINDS.index(kind)] = paid
        costs[:, COST_KINDS.index("fx_spread")] = value[:, 4]
        return costs

    @cached_property
    def _trades(self) -> pd.DataFrame:
        index, value = self.fills
        world, names = self.prepared.world, np.array(self.prepared.names, dtype=object)
        stamps = self.prepared.timeline.stamp
        frame = pd.DataFrame(
            {
                "decided": pd.DatetimeIndex(self.prepared.decisions[index[:, 4]], tz="UTC"),
                "filled": pd.DatetimeIndex(stamps[index[:, 1]], tz="UTC"),
                "symbol": names[index[:, 3]],
                "venue": np.array(self.prepared.venues, dtype=object)[world.venue[index[:, 3]]],
                "side": np.where(value[:, 0] > 0, "buy", "sell"),
                "shares": value[:, 0],
                "price": value[:, 1],
                "currency": np.array(self.prepared.currencies, dtype=object)[world.currency[index[:, 3]]],
                "fx": value[:, 2],
                "notional": value[:, 0] * value[:, 1],
            }
        )
        return pd.concat([frame, pd.DataFrame(self.fill_costs, columns=list(COST_KINDS))], axis=1)

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
        """Costs by date and kind, base currency, positive when paid."""
        index, value = self.fills
        by_date = np.zeros((len(self.rows), len(COST_KINDS)))
        place = np.searchsorted(self.rows, self.prepared.timeline.row[index[:, 1]])
        inside = place < len(self.rows)
        np.add.at(by_date, place[inside], (self.fill_costs * value[:, 2:3])[inside])
        return pd.DataFrame(by_date, index=self.dates, columns=list(COST_KINDS))

    @property
    def log(self) -> pd.DataFrame:
        """Orders that did not fill as asked: decided, at (UTC), symbol, shares, what."""
        n = int(self.journal.n_entries[0])
        index, value = self.journal.entries[:n], self.journal.amounts[:n]
        other = index[:, 0] != state.FILLED
        index, value = index[other], value[other]
        return pd.DataFrame(
            {
                "decided": pd.DatetimeIndex(self.prepared.decisions[index[:, 4]], tz="UTC"),
                "at": pd.DatetimeIndex(self.prepared.timeline.stamp[index[:, 1]], tz="UTC"),
                "symbol": np.array(self.prepared.names, dtype=object)[index[:, 3]],
                "shares": value[:, 0],
                "what": np.array([WHAT[int(kind)] for kind in index[:, 0]], dtype=object),
            }
        )

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
        return bridge(self)

    def summary(self) -> Summary:
        """Give the measures of the run.

        Returns
        -------
        mapping of str to float
            See `backtest.metrics.summary`.
        """
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
