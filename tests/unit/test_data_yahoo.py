"""A fetch from Yahoo: what it writes, asks, keeps, refuses, and what a crash leaves."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.fetching.client import BACKOFF_SECONDS
from data.fetching.yahoo import Fetched, fetch_yahoo, yahoo_ticker
from data.load import load
from data.storage.locks import locked
from tests.yahoo import FakeYahoo, traded

ROOT = Path(__file__).resolve().parents[2]
WEEK = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
LATER = (*WEEK, "2024-01-08", "2024-01-09")
TODAY = "2024-02-01"
FILES = {"prices.parquet", "fx.csv", "market.toml"}


def names(days: tuple[str, ...] = WEEK) -> dict[str, pd.DataFrame]:
    def rising(first: float, **options: object) -> pd.DataFrame:
        return traded({day: first + k for k, day in enumerate(days)}, **options)

    return {
        "AAPL": rising(400.0, dividends={"2024-01-03": 0.8}),
        "BRK-B": rising(360.0),
        "0700.HK": rising(290.0),
        "600519.SS": rising(1680.0),
        "HKD=X": traded({day: 7.8 + k / 100 for k, day in enumerate(("2023-12-29", *days))}),
        "CNY=X": traded({day: 7.1 + k / 100 for k, day in enumerate(("2023-12-29", *days))}),
    }


SYMBOLS = ("AAPL", "BRK.B", "0700.HK", "600519.SS")


def fetch(fake: FakeYahoo, folder: Path, symbols: tuple[str, ...] = SYMBOLS, **options: object) -> Fetched:
    settings: dict[str, object] = {"today": TODAY, "sleep": lambda seconds: None, **options}
    first, last = settings.pop("start", WEEK[0]), settings.pop("end", "2024-01-31")
    return fetch_yahoo(symbols, first, last, folder, download=fake.download, **settings)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# ------------------------------------------------------------------------------------------ what is written


def test_a_fetch_is_a_market(tmp_path: Path) -> None:
    done = fetch(FakeYahoo(names()), tmp_path / "mine")
    assert {path.name for path in done.files} == set(content(tmp_path / "mine")) == FILES
    market = load(tmp_path / "mine")
    assert (market.name, market.price_basis, market.symbols) == ("mine", "split", tuple(sorted(SYMBOLS)))
    assert market.close[:, market.columns(["0700.HK"])[0]].tolist() == [290.0, 291.0, 292.0, 293.0]
    assert {one.venue for one in market.instruments.values()} == {"XNYS", "XHKG", "XSHG"}
    dividend = market.actions
    assert (list(dividend.symbol), dividend.amount.tolist()) == (["AAPL"], [0.8])
    assert (done.symbols, done.missing, done.n_resumed, done.notes) == (tuple(sorted(SYMBOLS)), (), 0, ())
    assert done.n_rows == 4 * 4 + 2 * 5


def test_the_files_are_as_the_documents_say(tmp_path: Path) -> None:
    fetch(FakeYahoo(names()), tmp_path)
    prices = pd.read_parquet(tmp_path / "prices.parquet")
    assert list(prices.columns) == [
        "date", "symbol", "venue", "currency", "open", "high", "low", "close", "volume", "close_raw", "dividends",
    ]  # fmt: skip
    assert prices[["date", "symbol"]].astype(str).apply(tuple, axis=1).is_monotonic_increasing
    assert (tmp_path / "fx.csv").read_text().splitlines()[:3] == [
        "date,base,quote,rate,known",
        "2023-12-29,USD,CNY,7.1,2023-12-30T00:00Z",
        "2023-12-29,USD,HKD,7.8,2023-12-30T00:00Z",
    ]
    assert 'price_basis = "split"' in (tmp_path / "market.toml").read_text()


def test_a_market_of_one_currency_asks_for_no_rates(tmp_path: Path) -> None:
    fake = FakeYahoo(names())
    fetch(fake, tmp_path, ("AAPL", "BRK.B"))
    assert fake.asked == ["AAPL", "BRK-B"]
    assert set(content(tmp_path)) == FILES - {"fx.csv"}


@pytest.mark.parametrize(
    ("kinds", "files", "asked"),
    [
        (("prices",), {"prices.parquet", "market.toml"}, ["0700.HK", "AAPL"]),
        (("fx",), {"fx.csv"}, ["HKD=X"]),
        (("dividends",), {"actions.csv"}, ["0700.HK", "AAPL"]),
        (("dividends", "fx"), {"actions.csv", "fx.csv"}, ["HKD=X", "0700.HK", "AAPL"]),
    ],
)
def test_only_what_is_asked_for_is_fetched(
    tmp_path: Path, kinds: tuple[str, ...], files: set[str], asked: list
) -> None:
    fake = FakeYahoo(names())
    fetch(fake, tmp_path, ("AAPL", "0700.HK"), kinds=kinds)
    assert set(content(tmp_path)) == files
    assert fake.asked == asked
    if "dividends" in kinds:
        assert (tmp_path / "actions.csv").read_text() == "symbol,kind,ex_date,amount\nAAPL,dividend,2024-01-03,0.8\n"
    elif "prices" in kinds:
        assert "dividends" not in pd.read_parquet(tmp_path / "prices.parquet")


def test_order_and_doubles_of_symbols_do_not_matter(tmp_path: Path) -> None:
    fetch(FakeYahoo(names()), tmp_path / "a" / "m")
    fetch(FakeYahoo(names()), tmp_path / "b" / "m", (*SYMBOLS[::-1], "AAPL"))
    assert content(tmp_path / "a" / "m") == content(tmp_path / "b" / "m")


def test_the_day_that_is_not_over_is_left_out(tmp_path: Path) -> None:
    done = fetch(FakeYahoo(names(LATER)), tmp_path, today="2024-01-08", end="2030-12-31")
    assert str(done.last) == "2024-01-07"
    assert pd.read_parquet(tmp_path / "prices.parquet")["date"].max() == pd.Timestamp("2024-01-05")


def test_symbols_are_written_as_yahoo_does() -> None:
    given = ("0700.HK", "600519.SS", "300750.SZ", "AAPL", "BRK.B", "BF.A")
    assert [yahoo_ticker(symbol) for symbol in given] == [
        "0700.HK", "600519.SS", "300750.SZ", "AAPL", "BRK-B", "BF-A",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------ missing and offline


def test_a_name_that_yahoo_does_not_know_is_listed(tmp_path: Path) -> None:
    fake = FakeYahoo(names())
    done = fetch(fake, tmp_path, ("AAPL", "GONE", "ZZZ"))
    assert done.symbols == ("AAPL",)
    assert done.missing == ("GONE: Yahoo has nothing for GONE", "ZZZ: Yahoo has nothing for ZZZ")
    assert fake.asked == ["AAPL", "GONE", "SPY", "GONE", "ZZZ", "SPY", "ZZZ"], "an empty answer is asked once more"


def test_a_name_without_a_row_in_the_range_is_listed(tmp_path: Path) -> None:
    fake = FakeYahoo({**names(), "NEW": traded({"2024-02-20": 10.0})})
    done = fetch(fake, tmp_path, ("AAPL", "NEW"), today="2024-03-01")
    assert done.missing == ("NEW: no row from 2024-01-02 to 2024-01-31",)


def test_offline_is_said_after_few_tries_that_wait_longer_each_time(tmp_path: Path) -> None:
    fake, waits = FakeYahoo(names()), list[float]()
    fake.is_offline = True
    with pytest.raises(DataError, match=r"Yahoo does not answer: AAPL and SPY came back empty 3 times\. Either this"):
        fetch(fake, tmp_path, ("AAPL", "BRK.B"), sleep=waits.append, pause_seconds=1.0)
    assert fake.asked == ["AAPL", "SPY"] * 3
    assert waits == [1.0, BACKOFF_SECONDS, 1.0, 1.0, 2 * BACKOFF_SECONDS, 1.0, 1.0]
    assert not content(tmp_path)


def test_an_error_of_yfinance_is_no_answer_and_its_reason_is_said(tmp_path: Path) -> None:
    def download(*arguments: object, **options: object) -> pd.DataFrame:
        raise OSError("could not\nresolve host")

    with pytest.raises(DataError, match=r"3 times \(could not resolve host\)\. Either this machine is offline"):
        fetch_yahoo(["AAPL"], WEEK[0], None, tmp_path, download=download, sleep=lambda seconds: None)


def test_a_line_that_comes_back_loses_nothing(tmp_path: Path) -> None:
    fake = FakeYahoo(names())
    fake.is_offline = True

    def sleep(seconds: float) -> None:
        fake.is_offline = fake.is_offline and seconds < BACKOFF_SECONDS

    assert fetch(fake, tmp_path, ("AAPL",), sleep=sleep).symbols == ("AAPL",)


def test_requests_are_apart(tmp_path: Path) -> None:
    waits = list[float]()
    fetch(FakeYahoo(names()), tmp_path, sleep=waits.append, pause_seconds=0.7)
    assert waits == [0.7] * 5, "six requests"


def test_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Nothing to write: GONE: Yahoo has nothing for GONE; ZZZ: "):
        fetch(FakeYahoo(names()), tmp_path, ("GONE", "ZZZ"))
    without_rates = {ticker: rows for ticker, rows in names().items() if ticker != "HKD=X"}
    with pytest.raises(DataError, match=r"Yahoo has no USD/HKD \(HKD=X\) from 2023-12-23 to 2024-01-31"):
        fetch(FakeYahoo(without_rates), tmp_path, ("0700.HK",))
    with pytest.raises(DataError, match="None of these names went ex dividend"):
        fetch(FakeYahoo(names()), tmp_path, ("BRK.B",), kinds=("dividends",))


WRONG: list[tuple[dict[str, object], str]] = [
    ({"symbols": ()}, "No symbols to fetch"),
    ({"symbols": ("SAP.DE",)}, "symbols: 'SAP.DE': no table and no suffix says where it lists"),
    ({"start": "tomorrow-ish"}, "start 'tomorrow-ish' is no date"),
    ({"start": "2024-01-31", "end": "2024-01-02"}, "start 2024-01-31 is after 2024-01-02, the last day to fetch"),
    ({"start": "2024-02-01", "end": None}, "start 2024-02-01 is after 2024-01-31, the last day to fetch"),
    ({"kinds": ("price",)}, "'price' cannot be fetched. Known: prices, fx, dividends"),
    ({"symbols": ("AAPL",), "kinds": ("fx",)}, "USD alone: there are no exchange rates"),
]


@pytest.mark.parametrize(("options", "message"), WRONG, ids=[message[:30] for _, message in WRONG])
def test_wrong_questions_are_refused_before_any_is_asked(tmp_path: Path, options: dict, message: str) -> None:
    fake = FakeYahoo(names())
    with pytest.raises(DataError) as refusal:
        fetch(fake, tmp_path / "out", **options)
    assert message in str(refusal.value)
    assert not fake.asked
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------------------ what stands already


def test_a_later_range_joins_what_stands(tmp_path: Path) -> None:
    fetch(FakeYahoo(names()), tmp_path / "a" / "m")
    fetch(FakeYahoo(names(LATER)), tmp_path / "a" / "m", start="2024-01-05")
    fetch(FakeYahoo(names(LATER)), tmp_path / "b" / "m")
    assert content(tmp_path / "a" / "m") == content(tmp_path / "b" / "m")
    assert len(load(tmp_path / "a" / "m").dates) == 6


def test_further_names_join_what_stands(tmp_path: Path) -> None:
    fetch(FakeYahoo(names()), tmp_path / "a" / "m", ("AAPL", "0700.HK"))
    fetch(FakeYahoo(names()), tmp_path / "a" / "m", ("BRK.B", "600519.SS"))
    fetch(FakeYahoo(names()), tmp_path / "b" / "m")
    assert content(tmp_path / "a" / "m") == content(tmp_path / "b" / "m")


def split_since() -> dict[str, pd.DataFrame]:
    closes = {day: 400.0 + k for k, day in enumerate(LATER[:-1])} | {LATER[-1]: 101.0}
    return {**names(LATER), "AAPL": traded(closes, splits={LATER[-1]: 4.0}, dividends={"2024-01-03": 0.8})}


def test_a_restatement_is_named_and_leaves_what_stands(tmp_path: Path) -> None:
    fetch(FakeYahoo(names()), tmp_path)
    before = content(tmp_path)
    with pytest.raises(DataError, match=r"Yahoo restated AAPL: open of 2024-01-05 was 398\.97 and is 99\.7425"):
        fetch(FakeYahoo(split_since()), tmp_path, start="2024-01-05")
    assert content(tmp_path) == before
    fetch(FakeYahoo(split_since()), tmp_path, replace=True)
    market = load(tmp_path)
    aapl = market.columns(["AAPL"])[0]
    assert market.close[:2, aapl].tolist() == [100.0, 100.25]
    assert market.close_raw is not None
    assert market.close_raw[:, aapl].tolist() == [400.0, 401.0, 402.0, 403.0, 404.0, 101.0]


def changed(**cells: tuple[str, str, float]) -> dict[str, pd.DataFrame]:
    found = names()
    for ticker, (day, column, value) in cells.items():
        found[ticker].loc[day, column] = value
    return found


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (changed(AAPL=("2024-01-04", "Close", 405.0)), "AAPL: close of 2024-01-04 was 402 and is 405"),
        (changed(AAPL=("2024-01-03", "Dividends", 0.9)), "AAPL: dividends of 2024-01-03 was 0.8 and is 0.9"),
        (changed(AAPL=("2024-01-04", "Close", np.nan)), "AAPL: 2024-01-04 has no row any more"),
        ({**names(), "HKD=X": names()["HKD=X"] * 1.001}, "USD/HKD: rate of 2023-12-29 was 7.8 and is 7.8078"),
    ],
)
def test_any_number_that_was_is_held_to(tmp_path: Path, now: dict[str, pd.DataFrame], message: str) -> None:
    fetch(FakeYahoo(names()), tmp_path)
    with pytest.raises(DataError) as refusal:
        fetch(FakeYahoo(now), tmp_path)
    assert f"Yahoo restated {message}" in str(refusal.value)


def test_a_row_that_had_not_been_is_a_restatement(tmp_path: Path) -> None:
    fetch(FakeYahoo(changed(AAPL=("2024-01-03", "Close", np.nan))), tmp_path)
    with pytest.raises(DataError, match="AAPL: 2024-01-03 has a row that it had not"):
        fetch(FakeYahoo(names()), tmp_path)


def test_ranges_that_do_not_meet_are_refused(tmp_path: Path) -> None:
    fetch(FakeYahoo(names(LATER)), tmp_path, ("AAPL",), end="2024-01-03")
    with pytest.raises(DataError, match="AAPL stands from 2024-01-02 to 2024-01-03, and 2024-01-05 to 2024-01-31"):
        fetch(FakeYahoo(names(LATER)), tmp_path, ("AAPL",), start="2024-01-05")


def test_volume_counted_anew_is_noted(tmp_path: Path) -> None:
    fetch(FakeYahoo(names()), tmp_path)
    done = fetch(FakeYahoo(changed(AAPL=("2024-01-05", "Volume", 1234.0))), tmp_path)
    assert done.notes == ("1 volumes differ from the last fetch; the new ones stand",)
    prices = pd.read_parquet(tmp_path / "prices.parquet")
    assert prices["volume"].max() == 1234.0


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"prices_us.csv": ""}, "holds prices_us.csv, which would be read beside prices.parquet"),
        ({"close.csv": ""}, "holds close.csv"),
        ({"fx.parquet": ""}, "holds fx.parquet, which would be read beside fx.csv"),
        ({"market.toml": 'price_basis = "raw"'}, "is a market of price_basis 'raw'; what is fetched is 'split'"),
        ({"market.toml": "price_basis = "}, "market.toml cannot be read"),
        ({"prices.parquet": ""}, "is a market of price_basis 'total_return'"),
        ({"prices.parquet": "", "market.toml": 'price_basis = "split"'}, "prices.parquet cannot be read"),
        (
            {"fx.csv": "date,base,quote,rate\n2024-01-02,USD,HKD,7.8\n"},
            "fx.csv has columns date, base, quote, rate; this",
        ),
    ],
)
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = content(tmp_path)
    with pytest.raises(DataError) as refusal:
        fetch(FakeYahoo(names()), tmp_path)
    assert message in str(refusal.value)
    assert content(tmp_path) == before


# ------------------------------------------------------------------------------------------ cut short


class Interrupted(FakeYahoo):
    """Ctrl-C at the n-th request."""

    def __init__(self, names: dict[str, pd.DataFrame], at: int) -> None:
        super().__init__(names)
        self.at = at

    def download(self, *arguments: object, **options: object) -> pd.DataFrame:
        if len(self.asked) == self.at:
            raise KeyboardInterrupt
        return super().download(*arguments, **options)


@pytest.mark.parametrize("at", range(6))
def test_a_fetch_cut_short_anywhere_goes_on_to_the_same_bytes(tmp_path: Path, at: int) -> None:
    fetch(FakeYahoo(names()), tmp_path / "whole" / "m")
    with pytest.raises(KeyboardInterrupt):
        fetch(Interrupted(names(), at), tmp_path / "cut" / "m")
    assert not content(tmp_path / "cut" / "m"), "no table, no lock"
    fake = FakeYahoo(names())
    done = fetch(fake, tmp_path / "cut" / "m")
    assert (len(fake.asked), done.n_resumed) == (6 - at, at)
    assert content(tmp_path / "cut" / "m") == content(tmp_path / "whole" / "m")
    assert {path.name for path in (tmp_path / "cut" / "m").iterdir()} == FILES


def test_what_was_left_out_is_said_after_resuming_too(tmp_path: Path) -> None:
    given = changed(AAPL=("2024-01-03", "Close", np.nan))
    with pytest.raises(KeyboardInterrupt):
        fetch(Interrupted(given, 1), tmp_path, ("AAPL", "BRK.B"))
    done = fetch(FakeYahoo(given), tmp_path, ("AAPL", "BRK.B"))
    assert (done.n_resumed, done.notes) == (1, ("AAPL: 1 rows without a close left out (2024-01-03)",))


def test_another_question_does_not_get_an_old_answer(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetch(Interrupted(names(), 1), tmp_path, ("AAPL", "BRK.B"))
    assert fetch(FakeYahoo(names()), tmp_path, ("AAPL", "BRK.B"), start="2024-01-03").n_resumed == 0


def test_a_broken_part_is_asked_for_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetch(Interrupted(names(), 1), tmp_path, ("AAPL", "BRK.B"))
    (part,) = (tmp_path / ".parts").iterdir()
    part.write_bytes(part.read_bytes()[:-20])
    assert fetch(FakeYahoo(names()), tmp_path, ("AAPL", "BRK.B")).n_resumed == 0


SLOW = """
import sys, time
sys.path.insert(0, ".")
from pathlib import Path
import data.fetching.market_folder as market_folder
from data.fetching.yahoo import fetch_yahoo
from tests.unit.test_data_yahoo import SYMBOLS, TODAY, WEEK, names
from tests.yahoo import FakeYahoo

fake, (where, folder) = FakeYahoo(names()), sys.argv[1:]

def wait():
    print("waiting", flush=True)
    time.sleep(60)

def download(*arguments, **options):
    answer = fake.download(*arguments, **options)
    if where == "asking" and len(fake.asked) == 4:
        wait()
    return answer

if where == "writing":
    market_folder.pd.DataFrame.to_csv = lambda self, place, **options: (Path(place).write_text("date,ba"), wait())
fetch_yahoo(SYMBOLS, WEEK[0], "2024-01-31", folder, download=download, today=TODAY, pause_seconds=0)
"""


def child_at_work(where: str, folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, where, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "waiting\n"
    return child


def killed(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


@pytest.mark.parametrize(("where", "n_kept"), [("asking", 3), ("writing", 6)])
def test_a_killed_fetch_leaves_no_half_file_and_goes_on(tmp_path: Path, where: str, n_kept: int) -> None:
    folder = tmp_path / "cut" / "m"
    killed(child_at_work(where, folder))
    assert not [path for path in folder.iterdir() if not path.name.startswith(".")], "no table yet"
    done = fetch(FakeYahoo(names()), folder)
    assert done.n_resumed == n_kept
    fetch(FakeYahoo(names()), tmp_path / "whole" / "m")
    whole = content(tmp_path / "whole" / "m")
    assert content(folder) == whole, "and nothing unfinished is left"


def test_a_second_fetch_into_the_folder_is_refused(tmp_path: Path) -> None:
    child = child_at_work("asking", tmp_path)
    fake = FakeYahoo(names())
    try:
        with pytest.raises(
            DataError, match=rf"Another process \({child.pid}\) is fetching into .*Wait until it is done"
        ):
            fetch(fake, tmp_path)
    finally:
        killed(child)
    assert not fake.asked
    assert (tmp_path / ".fetch.lock").exists(), "left by the dead process"
    assert fetch(fake, tmp_path).n_resumed == 3


def test_a_lock_is_free_again_whatever_happens(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    for left_by_the_dead in ("", "999999999"):
        lock.write_text(left_by_the_dead)
        with contextlib.suppress(ValueError), locked(lock, "working in"):
            assert lock.read_text() == str(os.getpid())
            with (
                pytest.raises(DataError, match=f"process \\({os.getpid()}\\) is working in"),
                locked(lock, "working in"),
            ):
                pass
            raise ValueError("inside")
        assert not lock.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file/below cannot be written"):
        fetch(FakeYahoo(names()), tmp_path / "file" / "below")


def test_without_yfinance_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(DataError, match=r"pip install eastbound\[yahoo\]"):
        fetch_yahoo(["AAPL"], WEEK[0], None, tmp_path / "out")
    assert not (tmp_path / "out").exists()
