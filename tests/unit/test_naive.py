"""The naive ledger on cases small enough to be redone by hand: the rules that its page has beyond plain fills."""

import datetime as dt
import math

import pytest

from tests.naive import Action, Fill, Outcome, Session, Settings, World, simulate

NAN = math.nan
HOUR = 3600 * 10**9
# Monday to Friday, then Monday to Wednesday.
DAYS = [dt.date(2024, 1, day) for day in (8, 9, 10, 11, 12, 15, 16, 17)]
MON, TUE, WED, THU, FRI, MON2, TUE2, WED2 = DAYS
# EARLY trades before LATE on each day, as Hong Kong before New York.
HOURS = {"EARLY": (2, 8), "LATE": (14, 21)}


def at(day: dt.date, hour: int) -> int:
    return (day - dt.date(1970, 1, 1)).days * 24 * HOUR + hour * HOUR


def later_session(venue: str, day: dt.date, n: int = 2) -> dt.date | None:
    later = DAYS[DAYS.index(day) + n :]
    return later[0] if later else None


def make_world(
    closes: dict[str, list[float]],
    opens: dict[str, list[float]] | None = None,
    venue: dict[str, str] | None = None,
    currency: dict[str, str] | None = None,
    **changes: object,
) -> World:
    """Closes and opens (by default the closes) by name and day; all names of LATE in dollars unless said."""
    n = max(len(series) for series in closes.values())
    venue = dict.fromkeys(closes, "LATE") | (venue or {})
    bars = {
        (symbol, day): (o, c)
        for symbol, series in closes.items()
        for day, o, c in zip(DAYS, (opens or {}).get(symbol, series), series, strict=False)
        if not (math.isnan(o) and math.isnan(c))
    }
    given: dict[str, object] = {
        "base": "USD",
        "venue": venue,
        "currency": dict.fromkeys(closes, "USD") | (currency or {}),
        "sessions": {
            v: [Session(day, at(day, HOURS[v][0]), at(day, HOURS[v][1])) for day in DAYS[:n]]
            for v in sorted(set(venue.values()))
        },
        "cancelled": {},
        "bars": bars,
        "fx": {"HKD": [(0, 0.125)]},
        "readings": {},
        "rate_spread": 0.0,
        "rate_max_age_days": 30,
        "fallback_rate": 0.0,
        "fx_spread": 0.0,
        "fees": lambda symbol, side, date, shares, price: 0.0,
        "expected_rate": lambda symbol, side, date, shares, price: 0.0,
        "settle": later_session,
    }
    return World(**(given | changes))


def run(world: World, decisions: dict[dt.date, dict[str, float]], **settings: object) -> Outcome:
    """Decisions at the closes of LATE; capital 1,000."""
    stamped = [(at(day, 21), weights) for day, weights in decisions.items()]
    return simulate(world, stamped, Settings(**({"capital": 1000.0} | settings)))


def traded(outcome: Outcome) -> list[tuple[dt.date, int, str, float]]:
    """Day, hour, name and shares of each fill."""
    return [(*when(fill), fill.symbol, pytest.approx(fill.shares)) for fill in outcome.fills]


def when(fill: Fill) -> tuple[dt.date, int]:
    hours = fill.filled // HOUR
    return dt.date(1970, 1, 1) + dt.timedelta(days=hours // 24), hours % 24


def said(outcome: Outcome) -> list[tuple[dt.date, str, str]]:
    return [
        (dt.date(1970, 1, 1) + dt.timedelta(days=stamp // (24 * HOUR)), symbol, what)
        for stamp, symbol, what in outcome.events
    ]


# ------------------------------------------------------------------------------------------ settlement, funding


def test_interest_is_earned_on_what_has_settled():
    # 3.6 percent over 360 days: one ten-thousandth a day. Bought on Tuesday, settled on Thursday.
    world = make_world({"A": [10.0] * 6}, readings={"USD": [(dt.date(2024, 1, 1), 3.6)]})
    out = run(world, {MON: {"A": 0.5}})
    assert traded(out) == [(TUE, 14, "A", 50.0)]
    assert [out.payable[day]["USD"] for day in (TUE, WED, THU)] == [500.0, 500.0, 0.0]
    wed = 500.0 + 1000.0 * 1e-4
    thu = wed + (wed + 500.0) * 1e-4
    fri = thu + thu * 1e-4
    assert [out.cash[d]["USD"] for d in (TUE, WED, THU, FRI)] == pytest.approx([500.0, wed, thu, fri], rel=1e-14)
    assert out.cash[MON2]["USD"] == pytest.approx(fri + fri * 3e-4, rel=1e-14)  # over the weekend


def test_what_settles_beyond_the_calendar_stays_receivable():
    out = run(make_world({"A": [10.0] * 4}), {MON: {"A": 1.0}, TUE: {"A": 0.0}})
    assert [out.receivable[day]["USD"] for day in (TUE, WED, THU)] == [0.0, 1000.0, 1000.0]
    assert [out.payable[day]["USD"] for day in (TUE, WED, THU)] == [1000.0, 1000.0, 0.0]


def test_prefunded_buys_wait_for_the_sales_that_pay_for_them():
    world = make_world({"E": [10.0] * 6, "L": [10.0] * 6}, venue={"E": "EARLY"})
    decisions = {MON: {"E": 0.0, "L": 1.0}, WED: {"E": 1.0, "L": 0.0}}
    start = (TUE, 14, "L", 100.0)
    overlap = run(world, decisions)
    assert traded(overlap) == [start, (THU, 2, "E", 100.0), (THU, 14, "L", -100.0)]
    prefunded = run(world, decisions, funding="prefunded")
    assert traded(prefunded) == [start, (THU, 14, "L", -100.0), (FRI, 2, "E", 100.0)]


def test_settled_buys_wait_for_the_money_to_arrive():
    world = make_world({"A": [10.0] * 8, "B": [10.0] * 8})
    decisions = {MON: {"A": 0.8, "B": 0.0}, TUE: {"A": 0.0, "B": 1.0}}
    # 200 are there; what A brings on Wednesday settles on Friday.
    out = run(world, decisions, funding="settled")
    assert traded(out) == [(TUE, 14, "A", 80.0), (WED, 14, "A", -80.0), (WED, 14, "B", 20.0), (FRI, 14, "B", 80.0)]
    same_day = run(world, decisions, funding="prefunded")
    assert traded(same_day)[1:] == [(WED, 14, "A", -80.0), (WED, 14, "B", 100.0)]


def test_a_foreign_dividend_is_swept_at_the_next_fill_in_its_currency():
    dividend = Action("H", "dividend", WED, THU, 1.0)
    world = make_world({"H": [8.0, 8.0, 8.0, 8.0, 8.0]}, currency={"H": "HKD"}, actions=[dividend], fx_spread=0.01)
    # 400 shares at HK$8 are 400 dollars, and 4 of spread.
    out = run(world, {MON: {"H": 0.4}, THU: {"H": 0.0}})
    assert out.cash[TUE] == pytest.approx({"HKD": 0.0, "USD": 596.0})
    assert out.cash[THU] == pytest.approx({"HKD": 400.0, "USD": 596.0})
    # 3,600 Hong Kong dollars are converted together: 3,200 of the sale, 400 of the dividend.
    assert out.fills[-1].fx_cost == pytest.approx(36.0)
    assert out.cash[FRI] == pytest.approx({"HKD": 0.0, "USD": 596.0 + 450.0 - 4.5})
    assert (out.payable[FRI]["HKD"], out.receivable[FRI]["USD"]) == pytest.approx((400.0, 445.5))


# ------------------------------------------------------------------------------------------ costs, lots, room


def test_half_spread_and_impact_are_paid_in_cash():
    world = make_world({"A": [10.0] * 3}, half_spread=lambda s, d: 0.001, impact=lambda s, d: 0.0002)
    (fill,) = run(world, {MON: {"A": 0.4}}).fills
    # 40 shares, 400 dollars.
    assert (fill.half_spread, fill.impact) == pytest.approx((0.4, 400 * 0.0002 * math.sqrt(40)))


def test_a_minimum_fee_is_expected_in_two_rounds():
    world = make_world(
        {"A": [1.0] * 3},
        costs_are_linear=False,
        fees=lambda symbol, side, date, shares, price: 10.0,
        expected_rate=lambda symbol, side, date, shares, price: 10.0 / (shares * price),
    )
    out = run(world, {MON: {"A": 1.0}})
    # First 10 on 1,000, then 10 on 1,000 / 1.01.
    assert out.shares[TUE]["A"] == pytest.approx(1000 / (1 + 10 / (1000 / 1.01)), rel=1e-14)


def test_targets_are_whole_lots_and_an_odd_part_stays_until_all_is_sold():
    world = make_world({"A": [1.0] * 8}, lot=lambda s, day: 10.0 if day <= TUE else 100.0)
    out = run(world, {MON: {"A": 0.139}, WED: {"A": 0.25}, FRI: {"A": 0.05}, MON2: {"A": 0.0}})
    # 139 are 13 lots of 10. Then lots of 100: 250 are 2 lots, beside 30 odd shares; 50 are none, the odd part stays.
    assert traded(out) == [
        (TUE, 14, "A", 130.0), (THU, 14, "A", 100.0), (MON2, 14, "A", -200.0), (TUE2, 14, "A", -30.0),
    ]  # fmt: skip


def test_a_short_of_whole_lots_is_not_cut():
    world = make_world({"A": [1.0] * 4}, lot=lambda s, day: 100.0)
    out = run(world, {MON: {"A": -0.3}, TUE: {"A": -0.35}})
    assert traded(out) == [(TUE, 14, "A", -300.0)]


@pytest.mark.parametrize(("shut_market", "n_fills", "dropped"), [("queue", 3, []), ("cancel", 1, [40.0])])
def test_an_order_larger_than_its_room_takes_several_sessions(shut_market, n_fills, dropped):
    world = make_world({"A": [10.0] * 6}, room=lambda s, day: 30.0)
    out = run(world, {MON: {"A": 0.7}}, shut_market=shut_market)
    assert [fill.shares for fill in out.fills] == [30.0, 30.0, 10.0][:n_fills]
    assert [when(fill)[0] for fill in out.fills] == [TUE, WED, THU][:n_fills]
    assert [shares for _, _, shares in out.dropped] == dropped


def test_a_buy_at_its_price_limit_waits():
    world = make_world({"A": [10.0, 11.0, 11.0, 11.0]}, barred=lambda s, day, is_open: (day == TUE and is_open, False))
    out = run(world, {MON: {"A": 0.5}})
    assert traded(out) == [(WED, 14, "A", 50.0)]  # not at Tuesday's close, though only its open was barred


# ------------------------------------------------------------------------------------------ corporate actions


def test_a_split_between_decision_and_fill_multiplies_the_order():
    split = Action("A", "split", TUE, TUE, 2.0)
    out = run(make_world({"A": [10.0, 5.0, 5.0]}, actions=[split]), {MON: {"A": 1.0}})
    assert traded(out) == [(TUE, 14, "A", 200.0)]
    assert out.cash[TUE]["USD"] == 0.0


def test_a_dividend_is_due_from_its_ex_date_and_paid_at_its_pay_date():
    # 50 shares, 1 dollar each of which a tenth is withheld. Saturday's payment comes on Monday.
    dividend = Action("A", "dividend", WED, dt.date(2024, 1, 13), 1.0, 0.1)
    world = make_world({"A": [10.0, 10.0, 9.0, 9.0, 9.0, 9.0]}, actions=[dividend])
    out = run(world, {MON: {"A": 0.5}})
    assert [out.due[day]["USD"] for day in (TUE, WED, FRI, MON2)] == [0.0, 45.0, 45.0, 0.0]
    assert [out.cash[day]["USD"] for day in (FRI, MON2)] == [500.0, 545.0]
    assert [out.nav[day] for day in (TUE, WED, MON2)] == [1000.0, 995.0, 995.0]


def test_a_reinvested_dividend_buys_shares_at_the_close():
    dividend = Action("A", "dividend", WED, FRI, 1.0, 0.1)
    world = make_world({"A": [10.0, 10.0, NAN, 9.0, 9.0]}, actions=[dividend])
    out = run(world, {MON: {"A": 0.5}}, dividends="reinvest")
    # No close on Wednesday: the 45 wait for Thursday.
    assert [out.shares[day]["A"] for day in (WED, THU)] == [50.0, 55.0]
    assert [out.nav[day] for day in (WED, THU)] == [995.0, 995.0]
    assert said(out) == [(WED, "A", "dividend"), (THU, "A", "reinvested")]


def test_a_short_owes_the_whole_dividend_and_pays_to_borrow():
    dividend = Action("A", "dividend", WED, THU, 1.0, 0.1)
    world = make_world({"A": [10.0, 10.0, 9.0, 9.0]}, actions=[dividend], borrow_fee=lambda s, d: 3.6)
    out = run(world, {MON: {"A": -0.5}})
    assert out.due[WED]["USD"] == -50.0
    # A ten-thousandth a day of what the short is worth when the row begins: 500 before the ex date, 450 after.
    assert out.cash[WED]["USD"] == pytest.approx(1500.0 - 0.05)
    assert out.cash[THU]["USD"] == pytest.approx(1500.0 - 0.05 - 0.045 - 50.0)


def test_scrip_is_sold_when_it_is_delivered():
    scrip = Action("A", "scrip", WED, FRI, 0.25)
    world = make_world({"A": [10.0, 10.0, 8.0, 8.0, 8.0, 8.0]}, actions=[scrip])
    out = run(world, {MON: {"A": 0.4}, WED: {"A": 0.0}})
    assert [out.nav[day] for day in (TUE, WED)] == [1000.0, 1000.0]
    assert out.shares[WED]["A"] == 50.0
    assert traded(out)[1:] == [(THU, 14, "A", -40.0), (FRI, 14, "A", -10.0)]


@pytest.mark.parametrize(("price", "money"), [(4.0, 200.0), (NAN, 500.0)])
def test_a_delisting_pays_and_ends_the_position(price, money):
    end = Action("A", "delisting", WED, THU, price)
    world = make_world({"A": [10.0, 10.0], "B": [1.0] * 5}, actions=[end])
    out = run(world, {MON: {"A": 0.5}})
    assert out.shares[WED]["A"] == 0.0
    assert [out.due[day]["USD"] for day in (WED, THU)] == [money, 0.0]
    assert [out.nav[day] for day in (TUE, WED, THU)] == [1000.0, 500.0 + money, 500.0 + money]


# ------------------------------------------------------------------------------------------ shorts, stops, bands


def test_a_short_is_cut_to_what_can_be_borrowed_and_recalled_beyond_it():
    # The recall is filled whole, though its room is 1 and the market is at its limit.
    world = make_world(
        {"A": [10.0] * 5},
        available=lambda s, day: (40.0 if day < THU else 15.0, day),
        room=lambda s, day: math.inf if day < THU else 1.0,
        barred=lambda s, day, is_open: (day >= THU, False),
    )
    out = run(world, {MON: {"A": -0.5}})
    assert traded(out) == [(TUE, 14, "A", -40.0), (THU, 14, "A", 25.0)]
    assert said(out) == [(MON, "A", "borrow"), (THU, "A", "recall")]


def test_a_stop_sells_everything_and_rests():
    closes = [10.0, 10.0, 7.0, 7.0, 7.0, 7.0, 5.0, 5.0]
    world = make_world({"A": closes})
    everyday = {day: {"A": 1.0} for day in (MON, THU, FRI, TUE2)}
    out = run(world, everyday, stop_drawdown=0.2, stop_days=5)
    # At 700 on Wednesday; five days on is the second Monday, whose mark is the new peak.
    assert traded(out) == [(TUE, 14, "A", 100.0), (THU, 14, "A", -100.0), (WED2, 14, "A", 140.0)]
    assert said(out) == [(WED, "", "stop"), (THU, "", "passed over"), (FRI, "", "passed over"), (MON2, "", "stop ends")]
    for_ever = run(world, everyday, stop_drawdown=0.2)
    assert len(for_ever.fills) == 2


def test_a_margin_call_brings_gross_back_to_what_a_decision_may_hold():
    # 80 short: NAV is 1,800 - 80 x 15 = 600 at 15, gross 1,200.
    world = make_world({"A": [10.0, 10.0, 15.0, 15.0, 15.0]})
    out = run(world, {MON: {"A": -0.8}}, maintenance_margin=0.6, max_gross=0.8)
    assert traded(out) == [(TUE, 14, "A", -80.0), (THU, 14, "A", 48.0)]
    assert out.shares[THU]["A"] * 15.0 == pytest.approx(-0.8 * 600.0)
    assert said(out) == [(WED, "", "margin call")]


def test_bands_leave_alone_what_is_near_its_weight():
    world = make_world({"A": [10.0, 10.0, 12.0, 12.0], "B": [10.0] * 4})
    decisions = {MON: {"A": 0.5, "B": 0.3}, WED: {"A": 0.5, "B": 0.2}}
    # On Wednesday A is 600 and B 300 of 1,100: 0.545 and 0.273.
    start = [(TUE, 14, "A", 50.0), (TUE, 14, "B", 30.0)]
    assert len(run(world, decisions).fills) == 4
    assert traded(run(world, decisions, rebalance_band=0.08)) == start
    assert len(run(world, decisions, rebalance_band=0.05).fills) == 4
    assert traded(run(world, decisions, no_trade_band=0.05)) == [*start, (THU, 14, "B", -8.0)]
    to_zero = {MON: decisions[MON], WED: {"A": 0.5, "B": 0.0}}
    assert traded(run(world, to_zero, no_trade_band=0.28)) == [*start, (THU, 14, "B", -30.0)]


def test_a_long_turns_short_in_one_fill():
    out = run(make_world({"A": [10.0] * 4}), {MON: {"A": 0.5}, TUE: {"A": -0.5}})
    assert traded(out) == [(TUE, 14, "A", 50.0), (WED, 14, "A", -100.0)]


def test_room_is_worth_no_more_than_its_lots():
    world = make_world({"A": [1.0] * 5}, room=lambda s, day: 250.0, lot=lambda s, day: 100.0)
    assert [fill.shares for fill in run(world, {MON: {"A": 0.7}}).fills] == [200.0, 200.0, 200.0, 100.0]


# ------------------------------------------------------------------------------------------ budget, plan, same days


def test_weights_that_borrow_are_held_to_max_gross():
    world = make_world({"A": [10.0] * 3})
    assert run(world, {MON: {"A": 1.5}}, max_gross=2.0).shares[TUE]["A"] == 150.0
    assert run(world, {MON: {"A": 1.5}}, max_gross=1.2).shares[TUE]["A"] == pytest.approx(120.0)
    assert run(world, {MON: {"A": 1.5}}).shares[TUE]["A"] == pytest.approx(100.0)


def test_an_order_that_costs_half_its_worth_is_none_unless_all_is_sold():
    world = make_world(
        {"A": [10.0] * 4}, costs_are_linear=False, expected_rate=lambda s, side, day, n, p: 6.0 / (n * p)
    )
    assert run(world, {MON: {"A": 0.01}}).fills == []
    assert traded(run(world, {MON: {"A": 0.02}, TUE: {"A": 0.01}, WED: {"A": 0.0}})) == [
        (TUE, 14, "A", pytest.approx(2.0)), (THU, 14, "A", pytest.approx(-2.0)),
    ]  # fmt: skip


def test_dividends_due_pay_for_buys_under_overlap_and_when_paid_under_prefunded():
    dividend = Action("A", "dividend", WED, FRI, 5.0)
    world = make_world({"A": [10.0, 10.0, 5.0, 5.0, 5.0], "B": [10.0] * 5}, actions=[dividend])
    decisions = {MON: {"A": 1.0, "B": 0.0}, WED: {"A": math.nan, "B": 0.5}}
    # All is in A; 500 of dividend are due from Wednesday to Friday.
    assert traded(run(world, decisions))[1:] == [(THU, 14, "B", 50.0)]
    assert traded(run(world, decisions, funding="prefunded"))[1:] == [(FRI, 14, "B", 50.0)]


def test_scrip_on_the_day_of_a_split_is_per_share_held_before_it():
    both = [Action("A", "scrip", WED, FRI, 0.5), Action("A", "split", WED, WED, 2.0)]
    out = run(make_world({"A": [10.0, 10.0, 4.0, 4.0]}, actions=both), {MON: {"A": 0.4}})
    assert out.shares[WED]["A"] == pytest.approx(100.0)  # 40 x (2 + 0.5)
    # On two days the scrip is per share after the split.
    one_by_one = [Action("A", "scrip", THU, FRI, 0.5), Action("A", "split", WED, WED, 2.0)]
    out = run(make_world({"A": [10.0, 10.0, 5.0, 10 / 3]}, actions=one_by_one), {MON: {"A": 0.4}})
    assert out.shares[THU]["A"] == pytest.approx(120.0)


def test_a_dividend_is_paid_where_no_share_is_left_to_reinvest_in():
    dividend = Action("A", "dividend", WED, FRI, 1.0)
    world = make_world({"A": [10.0, 10.0, 9.0, 9.0]}, actions=[dividend])
    out = run(world, {MON: {"A": 0.5}, TUE: {"A": 0.0}}, dividends="reinvest")
    assert (out.shares[WED]["A"], out.cash[WED]["USD"], out.due[WED]["USD"]) == (0.0, 1000.0, 0.0)
    gone = [dividend, Action("A", "delisting", THU, MON2, 9.0)]
    world = make_world({"A": [10.0, 10.0, NAN, NAN], "B": [1.0] * 6}, actions=gone)
    out = run(world, {MON: {"A": 0.5}}, dividends="reinvest")
    assert [out.due[day]["USD"] for day in (WED, THU, FRI, MON2)] == [50.0, 500.0, 500.0, 0.0]


def test_a_stop_decides_again_while_a_name_is_held_without_an_order():
    # No more than 60 a day are sold; what `cancel` drops is ordered again.
    world = make_world({"A": [10.0, 10.0, 7.0, 7.0, 7.0]}, room=lambda s, day: math.inf if day <= TUE else 60.0)
    out = run(world, {MON: {"A": 1.0}}, stop_drawdown=0.2, shut_market="cancel")
    assert traded(out)[1:] == [(THU, 14, "A", -60.0), (FRI, 14, "A", -40.0)]


def test_what_is_delivered_is_cut_to_whole_lots():
    scrip = Action("A", "scrip", WED, MON2, 0.25)
    world = make_world({"A": [1.0, 1.0, 0.8, 0.8]}, actions=[scrip], lot=lambda s, day: 100.0 if day <= TUE else 150.0)
    out = run(world, {MON: {"A": 0.4}, WED: {"A": 0.0}})
    assert traded(out)[1:] == [(THU, 14, "A", -300.0)]  # 400 are there: two lots of 150
