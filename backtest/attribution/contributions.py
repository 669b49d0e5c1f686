"""The P&L bridge by name: what each holding and each balance brought, and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.result import BacktestResult
from data.costs.schedules import COST_KINDS, HOLDING_KINDS
from data.instruments import Instrument

Matrix = NDArray[np.float64]
Key = Literal["market", "sector", "name", "currency"]
Period = Literal["year", "month"]

PARTS = ("price", "currency", "dividends", "interest", "costs")
# `currency` is a part of the P&L: the currency that a row is in stands in a column of another name.
KEYS = MappingProxyType({"market": "market", "sector": "sector", "name": "symbol", "currency": "trading_currency"})
PERIODS = MappingProxyType({"year": "Y", "month": "M"})
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Contributions to the change of NAV by date and row, base currency.

    A row is a name, or the balance of a currency ("cash USD": money and dividends due).

    Attributes
    ----------
    facts : DataFrame
        One row a name or balance, index `symbol`: market (venue, or "cash"), sector ("unknown" where nobody says, or
        "cash"), name, trading_currency.
    dates : DatetimeIndex of length n_dates
    price, currency, dividends, interest, costs : ndarray of shape (n_dates, n_rows)
        Costs are zero or below. Price and currency as in `backtest.bridge`, dividends gross.
    change : ndarray of shape (n_dates,)
        Of NAV, from the mark before.
    fills : DataFrame
        One row a fill: step (position in `dates`), row, and each kind of cost, zero or below.
    carry : mapping of str to ndarray of shape (n_dates, n_rows)
        Costs of holding by kind, zero or below.
    """

    facts: pd.DataFrame
    dates: pd.DatetimeIndex
    price: Matrix
    currency: Matrix
    dividends: Matrix
    interest: Matrix
    costs: Matrix
    change: Matrix
    fills: pd.DataFrame
    carry: MappingProxyType[str, Matrix]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The whole period by row: the columns of `facts`, then price, currency, dividends, interest, costs, total."""
        frame = self.facts.copy()
        for part in PARTS:
            frame[part] = getattr(self, part).sum(axis=0)
        frame["total"] = frame[list(PARTS)].sum(axis=1)
        return frame

    @property
    def residual(self) -> float:
        """What the rows leave of the change of NAV: rounding."""
        return float(self.change.sum() - self.table["total"].sum())

    @property
    def by_date(self) -> pd.DataFrame:
        """By date, over all rows: the parts, change and residual."""
        frame = pd.DataFrame({part: getattr(self, part).sum(axis=1) for part in PARTS}, index=self.dates)
        frame["change"] = self.change
        frame["residual"] = self.change - frame[list(PARTS)].sum(axis=1)
        return frame

    def by(self, key: Key, period: Period | None = None) -> pd.DataFrame:
        """Group contributions.

        Parameters
        ----------
        key : {"market", "sector", "name", "currency"}
            "name" gives a row for each symbol and balance.
        period : {"year", "month"}, optional
            Group by calendar year or month as well.

        Returns
        -------
        DataFrame
            Index the groups (behind the period, where one is asked for); columns price, currency, dividends, interest,
            costs and total. The totals add up to the change of NAV.

        Raises
        ------
        BacktestError
            On another key or period.
        """
        if key not in KEYS:
            raise BacktestError(f"Contributions cannot be grouped by {key!r}; want {', '.join(KEYS)}.")
        if period is None:
            table = self.table.reset_index()
            return table.groupby(KEYS[key], sort=True)[[*PARTS, "total"]].sum()
        if period not in PERIODS:
            raise BacktestError(f"Contributions cannot be grouped by period {period!r}; want {', '.join(PERIODS)}.")
        labels, n_rows = self.dates.to_period(PERIODS[period]), len(self.facts)
        begins = np.flatnonzero(np.diff(labels.asi8, prepend=np.iinfo(np.int64).min))
        cut = {part: np.add.reduceat(getattr(self, part), begins, axis=0).ravel() for part in PARTS}
        frame = pd.DataFrame(cut).assign(total=np.add.reduce(list(cut.values())))
        frame[period] = np.repeat(labels[begins].astype(str), n_rows)
        group = KEYS[key]
        groups = pd.Index(np.tile(self.facts.reset_index()[group], len(begins)), name=group)
        return frame.groupby([period, groups], sort=True).sum()

    def costs_by_kind(self, key: Key = "name") -> pd.DataFrame:
        """Split costs by kind.

        Parameters
        ----------
        key : {"market", "sector", "name", "currency"}

        Returns
        -------
        DataFrame
            One row a group, one column a kind of cost, base currency, zero or below; rows add up to `costs`.

        Raises
        ------
        BacktestError
            On another key.
        """
        if key not in KEYS:
            raise BacktestError(f"Costs cannot be grouped by {key!r}; want {', '.join(KEYS)}.")
        n_rows, rows = len(self.facts), self.fills["row"].to_numpy()
        kinds = {kind: np.bincount(rows, weights=self.fills[kind], minlength=n_rows) for kind in COST_KINDS}
        kinds |= {kind: amounts.sum(axis=0) for kind, amounts in self.carry.items()}
        frame = pd.DataFrame(kinds, index=self.facts.index)
        groups = self.facts.reset_index().set_index(self.facts.index)[KEYS[key]]
        return frame.groupby(groups, sort=True).sum()

    def between(self, start: object = None, end: object = None) -> "Contributions":
        """Cut a period out.

        Parameters
        ----------
        start, end : date, optional
            First and last date, both included; by default those of the run.

        Returns
        -------
        Contributions
            Of the changes of NAV on these dates: the first is against the mark before it.

        Raises
        ------
        BacktestError
            If a bound is no date, or no date lies within.
        """
        if not len(self.dates):
            raise BacktestError("The run has no mark: there is no period to cut out.")
        first, last = _day(start, self.dates[0]), _day(end, self.dates[-1])
        inside = np.asarray((self.dates >= first) & (self.dates <= last))
        if not inside.any():
            raise BacktestError(
                f"No date between {first.date()} and {last.date()}; the run has {self.dates[0].date()} to "
                f"{self.dates[-1].date()}."
            )
        return self._at(inside)

    def _at(self, inside: NDArray[np.bool_]) -> "Contributions":
        """Keep some dates."""
        step = np.cumsum(inside) - 1
        kept = self.fills[inside[self.fills["step"].to_numpy()]]
        return replace(
            self,
            dates=self.dates[inside],
            change=self.change[inside],
            fills=kept.assign(step=step[kept["step"].to_numpy()]),
            carry=MappingProxyType({kind: amounts[inside] for kind, amounts in self.carry.items()}),
            **{part: getattr(self, part)[inside] for part in PARTS},
        )


def contributions(result: BacktestResult) -> Contributions:
    """Say what each name and each balance brought.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    Contributions

    Examples
    --------
    >>> from backtest.engine import simulate
    >>> from data.load import load
    >>> from strategies.targets import TargetWeights
    >>> frame = pd.DataFrame({"US01": [0.5], "HK01": [0.5]}, index=["2025-01-22"])
    >>> found = contributions(simulate(load("tiny"), TargetWeights.from_frame(frame)))
    >>> found.by("market").index.tolist()
    ['XHKG', 'XNYS', 'cash']
    >>> abs(found.residual) < 1e-6
    True
    """
    parts, names = result.profit_and_loss, result.prepared.names
    n_dates, n_names, n_rows = len(result.dates), len(names), len(names) + len(result.prepared.currencies)
    held = holding_costs(result)
    return Contributions(
        facts=_facts(result),
        dates=result.dates,
        price=_widen(parts.held + parts.traded, n_rows),
        currency=np.hstack([parts.currency, parts.balances]),
        dividends=_widen(parts.dividends, n_rows),
        interest=np.hstack([np.zeros((n_dates, n_names)), parts.interest]),
        costs=_widen(_costs_by_name(result, held), n_rows),
        change=np.diff(result.nav_by_row[result.rows], prepend=result.opening_nav),
        fills=_fills(result),
        carry=MappingProxyType({kind: -_widen(paid, n_rows) for kind, paid in held.items()}),
    )


def costs_by_name(result: BacktestResult) -> Matrix:
    """Give what names cost: fills and holding, all kinds together.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    ndarray of shape (n_dates, n_names)
        Base currency, zero or below, never NaN: the sum of `Contributions.fills` and `carry`, to rounding.
    """
    return _costs_by_name(result, holding_costs(result))


def _costs_by_name(result: BacktestResult, held: Mapping[str, Matrix]) -> Matrix:
    index, amounts = result.fills
    step, inside = result.steps(index)
    shape = len(result.dates), len(result.prepared.names)
    paid = -(result.fill_costs * amounts[:, 2:3]).sum(axis=1)
    place = step[inside] * shape[1] + index[inside, 3]
    of_fills = np.bincount(place, weights=paid[inside], minlength=shape[0] * shape[1])
    total: Matrix = np.subtract.reduce([of_fills.reshape(shape), *held.values()])
    return total


def holding_costs(result: BacktestResult) -> dict[str, Matrix]:
    """Give what holding cost by name: borrow fees, tax withheld.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    mapping of str to ndarray of shape (n_dates, n_names)
        By kind, base currency, positive when paid.
    """
    world, rows = result.prepared.world, result.rows
    value = result.profit_and_loss.opening_value
    rates_before = np.vstack([result.opening_rates[None, :], result.mark_rates[:-1]])
    local = np.divide(value, rates_before[:, world.currency], out=np.zeros_like(value), where=value != 0.0)
    # A call that begins within a row does not see what the row began with.
    begun = (result.prepared.begins[rows] >= result.first_event)[:, None]
    paid = np.abs(local) * result.begin_rates[:, world.currency] * begun
    long, short = (table[rows if len(table) > 1 else [0]] for table in (world.carry_long, world.carry_short))
    index, amounts = result.entries(state.DIVIDEND_DUE)
    step, inside = result.steps(index)
    place = step[inside] * value.shape[1] + index[inside, 3]
    withheld = np.bincount(place, weights=(amounts[:, 6] * amounts[:, 2])[inside], minlength=value.size)
    borrow_fee, withholding = HOLDING_KINDS
    return {
        borrow_fee: np.where(value < 0.0, paid * short, 0.0),
        withholding: np.where(value > 0.0, paid * long, 0.0) + withheld.reshape(value.shape),
    }


def _fills(result: BacktestResult) -> pd.DataFrame:
    """List the costs of fills by kind, base currency, zero or below."""
    index, amounts = result.fills
    step, inside = result.steps(index)
    frame = pd.DataFrame(-result.fill_costs * amounts[:, 2:3], columns=list(COST_KINDS))
    frame.insert(0, "step", step)
    frame.insert(1, "row", index[:, 3])
    return frame[inside]


def _facts(result: BacktestResult) -> pd.DataFrame:
    """Say of each row where it belongs."""
    instruments = [result.market.instruments[name] for name in result.prepared.names]
    rows = {one.symbol: (one.venue, sector_of(one), one.name, one.currency) for one in instruments} | {
        f"cash {code}": ("cash", "cash", f"cash {code}", code) for code in result.prepared.currencies
    }
    columns = ["market", "sector", "name", "trading_currency"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("symbol")


def sector_of(instrument: Instrument) -> str:
    """Name the sector of an instrument.

    Parameters
    ----------
    instrument : Instrument

    Returns
    -------
    str
        "unknown" where the market does not say.
    """
    return UNKNOWN if instrument.sector in ("", "unclassified") else instrument.sector


def _widen(by_name: Matrix, n_rows: int) -> Matrix:
    """Put balances, of which there is nothing, behind the names."""
    return np.hstack([by_name, np.zeros((len(by_name), n_rows - by_name.shape[1]))])


def _day(bound: object, missing: pd.Timestamp) -> pd.Timestamp:
    if bound is None:
        return missing
    try:
        day: object = pd.Timestamp(bound)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise BacktestError(f"{bound!r} is no date: {error}.") from error
    if not isinstance(day, pd.Timestamp) or day.tz is not None:
        raise BacktestError(f"{bound!r} is no date; give one without a time zone, such as 2025-02-03.")
    return day
