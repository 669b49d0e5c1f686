"""The programmes that are compared, how far an answer is from the best, and how far from the mandate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.allocation.steps import LEVEL, RISK_AVERSION, Mandate, Step
from strategies.optimisers.tail_risk import tail_loss

Weights = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One programme.

    Attributes
    ----------
    key, title : str
    says : str
        The programme, for the table.
    loss : callable
        What is minimised, of a step and weights.
    has_caps, has_turnover : bool
        Which of the mandate's limits it has, besides long-only and fully invested.
    is_relative : bool
        Whether the gap of the objective is relative to its best value; else it is absolute, and the best is 0.
    """

    key: str
    title: str
    says: str
    loss: Callable[[Step, Weights], float]
    has_caps: bool = True
    has_turnover: bool = False
    is_relative: bool = True

    def gap(self, step: Step, weights: Weights, best: Weights) -> float:
        """Say by how much the objective is worse than at the best weights; below zero where limits are missed."""
        lost, least = self.loss(step, weights), self.loss(step, best)
        return (lost - least) / abs(least) if self.is_relative else lost

    def missed(self, mandate: Mandate, step: Step, weights: Weights) -> float:
        """Say by how much the limit that is missed most is missed, as a fraction of NAV."""
        found = [abs(weights.sum() - 1.0), -weights.min()]
        if self.has_caps:
            found += [weights.max() - mandate.cap, (mandate.membership @ weights).max() - mandate.sector_cap]
        if self.has_turnover:
            found.append(np.abs(weights - step.drifted).sum() / 2.0 - mandate.turnover)
        return float(max(0.0, *found))


def _variance(step: Step, weights: Weights) -> float:
    return float(weights @ step.covariance @ weights)


def _disutility(step: Step, weights: Weights) -> float:
    return RISK_AVERSION / 2.0 * _variance(step, weights) - float(step.expected @ weights)


def _sharpe(step: Step, weights: Weights) -> float:
    return -float(step.expected @ weights) / _variance(step, weights) ** 0.5


def _imbalance(step: Step, weights: Weights) -> float:
    shares = weights * (step.covariance @ weights) / _variance(step, weights)
    return float(np.abs(shares * len(weights) - 1.0).max())


JOBS = (
    Job(
        key="variance", title="Minimum variance", loss=_variance,
        says="long-only, fully invested, a cap for each name and for each of 8 sectors",
    ),
    Job(
        key="utility", title="Mean-variance with turnover", loss=_disutility, has_turnover=True,
        says=f"risk aversion {RISK_AVERSION:g}, the same limits, one-way turnover of 10 % from drifted weights",
    ),
    Job(
        key="cvar", title="Minimum CVaR", says="at 95 %, 250 scenarios, the limits of minimum variance",
        loss=lambda step, weights: tail_loss(step.scenarios, weights, LEVEL),
    ),
    Job(key="sharpe", title="Maximum Sharpe ratio", says="the limits of minimum variance", loss=_sharpe),
    Job(
        key="parity", title="Risk parity", says="equal contributions to variance, long-only; no caps", loss=_imbalance,
        has_caps=False, is_relative=False,
    ),
    Job(
        key="policy", title="A step of a trading policy", loss=_disutility, has_turnover=True,
        says="mean-variance with turnover once more, as cvxportfolio's SinglePeriodOptimization with its own objects",
    ),
)  # fmt: skip
