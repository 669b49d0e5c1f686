"""Whether a candidate stands on a plateau or on a spike: what lies beside it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.tuning.analysis.axes import Axis, is_drawn, parameters, steps_of
from backtest.tuning.analysis.measures import better, values_of

NEAREST = 20
COARSE = 1 / 3  # of all other candidates: a neighbourhood as large is the field itself


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbourhood:
    """The candidates beside one of them, and what a measure is there.

    Attributes
    ----------
    candidate : int
    value : float
        Its own.
    typical : float
        Median of all candidates.
    is_near : bool
        Whether neighbours are the nearest ones, as of a draw, rather than those a step away.
    beside : ndarray of int
        Candidates that differ in one parameter, by one step; of a parameter that is no number by any other value.
        Empty of a draw.
    around : ndarray of int
        Candidates within one step in every number and alike in all else; of a draw the nearest.
    mean, median, worst : float
        Of the measure `around`; NaN where nothing is.
    keep_half : float
        Share of those around that keep at least half of the candidate's own measure; NaN where that is not above zero,
        or where less is better.
    is_coarse : bool
        Whether a third of all other candidates or more lie around: then the neighbourhood is the field itself.
    kept : float
        How much of its height over the typical candidate those around keep: (median - typical) / (value - typical).
        1 on a plateau, 0 where a step leads down to the middle of the field, below 0 further down.
    """

    candidate: int
    value: float
    typical: float
    is_near: bool
    beside: NDArray[np.int64]
    around: NDArray[np.int64]
    mean: float
    median: float
    worst: float
    keep_half: float
    is_coarse: bool
    kept: float

    def numbers(self) -> dict[str, object]:
        """Give what can be written as JSON: counts in the place of lists."""
        named = ("candidate", "value", "typical", "mean", "median", "worst", "keep_half", "kept")
        counts = {"beside": len(self.beside), "around": len(self.around)}
        kind = {"nearest": self.is_near, "coarse": self.is_coarse}
        return {name: getattr(self, name) for name in named} | counts | kind


def neighbourhood(
    table: pd.DataFrame,
    candidate: int,
    measure: str,
    nearest: int = NEAREST,
    axes: Mapping[str, Axis] | None = None,
) -> Neighbourhood:
    """Look around a candidate.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    candidate : int
        Its row.
    measure : str
    nearest : int
        Neighbours to take where parameters were drawn.
    axes : mapping of str to Axis, optional
        Of the parameters that vary, where they are laid out already.

    Returns
    -------
    Neighbourhood
        A step leads from a number of the sweep to the next one. Values that are no numbers are not near each other:
        who stands around shares them. Where parameters were drawn, or nothing lies within a step, the nearest are
        taken: by Gower's distance [2]_, the mean over parameters of the difference in rank (as a share of all ranks),
        or of 1 where a value that is no number differs. NaN measures are left out.

    Notes
    -----
    All numbers are moved at once, and not one at a time: a parameter that does nothing would otherwise hide that a
    step in another one is fatal. That settings beside the best should do nearly as well is Pardo's advice [1]_; the
    number `kept` and its bounds in the report are ours. It is a picture, no test: in simulations such shapes told
    little about what comes later [3]_.

    References
    ----------
    .. [1] Pardo, "The Evaluation and Optimization of Trading Strategies", 2nd edition, 2008.
    .. [2] Gower, "A General Coefficient of Similarity and Some of Its Properties", Biometrics 27, 1971.
    .. [3] Soloviov, "Plateaus, Peaks, and the Probability of Backtest Overfitting", https://plateau.marketmaker.cc.
    """
    values, sense = values_of(table, measure), better(measure)
    laid = dict.fromkeys(parameters(table)) if axes is None else axes
    beside = around = np.zeros(0, dtype=np.int64)
    if not any(is_drawn(table, name) for name in laid):
        beside, around = _within_a_step(table, laid, candidate)
    is_near = not len(around)
    if is_near:
        around = _nearest(table, laid, candidate, nearest)
    finite = values[np.isfinite(values)]
    typical = float(np.median(finite)) if len(finite) else math.nan
    there = values[around]
    there = there[np.isfinite(there)]
    value = float(values[candidate])
    mean = median = worst = keep_half = kept = math.nan
    if len(there):
        mean, median = float(there.mean()), float(np.median(there))
        worst = float(there.min() if sense > 0 else there.max())
        if sense > 0 and value > 0:
            keep_half = float((there >= value / 2).mean())
        if sense * (value - typical) > 0:
            kept = (median - typical) / (value - typical)
    return Neighbourhood(
        candidate=candidate,
        value=value,
        typical=typical,
        is_near=is_near,
        beside=beside,
        around=around,
        mean=mean,
        median=median,
        worst=worst,
        keep_half=keep_half,
        is_coarse=len(around) >= COARSE * (len(table) - 1),
        kept=kept,
    )


def slices(table: pd.DataFrame, candidate: int) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Cut through a candidate along each parameter, all others as they are.

    Parameters
    ----------
    table : DataFrame of n rows
        Of a sweep.
    candidate : int
        Its row.

    Returns
    -------
    dict
        By parameter whose values have an order: candidates on the cut, the candidate itself included, and how many
        steps each lies away; in the order of the steps.
    """
    names = parameters(table)
    steps, changed = {}, np.zeros(len(table), dtype=np.int16)
    for name in names:
        places, is_ordered = steps_of(table, name)
        apart = places - places[candidate]
        changed += apart != 0
        if is_ordered:
            steps[name] = apart
    found = {}
    for name, apart in steps.items():
        on = np.flatnonzero((changed == 0) | ((changed == 1) & (apart != 0)))
        on = on[np.argsort(apart[on], kind="stable")]
        found[name] = (on, apart[on])
    return found


def _within_a_step(
    table: pd.DataFrame, laid: Mapping[str, Axis | None], candidate: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Of a million candidates few are within a step in the first parameters, and only these are asked about the rest.
    at = np.arange(len(table))
    changed, is_alike = np.zeros(len(table), dtype=np.int16), np.ones(len(table), dtype=bool)
    for name, one in laid.items():
        places, is_ordered = steps_of(table, name, one)
        apart = np.abs(places[at] - places[candidate])
        changed += apart != 0
        is_alike &= (apart == 0) | is_ordered
        is_near = ((apart <= 1) | (not is_ordered)) & (is_alike | (changed <= 1))
        at, changed, is_alike = at[is_near], changed[is_near], is_alike[is_near]
    return at[changed == 1], at[is_alike & (changed > 0)]


def _nearest(table: pd.DataFrame, laid: Mapping[str, Axis | None], candidate: int, k: int) -> NDArray[np.int64]:
    n = len(table)
    distance = np.zeros(n)
    for name, one in laid.items():
        places, is_ordered = steps_of(table, name, one)
        apart = np.abs(places - places[candidate])
        distance += apart / max(int(places.max()), 1) if is_ordered else apart != 0
    distance[candidate] = np.inf
    k = min(k, n - 1)
    if k < 1:
        return np.zeros(0, dtype=np.int64)
    last = np.partition(distance, k - 1)[k - 1]
    among = np.flatnonzero(distance <= last)
    return among[np.argsort(distance[among], kind="stable")][:k]
