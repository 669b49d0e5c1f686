"""Lines of one issuer: ratios by date, and a premium that can be redone by hand."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.instruments import known_instruments
from data.lines import adr_premium, known_ratios, lines_of, ratio_on
from data.sources.frames import from_frames

day = np.datetime64
LISTINGS = {"BABA": ("XNYS", "USD"), "9988.HK": ("XHKG", "HKD"), "AAPL": ("XNYS", "USD")}
# 2025-01-20 is a holiday in New York, 2025-01-29 to 31 in Hong Kong.
CLOSES = {
    "BABA": {"2025-01-17": 85.00, "2025-01-21": 88.00, "2025-01-28": 96.00, "2025-01-29": 97.00},
    "9988.HK": {"2025-01-17": 82.50, "2025-01-20": 84.00, "2025-01-21": 85.00, "2025-01-28": 93.00},
    "AAPL": {"2025-01-17": 230.00},
}
FX = pd.DataFrame({"date": ["2025-01-16", "2025-01-21"], "base": "USD", "quote": "HKD", "rate": [7.78, 7.79]})


def market_of(basis: str = "raw", raw: bool = False):
    rows = [
        {"date": date, "symbol": symbol, "venue": LISTINGS[symbol][0], "currency": LISTINGS[symbol][1], "close": close}
        for symbol, closes in CLOSES.items()
        for date, close in closes.items()
    ]
    frame = pd.DataFrame(rows)
    if raw:
        frame = frame.assign(close_raw=frame["close"], close=frame["close"] * 0.97)
    return from_frames(frame, fx=FX, price_basis=basis)


def test_the_premium_by_hand():
    found = adr_premium(market_of(), "BABA")
    assert found.index.strftime("%Y-%m-%d").tolist() == ["2025-01-17", "2025-01-21", "2025-01-28"]
    # The rate of the 16th still holds on the 17th; that of the 21st is known before New York closes.
    assert found.iloc[0] == pytest.approx(85.00 * 7.78 / (8 * 82.50) - 1, abs=1e-15)
    assert found.iloc[1] == pytest.approx(88.00 * 7.79 / (8 * 85.00) - 1, abs=1e-15)
    assert found.iloc[0] == pytest.approx(0.00197, abs=5e-6)
    assert found.attrs["assumptions"] == ()


def test_closes_as_traded_are_needed_and_enough():
    np.testing.assert_allclose(
        adr_premium(market_of("total_return", raw=True), "BABA"), adr_premium(market_of(), "BABA"), rtol=1e-12
    )
    with pytest.raises(DataError, match="total_return prices of BABA, adjusted .* Add a column close_raw"):
        adr_premium(market_of("total_return"), "BABA")
    with pytest.raises(DataError, match="split prices of BABA"):
        adr_premium(market_of("split"), "BABA")


def test_a_name_without_another_line_is_refused():
    with pytest.raises(DataError, match="AAPL has no line in Hong Kong"):
        adr_premium(market_of(), "AAPL")
    with pytest.raises(DataError, match="9988.HK trades at XHKG; name its line in New York"):
        adr_premium(market_of(), "9988.HK")
    with pytest.raises(DataError, match="JD has no prices"):
        adr_premium(market_of(), "JD")


def test_lines_of_an_issuer():
    assert lines_of(market_of(), "BABA") == lines_of(market_of(), "9988.HK") == ("9988.HK", "BABA")
    assert lines_of(market_of(), "AAPL") == ("AAPL",)


@pytest.mark.parametrize(
    ("symbol", "date", "ratio"),
    [
        ("BABA", "2019-07-29", 1.0), ("BABA", "2019-07-30", 8.0), ("BIDU", "2021-02-28", 0.1),
        ("BIDU", "2021-03-01", 8.0), ("NTES", "2020-10-01", 25.0), ("NTES", "2020-10-02", 5.0),
        ("TAL", "2025-02-14", 1 / 3), ("BABA", "2014-09-18", np.nan), ("AAPL", "2025-02-14", np.nan),
    ],
)  # fmt: skip
def test_ratios_by_date(symbol, date, ratio):
    found, assumptions = ratio_on([symbol], np.array([date], dtype="datetime64[D]"))
    np.testing.assert_equal(found, [[ratio]])
    assert bool(np.isnan(ratio)) == any(f"{symbol} is unknown on 1 dates" in text for text in assumptions)


def test_what_is_not_confirmed_is_named_where_it_matters():
    before, after = (np.array([date], dtype="datetime64[D]") for date in ("2018-01-02", "2025-02-14"))
    assert ratio_on(["BILI"], after)[1] == (
        "The ratio of BILI from 2018-03-28, 1 ordinary shares, is price-implied.",
    )  # fmt: skip
    assert ratio_on(["HTHT"], before)[1] == ()
    assert "approximate" in ratio_on(["HTHT"], after)[1][0]


def test_the_table_is_whole():
    facts = known_instruments()
    for symbol, ratios in known_ratios().items():
        assert symbol in facts
        assert facts[symbol].venue == "XNYS"
        for one in ratios:
            assert one.ordinary > 0
            assert one.first <= one.last
            assert one.status
            assert one.source or one.status == "recalled"
            assert not one.hong_kong or facts[symbol].issuer == one.hong_kong
        for before, one in pairwise(ratios):
            assert one.first == before.last + 1
