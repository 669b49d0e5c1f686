"""HiGHS for linear programmes without integers, by its own interface."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.rows import Block, BoundRows
from strategies.optimisers.solvers import Solution, Status

Vector = NDArray[np.float64]

EXACT = 1e-9  # how far rows and reduced costs may be missed; simplex answers are corners, exact to rounding


class Simplex:
    """The dual simplex method of HiGHS [1]_, without presolve and its own scaling.

    Programmes come in scaled units: at 250 scenarios scaling them once more takes three times as many steps, and
    presolve finds nothing to take out. Where no single portfolio is best the answer is a corner of those that are, the
    same each time.

    References
    ----------
    .. [1] Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018.
    """

    name = "highs"

    def __init__(self, form: CanonicalForm) -> None:
        self._form, self._bounds = form, BoundRows(form)
        self._block = Block(form, np.flatnonzero(~self._bounds.is_bound), is_dense=False)
        self._n_equal = form.n_zero  # they come first, and none is a bound
        self._continuous = np.zeros(form.n_x, dtype=np.int32)

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers
            With P all zeros.

        Returns
        -------
        Solution
            What is infeasible or unbounded, HiGHS does not say which, is trouble.
        """
        solver = self.run(self.model(numbers))
        said = solver.getModelStatus().name
        found, info = solver.getSolution(), solver.getInfo()

        def multipliers() -> Vector:
            z = np.zeros(self._form.n_rows)
            z[self._block.rows] = np.negative(found.row_dual)
            of_bounds = np.array(found.col_dual)
            self._bounds.read(numbers)
            self._bounds.share(z, np.maximum(of_bounds, 0.0), np.maximum(-of_bounds, 0.0))
            return z

        return Solution(
            STATUS_OF_HIGHS.get(said, "trouble"), np.array(found.col_value), multipliers,
            info.objective_function_value, self.name, info.simplex_iteration_count, said,
        )  # fmt: skip

    def model(self, numbers: Numbers) -> tuple[Any, ...]:
        """Give the programme as HiGHS takes it.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        tuple
            Arguments of its `passModel`.
        """
        import highspy

        bounds, block = self._bounds, self._block
        bounds.read(numbers)
        most = numbers.b[block.rows]
        least = np.full(len(most), -np.inf)
        least[: self._n_equal] = most[: self._n_equal]
        return (
            self._form.n_x, len(most), len(block.row), int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize), 0.0, numbers.q, bounds.lower, bounds.upper, least, most, block.indptr,
            block.row, numbers.A[block.at], self._continuous,
        )  # fmt: skip

    def run(self, model: tuple[Any, ...]) -> Any:
        """Solve a model.

        Parameters
        ----------
        model : tuple

        Returns
        -------
        highspy.Highs
        """
        import highspy

        solver = highspy.Highs()
        solver.passOptions(_options())
        solver.passModel(*model)
        solver.run()
        return solver


@cache
def _options() -> Any:
    import highspy

    options = highspy.HighsOptions()
    options.output_flag = False
    options.threads = 1
    options.presolve, options.solver = "off", "simplex"
    options.simplex_scale_strategy = 0
    options.primal_feasibility_tolerance = options.dual_feasibility_tolerance = EXACT
    return options


STATUS_OF_HIGHS: dict[str, Status] = {"kOptimal": "optimal", "kInfeasible": "infeasible", "kUnbounded": "unbounded"}
