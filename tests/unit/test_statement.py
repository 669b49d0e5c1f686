"""The printed ledger: lines that can be redone by hand, and columns that add up."""

import re

import numpy as np
import pandas as pd
import pytest

from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.report.statement import WIDTH, ledger_text
from data.errors import DataError
from data.load import load
from data.sources.frames import from_frames
from data.tiny import HONG_KONG, NEW_YORK
from strategies.targets import TargetWeights

HALF = {"HK01": 0.5, "US01": 0.5}
OUT = {"HK01": 0.0, "US01": 1.0}
SWITCH = {"2025-01-22": HALF, "2025-01-28": OUT}


def market(hk=80.0, us=100.0, **given):
    """Flat prices around Lunar New Year 2025, 8 HKD for 1 USD, 4 % a year on USD."""
    rows = [(day, "HK01", "XHKG", "HKD", hk, hk) for day in HONG_KONG]
    rows += [(day, "US01", "XNYS", "USD", us, us) for day in NEW_YORK]
    days = ("2025-01-21", *NEW_YORK)
    return from_frames(
        pd.DataFrame(rows, columns=["date", "symbol", "venue", "currency", "open", "close"]),
        fx=pd.DataFrame({"date": days, "base": "USD", "quote": "HKD", "rate": 8.0}),
        rates=pd.DataFrame({"date": days, "series": "US_FED_FUNDS", "value": 4.0}),
        synthetic=True,
        **given,
    )


def run(where, decisions, *, until=None, resume=None, **settings):
    weights = TargetWeights.from_frame(pd.DataFrame(decisions).T)
    settings.setdefault("costs", "none")
    return simulate(where, weights, RunConfig(**settings), until=until, resume=resume)


def unfolded(text):
    """Put wrapped lines together, with single spaces between words."""
    return [re.sub(r"\s+", " ", line).strip() for line in re.sub(r"\n {30,}", " ", text).splitlines()]


def lines(result, label, **window):
    return [line for line in unfolded(ledger_text(result, **window)) if re.search(rf"\d\d:\d\d {label} ", line)]


def test_a_switch_over_the_holiday_by_hand():
    """Hong Kong pays for the half day of 28 January on 4 February, New York wants its money on 29 January.

    A share of HK01 is 80 / 8 = 10 USD. Credit is 4 - 1 = 3 %, debit 4 + 1 = 5 %, over 360 days: on the million
    1,000,000 x 0.03 / 360 = 83.33 for the night to the 24th, then 500,083.33 x 0.03 x 3 / 360 = 125.02 to Monday.
    On the 27th NAV is 1,000,208.35; US01 is bought for that less the 500,000 already there. The debit is
    500,208.35 - 208.37 - 0.02 = 499,999.97 and pays 499,999.97 x 0.05 / 360 = 69.44 a day.
    """
    result = run(market(), {"2025-01-22": HALF, "2025-01-27": OUT}, rate_spread=1.0)
    written = [
        "Ledger of frames, in USD; times are UTC. SYNTHETIC: made-up prices.",
        "2025-01-22 Wed  21:00  decision  HK01 50 %, US01 50 %",
        "                21:00  mark      NAV 1,000,000.00: settled 1,000,000.00",
        "2025-01-23 Thu  01:30  buy       HK01 50,000 at 80.00 HKD; 8.0000 HKD for 1 USD; pays",
        "                                 500,000.00 USD on 2025-01-27",
        "                14:30  buy       US01 5,000 at 100.00 USD; pays 500,000.00 USD on 2025-01-24",
        "                21:00  mark      NAV 1,000,000.00: settled 1,000,000.00, payable 1,000,000.00,",
        "                                 holdings 1,000,000.00 (HK01 50.0 %, US01 50.0 %)",
        "2025-01-24 Fri  01:30  interest  +83.33 USD: 1 day at 3.00 % on 1,000,000.00 USD",
        "                01:30  settles   -500,000.00 USD (US01 buy)",
        "                21:00  mark      NAV 1,000,083.33: settled 500,083.33, payable 500,000.00,",
        "                                 holdings 1,000,000.00 (HK01 50.0 %, US01 50.0 %)",
        "2025-01-27 Mon  01:30  interest  +125.02 USD: 3 days at 3.00 % on 500,083.33 USD",
        "                01:30  settles   -500,000.00 USD (HK01 buy)",
        "                21:00  decision  US01 100 %",
        "                21:00  mark      NAV 1,000,208.35: settled 208.35, holdings 1,000,000.00",
        "                                 (HK01 50.0 %, US01 50.0 %)",
        "2025-01-28 Tue  01:30  half day  Hong Kong closes at 04:00",
        "                01:30  interest  +0.02 USD: 1 day at 3.00 % on 208.35 USD",
        "                01:30  sell      HK01 50,000 at 80.00 HKD; 8.0000 HKD for 1 USD; brings",
        "                                 500,000.00 USD on 2025-02-04",
        "                14:30  buy       US01 5,002.0835 at 100.00 USD; pays 500,208.35 USD on 2025-01-29",
        "                21:00  mark      NAV 1,000,208.37: settled 208.37, receivable 500,000.00,",
        "                                 payable 500,208.35, holdings 1,000,208.35 (US01 100.0 %)",
        "2025-01-29 Wed  14:30  shut      Hong Kong",
        "                14:30  interest  +0.02 USD: 1 day at 3.00 % on 208.37 USD",
        "                14:30  settles   -500,208.35 USD (US01 buy)",
        "                21:00  mark      NAV 1,000,208.39: settled -499,999.97, receivable 500,000.00,",
        "                                 holdings 1,000,208.35 (US01 100.0 %)",
        "2025-01-30 Thu  14:30  shut      Hong Kong",
        "                14:30  interest  -69.44 USD: 1 day at 5.00 % on -499,999.97 USD",
        "                21:00  mark      NAV 1,000,138.94: settled -500,069.41, receivable 500,000.00,",
        "                                 holdings 1,000,208.35 (US01 100.0 %)",
    ]
    assert ledger_text(result, end="2025-01-30").splitlines() == written
    assert "settles +500,000.00 USD (HK01 sell)" in unfolded(ledger_text(result, start="2025-02-04"))[2]


@pytest.mark.parametrize(
    ("policy", "shut"),
    [
        ("queue", "shut Hong Kong: HK01 waits"),
        ("basket", "shut Hong Kong: HK01 waits, and US01 with it (basket)"),
        ("cancel", "shut Hong Kong"),
    ],
)
def test_it_says_who_waits(policy, shut):
    result = run(market(), SWITCH, shut_market=policy)
    found = lines(result, "shut")
    assert [line.split("14:30 ")[1] for line in found] == [shut] * 3
    assert bool(lines(result, "note")) == (policy != "basket")


def test_an_order_still_open_at_the_end_waits_too():
    decisions = {"2025-01-22": {"HK01": 0.0, "US01": 0.5}, "2025-01-28": {"HK01": 0.5, "US01": 0.5}}
    result = run(market(), decisions, until=pd.Timestamp("2025-01-30 22:00Z"))
    assert [line.rsplit("shut ", 1)[1] for line in lines(result, "shut")] == ["Hong Kong: HK01 waits"] * 2


def test_a_closure_known_overnight_is_a_notice():
    text = unfolded(ledger_text(run(storm(), {"2023-08-31": {"HK01": 0.5, "US01": 0.5}})))
    assert [line for line in text if "Hong Kong" in line] == [
        "23:00 notice Hong Kong will not open on 2023-09-01",
        "2023-09-01 Fri 13:30 shut Hong Kong: HK01 waits",
    ]
    assert "2023-09-04 Mon 01:30 shut New York" in text  # Labor Day


def storm():
    days = ["2023-08-30", "2023-08-31", "2023-09-04", "2023-09-05"]
    rows = [(day, "HK01", "XHKG", "HKD", 80.0, 80.0) for day in days]
    rows += [
        (day, "US01", "XNYS", "USD", 100.0, 100.0) for day in ("2023-08-30", "2023-08-31", "2023-09-01", "2023-09-05")
    ]
    return from_frames(
        pd.DataFrame(rows, columns=["date", "symbol", "venue", "currency", "open", "close"]),
        fx=pd.DataFrame({"date": ["2023-08-29"], "base": "USD", "quote": "HKD", "rate": 8.0}),
    )


def test_other_hours_are_a_notice():
    days = ["2023-10-06", "2023-10-09"]  # on the 9th Hong Kong opened at 14:00 there, after a typhoon
    prices = pd.DataFrame({"date": days, "symbol": "HK01", "venue": "XHKG", "currency": "HKD", "close": 80.0})
    result = run(from_frames(prices), {"2023-10-06": {"HK01": 1.0}}, base_currency="HKD")
    assert lines(result, "notice") == ["2023-10-08 Sun 23:00 notice Hong Kong trades from 06:00 to 08:00 on 2023-10-09"]


def test_costs_are_shown_in_total():
    buy = lines(run(market(), SWITCH, costs=FlatCosts(bps=10)), "buy")[0]
    # 1,000,000 / 1.001 / 2 / 10 shares at 80 HKD; 0.1 % of 3,996,003.996.
    assert "HK01 49,950.05 at 80.00 HKD; costs 3,996.00 HKD" in buy
    assert "pays 500,000.00 USD" in buy


def test_a_dividend_is_due_and_paid_and_a_split_adds_shares():
    actions = pd.DataFrame(
        {
            "symbol": ["US01", "US01"],
            "kind": ["dividend", "split"],
            "ex_date": ["2025-01-24", "2025-01-29"],
            "amount": [1.0, 2.0],
            "pay_date": ["2025-01-28", None],
        }
    )
    result = run(market(actions=actions, price_basis="raw", instruments=lots()), SWITCH, interest="none")
    found = [line.rsplit("action ", 1)[1] for line in lines(result, "action")]
    assert found == [
        "US01 dividend due: +3,500.00 USD after 1,500.00 USD withheld",  # 30 % of 5,000 x 1
        "US01 paid: +3,500.00 USD",
        "US01 split: +5,000 shares",
    ]
    assert "dividends due 3,500.00" in lines(result, "mark")[2]
    assert_it_adds_up(result)


def lots():
    return pd.DataFrame({"symbol": ["HK01"], "lot": [100]})


def assert_it_adds_up(result):
    """Each mark's settled cash is the one before plus the lines between; NAV is the sum of its parts."""
    settled = result.config.initial_capital
    for line in unfolded(ledger_text(result)):
        amount = float(found[1].replace(",", "")) if (found := re.search(r" ([+-][\d,]+\.\d\d) USD", line)) else 0.0
        if re.search(r"\d\d:\d\d (interest|settles|borrow|tax) |paid: ", line):
            settled += amount
        if " mark " in line:
            parts = {
                word: float(number.replace(",", "")) for word, number in re.findall(r"(\w+) (-?[\d,]+\.\d\d)", line)
            }
            assert parts["settled"] == pytest.approx(settled, abs=0.05)  # cents of each line are rounded
            total = parts["settled"] + parts.get("receivable", 0.0) - parts.get("payable", 0.0)
            assert parts["NAV"] == pytest.approx(total + parts.get("due", 0.0) + parts.get("holdings", 0.0), abs=0.03)


@pytest.mark.parametrize("funding", ["overlap", "prefunded", "settled"])
@pytest.mark.parametrize("policy", ["queue", "basket", "cancel"])
def test_it_adds_up(funding, policy):
    result = run(market(), SWITCH, funding=funding, shut_market=policy, costs=FlatCosts(bps=10), rate_spread=1.0)
    assert_it_adds_up(result)


def test_what_settles_is_what_the_fills_said():
    """The first comes from the statement, the second from the trades: two ways to one number."""
    result = run(load("demo", start="2024-09-02"), demo_weights(), costs="venue-proportional")
    text = ledger_text(result)
    said, came, day = {}, {}, None
    for line in unfolded(text):
        day = found[0] if (found := re.match(r"\d{4}-\d\d-\d\d", line)) else day
        if deal := re.search(r"(pays|brings) ([\d,]+\.\d\d) USD on (\S+)$", line):
            sign = -1 if deal[1] == "pays" else 1
            said[deal[3]] = said.get(deal[3], 0.0) + sign * float(deal[2].replace(",", ""))
        if deal := re.search(r"settles ([+-][\d,]+\.\d\d) USD", line):
            came[day] = float(deal[1].replace(",", ""))
    assert len(came) > 5
    assert {day: pytest.approx(said[day], abs=0.05) for day in came} == came
    assert max(map(len, text.splitlines())) <= WIDTH


def demo_weights():
    both = {"2024-09-05": 0.5, "2024-09-30": 0.9, "2024-11-27": 0.2, "2025-01-27": 0.7}
    return {day: {"HK01": share, "HK02": 0.0, "US01": 1 - share} for day, share in both.items()}


def test_foreign_balances_are_shown_in_their_currency():
    result = run(market(), {"2025-01-22": HALF, "2025-01-27": OUT}, fx="hold", interest="none")
    mark = lines(result, "mark", start="2025-01-28", end="2025-01-28")[0]
    assert "settled 0.00 USD, receivable 4,000,000.00 HKD, payable 4,000,000.00 HKD, holdings" in mark
    assert lines(result, "settles", start="2025-02-04") == [
        "2025-02-04 Tue 01:30 settles +4,000,000.00 HKD (HK01 sell)"
    ]


def test_a_resumed_run_goes_on_where_the_first_stopped():
    cut = pd.Timestamp("2025-01-28 22:00Z")
    whole = ledger_text(run(market(), SWITCH)).splitlines()
    first = run(market(), SWITCH, until=cut)
    second = run(market(), SWITCH, resume=first.state)
    assert ledger_text(first).splitlines() + ledger_text(second).splitlines()[1:] == whole


def test_nothing_asked_for_and_nothing_held():
    weights = {"2025-01-23": {"HK01": np.nan, "US01": np.nan}, "2025-01-24": {"HK01": 0.0, "US01": 0.0}}
    text = unfolded(ledger_text(run(market(), weights)))
    assert [line for line in text if "decision" in line] == [
        "2025-01-23 Thu 21:00 decision leave everything alone",
        "2025-01-24 Fri 21:00 decision cash 100 %",
    ]


def test_a_window_that_is_no_date():
    with pytest.raises(DataError, match="start 'soon' is no date"):
        ledger_text(run(market(), SWITCH), start="soon")


def test_money_beyond_the_calendar_is_said_and_settles_on_no_date(monkeypatch):
    result = run(market(), SWITCH)
    nowhere = pd.Series(pd.NaT, index=result.trades.index, dtype="datetime64[ns]")
    monkeypatch.setattr("backtest.report.statement._settling", lambda *_: nowhere)
    assert all(line.endswith("on a date after the calendar's end") for line in lines(result, "buy"))
    assert not any("(" in line for line in lines(result, "settles"))


def test_shorts_pay_their_fee_and_a_stop_is_noted():
    weights = {"2025-01-22": {"HK01": 0.5, "US01": -0.5}}
    fee = lines(run(market(), weights, shorts=True, borrow_fee=3.6, interest="none"), "borrow")
    # 5,000 short at 100: 500,000 x 3.6 % / 360 = 50 a day; Friday to Monday is three.
    assert [line.rsplit("borrow ", 1)[1] for line in fee[:2]] == ["-50.00 USD", "-150.00 USD"]
    stopped = run(load("tiny"), {"2025-01-22": {"US01": 1.0}}, stop_drawdown=0.01, lots="fractional")
    assert any("stop: everything is sold" in line for line in lines(stopped, "note"))
