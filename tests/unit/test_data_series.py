"""Long tables: from which stamp each row is known, what is refused, what is warned of."""

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.market import MarketData
from data.sources.frames import from_frames
from tests.markets import said

PRICES = pd.DataFrame(
    {
        "date": ["2024-07-02", "2024-07-02", "2024-07-03", "2024-07-03"],
        "symbol": ["US", "HK"] * 2,
        "venue": ["XNYS", "XHKG"] * 2,
        "currency": ["USD", "HKD"] * 2,
        "close": [100.0, 50.0, 101.0, 51.0],
    }
)
FX = pd.DataFrame({"date": ["2024-07-01"], "base": "USD", "quote": "HKD", "rate": 7.8})


def market(**tables: pd.DataFrame) -> MarketData:
    return from_frames(PRICES, fx=FX, **tables)


def known(found: MarketData, table: str) -> list[str]:
    return [pd.Timestamp(k).strftime("%Y-%m-%d %H:%M") for k in found.table(table)["known"]]


VALUATIONS = pd.DataFrame({"date": ["2024-07-02"], "entity": "NDX", "metric": "pe_ttm", "value": 30.0})
FLOWS = pd.DataFrame({"date": ["2024-07-02", "2024-07-03"], "entity": "CHINA", "net_usd": [1e9, -1e9]})
INDICES = pd.DataFrame({"date": ["2024-07-02"], "index": "HSTECH", "close": 3500.0})
RATES = pd.DataFrame({"date": ["2024-07-02"], "series": "US_FED_FUNDS", "value": 5.33})
FILINGS = pd.DataFrame(
    {
        "filer": "APPALOOSA LP",
        "period": ["2024-03-31", "2023-12-31"],
        "filed": ["2024-05-15", "2024-02-14"],
        "symbol": ["BABA", None],
        "value_usd": 1.0,
    }
)
POSITIONING = pd.DataFrame({"date": ["2024-07-02"], "entity": "CTA", "value": 0.5, "known": "2024-07-05"})


def test_valuations_and_rates_are_known_from_the_next_day() -> None:
    assert known(market(valuations=VALUATIONS), "valuations") == ["2024-07-03 00:00"]
    assert known(market(rates=RATES), "rates") == ["2024-07-03 00:00"]


def test_a_filing_is_known_from_new_yorks_midnight_after_it() -> None:
    found = market(holdings_13f=FILINGS)
    # 05:00 UTC in winter, 04:00 in summer; sorted by when they were known.
    assert known(found, "holdings_13f") == ["2024-02-15 05:00", "2024-05-16 04:00"]
    assert found.table("holdings_13f")["symbol"].tolist() == ["-", "BABA"]


@pytest.mark.parametrize(
    ("index", "day", "stamp"),
    [
        ("HSTECH", "2024-07-02", "2024-07-02 08:00"),
        ("HSI", "2024-07-02", "2024-07-02 08:00"),
        ("HSTECH", "2024-12-24", "2024-12-24 04:00"),  # a half day
        ("NDX", "2024-07-02", "2024-07-02 20:00"),
        ("SPX", "2024-07-03", "2024-07-03 17:00"),  # a half day
        ("VIX", "2024-12-02", "2024-12-02 21:00"),
        ("HSTECH", "2024-07-01", "2024-07-02 00:00"),  # no session: a holiday
        ("HSTECH", "2015-01-02", "2015-01-03 00:00"),  # before the calendar
        ("CSI300", "2024-07-02", "2024-07-03 00:00"),  # the market has no name there, so no calendar
        ("MYINDEX", "2024-07-02", "2024-07-03 00:00"),
    ],
)
def test_an_index_is_known_at_its_close(index: str, day: str, stamp: str) -> None:
    assert known(market(indices=INDICES.assign(date=day, index=index)), "indices") == [stamp]


@pytest.mark.parametrize(
    ("cell", "stamp"),
    [
        ("2024-07-11", "2024-07-11 00:00"),
        ("2024-07-11 21:00", "2024-07-11 21:00"),
        ("2024-07-11T17:00-04:00", "2024-07-11 21:00"),
        ("2024-07-11 21:00:00+00:00", "2024-07-11 21:00"),
        (pd.Timestamp("2024-07-11 17:00", tz="America/New_York"), "2024-07-11 21:00"),
        (pd.Timestamp("2024-07-11 21:00"), "2024-07-11 21:00"),
    ],
)
def test_flows_and_positioning_are_known_from_their_column(cell: object, stamp: str) -> None:
    assert known(market(flows=FLOWS.assign(known=cell)), "flows") == [stamp] * 2
    assert known(market(positioning=POSITIONING.assign(known=cell)), "positioning") == [stamp]


def test_known_may_be_written_in_several_ways() -> None:
    flows = FLOWS.assign(known=["2024-07-11", "2024-07-11T21:00Z"])
    assert known(market(flows=flows), "flows") == ["2024-07-11 00:00", "2024-07-11 21:00"]


def test_flows_without_a_stamp_are_known_from_the_next_day_and_it_is_said() -> None:
    found = market(flows=FLOWS)
    assert known(found, "flows") == ["2024-07-03 00:00", "2024-07-04 00:00"]
    assert said(found, "D509") == ["flows: no column 'known'; each figure counts as known from the next day."]


def test_a_figure_known_before_its_date_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"flows, row 1: CHINA of 2024-07-02 has 'known' before .* \(2 such rows"
    ) as refusal:
        market(flows=FLOWS.assign(known="2024-07-01"))
    assert (refusal.value.check, refusal.value.rows.tolist(), refusal.value.table) == ("D501", [0, 1], "flows")


def test_an_index_calculated_backwards_is_said() -> None:
    found = market(indices=INDICES.assign(date="2020-07-24"))
    assert said(found, "D510") == ["indices: HSTECH before its launch on 2020-07-27 (1 rows) was calculated backwards."]


def test_a_revision_stands_beside_the_first_figure() -> None:
    flows = pd.concat([FLOWS.assign(known="2024-07-11"), FLOWS.assign(known="2024-07-18", net_usd=2e9)])
    assert market(flows=flows).table("flows")["net_usd"].tolist() == [1e9, -1e9, 2e9, 2e9]


REFUSED = [
    ("valuations", VALUATIONS.drop(columns="metric"), "valuations: no column 'metric'"),
    ("valuations", VALUATIONS.assign(date="July"), "valuations, row 1: 'July' in 'date' is no date"),
    ("valuations", VALUATIONS.assign(value="n/a"), "valuations, row 1: 'n/a' in 'value' is no number"),
    ("valuations", VALUATIONS.assign(entity=None), "valuations, row 1: 'entity' is empty"),
    ("valuations", pd.concat([VALUATIONS] * 2), "valuations, row 2: a second row of 2024-07-02, NDX, pe_ttm"),
    ("valuations", VALUATIONS.iloc[:0], "valuations: no rows. Add some, or leave it out"),
    ("flows", pd.concat([FLOWS] * 2), "a second row of 2024-07-02, CHINA"),
    ("flows", FLOWS.assign(known="soon"), "flows, row 1: 'soon' in 'known' is no date or stamp"),
    ("flows", FLOWS.assign(known=[None, "2024-07-11"]), "flows, row 1: 'known' is empty"),
    ("indices", INDICES.assign(close=0.0), "indices, row 1: close of HSTECH is 0; it must be positive"),
    ("rates", pd.concat([RATES] * 2), "rates, row 2: a second row of 2024-07-02, US_FED_FUNDS"),
    ("holdings_13f", FILINGS.drop(columns="filed"), "holdings_13f: no column 'filed'"),
    ("holdings_13f", FILINGS.assign(filed=None), "holdings_13f, row 1: 'filed' is empty"),
    ("positioning", POSITIONING.drop(columns="known"), "positioning: no column 'known'"),
    ("positioning", pd.concat([POSITIONING] * 2), "positioning, row 2: a second row of 2024-07-02, CTA"),
    ("rates", {"date": []}, "rates must be a DataFrame, not dict"),
]


@pytest.mark.parametrize(("name", "table", "message"), REFUSED, ids=[message[:50] for _, _, message in REFUSED])
def test_refused_tables(name: str, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError) as refusal:
        market(**{name: table})
    assert message in str(refusal.value)


def test_empty_values_are_left_out_and_said() -> None:
    found = market(rates=pd.concat([RATES, RATES.assign(date="2024-07-03", value=np.nan)]))
    assert len(found.table("rates")) == 1
    assert said(found, "D208") == ["rates: 1 rows have no value and are not used."]


def test_a_filing_may_list_a_name_several_times() -> None:
    twice = pd.concat([FILINGS, FILINGS.assign(value_usd=2.0)])
    assert len(market(holdings_13f=twice).table("holdings_13f")) == 4


def test_interest_is_read_from_the_rates() -> None:
    rows = pd.concat([RATES, RATES.assign(series="US_TBILL_3M"), RATES.assign(series="HK_HIBOR_1M", value=4.6)])
    rates = market(rates=rows).rates
    assert [rates.cash_series(c) for c in ("USD", "HKD", "CNY")] == ["US_FED_FUNDS", "HK_HIBOR_1M", None]
    stamps = np.array([pd.Timestamp(t).value for t in ("2024-07-02 23:59", "2024-07-03", "2024-07-20")])
    dates = np.array(["2024-07-02", "2024-07-03", "2024-07-20"], dtype="datetime64[D]")
    found, n_replaced = rates.series["HK_HIBOR_1M"].at(stamps, dates, max_age_days=10, fallback=1.0)
    assert found.tolist() == [1.0, 4.6, 1.0]
    assert n_replaced == 2
    for one in rates.series.values():
        for array in (one.known, one.days, one.percent):
            assert not array.flags.writeable


def test_a_table_is_a_copy_and_an_absent_one_is_empty() -> None:
    found = market(valuations=VALUATIONS)
    mine = found.table("valuations")
    mine["value"] = 0.0
    assert found.table("valuations")["value"].tolist() == [30.0]
    assert len(found.table("flows")) == 0
    assert "known" in found.table("flows").columns
