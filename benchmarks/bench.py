"""Measure the commit that is checked out, in the environment that stands, and keep a record of it.

Run with `make bench`. asv runs every job, each size in a process of its own; the record gets what it was measured on
(see `benchmarks.record`), goes into `benchmarks/history` and is printed. Where the tree differs from the commit, or
only a part was measured, it is printed and not kept.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.layers.jobs import JOBS
from benchmarks.layers.load import write_cases
from benchmarks.measurements import HISTORY, MEASURES, Measurement, measured, megabytes, seconds
from benchmarks.record import ROOT, is_dirty, pin_threads, record
from benchmarks.tables import put_between

RAW = ROOT / ".asv" / "results"
MARKER = "layers"


def stamped(raw: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """Give a result of asv what it was measured on, and take away where that lay.

    Parameters
    ----------
    raw : dict
        Result file of asv.
    about : dict
        As `benchmarks.record.record` gives it.

    Returns
    -------
    dict
    """
    python = about["versions"]["python"]
    params = {**raw["params"], "python": python}
    return {**raw, "env_name": "existing", "python": python, "params": params, "record": about}


def missing(measurements: Sequence[Measurement]) -> list[str]:
    """Name the jobs and sizes without a time.

    Parameters
    ----------
    measurements : sequence of Measurement

    Returns
    -------
    list of str
    """
    there = {(one.layer, one.job, one.size) for one in measurements if one.is_time}
    return [f"{job.key} {size}" for job in JOBS for size in job.sizes if (job.layer, job.name, size) not in there]


def table(measurements: Sequence[Measurement]) -> str:
    """Set measurements as a table.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of one record.

    Returns
    -------
    str
        A line for each job and size: median and quartiles of its time, peak of the process, bytes allocated.
    """
    by_measure = {(one.layer, one.job, one.size, one.measure): one for one in measurements}
    lines = [
        f"{'layer':11}{'job':15}{'size':10}{'':16}{'median':>10}{'quartiles':>24}{'n':>5}{'peak':>10}{'allocated':>11}"
    ]
    for job in JOBS:
        for size in job.sizes:
            found = {name: by_measure.get((job.layer, job.name, size, name)) for name in set(MEASURES.values())}
            timed = next((one for one in found.values() if one and one.is_time), None)
            peak, allocated = (
                megabytes(one.value) if one else "" for one in (found["peak of the process"], found["allocated"])
            )
            time_part = f"{'':55}"
            if timed:
                spread = f"{seconds(timed.low)} to {seconds(timed.high)}" if timed.n > 1 else ""
                time_part = f"{timed.measure:16}{seconds(timed.value):>10}{spread:>24}{timed.n:>5}"
            if any(found.values()):
                lines.append(f"{job.layer:11}{job.name:15}{size:10}{time_part}{peak:>10}{allocated:>11}")
    return "\n".join(lines)


def run_asv(commit: str, only: Sequence[str]) -> tuple[Path, bool]:
    """Let asv measure, and find the file that it wrote.

    Parameters
    ----------
    commit : str
    only : sequence of str
        Regular expressions of benchmarks; none: all.

    Returns
    -------
    path : Path
    has_failed : bool
        Whether a benchmark failed.

    Raises
    ------
    SystemExit
        If it wrote none.
    """
    # What an earlier run left would be added to: of a tree that has changed since, perhaps.
    for old in RAW.glob(f"*/{commit[:8]}-existing*.json"):
        old.unlink()
    chosen = [part for one in only for part in ("--bench", one)]
    command = ["run", "--python=same", "--set-commit-hash", commit, "--show-stderr", *chosen]
    done = subprocess.run([sys.executable, "-m", "benchmarks.asv.command", *command], cwd=ROOT, check=False)
    written = list(RAW.glob(f"*/{commit[:8]}-existing*.json"))
    if not written:
        raise SystemExit("bench: asv left no results; see above")
    return written[0], done.returncode != 0


def main() -> None:
    """Measure, stamp, keep, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", action="append", default=[], help="regular expression of LAYER.JOB.MEASURE; repeat")
    parser.add_argument("--markdown", type=Path, help=f"page with a place <!-- {MARKER} --> to write into")
    arguments = parser.parse_args()
    pin_threads()
    about, was_dirty, begun = record(), is_dirty(), time.monotonic()
    write_cases()
    path, has_failed = run_asv(about["commit"], arguments.bench)
    document = stamped(json.loads(path.read_text(encoding="utf-8")), about)
    measurements = list(measured(document))
    taken = time.monotonic() - begun
    lacking = [] if arguments.bench else missing(measurements)
    machine, versions = about["machine"], about["versions"]
    text = "\n".join(
        [
            f"{about['commit'][:8]} {about['subject']}",
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}; {about['engine']}; one thread",
            ", ".join(f"{name} {number}" for name, number in versions.items() if number),
            table(measurements),
        ]
    )
    print(f"\n{text}\n")
    print(f"measured in {taken / 60:.1f} minutes")
    if has_failed or lacking:
        raise SystemExit(f"bench: nothing is kept: some failed, see above. No time for: {', '.join(lacking) or 'none'}")
    if arguments.bench:
        print("only a part was measured: nothing is kept")
    elif was_dirty or is_dirty():
        print("the tree differs from the commit that is checked out: nothing is kept; commit first")
    else:
        python = versions["python"].rpartition(".")[0]
        path = HISTORY / machine["name"] / f"{about['commit'][:8]}-python{python}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        if arguments.markdown:
            put_between(arguments.markdown, MARKER, f"```\n{text}\n```")
        print(f"kept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
