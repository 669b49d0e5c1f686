"""The comparison of allocations: what is compared, what loses parity, and how it is written down."""

import numpy as np
import pytest

from benchmarks.allocation.comparing import Compared, Row, held
from benchmarks.allocation.engines import ENGINES
from benchmarks.allocation.in_eastbound import lay
from benchmarks.allocation.jobs import JOBS
from benchmarks.allocation.reference import best_weights
from benchmarks.allocation.steps import N_STEPS, Mandate, make_steps
from benchmarks.allocation.table import as_markdown, as_text

JOB = {job.key: job for job in JOBS}


@pytest.mark.parametrize("key", list(JOB))
def test_ours_have_parity_with_the_reference_at_every_step(key):
    found = [solve() for solve in map(lay(key, Mandate(14)), make_steps(14))]
    row = held(JOB[key], 14, "ours", found)
    assert (row.state, len(found)) == ("timed", N_STEPS)
    assert abs(row.worse) < 1e-7


def test_engine_that_is_apart_or_misses_a_limit_is_not_timed():
    best = list(best_weights("variance", 14))
    far = [0.99 * weights + 0.01 / 14 for weights in best]
    assert held(JOB["variance"], 14, "ours", far).state == "lost"
    assert held(JOB["variance"], 14, "naive", far).state == "timed"  # within what is allowed to a peer's own settings
    more = [weights * 1.006 for weights in best]
    assert held(JOB["variance"], 14, "naive", more).state == "lost"
    assert held(JOB["variance"], 14, "ours", [np.full(14, np.nan), *best[1:]]).state == "lost"


def test_gaps_are_of_the_objective_and_of_each_limit():
    mandate, step, best = Mandate(14), make_steps(14)[0], best_weights("utility", 14)[0]
    job = JOB["utility"]
    assert job.gap(step, best, best) == 0.0
    assert job.gap(step, step.drifted, best) > 0.0
    assert job.missed(mandate, step, best) < 1e-9
    assert job.missed(mandate, step, np.eye(14)[0]) == pytest.approx(1.0 - step.drifted[0] - mandate.turnover)
    assert JOB["variance"].missed(mandate, step, np.eye(14)[0]) == pytest.approx(1.0 - mandate.cap)


def test_table_holds_each_engine_against_ours_and_against_the_solver_it_may_have():
    rows = (
        Row(key="ours", state="timed", apart=1e-9, worse=1e-10, missed=0.0, seconds=[0.002]),
        Row(key="ours-whole", state="timed", seconds=[0.0012]),
        Row(key="base", state="timed", seconds=[0.006]),
        Row(key="base-whole", state="timed", seconds=[0.005]),
        Row(key="piqp", state="timed", seconds=[0.001]),
        Row(key="clarabel", state="timed", seconds=[0.004]),
        Row(key="skfolio", state="timed", seconds=[0.05]),
        Row(key="riskfolio", state="cannot", remark="has no way"),
    )
    compared = Compared(job=JOB["variance"], n=14, rows=rows)
    lines = as_markdown([compared], "a machine").splitlines()
    assert "| Minimum variance | 14 | 2 | 2.00 | 1.20 | 6 | 1.50 | 1.25 | 25.00 | 8.33 |" in lines
    assert any(line.startswith("| 14 | Riskfolio-Lib | has no way |") for line in lines)
    assert "skfolio" in as_text(compared)


def test_every_engine_has_a_job_and_every_job_has_ours():
    assert all(set(engine.jobs) <= set(JOB) and engine.jobs for engine in ENGINES.values())
    assert set(ENGINES["ours"].jobs) == set(JOB)
