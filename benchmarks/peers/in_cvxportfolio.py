"""The rotation in cvxportfolio: its simulator on returns that we give it, and fixed weights instead of its optimiser."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers.jobs import Ready
from benchmarks.peers.rotation import CAPITAL, Rotation

CASH = "cash"


def run_cvxportfolio(rotation: Rotation) -> Ready:
    """Give a back-test of cvxportfolio.

    Parameters
    ----------
    rotation : Rotation

    Returns
    -------
    Ready
        Its value at a date is taken before the trades of that date: their costs are taken off for the comparison.
    """
    import cvxportfolio as cvx

    returns = rotation.close.shift(-1) / rotation.close - 1.0
    returns.iloc[-1] = 0.0  # what comes after the last date is not asked for
    weights = rotation.weights.copy()
    for frame, cash in ((returns, 0.0), (weights, 1.0 - weights.sum(axis=1))):
        frame[CASH] = cash
    simulator = cvx.MarketSimulator(
        returns=returns, cash_key=CASH, min_history=pd.Timedelta(0),
        costs=[cvx.TransactionCost(a=rotation.fee)] if rotation.fee else [],
    )  # fmt: skip
    first, last = rotation.close.index[[0, -1]]

    def run() -> Any:
        return simulator.backtest(cvx.FixedWeights(weights), start_time=first, end_time=last, initial_value=CAPITAL)

    def answer(result: Any) -> NDArray[np.float64]:
        nav = result.v.reindex(rotation.close.index)
        for costs in result.costs.values():
            nav = nav - costs.reindex(nav.index, fill_value=0.0)
        return nav.to_numpy()

    return Ready(run=run, answer=answer)
