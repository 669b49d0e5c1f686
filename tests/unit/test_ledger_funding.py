"""Settlement, the money that buys are paid from, and what it earns; by hand.

A dollar is 8 Hong Kong dollars or 7 yuan throughout. New York settled two days after the trade until 27 May 2024 and
settles one day after it since, Hong Kong two, the mainland one. 27 May 2024 was a holiday in New York.
"""

import numpy as np
import pytest

from backtest.result import BacktestResult
from tests.markets import fills, make_market, run

# One rounding of a sum of a few terms.
EXACT = 1e-12

# ------------------------------------------------------------------------------------------ two venues, two lags

# 10,000 shares of US at 100 dollars are a million, as are 100,000 of HK at HK$80.
SPRING = make_market({"US": 100.0, "HK": 80.0}, "2024-05-13", "2024-06-07")
ALL_US, ALL_HK = {"US": 1.0, "HK": 0.0}, {"US": 0.0, "HK": 1.0}


def rotate(first: dict[str, float], second: dict[str, float], day: str, funding: str) -> BacktestResult:
    """Be all in the first from 14 May on, and decide for the second on a day."""
    return run(SPRING, {"2024-05-13": first, f"2024-{day}": second}, funding=funding)


@pytest.mark.parametrize(
    ("day", "funding", "bought", "passed"),
    [
        # Decided on Monday the 20th. Hong Kong opens first on the 21st: only overlap counts on New York's sale hours
        # later.
        ("05-20", "overlap", "05-21", []),
        # The sale of the 21st has filled when Hong Kong opens on the 22nd ...
        ("05-20", "prefunded", "05-22", [21]),
        # ... and its money is there on the 23rd.
        ("05-20", "settled", "05-23", [21, 22]),
        # Sold on Friday the 24th: Monday is a holiday in New York, the 28th and the 29th are the two days.
        ("05-23", "overlap", "05-24", []),
        ("05-23", "prefunded", "05-27", [24]),
        ("05-23", "settled", "05-29", [24, 27, 28]),
        # Sold on the 29th, settled on the 30th.
        ("05-28", "overlap", "05-29", []),
        ("05-28", "prefunded", "05-30", [29]),
        ("05-28", "settled", "05-30", [29]),
    ],
)
def test_from_new_york_to_hong_kong(day, funding, bought, passed):
    result = rotate(ALL_US, ALL_HK, day, funding)
    assert [shares for _, shares in fills(result, "US")] == [10_000, -10_000]
    ((when, shares),) = fills(result, "HK")
    assert (when, shares) == (bought, pytest.approx(100_000, rel=EXACT))
    assert result.nav.tolist() == pytest.approx([1e6] * len(result.nav), rel=EXACT)
    # The purchase says that it waits at each of Hong Kong's sessions passed.
    assert result.log["at"].dt.day.tolist() == passed
    assert set(result.log["what"]) <= {"cut by funding; the rest waits"}


@pytest.mark.parametrize(
    ("funding", "bought"),
    # Hong Kong's sale of the morning is filled before New York opens; its money comes on the 23rd.
    [("overlap", "05-21"), ("prefunded", "05-21"), ("settled", "05-23")],
)
def test_from_hong_kong_to_new_york(funding, bought):
    result = rotate(ALL_HK, ALL_US, "05-20", funding)
    assert fills(result, "HK")[1][0] == "05-21"
    ((when, shares),) = fills(result, "US")
    assert (when, shares) == (bought, pytest.approx(10_000, rel=EXACT))


@pytest.mark.parametrize("funding", ["overlap", "prefunded", "settled"])
def test_what_is_there_pays_at_once_and_the_rest_waits(funding):
    # Half of it is cash: half of Hong Kong's 100,000 shares are paid for without New York's sale.
    result = rotate({"US": 0.5, "HK": 0.0}, ALL_HK, "05-20", funding)
    got = dict(fills(result, "HK"))
    expected = {
        "overlap": {"05-21": 100_000},
        "prefunded": {"05-21": 50_000, "05-22": 50_000},
        "settled": {"05-21": 50_000, "05-23": 50_000},
    }[funding]
    assert got == {day: pytest.approx(shares, rel=EXACT) for day, shares in expected.items()}


@pytest.mark.parametrize(
    ("cash", "costs", "n_fills"),
    [
        # HK$18 of commission are more than half of the HK$32 that 4 dollars are: it waits for New York's sale.
        (4.0, "venue", 1),
        # They are a tenth of HK$184.
        (23.0, "venue", 2),
        (4.0, "venue-proportional", 2),
    ],
)
def test_a_cut_does_not_buy_what_costs_more_than_it_is_worth(cash, costs, n_fills):
    commission = {"commission_min": {"HKD": 18.0}} if costs == "venue" else {}
    settings = {"costs": costs, "fx_spread_bps": 0.0, "half_spread_bps": 0.0, "funding": "prefunded", **commission}
    weights = {"2024-05-13": {"US": 1.0 - cash / 1e6, "HK": 0.0}, "2024-05-20": ALL_HK}
    result = run(SPRING, weights, **settings)
    left = result.cash["USD"].iloc[2]
    assert left == pytest.approx(cash, rel=0.01)
    bought = fills(result, "HK")
    assert [day for day, _ in bought] == ["05-21", "05-22"][-n_fills:]
    # Either way it says that it waits, and all is bought in the end.
    assert result.log["what"].tolist() == ["cut by funding; the rest waits"]
    assert sum(shares for _, shares in bought) == pytest.approx(100_000, rel=3e-3)
    if n_fills == 2:
        assert bought[0][1] * 80 == pytest.approx(left * 8, rel=0.2)


def test_cancel_drops_what_the_money_does_not_reach():
    result = run(SPRING, {"2024-05-13": ALL_US, "2024-05-20": ALL_HK}, funding="prefunded", shut_market="cancel")
    assert fills(result, "HK") == []
    assert result.log["what"].tolist() == ["dropped: cut by funding"]


def test_the_statement_of_a_sale_until_it_settles():
    result = rotate(ALL_US, {"US": 0.0, "HK": 0.0}, "05-20", "overlap")
    table = result.statement.xs("USD", level="currency")["2024-05-20":"2024-05-23"]
    assert table["receivable"].tolist() == [0, 1e6, 1e6, 0]
    assert table["settled"].tolist() == [0, 0, 0, 1e6]
    assert table["payable"].tolist() == [0] * 4
    assert table["value"].tolist() == [1e6] * 4


def test_under_overlap_the_broker_lends_until_the_sale_settles():
    # HK$8,000,000 bought on the 21st settle on the 23rd, as New York's sale of that day does: two open items, no
    # balance.
    table = rotate(ALL_US, ALL_HK, "05-20", "overlap").statement.xs("USD", level="currency")["2024-05-20":"2024-05-23"]
    assert table["receivable"].tolist() == pytest.approx([0, 1e6, 1e6, 0])
    assert table["payable"].tolist() == pytest.approx([0, 1e6, 1e6, 0])
    assert table["settled"].abs().max() < 1e-9
    # Since the 28th New York's money comes a day before Hong Kong's goes.
    table = rotate(ALL_US, ALL_HK, "05-28", "overlap").statement.xs("USD", level="currency")["2024-05-28":"2024-05-31"]
    assert table["receivable"].tolist() == pytest.approx([0, 1e6, 0, 0])
    assert table["payable"].tolist() == pytest.approx([0, 1e6, 1e6, 0])
    assert table["settled"].tolist() == pytest.approx([0, 0, 1e6, 0], abs=1e-9)


@pytest.mark.parametrize("funding", ["prefunded", "settled"])
def test_a_dividend_pays_for_purchases_once_it_is_paid(funding):
    # All is in Hong Kong; a dividend of HK$0.80 a share is 10,000 dollars, ex on the 21st, paid on the 23rd. Decided
    # on the 21st for half of 1,010,000 in New York: 5,050 shares against 505,000 dollars of Hong Kong's shares, less
    # the dividend: 50,500 shares of HK at 10 dollars are kept, 49,500 sold for 495,000.
    paid = {"symbol": "HK", "kind": "dividend", "ex_date": "2024-05-21", "pay_date": "2024-05-23", "amount": 0.8}
    market = make_market({"US": 100.0, "HK": 80.0}, "2024-05-13", "2024-06-07", actions=[{**paid, "withholding": 0.0}])
    result = run(market, {"2024-05-13": ALL_HK, "2024-05-21": {"US": 0.5, "HK": 0.5}}, funding=funding)
    # Prefunded: 495,000 after Hong Kong's sale of the 22nd, and the dividend's 10,000 on the 23rd. Settled: the
    # sale's money comes on the 24th.
    expected = {
        "prefunded": {"05-22": 4950, "05-23": 100},
        "settled": {"05-23": 100, "05-24": 4950},
    }[funding]
    assert dict(fills(result, "US")) == {day: pytest.approx(shares, rel=1e-9) for day, shares in expected.items()}


# ------------------------------------------------------------------------------------------ holidays


@pytest.mark.parametrize(
    ("symbol", "currency", "price", "first", "last", "decided", "settles"),
    [
        # Golden Week: Shanghai sells on Monday 30 September and opens again on 8 October, a day later by its count.
        ("600519.SS", "CNY", 70.0, "2024-09-18", "2024-10-11", "2024-09-27", "2024-10-08"),
        # Lunar New Year: Hong Kong sells on Thursday 8 February. The 9th is a half day, on which nothing settles; 10
        # to 13 February are holidays; the 14th and the 15th are the two days.
        ("HK", "HKD", 80.0, "2024-01-22", "2024-02-23", "2024-02-07", "2024-02-15"),
        # Shanghai is shut from the 9th to the 18th.
        ("600519.SS", "CNY", 70.0, "2024-01-22", "2024-02-23", "2024-02-07", "2024-02-19"),
    ],
)
def test_a_receivable_is_never_lost_over_a_holiday(symbol, currency, price, first, last, decided, settles):
    # Each share is worth 10 dollars.
    market = make_market({symbol: price, "US": 100.0}, first, last)
    for fx, held_in in (("hold", currency), ("at_fill", "USD")):
        result = run(market, {first: {symbol: 0.5, "US": 0.0}, decided: {symbol: 0.0, "US": 0.0}}, fx=fx)
        amount = 50_000 * price if fx == "hold" else 5e5
        table = result.statement.xs(held_in, level="currency")
        sold = result.trades["filled"].iloc[1].tz_localize(None).normalize()
        waits = (table.index >= sold) & (table.index < settles)
        assert table["receivable"].tolist() == pytest.approx(np.where(waits, amount, 0.0).tolist(), rel=EXACT)
        assert waits.sum() >= 4  # New York goes on
        other = 0.0 if fx == "hold" else 5e5
        assert table["settled"][table.index >= settles].tolist() == pytest.approx(
            [amount + other] * int((table.index >= settles).sum()), rel=EXACT
        )
        assert result.nav.tolist() == pytest.approx([1e6] * len(result.nav), rel=EXACT)


# ------------------------------------------------------------------------------------------ interest


def test_only_settled_balances_earn():
    # 3.6 + 0.5 % less the spread are 1/10,000 a day. All 1,000,000 go into New York on 14 May, to be paid on the
    # 16th, and come back: sold on the 21st, there on the 23rd.
    market = make_market({"US": 100.0, "HK": 80.0}, "2024-05-13", "2024-06-07", rates={"US_FED_FUNDS": 4.1})
    result = run(market, {"2024-05-13": ALL_US, "2024-05-20": {"US": 0.0, "HK": 0.0}}, interest="market")
    earned = result.bridge["interest"]
    day = 1e-4
    first = [1e6 * day, (1e6 + 1e6 * day) * day]  # the 15th and the 16th: as long as the purchase is unpaid
    assert earned["2024-05-13":"2024-05-16"].tolist() == pytest.approx([0, 0, *first], rel=1e-9)
    kept = sum(first)  # all that is settled until the 23rd, and the sale earns from the day after
    expected = []
    for days in (1, 3, 1, 1, 1):  # Friday the 17th, Monday the 20th, ... Thursday the 23rd
        expected.append(kept * day * days)
        kept += expected[-1]
    kept += 1e6
    expected.append(kept * day)
    assert earned["2024-05-17":"2024-05-24"].tolist() == pytest.approx(expected, rel=1e-9)


# A week in January, and two days more. Readings hold throughout; a credit earns the reading less the spread.
WEEK, LONGER = ("2024-01-02", "2024-01-08"), ("2024-01-02", "2024-01-10")
INTEREST = {"interest": "market", "rate_spread": 0.5}


def test_a_settled_balance_earns_the_rate_less_the_spread_each_calendar_day():
    market = make_market({"US": 100.0}, *WEEK, rates={"US_FED_FUNDS": 5.5})
    result = run(market, {"2024-01-02": {"US": 0.5}}, fill="same_close", **INTEREST)
    a_day = 0.05 / 360
    # The 500,000 paid on Tuesday leave on Thursday: until then the whole capital earns.
    first = 1e6 * a_day
    second = (1e6 + first) * a_day
    balance = 500_000.0 + first + second
    expected = [500_000.0, 500_000.0 + first, balance]
    for days in (1, 3):  # Friday to Monday is three days
        balance += balance * a_day * days
        expected.append(balance)
    assert result.cash["USD"].tolist() == pytest.approx(expected, rel=1e-14)
    assert result.bridge["interest"].sum() == pytest.approx(balance - 500_000, rel=1e-9)
    assert result.statement["payable"].tolist() == [500_000.0, 500_000.0, 0.0, 0.0, 0.0]


def test_no_interest_before_the_first_decision():
    market = make_market({"US": 100.0}, *WEEK, rates={"US_FED_FUNDS": 5.5})
    result = run(market, {"2024-01-05": {"US": 0.5}}, fill="same_close", **INTEREST)
    assert result.cash["USD"].tolist() == pytest.approx([1e6, 1e6, 1e6, 5e5, 5e5 + 1e6 * 0.05 * 3 / 360], rel=1e-15)


def test_a_negative_rate_is_charged_on_credit_without_the_spread():
    market = make_market({"US": 100.0}, *WEEK, rates={"US_FED_FUNDS": -0.36})
    result = run(market, {"2024-01-02": {"US": 0.5}}, fill="same_close", **INTEREST)
    assert result.cash["USD"].iloc[1] == pytest.approx(500_000 - 1e6 * 0.0036 / 360, rel=1e-15)


def test_a_debit_pays_the_rate_and_the_spread():
    # All in at 80; the open of the 4th is 88: HK$100,000 more than there is, owed from the 8th, when the trade settles.
    # HKD counts 365 days, credits earn 4 - 0.5 %, and debits pay 4 + 0.5 %.
    market = make_market({"HK": [80, 80, *[88] * 5]}, *LONGER, rates={"HK_HIBOR_1M": 4.0})
    result = run(market, {"2024-01-03": {"HK": 1.0}}, base_currency="HKD", fx="hold", **INTEREST)
    earned = [1e6 * 0.035 / 365]
    earned.append((1e6 + earned[0]) * 3 * 0.035 / 365)
    owed = [-100_000.0, -100_000.0 + earned[0], -100_000.0 + sum(earned)]
    for _ in range(2):
        owed.append(owed[-1] * (1 + 0.045 / 365))
    assert result.cash["HKD"].iloc[2:].tolist() == pytest.approx(owed, rel=1e-12)


def test_a_foreign_credit_earns_its_own_rate_under_hold():
    # Bought at 80 and sold at 80: HK$4,000,000 stay in Hong Kong and earn 4 - 0.5 % over 365 from the 8th.
    market = make_market({"HK": 80.0, "US": 100.0}, *LONGER, rates={"HK_HIBOR_1M": 4.0})
    weights = {"2024-01-02": {"HK": 0.5, "US": 0.0}, "2024-01-03": {"HK": 0.0, "US": 0.0}}
    result = run(market, weights, fx="hold", **INTEREST)
    balance, grown = 4_000_000.0, 1 + 0.035 / 365
    assert result.cash["HKD"].tolist() == pytest.approx(
        [0, 0, balance, balance, balance, balance * grown, balance * grown**2], rel=1e-14
    )
    assert result.cash["USD"].tolist() == pytest.approx([1e6, *[5e5] * 6], rel=1e-14)
