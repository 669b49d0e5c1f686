"""HiGHS for linear programmes, with integers or without, by its own interface."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.dual import Dual
from strategies.optimisers.rows import Block, BoundRows
from strategies.optimisers.solvers import Solution, Status

Vector = NDArray[np.float64]

LOWER, UPPER, KINDS = 7, 8, 14  # where bounds of variables and integers stand in a model
MOST_NODES = 100_000  # of the tree, where there are integers
EXACT = 1e-9  # how far rows and reduced costs may be missed; a corner is exact to rounding all the same


class Highs:
    """HiGHS [1]_: the dual simplex method, and branch and bound where there are integers.

    Where that has far fewer rows, as with many scenarios, it solves the dual of the programme: see `Dual`.
    Rows of one entry become bounds of their variable. Without integers presolve and its own scaling are off: programmes
    come in scaled units, and to scale 250 scenarios once more takes two or three times as many steps. Where no single
    portfolio is best the answer is a corner of those that are, the same each time.

    References
    ----------
    .. [1] Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018.
    """

    name = "highs"

    def __init__(self, form: CanonicalForm) -> None:
        self._form, self._bounds = form, BoundRows(form)
        self._block = Block(form, np.flatnonzero(~self._bounds.is_bound), is_dense=False)
        self._n_equal = form.n_zero  # they come first, and none is a bound
        self._kinds = form.is_integer.astype(np.int32)
        self._has_integers = bool(form.is_integer.any())
        self._dual = Dual(form, self._bounds, self._block)
        self._solver: Any = None

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers
            Without a covariance.

        Returns
        -------
        Solution
            Where there are integers, solved again with them fixed: what HiGHS calls whole may be a millionth off, and
            so would the weights be. Multipliers are of that portfolio then. What is infeasible or unbounded, where
            HiGHS does not say which, is trouble.
        """
        if self._dual.is_worth_it and not self._has_integers:
            by_dual = self._by_dual(numbers)
            if by_dual is not None:
                return by_dual
        first = self._found(numbers, self.model(numbers), has_integers=self._has_integers)
        if not self._has_integers or first.status != "optimal":
            return first
        whole, is_integer = np.round(first.x), self._form.is_integer
        model = list(self.model(numbers))
        for bound in (LOWER, UPPER):
            model[bound] = np.where(is_integer, whole, model[bound])
        model[KINDS] = np.zeros_like(self._kinds)
        exact = self._found(numbers, tuple(model), has_integers=False)
        if exact.status != "optimal":
            return exact

        def multipliers() -> Vector:
            z = exact.z() if callable(exact.z) else exact.z
            z[self._form.rows_of_integers] = 0.0
            return z

        return replace(exact, z=multipliers, gap=first.gap, iterations=first.iterations)

    def _by_dual(self, numbers: Numbers) -> Solution | None:
        """Solve the dual; None where it has no solution, which the programme itself can say more of."""
        self._bounds.read(numbers)
        solver = self.run(self._dual.model(numbers))
        if solver.getModelStatus().name != "kOptimal":
            return None
        x, of_rows, of_bounds = self._dual.solution(numbers, solver.getSolution())
        steps, objective = solver.getInfo().simplex_iteration_count, float(numbers.q @ x)

        def multipliers() -> Vector:
            return self._multipliers(numbers, of_rows, of_bounds)

        return Solution("optimal", x, multipliers, objective, self.name, steps, "kOptimal, by the dual")

    def _multipliers(self, numbers: Numbers, of_rows: Vector, of_bounds: Vector) -> Vector:
        z = np.zeros(self._form.n_rows)
        z[self._block.rows] = of_rows
        self._bounds.read(numbers)
        self._bounds.share(z, np.maximum(of_bounds, 0.0), np.maximum(-of_bounds, 0.0))
        return z

    def _found(self, numbers: Numbers, model: tuple[Any, ...], *, has_integers: bool) -> Solution:
        solver, form = self.run(model, has_integers=has_integers), self._form
        said = solver.getModelStatus().name
        if has_integers and said == "kSolutionLimit":
            said = f"no portfolio proved best within {MOST_NODES:,} nodes"
        status = STATUS_OF_HIGHS.get(said, "trouble")
        if status != "optimal":
            return Solution(status, np.zeros(form.n_x), np.zeros(form.n_rows), np.nan, self.name, 0, said)
        found, info = solver.getSolution(), solver.getInfo()
        x, objective = np.array(found.col_value), info.objective_function_value
        if has_integers:
            nodes, gap = int(info.mip_node_count), float(info.mip_gap)
            return Solution(status, x, np.zeros(form.n_rows), objective, self.name, nodes, said, gap)

        def multipliers() -> Vector:
            return self._multipliers(numbers, np.negative(found.row_dual), np.array(found.col_dual))

        return Solution(status, x, multipliers, objective, self.name, info.simplex_iteration_count, said)

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
            block.row, numbers.A[block.at], self._kinds,
        )  # fmt: skip

    def run(self, model: tuple[Any, ...], *, has_integers: bool = False) -> Any:
        """Solve a model.

        Parameters
        ----------
        model : tuple
        has_integers : bool

        Returns
        -------
        highspy.Highs
        """
        import highspy

        if self._solver is None:
            self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver = self._solver
        solver.clear()  # of all that it knows
        solver.passOptions(_options(has_integers))
        solver.passModel(*model)
        solver.run()
        return solver


@cache
def _options(has_integers: bool) -> Any:
    import highspy

    options = highspy.HighsOptions()
    options.output_flag = False
    options.threads = 1
    options.primal_feasibility_tolerance = options.dual_feasibility_tolerance = EXACT
    if has_integers:
        options.mip_feasibility_tolerance = EXACT
        options.mip_rel_gap = 0.0
        options.mip_max_nodes = MOST_NODES
    else:
        options.presolve, options.solver = "off", "simplex"
        options.simplex_scale_strategy = 0
    return options


STATUS_OF_HIGHS: dict[str, Status] = {"kOptimal": "optimal", "kInfeasible": "infeasible", "kUnbounded": "unbounded"}
