"""The folder of a run: whole or as it was, whatever kills the writer, fills the disk or comes at the same time."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backtest.errors import BacktestError
from backtest.output import run_folder
from backtest.output.run_folder import COMMITTED, LOCK, SEAL, readable, refuse_unwritable, settled, write_sealed
from data.errors import DataError
from data.storage.locks import locked
from tests.killing import USERS_OWN, files_of, held, renewed, write

ROOT = Path(__file__).resolve().parents[2]
NO_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork and no SIGKILL here")


def attempts(plan: str, folder: Path) -> list[dict[str, object]]:
    """Carry out a plan of `tests.killing` in a process of its own, which forks freely."""
    asked = [sys.executable, "-m", "tests.killing", plan, str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one for one in found if one["wrong"]] == []
    return found


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@NO_FORK
@pytest.mark.timeout(120)
def test_killed_before_each_operation_the_former_run_or_the_new_one_is_whole(tmp_path):
    found = attempts("at_every_step", tmp_path / "run")
    assert [one["killed"] for one in found] == [True] * (len(found) - 1) + [False]
    assert len(found) > 30
    runs = "".join(str(one["run"]) for one in found)
    # The commit is one instant: the former run before it, the new one ever after.
    assert runs == "A" * runs.count("A") + "B" * runs.count("B")
    assert min(runs.count("A"), runs.count("B")) > 10


@NO_FORK
@pytest.mark.timeout(120)
def test_killed_again_while_the_move_is_finished_it_is_whole_all_the_same(tmp_path):
    found = attempts("twice", tmp_path / "run")
    assert sum(bool(one["killed"]) for one in found) > 50
    assert {one["run"] for one in found} == {"A", "B"}


@NO_FORK
@pytest.mark.timeout(120)
def test_killed_at_any_time_a_run_is_whole(tmp_path):
    found = attempts("at_random_times", tmp_path / "run")
    assert len(found) == 40
    assert {one["run"] for one in found} == {"A", "B"}


@NO_FORK
@pytest.mark.timeout(120)
def test_two_runs_into_one_folder_at_once_do_not_mix(tmp_path):
    found = attempts("two_at_once", tmp_path / "run")
    assert [one["killed"] for one in found] == [False] * 10


def test_a_run_takes_the_place_of_the_former_and_a_user_s_files_stay(tmp_path):
    folder = renewed(tmp_path / "run")
    assert names(folder) == {"nav.csv", "trades.csv", "old.csv", "older.csv", SEAL, *USERS_OWN}
    write("B", folder)
    assert names(folder) == {"nav.csv", "trades.csv", "new.csv", "report.html", SEAL, *USERS_OWN}
    assert held(folder) == ("B", [])


def test_a_seal_that_was_tampered_with_reaches_nothing_outside_the_folder(tmp_path):
    folder = renewed(tmp_path / "run")
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    evil = ["../outside.txt", str(outside), ".run.lock", "..", "", 3]
    for text in (json.dumps({"files": evil}), json.dumps({"files": 3}), "[]", "{", '{"files": null}', ""):
        (folder / SEAL).write_text(text)
        write("A", folder)
        assert outside.read_text() == "mine"
        assert json.loads((folder / SEAL).read_text())["run"] == "A"


def test_a_folder_that_a_user_made_in_the_place_of_a_former_file_stays(tmp_path):
    folder = renewed(tmp_path / "run")
    (folder / "old.csv").unlink()
    (folder / "old.csv").mkdir()
    write("B", folder)
    assert (folder / "old.csv").is_dir()
    assert json.loads((folder / SEAL).read_bytes())["run"] == "B"


def test_a_folder_in_the_place_of_a_file_is_refused_and_nothing_is_touched(tmp_path):
    folder = renewed(tmp_path / "run")
    (folder / "new.csv").mkdir()
    with pytest.raises(BacktestError, match=r"new\.csv is a folder, and the run has a file of that name"):
        write("B", folder)
    (folder / "new.csv").rmdir()
    assert held(folder) == ("A", [])


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("step", range(6))
def test_a_full_disk_leaves_the_former_run_and_one_message(error, step, tmp_path, monkeypatch):
    folder, left, fsync = renewed(tmp_path / "run"), step, os.fsync

    def failing(handle: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(error, os.strerror(error))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(BacktestError) as caught:
        write("B", folder)
    why = "Input/output error" if error == errno.EIO else "no space is left on its disk. Free some, or"
    assert str(caught.value).startswith(f"{folder} cannot be written: {why}")
    assert str(caught.value).endswith("What it held is untouched.")
    monkeypatch.undo()
    assert not [name for name in names(folder) if name.startswith(".")]
    assert held(folder) == ("A", [])


def test_a_failure_after_the_commit_is_said_and_finished_by_whoever_comes_next(tmp_path, monkeypatch):
    folder, replace = renewed(tmp_path / "run"), Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "report.html":
            raise OSError(errno.EIO, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(BacktestError, match=r"could not all be put in place: Input/output error\. Some are still in"):
        write("B", folder)
    assert (folder / COMMITTED).is_dir()
    assert not (folder / SEAL).exists(), "a folder that is not whole has no seal"
    with pytest.raises(BacktestError, match="could not all be put in place"), readable(folder):
        pass
    monkeypatch.undo()
    assert held(folder) == ("B", [])


SMALL = """
import resource, sys
from pathlib import Path
from tests.killing import write
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    write("B", Path(sys.argv[1]))
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files here")
def test_a_limit_on_the_size_of_files_is_met_as_a_full_disk_is(tmp_path):
    folder = renewed(tmp_path / "run")
    asked = [sys.executable, "-c", SMALL, str(folder), "limit"]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    said = "File too large. Choose another with --out. What it held is untouched."
    assert done.stdout == f"BacktestError: {folder} cannot be written: {said}\n", done.stderr
    assert held(folder) == ("A", [])


def test_a_disk_that_is_really_full_leaves_the_former_run(tmp_path):
    """On a file system of 256 kB in memory, mounted in a namespace of its own that ends with the process."""
    script = f'mount -t tmpfs -o size=256k none {tmp_path} && {sys.executable} -c "$PROGRAM" {tmp_path}/run full'
    begin, end = "from tests.killing import *; renewed(Path(sys.argv[1]))", "print(held(Path(sys.argv[1])))"
    may_mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        tried = subprocess.run([*may_mount, f"mount -t tmpfs none {tmp_path}"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if tried.returncode:
        pytest.skip("no file system may be mounted here")
    environment = {**os.environ, "PROGRAM": f"{begin}\n{SMALL}\n{end}"}
    done = subprocess.run(
        [*may_mount, script], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60, check=False
    )
    first, second = done.stdout.splitlines()
    assert "cannot be written: no space is left on its disk. Free some" in first, done.stderr
    assert first.endswith("What it held is untouched.")
    assert second == "('A', [])"


def test_a_file_in_the_place_of_the_folder_or_above_it_is_refused(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(BacktestError, match=r"run is a file, and a run needs a folder\. Choose another with --out"):
        refuse_unwritable(tmp_path / "run")
    with pytest.raises(BacktestError, match=r"below cannot be made: .*run is a file, and a run needs a folder"):
        refuse_unwritable(tmp_path / "run" / "below")
    with pytest.raises(BacktestError, match=r"below cannot be written: Not a directory"):
        write("A", tmp_path / "run" / "below")


def test_a_folder_that_is_not_there_yet_is_no_obstacle_and_is_not_made(tmp_path):
    refuse_unwritable(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    write("A", tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == {*files_of("A"), SEAL}


@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS])
def test_a_read_only_folder_is_refused_before_the_run_and_read_all_the_same(error, tmp_path, monkeypatch):
    folder, real = renewed(tmp_path / "run"), os.open

    def refusing(path, flags, *more, **named):
        if flags & os.O_CREAT:
            raise OSError(error, os.strerror(error), path)
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    message = rf"{folder} cannot be written: {os.strerror(error)}\. Choose another with --out"
    with pytest.raises(BacktestError, match=message):
        refuse_unwritable(folder)
    with pytest.raises(BacktestError, match=message):
        write("B", folder)
    with readable(folder):
        assert json.loads((folder / SEAL).read_bytes())["run"] == "A"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="no folder is read-only to root")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(BacktestError, match="cannot be written: Permission denied"):
            refuse_unwritable(tmp_path / "run")
    finally:
        tmp_path.chmod(0o700)


def test_a_second_run_waits_for_the_writing_of_the_first(tmp_path):
    folder = renewed(tmp_path / "run")
    second = threading.Thread(target=write, args=("B", folder))
    with settled(folder):
        second.start()
        time.sleep(0.2)
        assert json.loads((folder / SEAL).read_bytes())["run"] == "A"
    second.join()
    assert held(folder) == ("B", [])


def test_a_run_that_waits_too_long_says_who_writes(tmp_path, monkeypatch):
    folder = renewed(tmp_path / "run")
    monkeypatch.setattr(run_folder, "WAIT_SECONDS", 0.1)
    message = rf"process \({os.getpid()}\) is writing a run into {folder}\. Wait until it is done"
    with locked(folder / LOCK, "writing a run into"), pytest.raises(DataError, match=message):
        write("B", folder)
    assert held(folder) == ("A", [])


def test_what_a_dead_process_staged_is_removed(tmp_path):
    folder = renewed(tmp_path / "run")
    left = folder / ".0123.unfinished"
    left.mkdir()
    (left / "nav.csv").write_text("half")
    assert held(folder) == ("A", [])
    assert not left.exists()


def test_an_empty_run_is_a_run(tmp_path):
    write_sealed(tmp_path / "run", {}, b'{"files": {}}')
    assert names(tmp_path / "run") == {SEAL}


def test_files_that_no_run_wrote_are_not_written_over(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "nav.csv").write_text("mine", encoding="utf-8")
    (own / "notes.txt").write_text("mine too", encoding="utf-8")
    for refused in (lambda: refuse_unwritable(own), lambda: write_sealed(own, {"nav.csv": b"1"}, b'{"files": {}}')):
        with pytest.raises(BacktestError, match=r"own has a nav\.csv that no run wrote"):
            refused()
    left = {path.name: path.read_text(encoding="utf-8") for path in own.iterdir() if not path.name.startswith(".")}
    assert left == {"nav.csv": "mine", "notes.txt": "mine too"}
    # What stands beside a run is no matter, and a run replaces a run.
    (own / "nav.csv").unlink()
    for content in (b"1", b"2"):
        refuse_unwritable(own)
        write_sealed(own, {"nav.csv": content}, json.dumps({"files": {"nav.csv": {}}}).encode())
    assert (own / "nav.csv").read_bytes() == b"2"
    assert (own / "notes.txt").read_bytes() == b"mine too"
