"""Brinson, linking and currency attribution on arrays: hand numbers, limits, exact sums, refusals in words."""

import numpy as np
import pytest

from backtest.attribution.brinson import brinson, geometric_brinson
from backtest.attribution.currency import ankrim_hensel, karnosky_singer
from backtest.attribution.linking import METHODS, link, link_geometric
from backtest.errors import BacktestError

NAN = float("nan")
HALF = [0.5, 0.5]


def drawn(seed, n_periods=12, n_segments=4):
    """Weights, local returns, spot returns and rates; the first segment is in base currency."""
    rng = np.random.default_rng(seed)
    shape = n_periods, n_segments
    weights = [rng.dirichlet(np.ones(n_segments), size=n_periods) for _ in range(2)]
    local = [rng.normal(0.0, 0.05, size=shape) for _ in range(2)]
    spot, rate = rng.normal(0.0, 0.03, size=shape), rng.normal(0.002, 0.001, size=shape)
    hedges = [rng.normal(0.0, 0.2, size=shape) for _ in range(2)]
    hedges = [one - one.mean(axis=1, keepdims=True) for one in hedges]
    return weights, local, spot, rate, hedges


# ------------------------------------------------------------------------------------------ currency


@pytest.mark.parametrize("seed", range(20))
def test_currency_effects_add_up_to_base_currency_returns(seed):
    (w, big_w), (local, big_local), spot, rate, _ = drawn(seed)
    ours = (w * ((1.0 + local) * (1.0 + spot) - 1.0)).sum(axis=1)
    theirs = (big_w * ((1.0 + big_local) * (1.0 + spot) - 1.0)).sum(axis=1)
    for found in (
        ankrim_hensel(w, big_w, local, big_local, spot, rate),
        karnosky_singer(w, big_w, local, big_local, spot, rate),
    ):
        np.testing.assert_allclose(found.portfolio, ours, rtol=0, atol=1e-15)
        np.testing.assert_allclose(found.benchmark, theirs, rtol=0, atol=1e-15)
        parts = found.allocation + found.selection + found.interaction + found.currency + found.forward_premium
        np.testing.assert_allclose(parts.sum(axis=1), ours - theirs, rtol=0, atol=1e-15)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("continuous", [False, True])
def test_currency_effects_add_up_with_hedges(seed, continuous):
    (w, big_w), (local, big_local), spot, rate, (hedge, big_hedge) = drawn(seed)
    hedges = {"portfolio_hedges": hedge, "benchmark_hedges": big_hedge}
    simple, paper = 1.0 + spot, 1.0 if continuous else 1.0 + spot
    # A forward contract earns the surprise; at covered parity that is s + c of one currency less that of another.
    for found, growth, earns in (
        (ankrim_hensel(w, big_w, local, big_local, spot, rate, **hedges), simple, spot - rate),
        (karnosky_singer(w, big_w, local, big_local, spot, rate, **hedges, continuous=continuous), paper, spot + rate),
    ):
        ours = (w * (local * growth + spot) + hedge * earns).sum(axis=1)
        theirs = (big_w * (big_local * growth + spot) + big_hedge * earns).sum(axis=1)
        parts = found.allocation + found.selection + found.interaction + found.currency + found.forward_premium
        np.testing.assert_allclose(found.portfolio - found.benchmark, ours - theirs, rtol=0, atol=1e-15)
        np.testing.assert_allclose(parts.sum(axis=1), ours - theirs, rtol=0, atol=1e-15)


def test_without_currencies_it_is_brinson_fachler():
    (w, big_w), (local, big_local), spot, _, _ = drawn(1)
    plain = brinson(w, big_w, local, big_local)
    nothing = np.zeros_like(spot)
    for method in (ankrim_hensel, karnosky_singer):
        found = method(w, big_w, local, big_local, nothing, nothing)
        for part in ("allocation", "selection", "interaction"):
            np.testing.assert_allclose(getattr(found, part), getattr(plain, part), rtol=0, atol=1e-16)
        assert not found.currency.any()


def test_a_full_hedge_leaves_the_forward_premium():
    # All abroad, spot -5 %, the forward said -1 %: hedged, -1 % is earned; the benchmark, unhedged, loses 5 %.
    found = ankrim_hensel([0, 1], [0, 1], [0, 0], [0, 0], [0, -0.05], [0, -0.01], portfolio_hedges=[1, -1])
    assert found.portfolio.tolist() == pytest.approx([-0.01])
    assert found.benchmark.tolist() == pytest.approx([-0.05])
    assert found.currency.sum() == pytest.approx(0.04)
    assert found.forward_premium.sum() == 0.0


def test_karnosky_and_singer_judge_a_market_by_its_premium():
    # A market that earns 5 % where cash earns 4 % has a premium of 1 %; another earns 3 % over nothing.
    found = karnosky_singer([1, 0], [0, 1], [0.05, 0.03], [0.05, 0.03], [0, 0], [0.04, 0])
    assert found.allocation.sum() == pytest.approx(0.01 - 0.03)
    assert found.currency.sum() == pytest.approx(0.04)


# ------------------------------------------------------------------------------------------ limits


def test_where_portfolio_and_benchmark_return_the_same_nothing_is_scaled_apart():
    # Carino's k at r = b is 1 / (1 + r): effects that cancel stay so. Two periods of 10 %, K = 1 / 1.21.
    effects = [[0.02, -0.02], [0.01, -0.01]]
    linked = link(effects, [0.1, 0.1], [0.1, 0.1])
    np.testing.assert_allclose(linked, np.array(effects) * 1.21 / 1.1, rtol=1e-14)
    for method in METHODS:
        assert link(effects, [0.1, 0.1], [0.1, 0.1], method=method).sum() == pytest.approx(0.0, abs=1e-16)
    near = link([[0.02, -0.02 + 1e-13]], [0.1 + 1e-13], [0.1])
    np.testing.assert_allclose(near, [[0.02, -0.02 + 1e-13]], rtol=1e-12)


def test_equal_totals_from_unequal_periods():
    r, b = np.array([0.1, 0.2]), np.array([0.2, 0.1])
    for method in METHODS:
        linked = link(np.diag(r - b), r, b, method=method)
        assert linked.sum() == pytest.approx(0.0, abs=1e-15), method


def test_a_portfolio_that_loses_everything():
    r, b = [0.1, -1.0], [0.0, 0.1]
    effects = np.subtract(r, b)[:, None]
    for method in ("menchero", "grap", "frongello"):
        assert link(effects, r, b, method=method).sum() == pytest.approx(-1.1, abs=1e-14)
    with pytest.raises(BacktestError, match="portfolio returns -1 in period 1: Carino takes logarithms"):
        link(effects, r, b)
    with pytest.raises(BacktestError, match="less than nothing"):
        link([[-1.5]], [-1.5], [0.0], method="menchero")
    with pytest.raises(BacktestError, match="benchmark loses everything in period 0"):
        geometric_brinson(HALF, HALF, HALF, [-1, -1])
    with pytest.raises(BacktestError, match="The effect of period 1 is -1: nothing compounds"):
        link_geometric([[0.1], [-1.0]])


def test_no_periods():
    nothing = np.zeros((0, 3))
    one = brinson(nothing, nothing, nothing, nothing)
    assert one.allocation.shape == (0, 3)
    for method in METHODS:
        assert link(one.allocation, one.portfolio, one.benchmark, method=method).shape == (0, 3)
    assert link_geometric(nothing).tolist() == [0.0, 0.0, 0.0]


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: brinson([HALF, HALF], [HALF, HALF], [HALF, [0.1, NAN]], [HALF, HALF]),
            "The portfolio return of segment 1 in period 1 is nan; give a number, or leave the segment out",
        ),
        (
            lambda: brinson([0.5, 0.4], HALF, HALF, HALF),
            "The portfolio weights of period 0 add up to 0.9, not to 1. Give cash a segment of its own",
        ),
        (lambda: brinson(HALF, [HALF, HALF], HALF, HALF), r"have shape \(2, 2\), the portfolio weights \(1, 2\)"),
        (lambda: brinson(HALF, HALF, HALF, ["a", "b"]), "The benchmark returns are no numbers"),
        (lambda: brinson([[HALF]], HALF, HALF, HALF), "The portfolio weights have 3 axes; want periods and segments"),
        (lambda: brinson(HALF, HALF, HALF, HALF, method="bf"), "Unknown method 'bf'"),
        (lambda: link([[0.1]], [0.2], [0.0]), "The effects of period 0 add up to 0.1, not to the active return 0.2"),
        (lambda: link([[NAN]], [0.2], [0.0]), "The effect of period 0 is nan"),
        (lambda: link([[0.1]], [0.1], [NAN]), "The benchmark return of period 0 is nan"),
        (lambda: link([[0.1]], [0.1, 0.1], [0.0]), "There are 1 periods of effects and portfolio returns of shape"),
        (lambda: link([[0.1]], [0.1], [0.0], method="naive"), "Unknown linking 'naive'"),
        (lambda: link(0.1, [0.1], [0.0]), "The effects have no axis of periods"),
        (lambda: link(["a"], [0.1], [0.0]), "The effects are no numbers"),
        (lambda: link([[0.1]], ["a"], [0.0]), "The portfolio returns are no numbers"),
        (lambda: link_geometric([0.1]), "Geometric effects have 1 axes"),
        (
            lambda: ankrim_hensel(HALF, HALF, HALF, HALF, HALF, HALF, portfolio_hedges=[0.1, 0.0]),
            "The portfolio hedges of period 0 add up to 0.1, not to 0",
        ),
        (
            lambda: karnosky_singer(HALF, HALF, HALF, HALF, [NAN, 0], HALF),
            "The spot return of segment 0 in period 0 is nan",
        ),
    ],
)
def test_refusals(call, said):
    with pytest.raises(BacktestError, match=said):
        call()
