"""Riskfolio-Lib: a portfolio made at each step, and handed its estimates."""

import numpy as np
import pandas as pd
import riskfolio as rp

from benchmarks.allocation.engines import Cannot, Lay, Weights
from benchmarks.allocation.steps import LEVEL, N_SECTORS, Mandate, Step


def lay(job: str, mandate: Mandate) -> Lay:
    """Make and solve at each step."""
    if job == "utility":
        raise Cannot("limits the trade of each name, not turnover")

    def of_step(step: Step):
        returns = pd.DataFrame(step.scenarios, columns=mandate.names)
        expected = pd.DataFrame(step.expected[None, :], columns=mandate.names)
        covariance = pd.DataFrame(step.covariance, mandate.names, mandate.names)

        def solve() -> Weights:
            best = rp.Portfolio(returns=returns, alpha=1.0 - LEVEL)
            best.mu, best.cov = expected, covariance
            if job == "parity":
                return best.rp_optimization(model="Classic", rm="MV", hist=True)["weights"].to_numpy()
            best.upperlng = mandate.cap
            best.ainequality, best.binequality = mandate.membership, np.full((N_SECTORS, 1), mandate.sector_cap)
            risk, goal = {"variance": ("MV", "MinRisk"), "cvar": ("CVaR", "MinRisk"), "sharpe": ("MV", "Sharpe")}[job]
            return best.optimization(model="Classic", rm=risk, obj=goal, rf=0, hist=True)["weights"].to_numpy()

        return solve

    return of_step
