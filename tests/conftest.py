"""What every test may rely on: kernels are compiled before the first one's clock starts."""

import numba
import pytest

COMPILING = ("unit", "property", "reference", "cross", "cli")


def pytest_configure(config: pytest.Config) -> None:
    """Let uncompiled kernels divide by zero in silence, as compiled ones do: its result is not used."""
    if numba.config.DISABLE_JIT:
        config.addinivalue_line("filterwarnings", "ignore::RuntimeWarning:(backtest|data|strategies)[.].*kernels")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile the ledger once per machine and source, outside any test's time limit: it takes a minute or two."""
    folders = {part for item in session.items for part in item.path.parts}
    if folders & set(COMPILING) and not session.config.option.collectonly:
        _run_once(in_blocks="property" in folders)


def _run_once(*, in_blocks: bool) -> None:
    """Run the ledger for one lane, and for more, which is compiled apart."""
    import numpy as np
    import pandas as pd

    from backtest.books import new_book
    from backtest.engine import simulate
    from backtest.lanes import run_lanes
    from data.load import load
    from strategies.targets import TargetWeights

    result = simulate(load("tiny"), TargetWeights.from_frame(pd.DataFrame({"US01": [1.0]}, index=["2025-01-22"])))
    if in_blocks:
        weights = np.repeat(result.targets.weights[:, :, None], 2, axis=2)
        run_lanes(result.prepared, weights, new_book(result.prepared, 2, result.config.initial_capital))
