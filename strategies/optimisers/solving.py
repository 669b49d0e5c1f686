"""Which solver is asked, and which after it; and the check of what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.integers import Scip
from strategies.optimisers.linear import Highs
from strategies.optimisers.solvers import Clarabel, Piqp, Solution
from strategies.optimisers.splitting import Scs

Vector = NDArray[np.float64]

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


def solve_in_turn(programme: Any, numbers: Sequence[Numbers]) -> list[Solution | None]:
    """Solve a programme with many sets of numbers by the first of its solvers, one after another.

    Parameters
    ----------
    programme : Programme
    numbers : sequence of Numbers

    Returns
    -------
    list of Solution or None
        None where that solver is in trouble, or its answer is not optimal or misses a row: ask `solve`.
    """
    form: CanonicalForm = programme.form
    name = solvers_for(form, programme.has_covariance)[0]
    solver = programme.solver(name, MAKERS[name])
    found: list[Solution] = [solver.solve(one) for one in numbers]
    kept = _keep_together(form, numbers, found)
    return [one if one.status == "optimal" and is_kept else None for one, is_kept in zip(found, kept, strict=True)]


def _keep_together(form: CanonicalForm, numbers: Sequence[Numbers], found: Sequence[Solution]) -> list[bool]:
    """Say of each solution whether it keeps its rows: all at once where they are linear and the same."""
    if not form.is_quadratic_programme or any(one.A is not numbers[0].A for one in numbers):
        return [keeps(form, one, solution) for one, solution in zip(numbers, found, strict=True)]
    x, b = np.array([one.x for one in found]).T, np.array([one.b for one in numbers]).T
    residual = (b - form.matrices(numbers[0])[1] @ x) / np.maximum(np.abs(b), 1.0)  # of each row its own limit
    equal, rest = residual[: form.n_zero], residual[form.n_zero :]
    worst = np.maximum(np.abs(equal).max(axis=0, initial=0.0), -rest.min(axis=0, initial=0.0))
    return [bool(one) for one in worst <= FEASIBLE]  # NaN is not


def solve_elastic(form: CanonicalForm, numbers: Numbers) -> Solution:
    """Solve a programme that asks for slacks alone.

    Parameters
    ----------
    form : CanonicalForm
    numbers : Numbers

    Returns
    -------
    Solution
        By HiGHS where all is linear, else by Clarabel or after it SCS, or by SCIP where there are integers.
    """
    if form.is_quadratic_programme:
        return Highs(form).solve(numbers)
    if form.is_integer.any():
        return Scip(form).solve(numbers)
    found = Clarabel(form).solve(numbers)
    return found if found.status != "trouble" else Scs(form).solve(numbers)


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


def misses(form: CanonicalForm, numbers: Numbers, solution: Solution) -> float:
    """Say by how much a solution misses the linear row that it misses most.

    Parameters
    ----------
    form : CanonicalForm
    numbers : Numbers
    solution : Solution

    Returns
    -------
    float
        In scaled units; 0 where it keeps all.
    """
    return _missed(form, numbers.b - form.rows_of(numbers, solution.x))


def _missed(form: CanonicalForm, residual: Vector) -> float:
    n_zero = form.n_zero
    equal, rest = residual[:n_zero], residual[n_zero : n_zero + form.n_nonnegative]
    return float(np.maximum(np.abs(equal).max(initial=0.0), -rest.min(initial=0.0)))  # NaN stays NaN


def keeps(form: CanonicalForm, numbers: Numbers, solution: Solution) -> bool:
    """Say whether a solution keeps its rows; it is asked of every answer, and of no solver.

    Parameters
    ----------
    form : CanonicalForm
    numbers : Numbers
    solution : Solution

    Returns
    -------
    bool
        False where anything is NaN.
    """
    if not np.isfinite(solution.x).all():
        return False
    residual = numbers.b - form.rows_of(numbers, solution.x)
    n_linear = form.n_zero + form.n_nonnegative
    # Of each row its own limit: beside a large one a small one would be kept by anything.
    if (
        not _missed(form, residual) <= FEASIBLE
        and not _missed(form, residual / np.maximum(np.abs(numbers.b), 1.0)) <= FEASIBLE
    ):  # NaN is not
        return False
    near = FEASIBLE * np.abs(numbers.b[n_linear:]).max(initial=1.0)
    return n_linear == len(residual) or _keeps_cones(form, residual[n_linear:], near)


def _keeps_cones(form: CanonicalForm, residual: Vector, near: float) -> bool:
    """Say whether rows lie in their second-order, exponential and power cones, or as near to them."""
    first = 0
    for length in form.cones.soc:
        head, tail = residual[first], residual[first + 1 : first + length]
        if not np.sqrt(tail @ tail) <= head + near:
            return False
        first += length
    n_exponential = 3 * form.cones.exp
    x, y, z = residual[first : first + n_exponential].reshape(-1, 3).T
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if not ((y + near) * np.exp((x - near) / (y + near)) <= z + near).all():
            return False
        x, y, z = residual[first + n_exponential :].reshape(-1, 3).T
        power = np.array(form.cones.p3d)
        return bool(((x + near) ** power * (y + near) ** (1.0 - power) >= np.abs(z) - near).all())


def _distrusted(solution: Solution) -> Solution:
    return replace(solution, status="trouble", said=f"{solution.said}, but its answer misses a demand")
