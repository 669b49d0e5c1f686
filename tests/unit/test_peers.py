"""The comparison with other engines, without them: parity before timing, the table, what stops the command."""

import doctest
import json
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from benchmarks import tables
from benchmarks.peers import catalogue, comparing, jobs, table
from benchmarks.peers.command import main
from benchmarks.peers.comparing import compare, time_in_turns
from benchmarks.peers.in_bt import by_its_rule
from benchmarks.peers.in_scripts import numpy_by_day, numpy_by_stretch
from benchmarks.peers.jobs import Entry, Job, Ready, absolute_gap, relative_gap
from benchmarks.peers.rotation import CAPITAL
from benchmarks.peers.table import as_markdown, as_record, as_text
from benchmarks.tables import put_between


def entry(name, answer=(1.0, 2.0), **others):
    return Entry(name=name, make=lambda: Ready(run=lambda: np.array(answer), answer=lambda found: found), **others)


def job(*peers, tolerance=1e-9, **others):
    return Job(
        key="job", title="A job", size="2 numbers", compared="both", tolerance=tolerance, ours=entry("eastbound"),
        peers=peers, **others,
    )  # fmt: skip


def run(one, **others):
    return compare(one, **{"repeats": 3, "seconds": 0.01} | others)


@pytest.mark.parametrize("module", [jobs, comparing, table, tables])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


# ------------------------------------------------------------------------------------------ the jobs there are


def test_every_job_is_named_once_and_every_row_says_what_it_is():
    every = catalogue.all_jobs()
    keys = [one.key for one in every]
    assert keys == [
        "rebalance", "rebalance-costs", "one-name", "sweep", "signal", "zscore", "measures", "load-wide-csv",
        "load-long-parquet", "load-long-csv",
    ]  # fmt: skip
    for one in every:
        rows = [(row.name, row.engine) for row in one.entries]
        assert len(set(rows)) == len(rows), one.key
        for row in one.entries:
            assert row.engine
            assert row.make is not None or row.why  # left out with the reason
            assert row.tolerance is None or row.why  # its own tolerance with the reason
            assert (row in one.peers) == bool(row.package)
            assert not row.package or row.package in table.LICENCES


def test_every_peer_that_was_asked_for_has_a_row():
    packages = {row.package for one in catalogue.all_jobs() for row in one.peers}
    assert packages == set(table.LICENCES)


# ------------------------------------------------------------------------------------------ their environment

ROOT = Path(__file__).parents[2]


def locked(path):
    """Lines that name a package: it may have one for each Python."""
    lines = (ROOT / path / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line[:1].isalnum()}


def names(path):
    return {line.partition("==")[0] for line in locked(path)}


def test_peers_have_the_versions_that_eastbound_has():
    assert len(locked(".")) > 100
    assert locked(".") <= locked("benchmarks/peers")


def test_engines_under_gpl_and_agpl_are_no_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    for package in ("backtesting", "cvxportfolio"):
        assert package in names("benchmarks/peers")
        assert package not in names(".")
        assert not any(one.startswith(package) for one in asked)


def test_lock_of_peers_has_hashes_and_no_address():
    text = (ROOT / "benchmarks/peers/requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert len(locked("benchmarks/peers")) <= text.count("--hash=sha256:")


# ------------------------------------------------------------------------------------------ parity


def test_gap_is_the_largest_difference():
    ours = np.array([100.0, -50.0, np.nan])
    assert relative_gap(np.array([100.0, -51.0, np.nan]), ours) == pytest.approx(0.02, rel=1e-12)
    assert absolute_gap(np.array([100.5, -51.0, np.nan]), ours) == 1.0


@pytest.mark.parametrize("gap", [relative_gap, absolute_gap])
def test_gap_is_infinite_where_nothing_can_be_compared(gap):
    known, unknown = np.array([1.0, 2.0]), np.array([np.nan, np.nan])
    assert gap(known, np.array([1.0, np.nan])) == np.inf
    assert gap(unknown, unknown) == np.inf
    assert gap(known[:1], known) == np.inf


def test_a_peer_that_agrees_is_timed():
    found = run(job(entry("peer", (1.0, 2.0 * (1 + 1e-12)))))
    ours, peer = found.rows
    assert (ours.state, peer.state) == ("timed", "timed")
    assert (ours.gap, peer.gap) == (None, pytest.approx(1e-12, rel=1e-3))
    assert found.ratio(ours) == 1.0
    assert found.ratio(peer) == peer.median / ours.median > 0


def test_a_peer_that_differs_is_never_timed():
    calls = []

    def wrong():
        calls.append(1)
        return np.array([1.0, 2.002])

    planted = Entry(name="wrong", make=lambda: Ready(run=wrong, answer=lambda found: found))
    found = run(job(planted, entry("right")))
    assert [row.state for row in found.rows] == ["timed", "lost", "timed"]
    assert found.lost[0].remark == "differs by 1.0e-03, more than 1e-09"
    assert len(calls) == 1


def test_a_tolerance_of_its_own_is_the_one_that_counts():
    loose = entry("loose", (1.0, 2.002), tolerance=1e-2, why="whole units")
    assert [row.state for row in run(job(loose)).rows] == ["timed", "timed"]


def test_a_peer_that_raises_has_lost_and_says_how():
    def broken():
        raise RuntimeError("no such engine")

    found = run(job(Entry(name="broken", make=broken)))
    assert found.lost[0].remark == "RuntimeError: no such engine"


def test_a_row_that_compares_nothing_has_lost():
    found = run(job(Entry(name="silent", make=lambda: Ready(run=lambda: None))))
    assert "nothing can be compared" in found.lost[0].remark


def test_a_peer_that_is_not_there_has_a_row():
    absent = entry("absent", package="no-such-distribution-at-all")
    left_out = Entry(name="single", make=None, why="holds one asset at a time")
    found = run(job(absent, left_out))
    assert [row.state for row in found.rows] == ["timed", "not installed", "left out"]
    assert not found.lost
    text = as_text(found)
    assert "not installed" in text
    assert "holds one asset at a time" in text


# ------------------------------------------------------------------------------------------ timing


class Clock:
    """A clock that moves by what is run; a tenth of it counts as processor time."""

    now = 0.0

    def perf_counter(self):
        return self.now

    def process_time(self):
        return self.now / 10

    def taking(self, seconds, note=lambda: None):
        def once():
            self.now += seconds
            note()

        return Ready(run=once)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(comparing, "time", made)
    return made


def test_engines_take_turns_and_slow_ones_take_fewer(clock):
    order = []
    timed = {0: clock.taking(0.5, lambda: order.append("a")), 1: clock.taking(4.0, lambda: order.append("b"))}
    samples = time_in_turns(timed, repeats=7, seconds=4.0)
    assert "".join(order) == "abaaabaaab"  # three of the seven turns, spread
    assert samples[0] == (pytest.approx([0.5] * 7), pytest.approx(0.1))
    assert samples[1] == (pytest.approx([4.0] * 3), pytest.approx(0.1))


def test_short_calls_are_repeated_within_a_sample(clock):
    calls = []
    samples = time_in_turns({0: clock.taking(1e-4, lambda: calls.append(1))}, repeats=3, seconds=1.0)
    assert samples[0][0] == pytest.approx([1e-4] * 3)
    assert len(calls) == pytest.approx(1 + 3 * 20, abs=3)  # two milliseconds a sample


def test_an_engine_that_says_how_long_it_took_is_believed_and_shared_out():
    told = Entry(
        name="told", make=lambda: Ready(run=lambda: 8.0, gap=lambda _: 0.0, seconds=lambda found: found), per=4
    )
    row = run(job(told)).rows[1]
    assert row.seconds == (2.0, 2.0, 2.0)
    assert row.busy is None


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says it there")
def test_peak_of_a_child_leaves_out_what_its_parent_held():
    held = np.ones(40_000_000)  # 320 MB
    said = "from benchmarks.machine import peak_memory; print(peak_memory())"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=True, capture_output=True, text=True)
    assert 1e6 < int(done.stdout) < held.nbytes / 2


# ------------------------------------------------------------------------------------------ table, page, command


def test_table_has_version_licence_gap_and_ratio():
    found = run(job(entry("plain", package="numpy", engine="python")))
    line = next(line for line in as_markdown([found], "here").splitlines() if line.startswith("| plain"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["plain", "python", f"{np.__version__}, BSD-3-Clause"]
    assert cells[6] == "0"
    (record,) = as_record([found])
    assert record["rows"][1]["ratio"] == found.ratio(found.rows[1])
    assert record["rows"][1]["state"] == "timed"


def test_one_remark_has_one_number():
    found = run(job(entry("a", why="same"), entry("b", why="same")))
    page = as_markdown([found], "here")
    assert page.count("\n[1] same.") == 1
    assert "| a [1] |" in page
    assert "| b [1] |" in page


def test_text_between_markers_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- peers -->\nold\n<!-- /peers -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        put_between(page, "peers", "new\n")
        assert page.read_text(encoding="utf-8") == "before\n<!-- peers -->\nnew\n<!-- /peers -->\nafter\n"


@pytest.mark.parametrize(
    "text", ["", "<!-- peers -->", "<!-- /peers --><!-- peers -->", "<!-- peers --><!-- peers --><!-- /peers -->"]
)
def test_page_without_its_markers_is_refused_and_kept(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match="must have the lines <!-- peers --> and <!-- /peers -->"):
        put_between(page, "peers", "new")
    assert page.read_text(encoding="utf-8") == text


def test_command_writes_page_and_record(tmp_path, capsys):
    page, record = tmp_path / "page.md", tmp_path / "record.json"
    main(["--repeats", "3", "--seconds", "0.01", "--markdown", str(page), "--json", str(record)], [job(entry("peer"))])
    assert "A job: 2 numbers" in capsys.readouterr().out
    assert "| peer |" in page.read_text(encoding="utf-8")
    kept = json.loads(record.read_text(encoding="utf-8"))
    assert kept["threads"] == 1
    assert kept["versions"]["numpy"] == np.__version__
    assert [row["name"] for row in kept["jobs"][0]["rows"]] == ["eastbound", "peer"]


def test_command_fails_where_a_planted_peer_is_wrong(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--repeats", "3", "--seconds", "0.01"], [job(entry("right"), entry("planted", (1.0, 2.002)))])
    assert stopped.value.code == 1
    said = capsys.readouterr()
    assert "parity lost" in said.out
    assert "job: planted () differs by 1.0e-03, more than 1e-09" in said.err


# ------------------------------------------------------------------------------------------ scripts, by hand

# Two names at 10 and 20, half and a quarter of NAV at the first date; the first doubles on the second.
CLOSE = np.array([[10.0, 20.0], [20.0, 20.0]])
WEIGHTS, ROWS = np.array([[0.5, 0.25]]), np.array([0])


@pytest.mark.parametrize("script", [numpy_by_day, numpy_by_stretch])
def test_scripts_by_hand(script):
    # 1 % of three quarters is paid at once; half of the capital doubles.
    np.testing.assert_allclose(script(CLOSE, WEIGHTS, ROWS, 0.01) / CAPITAL, [1 - 0.0075, 1.5 - 0.0075], rtol=1e-15)


def test_bt_pays_commissions_out_of_what_is_set_aside():
    # Three quarters are set aside: 0.75 / 1.01 of shares, the rest is commission.
    expected = [0.25 + 0.75 / 1.01, 0.25 + 1.25 / 1.01]
    np.testing.assert_allclose(by_its_rule(CLOSE, WEIGHTS, ROWS, 0.01) / CAPITAL, expected, rtol=1e-15)
