"""The tables of a run that several sections read, each made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from backtest.attribution.contributions import Contributions, contributions
from backtest.attribution.effects import effects
from backtest.metrics.returns import A_YEAR
from backtest.result import BacktestResult
from backtest.run import RotationResult
from backtest.tuning.history import UNKNOWN, History
from data.costs.schedules import COST_KINDS


@dataclass(frozen=True)
class Frames:
    """A run, its references and the tables made of it.

    Attributes
    ----------
    result : RotationResult
    tried : History
        What else was tried on its data.
    """

    result: RotationResult
    tried: History = UNKNOWN

    @cached_property
    def base(self) -> str:
        """Base currency."""
        return self.result.config.base_currency

    @cached_property
    def is_short(self) -> bool:
        """Whether the run is shorter than a year: nothing is annualised then."""
        return self.summaries["rotation"]["years"] < A_YEAR

    @cached_property
    def runs(self) -> Mapping[str, BacktestResult]:
        """Rotation, constant mix, then the other references."""
        references = self.result.references
        order = ("constant mix", *[name for name in references if name != "constant mix"])
        return {"rotation": self.result} | {name: references[name] for name in order}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """How each run is called; the constant mix with its shares."""
        source, destination = self.result.average_shares
        named = {"constant mix": f"Constant mix {100 * source:.0f}/{100 * destination:.0f}"}
        return {name: named.get(name, name.capitalize()) for name in self.runs}

    @cached_property
    def summaries(self) -> Mapping[str, Mapping[str, float]]:
        """Measures of each run."""
        return {name: run.summary() for name, run in self.runs.items()}

    @cached_property
    def periods_per_year(self) -> float:
        """Marks a year; NaN for a run of one date."""
        years = self.summaries["rotation"]["years"]
        return (len(self.result.dates) - 1) / years if years > 0 else float("nan")

    @cached_property
    def bridge(self) -> pd.DataFrame:
        """P&L by date; see `backtest.bridge`."""
        return self.result.bridge

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Costs by date and kind, base currency."""
        return self.result.costs

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Fractions of NAV by date and name."""
        return self.result.weights

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Fills, with `cost` (trade's currency), `notional_base` (unsigned) and `cost_base` beside what they have."""
        trades = self.result.trades
        trades["cost"] = trades[list(COST_KINDS)].sum(axis=1)
        trades["notional_base"] = trades["notional"].abs() * trades["fx"]
        trades["cost_base"] = trades["cost"] * trades["fx"]
        return trades

    @cached_property
    def mark_stamps(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """UTC nanoseconds of each mark."""
        stamps: np.ndarray[tuple[int], np.dtype[np.int64]] = self.result.prepared.timeline.stamp[
            self.result.mark_events
        ]
        return stamps

    @cached_property
    def contributions(self) -> Contributions:
        """P&L by date and name; see `backtest.attribution.contributions`."""
        return contributions(self.result)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Change of NAV by date and effect; see `backtest.attribution.effects`."""
        return effects(self.result)
