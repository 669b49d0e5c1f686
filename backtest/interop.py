"""A run in vectorbt's hands: the executed orders as a `vectorbt.Portfolio`."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.kernels import state

if TYPE_CHECKING:
    from backtest.result import BacktestResult

# Largest difference of value and NAV, relative, that is rounding and goes without a word.
ROUNDING = 1e-9
# Largest difference between an order of ours and vectorbt's execution of it, as a share of the largest NAV.
SAME_ORDER = 1e-10


class VectorbtGap(UserWarning):
    """The value of the vectorbt portfolio differs from NAV, by a stated figure."""


def to_vectorbt(result: "BacktestResult") -> Any:
    """Give the executed orders of a run as a vectorbt portfolio.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    vectorbt.Portfolio
        Of shape (n_dates, n_names), one group with shared cash, in base currency: signed shares of each date at
        the fill price and FX of the fill, with all costs of the fill as fixed fees; closes are the mark prices at
        the FX of the mark, NaN before a name's first price. It starts from the opening NAV.

    Raises
    ------
    BacktestError
        If the call marked no date, if it starts with shares already held (vectorbt starts from cash), or if
        vectorbt did not execute the same orders.

    Warns
    -----
    VectorbtGap
        If its value differs from NAV by more than 1e-9 of it, saying by how much and why.

    Notes
    -----
    vectorbt knows one currency and pays no interest. The gap is therefore interest, and what exchange rates do to
    foreign balances between the fill and the mark. It also refuses to let cash go below zero, where the ledger
    pays the debit rate: orders are executed with cash without limit, and cash is counted from the opening
    NAV afterwards. Fills of one name on one date have the same price and become one order. Its frequency is the
    mean step between dates, so that what it annualises counts elapsed time.

    Examples
    --------
    >>> from backtest.engine import simulate
    >>> from data.load import load
    >>> from strategies.targets import TargetWeights
    >>> frame = pd.DataFrame({"US01": [0.5]}, index=["2025-01-22"])
    >>> result = simulate(load("tiny", universe="us"), TargetWeights.from_frame(frame))
    >>> portfolio = to_vectorbt(result)  # doctest: +SKIP
    >>> bool(abs(portfolio.value().iloc[-1] / result.nav.iloc[-1] - 1) < 1e-12)  # doctest: +SKIP
    True
    """
    import vectorbt as vbt

    if not len(result.dates):
        raise BacktestError("No date was marked in this call, so there is nothing to hand to vectorbt.")
    if result.opening.shares.any():
        raise BacktestError(
            "This run goes on from one that held shares, and a vectorbt portfolio starts from cash: "
            "convert the whole run instead of its second part."
        )
    index, _ = result.entries(state.SPLIT_ADDED, state.SCRIP_ADDED, state.DELISTED)
    if len(index):
        raise BacktestError(
            f"{result.prepared.names[int(index[0, 3])]} had a split, scrip or delisting while held, and vectorbt knows "
            "no corporate actions: run on adjusted prices for a vectorbt portfolio."
        )
    size, price, fees = _orders(result)
    marks = result.mark_prices * result.mark_rates[:, result.prepared.world.currency]
    columns = list(result.prepared.names)
    unlimited = vbt.Portfolio.from_orders(
        pd.DataFrame(np.where(marks > 0, marks, np.nan), index=result.dates, columns=columns),
        size=size,
        size_type="amount",
        direction="both",
        price=price,
        fees=0.0,
        fixed_fees=fees,
        slippage=0.0,
        min_size=0.0,
        max_size=np.inf,
        size_granularity=np.nan,
        reject_prob=0.0,
        lock_cash=False,
        init_cash=np.inf,
        cash_sharing=True,
        group_by=True,
        call_seq=np.argsort(size, axis=1, kind="stable"),  # sells before buys
        freq=_mean_step(result.dates),
    )
    portfolio = unlimited.replace(init_cash=np.array([result.opening_nav]))
    _check_executed(result, portfolio.order_records, size, price)
    _tell_gap(result, portfolio.value().to_numpy())
    return portfolio


def _mean_step(dates: pd.DatetimeIndex) -> pd.Timedelta:
    return (dates[-1] - dates[0]) / (len(dates) - 1) if len(dates) > 1 else pd.Timedelta(days=1)


def _orders(result: "BacktestResult") -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Lay out signed shares, prices and costs by date and name, shape (n_dates, n_names), base currency."""
    index, value = result.fills
    cost = result.fill_costs.sum(axis=1)
    row = result.prepared.timeline.row[index[:, 1]]
    marked = row <= result.rows[-1]  # fills after the last mark have no date to stand on
    index, value, cost = index[marked], value[marked], cost[marked]
    at = (np.searchsorted(result.rows, row[marked]), index[:, 3])
    shape = (len(result.rows), len(result.prepared.names))
    size, fees, price = np.zeros(shape), np.zeros(shape), np.full(shape, np.nan)
    np.add.at(size, at, value[:, 0])
    np.add.at(fees, at, cost * value[:, 2])
    price[at] = value[:, 1] * value[:, 2]
    return size, price, fees


def _check_executed(
    result: "BacktestResult", records: NDArray[Any], size: NDArray[np.float64], price: NDArray[np.float64]
) -> None:
    executed = np.zeros_like(size)
    signs = np.where(records["side"] == 0, 1.0, -1.0)
    np.add.at(executed, (records["idx"], records["col"]), signs * records["size"])
    missed = np.abs(executed - size) * np.nan_to_num(price)
    if missed.max() > SAME_ORDER * np.abs(result.nav).max():
        date, name = (int(i) for i in np.unravel_index(int(missed.argmax()), missed.shape))
        raise BacktestError(
            f"vectorbt executed {executed[date, name]:.10g} shares of {result.prepared.names[name]} on "
            f"{result.dates[date].date()} instead of {size[date, name]:.10g}: its portfolio is not this run."
        )


def _tell_gap(result: "BacktestResult", value: NDArray[np.float64]) -> None:
    gap = np.abs(value / result.nav.to_numpy() - 1.0)
    worst = int(gap.argmax())
    if gap[worst] <= ROUNDING:
        return
    base = result.config.base_currency
    warnings.warn(
        f"The vectorbt portfolio is worth up to {gap[worst]:.2g} of NAV more or less than the run (most on "
        f"{result.dates[worst].date()}): it leaves out interest ({result.bridge['interest'].sum():.2f} {base} in "
        "all), dividends, what holding costs, and what exchange rates do to balances in other currencies.",
        VectorbtGap,
        stacklevel=4,
    )
