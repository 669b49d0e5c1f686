"""Solvers by their own interfaces, on the matrices that ours gives them: what a layer above cannot beat.

Everything but the solver's own set-up and solve is done before: matrices in the form that it takes, at the tolerances
of ours.
"""

from typing import Any

import clarabel
import numpy as np

from benchmarks.allocation.engines import Lay, Weights
from benchmarks.allocation.in_eastbound import optimiser_of, parts_of
from benchmarks.allocation.steps import Mandate, Step
from strategies.optimisers.canonical import Numbers
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.linear import Highs
from strategies.optimisers.programme import Programme
from strategies.optimisers.solvers import Clarabel, Piqp, Solution


def numbers_of(job: str, mandate: Mandate, step: Step) -> tuple[Programme, Numbers]:
    """Give our compiled programme, and a step's numbers in it.

    Parameters
    ----------
    job : str
    mandate : Mandate
    step : Step

    Returns
    -------
    Programme, Numbers
    """
    given = Inputs.of(parts_of(job, mandate, step))  # type: ignore[arg-type]
    compiled = optimiser_of(job, mandate)._programme(given)  # noqa: SLF001 - what is timed lies below it
    return compiled, compiled.numbers(given)


def _weights(compiled: Programme, x: Any) -> Weights:
    return compiled.weights_of(Solution("optimal", np.array(x), np.zeros(0), 0.0, "", 0, ""))


def lay_clarabel(job: str, mandate: Mandate) -> Lay:
    """Set up and solve fresh."""

    def of_step(step: Step):
        compiled, numbers = numbers_of(job, mandate, step)
        ours = Clarabel(compiled.form)
        P, A = compiled.form.matrices(numbers)
        cones, settings, q, b = ours.cones, ours.settings, numbers.q, numbers.b

        def solve() -> Weights:
            return _weights(compiled, clarabel.DefaultSolver(P, q, A, b, cones, settings).solve().x)

        return solve

    return of_step


def lay_piqp(job: str, mandate: Mandate) -> Lay:
    """Set up and solve fresh."""

    def of_step(step: Step):
        compiled, numbers = numbers_of(job, mandate, step)
        ours = Piqp(compiled.form, mandate.n)
        whole = ours.whole(numbers)

        def solve() -> Weights:
            solver = ours.fresh(whole)
            solver.solve()
            return _weights(compiled, solver.result.x)

        return solve

    return of_step


def lay_piqp_update(job: str, mandate: Mandate) -> Lay:
    """Set up once, and update."""
    solver: Any = None

    def of_step(step: Step):
        nonlocal solver
        compiled, numbers = numbers_of(job, mandate, step)
        ours = Piqp(compiled.form, mandate.n)
        whole = ours.whole(numbers)
        if solver is None:
            solver = ours.fresh(whole)

        def solve() -> Weights:
            solver.update(**whole)
            solver.solve()
            return _weights(compiled, solver.result.x)

        return solve

    return of_step


def lay_highs(job: str, mandate: Mandate) -> Lay:
    """Pass the model and solve fresh."""

    def of_step(step: Step):
        compiled, numbers = numbers_of(job, mandate, step)
        ours = Highs(compiled.form)
        model = ours.model(numbers)

        def solve() -> Weights:
            return _weights(compiled, ours.run(model).getSolution().col_value)

        return solve

    return of_step
