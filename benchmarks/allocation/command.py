"""Run the jobs, print them, write the table, and fail where parity is lost.

Run with `make bench-allocation`, in the environment that `make bench-peers` makes: some of
the engines are GPL and are no dependency of Eastbound. Weights are held against a tight reference before anything is
timed; an engine whose weights lie further away than its tolerance has no figure, and the command exits with 1.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.allocation.comparing import Compared, compare
from benchmarks.allocation.engines import ENGINES
from benchmarks.allocation.jobs import JOBS
from benchmarks.allocation.steps import N_STEPS, NAMES
from benchmarks.allocation.table import as_markdown, as_text
from benchmarks.allocation.worker import Worker
from benchmarks.machine import machine
from benchmarks.tables import put_between

TURNS, SECONDS = 15, 2.0
MARKER = "allocation"
PACKAGES = ("cvxpy", "clarabel", "piqp", "highspy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, print, write.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.

    Raises
    ------
    SystemExit
        If an engine lost parity or failed; says which.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="JOB", choices=[job.key for job in JOBS], help="jobs to run")
    parser.add_argument("--names", nargs="+", type=int, choices=NAMES, default=NAMES)
    parser.add_argument("--engines", nargs="+", metavar="ENGINE", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="of each engine, job and size; slow ones: fewer steps"
    )
    parser.add_argument(
        "--markdown", type=Path, help=f"page with <!-- {MARKER} --> and <!-- /{MARKER} --> to write into"
    )
    asked = parser.parse_args(arguments)

    where = f"{machine(*PACKAGES)}; runs of {N_STEPS} steps, {asked.turns} turns"
    print(where)
    workers = {key: Worker(key) for key in asked.engines}
    found: list[Compared] = []
    for job in JOBS:
        for n in asked.names if not asked.only or job.key in asked.only else ():
            found.append(compare(job, n, workers, turns=asked.turns, seconds=asked.seconds))
            print(f"\n{as_text(found[-1])}", flush=True)
    for worker in workers.values():
        worker.end()
    lost = [
        f"{one.job.key} at {one.n}: {row.engine.name}: {row.remark}"
        for one in found
        for row in one.rows
        if row.state in ("lost", "failed")
    ]
    if asked.markdown:
        put_between(asked.markdown, MARKER, as_markdown(found, where))
    if lost:
        print("\nparity is lost:", *lost, sep="\n  ", file=sys.stderr)
        raise SystemExit(1)
