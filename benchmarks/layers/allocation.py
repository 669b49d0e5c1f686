"""Allocation: runs of 30 decisions by an optimiser, each with new estimates, as a user calls it."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.allocation import steps
from benchmarks.cases import CaseChanged
from benchmarks.layers.job import Job, Work, require

SIZES = ("30x14", "30x60", "30x200")  # decisions x names
DIGESTS = {
    14: "fde5b3f8193f3158acd01ea1be6bfdf30c638451b2c77b5be3fea6b1fa120776",
    60: "5bc3cb016aa138a1fe4896e2f55f04875ca3315ee89b93ddb897315e000b7e03",
    200: "0246adc71863c8ebab07ff741c0f5eaa7515a656a8e0226d03939833f152dc20",
}
KEPT = 1e-7  # how far a limit may be missed: what is below the solver's accuracy is set to zero
NEAR = 1e-6  # how much better, relative, a portfolio may be that one small exchange of two names leads to


def _run(job: str, size: str) -> Work:
    from benchmarks.allocation.in_eastbound import lay
    from benchmarks.allocation.jobs import JOBS

    n = int(size.partition("x")[2])
    if steps.digest(n) != DIGESTS[n]:
        raise CaseChanged(f"the steps of {n} names are not those that earlier records measured")
    mandate, decisions = steps.Mandate(n), steps.make_steps(n)
    of_step = lay(job, mandate)
    laid = [of_step(step) for step in decisions]
    measure = next(one for one in JOBS if one.key == job)

    def allocate() -> NDArray[np.float64]:
        return np.array([solve() for solve in laid])

    def check(weights: NDArray[np.float64]) -> None:
        rng = np.random.default_rng(7)
        for step, found in zip(decisions, weights, strict=True):
            missed = measure.missed(mandate, step, found)
            require(missed <= KEPT, f"a limit is missed by {missed:.1e}")
            least = measure.loss(step, found)
            for _ in range(40):
                other = found + _exchange(rng, found, mandate.cap)
                better = (least - measure.loss(step, other)) / abs(least)
                is_allowed = measure.missed(mandate, step, other) <= KEPT
                require(not is_allowed or better <= NEAR, f"another portfolio is better by {better:.1e}")

    return Work(allocate, check)


def _exchange(rng: np.random.Generator, weights: NDArray[np.float64], cap: float) -> NDArray[np.float64]:
    """Sell some of one name for another, up to a percent and within their bounds."""
    sold, bought = rng.choice(np.flatnonzero(weights > 0.0)), rng.integers(len(weights))
    amount = min(0.01, weights[sold], cap - weights[bought])
    trade = np.zeros(len(weights))
    trade[sold] -= amount
    trade[bought] += amount
    return trade


def _variance(size: str) -> Work:
    return _run("variance", size)


def _cvar(size: str) -> Work:
    return _run("cvar", size)


SAYS = "caps of names and sectors; limits asserted, and that no exchange of two names is better"
JOBS = (
    Job(layer="allocation", name="variance", says=f"minimum variance, {SAYS}", sizes=SIZES, prepare=_variance),
    Job(layer="allocation", name="cvar", says=f"minimum CVaR of 250 scenarios, {SAYS}", sizes=SIZES, prepare=_cvar),
)
