"""Plant faults and see that the gates find each: a gate that was never seen to fail proves nothing.

Run with `python -m benchmarks.gates.planted`. In a clone of the commit that is checked out, one commit more makes a
kernel slower, the command line import more, the report take twice its memory and a thesis earn something else;
`benchmarks.gates.compare` has to fail, and to name a figure for each.
"""

import argparse
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gates.trees import PACKAGES
from benchmarks.record import ROOT, git, is_dirty

PLACE = ROOT / ".asv" / "planted"
MARKING = """    for a in range(value.shape[0]):
        value[a] = last_price[a] * fx[currency_of[a]]
        for lane in range(n_lanes):
            if n_lanes == 1:
                nav += shares[a, lane] * value[a]
            else:
                nav_out[lane] += shares[a, lane] * value[a]
"""
MARKING_AGAIN = """    for again in range(min(6, value.shape[0])):
        nav = 0.0 * again
        for a in range(value.shape[0]):
            value[a] = last_price[a] * fx[currency_of[a]]
            for lane in range(n_lanes):
                if n_lanes == 1:
                    nav += shares[a, lane] * value[a] * (1.0 + 0.0 * nav)
                elif again == 0:
                    nav_out[lane] += shares[a, lane] * value[a]
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A change for the worse, and the figures of which one has to fail.

    Attributes
    ----------
    name, path : str
    old, new : str
        Text of the file, and what takes its place.
    found_by : tuple of str
        Beginnings of lines of the table, gate and figure: each has to have one that failed.
    """

    name: str
    path: str
    old: str
    new: str
    found_by: tuple[str, ...]


FAULTS = (
    Fault(
        "a kernel nearly twice as slow: names are marked six times",
        "backtest/kernels/ledger.py", MARKING, MARKING_AGAIN,
        ("instructions ledger", "speed ledger.general"),
    ),
    Fault(
        "the command line imports pandas, numba and scipy at its start", "backtest/cli/app.py",
        "import typer\n", "import numba\nimport pandas\nimport scipy.stats\nimport typer\n", ("speed start.help",),
    ),
    Fault(
        "the report holds 160 MB more", "backtest/report/page.py",
        "    market, dates = result.market, result.dates\n",
        "    import numpy\n\n    waste = numpy.ones(20_000_000)\n    market, dates = result.market, result.dates\n",
        ("memory report.page",),
    ),
    Fault(
        "a thesis sums its flows over 21 sessions, not 20", "strategies/theses/flow-momentum.toml",
        "lookback = 20", "lookback = 21", ("results flow-momentum, as catalogued",),
    ),
)  # fmt: skip


def plant(root: Path, faults: tuple[Fault, ...] = FAULTS) -> None:
    """Write faults into a checkout.

    Parameters
    ----------
    root : Path
    faults : tuple of Fault

    Raises
    ------
    SystemExit
        If a text is no longer there: the fault has to be planted another way.
    """
    for fault in faults:
        path = root / fault.path
        text = path.read_text(encoding="utf-8")
        if text.count(fault.old) != 1:
            raise SystemExit(f"planted: {fault.path} has changed: plant {fault.name!r} another way")
        path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


def unfound(faults: tuple[Fault, ...], printed: str) -> list[str]:
    """Name the faults that no failed figure shows.

    Parameters
    ----------
    faults : tuple of Fault
    printed : str
        What the comparison printed.

    Returns
    -------
    list of str
    """
    failed = [" ".join(line.split()) for line in printed.splitlines() if " FAILED" in line]
    return [
        f"{fault.name}: nothing of {wanted!r} failed"
        for fault in faults
        for wanted in fault.found_by
        if not any(line.startswith(wanted) for line in failed)
    ]


def main() -> None:
    """Clone, plant, compare."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if is_dirty():
        sys.exit("planted: the tree differs from the commit that is checked out: commit first.")
    shutil.rmtree(PLACE, ignore_errors=True)
    git("clone", "--quiet", "--shared", str(ROOT), str(PLACE))
    plant(PLACE)
    who = ("-c", "user.name=planted", "-c", "user.email=planted@localhost")
    subprocess.run(["git", "-C", str(PLACE), *who, "commit", "--quiet", "-am", "Plant faults"], check=True)
    command = [sys.executable, "-m", "benchmarks.gates.compare", "HEAD~1"]
    with subprocess.Popen(command, cwd=PLACE, stdout=subprocess.PIPE, text=True) as comparing:
        lines = []
        for line in comparing.stdout or ():
            lines.append(line)
            print(line, end="", flush=True)
    if comparing.returncode != 1:
        sys.exit(f"planted: the comparison ended with {comparing.returncode}, not with 1")
    missed = unfound(FAULTS, "".join(lines))
    if missed:
        sys.exit("planted: " + "; ".join(missed))
    print(f"all {len(FAULTS)} faults were found, in {', '.join(PACKAGES)}")


if __name__ == "__main__":
    main()
