"""What cannot be swept is refused with a plain message before any work: in no time, and without a file."""

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest.errors import BacktestError
from backtest.kernels.measures import MEASURES
from backtest.tuning import preparation
from backtest.tuning import sweep as driver
from backtest.tuning.blocks import BlockRunner
from data.errors import EastboundError
from data.load import load
from strategies.catalogue import thesis
from tests.swept import HoldOne
from tests.unit.test_sweep import half

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


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"memory_limit": "1 giga"}, "memory_limit '1 giga' is no size; write 500MB or 2GB."),
        ({"memory_limit": "0MB"}, "memory_limit = 0: want a whole number, one or more."),
        ({"n_blocks": 11}, "n_blocks = 11: there are 10 dates, and a time block needs one or more."),
    ],
)
def test_what_is_asked_beside_the_grid_is_refused_before_any_candidate_is_run(
    asked: dict[str, Any], said: str, market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BlockRunner, "run", None)
    with pytest.raises(BacktestError) as refused:
        driver.sweep(half(), market, {"rotation.enter": [1.0]}, out=tmp_path / "sweep", **asked)
    assert str(refused.value) == said
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_larger_than_memory_may_hold_is_refused_before_any_candidate_is_run(
    market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A candidate has 1 setting, 22 measures and a count of 8 bytes, twice 10 sums of 8, and 10 returns of 4."""
    assert len(MEASURES) == 22
    kept, grid = (24 + 20) * 8 + 10 * 4, {"rotation.min_share": [0.0, 0.1, 0.2, 0.3]}
    monkeypatch.setattr(driver, "PART_SIZE", 3)
    driver.sweep(half(), market, grid, out=tmp_path / "fits", memory_limit=3 * kept, returns=True)
    driver.sweep(half(), market, grid, out=tmp_path / "less", memory_limit="1.1kb", returns=False)
    monkeypatch.setattr(BlockRunner, "run", None)
    with pytest.raises(BacktestError, match=r"^A part of the sweep, 3 candidates .* or keep no returns\.$"):
        driver.sweep(half(), market, grid, out=tmp_path / "sweep", memory_limit="1.1kB", returns=True)
    assert not (tmp_path / "sweep").exists()


def test_the_name_of_a_thesis_is_no_thesis(market) -> None:
    with pytest.raises(
        BacktestError, match=r"takes a thesis, not its name\. Pass strategies\.thesis\('flow-momentum'\)"
    ):
        driver.sweep("flow-momentum", market, {"rotation.enter": [1.0]})  # type: ignore[call-overload]


def test_a_short_market_has_a_time_block_a_date(market) -> None:
    """Ten dates: of sixteen blocks six would be empty, and whoever divides by their counts gets NaN."""
    hold_us = {"rotation": [{"min_share": 0.0, "max_share": 0.0}]}
    found = driver.sweep(half(), market, hold_us)
    assert found.moments.counts.tolist() == [1] * 10
    np.testing.assert_allclose(found.moments.sums, found.returns, atol=1e-8)
    assert driver.sweep(half(), market, hold_us, n_blocks=10).moments.counts.tolist() == [1] * 10
    held = driver.sweep(HoldOne(), market, {"strategy.weight": [0.5]})
    assert held.moments.counts.tolist() == [1] * 10
    np.testing.assert_allclose(held.moments.sums, held.returns, atol=1e-8)


def test_a_fill_that_the_market_does_not_allow_is_refused_before_any_candidate_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hong Kong is closed when New York decides; the second capital comes first in the grid, and is no reason."""
    on = load("demo", start="2023-01-03", end="2023-12-29")
    monkeypatch.setattr(BlockRunner, "run", None)
    grid = {"run.initial_capital": [1e5, 1e6], "run.fill": ["next_open", "same_close"], "rotation.enter": [0.5, 1.0]}
    with pytest.raises(BacktestError) as refused:
        driver.sweep(thesis("flow-momentum"), on, grid, out=tmp_path / "sweep")
    assert str(refused.value).startswith(
        "run.initial_capital = 100000.0, run.fill = same_close: fill='same_close' needs every venue to close at the "
        "decision; XHKG does not at 2023-01-06T21:00 UTC."
    )
    assert list(tmp_path.iterdir()) == []
