"""Splits, dividends, scrip and delistings in raw prices, on cases small enough to be redone by hand.

New York holds sessions on 2, 3, 4, 5, 8, 9 and 10 January 2024, Hong Kong too. Decisions are made at New York's
close, and fill at the next open. A dollar is 8 Hong Kong dollars.
"""

import numpy as np
import pandas as pd
import pytest

from data.market import MarketData
from strategies.errors import StrategyError
from tests.markets import NAN, PLAIN, fills, make_market, money, run

FIRST, LAST = "2024-01-02", "2024-01-10"
FLAT = 100.0
# One multiplication or division more than the figure in the comment.
EXACT = 1e-14


def action(symbol: str, kind: str, ex: str, amount: float, pay: str | None = None, **more: object) -> dict[str, object]:
    """A row of the actions table; dates are days of January 2024."""
    row = {"symbol": symbol, "kind": kind, "ex_date": f"2024-01-{ex}", "amount": amount}
    return row | {"pay_date": None if pay is None else f"2024-01-{pay}", **more}


def week(closes: dict[str, object], *actions: dict[str, object], **more: object) -> MarketData:
    return make_market(closes, FIRST, LAST, actions=actions, **more)


# ------------------------------------------------------------------------------------------ splits

SPLIT = week({"US": [100, 100, 50, 50, 50, 50, 50], "UT": 50.0}, action("US", "split", "04", 2.0))


@pytest.mark.parametrize("sizing", ["decision", "fill"])
@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_an_order_is_split_between_decision_and_fill(weight, sizing):
    # 1,000,000 w at 100 are 10,000 w shares, and 20,000 w at 50: no buying power is missing for the doubled order.
    result = run(SPLIT, {"2024-01-03": {"US": weight}}, sizing=sizing)
    (trade,) = result.trades.itertuples()
    assert (trade.shares, trade.price) == (20_000 * weight, 50.0)
    assert trade.filled == pd.Timestamp("2024-01-04 14:30", tz="UTC")
    assert result.log.empty
    assert (result.nav == 1e6).all()
    assert result.actions.empty  # it met an order, not a holding


def test_a_holding_goes_through_a_split_without_a_change_of_nav():
    result = run(SPLIT, {"2024-01-02": {"US": 0.6}})
    assert result.shares["US"].tolist() == [0, 6000, *[12_000] * 5]
    assert (result.nav == 1e6).all()
    (row,) = result.actions.itertuples()
    assert (row.what, row.shares, row.at) == ("split", 6000.0, pd.Timestamp("2024-01-04 14:30", tz="UTC"))
    assert (result.bridge["price"] == 0.0).all()


def test_the_last_price_is_split_before_the_session_has_one():
    # Half an hour after the open of the ex date the last price is half that of the day before: what is held is what
    # is asked.
    decided = pd.Timestamp("2024-01-04 15:00", tz="UTC")
    result = run(SPLIT, {pd.Timestamp("2024-01-02 21:00", tz="UTC"): {"US": 0.6}, decided: {"US": 0.6}})
    assert fills(result, "US") == [("01-03", 6000.0)]


def test_a_reverse_split_and_one_on_a_day_without_a_session():
    # Ten for one on Saturday the 6th takes effect on Monday the 8th; a tenth of a short is left as of a long.
    market = week({"US": [10, 10, 10, 10, 100, 100, 100], "UT": 50.0}, action("US", "split", "06", 0.1))
    result = run(market, {"2024-01-02": {"US": -0.5}}, shorts=True, borrow_fee=0.0)
    assert result.shares["US"].tolist() == [0, *[-50_000] * 3, *[-5000] * 3]
    assert result.nav.tolist() == pytest.approx([1e6] * 7, rel=EXACT)


# ------------------------------------------------------------------------------------------ dividends

# A dollar a share, ex on the 4th, paid on the 9th; the price falls by as much.
PRICES = {"US": [100, 100, 99, 99, 99, 99, 99], "UT": 50.0}


def paying(**more: object) -> MarketData:
    return week(PRICES, action("US", "dividend", "04", 1.0, "09", **more))


@pytest.mark.parametrize(
    ("market", "settings", "withheld"),
    [
        (paying(), {}, 3000.0),  # offshore funds pay 30 % in New York
        (paying(), {"investor": "us"}, 0.0),
        (paying(withholding=0.1), {}, 1000.0),  # the action's own rate goes before the investor's
        (paying(withholding=0.1), {"investor": "us"}, 1000.0),
        (
            week(PRICES, action("US", "dividend", "04", 1.0, "09"), instruments=[{"symbol": "US", "tags": "adr"}]),
            {},
            0.0,
        ),
    ],
)
def test_a_dividend_is_due_at_its_ex_date_and_settled_at_its_pay_date(market, settings, withheld):
    result = run(market, {"2024-01-02": {"US": 1.0}}, **settings)
    net = 10_000 - withheld  # of 10,000 shares
    assert money(result, "dividends_due") == [0, 0, *[net] * 3, 0, 0]
    # The purchase of the 3rd settles on the 5th, two days later.
    assert money(result, "settled") == [1e6, 1e6, 1e6, 0, 0, net, net]
    assert money(result, "payable") == [0, 1e6, 1e6, 0, 0, 0, 0]
    assert result.cash["USD"].tolist() == [1e6, 0, 0, 0, 0, net, net]
    assert result.nav.tolist() == [1e6, 1e6, *[1e6 - withheld] * 5]
    assert result.costs["withholding"].tolist() == [0, 0, withheld, 0, 0, 0, 0]
    assert result.bridge["dividends"].tolist() == [0, 0, 10_000, 0, 0, 0, 0]
    assert result.bridge["residual"].abs().max() < 1e-9
    due, paid = result.actions.itertuples()
    assert (due.what, due.shares, due.amount, due.money, due.withheld) == ("dividend due", 10_000, 1.0, net, withheld)
    assert (paid.what, paid.money, paid.at.day) == ("paid", net, 9)


def test_who_buys_on_the_ex_date_gets_no_dividend_and_who_has_sold_since_does():
    late = run(paying(), {"2024-01-03": {"US": 1.0}})
    assert late.actions.empty
    sold = run(paying(), {"2024-01-02": {"US": 1.0}, "2024-01-04": {"US": 0.0}})
    assert money(sold, "dividends_due") == [0, 0, 7000, 7000, 7000, 0, 0]
    assert sold.nav.tolist()[-1] == 10_000 * 99 + 7000


def test_a_dividend_without_a_pay_date_is_paid_with_the_next_row():
    market = week(PRICES, action("US", "dividend", "04", 1.0))
    result = run(market, {"2024-01-02": {"US": 1.0}})
    assert money(result, "dividends_due") == [0, 0, 7000, 0, 0, 0, 0]
    assert result.cash["USD"].tolist() == [1e6, 0, 0, *[7000] * 4]


def test_a_short_owes_the_whole_dividend():
    result = run(paying(), {"2024-01-02": {"US": -0.5}}, shorts=True, borrow_fee=0.0)
    # 5,000 shares sold at 100; 5,000 dollars owed, although a holder would get 3,500.
    assert money(result, "dividends_due") == [0, 0, *[-5000] * 3, 0, 0]
    assert result.cash["USD"].tolist() == [1e6, *[1.5e6] * 4, 1_495_000, 1_495_000]
    assert (result.nav == 1e6).all()
    assert (result.costs["withholding"] == 0.0).all()


def test_a_dividend_is_per_share_held_before_a_split_of_the_same_day():
    # 6,000 shares get a dollar each and become 12,000: (100 - 1) / 2 = 49.50.
    both = action("US", "split", "04", 2.0), action("US", "dividend", "04", 1.0, "09", withholding=0.0)
    result = run(week({"US": [100, 100, *[49.5] * 5], "UT": 50.0}, *both), {"2024-01-02": {"US": 0.6}})
    assert money(result, "dividends_due") == [0, 0, *[6000] * 3, 0, 0]
    assert result.shares["US"].tolist() == [0, 6000, *[12_000] * 5]
    assert (result.nav == 1e6).all()


@pytest.mark.parametrize(
    ("split", "ex", "a_share"),
    # 6,000 shares get a dollar each before they become 12,000, or 12,000 get half a dollar each after: 6,000 dollars.
    [("06", "06", 1.0), ("07", "06", 1.0), ("06", "07", 0.5)],
)
def test_actions_of_a_weekend_take_effect_on_monday_in_the_order_of_their_dates(split, ex, a_share):
    both = action("US", "split", split, 2.0), action("US", "dividend", ex, a_share, "10", withholding=0.0)
    result = run(week({"US": [100, 100, 100, 100, 49.5, 49.5, 49.5], "UT": 50.0}, *both), {"2024-01-02": {"US": 0.6}})
    assert money(result, "dividends_due") == [0, 0, 0, 0, 6000, 6000, 0]
    assert result.shares["US"].tolist() == [0, *[6000] * 3, *[12_000] * 3]
    assert (result.nav == 1e6).all()


def test_a_dividend_is_reinvested_at_the_close_of_its_ex_date():
    # 10,000 shares, a dollar each, 30 % of it withheld, at 70: 100 shares more.
    market = week({"US": [100, 100, 70, 70, 80, 80, 80], "UT": 50.0}, action("US", "dividend", "04", 1.0, "09"))
    result = run(market, {"2024-01-02": {"US": 1.0}}, dividends="reinvest")
    assert result.shares["US"].tolist() == [0, 10_000, *[10_100] * 5]
    assert money(result, "dividends_due") == [0] * 7
    assert result.cash["USD"].tolist() == [1e6, *[0] * 6]
    assert result.nav.tolist() == [1e6, 1e6, 707_000, 707_000, *[808_000] * 3]
    assert result.actions["what"].tolist() == ["dividend due", "dividend reinvested"]


def test_a_short_s_dividend_adds_to_the_short():
    market = week({"US": [100, 100, 50, 50, 50, 50, 50], "UT": 50.0}, action("US", "dividend", "04", 1.0, "09"))
    result = run(market, {"2024-01-02": {"US": -0.5}}, dividends="reinvest", shorts=True, borrow_fee=0.0)
    assert result.shares["US"].tolist() == [0, -5000, *[-5100] * 5]  # 5,000 dollars at 50
    assert result.nav.tolist() == [1e6, 1e6, *[1.5e6 - 5100 * 50] * 5]


def test_without_a_close_on_the_ex_date_a_dividend_waits_for_one():
    market = week({"US": [100, 100, NAN, 70, 70, 70, 70], "UT": 50.0}, action("US", "dividend", "04", 1.0, "09"))
    result = run(market, {"2024-01-02": {"US": 1.0}}, dividends="reinvest")
    assert money(result, "dividends_due") == [0, 0, 7000, 0, 0, 0, 0]
    assert result.nav.tolist()[2] == 10_000 * 99 + 7000  # the last price falls by the dividend
    assert result.shares["US"].tolist() == [0, 10_000, 10_000, *[10_100] * 4]


def test_a_sale_that_waits_takes_the_reinvested_shares_with_it():
    # All is to be sold on the 4th, without an open: at its close 100 shares come in, and then 10,100 go.
    prices = {"US": [100, 100, 70, 70, 70, 70, 70], "UT": 50.0}
    opens = {"US": [100, 100, NAN, 70, 70, 70, 70]}
    market = week(prices, action("US", "dividend", "04", 1.0, "09"), opens=opens)
    result = run(market, {"2024-01-02": {"US": 1.0}, "2024-01-03": {"US": 0.0}}, dividends="reinvest")
    assert fills(result, "US") == [("01-03", 10_000.0), ("01-04", -10_100.0)]
    assert result.shares["US"].tolist() == [0, 10_000, *[0] * 5]


# ------------------------------------------------------------------------------------------ scrip

# One new share for ten held, ex on the 4th, delivered on the 9th: 110 becomes 100.
SCRIP = week({"US": [110, 110, *[100] * 5], "UT": 50.0}, action("US", "scrip", "04", 0.1, "09"))


def test_scrip_counts_at_once_and_cannot_be_sold_before_it_is_delivered():
    # 0.55 of a million are 5,000 shares at 110, then 5,500 at 100, of which 500 are not there yet.
    result = run(SCRIP, {"2024-01-02": {"US": 0.55}, "2024-01-04": {"US": 0.0}})
    assert result.nav.tolist() == [1e6] * 7
    assert result.shares["US"].tolist() == pytest.approx([0, 5000, 5500, 500, 500, 0, 0], rel=1e-12, abs=0)
    assert fills(result, "US") == [
        ("01-03", 5000.0), ("01-05", pytest.approx(-5000)), ("01-09", pytest.approx(-500)),
    ]  # fmt: skip
    # What is left is logged when it is cut on the 5th, and again when none of it can be sold on the 8th.
    assert result.log["what"].tolist() == ["cut by volume, delivery or lots; the rest waits"] * 2
    assert result.log["at"].dt.day.tolist() == [5, 8]


def test_a_sale_of_what_is_there_does_not_wait_for_scrip():
    result = run(SCRIP, {"2024-01-02": {"US": 0.55}, "2024-01-04": {"US": 0.1}})
    assert fills(result, "US") == [("01-03", 5000.0), ("01-05", pytest.approx(-4500))]
    assert result.log.empty


def test_a_short_owes_scrip_at_once():
    result = run(SCRIP, {"2024-01-02": {"US": -0.55}, "2024-01-04": {"US": 0.0}}, shorts=True, borrow_fee=0.0)
    assert result.shares["US"].tolist() == pytest.approx([0, -5000, -5500, 0, 0, 0, 0], rel=1e-12, abs=0)
    assert result.nav.tolist() == pytest.approx([1e6] * 7, rel=EXACT)


# ------------------------------------------------------------------------------------------ delistings

GONE = {"US": [100, 100, 90, NAN, NAN, NAN, NAN], "UT": 50.0}


@pytest.mark.parametrize(("price", "paid"), [(80.0, 80.0), (0.0, 0.0), (NAN, 90.0)])
def test_a_delisting_pays_its_price_or_the_last_one(price, paid):
    market = week(GONE, action("US", "delisting", "05", price, "09"))
    result = run(market, {"2024-01-02": {"US": 0.5}})
    assert result.shares["US"].tolist() == [0, 5000, 5000, 0, 0, 0, 0]
    assert money(result, "dividends_due") == [0, 0, 0, 5000 * paid, 5000 * paid, 0, 0]
    assert result.cash["USD"].tolist() == [1e6, *[5e5] * 4, *[5e5 + 5000 * paid] * 2]
    assert result.nav.tolist() == [1e6, 1e6, 950_000, *[5e5 + 5000 * paid] * 4]
    assert any("No price is stated at which US left" in note for note in result.notes) == np.isnan(price)


@pytest.mark.parametrize("funding", ["overlap", "prefunded", "settled"])
def test_what_a_delisting_pays_buys_what_waited_for_it(funding):
    # US (60 % of 1,000,000) has its last price on the 3rd, when all of it is wanted in UT, and dies on the 5th at 100.
    # UT buys 4,000 shares of 100 for idle cash, and the other 6,000 once the delisting counts: under overlap when it
    # is due, on the 5th, else when it is paid, on the 9th.
    market = week({"US": [100.0, 100.0] + [NAN] * 5, "UT": 100.0}, action("US", "delisting", "05", 100.0, "09"))
    plan = {"2024-01-02": {"US": 0.6, "UT": 0.0}, "2024-01-03": {"US": 0.0, "UT": 1.0}}
    result = run(market, plan, funding=funding)
    bought = result.trades[result.trades["symbol"] == "UT"]
    day = "2024-01-05" if funding == "overlap" else "2024-01-09"
    assert [str(at.date()) for at in bought["filled"]] == ["2024-01-04", day]
    assert bought["shares"].tolist() == pytest.approx([4000.0, 6000.0], rel=EXACT)


def test_the_facts_of_a_name_delist_it_on_the_day_after_its_last():
    facts = {"symbol": "US", "delisted": "2024-01-04", "terminal_price": 80.0}
    result = run(week(GONE, instruments=[facts]), {"2024-01-02": {"US": 0.5}})
    assert result.shares["US"].tolist() == [0, 5000, 5000, 0, 0, 0, 0]
    # Without a pay date it is paid with the next row, on the 8th.
    assert money(result, "dividends_due") == [0, 0, 0, 400_000, 0, 0, 0]
    assert result.nav.tolist()[-1] == 900_000


def test_a_target_after_a_delisting_by_action_is_refused():
    market = week(GONE, action("US", "delisting", "05", 40.0, "09"))
    with pytest.raises(StrategyError, match="US is wanted at 2024-01-08.* but it delisted on 2024-01-05"):
        run(market, {"2024-01-02": {"US": 0.5}, "2024-01-08": {"US": 0.5}}, **PLAIN)


def test_a_short_pays_for_a_delisting():
    market = week(GONE, action("US", "delisting", "05", 80.0, "09"))
    result = run(market, {"2024-01-02": {"US": -0.5}}, shorts=True, borrow_fee=0.0)
    assert result.nav.tolist() == [1e6, 1e6, 1_050_000, *[1_100_000] * 4]
    assert result.cash["USD"].tolist()[-1] == 1_100_000


def test_an_order_of_a_delisted_name_is_dropped():
    market = week(GONE, action("US", "delisting", "05", 80.0, "09"))
    result = run(market, {"2024-01-02": {"US": 0.45}, "2024-01-04": {"US": 0.9}})
    assert fills(result, "US") == [("01-03", 4500.0)]
    # NAV is 955,000: 0.9 of it at 90 are 9,550 shares, 5,050 more than held.
    (line,) = result.log.itertuples()
    assert (line.symbol, line.what, line.at.day) == ("US", "dropped: delisted", 5)
    assert line.shares == pytest.approx(5050, rel=EXACT)


def test_a_dividend_of_the_last_day_is_still_paid():
    actions = action("US", "dividend", "04", 1.0, "09", withholding=0.0), action("US", "delisting", "05", 80.0, "08")
    result = run(week(GONE, *actions), {"2024-01-02": {"US": 0.5}})
    assert money(result, "dividends_due") == [0, 0, 5000, 405_000, 5000, 0, 0]
    assert result.cash["USD"].tolist() == [1e6, *[5e5] * 3, 9e5, 905_000, 905_000]


# ------------------------------------------------------------------------------------------ halts


@pytest.mark.parametrize(
    ("volume_of_another", "filled"),
    [(1e6, "01-05"), (0.0, "01-04")],  # where nothing trades the volume is missing, and nothing is halted
)
def test_a_halted_name_does_not_fill(volume_of_another, filled):
    volumes = {"US": [1e6, 1e6, 0.0, *[1e6] * 4], "UT": [1e6, 1e6, volume_of_another, *[1e6] * 4]}
    market = week({"US": 100.0, "UT": 50.0}, volumes=volumes)
    result = run(market, {"2024-01-03": {"US": 0.5}})
    assert fills(result, "US") == [(filled, 5000.0)]
    halted = filled == "01-05"
    assert result.log["what"].tolist() == ["no price in the session; waits"] * halted


def test_without_volume_a_new_close_is_no_halt():
    volumes = {"US": [1e6, 1e6, 0.0, *[1e6] * 4], "UT": 1e6}
    market = week({"US": [100, 100, 101, 101, 101, 101, 101], "UT": 50.0}, volumes=volumes)
    assert fills(run(market, {"2024-01-03": {"US": 0.5}}), "US") == [("01-04", 5000.0)]


# ------------------------------------------------------------------------------------------ foreign dividends

# HK$80 are 10 dollars. A dollar (HK) a share, ex on the 4th, paid on the 5th, nothing withheld; the price stays.
ABROAD = week({"HK": 80.0, "US": 100.0}, action("HK", "dividend", "04", 1.0, "05", withholding=0.0))
# 0.4 of a million are 40,000 shares. At the close of the 5th NAV is 1,005,000; 0.2 of it are 20,100: 19,900 are sold.
IN_AND_OUT = {"2024-01-02": {"HK": 0.4, "US": 0.0}, "2024-01-05": {"HK": 0.2, "US": 0.0}}


def test_a_foreign_dividend_is_swept_at_the_next_fill_in_its_currency():
    result = run(ABROAD, IN_AND_OUT)
    assert money(result, "dividends_due", "HKD") == [0, 0, 40_000, 0, 0, 0, 0]
    assert result.cash["HKD"].tolist() == [0, 0, 0, 40_000, 0, 0, 0]
    after = 600_000 + 19_900 * 10 + 5000
    assert result.cash["USD"].tolist() == pytest.approx([1e6, *[6e5] * 3, *[after] * 3], rel=EXACT)
    assert result.nav.tolist() == pytest.approx([1e6, 1e6, *[1_005_000] * 5], rel=EXACT)


def test_the_fx_spread_is_paid_on_the_dividend_as_it_is_swept():
    result = run(ABROAD, IN_AND_OUT, costs="venue-proportional", fx_spread_bps=100.0)
    _, sale = result.trades.itertuples()
    fees = sum(
        result.trades.loc[1, kind] for kind in ("stamp_duty", "sfc_levy", "afrc_levy", "trading_fee", "settlement_fee")
    )
    dividend = result.cash["HKD"]["2024-01-05"]
    assert dividend == pytest.approx(result.shares["HK"]["2024-01-05"], rel=EXACT)
    assert sale.fx_spread == pytest.approx(0.01 * (-sale.notional - fees + dividend), rel=1e-12)


def test_hold_keeps_a_foreign_dividend_in_its_currency():
    result = run(ABROAD, IN_AND_OUT, fx="hold")
    after = 40_000 + 19_900 * 80
    assert result.cash["HKD"].tolist() == pytest.approx([0, 0, 0, 40_000, *[after] * 3], rel=EXACT)
    assert result.cash["USD"].tolist() == pytest.approx([1e6, *[6e5] * 6], rel=EXACT)


def test_a_dividend_in_hand_pays_for_the_next_purchase_there():
    # At the close of the 5th 0.41 of 1,005,000 are 41,205 shares: 1,205 more for HK$96,400, of which HK$40,000 are
    # there.
    weights = {"2024-01-02": {"HK": 0.4}, "2024-01-05": {"HK": 0.41}}
    for fx in ("at_fill", "hold"):
        result = run(ABROAD, weights, fx=fx)
        assert result.cash["HKD"].tolist() == pytest.approx([0, 0, 0, 40_000, 0, 0, 0], abs=1e-8)
        assert result.cash["USD"].iloc[-1] == pytest.approx(600_000 - 56_400 / 8, rel=EXACT)


def test_prices_that_hold_their_dividends_are_not_paid_them_again():
    market = week(PRICES, action("US", "dividend", "04", 1.0, "09"), basis="total_return")
    result = run(market, {"2024-01-02": {"US": 1.0}}, **{**PLAIN, "investor": "us"})
    assert result.actions.empty
    assert any("1 dividends" in one for one in market.warnings)
