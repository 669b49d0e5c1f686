"""Compositions, hedges, stops, tranches and volatility targets: candidates of a sweep are their own single runs."""

from dataclasses import replace

import numpy as np
import pytest

from backtest.errors import BacktestError
from backtest.tuning.sweep import sweep
from data.actions import NO_ACTIONS
from data.load import load
from strategies.errors import StrategyError
from strategies.signals.relative import RelativeSignal
from strategies.thesis import Thesis
from tests.sweep_singles import compare
from tests.sweep_worlds import SweepWorld

BASKETS = {"source": "big-seven", "destination": "hang-seng-tech"}
NAMED = {
    "flow": {"kind": "flow", "lookback": 10, "history": 252, "min_history": 60},
    "cheap": {"kind": "valuation", "history": 252, "min_history": 60, "enter": 0.6, "exit": 0.4},
    "rich": {"kind": "valuation", "history": 252, "min_history": 60, "enter": 0.6, "exit": 0.2},
}
COMPOSED = {
    "weighted": {"kind": "weighted", "of": ["flow", "cheap"], "quorum": 1},
    "vote": {"kind": "vote", "of": ["flow", "cheap", "rich"]},
    "gate": {"kind": "gate", "of": "flow", "by": "cheap"},
    "sequence": {"kind": "sequence", "enter_on": "flow", "leave_on": "rich"},
}


def thesis(signal, **sections):
    return Thesis.from_mapping({"name": "x", "baskets": BASKETS, "signals": NAMED, "signal": signal} | sections, "x")


@pytest.fixture(scope="module")
def market():
    # Without its actions: sleeves hold no dividends.
    loaded = load("demo", "big-seven+hang-seng-tech", "2023-06-01", "2024-06-28")
    return replace(loaded, actions=NO_ACTIONS, price_basis="total_return")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", COMPOSED)
def test_compositions_are_varied_by_name_in_sleeves(name, market):
    # What the composition reads of its parts: thresholds, or a weight.
    of_parts = {
        "weighted": {"signals.flow.weight": [1.0, 3.0], "signals.cheap.weight": [0.5, 1.0]},
        "vote": {"signals.flow.exit": [0.0, 0.5], "signals.cheap.enter": [0.55, 0.7]},
        "gate": {"signals.cheap.exit": [0.3, 0.4], "signals.cheap.enter": [0.55, 0.7]},
        "sequence": {"signals.flow.enter": [0.8, 1.0], "signals.rich.exit": [0.1, 0.3]},
    }
    grid = {"signals.flow.lookback": [5, 20], "rotation.exit": [0.0, 0.25]} | of_parts[name]
    made = thesis(COMPOSED[name], rotation={"enter": 0.5})
    tally = compare(SweepWorld(thesis=made, market=market, grid=grid), name)
    assert (tally.faults, tally.n) == ([], 16)
    assert tally.exact == 0  # all of them in sleeves


@pytest.mark.timeout(300)
def test_tranches_targets_and_stops_in_sleeves(market):
    grid = {
        "schedule.tranches": [1, 5],
        "volatility.target": [None, 0.15],
        "volatility.lookback": [40, 80],
        "rotation.stop_loss": [None, 0.05],
        "rotation.max_share": [0.8, 1.0],
    }
    tally = compare(SweepWorld(thesis=thesis(NAMED["flow"]), market=market, grid=grid), "overlays")
    assert (tally.faults, tally.n) == ([], 32)
    assert tally.exact == 0


@pytest.mark.timeout(300)
def test_long_and_short_with_leverage_in_the_general_form(market):
    made = thesis(
        NAMED["flow"],
        rotation={"source_share": 0.0, "hedge": 0.5},
        run={"shorts": True, "borrow_fee": 1.0, "max_gross": 2.0},
        volatility={"scale_at_most": 1.3},
    )
    grid = {
        "rotation.hedge": [0.3, 0.5],
        "rotation.stop_loss": [None, 0.05],
        "volatility.target": [None, 0.3],
        "run.no_trade_band": [0.0, 0.02],
    }
    tally = compare(SweepWorld(thesis=made, market=market, grid=grid), "long and short")
    assert (tally.faults, tally.n, tally.exact) == ([], 16, 16)


@pytest.mark.timeout(300)
def test_cash_as_the_source(market):
    made = thesis(NAMED["flow"], baskets={"source": "cash", "destination": "hang-seng-tech"})
    grid = {"signal.lookback": [5, 20], "rotation.min_share": [0.0, 0.3], "rotation.profit_target": [None, 0.1]}
    tally = compare(SweepWorld(thesis=made, market=market, grid=grid), "cash")
    assert (tally.faults, tally.n, tally.exact) == ([], 8, 0)


@pytest.mark.timeout(300)
def test_leverage_over_cash_is_what_a_run_allows(market):
    """What is not in the destination is then less than no cash: no short, and no part of the gross."""
    made = thesis(
        NAMED["flow"], baskets={"source": "cash", "destination": "hang-seng-tech"}, run={"max_gross": 1.5}
    )  # fmt: skip
    grid = {"rotation.max_share": [1.0, 1.5], "signal.lookback": [5, 20]}
    tally = compare(SweepWorld(thesis=made, market=market, grid=grid), "leverage over cash")
    assert (tally.faults, tally.n) == ([], 4)
    with pytest.raises(BacktestError, match=r"\(rotation.max_share = 1.6\) may ask for a gross of 1.6 of NAV; run.max"):
        sweep(made, market, {"rotation.max_share": [1.0, 1.6]})


def test_signals_by_name_are_checked_by_themselves():
    composed = thesis(COMPOSED["weighted"], rotation={"enter": 0.5})
    assert composed.indicators({}) == composed.signals
    assert composed.indicators({"signals.flow.weight": np.float64(2.0)})["flow"].weight == 2.0
    other = composed.indicators(
        {"signals.flow.lookback": 5, "signals.flow.kind": "strength", "signals.flow.weight": 3.0}
    )
    assert (other["flow"].signal.kind, other["flow"].weight) == ("strength", 3.0)
    with pytest.raises(StrategyError, match=r"signals.flow.weight = 'much'"):
        composed.indicators({"signals.flow.weight": "much"})
    with pytest.raises(StrategyError, match=r"unknown key 'signals.none.weight'. Write signals.NAME.key"):
        composed.indicators({"signals.none.weight": 1.0})


def test_kinds_of_composition_are_varied_and_keep_what_they_are_made_of():
    composed = thesis(COMPOSED["weighted"], rotation={"enter": 0.5})
    vote = composed.replace({"signal.kind": "vote"}).signal
    assert (vote.kind, vote.of) == ("vote", ("flow", "cheap"))
    assert composed.section("signal", {"signal.kind": "vote"}).of == ("flow", "cheap")
    inner = {"inner": COMPOSED["weighted"] | {"weight": 2.0}}
    within = Thesis.from_mapping({"name": "x", "baskets": BASKETS, "signals": NAMED | inner}, "x")
    changed = within.replace({"signals.inner.kind": "vote"}).signals["inner"]
    assert (changed.signal.kind, changed.signal.of, changed.weight) == ("vote", ("flow", "cheap"), 2.0)
    with pytest.raises(StrategyError, match=r"signal.kind = .*want|kind"):
        composed.replace({"signal.kind": ["flow"]})
    # A whole table does not overwrite what is stated of one of its entries, whichever is named first.
    factors = {"tilt.factors.Energy": 2.0, "tilt.factors": {"Utilities": 0.5}, "tilt.kind": "sectors"}
    assert composed.replace(factors).tilt.factors == {"Utilities": 0.5, "Energy": 2.0}
    # Of another kind with defaults nothing stays.
    assert thesis(NAMED["flow"]).replace({"signal.kind": "relative"}).signal == RelativeSignal()


def test_keys_of_signals_that_nothing_reads_are_not_swept(market):
    vote, weighted = (thesis(COMPOSED[name], rotation={"enter": 0.5}) for name in ("vote", "weighted"))
    with pytest.raises(
        BacktestError, match=r"signals.flow.weight changes nothing: nothing reads weight of signals.flow. Leave"
    ):
        sweep(vote, market, {"signals.flow.weight": [1.0, 2.0]})
    with pytest.raises(BacktestError, match=r"nothing reads anything of signals.rich. Leave"):
        sweep(weighted, market, {"signals.rich.history": [200, 252]})
    for made, key in ((weighted, "signals.flow.enter"), (thesis(COMPOSED["sequence"]), "signals.flow.exit")):
        with pytest.raises(BacktestError, match=rf"{key} changes nothing"):
            sweep(made, market, {key: [0.0, 0.5]})
    assert "Nothing reads signals.rich." in weighted.plan(market).notes
    assert not any("Nothing reads" in note for note in vote.plan(market).notes)


def test_entries_of_a_table_are_varied_by_name(market):
    tilted = thesis(NAMED["flow"], tilt={"kind": "sectors", "factors": {"Information Technology": 2.0}})
    more = tilted.replace({"tilt.factors.Health Care": 0.5})
    assert more.tilt.factors == {"Information Technology": 2.0, "Health Care": 0.5}
    assert tilted.setting("tilt.factors.Information Technology") == 2.0
    grid = {"tilt.factors.Information Technology": [0.5, 4.0], "signal.lookback": [5, 20]}
    tally = compare(SweepWorld(thesis=tilted, market=market, grid=grid), "factors")
    assert (tally.faults, tally.n) == ([], 4)
