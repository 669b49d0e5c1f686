"""The gate of speed and memory: asv runs the jobs of this tree at both commits, in turns, and again what got worse.

One measurement on a shared machine proves little: a neighbour wakes up, and half the figures double. A job fails only
if it is slower by more than is allowed in its median and in its fastest quarter, each time it is measured again side by
side. A slowdown of the code stays; noise does not.
"""

import json
import math
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from benchmarks.gates.verdicts import Finding, Verdict, judged
from benchmarks.layers.job import Kind
from benchmarks.layers.jobs import JOBS
from benchmarks.measurements import MEASURES, TIMES, Measurement, measured, megabytes, seconds
from benchmarks.record import ROOT

RAW = ROOT / ".asv" / "results"
ALLOWED = {"allocated": 1.10, "peak of the process": 1.25}
ALLOWED_TIME = 1.30
LEAST_BYTES = 2**16  # a difference of fewer is Python's own
MEASURED_AT_MOST = 3  # times, side by side

Key = tuple[str, str, str, str]


def gated() -> list[Key]:
    """Give the figures of the gate: times and bytes allocated at one size, peaks at the largest.

    Returns
    -------
    list of tuple
        Layer, job, size, measure. Not the cold run: it takes half a minute a commit, and one sample proves nothing.
    """
    found: list[Key] = []
    for job in JOBS:
        for name, sizes in job.measures.items() if job.kind is not Kind.COLD else ():
            size = job.gate_size if job.gate_size in sizes else sizes[-1]
            found.append((job.layer, job.name, size, MEASURES[name]))
    return found


def measure(before: str, after: str, chosen: Collection[Key]) -> tuple[dict[Key, Measurement], dict[Key, Measurement]]:
    """Let asv measure two commits in turns, each with the libraries that its own lock names.

    Parameters
    ----------
    before, after : str
        Hashes.
    chosen : collection of tuple
        Figures, as `gated` gives them.

    Returns
    -------
    dict of tuple to Measurement, twice
        What could be measured, by figure.

    Raises
    ------
    SystemExit
        If asv leaves no results of a commit.
    """
    for commit in (before, after):
        for old in RAW.glob(f"*/{commit[:8]}-virtualenv*.json"):
            old.unlink()
    command = ["continuous", before, after, "--interleave-rounds", "--show-stderr", "--no-only-changed"]
    command += [part for one in chosen for part in ("--bench", pattern_of(*one))]
    subprocess.run([sys.executable, "-m", "benchmarks.asv.command", *command], cwd=ROOT, check=False)
    return _results_of(before), _results_of(after)


def compare_speed(before: str, after: str) -> list[Finding]:
    """Measure, judge, and measure again what got worse.

    Parameters
    ----------
    before, after : str
        Hashes.

    Returns
    -------
    list of Finding
    """
    found: dict[Key, Finding] = {}
    chosen = gated()
    for n in range(1, MEASURED_AT_MOST + 1):
        again = judge(*measure(before, after, chosen), chosen, n)
        # What was found stands where it could not be measured again.
        found |= {key: one for key, one in again.items() if key not in found or one.verdict is not Verdict.SKIPPED}
        chosen = [key for key, one in found.items() if one.verdict is Verdict.FAILED]
        if not chosen:
            break
    return list(found.values())


def judge(
    before: Mapping[Key, Measurement], after: Mapping[Key, Measurement], wanted: Collection[Key], n: int = 1
) -> dict[Key, Finding]:
    """Judge the measurements of two commits.

    Parameters
    ----------
    before, after : mapping of tuple to Measurement
    wanted : collection of tuple
        Figures that there should be.
    n : int
        How often it was measured, for the words.

    Returns
    -------
    dict of tuple to Finding
        A figure that the later commit does not give fails; one that only the earlier does not give is not compared.
    """
    found = {}
    for key in wanted:
        layer, job, size, measured_as = key
        earlier, later = before.get(key), after.get(key)
        ratio, allowed = math.nan, ALLOWED.get(measured_as, ALLOWED_TIME)
        if later is None:
            verdict, said = Verdict.FAILED, "no figure of the later commit: see above what asv says of it"
        elif earlier is None:
            verdict, said = Verdict.SKIPPED, "no figure of the earlier commit"
        else:
            ratio = ratio_of(earlier, later)
            verdict, said = judged(ratio, allowed), f"measured {n} times" if n > 1 else ""
            if not later.is_time and abs(later.value - earlier.value) < LEAST_BYTES:
                verdict = Verdict.PASSED
        found[key] = Finding(
            gate="speed" if measured_as in TIMES else "memory",
            subject=f"{layer}.{job} {size}, {measured_as}",
            before=_written(earlier),
            after=_written(later),
            ratio=ratio,
            allowed=allowed,
            verdict=verdict,
            said=said,
        )
    return found


def ratio_of(earlier: Measurement, later: Measurement) -> float:
    """Give the ratio of two figures; of times the milder of two, as where samples are noisy one of them wanders.

    Parameters
    ----------
    earlier, later : Measurement

    Returns
    -------
    float
        Later over earlier: of medians, or of the fastest quarters if these differ less; 1 if they disagree.
    """
    if not earlier.value:
        return math.inf if later.value else 1.0
    ratio = later.value / earlier.value
    if not later.is_time or min(later.n, earlier.n) < 2 or not earlier.low > 0.0:
        return ratio
    both = (ratio, later.low / earlier.low)
    return min(both) if min(both) > 1.0 else min(1.0, max(both))


def pattern_of(layer: str, job: str, size: str, measured_as: str) -> str:
    """Give asv's name of one figure, as a regular expression.

    Parameters
    ----------
    layer, job, size, measured_as : str

    Returns
    -------
    str
    """
    names = "|".join(name for name, said in MEASURES.items() if said == measured_as)
    return rf"^{layer}\.{job}\.({names})\('{size}'\)$"


def _results_of(commit: str) -> dict[Key, Measurement]:
    written = list(RAW.glob(f"*/{commit[:8]}-virtualenv*.json"))
    if not written:
        raise SystemExit(f"compare: asv left no results of {commit[:8]}; see above")
    document: dict[str, Any] = json.loads(Path(written[0]).read_text(encoding="utf-8"))
    return {one.line: one for one in measured(document)}


def _written(one: Measurement | None) -> str:
    if one is None:
        return ""
    return seconds(one.value) if one.is_time else megabytes(one.value)
