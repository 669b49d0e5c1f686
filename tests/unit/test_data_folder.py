"""A market folder: which files are read, and how a wrong one is named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.load import load
from data.market import PRICE_FIELDS

US = "date,symbol,venue,currency,close\n2024-01-02,AAA,XNYS,USD,10\n2024-01-03,AAA,XNYS,USD,11\n"
HK = "date,symbol,venue,currency,open,close\n2024-01-02,BBB,XHKG,HKD,,20\n2024-01-03,BBB,XHKG,HKD,20,21\n"
FX = "date,base,quote,rate\n2024-01-01,USD,HKD,7.8\n"


def folder(tmp_path: Path, **files: str | bytes | pd.DataFrame) -> Path:
    """Write files; `prices_csv="..."` is the content of prices.csv."""
    for name, content in files.items():
        stem, suffix = name.rsplit("_", 1)
        path = tmp_path / f"{stem}.{suffix}"
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
    return tmp_path


def as_frame(text: str) -> pd.DataFrame:
    from io import StringIO

    return pd.read_csv(StringIO(text))


def test_one_csv_file_is_enough(tmp_path: Path) -> None:
    market = load(folder(tmp_path, prices_csv=US))
    assert market.symbols == ("AAA",)
    assert market.close.tolist() == [[10.0], [11.0]]
    assert (market.name, market.price_basis, market.synthetic) == (tmp_path.name, "total_return", False)
    assert load(str(tmp_path)).symbols == ("AAA",)


def test_csv_and_parquet_give_the_same_market(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "p").mkdir()
    one = load(folder(tmp_path / "c", prices_us_csv=US, prices_hk_csv=HK, fx_csv=FX))
    dated = as_frame(HK).assign(date=lambda f: pd.to_datetime(f["date"]))
    for column in ("symbol", "venue", "currency"):
        dated[column] = dated[column].astype("category")
    mixed = load(folder(tmp_path / "p", prices_us_csv=US, prices_hk_parquet=dated, fx_parquet=as_frame(FX)))
    assert one.symbols == mixed.symbols == ("AAA", "BBB")
    for field in PRICE_FIELDS:
        assert getattr(one, field).tobytes() == getattr(mixed, field).tobytes()
    assert one.fx.pairs["USD", "HKD"][1].tolist() == [7.8]
    assert np.isnan(one.open[:, 0]).all()
    np.testing.assert_array_equal(one.open[:, 1], [np.nan, 20.0])


def test_a_parquet_file_may_have_its_dates_as_index(tmp_path: Path) -> None:
    assert load(folder(tmp_path, prices_parquet=as_frame(US).set_index("date"))).symbols == ("AAA",)


def test_a_price_file_with_a_column_per_symbol_is_one_of_closes(tmp_path: Path) -> None:
    market = load(folder(tmp_path, prices_csv="date,AAA,0700.HK\n2024-01-02,10,300\n2024-01-03,11,\n", fx_csv=FX))
    assert market.symbols == ("0700.HK", "AAA")
    assert market.venues() == ("XHKG", "XNYS")
    np.testing.assert_array_equal(market.close, [[300.0, 10.0], [np.nan, 11.0]])


def test_every_optional_file_is_read(tmp_path: Path) -> None:
    market = load(
        folder(
            tmp_path,
            prices_csv=US,
            valuations_csv="date,entity,metric,value\n2024-01-02,NDX,pe_ttm,30\n",
            flows_csv="date,entity,net_usd,known\n2024-01-02,US,1e9,2024-01-05\n",
            indices_csv="date,index,close\n2024-01-02,NDX,16500\n",
            rates_csv="date,series,value\n2024-01-02,US_FED_FUNDS,5.33\n",
            holdings_13f_csv="filer,period,filed,symbol,type,value_usd\nF,2023-09-30,2023-11-14,AAA,,10\n",
            positioning_csv="date,entity,value,known\n2024-01-02,CTA,0.5,2024-01-05T21:00Z\n",
            instruments_csv="symbol,name,lot,listed\nAAA,Triple A,10,2020-01-02\n",
            market_toml='name = "mine"\nprice_basis = "raw"\nsynthetic = true\n',
        )
    )
    assert {name: len(market.table(name)) for name in market.tables} == dict.fromkeys(market.tables, 1)
    assert len(market.tables) == 6
    assert market.instruments["AAA"].lot == 10
    assert (market.name, market.price_basis, market.synthetic) == ("mine", "raw", True)


def test_na_is_a_symbol_and_a_missing_number(tmp_path: Path) -> None:
    text = US.replace("AAA", "NA").replace(",11\n", ",NA\n") + "2024-01-03,null,XNYS,USD,5\n"
    market = load(folder(tmp_path, prices_csv=text, instruments_csv="symbol,name\nNA,Nano\n"))
    assert market.symbols == ("NA", "null")
    np.testing.assert_array_equal(market.close[:, 0], [10.0, np.nan])
    assert market.instruments["NA"].name == "Nano"


def test_dates_without_dashes_are_dates(tmp_path: Path) -> None:
    text = US.replace("2024-01-02", "20240102").replace("2024-01-03", "20240103")
    assert str(load(folder(tmp_path, prices_csv=text)).end) == "2024-01-03"


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert load(folder(tmp_path, prices_csv=b"\xef\xbb\xbf" + US.encode())).symbols == ("AAA",)


WRONG = [
    ({}, "holds no prices file. Add prices.csv or prices.parquet"),
    ({"fx_csv": FX}, "holds no prices file"),
    ({"prices_csv": US, "fx_csv": FX, "fx_parquet": as_frame(FX)}, "holds both fx.csv and fx.parquet. Keep one"),
    ({"prices_csv": ""}, "prices.csv is empty. Add rows, or leave it out"),
    ({"prices_csv": "date,symbol,venue,currency,close\n"}, "prices.csv: no rows"),
    ({"prices_csv": bytes(range(256)) * 9}, "prices.csv"),
    ({"prices_parquet": b"no parquet at all"}, "prices.parquet cannot be read"),
    ({"prices_csv": US + "2024-01-04,AAA,XNYS,USD,12,13,14\n"}, "prices.csv, line 4 has 7 cells, but its header has 5"),
    (
        {"prices_csv": "date,symbol,venue,currency,close\n2024-01-02,AAA,XNYS,USD,10,\n"},
        "prices.csv, line 2 has 6 cells, but its header has 5",
    ),
    ({"prices_csv": US.replace(",", ";")}, "prices.csv is separated by semicolons. Save it separated by commas"),
    ({"prices_csv": "date,Ticker,Close\n2024-01-02,AAA,10\n"}, "prices.csv: no column 'symbol'"),
    ({"prices_csv": US.replace(",11\n", ",eleven\n")}, "prices.csv, row 2: 'eleven' in 'close' is no number"),
    ({"prices_csv": US.replace("2024-01-03", "03/01/2024")}, "prices.csv, row 2: '03/01/2024' in 'date' is no date"),
    ({"prices_us_csv": US, "prices_hk_csv": HK}, "prices_hk.csv, prices_us.csv holds HKD and USD, but no fx is given"),
    (
        {"prices_csv": US, "prices_old_csv": US},
        "prices_old.csv, row 1: AAA has two rows on 2024-01-02; the other is prices.csv, row 1",
    ),
    (
        {"prices_a_csv": US, "prices_b_csv": US.replace("AAA", "CCC").replace(",11", ",-1")},
        "prices_b.csv, row 2: close",
    ),
    ({"prices_csv": US, "fx_csv": FX.replace("7.8", "0")}, "fx.csv, row 1: the rate of USD/HKD on 2024-01-01 is 0"),
    ({"prices_csv": US, "rates_csv": "date,series\n2024-01-02,X\n"}, "rates.csv: no column 'value'"),
    ({"prices_csv": US, "flows_csv": "date,entity,net_usd\n"}, "flows.csv: no rows. Add some, or leave it out"),
    ({"prices_csv": US, "instruments_csv": "symbol,lot\nAAA,ten\n"}, "instruments.csv: lot 'ten' of AAA"),
    ({"prices_csv": US, "market_toml": 'nme = "x"\n'}, "market.toml: unknown key 'nme'. Known: name, price_basis"),
    ({"prices_csv": US, "market_toml": "name = \n"}, "market.toml cannot be read"),
    (
        {"prices_csv": US, "market_toml": 'synthetic = "no"\n'},
        "market.toml: synthetic is 'no'; it must be true or false",
    ),
    ({"prices_csv": US, "market_toml": "name = 5\n"}, "market.toml: name is 5; it must be text in quotes"),
    ({"prices_csv": US, "market_toml": 'price_basis = "adj"\n'}, "'adj' is not one of raw, split, total_return"),
]


@pytest.mark.parametrize(("files", "message"), WRONG, ids=[message[:50] for _, message in WRONG])
def test_wrong_files_are_named(tmp_path: Path, files: dict, message: str) -> None:
    with pytest.raises(DataError) as refusal:
        load(folder(tmp_path, **files))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_category_is_an_empty_cell_and_no_name(tmp_path: Path) -> None:
    frame = as_frame(US)
    frame["symbol"] = pd.Categorical(["AAA", None])
    with pytest.raises(DataError, match=r"prices_us.parquet, row 2: 'symbol' is empty"):
        load(folder(tmp_path, prices_hk_csv=HK, prices_us_parquet=frame, fx_csv=FX))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no/such/folder", "is no folder. Give 'demo', 'tiny', or a folder"),
        (None, "a name or a path, not None"),
        (5, "not 5"),
    ],
)
def test_a_source_that_is_none_is_refused(source: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(source)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"prices.csv is a file"):
        load(folder(tmp_path, prices_csv=US) / "prices.csv")
