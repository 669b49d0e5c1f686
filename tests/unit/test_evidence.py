"""The evidence on a date: by hand, from the past alone, and honest about what it does not have."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from backtest.evidence.document import evidence_document
from data.counterfactual import FUTURES, with_future
from data.errors import DataError
from data.load import load
from data.series.tables import LONG_TABLES
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.errors import StrategyError
from strategies.evidence.board import board_of, own_board
from strategies.evidence.evidence import changes, evidence
from strategies.evidence.observation import HISTORY_SESSIONS, MIN_READINGS, PERCENTILE_SESSIONS, observe
from strategies.signals.flow import FlowSignal
from strategies.signals.reading import Input, Reading

OWN = own_board()


def board(**changed):
    table = {"name": "it", "claim": 1, "title": "It", "source": "cash", "destination": "hk", "kind": "flow"}
    return board_of({"indicator": [table | changed]}, "made up")


def table_of(name):
    """The table that an input of a test is named after; none: prices."""
    return name.split()[0] if name.split()[0] in LONG_TABLES else ""


def observed(score, value=None, inputs=(), parts=None, entry=None, **options):
    """Observe a made-up reading whose last session is 2025-01-31, a Friday."""
    score = np.asarray(score, dtype=np.float64)
    dates = pd.bdate_range(end="2025-01-31", periods=len(score)).to_numpy().astype("datetime64[D]")
    reading = Reading(
        stamps=dates.astype("datetime64[ns]").astype(np.int64),
        value=score if value is None else np.asarray(value, dtype=np.float64),
        score=score,
        origin="made up",
        value_label="value",
        score_label="score",
        inputs=tuple(Input(name=name, date=np.datetime64(date, "D"), table=table_of(name)) for name, date in inputs),
        parts=parts or {},
    )
    return observe(entry or board(enter=1.0, exit=0.0, **options).entries[0], reading, dates)


NAN = np.nan


@pytest.mark.parametrize(
    ("score", "state", "since", "has_turned"),
    [
        ([0.0, 0.5, 1.0, 0.5, 0.2], "fired", "2025-01-29", True),  # fired at the third, and held above the exit
        ([0.0, 1.5, 1.0, 0.0, 0.9], "not fired", "2025-01-30", True),
        ([2.0, 0.5, 1.0, 0.5, 0.2], "fired", "2025-01-27", False),
        ([NAN, 0.5, NAN, 0.5, 0.2], "not fired", "2025-01-28", False),
        ([0.0, 1.5, NAN, NAN, 0.5], "fired", "2025-01-28", True),  # a gap neither ends nor begins a state
        ([0.0, 1.5, 1.5, NAN, NAN], "no data", "2025-01-30", True),
        ([NAN] * 5, "no data", "NaT", False),
    ],
)
def test_the_state_and_since_when(score, state, since, has_turned):
    one = observed(score)
    assert (one.state, str(one.since), one.has_turned) == (state, since, has_turned)
    assert bool(one.reason) == (state == "no data")


def test_the_percentile_is_a_mid_rank_of_the_trailing_window():
    values = [*range(10), *[30.0] * 5, *range(10, 25), 30.0]  # 25 below, six equal with itself, none above
    one = observed(np.zeros(len(values)), values)
    assert one.n_readings == 31
    assert one.percentile == pytest.approx((25 + 0.5 * 6) / 31, rel=1e-15)
    # What lies before the window does not count, nor a missing reading.
    long = np.concatenate([np.full(100, 99.0), np.arange(PERCENTILE_SESSIONS, dtype=float)])
    long[-2] = NAN
    last = observed(np.zeros(len(long)), long)
    assert last.n_readings == PERCENTILE_SESSIONS - 1
    assert last.percentile == pytest.approx(1 - 0.5 / last.n_readings, rel=1e-15)


def test_a_rank_among_few_readings_is_none():
    few = observed(np.zeros(MIN_READINGS - 1), np.arange(MIN_READINGS - 1.0))
    assert np.isnan(few.percentile)
    assert few.n_readings == MIN_READINGS - 1
    enough = observed(np.zeros(MIN_READINGS), np.arange(float(MIN_READINGS)))
    assert enough.percentile == pytest.approx(1 - 0.5 / MIN_READINGS)


def test_a_jump_of_the_basis_moves_no_rank():
    values = np.arange(40.0)
    jumped, basis = values.copy(), np.zeros(40)
    jumped[30:] -= 100.0
    basis[30:] -= 100.0
    ranks = [
        observed(np.zeros(40), v, parts={"basis": b}).percentile for v, b in ((values, 0 * basis), (jumped, basis))
    ]
    assert ranks[0] == ranks[1] == pytest.approx(1 - 0.5 / 40)


def test_the_age_of_data_and_from_when_on_it_is_old():
    inputs = [("flows CHINA", "2025-01-17"), ("rates FED", "2024-12-01"), ("closes of 3 names of hk", "2025-01-24")]
    one = observed([0.5, 0.5], inputs=inputs, max_age_days=10)
    # Flows by the signal's own limit as every table; closes by that of daily series.
    assert [(used.age_days, used.old_after_days, used.is_old) for used in one.inputs] == [
        (14, 10, True),
        (61, 10, True),
        (7, 7, False),
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"inputs": [("flows CHINA", "NaT")]}, "nothing is known yet of flows CHINA"),
        (
            {"inputs": [("flows CHINA", "2024-12-31")]},
            "the last figure of flows CHINA is of 2024-12-31, 31 days old (limit 14)",
        ),
        ({}, "too little history: no reading yet in 3 sessions"),
        ({"value": [1.0, 2.0, NAN]}, "no reading at this close; the last one is of 2025-01-30"),
        (
            {"value": [NAN, 2.0, 3.0]},
            "too little history: 2 readings in the last 756 sessions, where 252 are needed",
        ),
    ],
)
def test_what_has_no_score_says_why(given, reason):
    one = observed([NAN] * 3, **{"value": [NAN] * 3, **given})
    assert (one.state, one.reason) == ("no data", reason)


def test_a_reading_without_a_score_for_another_reason_says_so():
    one = observed([NAN] * 30, np.arange(30.0), min_history=20)
    assert (one.state, one.reason) == ("no score", "its rule says nothing here (score)")


def test_a_date_without_a_session_stands_for_the_one_before():
    market = load("tiny")
    on_friday, on_sunday = (evidence(market, date, board(destination="hk")) for date in ("2025-01-31", "2025-02-02"))
    assert (str(on_sunday.asked), str(on_sunday.session)) == ("2025-02-02", "2025-01-31")
    assert pd.Timestamp(on_sunday.stamp, tz="UTC") == pd.Timestamp("2025-01-31 21:00", tz="UTC")
    same = evidence_document(on_sunday) | {"asked": "2025-01-31"}
    assert same == evidence_document(on_friday)
    assert on_friday.synthetic


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2025-01-18", "goes from 2025-01-22 to 2025-02-04: it has no session in New York by 2025-01-18"),
        ("2025-02-05", "goes from 2025-01-22 to 2025-02-04: nothing of 2025-02-05 is known yet"),
        ("soon", "date 'soon' is no date; write it as 2025-02-14."),
        (2025, "date 2025 is no date"),
        ("2025-01-31 12:00", "is a time, not a date"),
        ("31/01/2025", "is no date"),
    ],
)
def test_a_date_that_the_market_does_not_have_is_refused(date, said):
    with pytest.raises(DataError, match=said):
        evidence(load("tiny"), date, board())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"destination": "atlantis"}, "atlantis"),
        ({"input": "flows"}, "input = 'flows'"),
        ({"kind": "valuation"}, "source_entity = 'NDX': by then the market has no series"),
    ],
)
def test_a_broken_indicator_says_so_and_the_rest_goes_on(changed, said):
    tables = [
        {"name": name, "claim": 1, "title": name, "source": "cash", "destination": "hk", "kind": "flow"} | more
        for name, more in (("broken", changed), ("whole", {"lookback": 2}))
    ]
    found = evidence(load("tiny"), "2025-02-04", board_of({"indicator": tables}, "made up"))
    broken, whole = found.observations
    assert broken.state == "no data"
    assert said in broken.reason
    assert whole.reason == "too little history: no reading yet in 10 sessions"  # a usual traded value needs 20
    assert len(whole.dates) == 10
    assert [str(used.date) for used in whole.inputs] == ["2025-02-04"]


def test_an_unexpected_failure_is_not_taken_for_missing_data(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("strategies.signals.flow.proxy_flow", lambda *_, **__: fail())
    with pytest.raises(ZeroDivisionError):
        evidence(load("tiny"), "2025-02-04", board())


def hand_market():
    """One name in New York over 45 sessions: 100 shares a day, at 10.1 USD on even days and at 10 on odd ones."""
    dates = pd.bdate_range("2024-02-20", "2024-05-03").difference(pd.DatetimeIndex(["2024-03-29"]))[:45]
    closes = [10.0 + 0.1 * (i % 2 == 0) for i in range(45)]
    closes[-1] = 10.2  # the last day rises too: two in a row
    quotes = pd.DataFrame(
        {"date": dates, "symbol": "AAA", "venue": "XNYS", "currency": "USD", "close": closes, "volume": 100.0}
    )
    return from_frames(quotes, memberships={"hk": (Spell("AAA"),)}), dates


def test_a_board_by_hand():
    market, dates = hand_market()
    given = board(lookback=1, history=44, min_history=20, enter=0.5, exit=-0.5, destination="hk")
    one = evidence(market, dates[-1], given).observations[0]
    # The last day: +10.2 x 100 USD over the mean of its 45 traded values.
    usual = (23 * 10.1 + 22 * 10.0 + 0.1) / 45  # the 45th is an even one, at 10.2 instead of 10.1
    assert one.value == pytest.approx(10.2 / usual, rel=1e-12)
    assert (one.state, str(one.since)) == ("fired", str(dates[-1].date()))
    assert one.value_label == "net flow of 1 sessions, days of usual turnover"
    assert one.percentile > 0.9
    assert len(one.dates) == 45 <= HISTORY_SESSIONS
    assert [used.name for used in one.inputs] == ["closes and volumes of 1 names of hk"]
    assert one.inputs[0].age_days == 0
    # On the eve the name had fallen: released.
    eve = evidence(market, dates[-2], given).observations[0]
    assert eve.state == "not fired"
    assert eve.value < 0
    turned = changes(evidence(market, dates[-2], given), evidence(market, dates[-1], given))
    assert [change.has_turned for change in turned] == [True]


@pytest.fixture(scope="module")
def demo():
    return load("demo")


def test_the_evidence_of_a_date_is_the_same_whatever_came_after(demo):
    session = "2023-06-15"
    full = evidence(demo, session, OWN)
    told = evidence_document(full)
    # What the demo never has; and a ratio that does not revert.
    assert {one["name"] for one in told["indicators"] if one["state"] == "no data"} <= {
        "streak-mchi", "pb-discount", "dividend-yield", "appaloosa", "relative-reversion", "positioning",
    }  # fmt: skip
    assert told["sectors"]["n_told"] == 3
    cut = demo.until(full.stamp)
    others = [cut, demo.restricted(end=session), cut.restricted(end=session)]
    others += [with_future(demo, full.stamp, future, np.random.default_rng(3)) for future in FUTURES]
    for other in others:
        assert evidence_document(evidence(other, session, OWN)) == told
    # A change that was known by then does move it.
    moved = with_future(demo, full.stamp - 3 * 86_400 * 10**9, "tenfold", np.random.default_rng(3))
    assert evidence_document(evidence(moved, session, OWN)) != told


def test_a_signal_that_looks_ahead_finds_nothing_ahead(demo, monkeypatch):
    def greedy(self, scene):
        market = scene.market
        seen = np.nansum(market.close) + len(market.table("valuations")) + len(market.dates)
        score = np.full(len(scene.stamps), seen)
        return Reading(stamps=scene.stamps, value=score, score=score, origin="", value_label="", score_label="")

    monkeypatch.setattr(FlowSignal, "read", greedy)
    given = board(source="big-seven", destination="hang-seng-tech")
    full = evidence(demo, "2023-06-15", given)
    cut = evidence(demo.until(full.stamp), "2023-06-15", given)
    assert full.observations[0].value == cut.observations[0].value
    assert full.observations[0].value != evidence(demo, "2023-06-16", given).observations[0].value


def test_before_there_is_enough_history_a_board_says_so(demo):
    early = evidence(demo, demo.start + 120, OWN)
    short = [one for one in early.observations if one.entry.indicator.signal.window and len(one.dates)]
    assert {"flow-residual", "flow-rotation", "china-discount", "relative-trend", "relative-reversion"} == {
        one.entry.name for one in short if one.state == "no data"
    }
    assert all("too little history" in one.reason for one in short if one.state == "no data")
    trend = next(one for one in short if one.entry.name == "relative-trend")
    assert "in the last 253 sessions, where 253 are needed" in trend.reason
    assert "no flow of a sector with 252 readings before it" in early.sectors.reason
    assert early.sectors.n_told == 0


def test_what_turned_comes_first_and_what_has_no_data_last(demo):
    tables = [entry.model_dump() for entry in OWN.entries]
    broken = tables[0] | {
        "name": "broken",
        "indicator": tables[0]["indicator"] | {"destination_entity": "MARS", "input": "flows"},
    }
    mine = board_of({"indicator": [_flat(one) for one in (broken, *tables)]}, "made up")
    before, after = (evidence(demo, date, mine) for date in ("2024-06-14", "2024-09-13"))
    order = changes(before, after)
    ranks = [0 if one.has_turned else 2 if one.has_no_data else 1 for one in order]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0
    assert "broken" in [one.after.entry.name for one, rank in zip(order, ranks, strict=True) if rank == 2]
    assert len(order) == len(mine.entries)


def _flat(entry):
    own = {key: value for key, value in entry.items() if key != "indicator"}
    return own | {key: value for key, value in entry["indicator"].items() if value is not None}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2025-01-31", "2025-02-02", "2025-01-31 and 2025-02-02 stand for one session, 2025-01-31"),
        ("2025-02-03", "2025-01-31", "2025-02-03 is after 2025-01-31"),
    ],
)
def test_two_dates_that_cannot_be_compared_are_refused(before, after, said):
    with pytest.raises(StrategyError, match=said):
        changes(*(evidence(load("tiny"), date, board()) for date in (before, after)))


def test_other_markets_and_boards_are_not_compared():
    one = evidence(load("tiny"), "2025-01-31", board())
    for other in (evidence(load("tiny"), "2025-02-03", board(lookback=7)), dataclasses.replace(one, market="other")):
        with pytest.raises(StrategyError, match="one market and one board"):
            changes(one, other)


def test_values_of_a_bull_and_of_a_bear_are_not_ranked_together():
    entry = board(kind="bull", entity="HSTECH").entries[0]
    one = observed(np.zeros(40), np.arange(40.0), entry=entry)
    assert np.isnan(one.percentile)
    assert one.n_readings == 40


def test_steps_are_ranked_by_half_among_equals():
    values = np.array([*[0.0] * 30, *[1.0] * 30, *[2.0] * 40])
    assert observed(np.zeros(100), values).percentile == pytest.approx(0.6 + 0.2, rel=1e-12)


@pytest.mark.parametrize(
    ("measure", "metric", "beside"),
    [("log_pe_ratio", "pe_ttm", -0.5), ("log_pb_ratio", "pb", -0.5), ("log_yield_ratio", "div_yield_pct", 1.0)],
)
def test_a_discount_beside_the_source(measure, metric, beside):
    entry = board(kind="valuation", measure=measure, metric=metric).entries[0]
    # Half the multiple, or twice the yield.
    assert observed([NAN, NAN], [0.0, np.log(2.0)], entry=entry).beside_source == pytest.approx(beside, rel=1e-12)
    assert np.isnan(observed([1.0]).beside_source)


def test_flows_by_sector_beside_what_the_report_said(demo):
    found = evidence(demo, "2024-09-13", OWN).sectors
    scored = [one for one in found.lines if not np.isnan(one.zscore)]
    assert [one.zscore for one in scored] == sorted((one.zscore for one in scored), reverse=True)
    # The demo has no such sectors: they stand there without a figure, and count on neither side.
    assert {one.sector for one in found.lines[len(scored) :]} == {"Energy", "Industrials", "Real Estate", "Utilities"}
    told = [one for one in scored if one.told]
    assert found.n_told == len(told) == 3
    assert found.n_as_told == sum((one.zscore > 0) == (one.told == "bought") for one in told)
    assert found.reason == ""


def test_sectors_that_cannot_be_read_say_why(demo):
    table = {"name": "it", "claim": 1, "title": "It", "source": "cash", "destination": "cash", "kind": "flow"}
    view = {"claim": 3, "title": "Sectors", "destination": "atlantis", "bought": ["Energy"]}
    found = evidence(demo, "2024-09-13", board_of({"indicator": [table], "sectors": view}, "made up")).sectors
    assert "atlantis" in found.reason
    assert [(one.sector, one.told) for one in found.lines] == [("Energy", "bought")]


def test_too_little_history_is_no_data_and_a_silent_rule_is_not(demo):
    table = {"name": "it", "claim": 2, "title": "It", "source": "cash", "destination": "hk", "kind": "positioning"}
    few, enough = (
        evidence(demo, "2019-03-05", board_of({"indicator": [table | keys]}, "made up")).observations[0]
        for keys in ({"min_figures": 100}, {})
    )
    assert few.state == "no data"
    assert few.reason == "too little history: 60 figures in 1826 days, where 100 are needed"
    assert (enough.state, np.isnan(enough.value)) == ("no score", False)  # low, and still being cut
    soon = {one.entry.name: one for one in evidence(demo, "2020-03-02", OWN).observations}
    assert "readings in the last 756 sessions, where 252 are needed" in soon["flow-residual"].reason
