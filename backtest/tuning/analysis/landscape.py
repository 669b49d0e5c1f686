"""What the table of a sweep says: heat maps, effects of parameters, rankings, and where a value lies among all.

A parameter is a column with a dotted name. Numbers that were drawn, or that take more than 64 values, are put into bins
of equal count. Texts keep all their values; a parameter with more than 64 of them stands in no pair, for no map can
show it. NaN and infinite measures are left out and counted.
"""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.analysis.axes import Axis, axis, bins_for, parameters
from backtest.tuning.analysis.groups import Sorted, Variance, group_means
from backtest.tuning.analysis.measures import better, values_of
from backtest.tuning.analysis.neighbourhood import neighbourhood
from backtest.tuning.analysis.sensitivity import explained, interactions

How = Literal["median", "mean", "best", "worst"]
MOST_CELLS = 10**6  # of a map: far more than can be seen, and what 32 bits can count
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SAME = 1e-10  # absolute and relative: how near the measures of a candidate are to those of its single run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heat:
    """A measure over two parameters, all others marginalised.

    Attributes
    ----------
    x, y : Axis
    values : ndarray of shape (y.n, x.n)
        NaN where no candidate has the measure.
    counts : ndarray of shape (y.n, x.n), int64
        Candidates that have it.
    """

    x: Axis
    y: Axis
    values: NDArray[np.float64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marginal:
    """A measure by the values of one parameter, all others marginalised.

    Attributes
    ----------
    axis : Axis
    by_value : DataFrame
        One row a value, by its label: `value`, `count` (candidates that have the measure), `low` and `high`
        (quartiles), `median`, `mean`, `best`.
    explained : float
        Share of the measure's variance between the values; see `explained`.
    """

    axis: Axis
    by_value: pd.DataFrame
    explained: float


def ranking(table: pd.DataFrame, by: str, k: int | None = None) -> NDArray[np.int64]:
    """Rank candidates by a measure.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    by : str
        A measure; of volatility, turnover and costs the lowest comes first.
    k : int, optional
        How many to give; all by default.

    Returns
    -------
    ndarray of shape (min(k, n),), int64
        Numbers of candidates, the best first; equals by their number, NaN last.

    Raises
    ------
    BacktestError
        If the table has no such measure.

    Examples
    --------
    >>> ranking(pd.DataFrame({"sharpe": [0.5, np.nan, 0.9, 0.5]}), "sharpe").tolist()
    [2, 0, 3, 1]
    """
    key = -better(by) * values_of(table, by)
    n = len(key)
    if k is None or k >= n:
        return np.argsort(key, kind="stable")
    if k < 1:
        return np.zeros(0, dtype=np.int64)
    last = np.partition(key, k - 1)[k - 1]
    among = np.arange(n) if math.isnan(last) else np.flatnonzero(key <= last)
    return among[np.argsort(key[among], kind="stable")][:k]


def spread(table: pd.DataFrame, measure: str, own: float | None = None) -> dict[str, float]:
    """Describe a measure over all candidates.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    measure : str
    own : float, optional
        A value to be placed among them, such as that of the thesis' own settings.

    Returns
    -------
    dict
        `n`, `measured` (finite), `mean`, `deviation` (sample), quantiles `q0 q5 q25 q50 q75 q95 q100`; with `own` also
        `own`, and how many measured candidates are `better` than it and how many `equal` to it, which includes the
        candidate that it is. Equal is what differs by 1e-10, as a single run may from its candidate: see `SAME`.

    Raises
    ------
    BacktestError
        If the table has no such measure.

    Examples
    --------
    >>> found = spread(pd.DataFrame({"sharpe": [0.0, 1.0, 2.0, 3.0, np.nan]}), "sharpe", own=2.0)
    >>> found["measured"], found["q50"], found["better"], found["equal"]
    (4, 1.5, 1, 1)
    """
    values = values_of(table, measure)
    known = values[np.isfinite(values)]
    found: dict[str, float] = {"n": len(values), "measured": len(known)}
    cuts = np.quantile(known, QUANTILES) if len(known) else np.full(len(QUANTILES), math.nan)
    found["mean"] = float(known.mean()) if len(known) else math.nan
    found["deviation"] = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    found |= {f"q{100 * q:g}": float(cut) for q, cut in zip(QUANTILES, cuts, strict=True)}
    if own is not None:
        found |= {"own": own, "better": math.nan, "equal": math.nan}
        if math.isfinite(own):
            is_equal = equal_to(known, own)
            found["better"] = int(np.count_nonzero((better(measure) * (known - own) > 0) & ~is_equal))
            found["equal"] = int(np.count_nonzero(is_equal))
    return found


def equal_to(values: NDArray[np.float64], own: float) -> NDArray[np.bool_]:
    """Say which measures are no further from a value than a candidate may be from its single run.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN equals nothing.
    own : float

    Returns
    -------
    ndarray of shape (n,), bool
    """
    near: NDArray[np.bool_] = np.abs(values - own) <= SAME + SAME * abs(own)
    return near


def heat(
    table: pd.DataFrame,
    x: str | Axis,
    y: str | Axis,
    measure: str,
    how: How = "median",
    *,
    n_bins: int | None = None,
    ordered: Sorted | None = None,
) -> Heat:
    """Map a measure over two parameters.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    x, y : str or Axis
        Parameters; their axes where several maps are made of them.
    measure : str
    how : {"median", "mean", "best", "worst"}
        What stands for the candidates of a cell; which end is best depends on the measure.
    n_bins : int, optional
        Bins of a number that is not listed; by default cells hold 20 candidates or more, on average.
    ordered : Sorted, optional
        The measure, sorted once where several maps are made.

    Returns
    -------
    Heat
        NaN and infinite measures are left out of a cell and of its count.

    Raises
    ------
    BacktestError
        If the table has no such measure, or the map would have more than a million cells.
    """
    values = values_of(table, measure)
    n_bins = n_bins or bins_for(len(values), 2)
    across, up = (one if isinstance(one, Axis) else axis(table, one, n_bins=n_bins) for one in (x, y))
    n_cells, known = across.n * up.n, np.isfinite(values)
    if n_cells > MOST_CELLS:
        finest = max(across, up, key=lambda one: one.n)
        raise BacktestError(
            f"A map of {across.parameter} and {up.parameter} has {n_cells:,} cells, more than {MOST_CELLS:,}: "
            f"{finest.parameter} takes {finest.n:,} values. Map other parameters, or ask for fewer bins."
        )
    cells = up.codes.astype(np.int32) * across.n + across.codes.astype(np.int32)
    counts = np.bincount(cells[known], minlength=n_cells)
    if how == "mean":
        found = group_means(cells[known], values[known], n_cells)
    else:
        is_top = (how == "best") == (better(measure) > 0)
        cut = 0.5 if how == "median" else float(is_top)
        found = (ordered or Sorted(values)).quantiles(cells, n_cells, (cut,))[:, 0]
    shape = (up.n, across.n)
    return Heat(x=across, y=up, values=found.reshape(shape), counts=counts.reshape(shape).astype(np.int64))


def marginal(table: pd.DataFrame, parameter: str | Axis, measure: str, *, ordered: Sorted | None = None) -> Marginal:
    """Give the effect of one parameter on a measure, all others marginalised.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    parameter : str or Axis
    measure : str
    ordered : Sorted, optional
        The measure, sorted once where several parameters are read.

    Returns
    -------
    Marginal
        NaN and infinite measures are left out.

    Raises
    ------
    BacktestError
        If the table has no such measure.
    """
    values = values_of(table, measure)
    along = parameter if isinstance(parameter, Axis) else axis(table, parameter)
    known = np.isfinite(values)
    best = float(better(measure) > 0)
    cuts = (ordered or Sorted(values)).quantiles(along.codes, along.n, (0.25, 0.5, 0.75, best))
    frame = pd.DataFrame(
        {
            "value": pd.Series(along.values, dtype=object),
            "count": np.bincount(along.codes[known], minlength=along.n),
            "low": cuts[:, 0],
            "median": cuts[:, 1],
            "high": cuts[:, 2],
            "mean": group_means(along.codes[known], values[known], along.n),
            "best": cuts[:, 3],
        }
    )
    frame.index = pd.Index(along.labels, name=along.parameter)
    return Marginal(axis=along, by_value=frame, explained=Variance(values).between(along.codes, along.n))


def summary(table: pd.DataFrame, measure: str = "sharpe", own: float | None = None) -> dict[str, object]:
    """Sum a sweep up, ready for JSON.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    measure : str
    own : float, optional
        Of the thesis' own settings.

    Returns
    -------
    dict
        `measure`; `spread` as `spread` gives it; `best` (candidate, value, settings); `explained` by parameter;
        `interactions` (the five pairs that explain most); `neighbourhood` of the best. None for NaN.

    Raises
    ------
    BacktestError
        If the table has no such measure.
    """
    n_bins = bins_for(len(table), 2)
    with ThreadPoolExecutor(2) as beside:
        # Laid out once, which is most of the work.
        axes = list(beside.map(lambda name: axis(table, name), parameters(table)))
        of_pairs = [axis(table, one.parameter, n_bins=n_bins) if one.is_binned else one for one in axes]
        lying = beside.submit(spread, table, measure, own)
        of_each_pair = beside.submit(interactions, table, measure, of_pairs)
        first = ranking(table, measure, 1)
        best = int(first[0]) if len(first) else None
        laid = {one.parameter: one for one in axes}
        around = None if best is None else neighbourhood(table, best, measure, axes=laid)
        shares = explained(table, measure, axes)
        lies, pairs = lying.result(), of_each_pair.result().head(5)
    told: dict[str, object] = {
        "measure": measure,
        "spread": lies,
        "best": None
        if best is None
        else {
            "candidate": best,
            "value": float(values_of(table, measure)[best]),
            "settings": {name: table[name].iloc[best] for name in parameters(table, varied=False)},
        },
        "explained": shares.to_dict(),
        "interactions": pairs.to_dict("records"),
        "neighbourhood": None if around is None else around.numbers(),
    }
    plain = _for_json(told)
    return plain if isinstance(plain, dict) else {}


def _for_json(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _for_json(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_for_json(one) for one in value]
    if isinstance(value, np.generic):
        return _for_json(value.item())
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
