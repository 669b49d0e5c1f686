"""What an unfriendly user found: each of it once."""

import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backtest.run import run
from data.checks.folder import check_folder
from data.errors import DataError
from data.load import load
from data.sources.listings import listings_of
from strategies.thesis import Thesis
from tests.folders import good_tables, rows_of, write_folder
from tests.markets import checks

ROTATION = {
    "name": "test",
    "baskets": {"source": "UA+UB+UC", "destination": "HA+HB+HC", "min_members": 1, "seasoning": 1},
    "signal": {"kind": "flow", "input": "flows", "lookback": 5, "history": 60, "min_history": 20},
    "rotation": {"min_share": 0.4, "max_share": 0.6},
    "run": {"lots": "fractional"},
}


@pytest.mark.parametrize("last", ["2024-02-01", "2024-02-02"])  # the second is a Friday, on which the rule decides
@pytest.mark.parametrize("ends_there", [True, False])
def test_a_thesis_drops_a_name_on_its_last_day(tmp_path: Path, last: str, ends_there: bool) -> None:
    tables = good_tables()
    tables["instruments"] = pd.DataFrame({"symbol": ["UA"], "delisted": [last]})
    tables["actions"] = tables["actions"][tables["actions"]["symbol"] != "UA"]
    prices = tables["prices"]
    if ends_there:
        tables["prices"] = prices[~((prices["symbol"] == "UA") & (prices["date"] > last))]
    market = load(write_folder(tmp_path / "m", tables), start="2023-09-01")
    result = run(Thesis.model_validate(ROTATION), market)
    held = result.weights.loc[last:, "UA"]
    assert (result.weights.loc[:"2024-01-31", "UA"] > 0).any()
    assert (held.iloc[2:] == 0).all()


def test_an_end_by_an_action_with_prices_after_it_is_said(tmp_path: Path) -> None:
    tables = good_tables()
    end = {"symbol": "UB", "kind": "delisting", "ex_date": "2024-02-01", "amount": np.nan, "pay_date": None}
    tables["actions"] = pd.concat([tables["actions"], pd.DataFrame([end])], ignore_index=True)
    assert checks(load(write_folder(tmp_path / "m", tables))) == ["D317"]


@pytest.mark.parametrize("symbol", ["700", "3690", "700 HK", "SH600519", "600519 CH Equity", "AAPL US"])
def test_a_code_of_another_market_is_no_ticker_of_new_york(symbol: str) -> None:
    with pytest.raises(DataError, match="no table and no suffix says where it lists"):
        listings_of([symbol])


def test_tickers_of_new_york_need_no_suffix() -> None:
    found = listings_of(["AAPL", "BRK.B", "BF-B", "N001"])
    assert set(found.values()) == {("XNYS", "USD")}


def test_parquet_may_hold_dates_as_numbers_and_prices_as_decimals(tmp_path: Path) -> None:
    tables = good_tables()
    folder = write_folder(tmp_path / "m", tables)
    (folder / "prices.csv").unlink()
    prices = tables["prices"]
    prices["date"] = prices["date"].str.replace("-", "").astype(np.int64)
    prices["close"] = [decimal.Decimal(f"{cell:.2f}") for cell in prices["close"]]
    prices.to_parquet(folder / "prices.parquet")
    assert check_folder(folder).findings == ()


def test_a_column_of_wrong_dates_is_one_finding_with_a_guess(tmp_path: Path) -> None:
    tables = good_tables()
    prices = tables["prices"]
    prices["date"] = pd.to_datetime(prices["date"]).dt.strftime("%d/%m/%Y")
    (error,) = check_folder(write_folder(tmp_path / "m", tables)).errors
    assert error.check == "D201"
    assert f"({len(prices):,} such rows in all; they look like day and month first)" in str(error)


def test_dates_with_a_time_zone_are_refused_without_a_warning_of_pandas(tmp_path: Path) -> None:
    tables = good_tables()
    folder = write_folder(tmp_path / "m", tables)
    (folder / "prices.csv").unlink()
    prices = tables["prices"]
    prices.assign(date=pd.to_datetime(prices["date"]).dt.tz_localize("Asia/Hong_Kong")).to_parquet(
        folder / "prices.parquet"
    )
    assert [error.check for error in check_folder(folder).errors] == ["D202"]


def test_one_wrong_row_does_not_hide_the_others(tmp_path: Path) -> None:
    tables = good_tables()
    prices = tables["prices"]
    fx = tables["fx"]
    fx.loc[rows_of(fx, quote="HKD"), "rate"] **= -1
    prices.loc[rows_of(prices, symbol="UA", date="2023-11-15"), "volume"] = -5
    prices.loc[
        prices.index[prices["date"].ge("2023-11-15") & prices["symbol"].eq("UB")], ["open", "high", "low", "close"]
    ] /= 4
    tables["prices"] = pd.concat([prices, prices.iloc[[0]]], ignore_index=True)
    checked = check_folder(write_folder(tmp_path / "m", tables, 'price_basis = "Raw"\n'))
    assert [error.check for error in checked.errors] == ["D107", "D206", "D301", "D403"]


def test_an_embedded_market_may_be_checked_and_a_market_not() -> None:
    assert check_folder("tiny").errors == ()
    with pytest.raises(DataError, match="checked by its path, not MarketData"):
        check_folder(load("tiny"))


def test_a_header_in_capitals_is_told(tmp_path: Path) -> None:
    tables = good_tables()
    tables["prices"] = tables["prices"].rename(columns={"date": "Date "})
    with pytest.raises(DataError, match="'Date ' is written otherwise: rename it 'date'"):
        load(write_folder(tmp_path / "m", tables))


def test_the_edge_of_the_peg_is_not_called_interpolated(tmp_path: Path) -> None:
    tables = good_tables()
    fx = tables["fx"]
    fx.loc[rows_of(fx, quote="HKD")[50:80], "rate"] = 7.8499
    assert check_folder(write_folder(tmp_path / "m", tables)).findings == ()
    fx.loc[rows_of(fx, quote="HKD")[50:80], "rate"] = 7.8111
    assert [one.check for one in check_folder(write_folder(tmp_path / "n", tables)).findings] == ["D405"]


def test_a_folder_without_prices_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "Close.xlsx").write_bytes(b"")
    with pytest.raises(DataError, match=r"holds no prices file \(it holds Close.xlsx\)"):
        load(tmp_path)


def test_a_price_that_never_moves_stands_still_and_a_penny_stock_does_not(tmp_path: Path) -> None:
    tables = good_tables()
    prices = tables["prices"].drop(columns=["high", "low", "volume"])
    prices.loc[rows_of(prices, symbol="UA"), ["open", "close"]] = 80.0
    rows = rows_of(prices, symbol="UB")
    prices.loc[rows, "close"] = prices.loc[rows, "open"] = 0.02 + 0.01 * (np.arange(len(rows)) % 3 == 0)
    tables["prices"] = prices
    tables["actions"] = tables["actions"][tables["actions"]["symbol"] != "UA"]
    found = check_folder(write_folder(tmp_path / "m", tables)).findings
    assert [one.check for one in found] == ["D306"]
    assert [case.subject for case in found[0].cases] == ["UA"]


def test_figures_of_percent_near_zero_are_no_fractions(tmp_path: Path) -> None:
    tables = good_tables()
    tables["rates"]["value"] = np.where(np.arange(len(tables["rates"])) % 2 == 0, 0.09, 0.12)
    assert check_folder(write_folder(tmp_path / "m", tables)).findings == ()


def test_flows_that_grow_do_not_change_their_unit(tmp_path: Path) -> None:
    tables = good_tables()
    flows = tables["flows"]
    rows = rows_of(flows, entity="CHINA")
    flows.loc[rows, "net_usd"] = 1e6 * np.exp(np.linspace(0, 5, len(rows)))
    assert check_folder(write_folder(tmp_path / "m", tables)).findings == ()


def test_exchange_rates_that_no_price_reads_are_not_looked_at(tmp_path: Path) -> None:
    tables = good_tables()
    later = pd.DataFrame({"date": ["2024-07-10", "2024-09-10"], "base": "USD", "quote": "HKD", "rate": [7.8, 9.9]})
    tables["fx"] = pd.concat([tables["fx"], later], ignore_index=True)
    assert check_folder(write_folder(tmp_path / "m", tables)).findings == ()


def test_a_filing_without_shares_is_no_division(tmp_path: Path) -> None:
    tables = good_tables()
    tables["holdings_13f"]["shares"] = [0.0, 1e5]
    assert check_folder(write_folder(tmp_path / "m", tables)).findings == ()
