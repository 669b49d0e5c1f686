"""What fills cost, and how much of an order volume, lots and price limits let through; by hand.

A dollar is 8 Hong Kong dollars or 7 yuan throughout. Decisions are made at New York's close, and fill at the next open.
"""

import numpy as np
import pytest

from data.costs.charges import NOTE_KINDS
from data.costs.notes import contract_note
from tests.markets import NAN, fills, make_market, money, run

# One rounding of a sum of a few terms.
EXACT = 1e-12

# ------------------------------------------------------------------------------------------ contract notes

NOTED = make_market(
    {"US": [101.37, 99.5, 103.2, 98.11, 97.0], "HK": [81.35, 80.05, 83.0, 79.9, 82.6],
     "600519.SS": [70.07, 71.3, 69.9, 70.5, 72.0]},
    "2024-09-09", "2024-09-13",
    instruments=[{"symbol": "HK", "lot": 100}, {"symbol": "600519.SS", "lot": 100}, {"symbol": "US", "lot": 1}],
)  # fmt: skip
SWINGS = {
    "2024-09-09": {"US": 0.5, "HK": 0.3, "600519.SS": 0.1},
    "2024-09-10": {"US": 0.1, "HK": 0.5, "600519.SS": 0.35},
    "2024-09-11": {"US": 0.6, "HK": 0.05, "600519.SS": 0.0},
    "2024-09-12": {"US": 0.59, "HK": 0.06, "600519.SS": 0.01},
}


@pytest.mark.parametrize("lots", ["exchange", "fractional"])
@pytest.mark.parametrize(
    "commission", [{}, {"commission_bps": 2.5, "commission_min": {"USD": 0.99, "HKD": 18.0, "CNY": 5.0}}]
)
@pytest.mark.parametrize("capital", [1e6, 2e4])
def test_a_trade_is_charged_its_contract_note(capital, commission, lots):
    result = run(NOTED, SWINGS, costs="venue", lots=lots, initial_capital=capital, **commission)
    assert set(result.trades["venue"]) == {"XNYS", "XHKG", "XSHG"}
    assert {"buy", "sell"} == set(result.trades["side"])
    for trade in result.trades.itertuples():
        note = contract_note(
            trade.venue, trade.filled.date(), trade.side, trade.shares, trade.price,
            commission_bps=commission.get("commission_bps", 0),
            commission_min=commission.get("commission_min", {}).get(trade.currency, 0),
        )  # fmt: skip
        charged = {kind: getattr(trade, kind) for kind in NOTE_KINDS}
        # Cents are whole numbers until they are shown: to the bit.
        assert charged == {kind: float(note.get(kind, 0)) for kind in NOTE_KINDS}
    # And nothing but the notes and the spread has left NAV.
    assert result.bridge["residual"].abs().max() <= 1e-10 * capital


def test_a_note_by_hand_and_the_least_commission():
    # HK$80 x 1,250 shares = HK$100,000: duty 100, levies 2.70 and 0.15, fee 5.65, settlement 2.00; commission of a
    # basis point is HK$10, below the least of HK$18. Together HK$128.50, 16.0625 dollars.
    market = make_market({"HK": 80.0}, "2024-09-09", "2024-09-13")
    result = run(
        market,
        {"2024-09-09": {"HK": 0.0125}},
        costs="venue",
        commission_bps=1.0,
        commission_min={"HKD": 18.0},
        fx_spread_bps=0.0,
    )
    (trade,) = result.trades.itertuples()
    assert trade.shares == 1250
    kinds = ("stamp_duty", "sfc_levy", "afrc_levy", "trading_fee", "settlement_fee", "commission")
    assert [getattr(trade, kind) for kind in kinds] == [100.0, 2.7, 0.15, 5.65, 2.0, 18.0]
    assert result.nav.iloc[-1] == pytest.approx(1e6 - 16.0625, rel=EXACT)


def test_half_a_tick_is_paid_on_each_side():
    # The tick of HK$80 is 0.05: 0.025 at a last price of 80, in proportion 0.0275 of a fill at 88. New York's is a
    # cent.
    opens = {"HK": [80, 88, 80, 80, 80], "US": [100, 110, 100, 100, 100]}
    market = make_market({"HK": 80.0, "US": 100.0}, "2024-09-09", "2024-09-13", opens=opens)
    weights = {"2024-09-09": {"HK": 0.2, "US": 0.2}, "2024-09-10": {"HK": 0.0, "US": 0.0}}
    result = run(market, weights, costs="venue", half_spread_bps="tick")
    for trade in result.trades.itertuples():
        half = {"HK": 0.025 / 80, "US": 0.005 / 100}[trade.symbol]
        assert trade.half_spread == pytest.approx(abs(trade.shares) * trade.price * half, rel=EXACT)
    assert result.trades["half_spread"][0] == pytest.approx(0.0275 * 20_000, rel=EXACT)
    assert len(result.trades) == 4


# ------------------------------------------------------------------------------------------ volume

# 30 sessions of New York from 8 August to 19 September 2024, up and down by a dollar in turn, 20,000 shares a day.
SWAYING = [100.0, 101.0] * 15
LIQUID = make_market({"US": SWAYING, "UT": 50.0}, "2024-08-08", "2024-09-19", volumes={"US": 20_000.0})


def test_participation_spreads_an_order_over_sessions():
    # A tenth of 20,000 is 2,000 a session. Decided at 101 on 9 September: 505,000 dollars are 5,000 shares.
    result = run(LIQUID, {"2024-09-09": {"US": 0.505}}, max_participation=0.1)
    assert result.market.close[result.market.dates == np.datetime64("2024-09-09"), 0] == 101.0
    assert fills(result, "US") == [("09-10", 2000), ("09-11", 2000), ("09-12", pytest.approx(1000))]
    assert result.log["what"].tolist() == ["cut by volume, delivery or lots; the rest waits"] * 2
    dropped = run(LIQUID, {"2024-09-09": {"US": 0.505}}, max_participation=0.1, shut_market="cancel")
    assert fills(dropped, "US") == [("09-10", 2000)]
    assert dropped.log["what"].tolist() == ["dropped: cut by volume, delivery or lots"]


def test_sells_are_spread_too_and_a_name_without_volume_is_not():
    weights = {"2024-08-20": {"US": 0.202, "UT": 0.5}, "2024-09-09": {"US": 0.0, "UT": 0.0}}
    result = run(LIQUID, weights, max_participation=0.05)
    # 20 August: 100 or 101; a twentieth of 20,000 is 1,000 a session.
    assert [shares for _, shares in fills(result, "US")][:1] == [1000]
    sold = [shares for day, shares in fills(result, "US") if day > "09-09"]
    assert sold[0] == -1000
    assert sum(sold) == pytest.approx(-sum(shares for day, shares in fills(result, "US") if day < "09-09"), rel=EXACT)
    assert [day for day, _ in fills(result, "UT")] == ["08-21", "09-10"]
    assert any("No volume is known of UT" in note for note in result.notes)


def test_four_volumes_are_none():
    # 8, 9, 12, 13 August are known when the 14th begins, and with the 14th there are five.
    result = run(LIQUID, {"2024-08-13": {"US": 0.5}}, max_participation=0.1)
    assert len(fills(result, "US")) == 1
    result = run(LIQUID, {"2024-08-14": {"US": 0.5}}, max_participation=0.1)
    assert fills(result, "US")[0] == ("08-15", 2000)


def test_impact_is_the_square_root_law():
    # 0.5 sigma sqrt(shares / 20,000) of the notional, over the 20 sessions before the fill.
    result = run(LIQUID, {"2024-09-09": {"US": 0.505}}, costs="venue", impact=0.5)
    (trade,) = result.trades.itertuples()
    at = int(np.searchsorted(LIQUID.dates, np.datetime64("2024-09-10")))
    moves = [after / before - 1 for before, after in zip(SWAYING[: at - 1], SWAYING[1:at], strict=True)]
    volatility = np.std(moves[-20:], ddof=1)
    assert 0.0099 < volatility < 0.0103
    expected = 0.5 * volatility * np.sqrt(trade.shares / 20_000) * trade.shares * trade.price
    assert trade.impact == pytest.approx(expected, rel=1e-9)  # the volatility is a difference of sums of squares
    assert result.costs["impact"].sum() == trade.impact


# ------------------------------------------------------------------------------------------ lots


def test_a_target_is_cut_to_whole_lots():
    # 123,456 dollars are 12,345.6 shares of HK at 10: 24 lots of 500. Of US, in single shares, 1,234.
    market = make_market(
        {"HK": 80.0, "US": 100.0}, "2024-09-09", "2024-09-13", instruments=[{"symbol": "HK", "lot": 500}]
    )
    result = run(market, {"2024-09-09": {"HK": 0.123456, "US": 0.123456}}, lots="auto")
    assert fills(result, "HK") == [("09-10", 12_000)]
    assert fills(result, "US") == [("09-10", 1234)]


def test_an_odd_part_stays_until_the_name_is_sold_out():
    # 10,000 shares at HK$88 become 11,000 at HK$80: 5 lots of 2,000 and 1,000 odd.
    scrip = {"symbol": "HK", "kind": "scrip", "ex_date": "2024-09-11", "pay_date": "2024-09-11", "amount": 0.1}
    market = make_market(
        {"HK": [88, 88, *[80] * 7], "US": 100.0}, "2024-09-09", "2024-09-20",
        opens={"HK": [88, 88, *[80] * 7]}, actions=[scrip], instruments=[{"symbol": "HK", "lot": 2000}],
    )  # fmt: skip
    weights = {
        "2024-09-09": {"HK": 0.11},  # 10,000 at 11 dollars
        "2024-09-11": {"HK": 0.15},  # 15,000 at 10 dollars: 14,000 and the odd 1,000
        "2024-09-12": {"HK": 0.019},  # 1,900: no lot, the odd part stays
        "2024-09-16": {"HK": 0.0},
    }
    result = run(market, weights, lots="auto")
    assert [shares for _, shares in fills(result, "HK")] == pytest.approx([10_000, 4000, -14_000, -1000], rel=EXACT)
    assert result.nav.tolist() == pytest.approx([1e6] * len(result.nav), rel=EXACT)


def test_lots_are_those_of_the_date():
    # 2020.HK went from lots of 1,000 to 200 on 4 October 2021. 2,500 shares at HK$80 are 25,000 dollars.
    market = make_market({"2020.HK": 80.0}, "2021-09-27", "2021-10-15")
    result = run(market, {"2021-09-28": {"2020.HK": 0.025}, "2021-10-06": {"2020.HK": 0.025}}, lots="auto")
    assert fills(result, "2020.HK") == [("09-29", 2000), ("10-07", 400)]


def test_volume_is_counted_in_lots():
    # A tenth of 20,500 is 2,050: four lots of 500.
    volumes = {"HK": 20_500.0}
    market = make_market(
        {"HK": 80.0}, "2024-08-26", "2024-09-13", volumes=volumes, instruments=[{"symbol": "HK", "lot": 500}]
    )
    result = run(market, {"2024-09-03": {"HK": 0.05}}, lots="auto", max_participation=0.1)
    assert [shares for _, shares in fills(result, "HK")] == [2000, 2000, 1000]


# ------------------------------------------------------------------------------------------ price limits

# 10 % up at the open of the 10th and once more at that of the 11th, then 10 % down: 100, 110, 121, 108.90.
LIMITED = make_market(
    {"600519.SS": [100, 109, 119.9, 119.9, 107.91], "US": 100.0}, "2024-09-09", "2024-09-13",
    opens={"600519.SS": [100, 110, 119.89, 119.9, 107.91]},
)  # fmt: skip


def test_a_buy_at_the_upper_limit_waits():
    # 110 is the limit of the 10th, though the name closes below it; 119.90 that of the 11th, whose open is a tick
    # below.
    result = run(LIMITED, {"2024-09-09": {"600519.SS": 0.5}})
    assert [day for day, _ in fills(result, "600519.SS")] == ["09-11"]
    assert result.trades["price"].tolist() == [119.89]
    assert result.log["what"].tolist() == ["at its price limit; waits"]
    assert result.log["at"].dt.day.tolist() == [10]


def test_at_the_close_the_close_is_held_against_the_limit():
    result = run(LIMITED, {"2024-09-09": {"600519.SS": 0.5}}, fill="next_close")
    assert result.trades["price"].tolist() == [109]
    result = run(LIMITED, {"2024-09-10": {"600519.SS": 0.5}}, fill="next_close")
    # 119.90 is barred at the close of the 11th; on the 12th the limit is 131.89.
    assert result.trades["filled"].dt.day.tolist() == [12]


def test_a_sell_at_the_lower_limit_waits_and_a_buy_does_not():
    weights = {"2024-09-10": {"600519.SS": 0.5}, "2024-09-12": {"600519.SS": 0.0}}
    result = run(LIMITED, weights)
    assert [day for day, _ in fills(result, "600519.SS")] == ["09-11"]
    assert result.log["what"].tolist() == ["at its price limit; waits"]
    bought = run(LIMITED, {"2024-09-12": {"600519.SS": 0.5}})
    assert bought.trades["price"].tolist() == [107.91]


def test_cancel_drops_an_order_at_its_limit():
    result = run(LIMITED, {"2024-09-09": {"600519.SS": 0.5}}, shut_market="cancel")
    assert result.trades.empty
    # Barred at the open, it is dropped when the session ends.
    assert result.log["what"].tolist() == ["dropped: no price, or at its limit, in the session"]


def test_without_an_open_a_buy_is_tried_at_the_close_and_its_limit():
    closes = {"600519.SS": [100, 110, 112, 112, 112], "US": 100.0}
    market = make_market(closes, "2024-09-09", "2024-09-13", opens={"600519.SS": [100, NAN, 112, 112, 112]})
    result = run(market, {"2024-09-09": {"600519.SS": 0.5}})
    assert [day for day, _ in fills(result, "600519.SS")] == ["09-11"]
    assert result.log["what"].tolist() == ["at its price limit; waits"]
    assert money(result, "long", "CNY")[1] == 0.0
