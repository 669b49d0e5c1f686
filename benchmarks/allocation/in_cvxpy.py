"""cvxpy by hand: the problem built anew at each step, or written in parameters and compiled once."""

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np

from benchmarks.allocation.engines import Lay, Weights
from benchmarks.allocation.steps import LEVEL, N_SCENARIOS, RISK_AVERSION, Mandate, Step


def programme(job: str, mandate: Mandate, given: Any, risk: Callable[[Any], Any]) -> tuple[Any, Callable[[], Weights]]:
    """Write a job down.

    Parameters
    ----------
    job : str
    mandate : Mandate
    given : Step, or parameters of the same names
    risk : callable
        From an expression of the weights to its variance.

    Returns
    -------
    problem : cvxpy.Problem
    read : callable
        Gives the weights once it is solved.
    """
    n = mandate.n
    if job == "parity":
        y = cp.Variable(n)
        problem = cp.Problem(cp.Minimize(risk(y) / 2.0 - cp.sum(cp.log(y)) / n))
        return problem, lambda: y.value / y.value.sum()
    if job == "sharpe":
        y, k = cp.Variable(n), cp.Variable(nonneg=True)
        limits = [cp.sum(y) == k, y >= 0.0, y <= mandate.cap * k, mandate.membership @ y <= mandate.sector_cap * k]
        problem = cp.Problem(cp.Minimize(risk(y)), [*limits, given.expected @ y == 1.0])
        return problem, lambda: y.value / k.value
    w = cp.Variable(n)
    limits = [cp.sum(w) == 1.0, w >= 0.0, w <= mandate.cap, mandate.membership @ w <= mandate.sector_cap]
    if job == "variance":
        loss = risk(w)
    elif job == "cvar":
        threshold = cp.Variable()
        beyond = cp.sum(cp.pos(-(given.scenarios @ w) - threshold))
        loss = threshold + beyond / ((1.0 - LEVEL) * N_SCENARIOS)
    else:
        loss = RISK_AVERSION / 2.0 * risk(w) - given.expected @ w
        limits.append(cp.norm1(w - given.drifted) <= 2.0 * mandate.turnover)
    return cp.Problem(cp.Minimize(loss), limits), lambda: w.value


def lay_anew(job: str, mandate: Mandate) -> Lay:
    """Build and solve at each step."""

    def of_step(step: Step):
        def solve() -> Weights:
            problem, read = programme(
                job, mandate, step, lambda weights: cp.quad_form(weights, cp.psd_wrap(step.covariance))
            )
            problem.solve(solver=cp.CLARABEL)
            return read()

        return solve

    return of_step


class Parameters:
    """The estimates of a step as parameters: quad_form takes no parameter in compiled problems, so the root is one."""

    def __init__(self, n: int) -> None:
        self.expected, self.drifted = cp.Parameter(n), cp.Parameter(n)
        self.root, self.scenarios = cp.Parameter((n, n)), cp.Parameter((N_SCENARIOS, n))

    def risk(self, weights: Any) -> Any:
        """Write the variance."""
        return cp.sum_squares(self.root @ weights)


def _compiled(job: str, mandate: Mandate, **settings: Any) -> Lay:
    parameters = Parameters(mandate.n)
    problem, read = programme(job, mandate, parameters, parameters.risk)

    def of_step(step: Step):
        def solve() -> Weights:
            if job == "cvar":
                parameters.scenarios.value = step.scenarios
            else:
                parameters.root.value = np.linalg.cholesky(step.covariance).T
            if job in ("utility", "sharpe"):
                parameters.expected.value = step.expected
            if job == "utility":
                parameters.drifted.value = step.drifted
            problem.solve(**settings)
            return read()

        return solve

    return of_step


def lay_compiled(job: str, mandate: Mandate) -> Lay:
    """Compile once, Clarabel."""
    return _compiled(job, mandate, solver=cp.CLARABEL)


def lay_compiled_piqp(job: str, mandate: Mandate) -> Lay:
    """Compile once, PIQP."""
    return _compiled(job, mandate, solver=cp.PIQP)
