"""What a figure was measured on."""

import os
import platform
import resource
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.record import processor


def machine(*packages: str) -> str:
    """Name the processor, its cores, Python and the versions of packages.

    Parameters
    ----------
    *packages : str
        Distributions beside numpy and numba.

    Returns
    -------
    str
        One line.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", *packages))
    return f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"


def peak_memory() -> int:
    """Give the largest resident size of this process so far, in bytes.

    Returns
    -------
    int

    Notes
    -----
    On Linux the high-water mark of the process's own memory: what `getrusage` gives starts, in a child, at what its
    parent held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        marks = [line.split()[1] for line in status.read_text(encoding="utf-8").splitlines() if line[:6] == "VmHWM:"]
        if marks:
            return int(marks[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux kilobytes
