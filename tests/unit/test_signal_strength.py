"""Streak and relative strength: weeks by hand and by the calendar as it was known, plain oracles, real weeks."""

import numpy as np
import pandas as pd
import pytest

from data.calendars import trading_calendar
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.signals.basket_prices import basket_prices
from strategies.signals.kernels.tracks import streaks_nb
from strategies.signals.kinds import Indicator
from strategies.signals.strength import StrengthSignal
from strategies.signals.weeks import weeks_of_name
from tests.naive import signals as naive
from tests.real import needs_real
from tests.signal_markets import market_of, random_market, random_quotes, real_scene, scene_of

NAMES = ("AAA", "BBB", "III", "HHH", "JJJ")
NAN = np.nan


def closes_of(market, symbol):
    return known_of(market.dates, market.close[:, market.columns([symbol])[0]])


def known_of(dates, levels):
    return {day: x for day, x in zip(dates.tolist(), levels, strict=True) if not np.isnan(x)}


def sessions_of(calendar):
    return list(zip(calendar.dates.tolist(), calendar.closes.tolist(), strict=True))


def weekly(levels, symbol="HHH", venue="XHKG", gone=()):
    """A market in which a name closes at one level all week, from 5 June 2023 on, but for dates that are gone."""
    quotes = random_quotes(1)
    dates = trading_calendar(venue, 2023, 2023).dates
    dates = dates[(dates >= np.datetime64("2023-06-05")) & ~np.isin(dates, np.array(gone, dtype="datetime64[D]"))]
    week = (dates - np.datetime64("2023-06-05")).astype(int) // 7
    close = np.array(levels, dtype=float)[week[week < len(levels)]]
    own = {"date": dates[: len(close)], "symbol": symbol, "venue": venue, "currency": "HKD", "close": close}
    return market_of(pd.concat([quotes[quotes["symbol"] != symbol], pd.DataFrame(own)], ignore_index=True))


def at(scene, reading):
    return dict(zip(map(str, scene.dates), reading.score.tolist(), strict=True))


@pytest.mark.parametrize(
    ("levels", "streaks"),
    [
        ([1, 2, 3, 2, 1, 1, 2], [NAN, 1, 2, -1, -2, 0, 1]),
        ([1, 2, NAN, 3, 4, 5], [NAN, 1, NAN, NAN, 1, 2]),
        ([NAN, NAN, 2, 1], [NAN, NAN, NAN, -1]),
        ([], []),
    ],
)
def test_streaks_by_hand(levels, streaks):
    found = np.empty(len(levels))
    streaks_nb(np.array(levels, dtype=float), found)
    np.testing.assert_array_equal(found, streaks)


def test_a_week_counts_once_its_last_session_is_over():
    market = weekly([10, 11, 12, 11, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11, 12, 13])
    scene = scene_of(market)
    found = at(scene, StrengthSignal(entity="HHH").read(scene))
    # The first week has none before it; Thursday 22 June is a holiday, Friday the 23rd ends the third week.
    assert np.isnan(found["2023-06-15"])
    assert (found["2023-06-16"], found["2023-06-22"], found["2023-06-23"], found["2023-06-30"]) == (1, 1, 2, -1)
    # Black rain took Friday 8 September, announced at 07:00 there on that day: at New York's close of the 7th nobody
    # knew that the week was over; a week before, Friday 1 September went the same way.
    assert found["2023-08-31"] == 0.0
    assert found["2023-09-01"] == 0.0
    assert (found["2023-09-06"], found["2023-09-07"], found["2023-09-08"]) == (0.0, 0.0, 1.0)


def test_a_closure_that_is_known_early_ends_the_week_early():
    """Read at closes of Hong Kong: at the close of Thursday 7 September the session of the 8th still stood."""
    market = weekly([10] * 13 + [11, 12, 13])
    scene = scene_of(market, "XHKG")
    found = at(scene, StrengthSignal(entity="HHH").read(scene))
    assert (found["2023-09-07"], found["2023-09-11"]) == (0.0, 1.0)
    over = weeks_of_name(market, "HHH")
    k = over.last_dates.tolist().index(np.datetime64("2023-09-07").item())
    assert pd.Timestamp(over.over[k], tz="UTC") == pd.Timestamp("2023-09-07 23:00", tz="UTC")


def test_a_week_without_a_close_breaks_the_streak():
    gone = ["2023-06-19", "2023-06-20", "2023-06-21", "2023-06-23"]  # the whole third week
    scene = scene_of(weekly([10, 11, 12, 13, 14], gone=gone))
    found = at(scene, StrengthSignal(entity="HHH").read(scene))
    assert (found["2023-06-16"], found["2023-07-07"]) == (1.0, 1.0)
    assert np.isnan(found["2023-06-23"])
    assert np.isnan(found["2023-06-30"])
    # And after its last close there is none.
    assert np.isnan(found["2023-07-14"])


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("symbol", NAMES)
def test_a_streak_is_that_of_the_calendar_believed_at_each_stamp(seed, symbol):
    market = random_market(seed)
    scene, closes = scene_of(market), closes_of(market, symbol)
    calendar = market.calendars[market.instruments[symbol].venue]
    ends = calendar.dates[-1].item()
    expected = [
        naive.streak_at(closes, sessions_of(calendar.as_known(stamp)), ends, stamp) for stamp in scene.stamps.tolist()
    ]
    np.testing.assert_array_equal(StrengthSignal(entity=symbol).read(scene).score, expected)
    assert len(set(expected)) > 3


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("symbol", NAMES)
def test_a_return_is_that_of_the_names_own_sessions(seed, symbol):
    market = random_market(seed)
    scene, closes = scene_of(market), closes_of(market, symbol)
    sessions = sessions_of(market.calendars[market.instruments[symbol].venue])
    expected = [naive.return_at(closes, sessions, 7, stamp) for stamp in scene.stamps.tolist()]
    found = StrengthSignal(entity=symbol, measure="return", lookback=7).read(scene)
    np.testing.assert_array_equal(found.score, expected)  # the same quotient
    assert 0 < np.isnan(found.score).sum() < len(found.score)


def test_a_session_of_which_nobody_has_a_price_gives_no_return():
    quotes = random_quotes(1)
    market = market_of(quotes[quotes["date"] != pd.Timestamp("2023-08-16")])
    scene = scene_of(market)
    found = at(scene, StrengthSignal(entity="AAA", measure="return", lookback=3).read(scene))
    assert np.isnan(found["2023-08-16"])
    assert not np.isnan(found["2023-08-15"])


@pytest.mark.parametrize("seed", range(3))
def test_baskets_are_compared_by_their_indices(seed):
    scene = scene_of(random_market(seed))
    one, two = (basket_prices(scene, name) for name in ("one", "two"))
    ours, theirs = (naive.basket_index(p.eligible.tolist(), p.returns.tolist()) for p in (two, one))
    relative = StrengthSignal(measure="relative", lookback=9).read(scene)
    moved = StrengthSignal(measure="return", lookback=9).read(scene)
    streak = StrengthSignal().read(scene)
    calendar = scene.market.calendars["XNYS"]
    level = known_of(scene.dates, ours)
    for i in range(9, len(ours)):
        expected = np.log(ours[i] / ours[i - 9]) - np.log(theirs[i] / theirs[i - 9])
        np.testing.assert_allclose(relative.score[i], expected, atol=1e-12)  # sums in another order
        np.testing.assert_allclose(moved.score[i], ours[i] / ours[i - 9] - 1.0, atol=1e-12)
    for i, stamp in enumerate(scene.stamps.tolist()):
        known = sessions_of(calendar.as_known(stamp))
        np.testing.assert_equal(streak.score[i], naive.streak_at(level, known, calendar.dates[-1].item(), stamp))
    assert np.isnan(relative.score[:9]).all()
    assert relative.inputs == (two.input, one.input)
    assert streak.inputs == (two.input,)


def test_what_is_usual_depends_on_the_measure():
    assert StrengthSignal().usual == (4.0, 0.0)
    assert StrengthSignal(measure="relative").usual == (0.05, 0.0)
    assert Indicator.model_validate({"kind": "strength", "exit": -1}).fires == (4.0, -1.0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lookback": 0}, r"signal\.lookback = 0: want 1 or more"),
        ({"measure": "level"}, r"signal\.measure = 'level': want 'streak', 'return' or 'relative'"),
        ({"measure": "relative", "entity": "MCHI"}, "compares the baskets: leave entity empty"),
    ],
)
def test_a_wrong_key_is_named(keys, message):
    strength = thesis("valuation-discount").replace({"signal.kind": "strength"})
    with pytest.raises(StrategyError, match=message):
        strength.replace({f"signal.{key}": value for key, value in keys.items()})


def test_a_name_that_the_market_never_has_is_refused():
    with pytest.raises(StrategyError, match=r"signal\.entity = 'MCHI': MCHI has no prices"):
        StrengthSignal(entity="MCHI").check(random_market(1))
    StrengthSignal().check(random_market(1))


@needs_real
def test_msci_china_was_up_four_weeks_running():
    scene = real_scene()
    reading = StrengthSignal(entity="MCHI").read(scene)
    found = at(scene, reading)
    assert [found[day] for day in ("2025-01-10", "2025-01-17", "2025-01-24", "2025-01-31")] == [-2, 1, 2, 3]
    assert (found["2025-02-06"], found["2025-02-07"]) == (3, 4)
    weeks = weeks_of_name(scene.market, "MCHI")
    k = weeks.last_dates.tolist().index(np.datetime64("2025-02-07").item())
    moved = 100 * (weeks.levels[k - 3 : k + 1] / weeks.levels[k - 4 : k] - 1)
    assert moved.round(2).tolist() == [5.72, 2.55, 2.15, 2.73]
    assert "2025-01-31 +2.15%, 2025-02-07 +2.73%" in reading.notes[0]
    # February to the 10th: +5.37 % since the last close of January, six sessions before.
    month = at(scene, StrengthSignal(entity="MCHI", measure="return", lookback=6).read(scene))
    assert month["2025-02-10"] == pytest.approx(0.0537, abs=5e-5)
