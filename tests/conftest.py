"""What every test may rely on: kernels are compiled before the first one's clock starts."""

import numba
import pytest

COMPILING = ("unit", "property", "reference", "cross", "cli")


def pytest_configure(config: pytest.Config) -> None:
    """Let uncompiled kernels divide by zero in silence, as compiled ones do: its result is not used."""
    if numba.config.DISABLE_JIT:
        config.addinivalue_line("filterwarnings", "ignore::RuntimeWarning:(backtest|data|strategies)[.].*kernels")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile the ledger once per machine and source, outside any test's time limit: it takes a minute."""
    folders = {part for item in session.items for part in item.path.parts}
    if folders & set(COMPILING) and not session.config.option.collectonly:
        _run_once()


def _run_once() -> None:
    import pandas as pd

    from backtest.engine import simulate
    from data.load import load
    from strategies.targets import TargetWeights

    simulate(load("tiny"), TargetWeights.from_frame(pd.DataFrame({"US01": [1.0]}, index=["2025-01-22"])))
