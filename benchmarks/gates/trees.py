"""The packages of a commit beside the benchmarks of this one: what is measured changes, how it is measured does not."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.record import ROOT, git

PACKAGES = ("data", "strategies", "backtest")
MEASURING = ("benchmarks", "tests", "pyproject.toml")


def commit_of(revision: str) -> str:
    """Resolve a revision.

    Parameters
    ----------
    revision : str
        Such as HEAD~1, a branch, a tag or a hash.

    Returns
    -------
    str
        Its whole hash.

    Raises
    ------
    SystemExit
        If there is none.
    """
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(
            f"compare: {revision!r} is no commit of this repository. A shallow clone has no history: "
            "git fetch --unshallow."
        )
    return done.stdout.strip()


def lay_out(commit: str, measuring: str, folder: Path) -> Path:
    """Write a tree: the packages of one commit, the benchmarks and tests of another.

    Parameters
    ----------
    commit, measuring : str
    folder : Path
        Made anew.

    Returns
    -------
    Path
        The folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for revision, paths in ((commit, PACKAGES), (measuring, MEASURING)):
        packed = subprocess.run(
            ["git", "-C", str(ROOT), "archive", revision, *paths], capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
    return folder


def run_in(tree: Path, module: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a module of a tree in a fresh Python, with the libraries of this environment.

    Parameters
    ----------
    tree : Path
    module : str
    arguments : sequence of str

    Returns
    -------
    CompletedProcess
        With what it printed.
    """
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def subject_of(commit: str) -> str:
    """Name a commit for people.

    Parameters
    ----------
    commit : str

    Returns
    -------
    str
    """
    return git("log", "-1", "--format=%h %s", commit)
