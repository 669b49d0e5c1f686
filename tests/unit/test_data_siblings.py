"""The guard: a user's own data.py, strategies.py or backtest.py beside a script is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from data.siblings import check_siblings


def run_beside(tmp_path: Path, shadow: str, script: str) -> str:
    """Run a script beside a file that shadows a package; give what it wrote to stderr."""
    (tmp_path / f"{shadow}.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize(
    ("shadow", "imported"),
    [("strategies", "data"), ("backtest", "data"), ("backtest", "strategies"), ("strategies", "backtest")],
)
def test_the_file_in_the_way_is_named(tmp_path: Path, shadow: str, imported: str) -> None:
    said = run_beside(tmp_path, shadow, f"import {imported}\n").splitlines()[-1]
    assert said.startswith("ImportError: ")
    assert f"{shadow}.py shadows Eastbound's package {shadow!r}" in said
    assert "Rename that file" in said


@pytest.mark.parametrize("imported", ["strategies", "backtest"])
def test_a_data_file_in_the_way_is_named_by_the_floors_above(tmp_path: Path, imported: str) -> None:
    said = run_beside(tmp_path, "data", f"import {imported}\n").splitlines()[-1]
    assert said.startswith("ImportError: ")
    assert "'data' shadows Eastbound's" in said or "data.py shadows Eastbound's" in said


def test_a_missing_sibling_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.siblings.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"package 'data' is missing beside .* Install eastbound again"):
        check_siblings(str(tmp_path / "data" / "__init__.py"))


def test_a_sibling_of_unknown_origin_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> None:
        raise ValueError(f"{name}.__spec__ is None")

    monkeypatch.setattr("data.siblings.find_spec", nowhere)
    with pytest.raises(ImportError, match="package 'data' is missing"):
        check_siblings(str(tmp_path / "data" / "__init__.py"))
