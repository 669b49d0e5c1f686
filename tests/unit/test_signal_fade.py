"""Source fade: averages and breadth by hand, against plain oracles, and on the Big Seven."""

import numpy as np
import pandas as pd
import pytest

from data.universes import Spell
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.signals.basket_prices import basket_prices
from strategies.signals.fade import FadeSignal
from strategies.signals.scene import Scene
from tests.naive import signals as naive
from tests.real import needs_real
from tests.signal_markets import market_of, random_market, random_quotes, real_scene, scene_of, sessions_of


def source_of(**closes):
    """A scene whose source holds names with these closes; NaN: none."""
    days = sessions_of("XNYS")
    quotes = pd.concat(
        pd.DataFrame({"date": days[: len(own)], "symbol": name, "venue": "XNYS", "currency": "USD", "close": own})
        for name, own in closes.items()
    ).dropna()
    rest = random_quotes(1)
    quotes = pd.concat([quotes, rest[rest["symbol"] == "HHH"]], ignore_index=True)
    spells = tuple(Spell(name) for name in closes)
    return scene_of(market_of(quotes, one=spells, two=(Spell("HHH"),)))


def test_breadth_by_hand():
    found = FadeSignal(lookback=3).read(
        source_of(
            AAA=[10.0, 11.0, 12.0, 11.0, 11.1, 9.0],
            BBB=[5.0, 5.0, 5.0, 4.0, 6.0, 6.0],
            CCC=[np.nan, np.nan, 8.0, 7.0, 6.0, 5.0],
        )
    )
    # Averages of three: AAA 11, 34/3, 34.1/3, 31.1/3; BBB 5, 14/3, 5, 16/3; CCC has three levels from row 4 on.
    np.testing.assert_allclose(found.score[2:6], [0, 1, 2 / 3, 2 / 3], rtol=1e-15)
    assert np.isnan(found.score[:2]).all()
    assert found.value.tolist()[2:6] == found.score.tolist()[2:6]
    # Nobody has a close any more: nobody counts.
    assert np.isnan(found.score[6:]).all()


def test_a_level_that_stands_still_is_not_broken():
    """Its average may lie above it by rounding alone: 1.1 seven times over is 7.700000000000001."""
    n = 30
    found = FadeSignal(lookback=7).read(source_of(AAA=[1.0] + [1.1] * n, BBB=[3.0, *np.linspace(4, 3, n)]))
    np.testing.assert_array_equal(found.score[8:n], 0.5)


def test_trend_by_hand():
    found = FadeSignal(measure="trend", lookback=3).read(source_of(AAA=[10.0, 11.0, 12.0, 10.0]))
    # Index 1, 1.1, 1.2, 1.0: the average of the last three is 1.1, their deviation 0.1.
    np.testing.assert_allclose(found.score[2:4], [-1.0, 1.0], rtol=1e-12)
    np.testing.assert_allclose(found.value[2:4], [1.2 / 1.1 - 1, 1.0 / 1.1 - 1], rtol=1e-12)
    assert np.isnan(found.score[:2]).all()
    # The index of a name without closes stands still: no deviation, no score.
    assert np.isnan(found.score[6:]).all()


def test_an_index_that_stands_still_has_no_trend():
    """Its average may miss it by rounding alone: at none of five levels is that a distance."""
    for first in (3.0, 5.0, 7.0, 11.0, 13.0):
        found = FadeSignal(measure="trend", lookback=7).read(source_of(AAA=[first, *[10.0] * 30]))
        assert np.isnan(found.score[7:]).all()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("venue", ["XNYS", "XHKG"])
def test_both_are_those_of_plain_loops(seed, venue):
    scene = scene_of(random_market(seed), venue)
    scene = Scene(market=scene.market, venue=venue, source=("one", "two"), destination="two")
    prices = basket_prices(scene, scene.source)
    index = naive.basket_index(prices.eligible.tolist(), prices.returns.tolist())
    levels = [naive.levels_of(own) for own in prices.returns.T.tolist()]
    breadth, trend = (FadeSignal(measure=one, lookback=20).read(scene) for one in ("breadth", "trend"))
    for i in range(len(index)):
        expected = naive.breadth([own[: i + 1] for own in levels], prices.eligible[i].tolist(), 20)
        assert breadth.score[i] == pytest.approx(expected, abs=1e-15, nan_ok=True)
        away = naive.zscore(index[i - 19 : i + 1], 20) if i >= 19 else np.nan
        assert trend.score[i] == pytest.approx(-away, rel=1e-9, abs=1e-9, nan_ok=True)  # distances cancel digits
    assert len(set(breadth.score[~np.isnan(breadth.score)])) > 5
    assert breadth.inputs == trend.inputs == (prices.input,)


def test_a_name_counts_with_a_whole_window_only():
    late = [np.nan] * 10 + [*np.linspace(9, 8, 20)]
    found = FadeSignal(lookback=6).read(source_of(AAA=np.linspace(5, 6, 30), BBB=late))
    assert found.score[5:30].tolist() == [0.0] * 10 + [0.5] * 15


def test_cash_has_no_trend():
    scene = scene_of(random_market(1))
    with pytest.raises(StrategyError, match=r"baskets\.source is cash: name what is sold"):
        FadeSignal().read(Scene(market=scene.market, venue="XNYS", source="cash", destination="two"))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lookback": 1}, r"signal\.lookback = 1: want 2 or more"),
        ({"measure": "volume"}, r"signal\.measure = 'volume': want 'breadth' or 'trend'"),
        ({"rotation": 1.5}, r"rotation\.enter = 1\.5 is out of reach: scores of this signal go from 0 to 1"),
    ],
)
def test_a_wrong_key_is_named(keys, message):
    fade = thesis("valuation-discount").replace({"signal.kind": "fade"})
    changes = {"rotation.enter" if key == "rotation" else f"signal.{key}": value for key, value in keys.items()}
    with pytest.raises(StrategyError, match=message):
        fade.replace(changes)
    assert fade.replace({"signal.measure": "trend", "rotation.enter": 1.5}).rotation.enter == 1.5


def test_what_is_usual_depends_on_the_measure():
    assert FadeSignal().usual == (0.6, 0.4)
    assert FadeSignal(measure="trend").usual == (1.0, 0.0)


@needs_real
def test_the_big_seven_broke_in_2022_and_had_not_in_february_2025():
    scene = real_scene()
    breadth = pd.Series(FadeSignal().read(scene).score, pd.DatetimeIndex(scene.dates))
    trend = pd.Series(FadeSignal(measure="trend").read(scene).score, breadth.index)
    assert breadth["2022-06-16"] == 1.0  # all seven below their averages in the fall of 2022
    assert trend["2022-06-16"] > 1.5
    assert breadth["2025-02-14"] == pytest.approx(1 / 7)  # one of seven
    assert trend["2025-02-14"] < -1.0
