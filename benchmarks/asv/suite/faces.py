"""Each job as asv takes it: seconds, peak of the process, bytes allocated.

asv starts a process for every benchmark and size, and calls `setup` before every single sample; so the job is laid out
once in a process. Names are LAYER.JOB.MEASURE.
"""

import math
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from benchmarks.layers.job import Job, Kind
from benchmarks.layers.jobs import JOBS

VERSION = "1"  # of the measuring: another one parts old figures from new ones
SAMPLES = {Kind.WARM: (3, 100, 0.8), Kind.PROCESS: (3, 3, 60.0), Kind.COLD: (1, 1, 1.0)}  # least, most, seconds
ROUNDS = {Kind.WARM: 2, Kind.PROCESS: 2, Kind.COLD: 1}  # processes that samples are taken in: commits take turns
WARM_UP = {Kind.WARM: 0.1, Kind.PROCESS: 0.0, Kind.COLD: 0.0}
JOB_OF = {job.key: job for job in JOBS}


@cache
def ready(key: str, size: str) -> Callable[[], Any]:
    """Lay a job out and assert its answer, once in a process."""
    return JOB_OF[key].ready(size)


def allocated(call: Callable[[], object]) -> int:
    """Give the most bytes that a call holds at a time beyond what was held before, Python's and numpy's."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = call()
        _, peak = tracemalloc.get_traced_memory()
        del kept
    finally:
        tracemalloc.stop()
    return peak - before


class Face:
    """What all faces of a job share."""

    version = VERSION
    timeout = 900  # a commit's kernels are compiled in the first process that wants them
    param_names: ClassVar[list[str]] = ["size"]
    key: str
    call: Callable[[], Any]

    def setup(self, size: str) -> None:
        """Lay the job out."""
        self.call = ready(self.key, size)


def _face(
    job: Job, measure: str, sizes: tuple[str, ...], run: Callable[[Callable[[], Any]], object], **settings: object
) -> type[Face]:
    """Make the face of one measure of a job: a class with one method, named as asv wants it."""

    def measured(face: Face, _: str) -> object:
        return run(face.call)

    measured.benchmark_name = f"{job.key}.{measure}"  # type: ignore[attr-defined]
    measured.pretty_source = job.says  # type: ignore[attr-defined]
    made = {"key": job.key, "params": [sizes], measure: measured, **settings}
    return type(f"{job.layer}_{job.name}_{measure}", (Face,), made)


def _faces(job: Job) -> list[type[Face]]:
    sampling = {
        "repeat": SAMPLES[job.kind], "rounds": ROUNDS[job.kind], "number": 1, "warmup_time": WARM_UP[job.kind],
        "min_run_count": 1,
    }  # fmt: skip
    how: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
        f"time_{job.kind}": (lambda call: call(), sampling),
        "track_peak": (lambda call: call().peak or math.nan, {"unit": "bytes"}),  # 0: the system does not say
        "peakmem_process": (lambda call: call(), {}),
        "track_allocated": (allocated, {"unit": "bytes"}),
    }
    return [_face(job, name, sizes, how[name][0], **how[name][1]) for name, sizes in job.measures.items()]


globals().update({face.__name__: face for job in JOBS for face in _faces(job)})
