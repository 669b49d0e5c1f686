"""Signals made of signals: by hand, against plain Python, and what is refused."""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.prove import prove_no_lookahead
from data.load import load
from strategies.errors import StrategyError
from strategies.signals.composing import GateSignal, SequenceSignal, VoteSignal, WeightedSignal, fired
from strategies.signals.reading import Input, Reading
from strategies.signals.scene import Scene
from strategies.thesis import Thesis
from tests.naive import compositions

NAN = math.nan
MARKET = load("tiny")


@dataclass(frozen=True, eq=False)
class Fixed:
    """A signal whose scores are given."""

    scores: tuple[float, ...]
    parts: tuple[str, ...] = ()

    def read(self, scene: Scene) -> Reading:
        score = np.array(self.scores)
        used = (Input(name="given", date=np.datetime64("2024-01-02")),)
        return Reading(
            stamps=scene.stamps, value=score, score=score, origin="given", value_label="", score_label="", inputs=used
        )


def scene(fires=(1.0, 0.0), weights=None, **scores):
    """A scene of signals by name, with the scores at which all of them fire."""
    named = {
        name: SimpleNamespace(signal=Fixed(tuple(own)), fires=fires, weight=(weights or {}).get(name, 1.0))
        for name, own in scores.items()
    }
    return Scene(market=MARKET, venue="XNYS", source="a", destination="b", signals=named)


def test_a_weighted_score_by_hand():
    made = scene(a=[1.0, NAN, 2.0, NAN], b=[3.0, 4.0, -2.0, NAN], weights={"a": 3.0, "b": -1.0})
    both = WeightedSignal(of=("a", "b")).read(made)
    np.testing.assert_array_equal(both.score, [0.0, NAN, 2.0, NAN])
    np.testing.assert_array_equal(WeightedSignal(of=("a", "b"), quorum=1).read(made).score, [0.0, -4.0, 2.0, NAN])
    assert both.origin == "weighted score of a x 3, b x -1 (a: given; b: given)"
    assert both.inputs == (Input(name="given", date=np.datetime64("2024-01-02")),)


def test_a_vote_by_hand():
    made = scene(a=[1.0, 0.5, NAN, 0.0], b=[0.0, 1.5, 1.5, 0.2])
    np.testing.assert_array_equal(VoteSignal(of=("a", "b")).read(made).score, [0.5, 1.0, NAN, 0.5])
    np.testing.assert_array_equal(VoteSignal(of=("a", "b"), quorum=1).read(made).score, [0.5, 1.0, 1.0, 0.5])


def test_a_gate_by_hand():
    made = scene(a=[5.0, 6.0, 7.0, 8.0], b=[1.0, 0.5, NAN, 0.0])
    np.testing.assert_array_equal(GateSignal(of="a", by="b").read(made).score, [5.0, 6.0, NAN, 0.0])
    np.testing.assert_array_equal(GateSignal(of="a", by="b", shut=None).read(made).score, [5.0, 6.0, NAN, NAN])


def test_a_sequence_by_hand():
    made = scene(a=[NAN, 0.0, 1.0, 0.0, 2.0, 2.0], b=[0.5, 0.5, 0.5, NAN, 0.0, 0.5])
    found = SequenceSignal(enter_on="a", leave_on="b").read(made).score
    np.testing.assert_array_equal(found, [NAN, 0.0, 1.0, 1.0, 0.0, 1.0])  # where both speak it is left


SCORES = st.lists(st.lists(st.floats(-2, 2) | st.just(NAN), min_size=30, max_size=30), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(SCORES, st.integers(1, 3), st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_all_equal_plain_python(scores, quorum, weights):
    a, b, c = scores
    made = scene((0.8, -0.3), dict(zip("abc", weights, strict=True)), a=a, b=b, c=c)
    states = [compositions.fired(one, 0.8, -0.3) for one in scores]
    np.testing.assert_array_equal(fired(np.array(a), (0.8, -0.3)), states[0])
    if any(weights):
        found = WeightedSignal(of=("a", "b", "c"), quorum=quorum).read(made).score
        # A sum of three may be taken in another order.
        np.testing.assert_allclose(found, compositions.weighted(scores, weights, quorum), rtol=1e-12, atol=1e-12)
    vote = VoteSignal(of=("a", "b", "c"), quorum=quorum).read(made).score
    np.testing.assert_array_equal(vote, compositions.vote(states, quorum))
    np.testing.assert_array_equal(
        GateSignal(of="a", by="b", shut=-9.0).read(made).score, compositions.gate(a, states[1], -9.0)
    )
    sequence = SequenceSignal(enter_on="a", leave_on="c").read(made).score
    np.testing.assert_array_equal(sequence, compositions.sequence(a, 0.8, c, -0.3))


@settings(max_examples=20, deadline=None)
@given(SCORES)
def test_the_order_of_parts_does_not_matter(scores):
    made = scene(a=scores[0], b=scores[1], c=scores[2])
    for kind in (WeightedSignal, VoteSignal):
        one, other = (kind(of=tuple(of), quorum=2).read(made).score for of in ("abc", "cab"))
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def composed(**sections):
    given = {"name": "x", "baskets": {"source": "big-seven", "destination": "hang-seng-tech"}}
    given["signals"] = {"flow": {"kind": "flow"}, "cheap": {"kind": "valuation", "enter": 0.7, "exit": 0.4}}
    return Thesis.from_mapping(given | sections, "x.toml")


REFUSED = [
    ({"signal": {"kind": "gate", "of": "flow", "by": "bull"}}, r"signal names the signal 'bull', which is not stated"),
    ({"signal": {"kind": "vote", "of": []}}, r"signal\.of"),
    ({"signal": {"kind": "vote", "of": ["flow", "flow"]}}, "of names 'flow' twice"),
    ({"signal": {"kind": "vote", "of": ["flow"], "quorum": 2}}, "quorum 2 is above the 1 signals"),
    ({"signals": {"flow": {"lokback": 3}}}, r"unknown key 'signals\.flow\.lokback'"),
    ({"signals": {"flow": {"lookback": 0}}}, r"signals\.flow\.lookback = 0: want 1 or more"),
    ({"signals": {"flow": {"enter": 0.0, "exit": 1.0}}}, r"signals\.flow: exit 1 is above enter 0"),
    ({"signals": {"cheap": {"kind": "valuation", "enter": 80}}}, r"signals\.cheap: enter = 80 is out of reach"),
    ({"signals": {"odd": {"kind": "magic"}}}, r"signals\.odd\.kind = 'magic': want 'flow' or"),
    (
        {
            "signal": {"kind": "vote", "of": ["a"]},
            "signals": {"a": {"kind": "gate", "of": "b", "by": "b"}, "b": {"kind": "vote", "of": ["a"]}},
        },
        r"signals\.a is made of itself \(signal of a of b of a\)",
    ),
    ({"baskets": {"source": "big-seven", "destination": "cash"}}, r"baskets: destination = 'cash': cash may be"),
    (
        {
            "allocation": {"kind": "minimum_variance"},
            "constraints": {"name_at_most": 0.3},
            "tilt": {"kind": "sector_flow"},
        },
        r"tilt\.kind = 'sector_flow' comes after the optimiser, and would break constraints\.name_at_most",
    ),
    ({"signal": {"kind": "flow", "enter": 2.0}}, r"unknown key 'signal\.enter'\. Did you mean"),
    ({"signal": {"kind": "flow", "rise": 0.1}}, r"unknown key 'signal\.rise'\. Another kind of signal has it\.$"),
    (
        {"signals": {"q": {"kind": "flow", "wieght": 2}}},
        r"unknown key 'signals\.q\.wieght'\. Did you mean signals\.q\.weight\?$",
    ),
]


@pytest.mark.parametrize(("sections", "message"), REFUSED, ids=lambda case: str(case)[:50])
def test_what_cannot_be_read_is_refused_by_name(sections, message):
    with pytest.raises(StrategyError, match=message):
        composed(**sections)


def test_weights_of_nothing_are_refused():
    with pytest.raises(StrategyError, match="All signals of the weighted score"):
        WeightedSignal(of=("a",)).read(scene(a=[1.0], weights={"a": 0.0}))


def test_a_market_without_what_a_part_reads_names_the_part():
    thesis = composed(signal={"kind": "gate", "of": "flow", "by": "cheap"}).replace(
        {"signals.cheap.destination_entity": "HSTEC"}
    )
    with pytest.raises(StrategyError, match=r"signals\.cheap: signal\.destination_entity = 'HSTEC'"):
        thesis.check(load("demo"))


def test_settings_are_known_and_changed_by_name():
    thesis = composed(signal={"kind": "gate", "of": "flow", "by": "cheap"})
    changed = thesis.replace({"signals.cheap.enter": 0.9, "signals.flow.lookback": np.int64(7)})
    assert (changed.setting("signals.cheap.enter"), changed.setting("signals.flow.lookback")) == (0.9, 7)
    assert changed.signals["cheap"].fires == (0.9, 0.4)
    assert thesis.signals["flow"].fires == (1.0, 0.0)  # what is usual
    for changes in (
        {"signals.cheap.kind": "flow", "signals.cheap.lookback": 7},
        {"signals.cheap.lookback": 7, "signals.cheap.kind": "flow"},
    ):
        assert thesis.replace(changes).setting("signals.cheap.lookback") == 7  # whatever comes first
    other = thesis.replace({"signals.cheap.kind": "flow"})
    assert other.signals["cheap"] == thesis.signals["flow"]
    with pytest.raises(StrategyError, match=r"unknown key 'signals\.chep\.enter'.*flow, cheap"):
        thesis.replace({"signals.chep.enter": 1.0})
    with pytest.raises(KeyError):
        thesis.setting("signals.cheap.colour")


@pytest.mark.parametrize(
    "signal",
    [
        {"kind": "weighted", "of": ["flow", "cheap"], "quorum": 1},
        {"kind": "sequence", "enter_on": "flow", "leave_on": "cheap"},
    ],
    ids=lambda one: one["kind"],
)
def test_it_sees_no_future(signal):
    thesis = composed(
        signal=signal,
        rotation={"enter": 0.5, "stop_loss": 0.1},
        schedule={"tranches": 2},
        volatility={"target": 0.2},
    )
    assert prove_no_lookahead(thesis, load("demo", start="2023-01-03"), n_decisions=2, n_random=1).passed
