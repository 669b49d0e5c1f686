"""The trial ledger: what counts as one trial, and that no line is lost, dropped in silence or a reason to stop."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.report.verdict import one_of_many
from backtest.run import RotationResult, run
from backtest.tuning import trials
from backtest.tuning.history import UNKNOWN, History
from backtest.tuning.trials import Trial, history, ledger_path, others, record, run_trial, sweep_trial
from data.fingerprint import market_hash
from data.load import load
from data.storage.locks import locked
from strategies.catalogue import thesis
from strategies.targets import TargetWeights

ROOT = Path(__file__).resolve().parents[2]
FLOW = thesis("flow-momentum")
SPAN = {"start": "2024-01-02", "end": "2024-06-28"}


@cache
def ran(lookback: int = 20, **span: str) -> RotationResult:
    return run(FLOW.replace({"signal.lookback": lookback}), load("demo", **(SPAN | span)))


def made_up(number: int, **changes: object) -> Trial:
    stated = {
        "when": "2026-01-02T03:04:05+00:00",
        "kind": "run",
        "trial": f"{number:064x}",
        "thesis": "flow-momentum",
        "settings": "a" * 64,
        "market": "demo",
        "market_sha256": "b" * 64,
        "first": "2020-01-02",
        "last": "2024-12-31",
        "candidates": 1,
    }
    return Trial.model_validate(stated | changes)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "below" / "trials.jsonl"


# ------------------------------------------------------------------------------------------ what is recorded


def test_a_run_is_one_line(ledger: Path) -> None:
    record(run_trial(ran(), "flow-momentum", where=Path("runs/latest")), ledger)
    (line,) = ledger.read_text().splitlines()
    found = json.loads(line)
    assert datetime.now(UTC) - datetime.fromisoformat(found["when"]) < timedelta(minutes=5)
    assert found["market_sha256"] == market_hash(load("demo"))
    assert found["where"] == str(Path("runs/latest").absolute())
    stated = {key: found[key] for key in ("format", "kind", "thesis", "first", "last", "candidates", "varied")}
    assert stated == {
        "format": 1,
        "kind": "run",
        "thesis": "flow-momentum",
        "first": "2024-01-02",
        "last": "2024-06-28",
        "candidates": 1,
        "varied": {},
    }
    assert found["best"] == {key: ran().summary()[key] for key in ("sharpe", "annual_return")}


def test_a_sweep_says_how_many_and_what_was_varied(ledger: Path) -> None:
    asked = {"grid": "c" * 64, "n_candidates": 600, "varied": {"signal.lookback": 60, "rotation.max_share": 10}}
    market = load("demo")
    record(sweep_trial(FLOW, market, **asked, best={"sharpe": 1.5, "calmar": float("nan")}), ledger)
    found = json.loads(ledger.read_text())
    assert (found["kind"], found["candidates"], found["varied"]) == ("sweep", 600, asked["varied"])
    assert found["best"] == {"sharpe": 1.5, "calmar": None}, "what is not defined is null"
    assert history(market_hash(market), ledger) == History(is_known=True, n_sweeps=1, n_candidates=600)


def test_the_same_trial_counts_once_and_any_other_besides(ledger: Path) -> None:
    # The first two are the same: what the thesis is called decides nothing.
    renamed = run(FLOW.model_copy(update={"name": "mine", "title": "My own"}), load("demo", **SPAN))
    same = [run_trial(one, "any").trial for one in (ran(), renamed, ran())]
    assert len(set(same)) == 1
    settings = run(FLOW.replace({"run.funding": "prefunded"}), load("demo", **SPAN))
    universe = run(FLOW, load("demo", universe="big-seven+hang-seng-tech", **SPAN))
    different = [ran(21), ran(end="2024-06-27"), ran(start="2024-01-03"), settings, universe]
    found = {run_trial(one, "any").trial for one in different}
    assert len(found | set(same)) == 6
    for one in (ran(), ran(), ran(21), ran()):
        record(run_trial(one, "flow-momentum"), ledger)
    assert len(ledger.read_text().splitlines()) == 4, "every run is kept"
    assert history(market_hash(load("demo")), ledger).n_runs == 2


def test_a_default_that_is_written_out_is_the_same_trial() -> None:
    default = RunConfig().funding
    written = run(FLOW.replace({"run.funding": default}), load("demo", **SPAN))
    assert run_trial(written, "any").trial == run_trial(ran(), "any").trial


def test_a_strategy_in_python_is_told_by_its_file_and_its_settings(tmp_path: Path) -> None:
    targets = TargetWeights.from_frame(pd.DataFrame({"US01": [1.0]}, index=["2025-01-22"]))
    result, free = (simulate(load("tiny"), targets, config) for config in (RunConfig(), RunConfig(costs="none")))
    file = tmp_path / "mine.py"
    seen = []
    for text, one in (("a = 1", result), ("a = 1", result), ("a = 2", result), ("a = 2", free)):
        file.write_text(text)
        seen.append(run_trial(one, str(file)).trial)
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_what_was_tried_is_counted_by_the_data(ledger: Path) -> None:
    for one in (
        made_up(1),
        made_up(2),
        made_up(3, kind="sweep", candidates=1_000),
        made_up(3, kind="sweep", candidates=1_000),  # swept again
        made_up(4, market_sha256="c" * 64),  # the same market, a day later
        made_up(5, market_sha256="c" * 64, kind="sweep", candidates=50),
        made_up(6, market_sha256="d" * 64, market="another"),
    ):
        record(one, ledger)
    counted = {"is_known": True, "n_runs": 2, "n_sweeps": 1, "n_candidates": 1_002}
    assert history("b" * 64, ledger) == History(**counted)
    assert history("b" * 64, ledger, market="demo") == History(**counted, n_other_data=51)
    assert others(made_up(1), ledger) == History(**(counted | {"n_runs": 1, "n_candidates": 1_001}), n_other_data=51)
    assert history("e" * 64, ledger) == History(is_known=True)


# ------------------------------------------------------------------------------------------ where it is


def test_it_is_where_one_says_else_where_the_environment_does_else_the_users_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ledger_path(Path("here.jsonl")) == Path("here.jsonl")
    monkeypatch.setenv("EASTBOUND_LEDGER", "there.jsonl")
    assert ledger_path() == Path("there.jsonl")
    monkeypatch.delenv("EASTBOUND_LEDGER")
    assert (ledger_path().name, ledger_path().parent.name) == ("trials.jsonl", "eastbound")


def test_no_test_touches_the_users_own_ledger() -> None:
    assert "EASTBOUND_LEDGER" in os.environ
    assert "ledgers" in os.environ["EASTBOUND_LEDGER"]


# ------------------------------------------------------------------------------------------ what goes wrong


def test_without_a_ledger_the_history_is_unknown(ledger: Path) -> None:
    assert history("b" * 64, ledger) == UNKNOWN == History(is_known=False)
    ledger.mkdir(parents=True)
    unreadable = history("b" * 64, ledger)
    assert not unreadable.is_known
    assert unreadable.faults == (f"Trial ledger {ledger} cannot be read: Is a directory.",)


def test_lines_that_cannot_be_read_are_named_and_stop_nothing(ledger: Path) -> None:
    record(made_up(1), ledger)
    good = ledger.read_text()
    lacking = json.dumps({key: value for key, value in json.loads(good).items() if key != "market_sha256"})
    newer = good.strip().replace('"format":1', '"format":2')
    lines = ["", "{", "3", lacking, newer, good.strip().replace('"candidates":1', '"candidates":0'), "\xff\xfe"]
    ledger.write_bytes(good.encode() + "\n".join(lines).encode("latin-1") + b"\n" + good.encode())
    found = history("b" * 64, ledger)
    assert (found.is_known, found.n_runs, found.n_unreadable) == (True, 1, 7)
    before = f" of trial ledger {ledger} is not counted: "
    said = [one.removeprefix("Line ").replace(before, " ") for one in found.faults]
    assert [int(one.split(" ")[0]) for one in said] == [2, 3, 4, 5, 6, 7, 8]
    assert said[3] == "5 market_sha256: Field required."
    assert said[4] == "6 format: Input should be 1."
    assert said[5].startswith("7 candidates: Input should be greater than or equal to 1")
    assert not any("\n" in one for one in found.faults)


def test_a_key_of_a_later_version_is_no_fault(ledger: Path) -> None:
    record(made_up(1), ledger)
    ledger.write_text(json.dumps(json.loads(ledger.read_text()) | {"mood": "good"}) + "\n")
    assert history("b" * 64, ledger) == History(is_known=True, n_runs=1, n_candidates=1)


def test_half_a_line_that_a_killed_process_left_spoils_no_other(ledger: Path) -> None:
    record(made_up(1), ledger)
    with ledger.open("ab") as file:
        file.write(b'{"format":1,"when":"2026')
    record(made_up(2), ledger)
    found = history("b" * 64, ledger)
    assert (found.n_runs, found.n_unreadable) == (2, 1)


def test_a_ledger_that_cannot_be_written_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BacktestError, match=r"not be recorded in .*trials\.jsonl: (File exists|Not a directory)\."):
        record(made_up(1), tmp_path / "file" / "trials.jsonl")
    with pytest.raises(BacktestError, match=r"could not be recorded in .*: Is a directory\."):
        record(made_up(1), tmp_path)
    monkeypatch.setattr(trials, "WAIT_SECONDS", 0.05)
    with (
        locked(tmp_path / ".trials.jsonl.lock", "writing to"),
        pytest.raises(BacktestError, match=r"could not be recorded.*Another process \(\d+\) is writing to"),
    ):
        record(made_up(1), tmp_path / "trials.jsonl")


EIGHT = """
import os, sys
from pathlib import Path
from tests.unit.test_trials import made_up, record
children = []
for process in range(8):
    children.append(os.fork())
    if not children[-1]:
        for number in range(100):
            record(made_up(1_000 * process + number), Path(sys.argv[1]))
        os._exit(0)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_eight_processes_that_append_at_once_lose_no_line(ledger: Path) -> None:
    subprocess.run([sys.executable, "-c", EIGHT, str(ledger)], check=True, cwd=ROOT, timeout=60)
    assert history("b" * 64, ledger) == History(is_known=True, n_runs=800, n_candidates=800)
    assert len(ledger.read_bytes().splitlines()) == 800
    assert [path.name for path in ledger.parent.iterdir()] == ["trials.jsonl"]


def test_running_from_python_records_nothing(tmp_path: Path) -> None:
    script = "import backtest, data, strategies; backtest.run(strategies.thesis('flow-momentum'), data.load('demo'))"
    place = tmp_path / "trials.jsonl"
    environment = {**os.environ, "EASTBOUND_LEDGER": str(place)}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=environment, timeout=60)
    assert not place.exists()


# ------------------------------------------------------------------------------------------ what the verdict says


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (
            UNKNOWN,
            "History unknown: no trial ledger says how many others were tried on these data, so nothing",
        ),
        (
            History(is_known=True),
            "knows of no other on these data; what was tried elsewhere it cannot know.",
        ),
        (History(is_known=True, n_runs=1, n_candidates=1), "1 other was tried on these data (1 run), and nothing here"),
        (
            History(is_known=True, n_runs=12, n_sweeps=2, n_candidates=1_036_812),
            "1,036,812 others were tried on these data (12 runs, 2 sweeps), and nothing here allows for having picked",
        ),
        (History(is_known=True, n_other_data=50), "On other data of that market it has 50 more."),
        (History(is_known=True, n_unreadable=1), "1 line of it cannot be read: there may have been more."),
    ],
)
def test_the_verdict_says_how_many_there_were(tried: History, said: str) -> None:
    assert said in one_of_many(tried)
    assert one_of_many(tried).startswith("This is one rule with one set of settings. ")
