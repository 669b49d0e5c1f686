"""Whole sweeps, from thesis to table: killed, or on a full disk, they go on to the same bytes."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtest.errors import BacktestError
from backtest.tuning import one_by_one
from backtest.tuning.blocks import BlockRunner
from data.load import load
from tests import killed_sweep
from tests.killed_sweep import N_CANDIDATES, N_PARTS, sweep_into
from tests.made_up_sweep import contents, differing, left_by
from tests.swept import Mortal

ROOT = Path(__file__).resolve().parents[2]
GOES_ON = "The parts written by then are whole: sweep into it again to go on."


@pytest.fixture(scope="module")
def market():
    return killed_sweep.market()


@pytest.fixture(scope="module")
def whole(market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "sweep"
    sweep_into(folder, market)
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork and no SIGKILL here")
@pytest.mark.timeout(300)
def test_killed_at_twenty_random_moments_a_sweep_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "tests.killed_sweep", str(tmp_path)]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["differ"] for one in found] == [[]] * 20
    left = [parts for one in found for parts in one["left"]]
    assert sum(0 < parts < N_PARTS for parts in left) >= 8, (
        f"most were killed between the first part and the last: {left}"
    )
    assert len(set(left)) >= 6


@pytest.mark.timeout(120)
def test_what_was_swept_is_the_whole(whole: Path) -> None:
    assert {"table.parquet", "table.csv", "sums.npy", "squares.npy", "returns.npy", "sweep.json"} <= set(
        contents(whole)
    )
    assert len((whole / "table.csv").read_text(encoding="utf-8").splitlines()) == N_CANDIDATES + 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize("left", [15, 40, 120])
def test_a_full_disk_leaves_a_plain_error_and_earlier_parts_whole(
    left: int, market, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills before the next of `left` files that are opened to be written."""
    real, folder = Path.open, tmp_path / "sweep"

    def failing(self: Path, mode: str = "r", *more: int, **named: object) -> object:
        nonlocal left
        if mode != "rb" and folder in self.parents:
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, mode, *more, **named)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", failing)
        with pytest.raises(BacktestError) as caught:
            sweep_into(folder, market)
    said = str(caught.value)
    assert said.startswith(f"{folder} cannot be written: no space is left on its disk. Free some")
    assert said.endswith(GOES_ON)
    assert "\n" not in said
    n_left = left_by(folder)
    assert 0 < n_left < N_PARTS
    counted, run = [], BlockRunner.run
    monkeypatch.setattr(BlockRunner, "run", lambda self, rotating: counted.append(1) or run(self, rotating))
    sweep_into(folder, market)
    # A part of 60 candidates has one setup, so it is one block: schedules change every 420 candidates.
    assert len(counted) == N_PARTS - n_left, "parts that were there are not run again"
    assert differing(folder, whole) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS])
def test_a_read_only_folder_is_refused_before_any_candidate_is_run(
    error: int, market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sweep").mkdir()
    real = os.open

    def refusing(path: str, flags: int, *more: int, **named: int) -> int:
        if flags & os.O_CREAT and str(tmp_path) in str(path):
            raise OSError(error, os.strerror(error), path)
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(BlockRunner, "run", None)
    with pytest.raises(
        BacktestError, match=rf"sweep cannot be written: {os.strerror(error)}\. Choose another with --out"
    ):
        sweep_into(tmp_path / "sweep", market)
    assert contents(tmp_path / "sweep") == {}


@pytest.mark.timeout(60)
def test_an_error_of_a_candidate_leaves_earlier_parts_whole(
    market, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = BlockRunner.run, 10

    def failing(self: BlockRunner, *given: object) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise BacktestError("NAV is no longer positive.")
        return real(self, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(BlockRunner, "run", failing)
        with pytest.raises(BacktestError, match="NAV is no longer positive"):
            sweep_into(tmp_path / "sweep", market, threads=1)
    assert left_by(tmp_path / "sweep") == 10
    sweep_into(tmp_path / "sweep", market)
    assert differing(tmp_path / "sweep", whole) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("how", "told"), [("exit", "exit code 3"), ("kill", "signal 9")])
def test_a_worker_that_dies_leaves_a_plain_error_and_earlier_parts_whole(
    how: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Candidate 12 of 20 ends its process; parts are of five."""
    monkeypatch.setattr(one_by_one, "PART_SIZE", 5)
    grid = {"strategy.weight": "0.01:0.2:20", "strategy.how": how}
    seen: list[int] = []
    for already in (0, 10):  # the second time nothing that is there is asked again
        with pytest.raises(BacktestError) as caught:
            killed_sweep.driver.sweep(
                Mortal(at=0.13), load("tiny"), grid, out=tmp_path / "sweep", threads=2,
                watch=lambda done, n: seen.append(done),
            )  # fmt: skip
        said = str(caught.value)
        assert said.startswith(f"Candidate 12 (strategy.weight = 0.13, strategy.how = {how}): the process that ran it")
        assert told in said
        assert "\n" not in said
        assert left_by(tmp_path / "sweep") == 2
        # Told in order, from what was there on; 11 and 12 too where they came back before the process died.
        assert seen in [list(range(already, last)) for last in (11, 12, 13)]
        seen.clear()
