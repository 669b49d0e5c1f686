"""Candidates without a result: an optimiser gave them no portfolio at some decision, and the sweep goes on.

They are the rows in which no measure is defined; of a candidate that was run the number of trades always is.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.wording import in_one_line
from strategies.errors import UnsolvedError

MOST_TOLD = 3  # of which the reason is kept: each is run again for it
ALWAYS = "n_trades"


def failed(table: pd.DataFrame) -> NDArray[np.int64]:
    """Find the candidates without a result.

    Parameters
    ----------
    table : DataFrame
        Of a sweep, or its column of numbers of trades.

    Returns
    -------
    ndarray of int64
        Their numbers; none where the table does not say.
    """
    if ALWAYS not in table:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.isnan(table[ALWAYS].to_numpy(dtype=np.float64)))


def reason(run: Callable[[int], object], candidate: int) -> str:
    """Say why a candidate has no result.

    Parameters
    ----------
    run : callable
        Runs a candidate again, until it fails as it did.
    candidate : int

    Returns
    -------
    str
        Empty if it does not fail.
    """
    try:
        run(candidate)
    except UnsolvedError as error:
        return in_one_line(str(error))
    return ""


def in_words(table: pd.DataFrame, reasons: Mapping[int, str]) -> str:
    """Say how many candidates failed, and why one did.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    reasons : mapping of int to str
        By candidate: why it failed.

    Returns
    -------
    str
        Empty if none failed.
    """
    n = len(failed(table))
    if not n:
        return ""
    said = f"{n:,} of {len(table):,} candidates failed and {'has' if n == 1 else 'have'} no result"
    return said + "".join(f"; candidate {one:,}: {why}" for one, why in [*reasons.items()][:1])
