"""Which point of each dimension a candidate takes: all combinations, those of them kept, or drawn ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

BLOCK = 65_536  # combinations counted together, so that the k-th one kept is found at once; a multiple of 8


class Layout(Protocol):
    """The points that candidates take."""

    @property
    def n(self) -> int:
        """Candidates."""
        ...

    def digits(self, first: int, last: int) -> NDArray[np.int64]:
        """Give the points of candidates first to last - 1: shape (last - first, n_dimensions)."""
        ...

    def combinations(self, dimensions: Sequence[int]) -> NDArray[np.int64]:
        """Give the combinations of points of some dimensions that occur: shape (n, len(dimensions))."""
        ...


def digits_of(numbers: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Give the digits of numbers in mixed radix: of 0, 1, 2 ... they are itertools.product.

    Parameters
    ----------
    numbers : ndarray of shape (n,)
    sizes : sequence of int, length n_dimensions

    Returns
    -------
    ndarray of shape (n, n_dimensions)
    """
    digits = np.empty((len(numbers), len(sizes)), np.int64, order="F")  # it is read by columns
    rest = numbers
    for k in range(len(sizes) - 1, -1, -1):
        quotient = rest // sizes[k]
        digits[:, k] = rest - quotient * sizes[k]
        rest = quotient
    return digits


@dataclass(frozen=True)
class Product:
    """Every combination.

    Attributes
    ----------
    sizes : tuple of int
        Points of each dimension.
    """

    sizes: tuple[int, ...]

    @property
    def n(self) -> int:
        """Candidates."""
        return math.prod(self.sizes)

    def digits(self, first: int, last: int) -> NDArray[np.int64]:
        """Give the points of candidates, without a table."""
        return digits_of(np.arange(first, last), self.sizes)

    def combinations(self, dimensions: Sequence[int]) -> NDArray[np.int64]:
        """Give all combinations of some dimensions."""
        sizes = [self.sizes[d] for d in dimensions]
        return digits_of(np.arange(math.prod(sizes)), sizes)


@dataclass(frozen=True)
class Kept:
    """The combinations that conditions keep: a bit for each of all, kept or not.

    Attributes
    ----------
    sizes : tuple of int
        Points of each dimension.
    mask : ndarray of bool
        One axis per dimension, of length 1 where no condition names it.
    """

    sizes: tuple[int, ...]
    mask: NDArray[np.bool_]

    @cached_property
    def _bits(self) -> NDArray[np.uint8]:
        return np.packbits(np.broadcast_to(self.mask, self.sizes).ravel())

    @cached_property
    def _before(self) -> NDArray[np.int64]:
        """Kept combinations before each block."""
        counts = np.bitwise_count(self._bits)
        in_blocks = np.add.reduceat(counts, np.arange(0, len(counts), BLOCK // 8), dtype=np.int64)
        return np.concatenate(([0], np.cumsum(in_blocks)))

    @cached_property
    def n(self) -> int:
        """Candidates."""
        free = [size for size, asked in zip(self.sizes, self.mask.shape, strict=True) if asked == 1]
        return int(np.count_nonzero(self.mask)) * math.prod(free)

    def digits(self, first: int, last: int) -> NDArray[np.int64]:
        """Give the points of candidates."""
        low = int(np.searchsorted(self._before, first, side="right")) - 1
        high = int(np.searchsorted(self._before, last, side="left"))
        bits = np.unpackbits(self._bits[low * BLOCK // 8 : high * BLOCK // 8])
        skipped = first - int(self._before[low])
        return digits_of(np.flatnonzero(bits)[skipped : skipped + last - first] + low * BLOCK, self.sizes)

    def combinations(self, dimensions: Sequence[int]) -> NDArray[np.int64]:
        """Give the combinations of some dimensions of which a candidate is kept."""
        others = tuple(d for d in range(len(self.sizes)) if d not in dimensions)
        some = np.asarray(self.mask.any(axis=others))
        sizes = [self.sizes[d] for d in dimensions]
        in_order = np.transpose(some, [sorted(dimensions).index(d) for d in dimensions])
        return digits_of(np.flatnonzero(np.broadcast_to(in_order, sizes)), sizes)


@dataclass(frozen=True)
class Drawn:
    """Points drawn, a row per candidate.

    Attributes
    ----------
    table : ndarray of shape (n, n_dimensions), int32
    """

    table: NDArray[np.int32]

    @property
    def n(self) -> int:
        """Candidates."""
        return len(self.table)

    def digits(self, first: int, last: int) -> NDArray[np.int64]:
        """Give the points of candidates."""
        return self.table[first:last].astype(np.int64, order="F")

    def combinations(self, dimensions: Sequence[int]) -> NDArray[np.int64]:
        """Give the combinations of some dimensions that were drawn."""
        return np.unique(self.table[:, list(dimensions)], axis=0).astype(np.int64)
