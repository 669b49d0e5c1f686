"""The measures of a sweep's table: which way each is better, and its values."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError

GENERAL = "general_decisions"  # the column that follows the measures

# Of these less is better; of any other measure more is. Drawdowns are zero or below: more is better.
LESS_IS_BETTER = frozenset({"volatility", "turnover", "traded_notional", "cost", "cost_annual", "n_trades", "kurtosis"})


def better(measure: str) -> int:
    """Say which way a measure is better.

    Parameters
    ----------
    measure : str

    Returns
    -------
    int
        1 where more is better, -1 where less is.
    """
    return -1 if measure in LESS_IS_BETTER else 1


def values_of(table: pd.DataFrame, measure: str) -> NDArray[np.float64]:
    """Take a measure from the table.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    measure : str

    Returns
    -------
    ndarray of shape (n,)
        NaN where it is not defined.

    Raises
    ------
    BacktestError
        If the table has no such measure.
    """
    if measure not in table.columns or "." in measure:
        known = ", ".join(str(name) for name in table.columns if "." not in str(name))
        raise BacktestError(f"The sweep has no measure {measure!r}; it has {known}.")
    return table[measure].to_numpy(dtype=np.float64)
