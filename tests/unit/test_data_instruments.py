"""Instruments and universes: facts, membership by date, sums, one line per issuer."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.instruments import known_instruments, plain_instrument, with_facts
from data.load import load
from data.universes import SOME_DAY, Spell, known_by, known_memberships, preferred_lines, spells_of

# Reviews of Hang Seng TECH by day of effect: announced in the press, or inferred to be without change.
REVIEWS = [
    *("2020-12-07", "2021-03-15", "2021-06-07", "2021-09-06", "2021-12-06", "2022-03-07", "2022-06-13", "2022-09-05"),
    *("2022-12-05", "2023-03-13", "2023-06-05", "2023-09-04", "2023-12-04", "2024-03-04", "2024-06-11", "2024-09-09"),
    *("2024-12-09", "2025-03-10", "2025-06-09", "2025-09-08", "2025-12-08"),
]
# Members of Hang Seng TECH that the studied universes lack: no sector is known.
EXTRA = 18


def members(day: str) -> set[str]:
    return {s.symbol for s in known_memberships()["hang-seng-tech"] if s.holds(np.datetime64(day))}


def test_facts_of_alibaba() -> None:
    facts = known_instruments()
    adr, line = facts["BABA"], facts["9988.HK"]
    assert adr.issuer == line.issuer == "9988.HK"
    assert (adr.venue, adr.currency, adr.lot, adr.listed) == ("XNYS", "USD", 1, np.datetime64("2014-09-19"))
    assert (line.venue, line.currency, line.lot, line.listed) == ("XHKG", "HKD", 100, np.datetime64("2019-11-26"))
    assert adr.sector == line.sector == "Consumer Discretionary"


@pytest.mark.parametrize(
    ("symbol", "lot"), [("0700.HK", 100), ("2020.HK", 200), ("0688.HK", 500), ("600519.SS", 100), ("AAPL", 1)]
)
def test_board_lots_of_february_2025(symbol: str, lot: int) -> None:
    assert known_instruments()[symbol].lot == lot


def test_the_names_added_for_index_membership_are_unclassified() -> None:
    unclassified = [one for one in known_instruments().values() if one.sector == "unclassified"]
    assert len(known_instruments()) == 177
    assert len(unclassified) == EXTRA
    ever = {spell.symbol for spell in known_memberships()["hang-seng-tech"]}
    assert {one.symbol for one in unclassified} <= ever


@pytest.mark.parametrize("day", ["2020-07-27", *REVIEWS])
def test_hang_seng_tech_has_thirty_members_after_each_review(day: str) -> None:
    assert len(members(day)) == 30


def test_hang_seng_tech_grew_by_fast_entries_between_reviews() -> None:
    assert len(members("2021-03-12")) == 32
    assert len(members("2021-06-04")) == 31


@pytest.mark.parametrize(
    ("symbol", "day", "belongs"),
    [
        ("6618.HK", "2020-12-21", False),
        ("6618.HK", "2020-12-22", True),
        ("0522.HK", "2022-06-12", True),
        ("0522.HK", "2022-06-13", False),
        ("0522.HK", "2024-09-09", True),  # a second spell
        ("1211.HK", "2025-06-06", False),
        ("UNKNOWN", "2020-12-04", True),
        ("UNKNOWN", "2020-12-07", False),
    ],
)
def test_membership_by_date(symbol: str, day: str, belongs: bool) -> None:
    assert (symbol in members(day)) is belongs


def test_spells_of_one_name_do_not_overlap() -> None:
    spells = known_memberships()["hang-seng-tech"]
    for symbol in {spell.symbol for spell in spells}:
        mine = sorted((s for s in spells if s.symbol == symbol), key=lambda s: s.added)
        for one, other in pairwise(mine):
            assert one.removed is not None
            assert one.removed <= other.added


def test_every_member_has_facts_or_is_unknown() -> None:
    for universe in known_memberships().values():
        for spell in universe:
            assert spell.symbol in known_instruments() or spell.symbol in {"UNKNOWN", "9990.HK", "2518.HK"}


def test_china_adr_is_adrs_and_us_common_stock() -> None:
    tagged = {one.symbol for one in known_instruments().values() if one.tags & {"adr", "us-common"}}
    found = {spell.symbol for spell in known_memberships()["china-adr"]}
    assert found == tagged
    assert {"BABA", "YUMC"} <= found
    assert len(found) == 36


def test_the_big_seven() -> None:
    names = [spell.symbol for spell in known_memberships()["big-seven"]]
    assert names == ["AAPL", "AMZN", "GOOGL", "META", "MSFT", "NVDA", "TSLA"]


def test_sums_of_universes_and_symbols() -> None:
    made = {"a": (Spell("X"), Spell("Y")), "b": (Spell("Z"),)}
    assert [s.symbol for s in spells_of("b + a+Q", made, ["Q"])] == ["Z", "X", "Y", "Q"]
    assert [s.symbol for s in spells_of(["a", "b+Q"], made, ["Q"])] == ["X", "Y", "Z", "Q"]


@pytest.mark.parametrize("expression", ["big-eight", "a+big-eight", "a+", "", []])
def test_an_unknown_universe_is_refused_by_name(expression: object) -> None:
    asked = "big-eight" if "big-eight" in expression else ""
    message = "No universe is named" if expression == [] else f"'{asked}' is neither a universe nor a symbol"
    with pytest.raises(DataError, match=f"{message}.*Universes: a"):
        spells_of(expression, {"a": (Spell("X"),)}, [])


def test_one_line_per_issuer() -> None:
    facts = known_instruments()
    lines = ["BABA", "9988.HK", "AAPL", "JD", "9618.HK", "PDD"]
    assert preferred_lines(lines, facts, ["XHKG", "XNYS"]) == ["9618.HK", "9988.HK", "AAPL", "PDD"]
    assert preferred_lines(lines, facts, ["XNYS"]) == ["AAPL", "BABA", "JD", "PDD"]
    assert preferred_lines(reversed(lines), facts, []) == ["9618.HK", "9988.HK", "AAPL", "PDD"]
    with pytest.raises(DataError, match="'XXX' is no instrument"):
        preferred_lines(["XXX"], facts, [])


def test_changes_to_come_are_not_known() -> None:
    made = {"u": (Spell("A", np.datetime64("2021-01-04"), np.datetime64("2022-01-04")), Spell("B"))}
    day = np.datetime64
    assert known_by(made, day("2020-06-01"))["u"] == (Spell("A", SOME_DAY), Spell("B"))
    assert known_by(made, day("2021-01-04"))["u"] == (Spell("A", day("2021-01-04")), Spell("B"))
    assert known_by(made, day("2022-01-04")) == made


def test_an_unknown_symbol_is_its_own_issuer() -> None:
    one = plain_instrument("ZZZ", "XNYS", "USD")
    assert (one.issuer, one.name, one.lot, one.sector, one.listed) == ("ZZZ", "ZZZ", 1, "unclassified", None)
    assert plain_instrument("ZZZ", "XHKG", "HKD").lot is None


def test_facts_given_go_before_facts_known_and_empty_cells_say_nothing() -> None:
    base = known_instruments()["BABA"]
    given = {"symbol": "BABA", "name": "My Alibaba", "sector": None, "lot": np.nan, "listed": "", "tags": "x; y"}
    found = with_facts(base, given)
    assert (found.name, found.issuer, found.sector, found.lot) == ("My Alibaba", "9988.HK", base.sector, 1)
    assert found.listed == base.listed
    assert found.tags == {"x", "y"}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"lot": "many"}, "lot 'many' of A is no board lot"),
        ({"lot": 0}, "lot '0' of A is no board lot; give a whole number of shares"),
        ({"lot": 12.5}, "lot '12.5' of A is no board lot"),
        ({"listed": "soon"}, "listed 'soon' of A is no date"),
        ({"listed": "2020-01-02", "delisted": "02/03/2021"}, "delisted '02/03/2021' of A is no date"),
        ({"listed": "2020-01-02", "delisted": "2019-01-02"}, "delisted on 2019-01-02, before it lists on 2020-01-02"),
    ],
)
def test_unreadable_facts_are_refused(facts: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        with_facts(plain_instrument("A", "XHKG", "HKD"), facts)


def test_a_universe_restricts_what_may_be_held_not_what_may_be_read() -> None:
    market = load("tiny", universe="us+HK01")
    assert market.holdable == ("HK01", "US01", "US02")
    only = load("tiny", universe="us")
    assert only.holdable == ("US01", "US02")
    assert only.symbols == market.symbols
    assert only.restricted("hk").holdable == ("HK01",)


def test_a_universe_without_prices_is_refused() -> None:
    with pytest.raises(DataError, match="No member of 'china-adr' has prices in market 'demo"):
        load("demo", universe="china-adr")


def test_members_without_prices_are_named_with_their_time() -> None:
    rows = [("2021-06-07", s, "XHKG", "HKD", 10.0) for s in ("0700.HK", "9888.HK")]
    from data.sources.frames import from_frames

    frame = pd.DataFrame(rows, columns=["date", "symbol", "venue", "currency", "close"])
    market = from_frames(frame).restricted("hang-seng-tech")
    assert market.holdable == ("0700.HK", "9888.HK")
    assert "2518.HK has no prices (member 2021-06-07 to 2022-03-07)" in market.left_out
    assert "one member (member 2020-07-27 to 2020-12-07) is not known by name" in market.left_out
    # Asking again starts anew.
    assert market.restricted("0700.HK").left_out == ()
