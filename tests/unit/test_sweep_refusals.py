"""What cannot be swept is refused with a plain message before any work: in no time, and without a file."""

import math
import time
from pathlib import Path

import pytest

from backtest.tuning import preparation
from backtest.tuning import sweep as driver
from backtest.tuning.blocks import BlockRunner
from data.errors import EastboundError
from data.load import load
from strategies.catalogue import thesis

NAN = math.nan
DRAW = {"method": "random", "n": 100, "seed": 1}
SIX = (
    "rotation.enter",
    "rotation.exit",
    "rotation.min_share",
    "rotation.max_share",
    "rotation.speed",
    "run.rate_spread",
)
REFUSED = {
    "1e12 points": (dict.fromkeys(SIX[:3], "0.1:1:10000"), "1e+12 combinations"),
    "1e12 points that a condition would cut": (
        dict.fromkeys(SIX[:3], "0.1:1:10000") | {"conditions": ["rotation.exit < 0.2"]},
        "1e+12 combinations",
    ),
    "1e24 points": (dict.fromkeys(SIX, "0.1:1:10000"), "1e+24 combinations"),
    "1e12 points of one setting": ({"rotation.enter": "0:1:1000000000000"}, "rotation.enter"),
    "unknown setting": ({"rotation.entr": [1.0]}, "rotation.entr"),
    "unknown section": ({"rotations.enter": [1.0]}, "rotations.enter"),
    "unknown setting of the run": ({"run.cost": ["none"]}, "run.cost"),
    "setting of the run that one table of two gives": ({"run": [{"costs": "none"}, {"cost": "none"}]}, "run.cost"),
    "field of a strategy in Python": ({"strategy.weight": [0.1, 0.2]}, "strategy.weight is no setting of a thesis"),
    "unknown setting of the signal": ({"signal.lookbak": [3]}, "signal.lookbak"),
    "no values": ({"rotation.enter": []}, "rotation.enter"),
    "range of nothing": ({"rotation.enter": "0:1:0"}, "rotation.enter"),
    "range of fewer than nothing": ({"rotation.enter": "0:1:-3"}, "rotation.enter"),
    "nothing varied": ({}, "varies nothing"),
    "NaN value": ({"rotation.enter": [NAN]}, "rotation.enter"),
    "NaN bound": ({"rotation.enter": "nan:1:5"}, "rotation.enter"),
    "infinite bound": ({"rotation.enter": "0:inf:5"}, "rotation.enter"),
    "NaN bound of a draw": ({"rotation.enter": {"uniform": [NAN, 1.0]}, "draw": DRAW}, "rotation.enter"),
    "bounds that change places": ({"rotation.enter": {"uniform": [1.0, 0.0]}, "draw": DRAW}, "rotation.enter"),
    "condition that nothing satisfies": (
        {"rotation.enter": [0.5, 1.0], "rotation.exit": [0.0], "conditions": ["rotation.exit > rotation.enter"]},
        "rotation.exit > rotation.enter",
    ),
    "condition that no drawn point satisfies": (
        {"rotation.enter": {"uniform": [0.5, 1.0]}, "draw": DRAW, "conditions": ["rotation.enter < 0.4"]},
        "rotation.enter < 0.4",
    ),
    "value out of range": ({"rotation.speed": [0.5, 1.5]}, "speed"),
    "value of another kind": ({"schedule.every": ["week", "fortnight"]}, "every"),
    "settings that contradict each other": ({"rotation.min_share": [0.6], "rotation.max_share": [0.5]}, "min_share"),
}


@pytest.fixture(scope="module")
def market():
    return load("tiny")


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_cannot_be_swept_is_refused_before_any_work(
    case: str, market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, named = REFUSED[case]
    monkeypatch.setattr(preparation, "set_up", None)
    monkeypatch.setattr(BlockRunner, "run", None)
    begun = time.perf_counter()
    with pytest.raises(EastboundError) as refused:
        driver.sweep(thesis("flow-momentum"), market, grid, out=tmp_path / "sweep")
    assert time.perf_counter() - begun < 1.0
    said = str(refused.value)
    assert named in said
    assert "\n" not in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
