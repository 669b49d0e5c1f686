"""Positioning: by hand, against a plain loop, with revisions and late reports, and what is refused."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import strategies
from backtest import run
from strategies.errors import StrategyError
from strategies.signals.positioning import PositioningSignal
from tests.long_tables import assert_nothing_later_matters, at, long_market, scene_of
from tests.naive import series_signals

SHORT = {"min_figures": 4, "history_days": 365}


def table(*series):
    """Rows of (metric, date, value, known)."""
    return pd.DataFrame(
        [("CHINA", *row) for one in series for row in one], columns=["entity", "metric", "date", "value", "known"]
    )


def monthly(metric, values, lag=10, first="2023-01-31"):
    """One figure a month's end, published some days later at noon UTC."""
    ends = pd.date_range(first, periods=len(values), freq="ME")
    return [
        (metric, str(day.date()), value, f"{(day + pd.Timedelta(days=lag)).date()}T12:00Z")
        for day, value in zip(ends, values, strict=True)
        if not np.isnan(value)
    ]


def made(allocation, benchmark=None, first="2023-02-01", last="2024-03-28", lag=10):
    series = [monthly("allocation", allocation, lag)]
    if benchmark is not None:
        series.append(monthly("benchmark", benchmark, lag))
    return long_market(first, last, positioning=table(*series))


def test_by_hand():
    # Over a benchmark of 3: 2, 1, 5, 3, then 2 (fallen), 2.5 (risen), 6 (crowded).
    market = made([5.0, 4.0, 8.0, 6.0, 5.0, 5.5, 9.0], [3.0] * 7)
    found = PositioningSignal(**SHORT).read(scene_of(market))
    assert found.value_label == "CHINA allocation less benchmark"
    assert np.isnan(at(found, "2023-02-09")[0])
    assert at(found, "2023-02-10") == (2.0, pytest.approx(np.nan, nan_ok=True))  # a figure, and no history
    # April's, known on 10 May: four figures 2, 1, 5, 3, but it fell: no score.
    assert at(found, "2023-05-10") == (3.0, pytest.approx(np.nan, nan_ok=True))
    # May's 2 among 2, 1, 5, 3, 2 fell.
    assert np.isnan(at(found, "2023-06-12")[1])
    # June's 2.5: above 2, 1, 2 of six, itself by half: 3.5 / 6.
    assert at(found, "2023-07-10") == (2.5, pytest.approx(1 - 3.5 / 6))
    assert at(found, "2023-08-09") == (2.5, pytest.approx(1 - 3.5 / 6))  # until the next is out
    # July's 6: 6.5 / 7 = 0.93, crowded.
    assert at(found, "2023-08-10") == (6.0, 0.0)
    # Too old from 46 days after 31 July on.
    assert at(found, "2023-09-14")[0] == 6.0
    assert np.isnan(at(found, "2023-09-15")[0])
    assert "The last figure of positioning CHINA allocation is over 45 days old" in found.notes[0]


def test_crowded_leaves_though_it_rises_and_low_and_falling_holds():
    rising = PositioningSignal(**SHORT, benchmark_weight=0.0).read(scene_of(made(np.arange(1.0, 13.0))))
    spoken = rising.score[~np.isnan(rising.score)]
    # Each the highest of n: percentile (n - 0.5) / n, crowded from 5 on.
    assert set(spoken) == {1 - 3.5 / 4, 0.0}
    falling = PositioningSignal(**SHORT, benchmark_weight=0.0).read(scene_of(made(np.arange(12.0, 0.0, -1.0))))
    assert np.isnan(falling.score).all()
    assert "never speaks in this run: it needs 4 figures known" in " ".join(falling.notes)


def test_a_history_counts_figures_not_sessions():
    market = made(np.array([1.0, 2.0, 3.0, 2.5]), last="2023-06-30")
    scored = PositioningSignal(**SHORT, benchmark_weight=0.0, rising=2).read(scene_of(market))
    first = np.flatnonzero(~np.isnan(scored.score))[0]
    assert str(scene_of(market).dates[first]) == "2023-05-10"  # the fourth figure, after 68 sessions
    assert scored.score[first] == 1 - 2.5 / 4
    # Figures older than the window do not count: of five, three are within ninety days of the last.
    longer = scene_of(made(np.array([1.0, 2.0, 3.0, 2.5, 2.7]), last="2023-06-30"))
    narrow = {"history_days": 90, "benchmark_weight": 0.0}
    assert np.isnan(PositioningSignal(min_figures=4, **narrow).read(longer).score).all()
    assert at(PositioningSignal(min_figures=3, **narrow).read(longer), "2023-06-12")[1] == 1 - 1.5 / 3


def test_oracle_a_plain_loop_over_gaps_and_revisions():
    rng = np.random.default_rng(3)
    rows = []
    for metric in ("allocation", "benchmark"):
        for day in pd.date_range("2022-01-07", "2024-03-22", freq="W-FRI"):
            if rng.random() < 0.15:
                continue
            lag = int(rng.integers(3, 12))
            for revision in range(1 + (rng.random() < 0.2)):
                known = day + pd.Timedelta(days=lag + 20 * revision, hours=int(rng.integers(0, 24)))
                value = float(rng.integers(0, 9)) / 2
                rows.append((metric, str(day.date()), value, known.tz_localize("UTC").isoformat()))
    market = long_market("2022-06-01", "2024-03-28", positioning=table(rows))
    keys = {"history_days": 400, "min_figures": 20, "rising": 4, "crowded": 0.8, "max_age_days": 17}
    scene = scene_of(market)
    plain = {
        name: [
            (dt.date.fromisoformat(day), value, pd.Timestamp(known).value)
            for metric, day, value, known in rows
            if metric == name
        ]
        for name in ("allocation", "benchmark")
    }
    for less, given in ((plain["benchmark"], {}), (1.5, {"benchmark_weight": 1.5})):
        found = PositioningSignal(**keys, **given).read(scene)
        expected = [series_signals.positioning(plain["allocation"], less, int(t), **keys) for t in scene.stamps]
        value, score = (np.array([np.nan if x is None else x for x in one]) for one in zip(*expected, strict=True))
        np.testing.assert_array_equal(found.value, value)
        np.testing.assert_array_equal(found.score, score)
        assert (found.score == 0).sum() > 20
        assert (found.score > 0).sum() > 50


def test_nothing_later_matters_and_a_constant_moves_no_score():
    rng = np.random.default_rng(5)
    allocation, benchmark = rng.integers(1, 20, 26) / 4.0, rng.integers(1, 5, 26) / 4.0
    market = made(allocation, benchmark, last="2025-02-14")
    signal = PositioningSignal(**SHORT)
    assert_nothing_later_matters(signal, market)
    score = signal.read(scene_of(market)).score
    assert np.isfinite(score).sum() > 50
    moved = signal.read(scene_of(made(4.0 * allocation + 8.0, 4.0 * benchmark, last="2025-02-14")))
    assert moved.score.tobytes() == score.tobytes()


def test_a_table_without_metrics_and_a_constant_benchmark():
    rows = table(monthly("", [4.0, 5.0, 6.0, 5.0, 5.5])).drop(columns="metric")
    market = long_market("2023-02-01", "2023-07-31", positioning=rows)
    signal = PositioningSignal(metric="", benchmark_weight=3.0, **SHORT)
    signal.check(market)
    # 1, 2, 3, 2, 2.5: above three of five, itself by half.
    assert at(signal.read(scene_of(market)), "2023-06-12") == (2.5, pytest.approx(1 - 3.5 / 5))
    assert str(signal.read(scene_of(market)).inputs[0].date) == "2023-05-31"


def test_what_the_market_never_has_is_refused():
    market = made([1.0, 2.0])
    with pytest.raises(StrategyError, match=r"signal\.benchmark = 'benchmark' of signal\.entity = 'CHINA': .*has no"):
        PositioningSignal().check(market)
    with pytest.raises(StrategyError, match=r"signal\.metric = 'share'.* It has: CHINA allocation"):
        PositioningSignal(metric="share").check(market)
    PositioningSignal(benchmark_weight=2.6).check(market)
    with pytest.raises(StrategyError, match="It has: none"):
        PositioningSignal().check(long_market("2023-02-01", "2023-03-31"))
    thesis = strategies.thesis("flow-momentum").replace(
        {"signal.kind": "positioning", "baskets.source": ("AAA",), "baskets.destination": ("BBB",),
         "rotation.enter": 0.75, "rotation.exit": 0.1}
    )  # fmt: skip
    with pytest.raises(StrategyError, match=r"signal\.benchmark"):
        run(thesis, market)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"rising": 36}, "rising 36 must be below min_figures 36"),
        ({"crowded": 0.0}, "greater than 0"),
        ({"lookback": 3}, "lookback"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        PositioningSignal(**keys)
