"""Changes of universes: by day of effect, known from the day after the announcement; and a user's own table."""

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.index_changes import membership_changes
from data.sources.frames import from_frames
from data.sources.memberships_table import read_memberships
from data.universes import SOME_DAY, Spell, known_by, known_memberships
from strategies.membership import membership

day = np.datetime64
ADDED = Spell("A", day("2024-03-04"), added_announced=day("2024-02-16"))
LATE = Spell("A", day("2024-03-04"), day("2024-06-10"), day("2024-03-06"), day("2024-06-12"))


@pytest.mark.parametrize(
    ("spell", "today", "known"),
    [
        (ADDED, "2024-02-16", Spell("A", SOME_DAY)),
        (ADDED, "2024-02-17", ADDED),
        (Spell("A", day("2024-03-04")), "2024-03-03", Spell("A", SOME_DAY)),
        (Spell("A", day("2024-03-04")), "2024-03-04", Spell("A", day("2024-03-04"))),
        # Announced after its day of effect: known only then.
        (LATE, "2024-03-06", Spell("A", SOME_DAY)),
        (LATE, "2024-03-07", Spell("A", day("2024-03-04"), None, day("2024-03-06"))),
        (LATE, "2024-06-12", Spell("A", day("2024-03-04"), None, day("2024-03-06"))),
        (LATE, "2024-06-13", LATE),
    ],
)
def test_a_change_is_known_from_the_day_after_its_announcement(spell, today, known):
    assert known_by({"u": (spell,)}, day(today)) == {"u": (known,)}


def test_the_day_of_effect_decides_who_belongs():
    days = np.array(["2024-03-01", "2024-03-04", "2024-03-06", "2024-03-07", "2024-06-07", "2024-06-12", "2024-06-13"])
    days = days.astype("datetime64[D]")
    assert ADDED.holds_as_known(days, days).tolist() == [False, True, True, True, True, True, True]
    assert LATE.holds_as_known(days, days).tolist() == [False, False, False, True, True, True, False]


def test_a_review_is_known_between_its_announcement_and_its_effect():
    # Midea in, Weibo out: announced on Friday 2024-11-22, in effect on 2024-12-09.
    spells = {spell.symbol: spell for spell in known_memberships()["hang-seng-tech"] if spell.symbol in MOVED}
    for today, midea, weibo in (
        ("2024-11-22", SOME_DAY, None),
        ("2024-11-23", day("2024-12-09"), day("2024-12-09")),
    ):
        past = {one.symbol: one for one in known_by({"u": tuple(spells.values())}, day(today))["u"]}
        assert (past["0300.HK"].added, past["9898.HK"].removed) == (midea, weibo)


MOVED = ("0300.HK", "9898.HK")


def test_property_membership_at_a_stamp_is_that_of_the_market_as_known_then():
    rng = np.random.default_rng(8)
    dates = pd.bdate_range("2024-01-02", "2024-03-28").difference(
        pd.DatetimeIndex(["2024-01-15", "2024-02-19", "2024-03-29"])
    )
    names = [f"N{i}" for i in range(8)]
    prices = pd.concat(
        pd.DataFrame({"date": dates, "symbol": name, "venue": "XNYS", "currency": "USD", "close": 10.0})
        for name in names
    )

    def some_day(low: int, high: int):
        return None if rng.random() < 0.3 else day("2024-01-02") + int(rng.integers(low, high))

    for _ in range(5):
        spells = tuple(
            Spell(
                name,
                some_day(0, 40) or day("2023-01-02"),
                removed := some_day(41, 80),
                some_day(0, 60),
                None if removed is None else some_day(20, 85),
            )
            for name in names
        )
        market = from_frames(prices, memberships={"u": spells})
        calendar = market.calendars["XNYS"]
        inside = (calendar.dates >= market.start) & (calendar.dates <= market.end)
        stamps, days = calendar.closes[inside], calendar.dates[inside]
        whole = membership(market, "u", stamps, days, 0)
        for i in rng.choice(len(stamps), 12, replace=False):
            past = membership(market.until(int(stamps[i])), "u", stamps[: i + 1], days[: i + 1], 0)
            np.testing.assert_array_equal(past.eligible, whole.eligible[: i + 1])
            np.testing.assert_array_equal(past.belongs, whole.belongs[: i + 1])


def test_changes_by_date():
    changes = membership_changes(known_memberships(), "big-seven+hang-seng-tech", "2022-06-01", "2023-03-31")
    assert changes["symbol"].tolist() == ["0522.HK", "9866.HK", "0909.HK", "9898.HK"]
    assert changes["change"].tolist() == ["left", "entered", "left", "entered"]
    assert [str(one.date()) for one in changes["date"]] == ["2022-06-13"] * 2 + ["2023-03-13"] * 2
    assert [str(one.date()) for one in changes["known"]] == ["2022-05-21"] * 2 + ["2023-02-25"] * 2
    assert set(changes["status"]) == {"confirmed"}
    derived = membership_changes(known_memberships(), "hang-seng-tech", "2021-02-23", "2021-02-23").iloc[0]
    assert (derived["symbol"], derived["status"]) == ("1024.HK", "recalled")
    assert pd.isna(derived["announced"])
    assert str(derived["known"].date()) == "2021-02-23"
    assert membership_changes(known_memberships(), "big-seven").empty


# ------------------------------------------------------------------------------------ a table of the user's


def table(*rows: tuple[str, ...]) -> pd.DataFrame:
    columns = ["universe", "symbol", "added", "removed", "announced", "removed_announced"]
    return pd.DataFrame([(*row, *[""] * (len(columns) - len(row))) for row in rows], columns=columns)


def test_a_table_of_universes_in_any_order():
    rows = table(
        ("mine", "B", "2024-03-04", "2024-06-10", "2024-02-16", "2024-05-24"),
        ("mine", "A", "2024-09-09"),
        ("mine", "A", "2024-03-04", "2024-06-10"),
        ("other", "A", "2024-01-02"),
    )
    found = read_memberships(rows, "memberships.csv")
    assert list(found) == ["mine", "other"]
    assert [(one.symbol, str(one.added), str(one.removed)) for one in found["mine"]] == [
        ("A", "2024-03-04", "2024-06-10"),
        ("A", "2024-09-09", "None"),
        ("B", "2024-03-04", "2024-06-10"),
    ]
    assert (found["mine"][2].added_announced, found["mine"][2].removed_announced) == (
        day("2024-02-16"),
        day("2024-05-24"),
    )
    shuffled = read_memberships(rows.iloc[[3, 0, 2, 1]].reset_index(drop=True), "memberships.csv")
    assert shuffled == found
    assert read_memberships(rows[["universe", "symbol", "added"]].iloc[[1, 3]].reset_index(drop=True), "m")["other"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("mine", "A", "")], "m.csv, row 1: 'added' of A is empty"),
        ([("mine", "A", "03/04/2024")], "m.csv, row 1: '03/04/2024' in 'added' is no date"),
        ([("mine", "A", "2024-03-04", "2024-03-04")], "row 1: A is removed on 2024-03-04, not after"),
        ([("mine", "A", "2024-03-04", "", "", "2024-02-02")], "row 1: A has a day in 'removed_announced'"),
        (
            [("mine", "A", "2024-03-04"), ("mine", "A", "2024-09-09")],
            "row 2: A is in 'mine' from 2024-09-09, while an earlier row has it in from 2024-03-04 to now",
        ),
        (
            [("mine", "A", "2024-06-03"), ("mine", "A", "2024-03-04", "2024-06-10")],
            "row 1: A is in 'mine' from 2024-06-03, while an earlier row has it in from 2024-03-04 to 2024-06-10",
        ),
        ([("a+b", "A", "2024-06-03")], "row 1: 'a\\+b' in 'universe' has a '\\+'"),
        ([("mine", " ", "2024-06-03")], "row 1: 'symbol' is empty"),
    ],
)
def test_a_wrong_row_is_named(rows, message):
    with pytest.raises(DataError, match=message):
        read_memberships(table(*rows), "m.csv")


def test_spells_may_touch():
    rows = table(("mine", "A", "2024-03-04", "2024-06-10"), ("mine", "A", "2024-06-10"))
    assert len(read_memberships(rows, "m.csv")["mine"]) == 2
