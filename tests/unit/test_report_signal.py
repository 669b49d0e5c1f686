"""The signal in the report: triggers, the trades they caused, and what they brought."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest.report.frames import Frames
from backtest.report.sections import signal
from backtest.report.triggers import triggers
from backtest.run import RotationResult, run
from data.load import load
from strategies.catalogue import thesis
from tests.rotations import eventful


@pytest.fixture(scope="module")
def result() -> RotationResult:
    return run(thesis("flow-momentum"), load("demo"))


@pytest.fixture(scope="module")
def frames(result: RotationResult) -> Frames:
    return Frames(result)


def test_triggers_are_the_changes_of_the_share(frames: Frames) -> None:
    found, plan = triggers(frames), frames.result.plan
    at = np.flatnonzero(np.diff(plan.share)) + 1
    assert found["decided"].tolist() == plan.targets.decisions[at].tolist()
    assert found["after"].tolist() == plan.share[at].tolist()
    assert found["score"].tolist() == plan.score[at].tolist()


def test_a_trigger_holds_the_trades_decided_there(frames: Frames) -> None:
    found, trades = triggers(frames), frames.result.trades
    row = found.iloc[1]
    mine = trades[trades["decided"] == row["decided"]]
    assert row["n_fills"] == len(mine) > 0
    assert (row["first_fill"], row["last_fill"]) == (mine["filled"].min(), mine["filled"].max())
    assert row["notional"] == pytest.approx((mine["notional"].abs() * mine["fx"]).sum(), rel=1e-12)
    kinds = list(frames.result.costs.columns.intersection(mine.columns))
    assert row["cost"] == pytest.approx((mine[kinds].sum(axis=1) * mine["fx"]).sum(), rel=1e-12)


def test_returns_of_triggers_compound_to_that_of_the_run_from_the_first(frames: Frames) -> None:
    found, nav = triggers(frames), frames.result.nav
    first = nav.index.get_indexer([found["decided"].iloc[0].tz_localize(None).normalize()])[0]
    known = found["return"].dropna()
    assert np.prod(1 + known) == pytest.approx(nav.iloc[-1] / nav.iloc[first], rel=1e-12)
    mix = frames.result.references["constant mix"].nav
    assert np.prod(1 + found["mix_return"].dropna()) == pytest.approx(mix.iloc[-1] / mix.iloc[first], rel=1e-12)


def test_what_a_trigger_gained_is_the_difference_times_nav(frames: Frames) -> None:
    row = triggers(frames).iloc[0]
    nav = frames.result.nav.loc[row["decided"].tz_localize(None).normalize()]
    assert row["gained"] == pytest.approx((row["return"] - row["mix_return"]) * nav, rel=1e-12)


def test_a_trigger_that_never_traded_gained_nothing() -> None:
    changes = {"run.stop_drawdown": 0.1, "run.lots": "fractional"}
    stopped = Frames(run(thesis("flow-momentum").replace(changes), load("demo", start="2021-06-01", end="2023-12-29")))
    found = triggers(stopped)
    idle = found["n_fills"] == 0
    assert idle.any()
    assert found.loc[idle, "gained"].isna().all()
    says = [one.says for one in signal.signal(stopped).exhibits if one.title == "What each trigger did"]
    known = int(found["gained"].notna().sum())
    assert known < len(found)
    assert not any(f"of {len(found)} triggers paid" in one for one in says)


def test_one_trigger_is_no_best_and_worst(frames: Frames) -> None:
    """A run cut after its first trigger says what that one made, once."""
    decided = triggers(frames)["decided"]
    end = str((decided.iloc[1] - pd.Timedelta(days=3)).date())
    cut = Frames(run(thesis("flow-momentum"), load("demo", end=end)))
    assert len(triggers(cut)) == 1
    said = signal.signal(cut).exhibits[-1].says
    gained = float(triggers(cut)["gained"].iloc[0])
    brought = f"{'brought' if gained >= 0 else 'cost'} {abs(gained):,.0f} USD against the constant mix."
    assert said == f"The one trigger, of {decided.iloc[0]:%Y-%m-%d}, {brought}"


def test_parts_of_a_value_are_counted_from_its_first_reading(frames: Frames) -> None:
    reading = frames.result.plan.reading
    path = np.where(np.isfinite(reading.value), np.arange(len(reading.value)) * 0.5, np.nan)
    parted = replace(frames.result.plan, reading=replace(reading, parts={"price": path, "earnings": -path}))
    exhibits = {one.key: one for one in signal.signal(Frames(replace(frames.result, plan=parted))).exhibits}
    figure = exhibits["parts"].figure
    assert figure
    first, second = (trace["y"] for trace in figure["data"])
    known = [value for value in first if value is not None]
    assert known[0] == 0.0
    assert [value for value in second if value is not None] == [-value for value in known]
    assert "parts" not in {one.key for one in signal.signal(frames).exhibits}


def test_many_triggers_are_cut_to_the_largest(frames: Frames) -> None:
    often = Frames(run(thesis("flow-momentum").replace({"rotation.rule": "linear"}), frames.result.market))
    found = triggers(often)
    assert len(found) > signal.N_TRIGGERS
    table = signal.trigger_table(found, "USD")
    assert len(table.rows) == signal.N_TRIGGERS
    assert [row[0] for row in table.rows] == sorted(row[0] for row in table.rows)
    assert f"The {signal.N_TRIGGERS} largest of {len(found)} changes" in signal.signal(often).exhibits[-1].caption


def test_a_rule_that_never_moves_has_no_trigger() -> None:
    still = Frames(eventful())
    assert not len(triggers(still))
    assert "no trigger" in signal.signal(still).exhibits[-1].says
