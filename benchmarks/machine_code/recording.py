"""Record the last call that a job makes of its kernel, compiled for the target of this process.

Run as `python -m benchmarks.machine_code.recording JOB FILE`.
"""

import sys
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from benchmarks.machine_code.jobs import JOBS, KernelJob
from benchmarks.machine_code.recorded import RecordedCall


def record(job: KernelJob) -> RecordedCall:
    """Run a job, and keep the last call of its kernel.

    Parameters
    ----------
    job : KernelJob

    Returns
    -------
    RecordedCall
    """
    calls: list[RecordedCall] = []
    kernel = resolve_name(job.kernel)

    def recorded(*arguments: Any) -> object:
        calls[:] = [RecordedCall.of(job.kernel, arguments)]
        return kernel(*arguments)

    with patch(job.called_as, recorded):
        job.run()
    if not calls:
        raise SystemExit(f"{job.title}: {job.kernel} was never called; the job has to be changed")
    return calls[0]


if __name__ == "__main__":
    record(JOBS[sys.argv[1]]).write(Path(sys.argv[2]))
