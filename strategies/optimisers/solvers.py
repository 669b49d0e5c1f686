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
from strategies.optimisers.rows import Block, BoundRows

Vector = NDArray[np.float64]
Status = Literal["optimal", "infeasible", "unbounded", "trouble"]

# Tight enough that gradients of held names agree to 1e-6; a programme that gets no closer is content with the second,
# and one whose limit on risk leaves next to no room with the last.
TOLERANCE, CONTENT, LAST = 1e-11, 1e-9, (1e-8, 1e-7)
SMALL = 40  # variables up to which dense matrices are quicker, whatever their pattern


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

    Attributes
    ----------
    cones : list
    settings : clarabel.DefaultSettings
        Of the first try.

    References
    ----------
    .. [1] Goulart and Chen, "Clarabel: an interior-point solver for conic programs with quadratic objectives", 2024.
    """

    name = "clarabel"

    def __init__(self, form: CanonicalForm) -> None:
        import clarabel

        self._form = form
        cones = form.cones
        self.cones: list[Any] = []
        if form.n_zero:
            self.cones.append(clarabel.ZeroConeT(form.n_zero))
        if form.n_nonnegative:
            self.cones.append(clarabel.NonnegativeConeT(form.n_nonnegative))
        self.cones += [clarabel.SecondOrderConeT(n) for n in cones.soc]
        self.cones += [clarabel.ExponentialConeT() for _ in range(cones.exp)]
        self.cones += [clarabel.PowerConeT(power) for power in cones.p3d]
        is_curved = bool(cones.exp or cones.p3d)
        self.settings = _settings(CONTENT if is_curved else TOLERANCE, is_equilibrated=False)
        self._others = [
            _settings(tolerance, is_equilibrated=True)
            for tolerance in (TOLERANCE, CONTENT, *LAST)
            if not (is_curved and tolerance < CONTENT)
        ]
        self._solver: Any = None
        self._given: Numbers | None = None

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
        for settings in (self.settings, *self._others):
            solver = clarabel.DefaultSolver(sp.csc_array(P), q, sp.csc_array(A), b, self.cones, settings)
            solution = self._solution(solver.solve())
            if solution.status != "trouble":
                return solution
        return solution

    def _set_up(self, numbers: Numbers) -> Any:
        """Give the solver with these numbers; without equilibration an update leaves nothing of those before."""
        before, self._given = self._given, numbers
        if before is None:
            self._solver = self._fresh(numbers, self.settings)
            return self._solver
        changed: dict[str, Any] = {} if numbers.covariance is None else {"P": self._form.quadratic(numbers)}
        for part in ("q", "A", "b"):
            if getattr(numbers, part) is not getattr(before, part):
                changed[part] = getattr(numbers, part)
        self._solver.update(**changed)
        return self._solver

    def _fresh(self, numbers: Numbers, settings: Any) -> Any:
        import clarabel

        P, A = self._form.matrices(numbers)
        return clarabel.DefaultSolver(P, numbers.q, A, numbers.b, self.cones, settings)

    def _solution(self, found: Any) -> Solution:
        said = str(found.status)
        status = STATUS_OF_CLARABEL.get(said, "trouble")
        return Solution(
            status, np.array(found.x), lambda: np.array(found.z), found.obj_val, self.name, found.iterations, said
        )


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

    Rows of one entry become bounds of their variable. Dense where the covariance is all there is, or all is small;
    sparse otherwise. Its preconditioner is off: programmes come in scaled units, and without it an update leaves
    nothing of the numbers before.

    Parameters
    ----------
    form : CanonicalForm
    n_names : int

    Attributes
    ----------
    is_dense : bool

    References
    ----------
    .. [1] Schwan, Jiang, Kuhn and Jones, "PIQP: a proximal interior-point quadratic programming solver", 2023.
    """

    name = "piqp"

    def __init__(self, form: CanonicalForm, n_names: int) -> None:
        self._form, self._n_x = form, form.n_x
        self.is_dense = form.n_x <= max(n_names + 1, SMALL)
        self._bounds = BoundRows(form)
        is_equality = np.arange(form.n_rows) < form.n_zero
        self._equal = Block(form, np.flatnonzero(is_equality), is_dense=self.is_dense)
        is_general = ~self._bounds.is_bound & ~is_equality
        self._general = Block(form, np.flatnonzero(is_general), is_dense=self.is_dense)
        self._solver: Any = None
        self._given: Numbers | None = None

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        Solution
        """
        result = self._solved(numbers)
        info = result.info
        said = info.status.name
        return Solution(
            STATUS_OF_PIQP.get(said, "trouble"), np.array(result.x), lambda: self._multipliers(numbers),
            info.primal_obj, self.name, info.iter, said,
        )  # fmt: skip

    def whole(self, numbers: Numbers) -> dict[str, Any]:
        """Give the programme as PIQP takes it.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        dict of str to array
            Arguments of its `setup` and `update`.
        """
        self._bounds.read(numbers)
        b = numbers.b
        return {
            "P": self._quadratic(numbers), "c": numbers.q, "A": self._equal(numbers.A), "b": b[self._equal.rows],
            "G": self._general(numbers.A), "h_u": b[self._general.rows], "x_l": self._bounds.lower,
            "x_u": self._bounds.upper,
        }  # fmt: skip

    def fresh(self, whole: dict[str, Any]) -> Any:
        """Set a solver up.

        Parameters
        ----------
        whole : dict of str to array

        Returns
        -------
        piqp.DenseSolver or piqp.SparseSolver
        """
        import piqp

        solver = piqp.DenseSolver() if self.is_dense else piqp.SparseSolver()
        settings = solver.settings
        settings.eps_abs = settings.eps_rel = TOLERANCE
        settings.eps_duality_gap_abs = settings.eps_duality_gap_rel = TOLERANCE
        settings.preconditioner_iter = 0
        solver.setup(**whole)
        return solver

    def _solved(self, numbers: Numbers) -> Any:
        before, self._given = self._given, numbers
        if before is None:
            self._solver = self.fresh(self.whole(numbers))
        else:
            self._solver.update(**self._changed(numbers, before))
        self._solver.solve()
        return self._solver.result

    def _changed(self, numbers: Numbers, before: Numbers) -> dict[str, Any]:
        changed: dict[str, Any] = {} if numbers.covariance is None else {"P": self._quadratic(numbers)}
        is_other = numbers.A is not before.A
        if numbers.q is not before.q:
            changed["c"] = numbers.q
        if is_other and self._equal.changes:
            changed["A"] = self._equal(numbers.A)
        if is_other and self._general.changes:
            changed["G"] = self._general(numbers.A)
        if is_other or numbers.b is not before.b:
            changed |= {"b": numbers.b[self._equal.rows], "h_u": numbers.b[self._general.rows]}
            if self._bounds.read(numbers):
                changed |= {"x_l": self._bounds.lower, "x_u": self._bounds.upper}
        return changed

    def _multipliers(self, numbers: Numbers) -> Vector:
        if self._given is not numbers:  # the solver went on; what it says of the same numbers has the same bytes
            self._solved(numbers)
        result, z = self._solver.result, np.zeros(self._form.n_rows)
        z[self._equal.rows] = result.y
        z[self._general.rows] = result.z_u
        self._bounds.share(z, np.array(result.z_bl), np.array(result.z_bu))
        return z

    def _quadratic(self, numbers: Numbers) -> Any:
        return self._form.whole_quadratic(numbers) if self.is_dense else self._form.matrices(numbers)[0]


STATUS_OF_PIQP: dict[str, Status] = {
    "PIQP_SOLVED": "optimal",
    "PIQP_PRIMAL_INFEASIBLE": "infeasible",
    "PIQP_DUAL_INFEASIBLE": "unbounded",
}
