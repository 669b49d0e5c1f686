"""SCS, the second opinion where Clarabel has none."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.solvers import Solution, Status


class Scs:
    """SCS [1]_: operator splitting for the same cones as Clarabel; slower and less exact, and seldom in trouble.

    References
    ----------
    .. [1] O'Donoghue, "Operator splitting for a homogeneous embedding of the linear complementarity problem", 2021.
    """

    name = "scs"

    def __init__(self, form: CanonicalForm) -> None:
        self._form, cones = form, form.cones
        self._cone: dict[str, Any] = {"z": form.n_zero, "l": form.n_nonnegative}
        if cones.soc:
            self._cone["q"] = list(cones.soc)
        if cones.exp:
            self._cone["ep"] = cones.exp
        if cones.p3d:
            self._cone["p"] = list(cones.p3d)

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        Solution
        """
        import scipy.sparse as sp
        import scs

        P, A = self._form.matrices(numbers)
        data = {"A": sp.csc_matrix(A), "b": numbers.b, "c": numbers.q}
        if P.nnz:
            data["P"] = sp.csc_matrix(P)
        solver = scs.SCS(data, self._cone, verbose=False, eps_abs=1e-9, eps_rel=1e-9, eps_infeas=1e-9, max_iters=20_000)
        found = solver.solve(warm_start=False)
        said = str(found["info"]["status"])
        x: NDArray[np.float64] = found["x"]
        status = STATUS_OF_SCS.get(said, "trouble")
        return Solution(status, x, found["y"], found["info"]["pobj"], self.name, found["info"]["iter"], said)


STATUS_OF_SCS: dict[str, Status] = {"solved": "optimal", "infeasible": "infeasible", "unbounded": "unbounded"}
