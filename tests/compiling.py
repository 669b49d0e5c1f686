"""Kernels compiled before the first test's clock starts, by all workers together and each kernel by one of them."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backtest.result import BacktestResult

LONGEST = 600.0  # seconds that a worker waits for what another one compiles


def _alone() -> "BacktestResult":
    """One run."""
    import pandas as pd

    from backtest.engine import simulate
    from data.load import load
    from strategies.targets import TargetWeights

    return simulate(load("tiny"), TargetWeights.from_frame(pd.DataFrame({"US01": [1.0]}, index=["2025-01-22"])))


def _lanes() -> None:
    """Blocks of lanes, in the form that knows every rule."""
    import numpy as np

    from backtest.books import new_book
    from backtest.lanes import run_lanes

    result = _alone()
    weights = np.repeat(result.targets.weights[:, :, None], 2, axis=2)
    run_lanes(result.prepared, weights, new_book(result.prepared, 2, result.config.initial_capital))


def _wide() -> None:
    """Blocks of lanes of a sweep, and their measures."""
    from backtest.tuning.sweep import sweep
    from data.load import load
    from strategies.catalogue import thesis

    sweep(thesis("flow-momentum"), load("demo"), {"signal.lookback": [20, 30]}, threads=1)


def _sleeves() -> None:
    """Blocks of lanes that hold multiples of two baskets."""
    from backtest.tuning.sweep import sweep
    from data.load import load
    from strategies.thesis import Thesis

    half = Thesis.from_mapping(
        {
            "name": "half",
            "baskets": {"source": ["US01"], "destination": ["HK01"], "min_members": 1, "seasoning": 0},
            "rotation": {"rule": "threshold", "enter": 1.0, "exit": 0.0},
            "run": {"costs": "none"},
        },
        "half",
    )
    sweep(half, load("tiny"), {"rotation.max_share": [0.25, 0.5, 1.0]}, threads=1)


# The longest first; what two of them need stands in the second.
JOBS: Mapping[str, Callable[[], object]] = {"sleeves": _sleeves, "alone": _alone, "lanes": _lanes, "wide": _wide}


def compile_together(names: tuple[str, ...]) -> None:
    """Compile what tests run: each job once, by the first worker that is free for it; then read what others compiled.

    Parameters
    ----------
    names : tuple of str
        Keys of `JOBS`.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        for name in names:
            JOBS[name]()
        return
    folder = Path(gettempdir()) / f"eastbound-compiling-{run}"
    folder.mkdir(exist_ok=True)
    for name in names:
        try:
            (folder / f"{name}.taken").touch(exist_ok=False)
        except FileExistsError:
            continue
        try:
            JOBS[name]()
        finally:
            (folder / f"{name}.done").touch()
    until = time.monotonic() + LONGEST
    while not all((folder / f"{name}.done").exists() for name in names) and time.monotonic() < until:
        time.sleep(0.2)
    (folder / f"{os.environ['PYTEST_XDIST_WORKER']}.left").touch()
    if len(list(folder.glob("*.left"))) == int(os.environ["PYTEST_XDIST_WORKER_COUNT"]):
        rmtree(folder, ignore_errors=True)
