"""How evidence is told: small charts by hand, words, and pages that mark what is old."""

import dataclasses

import numpy as np
import pytest

from backtest.evidence import words
from backtest.evidence.document import change_of, evidence_document
from backtest.evidence.page import render_comparison, render_evidence
from backtest.evidence.sparkline import EDGE, HEIGHT, WIDTH, sparkline
from data.load import load
from strategies.evidence.board import board_of, own_board
from strategies.evidence.evidence import Change, Evidence, evidence
from strategies.evidence.observation import Observation, observe, unread
from strategies.evidence.sectors import SectorEvidence, SectorLine, SectorView
from strategies.signals.reading import Input, Reading

NAN = np.nan
TABLE = {"name": "it", "claim": 1, "title": "It", "source": "cash", "destination": "hk", "kind": "flow"}
BOARD = board_of({"indicator": [TABLE | {"enter": 1.0, "exit": 0.0}]}, "made up")


def observed(score, last="2025-01-31", data="2025-01-31") -> Observation:
    end = np.datetime64(last, "D")
    dates = np.arange(end - len(score) + 1, end + 1)
    values = np.asarray(score, dtype=np.float64)
    reading = Reading(
        stamps=dates.astype("datetime64[ns]").astype(np.int64),
        value=values,
        score=values,
        origin="made up",
        value_label="points",
        score_label="score",
        inputs=(Input(name="flows CHINA", date=np.datetime64(data, "D"), table="flows"),),
    )
    return observe(BOARD.entries[0], reading, dates)


def of_date(one, date) -> Evidence:
    day = np.datetime64(date, "D")
    return Evidence(
        market="made up",
        synthetic=False,
        board=BOARD,
        venue="XNYS",
        asked=day,
        session=day,
        stamp=int(day.astype("datetime64[ns]").astype(np.int64)),
        observations=(one,),
    )


def test_a_chart_by_hand():
    # Five sessions a quarter of the width apart, from -1 to 3: 3 stands at the upper edge, -1 at the lower one.
    chart = sparkline(observed([-1.0, 3.0, NAN, 1.0, NAN]), marked=(np.datetime64("2025-01-28"),))
    inner = HEIGHT - 2 * EDGE
    assert chart.path == f"M0.0 {HEIGHT - EDGE}h0L75.0 {EDGE}M225.0 {EDGE + inner / 2}h0"
    assert (chart.enter, chart.exit) == (EDGE + inner / 2, EDGE + 0.75 * inner)
    # It had fired at the second and the fourth, half a session to both sides of each.
    assert chart.spells == ((37.5, 75.0), (187.5, 75.0))
    assert chart.last is None
    assert chart.marks == (75.0,)
    assert sparkline(observed([0.0, 1.0])).last == (WIDTH, EDGE)


def test_a_chart_of_one_session_and_of_no_score():
    one = sparkline(observed([2.0]))
    assert one.path == f"M{WIDTH} {EDGE}h0"
    assert one.spells == ((WIDTH / 2, WIDTH / 2),)
    assert sparkline(observed([NAN, NAN])) is None
    assert sparkline(unread(BOARD.entries[0], "broken")) is None


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ([0.0, 1.0], "since 2025-01-31"),
        ([0.0, 1.0, 0.5], "since 2025-01-30; held, as its score is above 0"),
        ([0.5, 0.5], "since 2025-01-30, its first score"),
        ([NAN, NAN], ""),
    ],
)
def test_since_when_in_words(score, said):
    assert words.since(observed(score)) == said


def test_what_became_of_an_indicator():
    on, off, none = observed([1.0]), observed([0.0]), observed([NAN])
    silent = dataclasses.replace(none, state="no score")
    expected = {
        (off, silent): "score went", (silent, off): "score came", (silent, on): "fired", (silent, silent): "same",
        (none, silent): "data came", (silent, none): "data went",
        (off, on): "fired", (on, off): "released", (none, on): "data came", (on, none): "data went",
        (on, on): "same", (none, none): "no data",
    }  # fmt: skip
    assert {pair: change_of(Change(before=pair[0], after=pair[1])) for pair in expected} == expected
    assert set(words.CHANGES) == set(expected.values())


def test_old_data_are_marked_and_say_why_there_is_none():
    old = observed([0.5, NAN], data="2024-12-31")
    assert words.oldest(old.inputs) == "2024-12-31 (31 days, OLD: over 14)"
    page = render_evidence(of_date(old, "2025-01-31"))
    assert '<span class="old">flows CHINA: 2024-12-31 (31 days, OLD: over 14)</span>' in page
    assert "the last figure of flows CHINA is of 2024-12-31, 31 days old (limit 14)" in page
    assert 'class="indicator none"' in page  # with its chart up to there
    assert "SYNTHETIC" not in page
    assert 'class="old"' not in render_evidence(of_date(observed([0.5, 0.5]), "2025-01-31"))
    assert words.oldest(unread(BOARD.entries[0], "broken").inputs) == "–"


def test_a_rule_that_says_nothing_is_not_shown_as_missing_data():
    silent = dataclasses.replace(observed([NAN]), state="no score", reason="its rule says nothing here")
    page = render_evidence(of_date(silent, "2025-01-31"))
    group = page[page.index('class="group silent"') : page.index('class="group none"')]
    assert "No score" in group
    assert "its rule says nothing here" in group
    assert 'class="group silent"' not in render_evidence(of_date(observed([1.0]), "2025-01-31"))


def test_data_that_went_are_among_what_turned_with_the_reason():
    before, after = observed([1.0], "2025-01-30"), observed([1.0, NAN], data="2024-12-31")
    page = render_comparison(of_date(before, "2025-01-30"), of_date(after, "2025-01-31"))
    turned = page[page.index('class="group turned"') : page.index('class="group same"')]
    assert "fired → no data since 2025-01-31 (the last figure of flows CHINA is of 2024-12-31" in turned
    assert 'class="group none"' in page


def test_the_age_of_what_sectors_are_read_from_is_shown():
    demo = load("demo")
    found = evidence(demo, "2024-09-13", own_board())
    (data,) = found.sectors.inputs
    assert (str(data.date), data.age_days, data.old_after_days) == ("2024-09-13", 0, 7)
    assert "latest figures: 2024-09-13 (0 days)" in render_evidence(found)
    assert evidence_document(found)["sectors"]["inputs"][0]["name"].startswith("closes and volumes of ")


def test_sectors_in_words():
    view = SectorView(claim=3, title="Sectors", destination="hk", bought=("Energy",))

    def said(zscore, reason=""):
        line = SectorLine(sector="Energy", told="bought", flow=zscore, zscore=zscore)
        return words.sectors(SectorEvidence(view=view, lines=(line,), reason=reason))

    assert said(0.5) == "1 of 1 sectors as the report said"
    assert said(-0.5) == "0 of 1 sectors as the report said"
    assert said(NAN) == "none of those that the report named has a flow"
    assert said(NAN, "no prices") == "no data: no prices"
    assert [words.zscore(one) for one in (1.26, -0.31, NAN)] == ["+1.3", "−0.3", "–"]
