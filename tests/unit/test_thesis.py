import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import strategies
from backtest import BacktestError, RunConfig, run
from backtest.assumptions import other_assumptions
from backtest.report.verdict import verdict
from data.load import load
from strategies.errors import StrategyError

THESIS = strategies.thesis("flow-momentum")
THESES = Path(strategies.__file__).parent / "theses"


def test_the_catalogue():
    assert strategies.catalogue() == tuple(sorted(strategies.catalogue()))
    with pytest.raises(StrategyError, match=r"No thesis 'flow'\. Known: .*flow-momentum, four-week-streak, .*mandate"):
        strategies.thesis("flow")


CLAIMS = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15)


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_that_needs_no_event_and_no_stress_has_a_thesis(claim):
    opening = [(THESES / f"{name}.toml").read_text().partition("\n")[0] for name in strategies.catalogue()]
    assert any(re.match(rf"# Claims? (\d+, )*{claim}\b", line) for line in opening)


def test_replace_changes_a_copy_and_takes_numpy_scalars():
    changed = THESIS.replace(
        {"signal.lookback": np.int64(40), "rotation.max_share": np.float64(0.6), "run.costs": "none"}
    )
    assert (changed.signal.lookback, changed.rotation.max_share, changed.run["costs"]) == (40, 0.6, "none")
    assert (THESIS.signal.lookback, THESIS.run["costs"]) == (20, "venue-proportional")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signal.lokback": 40}, "unknown key 'signal.lokback'. Did you mean signal.lookback?"),
        ({"signals.lookback": 40}, "unknown key 'signals.lookback'"),
        ({"signal": 40}, "unknown key 'signal'"),
        ({"rotation.speed": 0}, "rotation.speed = 0"),
        ({"rotation.exit": 2.0}, "rotation: exit 2.0 must be below enter 1.0"),
        ({"rotation.min_share": 0.9, "rotation.max_share": 0.5}, "min_share 0.9 is above max_share 0.5"),
        ({"signal.min_history": 900}, "min_history 900 is above history 756"),
        ({"schedule.every": "year"}, "schedule.every = 'year': want 'day', 'week' or 'month', or a whole number"),
        ({"baskets.source": 3}, "baskets.source = 3: want text, or a list"),
        ({"signal.foo": 1}, "unknown key 'signal.foo'"),
        ({"rotation.enter": float("nan")}, "rotation.enter = nan: want a finite number"),
        ({"allocation.kind": "magic"}, "allocation.kind = 'magic'"),
    ],
)
def test_a_wrong_key_or_value_is_named(changes, message):
    with pytest.raises(StrategyError, match=message):
        THESIS.replace(changes)


def test_run_keys_are_checked_when_the_backtest_reads_them():
    changed = THESIS.replace({"run.comission_bps": 3})
    with pytest.raises(BacktestError, match="unknown key 'comission_bps'"):
        run(changed, load("demo"))


def test_a_thesis_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[baskets]\nsource = ["US01", "US02", "US03"]\ndestination = "hang-seng-tech"\n')
    thesis = strategies.load_thesis(path)
    assert thesis.name == "mine"
    assert thesis.plan(load("demo")).targets.assets[-3:] == ("US01", "US02", "US03")
    for text, message in (
        ("[basket]\n", "mine.toml: key 'baskets' is missing|unknown key 'basket'"),
        ("[baskets\n", "mine.toml: "),
        ('[baskets]\nsource = "big-seven"\n', "key 'baskets.destination' is missing"),
        ('[baskets]\nsource = "big-seven"\ndestination = "mars"\n', "'mars' is neither a universe nor a symbol"),
    ):
        path.write_text(text)
        with pytest.raises((StrategyError, strategies.errors.EastboundError), match=message):
            strategies.load_thesis(path).plan(load("demo"))
    with pytest.raises(StrategyError, match="cannot be read"):
        strategies.load_thesis(tmp_path / "none.toml")


def test_the_plan_on_the_demo():
    plan = THESIS.plan(load("demo"))
    targets = plan.targets
    np.testing.assert_allclose(targets.shares.sum(axis=1), 1.0)
    np.testing.assert_allclose(targets.inner.sum(axis=2), 1.0)
    early = np.isnan(plan.score)
    assert early[:50].all()
    assert not early[60:].any()
    assert (plan.share[early] == 0.0).all()
    assert 0.05 < plan.share.mean() < 0.6
    # Hysteresis: in at 1 and above, out at 0 and below, unchanged in between.
    state = 0.0
    for score, share in zip(plan.score, plan.share, strict=True):
        state = 1.0 if score >= 1.0 else 0.0 if score <= 0.0 else state
        assert share == state


def test_the_share_stays_at_its_floor_without_history():
    thesis = THESIS.replace({"signal.min_history": 756, "rotation.min_share": 0.25})
    plan = thesis.plan(load("demo", end="2020-06-30"))
    assert np.isnan(plan.score).all()
    assert (plan.share == 0.25).all()
    assert any("No score at" in note for note in plan.notes)


def test_references_and_timing():
    # In whole lots a small basket stays a percent short of its share.
    result = run(THESIS.replace({"run.lots": "fractional"}), load("demo"))
    references = result.references
    assert list(references) == ["hold source", "hold destination", "50/50", "constant mix"]
    source, destination = result.average_shares
    assert source + destination == pytest.approx(1.0, abs=0.02)
    held = references["constant mix"].weights
    chinese = [name for name in held.columns if name.startswith("HK")]
    assert held[chinese].sum(axis=1).iloc[20:].mean() == pytest.approx(destination, abs=0.01)
    only = references["hold source"].weights
    assert only[[n for n in only.columns if n.startswith("US")]].sum(axis=1).iloc[20:].min() > 0.99
    assert set(result.timing) == {"excess", "t_statistic", "weeks"}
    weekly = [one.nav.resample("W-SUN").last().pct_change().dropna() for one in (result, references["constant mix"])]
    active = weekly[0] - weekly[1]
    assert result.timing["weeks"] == len(active)
    assert result.timing["excess"] == pytest.approx(active.mean() * 365.25 / 7, rel=1e-9)
    assert result.timing["t_statistic"] == pytest.approx(active.mean() / active.sem(), rel=1e-9)


def test_a_tilted_thesis_has_a_mix_at_its_own_weights_too():
    tilt = {"tilt.kind": "sectors", "tilt.factors": {"Information Technology": 5.0}}
    result = run(THESIS.replace({"run.lots": "fractional", **tilt}), load("demo", start="2022-01-03"))
    assert list(result.references)[-2:] == ["constant mix", "own-weight mix"]
    plain, own = (result.references[name] for name in ("constant mix", "own-weight mix"))
    sector = [name for name in own.weights if result.market.instruments[name].sector == "Information Technology"]
    destination = [name for name in sector if not name.startswith("US")]
    part = own.weights[destination].sum(axis=1).iloc[20:], plain.weights[destination].sum(axis=1).iloc[20:]
    assert (part[0] > 1.5 * part[1]).all()
    # The same shares, but for what fills and drift make of them.
    chinese = [name for name in own.weights if not name.startswith("US")]
    both = [one.weights[chinese].sum(axis=1).iloc[20:] for one in (own, plain)]
    assert both[0].mean() == pytest.approx(both[1].mean(), abs=0.005)
    assert any("timing is " in said for said in verdict(result))


def test_a_basket_too_small_stays_in_cash_and_says_so():
    thesis = THESIS.replace({"baskets.min_members": 19, "rotation.min_share": 0.5, "rotation.max_share": 0.5})
    result = run(thesis, load("demo", start="2024-01-02"))
    assert any("Basket destination has fewer than 19" in note for note in result.notes)
    assert result.weights.sum(axis=1).iloc[-1] == 0.0


def test_the_constant_mix_begins_when_there_is_a_choice():
    """A basket that cannot be held yet is no timing: until then the mix holds the other one, as the rotation does."""
    # With twenty names to be a basket, the destination of the demo has some from a date on only.
    thesis = THESIS.replace({"baskets.min_members": 7, "baskets.destination": ["HK01", "HK02", "HK03", "HK04", "HK05"]})
    never = run(thesis.replace({"run.lots": "fractional"}), load("demo", start="2023-01-03"))
    assert never.first_choice is None
    assert never.can_hold.all(axis=0).tolist() == [True, False]
    assert never.mix_shares.tolist() == never.plan.targets.shares[:, :, 0].tolist()
    result = run(THESIS.replace({"run.lots": "fractional"}), load("demo", start="2023-01-03"))
    plan = result.plan
    inner = plan.targets.inner.copy()
    inner[:30, 1] = 0.0
    targets = replace(plan.targets, inner=inner)
    late = replace(result, plan=replace(plan, targets=targets, references=targets))
    assert late.first_choice == plan.targets.decisions[30]
    source, destination = late.average_shares
    after = late.basket_shares[
        late.dates >= plan.targets.decisions[30].tz_localize(None).normalize() + pd.Timedelta(days=1)
    ]
    assert (source, destination) == pytest.approx(tuple(after[["source", "destination"]].mean()), rel=1e-12)
    total = source + destination
    assert late.mix_shares[:30].tolist() == plan.targets.shares[:30, :, 0].tolist()
    assert late.mix_shares[30].tolist() == pytest.approx([source / max(total, 1.0), destination / max(total, 1.0)])
    held = late.references["constant mix"].weights
    chinese = [name for name in held.columns if name.startswith("HK")]
    before = held.index < plan.targets.decisions[30].tz_localize(None).normalize()
    assert (held.loc[before, chinese] == 0.0).all(axis=None)


def test_a_universe_that_cuts_a_basket_is_said():
    market = load("demo", universe="big-seven+HK01+HK02+HK03+HK04", start="2023-01-03")
    notes = run(THESIS, market).notes
    assert any(note.startswith("Basket destination leaves out ") and "HK05" in note for note in notes)
    assert not any("leaves out" in note for note in run(THESIS, load("demo", start="2023-01-03")).notes)


def test_the_same_targets_under_other_assumptions():
    result = run(THESIS, load("demo", start="2023-01-03"))
    assert [name.split(" ")[0] for name in result.otherwise] == ["Buys", "Buys", "Fills", "10"]
    configs = [one.config for one in result.otherwise.values()]
    assert [one.funding for one in configs] == ["prefunded", "settled", "overlap", "overlap"]
    assert configs[2].fill == "next_close"
    assert configs[3].half_spread_bps == 10.0
    traded = result.summary()["traded_notional"]
    dearer = list(result.otherwise.values())[3].costs["half_spread"].sum()
    assert dearer == pytest.approx(0.001 * traded, rel=0.05)
    # What the run assumes already, and what its settings forbid, is left out.
    strict = THESIS.replace({"run.funding": "settled", "run.costs": "none", "run.fill": "same_close"})
    assert [one.funding for one in other_assumptions(RunConfig(**strict.run)).values()] == ["prefunded"]
    short = other_assumptions(RunConfig(shorts=True))
    assert [(one.fill, one.half_spread_bps) for one in short.values()] == [("next_close", 0.0), ("next_open", 10.0)]
