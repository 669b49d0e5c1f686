"""Candidates that share some of their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.tuning.grids.dimensions import Dimension
from backtest.tuning.grids.layouts import Drawn, Layout


@dataclass(frozen=True)
class Grouping:
    """The combinations of some parameters that occur, and which of them each candidate takes.

    Attributes
    ----------
    combinations : ndarray of shape (n_combinations, n_names)
        Codes of the parameters.
    dimensions : tuple of int
        Dimensions of the parameters.
    kinds : tuple of ndarray
        Of each of those dimensions: points that give the parameters the same values share a number.
    keys : ndarray of shape (n_combinations,)
        The numbers of a combination as one number, ascending; of drawn candidates, (n,), the combination of each.
    """

    combinations: NDArray[np.int64]
    dimensions: tuple[int, ...]
    kinds: tuple[NDArray[np.int64], ...]
    keys: NDArray[np.int64]

    def of(self, layout: Layout, first: int, last: int) -> NDArray[np.int64]:
        """Say which combination candidates take.

        Parameters
        ----------
        layout : Layout
        first, last : int

        Returns
        -------
        ndarray of shape (last - first,)
        """
        if isinstance(layout, Drawn):
            return self.keys[first:last]
        digits = layout.digits(first, last)
        numbers = np.stack([kind[digits[:, d]] for d, kind in zip(self.dimensions, self.kinds, strict=True)], axis=1)
        return np.searchsorted(self.keys, _keys(numbers, [_n_kinds(kind) for kind in self.kinds]))


def grouping_of(dimensions: Sequence[Dimension], layout: Layout, names: Sequence[str]) -> Grouping:
    """Find the combinations of some parameters that occur.

    Parameters
    ----------
    dimensions : sequence of Dimension
    layout : Layout
    names : sequence of str
        Varied parameters.

    Returns
    -------
    Grouping
        Combinations in ascending order of their points, the first dimension named slowest.
    """
    home = {name: d for d, dimension in enumerate(dimensions) for name in dimension.names}
    chosen = tuple(dict.fromkeys(home[name] for name in names))
    kinds = tuple(_kinds(dimensions[d], [name for name in names if home[name] == d]) for d in chosen)
    points = layout.digits(0, layout.n)[:, list(chosen)] if isinstance(layout, Drawn) else layout.combinations(chosen)
    numbers = np.stack([kind[points[:, k]] for k, kind in enumerate(kinds)], axis=1)
    keys, examples, members = np.unique(
        _keys(numbers, [_n_kinds(kind) for kind in kinds]), return_index=True, return_inverse=True
    )
    columns = []
    for name in names:
        dimension = dimensions[home[name]]
        codes = dimension.codes[:, dimension.names.index(name)]
        columns.append(codes[points[examples, chosen.index(home[name])]])
    return Grouping(np.stack(columns, axis=1), chosen, kinds, members if isinstance(layout, Drawn) else keys)


def _kinds(dimension: Dimension, names: Sequence[str]) -> NDArray[np.int64]:
    if len(dimension.names) == 1:
        return np.arange(len(dimension))
    codes = dimension.codes[:, [dimension.names.index(name) for name in names]]
    # Numbered by first appearance, so that combinations keep the order of the tables.
    _, firsts, members = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(firsts))[members.reshape(-1)]


def _n_kinds(kind: NDArray[np.int64]) -> int:
    return int(kind.max()) + 1


def _keys(numbers: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Make one number of several, in lexicographic order; of drawn ones the product may pass int64, so they shrink."""
    keys, size = np.zeros(len(numbers), np.int64), 1
    for k, more in enumerate(sizes):
        if size * more > 2**62:
            seen, keys = np.unique(keys, return_inverse=True)
            size = len(seen)
        keys, size = keys * more + numbers[:, k], size * more
    return keys
