"""Laws of linking: exact sums, what the order of periods changes, what compounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.attribution.brinson import METHODS as BRINSONS
from backtest.attribution.brinson import brinson, geometric_brinson
from backtest.attribution.linking import METHODS, link, link_geometric

EXACT = 1e-12
seeds = st.integers(0, 2**32 - 1)


def draw(seed, most=40):
    """Weights that add up to 1, some short, and returns of a few segments over some periods."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(1, most)), int(rng.integers(1, 6))
    weights = [rng.dirichlet(np.ones(shape[1]), size=shape[0]) for _ in range(2)]
    if shape[1] > 1 and rng.random() < 0.3:
        weights[0][:, 0] += 0.2
        weights[0][:, 1] -= 0.2
    return *weights, *(rng.normal(0.0, 0.05, size=shape).clip(-0.4) for _ in range(2))


def compounded(effects):
    return np.prod(1.0 + effects.portfolio) - np.prod(1.0 + effects.benchmark)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seeds)
def test_every_linking_adds_up_to_the_compounded_excess(seed):
    case = draw(seed)
    for brand in BRINSONS:
        one = brinson(*case, method=brand)
        parts = np.stack([one.allocation, one.selection, one.interaction], axis=2)
        np.testing.assert_allclose(parts.sum(axis=(1, 2)), one.portfolio - one.benchmark, rtol=0, atol=EXACT)
        for method in METHODS:
            linked = link(parts, one.portfolio, one.benchmark, method=method)
            assert linked.shape == parts.shape
            assert linked.sum() == pytest.approx(compounded(one), abs=EXACT), method


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seeds)
def test_the_order_of_periods_does_not_change_carino_and_menchero(seed):
    one = brinson(*draw(seed))
    order = np.random.default_rng(seed).permutation(len(one.portfolio))
    for method in ("carino", "menchero"):
        linked = link(one.allocation + one.selection + one.interaction, one.portfolio, one.benchmark, method=method)
        again = link(
            (one.allocation + one.selection + one.interaction)[order],
            one.portfolio[order],
            one.benchmark[order],
            method=method,
        )
        np.testing.assert_allclose(again, linked[order], rtol=0, atol=EXACT)


def test_grap_and_frongello_depend_on_the_order():
    # First +10 % over 0, then 0 over +50 %: earned first, the 0.1 grows with the benchmark; earned last, it does not.
    r, b = [0.1, 0.5], [0.0, 0.5]
    effects = np.array([[0.1, 0.0], [0.0, 0.0]])
    for method in ("grap", "frongello"):
        assert link(effects, r, b, method=method).sum(axis=0).tolist() == pytest.approx([0.15, 0.0], abs=EXACT)
        assert link(effects[::-1], r[::-1], b[::-1], method=method).sum() == pytest.approx(0.15, abs=EXACT)
    r, b = [0.1, -0.2], [0.0, 0.0]
    split = np.array([[0.1, 0.0], [0.0, -0.2]])
    for method in ("grap", "frongello"):
        forward = link(split, r, b, method=method).sum(axis=0)
        backward = link(split[::-1], r[::-1], b[::-1], method=method).sum(axis=0)
        assert forward.tolist() == pytest.approx([0.1, -0.22], abs=EXACT)
        assert backward.tolist() == pytest.approx([0.08, -0.2], abs=EXACT)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seeds)
def test_frongello_is_linked_already_at_every_period(seed):
    one = brinson(*draw(seed))
    effects = one.allocation + one.selection + one.interaction
    whole = link(effects, one.portfolio, one.benchmark, method="frongello")
    for n in {1, len(effects) // 2, len(effects)} - {0}:
        part = link(effects[:n], one.portfolio[:n], one.benchmark[:n], method="grap")
        np.testing.assert_allclose(whole[:n].sum(axis=0), part.sum(axis=0), rtol=0, atol=EXACT)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seeds)
def test_linking_equals_a_plain_loop(seed):
    """Oracle: the formulas of the papers, number by number."""
    one = brinson(*draw(seed, most=8))
    r, b = one.portfolio.tolist(), one.benchmark.tolist()
    effects = (one.allocation + one.selection + one.interaction).tolist()
    n, whole, base = len(r), float(np.prod(1.0 + one.portfolio)), float(np.prod(1.0 + one.benchmark))

    def log_slope(x, y):
        return (np.log(x) - np.log(y)) / (x - y)

    carino = [log_slope(1 + x, 1 + y) / log_slope(whole, base) for x, y in zip(r, b, strict=True)]
    scale = (whole - base) / n / (whole ** (1 / n) - base ** (1 / n))
    rest = whole - base - scale * sum(x - y for x, y in zip(r, b, strict=True))
    squares = sum((x - y) ** 2 for x, y in zip(r, b, strict=True))
    menchero = [scale + rest * (x - y) / squares for x, y in zip(r, b, strict=True)]
    grap = []
    for t in range(n):
        factor = 1.0
        for s in range(n):
            factor *= 1.0 + (r[s] if s < t else b[s] if s > t else 0.0)
        grap.append(factor)
    for method, coefficients in (("carino", carino), ("menchero", menchero), ("grap", grap)):
        expected = [[k * x for x in row] for k, row in zip(coefficients, effects, strict=True)]
        # The plain formulas divide by small differences: as sure as those.
        np.testing.assert_allclose(
            link(effects, r, b, method=method), np.array(expected).reshape(n, -1), rtol=1e-6, atol=1e-10
        )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seeds)
def test_geometric_effects_compound(seed):
    case = draw(seed)
    for brand in BRINSONS:
        one = geometric_brinson(*case, method=brand)
        chosen = one.selection + one.interaction
        single = (1.0 + one.allocation.sum(axis=1)) * (1.0 + chosen.sum(axis=1))
        np.testing.assert_allclose(single, (1.0 + one.portfolio) / (1.0 + one.benchmark), rtol=EXACT)
        linked = np.prod([1.0 + link_geometric(part).sum() for part in (one.allocation, chosen)])
        expected = np.prod(1.0 + one.portfolio) / np.prod(1.0 + one.benchmark)
        assert linked == pytest.approx(expected, rel=EXACT)
