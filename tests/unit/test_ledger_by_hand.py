"""The ledger on cases small enough to be redone by hand."""

import numpy as np
import pandas as pd
import pytest

from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.result import BacktestResult
from data.costs.schedules import COST_KINDS
from data.errors import DataError
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.errors import StrategyError
from strategies.targets import TargetWeights

# Tuesday to Friday, then Monday.
WEEK = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08")
VENUES = {"US": ("XNYS", "USD"), "UT": ("XNYS", "USD"), "HK": ("XHKG", "HKD"), "HL": ("XHKG", "HKD")}
NAN = float("nan")


def make_market(
    closes: dict[str, list[float]],
    opens: dict[str, list[float]] | None = None,
    hkd: dict[str, float] | None = None,
    rates: dict[str, float] | None = None,
    dates: tuple[str, ...] = WEEK,
) -> MarketData:
    """Closes and opens (by default the closes) by symbol; HKD for one USD by date; readings of 1 January by series."""
    rows = [
        {
            "date": date,
            "symbol": symbol,
            "venue": VENUES[symbol][0],
            "currency": VENUES[symbol][1],
            "open": o,
            "close": c,
        }
        for symbol, series in closes.items()
        for date, o, c in zip(dates, (opens or {}).get(symbol, series), series, strict=True)
    ]
    hkd = {"2023-12-29": 8.0} if hkd is None else hkd
    fx = pd.DataFrame({"date": list(hkd), "base": "USD", "quote": "HKD", "rate": list(hkd.values())})
    table = None
    if rates:
        table = pd.DataFrame({"date": "2024-01-01", "series": list(rates), "value": list(rates.values())})
    return from_frames(pd.DataFrame(rows), fx=fx, rates=table)


def run(
    market: MarketData, weights: dict[str, dict[str, float]], *, hold_missing: bool = False, **settings: object
) -> BacktestResult:
    """Weights by decision date."""
    frame = pd.DataFrame.from_dict(weights, orient="index")
    targets = TargetWeights.from_frame(frame, hold_missing=hold_missing)
    return simulate(market, targets, RunConfig(**{"costs": "none", **settings}))


FLAT = make_market({"US": [100.0] * 5, "UT": [50.0] * 5})

# ------------------------------------------------------------------------------------------ fills


def test_orders_are_fixed_at_the_decision_and_filled_at_the_next_open():
    market = make_market({"US": [100, 100, 120, 120, 120]}, opens={"US": [100, 100, 110, 120, 120]})
    result = run(market, {"2024-01-03": {"US": 0.5}})
    (trade,) = result.trades.itertuples()
    assert (trade.shares, trade.price, trade.side) == (5000.0, 110.0, "buy")
    assert trade.filled == pd.Timestamp("2024-01-04 14:30", tz="UTC")
    assert trade.decided == pd.Timestamp("2024-01-03 21:00", tz="UTC")
    assert result.cash["USD"].iloc[-1] == 1e6 - 5000 * 110
    assert result.nav.tolist() == [1e6, 1e6, 1e6 + 5000 * 10, 1e6 + 5000 * 10, 1e6 + 5000 * 10]


def test_sizing_at_the_fill_takes_the_fill_price():
    market = make_market({"US": [100, 100, 120, 120, 120]}, opens={"US": [100, 100, 125, 120, 120]})
    result = run(market, {"2024-01-03": {"US": 0.5}}, sizing="fill")
    assert result.trades["shares"].tolist() == [4000.0]


def test_next_close_fills_at_the_close():
    market = make_market({"US": [100, 100, 125, 120, 120]}, opens={"US": [100, 100, 1, 1, 1]})
    result = run(market, {"2024-01-03": {"US": 0.5}}, fill="next_close")
    (trade,) = result.trades.itertuples()
    assert (trade.shares, trade.price) == (5000.0, 125.0)
    assert trade.filled == pd.Timestamp("2024-01-04 21:00", tz="UTC")


def test_an_unknown_open_is_filled_at_the_close_and_counted():
    market = make_market({"US": [100, 100, 120, 120, 120]}, opens={"US": [100, 100, NAN, 120, 120]})
    result = run(market, {"2024-01-03": {"US": 0.5}})
    (trade,) = result.trades.itertuples()
    assert (trade.price, trade.filled) == (120.0, pd.Timestamp("2024-01-04 21:00", tz="UTC"))
    assert result.n_fills_at_close == 1
    assert run(market, {"2024-01-03": {"US": 0.5}}, fill="next_close").n_fills_at_close == 0


def test_a_day_without_any_price_is_waited_for():
    market = make_market({"US": [100, 100, NAN, 120, 120], "UT": [50.0] * 5})
    result = run(market, {"2024-01-03": {"US": 0.5}})
    (trade,) = result.trades.itertuples()
    assert (trade.price, trade.filled) == (120.0, pd.Timestamp("2024-01-05 14:30", tz="UTC"))
    assert result.log["what"].tolist() == ["no price in the session; waits"]


def test_nav_is_the_capital_until_the_first_fill():
    market = make_market({"US": [100, 90, 120, 130, 140]}, rates={"US_FED_FUNDS": 5.0})
    result = run(market, {"2024-01-04": {"US": 0.5}}, initial_capital=250_000)
    assert result.nav["2024-01-02":"2024-01-04"].tolist() == [250_000.0] * 3
    assert result.nav["2024-01-08"] != 250_000.0


def test_cash_that_waits_for_the_first_fill_earns_nothing():
    market = make_market({"US": [100, 90, 120, 130, 140]}, rates={"US_FED_FUNDS": 5.0})
    result = run(market, {"2024-01-02": {"US": 0.0}}, initial_capital=250_000)
    assert (result.nav == 250_000.0).all()


# ------------------------------------------------------------------------------------------ costs


def test_a_full_target_is_scaled_until_cash_covers_costs():
    # f + 0.001 f = 1
    result = run(FLAT, {"2024-01-02": {"US": 0.6, "UT": 0.4}}, fill="same_close", costs=FlatCosts(bps=10))
    assert result.shares.iloc[0].tolist() == pytest.approx([6000 / 1.001, 8000 / 1.001], rel=1e-15)
    assert result.nav.iloc[0] == pytest.approx(1e6 / 1.001, rel=1e-15)
    assert abs(result.cash["USD"].iloc[0]) < 1e-9
    assert result.trades["other_cost"].tolist() == pytest.approx([600 / 1.001, 400 / 1.001], rel=1e-15)


def test_a_target_with_cash_enough_is_not_scaled():
    result = run(FLAT, {"2024-01-02": {"US": 0.999}}, fill="same_close", costs=FlatCosts(bps=10))
    assert result.shares["US"].iloc[0] == 9990.0
    assert result.cash["USD"].iloc[0] == pytest.approx(1000 - 999, rel=1e-12)


def test_costs_by_date_are_in_base_currency():
    market = make_market({"HK": [80.0] * 5})
    result = run(market, {"2024-01-02": {"HK": 0.5}}, costs=FlatCosts(bps=10))
    # 50,000 shares at HK$80 cost HK$4,000 in fees, 500 dollars at 8.
    assert result.trades["other_cost"].tolist() == pytest.approx([4000.0], rel=1e-14)
    assert result.costs["other_cost"].sum() == pytest.approx(500.0, rel=1e-14)


# ------------------------------------------------------------------------------------------ currency

# 8 HKD for a dollar until 16:00 London of the 4th, 10 from then on: 0.125 and 0.1 dollars.
MOVING = {"2023-12-29": 8.0, "2024-01-04": 10.0}
TWO = {"HK": [80.0] * 5, "US": [100.0] * 5}
# In on the 3rd, out of Hong Kong on the 4th (both before the rate moves), into New York on the 5th.
ROUND_TRIP = {
    "2024-01-02": {"HK": 0.8, "US": 0.2},
    "2024-01-03": {"HK": 0.0, "US": 0.2},
    "2024-01-04": {"HK": 0.0, "US": 0.8},
}


def test_at_fill_converts_there_and_then():
    result = run(make_market(TWO, hkd=MOVING), ROUND_TRIP)
    assert (result.cash["HKD"] == 0.0).all()
    # 80,000 shares for HK$6,400,000, 800,000 dollars; sold at the same rate. No loss when the rate moves.
    assert result.cash["USD"].tolist() == pytest.approx([1e6, 0, 8e5, 2e5, 2e5], abs=1e-9)
    assert result.nav.tolist() == pytest.approx([1e6] * 5, rel=1e-14)


def test_hold_keeps_what_was_sold_and_converts_when_it_is_needed():
    result = run(make_market(TWO, hkd=MOVING), ROUND_TRIP, fx="hold")
    # Sold on the 4th: HK$6,400,000, worth 800,000 then and 640,000 at the mark of that day.
    assert result.nav.tolist() == pytest.approx([1e6, 1e6, 840_000, 840_000, 840_000], rel=1e-14)
    # Decided at 840,000: 80 % is 6,720 shares, 4,720 more than held; 472,000 dollars are HK$4,720,000 by now.
    assert result.trades["shares"].tolist()[-1] == pytest.approx(4720.0, rel=1e-14)
    assert result.cash["HKD"].tolist() == pytest.approx([0, 0, 6_400_000, 1_680_000, 1_680_000], rel=1e-14, abs=1e-9)
    assert result.cash["USD"].tolist() == pytest.approx([1e6, 0, 0, 0, 0], abs=1e-9)
    assert result.bridge["currency"].sum() == pytest.approx(-160_000, rel=1e-12)
    assert result.bridge["residual"].abs().max() < 1e-9


def test_both_pay_the_spread_where_they_convert():
    q = 0.01
    weights = {"2024-01-02": {"HK": 0.4, "US": 0.0}, "2024-01-03": {"HK": 0.0, "US": 0.0}}
    market = make_market(TWO)
    for fx in ("at_fill", "hold"):
        result = run(market, weights, fx=fx, costs="venue-proportional", fx_spread_bps=100.0)
        buy, sell = result.trades.itertuples()
        fees = [sum(getattr(t, kind) for kind in COST_KINDS if kind != "fx_spread") for t in (buy, sell)]
        paid = buy.shares * 80.0 + fees[0]  # Hong Kong dollars
        brought = -sell.shares * 80.0 - fees[1]
        assert buy.fx_spread == pytest.approx(q * paid, rel=1e-12)
        if fx == "at_fill":
            assert sell.fx_spread == pytest.approx(q * brought, rel=1e-12)
            end = {"HKD": 0.0, "USD": 1e6 - paid / 8 * (1 + q) + brought / 8 * (1 - q)}
        else:
            assert sell.fx_spread == 0.0
            end = {"HKD": brought, "USD": 1e6 - paid / 8 * (1 + q)}
        assert result.cash.iloc[-1].to_dict() == pytest.approx(end, rel=1e-12)


def test_flat_costs_mean_no_spread():
    weights = {"2024-01-02": {"HK": 0.4, "US": 0.0}}
    result = run(make_market(TWO), weights, costs=FlatCosts(bps=10), fx_spread_bps=100.0)
    assert (result.trades["fx_spread"] == 0.0).all()


# ------------------------------------------------------------------------------------------ later decisions

# New York waits a day for the fill: the 4th has no price.
GAP = make_market({"US": [100, 100, NAN, 100, 100], "UT": [50.0] * 5})


def test_a_row_of_nan_leaves_waiting_orders_alone():
    result = run(GAP, {"2024-01-03": {"US": 0.5, "UT": 0.2}, "2024-01-04": {"US": NAN, "UT": NAN}})
    trades = result.trades
    assert trades["symbol"].tolist() == ["UT", "US"]
    assert trades["filled"].dt.day.tolist() == [4, 5]
    assert set(trades["decided"]) == {pd.Timestamp("2024-01-03 21:00", tz="UTC")}


def test_a_later_decision_replaces_what_waits():
    result = run(GAP, {"2024-01-03": {"US": 0.5, "UT": 0.2}, "2024-01-04": {"US": 0.1, "UT": 0.2}})
    trades = result.trades
    assert trades["symbol"].tolist() == ["UT", "US"]
    assert trades["shares"].tolist() == [4000.0, 1000.0]
    assert trades["decided"].dt.day.tolist() == [3, 4]


def test_hold_missing_keeps_the_shares():
    market = make_market({"US": [100, 110, 120, 130, 140], "UT": [50.0] * 5})
    weights = {"2024-01-02": {"US": 0.5, "UT": 0.5}, "2024-01-03": {"US": NAN, "UT": 0.1}}
    result = run(market, weights, hold_missing=True)
    assert result.shares["US"].tolist() == [0, 5000, 5000, 5000, 5000]
    # NAV at the close of the 3rd: 5,000 x 110, and 10,000 x 50 less what the opens cost (110 against 100).
    nav = 5000 * 110 + 10_000 * 50 - 5000 * 10
    assert result.shares["UT"].iloc[2] == pytest.approx(0.1 * nav / 50, rel=1e-14)


def test_a_held_name_drops_its_own_waiting_order():
    result = run(GAP, {"2024-01-03": {"US": 0.5, "UT": 0.2}, "2024-01-04": {"US": NAN, "UT": 0.3}}, hold_missing=True)
    assert set(result.trades["symbol"]) == {"UT"}


# ------------------------------------------------------------------------------------------ refusals


def test_shorts_are_refused_by_name():
    with pytest.raises(BacktestError, match=r"UT has weight -0\.1 at decision 2024-01-03.*shorts are not allowed"):
        run(FLAT, {"2024-01-03": {"US": 0.5, "UT": -0.1}})


def test_leverage_is_refused():
    with pytest.raises(BacktestError, match=r"2024-01-03.*gross of 1\.2 of NAV.*max_gross"):
        run(FLAT, {"2024-01-03": {"US": 0.7, "UT": 0.5}})


def test_a_name_without_a_price_yet_is_refused():
    market = make_market({"US": [100.0] * 5, "UT": [NAN, NAN, NAN, 50.0, 50.0]})
    with pytest.raises(StrategyError, match=r"UT has no price known at 2024-01-03.*first is on 2024-01-05"):
        run(market, {"2024-01-03": {"US": 0.5, "UT": 0.5}})


def test_an_unknown_symbol_is_refused():
    with pytest.raises(StrategyError, match="ZZZ"):
        run(FLAT, {"2024-01-03": {"US": 0.5, "ZZZ": 0.5}})


def test_a_name_outside_the_universe_is_refused():
    with pytest.raises(StrategyError, match="UT may not be held: it is not in the universe"):
        run(FLAT.restricted("US"), {"2024-01-03": {"US": 0.5, "UT": 0.5}})


def test_same_close_is_refused_across_venues():
    with pytest.raises(BacktestError, match=r"same_close.*XHKG does not at 2024-01-03"):
        run(make_market(TWO), {"2024-01-03": {"US": 0.5, "HK": 0.5}}, fill="same_close")


def test_a_currency_without_a_rate_is_refused():
    with pytest.raises(DataError, match="JPY"):
        run(FLAT, {"2024-01-03": {"US": 0.5}}, base_currency="JPY")
    late = make_market(TWO, hkd={"2024-01-05": 8.0})
    with pytest.raises(DataError, match=r"HK is wanted at 2024-01-03.*HKD"):
        run(late, {"2024-01-03": {"HK": 0.5, "US": 0.5}})


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"lots": "exchange"}, "approximate_lots=True"),
        ({"impact": 1.0}, "costs = 'venue'"),
        ({"half_spread_bps": 3.0}, "half_spread_bps needs"),
        ({"shorts": True, "funding": "settled"}, "funding = 'overlap'"),
        ({"maintenance_margin": 0.6, "max_gross": 2.0}, "1 / max_gross"),
        ({"stop_days": 5}, "stop_drawdown"),
        ({"costs": "venue", "commission_min": {"usd": 1.0}}, "no venue trades in 'usd'; want CNY, HKD, USD"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(setting, said):
    with pytest.raises(BacktestError, match=said):
        run(FLAT, {"2024-01-03": {"US": 0.5}}, **setting)


def test_a_misspelt_setting_is_refused_by_name():
    with pytest.raises(BacktestError, match="comission_bps"):
        RunConfig(comission_bps=10)
    with pytest.raises(BacktestError, match="next_opne"):
        RunConfig(fill="next_opne")


def test_a_frame_is_not_target_weights():
    with pytest.raises(BacktestError, match="TargetWeights"):
        simulate(FLAT, pd.DataFrame({"US": [1.0]}, index=["2024-01-03"]))


def test_a_gap_in_a_row_is_refused_without_hold_missing():
    with pytest.raises(StrategyError, match="UT has no weight"):
        run(FLAT, {"2024-01-03": {"US": 0.5, "UT": NAN}})


# ------------------------------------------------------------------------------------------ resuming


def test_a_stamp_to_stop_at_needs_a_zone():
    targets = TargetWeights.from_frame(pd.DataFrame({"US": [1.0]}, index=["2024-01-03"]))
    with pytest.raises(DataError, match="no time zone"):
        simulate(FLAT, targets, until=pd.Timestamp("2024-01-04"))


def test_a_state_of_other_names_is_refused():
    one = TargetWeights.from_frame(pd.DataFrame({"US": [1.0]}, index=["2024-01-03"]))
    other = TargetWeights.from_frame(pd.DataFrame({"UT": [1.0]}, index=["2024-01-03"]))
    half = simulate(FLAT, one, until=pd.Timestamp("2024-01-04 22:00", tz="UTC"))
    with pytest.raises(BacktestError, match="US is in the state to resume"):
        simulate(FLAT, other, resume=half.state)


def test_resuming_does_not_change_the_state_it_starts_from():
    targets = TargetWeights.from_frame(pd.DataFrame({"US": [1.0]}, index=["2024-01-03"]))
    half = simulate(FLAT, targets, until=pd.Timestamp("2024-01-03 22:00", tz="UTC"))
    before = [array.copy() for array in half.state.book]
    simulate(FLAT, targets, resume=half.state)
    assert all(np.array_equal(a, b) for a, b in zip(before, half.state.book, strict=True))
