"""Hot source lines of a kernel.

Run as `make profile KERNEL=ledger` (or lanes, lots, sleeves, sleeves-month). The kernel is compiled for this processor
with tables of lines, which adds about one instruction in a hundred, and its job is run again and again while perf
samples where it is, Python around the kernel included; addresses become lines by objdump's reading of the compiled
object. Where perf is missing or not allowed, callgrind counts instructions of the code for x86-64-v3 instead.
"""

import argparse
import json
import linecache
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine_code import callgrind, disassembly
from benchmarks.machine_code.compiled import OBJECT, REPORT
from benchmarks.machine_code.counting import TARGET, environment_of, record, replay_command, run
from benchmarks.machine_code.disassembly import Instruction, disassemble
from benchmarks.machine_code.jobs import JOBS
from benchmarks.machine_code.sampling import DATA
from data.jit import ROOT

WITH_LINES = {"NUMBA_ENABLE_PROFILING": "1"}
SECONDS, HERTZ = 4.0, 4999  # not a multiple of what the system does a hundred times a second


@dataclass(frozen=True)
class Profile:
    """Where a kernel was, or what it executed.

    Attributes
    ----------
    unit : str
        What is counted.
    lines : Counter of (str, int)
        By file and line, leaves that are compiled into others included.
    functions : Counter of str
        By compiled function.
    outside : int
        Counted while the call ran, but not in the kernel: libraries, Python.
    """

    unit: str
    lines: Counter[tuple[str, int]]
    functions: Counter[str]
    outside: int


def profile(job: str, seconds: float = SECONDS) -> Profile:
    """Profile a kernel.

    Parameters
    ----------
    job : str
        Of `JOBS`.
    seconds : float
        To sample for.

    Returns
    -------
    Profile
    """
    has_perf = may_sample()
    target = WITH_LINES if has_perf else WITH_LINES | TARGET
    with tempfile.TemporaryDirectory() as name, environment_of(ROOT, target, cache="machine-code-lines") as environment:
        folder = Path(name)
        call = record(job, environment, folder)  # compiles: what is looked into comes from the cache
        if has_perf:
            found, unit = _sample(job, environment, folder, seconds), "samples"
        else:
            found, unit = callgrind.count(replay_command(call, folder), environment, folder).times, "instructions"
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        return attribute(found, disassemble(folder / OBJECT, with_lines=True), report, unit)


def may_sample() -> bool:
    """Tell whether perf is installed and allowed to sample: in a container it often is the one and not the other.

    Returns
    -------
    bool
    """
    if shutil.which("perf") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = ["perf", "record", "-q", "-o", f"{folder}/tried", "true"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def attribute(found: Mapping[int, int], code: list[Instruction], report: Mapping[str, Any], unit: str) -> Profile:
    """Give what was found at addresses to lines and functions.

    Parameters
    ----------
    found : mapping of int to int
        By address.
    code : list of Instruction
    report : mapping of str to object
        `symbol` and `address`: a function of the code, and where it lay.
    unit : str

    Returns
    -------
    Profile
    """
    base = report["address"] - next(one.offset for one in code if one.symbol == report["symbol"])
    by_offset = {one.offset: one for one in code if not one.is_wrapper}
    made = Profile(unit, Counter(), Counter(), sum(n for at, n in found.items() if at - base not in by_offset))
    for at, n in found.items():
        if (one := by_offset.get(at - base)) is not None:
            made.lines[one.source] += n
            made.functions[plain_name(one.symbol)] += n
    return made


def read_samples(lines: Iterable[str]) -> Counter[int]:
    """Count the addresses that `perf script -F ip` prints, one a line, in hexadecimal."""
    return Counter(int(line, 16) for line in lines if line.strip())


def plain_name(symbol: str) -> str:
    """Read the function's name off numba's name for it.

    Examples
    --------
    >>> plain_name("_ZN8backtest7kernels6ledger13run_ledger_nbB2v4B52c8tJ")
    'backtest.kernels.ledger.run_ledger_nb'
    """
    names, at = [], len("_ZN")
    while at < len(symbol) and symbol[at].isdigit():
        end = at
        while symbol[end].isdigit():
            end += 1
        length = int(symbol[at:end])
        names.append(symbol[end : end + length])
        at = end + length
    return ".".join(names) or symbol


def table_of(made: Profile, n_lines: int) -> list[str]:
    """Write the hottest lines and functions.

    Parameters
    ----------
    made : Profile
    n_lines : int

    Returns
    -------
    list of str
    """
    inside = sum(made.lines.values())
    total = inside + made.outside
    if not total:
        return ["nothing was sampled: let it run for longer"]
    told = [f"{total:,} {made.unit}, {made.outside / total:.1%} outside the kernel; shares are of all"]
    for name, n in made.functions.most_common(8):
        told.append(f"  {n / total:6.1%}  {name}")
    told.append("")
    for (path, line), n in made.lines.most_common(n_lines):
        known = Path(path)
        place = known.relative_to(ROOT).as_posix() if known.is_relative_to(ROOT) else known.name
        text = linecache.getline(path, line).strip()
        told.append(f"  {n / total:6.1%}  {f'{place}:{line}':44s} {text[:100]}")
    return told


def _sample(job: str, environment: Mapping[str, str], folder: Path, seconds: float) -> Counter[int]:
    module = "benchmarks.machine_code.sampling"
    run([sys.executable, "-m", module, job, str(folder), str(seconds), str(HERTZ)], environment)
    command = ["perf", "script", "-i", str(folder / DATA), "-F", "ip"]
    return read_samples(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())


def main() -> None:
    """Profile and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernel", choices=tuple(JOBS))
    parser.add_argument("--lines", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    arguments = parser.parse_args()
    if not disassembly.is_installed():
        raise SystemExit("profile: objdump is not installed (binutils), and without it addresses have no lines")
    if not may_sample() and not callgrind.is_installed():
        raise SystemExit("profile: perf may not sample here and valgrind is not installed; one of them is needed")
    print(JOBS[arguments.kernel].title)
    print("\n".join(table_of(profile(arguments.kernel, arguments.seconds), arguments.lines)))


if __name__ == "__main__":
    main()
