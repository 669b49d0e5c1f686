"""The jobs of the benchmarks: each layer has one, each answers rightly, and each check fails on a planted fault."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import cases
from benchmarks.asv.suite import faces
from benchmarks.layers import allocation, start
from benchmarks.layers.job import Job, Kind, Work, WrongAnswer
from benchmarks.layers.jobs import JOBS, LAYERS

WARM = [job for job in JOBS if job.kind is Kind.WARM]


def test_every_layer_has_a_job_and_names_are_used_once():
    assert LAYERS == ("start", "load", "signals", "allocation", "ledger", "sweep", "measures", "report", "end_to_end")
    assert len({job.key for job in JOBS}) == len(JOBS)
    assert {job.name for job in JOBS if job.layer == "ledger"} >= {"general", "lots", "lanes_64", "sleeves_64"}
    assert {job.kind for job in JOBS} == set(Kind)


def test_sizes_are_those_of_cases_smallest_first():
    for job in JOBS:
        known = allocation.SIZES if job.layer == "allocation" else cases.SIZES
        places = [known.index(size) for size in job.sizes if size != start.ANY]
        assert places == sorted(places), job.key
    assert {size for job in JOBS for size in job.sizes} == {*cases.SIZES, *allocation.SIZES, start.ANY}


def with_money_lost(result):
    """Lose a cent in a million of NAV on one day, in the record alone."""
    lost = replace(result)
    record = lost.record._replace(nav=lost.record.nav.copy())
    record.nav[lost.rows[50]] *= 1 - 1e-8
    vars(lost)["_whole"] = (lost.journal, record)
    return lost


def spoiled(key, answer):
    """Plant a fault in an answer."""
    match key:
        case "load.demo":
            return replace(answer, symbols=answer.symbols[1:])
        case "load.csv_first" | "load.csv_again" | "load.parquet":
            return answer.with_prices({"close": answer.close * (1 + 2**-52)})
        case "signals.flow":
            score = answer.score.copy()
            score[len(score) // 2] += 1e-12
            return replace(answer, score=score)
        case "allocation.variance" | "allocation.cvar":
            return 0.999 * answer + 0.001 / answer.shape[1]
        case "ledger.general" | "ledger.first_run" | "ledger.recorded" | "ledger.lots":
            return with_money_lost(answer)
        case "end_to_end.run_and_write":
            return replace(answer, result=with_money_lost(answer.result))
        case "ledger.lanes_64" | "ledger.sleeves_64":
            return answer * (1 + 1e-9)
        case "sweep.in_lots":
            return replace(answer, thesis=answer.thesis.replace({"run.commission_bps": 3.0}))
        case "sweep.headline":
            return replace(answer, thesis=answer.thesis.replace({"run.initial_capital": 5.0, "run.costs": "none"}))
        case "measures.summary":
            return {**answer, "max_drawdown": answer["max_drawdown"] * (1 + 1e-6)}
        case "report.page":
            return answer[:-20]
    raise AssertionError(f"plant a fault for {key}")


@pytest.mark.parametrize("job", WARM, ids=lambda job: job.key)
def test_job_answers_rightly_and_its_check_sees_a_planted_fault(job):
    work = job.prepare(job.sizes[0])
    answer = work.call()
    work.check(answer)
    with pytest.raises((WrongAnswer, cases.CaseChanged)):
        work.check(spoiled(job.key, answer))


def test_process_that_fails_is_no_answer():
    work = next(job for job in JOBS if job.key == "start.help").prepare(start.ANY)
    with pytest.raises(WrongAnswer, match="no such module"):
        work.check(start.python("raise SystemExit('no such module')"))
    run = next(job for job in JOBS if job.key == "start.cached_run").prepare(start.ANY)
    with pytest.raises(WrongAnswer, match="manifest.json"):
        run.check(start.Ended(0, "", 1, frozenset({"report.html", "summary.json"})))


def test_process_has_a_peak_of_its_own():
    small, large = (start.python(f"x = bytearray({n}); print(len(x))") for n in (1, 200_000_000))
    assert (small.code, large.code, large.printed.strip()) == (0, 0, "200000000")
    assert large.peak - small.peak > 150_000_000


def test_bytes_allocated_are_counted_to_the_array():
    def call():
        whole = np.ones(1_000_000)  # 8 MB; its square beside it another 8
        return (whole * whole).sum()

    counted = faces.allocated(call)
    assert counted == pytest.approx(16e6, rel=1e-3)
    assert faces.allocated(call) == pytest.approx(counted, rel=1e-4)
    assert not tracemalloc.is_tracing()


def test_faces_are_named_by_layer_job_and_measure_and_run_the_job(monkeypatch):
    calls = []
    job = Job(layer="load", name="made", says="made up", sizes=("252x7",), prepare=lambda _: Work(*_counted(calls)))
    monkeypatch.setitem(faces.JOB_OF, job.key, job)
    faces.ready.cache_clear()
    timed, peak, allocated = (face() for face in faces._faces(job))
    assert timed.time_warm.benchmark_name == "load.made.time_warm"
    assert peak.peakmem_process.benchmark_name == "load.made.peakmem_process"
    timed.setup("252x7")
    timed.setup("252x7")  # as asv does, before every sample
    assert calls == ["called", "checked"]
    timed.time_warm("252x7")
    assert calls == ["called", "checked", "called"]
    allocated.setup("252x7")
    assert allocated.track_allocated("252x7") < 10_000
    faces.ready.cache_clear()


def _counted(calls):
    return lambda: calls.append("called"), lambda _: calls.append("checked")
