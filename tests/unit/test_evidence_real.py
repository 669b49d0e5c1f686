"""The own board on real figures: what the report of 11 February 2025 said, and when it was so."""

import numpy as np
import pytest

from backtest.evidence import words
from backtest.evidence.page import render_evidence
from data.load import load
from strategies.evidence.board import own_board
from strategies.evidence.evidence import changes, evidence
from tests.real import FOLDER, needs_real

pytestmark = needs_real


@pytest.fixture(scope="module")
def market():
    return load(FOLDER, end="2025-02-14")


@pytest.fixture(scope="module")
def on(market):
    """Give the evidence of a date, each read once."""
    read = {}

    def of(date):
        if date not in read:
            read[date] = evidence(market, date, own_board())
        return read[date]

    return of


def named(found, name):
    return next(one for one in found.observations if one.entry.name == name)


def test_the_bull_market_is_of_7_february(on):
    one = named(on("2025-02-07"), "bull-hstech")
    assert (one.state, str(one.since), one.has_turned) == ("fired", "2025-02-07", True)
    assert "bull on 2025-02-07 (+21.99% from the close of 2025-01-13)" in one.notes[0]
    eve = named(on("2025-02-06"), "bull-hstech")
    assert eve.state == "not fired"
    in_january = (one.dates >= np.datetime64("2025-01-01")) & (one.dates <= np.datetime64("2025-02-06"))
    assert in_january.sum() == 24  # 20 sessions of New York in January, 4 in February
    assert not one.fired[in_january].any()
    assert np.isnan(one.percentile)


def test_msci_china_is_up_four_weeks_running(on):
    one = named(on("2025-02-07"), "streak-mchi")
    assert (one.state, str(one.since), one.value) == ("fired", "2025-02-07", 4.0)
    assert words.told(one) == "4 weeks up in a row"
    assert named(on("2025-02-06"), "streak-mchi").value == 3.0


def test_the_week_to_7_february_is_no_four_month_high_by_the_proxy(on):
    one = named(on("2025-02-07"), "flow-week")
    assert one.state == "not fired"
    assert one.values[-1] < np.nanmax(one.values[-84:])
    assert one.score < 1.0
    # It is one session later; plain momentum had said so since January.
    after = named(on("2025-02-10"), "flow-week")
    assert (after.state, str(after.since)) == ("fired", "2025-02-10")
    assert after.values[-1] == np.nanmax(after.values[-84:])
    assert str(named(on("2025-02-10"), "week-return").since) == "2025-01-21"


def test_sectors_go_as_the_report_said_but_property(on):
    found = on("2025-02-07").sectors
    assert (found.n_as_told, found.n_told) == (6, 7)
    assert [one.sector for one in found.lines if one.told and not one.is_as_told] == ["Real Estate"]
    assert {one.sector for one in found.lines[:3]} == {
        "Communication Services", "Consumer Discretionary", "Information Technology",
    }  # fmt: skip
    assert "signed-dollar-volume proxy" in found.origin


def test_appaloosa_is_known_the_day_after_it_filed(on):
    before, after = (named(on(date), "appaloosa") for date in ("2025-02-10", "2025-02-11"))
    assert before.state == "no data"
    assert before.reason == "by then the market has no filing of 'APPALOOSA LP' among its 93 filers."
    assert (after.state, str(after.since), after.value) == ("fired", "2025-02-11", 1.0)
    assert [str(used.date) for used in after.inputs] == ["2024-12-31"]


def test_the_discount_of_7_february_in_percent_with_its_date(on):
    one = named(on("2025-02-10"), "china-discount")
    # To the two decimals of both figures.
    assert one.value == pytest.approx(np.log(36.39 / 22.68), abs=5e-4)
    assert one.beside_source == pytest.approx(22.68 / 36.39 - 1, abs=4e-4)
    assert [(str(used.date), used.age_days) for used in one.inputs] == [("2025-02-07", 3)] * 2
    assert one.percentile == one.score  # jumps of the basis are left out of both
    said = "P/E of HSTECH 37.7 % below NDX, figures of 2025-02-07 (3 days)"
    assert words.told(one) == said
    assert words.value(one) == "37.7 %"
    assert said in render_evidence(on("2025-02-10"))
    # Hardly ever wider than a month before.
    before = named(on("2025-01-10"), "china-discount")
    assert before.percentile == pytest.approx(0.995, abs=5e-4)
    told = [words.told(named(on("2025-02-10"), name)).split(" of ")[0] for name in ("pb-discount", "dividend-yield")]
    assert told == ["P/B", "dividend yield"]


def test_the_jump_of_the_basis_in_february_2021_is_flagged(on):
    # P/E of 46 to 71 on 2021-02-23, known the day after.
    notes = named(on("2021-02-25"), "china-discount").notes
    assert any("The P/E of HSTECH jumped" in note and "the close of 2021-02-24" in note for note in notes)
    eve = named(on("2021-02-23"), "china-discount").notes
    assert not any("2021-02-24" in note for note in eve)


def test_what_is_not_there_says_why(on):
    found = on("2025-02-10")
    positioning, liquidity = (named(found, name) for name in ("positioning", "liquidity"))
    assert positioning.state == liquidity.state == "no data"
    assert "the market has no series 'CHINA allocation' in positioning. It has: none." in positioning.reason
    assert "by then the market has no data for the destination's side" in liquidity.reason
    assert {claim.number for claim in found.without_indicator} == {8, 9, 10, 14, 15}


def test_january_against_february(on):
    turned = [one for one in changes(on("2025-01-10"), on("2025-02-10")) if one.has_turned]
    assert {one.after.entry.name for one in turned} == {
        "flow-week", "flow-residual", "flow-rotation", "week-return", "bull-hstech", "streak-mchi", "streak-hstech",
        "month-return",
    }  # fmt: skip
    assert {one.after.state for one in turned} == {"fired"}
