"""One process at a time: a lock that dies with its holder."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from data.errors import DataError

PAUSE = 0.02  # seconds between two tries


@contextlib.contextmanager
def locked(path: Path, doing: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold a lock file, or refuse; at once, or after a while.

    Parameters
    ----------
    path : Path
        The file; made if need be, with the holder's process number in it, and removed at the end.
    doing : str
        What a holder does to the file's folder, such as "fetching into", for the message of the one that comes second.
    wait_seconds : float
        How long to wait for another holder to finish.

    Raises
    ------
    DataError
        If another process holds it, and does not finish in time. The file of a process that died is no lock: the
        system let go of it.
    OSError
        If the file cannot be made.
    """
    give_up = time.monotonic() + wait_seconds
    while (handle := _take(path)) is None and time.monotonic() < give_up:
        time.sleep(PAUSE)
    if handle is None:
        raise DataError(f"Another process{_holder(path)} is {doing} {path.parent}. Wait until it is done.")
    try:
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file; the next holder will
            path.unlink()
        os.close(handle)


def _holder(path: Path) -> str:
    try:
        return f" ({path.read_text(encoding='utf-8')})"
    except OSError:
        return ""


def _take(path: Path) -> int | None:
    """Open and lock the file; None where another process holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _is_granted(handle):
            os.close(handle)
            return None
        # A holder that finished in between has removed the file that was opened: take the one that is there now.
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _is_granted(handle: int) -> bool:
    """Ask the system for the lock; it ends with the process, however that ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
