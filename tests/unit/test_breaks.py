"""Series whose publisher stopped them: the facts, and what a rule does that reads across the end."""

import numpy as np
import pandas as pd
import pytest

import strategies
from backtest import RunConfig, run
from backtest.prove import prove_no_lookahead
from data.series.breaks import breaks_of, crossed, known_breaks, rows_after_break
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.errors import StrategyError

day = np.datetime64
DATES = pd.bdate_range("2024-05-01", "2024-10-31")
SESSIONS = DATES.difference(pd.DatetimeIndex(["2024-05-27", "2024-06-19", "2024-07-04", "2024-09-02"]))
NORTHBOUND = {"signal.destination_entity": "NORTHBOUND", "signal.input": "flows"}
RULE = {"signal.lookback": 5, "signal.history": 40, "signal.min_history": 20, "baskets.min_members": 1}


def market_of(entity: str, last: str = "2024-08-16", start: str = "2024-06-03"):
    rng = np.random.default_rng(3)
    prices = pd.concat(
        pd.DataFrame(
            {
                "date": SESSIONS,
                "symbol": symbol,
                "venue": "XNYS",
                "currency": "USD",
                "close": 50 * np.exp(np.cumsum(0.01 * rng.standard_normal(len(SESSIONS)))),
            }
        )
        for symbol in ("AAA", "BBB")
    )
    dates = DATES[: DATES.searchsorted(pd.Timestamp(last), side="right")]
    flows = pd.DataFrame({"date": dates, "entity": entity, "net_usd": 1e8 * rng.standard_normal(len(dates))})
    flows["known"] = flows["date"] + pd.Timedelta(hours=10)
    memberships = {"big-seven": (Spell("AAA"),), "hang-seng-tech": (Spell("BBB"),)}
    return from_frames(prices, flows=flows, memberships=memberships).restricted(start=start)


def thesis(**changes: object):
    return strategies.thesis("flow-momentum").replace({**RULE, **NORTHBOUND, **changes})


def test_northbound_flows_end_with_16_august_2024():
    (found,) = breaks_of("flows", "northbound_sh")
    assert (str(found.last_date), str(found.announced)) == ("2024-08-16", "2024-07-26")
    assert found.status == "confirmed"
    assert breaks_of("rates", "NORTHBOUND") == ()
    assert breaks_of("flows", "SOUTHBOUND") == ()
    assert all(one.announced <= one.last_date and one.source and one.what for one in known_breaks())


@pytest.mark.parametrize(
    ("first", "last", "n"),
    [
        ("2024-01-02", "2024-08-16", 0),
        ("2024-01-02", "2024-08-19", 1),
        ("2024-08-16", "2024-08-17", 1),
        ("2024-08-17", "2025-02-14", 0),
    ],
)
def test_a_stretch_crosses_a_break_with_days_on_both_sides(first, last, n):
    assert len(crossed("flows", "NORTHBOUND", day(first), day(last))) == n


def test_rows_after_the_end_are_found():
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-08-16", "2024-08-19", "2024-08-19", "2024-08-20"]),
            "entity": ["NORTHBOUND", "NORTHBOUND", "CHINA", "Northbound SZ"],
        }
    )
    assert rows_after_break("flows", frame).tolist() == [1, 3]
    assert rows_after_break("indices", frame).tolist() == []


def test_a_run_past_the_end_is_refused_and_says_what_to_do():
    with pytest.raises(StrategyError) as error:
        thesis().plan(market_of("NORTHBOUND"))
    text = str(error.value)
    assert text.startswith("NORTHBOUND ends with 2024-08-16: ")
    for part in ("goes on to 2024-10-31", "end it by then", "another entity", "signal.input = 'volume'", "'hold'"):
        assert part in text


def test_a_run_up_to_the_end_and_another_entity_are_allowed():
    up_to_the_end = thesis().plan(market_of("NORTHBOUND").restricted(end="2024-08-16"))
    of_another = thesis(**{"signal.destination_entity": "CHINA"}).plan(market_of("CHINA"))
    for plan, entity in ((up_to_the_end, "NORTHBOUND"), (of_another, "CHINA")):
        assert plan.reading.origin == f"flows file, {entity}"
        assert not np.isnan(plan.score).all()
        assert not any("ends with" in note for note in plan.notes)


def test_hold_reads_up_to_the_end_and_says_so():
    market = market_of("NORTHBOUND", last="2024-10-31")  # whoever filled in the rest, it was not the publisher
    held = thesis(**{"signal.after_break": "hold"})
    plan = held.plan(market)
    at = [str(stamp.date()) for stamp in plan.targets.decisions]
    last = at.index("2024-08-30")  # 14 days after the last figure
    # The window of five sessions is empty a week after the last figure, before the figure is old.
    assert not np.isnan(plan.score[at.index("2024-08-16")])
    assert np.isnan(plan.score[last + 1 :]).all()
    assert len(set(plan.share[last:])) == 1
    assert any("NORTHBOUND ends with 2024-08-16" in note and "not read" in note for note in plan.notes)
    assert any("NORTHBOUND ends with 2024-08-16" in note for note in run(held, market).notes)


def test_a_flow_is_no_reading_once_its_last_figure_is_old():
    market = market_of("CHINA")
    found = thesis(**{"signal.destination_entity": "CHINA", "signal.lookback": 60}).plan(market)
    days = pd.DatetimeIndex(found.reading.stamps, tz="UTC").date.astype("datetime64[D]")
    read = ~np.isnan(found.reading.value)
    assert str(days[read][-1]) == "2024-08-30"  # 14 days after the 16th; the window of 60 sessions would hold more
    # Since 3 June 109 weekdays less 3 holidays; 43 of them from Tuesday 3 September, the day after Labor Day.
    assert found.notes[1] == (
        "The last flow of CHINA is over 14 days old at 43 of 106 closes, from 2024-09-03 to 2024-10-31: "
        "no reading there (signal.max_age_days)."
    )
    older = thesis(**{"signal.destination_entity": "CHINA", "signal.lookback": 60, "signal.max_age_days": 21})
    read = ~np.isnan(older.plan(market).reading.value)
    assert str(days[read][-1]) == "2024-09-06"


def test_what_to_do_after_a_break_is_a_setting_with_two_values():
    with pytest.raises(StrategyError, match="signal.after_break = 'ignore': want 'refuse' or 'hold'"):
        thesis(**{"signal.after_break": "ignore"})


def test_holding_at_a_break_sees_no_future():
    held = thesis(**{"signal.after_break": "hold", "rotation.enter": 0.5})
    market = market_of("NORTHBOUND", last="2024-10-31")
    proof = prove_no_lookahead(held, market, RunConfig(**held.run), n_decisions=6, n_random=6, seed=1)
    assert proof.passed, proof.leaks
