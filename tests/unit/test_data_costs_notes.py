"""Contract notes: what they take, what they refuse, and how amounts are read. The figures are in tests/reference."""

import datetime as dt
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest

from data.costs.charges import NOTE_KINDS, assumptions, changes, charges_on, day_number
from data.costs.notes import contract_note
from data.costs.schedules import cost_schedules, proportional_rates
from data.errors import DataError

DAY = "2025-02-07"


def total(shares: object, price: object, **options: object) -> Decimal:
    return contract_note("XHKG", DAY, "buy", shares, price, **options).total  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shares", "price"),
    [(100, 100), (-100, 100.0), ("100", "100.00"), (Decimal(1000), 10), (np.float64(100), np.int64(100)), (1e5, 0.1)],
)
def test_a_number_may_be_written_in_any_way(shares: object, price: object) -> None:
    assert total(shares, price) == Decimal("12.86")


@pytest.mark.parametrize("date", [DAY, dt.date(2025, 2, 7), np.datetime64(DAY), pd.Timestamp(DAY)])
def test_a_date_may_be_written_in_any_way(date: object) -> None:
    assert contract_note("XHKG", date, "buy", 100, 100).total == Decimal("12.86")  # type: ignore[arg-type]


def test_a_note_is_a_mapping_in_the_order_of_a_contract_note() -> None:
    note = contract_note("XHKG", DAY, "buy", 100, 100)
    kinds = ["stamp_duty", "sfc_levy", "afrc_levy", "trading_fee", "trading_tariff", "settlement_fee", "commission"]
    assert list(note) == kinds
    assert len(note) == len(kinds)
    assert note == dict(note.items())
    assert note.total == sum(note.values())
    assert set(kinds) <= set(NOTE_KINDS)
    assert {str(due)[-3] for due in note.values()} == {"."}
    assert "stamp_duty" not in contract_note("XHKG", DAY, "buy", 100, 100, is_etf=True)


def test_the_precision_of_the_caller_changes_nothing() -> None:
    expected = total("1234567.8901", "98765.4321")
    with localcontext() as context:
        context.prec = 3
        assert total("1234567.8901", "98765.4321") == expected


@pytest.mark.parametrize(
    ("price", "duty"),
    # Half to even: 1000.0000, 1000.0000, 1000.0001, 1000.0002; any part of a dollar is a dollar.
    [("1000.00004", 1), ("1000.00005", 1), ("1000.00006", 2), ("1000.00015", 2)],
)
def test_the_consideration_is_taken_to_the_nearest_ten_thousandth(price: str, duty: int) -> None:
    assert contract_note("XHKG", DAY, "buy", 1, price)["stamp_duty"] == duty


def test_no_trade_costs_nothing_and_a_tiny_one_the_minimum() -> None:
    assert total(0, 100, commission_min=18) == 0
    assert total("0.00004", 1, commission_min=18) == 0
    # Half a share of almost nothing: a dollar of duty for any part of one, HK$2, HK$18.
    assert total("0.5", "0.001", commission_min=18) == Decimal("21.00")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"venue": "XNAS"}, "Unknown venue 'XNAS'"),
        ({"side": "short"}, "side is 'short'; write 'buy' or 'sell'"),
        ({"date": "07/02/2025"}, "The date of a contract note is no date"),
        ({"shares": float("nan")}, "shares is nan; give a finite number"),
        ({"price": "ten"}, "price is 'ten', which is no number"),
        ({"price": float("inf")}, "price is inf"),
        ({"price": -1}, "price is -1: a trade is at zero or more"),
        ({"shares": 1e13}, "more than a contract note is made for"),
        ({"price": "1e-20", "shares": 1e15}, "more than a contract note is made for"),
        ({"commission_bps": -1}, "A commission of -1 bps"),
        ({"commission_bps": 10_001}, "A commission of 10001 bps"),
        ({"commission_bps": 0.0000001}, "five decimals are the most"),
        ({"commission_min": -5}, "at least -5"),
        ({"commission_min": "0.005"}, "give whole cents"),
        ({"commission_min": 1e14}, "no trade is that large"),
    ],
)
def test_what_is_no_trade_is_refused(change: dict[str, object], said: str) -> None:
    given = {"venue": "XHKG", "date": DAY, "side": "buy", "shares": 100, "price": 100} | change
    with pytest.raises(DataError, match=said):
        contract_note(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("venue", ["XHKG", "XSHG", "XSHE", "XNYS"])
def test_rates_and_assumptions_are_those_of_the_proportional_schedule(venue: str) -> None:
    days = np.arange("2009-12-25", "2026-01-10", dtype="datetime64[D]")
    found = proportional_rates(venue, days)
    for row in range(0, len(days), 61):
        charges = charges_on(venue, day_number(days[row]))
        for f, kind in enumerate(found.kinds):
            assert [float(charge.rate) for charge in charges[kind]] == pytest.approx(
                found.rates[row, f].tolist(), rel=1e-12
            )
    assert set(found.assumptions) <= set(assumptions(venue, days))


def test_between_two_changes_nothing_changes() -> None:
    for venue in ("XHKG", "XSHG", "XNYS"):
        starts = changes(venue).tolist()
        for first, then in zip(starts, starts[1:], strict=False):
            assert charges_on(venue, first) == charges_on(venue, then - 1)


def test_a_kind_with_limits_has_one_row_in_force() -> None:
    table = cost_schedules()
    limited = table[table["min"].notna() | table["max"].notna() | table["rounding"].eq("dollar_up")]
    assert len(limited) == 10  # three of stamp duty, one of the settlement fee, six of the TAF
    for row in limited.to_dict("records"):
        same = table[(table["venue"] == row["venue"]) & (table["kind"] == row["kind"])]
        first = pd.Timestamp("1900-01-01") if pd.isna(row["from"]) else row["from"]
        inside = (same["from"].isna() | (same["from"] <= first)) & (same["to"].isna() | (same["to"] >= first))
        assert inside.sum() == 1
