"""The command line as a user meets it: exit codes, messages, files.

Runs whose bytes are compared, and one refusal, are processes; the rest are calls in this one.
"""

import contextlib
import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from backtest.output import open_run
from tests.terminal import eastbound

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ("--figures", "svg", "--figures", "png", "--figures", "pdf")
DRAWN = ("nav", "drawdown", "months", "shares", "score")
PRICES = "date,symbol,venue,currency,close\n2024-01-02,AAA,XNYS,USD,10\n2024-01-03,AAA,XNYS,USD,11\n"


def process(*arguments: str, cwd: object = None, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from backtest.cli import main; main()"
    asked = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, **environment}
    return subprocess.run(asked, capture_output=True, text=True, cwd=cwd, env=environment, timeout=240, check=False)


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    done = process("run", "flow-momentum", "--market", "demo", *FIGURES, "--out", str(out))
    return out, done


@pytest.mark.timeout(300)
def test_a_run_prints_the_answer_and_leaves_its_files(demo_run):
    out, done = demo_run
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC" in done.stdout
    for name in ("rotation", "hold source", "hold destination", "50/50", "constant mix"):
        assert name in done.stdout
    assert "t-statistic" in done.stdout
    names = {path.name for path in out.iterdir()}
    assert names == {
        "report.html", "summary.json", "nav.csv", "weights.csv", "trades.csv", "costs.csv", "bridge.csv",
        "statement.csv", "actions.csv", "log.csv", "manifest.json",
        *(f"figure-{name}.{kind}" for name in DRAWN for kind in ("svg", "png", "pdf")),
    }  # fmt: skip


@pytest.mark.timeout(300)
def test_the_files_agree_with_each_other(demo_run):
    out, _ = demo_run
    summary = json.loads((out / "summary.json").read_text())
    nav = pd.read_csv(out / "nav.csv", index_col="date", parse_dates=True)
    trades = pd.read_csv(out / "trades.csv")
    bridge = pd.read_csv(out / "bridge.csv", index_col="date")
    manifest = json.loads((out / "manifest.json").read_text())
    assert summary["synthetic"] is True
    assert summary["rotation"]["total_return"] == pytest.approx(nav["rotation"].iloc[-1] / 1e6 - 1, rel=1e-12)
    assert summary["rotation"]["n_trades"] == len(trades)
    parts = bridge.drop(columns=["change", "residual"]).to_numpy().sum()
    assert parts == pytest.approx(nav["rotation"].iloc[-1] - 1e6, rel=1e-9)
    assert summary["rotation"]["cost"] == pytest.approx(sum(summary["costs_by_kind"].values()), rel=1e-12)
    assert list(nav.columns) == ["rotation", *summary["references"]]
    assert len(manifest["market"]["sha256"]) == 64
    assert manifest["thesis"]["name"] == "flow-momentum"
    assert "NaN" not in (out / "summary.json").read_text()


@pytest.mark.timeout(300)
def test_the_same_run_in_another_process_folder_and_hash_seed_gives_the_same_bytes(demo_run, tmp_path):
    out, _ = demo_run
    again = process(
        "run", *FIGURES, "--out", "again", cwd=tmp_path, PYTHONHASHSEED="4711", PYTHONPATH=str(ROOT), TZ="Asia/Tokyo"
    )
    assert again.returncode == 0, again.stderr
    assert {path.name for path in out.iterdir()} == {path.name for path in (tmp_path / "again").iterdir()}
    for path in out.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_run(place, tmp_path):
    (tmp_path / "file").write_text("mine")
    done = eastbound("run", "no-such-thesis", "--market", "nowhere", "--out", place, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"eastbound: {place} ")
    assert "a run needs a folder. Choose another with --out." in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL here")
@pytest.mark.parametrize("seconds", [1.9, 2.3, 2.7])
def test_a_command_that_is_killed_leaves_a_whole_result(seconds, demo_run, tmp_path):
    out = shutil.copytree(demo_run[0], tmp_path / "run")
    code = "from backtest.cli import main; main()"
    asked = [sys.executable, "-c", code, "run", "--set", "run.costs=none", "--out", str(out)]
    child = subprocess.Popen(asked, stdout=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    child.kill()
    child.wait()
    saved = open_run(out)
    assert saved.summary["rotation"]["cost"] == pytest.approx(saved.costs.to_numpy().sum(), rel=1e-12)
    assert saved.manifest.run["costs"] in ("none", "venue-proportional")
    is_free = set(saved.summary["costs_by_kind"]) == {"withholding"}  # a tax is no cost of trading
    assert is_free == (saved.manifest.run["costs"] == "none")
    assert {path.name for path in out.iterdir()} == {*saved.manifest.files, "manifest.json"}


def test_a_refused_process_says_one_line_and_returns_2(tmp_path):
    done = process("run", "--market", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "eastbound: nowhere is no folder. Give 'demo', 'tiny', or a folder with a prices file.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "flow-momentun"], "No thesis 'flow-momentun'. Known: analyst-target"),
        (["run", "mine.toml"], "mine.toml cannot be read"),
        (["run", "--market", "nowhere"], "nowhere is no folder"),
        (["run", "--universe", "big-sevn"], "'big-sevn' is neither a universe nor a symbol"),
        (["run", "--start", "tomorrow-ish"], "start 'tomorrow-ish' is no date"),
        (["run", "--start", "2031-01-01"], "2031-01-01"),
        (["run", "--set", "signal.lokback=3"], "unknown key 'signal.lokback'"),
        (["run", "--set", "run.funding=borrowed"], "'borrowed'"),
        (
            [
                *("run", "--market", "tiny", "--set", "baskets.source=us", "--set", "baskets.destination=hk"),
                *("--set", "run.lots=exchange"),
            ],
            "approximate_lots=True",
        ),
        (["run", "--market", "tiny"], "neither a universe nor a symbol with prices. Universes: hk, us"),
        (["prove-no-lookahead", "none.py"], "none.py does not exist"),
        (["run", "none.py"], "none.py does not exist"),
        (["run", "--set", "run.half_spread_bps=tock"], "half_spread_bps = 'tock': want a number, or 'tick'."),
    ],
)
def test_wrong_input_gets_one_plain_message_and_exit_code_2(arguments, message, tmp_path):
    done = eastbound(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr.replace("\n", " ")
    assert not list(tmp_path.iterdir())


def test_a_wrong_file_is_named_with_its_row(tmp_path):
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "prices.csv").write_text(PRICES + "2024-01-04,AAA,XNYS,USD,-3\n")
    done = eastbound("run", "--market", str(folder), cwd=tmp_path)
    assert done.returncode == 2
    assert "prices.csv, row 3: close of AAA on 2024-01-04 is -3; it must be positive" in done.stderr


def test_a_user_s_own_folder_and_thesis(tmp_path):
    dates = [d.strftime("%Y-%m-%d") for d in pd.bdate_range("2024-02-20", "2024-03-28")]
    folder = tmp_path / "market"
    folder.mkdir()
    with (folder / "prices.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "symbol", "venue", "currency", "close"])
        for i, date in enumerate(dates):
            for j, symbol in enumerate(("AAA", "BBB")):
                writer.writerow([date, symbol, "XNYS", "USD", 10 + i * (j + 1)])
    (tmp_path / "mine.toml").write_text(
        '[baskets]\nsource = "AAA"\ndestination = "BBB"\nmin_members = 1\nseasoning = 2\n'
        "[rotation]\nmin_share = 0.5\nmax_share = 0.5\n[run]\ncosts = {bps = 10}\n"
    )
    done = eastbound("run", "mine.toml", "--market", "market", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC" not in done.stdout
    trades = pd.read_csv(tmp_path / "out" / "trades.csv")
    assert set(trades["symbol"]) == {"AAA", "BBB"}
    assert (trades["other_cost"] > 0).all()


POLICY = """
every = "month"
run = {"costs": "none"}
def decide(past, portfolio):
    return {"US01": 0.5}
"""


def test_a_strategy_in_python_runs(tmp_path):
    file, out = tmp_path / "mine.py", tmp_path / "out"
    file.write_text(POLICY)
    earlier = eastbound("run", "--start", "2024-06-03", "--end", "2024-07-31", "--out", str(out))
    assert earlier.returncode == 0
    assert (out / "report.html").exists()
    asked = ("run", str(file), "--start", "2024-06-03", "--end", "2024-12-31", "--out", str(out))
    done = eastbound(*asked, "--set", "run.interest=none", "--ledger")
    assert done.returncode == 0, done.stderr
    assert "strategy" in done.stdout
    assert f"files: {out}" in done.stdout
    names = {path.name for path in out.iterdir()}
    assert names == {
        "summary.json", "nav.csv", "weights.csv", "trades.csv", "costs.csv", "bridge.csv", "statement.csv",
        "actions.csv", "log.csv", "manifest.json", "ledger.txt",
    }  # fmt: skip
    trades, summary = pd.read_csv(out / "trades.csv"), json.loads((out / "summary.json").read_text())
    assert set(trades["symbol"]) == {"US01"}
    assert (trades["section31_fee"] == 0).all()
    assert summary["strategy"]["n_trades"] == len(trades)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["strategy"]["asked"] == str(file)
    assert manifest["strategy"]["changes"] == {"run.interest": "none"}
    assert (manifest["run"]["costs"], manifest["run"]["interest"]) == ("none", "none")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("x = 1\n", [], "mine.py defines no function targets(market) or decide(past, portfolio)"),
        (POLICY, ["--set", "signal.lookback=3"], "unknown key 'signal.lookback': a strategy in Python has settings of"),
        ("def run(): ...\ndef decide(past, portfolio): ...\n", [], "The strategy's run is function; want settings"),
        ("def targets(market):\n    return 3\n", [], "targets(market) returns int; want TargetWeights"),
        ("def targets(market):\n    return {}[1]\n", [], "targets(market) fails: KeyError: 1"),
    ],
)
def test_a_wrong_strategy_in_python_gets_one_plain_message(text, arguments, message, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    done = eastbound("run", str(tmp_path / "mine.py"), "--start", "2024-06-03", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr.replace("\n", " ")


def test_a_leak_is_reported_with_exit_code_2():
    done = eastbound(
        "prove-no-lookahead", "tests/leaks/full_sample_zscore.py", "--start", "2024-06-03", "--end", "2024-08-30",
        "--decisions", "2", "--random", "0",
    )  # fmt: skip
    assert done.returncode == 2
    assert "LOOK-AHEAD" in done.stdout
    good = eastbound(
        "prove-no-lookahead", "flow-momentum", "--start", "2024-06-03", "--end", "2024-08-30",
        "--decisions", "2", "--random", "0",
    )  # fmt: skip
    assert good.returncode == 0
    assert "no look-ahead found" in good.stdout


def test_theses_are_listed():
    done = eastbound("theses")
    assert done.returncode == 0
    assert "flow-momentum" in done.stdout
