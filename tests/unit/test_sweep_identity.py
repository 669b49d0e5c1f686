"""What a folder knows of its sweep: what decides the results, and what is said where another one is asked for."""

from pathlib import Path

import pytest

from backtest.errors import BacktestError
from backtest.tuning.space import space_of
from backtest.tuning.storage.identity import sweep_identity
from data.fingerprint import market_hash
from data.load import load
from strategies.catalogue import thesis
from tests.made_up_sweep import opened
from tests.swept import HoldOne


def test_the_identity_is_what_decides_the_results_and_nothing_else() -> None:
    flow, market = thesis("flow-momentum"), load("demo")
    grid = {"rotation.enter": [0.5, 1.0]}
    asked = sweep_identity(flow, market, space_of(grid))
    assert sweep_identity(thesis("flow-momentum"), load("demo"), space_of(grid)) == asked
    assert asked["market"] == market_hash(market)
    assert {"Eastbound", "Eastbound's files", "Python", "numpy", "numba", "pyarrow", "platform"} <= asked.keys()
    drawn = grid | {"draw": {"n": 8, "seed": 7}}
    for other, keys in (
        (sweep_identity(flow.replace({"signal.lookback": 21}), market, space_of(grid)), {"thesis: signal.lookback"}),
        (sweep_identity(flow.replace({"run.costs": "none"}), market, space_of(grid)), {"thesis: run.costs"}),
        (sweep_identity(flow, market.with_prices({"close": market.close * 2}), space_of(grid)), {"market"}),
        (sweep_identity(flow, load("demo", start="2020-01-02"), space_of(grid)), {"first date"}),
        (sweep_identity(flow, market, space_of(grid | {"conditions": "rotation.enter > 0"})), {"varied: conditions"}),
        (sweep_identity(flow, market, space_of({"rotation.enter": [0.5, 2.0]})), {"varied: rotation.enter"}),
        (sweep_identity(flow, market, space_of(drawn)), {"varied: draw"}),
    ):
        differ = {name for name in asked | other if asked.get(name) != other.get(name)}
        assert differ - {"grid"} == keys
        assert ("grid" in differ) == any(key.startswith("varied") for key in keys)


def test_what_differs_is_named_setting_by_setting(tmp_path: Path) -> None:
    market, grid = load("tiny"), {"rotation.enter": [0.5, 1.0]}

    def of(grid: dict[str, object], **changes: object) -> dict[str, str]:
        return sweep_identity(thesis("flow-momentum").replace(changes), market, space_of(grid))

    opened(tmp_path / "sweep", identity=of(grid)).close()
    for identity, said in (
        (of(grid, **{"signal.lookback": 21}), r"thesis: signal\.lookback \(was 20, is 21\)\. Choose"),
        (
            of({"rotation.enter": "0:2:9"}),
            r"varied: rotation\.enter \(was 0\.5, 1\.0, is 9 values, 0\.0 to 2\.0\)\. Ch",
        ),
        (
            of({"rotation.exit": [0.5]}),
            r"varied: rotation\.enter \(was 0\.5, 1\.0, is not stated\), varied: rotation\.exit",
        ),
    ):
        with pytest.raises(BacktestError, match=f"differs in {said}"):
            opened(tmp_path / "sweep", identity=identity)
    held = sweep_identity(HoldOne(), market, space_of({"strategy.weight": [0.5]}))
    other = sweep_identity(HoldOne(symbol="US02"), market, space_of({"strategy.weight": [0.5]}))
    opened(tmp_path / "python", identity=held).close()
    with pytest.raises(BacktestError, match=r"differs in strategy, strategy\.symbol \(was US01, is US02\)\. Choose"):
        opened(tmp_path / "python", identity=other)
