"""A finished sweep in its folder: its files, and the seal that vouches for them.

The files are made inside the folder of parts, onto the disk, and the seal last: this is the instant at which the sweep
is finished. Then they move to their places, the seal last again, and the parts go. A process that dies before the seal
leaves the parts; one that dies after it a move that whoever opens the folder next finishes.

The seal states the size of each file, and of each part the CRC-32 that it was written with: one checksum for the whole
life of a part, so that finishing reads nothing twice. Of table.csv, which holds the same figures as text, it states a
CRC-32 of the whole file.
"""

import json
import os
import shutil
import zlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.output.documents import json_text
from backtest.output.run_folder import sealed_names, sync
from backtest.tuning.storage.assembly import read_columns, read_table
from backtest.tuning.storage.part_files import array_file, file_checksum
from backtest.tuning.storage.parts import Layout
from data.storage.atomic import UNFINISHED, replacing

PARTS = "parts"
IDENTITY = "identity.json"  # in the folder of parts: of which sweep they are
SEAL = "sweep.json"
TABLE = "table.parquet"
CSV = "table.csv"
FORMAT = 1  # of sweep.json: counted up whenever a key changes its meaning or goes


def flush(parts: Path, names: Iterable[str]) -> dict[str, dict[str, int]]:
    """Bring finished files onto the disk.

    Parameters
    ----------
    parts : Path
        Folder of the parts, in which they are.
    names : iterable of str

    Returns
    -------
    dict
        By name what the seal says of each.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    files = dict[str, dict[str, int]]()
    for name in names:
        with (parts / name).open("rb+") as file:
            os.fsync(file.fileno())
            files[name] = {"bytes": os.fstat(file.fileno()).st_size}
        if name == CSV:
            files[name]["crc32"] = file_checksum(parts / name)
    return files


def text_checksum(document: Mapping[str, Any]) -> int:
    """Give the CRC-32 of a document as it is written.

    Parameters
    ----------
    document : mapping

    Returns
    -------
    int
    """
    return zlib.crc32(json_text(document).encode())


def seal(parts: Path, files: Mapping[str, Mapping[str, int]], document: Mapping[str, Any]) -> None:
    """List finished files: from here on the sweep is finished.

    Parameters
    ----------
    parts : Path
        Folder of the parts, in which they are.
    files : mapping
        As `flush` gave it.
    document : mapping
        What else the seal says.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with replacing(parts / SEAL) as unfinished:
        unfinished.write_text(json_text({"format": FORMAT, **document, "files": files}), encoding="utf-8")
    sync(parts)


def move_out(folder: Path) -> None:
    """Put the files of a finished sweep into their places. Every step may have been done before.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OSError
        If that fails; what is left of it can be done later.
    """
    parts = folder / PARTS
    if _is_sealed(parts / SEAL, parts / IDENTITY):
        for name in sealed_names((parts / SEAL).read_bytes()):
            if (parts / name).exists():
                (parts / name).replace(folder / name)
        sync(folder)  # every file is in its place before the seal is
        (parts / SEAL).replace(folder / SEAL)
        sync(folder)
    if _is_sealed(folder / SEAL, parts / IDENTITY):
        # Under a name by which what is left of it goes later: without its identity nobody could say whose it is.
        gone = folder / f".{uuid4().hex}{UNFINISHED}"
        parts.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _is_sealed(seal: Path, identity: Path) -> bool:
    """Say whether a seal is that of the sweep whose parts these are: of nobody else's files anything is moved."""
    try:
        return bool(json.loads(seal.read_bytes())["identity"] == json.loads(identity.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return False


class SealedSweep:
    """A finished sweep; its files are read when asked for.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    layout : Layout
    identity : dict of str to str
        What decided the results.
    about : dict
        What was swept.

    Raises
    ------
    BacktestError
        If the folder holds no finished sweep, the seal cannot be read, or a file that it lists is missing or of another
        size.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        text = _seal_in(folder)
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                raise BacktestError(
                    f"{folder / SEAL} has format {document['format']!r}, and this version of Eastbound reads format "
                    f"{FORMAT}. Use the version that wrote it, or sweep again."
                )
            self.identity: dict[str, str] = dict(document["identity"])
            self.about: dict[str, Any] = dict(document["about"])
            self._about_checksum = int(document["about_crc32"])
            self.layout = Layout.from_document(document["layout"])
            self._checksums: list[int] = list(document["parts"])
            self._files = {name: dict(document["files"][name]) for name in sealed_names(text)}
            sizes = {name: stated["bytes"] for name, stated in self._files.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BacktestError(f"{folder / SEAL} is not what a sweep wrote. Choose another with --out.") from error
        for name, size in sizes.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != size:
                self._refuse(f"{name} {'was edited after the sweep' if path.exists() else 'is missing'}")

    def verify(self) -> None:
        """Hold every figure against the checksum of its part, table.csv and what sweep.json says against their own.

        Raises
        ------
        BacktestError
            If one was edited, or a file cannot be read any more.
        """
        if text_checksum(self.about) != self._about_checksum:
            self._refuse(f"what {SEAL} says of the sweep was edited after it")
        arrays = [self._checked(name) for name in self.layout.arrays]
        try:
            parts = zip(self._checksums, read_columns(self._folder / TABLE, self.layout), strict=True)
            for number, (stated, columns) in enumerate(parts):
                first, last = self.layout.bounds(number)
                crc = 0
                for piece in (*columns.values(), *(array[first:last] for array in arrays)):
                    crc = zlib.crc32(np.ascontiguousarray(piece).data.cast("B"), crc)
                if crc != stated:
                    self._refuse(f"candidates {first:,} to {last - 1:,} were edited after the sweep")
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            self._refuse(f"{TABLE} cannot be read any more", error)
        for name, file in self._files.items():
            if "crc32" in file and file_checksum(self._folder / name) != file["crc32"]:
                self._refuse(f"{name} was edited after the sweep")

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per candidate, in order."""
        return read_table(self._folder / TABLE, self.layout)

    def array(self, name: str) -> NDArray[Any]:
        """Map an array into memory: what is not looked at is not read.

        Parameters
        ----------
        name : str
            `sums`, `squares` or `returns`.

        Returns
        -------
        ndarray of shape (n_candidates, width)
        """
        found: NDArray[Any] = np.load(self._folder / array_file(name), mmap_mode="r")
        return found

    def _checked(self, name: str) -> NDArray[Any]:
        """Map an array, and hold its header against the layout."""
        dtype, width = self.layout.arrays[name]
        try:
            found = self.array(name)
        except (OSError, ValueError, SyntaxError) as error:  # the header is read as a literal of Python
            self._refuse(f"{array_file(name)} cannot be read any more", error)
        if found.shape != (self.layout.n_candidates, width) or found.dtype != dtype:
            self._refuse(f"{array_file(name)} was edited after the sweep")
        return found

    def _refuse(self, what: str, cause: Exception | None = None) -> NoReturn:
        raise BacktestError(
            f"{self._folder} is no longer the sweep that was written: {what}. Put the file back, remove the folder and "
            "sweep again, or choose another with --out."
        ) from cause


def _seal_in(folder: Path) -> bytes:
    try:
        return (folder / SEAL).read_bytes()
    except FileNotFoundError as error:
        raise BacktestError(
            f"{folder} holds no finished sweep: {SEAL}, which seals one, is missing. Give a folder that "
            "`eastbound sweep --out` wrote."
        ) from error
    except OSError as error:
        raise BacktestError(f"{folder / SEAL} cannot be read: {error.strerror or error}.") from error
