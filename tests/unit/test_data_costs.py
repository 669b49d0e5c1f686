"""Cost schedules: dated rates by venue and side, worked contract notes, named assumptions."""

import numpy as np
import pandas as pd
import pytest

from data.costs.schedules import BUY, COST_KINDS, SELL, cost_schedules, proportional_rates
from data.errors import DataError


def rates(venue: str, day: str, side: int = BUY, *, is_etf: bool = False) -> dict[str, float]:
    found = proportional_rates(venue, np.array([day], dtype="datetime64[D]"), is_etf=is_etf)
    return dict(zip(found.kinds, found.rates[0, :, side].tolist(), strict=True))


def total(venue: str, day: str, side: int = BUY, *, is_etf: bool = False) -> float:
    return sum(rates(venue, day, side, is_etf=is_etf).values())


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_hong_kong_contract_note_of_ten_thousand(side: int) -> None:
    # 2025-02-07, HK$10,000: 10 stamp duty + 0.27 + 0.02 + 0.57 and the settlement fee's minimum of 2 make 12.86. In
    # proportion, without minimum and rounding, it is 11.05.
    due = {kind: 10_000 * rate for kind, rate in rates("XHKG", "2025-02-07", side).items()}
    expected = {"stamp_duty": 10.0, "sfc_levy": 0.27, "afrc_levy": 0.015, "trading_fee": 0.565, "settlement_fee": 0.2}
    assert due == pytest.approx(expected, rel=1e-12)
    rounded = sum(round(due[kind] + 1e-9, 2) for kind in expected if kind != "settlement_fee")
    assert rounded + 2.00 == pytest.approx(12.86, abs=1e-9)


def test_a_hong_kong_contract_note_of_six_million() -> None:
    # 6,610.00 with the settlement fee's maximum of 100; in proportion that fee alone would be 120.
    due = {kind: 6_000_000 * rate for kind, rate in rates("XHKG", "2025-02-07").items()}
    assert due["settlement_fee"] == pytest.approx(120.0, rel=1e-12)
    assert sum(due.values()) - due["settlement_fee"] + 100.0 == pytest.approx(6610.0, rel=1e-12)


def test_a_purchase_through_stock_connect() -> None:
    # 2023-08-28, CNY 100,000: 3.41 handling + 2 management + 1 and 2 transfer = 8.41; no duty on a purchase.
    assert 100_000 * total("XSHG", "2023-08-28") == pytest.approx(8.41, rel=1e-12)
    assert 100_000 * total("XSHE", "2023-08-28", SELL) == pytest.approx(58.41, rel=1e-12)


@pytest.mark.parametrize(
    ("venue", "side", "kind", "last_day", "first_day", "before", "after"),
    [
        ("XHKG", BUY, "stamp_duty", "2021-07-31", "2021-08-01", 0.0010, 0.0013),
        ("XHKG", SELL, "stamp_duty", "2023-11-16", "2023-11-17", 0.0013, 0.0010),
        ("XHKG", BUY, "sfc_levy", "2014-10-31", "2014-11-01", 0.00003, 0.000027),
        ("XHKG", BUY, "afrc_levy", "2021-12-31", "2022-01-01", 0.0, 0.0000015),
        ("XHKG", BUY, "trading_fee", "2022-12-31", "2023-01-01", 0.00005, 0.0000565),
        ("XHKG", BUY, "settlement_fee", "2025-06-29", "2025-06-30", 0.00002, 0.000042),
        ("XSHG", SELL, "stamp_duty", "2023-08-27", "2023-08-28", 0.0010, 0.0005),
        ("XSHE", BUY, "stamp_duty", "2023-08-27", "2023-08-28", 0.0, 0.0),
        ("XSHG", BUY, "handling_fee", "2023-08-27", "2023-08-28", 0.0000487, 0.0000341),
        ("XSHE", BUY, "transfer_fee", "2022-04-28", "2022-04-29", 0.00004, 0.00003),
        ("XNYS", SELL, "section31_fee", "2018-05-21", "2018-05-22", 0.0000231, 0.000013),
        ("XNYS", SELL, "section31_fee", "2021-02-24", "2021-02-25", 0.0000221, 0.0000051),
        ("XNYS", SELL, "section31_fee", "2024-05-21", "2024-05-22", 0.000008, 0.0000278),
        ("XNYS", SELL, "section31_fee", "2025-05-13", "2025-05-14", 0.0000278, 0.0),
        ("XNYS", BUY, "section31_fee", "2024-05-21", "2024-05-22", 0.0, 0.0),
    ],
)
def test_the_day_on_which_a_rate_changed(
    venue: str, side: int, kind: str, last_day: str, first_day: str, before: float, after: float
) -> None:
    assert rates(venue, last_day, side)[kind] == pytest.approx(before, rel=1e-12)
    assert rates(venue, first_day, side)[kind] == pytest.approx(after, rel=1e-12)


def test_every_row_is_in_force_from_its_first_to_its_last_day() -> None:
    table = cost_schedules()
    table = table[table["rate"].notna()]
    for row in table.to_dict("records"):
        for day in (row["from"], row["to"]):
            if pd.isna(day):
                continue
            same = table[(table["venue"] == row["venue"]) & (table["kind"] == row["kind"])]
            inside = same[(same["from"].isna() | (same["from"] <= day)) & (same["to"].isna() | (same["to"] >= day))]
            side = SELL if row["side"] == "sell" else BUY
            assert rates(row["venue"], str(day.date()), side)[row["kind"]] == pytest.approx(inside["rate"].sum())


def test_schedules_have_no_hole_between_two_rates() -> None:
    table = cost_schedules()
    for (venue, kind), given in table.groupby(["venue", "kind"]):
        # The transfer fee is two fees under one name, one of them in two steps.
        one = given["source"].str.startswith("ChinaClear") if kind == "transfer_fee" else given["source"].notna()
        rows = given[one].sort_values("from", na_position="first")
        ends, begins = rows["to"].iloc[:-1], rows["from"].iloc[1:]
        gaps = begins.reset_index(drop=True) - ends.reset_index(drop=True)
        assert (gaps == pd.Timedelta(days=1)).all(), (venue, kind)


def test_funds_pay_no_stamp_duty_in_hong_kong() -> None:
    day = "2025-02-07"
    assert "stamp_duty" not in rates("XHKG", day, is_etf=True)
    assert total("XHKG", day) - total("XHKG", day, is_etf=True) == pytest.approx(0.001, rel=1e-9)
    assert total("XNYS", day, SELL) == total("XNYS", day, SELL, is_etf=True)


@pytest.mark.parametrize(
    ("venue", "days", "side", "kind", "rate", "said"),
    [
        (
            *("XNYS", ["2012-01-03", "2013-05-24", "2013-05-28"], SELL, "section31_fee", 0.0000174),
            "XNYS section31_fee is not known for 2012-01-03 to 2013-05-24; 0.00174% of notional is assumed.",
        ),
        (
            *("XNYS", ["2025-10-02", "2025-09-30", "2025-10-01"], SELL, "section31_fee", 0.0),
            "XNYS section31_fee is not known for 2025-10-01 to 2025-10-02; 0.00000% of notional is assumed.",
        ),
        (
            *("XHKG", ["2010-01-04", "2010-10-01"], BUY, "sfc_levy", 0.00003),
            "XHKG sfc_levy is not known for 2010-01-04 to 2010-01-04; 0.00300% of notional is assumed.",
        ),
        (
            *("XSHG", ["2014-12-01", "2015-07-31"], BUY, "handling_fee", 0.0000487),
            "XSHG handling_fee is not known for 2014-12-01 to 2015-07-31; 0.00487% of notional is assumed.",
        ),
    ],
)
def test_outside_coverage_the_nearest_rate_is_assumed_and_named(
    venue: str, days: list[str], side: int, kind: str, rate: float, said: str
) -> None:
    found = proportional_rates(venue, np.array(days, dtype="datetime64[D]"))
    assert said in found.assumptions
    assert found.rates[:, found.kinds.index(kind), side].tolist() == [rate] * len(days)


@pytest.mark.parametrize("venue", ["XHKG", "XSHG", "XSHE", "XNYS"])
def test_nothing_is_assumed_from_2016_to_february_2025(venue: str) -> None:
    days = np.arange("2016-01-01", "2025-02-15", dtype="datetime64[D]")
    found = proportional_rates(venue, days)
    assert found.assumptions == ()
    assert found.total().shape == (len(days), 2)
    assert set(found.kinds) <= set(COST_KINDS)
    assert (found.rates >= 0).all()


def test_an_unknown_venue_is_refused_rather_than_free() -> None:
    with pytest.raises(DataError, match="Unknown venue 'XNAS'"):
        proportional_rates("XNAS", np.array(["2025-02-07"], dtype="datetime64[D]"))


def test_the_table_is_a_copy() -> None:
    mine = cost_schedules()
    mine["rate"] = 0.0
    assert cost_schedules()["rate"].max() == 0.0013
