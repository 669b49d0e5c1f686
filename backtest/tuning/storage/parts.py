"""The parts of a sweep: what is known of consecutive candidates, and the shape of it all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError

# Fixed, whatever threads and memory there are: it decides the row groups of the table, and so its bytes.
PART_SIZE = 65_536  # candidates
CSV_NUMBER = 20  # bytes: 17 digits, a sign, a point and a comma

Column = NDArray[Any] | pd.Categorical
ColumnType = np.dtype[Any] | pd.CategoricalDtype

# Says what was swept, given a function that reads columns of the table.
About = Callable[[Callable[[Sequence[str]], pd.DataFrame]], Mapping[str, Any]]


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


class Pieces(NamedTuple):
    """A part, or a whole sweep, as plain arrays.

    Attributes
    ----------
    columns : dict of str to ndarray
        Columns of the table; of categories their codes, -1 where one is missing.
    arrays : dict of str to ndarray of shape (n, width)
        `sums`, `squares` and, where they are kept, `returns`.
    """

    columns: dict[str, NDArray[Any]]
    arrays: dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Shape of what a sweep keeps.

    Attributes
    ----------
    columns : mapping of str to dtype
        Columns of the table in order: numbers, booleans, or categories that are texts in no order.
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
            if isinstance(kind, pd.CategoricalDtype):
                is_kept = not kind.ordered and all(isinstance(one, str) for one in kind.categories)
            else:
                is_kept = np.dtype(kind).kind in "biuf"
            if not is_kept:
                raise BacktestError(
                    f"Column {name} of a sweep is of type {kind}; want numbers, or categories: texts in no order."
                )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Layout":
        """Read a layout from what `document` gave.

        Parameters
        ----------
        document : mapping

        Returns
        -------
        Layout
        """
        columns = {
            name: np.dtype(kind) if isinstance(kind, str) else pd.CategoricalDtype(kind, ordered=False)
            for name, kind in document["columns"].items()
        }
        return cls(**{**document, "columns": columns})

    def document(self) -> dict[str, Any]:
        """Give the layout as plain values.

        Returns
        -------
        dict
            Of each column the name of its type, or the list of its categories.

        Examples
        --------
        >>> Layout(columns={"sharpe": np.dtype(float)}, n_candidates=10, n_blocks=1).document()["columns"]
        {'sharpe': 'float64'}
        """
        columns = {
            name: list(kind.categories) if isinstance(kind, pd.CategoricalDtype) else str(np.dtype(kind))
            for name, kind in self.columns.items()
        }
        return {
            "columns": columns,
            "n_candidates": self.n_candidates,
            "n_blocks": self.n_blocks,
            "n_dates": self.n_dates,
            "part_size": self.part_size,
        }

    @property
    def n_parts(self) -> int:
        """Parts of the sweep."""
        return -(-self.n_candidates // self.part_size)

    @property
    def column_types(self) -> dict[str, np.dtype[Any]]:
        """Types of the columns as they are kept: of categories that of their codes."""
        return {name: code_type(kind) for name, kind in self.columns.items()}

    @property
    def arrays(self) -> dict[str, tuple[np.dtype[Any], int]]:
        """Type, and numbers a candidate, of each array beside the table."""
        arrays = {name: (np.dtype(np.float64), self.n_blocks) for name in ("sums", "squares")}
        return arrays if self.n_dates is None else arrays | {"returns": (np.dtype(np.float32), self.n_dates)}

    @property
    def table_bytes(self) -> int:
        """Bytes of the columns of all candidates."""
        return self.n_candidates * sum(dtype.itemsize for dtype in self.column_types.values())

    @property
    def csv_bytes(self) -> int:
        """Bytes that the table may take as CSV, estimated by what its longest numbers and texts take."""
        widths = (
            max((len(str(one)) for one in kind.categories), default=0) + 1
            if isinstance(kind, pd.CategoricalDtype)
            else CSV_NUMBER
            for kind in self.columns.values()
        )
        return self.n_candidates * sum(widths)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept of all candidates."""
        return self.table_bytes + self.n_candidates * sum(dtype.itemsize * n for dtype, n in self.arrays.values())

    @property
    def part_bytes(self) -> int:
        """Bytes of all that is kept of the candidates of a part."""
        return self.nbytes // self.n_candidates * min(self.part_size, self.n_candidates)

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

    def pieces(self, number: int, part: Part) -> Pieces:
        """Take a part apart, and hold it against the layout.

        Parameters
        ----------
        number : int
        part : Part

        Returns
        -------
        Pieces
            C-contiguous.

        Raises
        ------
        BacktestError
            If a column is missing or unknown, or a shape, a type or categories are others.
        """
        first, last = self.bounds(number)
        if list(part.columns) != list(self.columns):
            odd = part.columns.keys() ^ self.columns.keys()
            what = f"other columns: {', '.join(sorted(odd))}" if odd else "its columns in another order"
            raise BacktestError(f"Part {number} of the sweep has {what}.")
        columns = {name: self._plain(number, name, column) for name, column in part.columns.items()}
        arrays: dict[str, NDArray[Any]] = {"sums": part.sums, "squares": part.squares}
        if part.returns is not None:
            arrays["returns"] = part.returns
        if arrays.keys() != self.arrays.keys():
            how = "with" if self.n_dates is None else "without"
            raise BacktestError(f"Part {number} of the sweep comes {how} returns.")
        n = last - first
        stated: list[tuple[str, NDArray[Any], np.dtype[Any], tuple[int, ...]]]
        stated = [(name, columns[name], dtype, (n,)) for name, dtype in self.column_types.items()]
        stated += [(name, arrays[name], dtype, (n, width)) for name, (dtype, width) in self.arrays.items()]
        for name, found, dtype, shape in stated:
            if found.shape != shape or found.dtype != dtype:
                raise BacktestError(
                    f"Part {number} of the sweep has {name} of shape {found.shape} and type {found.dtype}; "
                    f"want {shape} and {dtype}."
                )
        for group in (columns, arrays):
            group.update({name: np.ascontiguousarray(one) for name, one in group.items()})
        return Pieces(columns, arrays)

    def frame(self, columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
        """Make a table of candidates.

        Parameters
        ----------
        columns : mapping of str to ndarray
            As `Pieces.columns`, or some of them.

        Returns
        -------
        DataFrame
            Of the same memory.
        """
        return pd.DataFrame({name: self.column(name, plain) for name, plain in columns.items()}, copy=False)

    def column(self, name: str, plain: NDArray[Any]) -> Column:
        """Give a column as the table has it.

        Parameters
        ----------
        name : str
        plain : ndarray
            Numbers, or codes of categories.

        Returns
        -------
        ndarray or Categorical
        """
        kind = self.columns[name]
        return pd.Categorical.from_codes(plain, dtype=kind) if isinstance(kind, pd.CategoricalDtype) else plain

    def refuse_missing(self, done: frozenset[int]) -> None:
        """Refuse to put a sweep together of which parts are missing.

        Parameters
        ----------
        done : frozenset of int
            Numbers of the parts that are there.

        Raises
        ------
        BacktestError
        """
        if missing := self.n_parts - len(done):
            raise BacktestError(f"{missing:,} of {self.n_parts:,} parts of the sweep are not there yet.")

    def _plain(self, number: int, name: str, column: Column) -> NDArray[Any]:
        kind = self.columns[name]
        if not isinstance(kind, pd.CategoricalDtype):
            return np.asarray(column)
        if not isinstance(column, pd.Categorical) or list(column.categories) != list(kind.categories):
            raise BacktestError(f"Part {number} of the sweep has other categories of {name} than the sweep.")
        return np.asarray(column.codes)


def code_type(kind: ColumnType) -> np.dtype[Any]:
    """Give the type that a column is kept in.

    Parameters
    ----------
    kind : dtype

    Returns
    -------
    dtype
        Of categories that of their codes.

    Examples
    --------
    >>> code_type(pd.CategoricalDtype(["equal", "erc"]))
    dtype('int8')
    """
    if not isinstance(kind, pd.CategoricalDtype):
        return np.dtype(kind)
    codes: NDArray[Any] = np.asarray(pd.Categorical.from_codes([], dtype=kind).codes)
    return codes.dtype
