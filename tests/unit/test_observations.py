"""What a run says of itself in its notes: how often the ledger cut, called or recalled, and when money was owed."""

import pytest

from tests.markets import NAN, make_market, run

# US settles in one day from 28 May 2024 on, HK in two; a dollar is 8 Hong Kong dollars.
SUMMER = ("2024-06-03", "2024-06-28")
MARKET = make_market({"US": 100.0, "HK": 80.0}, *SUMMER)
ALL_US, ALL_HK = {"US": 1.0, "HK": 0.0}, {"US": 0.0, "HK": 1.0}


def said(result, start):
    return [note for note in result.notes if note.startswith(start)]


@pytest.mark.parametrize(
    ("funding", "shut_market", "note"),
    [
        ("prefunded", "queue", "Buys were cut by funding, and waited, once."),
        ("settled", "queue", "Buys were cut by funding, and waited, twice."),
        ("settled", "cancel", "Buys were cut by funding, and the rest was dropped, once."),
    ],
)
def test_cuts_by_funding_are_counted(funding, shut_market, note):
    # Sold in New York on the 18th after Hong Kong's session, paid on the 20th: the 19th is a holiday in New York alone.
    first, then = {"2024-06-03": ALL_US}, {"2024-06-17": ALL_HK}
    result = run(MARKET, first | then, funding=funding, shut_market=shut_market)
    assert said(result, "Buys were cut") == [note]


def test_orders_dropped_for_want_of_volume_are_counted():
    market = make_market({"US": 100.0}, "2024-05-01", "2024-06-28", volumes={"US": 1000.0})
    result = run(market, {"2024-06-03": {"US": 1.0}}, max_participation=0.1, shut_market="cancel")
    (note,) = said(result, "Orders were cut by volume")
    assert note == "Orders were cut by volume, delivery or lots, and the rest was dropped, once."


def test_under_prefunded_a_buy_that_settles_before_its_sale_is_a_debit_and_said():
    # Hong Kong's sale of the 14th is paid on the 18th, New York's purchase of the 14th on the 17th.
    result = run(MARKET, {"2024-06-03": ALL_HK, "2024-06-13": ALL_US}, funding="prefunded")
    assert said(result, "Cash is a debit") == []
    (note,) = said(result, "Settled cash alone is a debit")
    assert note.startswith("Settled cash alone is a debit on 1 of 20 dates, at most 100.0% of NAV")
    assert "(1,000,000 USD on 2024-06-17)" in note
    assert "funding = 'settled' waits for their money" in note
    waiting = run(MARKET, {"2024-06-03": ALL_HK, "2024-06-13": ALL_US}, funding="settled")
    assert said(waiting, "Settled cash") == []


@pytest.mark.parametrize("funding", ["prefunded", "settled"])
def test_a_debit_of_fills_above_the_decision_s_prices_is_said_under_every_funding(funding):
    closes = [100.0] * 19
    market = make_market({"US": closes}, *SUMMER, opens={"US": [100.0, 110.0, *closes[2:]]})
    result = run(market, {"2024-06-03": {"US": 1.0}}, funding=funding)
    (note,) = said(result, "Cash is a debit")
    assert "fills above the decision's prices fall on cash" in note
    assert f"funding = {funding!r} holds buys back at the decision's prices alone" in note


def test_a_halted_short_is_recalled_once_however_long_it_takes():
    lent = [
        {"date": "2024-06-01", "symbol": "US", "fee_pct": 0.0, "available": n, "known": f"2024-06-{day}T00:00Z"}
        for day, n in (("01", 5000), ("06", 2000), ("18", 1000))
    ]
    closes = [100.0] * 3 + [NAN] * 3 + [100.0] * 13
    market = make_market({"US": closes, "UT": 50.0}, *SUMMER, borrow=lent)
    result = run(market, {"2024-06-03": {"US": -0.5, "UT": 0.0}}, shorts=True)
    assert result.log["what"].str.startswith("borrow recalled").sum() == 5
    # Once for 3,000 shares on the 6th, bought in on the 11th; once for 1,000 on the 18th.
    assert result.trades["shares"].tolist() == [-5000, 3000, 1000]
    assert said(result, "Shorts bought in") == ["Shorts bought in because their borrow was recalled: 2."]


def test_what_happened_once_is_said_so():
    market = make_market({"US": 100.0}, "2024-05-01", "2024-06-28", volumes={"US": 50_000.0})
    result = run(market, {"2024-06-03": {"US": 1.0}}, max_participation=0.1)
    assert said(result, "Orders were cut") == ["Orders were cut by volume, delivery or lots, and waited, once."]


def test_fills_without_a_participation_bound_or_impact_are_named():
    # 3, 4, 5 and 6 June are known when the 7th begins: four volumes, and three returns. UT has no volume at all.
    market = make_market({"US": [100.0, 101.0] * 9 + [100.0], "UT": 50.0}, *SUMMER, volumes={"US": 50_000.0})
    weights = {"2024-06-06": {"US": 0.1, "UT": 0.1}, "2024-06-17": {"US": 0.2, "UT": 0.2}}
    settings = {"costs": "venue", "fx_spread_bps": 0.0, "half_spread_bps": 0.0}
    result = run(market, weights, max_participation=0.5, impact=1.0, **settings)
    assert result.trades["symbol"].tolist() == ["US", "UT"] * 2
    assert said(result, "3 of 4 fills had") == [
        "3 of 4 fills had no bound: fewer than 5 volumes were known before: US (1), UT (2).",
        "3 of 4 fills had no impact: volume or volatility was 0 or not known before: US (1), UT (2).",
    ]
    # Nothing is said of what was not asked for, nor of fills that are bounded.
    assert said(run(market, weights, impact=1.0, **settings), "3 of 4") == said(result, "3 of 4")[1:]
    assert said(run(market, weights, **settings), "3 of 4") == []
    late = run(market, {"2024-06-17": {"US": 0.1}}, max_participation=0.5)
    assert not [note for note in late.notes if "no bound" in note]
