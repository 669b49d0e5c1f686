"""PyPortfolioOpt: an efficient frontier made at each step."""

import cvxpy as cp
import numpy as np
import pandas as pd
from pypfopt import EfficientCVaR, EfficientFrontier

from benchmarks.allocation.engines import Cannot, Lay, Weights
from benchmarks.allocation.steps import LEVEL, RISK_AVERSION, Mandate, Step


def lay(job: str, mandate: Mandate) -> Lay:
    """Make and solve at each step."""
    if job == "parity":
        raise Cannot("has hierarchical risk parity and no exact one")

    def of_step(step: Step):
        expected = pd.Series(step.expected, mandate.names)
        covariance = pd.DataFrame(step.covariance, mandate.names, mandate.names)
        scenarios = pd.DataFrame(step.scenarios, columns=mandate.names)

        def solve() -> Weights:
            how = {"weight_bounds": (0.0, mandate.cap), "solver": "CLARABEL"}
            if job == "cvar":
                best = EfficientCVaR(expected, scenarios, beta=LEVEL, **how)
            else:
                best = EfficientFrontier(expected, covariance, **how)
            best.add_constraint(lambda w: mandate.membership @ w <= mandate.sector_cap)
            if job == "utility":
                best.add_constraint(lambda w: cp.norm1(w - step.drifted) <= 2.0 * mandate.turnover)
                best.max_quadratic_utility(risk_aversion=RISK_AVERSION)
            elif job == "cvar":
                best.min_cvar()
            elif job == "sharpe":
                best.max_sharpe(risk_free_rate=0.0)
            else:
                best.min_volatility()
            return np.asarray(best.weights)

        return solve

    return of_step
