"""The gate without noise: instructions that two kernels execute."""

from pathlib import Path

from benchmarks.gates.verdicts import Finding, Verdict, judged
from benchmarks.machine_code.instructions import GATED, count_tree, missing_tools

GATE = "instructions"
ALLOWED = 1.02


def compare_instructions(before: Path, after: Path) -> list[Finding]:
    """Count the kernels of two trees.

    Parameters
    ----------
    before, after : Path
        As `benchmarks.gates.trees.lay_out` writes them.

    Returns
    -------
    list of Finding
        Not compared where a tool is missing, which is said.
    """
    if missing := missing_tools():
        return [Finding(gate=GATE, subject="all", before="", after="", verdict=Verdict.SKIPPED, said=missing)]
    found = []
    for job in GATED:
        try:
            earlier = count_tree(before, (job,))[job].instructions
        except SystemExit as error:
            found.append(Finding(gate=GATE, subject=job, before="", after="", verdict=Verdict.SKIPPED, said=str(error)))
            continue
        later = count_tree(after, (job,))[job].instructions
        ratio = later / earlier
        found.append(
            Finding(
                gate=GATE,
                subject=f"{job}, a call",
                before=f"{earlier / 1e6:,.2f} M",
                after=f"{later / 1e6:,.2f} M",
                ratio=ratio,
                allowed=ALLOWED,
                verdict=judged(ratio, ALLOWED),
            )
        )
    return found
