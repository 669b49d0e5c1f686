"""Records of measurements: what they say, how they are read back, how they are drawn."""

import doctest
import json
import re
import shutil

import pytest

from benchmarks import bench, measurements, record, trend
from benchmarks.cases import DIGESTS
from benchmarks.measurements import BadRecord, newest, read_history

COLUMNS = (
    "result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25",
    "stats_q_75", "stats_number", "stats_repeat", "samples", "profile",
)  # fmt: skip
SIZES = ["'252x7'", "'1500x40'"]


def about(commit="a" * 40, committed="2026-11-20T10:00:00+00:00", machine="cpu-2-cores"):
    return {
        "commit": commit, "subject": "Faster <lots> & fewer", "committed": committed, "threads": {}, "cases": {},
        "machine": {"name": machine, "cpu": "CPU", "cores": "2", "memory": "8 GiB", "system": "Linux 6"},
        "versions": {"python": "3.11.7", "numpy": "2.4.6"}, "engine": "numba, znver4",
    }  # fmt: skip


def raw(times):
    quartiles = [[factor * one if one else None for one in times] for factor in (0.9, 1.1)]
    return {
        "commit_hash": "a" * 40, "env_name": "existing-py_home_somebody_python", "python": "/home/somebody/python",
        "params": {"machine": "cpu-2-cores", "python": "/home/somebody/python"}, "version": 2,
        "result_columns": COLUMNS,
        "results": {
            "ledger.general.time_warm": [times, [SIZES], "1", 0, 1.0, None, None, *quartiles, [1, 1], [20, 20]],
            "ledger.general.peakmem_process": [[3e8], [SIZES[1:]], "1", 0, 1.0],
            "ledger.general.track_allocated": [[4.5e6], [SIZES[1:]], "1", 0, 1.0],
            "other.thing": [[1.0], [], "1"],
        },
    }  # fmt: skip


def keep(folder, times, **given):
    one = about(**given)
    place = folder / one["machine"]["name"] / f"{one['commit'][:8]}-existing.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(bench.stamped(raw(times), one)))


in_repository = pytest.mark.skipif(
    shutil.which("git") is None or not (record.ROOT / ".git").exists(), reason="a record names the commit"
)


@in_repository
def test_record_says_all_and_names_the_machine_by_its_processor_alone():
    found = record.record()
    assert tuple(found) == record.FIELDS
    assert set(found["machine"]) == {"name", "cpu", "cores", "memory", "architecture", "system"}
    cpu = found["machine"]["cpu"].lower().replace("(r)", "").replace("(tm)", "")
    words = {*cpu.split(), *found["engine"].split(), found["machine"]["cores"]}
    assert found["machine"]["name"].endswith(f"-{found['machine']['cores']}-cores")
    assert set(found["machine"]["name"].removesuffix("-cores").split("-")) <= set(
        re.split(r"[^a-z0-9]+", " ".join(words))
    )
    assert set(found["versions"]) >= {"python", "numpy", "numba", "llvmlite", "pandas", "pyarrow", "vectorbt"}
    assert found["cases"]["252x7 raw"] == DIGESTS["252x7", "raw"]
    assert len(found["commit"]) == 40
    assert found["engine"].startswith(("numba, ", "python, "))
    assert set(found["threads"]) == set(record.THREADS)


@in_repository
def test_threads_are_pinned(monkeypatch):
    for name in record.THREADS:
        monkeypatch.setenv(name, "7")
    record.pin_threads()
    assert set(record.record()["threads"].values()) == {"1"}


def test_stamped_result_says_where_nothing_lay(tmp_path):
    keep(tmp_path, [0.001, 0.004])
    (path,) = tmp_path.glob("*/*.json")
    assert "somebody" not in path.read_text()
    assert json.loads(path.read_text())["python"] == "3.11.7"


def test_history_is_read_by_date_of_commit_with_failures_left_out(tmp_path):
    keep(tmp_path, [0.002, None], commit="b" * 40, committed="2026-11-21T01:00:00+08:00")
    keep(tmp_path, [0.001, 0.004], commit="c" * 40, committed="2026-11-20T18:00:00+00:00")
    found = read_history(tmp_path)
    assert [one.record["commit"][0] for one in found] == ["b"] * 3 + ["c"] * 4  # 17:00 and 18:00 UTC
    last = newest(found)["cpu-2-cores", ("ledger", "general", "252x7", "warm")]
    assert (last.value, last.low, last.high, last.n) == pytest.approx((0.001, 0.0009, 0.0011, 20))
    (allocated,) = {one.value for one in found if one.measure == "allocated"}
    assert allocated == 4.5e6
    assert len(newest(found)) == 4


def test_what_is_no_record_is_refused_by_name(tmp_path):
    keep(tmp_path, [0.001, 0.004])
    (path,) = tmp_path.glob("*/*.json")
    document = json.loads(path.read_text())
    del document["record"]["cases"]
    path.write_text(json.dumps(document))
    with pytest.raises(BadRecord, match=f"{path.name} lacks cases"):
        read_history(tmp_path)
    path.write_text("{")
    with pytest.raises(BadRecord, match="is no JSON"):
        read_history(tmp_path)


def test_table_has_a_line_for_each_time_with_its_memory(tmp_path):
    keep(tmp_path, [0.001, 0.004])
    first, second = bench.table(read_history(tmp_path)).splitlines()[1:]
    assert " ".join(first.split()) == "ledger general 252x7 warm 1.00 ms 0.900 ms to 1.10 ms 20"
    assert second.split()[-4:] == ["300", "MB", "4.5", "MB"]


def test_what_was_not_measured_is_named(tmp_path):
    keep(tmp_path, [0.001, None])
    lacking = bench.missing(read_history(tmp_path))
    assert "ledger.general 1500x40" in lacking
    assert "ledger.general 252x7" not in lacking


def test_trend_draws_a_line_for_each_job_size_and_machine(tmp_path):
    for k in range(3):
        keep(tmp_path, [0.001 * (k + 1), 0.004], commit=f"{k}" * 40, committed=f"2026-11-2{k}T10:00:00+00:00")
    keep(tmp_path, [0.5, 0.7], commit="0" * 40, machine="other-8-cores")
    found = read_history(tmp_path)
    made = list(trend._sections(found))
    assert [section.key for section in made] == ["ledger", "newest"]
    figures = {one.key: one.figure for one in made[0].exhibits}
    assert list(figures) == [f"ledger-{k}-{m}" for m in ("cpu-2-cores", "other-8-cores") for k in ("time", "memory")]
    small, large = figures["ledger-time-cpu-2-cores"]["data"]
    assert (small["name"], small["y"], large["y"]) == ("general, 252x7", [1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    assert "Faster &lt;lots&gt; &amp; fewer" in small["text"][0]
    assert "<b>general, 252x7: 3.00 ms</b>" in small["text"][2]
    assert [len(one["y"]) for one in figures["ledger-time-other-8-cores"]["data"]] == [1, 1]
    page = trend.trend_page(found)
    assert page.startswith("<!doctype html>")
    assert "3 commits on 2 machines, 2026-11-20 to 2026-11-22." in page


def test_trend_of_no_history_says_so():
    assert "No record yet" in trend.trend_page([])


def test_examples():
    assert doctest.testmod(measurements).failed == 0
