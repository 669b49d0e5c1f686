"""Laws of signals that read prices: nothing from later, no scale of a price, no order of names."""

import dataclasses

import numpy as np
import pytest

from strategies.catalogue import thesis
from strategies.signals.bull import BullSignal
from strategies.signals.composing import VoteSignal
from strategies.signals.fade import FadeSignal
from strategies.signals.kinds import Indicator
from strategies.signals.relative import RelativeSignal
from strategies.signals.strength import StrengthSignal
from tests.signal_markets import ONE, TWO, market_of, random_index, random_market, random_quotes, scene_of

SIGNALS = {
    "bull": BullSignal(rise=0.05, fall=0.05),
    "bull of an index": BullSignal(entity="HSTECH", rise=0.08, fall=0.08),
    "streak": StrengthSignal(),
    "streak of a name": StrengthSignal(entity="HHH"),
    "return": StrengthSignal(measure="return", lookback=8),
    "return of a name": StrengthSignal(entity="III", measure="return", lookback=8),
    "relative strength": StrengthSignal(measure="relative", lookback=8),
    "trend": RelativeSignal(lookback=20),
    "reversion": RelativeSignal(measure="reversion", history=40, min_history=25, max_half_life=9.0),
    "breadth": FadeSignal(lookback=15),
    "fading trend": FadeSignal(measure="trend", lookback=15),
}
each_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)


@each_signal
@pytest.mark.parametrize("venue", ["XNYS", "XHKG"])
def test_nothing_is_read_from_later(signal, venue):
    market = random_market(3, revised=True)
    scene = scene_of(market, venue)
    whole = signal.read(scene)
    # Among them the evening before a storm, the eve of a holiday, and the last stamp but one.
    chosen = {30, 61, 64, 65, 66, 67, 68, 90, len(scene.stamps) - 2}
    for i in sorted(chosen):
        stamp = int(scene.stamps[i])
        then = scene_of(market.until(stamp), venue)
        known = then.stamps <= stamp
        found = signal.read(then)
        assert np.array_equal(then.stamps[known], scene.stamps[: i + 1])
        for name in ("score", "value"):
            cut, full = getattr(found, name)[known], getattr(whole, name)[: i + 1]
            assert np.array_equal(cut, full, equal_nan=True), (name, scene.dates[i])
    # The law would pass a signal that reads nothing.
    assert len(set(whole.score[~np.isnan(whole.score)])) > 1


@each_signal
def test_the_scale_of_a_price_history_does_not_matter(signal):
    quotes, index = random_quotes(5), random_index(5)
    scaled, higher = quotes.copy(), index.assign(close=4.0 * index["close"])
    scaled.loc[scaled["symbol"].isin(["BBB", "HHH"]), "close"] *= 4.0  # a power of two: the same digits
    plain, other = (signal.read(scene_of(market_of(*given))) for given in ((quotes, index), (scaled, higher)))
    assert np.array_equal(plain.score, other.score, equal_nan=True)
    assert np.array_equal(plain.value, other.value, equal_nan=True)


@each_signal
def test_the_order_of_names_does_not_matter(signal):
    """Names are in alphabetical order: other names for the same histories are another order."""
    quotes, index = random_quotes(6), random_index(6)
    other = {"AAA": "ZZZ", "BBB": "YYY", "CCC": "AAC", "HHH": "ZHH", "III": "AII", "JJJ": "MJJ"}
    renamed = quotes.assign(symbol=quotes["symbol"].map(other))
    spells = {
        name: tuple(dataclasses.replace(one, symbol=other[one.symbol]) for one in own)
        for name, own in (("one", ONE), ("two", TWO))
    }
    moved = signal
    if getattr(signal, "entity", "") in other:
        moved = signal.model_copy(update={"entity": other[signal.entity]})
    plain = signal.read(scene_of(market_of(quotes, index)))
    found = moved.read(scene_of(market_of(renamed, index, **spells)))
    # Sums over names in another order.
    np.testing.assert_allclose(found.score, plain.score, rtol=1e-9, atol=1e-9)


@each_signal
def test_it_says_what_it_is(signal):
    found = signal.read(scene_of(random_market(2)))
    assert all((found.origin, found.value_label, found.score_label, found.inputs))
    assert all(one.date <= np.datetime64("2023-12-15") for one in found.inputs)
    low, high = signal.score_range
    known = found.score[~np.isnan(found.score)]
    assert ((known >= low) & (known <= high)).all()
    assert low <= signal.usual.exit <= signal.usual.enter <= high


@each_signal
def test_a_thesis_names_it(signal):
    keys = {f"signal.{key}": value for key, value in signal.model_dump().items()}
    changes = {"baskets.source": ("AAA", "BBB"), "baskets.destination": ("HHH", "III"), "schedule.venue": "XNYS"}
    low, high = max(signal.score_range[0], 0.0), min(signal.score_range[1], 1.0)
    named = thesis("valuation-discount").replace(keys | changes | {"rotation.enter": high, "rotation.exit": low})
    assert named.signal == signal
    plan = named.plan(random_market(2))
    assert plan.reading.score_label == signal.read(scene_of(random_market(2))).score_label.replace(
        "one", "AAA+BBB"
    ).replace("two", "HHH+III")


def test_they_vote():
    signals = {
        "bull": Indicator(signal=SIGNALS["bull"]),
        "up": Indicator(signal=SIGNALS["streak"], enter=1),
        "broken": Indicator(signal=SIGNALS["breadth"]),
    }
    scene = dataclasses.replace(scene_of(random_market(4)), signals=signals)
    found = VoteSignal(of=tuple(signals)).read(scene)
    assert set(found.score[~np.isnan(found.score)]) == {0.0, 1 / 3, 2 / 3, 1.0}
