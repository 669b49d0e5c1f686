"""What the sections of a sweep's report read, each worked out once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.config import RunConfig
from backtest.metrics.returns import A_YEAR
from backtest.report.sweep.labels import ANNUALISED, IN_ALL, typeset
from backtest.report.sweep.origin import Varied
from backtest.report.tables import MISSING
from backtest.run import run
from backtest.tuning.analysis.axes import Axis, axis, bins_for, parameters, written
from backtest.tuning.analysis.groups import Sorted
from backtest.tuning.analysis.landscape import Marginal, marginal, ranking, spread
from backtest.tuning.analysis.measures import values_of
from backtest.tuning.analysis.neighbourhood import Neighbourhood, neighbourhood
from backtest.tuning.analysis.outcomes import n_outcomes
from backtest.tuning.analysis.sensitivity import explained, interactions
from backtest.tuning.failures import failed
from data.errors import EastboundError
from data.market import MarketData
from strategies.thesis import Thesis


class Sweep(Protocol):
    """What a report reads of a sweep."""

    @property
    def thesis(self) -> Thesis:
        """The thesis that was varied, with its own settings."""

    @property
    def market(self) -> MarketData:
        """The market it was run on."""

    @property
    def space(self) -> Varied:
        """What was varied."""

    @property
    def table(self) -> pd.DataFrame:
        """One row a candidate: parameters, measures, `general_decisions`."""

    def variant(self, candidate: int) -> Thesis:
        """Give the thesis of one candidate."""

    def failures(self, k: int = ...) -> dict[int, str]:
        """Say why the first candidates that failed did, by number."""

    def offsets(self, candidate: int) -> pd.DataFrame:
        """Run a candidate on every offset of its schedule: `offset`, then measures."""


@dataclass(frozen=True)
class SweepFrames:
    """A sweep, the measure it is read by, and what is worked out of it.

    Attributes
    ----------
    found : Sweep
    by : str
        The measure.
    k : int
        How many of the best are listed.
    """

    found: Sweep
    by: str
    k: int

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a candidate; under a year turnover and costs of the whole period besides."""
        return self.in_all(self.found.table)

    @property
    def n(self) -> int:
        """Candidates."""
        return len(self.found.table)

    @cached_property
    def n_run(self) -> int:
        """Candidates that did not fail."""
        return self.n - len(failed(self.found.table))

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The measure, shape (n,)."""
        return values_of(self.table, self.by)

    @cached_property
    def ordered(self) -> Sorted:
        """The measure, sorted once."""
        return Sorted(self.values)

    @cached_property
    def years(self) -> float:
        """Years that the candidates run over."""
        table = self.found.table
        return float(table["years"].max()) if "years" in table else math.nan

    @property
    def is_short(self) -> bool:
        """Whether that is less than a year."""
        return self.years < A_YEAR

    def in_all(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add turnover and costs of the whole period, where that is less than a year."""
        yearly = {name: f"{name.removesuffix('_annual')}_in_all" for name in ("turnover", "cost_annual")}
        named = {whole: table[name] * self.years for name, whole in yearly.items() if name in table}
        return table.assign(**named) if self.is_short else table

    def listed(self, names: Sequence[str]) -> tuple[str, ...]:
        """Choose the measures that are listed: of those named the ones there are, under a year none annualised."""
        if self.is_short:
            names = [IN_ALL.get(name, name) for name in names if name in IN_ALL or name not in ANNUALISED]
        return tuple(name for name in names if name in self.measures)

    @cached_property
    def n_outcomes(self) -> int:
        """Different outcomes."""
        return n_outcomes(self.found.table)

    @property
    def returned(self) -> str:
        """The return that offsets are compared by."""
        return "total_return" if self.is_short else "annual_return"

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Measures in the table."""
        named = (str(name) for name in self.table.columns if "." not in str(name))
        return tuple(name for name in named if name != "general_decisions")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Parameters that take more than one value, in the order of the grid."""
        return parameters(self.table)

    @cached_property
    def axes(self) -> Mapping[str, Axis]:
        """Each parameter that varies, laid out."""
        return {name: _typeset(axis(self.table, name)) for name in self.parameters}

    @cached_property
    def axes_of_pairs(self) -> Mapping[str, Axis]:
        """The same in bins wide enough for two at once."""
        n_bins = bins_for(self.n, 2)
        return {
            name: _typeset(axis(self.table, name, n_bins=n_bins)) if one.is_binned else one
            for name, one in self.axes.items()
        }

    @cached_property
    def spread(self) -> dict[str, float]:
        """The measure over all candidates, and where the thesis' own settings lie."""
        return spread(self.table, self.by, self.own.get(self.by, math.nan))

    @cached_property
    def explained(self) -> "pd.Series[float]":
        """Share of the measure's variance by parameter, the largest first."""
        return explained(self.table, self.by, list(self.axes.values()))

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Share of the measure's variance by pair of parameters, the largest first."""
        return interactions(self.table, self.by, list(self.axes_of_pairs.values()))

    @cached_property
    def marginals(self) -> Mapping[str, Marginal]:
        """Effect of each parameter, the one that explains most first."""
        return {
            str(name): marginal(self.table, self.axes[str(name)], self.by, ordered=self.ordered)
            for name in self.explained.index
        }

    @cached_property
    def ranked(self) -> NDArray[np.int64]:
        """The best candidates with a finite measure, k of them or fewer."""
        first = ranking(self.table, self.by, self.k + int(np.isinf(self.values).sum()))
        return first[np.isfinite(self.values[first])][: self.k]

    @property
    def best(self) -> int:
        """The best candidate."""
        return int(self.ranked[0])

    @cached_property
    def around(self) -> Neighbourhood:
        """The neighbourhood of the best."""
        return neighbourhood(self.table, self.best, self.by, axes=self.axes)

    @cached_property
    def offsets(self) -> pd.DataFrame:
        """The best on every offset of its schedule."""
        return self.in_all(self.found.offsets(self.best))

    def of_schedule(self, name: str) -> object:
        """Give what the best sets for its schedule, in the grid or in the thesis."""
        if f"schedule.{name}" in self.table:
            return self.table[f"schedule.{name}"].iloc[self.best]
        return getattr(self.found.thesis.schedule, name)

    @cached_property
    def own_offset(self) -> int | None:
        """Row of the best's own offset among its offsets."""
        at = np.flatnonzero((self.offsets["offset"] == self.of_schedule("offset")).to_numpy())
        return int(at[0]) if len(at) else None

    def settings(self, candidate: int, names: Sequence[str] | None = None) -> dict[str, object]:
        """Give what a candidate sets, of the parameters that vary or of those named."""
        row = self.table.iloc[candidate]
        return {name: row[name] for name in (self.parameters if names is None else names)}

    @cached_property
    def own_settings(self) -> Mapping[str, object]:
        """What the thesis itself sets for each parameter of the grid."""
        whole = self.found.thesis.model_copy(update={"run": RunConfig(**self.found.thesis.run).model_dump()})
        found = {}
        for name in self.found.space.names:
            try:
                found[name] = whole.setting(name)
            except KeyError:
                found[name] = MISSING
        return found

    @cached_property
    def own_candidate(self) -> int | None:
        """The candidate with the thesis' own settings; None where the grid has none."""
        is_own = np.ones(self.n, dtype=bool)
        for name, value in self.own_settings.items():
            is_own &= _is_setting(self.table[name], value)
            if not is_own.any():
                return None
        at = np.flatnonzero(is_own)
        return int(at[0]) if len(at) else None

    def own_place(self, along: Axis) -> int | None:
        """Give the place of the thesis' own setting on an axis; None where it lies outside or between its values."""
        own, column = self.own_settings[along.parameter], self.table[along.parameter]
        if along.is_binned and isinstance(own, int | float):
            values = column.to_numpy(dtype=np.float64)
            if not np.nanmin(values) <= own <= np.nanmax(values):
                return None
            return int(along.codes[np.nanargmin(np.abs(values - own))])
        at = np.flatnonzero(_is_setting(column, own))
        return int(along.codes[at[0]]) if len(at) else None

    @cached_property
    def own(self) -> Mapping[str, float]:
        """Measures of the thesis' own settings: its candidate's, or those of a run of its own; none if it has none."""
        if self.own_candidate is None:
            try:
                alone = pd.DataFrame([run(self.found.thesis, self.found.market).summary()])
            except EastboundError:  # a sweep may start from settings that cannot be run
                return {}
            return {str(name): float(value) for name, value in self.in_all(alone).iloc[0].items()}
        row = self.table.iloc[self.own_candidate]
        return {name: float(row[name]) for name in self.measures}


def _typeset(one: Axis) -> Axis:
    return replace(one, labels=tuple(typeset(text) for text in one.labels))


def _is_setting(column: "pd.Series[Any]", value: object) -> NDArray[np.bool_]:
    """Say which candidates take a value; numbers as numbers, all else as it is written."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return np.abs(numbers - value) <= 1e-12 * abs(value)
        return np.isnan(numbers) if value is None else np.zeros(len(column), dtype=bool)
    codes, values = pd.factorize(column, use_na_sentinel=False)
    return np.array([written(one) == written(value) for one in values], dtype=bool)[codes]
