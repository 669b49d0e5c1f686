"""The parts of a sweep: what is known of consecutive candidates, and where each piece of it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError

# Fixed, whatever threads and memory there are: it decides the row groups of the table, and so its bytes.
PART_SIZE = 65_536  # candidates

Column = NDArray[Any] | pd.Categorical
ColumnType = np.dtype[Any] | pd.CategoricalDtype
Piece = NDArray[Any]


@dataclass(frozen=True)
class Part:
    """What a sweep found of consecutive candidates.

    Attributes
    ----------
    columns : mapping of str to ndarray or Categorical, each of length n
        Parameters, measures and `general_decisions`, as the table has them. A measure that is not defined is NaN.
    sums : ndarray of shape (n, n_blocks), float64
        Sums of simple returns per block of time.
    squares : ndarray of shape (n, n_blocks), float64
        Sums of their squares.
    returns : ndarray of shape (n, n_dates), float32, or None
        Simple returns; None where they are not kept.
    """

    columns: Mapping[str, Column]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    returns: NDArray[np.float32] | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Shape of what a sweep keeps.

    Attributes
    ----------
    columns : mapping of str to dtype
        Columns of the table in order: numbers, booleans or categories.
    n_candidates : int
    n_blocks : int
        Blocks of time of the moments.
    n_dates : int or None
        Dates of the returns kept; None where none are.
    part_size : int
        Candidates of a part; the last one has what is left.
    """

    columns: Mapping[str, ColumnType]
    n_candidates: int
    n_blocks: int
    n_dates: int | None = None
    part_size: int = PART_SIZE

    def __post_init__(self) -> None:
        """Refuse what cannot be laid out."""
        if self.n_candidates < 1 or self.part_size < 1:
            raise BacktestError(
                f"A sweep of {self.n_candidates:,} candidates in parts of {self.part_size:,} has nothing to keep."
            )
        for name, kind in self.columns.items():
            if not isinstance(kind, pd.CategoricalDtype) and np.dtype(kind).kind not in "biuf":
                raise BacktestError(f"Column {name} of a sweep holds {kind}; want numbers, booleans or categories.")

    @property
    def n_parts(self) -> int:
        """Parts of the sweep."""
        return -(-self.n_candidates // self.part_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return self.n_candidates * sum(np.dtype(kind).itemsize * width for kind, width in self.pieces().values())

    def bounds(self, number: int) -> tuple[int, int]:
        """Give the candidates of a part.

        Parameters
        ----------
        number : int

        Returns
        -------
        first, last : int
            The last one is not in it.

        Examples
        --------
        >>> Layout(columns={}, n_candidates=10, n_blocks=1, part_size=4).bounds(2)
        (8, 10)
        """
        if not 0 <= number < self.n_parts:
            raise BacktestError(f"A sweep of {self.n_parts:,} parts has no part {number}.")
        return number * self.part_size, min((number + 1) * self.part_size, self.n_candidates)

    def pieces(self) -> dict[str, tuple[np.dtype[Any], int]]:
        """Name what is kept of each candidate, in the order in which it is written.

        Returns
        -------
        dict of str to (dtype, int)
            Type and numbers a candidate: of each column, by its name, then of `/sums`, `/squares` and, where they are
            kept, `/returns`. Categories are kept as their codes.
        """
        moments = {name: (np.dtype(np.float64), self.n_blocks) for name in ("/sums", "/squares")}
        returns = {} if self.n_dates is None else {"/returns": (np.dtype(np.float32), self.n_dates)}
        return {name: (code_type(kind), 1) for name, kind in self.columns.items()} | moments | returns

    def taken(self, number: int, part: Part) -> dict[str, Piece]:
        """Take the pieces of a part, each of the type and shape that the layout states.

        Parameters
        ----------
        number : int
        part : Part

        Returns
        -------
        dict of str to ndarray
            As `pieces` names them, C-contiguous.

        Raises
        ------
        BacktestError
            If a column is missing or unknown, or a shape or a type is another.
        """
        first, last = self.bounds(number)
        if list(part.columns) != list(self.columns):
            odd = set(part.columns) ^ set(self.columns)
            what = f"other columns: {', '.join(sorted(odd))}" if odd else "its columns in another order"
            raise BacktestError(f"Part {number} of the sweep has {what}.")
        given: dict[str, Piece] = {name: self._codes(name, column) for name, column in part.columns.items()}
        given |= {"/sums": part.sums, "/squares": part.squares}
        if part.returns is not None:
            given["/returns"] = part.returns
        stated = self.pieces()
        if given.keys() != stated.keys():
            raise BacktestError(f"Part {number} of the sweep comes {'without' if self.n_dates else 'with'} returns.")
        for name, (dtype, width) in stated.items():
            shape = (last - first,) if name in self.columns else (last - first, width)
            if given[name].shape != shape or given[name].dtype != dtype:
                raise BacktestError(
                    f"Part {number} of the sweep has {name.lstrip('/')} of shape {given[name].shape} and type "
                    f"{given[name].dtype}; want {shape} and {dtype}."
                )
        return {name: np.ascontiguousarray(given[name]) for name in stated}

    def frame(self, pieces: Mapping[str, Piece]) -> pd.DataFrame:
        """Make the table of candidates from its pieces.

        Parameters
        ----------
        pieces : mapping of str to ndarray

        Returns
        -------
        DataFrame
        """
        columns = {
            name: pd.Categorical.from_codes(pieces[name], dtype=kind)
            if isinstance(kind, pd.CategoricalDtype)
            else pieces[name]
            for name, kind in self.columns.items()
        }
        return pd.DataFrame(columns, copy=False)

    def _codes(self, name: str, column: Column) -> Piece:
        kind = self.columns[name]
        if not isinstance(kind, pd.CategoricalDtype):
            return np.asarray(column)
        if not isinstance(column, pd.Categorical) or not column.categories.equals(kind.categories):
            raise BacktestError(f"Column {name} of the sweep has other categories than the first part's.")
        return np.asarray(column.codes).astype(code_type(kind), copy=False)


def code_type(kind: ColumnType) -> np.dtype[Any]:
    """Give the type that a column is kept in.

    Parameters
    ----------
    kind : dtype

    Returns
    -------
    dtype
        Of categories that of their codes, -1 where one is missing.

    Examples
    --------
    >>> code_type(pd.CategoricalDtype(["equal", "erc"]))
    dtype('int8')
    """
    if not isinstance(kind, pd.CategoricalDtype):
        return np.dtype(kind)
    return np.asarray(pd.Categorical.from_codes([], dtype=kind).codes).dtype
