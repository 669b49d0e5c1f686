"""Boards: read from a file, refused by name, and the one that comes with Eastbound."""

import re
from pathlib import Path

import pytest

from strategies.errors import StrategyError
from strategies.evidence.board import load_board, own_board
from strategies.evidence.claims import CLAIMS, NOT_ON_BOARD

FLOW = """
[[indicator]]
name = "money"
claim = 1
title = "Money goes into China"
source = "cash"
destination = "hk"
kind = "flow"
lookback = 5
enter = 2.0
exit = 1.0
"""
VALUE = FLOW.replace("money", "value").replace("flow", "valuation").replace("lookback = 5", "").replace("2.0", "0.9")
VALUE = VALUE.replace("exit = 1.0", "exit = 0.5")
BOTH = """
[[indicator]]
name = "both"
claim = 6
title = "Both"
source = "cash"
destination = "hk"
kind = "vote"
of = ["money", "value"]
"""


@pytest.fixture
def read(tmp_path):
    def reading(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return load_board(path)

    return reading


def test_a_table_is_an_indicator_with_its_claim(read):
    board = read(f'title = "Mine"{FLOW}{VALUE}{BOTH}')
    assert board.title == "Mine"
    assert [(one.name, one.claim, one.kind) for one in board.entries] == [
        ("money", 1, "flow"),
        ("value", 1, "valuation"),
        ("both", 6, "vote"),
    ]
    money = board.entries[0]
    assert (money.source, money.destination, money.indicator.signal.lookback) == ("cash", "hk", 5)
    assert money.indicator.fires == (2.0, 1.0)
    assert read(FLOW).title == "mine.toml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"mine.toml: a board needs at least one table \[\[indicator\]\]"),
        ("[indicator]\nname = 'x'", "a board needs at least one table"),
        ("indicator = [1]", "a board needs at least one table"),
        (f"author = 'me'{FLOW}", "mine.toml: unknown key 'author'. A board has a title, tables"),
        (f"title = 7{FLOW}", "mine.toml: title = 7: want text."),
        ("name = ", "mine.toml: Invalid value"),
        (f"{FLOW}lookbak = 5", "mine.toml, indicator 'money': unknown key 'lookbak'. Did you mean lookback"),
        (f"{FLOW}weigth = 5", "mine.toml, indicator 'money': unknown key 'weigth'. Did you mean weight"),
        (FLOW.replace("lookback = 5", "lookback = 0"), "indicator 'money': lookback = 0: want 1 or more."),
        (FLOW.replace('"flow"', '"flaw"'), "indicator 'money': kind = 'flaw': want 'flow' or 'valuation'"),
        (FLOW.replace('kind = "flow"', ""), "indicator 'money': key 'kind' is missing."),
        (FLOW.replace('destination = "hk"', ""), "indicator 'money': key 'destination' is missing."),
        (FLOW.replace('name = "money"', ""), "mine.toml, indicator number 1: key 'name' is missing."),
        (FLOW.replace("claim = 1", "claim = 16"), "indicator 'money': claim 16 is none of the story: want 1 to 15."),
        (FLOW.replace("exit = 1.0", "exit = 3.0"), "indicator 'money': exit 3 is above enter 2."),
        (FLOW + FLOW, "mine.toml: two indicators are named 'money'. Rename one."),
        (FLOW + BOTH, "mine.toml: both names the signal 'value', which is not stated"),
        (FLOW + VALUE.replace('"hk"', '"us"') + BOTH, "both is made of value, which is read on other baskets"),
        (f"{FLOW}'' = 5", "mine.toml, indicator 'money'"),
    ],
)
def test_a_wrong_board_is_refused_by_name(text, said, read):
    with pytest.raises(StrategyError, match=said):
        read(text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(StrategyError, match=r"Board file .*none.toml cannot be read: No such file"):
        load_board(tmp_path / "none.toml")
    with pytest.raises(StrategyError, match="cannot be read: Is a directory"):
        load_board(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(StrategyError, match="bytes.toml: "):
        load_board(tmp_path / "bytes.toml")


def test_the_own_board_and_what_it_leaves_out_are_all_claims_of_the_story():
    board = own_board()
    told = {entry.claim for entry in board.entries} | {board.sectors.claim}
    left = {claim.number for claim in board.without_indicator}
    assert told | left == set(range(1, 16)) == set(CLAIMS)
    assert not told & left
    # What is no figure of a date says so: every other claim is on the board.
    assert left == {8, 9, 10, 14, 15}
    assert {number for number, claim in CLAIMS.items() if claim.why_none != NOT_ON_BOARD} == left


def test_the_own_board_is_by_claim_in_short_words():
    board = own_board()
    claims = [entry.claim for entry in board.entries]
    assert claims == sorted(claims)
    assert max(len(entry.title) for entry in board.entries) <= 60
    assert {entry.kind for entry in board.entries} == {
        "flow", "strength", "positioning", "bull", "valuation", "relative", "filing", "fade", "liquidity",
    }  # fmt: skip


def test_the_manual_lists_the_indicators_of_the_own_board():
    manual = (Path(__file__).resolve().parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", manual, re.MULTILINE)
    board = own_board()
    stated = [
        (str(one.claim), one.name, one.title, f"{one.indicator.fires.enter:g}", f"{one.indicator.fires.exit:g}")
        for one in board.entries
    ]
    assert rows == stated


SECTORS = """
[sectors]
claim = 3
title = "Internet bought"
destination = "hk"
bought = ["Communication Services"]
sold = ["Energy"]
"""


def test_a_board_may_have_a_table_of_sectors(read):
    board = read(FLOW + SECTORS)
    assert [board.sectors.told(name) for name in ("Communication Services", "Energy", "Materials")] == [
        "bought", "sold", "",
    ]  # fmt: skip
    assert 3 not in {claim.number for claim in board.without_indicator}
    assert read(FLOW).sectors is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sectors = 1\n", r"mine.toml: sectors is one table, \[sectors\]"),
        (SECTORS + "lookbak = 5", r"mine.toml, \[sectors\]: unknown key 'lookbak'. Did you mean lookback"),
        (SECTORS.replace("claim = 3", "claim = 99"), r"\[sectors\]: claim 99 is none of the story"),
        (SECTORS.replace("Energy", "Communication Services"), "'Communication Services' is named twice"),
        (SECTORS + "history = 100", "min_history 252 is above history 100"),
        (SECTORS + "'' = 5", r"mine.toml, \[sectors\]"),
    ],
)
def test_a_wrong_table_of_sectors_is_refused_by_name(text, said, read):
    with pytest.raises(StrategyError, match=said):
        read(text + FLOW)
