"""Hold the commit that is checked out against an earlier one; exit with 1 if anything got worse.

Run with `make bench-compare HEAD~1`. Four gates: results (every thesis on pinned data, to 1e-9), instructions (two
kernels under callgrind, to 2 %: no noise), speed (asv, both commits in turns, each in the environment its own lock
names; 1.3 times, in the median and in the fastest quarter, three times over) and memory (bytes allocated to 10 %, peaks
of processes to 25 %).
"""

import argparse
import sys
from pathlib import Path

from benchmarks.record import ROOT, is_dirty, pin_threads

MARKER = "compare"
MAY_BE_EMPTY = {"instructions"}  # where valgrind is not installed, which the table says
GATES = ("results", "instructions", "speed")


def main() -> None:
    """Run the gates, print what they found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="the earlier commit, such as HEAD~1")
    parser.add_argument("--gates", nargs="+", choices=GATES, default=GATES, help="some of them; speed includes memory")
    parser.add_argument("--markdown", type=Path, help=f"page with a place <!-- {MARKER} --> to write into")
    asked = parser.parse_args()
    pin_threads()
    from benchmarks.gates.instructions import compare_instructions
    from benchmarks.gates.results import compare_results, outcomes_of
    from benchmarks.gates.speed import compare_speed
    from benchmarks.gates.trees import commit_of, lay_out, subject_of
    from benchmarks.gates.verdicts import Verdict, failed, table
    from benchmarks.layers.load import write_cases
    from benchmarks.tables import put_between

    if is_dirty():
        sys.exit(
            "compare: the tree differs from the commit that is checked out, and commits are compared: commit first."
        )
    before, after = commit_of(asked.revision), commit_of("HEAD")
    print(f"before: {subject_of(before)}\nafter:  {subject_of(after)}\n", flush=True)
    place = ROOT / ".asv" / "trees"
    trees = [lay_out(commit, after, place / name) for name, commit in (("before", before), ("after", after))]
    found = []
    if "results" in asked.gates:
        print("results: every thesis at both commits", flush=True)
        found += compare_results(*(outcomes_of(tree, Path(f"{tree}.json")) for tree in trees))
    if "instructions" in asked.gates:
        print("instructions: two kernels of both commits, compiled anew where they changed", flush=True)
        found += compare_instructions(*trees)
    if "speed" in asked.gates:
        print("speed, memory: asv, both commits in turns", flush=True)
        write_cases()
        found += compare_speed(before, after)
    print(f"\n{table(found)}\n")
    if asked.markdown and not failed(found) and len(asked.gates) == len(GATES):
        heads = f"before: {subject_of(before)}\nafter:  {subject_of(after)}"
        put_between(asked.markdown, MARKER, f"```\n{heads}\n{table(found)}\n```")
    worse = failed(found)
    if worse:
        sys.exit(f"compare: {len(worse)} of {len(found)} figures failed: " + "; ".join(one.subject for one in worse))
    skipped = [one for one in found if one.verdict is Verdict.SKIPPED]
    empty = {one.gate for one in skipped} - {one.gate for one in found if one.verdict is not Verdict.SKIPPED}
    if empty - MAY_BE_EMPTY:
        sys.exit(f"compare: the gate of {', '.join(sorted(empty))} has compared nothing: {skipped[0].said}")
    print(f"{len(found) - len(skipped)} figures passed; {len(skipped)} were not compared")


if __name__ == "__main__":
    main()
