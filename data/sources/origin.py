"""Where a table came from: the files and rows that messages name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError


@dataclass(frozen=True, slots=True)
class Origin:
    """The file or files that a table was read from, for messages.

    Attributes
    ----------
    files : tuple of (str, int)
        Name and number of rows of each, in the order of the table's rows.
    kept : ndarray of int, optional
        Positions, before any was dropped, of the rows that are left; None where all are.
    wide : frozenset of str
        Files with a column per name: a row of the table is none of theirs, and is not numbered.
    """

    files: tuple[tuple[str, int], ...]
    kept: NDArray[np.intp] | None = None
    wide: frozenset[str] = frozenset()

    @classmethod
    def of(cls, what: "str | Origin", table: object) -> "Origin":
        """Take a name as one file that holds the whole table.

        Parameters
        ----------
        what : str or Origin
        table : DataFrame

        Returns
        -------
        Origin

        Raises
        ------
        DataError
            If the table is no frame.
        """
        if not isinstance(table, pd.DataFrame):
            raise DataError(f"{what} must be a DataFrame, not {type(table).__name__}.")
        return what if isinstance(what, Origin) else cls(((what, len(table)),))

    @classmethod
    def joined(cls, origins: "Iterable[Origin]") -> "Origin":
        """Give the origin of tables put one below the other.

        Parameters
        ----------
        origins : iterable of Origin
            None of which has lost rows.

        Returns
        -------
        Origin
        """
        parts = list(origins)
        files = tuple(file for one in parts for file in one.files)
        return cls(files, wide=frozenset(name for one in parts for name in one.wide))

    def __str__(self) -> str:
        return ", ".join(name for name, _ in self.files)

    def row(self, position: int) -> str:
        """Name the file and row of a position in the table; a file's first row is 1.

        Parameters
        ----------
        position : int

        Returns
        -------
        str
        """
        name, row = self._place(position)
        return name if name in self.wide else f"{name}, row {row}"

    def file(self, position: int) -> str:
        """Name the file of a position in the table.

        Parameters
        ----------
        position : int

        Returns
        -------
        str
        """
        return self._place(position)[0]

    def without(self, rows: NDArray[np.intp], n_rows: int) -> "Origin":
        """Give the origin of what is left of a table when rows are dropped.

        Parameters
        ----------
        rows : ndarray of int
            Positions in the table.
        n_rows : int
            Rows of the table before.

        Returns
        -------
        Origin
            Rows keep the numbers that they have in their file.
        """
        kept = np.arange(n_rows) if self.kept is None else self.kept
        return replace(self, kept=np.delete(kept, rows))

    def _place(self, position: int) -> tuple[str, int]:
        at = position if self.kept is None else int(self.kept[position])
        for name, n_rows in self.files[:-1]:
            if at < n_rows:
                return name, at + 1
            at -= n_rows
        return self.files[-1][0], at + 1
