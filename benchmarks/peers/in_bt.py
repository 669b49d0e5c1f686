"""The rotation in bt: target weights on their dates, rebalanced, fractions of a share."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers.jobs import Ready, relative_gap
from benchmarks.peers.rotation import CAPITAL, Rotation


def run_bt(rotation: Rotation) -> Ready:
    """Give a backtest of bt; a strategy keeps its state, so each run makes its own.

    Parameters
    ----------
    rotation : Rotation

    Returns
    -------
    Ready
        With costs its answer is held against `by_its_rule`, not against ours.
    """
    import bt

    fee = rotation.fee

    def run() -> pd.Series:
        strategy = bt.Strategy("rotation", [bt.algos.WeighTarget(rotation.weights), bt.algos.Rebalance()])
        made = bt.Backtest(
            strategy, rotation.close, initial_capital=CAPITAL, integer_positions=False, progress_bar=False,
            commissions=(lambda shares, price: fee * abs(shares) * price) if fee else None,
        )  # fmt: skip
        made.run()
        return made.strategy.values.iloc[1:]  # a row of its own stands before the first date

    if not fee:
        return Ready(run=run, answer=lambda nav: nav)
    expected = by_its_rule(
        np.ascontiguousarray(rotation.close), np.ascontiguousarray(rotation.weights), rotation.rows, fee
    )
    return Ready(run=run, gap=lambda nav: relative_gap(nav.to_numpy(), expected))


def by_its_rule(
    close: NDArray[np.float64], weights: NDArray[np.float64], rows: NDArray[np.int64], fee: float
) -> NDArray[np.float64]:
    """Work out NAV as bt allots costs: an amount set aside for a name pays for shares and commission together.

    A buy of an amount a gives a / (1 + fee) of shares, and a sale that must raise a sells a / (1 - fee): holdings miss
    their targets by the costs.

    Parameters
    ----------
    close : ndarray of shape (n_dates, n_names)
    weights : ndarray of shape (n_decisions, n_names)
    rows : ndarray of shape (n_decisions,), int64
    fee : float

    Returns
    -------
    ndarray of shape (n_dates,)
    """
    shares, cash, nav = np.zeros(close.shape[1]), CAPITAL, np.empty(len(close))
    nav[: rows[0]] = cash
    for decision, (row, end) in enumerate(zip(rows, [*rows[1:], len(close)], strict=True)):
        prices = close[row]
        amount = weights[decision] * (cash + shares @ prices) - shares * prices
        cash -= amount.sum()
        shares = shares + amount / prices / (1.0 + fee * np.sign(amount))
        nav[row:end] = cash + close[row:end] @ shares
    return nav
