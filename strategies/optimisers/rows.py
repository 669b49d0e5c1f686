"""Rows of a canonical form as solvers take them: bounds of one variable, and blocks of the others."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers

Vector = NDArray[np.float64]


class BoundRows:
    """Inequalities of one entry: bounds of their variables.

    Parameters
    ----------
    form : CanonicalForm

    Attributes
    ----------
    is_bound : ndarray of shape (n_rows,), bool
        Which rows they are.
    has_lower, has_upper : ndarray of shape (n_x,), bool
        Which variables they bound.
    lower, upper : ndarray of shape (n_x,)
        Of each variable, of the numbers read last; infinite where no row says anything.
    """

    def __init__(self, form: CanonicalForm) -> None:
        column = columns_of(form)
        is_single = np.bincount(form.A_indices, minlength=form.n_rows) == 1
        self.is_bound = is_single & (np.arange(form.n_rows) >= form.n_zero)
        self.is_bound[form.A_indices[form.A.changes]] = False  # a coefficient that is read may be zero: no bound
        self._n_rows, self._n_x = form.n_rows, form.n_x
        self._at = np.flatnonzero(self.is_bound[form.A_indices])
        self._rows, self._columns = form.A_indices[self._at], column[self._at]
        self._coefficient: Vector = form.A.base[self._at]
        self._is_upper = self._coefficient > 0.0
        self.has_lower, self.has_upper = np.zeros((2, form.n_x), dtype=np.bool_)
        self.has_lower[self._columns[~self._is_upper]] = True
        self.has_upper[self._columns[self._is_upper]] = True
        self._limit, self._bound = np.full(len(self._rows), np.nan), np.zeros(0)
        self.lower, self.upper = np.full(self._n_x, -np.inf), np.full(self._n_x, np.inf)

    def read(self, numbers: Numbers) -> bool:
        """Read the bounds.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        bool
            Whether one differs from those read before.
        """
        limit = numbers.b[self._rows]
        if (limit == self._limit).all():
            return False
        self._limit, self._bound = limit, limit / self._coefficient
        self.lower, self.upper = np.full(self._n_x, -np.inf), np.full(self._n_x, np.inf)
        is_upper = self._is_upper
        np.minimum.at(self.upper, self._columns[is_upper], self._bound[is_upper])
        np.maximum.at(self.lower, self._columns[~is_upper], self._bound[~is_upper])
        return True

    def share(self, z: Vector, of_lower: Vector, of_upper: Vector) -> None:
        """Give the multipliers of bounds to their rows; of several that bound a variable alike the first takes it.

        Parameters
        ----------
        z : ndarray of shape (n_rows,)
            Written in place.
        of_lower, of_upper : ndarray of shape (n_x,)
            Zero or more.
        """
        sides = (self._is_upper, self.upper, of_upper), (~self._is_upper, self.lower, of_lower)
        for side, limit, multiplier in sides:
            tight = np.flatnonzero(side & (self._bound == limit[self._columns]))[::-1]
            owner = np.full(self._n_x, -1)
            owner[self._columns[tight]] = tight
            owner = owner[owner >= 0]
            z[self._rows[owner]] = multiplier[self._columns[owner]] / np.abs(self._coefficient[owner])


class Block:
    """Some rows of A as a matrix of their own, dense or sparse; where its entries come from is worked out once.

    Parameters
    ----------
    form : CanonicalForm
    rows : ndarray of int
    is_dense : bool

    Attributes
    ----------
    rows : ndarray of int
    changes : bool
        Whether an entry is read anew at each solve.
    """

    def __init__(self, form: CanonicalForm, rows: NDArray[np.int64], *, is_dense: bool) -> None:
        self.rows = rows
        self._is_dense = is_dense
        position = np.full(form.n_rows, -1)
        position[rows] = np.arange(len(rows))
        self.at = np.flatnonzero(position[form.A_indices] >= 0)
        self.row, column = position[form.A_indices[self.at]].astype(np.int32), columns_of(form)[self.at]
        self._shape, self._column = (len(rows), form.n_x), column
        self.indptr = np.searchsorted(column, np.arange(form.n_x + 1)).astype(np.int32)
        self.changes = bool(form.A.changes[self.at].any())

    def __call__(self, entries: Vector) -> Any:
        """Put entries of A into the matrix.

        Parameters
        ----------
        entries : ndarray of shape (n_entries,)

        Returns
        -------
        ndarray, in Fortran's order, or csc_array
        """
        if not self._is_dense:
            return sp.csc_array((entries[self.at], self.row, self.indptr), shape=self._shape)
        block = np.zeros(self._shape, order="F")
        block[self.row, self._column] = entries[self.at]
        return block


def columns_of(form: CanonicalForm) -> NDArray[np.int64]:
    """Give the column of each entry of A.

    Parameters
    ----------
    form : CanonicalForm

    Returns
    -------
    ndarray of shape (n_entries,)
    """
    return np.repeat(np.arange(form.n_x), np.diff(form.A_indptr))
