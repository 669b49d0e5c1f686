"""skfolio: an estimator made and fitted at each step."""

import numpy as np
import pandas as pd
from skfolio import RiskMeasure
from skfolio.optimization import MeanRisk, ObjectiveFunction, RiskBudgeting
from skfolio.prior import BasePrior, ReturnDistribution

from benchmarks.allocation.engines import Lay, Weights
from benchmarks.allocation.steps import LEVEL, N_SECTORS, RISK_AVERSION, Mandate, Step


class Given(BasePrior):
    """A prior of estimates at hand, so that no engine estimates anything within the timed part."""

    def __init__(self, expected: object = None, covariance: object = None) -> None:
        self.expected = expected
        self.covariance = covariance

    def fit(self, X: object, y: object = None, **fit_params: object) -> "Given":  # noqa: ARG002 - its interface
        """Give the estimates."""
        self.return_distribution_ = ReturnDistribution(
            mu=self.expected, covariance=self.covariance, returns=np.asarray(X)
        )
        return self


def lay(job: str, mandate: Mandate) -> Lay:
    """Make and fit at each step."""
    import cvxpy as cp

    caps = {
        "max_weights": mandate.cap, "left_inequality": mandate.membership,
        "right_inequality": np.full(N_SECTORS, mandate.sector_cap),
    }  # fmt: skip
    objective = {
        "variance": ObjectiveFunction.MINIMIZE_RISK, "cvar": ObjectiveFunction.MINIMIZE_RISK,
        "sharpe": ObjectiveFunction.MAXIMIZE_RATIO, "utility": ObjectiveFunction.MAXIMIZE_UTILITY,
    }  # fmt: skip

    def of_step(step: Step):
        X = pd.DataFrame(step.scenarios, columns=mandate.names)

        def solve() -> Weights:
            prior = Given(step.expected, step.covariance)
            if job == "parity":
                return RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, prior_estimator=prior).fit(X).weights_
            more = {}
            if job == "utility":
                more = {
                    "risk_aversion": RISK_AVERSION / 2.0,  # of the variance, not of half of it
                    "add_constraints": lambda w: cp.norm1(w - step.drifted) <= 2.0 * mandate.turnover,
                }
            return (
                MeanRisk(
                    objective_function=objective[job], prior_estimator=prior, cvar_beta=LEVEL,
                    risk_measure=RiskMeasure.CVAR if job == "cvar" else RiskMeasure.VARIANCE, **caps, **more,
                )
                .fit(X)
                .weights_
            )  # fmt: skip

        return solve

    return of_step
