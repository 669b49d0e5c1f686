"""Measures: the summary of a finished run."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from backtest import BacktestResult, simulate
from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.layers.ledger import GENERAL, weekly_targets


def finished(size: str) -> BacktestResult:
    """Give a run in its general form.

    Parameters
    ----------
    size : str

    Returns
    -------
    BacktestResult
    """
    return simulate(cases.market(size), weekly_targets(size, "total_return"), GENERAL)


def _summary(size: str) -> Work:
    result = finished(size)
    nav = np.concatenate([[result.opening_nav], result.nav.to_numpy()])

    def summarise() -> Mapping[str, float]:
        return replace(result).summary()  # of a copy: what a result has worked out it keeps

    def check(summary: Mapping[str, float]) -> None:
        expected = {
            "total_return": nav[-1] / nav[0] - 1,
            "max_drawdown": float((nav / np.maximum.accumulate(nav) - 1).min()),
            "best_day": float((nav[1:] / nav[:-1] - 1).max()),
        }
        for name, value in expected.items():
            require(
                math.isclose(summary[name], value, rel_tol=1e-9), f"{name} is {summary[name]!r}, NAV says {value!r}"
            )

    return Work(summarise, check)


JOBS = (
    Job(
        layer="measures", name="summary", says="all measures of a run, its record written down; three asserted by NAV",
        sizes=("252x7", "1500x40", "2520x60"), prepare=_summary,
    ),
)  # fmt: skip
