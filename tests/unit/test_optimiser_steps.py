"""Many decisions at once: the bytes of one by one, and refusals with the number of the step."""

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    GroupLimits,
    InfeasibleError,
    MaximumSharpe,
    MeanVariance,
    MinimumCVaR,
    MinimumVariance,
    RiskParity,
    Turnover,
)

N, STEPS = 9, 12
LABELS = {"sector": tuple("AABBBCCCC")}
CAPS = (Bounds(at_most=0.3), GroupLimits(of="sector", at_most=0.6))


def made(seed: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    scenarios = 0.02 * rng.standard_normal((STEPS, 60, N)) + 0.01 * rng.standard_normal((STEPS, 60, 1))
    current = rng.dirichlet(np.full(N, 8.0), STEPS)
    covariance = np.array([np.cov(one.T) for one in scenarios])
    return {"scenarios": scenarios, "covariance": (covariance + covariance.transpose(0, 2, 1)) / 2.0,
            "expected_returns": scenarios.mean(axis=1) + 0.002, "current": current}  # fmt: skip


@pytest.mark.parametrize(
    "optimiser",
    [
        MinimumVariance(constraints=CAPS),
        MeanVariance(risk_aversion=4.0, constraints=(*CAPS, Turnover(at_most=0.9))),
        MeanVariance(target_volatility=0.03, constraints=CAPS),
        MaximumSharpe(constraints=CAPS),
        MinimumCVaR(level=0.9, constraints=CAPS),
        RiskParity(),
    ],
)
def test_all_at_once_has_the_bytes_of_one_by_one(optimiser):
    given = made()
    together = optimiser.weights_over(**given, labels=LABELS)
    alone = [optimiser.weights(**{key: of[k] for key, of in given.items()}, labels=LABELS) for k in range(STEPS)]
    assert together.tobytes() == np.array(alone).tobytes()


def test_what_has_no_axis_of_steps_holds_at_all_of_them():
    given = made()
    optimiser = MeanVariance(risk_aversion=4.0, constraints=CAPS)
    shared = given["expected_returns"][0]
    together = optimiser.weights_over(covariance=given["covariance"], expected_returns=shared, labels=LABELS)
    alone = [optimiser.weights(covariance=one, expected_returns=shared, labels=LABELS) for one in given["covariance"]]
    assert together.tobytes() == np.array(alone).tobytes()


def test_a_singular_covariance_among_others_is_solved_as_it_is_alone():
    covariance = made()["covariance"]
    covariance[3] = np.outer(np.arange(1.0, N + 1), np.arange(1.0, N + 1)) * 1e-4 + np.diag([1e-4] + [0.0] * (N - 1))
    optimiser = MinimumVariance(constraints=[Bounds(at_most=0.3)])
    together = optimiser.weights_over(covariance=covariance)
    assert together[3].tobytes() == optimiser.weights(covariance=covariance[3]).tobytes()


def test_what_is_wrong_is_said_with_its_step():
    covariance = made()["covariance"]
    optimiser = MinimumVariance()
    odd = covariance.copy()
    odd[5, 2, 2] = np.nan
    with pytest.raises(StrategyError, match="Step 5: covariance of name 3 in row 2: nan"):
        optimiser.weights_over(covariance=odd)
    odd = covariance.copy()
    odd[7, 0, 1] = odd[7, 1, 0] = 1.0
    with pytest.raises(StrategyError, match="Step 7: The covariance is indefinite"):
        optimiser.weights_over(covariance=odd)
    with pytest.raises(StrategyError, match="all of one length above zero; given: covariance 12, current 11"):
        optimiser.weights_over(covariance=covariance, current=made()["current"][:11])
    with pytest.raises(StrategyError, match="given: none"):
        optimiser.weights_over(covariance=covariance[0])
    with pytest.raises(StrategyError, match="tradable is one for all steps here"):
        optimiser.weights_over(covariance=covariance, tradable=np.ones((STEPS, N), dtype=bool))
    tight = MinimumVariance(constraints=[Bounds(at_most=0.2), Turnover(at_most=0.0)])
    with pytest.raises(InfeasibleError, match="Step 0: 2 demands cannot hold together"):
        tight.weights_over(covariance=covariance, current=np.tile([0.6] + [0.05] * (N - 1), (STEPS, 1)))
