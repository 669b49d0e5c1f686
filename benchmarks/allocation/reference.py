"""The best weights of each step, as exact as they can be had: no engine that is compared has any part in them.

The programme is written by hand in scaled units and solved by Clarabel four orders tighter than its defaults (linear
programmes: by HiGHS); risk parity by Newton's method to rounding.
"""

import warnings
from dataclasses import replace
from functools import cache

import numpy as np

from benchmarks.allocation.jobs import Weights
from benchmarks.allocation.steps import Mandate, Step, make_steps

TIGHT = 1e-12


@cache
def best_weights(job: str, n: int) -> tuple[Weights, ...]:
    """Solve every step of a job.

    Parameters
    ----------
    job : str
        Its key.
    n : int
        Names.

    Returns
    -------
    tuple of ndarray
    """
    solve = _parity if job == "parity" else _by_cvxpy
    return tuple(solve(job, Mandate(n), step) for step in make_steps(n))


def _by_cvxpy(job: str, mandate: Mandate, step: Step) -> Weights:
    import cvxpy as cp

    from benchmarks.allocation.in_cvxpy import programme

    unit = step.covariance.trace() / mandate.n
    scaled = replace(
        step, covariance=step.covariance / unit, scenarios=step.scenarios / unit**0.5,
        expected=step.expected / (unit if job != "sharpe" else np.abs(step.expected).max()),
    )  # fmt: skip
    problem, read = programme(job, mandate, scaled, lambda w: cp.quad_form(w, cp.psd_wrap(scaled.covariance)))
    if job == "cvar":
        with warnings.catch_warnings():  # cvxpy multiplies infinite bounds by zero on its way to HiGHS
            warnings.simplefilter("ignore", RuntimeWarning)
            problem.solve(solver=cp.HIGHS)
    else:
        tight = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), TIGHT)
        problem.solve(solver=cp.CLARABEL, **tight)
    if problem.status not in ("optimal", "optimal_inaccurate"):  # inaccurate: short of 1e-12
        raise SystemExit(f"{job} at {mandate.n} names has no reference: {problem.status}")
    return read()


def _parity(_: str, mandate: Mandate, step: Step) -> Weights:
    S = step.covariance / step.covariance.trace() * mandate.n
    y, share = 1.0 / np.sqrt(mandate.n * S.diagonal()), 1.0 / mandate.n
    for _ in range(100):
        change = np.linalg.solve(S + np.diag(share / y**2), share / y - S @ y)
        y = y + change * min(1.0, 0.9 / max(np.abs(change / y).max(), 1e-300))
        if np.abs(change / y).max() < 1e-15:
            break
    return y / y.sum()
