"""Run a job again and again, sampled by perf once it is warm.

Run as `python -m benchmarks.machine_code.sampling JOB FOLDER SECONDS HERTZ`: it leaves the kernel's object, the report
and perf's data in the folder. What is sampled is what callers do: Python around the kernel is part of it.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from pkgutil import resolve_name

from benchmarks.machine_code.compiled import objects_noted, write_report
from benchmarks.machine_code.jobs import JOBS

DATA = "perf.data"
STARTING = 0.5  # seconds, for perf to attach


def main() -> None:
    """Warm up, report, run while perf looks on."""
    job, folder, seconds, hertz = JOBS[sys.argv[1]], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    with objects_noted() as objects:
        again = job.run()
    write_report(resolve_name(job.kernel), objects, folder)
    command = ["perf", "record", "-q", "-F", hertz, "-o", str(folder / DATA), "-p", str(os.getpid())]
    perf = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.perf_counter() + STARTING + seconds
    while time.perf_counter() < until:
        again()
    perf.send_signal(signal.SIGINT)
    _, told = perf.communicate(timeout=30)
    if not (folder / DATA).exists():
        raise SystemExit(f"perf has recorded nothing: {told.strip()[-500:]}")


if __name__ == "__main__":
    main()
