"""Corporate actions: where they come from, what is refused, and from when each is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.actions import CASH, KINDS, SCRIP, SPLIT, TERMINAL, Actions
from data.counterfactual import FUTURES, rescaled, with_future
from data.errors import DataError
from data.load import load
from data.market import MarketData
from data.sources.frames import from_frames
from tests.markets import checks, said

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
FX = pd.DataFrame({"date": ["2024-01-01"], "base": "USD", "quote": "HKD", "rate": 7.8})


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


def prices(**changes: object) -> pd.DataFrame:
    """AAA in New York, rows 1 to 4, and 0700.HK, rows 5 to 8."""
    frame = pd.DataFrame(
        {
            "date": DAYS * 2,
            "symbol": ["AAA"] * 4 + ["0700.HK"] * 4,
            "venue": ["XNYS"] * 4 + ["XHKG"] * 4,
            "currency": ["USD"] * 4 + ["HKD"] * 4,
            "close": [100.0, 102.0, 51.0, 50.5, 300.0, 301.0, 302.0, 303.0],
        }
    )
    return frame.assign(**changes)


def actions(*rows: tuple[object, ...], columns: str = "symbol kind ex_date amount pay_date") -> pd.DataFrame:
    return pd.DataFrame([dict(zip(columns.split(), row, strict=True)) for row in rows])


def market_of(given: pd.DataFrame | None = None, basis: str = "raw", **changes: object) -> MarketData:
    return from_frames(prices(**changes), fx=FX, actions=given, price_basis=basis)


def as_rows(found: Actions) -> list[tuple[object, ...]]:
    return [
        (symbol, KINDS[kind], str(ex), str(pay), amount, str(pd.Timestamp(known, tz="UTC")))
        for symbol, kind, ex, pay, amount, known in zip(
            found.symbol, found.kind, found.ex_date, found.pay_date, found.amount, found.known, strict=True
        )
    ]


def test_a_market_without_actions_has_none() -> None:
    assert len(market_of().actions) == 0
    assert "D606" not in checks(market_of())
    assert "D607" not in checks(market_of())


def test_columns_beside_the_prices_are_actions() -> None:
    splits = [0.0, 1.0, 2.0, np.nan, 0.0, 0.0, 0.0, 0.0]
    dividends = [0.0, np.nan, 0.0, 0.5, 0.0, 0.0, 2.4, 0.0]
    market = market_of(splits=splits, dividends=dividends)
    assert as_rows(market.actions) == [
        ("0700.HK", "dividend", "2024-01-04", "2024-01-04", 2.4, "2024-01-04 00:00:00+00:00"),
        ("AAA", "split", "2024-01-04", "NaT", 2.0, "2024-01-04 00:00:00+00:00"),
        ("AAA", "dividend", "2024-01-05", "2024-01-05", 0.5, "2024-01-05 00:00:00+00:00"),
    ]
    assert np.isnan(market.actions.withholding).all()
    assert said(market, "D607") == ["2 dividends have no pay date and count as paid on the ex date."]


def test_a_table_of_actions_says_more() -> None:
    table = actions(
        (" 0700.HK", "scrip", "2024-01-04", 0.1, "2024-02-01", 0.0, "2024-01-01"),
        ("AAA", "delisting", "2024-01-08", "", None, None, None),
        ("AAA", "dividend", "2024-01-05", 0.5, "2024-01-31", 0.3, "2024-01-04"),
        ("AAA", "split", "2024-01-05", 2, "2024-01-31", None, "2024-01-05"),
        columns="symbol kind ex_date amount pay_date withholding announced",
    )
    found = market_of(table.assign(amount=[0.1, np.nan, 0.5, 2.0])).actions
    assert as_rows(found)[0] == (
        *("0700.HK", "scrip", "2024-01-04", "2024-02-01", 0.1),
        "2024-01-02 00:00:00+00:00",
    )
    # Known on the ex date at the latest, also when announced on that very day.
    assert as_rows(found)[1] == ("AAA", "split", "2024-01-05", "NaT", 2.0, "2024-01-05 00:00:00+00:00")
    assert as_rows(found)[2] == ("AAA", "dividend", "2024-01-05", "2024-01-31", 0.5, "2024-01-05 00:00:00+00:00")
    assert as_rows(found)[3][:4] == ("AAA", "delisting", "2024-01-08", "2024-01-08")
    assert np.isnan(found.amount[3])
    np.testing.assert_array_equal(found.withholding, [0.0, np.nan, 0.3, np.nan])
    for column in (found.kind, found.ex_date, found.pay_date, found.amount, found.withholding, found.known):
        assert not column.flags.writeable


def test_both_sources_may_say_the_same() -> None:
    table = actions(("AAA", "dividend", "2024-01-05", 0.5, "2024-01-31"))
    dividends = [0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    found = market_of(table, dividends=dividends)
    assert [row[3] for row in as_rows(found.actions)] == ["2024-01-31"]
    assert not {"D606", "D607"} & set(checks(found))
    with pytest.raises(
        DataError,
        match=r"actions, row 1: the dividend of AAA on 2024-01-05 is 0.5, but 0.4 in prices, row 4. Correct one",
    ):
        market_of(table, dividends=[0.4 if x else 0.0 for x in dividends])


WRONG = [
    (actions(("ZZZ", "split", "2024-01-04", 2, None)), "actions, row 1: ZZZ has no prices"),
    (
        actions(("AAA", "spin-off", "2024-01-04", 2, None)),
        "unknown kind 'spin-off' of AAA. Known: split, dividend, scrip",
    ),
    (actions(("AAA", "dividend", "2024-01-04", 0, None)), "the dividend of AAA on 2024-01-04 has an amount that is 0"),
    (actions(("AAA", "split", "2024-01-04", -2, None)), "has an amount that is -2; it must be positive"),
    (actions(("AAA", "scrip", "2024-01-04", None, None)), "has an amount that is empty; it must be positive"),
    (actions(("AAA", "delisting", "2024-01-04", -1, None)), "pays -1; it must be zero or more, or empty for the last"),
    (
        actions(("AAA", "dividend", "2024-01-04", 1, "2023-12-20")),
        "AAA pays on 2023-12-20, before the ex date 2024-01-04",
    ),
    (actions(("AAA", "dividend", None, 1, None)), "actions, row 1: 'ex_date' is empty"),
    (actions(("AAA", "dividend", "2024-01-04", 1, "soon")), "row 1: 'soon' in 'pay_date' is no date"),
    (
        actions(("AAA", "dividend", "2024-01-04", 1, None), ("AAA", "dividend", "2024-01-04", 2, None)),
        "actions, row 2: a second dividend of AAA on 2024-01-04; the first is actions, row 1. Keep one, or add up",
    ),
    (
        actions(("AAA", "delisting", "2024-01-04", 1, None), ("AAA", "delisting", "2024-01-05", 1, None)),
        "actions, row 2: a second delisting of AAA",
    ),
    (actions(("AAA", "split", "2024-01-04", 2), columns="symbol kind ex_date ratio"), "actions: no column 'amount'"),
    (
        actions(("AAA", "split", "2024-01-04", 2, "2024-01-05"), columns="symbol kind ex_date amount announced"),
        "AAA announced on 2024-01-05, after the ex date",
    ),
    (
        actions(("AAA", "dividend", "2024-01-04", 2, 10), columns="symbol kind ex_date amount withholding"),
        "withholding of AAA is 10; give a fraction such as 0.1",
    ),
]


@pytest.mark.parametrize(("table", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
@pytest.mark.parametrize("basis", ["raw", "total_return"])
def test_wrong_rows_are_named(table: pd.DataFrame, message: str, basis: str) -> None:
    with pytest.raises(DataError) as refusal:
        market_of(table, basis)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("column", ["splits", "dividends"])
def test_negative_numbers_beside_prices_are_refused(column: str) -> None:
    with pytest.raises(
        DataError, match=rf"prices, row 5: {column} of 0700.HK on 2024-01-02 is -1; it must be positive"
    ):
        market_of(**{column: [0.0] * 4 + [-1.0] + [0.0] * 3})


@pytest.mark.parametrize(
    ("basis", "kept", "warning"),
    [
        ("raw", ["split", "dividend", "scrip", "delisting"], None),
        ("split", ["dividend", "delisting"], "Left out: 1 splits and 1 scrip dividends, which prices of price_basis"),
        ("total_return", ["delisting"], "Left out: 1 splits and 1 dividends and 1 scrip dividends, which prices of"),
    ],
)
def test_what_the_prices_hold_is_not_booked_again(basis: str, kept: list[str], warning: str | None) -> None:
    table = actions(
        ("AAA", "split", "2024-01-04", 2, None),
        ("AAA", "dividend", "2024-01-04", 1, "2024-01-04"),
        ("AAA", "scrip", "2024-01-04", 0.1, "2024-01-04"),
        ("AAA", "delisting", "2024-01-08", 50, None),
    )
    market = market_of(table, basis)
    assert [KINDS[kind] for kind in market.actions.kind] == kept
    assert len(said(market, "D606")) == (warning is not None)
    assert warning is None or said(market, "D606")[0].startswith(warning)


def with_instruments(table: pd.DataFrame | None = None, **facts: object) -> MarketData:
    instruments = pd.DataFrame({"symbol": ["AAA"], **{key: [value] for key, value in facts.items()}})
    return from_frames(prices(), fx=FX, instruments=instruments, actions=table)


def test_a_delisting_of_the_instruments_ends_in_cash_the_day_after_the_last() -> None:
    market = with_instruments(delisted="2024-01-04", terminal_price=54.2)
    assert market.instruments["AAA"].terminal_price == 54.2
    assert as_rows(market.actions) == [
        ("AAA", "delisting", "2024-01-05", "2024-01-05", 54.2, "2024-01-04 00:00:00+00:00")
    ]
    assert with_instruments(delisted="2024-01-04", terminal_price=0).actions.amount.tolist() == [0.0]
    without = with_instruments(delisted="2024-01-04")
    assert without.actions.kind.tolist() == [TERMINAL]
    assert np.isnan(without.actions.amount[0])
    past = market.until(utc("2024-01-03 15:59"))
    assert (past.instruments["AAA"].delisted, past.instruments["AAA"].terminal_price) == (None, None)


def test_a_delisting_in_both_tables_must_pay_the_same() -> None:
    table = actions(("AAA", "delisting", "2024-01-08", 54.2, "2024-01-15"))
    market = with_instruments(table, delisted="2024-01-04", terminal_price=54.2)
    assert [row[2:5] for row in as_rows(market.actions)] == [("2024-01-08", "2024-01-15", 54.2)]
    with pytest.raises(DataError, match=r"actions, row 1: the delisting of AAA pays 54.2, but its terminal_price is 5"):
        with_instruments(table, delisted="2024-01-04", terminal_price=5)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"terminal_price": 5}, "AAA has a terminal_price, but no day in 'delisted'"),
        ({"terminal_price": -1, "delisted": "2024-01-04"}, "terminal_price '-1' of AAA is no price"),
        ({"terminal_price": "much", "delisted": "2024-01-04"}, "terminal_price 'much' of AAA is no price"),
    ],
)
def test_bad_terminal_prices_are_refused(facts: dict, message: str) -> None:
    with pytest.raises(DataError, match=rf"^instruments: {message}"):
        with_instruments(**facts)


EVENTS = actions(
    ("AAA", "dividend", "2024-01-05", 0.5, "2024-01-31", "2024-01-02"),
    ("0700.HK", "split", "2024-01-05", 5, None, None),
    ("0700.HK", "dividend", "2024-01-04", 2.4, "2024-01-20", None),
    ("AAA", "delisting", "2024-01-08", 54.0, None, "2024-01-03"),
    columns="symbol kind ex_date amount pay_date announced",
)


@pytest.mark.parametrize(
    ("stamp", "n_known"),
    [
        ("2024-01-02 23:59", 0),
        ("2024-01-03 00:00", 1),
        ("2024-01-03 23:59", 1),
        ("2024-01-04 00:00", 3),
        ("2024-01-04 23:59", 3),
        ("2024-01-05 00:00", 4),
    ],
)
def test_an_action_is_known_from_its_stamp(stamp: str, n_known: int) -> None:
    market = market_of(EVENTS)
    past = market.until(utc(stamp)).actions
    assert len(past) == n_known
    for future in FUTURES:
        changed = with_future(market, utc(stamp), future, np.random.default_rng(3))
        assert as_rows(changed.until(utc(stamp)).actions) == as_rows(past)
        is_later = changed.actions.known > utc(stamp)
        if future in {"nan", "nothing"}:
            assert not is_later.any()
        else:
            assert (changed.actions.amount[is_later] != market.actions.amount[is_later]).all()
            assert changed.actions.amount[~is_later].tolist() == market.actions.amount[~is_later].tolist()


def test_a_change_of_prices_keeps_the_actions() -> None:
    market = market_of(EVENTS)
    assert market.with_prices({"close": market.close * 2}).actions is market.actions


def test_a_rescaled_past_scales_what_is_paid_in_money() -> None:
    scaled = rescaled(market_of(EVENTS), "AAA", 0.5).actions
    assert dict(zip(zip(scaled.symbol, scaled.kind.tolist(), strict=True), scaled.amount, strict=True)) == {
        ("0700.HK", CASH): 2.4,
        ("0700.HK", SPLIT): 5.0,
        ("AAA", CASH): 0.25,
        ("AAA", TERMINAL): 27.0,
    }
    assert SCRIP not in scaled.kind


def test_a_folder_may_hold_files_of_actions(tmp_path: Path) -> None:
    prices(splits=0.0).to_csv(tmp_path / "prices.csv", index=False)
    FX.to_csv(tmp_path / "fx.csv", index=False)
    (tmp_path / "market.toml").write_text('price_basis = "raw"\n', encoding="utf-8")
    EVENTS.iloc[:2].to_csv(tmp_path / "actions_a.csv", index=False)
    EVENTS.iloc[2:].drop(columns="announced").to_parquet(tmp_path / "actions_b.parquet")
    market = load(tmp_path)
    assert [row[:5] for row in as_rows(market.actions)] == [row[:5] for row in as_rows(market_of(EVENTS).actions)]
    text = "symbol,kind,ex_date,amount\n0700.HK,split,2024-01-04,five\n"
    (tmp_path / "actions_a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"^actions_a.csv, row 1: 'five' in 'amount' is no number"):
        load(tmp_path)


def test_what_trades_with_due_bills_is_paid_shortly_before_its_ex_date() -> None:
    table = actions(("AAA", "split", "2024-01-04", 2, "2024-01-03"), ("AAA", "dividend", "2024-01-05", 9, "2024-01-04"))
    found = market_of(table).actions
    assert [str(day) for day in found.ex_date] == ["2024-01-04", "2024-01-05"]
    assert str(found.pay_date[1]) == "2024-01-05"  # nothing is booked before the ex date
