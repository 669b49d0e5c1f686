"""Counting what a kernel executes: compiled for one target, recorded natively, run again under callgrind.

Valgrind knows no AVX-512, and a count is to depend on the source alone: kernels are compiled for x86-64-v3, AVX2 and
FMA, whatever the processor. Callgrind counts from just before the call to just after it, and of that only the code of
the kernel's own object is taken: nothing of Python, of numba's dispatch or of the C library moves the number.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine_code import callgrind
from benchmarks.machine_code.compiled import OBJECT, REPORT
from benchmarks.machine_code.disassembly import Instruction, disassemble
from data.jit import ROOT
from data.storage.caches import cache_folder

# The x86-64 psABI's level 3 without what kernels have no use for.
TARGET = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+xsave"}
STEADY = {"PYTHONHASHSEED": "0", "NUMBA_NUM_THREADS": "1", "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Counted:
    """What a kernel has executed in one call.

    Attributes
    ----------
    job : str
    times : dict of int to int
        How often each instruction was executed, by its offset.
    code : dict of int to Instruction
        Those of the compiled object, by offset.
    calls_out : dict of str to int
        Instructions in functions of libraries that it has called, by name; not in `times`.
    digest : str
        Of what the call has written.
    nbytes : int
        Of the arrays it was handed.
    """

    job: str
    times: Mapping[int, int]
    code: Mapping[int, Instruction]
    calls_out: Mapping[str, int]
    digest: str
    nbytes: int

    @property
    def instructions(self) -> int:
        """Executed in the kernel itself."""
        return sum(self.times.values())

    @property
    def flop(self) -> int:
        """Floating-point operations."""
        return sum(times * self.code[at].flop for at, times in self.times.items())

    @property
    def loaded(self) -> int:
        """Bytes read from memory or caches."""
        return sum(times * self.code[at].loaded for at, times in self.times.items())

    @property
    def stored(self) -> int:
        """Bytes written to memory or caches."""
        return sum(times * self.code[at].stored for at, times in self.times.items())


@contextmanager
def environment_of(root: Path, target: Mapping[str, str], cache: str = "machine-code") -> Iterator[dict[str, str]]:
    """Set up processes that run the kernels of one tree in the jobs of this one.

    Parameters
    ----------
    root : Path
        Of a checkout.
    target : mapping of str to str
        What kernels are compiled for, as numba's variables.
    cache : str
        Names the folder of what is compiled: numba does not see every variable.

    Yields
    ------
    dict of str to str
        Environment.
    """
    here = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / here.name).symlink_to(here)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHON"))}
        path = os.pathsep.join((folder, str(root.resolve())))
        yield kept | STEADY | target | {"PYTHONPATH": path, "EASTBOUND_CACHE": str(cache_folder(cache))}


def record(job: str, environment: Mapping[str, str], folder: Path) -> Path:
    """Compile a job's kernel if need be, run the job, and keep the kernel's call.

    Parameters
    ----------
    job : str
    environment : mapping of str to str
    folder : Path

    Returns
    -------
    Path
    """
    kept = folder / f"{job}.call"
    run([sys.executable, "-m", "benchmarks.machine_code.recording", job, str(kept)], environment)
    return kept


def replay(call: Path, environment: Mapping[str, str], folder: Path, n_calls: int = 1) -> dict[str, Any]:
    """Run a recorded call natively, in a process of its own.

    Parameters
    ----------
    call : Path
    environment : mapping of str to str
    folder : Path
        For the compiled object.
    n_calls : int

    Returns
    -------
    dict of str to object
        The report; see `benchmarks.machine_code.replay`.
    """
    run(replay_command(call, folder, n_calls), environment)
    report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    return report


def replay_command(call: Path, folder: Path, n_calls: int = 1) -> list[str]:
    """Give the command that runs a recorded call."""
    return [sys.executable, "-m", "benchmarks.machine_code.replay", str(call), str(folder), str(n_calls)]


def time_call(job: str, target: Mapping[str, str], n_calls: int) -> float:
    """Time a kernel by itself, its arguments just laid out.

    Parameters
    ----------
    job : str
        Of `JOBS`.
    target : mapping of str to str
        What it is compiled for; nothing: this processor.
    n_calls : int

    Returns
    -------
    float
        Median seconds of processor time of a call.
    """
    with tempfile.TemporaryDirectory() as name, environment_of(ROOT, target) as environment:
        report = replay(record(job, environment, Path(name)), environment, Path(name), n_calls)
    return statistics.median(report["seconds"])


def count(job: str, root: Path = ROOT) -> Counted:
    """Count what one call of a kernel executes.

    Parameters
    ----------
    job : str
        Of `JOBS`.
    root : Path
        Of the checkout whose kernels are run.

    Returns
    -------
    Counted
    """
    with tempfile.TemporaryDirectory() as name, environment_of(root, TARGET) as environment:
        return count_call(record(job, environment, Path(name)), job, environment, Path(name))


def count_call(call: Path, job: str, environment: Mapping[str, str], folder: Path) -> Counted:
    """Count what a recorded call executes, and hold its bytes against those of the native one.

    Parameters
    ----------
    call : Path
    job : str
        Names it.
    environment : mapping of str to str
        That the kernel was compiled in.
    folder : Path

    Returns
    -------
    Counted
    """
    native = replay(call, environment, folder)
    executed = callgrind.count(replay_command(call, folder), environment, folder)
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    if report["digest"] != native["digest"] or not report["is_counted"]:
        raise SystemExit(f"{job}: under valgrind the call did not leave the bytes of the native one")
    code = disassemble(folder / OBJECT)
    base = report["address"] - next(one.offset for one in code if one.symbol == report["symbol"])
    kernel = {one.offset: one for one in code if not one.is_wrapper}
    times = {at - base: times for at, times in executed.times.items() if at - base in kernel}
    calls_out = Counter[str]()
    for call_out in executed.calls_out:
        calls_out[call_out.name] += call_out.instructions if call_out.address - base in kernel else 0
    return Counted(
        job=job, times=times, code=kernel, calls_out=+calls_out, digest=report["digest"], nbytes=report["nbytes"]
    )


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command; stop with what it said if it fails.

    Parameters
    ----------
    command : sequence of str
    environment : mapping of str to str
    """
    ran = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
