"""Statistics of values by group, a million at a time."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from backtest.tuning.analysis.kernels import add_pairs_nb

MOST_SHORT = 2**16
HALVES = 2  # added up beside each other; always as many, so that sums are the same on any machine


class Sorted:
    """Values sorted once, to be parted into any groups.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN and infinities are left out.
    """

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.order = np.argsort(values)
        held = values[self.order]
        is_known = np.isfinite(held)
        self.order, self.held = self.order[is_known], held[is_known]

    def quantiles(self, codes: NDArray[np.integer], n_groups: int, cuts: tuple[float, ...]) -> NDArray[np.float64]:
        """Quantiles by group.

        Parameters
        ----------
        codes : ndarray of shape (n,), int
            Group of each value, 0 to n_groups - 1.
        n_groups : int
        cuts : tuple of float
            Probabilities; between two values by linear interpolation, as `numpy.quantile`.

        Returns
        -------
        ndarray of shape (n_groups, len(cuts))
            NaN for an empty group.

        Examples
        --------
        >>> Sorted(np.array([3.0, 1.0, 2.0, 9.0])).quantiles(np.array([0, 0, 0, 1]), 3, (0.5, 1.0)).tolist()
        [[2.0, 3.0], [9.0, 9.0], [nan, nan]]
        """
        # A stable sort of 16 bits is a radix sort, and keeps the order of the values within a group.
        groups = codes.astype(np.uint16 if n_groups <= MOST_SHORT else np.int64)[self.order]
        held = self.held[np.argsort(groups, kind="stable")]
        counts = np.bincount(groups, minlength=n_groups)
        starts = np.cumsum(counts) - counts
        found = np.full((n_groups, len(cuts)), np.nan)
        is_held = counts > 0
        first, last = starts[is_held], counts[is_held] - 1
        for j, cut in enumerate(cuts):
            place = cut * last
            below = np.floor(place).astype(np.int64)
            low, high = held[first + below], held[first + np.minimum(below + 1, last)]
            found[is_held, j] = low + (place - below) * (high - low)
        return found


class Variance:
    """The squares of values about their mean, to be parted into any groups.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN and infinities are left out.
    """

    def __init__(self, values: NDArray[np.float64]) -> None:
        is_known = np.isfinite(values)
        self.known = None if is_known.all() else is_known
        held = values[is_known]
        self.apart = held - (held.mean() if len(held) else 0.0)  # first, so that nothing cancels
        total = float(self.apart @ self.apart)
        rounding = 1e-24 * len(held) * max(1.0, float(np.abs(held).max(initial=0.0))) ** 2
        self.total = total if total > rounding else math.nan

    def between(self, codes: NDArray[np.integer], n_groups: int) -> float:
        """Share of the squares that lies between the means of groups: eta squared.

        Parameters
        ----------
        codes : ndarray of shape (n,), int
            Group of each value, 0 to n_groups - 1.
        n_groups : int

        Returns
        -------
        float
            From 0 to 1; NaN where values do not vary.

        Examples
        --------
        >>> Variance(np.array([1.0, 3.0, 3.0, 5.0])).between(np.array([0, 0, 1, 1]), 2)
        0.5
        """
        groups = (codes if self.known is None else codes[self.known]).astype(np.intp)
        counts = np.bincount(groups, minlength=n_groups)
        return self._between(counts, np.bincount(groups, weights=self.apart, minlength=n_groups))

    def between_pairs(
        self, codes: Sequence[NDArray[np.integer]], sizes: Sequence[int]
    ) -> tuple[list[float], list[float]]:
        """Share of the squares that lies between the means of each grouping, and of each pair of them.

        Parameters
        ----------
        codes : sequence of ndarray of shape (n,), uint16
            Groups of each value by each grouping.
        sizes : sequence of int
            Groups of each.

        Returns
        -------
        alone : list of float
            By grouping, of two or more.
        together : list of float
            By pair, in the order of `itertools.combinations`.

        Examples
        --------
        >>> first, second = np.array([0, 0, 1, 1], np.uint16), np.array([0, 1, 0, 1], np.uint16)
        >>> Variance(np.array([1.0, 3.0, 3.0, 5.0])).between_pairs([first, second], [2, 2])
        ([0.5, 0.5], [1.0])
        """
        edges = np.cumsum([0, *(a * b for a, b in combinations(sizes, 2))])
        counts, sums = np.zeros((HALVES, edges[-1]), dtype=np.int64), np.zeros((HALVES, edges[-1]))
        groups = np.stack([one if self.known is None else one[self.known] for one in codes], axis=1)
        own_sizes, n = np.array(sizes, dtype=np.int64), len(self.apart)
        starts = np.zeros((len(sizes), len(sizes)), dtype=np.int64)
        starts[np.triu_indices(len(sizes), 1)] = edges[:-1]

        def add(half: int) -> None:
            some = slice(half * n // HALVES, (half + 1) * n // HALVES)
            values, weights = self.apart[some].copy(), np.ones(some.stop - some.start, dtype=np.int64)
            add_pairs_nb(groups[some], own_sizes, starts, values, weights, counts[half], sums[half])

        with ThreadPoolExecutor(HALVES) as pool:
            list(pool.map(add, range(HALVES)))
        counts, sums = counts.sum(axis=0), sums.sum(axis=0)
        together = [self._between(counts[first:last], sums[first:last]) for first, last in pairwise(edges)]
        cells = [
            (counts[first:last].reshape(a, b), sums[first:last].reshape(a, b))
            for (first, last), (a, b) in zip(pairwise(edges), combinations(sizes, 2), strict=True)
        ]
        # Each grouping is a side of one of the first pairs: the first of the first, and the second of the others.
        rims = [(0, 1), *((at, 0) for at in range(len(sizes) - 1))]
        alone = [self._between(*(one.sum(axis=side) for one in cells[at])) for at, side in rims]
        return alone, together

    def _between(self, counts: NDArray[np.integer], sums: NDArray[np.number]) -> float:
        return float((sums[counts > 0] ** 2 / counts[counts > 0]).sum() / self.total)


def group_means(codes: NDArray[np.integer], values: NDArray[np.float64], n_groups: int) -> NDArray[np.float64]:
    """Means by group.

    Parameters
    ----------
    codes : ndarray of shape (n,), int
    values : ndarray of shape (n,)
        Finite.
    n_groups : int

    Returns
    -------
    ndarray of shape (n_groups,)
        NaN for an empty group.
    """
    counts = np.bincount(codes, minlength=n_groups)
    sums = np.bincount(codes, weights=values, minlength=n_groups)
    found = np.full(n_groups, np.nan)
    found[counts > 0] = sums[counts > 0] / counts[counts > 0]
    return found
