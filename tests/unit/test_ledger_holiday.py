"""Hong Kong shuts for the Lunar New Year while New York trades: what becomes of the Hong Kong leg.

2025-01-28 is a half day in Hong Kong; 29 to 31 January are holidays there and sessions in New York; both trade on
3 February. Decisions are made at New York's close of 28 January, 21:00 UTC.
"""

import pandas as pd
import pytest

from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.result import BacktestResult
from data.load import load
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.targets import TargetWeights

NEW_YORK = ("01-22", "01-23", "01-24", "01-27", "01-28", "01-29", "01-30", "01-31", "02-03", "02-04")
HONG_KONG = ("01-22", "01-23", "01-24", "01-27", "01-28", "02-03", "02-04")
POLICIES = ("queue", "cancel", "basket")
FREE = RunConfig(costs="none")


def make_market() -> MarketData:
    """US at 100 and 200 dollars, HK at 80 Hong Kong dollars, which is 10 US dollars; flat but for the opens."""
    rows = [
        {"date": f"2025-{day}", "symbol": symbol, "venue": venue, "currency": currency, "open": opened, "close": close}
        for symbol, venue, currency, days, opened, close in (
            ("US", "XNYS", "USD", NEW_YORK, 101.0, 100.0),
            ("UT", "XNYS", "USD", NEW_YORK, 200.0, 200.0),
            ("HK", "XHKG", "HKD", HONG_KONG, 81.0, 80.0),
        )
        for day in days
    ]
    fx = pd.DataFrame({"date": ["2025-01-20"], "base": "USD", "quote": "HKD", "rate": 8.0})
    return from_frames(pd.DataFrame(rows), fx=fx)


MARKET = make_market()


def run(weights: dict[str, dict[str, float]], config: RunConfig = FREE, **changes: object) -> BacktestResult:
    """Simulate weights by decision date; names not mentioned get 0."""
    frame = pd.DataFrame.from_dict({f"2025-{day}": row for day, row in weights.items()}, orient="index").fillna(0.0)
    return simulate(MARKET, TargetWeights.from_frame(frame), config.model_copy(update=changes))


def fills(result: BacktestResult, decided: str = "01-28") -> dict[str, list[tuple[str, float]]]:
    """By symbol: date and shares of each fill of the decision of a date."""
    trades = result.trades
    trades = trades[trades["decided"].dt.strftime("%m-%d") == decided]
    return {
        str(symbol): [(t.filled.strftime("%m-%d"), t.shares) for t in mine.itertuples()]
        for symbol, mine in trades.groupby("symbol")
    }


# ------------------------------------------------------------------------------------------ half and half

# 1,000,000 dollars: 5,000 shares of US at 100, 50,000 of HK at 10.
HALVES = {"01-28": {"US": 0.5, "HK": 0.5}}


def test_queue_waits_for_hong_kong():
    result = run(HALVES)
    assert fills(result) == {"US": [("01-29", 5000.0)], "HK": [("02-03", 50_000.0)]}
    assert result.log.empty
    held = result.shares["HK"]
    assert (held[:"2025-01-31"] == 0).all()
    assert (held["2025-02-03":] == 50_000).all()


def test_cancel_drops_hong_kong_and_says_so():
    result = run(HALVES, shut_market="cancel")
    assert fills(result) == {"US": [("01-29", 5000.0)]}
    assert (result.shares.get("HK", pd.Series(0.0)) == 0).all()
    (line,) = result.log.itertuples()
    assert (line.symbol, line.shares, line.what) == ("HK", 50_000.0, "dropped: venue shut on the leg's date")
    assert line.at == line.decided == pd.Timestamp("2025-01-28 21:00", tz="UTC")


def test_basket_moves_both_legs():
    result = run(HALVES, shut_market="basket")
    assert fills(result) == {"US": [("02-03", 5000.0)], "HK": [("02-03", 50_000.0)]}
    assert (result.nav[:"2025-01-31"] == 1e6).all()


@pytest.mark.parametrize("shut_market", POLICIES)
def test_nobody_trades_in_hong_kong_on_a_holiday(shut_market):
    # The traps: a fill at the last price, or a holding sold for the holiday and bought back after it.
    result = run({"01-22": {"US": 0.5, "HK": 0.5}, **HALVES, "01-30": {"US": 0.4, "HK": 0.6}}, shut_market=shut_market)
    trades = result.trades
    in_hong_kong = trades[trades["venue"] == "XHKG"]
    assert set(in_hong_kong["filled"].dt.strftime("%m-%d")) <= set(HONG_KONG)
    assert (in_hong_kong["price"] == 81.0).all()
    assert (trades.loc[trades["venue"] == "XNYS", "price"] == 101.0).all()
    assert (result.shares["HK"]["2025-01-29":"2025-01-31"] == result.shares["HK"]["2025-01-28"]).all()


# ------------------------------------------------------------------------------------------ out of Hong Kong

# Bought at the opens of 23 January: 100,000 shares of HK at 81, sized at 80.
ALL_IN_HONG_KONG = {"01-22": {"HK": 1.0}}


def gross_at_decision(result: BacktestResult, date: str) -> float:
    """Gross of a date's holdings at the decision's prices of 28 January, over the NAV of the decision."""
    prices = {"US": 100.0, "UT": 200.0, "HK": 10.0}
    held = result.shares.loc[f"2025-{date}"]
    return sum(held[name] * prices[name] for name in held.index) / result.nav["2025-01-28"]


def test_a_switch_out_of_hong_kong_waits_for_its_sales():
    result = run({**ALL_IN_HONG_KONG, "01-28": {"US": 1.0}})
    done = fills(result)
    assert done["HK"] == [("02-03", -100_000.0)]
    # Nothing is bought on the holiday: proceeds that wait do not count, and the gross is spoken for.
    ((date, bought),) = done["US"]
    assert date == "02-03"
    # Sized at the close of the 28th: 100,000 shares at 10 less what the open of the 23rd cost, 100,000 x 1/8.
    nav = 1e6 - 100_000 * 1 / 8
    assert bought == pytest.approx(nav / 100.0, rel=1e-14)
    assert result.shares["HK"].iloc[-1] == 0.0
    for date in ("01-29", "01-30", "01-31"):
        assert gross_at_decision(result, date) <= 1.0 + 100_000 / 8 / nav + 1e-12  # what was held, and no more
    cut = result.log
    assert set(cut["what"]) == {"cut by funding; the rest waits"}
    assert cut["at"].dt.strftime("%m-%d").tolist() == ["01-29", "01-30", "01-31"]


def test_gross_binds_where_cash_would_not():
    # Half in Hong Kong, half in cash; asked for 60 % in New York. Cash would buy 50 % at once: gross 110 % of NAV,
    # where the target has 60 %. Only the 10 % that fit beside what is held are bought on the holiday.
    start = {"01-22": {"HK": 0.5}}
    result = run({**start, "01-28": {"US": 0.6}})
    nav = 1e6 - 50_000 * 1 / 8  # 50,000 shares at 81 instead of 80
    done = fills(result)
    assert done["HK"] == [("02-03", -50_000.0)]
    (first, at_once), (then, rest) = done["US"]
    assert (first, then) == ("01-29", "02-03")
    assert at_once == pytest.approx((0.6 * nav - 500_000) / 100, rel=1e-12)
    assert at_once + rest == pytest.approx(0.6 * nav / 100, rel=1e-12)
    assert result.shares["US"].iloc[-1] * 100.0 == pytest.approx(0.6 * nav, rel=1e-14)
    for date in ("01-29", "01-30", "01-31", "02-03"):
        assert gross_at_decision(result, date) <= 0.6 + 1e-12


def test_the_cut_falls_on_all_buys_alike():
    start = {"01-22": {"HK": 0.5}}
    result = run({**start, "01-28": {"US": 0.4, "UT": 0.2}})
    done = fills(result)
    on_the_holiday = {name: done[name][0][1] for name in ("US", "UT")}
    assert on_the_holiday["US"] * 100 == pytest.approx(2 * on_the_holiday["UT"] * 200, rel=1e-12)


def test_cancel_drops_what_does_not_fit():
    start = {"01-22": {"HK": 0.5}}
    result = run({**start, "01-28": {"US": 0.6}}, shut_market="cancel")
    nav = 1e6 - 50_000 * 1 / 8
    done = fills(result)
    assert [date for date, _ in done["US"]] == ["01-29"]
    # The sale in Hong Kong is dropped, so its proceeds never come.
    assert "HK" not in done
    assert done["US"][0][1] == pytest.approx((0.6 * nav - 500_000) / 100, rel=1e-12)
    assert set(result.log["what"]) == {"dropped: venue shut on the leg's date", "dropped: cut by funding"}


def test_basket_sells_and_buys_on_one_date():
    result = run({**ALL_IN_HONG_KONG, "01-28": {"US": 1.0}}, shut_market="basket")
    done = fills(result)
    assert {name: [date for date, _ in each] for name, each in done.items()} == {"HK": ["02-03"], "US": ["02-03"]}
    assert result.log.empty


# ------------------------------------------------------------------------------------------ order of columns


@pytest.mark.parametrize("shut_market", POLICIES)
@pytest.mark.parametrize("costs", ["none", "venue-proportional"])
def test_the_order_of_columns_changes_no_byte(shut_market, costs):
    frame = pd.DataFrame(
        {"HK": [0.5, 0.1, 0.3], "US": [0.2, 0.6, 0.3], "UT": [0.1, 0.3, 0.4]},
        index=["2025-01-22", "2025-01-28", "2025-01-31"],
    )
    config = RunConfig(shut_market=shut_market, costs=costs)
    one = simulate(MARKET, TargetWeights.from_frame(frame), config)
    for columns in (["UT", "US", "HK"], ["US", "HK", "UT"]):
        other = simulate(MARKET, TargetWeights.from_frame(frame[columns]), config)
        assert one.nav.to_numpy().tobytes() == other.nav.to_numpy().tobytes()
        pd.testing.assert_frame_equal(one.trades, other.trades, check_exact=True)


def test_an_order_that_waits_and_is_replaced_is_logged_with_its_own_decision():
    # Hong Kong is shut from 29 to 31 January: the order of the 28th never met a session.
    frame = pd.DataFrame({"HK01": [0.5, 0.2]}, index=["2025-01-28", "2025-01-30"])
    result = simulate(load("tiny"), TargetWeights.from_frame(frame), RunConfig(costs="none"))
    (line,) = result.log.to_dict("records")
    assert line["what"] == "replaced by a later decision while it waited"
    assert (line["decided"].day, line["at"].day) == (28, 30)
    assert line["shares"] == pytest.approx(0.5 * 1e6 / (82 / 7.8), rel=1e-14)
    assert result.trades["decided"].dt.day.tolist() == [30]
