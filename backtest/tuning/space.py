"""The space of a sweep: which parameters are varied, over what, and which candidate takes which values."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.conditions import Condition, conditions_of
from backtest.tuning.dimensions import MAX_POINTS, Dimension, dimension_of
from backtest.tuning.distributions import Distribution, Draw, draw_of
from backtest.tuning.layouts import Drawn, Kept, Layout, Product
from backtest.tuning.parameter_values import OWN, column_of

RESERVED = ("conditions", "draw")


@dataclass(frozen=True)
class Space:
    """The candidates of a sweep, in order.

    Candidates of a grid come as from itertools.product in the order of the names, the last one fastest; what the
    conditions do not hold for is left out. Drawn candidates come in the order of the draw.

    Attributes
    ----------
    names : tuple of str
        Dotted parameters in the order of the grid.
    values : tuple of tuples
        The distinct values of each. `OWN` stands where a table of a section leaves the parameter out: the thesis' own.
    n : int
        Candidates.
    digest : str
        SHA-256 of all that decides the candidates and their order.
    """

    names: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]
    n: int
    digest: str
    dimensions: tuple[Dimension, ...] = field(repr=False)
    layout: Layout = field(repr=False)

    def codes(self, first: int, last: int) -> NDArray[np.int64]:
        """Say which of `values` candidates take.

        Parameters
        ----------
        first, last : int
            Candidates first to last - 1.

        Returns
        -------
        ndarray of shape (last - first, n_names)
        """
        digits = self.layout.digits(first, last)
        return np.concatenate([d.codes[digits[:, k]] for k, d in enumerate(self.dimensions)], axis=1)

    def settings(self, candidate: int) -> dict[str, object]:
        """Give a candidate's settings, as `Thesis.replace` takes them."""
        (codes,) = self.codes(candidate, candidate + 1)
        chosen = {name: self.values[k][code] for k, (name, code) in enumerate(zip(self.names, codes, strict=True))}
        return {name: value for name, value in chosen.items() if value is not OWN}

    def columns(self, first: int, last: int) -> dict[str, NDArray[Any] | pd.Categorical]:
        """Give the parameters of candidates as columns of a table."""
        codes = self.codes(first, last)
        return {name: column_of(self.values[k], codes[:, k]) for k, name in enumerate(self.names)}

    def distinct(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Give the combinations of some parameters that occur: codes of shape (n_combinations, len(names))."""
        raise NotImplementedError

    def groups(self, names: Sequence[str], first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Say which row of `distinct(names)` each candidate takes."""
        raise NotImplementedError


def space_of(grid: "Mapping[str, Any] | Space", base: Callable[[str], object] | None = None) -> Space:
    raise NotImplementedError
