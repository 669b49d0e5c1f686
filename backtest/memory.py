"""Memory of runs, used again once nothing refers to it."""

import math
import sys
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_KEPT = 2
SMALLEST_KEPT, LARGEST_KEPT = 2**20, 64 * 2**20  # bytes
SPACING = 64  # bytes: arrays do not share a cache line


def _unused() -> int:
    """Count what refers to a block that nobody uses: the list of blocks, the name in the loop, the argument."""
    count = 0
    for block in [np.empty(0)]:
        count = sys.getrefcount(block)
    return count


# A debugger may hold one more here, and not later.
UNUSED = min(_unused(), 3)


class Blocks:
    """Blocks of memory that runs write their results into.

    The first touch of a page that is new from the system takes as long as thousands of fills. A block goes back to
    nobody: every array made of it refers to it, and the block is free when none of them is left.

    Examples
    --------
    >>> blocks = Blocks()
    >>> first = blocks.take(2**21)
    >>> again = blocks.take(2**21)
    >>> first.base is again.base
    False
    >>> address = first.ctypes.data
    >>> del first
    >>> blocks.take(2**20).ctypes.data == address
    True
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint8]] = []
        self._lock = Lock()

    def take(self, n_bytes: int) -> NDArray[np.uint8]:
        """Give memory that nothing else refers to.

        Parameters
        ----------
        n_bytes : int

        Returns
        -------
        ndarray of shape (n_bytes,), uint8
            Not initialised. Keep it, or an array made of it, for as long as the memory is in use.
        """
        if n_bytes < SMALLEST_KEPT:  # a small array must not hold a large block
            return np.empty(n_bytes, dtype=np.uint8)
        with self._lock:
            for block in self._blocks:
                if block.nbytes >= n_bytes and sys.getrefcount(block) == UNUSED:
                    return block[:n_bytes]
            block = np.empty(n_bytes, dtype=np.uint8)
            if n_bytes <= LARGEST_KEPT:
                self._blocks = [block, *self._blocks[: N_KEPT - 1]]
            return block[:n_bytes]


BLOCKS = Blocks()


def aligned(shape: tuple[int, ...], kind: type = np.float64) -> NDArray[Any]:
    """Make an array that begins with a cache line: a vector of it is read in one go.

    Parameters
    ----------
    shape : tuple of int
    kind : type
        Of eight bytes.

    Returns
    -------
    ndarray
        All 0.
    """
    n_bytes = 8 * math.prod(shape)
    room = np.zeros(n_bytes + SPACING, dtype=np.uint8)
    start = -room.__array_interface__["data"][0] % SPACING
    return room[start : start + n_bytes].view(kind).reshape(shape)


def arrays_of(shapes: dict[str, tuple[tuple[int, ...], type]]) -> dict[str, NDArray[np.generic]]:
    """Make arrays side by side in one block.

    Parameters
    ----------
    shapes : dict of str to (shape, type)
        Of types of eight bytes.

    Returns
    -------
    dict of str to ndarray
        Not initialised.
    """
    step = SPACING // 8
    sizes = {name: -(-math.prod(shape) // step) * step for name, (shape, _) in shapes.items()}
    words = BLOCKS.take(8 * sum(sizes.values())).view(np.int64)
    made: dict[str, NDArray[np.generic]] = {}
    at = 0
    for name, (shape, kind) in shapes.items():
        made[name] = words[at : at + math.prod(shape)].view(kind).reshape(shape)
        at += sizes[name]
    return made
