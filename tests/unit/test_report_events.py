"""The report's tables of what happened: shown where there is any, and adding up to the run."""

from dataclasses import replace

import pytest

from backtest.kernels import state
from backtest.log import WHAT
from backtest.report.page import render_page
from backtest.report.sections import events
from backtest.report.sections.settings import settings
from backtest.run import RotationResult, run
from data.actions import NO_ACTIONS
from data.load import load
from strategies.catalogue import thesis
from tests import markets
from tests.rotations import eventful
from tests.unit.test_report import Page

TITLES = ("Stops, margin calls and recalls", "Corporate actions")


@pytest.fixture(scope="module")
def result() -> RotationResult:
    return eventful(stop_drawdown=0.1, stop_days=20, max_participation=0.05)


def test_stops_and_what_they_passed_over_are_shown_apart_from_orders(result: RotationResult) -> None:
    counts, last = events.calls(result)
    stop, passed = WHAT[state.STOPPED], WHAT[state.PASSED_OVER]
    assert [(row[0], row[1]) for row in counts.rows] == [(stop.capitalize(), "1"), (passed.capitalize(), "3")]
    assert [row[1] for row in last.rows] == [stop, passed, passed, passed]
    assert [row[0] for row in events.log_counts(result).rows] == [WHAT[state.CAPPED].capitalize()]
    assert {row[3] for row in events.log_rows(result).rows} == {WHAT[state.CAPPED]}


def test_corporate_actions_are_summed_by_kind_and_currency(result: RotationResult) -> None:
    sums, last = events.actions(result)
    assert sums.rows == (
        ("Split", "1", "1", "–", "–", "USD"),
        ("Scrip", "1", "1", "–", "–", "HKD"),
        ("Dividend due", "2", "1", "184,410.00", "20,490.00", "HKD"),
        ("Paid", "1", "1", "72,000.00", "–", "HKD"),
    )
    assert [row[2:4] for row in last.rows][:3] == [("dividend due", "–"), ("scrip", "4,000"), ("split", "6,666.67")]


def test_the_statement_adds_up_to_nav(result: RotationResult) -> None:
    table = events.statement(result)
    assert [row[0] for row in table.rows] == ["HKD", "USD", "NAV"]
    assert table.rows[0][2:8] == ("72,000", "0", "0", "112,410", "4,996,000", "0")
    assert table.rows[-1][1] == f"{result.nav.iloc[-1]:,.0f}"


def test_a_page_shows_what_happened_and_only_that(result: RotationResult) -> None:
    page = Page(render_page(result))
    assert page.open == []
    for words in (*TITLES, "Statement of 2024-06-28", "stop: everything is sold", "112,410.00", "dividend due"):
        assert words in page.text, words
    eventless = replace(load("demo", start="2024-01-02"), actions=NO_ACTIONS)
    quiet = Page(render_page(run(thesis("flow-momentum").replace({"run.lots": "fractional"}), eventless))).text
    assert not any(title in quiet for title in TITLES)
    assert "Statement of 2025-02-14" in quiet
    assert "Every order filled as asked." in quiet


def test_a_recall_names_the_shares_and_a_margin_call_none() -> None:
    lent = [
        {"date": "2024-01-01", "symbol": "US", "fee_pct": 0.0, "available": n, "known": f"2024-01-{day}T00:00Z"}
        for day, n in (("01", 5000), ("05", 2000))
    ]
    short = markets.make_market({"US": 100.0}, "2024-01-02", "2024-01-10", borrow=lent)
    counts, last = events.calls(markets.run(short, {"2024-01-02": {"US": -0.5}}, shorts=True))
    assert counts.rows == ((WHAT[state.RECALLED].capitalize(), "1", "2024-01-05", "2024-01-05"),)
    assert [row[1:] for row in last.rows] == [(WHAT[state.RECALLED], "US", "3,000")]
    # 15,000 shares fall to 60: 400,000 are left of a gross of 900,000, less than three fifths.
    levered = markets.make_market({"US": [100.0] * 3 + [60.0] * 4}, "2024-01-02", "2024-01-10")
    called = markets.run(levered, {"2024-01-02": {"US": 1.5}}, max_gross=1.5, maintenance_margin=0.6)
    _, last = events.calls(called)
    assert last.rows[0] == ("2024-01-05 21:00", WHAT[state.MARGIN_CALL], "–", "–")


def test_settings_that_are_not_the_default_stand_out(result: RotationResult) -> None:
    _, table = settings(result)
    assert [table.rows[i][0] for i in table.strong] == [
        "costs", "lots", "max_participation", "stop_drawdown", "stop_days"
    ]  # fmt: skip
