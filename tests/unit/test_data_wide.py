"""Wide files: what they become, and how a wrong one is named."""

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.checks.catalogue import catalogue
from data.errors import DataError
from data.instruments import known_instruments
from data.sources.csv_file import read_csv_file
from data.sources.frames import from_frames
from data.sources.listings import listings_of
from data.sources.origin import Origin
from data.sources.wide import long_of, looks_wide

CLOSE = "date,AAPL,0700.HK,600519.SS\n2024-01-02,185.64,294.4,1685.01\n2024-01-03,184.25,,1694\n"
FX = pd.DataFrame({"date": ["2024-01-01"] * 2, "base": "USD", "quote": ["HKD", "CNY"], "rate": [7.8, 7.1]})


def frame(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text))


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["date", "AAPL", "0700.HK"], True),
        (["date", "LOW", "OPEN"], True),
        (["AAPL", "date"], True),
        (["date", "symbol", "venue", "currency", "close"], False),
        (["date", "venue", "currency", "close"], False),
        (["date", "close"], False),
        (["date"], False),
        (["AAPL", "MSFT"], False),
        ([], False),
    ],
)
def test_a_wide_table_is_told_by_its_columns(columns: list[str], expected: bool) -> None:
    assert looks_wide(columns) is expected


def test_closes_become_rows_and_an_empty_cell_none() -> None:
    found = long_of({"close": frame(CLOSE)})
    expected = pd.DataFrame(
        {
            "date": ["2024-01-02", "2024-01-02", "2024-01-03", "2024-01-02", "2024-01-03"],
            "symbol": ["0700.HK", "600519.SS", "600519.SS", "AAPL", "AAPL"],
            "venue": ["XHKG", "XSHG", "XSHG", "XNYS", "XNYS"],
            "currency": ["HKD", "CNY", "CNY", "USD", "USD"],
            "close": [294.4, 1685.01, 1694.0, 185.64, 184.25],
        }
    )
    for column in expected.columns:
        assert found[column].astype(expected[column].dtype).tolist() == (
            expected[column].tolist() if column != "date" else [f"{day}" for day in expected[column]]
        )


def test_fields_stand_beside_the_closes_whatever_the_order_of_rows_and_columns() -> None:
    found = long_of(
        {
            "volume": frame("date,0700.HK,AAPL\n2024-01-03,5,20\n2024-01-02,0,10\n"),
            "close": frame(CLOSE),
            "close_raw": frame("date,600519.SS\n2024-01-02,1690\n2024-01-03,\n"),
        }
    )
    assert list(found.columns) == ["date", "symbol", "venue", "currency", "close", "volume", "close_raw"]
    np.testing.assert_array_equal(found["volume"], [0, np.nan, np.nan, 10, 20])
    np.testing.assert_array_equal(found["close_raw"], [np.nan, 1690, np.nan, np.nan, np.nan])


def test_the_long_table_goes_through_the_one_door() -> None:
    fields = {"close": frame(CLOSE), "open": frame("date,AAPL\n2024-01-02,187.15\n2024-01-03,184.22\n")}
    market = from_frames(long_of(fields), fx=FX)
    assert market.symbols == ("0700.HK", "600519.SS", "AAPL")
    np.testing.assert_array_equal(market.close, [[294.4, 1685.01, 185.64], [np.nan, 1694, 184.25]])
    np.testing.assert_array_equal(market.open[:, 2], [187.15, 184.22])
    assert market.instruments["0700.HK"].venue == "XHKG"


def test_a_column_is_a_symbol_even_where_it_looks_like_a_number(tmp_path: Path) -> None:
    path = tmp_path / "close.csv"
    path.write_text("date,TRUE,NA\n2024-01-02,1.5,2.5\n", encoding="utf-8")
    assert long_of({"close": read_csv_file(path)})["symbol"].tolist() == ["NA", "TRUE"]


def test_a_row_of_the_long_table_is_no_row_of_the_files() -> None:
    what = Origin((("close.csv", 5),), wide=frozenset({"close.csv"}))
    assert what.row(3) == what.file(3) == what.without(np.array([0]), 5).row(3) == str(what) == "close.csv"
    long = long_of({"close": frame("date,AAPL\n2024-01-01,185\n2024-01-02,185\n")})
    with pytest.raises(DataError, match=r"^close\.csv: AAPL has a price on 2024-01-01, when XNYS held no session"):
        from_frames(long, where={"prices": what})


WRONG = [
    ({"close": "date,AAPL,MSFT,AAPL\n2024-01-02,1,2,3\n"}, "close.csv: column 'AAPL' stands twice. Keep one."),
    ({"close": "date,AAPL,\n2024-01-02,1,2\n"}, "close.csv: column 3 has no name"),
    ({"close": "date\n2024-01-02\n"}, "close.csv: no column but 'date'"),
    ({"close": "day,AAPL\n2024-01-02,1\n"}, "close.csv: no column 'date'"),
    ({"close": "date,AAPL\n"}, "close.csv: no rows"),
    ({"close": "date,AAPL\n2024-01-02,\n"}, "close.csv: no cell holds a price"),
    ({"close": "date,AAPL\n2024-01-02,ten\n"}, "close.csv, row 1: 'ten' in 'AAPL' is no number"),
    ({"close": "date,AAPL\n2024-01-03,1\n2024-01-02,1\n2024-01-03,1\n"}, "close.csv, row 3: 2024-01-03 stands twice"),
    ({"close": "date,AAPL\n2024-01-03,1\n2024-01-02,-1\n"}, "close.csv, row 2: close of AAPL on 2024-01-02 is -1"),
    ({"close": "date,SAP.DE\n2024-01-02,1\n"}, "close.csv: 'SAP.DE': no table and no suffix says where"),
    ({"open": "date,AAPL\n2024-01-02,1\n"}, "Wide files give open, but no close. Add close.csv."),
    ({"clse": "date,AAPL\n2024-01-02,1\n"}, "'clse' is no field of wide files. Known: close, open"),
    ({"close": CLOSE, "open": "date,MSFT\n2024-01-02,1\n2024-01-03,1\n"}, "open.csv: MSFT has no column in close.csv"),
    ({"close": CLOSE, "open": "date,AAPL\n2024-01-02,1\n"}, "open.csv has no row for 2024-01-03, which close.csv has"),
    (
        {"close": CLOSE, "low": "date,AAPL\n2024-01-02,1\n2024-01-03,1\n2024-01-04,1\n2024-01-05,1\n"},
        "close.csv has no row for 2024-01-04 (nor for 1 more), which low.csv has",
    ),
    (
        {"close": CLOSE, "volume": "date,AAPL\n2024-01-02,1\n2024-01-03,-5\n"},
        "volume.csv, row 2: volume of AAPL on 2024-01-03 is -5; it must be zero or more, or empty.",
    ),
]


@pytest.mark.parametrize(("texts", "message"), WRONG, ids=[message[:50] for _, message in WRONG])
def test_wrong_tables_are_named(texts: dict[str, str], message: str) -> None:
    with pytest.raises(DataError) as refusal:
        long_of({field: frame(text) for field, text in texts.items()})
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.check in catalogue()


def test_a_file_is_named_as_it_is_called() -> None:
    with pytest.raises(DataError, match=r"^prices_hk\.parquet: no cell holds a price"):
        long_of({"close": frame("date,AAPL\n2024-01-02,\n")}, files={"close": "prices_hk.parquet"})


def test_a_doubled_column_of_a_frame_is_refused_too() -> None:
    doubled = frame("date,AAPL,MSFT\n2024-01-02,1,2\n").rename(columns={"MSFT": "AAPL"})
    with pytest.raises(DataError, match="'AAPL' stands twice"):
        long_of({"close": doubled})


def test_a_listing_comes_from_the_table_then_the_facts_then_the_suffix() -> None:
    own = pd.DataFrame(
        {"symbol": ["SAP.DE", "0700.HK", "XYZ"], "venue": ["XNYS", None, " XHKG "], "currency": ["", None, None]}
    )
    asked = ["SAP.DE", "0700.HK", "XYZ", "9988.HK", "BABA", "300750.SZ", "600000.SS", "1234.HK", "BRK.B", "NEW"]
    found = listings_of(asked, own)
    assert found == {
        "SAP.DE": ("XNYS", "USD"),
        "0700.HK": ("XHKG", "HKD"),
        "XYZ": ("XHKG", "HKD"),
        "9988.HK": ("XHKG", "HKD"),
        "BABA": ("XNYS", "USD"),
        "300750.SZ": ("XSHE", "CNY"),
        "600000.SS": ("XSHG", "CNY"),
        "1234.HK": ("XHKG", "HKD"),
        "BRK.B": ("XNYS", "USD"),
        "NEW": ("XNYS", "USD"),
    }
    with pytest.raises(DataError, match=r"'80700\.HK': a renminbi counter of Hong Kong, which is not supported"):
        listings_of(["80700.HK"])
    with pytest.raises(DataError, match=r"'A': its venue 'XLON' is not known\. Add it to the instruments table"):
        listings_of(["A"], pd.DataFrame({"symbol": ["A"], "venue": ["XLON"]}))


def test_the_suffixes_agree_with_every_fact_that_comes_with_eastbound() -> None:
    for symbol, fact in known_instruments().items():
        alone = listings_of(["x" + symbol])["x" + symbol]
        assert alone == (fact.venue, fact.currency), symbol
