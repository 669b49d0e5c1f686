"""The jobs for pytest-benchmark, while code is being changed: `make bench-loop ARGS="-k ledger"`.

Small sizes, all in one process. `--benchmark-compare` puts the last run beside this one.
"""

import pytest

from benchmarks.layers.job import Job, Kind
from benchmarks.layers.jobs import JOBS

SMALL = ("demo", "252x7", "1500x40", "30x14")
CASES = [(job, size) for job in JOBS if job.kind is not Kind.COLD for size in job.sizes if size in SMALL]


@pytest.mark.parametrize(("job", "size"), CASES, ids=[f"{job.key}-{size}" for job, size in CASES])
def test_job(benchmark, job: Job, size: str):
    benchmark.group = job.layer
    call = job.ready(size)
    if job.kind is Kind.PROCESS:
        benchmark.pedantic(call, rounds=3)
    else:
        benchmark(call)
