"""Start: what a user waits for before any work is done, each in a fresh process."""

import os
import re
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
# A child says its own peak: what the system says of a child that was forked begins with the size of its parent.
NOTING = "import atexit, os; atexit.register(lambda: os.write({fd}, open('/proc/self/status', 'rb').read()))\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left.

    Attributes
    ----------
    code : int
    printed : str
    peak : int
        Its largest resident size, bytes; 0 where the system does not say.
    files : frozenset of str
        Names of what it wrote.
    """

    code: int
    printed: str
    peak: int
    files: frozenset[str] = frozenset()


def python(code: str, arguments: Sequence[str] = (), changes: Mapping[str, str] | None = None) -> Ended:
    """Run code in a fresh Python to its end.

    Parameters
    ----------
    code : str
    arguments : sequence of str
    changes : mapping of str to str, optional
        To the environment.

    Returns
    -------
    Ended
    """
    room = {**os.environ, "PYTHONPATH": PACKAGES, **(changes or {})}
    reading, writing = os.pipe()
    note = NOTING.format(fd=writing) if Path("/proc/self/status").exists() else ""
    try:
        done = subprocess.run(
            [sys.executable, "-c", note + code, *arguments], env=room, pass_fds=(writing,), check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    finally:
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = re.search(rb"VmHWM:\s*(\d+) kB", pipe.read())
    return Ended(done.returncode, done.stdout, int(said[1]) * 1024 if said else 0)


def run_demo(*, is_cold: bool = False) -> Ended:
    """Run flow-momentum on the demo from the command line, into a new folder.

    Parameters
    ----------
    is_cold : bool
        With a cache of Eastbound that is empty; else with the user's, as it is.

    Returns
    -------
    Ended
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        asked = ["run", "flow-momentum", "--market", "demo", "--out", str(out), "--trials", f"{folder}/trials"]
        ended = python(SCRIPT, asked, {"EASTBOUND_CACHE": f"{folder}/cache"} if is_cold else None)
        files = frozenset(file.name for file in out.iterdir()) if out.is_dir() else frozenset()
    return Ended(ended.code, ended.printed, ended.peak, files)


def _import(_: str) -> Work:
    def check(ended: Ended) -> None:
        require(ended.code == 0 and ended.printed.strip() == "simulate", f"import: {ended.printed[-300:]}")

    code = "from data import *; from strategies import *; from backtest import *; print(simulate.__name__)"
    return Work(partial(python, code), check)


def _help(_: str) -> Work:
    def check(ended: Ended) -> None:
        require(ended.code == 0 and "Usage" in ended.printed, f"eastbound --help: {ended.printed[-300:]}")

    return Work(partial(python, SCRIPT, ["--help"]), check)


def _check_run(ended: Ended) -> None:
    missing = set(FILES) - ended.files
    require(ended.code == 0 and not missing, f"eastbound run leaves no {missing or 'success'}: {ended.printed[-300:]}")


def _cached_run(_: str) -> Work:
    return Work(run_demo, _check_run)


def _cold_run(_: str) -> Work:
    return Work(partial(run_demo, is_cold=True), _check_run)


JOBS = (
    Job(
        layer="start", name="import_all", says="all that the three packages offer; exit code and a name asserted",
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
