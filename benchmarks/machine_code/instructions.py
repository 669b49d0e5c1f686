"""Instructions that a call of a kernel executes: a number of the source and the compiler, without noise.

Run with `python -m benchmarks.machine_code.instructions`. Needs valgrind and objdump; without them it says so, and
nothing is counted.
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path

from benchmarks.machine_code import callgrind, disassembly
from benchmarks.machine_code.counting import TARGET, Counted, count
from benchmarks.machine_code.jobs import JOBS
from data.jit import ROOT

GATED = ("ledger", "sleeves")


def missing_tools() -> str:
    """Say which programs are missing, or nothing.

    Returns
    -------
    str
    """
    missing = [
        name
        for name, is_there in (("valgrind", callgrind.is_installed()), ("objdump", disassembly.is_installed()))
        if not is_there
    ]
    return f"SKIPPED: {' and '.join(missing)} not installed; no instructions are counted" if missing else ""


def count_tree(root: Path = ROOT, jobs: tuple[str, ...] = GATED) -> dict[str, Counted]:
    """Count the kernels of a checkout in the jobs of this one.

    Parameters
    ----------
    root : Path
        Of the checkout.
    jobs : tuple of str

    Returns
    -------
    dict of str to Counted
        By job.

    Raises
    ------
    SystemExit
        If a tool is missing (ask `missing_tools` first), or a kernel of the checkout cannot be run by this job.
    """
    if missing := missing_tools():
        raise SystemExit(missing)
    return {job: count(job, root) for job in jobs}


def record_of(counted: dict[str, Counted]) -> dict[str, object]:
    """Give what is kept of counts: the numbers, and what they depend on.

    Parameters
    ----------
    counted : dict of str to Counted

    Returns
    -------
    dict of str to object
    """
    versions = {name: version(name) for name in ("numba", "llvmlite", "numpy")}
    return {
        "target": TARGET["NUMBA_CPU_NAME"],
        "versions": versions | {"valgrind": callgrind.version()},
        "instructions": {job: one.instructions for job, one in counted.items()},
        "in_libraries": {job: dict(one.calls_out) for job, one in counted.items()},  # of the C library here: not gated
        "digests": {job: one.digest for job, one in counted.items()},
    }


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}; by default {', '.join(GATED)}")
    parser.add_argument("--tree", type=Path, default=ROOT, help="checkout whose kernels are counted")
    parser.add_argument("--json", type=Path, help="file for the counts")
    arguments = parser.parse_args()
    if unknown := set(arguments.jobs) - set(JOBS):
        parser.error(f"no job is called {', '.join(sorted(unknown))}")
    if not (arguments.tree / "data" / "jit.py").is_file():
        parser.error(f"{arguments.tree} holds no Eastbound: data/jit.py is not there")
    if missing := missing_tools():
        print(missing)
        return
    counted = count_tree(arguments.tree, tuple(arguments.jobs) or GATED)
    kept = record_of(counted)
    print(f"compiled for {kept['target']}; " + ", ".join(f"{name} {one}" for name, one in kept["versions"].items()))
    print(f"  {'instructions of one call':42s}{'in the kernel':>16s}{'FLOP':>14s}{'loaded, B':>14s}{'stored, B':>14s}")
    for job, one in counted.items():
        print(f"  {JOBS[job].title:42s}{one.instructions:16,}{one.flop:14,}{one.loaded:14,}{one.stored:14,}")
    if arguments.json:
        arguments.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
