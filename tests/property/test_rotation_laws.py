"""Rules of rotation with all their overlays: equal to a plain-Python one, and the laws they keep."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.rules.rotating import Steps, numbers_of, reach, rotation_shares, rotations
from strategies.settings import Rotation, VolatilityTarget
from tests.naive.rotation import Rule, rotate

N = 120


def world(seed: int, n_tranches: int) -> tuple[np.ndarray, np.ndarray, Steps]:
    """Scores and prices with gaps, tranches that decide in turn or together, and variances."""
    rng = np.random.default_rng(seed)
    score = rng.normal(0.4, 1.2, N)
    score[rng.random(N) < 0.1] = math.nan
    price = np.exp(np.cumsum(0.05 * rng.standard_normal(N)))
    price[rng.random(N) < 0.05] = math.nan
    updates = (rng.random((N, n_tranches)) < 0.6).astype(np.int64)
    updates[~updates.any(axis=1), 0] = 1
    ours, theirs, corr = rng.uniform(0.01, 0.2, N), rng.uniform(0.01, 0.3, N), rng.uniform(-0.9, 0.9, N)
    covariance = np.stack([ours, corr * np.sqrt(ours * theirs), theirs], axis=1)
    covariance[:10] = math.nan
    return score, price, Steps(updates, covariance)


RULES = st.builds(
    Rotation,
    rule=st.just("threshold"),
    enter=st.floats(0.5, 1.5),
    exit=st.floats(-1.0, 0.4),
    min_share=st.floats(-0.5, 0.3),
    max_share=st.floats(0.4, 1.5),
    speed=st.floats(0.1, 1.0),
    profit_target=st.none() | st.floats(0.02, 0.3),
    stop_loss=st.none() | st.floats(0.02, 0.3),
    source_share=st.floats(-0.5, 1.0),
    hedge=st.floats(-0.5, 1.5),
) | st.builds(Rotation, rule=st.just("linear"), enter=st.floats(0.5, 1.5), exit=st.floats(-1.0, 0.4))
TARGETS = st.builds(VolatilityTarget, target=st.none() | st.floats(0.05, 0.5), scale_at_most=st.floats(0.5, 2.0))


@settings(max_examples=60, deadline=None)
@given(rules=st.lists(st.tuples(RULES, TARGETS), min_size=1, max_size=9), seed=st.integers(0, 999), n=st.integers(1, 4))
def test_every_lane_is_that_of_the_plain_rule_to_the_last_bit(rules, seed, n):
    score, price, steps = world(seed, n)
    numbers = np.array([numbers_of(*one) for one in rules]).T.copy()
    found = rotation_shares(rotations(score[None], price[None], numbers, np.zeros(len(rules), dtype=np.int64), steps))
    for lane, column in enumerate(numbers.T.tolist()):
        plain = Rule(bool(column[0]), *column[1:])
        expected = rotate(plain, score.tolist(), price.tolist(), steps.updates.tolist(), steps.covariance.tolist())
        assert found[:, :, lane].tolist() == [list(pair) for pair in expected]


@pytest.mark.parametrize("seed", range(5))
def test_tranches_are_the_mean_of_schedules_run_by_themselves(seed):
    score, price, steps = world(seed, 3)
    rule, alone = numbers_of(Rotation(speed=0.5), VolatilityTarget())[:, None], np.zeros(1, dtype=np.int64)
    together = rotation_shares(rotations(score[None], price[None], rule, alone, steps))[:, 1, 0]
    each = []
    for t in range(3):
        own = Steps(steps.updates[:, t : t + 1], steps.covariance)
        each.append(rotation_shares(rotations(score[None], price[None], rule, alone, own))[:, 1, 0])
    np.testing.assert_allclose(together, np.mean(each, axis=0), rtol=0, atol=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_a_target_is_met_where_the_factor_is_not_at_its_most(seed):
    score, price, steps = world(seed, 1)
    rule, alone = Rotation(max_share=1.2, hedge=0.5), np.zeros(1, dtype=np.int64)
    volatility = VolatilityTarget(target=0.1, scale_at_most=1.0)
    (source, destination), (s, d) = (
        rotation_shares(rotations(score[None], price[None], numbers_of(rule, one)[:, None], alone, steps))[:, :, 0].T
        for one in (volatility, VolatilityTarget())
    )
    ours, between, theirs = steps.covariance.T
    of = np.sqrt(source**2 * ours + 2 * source * destination * between + destination**2 * theirs)
    known = ~np.isnan(of)
    cut = known & (np.abs(source - s) > 1e-12)
    assert cut.sum() > 50
    np.testing.assert_allclose(of[cut], 0.1, rtol=1e-12)
    assert (of[known] <= 0.1 + 1e-12).all()
    np.testing.assert_array_equal(source[~known], s[~known])
    np.testing.assert_array_equal(destination[~known], d[~known])


@settings(max_examples=30, deadline=None)
@given(rule=RULES, volatility=TARGETS, seed=st.integers(0, 99), n=st.integers(1, 3))
def test_no_decision_goes_beyond_reach(rule, volatility, seed, n):
    score, price, steps = world(seed, n)
    numbers = numbers_of(rule, volatility)[:, None]
    found = rotation_shares(rotations(score[None], price[None], numbers, np.zeros(1, dtype=np.int64), steps))
    gross = np.abs(found).sum(axis=1).max()
    assert gross <= np.abs(reach(numbers)).sum(axis=1).max() * (1 + 1e-12)


def test_a_stop_by_hand():
    """Bought at 1; at 0.89 the loss is above a tenth: out, and in again only after a score at the exit."""
    score = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    price = np.array([1.0, 0.95, 0.89, 1.2, 1.2, 1.2])
    numbers = numbers_of(Rotation(stop_loss=0.1, source_share=0.0, hedge=0.5), VolatilityTarget())[:, None]
    found = rotation_shares(rotations(score[None], price[None], numbers, np.zeros(1, dtype=np.int64)))
    assert found[:, 1, 0].tolist() == [1, 1, 0, 0, 0, 1]
    assert found[:, 0, 0].tolist() == [-0.5, -0.5, 0, 0, 0, -0.5]
