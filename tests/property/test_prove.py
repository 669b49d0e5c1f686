import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest import BacktestError, RunConfig, prove, simulate
from backtest.follow import Following
from backtest.prove import prove_no_lookahead
from data.counterfactual import FUTURES, with_future
from data.load import load
from data.market import MarketData
from data.series.tables import LONG_TABLES
from strategies.catalogue import catalogue, thesis
from strategies.errors import StrategyError
from strategies.strategy import find_strategy
from strategies.targets import TargetWeights

# Hong Kong cancelled the sessions of 1 and 8 September 2023 overnight.
MARKET = load("demo", start="2023-08-01", end="2023-10-31")
FEW = {"n_decisions": 4, "n_random": 4}
DAY = 86_400 * 10**9


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


@pytest.mark.parametrize("name", [name for name in catalogue() if not thesis(name).is_whole])
def test_every_thesis_that_rotates_passes(name):
    chosen = thesis(name)
    proof = prove_no_lookahead(chosen, MARKET, RunConfig(**chosen.run), n_decisions=2, n_random=1)
    assert proof.passed, proof.leaks


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name in catalogue() if thesis(name).is_whole])
def test_every_mandate_passes(name):
    chosen = thesis(name)
    proof = prove_no_lookahead(chosen, MARKET, RunConfig(**chosen.run), n_decisions=2, n_random=1)
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


class Rising:
    """A policy: more of US01 after a rise, and no more than a tenth added a week."""

    def decide(self, past, portfolio):
        close = past.close[:, past.columns(["US01"])[0]]
        known = close[~np.isnan(close)]
        wanted = 0.9 if known[-1] > known[-2] else 0.1
        return {"US01": min(wanted, portfolio.weights["US01"] + 0.1)}


@pytest.mark.parametrize("settings", [{}, {"costs": "venue", "max_participation": 0.01}, {"funding": "settled"}])
def test_a_policy_passes(settings):
    proof = prove_no_lookahead(Following(Rising(), RunConfig(**settings)), MARKET, RunConfig(**settings), **FEW)
    assert proof.passed, proof.leaks


def test_a_policy_on_raw_prices_passes_though_lots_depend_on_the_price_level():
    market = replace(MARKET, price_basis="raw")
    config = RunConfig(costs="venue", half_spread_bps="tick")
    assert config.counts_lots(market)
    proof = prove_no_lookahead(Following(Rising(), config), market, config, n_decisions=2, n_random=2)
    assert proof.passed, proof.leaks


def test_a_policy_handed_four_days_too_many_is_caught(monkeypatch):
    until = MarketData.until
    monkeypatch.setattr(MarketData, "until", lambda self, stamp: until(self, int(stamp) + 4 * DAY))
    proof = prove_no_lookahead(Following(Rising()), MARKET, **FEW)
    assert any("the decision of" in leak.what for leak in proof.leaks), proof.leaks


def test_a_policy_that_fails_without_later_prices_is_caught(monkeypatch):
    class Needy:
        def decide(self, past, portfolio):
            if past.dates[-1] <= np.datetime64(portfolio.stamp.tz_localize(None), "D"):
                raise ValueError("no price")
            return {"US01": 0.5}

    until = MarketData.until
    monkeypatch.setattr(MarketData, "until", lambda self, stamp: until(self, int(stamp) + 4 * DAY))
    proof = prove_no_lookahead(Following(Needy()), MARKET, **FEW)
    assert proof.n_unanswered == 0
    assert {leak.future for leak in proof.leaks} == {"nan"}
    assert "the strategy fails once the future changes" in proof.leaks[0].what


def test_a_policy_shown_later_prices_of_its_portfolio_is_caught(monkeypatch):
    class Shown:
        def decide(self, past, portfolio):
            return {"US01": 0.5 + portfolio.cash["USD"] % 1.0 / 10.0}

    def peeking(prepared, book, event, base_currency):
        later = prepared.world.close[prepared.timeline.row[event] + 1 :, prepared.names.index("US01")]
        return shown(prepared, book._replace(cash=book.cash + np.nansum(later[:1])), event, base_currency)

    module = sys.modules[Following.__module__]
    shown = module._portfolio
    monkeypatch.setattr(module, "_portfolio", peeking)
    proof = prove_no_lookahead(Following(Shown()), MARKET, **FEW)
    assert any("the decision of" in leak.what for leak in proof.leaks), proof.leaks


def test_a_policy_that_remembers_an_earlier_run_is_refused():
    with pytest.raises(StrategyError, match="Asked twice about the same market"):
        prove_no_lookahead(Following(find_strategy("tests/leaks/remembering_policy.py")), MARKET, **FEW)


def test_a_policy_that_keeps_a_market_is_refused():
    class Keeps(Rising):
        market = None

    policy = Keeps()
    policy.market = MARKET
    with pytest.raises(StrategyError, match="cannot be copied"):
        prove_no_lookahead(Following(policy), MARKET, **FEW)


def test_what_a_policy_remembers_within_a_run_is_no_leak():
    class Ratchet:
        best = 0.0

        def decide(self, past, portfolio):
            self.best = max(self.best, portfolio.nav)
            return {"US01": 0.9 if portfolio.nav >= self.best else 0.5}

    policy = Ratchet()
    assert prove_no_lookahead(Following(policy), MARKET, **FEW).passed
    assert policy.best == 0.0


def test_a_strategy_that_keeps_its_first_answer_is_caught():
    class Keeping:
        answer = None

        def targets(self, market):
            if self.answer is None:
                self.answer = find_strategy("tests/leaks/full_sample_zscore.py").targets(market)
            return self.answer

    assert not prove_no_lookahead(Keeping(), MARKET, **FEW).passed


def test_an_error_over_missing_prices_after_the_stamp_is_no_leak():
    class Ratio:
        def targets(self, market):
            honest = find_strategy("tests/leaks/honest.py").targets(market)
            known = market.known_closes(honest.decisions.asi8, "XHKG") - 1
            close = market.close[:, market.columns(["HK01"])[0]]
            assert not np.isnan(close[known]).all()
            if np.isnan(close[-5:]).all():
                raise ValueError("no price")
            return honest

    proof = prove_no_lookahead(Ratio(), MARKET, **FEW)
    assert proof.passed, proof.leaks
    assert 0 < proof.n_unanswered < proof.n_checks


def test_a_run_refused_once_the_future_changes_is_a_leak(monkeypatch):
    def refusing(market, *given, **named):
        if market.close.tobytes() != MARKET.close.tobytes():
            raise BacktestError("refused")
        return simulate(market, *given, **named)

    monkeypatch.setattr(prove, "simulate", refusing)
    proof = prove_no_lookahead(find_strategy("tests/leaks/honest.py"), MARKET, **FEW)
    assert {leak.what for leak in proof.leaks} == {
        "the run up to the stamp is refused once the future changes: refused"
    }


@pytest.mark.parametrize("future", FUTURES)
def test_every_future_is_a_market_that_could_be_loaded(future):
    stamp = pd.Timestamp("2023-09-07 20:00", tz="UTC").value
    changed = with_future(MARKET, stamp, future, np.random.default_rng(1))
    for array in changed.price_fields().values():
        assert (np.isnan(array) | (array >= 0)).all()
    for _, rate in changed.fx.pairs.values():
        assert (rate > 0).all()
    for readings in changed.rates.series.values():
        assert np.isfinite(readings.percent).all()
    for name, table in changed.tables.items():
        assert np.isfinite(table[LONG_TABLES[name].value]).all()


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
        assert not changed.tables["flows"]["net_usd"].equals(MARKET.tables["flows"]["net_usd"])


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
