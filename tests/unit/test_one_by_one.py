"""Sweeps of strategies in Python: every candidate is its own single run, whatever process runs it."""

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.kernels.measures import MEASURES
from backtest.run import run_strategy, settings_of
from backtest.tuning.one_by_one import OneByOne, run_part, run_parts
from backtest.tuning.own_settings import own_settings
from backtest.tuning.space import space_of
from backtest.tuning.storage.parts import Part
from backtest.tuning.storage.store import Store, open_store
from backtest.tuning.storage.strategy_identity import strategy_digest
from backtest.tuning.workers import WorkerEndedError, Workers
from data.load import load
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.strategy import find_strategy
from tests.swept import Careless, HoldOne, Mortal, Remembering

GRID = {
    "strategy.weight": [0.1, 0.2, 0.3, 0.4],
    "strategy.symbol": ["US01", "HK01"],
    "run.costs": ["none", {"bps": 10}],
}


def task_of(strategy, grid, **given) -> OneByOne:
    task = OneByOne(strategy=strategy, market=load("tiny"), space=space_of(grid), **given)
    task.check()
    return task


def swept(task: OneByOne, n_workers: int = 2, method: str | None = None, **given) -> Part:
    with Workers(task, n_workers, method) as workers:
        return run_part(task, workers, 0, task.space.n, **given)


def with_returns(task: OneByOne) -> OneByOne:
    return replace(task, n_dates=len(task.dates()[0]))


def bytes_of(part: Part) -> list[bytes]:
    columns = [
        np.asarray(column.codes if isinstance(column, pd.Categorical) else column) for column in part.columns.values()
    ]
    return [np.ascontiguousarray(one).tobytes() for one in (*columns, part.sums, part.squares, part.returns)]


def test_a_candidate_is_its_own_single_run():
    task = with_returns(task_of(HoldOne(), GRID, n_blocks=2))
    part = swept(task)
    names = [*GRID, *MEASURES, "general_decisions"]
    assert list(part.columns) == names
    assert part.sums.shape == part.squares.shape == (16, 2)
    for candidate in range(16):
        settings = task.space.settings(candidate)
        strategy = replace(HoldOne(), weight=settings["strategy.weight"], symbol=settings["strategy.symbol"])
        config = RunConfig(costs=settings["run.costs"], interest="none")
        single = run_strategy(strategy, load("tiny"), config)
        measures = single.summary()
        np.testing.assert_array_equal(
            [part.columns[name][candidate] for name in MEASURES], [measures[n] for n in MEASURES]
        )
        returns = single.returns.to_numpy()
        np.testing.assert_array_equal(part.returns[candidate], returns.astype(np.float32))
        half = len(returns) // 2
        np.testing.assert_allclose(part.sums[candidate], [returns[:half].sum(), returns[half:].sum()], atol=1e-15)
        np.testing.assert_allclose(part.squares[candidate].sum(), (returns**2).sum(), rtol=1e-12)
    assert part.columns["general_decisions"].tolist() == [1] * 16


def test_the_number_of_workers_and_how_they_start_change_no_byte():
    task = with_returns(task_of(HoldOne(), GRID, n_blocks=2))
    alone = bytes_of(swept(task, 1))
    assert bytes_of(swept(task, 3)) == alone
    assert bytes_of(swept(task, 2, "spawn")) == alone


@pytest.mark.parametrize("strategy", [Remembering(), Careless()], ids=["remembers", "draws from the global generators"])
def test_candidates_that_share_a_process_know_nothing_of_each_other(strategy):
    varied = {"strategy.weight": "0.01:0.1:10"} if isinstance(strategy, Remembering) else {"strategy.number": "1:10:10"}
    task = with_returns(task_of(strategy, varied))
    alone, shared = bytes_of(swept(task, 1)), bytes_of(swept(task, 3))
    assert alone == shared
    if isinstance(strategy, Remembering):
        assert strategy.asked == []
        single = run_strategy(Remembering(weight=0.05), load("tiny"), RunConfig())
        assert swept(task).columns["total_return"][4] == single.summary()["total_return"]


def test_a_file_is_executed_anew_for_every_candidate(tmp_path):
    (tmp_path / "counting.py").write_text(
        "asked = []\nevery = 'day'\nrun = {'costs': 'none'}\n\n"
        "def decide(past, portfolio):\n    asked.append(1)\n    return {'US01': min(0.1 * len(asked), 1.0)}\n",
        encoding="utf-8",
    )
    strategy = find_strategy(str(tmp_path / "counting.py"))
    task = task_of(strategy, {"run.initial_capital": [1e5, 1e6, 1e7]})
    part = swept(task)
    single = run_strategy(find_strategy(str(tmp_path / "counting.py")), load("tiny"), settings_of(strategy))
    # Without costs capital does not matter, but for the rounding of one run to another.
    np.testing.assert_allclose(part.columns["total_return"], single.summary()["total_return"], rtol=1e-12)


def test_progress_is_told_and_parts_follow_one_another():
    task, told = task_of(HoldOne(), GRID), []
    with Workers(task, 2) as workers:
        parts = [run_part(task, workers, first, first + 4, told.append) for first in (0, 4, 8, 12)]
    assert told == [1, 2, 3, 4] * 4
    whole = swept(task)
    joined = np.concatenate([part.columns["total_return"] for part in parts])
    np.testing.assert_array_equal(joined, whole.columns["total_return"])


# ------------------------------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("exit", "the process that ran it ended with exit code 3."),
        ("kill", "the process that ran it ended with signal 9. Was there too little memory? Fewer workers need less."),
        ("quit", "decide(past, portfolio) fails at 2025-01-22 21:00 UTC: SystemExit: 4"),
        ("refuse", "nothing to hold."),
        ("refuse in lines", "nothing to hold."),
        ("raise in lines", "decide(past, portfolio) fails at 2025-01-22 21:00 UTC: ValueError: no such thing"),
        ("raise", "decide(past, portfolio) fails at 2025-01-22 21:00 UTC: ValueError: no such thing"),
    ],
)
@pytest.mark.parametrize("n_workers", [1, 3])
def test_the_candidate_at_fault_is_named(how, message, n_workers):
    task = task_of(Mortal(), {"strategy.weight": "0.1:0.8:8", "strategy.how": how})
    with Workers(task, n_workers) as workers:
        before = run_part(task, workers, 0, 2)
        assert len(before.columns["total_return"]) == 2
        with pytest.raises(BacktestError) as failed:
            run_part(task, workers, 2, 8)
        assert str(failed.value) == f"Candidate 2 (strategy.weight = 0.3, strategy.how = {how}): {message}"
        assert not multiprocessing.active_children()
        with pytest.raises(BacktestError, match="The processes of this sweep have ended. Start it again."):
            run_part(task, workers, 0, 2)


def test_a_sweep_wants_a_worker():
    with pytest.raises(BacktestError, match="workers = 0: want one process or more"):
        Workers(str, 0)


def test_a_part_left_early_leaves_no_process():
    task = task_of(HoldOne(), GRID)

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with Workers(task, 2) as workers, pytest.raises(KeyboardInterrupt):
        run_part(task, workers, 0, 16, stop)
    assert not multiprocessing.active_children()


def test_a_worker_killed_at_any_time_is_told():
    def slow(candidate: int) -> int:
        time.sleep(0.001)
        return candidate

    rng, told = np.random.default_rng(5), []
    for _ in range(20):
        with Workers(slow, 3) as workers:
            victim = workers._processes[int(rng.integers(3))].pid
            after = int(rng.integers(1, 300))
            found = []
            try:
                for one in workers.run(0, 400):
                    found.append(one)
                    if len(found) == after:
                        os.kill(victim, signal.SIGKILL)
            except WorkerEndedError as error:
                told.append((error.how, len(found) <= error.candidate < 400))
        assert found == list(range(len(found)))
    assert set(told) == {("signal 9", True)}
    assert len(told) >= 15  # the others were killed when they had no more to do


def test_the_first_of_several_failures_is_told():
    task = task_of(HoldOne(), {"strategy.symbol": ["US01", "XX01", "XX02"], "strategy.weight": [0.1, 0.2]})
    for n_workers in (1, 2, 4):
        with pytest.raises(BacktestError, match=r"^Candidate 2 \(strategy.symbol = XX01, strategy.weight = 0.1\): "):
            swept(task, n_workers)


REFUSED = [
    (HoldOne(), {"strategy.wait": [1]}, "is no field of the strategy; want strategy.NAME of symbol, weight, date"),
    (HoldOne(), {"signal.lookback": [1]}, "signal.lookback is no field of the strategy"),
    (HoldOne(), {"run.cost": [1]}, "run.cost is no setting of a run; want one of base_currency"),
    (HoldOne(), {"run.costs": ["free"]}, "RunConfig: costs = 'free'"),
    (HoldOne(), {"strategy.weight": [0.5, 1.5]}, "The strategy refuses weight = 1.5: ValueError: weight is above 1"),
]  # fmt: skip


@pytest.mark.parametrize(("strategy", "grid", "message"), REFUSED)
def test_what_cannot_be_varied_is_refused_before_any_work(strategy, grid, message):
    with pytest.raises((BacktestError, StrategyError)) as refused:
        task_of(strategy, grid)
    assert message in str(refused.value)


def test_a_strategy_without_fields_has_settings_of_the_run_alone():
    class Plain:
        def decide(self, past, portfolio):
            return None

    with pytest.raises(
        BacktestError, match="strategy.weight is no parameter of this strategy: a strategy in Python has"
    ):
        task_of(Plain(), {"strategy.weight": [1]})
    assert task_of(Plain(), {"run.costs": ["none"]}).space.n == 1


def test_a_strategy_that_cannot_be_copied_or_sent_is_refused():
    class Locked:
        def __init__(self):
            self.rows = (row for row in range(3))

        def decide(self, past, portfolio):
            return None

    class Local:
        def decide(self, past, portfolio):
            return None

    with pytest.raises(
        BacktestError, match="The strategy cannot be copied .TypeError: cannot pickle 'generator' object"
    ):
        task_of(Locked(), {"run.costs": ["none"]})
    with pytest.raises(BacktestError, match="cannot be sent to other processes: .* Define it in a file of its own."):
        Workers(task_of(Local(), {"run.costs": ["none"]}), 1, "spawn")


def test_a_market_that_was_sent_is_the_market():
    # `spawn` pickles: mappings stay views and arrays read-only.
    from multiprocessing.reduction import ForkingPickler

    market = load("tiny")
    sent = ForkingPickler.loads(ForkingPickler.dumps(market))
    assert not sent.close.flags.writeable
    np.testing.assert_array_equal(sent.close, market.close)
    assert type(sent.instruments) is type(market.instruments)
    assert sent.holdable == market.holdable


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc whether a process is there")
def test_workers_end_when_their_parent_is_killed(tmp_path):
    seen = tmp_path / "pids"
    child = os.fork()
    if child == 0:
        try:
            workers = Workers(lambda candidate: time.sleep(60), 3)
            seen.write_text(" ".join(str(process.pid) for process in workers._processes), encoding="utf-8")
            next(workers.run(0, 9))
        finally:
            os._exit(1)
    deadline = time.monotonic() + 20
    while not (seen.exists() and len(seen.read_text().split()) == 3) and time.monotonic() < deadline:
        time.sleep(0.01)
    pids = [int(pid) for pid in seen.read_text().split()]
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


# ------------------------------------------------------------------------------------------ into a folder


def opened(task: OneByOne, folder: Path) -> Store:
    columns = {name: column.dtype for name, column in task.space.columns(0, 0).items()}
    columns |= dict.fromkeys(MEASURES, np.dtype(float)) | {
        "general_decisions": np.dtype(np.int64),
    }
    identity = {"strategy": strategy_digest(task.strategy), "grid": task.space.digest}
    return open_store(folder, identity, task.space.n, columns=columns, n_blocks=1, part_size=5)


def test_parts_before_a_worker_that_dies_are_whole_and_the_sweep_goes_on_from_them(tmp_path):
    grid = {"strategy.weight": "0.01:0.2:20", "strategy.how": "exit"}
    dying, whole = task_of(Mortal(at=0.13), grid), task_of(Mortal(at=9.0), grid)
    with opened(dying, tmp_path / "one") as store, pytest.raises(BacktestError, match="Candidate 12 .*exit code 3"):
        run_parts(dying, store, 2)
    with opened(dying, tmp_path / "one") as store:
        assert store.done == {0, 1}
    # The same strategy would die again: one that does not is another.
    with pytest.raises(BacktestError, match="holds the parts of a sweep that differs in strategy"):
        opened(whole, tmp_path / "one")
    told = []
    with opened(whole, tmp_path / "two") as store:
        assert run_parts(whole, store, 2, lambda done, n: told.append((done, n))) == 20
        store.finish(lambda read: {})
        table = store.table
    assert told == [(k, 20) for k in range(21)]
    np.testing.assert_allclose(table["strategy.weight"], np.arange(1, 21) / 100, rtol=1e-15)
    assert table["total_return"].is_monotonic_increasing
    with opened(whole, tmp_path / "two") as store:
        assert run_parts(whole, store, 2) == 0


def test_a_strategy_is_known_by_its_file_and_what_it_holds(tmp_path):
    assert strategy_digest(HoldOne()) == strategy_digest(HoldOne())
    assert strategy_digest(HoldOne()) != strategy_digest(HoldOne(weight=0.4))
    assert strategy_digest(HoldOne()) != strategy_digest(Mortal())
    assert strategy_digest(Remembering(asked=[1])) != strategy_digest(Remembering())
    # Sets of the same go through them in another order: 0 and 8 share a place, and so do texts in another process.
    first, second = {0, 8}, {8, 0}
    assert list(first) != list(second)
    wrapped = (lambda one: {"names": [one, 1]}, lambda one: (frozenset(one),), lambda one: HoldOne(symbol=one))
    for held in (lambda one: one, *wrapped):
        assert strategy_digest(HoldOne(symbol=held(first))) == strategy_digest(HoldOne(symbol=held(second)))
        assert strategy_digest(HoldOne(symbol=held(first))) != strategy_digest(HoldOne(symbol=held({0, 9})))
    path = tmp_path / "one.py"
    path.write_text("def decide(past, portfolio):\n    return None\n", encoding="utf-8")
    before = strategy_digest(find_strategy(str(path)))
    path.write_text("def decide(past, portfolio):\n    return {}\n", encoding="utf-8")
    assert strategy_digest(find_strategy(str(path))) != before
    with pytest.raises(BacktestError, match="holds 'symbol', which cannot be written down .*cannot pickle 'generator'"):
        strategy_digest(HoldOne(symbol=(one for one in ())))
    endless = [object]
    endless.append(endless)
    with pytest.raises(BacktestError, match="holds 'symbol', which cannot be written down .it holds itself"):
        strategy_digest(HoldOne(symbol=endless))
    typed = type("Typed", (), {"__module__": "nowhere", "decide": lambda past, portfolio: None})
    with pytest.raises(BacktestError, match="No file defines Typed, so a folder could not say what was swept"):
        strategy_digest(typed())


# ------------------------------------------------------------------------------------------ a strategy's own settings


def test_own_settings():
    own = own_settings(thesis("flow-momentum"))
    assert own("rotation.speed") == 1.0
    assert own("run.stop_days") is None
    assert own_settings(HoldOne())("strategy.weight") == 0.5
    assert own_settings(HoldOne())("run.costs") == "none"
    for name in ("signal.loockback", "name", "strategy.weight", "run.cost", "signal."):
        with pytest.raises(KeyError):
            own(name)
    with pytest.raises(KeyError):
        own_settings(HoldOne())("signal.lookback")


def test_a_condition_may_name_what_is_not_varied():
    grid = {"rotation.exit": [-0.5, 0.5, 1.5], "conditions": "rotation.exit < rotation.enter"}
    base = thesis("flow-momentum").replace({"rotation.enter": 1.0})
    space = space_of(grid, own_settings(base))
    assert [space.settings(k) for k in range(space.n)] == [{"rotation.exit": -0.5}, {"rotation.exit": 0.5}]
    assert space.digest != space_of(grid, own_settings(base.replace({"rotation.enter": 1.2}))).digest
