"""`eastbound run` counts itself among what was tried, says so, and repeats whatever was tried since."""

import json
import re
from pathlib import Path

import pytest

from tests.terminal import Done, eastbound

YEAR = ("--start", "2024-01-02", "--end", "2024-06-28")


def ran(folder: Path, lookback: int, *more: str) -> Done:
    done = eastbound("run", *YEAR, "--set", f"signal.lookback={lookback}", "--out", str(folder), *more)
    assert done.returncode == 0, done.stderr
    return done


def tried(folder: Path) -> dict[str, int] | None:
    """Read what the manifest says, and hold the report to it."""
    found = json.loads((folder / "manifest.json").read_text())["tried"]
    text = (folder / "report.html").read_text()
    said = re.search(r"By the trial ledger (\d+) others? (?:was|were) tried on these data", text)
    assert (int(said[1]) if said else None) == ((found and found["n_candidates"]) or None)
    assert ("History unknown: no trial ledger says" in text) == (found is None)
    return found


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "trials.jsonl"
    monkeypatch.setenv("EASTBOUND_LEDGER", str(path))
    return path


def test_runs_are_counted_and_repeat_whatever_was_tried_since(ledger: Path, tmp_path: Path) -> None:
    first = ran(tmp_path / "first", 20)
    assert "History unknown: no trial ledger says" in first.stdout
    assert tried(tmp_path / "first") is None
    second = ran(tmp_path / "second", 21)
    assert "By the trial ledger 1 other was tried on these data (1 run)" in second.stdout
    ran(tmp_path / "again", 21)
    ran(tmp_path / "third", 22)
    # The second run again is the same trial: it is not one of the others.
    assert [tried(tmp_path / name)["n_runs"] for name in ("second", "again", "third")] == [1, 1, 2]
    assert (tmp_path / "second" / "report.html").read_bytes() == (tmp_path / "again" / "report.html").read_bytes()
    assert [json.loads(line)["where"] for line in ledger.read_text().splitlines()] == [
        str(tmp_path / name) for name in ("first", "second", "again", "third")
    ]
    for name in ("first", "second", "third"):
        done = eastbound("repeat", str(tmp_path / name))
        assert (done.returncode, done.stdout) == (0, "same bytes: 11 files\n")
    assert len(ledger.read_text().splitlines()) == 4, "to repeat a run is to try nothing"


def test_another_ledger_and_none(ledger: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    ran(tmp_path / "a", 20, "--trials", str(other))
    ran(tmp_path / "b", 21, "--trials", str(other))
    assert tried(tmp_path / "b")["n_runs"] == 1
    ran(tmp_path / "c", 22, "--trials", str(other), "--no-trials")
    assert tried(tmp_path / "c") is None
    assert len(other.read_text().splitlines()) == 2
    assert not ledger.exists()


def test_a_ledger_with_faults_is_told_and_stops_nothing(ledger: Path, tmp_path: Path) -> None:
    ran(tmp_path / "a", 20)
    with ledger.open("a") as file:
        file.write("{\n" * 5)
    done = ran(tmp_path / "b", 21)
    assert re.findall(r"warning: Line (\d) of trial ledger .*trials\.jsonl is not counted", done.stdout) == [
        "2",
        "3",
        "4",
    ]
    assert "warning: 2 more of the trial ledger" in done.stdout
    assert "5 lines of it cannot be read: there may have been more." in done.stdout
    assert tried(tmp_path / "b")["n_unreadable"] == 5
    assert eastbound("repeat", str(tmp_path / "b")).stdout == "same bytes: 11 files\n"


def test_a_ledger_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = ran(tmp_path / "a", 20, "--trials", str(tmp_path / "file" / "trials.jsonl"))
    assert re.search(
        r"warning: The trial could not be recorded in .*trials\.jsonl: (File exists|Not a directory)\.", done.stdout
    )
    assert tried(tmp_path / "a") is None
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_that_is_refused_is_no_trial(ledger: Path, tmp_path: Path) -> None:
    done = eastbound("run", *YEAR, "--set", "signal.lookback=-1", "--out", str(tmp_path / "a"))
    assert done.returncode == 2
    assert not ledger.exists()


def test_a_strategy_in_python_is_a_trial_too(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text('every = "month"\ndef decide(past, portfolio):\n    return {"US01": 0.5}\n')
    asked = ("run", str(tmp_path / "mine.py"), "--market", "tiny", "--out", str(tmp_path / "out"))
    assert "History unknown" in eastbound(*asked).stdout
    assert "The trial ledger knows of no other on these data" in eastbound(*asked).stdout
    assert [json.loads(line)["thesis"] for line in ledger.read_text().splitlines()] == [str(tmp_path / "mine.py")] * 2
    assert "By the trial ledger 1 other was tried" in eastbound(*asked, "--set", "run.costs=none").stdout
