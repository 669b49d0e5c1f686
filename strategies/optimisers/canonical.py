"""The canonical form of a programme, taken from cvxpy once and filled with numbers without it.

    minimise 1/2 x' P x + q' x   subject to   A x + s = b,   s in K,

where K is zeros, then nonnegative numbers, then other cones. cvxpy writes q, A and b as affine maps of the parameters
(disciplined parametrised programming [1]_); those maps are kept, and a solve multiplies them out. P holds the
covariance, which is no parameter: cvxpy takes a matrix of numbers there, so it is compiled with a probe, and the
probe's entries are found again in P. Each compilation asserts that the maps give cvxpy's own numbers.

References
----------
.. [1] Agrawal, Amos, Barratt, Boyd, Diamond and Kolter, "Differentiable convex optimization layers", 2019, section 4.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """One programme in numbers, all of it read anew at each solve; where they stand is the form's to say.

    Attributes
    ----------
    covariance : ndarray of shape (n_names, n_names), or None
        In the place of the probe.
    q : ndarray of shape (n_x,)
    A : ndarray of shape (n_entries,)
        The entries of A, column by column.
    b : ndarray of shape (n_rows,)
    """

    covariance: NDArray[np.float64] | None
    q: Vector
    A: Vector
    b: Vector


class AffineMap:
    """An affine map from parameters to some numbers, of which only what changes is multiplied out.

    Parameters
    ----------
    matrix : sparse array of shape (n_numbers, n_parameters + 1)
        The last column is what does not depend on parameters.

    Attributes
    ----------
    changes : ndarray of shape (n_numbers,), bool
        Which numbers depend on a parameter.
    is_constant : bool
        None does.
    base : ndarray of shape (n_numbers,)
        What does not depend on parameters, of each number.
    """

    def __init__(self, matrix: Any) -> None:
        whole = sp.csr_array(matrix)
        self.base: Vector = whole[:, [-1]].toarray().ravel()
        changing = whole[:, :-1]
        self._rows = np.flatnonzero(np.diff(changing.indptr))
        of = changing[self._rows]
        self._offset = self.base[self._rows]
        # Where each number is one parameter times a constant, as all but a few are, a lookup does.
        self._is_lookup = bool((np.diff(of.indptr) == 1).all())
        self._data, self._indices, self._starts = of.data, of.indices, of.indptr[:-1]
        self.is_constant = not len(self._rows)
        self.changes = np.zeros(len(self.base), dtype=np.bool_)
        self.changes[self._rows] = True

    def depends_on(self, parameters: NDArray[np.bool_]) -> bool:
        """Say whether a number depends on one of some parameters.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,), bool

        Returns
        -------
        bool
        """
        return bool(parameters[self._indices].any())

    def __call__(self, parameters: Vector) -> Vector:
        """Multiply out.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,)

        Returns
        -------
        ndarray of shape (n_numbers,)
            Not to be written to.
        """
        if self.is_constant:
            return self.base
        found = self.base.copy()
        products = self._data * parameters[self._indices]
        sums = products if self._is_lookup else np.add.reduceat(products, self._starts)
        found[self._rows] = sums + self._offset
        return found


class CanonicalForm:
    """A programme compiled by cvxpy.

    Parameters
    ----------
    problem : cvxpy.Problem
        Disciplined in its parameters, all of which have values.
    room : Room
        Whose `weights` the covariance belongs to.
    probe : ndarray of shape (n_names, n_names), or None
        The matrix that stands for the covariance in the objective; None: the objective has none.

    Attributes
    ----------
    n_x : int
    n_zero, n_nonnegative : int
        Rows of A of the first two cones.
    cones : cvxpy ConeDims
    is_integer : ndarray of shape (n_x,), bool
        Which variables are 0 or 1: cvxpy sees numbers from 0 to 1 there, the relaxation.
    q, A, b : AffineMap
        From parameters to numbers.
    places : list of slice
        Of each parameter of the room, among all parameters.
    A_indices, A_indptr, P_indices, P_indptr : ndarray, int32
        Patterns of A and of the upper triangle of P, by columns.
    rows : dict of int to slice
        By the id of a constraint of cvxpy, its rows of A.
    column_of : dict of int to int
        By the id of a variable of cvxpy, its first element of x.
    """

    def __init__(self, problem: Any, room: Room, probe: NDArray[np.float64] | None) -> None:
        if not problem.is_dcp(dpp=True):
            raise AssertionError("a programme of Eastbound is not disciplined in its parameters")
        data, _, _ = problem.get_problem_data("CLARABEL")
        compiled = data["param_prob"]
        self.n_x = int(compiled.x.size)
        self.cones = compiled.cone_dims
        self.n_zero, self.n_nonnegative = int(self.cones.zero), int(self.cones.nonneg)
        self.is_integer = np.zeros(self.n_x, dtype=np.bool_)
        self.column_of = dict(compiled.var_id_to_col)
        if room.is_integer:
            first = self.column_of[room.held.id]
            self.is_integer[first : first + room.n_names] = True
        self._place_constraints(compiled)
        self._place_parameters(compiled, room)
        self._map_numbers(compiled)
        self._place_covariance(compiled, room, probe)
        self._assert_same(data, room, probe)

    @property
    def is_quadratic_programme(self) -> bool:
        """Whether all rows are equalities and inequalities."""
        return self.n_zero + self.n_nonnegative == self.n_rows

    @property
    def rows_of_integers(self) -> NDArray[np.int64]:
        """Rows in which all variables are integers: nothing is priced there."""
        of_others = self.A_indices[~self.is_integer[self._A_columns]]
        return np.setdiff1d(np.arange(self.n_rows), of_others) if self.is_integer.any() else np.zeros(0, dtype=np.int64)

    def fill(self, parameters: Vector, covariance: NDArray[np.float64] | None) -> Numbers:
        """Put numbers into the form.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,)
            Values of the room's parameters, where `places` says.
        covariance : ndarray of shape (n_names, n_names), or None
            In the place of the probe.

        Returns
        -------
        Numbers
        """
        return Numbers(covariance, self.q(parameters), self.A(parameters), self.b(parameters))

    def read(self, room: Room, given: Inputs) -> Vector:
        """Read all parameters.

        Parameters
        ----------
        room : Room
            That it was compiled from.
        given : Inputs

        Returns
        -------
        ndarray of shape (n_parameters,)
        """
        found = np.zeros(self.n_parameters)
        for at, (_, read) in zip(self.places, room.parameters, strict=True):
            found[at] = np.ravel(read(given), order="F")[: at.stop - at.start]
        return found

    def matrices(self, numbers: Numbers) -> tuple[Any, Any]:
        """Give P, its upper triangle, and A as sparse matrices.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        P : csc_array of shape (n_x, n_x)
        A : csc_array of shape (n_rows, n_x)
        """
        P = sp.csc_array((self.quadratic(numbers), self.P_indices, self.P_indptr), shape=(self.n_x, self.n_x))
        return P, sp.csc_array((numbers.A, self.A_indices, self.A_indptr), shape=(self.n_rows, self.n_x))

    def quadratic(self, numbers: Numbers) -> Vector:
        """Give the entries of P, its upper triangle, column by column.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        ndarray of shape (n_entries,)
        """
        if numbers.covariance is None:
            return self._P_base
        entries: Vector = self._P_base.copy()
        entries[self._P_at] = np.take(numbers.covariance, self._P_from)
        return entries

    def whole_quadratic(self, numbers: Numbers) -> NDArray[np.float64]:
        """Give P whole, both triangles, in Fortran's order.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        ndarray of shape (n_x, n_x)
            The covariance itself where it is all of P.
        """
        of_names = numbers.covariance
        if of_names is not None and len(of_names) == self.n_x:
            return of_names.T  # symmetric
        P = self._whole_base.copy(order="F")
        if of_names is not None:
            P[self._names, self._names] = of_names.T
        return P

    def rows_of(self, numbers: Numbers, x: Vector) -> Vector:
        """Multiply A with a vector.

        Parameters
        ----------
        numbers : Numbers
        x : ndarray of shape (n_x,)

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        found = np.bincount(self._A_rows, numbers.A * x[self._A_columns], minlength=self.n_rows)
        return found.astype(np.float64, copy=False)  # of no entries at all it gives integers

    @cached_property
    def _whole_base(self) -> NDArray[np.float64]:
        """P as it was compiled, both triangles."""
        P = np.zeros((self.n_x, self.n_x), order="F")
        rows, columns = self.P_indices, np.repeat(np.arange(self.n_x), np.diff(self.P_indptr))
        P[rows, columns] = P[columns, rows] = self._P_base
        return P

    @property
    def n_parameters(self) -> int:
        """How many numbers all parameters have."""
        return self._n_parameters

    def _place_constraints(self, compiled: Any) -> None:
        self.rows = dict[int, slice]()
        at = 0
        for constraint in compiled.constraints:
            self.rows[constraint.id] = slice(at, at + constraint.size)
            at += constraint.size
        self.n_rows = at

    def _place_parameters(self, compiled: Any, room: Room) -> None:
        self._n_parameters = int(compiled.total_param_size)
        sizes, columns = compiled.param_id_to_size, compiled.param_id_to_col
        # A parameter that the programme lost on the way (times zero, say) is read and goes nowhere.
        self.places = [
            slice(columns[one.id], columns[one.id] + sizes[one.id]) if one.id in columns else slice(0, 0)
            for one, _ in room.parameters
        ]

    def _map_numbers(self, compiled: Any) -> None:
        rows = self.n_rows
        # cvxpy writes constraints as A x + b in K; solvers want A x + s = b.
        tensor = sp.csr_array(compiled.A)
        of_A, of_b = tensor[: rows * self.n_x], tensor[rows * self.n_x :]
        entries = np.flatnonzero(np.diff(of_A.indptr))
        self.A = AffineMap(-of_A[entries])
        column, row = np.divmod(entries, rows)
        self.A_indices = row.astype(np.int32)
        self._A_rows, self._A_columns = row.astype(np.intp), column.astype(np.intp)  # what numpy counts and takes by
        self.A_indptr = np.searchsorted(column, np.arange(self.n_x + 1)).astype(np.int32)
        self.b = AffineMap(of_b)
        self.q = AffineMap(sp.csr_array(compiled.q)[: self.n_x])

    def _place_covariance(self, compiled: Any, room: Room, probe: NDArray[np.float64] | None) -> None:
        if compiled.P is None:
            upper = sp.csc_array((self.n_x, self.n_x))
        else:
            constant = sp.csr_array(compiled.P)[:, [-1]].tocoo()
            column, row = np.divmod(constant.row, self.n_x)
            full = sp.coo_array((constant.data, (row, column)), shape=(self.n_x, self.n_x))
            upper = sp.csc_array(sp.triu(full.tocsc(), format="csc"))
        upper.sort_indices()
        self.P_indices, self.P_indptr = upper.indices.astype(np.int32), upper.indptr.astype(np.int32)
        self._P_base: Vector = upper.data
        if probe is None:
            return
        first = self.column_of[room.weights.id]
        self._names = slice(first, first + room.n_names)
        column = np.repeat(np.arange(self.n_x), np.diff(upper.indptr))
        row = upper.indices
        inside = (row >= first) & (row < first + room.n_names) & (column >= first) & (column < first + room.n_names)
        self._P_at = np.flatnonzero(inside)
        self._P_from = (row[inside] - first) * room.n_names + column[inside] - first
        if len(self._P_at) != room.n_names * (room.n_names + 1) // 2:
            raise AssertionError("cvxpy did not keep the probe whole")

    def _assert_same(self, data: dict[str, Any], room: Room, probe: NDArray[np.float64] | None) -> None:
        """Hold the numbers against cvxpy's own."""
        numbers = self.fill(self.read(room, room.given), probe)
        P, A = self.matrices(numbers)
        pairs = {"A": (A, data["A"]), "b": (numbers.b, data["b"]), "q": (numbers.q, data["c"])}
        if self._P_base.size:
            pairs["P"] = P, sp.triu(data["P"])
        for name, (found, want) in pairs.items():
            gap = abs(found - want)
            if gap.size and gap.max() > 1e-12 * max(1.0, abs(want).max()):
                raise AssertionError(f"the canonical form of this cvxpy is not as expected: {name} differs")
