"""Candidates without a result: an optimiser gave them no portfolio at some decision, and the sweep goes on."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from backtest.tuning.analysis.measures import FAILED
from backtest.tuning.space import Space
from data.wording import in_one_line
from strategies.errors import UnsolvedError
from strategies.settings import SIMPLE
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

MOST_TOLD = 3  # of which the reason is kept: each is run again for it


def solves(strategy: Thesis | Strategy | Policy, space: Space) -> bool:
    """Say whether some candidate of a thesis solves a programme.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy
    space : Space

    Returns
    -------
    bool
        False of a strategy in Python, of which nobody knows.
    """
    if not isinstance(strategy, Thesis):
        return False
    varied = dict(zip(space.names, space.values, strict=True))
    return not set(varied.get("allocation.kind", (strategy.allocation.kind,))) <= set(SIMPLE)


def may_fail(strategy: Thesis | Strategy | Policy, space: Space) -> bool:
    """Say whether the table of a sweep has a column of failures.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy
    space : Space

    Returns
    -------
    bool
        True of theses that solve programmes, and of strategies in Python, which may.
    """
    return not isinstance(strategy, Thesis) or solves(strategy, space)


def n_failed(table: pd.DataFrame) -> int:
    """Count the candidates without a result.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.

    Returns
    -------
    int
    """
    return int(table[FAILED].sum()) if FAILED in table else 0


def in_words(table: pd.DataFrame, reasons: Mapping[int, str]) -> str:
    """Say how many candidates failed, and why one did.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    reasons : mapping of int to str
        As `failures` gives them.

    Returns
    -------
    str
        Empty if none failed.
    """
    n = n_failed(table)
    if not n:
        return ""
    said = f"{n:,} of {len(table):,} candidates failed and {'has' if n == 1 else 'have'} no result"
    return said + "".join(f"; candidate {one:,}: {reason}" for one, reason in [*reasons.items()][:1])


def failures(table: pd.DataFrame, run: Callable[[int], object], k: int = MOST_TOLD) -> dict[int, str]:
    """Say why candidates have no result.

    Parameters
    ----------
    table : DataFrame
        Of a sweep, or its column of failures alone.
    run : callable
        Runs a candidate again, until it fails as it did.
    k : int
        How many at most, the first ones.

    Returns
    -------
    dict of int to str
        By candidate.
    """
    if FAILED not in table:
        return {}
    found = dict[int, str]()
    for candidate in np.flatnonzero(table[FAILED].to_numpy())[:k].tolist():
        try:
            run(candidate)
        except UnsolvedError as error:
            found[candidate] = in_one_line(str(error))
    return found
