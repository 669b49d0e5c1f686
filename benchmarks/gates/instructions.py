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
        counts: list[float] = []
        for commit, tree in (("earlier", before), ("later", after)):
            try:
                counts.append(count_tree(tree, (job,))[job].instructions)
            except SystemExit as error:
                # A kernel that the earlier commit did not have is no fault of the later one.
                verdict = Verdict.SKIPPED if commit == "earlier" else Verdict.FAILED
                said = f"the {commit} commit cannot be counted: {error}"
                found.append(Finding(gate=GATE, subject=job, before="", after="", verdict=verdict, said=said))
                break
        else:
            ratio = counts[1] / counts[0]
            found.append(
                Finding(
                    gate=GATE,
                    subject=f"{job}, a call",
                    before=f"{counts[0] / 1e6:,.2f} M",
                    after=f"{counts[1] / 1e6:,.2f} M",
                    ratio=ratio,
                    allowed=ALLOWED,
                    verdict=judged(ratio, ALLOWED),
                )
            )
    return found
