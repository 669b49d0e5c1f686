"""How many different outcomes the candidates of a sweep have: rules that never act differently end up the same."""

import numpy as np
import pandas as pd

from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.failures import failed

ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, so that no column undoes another


def n_outcomes(table: pd.DataFrame) -> int:
    """Count the different outcomes of a sweep.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.

    Returns
    -------
    int
        Rows that differ in some measure, to the last bit; NaN equals NaN, and failed ones are left out. Told apart by
        a hash of 64 bits, by which of a million rows two different ones are taken for the same with a probability
        of 3e-8.

    Examples
    --------
    >>> n_outcomes(pd.DataFrame({"rotation.enter": [0.5, 1.0, 1.5], "sharpe": [0.4, 0.4, 0.6]}))
    2
    """
    table = table.drop(index=table.index[failed(table)]) if len(failed(table)) else table
    found = np.zeros(len(table), dtype=np.uint64)
    for name in table.columns:
        if "." in str(name) or name == GENERAL:
            continue
        values = table[name].to_numpy(dtype=np.float64) + 0.0  # a copy in which minus zero is zero
        values[np.isnan(values)] = np.nan  # which has many bit patterns
        found = found * ODD + pd.util.hash_array(values)
    return len(pd.unique(found))
