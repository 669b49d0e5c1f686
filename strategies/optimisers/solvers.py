"""Solvers, by their own interfaces: numbers in, a solution and a plain status out.

Every solve starts cold and uses nothing of an earlier one, so that an answer depends on its numbers alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers

Vector = NDArray[np.float64]
Status = Literal["optimal", "infeasible", "unbounded", "trouble"]

# Tight enough that gradients of held names agree to 1e-6; a programme that gets no closer is content with the second,
# and one whose limit on risk leaves next to no room with the last.
TOLERANCE, CONTENT, LAST = 1e-11, 1e-9, (1e-8, 1e-7)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What a solver says.

    Attributes
    ----------
    status : {"optimal", "infeasible", "unbounded", "trouble"}
        Anything but the first three in so many words is trouble.
    x : ndarray of shape (n_x,)
    z : ndarray of shape (n_rows,), or callable
        Multipliers of the rows, or what puts them together; zeros where the solver gives none.
    objective : float
    solver : str
    iterations : int
    said : str
        The solver's own word for its status.
    gap : float
        Of a programme with integers: objective less its proved bound, relative; 0 otherwise.
    """

    status: Status
    x: Vector
    z: Vector | Callable[[], Vector]
    objective: float
    solver: str
    iterations: int
    said: str
    gap: float = 0.0


class Clarabel:
    """Clarabel [1]_: interior points for quadratic objectives over symmetric, exponential and power cones.

    Its own equilibration is off at first, for programmes come in scaled units. Where that leads nowhere it is tried
    with it, and then to less accuracy by steps, before anything else is.

    References
    ----------
    .. [1] Goulart and Chen, "Clarabel: an interior-point solver for conic programs with quadratic objectives", 2024.
    """

    name = "clarabel"

    def __init__(self, form: CanonicalForm) -> None:
        import clarabel

        self._form = form
        cones = form.cones
        self._cones: list[Any] = []
        if form.n_zero:
            self._cones.append(clarabel.ZeroConeT(form.n_zero))
        if form.n_nonnegative:
            self._cones.append(clarabel.NonnegativeConeT(form.n_nonnegative))
        self._cones += [clarabel.SecondOrderConeT(n) for n in cones.soc]
        self._cones += [clarabel.ExponentialConeT() for _ in range(cones.exp)]
        self._cones += [clarabel.PowerConeT(power) for power in cones.p3d]
        is_curved = bool(cones.exp or cones.p3d)
        self._first = _settings(CONTENT if is_curved else TOLERANCE, is_equilibrated=False)
        self._others = [
            _settings(tolerance, is_equilibrated=True)
            for tolerance in (TOLERANCE, CONTENT, *LAST)
            if not (is_curved and tolerance < CONTENT)
        ]
        self._solver: Any = None

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        Solution
        """
        solution = self._solution(self._set_up(numbers).solve())
        for settings in self._others:
            if solution.status != "trouble":
                break
            solution = self._solution(self._fresh(numbers, settings).solve())
        return solution

    def solve_matrices(self, P: Any, q: Vector, A: Any, b: Vector) -> Solution:
        """Solve a programme with the same rows and fewer variables.

        Parameters
        ----------
        P : sparse array of shape (n, n)
            Upper triangle.
        q : ndarray of shape (n,)
        A : sparse array of shape (n_rows, n)
        b : ndarray of shape (n_rows,)

        Returns
        -------
        Solution
        """
        import clarabel

        solution = Solution("trouble", np.zeros(0), np.zeros(0), np.nan, self.name, 0, "not asked")
        for settings in (self._first, *self._others):
            solver = clarabel.DefaultSolver(sp.csc_array(P), q, sp.csc_array(A), b, self._cones, settings)
            solution = self._solution(solver.solve())
            if solution.status != "trouble":
                return solution
        return solution

    def _set_up(self, numbers: Numbers) -> Any:
        """Give the solver with these numbers; without equilibration an update leaves nothing of those before."""
        if self._solver is None:
            self._solver = self._fresh(numbers, self._first)
        else:
            self._solver.update(P=self._form.quadratic(numbers), q=numbers.q, A=numbers.A, b=numbers.b)
        return self._solver

    def _fresh(self, numbers: Numbers, settings: Any) -> Any:
        import clarabel

        P, A = self._form.matrices(numbers)
        return clarabel.DefaultSolver(P, numbers.q, A, numbers.b, self._cones, settings)

    def _solution(self, found: Any) -> Solution:
        said = str(found.status)
        status = STATUS_OF_CLARABEL.get(said, "trouble")
        return Solution(status, np.array(found.x), np.array(found.z), found.obj_val, self.name, found.iterations, said)


def _settings(tolerance: float, *, is_equilibrated: bool) -> Any:
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.presolve_enable = False
    settings.max_threads = 1
    settings.equilibrate_enable = is_equilibrated
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    return settings


STATUS_OF_CLARABEL: dict[str, Status] = {
    "Solved": "optimal",
    "PrimalInfeasible": "infeasible",
    "DualInfeasible": "unbounded",
}


class Piqp:
    """PIQP [1]_: a proximal interior point method for quadratic programmes; the extra `fast-qp`.

    Rows of one entry become bounds of their variable. Dense where the covariance is all there is, sparse otherwise.
    Its preconditioner is off: programmes come in scaled units, and without it an update leaves nothing of the numbers
    before.

    References
    ----------
    .. [1] Schwan, Jiang, Kuhn and Jones, "PIQP: a proximal interior-point quadratic programming solver", 2023.
    """

    name = "piqp"

    def __init__(self, form: CanonicalForm, numbers: Numbers, n_names: int) -> None:
        self._form, self._n_x = form, form.n_x
        self._is_dense = form.n_x <= n_names + 1
        self._is_covariance = form.n_x == n_names  # all of P
        column = np.repeat(np.arange(form.n_x), np.diff(form.A_indptr))
        is_equality = np.arange(form.n_rows) < form.n_zero
        is_bound = (np.bincount(form.A_indices, minlength=form.n_rows) == 1) & ~is_equality
        is_bound[form.A_indices[form.A.changes]] = False  # a coefficient that is read may be zero, which bounds nothing
        self._bound_at = np.flatnonzero(is_bound[form.A_indices])
        self._bound_rows, self._bound_columns = form.A_indices[self._bound_at], column[self._bound_at]
        self._equal = _Block(form, column, np.flatnonzero(is_equality), is_dense=self._is_dense)
        self._general = _Block(form, column, np.flatnonzero(~is_bound & ~is_equality), is_dense=self._is_dense)
        self._P_places = form.P_indices, np.repeat(np.arange(form.n_x), np.diff(form.P_indptr))
        self._bounds_read = numbers.b[self._bound_rows], numbers.A[self._bound_at]
        self._bounds = self._bounds_of(*self._bounds_read)
        self._solver: Any = None

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        Solution
        """
        b, form = numbers.b, self._form
        read = b[self._bound_rows], numbers.A[self._bound_at]
        has_moved = not all(map(np.array_equal, read, self._bounds_read))
        if has_moved:
            self._bounds, self._bounds_read = self._bounds_of(*read), read
        lower, upper, bound, is_upper = self._bounds
        vectors = {"c": numbers.q, "b": b[self._equal.rows], "h_u": b[self._general.rows]}
        if self._solver is None:
            self._solver = self._fresh(numbers, vectors | {"x_l": lower, "x_u": upper})
        else:
            if has_moved:
                vectors |= {"x_l": lower, "x_u": upper}
            if not form.A.is_constant:
                vectors |= {"A": self._equal(numbers.A), "G": self._general(numbers.A)}
            if numbers.covariance is not None:
                vectors["P"] = self._quadratic(numbers)
            self._solver.update(**vectors)
        self._solver.solve()
        result = self._solver.result
        said = result.info.status.name
        status = STATUS_OF_PIQP.get(said, "trouble")

        def multipliers() -> Vector:
            z = np.zeros(form.n_rows)
            z[self._equal.rows] = y
            z[self._general.rows] = z_u
            # Of several rows that bound a variable alike the first one takes the multiplier.
            for side, limit, multiplier in ((is_upper, upper, z_bu), (~is_upper, lower, z_bl)):
                tight = np.flatnonzero(side & (bound == limit[self._bound_columns]))[::-1]
                owner = np.full(self._n_x, -1)
                owner[self._bound_columns[tight]] = tight
                owner = owner[owner >= 0]
                of_row = np.abs(numbers.A[self._bound_at[owner]])
                z[self._bound_rows[owner]] = multiplier[self._bound_columns[owner]] / of_row
            return z

        y, z_u, z_bu, z_bl = (np.array(one) for one in (result.y, result.z_u, result.z_bu, result.z_bl))
        return Solution(
            status, np.array(result.x), multipliers, result.info.primal_obj, self.name, result.info.iter, said
        )

    def _fresh(self, numbers: Numbers, vectors: dict[str, Vector]) -> Any:
        import piqp

        solver = piqp.DenseSolver() if self._is_dense else piqp.SparseSolver()
        settings = solver.settings
        settings.eps_abs = settings.eps_rel = TOLERANCE
        settings.eps_duality_gap_abs = settings.eps_duality_gap_rel = TOLERANCE
        settings.preconditioner_iter = 0
        A, G = self._equal(numbers.A), self._general(numbers.A)
        solver.setup(P=self._quadratic(numbers), A=A, G=G, **vectors)
        return solver

    def _bounds_of(self, limit: Vector, coefficient: Vector) -> tuple[Vector, Vector, Vector, NDArray[np.bool_]]:
        """Turn rows of one entry into bounds: of each variable the least and the most, of each row what it says."""
        bound, is_upper = limit / coefficient, coefficient > 0.0
        lower, upper = np.full(self._n_x, -np.inf), np.full(self._n_x, np.inf)
        np.minimum.at(upper, self._bound_columns[is_upper], bound[is_upper])
        np.maximum.at(lower, self._bound_columns[~is_upper], bound[~is_upper])
        return lower, upper, bound, is_upper

    def _quadratic(self, numbers: Numbers) -> Any:
        if not self._is_dense:
            return self._form.matrices(numbers)[0]
        if self._is_covariance and numbers.covariance is not None:
            return numbers.covariance.T  # symmetric, and in Fortran's order
        rows, columns = self._P_places
        P = np.zeros((self._n_x, self._n_x), order="F")
        P[rows, columns] = P[columns, rows] = self._form.quadratic(numbers)
        return P


class _Block:
    """Some rows of A as a matrix of their own, dense or sparse; where its entries come from is worked out once."""

    def __init__(
        self, form: CanonicalForm, column: NDArray[np.int64], rows: NDArray[np.int64], *, is_dense: bool
    ) -> None:
        self.rows = rows
        self._is_dense = is_dense
        position = np.full(form.n_rows, -1)
        position[rows] = np.arange(len(rows))
        self._at = np.flatnonzero(position[form.A_indices] >= 0)
        self._row, self._column = position[form.A_indices[self._at]].astype(np.int32), column[self._at]
        self._shape = len(rows), form.n_x
        self._indptr = np.searchsorted(self._column, np.arange(form.n_x + 1)).astype(np.int32)

    def __call__(self, entries: Vector) -> Any:
        if not self._is_dense:
            return sp.csc_array((entries[self._at], self._row, self._indptr), shape=self._shape)
        block = np.zeros(self._shape, order="F")
        block[self._row, self._column] = entries[self._at]
        return block


STATUS_OF_PIQP: dict[str, Status] = {
    "PIQP_SOLVED": "optimal",
    "PIQP_PRIMAL_INFEASIBLE": "infeasible",
    "PIQP_DUAL_INFEASIBLE": "unbounded",
}


class Highs:
    """HiGHS [1]_ through scipy: linear programmes, with integers or without.

    References
    ----------
    .. [1] Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018.
    """

    name = "highs"

    def __init__(self, form: CanonicalForm) -> None:
        self._form = form
        self._integrality = form.is_integer.astype(np.int64)

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers
            With P all zeros.

        Returns
        -------
        Solution
            Where there are integers, solved again with them fixed: what HiGHS calls whole may be a millionth off, and
            so would the weights be. Multipliers are of that portfolio then.
        """
        found = self._found(numbers, np.full((self._form.n_x, 2), [-np.inf, np.inf]), self._integrality)
        gap = float(getattr(found, "mip_gap", None) or 0.0)
        if found.status == 0 and self._integrality.any():
            whole = np.where(self._integrality, np.round(found.x), np.inf)
            bounds = np.column_stack([np.where(self._integrality, whole, -np.inf), whole])
            found = self._found(numbers, bounds, None)
        status = STATUS_OF_HIGHS.get(found.status, "trouble")
        if status != "optimal":
            return Solution(
                status, np.zeros(len(numbers.q)), np.zeros(len(numbers.b)), np.nan, self.name, 0, found.message
            )
        n = self._form.n_zero
        z = np.zeros(len(numbers.b))
        z[:n] = -found.eqlin.marginals if n else 0.0
        z[n:] = -found.ineqlin.marginals
        z[self._form.rows_of_integers] = 0.0
        return Solution(status, found.x, z, found.fun, self.name, int(found.nit or 0), found.message, gap)

    def _found(self, numbers: Numbers, bounds: NDArray[np.float64], integrality: NDArray[np.int64] | None) -> Any:
        from scipy.optimize import linprog

        rows, n = self._form.matrices(numbers)[1].tocsr(), self._form.n_zero
        has_integers = integrality is not None and bool(integrality.any())
        return linprog(
            numbers.q,
            A_ub=rows[n:],
            b_ub=numbers.b[n:],
            A_eq=rows[:n] if n else None,
            b_eq=numbers.b[:n] if n else None,
            bounds=bounds,
            integrality=integrality if has_integers else None,
            method="highs",
            options={"mip_rel_gap": 0.0}
            if has_integers
            else {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
        )


STATUS_OF_HIGHS: dict[int, Status] = {0: "optimal", 2: "infeasible", 3: "unbounded"}
