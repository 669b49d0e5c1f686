"""Relative value: a trend and a reversion by hand, against plain oracles, and where there is nothing to trade on."""

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.universes import Spell
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.signals.basket_prices import basket_prices, relative_index
from strategies.signals.kernels.trailing import trailing_autoregression_nb
from strategies.signals.relative import RelativeSignal, half_lives
from strategies.signals.scene import Scene
from tests.naive import signals as naive
from tests.real import needs_real
from tests.signal_markets import market_of, random_market, random_quotes, real_scene, scene_of, sessions_of

SHORT = {"measure": "reversion", "history": 40, "min_history": 30, "max_half_life": 8.0}


def paired(log_ratio):
    """A scene whose source stands still and whose destination has this log price."""
    days = sessions_of("XNYS")[: len(log_ratio)]
    both = {"AAA": np.full(len(days), 10.0), "BBB": 20.0 * np.exp(log_ratio)}
    quotes = pd.concat(
        pd.DataFrame({"date": days, "symbol": name, "venue": "XNYS", "currency": "USD", "close": close})
        for name, close in both.items()
    )
    market = market_of(quotes, one=(Spell("AAA"),), two=(Spell("BBB"),))
    return Scene(market=market, venue="XNYS", source="one", destination="two")


def test_a_trend_is_the_t_statistic_of_its_changes():
    steps = np.tile([0.02, -0.01], 20)
    found = RelativeSignal(lookback=20).read(paired(np.concatenate([[0.0], np.cumsum(steps)])))
    # 20 changes of mean 0.005 and deviation sqrt(20 x 0.015^2 / 19): t = 0.005 / (deviation / sqrt(20)).
    assert found.score[20] == pytest.approx(0.005 / (np.sqrt(20 * 0.015**2 / 19) / np.sqrt(20)), rel=1e-12)
    assert np.isnan(found.score[:20]).all()
    assert found.value[2] == pytest.approx(0.01, abs=1e-15)


def test_a_ratio_that_stands_still_has_neither():
    scene = paired(np.full(60, 0.1))
    for keys in ({"lookback": 20}, SHORT | {"max_half_life": 1e9}):
        assert np.isnan(RelativeSignal(**keys).read(scene).score).all()
    stops = paired(np.r_[0.03 * np.random.default_rng(4).standard_normal(50), np.full(60, 0.1)])
    found = RelativeSignal(**SHORT | {"max_half_life": 1e9}).read(stops).score
    assert np.isnan(found[90:]).all()
    assert not np.isnan(found[45])


@pytest.mark.parametrize("growth", [1e-5, 2e-4, 0.01])
def test_a_ratio_that_grows_by_the_same_at_each_close_has_no_spread_but_rounding(growth):
    assert np.isnan(RelativeSignal(lookback=20).read(paired(growth * np.arange(100))).score).all()


@pytest.mark.parametrize(
    ("values", "slope"),
    [
        ([8, 4, 2, 1], 0.5),  # halves: from each value exactly half of it
        ([1, 2, 4, 8], 2.0),
        ([1, -1, 1, -1], -1.0),
        ([3, 3, 3, 3], np.nan),
        # Pairs with a gap are left out: 8 -> 4 -> 2 and 3 -> 1.5 halve.
        ([8, 4, 2, np.nan, 3, 1.5], 0.5),
    ],
)
def test_the_regression_by_hand(values, slope):
    found = np.empty(len(values))
    trailing_autoregression_nb(np.array(values, dtype=float), 10, 3, found)
    assert found[-1] == pytest.approx(slope, abs=1e-12, nan_ok=True)
    half = {0.5: 1.0, 2.0: np.inf, -1.0: 0.0}.get(slope, np.nan)
    assert half_lives(np.array(values, dtype=float), 10, 3)[-1] == pytest.approx(half, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(3))
def test_both_are_those_of_plain_loops(seed):
    scene = scene_of(random_market(seed))
    one, two = (basket_prices(scene, name) for name in ("one", "two"))
    ours, theirs = (naive.basket_index(p.eligible.tolist(), p.returns.tolist()) for p in (two, one))
    x = [float(np.log(a / b)) for a, b in zip(ours, theirs, strict=True)]
    trend, reversion = RelativeSignal(lookback=25).read(scene), RelativeSignal(**SHORT).read(scene)
    n_scores = 0
    for i in range(len(x)):
        t = naive.t_statistic(x[i - 25 : i + 1]) if i >= 25 else np.nan
        assert trend.score[i] == pytest.approx(t, rel=1e-9, abs=1e-9, nan_ok=True)  # differences of logs cancel digits
        window = x[max(0, i - 39) : i + 1]
        half = naive.half_life(window, 30)
        expected = -naive.zscore(window, 30) if half <= 8.0 else np.nan
        assert reversion.score[i] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
        n_scores += not np.isnan(expected)
    assert 0 < n_scores < len(x) - 30
    assert trend.inputs == reversion.inputs == (two.input, one.input)
    np.testing.assert_allclose(np.diff(trend.value), np.diff(np.log(relative_index(scene))), atol=1e-12)


def test_the_half_life_of_a_known_process_is_found():
    """An Ornstein-Uhlenbeck process with a half-life of 10 sessions, read at whole sessions."""
    rng, b = np.random.default_rng(1), 0.5 ** (1 / 10)
    x = np.zeros(40_000)
    for i in range(1, len(x)):
        x[i] = b * x[i - 1] + 0.01 * rng.standard_normal()
    slope = np.empty(len(x))
    trailing_autoregression_nb(x[-20_000:], 20_000, 20_000, slope[-20_000:])
    # Standard error of b: sqrt((1 - b^2) / n) = 0.0026, which is 0.4 sessions of half-life; three of them.
    assert np.log(0.5) / np.log(slope[-1]) == pytest.approx(10.0, abs=1.2)


def test_a_random_walk_seems_to_revert_as_dickey_and_fuller_say():
    """Fuller (1976), table 8.5.1, with a constant, n = 500: n (b - 1) is below -14.0 in 5 % of random walks."""
    rng, n, found = np.random.default_rng(2), 501, []
    slope = np.empty(n)
    for _ in range(2000):
        trailing_autoregression_nb(np.cumsum(rng.standard_normal(n)), n, n, slope)
        found.append((n - 1) * (slope[-1] - 1.0))
    # Share below of 2000 draws: standard error sqrt(0.05 x 0.95 / 2000) = 0.49 points; three of them.
    assert np.mean(np.array(found) < -14.0) == pytest.approx(0.05, abs=0.0146)


def test_a_half_life_that_is_too_long_gives_no_score_and_says_so():
    walk = np.cumsum(0.01 * np.random.default_rng(6).standard_normal(130))
    scene = paired(walk)
    found = RelativeSignal(**SHORT | {"max_half_life": 1.5}).read(scene)
    half = half_lives(found.value, 40, 30)
    assert (half[29:] > 1.5).all()
    assert np.isnan(found.score).all()
    n = len(half) - 29
    assert found.notes[0].startswith(f"No score at {n} of {n} closes: the half-life of the ratio is above 1.5 sessions")
    assert not RelativeSignal(**SHORT | {"history": 500, "min_history": 500}).read(scene).notes


def test_cash_stands_still_beside_the_destination():
    scene = scene_of(random_market(1))
    alone = Scene(market=scene.market, venue="XNYS", source="cash", destination="two")
    found = RelativeSignal(lookback=25).read(alone)
    np.testing.assert_allclose(np.diff(found.value), np.diff(np.log(basket_prices(alone, "two").index)), atol=1e-12)
    assert len(found.inputs) == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lookback": 19}, r"signal\.lookback = 19: want 20 or more"),
        ({"max_half_life": 0}, r"signal\.max_half_life = 0: want more than 0"),
        ({"min_history": 800}, "min_history 800 is above history 756"),
        ({"measure": "carry"}, r"signal\.measure = 'carry': want 'trend' or 'reversion'"),
    ],
)
def test_a_wrong_key_is_named(keys, message):
    relative = thesis("valuation-discount").replace({"signal.kind": "relative"})
    with pytest.raises(StrategyError, match=message):
        relative.replace({f"signal.{key}": value for key, value in keys.items()})


def test_a_market_without_the_basket_is_refused():
    scene = scene_of(market_of(random_quotes(1)))
    lacking = Scene(market=scene.market, venue="XNYS", source="one", destination="three")
    with pytest.raises(DataError, match="three"):
        RelativeSignal().read(lacking)


def test_what_is_usual_depends_on_the_measure():
    assert RelativeSignal().usual == (1.0, 0.0)
    assert RelativeSignal(measure="reversion").usual == (2.0, 0.0)


@needs_real
def test_the_two_nasdaqs_gave_no_reversion_to_trade_on():
    """Hang Seng Tech over the Big Seven since 2020: no window of three years reverts faster than a random walk may."""
    scene = real_scene()
    found = RelativeSignal(measure="reversion").read(scene)
    assert np.isnan(found.score).all()
    assert "No score at 447 of 447 closes" in found.notes[0]
    trend = RelativeSignal().read(scene)
    assert trend.score[-1] == pytest.approx(0.21, abs=0.005)
    assert np.nanmax(trend.score) < 1.0
