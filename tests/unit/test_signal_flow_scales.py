"""Flow momentum net of returns, as an n-month high, and of the destination alone."""

import numpy as np
import pandas as pd
import pytest

from data.load import load
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.signals.flow import FlowSignal, own_returns
from strategies.signals.kernels.trailing import residual_zscore_nb, trailing_high_nb
from strategies.signals.scene import Scene
from tests.long_tables import assert_nothing_later_matters
from tests.markets import sessions
from tests.naive import series_signals
from tests.real import FOLDER, needs_real

FIRST, LAST = "2023-02-01", "2024-05-24"
DATES = sessions("XNYS", FIRST, LAST)
N = len(DATES)
KEYS = {"input": "volume", "lookback": 5, "history": 120, "min_history": 60}


def volume_market(seed=5, scale=1.0):
    rng = np.random.default_rng(seed)
    frames = []
    for symbol in ("AAA", "BBB", "CCC"):
        close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(N)))
        volume = np.exp(14 + 0.3 * rng.standard_normal(N)) * (scale if symbol == "BBB" else 1.0)
        frames.append(
            pd.DataFrame(
                {"date": DATES, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close, "volume": volume}
            )
        )
    members = {"one": (Spell("AAA"),), "two": (Spell("BBB"), Spell("CCC"))}
    return from_frames(pd.concat(frames), memberships=members)


def scene_of(market):
    return Scene(market=market, venue="XNYS", source="one", destination="two")


def read(market, **keys):
    return FlowSignal(**(KEYS | keys)).read(scene_of(market))


def test_the_destination_alone():
    market = volume_market()
    difference, alone = read(market), read(market, net="destination")
    source = FlowSignal(**KEYS, net="destination").read(
        Scene(market=market, venue="XNYS", source="two", destination="one")
    )
    np.testing.assert_allclose(difference.value, alone.value - source.value, atol=1e-12)
    assert (difference.origin, alone.origin) == (
        "signed-dollar-volume proxy of two less one",
        "signed-dollar-volume proxy of two",
    )
    assert [one.name for one in alone.inputs] == ["closes and volumes of 2 names of two"]


def test_recorded_flows_of_the_destination_alone():
    demo = load("demo", start="2022-01-03")
    scene = Scene(market=demo, venue="XNYS", source="big-seven", destination="hang-seng-tech")
    both, alone = (FlowSignal(input="flows", net=net).read(scene) for net in ("difference", "destination"))
    us = FlowSignal(input="flows", net="destination", destination_entity="US").read(scene)
    np.testing.assert_allclose(both.value, alone.value - us.value, rtol=1e-12)
    assert alone.origin == "flows file, CHINA"
    residual = FlowSignal(input="flows", scale="residual", history=252).read(scene)
    assert np.isfinite(residual.score).sum() > 400


def test_oracle_of_the_residual_is_least_squares_by_lapack():
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 260))
    flow = 2.0 * first - 0.7 * second + rng.standard_normal(260) + 5.0
    flow[[20, 90, 91]], first[[3, 130]], second[[0, 1, 200]] = np.nan, np.nan, np.nan
    score = np.empty(260)
    residual_zscore_nb(flow, first, second, 100, 40, score)
    for i in range(260):
        window = slice(max(0, i - 99), i + 1)
        table = np.column_stack([flow[window], first[window], second[window]])
        table = table[~np.isnan(table).any(axis=1)]
        if len(table) < 40 or np.isnan(flow[i] + first[i] + second[i]):
            assert np.isnan(score[i])
            continue
        design = np.column_stack([np.ones(len(table)), table[:, 1:]])
        rest = table[:, 0] - design @ np.linalg.lstsq(design, table[:, 0], rcond=None)[0]
        # Normal equations of two well spread regressors against an orthogonal factorisation.
        assert score[i] == pytest.approx(rest[-1] / rest.std(ddof=1), rel=1e-9, abs=1e-9)
    assert np.isfinite(score).sum() > 200


def test_what_returns_explain_wholly_leaves_nothing():
    rng = np.random.default_rng(2)
    first, second = rng.standard_normal((2, 120))
    score = np.empty(120)
    residual_zscore_nb(3.0 * first - second, first, second, 60, 30, score)
    assert np.isnan(score).all()
    # Two that are one, or one that stands still, explain nothing that could be told apart.
    for other in (2.0 * first + 1.0, np.full(120, 0.3)):
        residual_zscore_nb(rng.standard_normal(120), first, other, 60, 30, score)
        assert np.isnan(score).all()


def test_the_residual_regresses_on_the_returns_of_the_same_names():
    market = volume_market()
    found, flow = read(market, scale="residual"), read(market).value
    np.testing.assert_array_equal(found.value, found.score)  # not the flow, which a reader would take for what is left
    scene = scene_of(market)
    log = np.log(market.close / market.close[0])
    columns = market.columns(["AAA", "BBB", "CCC"])
    simple = np.expm1(np.diff(log[:, columns], axis=0, prepend=log[:1, columns]))
    level = np.cumsum(np.log1p(simple[:, 1:].mean(axis=1))) - log[:, columns[0]]
    returns = np.full(N, np.nan)
    returns[5:] = level[5:] - level[:-5]
    np.testing.assert_allclose(own_returns(scene, (("two", ()), ("one", ())), 5), returns, atol=1e-12)
    expected, before = np.empty(N), np.full(N, np.nan)
    before[5:] = returns[:-5]
    residual_zscore_nb(flow, returns, before, 120, 60, expected)
    np.testing.assert_allclose(found.score, expected, atol=1e-9)
    assert found.score_label == "z-score of 120 sessions of what returns do not explain"
    # In the last window what is left is correlated with neither return.
    assert abs(np.corrcoef(flow[-120:], returns[-120:])[0, 1]) > 0.5
    # Funds by name stand for a side's returns as well as for its flow.
    np.testing.assert_allclose(own_returns(scene, (("two", ("AAA",)),), 5)[5:], (log[5:] - log[:-5])[:, columns[0]])


def test_oracle_of_the_high_is_a_plain_loop():
    rng = np.random.default_rng(4)
    values = rng.integers(0, 30, 300).astype(float)
    values[rng.random(300) < 0.1] = np.nan
    score = np.empty(300)
    trailing_high_nb(values, 40, 36, score)
    plain = series_signals.high([None if np.isnan(v) else float(v) for v in values], 40, 36)
    np.testing.assert_array_equal(score, [np.nan if one is None else one for one in plain])
    assert (score == 1.0).sum() > 3
    assert 30 < np.isnan(score).sum() < 250


def test_the_high_by_hand():
    found = read(volume_market(), scale="high", high_sessions=20)
    for end in (150, 220, N - 1):
        window = found.value[end - 19 : end + 1]
        assert found.score[end] == 1.0 - (window > window[-1]).sum() / 20
    # Twenty sessions of usual volume first, then nine tenths of twenty flows.
    first = np.flatnonzero(~np.isnan(found.value))[0]
    assert np.flatnonzero(~np.isnan(found.score))[0] == first + 17
    assert (FlowSignal(scale="high").usual, FlowSignal(scale="high").score_range) == ((1.0, 0.5), (0.0, 1.0))
    assert FlowSignal().usual == (1.0, 0.0)


@pytest.mark.parametrize("scale", ["zscore", "residual", "high"])
def test_laws_units_of_volume_and_nothing_later(scale):
    market = volume_market()
    found = read(market, scale=scale, net="destination")
    eight = read(volume_market(scale=8.0), scale=scale, net="destination")
    assert eight.score.tobytes() == found.score.tobytes()  # a power of two is exact
    assert_nothing_later_matters(FlowSignal(**KEYS, scale=scale), market)


@needs_real
def test_on_real_prices_the_week_to_7_february_2025_is_no_four_month_high():
    """Claim 1: the report saw the fastest buying in four months; the proxy of three funds does not, and says so."""
    funds = ("MCHI", "KWEB", "FXI")
    market = load(FOLDER, "MCHI+KWEB+FXI+SPY", "2021-01-04", "2025-02-14")
    scene = Scene(market=market, venue="XNYS", source=("SPY",), destination=funds)
    keys = {"input": "volume", "net": "destination", "lookback": 5, "destination_funds": funds}
    found = FlowSignal(**keys, scale="high").read(scene)
    row = np.flatnonzero(scene.dates == np.datetime64("2025-02-07"))[0]
    assert found.score[row] == pytest.approx(1 - 15 / 84)  # fifteen closes of four months had more
    weekly = own_returns(scene, ((funds, funds),), 5)
    fridays = pd.DatetimeIndex(scene.dates).day_of_week == 4
    known = fridays & ~np.isnan(found.value) & ~np.isnan(weekly)
    # It follows the week's own return: 0.61 since 2010, 0.86 since 2021. No flow does that.
    for since, expected in (("2010-01-01", 0.607), ("2021-01-01", 0.864)):
        rows = known & (scene.dates >= np.datetime64(since))
        assert np.corrcoef(found.value[rows], weekly[rows])[0, 1] == pytest.approx(expected, abs=5e-3)
    # Nor is it out of the usual, with the returns taken out or not.
    scores = [FlowSignal(**keys, scale=scale).read(scene).score[row] for scale in ("zscore", "residual")]
    assert scores == pytest.approx([0.79, 0.48], abs=0.01)
