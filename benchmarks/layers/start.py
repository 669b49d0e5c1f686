"""Start: what a user waits for before any work is done, each in a fresh process."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import backtest
from benchmarks.layers.job import Job, Kind, Work, require

ANY = "demo"  # the size of what does not depend on a case
SCRIPT = "import sys; from backtest.cli import main; sys.exit(main())"  # what the script `eastbound` does
PACKAGES = str(Path(backtest.__file__).parents[1])  # children import the packages that this process imports
FILES = ("report.html", "summary.json", "manifest.json")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left.

    Attributes
    ----------
    code : int
    printed : str
    peak : int
        Its largest resident size, bytes.
    files : frozenset of str
        Names of what it wrote.
    """

    code: int
    printed: str
    peak: int
    files: frozenset[str] = frozenset()


def python(arguments: Sequence[str], changes: Mapping[str, str] | None = None) -> Ended:
    """Run a fresh Python to its end.

    Parameters
    ----------
    arguments : sequence of str
    changes : mapping of str to str, optional
        To the environment.

    Returns
    -------
    Ended
    """
    room = {**os.environ, "PYTHONPATH": PACKAGES, **(changes or {})}
    process = subprocess.Popen(
        [sys.executable, *arguments], env=room, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    printed = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = used.ru_maxrss if sys.platform == "darwin" else used.ru_maxrss * 1024
    return Ended(process.returncode, printed, peak)


def run_demo(cache: Path | None = None) -> Ended:
    """Run flow-momentum on the demo from the command line, into a new folder.

    Parameters
    ----------
    cache : Path, optional
        Of Eastbound; emptied first. By default the user's, as it is.

    Returns
    -------
    Ended
    """
    if cache is not None:
        shutil.rmtree(cache, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        asked = [
            "run",
            "flow-momentum",
            "--market",
            "demo",
            "--out",
            str(out),
            "--trials",
            str(Path(folder) / "trials"),
        ]
        ended = python(["-c", SCRIPT, *asked], {"EASTBOUND_CACHE": str(cache)} if cache else None)
        files = frozenset(file.name for file in out.iterdir()) if out.is_dir() else frozenset()
    return Ended(ended.code, ended.printed, ended.peak, files)


def _import(_: str) -> Work:
    def check(ended: Ended) -> None:
        require(ended.code == 0 and ended.printed.strip() == "backtest", f"import backtest: {ended.printed[-300:]}")

    return Work(partial(python, ["-c", "import backtest; print(backtest.__name__)"]), check)


def _help(_: str) -> Work:
    def check(ended: Ended) -> None:
        require(ended.code == 0 and "Usage" in ended.printed, f"eastbound --help: {ended.printed[-300:]}")

    return Work(partial(python, ["-c", SCRIPT, "--help"]), check)


def _check_run(ended: Ended) -> None:
    missing = set(FILES) - ended.files
    require(ended.code == 0 and not missing, f"eastbound run leaves no {missing or 'success'}: {ended.printed[-300:]}")


def _cached_run(_: str) -> Work:
    return Work(run_demo, _check_run)


def _cold_run(_: str) -> Work:
    room = tempfile.TemporaryDirectory()

    def call() -> Ended:
        return run_demo(Path(room.name) / "cache")

    return Work(call, _check_run)


JOBS = (
    Job(
        layer="start", name="import", says="python -c 'import backtest'; exit code and name asserted",
        sizes=(ANY,), prepare=_import, kind=Kind.PROCESS,
    ),
    Job(
        layer="start", name="help", says="eastbound --help; exit code and usage asserted",
        sizes=(ANY,), prepare=_help, kind=Kind.PROCESS,
    ),
    Job(
        layer="start", name="cached_run", says="eastbound run on the demo, kernels compiled before; its files asserted",
        sizes=(ANY,), prepare=_cached_run, kind=Kind.PROCESS,
    ),
    Job(
        layer="start", name="cold_run", says="the same with an empty cache: kernels are compiled; its files asserted",
        sizes=(ANY,), prepare=_cold_run, kind=Kind.COLD,
    ),
)  # fmt: skip
