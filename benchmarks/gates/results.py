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
KEY, _, WRITTEN = next(one for one in SHOWN if one[0] == "nav_end")


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
    earlier = before["outcomes"] if isinstance(before, Mapping) else {}
    unclaimed = changes(accepted, after)
    found = []
    for name in dict.fromkeys((*accepted["outcomes"], *earlier, *after["outcomes"])):
        mine = [line for line in unclaimed if line.startswith((f"{name}.", f"{name}:"))]
        unclaimed = [line for line in unclaimed if line not in mine]
        was, now = earlier.get(name), after["outcomes"].get(name)
        if mine:
            said = f"{mine[0].removeprefix(f'{name}.')} and {len(mine) - 1} more, not accepted"
            verdict = Verdict.FAILED
        elif was is None:
            verdict, said = Verdict.SKIPPED, before if isinstance(before, str) else "new; accepted"
        else:
            differing = changes(_only(name, was), _only(name, now or {}))
            verdict = Verdict.PASSED
            said = f"{len(differing)} measures differ, accepted: {accepted['reasons'][-1]}" if differing else "the same"
        found.append(
            Finding(
                gate=GATE,
                subject=name,
                before=_shown(was),
                after=_shown(now),
                verdict=verdict,
                said=said,
                ratio=now[KEY] / was[KEY] if was and now and was[KEY] else math.nan,
            )
        )
    found += [
        Finding(gate=GATE, subject="data", before="", after="", verdict=Verdict.FAILED, said=one) for one in unclaimed
    ]
    return found


def _shown(measures: Mapping[str, Any] | None) -> str:
    return "" if measures is None else WRITTEN.format(measures[KEY])


def _only(name: str, measures: Mapping[str, Any]) -> dict[str, Any]:
    return {"data": "", "outcomes": {name: measures}}
