"""How much of a measure's variance between candidates each parameter explains, and each pair of them."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from backtest.tuning.analysis.axes import Axis, axis, bins_for, parameters
from backtest.tuning.analysis.groups import Variance
from backtest.tuning.analysis.measures import values_of


def explained(table: pd.DataFrame, measure: str, axes: Sequence[Axis] | None = None) -> "pd.Series[float]":
    """Share of a measure's variance that each parameter explains on its own.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    measure : str
    axes : sequence of Axis, optional
        Of the parameters, where they are laid out already; by default of all that vary.

    Returns
    -------
    Series
        By parameter, the largest first: eta squared [1]_, the variance between the means of its values over that of all
        candidates. In a full grid it is the first-order sensitivity index [2]_ with each value given equal weight, and
        the shares sum to at most 1; under conditions between parameters, or in a small draw, they may overlap. NaN
        and infinite measures are left out; NaN where nothing varies. A parameter with about as many values as there are
        candidates, such as thousands of texts, explains nearly everything by chance.

    References
    ----------
    .. [1] Pearson, "On the General Theory of Skew Correlation and Non-Linear Regression", 1905: the correlation ratio.
    .. [2] Saltelli et al., "Global Sensitivity Analysis: The Primer", 2008.

    Examples
    --------
    >>> table = pd.DataFrame({"a.x": [0, 0, 1, 1], "a.y": [0, 1, 0, 1], "sharpe": [1.0, 1.0, 3.0, 3.0]})
    >>> explained(table, "sharpe").to_dict()
    {'a.x': 1.0, 'a.y': 0.0}
    """
    variance = Variance(values_of(table, measure))
    laid = [axis(table, name) for name in parameters(table)] if axes is None else axes
    shares = {one.parameter: variance.between(one.codes, one.n) for one in laid}
    return pd.Series(shares, dtype=np.float64).sort_values(ascending=False, kind="stable")


def interactions(table: pd.DataFrame, measure: str, axes: Sequence[Axis] | None = None) -> pd.DataFrame:
    """Share of a measure's variance that each pair of parameters explains, together and beyond the two alone.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    measure : str
    axes : sequence of Axis, optional
        Of the parameters, where they are laid out already; by default of all that vary, drawn numbers in so many bins
        that a cell of two holds 20 candidates on average.

    Returns
    -------
    DataFrame
        One row a pair: `x`, `y` (the parameter that explains more first), `together` (eta squared of the cells of
        both), `adds` (less that of `x` alone: what the second adds to the first), `beyond` (less those of each alone:
        the second-order index [1]_ of a full grid); sorted by `together`, the largest first. Of numbers that were drawn
        all are measured over the same bins. `beyond` is negative where a condition ties two parameters, so that they
        tell the same story. A parameter with more than 64 values that cannot be put into bins, such as texts, is left
        out: a cell of it and another one would hold a candidate or none.

    References
    ----------
    .. [1] Saltelli et al., "Global Sensitivity Analysis: The Primer", 2008.
    """
    variance, n_bins = Variance(values_of(table, measure)), bins_for(len(table), 2)
    given = [axis(table, name, n_bins=n_bins) for name in parameters(table)] if axes is None else axes
    made = [one for one in given if not one.is_too_fine]
    laid = {one.parameter: one for one in made}
    rows, each, of_pairs = [], list[float](), list[float]()
    if len(made) > 1:
        each, of_pairs = variance.between_pairs([one.codes for one in made], [one.n for one in made])
    alone = dict(zip(laid, each, strict=len(made) > 1))
    for (a, b), together in zip(combinations(laid, 2), of_pairs, strict=True):
        x, y = (a, b) if not alone[b] > alone[a] else (b, a)
        rows.append((x, y, together, together - alone[x], together - alone[x] - alone[y]))
    frame = pd.DataFrame(rows, columns=["x", "y", "together", "adds", "beyond"])
    return frame.sort_values("together", ascending=False, kind="stable", ignore_index=True)
