"""A call of a kernel, written down: run again, it does the same work on the same bytes, without what prepared it."""

import hashlib
import io
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np

SPACING, MOST_ARRAYS = 64, 1024  # bytes: arrays begin with a cache line


@dataclass(frozen=True)
class RecordedCall:
    """A call of a kernel.

    Attributes
    ----------
    kernel : str
        As `package.module:name`.
    packed : bytes
        Its arguments as they were before the call.
    """

    kernel: str
    packed: bytes

    @classmethod
    def of(cls, kernel: str, arguments: tuple[Any, ...]) -> "RecordedCall":
        """Copy the arguments of a call that is about to be made."""
        kept = io.BytesIO()
        _Pickler(kept, protocol=pickle.HIGHEST_PROTOCOL).dump(arguments)
        return cls(kernel, kept.getvalue())

    def function(self) -> Any:
        """Import the kernel."""
        return resolve_name(self.kernel)

    def arguments(self) -> tuple[Any, ...]:
        """Lay the arguments out anew, in one block and in a fixed order: a call changes them.

        Loops begin by comparing addresses of arrays, and how many instructions that takes depends on which comes first.
        """
        laid: tuple[Any, ...] = _Unpickler(self.packed).load()
        return laid

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays among its arguments."""
        return sum(array.nbytes for array in _arrays_of(self.arguments()))

    def write(self, path: Path) -> None:
        """Keep the call in a file."""
        path.write_bytes(self.kernel.encode() + b"\0" + self.packed)

    @classmethod
    def read(cls, path: Path) -> "RecordedCall":
        """Read what `write` has written."""
        kernel, _, packed = path.read_bytes().partition(b"\0")
        return cls(kernel.decode(), packed)


def digest_of(arguments: tuple[Any, ...], result: object) -> str:
    """Name what a call has left behind: the bytes of every array that it may write, and what it returned."""
    digest = hashlib.sha256(repr(result).encode())
    for array in _arrays_of(arguments):
        if array.flags.writeable:
            digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def _arrays_of(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _arrays_of(one)


class _Pickler(pickle.Pickler):
    """Keeps what numba's types know of an array and pickle forgets: whether it can be written to."""

    def reducer_override(self, value: object) -> Any:
        if not isinstance(value, np.ndarray):
            return NotImplemented
        if not value.flags.c_contiguous:
            raise ValueError(f"an argument of shape {value.shape} has gaps: kernels take arrays without")
        return _laid_out, (value.tobytes(), value.dtype.str, value.shape, value.flags.writeable)


def _laid_out(content: bytes, kind: str, shape: tuple[int, ...], is_writeable: bool) -> np.ndarray[Any, Any]:
    """Stand in the pickle for `_Unpickler.lay_out`, which knows the block."""
    raise NotImplementedError


class _Unpickler(pickle.Unpickler):
    """Lays arrays out one behind the other."""

    def __init__(self, packed: bytes) -> None:
        super().__init__(io.BytesIO(packed))
        # What is packed holds the bytes of every array: enough, with a cache line more for each.
        self._room = np.zeros(len(packed) + SPACING * MOST_ARRAYS, dtype=np.uint8)
        self._at = -self._room.ctypes.data % SPACING

    def find_class(self, module: str, name: str) -> Any:
        return self.lay_out if name == _laid_out.__name__ else super().find_class(module, name)

    def lay_out(self, content: bytes, kind: str, shape: tuple[int, ...], is_writeable: bool) -> np.ndarray[Any, Any]:
        array = self._room[self._at : self._at + len(content)]
        array[:] = np.frombuffer(content, dtype=np.uint8)
        self._at += len(content) + -len(content) % SPACING
        made = array.view(kind).reshape(shape)
        made.flags.writeable = is_writeable
        return made
