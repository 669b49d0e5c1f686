"""`eastbound data`: what it prints, its exit codes, and Ctrl-C, with a fake in yfinance's place."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from data.load import load
from tests.terminal import eastbound

ROOT = Path(__file__).resolve().parents[2]
FAKE = """
import os, time, logging
from data.fetching import client
from tests.unit.test_data_yahoo import names
from tests.yahoo import FakeYahoo

yahoo = FakeYahoo(names())
yahoo.is_offline = os.environ["FAKE_YAHOO"] == "offline"
client.BACKOFF_SECONDS = 0.01

def download(*arguments, **options):
    if os.environ["FAKE_YAHOO"] == "slow" and len(yahoo.asked) == 2:
        print("waiting", flush=True)
        time.sleep(60)
    answer = yahoo.download(*arguments, **options)
    if answer.empty:
        logging.getLogger("yfinance").error("1 Failed download:")
        logging.getLogger("yfinance").error(f"{arguments[0]}: DNSError('Could not\\nresolve host')")
    return answer
"""
WEEK = ("--start", "2024-01-02", "--end", "2024-01-05")
# Where the tests run in the background of a script, SIGINT is ignored, and so it would be in the child.
CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from backtest.cli import main; main()"
START = [sys.executable, "-c", CODE, "data"]


def environment(tmp_path: Path, yahoo: str) -> dict[str, str]:
    folder = tmp_path / "site"
    folder.mkdir(exist_ok=True)
    (folder / "yfinance.py").write_text(FAKE if yahoo != "none" else "raise ImportError", encoding="utf-8")
    return {**os.environ, "FAKE_YAHOO": yahoo, "PYTHONPATH": str(folder)}


def process(tmp_path: Path, *arguments: str, yahoo: str = "answers") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*START, *arguments], cwd=ROOT, env=environment(tmp_path, yahoo), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


@pytest.mark.timeout(300)
def test_a_fetch_prints_what_it_wrote_and_what_it_could_not_get(tmp_path: Path) -> None:
    out = tmp_path / "m"
    asked = ("fetch", "yahoo", "--symbols", "AAPL, 0700.HK,GONE", *WEEK, "--out", str(out), "--pause", "0")
    done = process(tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "2 names, 2024-01-02 to 2024-01-05, 13 rows",
        f"  {out / 'fx.csv'}",
        f"  {out / 'prices.parquet'}",
        f"  {out / 'market.toml'}",
        "NOT FETCHED, 1 name:",
        "  GONE: Yahoo has nothing for GONE",
    ]
    assert done.stderr == "", "yfinance is silent, and there is no progress bar where nobody looks"
    assert load(out).symbols == ("0700.HK", "AAPL")


@pytest.mark.timeout(300)
def test_only_and_universe(tmp_path: Path) -> None:
    asked = ("fetch", "yahoo", "--universe", "AAPL+0700.HK", "--only", "prices", *WEEK, "--out", str(tmp_path / "m"))
    done = process(tmp_path, *asked, "--pause", "0")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["market.toml", "prices.parquet"]
    assert "dividends" not in pd.read_parquet(tmp_path / "m" / "prices.parquet")


WRONG = [
    (("fetch", "yahoo", *WEEK), "Say what to fetch: --universe (big-seven, china-adr, hang-seng-tech"),
    (("fetch", "yahoo", "--universe", "big-sevn", *WEEK), "'big-sevn' is neither a universe nor a symbol"),
    (("fetch", "yahoo", "--symbols", "AAPL"), "Say from when: --start 2018-01-02."),
    (("fetch", "yahoo", "--symbols", "AAPL", "--start", "2/1/x"), "start '2/1/x' is no date"),
    (("fetch", "yahoo", "--symbols", "AAPL", *WEEK, "--only", "price"), "'price' cannot be fetched. Known:"),
    (("list", "--market", "nowhere"), "nowhere is no folder"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_wrong_input_gets_one_plain_message_and_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    out = ("--out", str(tmp_path / "m")) if arguments[0] == "fetch" else ()
    done = eastbound("data", *arguments, *out)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not (tmp_path / "m").exists()


def test_without_yfinance_a_fetch_says_how_to_install_it(tmp_path: Path) -> None:
    asked = ("fetch", "yahoo", "--symbols", "AAPL", *WEEK, "--out", str(tmp_path / "m"))
    done = process(tmp_path, *asked, yahoo="none")
    assert done.returncode == 2
    (message,) = done.stderr.splitlines()
    assert message.endswith("not installed: pip install eastbound[yahoo]")
    assert not (tmp_path / "m").exists()


@pytest.mark.timeout(300)
def test_offline_is_one_plain_message_too(tmp_path: Path) -> None:
    done = process(
        tmp_path, "fetch", "yahoo", "--symbols", "AAPL", *WEEK, "--out", str(tmp_path / "m"), "--pause", "0",
        yahoo="offline",
    )  # fmt: skip
    assert done.returncode == 2
    (message,) = done.stderr.splitlines()
    assert "AAPL and SPY came back empty 3 times (['AAPL']: DNSError('Could not resolve host'))" in message
    assert not list((tmp_path / "m").iterdir())


@pytest.mark.timeout(300)
def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "m"
    asked = ["fetch", "yahoo", "--symbols", "AAPL,BRK.B,0700.HK", *WEEK, "--out", str(out), "--pause", "0"]
    child = subprocess.Popen(
        [*START, *asked], cwd=ROOT, env=environment(tmp_path, "slow"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "waiting\n"
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    kept = out / ".parts"
    assert said == f"eastbound: stopped. 2 answers are kept in {kept}; the same command goes on from there.\n"
    done = process(tmp_path, *asked)
    assert done.stdout.splitlines()[0] == "3 names, 2024-01-02 to 2024-01-05, 17 rows, 2 answers kept from before"


def test_what_there_is_is_listed() -> None:
    done = eastbound("data", "list")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["big-seven", "7", "today's", "list", "-", "-"] in rows
    assert ["tick_sizes.csv", "27", "2025-08-03", "2025-08-04"] in rows
    assert "demo, tiny" in done.stdout


def test_what_a_market_covers_is_listed() -> None:
    done = eastbound("data", "list", "--market", "tiny")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SYNTHETIC MARKET")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[2] == ["table", "series", "numbers", "first", "last", "last", "known"]
    assert "…" not in done.stdout, "no cell is cut"
