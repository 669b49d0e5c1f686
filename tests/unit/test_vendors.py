"""Two vendors side by side: each kind of difference planted, and nothing else found."""

import numpy as np
import pandas as pd
import pytest

import data
from backtest.cli.vendors import compare_vendors_command
from data.counterfactual import rescaled
from data.errors import DataError
from data.load import load
from data.sources.frames import from_frames
from data.vendors import compare

DATES = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11"]


def market_of(closes: dict[str, list[float]], fx: list[tuple[str, str, str, float]] | None = None, dates=DATES, **more):
    rows = [
        {"date": date, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close, **more}
        for symbol, prices in closes.items()
        for date, close in zip(dates, prices, strict=True)
        if not np.isnan(close)
    ]
    table = None if fx is None else pd.DataFrame(fx, columns=["date", "base", "quote", "rate"])
    return from_frames(pd.DataFrame(rows), fx=table)


def test_a_market_is_like_itself():
    market = load("demo")
    found = compare(market, market)
    assert (found.only_a, found.only_b) == ((), ())
    assert len(found.names) == 40
    assert (found.names["largest"] == 0).all()
    np.testing.assert_allclose(found.names["correlation"], 1.0, rtol=1e-12)
    for table in (found.one_sided, found.level_changes, found.differences):
        assert table.empty
    assert "cells beyond the tolerance: 0 of" in str(found)
    assert data.compare is compare


def test_names_and_dates_in_one_only():
    nan = np.nan
    a = market_of({"AAA": [1, 1, 1, nan, 1, 1, 1, 1], "BBB": [nan, 2, 2, 2, 2, 2, 2, 2], "ONLYA": [1] * 8})
    b = market_of({"AAA": [nan, 1, 1, 1, 1, 1, nan, 1], "BBB": [2] * 8, "ONLYB": [1] * 8})
    found = compare(a, b)
    assert (found.only_a, found.only_b) == (("ONLYA",), ("ONLYB",))
    row = found.names.set_index("symbol").loc["AAA"]
    # The first date of a is before those of b: said by the first dates, not as a date that b lacks.
    assert (row["n_common"], row["n_only_a"], row["n_only_b"]) == (5, 1, 1)
    assert (str(row["first_a"].date()), str(row["first_b"].date())) == ("2024-01-02", "2024-01-03")
    told = [(one.symbol, str(one.date.date()), one.only_in) for one in found.one_sided.itertuples()]
    assert told == [("AAA", "2024-01-05", "b"), ("AAA", "2024-01-10", "a")]
    assert "names in both: 2; only in a: ONLYA; only in b: ONLYB" in str(found)
    assert "first dates differ for 2 names" in str(found)


def test_a_split_that_one_adjusts_for_is_a_change_of_level():
    # Two for one on the 8th: b adjusts what came before, a does not.
    a = market_of({"AAA": [100.0, 102, 101, 103, 52, 51, 53, 52]})
    b = market_of({"AAA": [50.0, 51, 50.5, 51.5, 52, 51, 53, 52]})
    found = compare(a, b)
    (change,) = found.level_changes.itertuples(index=False)
    assert (change.symbol, str(change.date.date())) == ("AAA", "2024-01-08")
    assert (change.before, change.after, change.factor) == (2.0, 1.0, 0.5)
    row = found.names.iloc[0]
    assert row["largest"] == pytest.approx(52 / 51.5 - 52 / 103, rel=1e-12)
    assert str(row["largest_on"].date()) == "2024-01-08"
    assert row["median"] == pytest.approx(0.0, abs=1e-15)
    assert len(found.differences) == 4
    assert found.differences["relative"].tolist() == [1.0] * 4
    assert "AAA from 2024-01-08: a / b times 0.5" in str(found)


def test_a_bad_print_is_no_change_of_level():
    good = [100.0, 101, 102, 101, 100, 101, 102, 103]
    bad = [100.0, 101, 102, 111, 100, 101, 102, 103]
    found = compare(market_of({"AAA": good}), market_of({"AAA": bad}))
    assert found.level_changes.empty
    (cell,) = found.differences.itertuples(index=False)
    assert (str(cell.date.date()), cell.field, cell.a, cell.b) == ("2024-01-05", "close", 101.0, 111.0)
    assert cell.relative == pytest.approx(101 / 111 - 1, rel=1e-15)
    assert found.names["largest"].iloc[0] == pytest.approx(10 / 102, rel=1e-12)  # on the way up; down it is 10 / 111


def test_a_change_of_level_shows_through_rounding():
    exact = np.array([3.123, 3.171, 3.118, 3.207, 3.249, 3.196, 3.231, 3.262])
    a = exact.copy()
    a[:4] *= 4
    found = compare(market_of({"AAA": a.round(2).tolist()}), market_of({"AAA": exact.round(2).tolist()}))
    (change,) = found.level_changes[found.level_changes["factor"] < 0.9].itertuples(index=False)
    assert str(change.date.date()) == "2024-01-08"
    assert change.factor == pytest.approx(0.25, rel=0.005)
    found = compare(
        market_of({"AAA": a.round(2).tolist()}), market_of({"AAA": exact.round(2).tolist()}), level_tolerance=0.01
    )
    assert len(found.level_changes) == 1


def test_a_dividend_that_one_adjusts_for():
    a = load("demo")
    column = a.columns(["HK01"])[0]
    close = a.close.copy()
    row = np.searchsorted(a.dates, np.datetime64("2023-06-01"))
    close[:row, column] *= 0.98
    found = compare(a.with_prices({"close": close}), a)
    (change,) = found.level_changes.itertuples(index=False)
    assert (change.symbol, str(change.date.date())) == ("HK01", "2023-06-01")
    assert change.factor == pytest.approx(1 / 0.98, rel=1e-12)
    assert set(found.differences["symbol"]) == {"HK01"}


def test_levels_apart_by_a_constant_have_equal_returns():
    market = load("demo")
    found = compare(market, rescaled(market, "US01", 2.0))
    assert found.level_changes.empty
    row = found.names.set_index("symbol").loc["US01"]
    assert row["largest"] == 0.0
    assert set(found.differences["field"]) == {"open", "high", "low", "close"}
    assert (found.differences["relative"] == -0.5).all()


def test_volume_has_a_tolerance_of_its_own():
    a, b = (market_of({"AAA": [1.0] * 8}, volume=volume) for volume in (1e6, 1.04e6))
    assert compare(a, b).differences.empty
    assert set(compare(a, b, volume_tolerance=0.01).differences["field"]) == {"volume"}
    assert len(compare(a, b, volume_tolerance=0.01).differences) == 8


def test_exchange_rates_whichever_way_round():
    closes = {"AAA": [1.0] * 8}
    a = market_of(closes, fx=[("2024-01-02", "USD", "HKD", 8.0), ("2024-01-03", "USD", "HKD", 8.0)])
    b = market_of(
        closes,
        fx=[
            ("2024-01-02", "HKD", "USD", 0.125),
            ("2024-01-03", "HKD", "USD", 0.128),
            ("2024-01-03", "USD", "CNY", 7.1),
        ],
    )
    found = compare(a, b)
    (row,) = found.fx.itertuples(index=False)
    assert (row.pair, row.n_common) == ("USD/HKD", 2)
    assert row.largest == pytest.approx(8.0 * 0.128 - 1, rel=1e-12)
    assert (found.only_fx_a, found.only_fx_b) == ((), ("USD/CNY",))
    (cell,) = found.differences.itertuples(index=False)
    assert (cell.symbol, cell.field, cell.a) == ("USD/HKD", "rate", 8.0)
    assert "only in b: USD/CNY" in str(found)


def test_nothing_in_common_is_no_error():
    found = compare(market_of({"AAA": [1.0] * 8}), market_of({"BBB": [1.0] * 8}))
    assert found.names.empty
    assert "names in both: 0; only in a: AAA; only in b: BBB" in str(found)


def test_what_is_no_market_is_refused():
    with pytest.raises(DataError, match="compare takes two MarketData, not str"):
        compare(load("tiny"), "tiny")
    with pytest.raises(DataError, match="zero or more"):
        compare(load("tiny"), load("tiny"), tolerance=-1.0)


@pytest.mark.parametrize("name", ["tolerance", "volume_tolerance", "level_tolerance"])
def test_bug_nan_is_no_tolerance_nothing_would_be_beyond_it(name):
    with pytest.raises(DataError, match=f"^{name} is nan; it must be zero or more"):
        compare(load("tiny"), load("tiny"), **{name: np.nan})


def test_the_command_prints_and_writes(tmp_path, capsys):
    out = tmp_path / "cells.csv"
    compare_vendors_command("tiny", "tiny", out, 1e-4)
    text = capsys.readouterr().out
    assert "names in both: 3" in text
    assert "cells beyond the tolerance: 0 of" in text
    assert pd.read_csv(out).columns.tolist() == ["symbol", "date", "field", "a", "b", "relative"]
    with pytest.raises(DataError, match="cannot be written"):
        compare_vendors_command("tiny", "tiny", tmp_path / "nowhere" / "cells.csv", 1e-4)
