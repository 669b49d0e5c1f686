"""Where the thesis' own settings stand among the candidates, in words that are honest with ties."""

import math
from collections.abc import Mapping

from backtest.report.tables import MISSING, number


def rank(found: Mapping[str, float], *, is_candidate: bool) -> str:
    """Say the rank of the own settings.

    Parameters
    ----------
    found : mapping of str to float
        `measured`, `better` and `equal`, as `backtest.tuning.analysis.landscape.spread` gives them.
    is_candidate : bool
        Whether one of the candidates is the thesis itself; else it is counted beside them.

    Returns
    -------
    str
        The first of equals, and how many others there are; empty where it has no rank.

    Examples
    --------
    >>> rank({"measured": 40920, "better": 2, "equal": 13}, is_candidate=True)
    'rank 3 of 40,920, tied with 12 others'
    >>> rank({"measured": 40920, "better": 2, "equal": 0}, is_candidate=False)
    'rank 3 beside the 40,920'
    """
    if not math.isfinite(found["better"]):
        return ""
    n = number(found["measured"])
    place = f"rank {number(found['better'] + 1)} {'of' if is_candidate else 'beside the'} {n}"
    others = found["equal"] - is_candidate
    if others < 1:
        return place
    return f"{place}, tied with {number(others)}{' other' if is_candidate else ''}{'s' * (is_candidate and others > 1)}"


def short_rank(found: Mapping[str, float], *, is_candidate: bool) -> str:
    """Write the rank for a table.

    Parameters
    ----------
    found : mapping of str to float
    is_candidate : bool
        As of `rank`.

    Returns
    -------
    str
        With an equals sign where others have the same; a dash where it has no rank.

    Examples
    --------
    >>> short_rank({"measured": 40920, "better": 2, "equal": 13}, is_candidate=True)
    '3='
    """
    if not math.isfinite(found["better"]):
        return MISSING
    return number(found["better"] + 1) + "=" * (found["equal"] > is_candidate)


def ranked_as(found: Mapping[str, float], *, is_candidate: bool) -> str:
    """Say the rank of the own settings as the end of a sentence about them.

    Parameters
    ----------
    found : mapping of str to float
    is_candidate : bool
        As of `rank`.

    Returns
    -------
    str

    Examples
    --------
    >>> ranked_as({"measured": 1, "better": 0, "equal": 1}, is_candidate=True)
    'they are the only candidate'
    """
    if is_candidate and found["measured"] == 1:
        return "they are the only candidate"
    return rank(found, is_candidate=is_candidate)
