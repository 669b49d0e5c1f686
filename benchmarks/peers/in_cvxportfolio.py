"""The rotation in cvxportfolio: its simulator on returns that we give it, fixed weights instead of its optimiser."""

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
    dates = frozenset(weights.index)

    class Weekly(cvx.FixedWeights):
        # On a date without weights the base class hashes all of them, to name itself in a message that it then catches.
        def values_in_time_recursive(self, t: pd.Timestamp, current_weights: pd.Series, **others: Any) -> pd.Series:
            if t in dates:
                return super().values_in_time_recursive(t=t, current_weights=current_weights, **others)
            self._current_value = current_weights
            return current_weights

    def run() -> Any:
        return simulator.backtest(Weekly(weights), start_time=first, end_time=last, initial_value=CAPITAL)

    def answer(result: Any) -> NDArray[np.float64]:
        nav = result.v.reindex(rotation.close.index)
        for costs in result.costs.values():
            nav = nav - costs.reindex(nav.index).fillna(0.0)  # none known for the last date
        return nav.to_numpy()

    return Ready(run=run, answer=answer)
