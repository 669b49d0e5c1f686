"""Ours, as a user calls it: `optimiser.weights` with the estimates of the step, or `weights_over` with those of all."""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.allocation.engines import Lay, LayWhole, Weights
from benchmarks.allocation.steps import LEVEL, RISK_AVERSION, Mandate, Step
from strategies.optimisers import (
    Bounds,
    GroupLimits,
    MaximumSharpe,
    MeanVariance,
    MinimumCVaR,
    MinimumVariance,
    Optimiser,
    RiskParity,
    Turnover,
)


def optimiser_of(job: str, mandate: Mandate) -> Optimiser:
    """Give our optimiser for a job.

    Parameters
    ----------
    job : str
    mandate : Mandate

    Returns
    -------
    Optimiser
    """
    caps = (Bounds(at_most=mandate.cap), GroupLimits(of="sector", at_most=mandate.sector_cap))
    if job == "variance":
        return MinimumVariance(constraints=caps)
    if job == "cvar":
        return MinimumCVaR(level=LEVEL, constraints=caps)
    if job == "sharpe":
        return MaximumSharpe(constraints=caps)
    if job == "parity":
        return RiskParity()
    return MeanVariance(risk_aversion=RISK_AVERSION, constraints=(*caps, Turnover(at_most=mandate.turnover)))


def parts_of(job: str, mandate: Mandate, step: Step) -> dict[str, object]:
    """Give what our optimiser is called with.

    Parameters
    ----------
    job : str
    mandate : Mandate
    step : Step

    Returns
    -------
    dict of str to object
    """
    labels = {} if job == "parity" else {"labels": {"sector": mandate.sectors}}
    if job == "cvar":
        return {"scenarios": step.scenarios} | labels
    found: dict[str, object] = {"covariance": step.covariance} | labels
    if job in ("utility", "policy"):
        return found | {"expected_returns": step.expected, "current": step.drifted}
    return found | ({"expected_returns": step.expected} if job == "sharpe" else {})


def lay(job: str, mandate: Mandate) -> Lay:
    """Give the optimiser; what its first call compiles is the run's, not the step's."""
    best = optimiser_of(job, mandate)

    def of_step(step: Step):
        parts = parts_of(job, mandate, step)

        def solve() -> Weights:
            return best.weights(**parts)  # type: ignore[arg-type]

        return solve

    return of_step


def lay_whole(job: str, mandate: Mandate) -> LayWhole:
    """Give the optimiser for all steps at once."""
    best = optimiser_of(job, mandate)

    def of_steps(steps: Sequence[Step]) -> Callable[[], Sequence[Weights]]:
        each = [parts_of(job, mandate, step) for step in steps]
        parts = {key: np.array([one[key] for one in each]) for key in each[0] if key != "labels"}
        labels = {key: each[0][key] for key in each[0] if key == "labels"}

        def solve() -> Sequence[Weights]:
            return list(best.weights_over(**parts, **labels))  # type: ignore[arg-type]

        return solve

    return of_steps
