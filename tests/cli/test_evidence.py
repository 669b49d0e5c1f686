"""`eastbound evidence` as a user meets it: printed, as JSON, as a page; and what it refuses."""

import json
import re
from pathlib import Path

import pytest

from tests.real import FOLDER, needs_real
from tests.terminal import eastbound

BROKEN = """
[[indicator]]
name = "mainland"
claim = 6
title = "Mainland <is> cheap"
source = "big-seven"
destination = "hang-seng-tech"
kind = "valuation"
destination_entity = "MARS"
enter = 0.8
exit = 0.5
"""
OWN_BOARD = Path(__file__).resolve().parents[2] / "strategies" / "evidence" / "board.toml"
KEYS = {
    "name", "claim", "title", "kind", "source", "destination", "state", "reason", "since", "has_turned", "value",
    "value_label", "beside_source", "percentile", "n_readings", "score", "score_label", "enter", "exit", "origin",
    "inputs", "notes", "history",
}  # fmt: skip


@pytest.fixture
def board(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN_BOARD.read_text(encoding="utf-8") + BROKEN, encoding="utf-8")
    return str(path)


def test_it_prints_each_indicator_and_what_is_not_there(board):
    done = eastbound("evidence", "--date", "2024-09-15", "--board", board)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SYNTHETIC MARKET")
    assert "2024-09-15 has no session in New York: the last before it counts. Read at the close" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    rows = {words[1]: words for words in lines if len(words) > 3 and words[0] in "16"}
    # On the day on which the thesis of the same signal buys (docs/valuation.md).
    assert rows["china-discount"][:5] == ["6", "china-discount", "●", "fired,", "held"]
    assert rows["china-discount"][5] == "2024-08-23"
    assert rows["china-discount"][-3:] == ["2024-09-12", "(1", "day)"]
    assert rows["mainland"][2:5] == ["×", "no", "data"]
    assert "no data on 2024-09-13: mainland: destination_entity = 'MARS'" in done.stdout
    assert "Claims without an indicator:" in done.stdout
    assert re.search(r"^ +14  An extra 10 % tariff, less than feared: a scenario", done.stdout, re.MULTILINE)


def test_without_a_date_it_is_the_last_session():
    done = eastbound("evidence", "--market", "tiny", "--json")
    assert json.loads(done.stdout)["session"] == "2025-02-04"


def test_json_has_the_shape_that_the_manual_tells(board):
    done = eastbound("evidence", "--date", "2024-09-13", "--json", "--board", board)
    told = json.loads(done.stdout)
    assert list(told) == [
        "format", "market", "synthetic", "board", "venue", "asked", "session", "known_by", "percentile_sessions",
        "indicators", "sectors", "claims_without_indicator",
    ]  # fmt: skip
    assert told["format"] == "eastbound-evidence-1"
    assert told["known_by"] == "2024-09-13T20:00:00Z"
    assert all(set(one) == KEYS for one in told["indicators"])
    *_, whole, broken = told["indicators"]
    assert (broken["state"], broken["value"], broken["since"]) == ("no data", None, None)
    assert len(whole["history"]["dates"]) == len(whole["history"]["values"]) == len(whole["history"]["scores"]) == 252
    assert whole["history"]["dates"][-1] == "2024-09-13"
    assert whole["history"]["values"][-1] == whole["value"]
    assert whole["history"]["fired"][-1] is (whole["state"] == "fired")
    assert {one["claim"] for one in told["claims_without_indicator"]} == {8, 9, 10, 14, 15}
    assert told["sectors"]["claim"] == 3
    assert {one["told"] for one in told["sectors"]["lines"]} == {"bought", "sold", None}
    assert eastbound("evidence", "--date", "2024-09-13", "--json", "--board", board).stdout == done.stdout


def test_two_dates_in_either_order_tell_what_turned(board):
    done = eastbound("evidence", "--date", "2024-09-13", "--compare", "2024-06-14", "--board", board)
    assert done.returncode == 0, done.stderr
    assert "evidence of 2024-09-13 against 2024-06-14" in done.stdout
    assert done.stdout.index("turned: fired") < done.stdout.index("× → × no data")
    told = json.loads(
        eastbound("evidence", "--date", "2024-06-14", "--compare", "2024-09-13", "--board", board, "--json").stdout
    )
    assert told["format"] == "eastbound-evidence-comparison-1"
    assert [told["before"]["session"], told["after"]["session"]] == ["2024-06-14", "2024-09-13"]
    became = {one["name"]: one["change"] for one in told["changes"]}
    assert (became["china-discount"], became["mainland"]) == ("fired", "no data")
    assert told["changes"][-1]["name"] == "mainland"  # the last of the board
    # Whole on a terminal of 100 columns.
    table = done.stdout[done.stdout.index("claim  ") : done.stdout.index("● fired, ○ not fired, ◇ no score, × no data")]
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize("more", [(), ("--compare", "2024-06-14")])
def test_the_page_is_one_file_that_fetches_and_runs_nothing(more, board, tmp_path):
    out = tmp_path / "folder" / "evidence.html"
    done = eastbound("evidence", "--date", "2024-09-13", *more, "--board", board, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"page: {out}\n")
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "SYNTHETIC MARKET" in page
    assert not re.search(r"<script|https?://|src=|@import|url\(", page)
    assert len(page) < 200_000
    # What has no data says why, and a title of a board is text.
    assert "Mainland &lt;is&gt; cheap" in page
    assert "the market has no series &#39;MARS pe_ttm&#39;" in page
    # Each with data has a chart: a line, two thresholds, and, with two dates, a mark of the earlier one.
    n_charts = page.count('<article id="indicator-') - 5
    for part in ('class="score"', 'class="enter"', 'class="exit"'):
        assert page.count(part) == n_charts
    assert page.count('class="mark"') == (n_charts if more else 0)
    # The demo has no MCHI, P/B, dividend yield or Appaloosa; and there is no Mars.
    assert page.count('class="indicator none bare"') == 5
    assert "Sectors: 3 of 3 sectors as the report said" in page
    again = tmp_path / "again.html"
    eastbound("evidence", "--date", "2024-09-13", *more, "--board", board, "--out", str(again))
    assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--date", "soon"), "date 'soon' is no date; write it as 2025-02-14."),
        (("--date", "2031-01-02"), "nothing of 2031-01-02 is known yet. Ask for a date by"),
        (("--date", "1999-01-04"), "it has no session in New York by 1999-01-04. Ask for a later date."),
        (("--compare", "2031-01-02"), "nothing of 2031-01-02 is known yet"),
        (("--date", "2024-09-13", "--compare", "2024-09-15"), "stand for one session, 2024-09-13"),
        (("--market", "nowhere"), "nowhere"),
        (("--board", "nowhere.toml"), "Board file nowhere.toml cannot be read: No such file or directory."),
        (("--board", "wrong.toml"), "wrong.toml, indicator 'it': unknown key 'lookbak'. Did you mean lookback"),
        (("--date", "2025-02-30"), "date '2025-02-30' is no date; write it as 2025-02-14."),
        (("--date", "2025-02-08", "--compare", "2025-02-09"), "stand for one session, 2025-02-07"),
        (("--board", "."), "Board file . cannot be read: Is a directory."),
        (("--out", "."), ". is a folder: give a file for the page with --out, such as evidence.html."),
        (("--out", "wrong.toml/page.html"), "wrong.toml/page.html cannot be written: "),
    ],
)
def test_what_is_wrong_is_one_plain_message(arguments, said, tmp_path):
    (tmp_path / "wrong.toml").write_text(
        '[[indicator]]\nname = "it"\nkind = "flow"\nclaim = 1\ntitle = "It"\nsource = "cash"\ndestination = "hk"\n'
        "lookbak = 5\n",
        encoding="utf-8",
    )
    done = eastbound("evidence", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("eastbound: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_a_file_of_a_run_is_not_written_over(tmp_path):
    (tmp_path / "manifest.json").write_text('{"files": {"report.html": "x"}}', encoding="utf-8")
    done = eastbound("evidence", "--market", "tiny", "--out", str(tmp_path / "manifest.json"))
    assert done.returncode == 2
    assert "is a file of the run" in done.stderr


@needs_real
def test_january_against_february_on_real_figures():
    done = eastbound("evidence", "--date", "2025-02-10", "--compare", "2025-01-10", "--market", str(FOLDER), "--json")
    told = json.loads(done.stdout)
    became = {one["name"]: one["change"] for one in told["changes"]}
    assert (became["flow-week"], became["flow-rotation"], became["china-discount"]) == ("fired", "fired", "same")
    assert (became["bull-hstech"], became["streak-mchi"]) == ("fired", "fired")
    assert (became["positioning"], became["liquidity"], became["appaloosa"]) == ("no data",) * 3
    assert not told["after"]["synthetic"]
    assert told["after"]["indicators"][0]["origin"] == "signed-dollar-volume proxy of FXI+KWEB+MCHI"
