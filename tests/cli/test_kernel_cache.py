"""The disk cache of kernels: an edit in any kernel file is seen by the next process."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from data import jit
from data.storage import caches

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("data", "strategies", "backtest")

CALLED = """
from data.jit import kernel

@kernel
def rate_nb(x):
    return {factor} * x
"""
CALLING = """
from data.jit import kernel
from data.kernels.called import rate_nb

@kernel
def charge_nb(x):
    return rate_nb(x) + 1.0
"""
PROGRAM = "from data.kernels.calling import charge_nb; print(charge_nb(10.0), sum(charge_nb.stats.cache_hits.values()))"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The three packages, and two small kernels of which one calls the other, in another file."""
    root = tmp_path / "copy"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    kernels = root / "data" / "kernels"
    kernels.mkdir(exist_ok=True)
    (kernels / "__init__.py").touch()
    (kernels / "called.py").write_text(CALLED.format(factor="2.0"))
    (kernels / "calling.py").write_text(CALLING)
    return root


def run_process(root: Path) -> tuple[float, int]:
    """Call the kernel in a new process; its result, and how many compiled functions came from the cache."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",  # Python's own cache does not see two edits within a second
        "EASTBOUND_CACHE": str(root.parent / "cache"),
        "NUMBA_DISABLE_JIT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split()
    return float(value), int(hits)


def test_an_edited_callee_is_seen_by_the_next_process(copy):
    assert run_process(copy) == (21.0, 0)
    assert run_process(copy) == (21.0, 1)  # kept, so the cache is what is being tested
    (copy / "data" / "kernels" / "called.py").write_text(CALLED.format(factor="3.0"))
    assert run_process(copy) == (31.0, 0)


def test_the_folder_is_named_by_all_kernel_sources(copy):
    found = {path.relative_to(copy).as_posix() for path in jit.kernel_sources(copy)}
    assert {"data/jit.py", "data/kernels/called.py", "data/kernels/calling.py"} <= found
    decorated = {
        path.relative_to(copy).as_posix()
        for package in PACKAGES
        for path in (copy / package).rglob("*.py")
        if "\n@kernel\n" in path.read_text()
    }
    assert decorated <= found


def test_a_cache_that_cannot_be_written_falls_back_to_a_temporary_folder(tmp_path, monkeypatch):
    # Below a file no folder can be made, whoever asks.
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("EASTBOUND_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = caches.cache_folder.__wrapped__("kernels-of-a-test")
    assert folder.is_dir()
    assert folder.is_relative_to(tmp_path / "temporary")


def test_without_any_folder_that_lasts_a_fresh_one_is_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    made = str(tmp_path / "made")
    monkeypatch.setenv("EASTBOUND_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: made)
    assert caches.cache_folder.__wrapped__("kernels-of-a-test") == Path(made)
