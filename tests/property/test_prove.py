import numpy as np
import pandas as pd
import pytest

from backtest import BacktestError, RunConfig
from backtest.prove import prove_no_lookahead
from data.counterfactual import FUTURES, with_future
from data.load import load
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.strategy import find_strategy
from strategies.targets import TargetWeights

# Hong Kong cancelled the sessions of 1 and 8 September 2023 overnight.
MARKET = load("demo", start="2023-08-01", end="2023-10-31")
FEW = {"n_decisions": 4, "n_random": 4}


@pytest.mark.parametrize("name", ["honest"])
def test_an_honest_strategy_passes(name):
    proof = prove_no_lookahead(find_strategy(f"tests/leaks/{name}.py"), MARKET, **FEW)
    assert proof.passed, proof.leaks
    assert proof.n_checks > 4 * len(FUTURES)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("same_day_close", "the decision of"),
        ("same_day_pe", "the decision of"),
        ("full_sample_zscore", "the decision of"),
        ("clairvoyant_calendar", "the decision of 2023-09-07 08:00 UTC is gone"),
    ],
)
def test_each_planted_leak_is_caught(name, what):
    proof = prove_no_lookahead(find_strategy(f"tests/leaks/{name}.py"), MARKET, **FEW)
    assert not proof.passed
    assert any(what in leak.what for leak in proof.leaks), proof.leaks[:3]


def test_the_catalogue_passes():
    for settings in (
        {},
        {"allocation.kind": "inverse_volatility", "rotation.rule": "linear", "signal.input": "volume"},
    ):
        chosen = thesis("flow-momentum").replace(settings)
        proof = prove_no_lookahead(chosen, MARKET, RunConfig(**chosen.run), n_decisions=3, n_random=4)
        assert proof.passed, proof.leaks


@pytest.mark.parametrize(
    "settings", [{"shut_market": "basket"}, {"shut_market": "cancel", "sizing": "fill"}, {"fx": "hold"}]
)
def test_the_ledger_passes_under_every_policy(settings):
    chosen = thesis("flow-momentum").replace({"rotation.min_share": 0.3, "rotation.max_share": 0.7})
    proof = prove_no_lookahead(chosen, MARKET, RunConfig(**settings), n_decisions=3, n_random=2)
    assert proof.passed, proof.leaks


def test_a_price_that_moves_weights_by_its_level_is_caught():
    class Level:
        def targets(self, market):
            calendar = market.calendars["XNYS"]
            stamps = calendar.closes[(calendar.dates >= market.start) & (calendar.dates <= market.end)][::5]
            close = market.close[:, market.columns(["US01", "US02"])]
            known = market.known_closes(stamps, "XNYS") - 1
            prices = pd.DataFrame(close).ffill().to_numpy()[known]
            weights = prices / prices.sum(axis=1, keepdims=True)
            return TargetWeights.from_frame(
                pd.DataFrame(weights, index=pd.DatetimeIndex(stamps, tz="UTC"), columns=["US01", "US02"])
            )

    proof = prove_no_lookahead(Level(), MARKET, **FEW)
    assert any("by a constant changes the weight" in leak.what for leak in proof.leaks)


def test_a_strategy_without_decisions_proves_nothing():
    class Silent:
        def targets(self, market):
            return TargetWeights(decisions=pd.DatetimeIndex([], tz="UTC"), assets=("US01",), weights=np.zeros((0, 1)))

    with pytest.raises(BacktestError, match="nothing to prove"):
        prove_no_lookahead(Silent(), MARKET)


@pytest.mark.parametrize("future", FUTURES)
def test_the_past_keeps_its_bytes_and_the_future_does_not(future):
    stamp = pd.Timestamp("2023-09-07 20:00", tz="UTC").value  # New York closes; Hong Kong's Friday is not yet cancelled
    changed = with_future(MARKET, stamp, future, np.random.default_rng(1))
    before, after = MARKET.until(stamp), changed.until(stamp)
    for field in ("open", "high", "low", "close", "volume"):
        assert getattr(before, field).tobytes() == getattr(after, field).tobytes()
    for name, table in before.tables.items():
        pd.testing.assert_frame_equal(table.reset_index(drop=True), after.tables[name].reset_index(drop=True))
    assert np.datetime64("2023-09-08") in changed.calendars["XHKG"].dates
    if future != "nothing":
        assert changed.close.tobytes() != MARKET.close.tobytes()
        assert (changed.tables["flows"]["net_usd"] != MARKET.tables["flows"]["net_usd"]).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "defines no function targets"),
        ("import nothing_of_the_kind\n", "fails on import: ModuleNotFoundError"),
    ],
)
def test_a_file_that_is_no_strategy_is_refused(tmp_path, text, message):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(StrategyError, match=message):
        find_strategy(str(path))
    with pytest.raises(StrategyError, match="does not exist"):
        find_strategy(str(tmp_path / "none.py"))
