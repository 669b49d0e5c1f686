"""Costs of trades in the objective, against closed forms and against scipy."""

import numpy as np
import pytest
from scipy.optimize import minimize

from strategies.errors import StrategyError
from strategies.optimisers import (
    Bounds,
    MaximumDiversification,
    MaximumSharpe,
    MeanVariance,
    MinimumCVaR,
    MinimumTrackingError,
    MinimumVariance,
    Net,
    RiskParity,
    TradingCosts,
)
from strategies.optimisers.tail_risk import tail_loss

# One name beside cash: the best of  mu w - 0.02 w w - costs, without costs mu / 0.04.
ONE = [Bounds(at_least=-5.0), Net(at_least=-5.0, at_most=5.0)]


def one_name(mean, held, *, buy=0.0, sell=0.0, impact=None, horizon=1.0):
    best = MeanVariance(risk_aversion=1.0, constraints=[*ONE, TradingCosts(horizon=horizon)])
    return best.weights(
        expected_returns=[mean],
        covariance=[[0.04]],
        current=None if held is None else [held],
        buy_cost=[buy],
        sell_cost=[sell],
        impact=None if impact is None else [impact],
    )[0]


@pytest.mark.parametrize(
    ("held", "buy", "sell", "horizon", "expected"),
    [
        (0.2, 0.004, 0.009, 1.0, 0.4),  # buys until 0.02 - 0.04 w is what a purchase costs
        (0.9, 0.009, 0.004, 1.0, 0.6),  # sells until 0.04 w - 0.02 is
        (0.5, 0.004, 0.004, 1.0, 0.5),
        (0.45, 0.004, 0.004, 1.0, 0.45),  # worth 0.002 a unit, costs 0.004
        (0.55, 0.004, 0.004, 1.0, 0.55),
        (0.2, 0.004, 0.004, 2.0, 0.45),  # half the cost a period
        (0.9, 0.004, 0.004, 0.5, 0.7),
        (None, 0.004, 0.004, 1.0, 0.4),  # the first portfolio is bought from nothing
        (-0.5, 0.01, 0.01, 1.0, 0.25),
    ],
)
def test_proportional_costs_of_one_name(held, buy, sell, horizon, expected):
    assert one_name(0.02, held, buy=buy, sell=sell, horizon=horizon) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("impact", [0.001, 0.01, 0.1])
@pytest.mark.parametrize(("mean", "held"), [(0.02, 0.2), (0.02, 0.9), (-0.02, 0.0), (0.02, None)])
def test_square_root_impact_of_one_name(mean, held, impact):
    # With t the root of the trade:  0.04 t t + 1.5 k t = |mu - 0.04 w before|.
    before = held or 0.0
    wanted = mean - 0.04 * before
    t = (np.sqrt((1.5 * impact) ** 2 + 4.0 * 0.04 * abs(wanted)) - 1.5 * impact) / 0.08
    expected = before + np.sign(wanted) * t * t
    # Power cones are solved to 1e-9 in the objective, of which the weight is about the root.
    assert one_name(mean, held, impact=impact) == pytest.approx(expected, abs=2e-5)


def test_no_impact_is_no_cost():
    assert one_name(0.02, 0.2, impact=0.0) == pytest.approx(0.5, abs=1e-6)


def market(seed, n=4):
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((n, 2))
    covariance = 0.01 * (loadings @ loadings.T + np.diag(rng.uniform(0.5, 2.0, n)))
    return {
        "covariance": covariance,
        "expected_returns": rng.uniform(0.0, 0.1, n),
        "scenarios": rng.multivariate_normal(np.full(n, 0.01), covariance, 60),
        "benchmark": rng.dirichlet(np.ones(n)),
        "current": rng.dirichlet(np.ones(n)),
        "buy_cost": rng.uniform(0.0, 0.02, n),
        "sell_cost": rng.uniform(0.0, 0.02, n),
        "impact": rng.uniform(0.0, 0.05, n),
    }


def costs_of(given, w):
    trades = w - given["current"]
    linear = given["buy_cost"] @ np.maximum(trades, 0.0) + given["sell_cost"] @ np.maximum(-trades, 0.0)
    return linear + given["impact"] @ np.abs(trades) ** 1.5


AIMS = {
    "risk aversion": (
        lambda costs: MeanVariance(risk_aversion=4.0, constraints=[costs]),
        lambda g, w, cost: -g["expected_returns"] @ w + 2.0 * w @ g["covariance"] @ w + cost,
    ),
    "maximum Sharpe": (
        lambda costs: MaximumSharpe(constraints=[costs]),
        lambda g, w, cost: -(g["expected_returns"] @ w - cost) / np.sqrt(w @ g["covariance"] @ w),
    ),
    "minimum variance": (
        lambda costs: MinimumVariance(constraints=[costs]),
        lambda g, w, cost: w @ g["covariance"] @ w / 2.0 + cost / 4.0,
    ),
    "tracking error": (
        lambda costs: MinimumTrackingError(constraints=[costs]),
        lambda g, w, cost: (w - g["benchmark"]) @ g["covariance"] @ (w - g["benchmark"]) / 2.0 + cost / 4.0,
    ),
    "CVaR": (
        lambda costs: MinimumCVaR(level=0.9, constraints=[costs]),
        lambda g, w, cost: tail_loss(g["scenarios"], w, 0.9) + cost,
    ),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", AIMS)
def test_scipy_finds_nothing_better(name, seed):
    given = market(seed)
    build, aim = AIMS[name]
    best = build(TradingCosts(risk_aversion=4.0)).weights(**given)
    assert best.sum() == pytest.approx(1.0, abs=1e-8)
    assert best.min() >= 0.0

    def loss(w):
        return aim(given, w, costs_of(given, w))

    starts = [best, given["current"], np.full(4, 0.25), *np.random.default_rng(seed).dirichlet(np.ones(4), 4)]
    for start in starts:
        found = minimize(
            loss,
            start,
            method="SLSQP",
            bounds=[(0.0, 1.0)] * 4,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0},
            options={"ftol": 1e-12, "maxiter": 300},
        )
        kept = np.clip(found.x, 0.0, None)
        assert loss(best) <= loss(kept / kept.sum()) + 1e-7


def test_costs_decide_whether_to_trade_at_all():
    given = market(3) | {"impact": None, "buy_cost": [0.5] * 4, "sell_cost": [0.5] * 4}
    for build, _ in AIMS.values():
        kept = build(TradingCosts(risk_aversion=4.0)).weights(**given)
        np.testing.assert_allclose(kept, given["current"], rtol=0, atol=1e-6)


def test_variance_needs_to_know_what_a_cost_is_worth():
    with pytest.raises(StrategyError, match="TradingCosts beside an objective that is a variance need risk_aversion"):
        MinimumVariance(constraints=[TradingCosts()]).weights(covariance=np.eye(2))


@pytest.mark.parametrize("optimiser", [RiskParity, MaximumDiversification])
def test_costs_beside_what_maximises_no_return(optimiser):
    with pytest.raises(StrategyError, match=f"{optimiser.__name__} maximises no return"):
        optimiser(constraints=[TradingCosts()])


@pytest.mark.parametrize("what", ["buy_cost", "sell_cost", "impact"])
def test_costs_below_zero(what):
    with pytest.raises(StrategyError, match=f"{what} of name 1 is -0.01; want a number from 0 to"):
        MeanVariance(risk_aversion=1.0, constraints=[TradingCosts()]).weights(
            covariance=np.eye(2), expected_returns=[0.1, 0.1], **{what: [-0.01, 0.0]}
        )
