"""The gate of speed and memory: asv runs the jobs of this tree at both commits, in turns, and again what got worse.

One measurement on a shared machine proves little: a neighbour wakes up, and half the figures double. A job fails only
if it is slower by more than is allowed in its median and in its fastest quarter, each time it is measured again side by
side. A slowdown of the code stays; noise does not.
"""

import json
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from benchmarks.gates.verdicts import Finding, Verdict, judged
from benchmarks.layers.job import Kind
from benchmarks.layers.jobs import JOBS
from benchmarks.measurements import Measurement, measured, megabytes, seconds
from benchmarks.record import ROOT

RAW = ROOT / ".asv" / "results"
GATE_SIZE = "1500x40"  # the size of times, where a job has it; else its smallest
ALLOWED = {"allocated": 1.10, "peak of the process": 1.25}
ALLOWED_TIME = 1.30
MEASURED_AT_MOST = 3  # times, side by side

Key = tuple[str, str, str, str]


def gated() -> list[str]:
    """Give the benchmarks of the gate, as regular expressions for asv: times at one size, all figures of memory.

    Not the cold run: it takes half a minute a commit, and one sample of it proves nothing.

    Returns
    -------
    list of str
    """
    sizes = {
        job.key: GATE_SIZE if GATE_SIZE in job.sizes else job.sizes[0] for job in JOBS if job.kind is not Kind.COLD
    }
    times = [rf"^{re.escape(key)}\.time_\w+\('{size}'\)$" for key, size in sizes.items()]
    return [*times, r"\.(peakmem_process|track_peak|track_allocated)\("]


def measure(before: str, after: str, chosen: Collection[str]) -> tuple[dict[Key, Measurement], dict[Key, Measurement]]:
    """Let asv measure two commits in turns, each with the libraries that its own lock names.

    Parameters
    ----------
    before, after : str
        Hashes.
    chosen : collection of str
        Regular expressions of benchmarks.

    Returns
    -------
    dict of tuple to Measurement, twice
        By layer, job, size and measure.

    Raises
    ------
    SystemExit
        If asv leaves no results of a commit.
    """
    for commit in (before, after):
        for old in RAW.glob(f"*/{commit[:8]}-virtualenv*.json"):
            old.unlink()
    command = ["continuous", before, after, "--interleave-rounds", "--show-stderr", "--no-only-changed"]
    command += [part for one in chosen for part in ("--bench", one)]
    subprocess.run([sys.executable, "-m", "benchmarks.asv_command", *command], cwd=ROOT, check=False)
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
    chosen: list[str] = gated()
    for n in range(1, MEASURED_AT_MOST + 1):
        found |= judge(*measure(before, after, chosen), n)
        suspects = {key for key, one in found.items() if one.verdict is Verdict.FAILED}
        if not suspects:
            break
        chosen = [pattern_of(*key) for key in sorted(suspects)]
    return list(found.values())


def judge(before: Mapping[Key, Measurement], after: Mapping[Key, Measurement], n: int = 1) -> dict[Key, Finding]:
    """Judge the measurements of two commits.

    Parameters
    ----------
    before, after : mapping of tuple to Measurement
    n : int
        How often it was measured, for the words.

    Returns
    -------
    dict of tuple to Finding
        A job that the earlier commit could not do is not compared; one that only the later one cannot do fails.
    """
    found = {}
    for key in dict.fromkeys((*before, *after)):
        earlier, later = before.get(key), after.get(key)
        ratio, allowed, verdict, said = float("nan"), float("nan"), Verdict.SKIPPED, "the earlier commit cannot do it"
        if later is None:
            verdict, said = Verdict.FAILED, "the later commit cannot do it"
        elif earlier is not None:
            allowed = ALLOWED_TIME if later.is_time else ALLOWED[later.measure]
            # The milder of two ratios: where samples are few or noisy, one of them wanders.
            ratio = later.value / earlier.value
            if later.is_time and later.n > 1:
                ratio = min(ratio, later.low / earlier.low, key=lambda one: abs(one - 1.0))
            verdict, said = judged(ratio, allowed), f"measured {n} times" if n > 1 else ""
        layer, job, size, measure = key
        found[key] = Finding(
            gate="speed" if measure in ("warm", "fresh process", "cold, compiling") else "memory",
            subject=f"{layer}.{job} {size}, {measure}",
            before=_written(earlier),
            after=_written(later),
            ratio=ratio,
            allowed=allowed,
            verdict=verdict,
            said=said,
        )
    return found


def pattern_of(layer: str, job: str, size: str, measure: str) -> str:
    """Give asv's name of one figure, as a regular expression.

    Parameters
    ----------
    layer, job, size, measure : str

    Returns
    -------
    str
    """
    from benchmarks.measurements import MEASURES

    names = "|".join(name for name, said in MEASURES.items() if said == measure)
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
