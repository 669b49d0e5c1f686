"""Gates find what is planted, and let noise pass."""

import itertools
import re
import shutil
import subprocess
import sys

import pytest

from benchmarks.gates import compare, speed, trees
from benchmarks.gates.instructions import ALLOWED
from benchmarks.gates.planted import FAULTS, plant, unfound
from benchmarks.gates.speed import MEASURED_AT_MOST, compare_speed, gated, judge, pattern_of
from benchmarks.gates.verdicts import Finding, Verdict, failed, judged, table
from benchmarks.layers.job import Kind
from benchmarks.layers.jobs import JOBS
from benchmarks.measurements import MEASURES, TIMES, Measurement
from benchmarks.record import ROOT

needs_history = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="commits are compared in a clone, with git"
)
GENERAL = ("ledger", "general", "1500x40", "warm")
HELP = ("start", "help", "demo", "fresh process")
ALLOCATED = ("sweep", "headline", "1500x40", "allocated")
PEAK = ("load", "parquet", "6300x500", "peak of the process")


def figure(key, value, low=None, n=10):
    layer, job, size, measure = key
    low = value * 0.95 if low is None else low
    return Measurement(
        layer=layer, job=job, size=size, measure=measure, value=value, low=low, high=value * 1.1, n=n, record={}
    )


def sides(key, before, after, **later):
    return {key: figure(key, before)}, {key: figure(key, after, **later)}


@pytest.mark.parametrize(
    ("key", "before", "after", "verdict"),
    [
        (GENERAL, 0.002, 0.004, Verdict.FAILED),  # a kernel that takes twice as long
        (HELP, 0.2, 0.7, Verdict.FAILED),  # an import more: half a second
        (ALLOCATED, 40e6, 80e6, Verdict.FAILED),  # memory doubled
        (PEAK, 700e6, 1400e6, Verdict.FAILED),
        (ALLOCATED, 40e6, 45e6, Verdict.FAILED),  # bytes are counted: an eighth more is no noise
        (PEAK, 700e6, 800e6, Verdict.PASSED),
        (GENERAL, 0.002, 0.0025, Verdict.PASSED),
        (GENERAL, 0.004, 0.002, Verdict.BETTER),
    ],
)
def test_what_is_planted_fails(key, before, after, verdict):
    (found,) = judge(*sides(key, before, after), [key]).values()
    assert found.verdict is verdict
    assert found.ratio == pytest.approx(after / before)
    assert found.gate == ("speed" if key in (GENERAL, HELP) else "memory")


def test_a_median_alone_may_wander():
    # Half of the samples met a neighbour: the fastest quarter did not.
    (found,) = judge(*sides(GENERAL, 0.002, 0.004, low=0.0019), [GENERAL]).values()
    assert found.verdict is Verdict.PASSED


def test_a_figure_that_disagrees_with_itself_passes():
    (found,) = judge(*sides(GENERAL, 0.002, 0.0029, low=0.0009), [GENERAL]).values()
    assert (found.verdict, found.ratio) == (Verdict.PASSED, 1.0)


def test_a_few_bytes_more_are_no_memory():
    small = ("ledger", "sleeves_64", "6300x500", "allocated")
    (found,) = judge(*sides(small, 32_000.0, 40_000.0), [small]).values()
    assert found.verdict is Verdict.PASSED


def test_bytes_from_none_fail():
    (found,) = judge(*sides(ALLOCATED, 0.0, 1e6), [ALLOCATED]).values()
    assert found.verdict is Verdict.FAILED


def test_a_job_that_is_lost_fails_and_a_new_one_is_not_compared():
    before, after = sides(GENERAL, 0.002, 0.002)
    assert judge(before, {}, [GENERAL])[GENERAL].verdict is Verdict.FAILED
    assert judge({}, after, [GENERAL])[GENERAL].verdict is Verdict.SKIPPED
    assert judge({}, {}, [GENERAL])[GENERAL].verdict is Verdict.FAILED


def measuring(monkeypatch, *ratios):
    """Let the later commit take so many times as long, measurement by measurement; None: the earlier one fails."""
    asked, taken = [], itertools.chain(ratios, itertools.repeat(ratios[-1]))

    def measure(_before, _after, chosen):
        asked.append(list(chosen))
        ratio = next(taken)
        before, after = sides(GENERAL, 0.002, 0.002 * (ratio or 1.0))
        return ({} if ratio is None else before), after

    monkeypatch.setattr(speed, "measure", measure)
    monkeypatch.setattr(speed, "gated", lambda: [GENERAL])
    return asked


def test_noise_is_measured_again_and_passes(monkeypatch):
    asked = measuring(monkeypatch, 3.0, 1.8, 1.05)
    (found,) = compare_speed("a", "b")
    assert found.verdict is Verdict.PASSED
    assert asked == [[GENERAL]] * 3


def test_a_slowdown_fails_every_time_it_is_measured(monkeypatch):
    asked = measuring(monkeypatch, 2.0)
    (found,) = failed(compare_speed("a", "b"))
    assert found.said == f"measured {MEASURED_AT_MOST} times"
    assert len(asked) == MEASURED_AT_MOST


def test_a_slowdown_stays_found_where_it_cannot_be_measured_again(monkeypatch):
    measuring(monkeypatch, 2.0, None)
    assert len(failed(compare_speed("a", "b"))) == 1


def test_an_unchanged_tree_is_measured_once(monkeypatch):
    asked = measuring(monkeypatch, 1.02)
    assert failed(compare_speed("a", "b")) == []
    assert asked == [[GENERAL]]


def test_every_job_has_its_figures_in_the_gate_by_the_names_that_asv_knows():
    from benchmarks.asv.suite import faces

    known = {
        f"{face.key}.{measure}('{size}')"
        for face in vars(faces).values()
        if isinstance(face, type) and issubclass(face, faces.Face) and face is not faces.Face
        for measure in vars(face)
        if measure in MEASURES
        for size in face.params[0]
    }
    found = {key: [name for name in known if re.search(pattern_of(*key), name)] for key in gated()}
    assert {len(names) for names in found.values()} == {1}
    for job in JOBS:
        timed = [key for key in found if key[:2] == (job.layer, job.name) and key[3] in TIMES]
        assert len(timed) == (job.kind is not Kind.COLD), job.key
    assert {key[3] for key in found} == {*MEASURES.values()} - {"cold, compiling"}


def test_instructions_are_held_closely():
    assert judged(2.0, ALLOWED) is Verdict.FAILED
    assert judged(1.03, ALLOWED) is Verdict.FAILED
    assert judged(1.0, ALLOWED) is Verdict.PASSED


def test_the_table_shows_what_failed():
    found = Finding(
        gate="speed", subject="ledger.general", before="2.00 ms", after="4.00 ms", ratio=2.0, allowed=1.3,
        verdict=Verdict.FAILED, said="measured 3 times",
    )  # fmt: skip
    heading, line = table([found]).splitlines()
    assert heading.split() == ["gate", "figure", "before", "after", "ratio", "allowed", "verdict"]
    assert line.endswith("2.000    1.300  FAILED: measured 3 times")


@needs_history
def test_a_tree_holds_the_packages_of_one_commit_and_the_benchmarks_of_another(tmp_path):
    commit = trees.commit_of("HEAD")
    tree = trees.lay_out(commit, commit, tmp_path / "tree")
    assert {path.name for path in tree.iterdir()} == {*trees.PACKAGES, *trees.MEASURING}
    done = trees.run_in(tree, "benchmarks.outcomes", ["--help"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "--accept" in done.stdout


@needs_history
def test_a_revision_that_is_none_is_said(monkeypatch):
    monkeypatch.setattr(compare, "is_dirty", lambda: False)
    monkeypatch.setattr(sys, "argv", ["compare", "no-such-branch"])
    with pytest.raises(SystemExit, match="'no-such-branch' is no commit of this repository"):
        compare.main()


def test_a_tree_with_changes_is_not_compared(monkeypatch):
    monkeypatch.setattr(compare, "is_dirty", lambda: True)
    monkeypatch.setattr(sys, "argv", ["compare", "HEAD"])
    with pytest.raises(SystemExit, match="commit first"):
        compare.main()


def test_make_takes_the_revision_as_a_word():
    done = subprocess.run(["make", "-n", "bench-compare", "HEAD~3"], capture_output=True, text=True, check=True)
    assert "benchmarks.gates.compare HEAD~3" in done.stdout
    done = subprocess.run(["make", "-n", "bench-compare"], capture_output=True, text=True, check=True)
    assert "benchmarks.gates.compare HEAD~1" in done.stdout


def test_every_fault_can_be_planted_and_is_looked_for(tmp_path):
    for fault in FAULTS:
        place = tmp_path / fault.path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / fault.path, place)
    plant(tmp_path)
    for fault in FAULTS:
        text = (tmp_path / fault.path).read_text(encoding="utf-8")
        assert fault.new in text
        if fault.path.endswith(".py"):
            compile(text, fault.path, "exec")
    with pytest.raises(SystemExit, match="plant 'a kernel nearly twice as slow: names are marked six times' another"):
        plant(tmp_path)


def test_a_fault_that_no_gate_finds_is_named():
    line = {
        wanted: Finding(
            gate=wanted.split()[0],
            subject=wanted.partition(" ")[2],
            before="1",
            after="2",
            ratio=2.0,
            allowed=1.3,
            verdict=Verdict.FAILED,
        )
        for fault in FAULTS
        for wanted in fault.found_by
    }
    assert unfound(FAULTS, table(list(line.values()))) == []
    passing = dict(line)
    del passing["memory report.page"]
    assert unfound(FAULTS, table(list(passing.values()))) == [
        "the report holds 160 MB more: nothing of 'memory report.page' failed"
    ]
