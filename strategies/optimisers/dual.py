"""Linear programmes by their duals, which are small where scenarios are many and names are few.

    minimise q'x  subject to  A x = b or A x <= b row by row,  l <= x <= u

is, with x counted from l where there is one, the best of its multipliers: y of the rows, m of the upper bounds.

    minimise b'y + (u - l)'m  subject to  q + A'y + m >= 0, = 0 of a free variable,  m >= 0, y >= 0 of an inequality

The multipliers of that are x. A variable that stands in one inequality alone, such as the loss beyond the threshold in
one scenario, bounds the y of its row there and is no row: 250 scenarios of 14 names leave 15 rows of 250 columns.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.rows import Block, BoundRows, columns_of

Vector = NDArray[np.float64]

WORTH = 3  # times as many rows as the dual has: below that the programme itself is as quick


class Dual:
    """The dual of a linear programme of one pattern.

    Parameters
    ----------
    form : CanonicalForm
    bounds : BoundRows
        Read before each model.
    block : Block
        Of the rows that are no bounds.

    Attributes
    ----------
    is_worth_it : bool
        Whether it has so many fewer rows. False where a variable has an upper bound alone.
    """

    def __init__(self, form: CanonicalForm, bounds: BoundRows, block: Block) -> None:
        self._bounds, self._block, self._n_x = bounds, block, form.n_x
        self._row, self._column = block.row, columns_of(form)[block.at]
        self._is_equal = np.arange(len(block.rows)) < form.n_zero  # none of them is a bound
        self._place_losses(form)
        rest = np.ones(form.n_x, dtype=np.bool_)
        rest[self._loss] = False
        self._rest = np.flatnonzero(rest)
        self._capped = np.flatnonzero(bounds.has_upper[self._rest])
        is_one_sided = bounds.has_upper[self._rest] & ~bounds.has_lower[self._rest]
        self.is_worth_it = not is_one_sided.any() and len(block.rows) >= WORTH * len(self._rest)
        self._place_matrix(rest)

    def _place_losses(self, form: CanonicalForm) -> None:
        """Find variables above a bound that can make one inequality looser, and nothing else: one for each row."""
        bounds, block = self._bounds, self._block
        is_alone = np.bincount(self._column, minlength=form.n_x)[self._column] == 1
        is_above = (bounds.has_lower & ~bounds.has_upper)[self._column]
        coefficient = np.where(form.A.changes[block.at], 0.0, form.A.base[block.at])
        entries = np.flatnonzero(is_alone & is_above & (coefficient < 0.0) & ~self._is_equal[self._row])
        rows, first = np.unique(self._row[entries], return_index=True)
        self._loss_row, self._loss = rows, self._column[entries[first]]
        self._loosens: Vector = -coefficient[entries[first]]

    def _place_matrix(self, rest: NDArray[np.bool_]) -> None:
        """Place the entries of A turned, and ones for the upper bounds, column by column."""
        position = np.cumsum(rest) - 1
        entries = np.flatnonzero(rest[self._column])
        self._from = entries[np.lexsort((self._column[entries], self._row[entries]))]
        n_rows, n_capped = len(self._block.rows), len(self._capped)
        of_rows = np.searchsorted(self._row[self._from], np.arange(n_rows + 1))
        self._starts = np.concatenate([of_rows, of_rows[-1] + np.arange(1, n_capped + 1)]).astype(np.int32)
        self._places = np.concatenate([position[self._column[self._from]], self._capped]).astype(np.int32)

    def model(self, numbers: Numbers) -> tuple[Any, ...]:
        """Give the dual as HiGHS takes it.

        Parameters
        ----------
        numbers : Numbers
            Whose bounds were read.

        Returns
        -------
        tuple
            Arguments of its `passModel`.
        """
        import highspy

        bounds, rest, q = self._bounds, self._rest, numbers.q
        entries, lower = numbers.A[self._block.at], self._lower()
        limit = numbers.b[self._block.rows]
        if lower.any():
            limit = limit - self._times(entries, lower)
        most = np.full(len(limit), np.inf)
        most[self._loss_row] = q[self._loss] / self._loosens
        n_capped = len(self._capped)
        capped = rest[self._capped]
        return (
            len(limit) + n_capped, len(rest), len(self._places), int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize), 0.0, np.concatenate([limit, bounds.upper[capped] - lower[capped]]),
            np.concatenate([np.where(self._is_equal, -np.inf, 0.0), np.zeros(n_capped)]),
            np.concatenate([most, np.full(n_capped, np.inf)]), -q[rest],
            np.where(bounds.has_lower[rest], np.inf, -q[rest]), self._starts, self._places,
            np.concatenate([entries[self._from], np.ones(n_capped)]),
            np.zeros(len(limit) + n_capped, dtype=np.int32),
        )  # fmt: skip

    def solution(self, numbers: Numbers, found: Any) -> tuple[Vector, Vector, Vector]:
        """Read the programme's solution from that of its dual.

        Parameters
        ----------
        numbers : Numbers
            Of the model.
        found : highspy.HighsSolution
            Optimal.

        Returns
        -------
        x : ndarray of shape (n_x,)
        of_rows : ndarray of shape (n_block_rows,)
            Multipliers.
        of_bounds : ndarray of shape (n_x,)
            Reduced costs: above zero at a lower bound, below zero at an upper one.
        """
        entries, x = numbers.A[self._block.at], self._lower()
        x[self._rest] += found.row_dual
        of_rows = np.array(found.col_value[: len(self._block.rows)])
        missing = self._times(entries, x)[self._loss_row] - numbers.b[self._block.rows][self._loss_row]
        x[self._loss] += np.maximum(missing, 0.0) / self._loosens
        priced = np.bincount(self._column, entries * of_rows[self._row], minlength=self._n_x)
        return x, of_rows, numbers.q + priced

    def _lower(self) -> Vector:
        return np.where(self._bounds.has_lower, self._bounds.lower, 0.0)

    def _times(self, entries: Vector, x: Vector) -> Vector:
        product = np.bincount(self._row, entries * x[self._column], minlength=len(self._block.rows))
        return product.astype(np.float64, copy=False)  # of no entries at all it gives integers
