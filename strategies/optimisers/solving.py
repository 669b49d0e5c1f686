"""Which solver is asked, and which after it; and the check of what it answers."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.integers import Scip
from strategies.optimisers.linear import Highs
from strategies.optimisers.solvers import Clarabel, Piqp, Solution
from strategies.optimisers.splitting import Scs

FEASIBLE = 1e-7  # how far rows may be missed, in scaled units: more is no answer, whatever the solver calls it


def solve(programme: Any, numbers: Numbers) -> Solution:
    """Solve a programme by the first of its solvers that can.

    Parameters
    ----------
    programme : Programme
    numbers : Numbers

    Returns
    -------
    Solution
        The first that is optimal and keeps its rows; else the first that is not in trouble; else the last. Quadratic
        programmes: PIQP where it is installed, Clarabel, SCS. Linear ones: HiGHS, Clarabel; others without integers:
        Clarabel, SCS. With integers: HiGHS for linear ones, SCIP for quadratic ones.
    """
    form: CanonicalForm = programme.form
    found = Solution("trouble", np.zeros(0), np.zeros(0), np.nan, "no solver", 0, "there is none for it")
    for name in solvers_for(form, programme.has_covariance):
        made = programme.solver(name, MAKERS[name])
        solution: Solution = made.solve(numbers)
        if solution.status == "optimal" and not keeps(form, numbers, solution):
            solution = _distrusted(solution)
        if solution.status != "trouble":
            return solution
        found = solution
    return found


def solve_elastic(form: CanonicalForm, numbers: Numbers) -> Solution:
    """Solve a programme that asks for slacks alone.

    Parameters
    ----------
    form : CanonicalForm
    numbers : Numbers

    Returns
    -------
    Solution
        By HiGHS where all is linear, else by Clarabel.
    """
    if form.is_quadratic_programme:
        return Highs(form).solve(numbers)
    return Clarabel(form).solve(numbers)


def solvers_for(form: CanonicalForm, is_quadratic: bool) -> tuple[str, ...]:
    """Name the solvers of a programme, in the order in which they are asked.

    Parameters
    ----------
    form : CanonicalForm
    is_quadratic : bool

    Returns
    -------
    tuple of str
    """
    if form.is_integer.any():
        return ("highs",) if form.is_quadratic_programme and not is_quadratic else ("scip",)
    if not form.is_quadratic_programme:
        return ("clarabel", "scs")
    if not is_quadratic:
        return ("highs", "clarabel")
    return ("piqp", "clarabel", "scs") if _has("piqp") else ("clarabel", "scs")


@cache
def _has(library: str) -> bool:
    try:
        import_module(library)
    except ImportError:
        return False
    return True


MAKERS: dict[str, Callable[[Any], Any]] = {
    "clarabel": lambda programme: Clarabel(programme.form),
    "piqp": lambda programme: Piqp(programme.form, programme.room.n_names),
    "highs": lambda programme: Highs(programme.form),
    "scs": lambda programme: Scs(programme.form),
    "scip": lambda programme: Scip(programme.form),
}


def keeps(form: CanonicalForm, numbers: Numbers, solution: Solution) -> bool:
    """Say whether a solution keeps the linear rows; it is asked of every answer, and of no solver.

    Parameters
    ----------
    form : CanonicalForm
    numbers : Numbers
    solution : Solution

    Returns
    -------
    bool
    """
    residual = numbers.b - form.rows_of(numbers, solution.x)
    n_zero = form.n_zero
    np.negative(np.abs(residual[:n_zero]), out=residual[:n_zero])
    worst = -residual[: n_zero + form.n_nonnegative].min(initial=0.0)
    if worst <= FEASIBLE:
        return True
    return bool(worst <= FEASIBLE * np.abs(numbers.b).max(initial=1.0))  # NaN is not


def _distrusted(solution: Solution) -> Solution:
    from dataclasses import replace

    return replace(solution, status="trouble", said=f"{solution.said}, but its answer misses a demand")
