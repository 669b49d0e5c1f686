"""One name in backtesting.py: it holds one asset at a time, in whole units, so shares are counted in millionths."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.jobs import Ready
from benchmarks.peers.rotation import CAPITAL, Rotation

UNIT = 1e-6  # of a share


def run_backtesting(rotation: Rotation) -> Ready:
    """Give a strategy that orders the difference to its target at the close.

    Parameters
    ----------
    rotation : Rotation
        Of one name.

    Returns
    -------
    Ready
        It books an order of a close after that close: the cost is taken off the decision's own date for the comparison.
    """
    from backtesting import Strategy
    from backtesting.lib import FractionalBacktest

    (name,) = rotation.close.columns
    close = rotation.close[name]
    quotes = pd.DataFrame({**dict.fromkeys(("Open", "High", "Low", "Close"), close), "Volume": 1.0})
    wanted, paid = rotation.sized[name].to_numpy(), np.zeros(len(close))

    class Rotate(Strategy):
        def init(self) -> None:
            """Nothing to prepare."""

        def next(self) -> None:
            row = len(self.data) - 1
            if not np.isnan(wanted[row]):
                units = int(wanted[row] * self.equity / self.data.Close[-1]) - self.position.size
                paid[row] = rotation.fee * abs(units) * self.data.Close[-1]
                if units > 0:
                    self.buy(size=units)
                elif units < 0:
                    self.sell(size=-units)

    made = FractionalBacktest(
        quotes, Rotate, fractional_unit=UNIT, cash=CAPITAL, commission=rotation.fee, trade_on_close=True
    )

    def run() -> Any:
        return made.run()["_equity_curve"]["Equity"]

    return Ready(run=run, answer=lambda nav: nav.to_numpy() - paid)
