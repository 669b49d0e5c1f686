"""What a run refuses, and what it says of itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import backtest
import strategies
from backtest import BacktestError, FlatCosts, RunConfig, simulate
from backtest.prove import prove_no_lookahead
from data.load import load
from data.sources.frames import from_frames
from strategies.errors import StrategyError
from strategies.targets import TargetWeights

SESSIONS = [str(day) for day in load("demo").calendars["XNYS"].dates if "2024-01-02" <= str(day) <= "2024-03-28"]


def market(silent: tuple[str, ...] = (), *, opens: bool = True, delisted: str = ""):
    rows = [
        {"date": date, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": 10.0}
        | ({"open": 10.0} if opens else {})
        for date in SESSIONS
        for symbol in ("AAA", "BBB")
        if not (symbol == "AAA" and date in silent)
    ]
    facts = pd.DataFrame({"symbol": ["AAA"], "delisted": [delisted]}) if delisted else None
    return from_frames(pd.DataFrame(rows), instruments=facts)


def targets(**rows: tuple[float, float]) -> TargetWeights:
    frame = pd.DataFrame(
        list(rows.values()), index=[key.strip("_").replace("_", "-") for key in rows], columns=["AAA", "BBB"]
    )
    return TargetWeights.from_frame(frame)


SWITCH = targets(_2024_01_02=(1.0, 0.0), _2024_01_04=(0.0, 1.0))
FREE = {"costs": "none", "interest": "none"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"half_spread_bps": "tock"}, "RunConfig: half_spread_bps = 'tock': want a number, or 'tick'."),
        ({"half_spread_bps": -1}, "half_spread_bps = -1: want 0 or more, or 'tick'."),
        ({"costs": [1]}, "costs = [1]: want 'venue', 'venue-proportional', 'none', or FlatCosts"),
        ({"commission_min": {"USD": -1}}, "commission_min.USD = -1: want 0 or more."),
        ({"commission_min": 3}, "commission_min = 3: want a section of keys."),
        ({"max_participation": 2}, "max_participation = 2: want 1 or less."),
        ({"stop_days": 1.5}, "stop_days = 1.5: want a whole number."),
        ({"shorts": "maybe"}, "shorts = 'maybe': want true or false."),
        ({"fill": "now"}, "fill = 'now': want 'next_open', 'next_close' or 'same_close'."),
    ],
)
def test_a_wrong_setting_is_said_in_plain_words(settings, message):
    with pytest.raises(BacktestError) as error:
        RunConfig(**settings)
    assert message in str(error.value)


def test_run_refuses_what_is_no_thesis_or_no_market():
    with pytest.raises(BacktestError, match="run takes MarketData, not NoneType"):
        backtest.run(strategies.thesis("flow-momentum"), None)
    with pytest.raises(BacktestError, match="run takes a Thesis, not str"):
        backtest.run("flow-momentum", None)


@pytest.mark.parametrize("shut_market", ["queue", "cancel", "basket"])
def test_a_halted_sale_pays_for_nothing(shut_market):
    # AAA does not trade from the 5th to the 9th; BBB's buy waits for the sale that pays for it.
    halted = market(silent=("2024-01-05", "2024-01-08", "2024-01-09"))
    result = simulate(halted, SWITCH, RunConfig(shut_market=shut_market, **FREE))
    assert result.cash["USD"].iloc[1:].abs().max() < 1e-6
    bought = result.trades[result.trades["symbol"] == "BBB"]["filled"].astype(str).tolist()
    assert bought == ([] if shut_market == "cancel" else ["2024-01-10 14:30:00+00:00"])
    assert (
        any("Held without a price" in note and ": AAA 3 (2024-01-09)." in note for note in result.notes)
        or shut_market == "cancel"
    )


def test_without_opens_the_first_day_of_a_halt_is_a_debit_and_said():
    halted = market(silent=("2024-01-05", "2024-01-08"), opens=False)
    result = simulate(halted, SWITCH, RunConfig(**FREE))
    # Both orders fall due at the close, where AAA is known to have none: nothing is bought on its proceeds.
    assert result.cash["USD"].iloc[1:].abs().max() < 1e-6


def test_a_name_without_a_price_for_long_counts_as_suspended():
    silent = market(silent=tuple(SESSIONS[20:]))
    held = simulate(silent, targets(_2024_01_02=(0.5, 0.5)), RunConfig(**FREE))
    assert any("counts as suspended after 20" in note for note in held.notes)
    with pytest.raises(StrategyError, match="AAA is wanted at 2024-03-25.* its last price is of 2024-01-30.*suspended"):
        simulate(silent, targets(_2024_01_02=(0.5, 0.5), _2024_03_25=(0.6, 0.4)))


def test_a_target_after_the_delisting_is_refused():
    gone = market(silent=tuple(SESSIONS[20:]), delisted="2024-01-31")
    with pytest.raises(StrategyError, match="AAA is wanted at 2024-02-05.* but it delisted on 2024-01-31"):
        simulate(gone, targets(_2024_02_05=(0.5, 0.5)))
    held = simulate(gone, targets(_2024_01_02=(0.5, 0.5)), RunConfig(**FREE))
    assert any("No price is stated at which AAA left the exchange" in note for note in held.notes)
    assert held.actions["what"].tolist() == ["delisted", "paid"]
    assert held.shares["AAA"].iloc[-1] == 0


def test_same_close_is_labelled():
    result = simulate(market(), SWITCH, RunConfig(fill="same_close", **FREE))
    assert any("same_close" in note for note in result.notes)


def test_prices_on_two_bases_stop_the_run():
    frame = pd.DataFrame(
        [
            {"date": d, "symbol": s, "venue": "XNYS", "currency": "USD", "open": 100.0, "close": 10.0}
            for d in SESSIONS
            for s in ("AAA", "BBB")
        ]
    )
    with pytest.raises(BacktestError, match=r"NAV falls to .* on 2024-01-03.*price bases"):
        simulate(from_frames(frame), targets(_2024_01_02=(0.5, 0.5)), RunConfig(**FREE))


def test_rounded_thirds_are_scaled_and_more_is_refused():
    result = simulate(market(), targets(_2024_01_02=(0.5, 0.5000001)), RunConfig(**FREE))
    assert result.weights.iloc[-1].sum() == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(BacktestError, match=r"gross of 1\.00001"):
        simulate(market(), targets(_2024_01_02=(0.5, 0.50001)))


def test_a_state_goes_on_only_with_its_own_run():
    cut = pd.Timestamp("2024-02-01 12:00", tz="UTC")
    config = RunConfig(costs=FlatCosts(bps=10))
    first = simulate(market(), SWITCH, config, until=cut)
    assert len(simulate(market(), SWITCH, config, resume=first.state).nav) > 10
    other = targets(_2024_01_02=(0.9, 0.0), _2024_01_04=(0.0, 1.0))
    for given, message in (
        ((SWITCH, RunConfig(costs=FlatCosts(bps=20))), "other settings"),
        ((SWITCH, RunConfig(costs=FlatCosts(bps=10), initial_capital=5e6)), "other settings"),
        ((other, config), "other decisions or prices up to the cut"),
    ):
        with pytest.raises(BacktestError, match=message):
            simulate(market(), *given, resume=first.state)
    dearer = market(silent=(SESSIONS[3],))  # another market, of the same name
    with pytest.raises(BacktestError, match="other decisions or prices up to the cut"):
        simulate(dearer, SWITCH, config, resume=first.state)
    with pytest.raises(BacktestError, match="it has already happened"):
        simulate(market(), SWITCH, config, resume=first.state, until=pd.Timestamp("2024-01-10", tz="UTC"))
    with pytest.raises(BacktestError, match="not BacktestResult"):
        simulate(market(), SWITCH, config, resume=first)


def test_what_a_state_holds_can_be_written_to_and_changes_no_result():
    config = RunConfig(costs=FlatCosts(bps=10))
    whole = simulate(market(), SWITCH, config)
    first = simulate(market(), SWITCH, config, until=pd.Timestamp("2024-01-03 12:00", tz="UTC"))
    after = simulate(market(), SWITCH, config, resume=first.state)
    first.state.book.cash[:] += 1e5
    assert after.trades.to_csv() == whole.trades.iloc[len(first.trades) :].reset_index(drop=True).to_csv()
    for array in (after.nav_by_row, after.opening.cash, whole.opening.cash):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0.0


def test_a_cut_in_the_middle_of_a_date_is_said():
    # Filled at the open of 2024-01-03, stopped before its mark: the fill is in no table by date.
    cut = simulate(
        market(), SWITCH, RunConfig(costs=FlatCosts(bps=10)), until=pd.Timestamp("2024-01-03 16:00", tz="UTC")
    )
    assert (len(cut.trades), cut.costs.to_numpy().sum()) == (1, 0.0)
    said = "The run stops before the mark of 2024-01-03: its fills (1) are in the trades, and in no table by date."
    assert said in cut.notes
    at_mark = simulate(market(), SWITCH, RunConfig(**FREE), until=pd.Timestamp("2024-01-03 22:00", tz="UTC"))
    assert not any("stops before the mark" in note for note in at_mark.notes)


def test_a_nav_that_is_no_number_stops_the_run():
    rows = [
        {"date": date, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": price}
        for date in SESSIONS[:5]
        for symbol, price in (("AAA", 10.0), ("BBB", 10.0))
    ]
    market = from_frames(pd.DataFrame(rows))
    close = market.close.copy()
    close[3, 0] = 1e306  # the door refuses such a price; a market made otherwise may have it
    asked = targets(_2024_01_02=(0.5, 0.5))
    with pytest.raises(BacktestError, match=f"NAV is no number any more on {SESSIONS[3]}: look for a wrong price"):
        simulate(market.with_prices({"close": close}), asked, RunConfig(**FREE))


def test_a_date_on_which_new_york_is_shut_and_hong_kong_is_not_is_said():
    demo = load("demo")
    frame = pd.DataFrame({"HK01": [0.5, 0.4], "US01": [0.4, 0.5]}, index=["2024-02-19", "2024-02-24"])
    result = simulate(demo, TargetWeights.from_frame(frame), RunConfig(**FREE))
    said = [note for note in result.notes if "held no session" in note]
    assert len(said) == 1  # the 24th is a Saturday everywhere
    assert said[0].startswith(
        "XNYS held no session on 2024-02-19: these decisions are made at its close before (the first at"
    )
    assert "2024-02-16T21:00 UTC" in said[0]


def test_a_run_ends_where_the_data_end():
    past = market().until(pd.Timestamp("2024-02-01 22:00", tz="UTC"))
    assert str(simulate(past, SWITCH, RunConfig(**FREE)).dates[-1].date()) == "2024-02-01"


def test_decisions_that_are_not_run_are_named():
    early = market().restricted(start="2024-02-01")
    result = simulate(early, targets(_2024_01_02=(1.0, 0.0), _2024_02_03=(0.5, 0.5), _2024_02_04=(0.2, 0.8)))
    assert "Decisions replaced by a later one on the same session: 2024-02-03." in result.notes
    assert any("are not run: 2024-01-02." in note for note in result.notes)


@pytest.mark.parametrize(
    "call",
    [
        lambda: simulate("demo", SWITCH),
        lambda: simulate(market(), SWITCH, {"fill": "next_open"}),
        lambda: simulate(market(), pd.DataFrame()),
        lambda: backtest.run("flow-momentum", load("demo")),
        lambda: RunConfig(costs={}),
        lambda: RunConfig(costs=10),
        lambda: RunConfig(rate_fallback=float("nan")),
        lambda: RunConfig(rate_spread=float("inf")),
    ],
)
def test_a_wrong_kind_of_thing_is_refused_in_words(call):
    with pytest.raises(BacktestError, match="want|takes|costs|finite"):
        call()


def test_target_weights_check_themselves():
    stamps = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    ours = np.full((2, 2), 0.5)
    kept = TargetWeights(decisions=stamps, assets=("AAA", "BBB"), weights=ours)
    ours[0, 0] = 9.0
    assert kept.weights[0, 0] == 0.5
    for changed in ({"assets": ("BBB", "AAA")}, {"weights": np.zeros((2, 3))}, {"decisions": stamps[::-1]}):
        with pytest.raises(StrategyError):
            TargetWeights(**({"decisions": stamps, "assets": ("AAA", "BBB"), "weights": ours} | changed))


def test_baskets_must_differ_and_be_holdable():
    thesis = strategies.thesis("flow-momentum")
    with pytest.raises(StrategyError, match="US01 is in both baskets"):
        thesis.replace({"baskets.destination": "big-seven"}).plan(load("demo"))
    with pytest.raises(StrategyError, match="no member of basket source"):
        thesis.plan(load("demo", universe="hang-seng-tech"))
    with pytest.raises(StrategyError, match=r"rotation\.enter"):
        thesis.replace({"rotation.enter": float("nan")})


def test_a_ledger_that_fills_at_tomorrow_s_open_is_caught(monkeypatch):
    from backtest import engine

    honest = engine.prepare

    def peeking(*given):
        prepared = honest(*given)
        later = np.roll(prepared.world.open, -1, axis=0)
        later.flags.writeable = False  # as the honest one: of another type, the ledger would be compiled anew
        return replace(prepared, world=prepared.world._replace(open=later))

    monkeypatch.setattr(engine, "prepare", peeking)
    demo = load("demo", start="2024-06-03", end="2024-08-30")
    proof = prove_no_lookahead(strategies.thesis("flow-momentum"), demo, n_decisions=3, n_random=6)
    assert any("fill" in leak.what or "NAV" in leak.what for leak in proof.leaks), proof.leaks[:3]


@pytest.mark.parametrize("answer", [5, None, pd.DataFrame()])
def test_a_strategy_with_another_answer_is_refused(answer):
    class Odd:
        def targets(self, _):
            return answer

    with pytest.raises(StrategyError, match="returns"):
        prove_no_lookahead(Odd(), load("demo", start="2024-06-03"))


def test_a_strategy_that_raises_is_refused():
    class Broken:
        def targets(self, _):
            return {}["x"]

    with pytest.raises(StrategyError, match="KeyError"):
        prove_no_lookahead(Broken(), load("demo", start="2024-06-03"))


@pytest.mark.parametrize("costs", ["venue-proportional", "venue"])
def test_costs_by_kind_add_up_to_what_the_ledger_charged(costs):
    thesis = strategies.thesis("flow-momentum").replace(
        {"run.costs": costs, "run.commission_bps": 2, "run.half_spread_bps": "tick"}
    )
    result = backtest.run(thesis, load("demo", start="2023-01-03"))
    _, value = result.fills
    kinds = result.trades.loc[:, "stamp_duty":"other_cost"]
    fees = kinds.drop(columns=["half_spread", "impact", "fx_spread"])
    np.testing.assert_allclose(fees.sum(axis=1), value[:, 3], rtol=1e-12, atol=1e-12)
    for column, kind in ((4, "half_spread"), (5, "impact"), (6, "fx_spread")):
        np.testing.assert_allclose(kinds[kind], value[:, column], rtol=0)
    assert (kinds["half_spread"] > 0).all()
    assert kinds["commission"].max() > 0
