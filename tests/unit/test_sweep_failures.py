"""Candidates to which an optimiser gives no portfolio: marked, explained, and no end of the sweep they are in."""

import pickle
from copy import copy
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from backtest.cli.show_sweep import print_sweep
from backtest.errors import BacktestError, SweepStopped
from backtest.kernels.measures import MEASURES
from backtest.report.sweep.candidates import told
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.headline import cards, sentences
from backtest.run import run
from backtest.tuning import one_by_one
from backtest.tuning.analysis.outcomes import n_outcomes
from backtest.tuning.failures import in_words
from backtest.tuning.in_lanes import InLanes
from backtest.tuning.one_by_one import OneByOne
from backtest.tuning.result import SweepResult
from backtest.tuning.saved_sweep import open_sweep
from backtest.tuning.space import space_of
from backtest.tuning.sweep import sweep
from backtest.tuning.variants import Variants
from data.load import load
from strategies.errors import InfeasibleError, StrategyError, UnsolvedError
from strategies.optimisers import Bounds, MinimumVariance, Turnover
from strategies.thesis import Thesis
from tests.mandates import mandate, walks
from tests.sweeps import hill_table, sweep_of

GRID = {"constraints.name_at_most": [0.1, 0.3, 0.05, 0.5]}  # of eight names: a tenth each is not all of it
WITH_RESULT, WITHOUT = [1, 3], [0, 2]


def within_baskets(changes=None) -> Thesis:
    """A rotation of baskets weighed by an optimiser: its candidates run in lanes."""
    return mandate(
        {
            "allocation.scope": "basket",
            "rotation.rule": "threshold",
            "rotation.enter": 0.5,
            "rotation.exit": 0.0,
            "run.costs": {"bps": 10},
        }
        | (changes or {})
    )


def swept_in_lanes(**options) -> SweepResult:
    grid = {"constraints.name_at_most": [0.2, 0.3, 0.24, 0.5], "rotation.enter": [0.5, 1.0]}
    return sweep(within_baskets(), walks(), grid, **options)


@pytest.mark.parametrize("n_processes", [1, 2])
def test_one_infeasible_candidate_does_not_end_a_sweep(n_processes) -> None:
    found = sweep(mandate(), walks(), GRID, threads=n_processes, returns=True)
    assert found.failed.tolist() == WITHOUT
    assert found.table.loc[WITHOUT, list(MEASURES)].isna().all(axis=None)
    assert np.isnan(found.moments.sums[WITHOUT]).all()
    assert np.isnan(found.moments.squares[WITHOUT]).all()
    assert np.isnan(found.returns[WITHOUT]).all()
    for candidate in WITH_RESULT:
        alone = run(mandate(found.space.settings(candidate)), walks())
        assert found.table["sharpe"].iloc[candidate] == pytest.approx(alone.summary()["sharpe"], rel=1e-12)
        np.testing.assert_allclose(found.returns[candidate], alone.returns, atol=1e-6)
    assert set(found.ranking()[:2]) == set(WITH_RESULT)
    assert len(found.best(2)) == 2
    assert [one.summary()["sharpe"] for one in found.best(4)] == pytest.approx(
        sorted(found.table.loc[WITH_RESULT, "sharpe"], reverse=True)
    )
    assert n_outcomes(found.table) == 2
    assert repr(found) == f"<RotationSweep: 4 candidates on {walks().name}>"
    assert repr(found.best(1)[0]) == f"<RotationResult: 78 decisions on {walks().name}>"


def test_each_says_at_which_decision_and_what_cannot_hold() -> None:
    found = sweep(mandate(), walks(), GRID, threads=1)
    reasons = found.failures()
    assert list(reasons) == WITHOUT
    for candidate, reason in reasons.items():
        with pytest.raises(InfeasibleError) as raised:
            run(mandate(found.space.settings(candidate)), walks())
        assert reason == str(raised.value)
        assert "mandate, decision of 2023-07-" in reason
    assert list(found.failures(1)) == WITHOUT[:1]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_setup_that_fails_fails_its_lanes_alone(n_threads) -> None:
    found = swept_in_lanes(threads=n_threads, returns=True)
    assert found.failed.tolist() == [0, 1, 4, 5]
    assert found.table.loc[found.failed, list(MEASURES)].isna().all(axis=None)
    assert np.isnan(found.returns[found.failed]).all()
    assert np.isnan(found.moments.sums[found.failed]).all()
    for candidate in (2, 3, 6, 7):
        alone = run(within_baskets(found.space.settings(candidate)), walks())
        assert found.table["sharpe"].iloc[candidate] == pytest.approx(alone.summary()["sharpe"], rel=1e-9)
    assert list(found.failures(9)) == [0, 1, 4, 5]
    assert "At the decision of 2023-07-" in found.failures(1)[0]


@pytest.mark.parametrize("is_in_lanes", [True, False], ids=["in lanes", "one by one"])
def test_a_folder_keeps_marks_and_reasons(is_in_lanes, tmp_path) -> None:
    if is_in_lanes:
        found = swept_in_lanes(out=tmp_path / "sweep", csv=True)
    else:
        found = sweep(mandate(), walks(), GRID, out=tmp_path / "sweep", csv=True)
    saved = open_sweep(tmp_path / "sweep")
    saved.verify()
    pd.testing.assert_frame_equal(saved.table, found.table)
    stated = saved.document["failed"]
    assert stated["n"] == len(found.failed) > 0
    assert saved.failed.tolist() == found.failed.tolist()
    assert saved.failures() == found.failures()
    assert list(found.failures()) == found.failed[:3].tolist()
    rows = pd.read_csv(tmp_path / "sweep" / "table.csv")
    assert np.flatnonzero(rows["n_trades"].isna()).tolist() == found.failed.tolist()


@pytest.mark.parametrize(
    ("thesis", "grid"),
    [
        (mandate(), {"constraints.name_at_most": [0.1, 0.05]}),
        (within_baskets(), {"constraints.name_at_most": [0.2, 0.1]}),
    ],
    ids=["one by one", "in lanes"],
)
def test_a_sweep_of_failures_alone_says_why(thesis, grid) -> None:
    with pytest.raises(
        BacktestError, match=r"All 2 candidates fail, the first of them so: Candidate 0 .*cannot hold together"
    ):
        sweep(thesis, walks(), grid, threads=1)
    with pytest.raises(BacktestError, match=r"^Candidate 0 .*cannot hold together"):
        sweep(thesis, walks(), {"constraints.name_at_most": [0.1]}, threads=1)


def test_a_draw_of_failures_alone_names_the_candidate_that_it_explains() -> None:
    grid = {"constraints.name_at_most": [0.1, 0.15, 0.2], "draw": {"n": 4, "seed": 0}}
    with pytest.raises(BacktestError, match="All 4 candidates fail") as raised:
        sweep(within_baskets(), walks(), grid, threads=1)
    stated, _, why = str(raised.value).partition("name_at_most = ")[2].partition(")")
    assert f"each name at most {float(stated):.0%}".replace("%", " %") in why


def test_a_sweep_in_which_nobody_failed_says_nothing(tmp_path) -> None:
    found = sweep(within_baskets(), walks(), {"rotation.enter": [0.5, 1.0]}, out=tmp_path / "sweep")
    assert (found.failed.tolist(), found.failures()) == ([], {})
    assert "failed" not in open_sweep(tmp_path / "sweep").document


def test_what_a_market_refuses_is_found_though_the_first_setup_has_no_portfolio() -> None:
    grid = {"run.fill": ["next_open", "same_close"], "constraints.name_at_most": [0.2, 0.5]}
    done = list[int]()
    with pytest.raises(BacktestError, match="same_close"):
        sweep(within_baskets(), walks(), grid, watch=lambda n, _of: done.append(n))
    assert done == []


def test_other_time_blocks_with_a_first_candidate_that_fails() -> None:
    grid = space_of({"constraints.name_at_most": [0.1, 0.5]})
    for task in (
        InLanes(Variants(within_baskets(), walks(), grid), 16),
        OneByOne(strategy=mandate(), market=walks(), space=grid, n_blocks=16),
    ):
        dates, edges = task.in_blocks(7).dates()
        assert len(edges) == 8
        assert edges[-1] == len(dates) == len(task.dates()[0])


@dataclass(frozen=True)
class Turning:
    """Asks an optimiser for less turnover than what it has to drop needs."""

    most: float = 0.5
    every = "month"

    def decide(self, past, portfolio):
        best = MinimumVariance(constraints=[Turnover(at_most=self.most), Bounds(at_most={"US01": 0.0})])
        weights = best.weights(covariance=np.eye(2), names=("US01", "HK01"), current=[0.6, 0.4])
        return dict(zip(("US01", "HK01"), weights.tolist(), strict=True))


def test_a_strategy_in_python_that_asks_an_optimiser_fails_the_same_way() -> None:
    found = sweep(Turning(), load("tiny"), {"strategy.most": [0.2, 0.7, 0.5]}, threads=2)
    assert found.failed.tolist() == [0, 2]
    assert "turnover" in found.failures(1)[0]
    assert found.table["sharpe"].notna().tolist() == [False, True, False]


def test_what_is_read_says_how_many_and_why(capsys) -> None:
    found = sweep(mandate(), walks(), GRID, threads=1)
    frames = SweepFrames(found, "sharpe", 5)
    assert (frames.n, frames.n_run, frames.n_outcomes) == (4, 2, 2)
    print_sweep(found, "mandate", [1, 3], frames, None, [], by="sharpe")
    said = capsys.readouterr().out
    assert "warning: 2 of 4 candidates failed and have no result; candidate 0: mandate, decision of 2023-07-" in said
    assert "different outcomes" not in said
    assert "4 candidates in" in said
    table = hill_table()
    assert not any("failed" in one for one in told(SweepFrames(sweep_of(table), "sharpe", 5)))
    table.loc[7, "n_trades"] = np.nan
    (line,) = (one for one in told(SweepFrames(sweep_of(table), "sharpe", 5)) if "failed" in one)
    assert line == (
        f"1 of {len(table):,} candidates failed and has no result; candidate 7: 2 demands cannot hold together: high "
        "and low."
    )
    assert in_words(hill_table(), {}) == ""
    frames = SweepFrames(sweep_of(table), "sharpe", 5)
    assert sentences(frames)[1] == (
        f"1 of {len(table):,} candidates has no result, for an optimiser found no portfolio at some decision (see the "
        "notes); every figure here leaves them out."
    )
    assert "; 1 without a result" in cards(frames)[0].note


@pytest.mark.parametrize("thesis", [mandate(), within_baskets()], ids=["one by one", "in lanes"])
def test_other_errors_end_a_sweep_as_before(thesis, monkeypatch) -> None:
    def refuse(*_given, **_options):
        raise StrategyError("nothing to hold.")

    monkeypatch.setattr(MinimumVariance, "allocate", refuse)
    with pytest.raises((BacktestError, StrategyError), match="nothing to hold"):
        sweep(thesis, walks(), {"constraints.name_at_most": [0.4, 0.5]}, threads=1)


def test_a_stopped_sweep_goes_on_with_the_failures_it_had(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(one_by_one, "SOLVED_PART_SIZE", 2)

    def stop(done: int, _of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    whole = sweep(mandate(), walks(), GRID, out=tmp_path / "whole", threads=1)
    with pytest.raises(SweepStopped):
        sweep(mandate(), walks(), GRID, out=tmp_path / "stopped", threads=1, watch=stop)
    again = sweep(mandate(), walks(), GRID, out=tmp_path / "stopped", threads=1)
    assert again.n_made == 2
    assert again.failed.tolist() == whole.failed.tolist() == WITHOUT
    for name in ("table.parquet", "sums.npy", "sweep.json"):
        assert (tmp_path / "stopped" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_an_error_is_placed_copied_and_sent_whole() -> None:
    with pytest.raises(InfeasibleError) as raised:
        MinimumVariance(constraints=[Bounds(at_most=0.3)]).weights(covariance=np.eye(2))
    placed = raised.value.at("Step 3")
    assert isinstance(placed, InfeasibleError)
    assert str(placed) == f"Step 3: {raised.value}"
    for other in (copy(placed), pickle.loads(pickle.dumps(placed))):
        assert (str(other), other.conflict) == (str(placed), raised.value.conflict)
    assert isinstance(placed, UnsolvedError)
