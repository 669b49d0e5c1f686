"""What every record of a measurement says beside its figures: machine, threads, versions, engine, data and commit.

Of the standard library alone, so that threads can be pinned before numpy is imported.
"""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# One thread each: a figure then says what the code does, not how many cores were free.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
PACKAGES = ("numpy", "numba", "llvmlite", "pandas", "pyarrow", "vectorbt", "plotly", "asv")
FIELDS = ("commit", "subject", "committed", "machine", "threads", "versions", "engine", "cases")


def pin_threads() -> None:
    """Leave numerical libraries one thread, in this process and those that it starts; before numpy is imported."""
    for name in THREADS:
        os.environ[name] = "1"


def processor() -> str:
    """Name the model of the processor.

    Returns
    -------
    str
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def machine() -> dict[str, str]:
    """Say what a figure is measured on.

    Returns
    -------
    dict of str to str
        Name (made of the processor, what kernels are compiled for, and cores: never the host's), cpu, cores, memory,
        architecture, system.
    """
    cpu, cores = processor(), os.cpu_count()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    target = engine().rpartition(" ")[2]  # a model's name alone may stand for several generations
    slug = re.sub(r"[^a-z0-9]+", "-", cpu.lower().replace("(r)", "").replace("(tm)", "")).strip("-")
    return {
        "name": f"{slug}-{target}-{cores}-cores",
        "cpu": cpu,
        "cores": str(cores),
        "memory": f"{pages / 2**30:.0f} GiB",
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def versions() -> dict[str, str]:
    """Give the versions of Python and of the libraries that move the figures.

    Returns
    -------
    dict of str to str
        An empty text where a library is not installed.
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def engine() -> str:
    """Name what ran the kernels: the compiler and the processor that it compiled for.

    Returns
    -------
    str
    """
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "python, kernels not compiled"
    from llvmlite import binding

    return f"numba, {binding.get_host_cpu_name()}"


def git(*arguments: str) -> str:
    """Ask git about this repository.

    Parameters
    ----------
    *arguments : str

    Returns
    -------
    str
        Without the line's end.

    Raises
    ------
    SystemExit
        If git has no answer.
    """
    if shutil.which("git") is None:
        raise SystemExit("git is not installed, and a measurement is one of a commit")
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def is_dirty() -> bool:
    """Say whether files differ from the commit that is checked out; new records and the page of tables do not count.

    Returns
    -------
    bool
    """
    return bool(
        git("status", "--porcelain", "--", ".", ":(exclude)benchmarks/history", ":(exclude)benchmarks/README.md")
    )


def record() -> dict[str, Any]:
    """Describe a measurement of the commit that is checked out, on this machine, now.

    Returns
    -------
    dict
        Every one of `FIELDS`.
    """
    from benchmarks.cases import DIGESTS

    commit, committed, subject = git("log", "-1", "--format=%H%n%cI%n%s").split("\n", 2)
    return {
        "commit": commit,
        "subject": subject,
        "committed": committed,
        "machine": machine(),
        "threads": {name: os.environ.get(name, "") for name in THREADS},
        "versions": versions(),
        "engine": engine(),
        "cases": {f"{size} {basis}": digest for (size, basis), digest in DIGESTS.items()},
    }
