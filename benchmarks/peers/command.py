"""Run the jobs, print them, keep them, and fail where parity is lost.

Run with `make bench-peers`, which makes an environment of its own for it, .venv-peers: some of the engines are GPL or
AGPL and are no dependency of Eastbound. An answer is held against ours before anything is timed: an engine whose answer
differs by more than the job's tolerance has no figure, and the command then exits with 1. Engines of a job are timed in
turns, warm, with one thread each; ours as a user calls it, its preparation included.
"""

import argparse
import json
import platform
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.machine import machine
from benchmarks.peers.catalogue import all_jobs
from benchmarks.peers.comparing import Compared, compare
from benchmarks.peers.jobs import Job
from benchmarks.peers.table import as_markdown, as_record, as_text
from benchmarks.tables import put_between

REPEATS, SECONDS = 21, 5.0
MARKER = "peers"
THREADS = 1


def main(arguments: Sequence[str] | None = None, jobs: Sequence[Job] | None = None) -> None:
    """Compare, print, write.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.
    jobs : sequence of Job, optional
        By default all.

    Raises
    ------
    SystemExit
        If an engine lost parity; says which and by how much.
    """
    jobs = all_jobs() if jobs is None else jobs
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="JOB", choices=[job.key for job in jobs], help="jobs to run")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each engine; slow ones get fewer repeats")
    parser.add_argument(
        "--markdown", type=Path, help=f"page with <!-- {MARKER} --> and <!-- /{MARKER} --> to write into"
    )
    parser.add_argument("--json", type=Path, help="record to write")
    asked = parser.parse_args(arguments)

    where = f"{machine()}; {THREADS} thread each, medians of up to {asked.repeats} in turns"
    print(where)
    found: list[Compared] = []
    with threadpool_limits(THREADS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other engines warn of pandas to come; ours does not warn
        for job in jobs:
            if asked.only and job.key not in asked.only:
                continue
            found.append(compare(job, repeats=asked.repeats, seconds=asked.seconds))
            print(f"\n{as_text(found[-1])}", flush=True)
    if asked.markdown:
        put_between(asked.markdown, MARKER, as_markdown(found, where))
    if asked.json:
        asked.json.write_text(json.dumps(_record(found), indent=2) + "\n", encoding="utf-8")
    lost = [f"{one.job.key}: {row.entry.name} ({row.entry.engine}) {row.remark}" for one in found for row in one.lost]
    if lost:
        print("\nparity is lost:", *lost, sep="\n  ", file=sys.stderr)
        raise SystemExit(1)


def _record(found: Sequence[Compared]) -> dict[str, Any]:
    packages = {row.entry.package for one in found for row in one.rows if row.version}
    versions = {name: version(name) for name in sorted({"numba", "numpy", *packages})}
    return {
        "machine": machine(), "python": platform.python_version(), "threads": THREADS, "versions": versions,
        "jobs": as_record(found),
    }  # fmt: skip
