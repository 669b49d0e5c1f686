"""A folder whose files are those of one run, all of them, or no result at all.

A run is written in three steps, under a lock on the folder:

1. *Stage*: every file goes into a hidden folder, and onto the disk.
2. *Commit*: that folder gets the one name by which an unfinished move is known. This is the instant at which the new
   run replaces the former one.
3. *Move*: the seal of the former run goes, the files take their places, what only the former run had goes, and the
   seal of the new run comes last.

A process that dies in step 1 leaves the former run whole. One that dies in step 3 leaves a move that whoever opens the
folder next finishes first. The seal is manifest.json: it lists the size and SHA-256 of every other file of the run.
"""

import contextlib
import errno
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from backtest.errors import BacktestError
from data.storage.atomic import UNFINISHED
from data.storage.locks import locked

SEAL = "manifest.json"
COMMITTED = ".committed"
FORMER = ".former"  # in the committed folder: names of the former run's files, one a line
LOCK = ".run.lock"
WAIT_SECONDS = 60.0  # another run writes its files in a second or two
FULL = (errno.ENOSPC, errno.EDQUOT)
USUAL_FILES = ("summary.json", "nav.csv", "trades.csv", "report.html")


def refuse_unwritable(folder: Path, names: tuple[str, ...] = USUAL_FILES) -> None:
    """Refuse a folder that a run could not be written into, before the run; nothing is made.

    Parameters
    ----------
    folder : Path
        It, or the folders above it, may be missing still.
    names : tuple of str
        Files that are known to be written.

    Raises
    ------
    BacktestError
        If a file is in its place or in that of a folder above it, nothing may be written there, or it holds files of
        somebody's own that have the names of a run's.
    """
    _refuse_foreign(folder, names)
    standing = folder.absolute()
    while not os.path.lexists(standing) and standing != standing.parent:
        standing = standing.parent
    if not standing.is_dir():
        what = "is a file, and" if standing == folder.absolute() else f"cannot be made: {standing} is a file, and"
        raise BacktestError(f"{folder} {what} a run needs a folder. Choose another with --out.")
    probe = standing / f".{uuid.uuid4().hex}{UNFINISHED}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise BacktestError(refusal(folder, error)) from error


def write_sealed(folder: Path, files: Mapping[str, bytes], seal: bytes) -> None:
    """Put the files of a run into a folder, in the place of those of the run that it holds.

    Parameters
    ----------
    folder : Path
        Made if need be. What no run wrote stays.
    files : mapping of str to bytes
        By name, the seal left out.
    seal : bytes
        Content of manifest.json, which lists them.

    Raises
    ------
    BacktestError
        If the folder cannot be written; the run that it held is then untouched, or the new one is whole once opened.
    DataError
        If another process goes on writing into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BacktestError(refusal(folder, error)) from error
    with settled(folder):
        try:
            _refuse_folders(folder, (*files, SEAL))
            _refuse_foreign(folder, tuple(files))
            staged = _stage(folder, {**files, FORMER: _listed(folder), SEAL: seal})
            staged.rename(folder / COMMITTED)
        except OSError as error:
            raise BacktestError(f"{refusal(folder, error)} What it held is untouched.") from error
        _finish_or_say(folder)


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[None]:
    """Hold the folder of a run, with nothing unfinished in it.

    Parameters
    ----------
    folder : Path
        One that exists.

    Raises
    ------
    BacktestError
        If a move has to be finished and cannot be, or the folder cannot be written.
    DataError
        If another process goes on writing into it.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / LOCK, "writing a run into", wait_seconds=WAIT_SECONDS))
        except OSError as error:
            raise BacktestError(refusal(folder, error)) from error
        for left in folder.glob(f".*{UNFINISHED}"):
            if left.is_dir():  # of a process that died: nobody else stages while the lock is held
                shutil.rmtree(left, ignore_errors=True)
        if (folder / COMMITTED).exists():
            _finish_or_say(folder)
        yield


@contextlib.contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Hold the folder of a run for reading; where nothing can be written, nobody writes and no lock is needed.

    Parameters
    ----------
    folder : Path
        One that exists.

    Raises
    ------
    BacktestError
        If a move has to be finished and cannot be.
    DataError
        If another process goes on writing into it.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(settled(folder))
        except BacktestError:
            if (folder / COMMITTED).exists():
                raise
        yield


def refusal(folder: Path, error: OSError) -> str:
    """Say why a folder cannot be written.

    Parameters
    ----------
    folder : Path
    error : OSError

    Returns
    -------
    str
    """
    if error.errno in FULL:
        return f"{folder} cannot be written: no space is left on its disk. Free some, or choose another with --out."
    # The system's own words: a library may put more into those of the error.
    why = os.strerror(error.errno) if error.errno else str(error)
    return f"{folder} cannot be written: {why}. Choose another with --out."


def _stage(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a hidden folder and onto the disk, or leave nothing."""
    staged = folder / f".{uuid.uuid4().hex}{UNFINISHED}"
    try:
        staged.mkdir()
        for name, content in files.items():
            with (staged / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        sync(staged)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return staged


def _finish_or_say(folder: Path) -> None:
    try:
        _finish(folder)
    except OSError as error:
        raise BacktestError(
            f"The run's files could not all be put in place: {error.strerror or error}. Some are still in "
            f"{folder / COMMITTED}; once {folder} can be written, whatever opens it next finishes the move."
        ) from error


def _finish(folder: Path) -> None:
    """Move committed files into place. Every step may have been done before: a dead process stopped at any of them."""
    committed = folder / COMMITTED
    if (committed / SEAL).exists():
        sync(folder)  # the commit is on the disk before the former seal goes
        former = (committed / FORMER).read_text(encoding="utf-8").splitlines()
        (folder / SEAL).unlink(missing_ok=True)
        new = sorted(path.name for path in committed.iterdir() if path.name not in (FORMER, SEAL))
        for name in new:
            (committed / name).replace(folder / name)
        # Those that an interrupted move has put in place already are listed in the seal alone.
        for name in set(former) - set(sealed_names((committed / SEAL).read_bytes())):
            if not (folder / name).is_dir():  # a folder that a user has made since
                (folder / name).unlink(missing_ok=True)
        sync(folder)  # the files are on the disk before the seal that vouches for them
        (committed / SEAL).replace(folder / SEAL)
        sync(folder)
    shutil.rmtree(committed)


def sealed_names(seal: bytes) -> list[str]:
    """List the files that a seal vouches for.

    Parameters
    ----------
    seal : bytes

    Returns
    -------
    list of str
        Plain names only: a seal that was tampered with reaches nothing outside its folder. Empty where it is no seal.
    """
    try:
        named = json.loads(seal)["files"]
        return [name for name in named if isinstance(name, str) and is_plain(name)]
    except (ValueError, KeyError, TypeError):
        return []


def is_plain(name: str) -> bool:
    """Say whether a name is that of a visible file of its folder, and leads nowhere else.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_plain(name) for name in ("nav.csv", "../nav.csv", ".nav.csv", "a/b", "")]
    [True, False, False, False, False]
    """
    return name == Path(name).name and name[:1] not in ("", ".") and name.isprintable()


def sealed_in(folder: Path) -> list[str]:
    """List the files of the run in a folder, its seal included.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of str
        Empty where there is no run.
    """
    try:
        return [*sealed_names((folder / SEAL).read_bytes()), SEAL]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _listed(folder: Path) -> bytes:
    """List the files of the run in a folder, one a line; not its seal, which is always replaced."""
    return "".join(f"{name}\n" for name in sealed_in(folder) if name != SEAL).encode()


def _refuse_folders(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (folder / name).is_dir():
            raise BacktestError(f"{folder / name} is a folder, and the run has a file of that name. Move it away.")


def _refuse_foreign(folder: Path, names: tuple[str, ...]) -> None:
    """Refuse to write over files in a folder that no run has sealed: they are somebody's own."""
    if (folder / SEAL).exists() or (folder / COMMITTED).exists():
        return
    own = [name for name in names if (folder / name).is_file()]
    if own:
        raise BacktestError(
            f"{folder} has a {own[0]} that no run wrote ({SEAL} is not there), and a run would write over it. Move it "
            "away, or choose another folder with --out."
        )


def sync(folder: Path) -> None:
    """Bring the names in a folder onto the disk.

    Parameters
    ----------
    folder : Path
    """
    if sys.platform == "win32":  # knows no such thing
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
