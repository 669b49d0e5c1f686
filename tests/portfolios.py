"""Random covariances, inputs and mandates for tests of optimisers; and mandates said in plain cvxpy, independently."""

import warnings
from dataclasses import replace
from functools import singledispatch

import cvxpy as cp
import numpy as np

from strategies.optimisers import (
    Bounds,
    Exposure,
    Gross,
    GroupLimits,
    Inputs,
    MaximumDiversification,
    MaximumSharpe,
    MeanCVaR,
    MeanVariance,
    MinimumCVaR,
    MinimumTrackingError,
    MinimumVariance,
    Net,
    Participation,
    RiskParity,
    Short,
    TrackingError,
    Turnover,
    Volatility,
)

OPTIMISERS = {
    "minimum variance": lambda c=(): MinimumVariance(constraints=c),
    "maximum Sharpe": lambda c=(): MaximumSharpe(constraints=c),
    "maximum diversification": lambda c=(): MaximumDiversification(constraints=c),
    "risk parity": lambda c=(): RiskParity(constraints=c),
    "minimum tracking error": lambda c=(): MinimumTrackingError(constraints=c),
    "risk aversion": lambda c=(): MeanVariance(risk_aversion=3.0, constraints=c),
    "target return": lambda c=(): MeanVariance(target_return=0.0, constraints=c),
    "target volatility": lambda c=(): MeanVariance(target_volatility=0.5, constraints=c),
    "minimum CVaR": lambda c=(): MinimumCVaR(level=0.9, constraints=c),
    "tail aversion": lambda c=(): MeanCVaR(tail_aversion=1.0, level=0.9, constraints=c),
    "target CVaR": lambda c=(): MeanCVaR(target_cvar=1.0, level=0.9, constraints=c),
}
QUADRATIC = [
    "minimum variance",
    "maximum Sharpe",
    "maximum diversification",
    "minimum tracking error",
    "risk aversion",
    "target return",
]


def covariance(rng, n, kind="factors"):
    """Of a few factors and specific risk; nearly singular; or singular. Volatilities from 5 to 50 percent."""
    loadings = rng.standard_normal((n, max(n // 2, 1)))
    specific = {"factors": rng.uniform(0.2, 2.0, n), "ill": np.full(n, 1e-6), "singular": np.zeros(n)}[kind]
    plain = loadings @ loadings.T + np.diag(specific)
    deviation = rng.uniform(0.05, 0.5, n) / np.sqrt(plain.diagonal())
    found = plain * np.outer(deviation, deviation)
    return (found + found.T) / 2.0


def inputs(rng, n, kind="factors"):
    """All that any optimiser or constraint may need, for names in three sectors."""
    risks = covariance(rng, n, kind)
    means = rng.uniform(0.01, 0.15, n)
    root = np.linalg.cholesky(risks + 1e-9 * np.eye(n))
    return Inputs.of(
        {
            "covariance": risks,
            "expected_returns": means,
            "scenarios": means + rng.standard_normal((40, n)) @ root.T,
            "current": rng.dirichlet(np.ones(n)),
            "benchmark": rng.dirichlet(np.ones(n)),
            "labels": {"sector": [f"S{i % 3}" for i in range(n)]},
            "exposures": {"beta": rng.uniform(0.5, 1.5, n)},
            "volume": rng.uniform(0.5, 2.0, n),
        }
    )


def constraints_at(given, w, room=0.02):
    """One constraint of every kind that a portfolio keeps, with a little room; by what tests call them."""
    sums = {label: float(w[np.array(given.labels["sector"]) == label].sum()) for label in ("S0", "S1", "S2")}
    beta = float(given.exposures["beta"] @ w)
    trades = w - given.current
    share = float((np.abs(trades) / given.volume).max())
    slack = max(room, 0.0)  # of what is zero or more
    return {
        "cap": [Bounds(at_most=float(w.max()) + room)],
        "floor": [Bounds(at_least=float(w.min()) - room)],
        "named": [Bounds(at_most={given.names[0]: float(w[0]) + room, given.names[1]: float(w[1]) + room})],
        "group caps": [
            GroupLimits(of="sector", at_most={k: v + room for k, v in sums.items() if k in given.labels["sector"]})
        ],
        "group floor": [GroupLimits(of="sector", at_least={"S0": sums["S0"] - room})],
        "net": [Net(exactly=float(w.sum()))],
        "net range": [Net(at_least=float(w.sum()) - room, at_most=float(w.sum()) + room)],
        "gross": [Gross(at_most=float(np.abs(w).sum()) + room), Bounds(at_least=-0.5)],
        "short": [Short(at_most=float(np.maximum(-w, 0.0).sum()) + slack), Bounds(at_least=-0.5)],
        "volatility": [Volatility(at_most=given.volatility_of(w) * (1.0 + room))],
        "tracking error": [TrackingError(at_most=given.volatility_of(w - given.benchmark) * (1.0 + room))],
        "beta cap": [Exposure(to="beta", at_most=beta + room)],
        "beta floor": [Exposure(to="beta", at_least=beta - room)],
        "turnover": [Turnover(at_most=float(np.abs(trades).sum()) / 2.0 + slack)],
        "participation": [Participation(at_most=share + slack)],
    }


def mandate(rng, given, count=4):
    """Some constraints that hold together: a random portfolio keeps them all."""
    w = rng.dirichlet(np.ones(given.n_names))
    every = constraints_at(given, w)
    kinds = rng.choice([kind for kind in every if not kind.startswith("net")], count, replace=False)
    floors = [one for kind in kinds for one in every[kind] if isinstance(one, Bounds) and one.at_least is not None]
    others = [one for kind in kinds for one in every[kind] if one not in floors]
    return [*others, *floors[:1]]


# ------------------------------------------------------------------------------------------ in plain cvxpy


def sentences(constraints, given, w, k=1.0):
    """Say constraints for weights w that are a portfolio times k, each as its definition reads."""
    said = [sentence for one in constraints for sentence in say(one, given, w, k)]
    has_floor = any(isinstance(one, Bounds) and isinstance(one.at_least, float) for one in constraints)
    has_sum = any(isinstance(one, Net) for one in constraints)
    return [*said, *([] if has_floor else [w >= 0.0]), *([] if has_sum else [cp.sum(w) == k])]


def between(expression, one, k):
    """Say both sides of a constraint that has them."""
    said = [] if one.at_least is None else [expression >= one.at_least * k]
    return said if one.at_most is None else [*said, expression <= one.at_most * k]


@singledispatch
def say(one, given, w, k):
    """Say one constraint."""
    raise AssertionError(one)


@say.register
def _(one: Bounds, given, w, k):
    said = []
    for side, sign in ((one.at_least, 1.0), (one.at_most, -1.0)):
        if isinstance(side, float):
            said.append(sign * w >= sign * side * k)
        elif side is not None:
            said += [sign * w[given.names.index(name)] >= sign * limit * k for name, limit in side]
    return said


@say.register
def _(one: GroupLimits, given, w, k):
    said, labels = [], np.array(given.labels[one.of])
    for side, sign in ((one.at_least, 1.0), (one.at_most, -1.0)):
        pairs = [(label, side) for label in sorted(set(labels))] if isinstance(side, float) else side or ()
        said += [sign * ((labels == label).astype(float) @ w) >= sign * limit * k for label, limit in pairs]
    return said


@say.register
def _(one: Net, given, w, k):
    return between(cp.sum(w), one, k) + [cp.sum(w) == (one.exactly or 0.0) * k] * (one.exactly is not None)


@say.register
def _(one: Gross, given, w, k):
    return [cp.sum(cp.abs(w)) <= one.at_most * k]


@say.register
def _(one: Short, given, w, k):
    return [cp.sum(cp.maximum(-w, 0.0)) <= one.at_most * k]


@say.register
def _(one: Volatility, given, w, k):
    return [risk(given, w) <= one.at_most * k]


@say.register
def _(one: TrackingError, given, w, k):
    return [risk(given, w - given.benchmark * k) <= one.at_most * k]


@say.register
def _(one: Exposure, given, w, k):
    return between(given.exposures[one.to] @ w, one, k)


@say.register
def _(one: Turnover, given, w, k):
    return [cp.sum(cp.abs(w - given.current * k)) / 2.0 <= max(one.at_most - given.turnover_used, 0.0) * k]


@say.register
def _(one: Participation, given, w, k):
    return [cp.abs(w - given.current * k) <= one.at_most * one.days * given.volume * k]


def risk(given, w):
    """Give the volatility by the eigenvalues, as no programme of the project does."""
    values, vectors = np.linalg.eigh(given.covariance)
    return cp.norm((np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T) @ w)


@singledispatch
def aim(one, given, w):
    """Say what an optimiser minimises over w, and what it demands besides."""
    raise AssertionError(one)


def half_variance(given, w):
    """Half the variance, in units of the mean one."""
    return cp.quad_form(w, cp.psd_wrap(given.covariance / np.mean(given.covariance.diagonal()))) / 2.0


def cvar(one, given, w):
    """CVaR of losses as Rockafellar and Uryasev write it."""
    tail = cp.Variable()
    return tail + cp.sum(cp.pos(-given.scenarios @ w - tail)) / ((1.0 - one.level) * len(given.scenarios))


@aim.register
def _(one: MinimumVariance, given, w):
    return half_variance(given, w), []


@aim.register
def _(one: MinimumTrackingError, given, w):
    return half_variance(given, w - given.benchmark), []


@aim.register
def _(one: MaximumSharpe, given, w):
    return half_variance(given, w), [(given.expected_returns - one.risk_free) @ w == 0.1]


@aim.register
def _(one: MaximumDiversification, given, w):
    deviation = np.sqrt(given.covariance.diagonal())
    return half_variance(given, w), [deviation @ w == deviation.mean()]


@aim.register
def _(one: RiskParity, given, w):
    return half_variance(given, w) - cp.sum(cp.log(w)) / given.n_names, []


@aim.register
def _(one: MinimumCVaR, given, w):
    return cvar(one, given, w), []


@aim.register
def _(one: MeanCVaR, given, w):
    mean = given.expected_returns @ w
    if one.target_cvar is None:
        return one.tail_aversion * cvar(one, given, w) - mean, []
    return -mean, [cvar(one, given, w) <= one.target_cvar]


@aim.register
def _(one: MeanVariance, given, w):
    mean = given.expected_returns @ w
    if one.risk_aversion is not None:
        return one.risk_aversion * half_variance(given, w) - mean / np.mean(given.covariance.diagonal()), []
    if one.target_return is not None:
        return half_variance(given, w), [mean >= one.target_return]
    return -mean, [risk(given, w) <= one.target_volatility]


def plain_weights(optimiser, given):
    """Solve an optimiser's problem as its docstring reads, with cvxpy and Clarabel; None where there is no optimum."""
    w = cp.Variable(given.n_names)
    k = cp.Variable(nonneg=True) if optimiser.has_scale else 1.0
    loss, more = aim(optimiser, given, w)
    problem = cp.Problem(cp.Minimize(loss), [*sentences(optimiser.constraints, given, w, k), *more])
    for tolerance in (1e-11, 1e-9, 1e-8):
        with warnings.catch_warnings(action="ignore"):  # that a solution is inaccurate: its status says so too
            problem.solve(solver="CLARABEL", tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance)
        if problem.status != "optimal_inaccurate":
            break
    if w.value is None:
        return None
    return w.value / (k.value if optimiser.has_scale else 1.0)


def scaled(given, covariances=1.0, returns=1.0):
    """Give the same inputs in other units."""
    return replace(
        given,
        covariance=given.covariance * covariances,
        expected_returns=given.expected_returns * returns,
        scenarios=given.scenarios * returns,
    )
