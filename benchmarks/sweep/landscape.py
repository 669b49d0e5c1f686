"""What a sweep says, timed: a million candidates, listed and drawn, each function and the whole page.

Run with `python -m benchmarks.sweep.landscape`. Tables are made up; medians of warm runs on one thread.
"""

import argparse
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

import strategies
from backtest.report.sweep.page import render_sweep
from backtest.tuning.analysis.landscape import heat, marginal, ranking, spread, summary
from backtest.tuning.analysis.neighbourhood import neighbourhood
from backtest.tuning.analysis.sensitivity import explained, interactions
from benchmarks.timing import median_of
from data.load import load
from data.market import MarketData
from strategies.thesis import Thesis

GRID: Mapping[str, list[object]] = {
    "signal.lookback": list(range(5, 85, 5)),
    "signal.history": [252, 378, 504, 756],
    "schedule.every": ["week", "month", "quarter"],
    "allocation.kind": ["equal", "inverse_volatility", "capped"],
    "rotation.enter": [round(0.25 * i, 2) for i in range(1, 13)],
    "rotation.exit": [round(-1 + 0.125 * i, 3) for i in range(10)],
    "rotation.max_share": [0.2, 0.4, 0.6, 0.8, 1.0],
    "rotation.speed": [0.5, 0.75, 1.0],
}
N_DRAWN = 1_000_000
MEASURES = ("annual_return", "volatility", "max_drawdown", "calmar", "turnover", "cost_annual")


@dataclass(frozen=True)
class Space:
    """What was varied, as the page reads it."""

    names: tuple[str, ...]
    n: int
    digest: str = "0" * 64


@dataclass(frozen=True)
class Sweep:
    """A sweep, as the page reads it."""

    thesis: Thesis
    market: MarketData
    space: Space
    table: pd.DataFrame

    def offsets(self, candidate: int) -> pd.DataFrame:
        """Give made-up offsets."""
        return pd.DataFrame({"offset": range(5), "annual_return": np.linspace(0.05, 0.09, 5), "number": candidate})


def listed() -> pd.DataFrame:
    """Lay out a full grid of 1,036,800 candidates."""
    sizes = [len(values) for values in GRID.values()]
    codes = np.array(list(product(*map(range, sizes))), dtype=np.int16)
    columns = {
        name: pd.Categorical.from_codes(codes[:, i], categories=values)
        if isinstance(values[0], str)
        else np.array(values)[codes[:, i]]
        for i, (name, values) in enumerate(GRID.items())
    }
    return pd.DataFrame(columns)


def drawn() -> pd.DataFrame:
    """Draw eight numbers for each of a million candidates."""
    rng = np.random.default_rng(1)
    return pd.DataFrame({f"rotation.p{i}": rng.random(N_DRAWN) for i in range(8)})


def measured(table: pd.DataFrame) -> pd.DataFrame:
    """Add measures: the first and the fifth parameter matter, the rest is noise."""
    rng = np.random.default_rng(2)
    first, fifth = (table[table.columns[i]].to_numpy(dtype=np.float64) for i in (0, 4))
    table["sharpe"] = -(((first - first.mean()) / np.ptp(first)) ** 2) + fifth / np.ptp(fifth)
    table["sharpe"] += 0.2 * rng.standard_normal(len(table))
    for name in MEASURES:
        table[name] = rng.random(len(table))
    table["n_trades"], table["years"], table["general_decisions"] = 900, 4.0, 0
    return table


def main() -> None:
    """Time each function and the page, counts asserted first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, numpy {np.__version__}")
    for kind, table in (("listed", measured(listed())), ("drawn", measured(drawn()))):
        names = tuple(name for name in table.columns if "." in name)
        x, y = names[0], names[4]
        assert int(heat(table, x, y, "sharpe").counts.sum()) == len(table)
        thesis = strategies.thesis("flow-momentum")
        sweep = Sweep(thesis, load("demo", start="2024-01-02", end="2024-12-31"), Space(names, len(table)), table)
        timed: dict[str, Callable[[], object]] = {
            "ranking, 20": lambda table=table: ranking(table, "sharpe", 20),
            "spread": lambda table=table: spread(table, "sharpe", 0.5),
            "heat": lambda table=table, x=x, y=y: heat(table, x, y, "sharpe"),
            "marginal": lambda table=table, y=y: marginal(table, y, "sharpe"),
            "explained, 8": lambda table=table: explained(table, "sharpe"),
            "interactions, 28": lambda table=table: interactions(table, "sharpe"),
            "neighbourhood": lambda table=table: neighbourhood(table, 5000, "sharpe"),
            "summary": lambda table=table: summary(table, "sharpe"),
            "the page": lambda sweep=sweep: render_sweep(sweep),
        }
        print(f"\n{kind}: {len(table):,} candidates, 8 parameters")
        for what, call in timed.items():
            print(f"  {what:<18} {median_of(call, repeats):7.3f} s")
        print(f"  page {len(render_sweep(sweep)) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
