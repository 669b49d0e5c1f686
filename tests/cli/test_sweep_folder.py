"""The folder of a sweep: killed at any moment, on a full disk or without rights, what is there stays whole."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtest.errors import BacktestError
from backtest.tuning.storage import sealed_sweep
from tests.made_up_sweep import ABOUT, contents, differing, left_by, opened, swept, write_parts

ROOT = Path(__file__).resolve().parents[2]
NO_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork and no SIGKILL here")
GOES_ON = "The parts written by then are whole: sweep into it again to go on."


def attempts(plan: str, folder: Path) -> list[dict[str, int]]:
    """Carry out a plan of `tests.made_up_sweep` in a process of its own, which forks freely."""
    asked = [sys.executable, "-m", "tests.made_up_sweep", plan, str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one for one in found if one["differ"]] == [], "the sweep that went on has other bytes"
    return list(found)


@NO_FORK
@pytest.mark.timeout(120)
def test_killed_before_each_operation_a_sweep_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    found = attempts("at_every_step", tmp_path)
    assert [one["killed"] for one in found] == [True] * (len(found) - 1) + [False]
    assert {one["left"] for one in found} == set(range(6)), "it was killed with every number of parts"


@NO_FORK
@pytest.mark.timeout(120)
def test_killed_again_and_again_it_comes_to_the_same_bytes(tmp_path: Path) -> None:
    found = attempts("again_and_again", tmp_path)
    assert sum(one["killed"] for one in found) > 10


@NO_FORK
@pytest.mark.timeout(120)
def test_killed_at_twenty_random_moments_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    found = attempts("at_random_times", tmp_path)
    assert len(found) == 20
    assert sum(one["killed"] for one in found) > 5


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("step", [0, 3, 4, 6, 7])
def test_a_full_disk_leaves_earlier_parts_whole(
    error: int, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part opens four files and its mark; the disk fills before the step-th of them."""
    store, real, left = opened(tmp_path / "sweep"), Path.open, step + 15

    def failing(self: Path, mode: str = "r", *more: int, **named: object) -> object:
        nonlocal left
        if mode != "rb":
            left -= 1
            if left < 0:
                raise OSError(error, os.strerror(error))
        return real(self, mode, *more, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", failing)
    with pytest.raises(BacktestError) as caught:
        write_parts(store, range(11))
    monkeypatch.undo()
    why = "Input/output error" if error == errno.EIO else "no space is left on its disk. Free some"
    assert str(caught.value).startswith(f"{tmp_path / 'sweep'} cannot be written: {why}")
    assert str(caught.value).endswith(GOES_ON)
    store.close()
    with opened(tmp_path / "sweep") as store:
        assert store.done == set(range(3 + (step > 4)))
        assert store.damaged == set()
    swept(tmp_path / "sweep")
    swept(tmp_path / "whole")
    assert differing(tmp_path / "sweep", tmp_path / "whole") == []


@pytest.mark.parametrize("step", range(8))
def test_a_disk_that_fills_at_the_end_is_finished_later(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, fsync, left = tmp_path / "sweep", os.fsync, step
    with opened(folder) as store:
        write_parts(store, range(11))

        def failing(handle: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(handle)

        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(BacktestError, match="no space is left on its disk.*sweep into it again to go on"):
            store.finish(lambda read: ABOUT)
        monkeypatch.undo()
    with opened(folder) as store:
        assert store.done == set(range(11)), "no part is made again"
        store.finish(lambda read: ABOUT)
    swept(tmp_path / "whole")
    assert differing(folder, tmp_path / "whole") == []


def test_a_move_that_fails_is_finished_by_whoever_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, replace = tmp_path / "sweep", Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target == folder / "squares.npy":
            raise OSError(errno.EIO, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    store = opened(folder)
    write_parts(store, range(11))
    for _ in range(2):  # the second time nothing is left to do but to move
        with pytest.raises(BacktestError, match="Input/output error"):
            store.finish(lambda read: ABOUT)
    store.close()
    assert not (folder / sealed_sweep.SEAL).exists(), "a sweep that is not whole has no seal"
    monkeypatch.undo()
    with opened(folder) as store:
        assert store.table["sharpe"].iloc[0] == 0.0
    swept(tmp_path / "whole")
    assert differing(folder, tmp_path / "whole") == []


LIMITED = """
import resource, sys
from pathlib import Path
from tests.made_up_sweep import swept
if sys.argv[2] != "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    swept(Path(sys.argv[1]))
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


# returns.npy has 29,528 bytes, which it is laid out with; table.csv has more, and is written at the end.
@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files here")
@pytest.mark.parametrize(("limit", "left"), [(29_000, 0), (31_000, 11)])
def test_a_limit_on_the_size_of_files_is_met_as_a_full_disk_is(limit: int, left: int, tmp_path: Path) -> None:
    asked = [sys.executable, "-c", LIMITED, str(tmp_path / "sweep"), str(limit)]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    said = f"BacktestError: {tmp_path / 'sweep'} cannot be written: File too large. Choose another with --out."
    assert done.stdout.startswith(said), done.stderr
    assert done.stdout.count("\n") == 1
    assert left_by(tmp_path / "sweep") == left
    swept(tmp_path / "sweep")
    swept(tmp_path / "whole")
    assert differing(tmp_path / "sweep", tmp_path / "whole") == []


def test_a_disk_that_is_really_full_leaves_earlier_parts_whole(tmp_path: Path) -> None:
    """On a file system of 300 kB in memory, of which a file takes most once the sweep was let in."""
    begin = (
        "from pathlib import Path; from tests.made_up_sweep import *; "
        f"store = opened(Path('{tmp_path}/sweep'), csv=False); other = Path('{tmp_path}/other')"
    )
    script = (
        f'mount -t tmpfs -o size=300k none {tmp_path} && {sys.executable} -c "{begin}; '
        'other.write_bytes(bytes(230_000)); write_parts(store, range(11))" 2>&1 | tail -1 && '
        f'rm {tmp_path}/other && {sys.executable} -c "{begin}; print(len(store.done), len(store.damaged)); '
        'write_parts(store, range(11)); store.finish(lambda read: ABOUT)"'
    )
    may_mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        tried = subprocess.run([*may_mount, f"mount -t tmpfs none {tmp_path}"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if tried.returncode:
        pytest.skip("no file system may be mounted here")
    done = subprocess.run([*may_mount, script], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "sweep cannot be written: no space is left on its disk. Free some" in first, done.stderr
    assert first.endswith(GOES_ON)
    n_whole, n_damaged = map(int, second.split())
    assert 0 <= n_whole < 11
    assert n_damaged == 0


@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS])
def test_a_read_only_folder_is_refused_before_the_sweep(
    error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sweep").mkdir()
    real = os.open

    def refusing(path: str, flags: int, *more: int, **named: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(error, os.strerror(error), path)
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    said = rf"sweep cannot be written: {os.strerror(error)}\. Choose another with --out"
    with pytest.raises(BacktestError, match=said):
        opened(tmp_path / "sweep")
    assert contents(tmp_path / "sweep") == {}
