"""How asv installs a commit: what its lock names, unless that is there, and after it the times of its files.

`install.py lock FILE` before the commit, `install.py files` after it.

numba takes a compiled kernel for stale when the time of its file differs, and pip writes every file anew. The cache
folder of the kernels is named by the content of all kernel sources, so one fixed time is safe: going back and forth
between two commits compiles each of them once, not at every turn.
"""

import compileall
import hashlib
import os
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

FIXED = 1_577_836_800.0  # 2020-01-01
INSTALLED = Path(sys.prefix) / ".lock-installed"


def install_lock(lock: Path) -> None:
    """Install what a lock names, unless it was the last one installed here.

    Parameters
    ----------
    lock : Path
    """
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text(encoding="ascii") == digest:
        return
    INSTALLED.unlink(missing_ok=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--require-hashes", "-r", str(lock)]
    subprocess.run(pip, check=True)
    INSTALLED.write_text(digest, encoding="ascii")


def set_times() -> None:
    """Give the files of the commit one time, and compile their byte code."""
    for file in files("eastbound") or ():
        path = Path(str(file.locate()))
        if path.suffix == ".py":
            os.utime(path, (FIXED, FIXED))
            compileall.compile_file(path, force=True, quiet=1)


if __name__ == "__main__":
    if sys.argv[1] == "lock":
        install_lock(Path(sys.argv[2]))
    else:
        set_times()
