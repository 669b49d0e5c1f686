"""Made-up sweeps with a planted structure: a hill or a spike, a parameter that matters and one that does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

import strategies
from backtest.tuning.failures import failed
from backtest.tuning.grids.distributions import Draw
from data.load import load
from data.market import MarketData
from strategies.thesis import Thesis

GRID = {
    "signal.lookback": list(range(5, 65, 5)),
    "rotation.enter": [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0],
    "rotation.max_share": [0.25, 0.5, 0.75, 1.0],
    "allocation.kind": ["equal", "inverse_volatility"],
    "schedule.every": ["week", "month"],
    "rotation.speed": [0.5, 1.0],
}
HILL = {"signal.lookback": 40, "rotation.enter": 1.25}
OFFSET_RETURNS = (0.06, 0.09, 0.12, 0.10, 0.08)


@dataclass(frozen=True)
class Space:
    names: tuple[str, ...]
    n: int
    digest: str = "ab" * 32
    dimensions: tuple[tuple[object, ...], ...] = ()
    conditions: tuple[str, ...] = ()
    draw: Draw | None = None


@dataclass(frozen=True)
class Sweep:
    """What the report reads of a sweep."""

    thesis: Thesis
    market: MarketData
    space: Space
    table: pd.DataFrame
    moves: tuple[float, ...] = OFFSET_RETURNS
    asked: list[int] = field(default_factory=list)

    def variant(self, candidate: int) -> Thesis:
        row = self.table.iloc[candidate]
        return self.thesis.replace({name: row[name] for name in self.space.names if not pd.isna(row[name])})

    def best(self, k: int = 1, by: str = "sharpe"):
        raise AssertionError("the page needs no run of the best")

    def failures(self, k: int = 3) -> dict[int, str]:
        return dict.fromkeys(failed(self.table)[:k].tolist(), "2 demands cannot hold together: high and low.")

    def offsets(self, candidate: int) -> pd.DataFrame:
        self.asked.append(candidate)
        returned = np.array(self.moves)
        return pd.DataFrame(
            {
                "offset": range(len(returned)),
                "annual_return": returned,
                "volatility": 0.2,
                "sharpe": returned / 0.2,
                "max_drawdown": -0.25,
                "turnover": 4.0,
                "cost_annual": 0.004,
            }
        )


def grid_table(grid: Mapping[str, list[object]]) -> pd.DataFrame:
    """Candidates in the order of `itertools.product`, text as categories."""
    rows = pd.DataFrame(list(product(*grid.values())), columns=list(grid))
    for name, values in grid.items():
        if isinstance(values[0], str):
            rows[name] = pd.Categorical(rows[name], categories=values)
    return rows


def with_measures(table: pd.DataFrame, sharpe: np.ndarray, seed: int = 7) -> pd.DataFrame:
    """Add measures that go with a Sharpe ratio."""
    noise = np.random.default_rng(seed)
    volatility = 0.18 + 0.04 * noise.random(len(table))
    table["total_return"] = 4 * sharpe * volatility
    table["annual_return"] = sharpe * volatility
    table["volatility"] = volatility
    table["sharpe"] = sharpe
    table["max_drawdown"] = -0.15 - 0.2 * noise.random(len(table))
    table["calmar"] = table["annual_return"] / -table["max_drawdown"]
    table["turnover"] = 2 + 6 * noise.random(len(table))
    table["cost_annual"] = 0.001 * table["turnover"]
    table["n_trades"] = 900.0
    table["years"] = 4.0
    table["general_decisions"] = np.zeros(len(table), dtype=np.int64)
    return table


def hill_table(grid: Mapping[str, list[object]] = GRID) -> pd.DataFrame:
    """A broad hill over lookback and enter, 1.5 high at its top; max_share adds a little, the rest nothing.

    The top is one point of lookback and enter; between candidates on it `max_share` 1 wins, then the order of the grid.
    """
    table = grid_table(grid)
    away = ((table["signal.lookback"] - HILL["signal.lookback"]) / 25) ** 2
    away += ((table["rotation.enter"] - HILL["rotation.enter"]) / 1.0) ** 2
    return with_measures(table, (1.5 * np.exp(-away) - 0.3 + 0.1 * table["rotation.max_share"]).to_numpy())


def spike_table(grid: Mapping[str, list[object]] = GRID, height: float = 3.0) -> pd.DataFrame:
    """The hill, and one candidate far from it raised above everything: the first."""
    table = hill_table(grid)
    table.loc[0, "sharpe"] = height
    return table


def sweep_of(table: pd.DataFrame, **given: object) -> Sweep:
    """A sweep of flow-momentum on the demo market with this table."""
    market = load("demo", start="2023-01-02", end="2024-06-28")
    names = tuple(str(name) for name in table.columns if "." in str(name))
    return Sweep(strategies.thesis("flow-momentum"), market, Space(names, len(table)), table, **given)
