"""What the table of a sweep says: heat maps, effects of parameters, rankings, and where a value lies among all.

A parameter is a column with a dotted name. Numbers that were drawn, or that take more than 64 values, are put into bins
of equal count. NaN and infinite measures are left out and counted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.axes import Axis, axis, bins_for, parameters
from backtest.tuning.neighbourhood import Neighbourhood, neighbourhood

How = Literal["median", "mean", "best", "worst"]
# Of these less is better; of any other measure more is. Drawdowns are zero or below: more is better.
LESS_IS_BETTER = frozenset({"volatility", "turnover", "traded_notional", "cost", "cost_annual", "n_trades", "kurtosis"})
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


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
        One row a value, by its label: `value`, `count` (candidates that have the measure), `low` and `high` (quartiles),
        `median`, `mean`, `best`.
    explained : float
        Share of the measure's variance between the values; see `explained`.
    """

    axis: Axis
    by_value: pd.DataFrame
    explained: float


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
        `own` and `percentile`: share of measured candidates that it is better than, half of its equals included.

    Raises
    ------
    BacktestError
        If the table has no such measure.

    Examples
    --------
    >>> found = spread(pd.DataFrame({"sharpe": [0.0, 1.0, 2.0, 3.0, np.nan]}), "sharpe", own=2.0)
    >>> found["measured"], found["q50"], found["percentile"]
    (4, 1.5, 0.625)
    """
    values = values_of(table, measure)
    known = values[np.isfinite(values)]
    found: dict[str, float] = {"n": len(values), "measured": len(known)}
    cuts = np.quantile(known, QUANTILES) if len(known) else np.full(len(QUANTILES), math.nan)
    found["mean"] = float(known.mean()) if len(known) else math.nan
    found["deviation"] = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    found |= {f"q{100 * q:g}": float(cut) for q, cut in zip(QUANTILES, cuts, strict=True)}
    if own is not None:
        found["own"], found["percentile"] = own, math.nan
        if len(known) and math.isfinite(own):
            under = np.count_nonzero(better(measure) * (own - known) > 0)
            found["percentile"] = float((under + 0.5 * np.count_nonzero(known == own)) / len(known))
    return found


def heat(table: pd.DataFrame, x: str, y: str, measure: str, how: How = "median", n_bins: int | None = None) -> Heat:
    """Map a measure over two parameters.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    x, y : str
        Parameters.
    measure : str
    how : {"median", "mean", "best", "worst"}
        What stands for the candidates of a cell; which end is best depends on the measure.
    n_bins : int, optional
        Bins of a number that is not listed; by default cells hold 20 candidates or more, on average.

    Returns
    -------
    Heat
        NaN and infinite measures are left out of a cell and of its count.

    Raises
    ------
    BacktestError
        If the table has no such measure.
    """
    values = values_of(table, measure)
    n_bins = n_bins or bins_for(len(values), 2)
    across, up = axis(table, x, n_bins=n_bins), axis(table, y, n_bins=n_bins)
    cells = up.codes.astype(np.int32) * across.n + across.codes
    n_cells, known = across.n * up.n, np.isfinite(values)
    counts = np.bincount(cells[known], minlength=n_cells)
    if how == "mean":
        found = _means(cells[known], values[known], n_cells)
    else:
        is_top = (how == "best") == (better(measure) > 0)
        cut = 0.5 if how == "median" else float(is_top)
        found = grouped_quantiles(cells, values, n_cells, (cut,))[:, 0]
    shape = (up.n, across.n)
    return Heat(x=across, y=up, values=found.reshape(shape), counts=counts.reshape(shape).astype(np.int64))


def marginal(table: pd.DataFrame, parameter: str, measure: str) -> Marginal:
    """Give the effect of one parameter on a measure, all others marginalised.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    parameter, measure : str

    Returns
    -------
    Marginal
        NaN and infinite measures are left out.

    Raises
    ------
    BacktestError
        If the table has no such measure.
    """
    values, along = values_of(table, measure), axis(table, parameter)
    known = np.isfinite(values)
    cuts = grouped_quantiles(along.codes, values, along.n, (0.25, 0.5, 0.75, float(better(measure) > 0)))
    frame = pd.DataFrame(
        {
            "value": pd.Series(along.values, dtype=object),
            "count": np.bincount(along.codes[known], minlength=along.n),
            "low": cuts[:, 0],
            "median": cuts[:, 1],
            "high": cuts[:, 2],
            "mean": _means(along.codes[known], values[known], along.n),
            "best": cuts[:, 3],
        }
    )
    frame.index = pd.Index(along.labels, name=parameter)
    return Marginal(axis=along, by_value=frame, explained=_Variance(values).between(along.codes, along.n))


def explained(table: pd.DataFrame, measure: str) -> "pd.Series[float]":
    """Share of a measure's variance that each parameter explains on its own.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    measure : str

    Returns
    -------
    Series
        By parameter, the largest first: eta squared [1]_, the variance between the means of its values over that of all
        candidates. In a full grid it is the first-order sensitivity index [2]_ with each value given equal weight, and
        the shares sum to at most 1; under conditions between parameters, or in a small draw, they may overlap. NaN
        and infinite measures are left out; NaN where nothing varies.

    References
    ----------
    .. [1] Pearson, "On the General Theory of Skew Correlation and Non-Linear Regression", 1905: the correlation ratio.
    .. [2] Saltelli et al., "Global Sensitivity Analysis: The Primer", 2008, chapter 1.

    Examples
    --------
    >>> table = pd.DataFrame({"a.x": [0, 0, 1, 1], "a.y": [0, 1, 0, 1], "sharpe": [1.0, 1.0, 3.0, 3.0]})
    >>> explained(table, "sharpe").to_dict()
    {'a.x': 1.0, 'a.y': 0.0}
    """
    variance = _Variance(values_of(table, measure))
    laid = [axis(table, name) for name in parameters(table)]
    shares = {one.parameter: variance.between(one.codes, one.n) for one in laid}
    return pd.Series(shares, dtype=np.float64).sort_values(ascending=False, kind="stable")


def interactions(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Share of a measure's variance that each pair of parameters explains, together and beyond the two alone.

    Parameters
    ----------
    table : DataFrame
        Of a sweep.
    measure : str

    Returns
    -------
    DataFrame
        One row a pair: `x`, `y` (the parameter that explains more first), `together` (eta squared of the cells of both),
        `beyond` (less those of each alone: the second-order index [1]_ of a full grid); sorted by `together`, the
        largest first. Of numbers that were drawn both are measured over the same bins. Negative where two parameters
        are tied by a condition and tell the same story.

    References
    ----------
    .. [1] Saltelli et al., "Global Sensitivity Analysis: The Primer", 2008, chapter 4.
    """
    variance, n_bins = _Variance(values_of(table, measure)), bins_for(len(table), 2)
    laid = {name: axis(table, name, n_bins=n_bins) for name in parameters(table)}
    alone = {name: variance.between(one.codes, one.n) for name, one in laid.items()}
    codes = {name: one.codes.astype(np.intp) for name, one in laid.items()}
    rows = []
    for a, b in combinations(laid, 2):
        x, y = (a, b) if not alone[b] > alone[a] else (b, a)
        together = variance.between(codes[y] * laid[x].n + codes[x], laid[x].n * laid[y].n)
        rows.append((x, y, together, together - alone[x] - alone[y]))
    frame = pd.DataFrame(rows, columns=["x", "y", "together", "beyond"])
    return frame.sort_values("together", ascending=False, kind="stable", ignore_index=True)


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
    pairs = interactions(table, measure).head(5)
    first = ranking(table, measure, 1)
    best = int(first[0]) if len(first) else None
    around: Neighbourhood | None = None if best is None else neighbourhood(table, best, measure, better(measure))
    told: dict[str, object] = {
        "measure": measure,
        "spread": spread(table, measure, own),
        "best": None
        if best is None
        else {
            "candidate": best,
            "value": float(values_of(table, measure)[best]),
            "settings": {name: table[name].iloc[best] for name in parameters(table, varied=False)},
        },
        "explained": explained(table, measure).to_dict(),
        "interactions": pairs.to_dict("records"),
        "neighbourhood": None if around is None else around.numbers(),
    }
    plain = _for_json(told)
    return plain if isinstance(plain, dict) else {}


def grouped_quantiles(
    codes: NDArray[np.integer], values: NDArray[np.float64], n_groups: int, cuts: tuple[float, ...]
) -> NDArray[np.float64]:
    """Quantiles of values by group, in one sort.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
        Group of each value, 0 to n_groups - 1.
    values : ndarray of shape (n,)
        NaN and infinities are left out.
    n_groups : int
    cuts : tuple of float
        Probabilities; between two values by linear interpolation, as `numpy.quantile`.

    Returns
    -------
    ndarray of shape (n_groups, len(cuts))
        NaN for an empty group.
    """
    known = np.isfinite(values)
    held, groups = values[known], codes[known].astype(np.uint16 if n_groups <= 65536 else np.int64)
    order = np.argsort(held)
    order = order[np.argsort(groups[order], kind="stable")]  # a radix sort: 16 bits
    held = held[order]
    counts = np.bincount(groups, minlength=n_groups)
    starts = np.cumsum(counts) - counts
    found = np.full((n_groups, len(cuts)), np.nan)
    is_held = counts > 0
    for j, cut in enumerate(cuts):
        place = cut * (counts[is_held] - 1)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, counts[is_held] - 1)
        low, high = held[starts[is_held] + below], held[starts[is_held] + above]
        found[is_held, j] = low + (place - below) * (high - low)
    return found


def _means(codes: NDArray[np.integer], values: NDArray[np.float64], n_groups: int) -> NDArray[np.float64]:
    counts = np.bincount(codes, minlength=n_groups)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(codes, weights=values, minlength=n_groups) / counts, dtype=np.float64)


class _Variance:
    """A measure's squares about its mean, made once and parted by any grouping."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.known = None if np.isfinite(values).all() else np.isfinite(values)
        held = values if self.known is None else values[self.known]
        self.apart = held - (held.mean() if len(held) else 0.0)  # first, so that nothing cancels
        total = float(self.apart @ self.apart)
        rounding = 1e-24 * len(held) * max(1.0, float(np.abs(held).max(initial=0.0))) ** 2
        self.total = total if total > rounding else math.nan

    def between(self, codes: NDArray[np.integer], n_groups: int) -> float:
        groups = codes if self.known is None else codes[self.known]
        counts = np.bincount(groups, minlength=n_groups)
        sums = np.bincount(groups, weights=self.apart, minlength=n_groups)
        return float((sums[counts > 0] ** 2 / counts[counts > 0]).sum() / self.total)


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
