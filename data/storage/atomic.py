"""Files that are whole or not there: written beside their place, then renamed onto it."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

# A hidden name with this ending is read by nobody: neither as a table nor as a cached file.
UNFINISHED = ".unfinished"
ABANDONED_AFTER = 3600.0  # seconds: longer than any file here takes to write


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place to write a file, and rename it onto its path at the end.

    Parameters
    ----------
    path : Path
        In a folder that exists.

    Yields
    ------
    Path
        A new empty file in the same folder. It is flushed to disk before the renaming, so that not even a power cut
        leaves half a file; if the writing fails it is removed, and if the process is killed its name tells.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    # Not by tempfile: its files are for one user, and renaming keeps that.
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}{UNFINISHED}")
    unfinished.touch(exist_ok=False)
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def remove_abandoned(folder: Path, after_seconds: float = ABANDONED_AFTER) -> None:
    """Remove what killed processes left unfinished.

    Parameters
    ----------
    folder : Path
    after_seconds : float
        Files of `replacing` that are older go; younger ones may still be written, unless a lock says otherwise.
    """
    for path in folder.glob(f".*{UNFINISHED}"):
        with contextlib.suppress(OSError):  # somebody else was quicker
            if time.time() - path.stat().st_mtime > after_seconds:
                path.unlink()
