"""Sweeps by hand on the tiny market, beside their single runs on the demo market, stopped and gone on with."""

import threading
import time
from collections import Counter

import numpy as np
import pandas as pd
import pytest

import backtest
from backtest.errors import BacktestError, SweepStopped
from backtest.kernels.measures import MEASURES
from backtest.result import BacktestResult
from backtest.run import RotationResult, run_strategy, settings_of
from backtest.tuning import in_lanes, preparation, variants
from backtest.tuning import sweep as sweeping
from backtest.tuning.in_lanes import InLanes
from backtest.tuning.preparation import Preparation
from backtest.tuning.result import StrategySweep
from backtest.tuning.space import space_of
from backtest.tuning.storage.parts import Part
from backtest.tuning.variants import Variants
from data.load import load
from data.market import MarketData
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.thesis import Thesis
from tests.made_up_sweep import contents, differing, left_by
from tests.swept import HoldOne

pytestmark = pytest.mark.timeout(300)  # the first sweep on a machine compiles its kernels

GRID = {
    "signal.lookback": [10, 20, 40],
    "schedule.every": ["week", "month"],
    "allocation.kind": ["equal", "inverse_volatility"],
    "rotation.enter": [0.5, 1.0, 1.5],
    "rotation.max_share": [0.4, 0.8],
}
N = 72


@pytest.fixture(scope="module")
def market() -> MarketData:
    return load("demo", start="2023-01-03", end="2024-06-28")


@pytest.fixture(scope="module")
def found(market: MarketData) -> backtest.SweepResult:
    return backtest.sweep(thesis("flow-momentum"), market, GRID, n_blocks=4)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts of 16 candidates in tasks of 4, so that a sweep of 72 has five parts of several tasks."""
    monkeypatch.setattr(sweeping, "PART_SIZE", 16)
    monkeypatch.setattr(in_lanes, "LANES", 2)
    monkeypatch.setattr(in_lanes, "BLOCKS_A_TASK", 2)
    return 16


def half(**run: object) -> Thesis:
    """Hold a share of HK01, the rest in US01, decided every day on the tiny market."""
    given = {
        "name": "half",
        "baskets": {"source": "US01", "destination": "HK01", "min_members": 1, "seasoning": 0},
        "schedule": {"every": "day"},
        "run": {"costs": "none", "interest": "none", "fx_spread_bps": 0.0, **run},
    }
    return Thesis.from_mapping(given, "half")


# ------------------------------------------------------------------------------------------ by hand


def test_three_shares_by_hand():
    shares = {"rotation": [{"min_share": share, "max_share": share} for share in (0.0, 1.0)]}
    table = backtest.sweep(half(), load("tiny"), shares).table
    # US01 is bought at 100 and ends at 106. HK01 is bought at 78 HKD, 7.80 to the dollar, and ends at 86 HKD, at 7.75.
    np.testing.assert_allclose(table["total_return"], [0.06, 86 / 78 * 7.80 / 7.75 - 1], rtol=1e-12)
    assert table["n_trades"].tolist() == [1, 1]
    # The deepest fall of US01 is from 102 on 23 January to 98 on the 28th; HK01 never falls.
    np.testing.assert_allclose(table["max_drawdown"], [98 / 102 - 1, 0.0], atol=1e-12)


def test_moments_by_hand():
    found = backtest.sweep(half(), load("tiny"), {"rotation": [{"min_share": 0.0, "max_share": 0.0}]}, n_blocks=2)
    # Ten marks: cash on 22 January, then US01 from 100 at its open to 102, 101, 98, 100 | 102, 104, 105, 104, 106.
    closes = np.array([100, 100, 102, 101, 98, 100, 102, 104, 105, 104, 106])
    returns = closes[1:] / closes[:-1] - 1
    assert found.moments.counts.tolist() == [5, 5]
    np.testing.assert_allclose(found.moments.sums, [[returns[:5].sum(), returns[5:].sum()]], atol=1e-15)
    np.testing.assert_allclose(
        found.moments.squares, [[(returns[:5] ** 2).sum(), (returns[5:] ** 2).sum()]], atol=1e-15
    )
    assert found.moments.edges.astype(str).tolist() == ["2025-01-22", "2025-01-29", "2025-02-04"]
    np.testing.assert_array_equal(found.returns, returns.astype(np.float32)[None])


# ------------------------------------------------------------------------------------------ beside single runs


def test_the_table_is_in_the_order_of_the_grid(found):
    assert found.table.columns.tolist() == [*GRID, *MEASURES, "general_decisions"]
    assert len(found.table) == found.space.n == found.n_made == N
    assert found.table["rotation.max_share"].tolist() == [0.4, 0.8] * 36
    assert found.table["signal.lookback"].tolist() == [10] * 24 + [20] * 24 + [40] * 24


def test_every_candidate_is_its_own_single_run(found):
    for candidate in range(0, N, 7):
        single = found.run(candidate)
        assert isinstance(single, RotationResult)
        summary = single.summary()
        row = found.table.loc[candidate, list(MEASURES)].to_numpy(dtype=float)
        np.testing.assert_allclose(row, [summary[name] for name in MEASURES], rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(found.returns[candidate], single.returns, atol=1e-7)


def test_the_best_by_a_measure_of_which_less_is_better(found):
    calm = found.table["volatility"].to_numpy()
    first, second = found.ranking("volatility", 2).tolist()
    assert calm[first] == calm.min()
    (best,) = found.best(by="volatility")
    np.testing.assert_allclose(best.summary()["volatility"], calm.min(), rtol=1e-10)
    assert calm[second] == np.sort(calm)[1]
    with pytest.raises(BacktestError, match="no measure 'sharp'; it has total_return, "):
        found.ranking("sharp")


def test_offsets_are_runs_of_the_candidate_on_each(found):
    assert found.space.settings(0)["schedule.every"] == "week"
    table = found.offsets(0)
    assert table["offset"].tolist() == [0, 1, 2, 3, 4]
    assert table["sharpe"][0] == pytest.approx(found.table["sharpe"][0], rel=1e-10)
    later = backtest.run(found.variant(0).replace({"schedule.offset": 3}), found.market)
    assert table["sharpe"][3] == pytest.approx(later.summary()["sharpe"], rel=1e-10)


# ------------------------------------------------------------------------------------------ threads, parts, memory


@pytest.mark.parametrize("threads", [1, 3])
def test_no_byte_depends_on_threads_and_parts(found, market, small_parts, threads, tmp_path):
    again = backtest.sweep(thesis("flow-momentum"), market, GRID, n_blocks=4, threads=threads, out=tmp_path / "sweep")
    pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)
    np.testing.assert_array_equal(again.moments.sums, found.moments.sums)
    np.testing.assert_array_equal(again.returns, found.returns)


def test_watching_goes_up_to_the_end(market, small_parts):
    told = list[tuple[int, int]]()
    backtest.sweep(thesis("flow-momentum"), market, GRID, watch=lambda done, n: told.append((done, n)))
    done = [one for one, _ in told]
    assert {n for _, n in told} == {N}
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, N)
    assert len(set(done)) > N // 8, "it is told of tasks, not of parts"


def test_what_is_shared_is_worked_out_once(market, small_parts, monkeypatch):
    made = Counter[str]()
    for name in ("read_signal", "set_up"):
        real = getattr(preparation, name)

        def counted(*given: object, name: str = name, real=real, **more: object) -> object:
            made[name] += 1
            time.sleep(0.01)
            return real(*given, **more)

        monkeypatch.setattr(preparation, name, counted)
    backtest.sweep(thesis("flow-momentum"), market, GRID, threads=4)
    assert made == {"read_signal": 3, "set_up": 4}


def test_more_setups_than_are_kept_give_the_same(found, market, small_parts, monkeypatch):
    monkeypatch.setattr(preparation, "SETUPS_KEPT", 1)
    monkeypatch.setattr(in_lanes, "SETUPS_KEPT", 1)
    monkeypatch.setattr(preparation, "READINGS_KEPT", 1)
    monkeypatch.setattr(in_lanes, "READINGS_KEPT", 1)
    again = backtest.sweep(thesis("flow-momentum"), market, GRID, n_blocks=4, threads=2)
    pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)


def test_a_setup_has_the_signals_of_its_candidates_alone(market):
    swept = Variants(thesis("flow-momentum"), market, space_of(GRID))
    alone = Preparation(swept, 1).signals(0, np.array([2]))
    both = Preparation(swept, 1).signals(0, np.array([0, 2]))
    assert alone.score.shape[0] == 1
    np.testing.assert_array_equal(alone.score[0], both.score[1])


@pytest.mark.parametrize("at_once", [2, 5, 65_536])
def test_a_threshold_that_no_score_reaches_is_refused_wherever_it_is(market, monkeypatch, at_once):
    monkeypatch.setattr(variants, "PART_SIZE", at_once)
    grid = space_of({"rotation.enter": [0.7, 0.8, 0.9, 2.0], "rotation.exit": [0.1, 0.2]})  # percentiles: 0 to 1
    swept = Variants(thesis("valuation-discount"), market, grid)
    with pytest.raises(StrategyError, match="rotation.enter = 2.* is out of reach"):
        swept.check()


# ------------------------------------------------------------------------------------------ stopped, and what fails


def stopped_at(n: int):
    def watch(done: int, _n: int) -> None:
        if done >= n:
            raise KeyboardInterrupt

    return watch


def test_stopped_it_says_so_and_goes_on_to_the_same_bytes(market, small_parts, tmp_path):
    one = thesis("flow-momentum")
    backtest.sweep(one, market, GRID, out=tmp_path / "whole", csv=True)
    with pytest.raises(SweepStopped) as stopped:
        backtest.sweep(one, market, GRID, out=tmp_path / "cut", csv=True, watch=stopped_at(40), threads=2)
    assert stopped.value.n_done in {16, 32, 48, 64}
    assert f"stopped at {stopped.value.n_done} of 72 candidates. They are kept in" in str(stopped.value)
    rest = backtest.sweep(one, market, GRID, out=tmp_path / "cut", csv=True)
    assert rest.n_made == N - stopped.value.n_done
    assert differing(tmp_path / "cut", tmp_path / "whole") == []
    again = backtest.sweep(one, market, GRID, out=tmp_path / "cut", csv=True)
    assert again.n_made == 0
    assert threading.active_count() < 10, "no thread is left behind"


def test_stopped_in_memory_nothing_is_kept(market, small_parts):
    with pytest.raises(SweepStopped, match="stopped at .* of 72 candidates, and nothing is kept"):
        backtest.sweep(thesis("flow-momentum"), market, GRID, watch=stopped_at(20))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_candidate_that_cannot_be_run_is_named_and_parts_before_stay(small_parts, threads, tmp_path):
    # Fees are counted exactly up to trades of 9e14: the second capital is more than that.
    grid = {"run.initial_capital": [1e6, 1e16], "rotation.min_share": [0.1 + k / 100 for k in range(40)]}
    one = half(costs="venue", approximate_lots=True).replace({"rotation.max_share": 0.9})
    named = (
        r"^Candidate \d+ \(run.initial_capital = 1e\+16, rotation.min_share = 0.\d+\): A trade on 2025-01-23 is worth"
    )
    with pytest.raises(BacktestError, match=named):
        backtest.sweep(one, load("tiny"), grid, out=tmp_path / "sweep", threads=threads)
    assert left_by(tmp_path / "sweep") >= 2, "candidates 0 to 31 were run before"


def test_a_part_that_cannot_be_written_stops_the_sweep(market, small_parts, monkeypatch, tmp_path):
    real = InLanes.results

    def fails(self: InLanes, part: in_lanes.Candidates) -> Part:
        if part.number == 2:
            raise BacktestError("no room")
        return real(self, part)

    monkeypatch.setattr(InLanes, "results", fails)
    with pytest.raises(BacktestError, match="no room"):
        backtest.sweep(thesis("flow-momentum"), market, GRID, out=tmp_path / "sweep")
    monkeypatch.undo()
    monkeypatch.setattr(sweeping, "PART_SIZE", 16)
    rest = backtest.sweep(thesis("flow-momentum"), market, GRID, out=tmp_path / "sweep")
    assert rest.n_made <= N - 2 * 16, "the parts before it are whole"


@pytest.mark.parametrize(
    "wrong",
    [
        {"threads": 0},
        {"threads": 1.5},
        {"n_blocks": 0},
        {"n_blocks": 2.5},
        {"memory_limit": 0},
        {"memory_limit": np.nan},
    ],
)
def test_less_than_one_of_anything_or_a_part_of_it_is_refused(market, wrong):
    (name,) = wrong
    with pytest.raises(BacktestError, match=f"^{name} = .*: want a whole number, one or more"):
        backtest.sweep(thesis("flow-momentum"), market, GRID, **wrong)


def test_a_table_as_csv_without_a_folder_is_refused(market):
    with pytest.raises(BacktestError, match="needs a folder to stand in"):
        backtest.sweep(thesis("flow-momentum"), market, GRID, csv=True)


# ------------------------------------------------------------------------------------------ folders


def test_a_finished_sweep_opens_without_its_market(found, market, tmp_path):
    backtest.sweep(thesis("flow-momentum"), market, GRID, n_blocks=4, out=tmp_path / "sweep")
    saved = backtest.open_sweep(tmp_path / "sweep")
    saved.verify()
    pd.testing.assert_frame_equal(saved.table, found.table, check_exact=True)
    np.testing.assert_array_equal(saved.moments.squares, found.moments.squares)
    np.testing.assert_array_equal(saved.moments.edges, found.moments.edges)
    np.testing.assert_array_equal(saved.returns, found.returns)
    assert saved.ranking(k=3).tolist() == found.ranking(k=3).tolist()
    said = saved.document
    assert said["strategy"]["name"] == "flow-momentum"
    assert said["strategy"]["run"]["costs"] == "venue-proportional"
    assert said["varied"]["rotation.enter"] == {"n": 3, "values": [0.5, 1.0, 1.5]}
    assert (said["candidates"], said["measures"]) == (N, list(MEASURES))
    assert said["market"]["synthetic"] is True
    assert said["dates"] == {"first": "2023-01-03", "last": "2024-06-28", "n": len(found.dates)}
    assert sum(said["time_blocks"]["counts"]) == len(found.dates)
    best = said["summary"]["best"]
    assert best["candidate"] == int(found.ranking(k=1)[0])
    assert best["settings"] == found.space.settings(best["candidate"])
    own = backtest.run(thesis("flow-momentum"), market)
    assert said["summary"]["spread"]["own"] == own.summary()["sharpe"]
    assert said["notes"] == list(own.notes)


def test_a_finished_sweep_that_was_edited_is_not_shown_again(market, tmp_path):
    one, grid, table = thesis("flow-momentum"), {"rotation.enter": [0.5, 1.0]}, tmp_path / "sweep" / "table.parquet"
    best = np.float64(backtest.sweep(one, market, grid, out=tmp_path / "sweep").table["sharpe"].max())
    content = table.read_bytes()
    assert content.count(best.tobytes()) == 1
    table.write_bytes(content.replace(best.tobytes(), np.float64(9.0).tobytes()))
    said = (
        r"sweep is no longer the sweep that was written: candidates 0 to 1 were edited after the sweep\. Put the file"
    )
    with pytest.raises(BacktestError, match=said):
        backtest.sweep(one, market, grid, out=tmp_path / "sweep")
    table.write_bytes(content)
    assert backtest.sweep(one, market, grid, out=tmp_path / "sweep").n_made == 0


def test_a_finished_sweep_is_shown_again_under_a_smaller_memory_limit(market, tmp_path):
    one, grid = thesis("flow-momentum"), {"rotation.enter": [0.5, 1.0]}
    made = backtest.sweep(one, market, grid, out=tmp_path / "sweep", returns=True, memory_limit=1e9)
    with pytest.raises(BacktestError, match="A part of the sweep, 2 candidates that are held at once, takes"):
        backtest.sweep(one, market, grid, out=tmp_path / "other", returns=True, memory_limit=100)
    again = backtest.sweep(one, market, grid, out=tmp_path / "sweep", returns=True, memory_limit=100)
    assert again.n_made == 0
    pd.testing.assert_frame_equal(again.table, made.table, check_exact=True)


def test_what_was_drawn_and_its_conditions_are_stated(market, tmp_path):
    drawn = {
        "rotation.enter": {"uniform": [0.5, 1.5]},
        "rotation.exit": [-0.5, 0.0],
        "conditions": "rotation.enter > 0.6",
        "draw": {"method": "random", "n": 100, "seed": 7},
    }
    found = backtest.sweep(thesis("flow-momentum"), market, drawn, out=tmp_path / "sweep")
    said = backtest.open_sweep(tmp_path / "sweep").document
    assert said["draw"] == {"method": "random", "n": 100, "seed": 7}
    assert said["conditions"] == ["rotation.enter > 0.6"]
    entered = said["varied"]["rotation.enter"]
    assert entered["n"] == 100, "those drawn that the condition leaves out among them"
    assert 0.5 < entered["least"] < 0.6 < entered["most"] < 1.5
    assert said["candidates"] == len(found.table) < 100
    assert found.table["rotation.enter"].min() > 0.6


def test_a_folder_without_a_sweep_is_refused(tmp_path):
    with pytest.raises(BacktestError, match="holds no finished sweep"):
        backtest.open_sweep(tmp_path)


def test_settings_that_cannot_be_run_by_themselves_may_be_swept_from(market, tmp_path):
    nowhere = thesis("flow-momentum").replace({"baskets.destination": "big-seven"})
    found = backtest.sweep(nowhere, market, {"baskets.destination": ["hang-seng-tech"]}, out=tmp_path / "sweep")
    assert found.n_made == 1
    (note,) = backtest.open_sweep(tmp_path / "sweep").document["notes"]
    assert note.startswith("The thesis' own settings cannot be run: flow-momentum: ")


# ------------------------------------------------------------------------------------------ strategies in Python


def test_a_strategy_in_python_is_swept_by_the_same_call(tmp_path):
    grid = {"strategy.weight": [0.2, 0.4, 0.6], "run.costs": ["none", {"bps": 10}]}
    found = backtest.sweep(HoldOne(), load("tiny"), grid, out=tmp_path / "sweep", n_blocks=2)
    assert isinstance(found, StrategySweep)
    # US01 goes from 100 to 106: a weight of 0.4 gains 2.4 %, before costs.
    np.testing.assert_allclose(found.table["total_return"][::2], [0.012, 0.024, 0.036], rtol=1e-12)
    single = run_strategy(HoldOne(weight=0.4), load("tiny"), settings_of(HoldOne(), {"run.costs": {"bps": 10}}))
    assert found.table["total_return"][3] == single.summary()["total_return"]
    assert found.table["general_decisions"].tolist() == [1] * 6
    (best,) = found.best(by="total_return")
    assert isinstance(best, BacktestResult)
    assert best.summary()["total_return"] == found.table["total_return"][4]
    saved = backtest.open_sweep(tmp_path / "sweep")
    assert saved.document["strategy"]["name"] == "HoldOne"
    pd.testing.assert_frame_equal(saved.table, found.table, check_exact=True)
    before = contents(tmp_path / "sweep")
    assert backtest.sweep(HoldOne(), load("tiny"), grid, out=tmp_path / "sweep", n_blocks=2, threads=1).n_made == 0
    assert contents(tmp_path / "sweep") == before
    with pytest.raises(BacktestError, match="differs in strategy"):
        backtest.sweep(HoldOne(symbol="US02"), load("tiny"), grid, out=tmp_path / "sweep", n_blocks=2)
