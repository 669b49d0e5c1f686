"""No signal read from long tables sees the future: on the demo, against markets that differ after each stamp."""

import pytest

import strategies
from backtest.prove import prove_no_lookahead
from data.load import load


@pytest.fixture(scope="module")
def market():
    return load("demo", start="2024-01-02")


@pytest.mark.parametrize(
    "changes",
    [
        {"signal.kind": "positioning", "rotation.enter": 0.75, "rotation.exit": 0.1},
        {"signal.kind": "filing", "signal.filers": ("Made-up Capital A",)},
        {"signal.kind": "liquidity", "rotation.enter": 0.5},
        {"signal.scale": "residual", "signal.history": 252, "signal.net": "destination"},
        {"signal.scale": "high", "signal.input": "volume", "rotation.exit": 0.5},
    ],
    ids=lambda changes: changes.get("signal.kind") or changes["signal.scale"],
)
def test_it_sees_no_future(market, changes):
    thesis = strategies.thesis("flow-momentum").replace(changes)
    assert prove_no_lookahead(thesis, market, n_decisions=1, n_random=1).passed
