"""Liquidity: by hand, against a plain loop, never one-sided, and what is refused."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import strategies
from backtest import run
from data.load import load
from strategies.errors import StrategyError
from strategies.signals.liquidity import LiquiditySignal
from tests.long_tables import assert_nothing_later_matters, at, long_market, scene_of
from tests.naive import series_signals
from tests.real import FOLDER, needs_real

FIRST, LAST = "2023-10-02", "2024-12-31"


def daily(series, levels, first="2023-03-01", last=LAST):
    """A rate that keeps each level from its day on."""
    days = pd.date_range(first, last)
    given = pd.Series({pd.Timestamp(day): level for day, level in levels.items()}).reindex(days, method="ffill")
    return pd.DataFrame({"date": days, "series": series, "value": given.to_numpy()}).dropna()


def made(*rates):
    return long_market(FIRST, LAST, rates=pd.concat(rates))


FED = {"2023-03-01": 5.33, "2024-09-19": 4.83}
LPR = {"2023-03-01": 3.55, "2024-02-20": 3.45, "2024-10-21": 3.1}


def test_by_hand():
    market = made(daily("US_FED_FUNDS", FED), daily("CN_LPR_1Y", LPR))
    found = LiquiditySignal().read(scene_of(market))
    # 3.45 from 3.55 is a step of 0.1, though 3.55 - 3.45 is less by the last bit. Known the day after.
    assert at(found, "2024-02-20") == (0.0, 0.0)
    assert at(found, "2024-02-21") == (pytest.approx(-0.05), 0.5)
    # For 180 days: on 19 August, the rate of 20 February was not known 180 days before.
    assert at(found, "2024-08-19")[1] == 0.0
    # The Fed's half point of 19 September, and both once the mainland follows on 21 October.
    assert at(found, "2024-09-20") == (pytest.approx(-0.25), 0.5)
    assert at(found, "2024-10-22") == (pytest.approx(-0.425), 1.0)
    # Against each other they are nothing.
    tightened = made(daily("US_FED_FUNDS", {"2023-03-01": 5.0, "2024-09-19": 5.25}), daily("CN_LPR_1Y", LPR))
    score = LiquiditySignal().read(scene_of(tightened))
    assert (at(score, "2024-09-20")[1], at(score, "2024-10-22")[1]) == (-0.5, 0.0)
    assert LiquiditySignal().usual == (1.0, 0.0)


def test_one_side_alone_never_scores():
    # The mainland's rate ends in June: too old from 46 days on, and no score whatever the Fed does.
    market = made(daily("US_FED_FUNDS", FED), daily("CN_LPR_1Y", LPR, last="2024-06-28"))
    found = LiquiditySignal().read(scene_of(market))
    assert at(found, "2024-08-12")[1] == 0.5
    assert np.isnan(at(found, "2024-08-13")[1])
    assert np.isnan(at(found, "2024-10-22")[1])
    (note,) = found.notes
    assert note.startswith("The last rate of the destination (CN_LPR_1Y) is over 45 days old at 98 of 315 closes, from")
    # Nor does a rate that began less than the lookback ago.
    late = made(daily("US_FED_FUNDS", FED), daily("CN_LPR_1Y", LPR, first="2024-07-01").dropna())
    assert np.isnan(LiquiditySignal().read(scene_of(late)).score[:220]).all()


def test_the_next_rate_of_a_list_stands_in():
    market = made(
        daily("US_FED_FUNDS", FED), daily("CN_LPR_1Y", LPR, last="2024-06-28"), daily("CN_SHIBOR_ON", {FIRST: 1.8})
    )
    found = LiquiditySignal().read(scene_of(market))
    assert not np.isnan(at(found, "2024-10-22")[1])
    assert at(found, "2024-10-22")[1] == 0.5
    assert [one.name for one in found.inputs] == ["rates US_FED_FUNDS", "rates CN_LPR_1Y", "rates CN_SHIBOR_ON"]


def test_oracle_a_plain_loop_and_laws():
    rng = np.random.default_rng(2)
    frames = {}
    for name, part in (("US_FED_FUNDS", 0.5), ("CN_LPR_1Y", 0.1), ("CN_SHIBOR_ON", 0.6)):
        days = pd.date_range("2023-03-01", LAST)
        walk = 3 + np.round(np.cumsum(rng.integers(-5, 6, len(days))) / 100, 2)
        frames[name] = pd.DataFrame({"date": days, "series": name, "value": walk})[rng.random(len(days)) < part]
        gap = frames[name]["date"].between("2024-03-01", "2024-04-20") & (name != "US_FED_FUNDS")
        frames[name] = frames[name][~gap]
    keys = {"lookback_days": 90, "step": 0.2, "max_age_days": 10}
    market = long_market(FIRST, LAST, rates=pd.concat(frames.values()))
    scene, signal = scene_of(market), LiquiditySignal(**keys)
    found = signal.read(scene)
    day = np.timedelta64(1, "D").astype("timedelta64[ns]").astype(int)
    plain = {
        name: [(d.date(), v, d.value + day) for d, v in zip(rows["date"], rows["value"], strict=True)]
        for name, rows in frames.items()
    }
    sides = [[plain["US_FED_FUNDS"]], [plain["CN_LPR_1Y"], plain["CN_SHIBOR_ON"]]]
    expected = [series_signals.liquidity(sides, int(t), **keys) for t in scene.stamps]
    np.testing.assert_array_equal(found.score, [np.nan if one is None else one for one in expected])
    assert set(found.score[~np.isnan(found.score)]) == {-1.0, -0.5, 0.0, 0.5, 1.0}
    assert 20 < np.isnan(found.score).sum() < 120
    assert_nothing_later_matters(signal, market)
    # All rates in another unit, the step with them.
    scaled = long_market(FIRST, LAST, rates=pd.concat(frames.values()).assign(value=lambda rows: 4.0 * rows["value"]))
    assert LiquiditySignal(**(keys | {"step": 0.8})).read(scene_of(scaled)).score.tobytes() == found.score.tobytes()
    assert dt.date.fromisoformat(str(found.inputs[0].date)) <= dt.date(2024, 12, 31)


def test_a_market_without_one_side_is_refused():
    with pytest.raises(StrategyError, match=r"has no data for the destination's side.* It has: US_FED_FUNDS\."):
        LiquiditySignal().check(made(daily("US_FED_FUNDS", FED)))
    with pytest.raises(StrategyError, match="no data for the source's side.* It has: CN_LPR_1Y"):
        LiquiditySignal().check(made(daily("CN_LPR_1Y", LPR)))
    LiquiditySignal().check(load("demo"))
    with pytest.raises(ValidationError, match="both name 'US_FED_FUNDS'"):
        LiquiditySignal(destination_series=("US_FED_FUNDS",))
    with pytest.raises(ValidationError, match="destination_series"):
        LiquiditySignal(destination_series=())


@needs_real
def test_the_real_folder_has_no_chinese_rate_and_is_refused():
    market = load(FOLDER, "big-seven+hang-seng-tech", "2024-06-03", "2025-02-14")
    thesis = strategies.thesis("flow-momentum").replace({"signal.kind": "liquidity"})
    with pytest.raises(StrategyError, match=r"signal\.destination_series = CN_LPR_1Y.* no data for the destination's"):
        run(thesis, market)
