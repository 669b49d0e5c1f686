"""What every test may rely on: kernels are compiled before the first one's clock starts."""

import gc
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numba
import pytest

from tests.compiling import JOBS, compile_together

# Folders and files of tests that run blocks of lanes, of sweeps above all.
BLOCKS = ("sweep", "wide", "tallies", "threads", "vectorbt", "docs", "cli", "store", "trials", "mandates")
COMPILING = ("unit", "property", "reference", "cross", "cli")


PLACE, NUMBERS = "EASTBOUND_LEDGER", count()


@pytest.fixture(scope="session")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep trial ledgers out of the user's own."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture(scope="session", autouse=True)
def _ledger_of_fixtures(ledgers: Path) -> Iterator[None]:
    """Give what several tests share a ledger that is not the user's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(PLACE, str(ledgers / "shared.jsonl"))
        yield


@pytest.fixture(autouse=True)
def _own_ledger(ledgers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a ledger of its own: what another tried is not in its report."""
    monkeypatch.setenv(PLACE, str(ledgers / f"{next(NUMBERS)}.jsonl"))


def pytest_configure(config: pytest.Config) -> None:
    """Collect garbage seldom, as a command does; let uncompiled kernels divide by zero in silence, as compiled do."""
    gc.set_threshold(100_000, 50, 100)
    if numba.config.DISABLE_JIT:
        config.addinivalue_line("filterwarnings", "ignore::RuntimeWarning:(backtest|data|strategies)[.].*kernels")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with long tests first, so that workers end together; give tests that may compile blocks the minutes."""
    long = {item.path for item in items if (limit := item.get_closest_marker("timeout")) and max(limit.args) > 60}
    items.sort(key=lambda item: item.path not in long)
    for item in items:
        runs_blocks = any(part in str(item.path) for part in BLOCKS)
        if runs_blocks and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(400))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile what tests run once per machine and source, outside any test's time limit: it takes a minute or two."""
    folders = {part for item in session.items for part in item.path.parts}
    if session.config.option.collectonly or not folders & set(COMPILING):
        return
    if folders >= set(COMPILING):
        compile_together(tuple(JOBS))
    else:
        compile_together(("alone", "lanes") if "property" in folders else ("alone",))
    gc.freeze()  # modules, tests and kernels live to the end
