"""The parts of an unfinished sweep on the disk: each whole, or not there.

Every part has its place in files that are as long as the whole sweep from the start: `sums.npy`, `squares.npy` and
`returns.npy`, which are finished once every part is in them, and `columns.raw`, from which the table is made. A part is
there once its mark is: a file of its own, renamed into place after the part was written, with the CRC-32 of what was.

Nothing is forced onto the disk part by part: what a killed process has written is the system's to keep. After a power
cut a mark may be there whose part is not, or not all of it: the CRC tells, and the part is made again.
"""

import io
import json
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from backtest.tuning.storage.parts import Layout, Pieces
from data.storage.atomic import UNFINISHED

COLUMNS = "columns.raw"


class PartFiles:
    """Files of an unfinished sweep.

    Parameters
    ----------
    folder : Path
        One that exists.
    layout : Layout
    """

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._layout = layout
        n = layout.n_candidates
        # Of each column where it starts; of each array how long the header before it is.
        starts = np.cumsum([0, *(n * dtype.itemsize for dtype in layout.column_types.values())])
        self._starts = dict(zip(layout.column_types, starts[:-1].tolist(), strict=True))
        self._headers = {name: _header(dtype, (n, width)) for name, (dtype, width) in layout.arrays.items()}

    def lay_out(self) -> None:
        """Give each file its length and its header; what it holds stays.

        Raises
        ------
        OSError
            If the folder cannot be written, or no file may be that long.
        """
        sizes = {COLUMNS: self._layout.table_bytes}
        for name, (dtype, width) in self._layout.arrays.items():
            sizes[array_file(name)] = len(self._headers[name]) + self._layout.n_candidates * width * dtype.itemsize
        for name, size in sizes.items():
            path = self._folder / name
            path.touch()
            with path.open("r+b") as file:
                file.truncate(size)  # takes no room before something is written there
                file.write(self._headers.get(Path(name).stem, b""))

    def write(self, number: int, pieces: Pieces) -> None:
        """Write a part, and mark it as there.

        Parameters
        ----------
        number : int
        pieces : Pieces

        Raises
        ------
        OSError
            If it cannot be written: it is not there then.
        """
        crc = 0
        with ExitStack() as stack:
            names = (COLUMNS, *map(array_file, self._layout.arrays))
            files = {name: stack.enter_context((self._folder / name).open("r+b", buffering=0)) for name in names}
            for (name, start, _), piece in zip(self._places(number), _in_order(pieces), strict=True):
                content = piece.data.cast("B")
                crc = zlib.crc32(content, crc)
                files[name].seek(start)
                while content:
                    content = content[files[name].write(content) :]
        unfinished = self._folder / f".{number}.{uuid4().hex}{UNFINISHED}"
        try:
            unfinished.write_text(json.dumps({"crc32": crc}), encoding="ascii")
            unfinished.replace(self._mark(number))
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def columns(self, number: int) -> dict[str, NDArray[Any]]:
        """Read the columns of a part.

        Parameters
        ----------
        number : int

        Returns
        -------
        dict of str to ndarray
            As `Pieces.columns`.
        """
        # Read, not mapped: mapped pages count as memory held, and there may be more of them than memory.
        places = zip(self._layout.column_types.items(), self._places(number), strict=False)
        with (self._folder / COLUMNS).open("rb", buffering=0) as file:
            found = {}
            for (name, dtype), (_, start, size) in places:
                found[name] = np.empty(size // dtype.itemsize, dtype)
                file.seek(start)
                if file.readinto(found[name].data.cast("B")) != size:
                    raise OSError(f"{COLUMNS} ends too early")
        return found

    def marked(self) -> frozenset[int]:
        """Give the numbers of the parts that are marked as there."""
        return frozenset(number for number in range(self._layout.n_parts) if self._mark(number).exists())

    def is_whole(self, number: int) -> bool:
        """Say whether what is there of a part is what was written.

        Parameters
        ----------
        number : int

        Returns
        -------
        bool
        """
        try:
            crc = 0
            for name, start, size in self._places(number):
                for content in _read(self._folder / name, start, size):
                    crc = zlib.crc32(content, crc)
            return crc == self.checksum(number)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def checksum(self, number: int) -> int:
        """Give the CRC-32 of a part, as its mark states it.

        Parameters
        ----------
        number : int

        Returns
        -------
        int
            Of its columns and arrays, one after another.
        """
        return int(json.loads(self._mark(number).read_bytes())["crc32"])

    def forget(self, number: int) -> None:
        """Take the mark off a part.

        Parameters
        ----------
        number : int
        """
        self._mark(number).unlink(missing_ok=True)

    def _places(self, number: int) -> Iterator[tuple[str, int, int]]:
        """Give file, first byte and length of each piece of a part."""
        first, last = self._layout.bounds(number)
        for name, dtype in self._layout.column_types.items():
            yield COLUMNS, self._starts[name] + first * dtype.itemsize, (last - first) * dtype.itemsize
        for name, (dtype, width) in self._layout.arrays.items():
            row = width * dtype.itemsize
            yield array_file(name), len(self._headers[name]) + first * row, (last - first) * row

    def _mark(self, number: int) -> Path:
        return self._folder / f"{number:05d}.json"


def array_file(name: str) -> str:
    """Name the file of an array.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
    """
    return f"{name}.npy"


def file_checksum(path: Path) -> int:
    """Read a file through for its CRC-32.

    Parameters
    ----------
    path : Path

    Returns
    -------
    int
    """
    crc = 0
    for content in _read(path, 0, path.stat().st_size, at_once=1 << 17):
        crc = zlib.crc32(content, crc)
    return crc


def _in_order(pieces: Pieces) -> Iterator[NDArray[Any]]:
    for group in pieces:
        yield from group.values()


def _read(path: Path, start: int, size: int, at_once: int = 1 << 22) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while size:
            content = file.read(min(size, at_once))
            if not content:
                return
            size -= len(content)
            yield content


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Give what a .npy file starts with."""
    content = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(content, described)
    return content.getvalue()
