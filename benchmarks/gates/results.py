"""The gate of results: what every thesis earns, at two commits and as it was accepted."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.gates.trees import run_in
from benchmarks.gates.verdicts import Finding, Verdict
from benchmarks.outcomes import ACCEPTED, SHOWN, changes

GATE = "results"


def outcomes_of(tree: Path, kept: Path) -> Mapping[str, Any] | str:
    """Run every thesis in a tree.

    Parameters
    ----------
    tree : Path
    kept : Path
        File to write.

    Returns
    -------
    mapping or str
        As `benchmarks.outcomes.document`; what went wrong where it could not be run.
    """
    done = run_in(tree, "benchmarks.outcomes", ["--json", str(kept)])
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        return lines[-1] if lines else f"ended with {done.returncode}"
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def compare_results(before: Mapping[str, Any] | str, after: Mapping[str, Any] | str) -> list[Finding]:
    """Hold outcomes of two commits against each other, and those of the later one against what was accepted.

    Parameters
    ----------
    before, after : mapping or str
        As `outcomes_of` gives them.

    Returns
    -------
    list of Finding
        One a thesis and settings. Whatever differs fails, unless it is what `outcomes.json` has accepted with a reason.
    """
    if isinstance(after, str):
        return [Finding(gate=GATE, subject="all", before="", after="", verdict=Verdict.FAILED, said=after)]
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    unaccepted = changes(accepted, after)
    found = []
    for name, measures in after["outcomes"].items():
        earlier = before["outcomes"].get(name) if isinstance(before, Mapping) else None
        key, _, written = SHOWN[-2]
        differing = [] if earlier is None else changes(_only(name, earlier), _only(name, measures))
        mine = [line for line in unaccepted if line.startswith(name)]
        if mine:
            verdict, said = Verdict.FAILED, f"{mine[0].removeprefix(f'{name}.')} and {len(mine) - 1} more, not accepted"
        elif earlier is None:
            verdict, said = Verdict.SKIPPED, before if isinstance(before, str) else "new; accepted"
        else:
            verdict = Verdict.PASSED
            said = f"{len(differing)} measures differ, accepted: {accepted['reasons'][-1]}" if differing else "the same"
        found.append(
            Finding(
                gate=GATE,
                subject=name,
                before="" if earlier is None else written.format(earlier[key]),
                after=written.format(measures[key]),
                ratio=math.nan if earlier is None else measures[key] / earlier[key],
                verdict=verdict,
                said=said,
            )
        )
    if any(line.startswith("data") for line in unaccepted):
        said = "the demo market is another one than the accepted outcomes were run on"
        found.append(Finding(gate=GATE, subject="data", before="", after="", verdict=Verdict.FAILED, said=said))
    return found


def _only(name: str, measures: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": "", "outcomes": {name: measures}}
