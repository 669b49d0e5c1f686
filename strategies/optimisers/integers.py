"""SCIP, for programmes with yes or no for each name and a quadratic objective."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from strategies.errors import StrategyError
from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.solvers import Clarabel, Solution, Status

NOTHING = 1e-13  # of a correlation: its rounding
# SCIP asks its solver of linear programmes for a thousandth of its tolerance at times, and gets no less than 1e-10. So
# squares and cones, which may be missed by that tolerance each, are written larger.
FEASIBLE, LARGER = 1e-7, 10.0
MOST_NODES = 100_000  # of the tree; a limit of time would depend on the machine


class Scip:
    """SCIP [1]_: branch and bound to proved optimality; the extra `mixed-integer`.

    What is held is SCIP's answer; how much of it is then solved again by Clarabel with that fixed, so that weights are
    as exact as any others, and the objective is held against SCIP's proved bound. What is not proved best within
    `MOST_NODES` is trouble, and no portfolio.

    References
    ----------
    .. [1] Bolusani et al., "The SCIP Optimization Suite 9.0", 2024.
    """

    name = "scip"

    def __init__(self, form: CanonicalForm) -> None:
        self._form = form

    def solve(self, numbers: Numbers) -> Solution:
        """Solve.

        Parameters
        ----------
        numbers : Numbers

        Returns
        -------
        Solution
            `gap` is the objective less SCIP's bound, over the objective or the risk in it, whichever is larger.
        """
        form = self._form
        model, x = self._model(numbers)
        try:
            model.optimize()
            said = str(model.getStatus())
        except Exception as error:  # noqa: BLE001 - what SCIP raises when its own solver of linear programmes fails
            said = str(error)
        if said == "userinterrupt":  # SCIP takes the signal for itself
            raise KeyboardInterrupt
        if said == "totalnodelimit":
            said = f"no portfolio proved best within {MOST_NODES:,} nodes"
        status = STATUS_OF_SCIP.get(said, "trouble")
        if status != "optimal":
            empty = np.zeros(form.n_rows)
            return Solution(status, np.zeros(form.n_x), empty, np.nan, self.name, 0, said)
        answer = np.array([model.getVal(one) for one in x])
        exact = self._with_names_fixed(numbers, answer)
        if exact.status != "optimal":
            return exact
        # Risk and return may cancel out to an objective of zero, of which every gap is large.
        size = max(abs(exact.objective), exact.objective - float(numbers.q @ exact.x), 1e-12)
        gap = max(exact.objective - model.getDualbound(), 0.0) / size
        return Solution("optimal", exact.x, exact.z, exact.objective, self.name, int(model.getNNodes()), said, gap)

    def _model(self, numbers: Numbers) -> tuple[Any, list[Any]]:
        """Write the programme down for SCIP, and give its variables."""
        try:
            from pyscipopt import Model, quicksum
        except ModuleNotFoundError as error:
            raise StrategyError(
                "Numbers of names and minimum positions with a quadratic objective need SCIP: pip install "
                "'eastbound[mixed-integer]'."
            ) from error
        form = self._form
        if form.n_zero + form.n_nonnegative + sum(form.cones.soc) != form.n_rows:
            raise StrategyError("Square-root costs cannot stand beside numbers of names and minimum positions.")
        model = Model()
        model.hideOutput()
        model.setParam("limits/gap", 0.0)
        model.setParam("numerics/feastol", FEASIBLE)
        model.setParam("limits/totalnodes", MOST_NODES)
        x = [
            model.addVar(vtype="B" if is_integer else "C", lb=0.0 if is_integer else None)
            for is_integer in form.is_integer
        ]
        _, A = form.matrices(numbers)
        rows = A.tocsr()

        def slack(row: int) -> Any:
            part = slice(rows.indptr[row], rows.indptr[row + 1])
            return numbers.b[row] - quicksum(v * x[j] for v, j in zip(rows.data[part], rows.indices[part], strict=True))

        for row in range(form.n_zero + form.n_nonnegative):
            model.addCons(slack(row) == 0.0 if row < form.n_zero else slack(row) >= 0.0)
        first = form.n_zero + form.n_nonnegative
        for size in form.cones.soc:
            head = model.addVar(lb=0.0)
            model.addCons(head == LARGER * slack(first))
            tail = [model.addVar(lb=None) for _ in range(size - 1)]
            for k, one in enumerate(tail):
                model.addCons(one == LARGER * slack(first + 1 + k))
            model.addCons(quicksum(one * one for one in tail) <= head * head)
            first += size
        squares = list[Any]()
        for factor, parts in self._sum_of_squares(numbers):
            part, square = model.addVar(lb=None), model.addVar(lb=0.0)
            model.addCons(part == quicksum(LARGER * c * x[j] for j, c in parts))
            model.addCons(part * part <= square)
            squares.append(factor / LARGER**2 * square)
        linear = quicksum(c * one for c, one in zip(numbers.q, x, strict=True) if c)
        model.setObjective(quicksum(squares) + linear, "minimize")
        return model, x

    def _sum_of_squares(self, numbers: Numbers) -> Iterator[tuple[float, list[tuple[int, float]]]]:
        """Write half the variance as squares: factors, and the linear parts that are squared.

        As much of it as can be is squares of single weights. SCIP knows of each that it is zero where its name is not
        held, and cuts the relaxation there (perspective cuts); of a form with products it knows nothing.
        """
        P = self._form.whole_quadratic(numbers)
        at = np.flatnonzero(P.diagonal() > 0.0)
        if not len(at):
            return
        deviations = np.sqrt(P.diagonal()[at])
        correlation = P[np.ix_(at, at)] / np.outer(deviations, deviations)
        least = max(float(np.linalg.eigvalsh(correlation)[0]) * (1.0 - 1e-9), 0.0)
        values, vectors = np.linalg.eigh(correlation - least * np.eye(len(at)))
        if least > NOTHING:
            yield from (
                (least * deviation**2 / 2.0, [(int(j), 1.0)]) for j, deviation in zip(at, deviations, strict=True)
            )
        for value, vector in zip(values, vectors.T, strict=True):
            if value > NOTHING * len(at):
                yield value / 2.0, list(zip(at.tolist(), (vector * deviations).tolist(), strict=True))

    def _with_names_fixed(self, numbers: Numbers, answer: np.ndarray) -> Solution:
        """Solve for the weights with what is held fixed, by bounds that leave it no room."""
        fixed = np.flatnonzero(self._form.is_integer)
        held = np.round(answer[fixed])
        P, A = self._form.matrices(numbers)
        b = numbers.b - A[:, fixed] @ held
        free = np.flatnonzero(~self._form.is_integer)
        exact = Clarabel(self._form).solve_matrices(P[free][:, free], numbers.q[free], A[:, free], b)
        if exact.status != "optimal":
            return exact
        x = np.empty(self._form.n_x)
        x[free], x[fixed] = exact.x, held
        z = np.array(exact.z() if callable(exact.z) else exact.z)
        z[self._form.rows_of_integers] = 0.0
        return replace(exact, x=x, z=z, objective=exact.objective + float(numbers.q[fixed] @ held))


STATUS_OF_SCIP: dict[str, Status] = {"optimal": "optimal", "infeasible": "infeasible", "unbounded": "unbounded"}
