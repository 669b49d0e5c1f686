"""cvxportfolio's single-period policy: compiled once, and asked step by step as its simulator asks."""

import cvxportfolio as cvx
import pandas as pd

from benchmarks.allocation.engines import Lay, Weights
from benchmarks.allocation.steps import N_SECTORS, RISK_AVERSION, Mandate, Step, make_steps

VALUE = 1e6


def lay(_: str, mandate: Mandate) -> Lay:
    """Make the policy with its estimates by date, and compile it."""
    steps = make_steps(mandate.n)
    stamps = pd.bdate_range("2020-01-01", periods=len(steps), tz="UTC")
    stamp_of = {id(step): stamp for step, stamp in zip(steps, stamps, strict=True)}
    expected = pd.DataFrame([step.expected for step in steps], stamps, mandate.names)
    covariances = pd.concat(
        {
            stamp: pd.DataFrame(step.covariance, mandate.names, mandate.names)
            for step, stamp in zip(steps, stamps, strict=True)
        }
    )
    sectors = pd.DataFrame(mandate.membership.T, mandate.names, [f"sector {i}" for i in range(N_SECTORS)])
    policy = cvx.SinglePeriodOptimization(
        cvx.ReturnsForecast(expected) - RISK_AVERSION / 2.0 * cvx.FullCovariance(covariances),
        [
            cvx.LongOnly(), cvx.NoCash(), cvx.MaxWeights(mandate.cap),
            cvx.FactorMaxLimit(sectors, pd.Series(mandate.sector_cap, sectors.columns)),
            cvx.TurnoverLimit(mandate.turnover),
        ],
        include_cash_return=False, solver="CLARABEL",
    )  # fmt: skip
    universe = pd.Index([*mandate.names, "cash"])
    policy.initialize_estimator_recursive(universe=universe, trading_calendar=stamps)

    def of_step(step: Step):
        drifted = pd.Series([*step.drifted, 1.0 - step.drifted.sum()], universe)

        def solve() -> Weights:
            asked = policy.values_in_time_recursive(
                t=stamp_of[id(step)], current_weights=drifted, current_portfolio_value=VALUE, past_returns=None,
                past_volumes=None, current_prices=None,
            )  # fmt: skip
            return asked.to_numpy()[:-1]

        return solve

    return of_step
