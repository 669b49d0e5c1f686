import functools
import math
import operator

import numpy as np
import pandas as pd
import pytest

from data.load import load
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.membership import membership
from strategies.rules.baskets import inner_weights
from strategies.rules.rotating import rotation_shares, rotations
from strategies.signals.kernels.trailing import trailing_zscore_nb


def rotate(score, *, price=None, linear=False, enter=1.0, leave=0.0, low=0.0, high=1.0, speed=1.0, target=np.inf):
    rule = np.array([[float(value)] for value in (linear, enter, leave, low, high, speed, target, *PLAIN)])
    relative = np.array(price or [NAN] * len(score), dtype=float)[None]
    follows = np.zeros(1, dtype=np.int64)
    share = rotation_shares(rotations(np.array(score, dtype=float)[None], relative, rule, follows))
    assert (share.sum(axis=1) == 1).all()
    return share[:, 1, 0].tolist()


NAN = float("nan")
PLAIN = (np.inf, 1.0, 1.0, np.inf, 1.0)  # no stop, what is not in the destination is in the source, no scaling


@pytest.mark.parametrize(
    ("score", "options", "expected"),
    [
        # in at 1, out at 0, unchanged in between
        ([0.5, 1.0, 0.5, 0.0, 0.9], {}, [0, 1, 1, 0, 0]),
        ([NAN, NAN, 2.0, NAN, -1.0], {"low": 0.2, "high": 0.8}, [0.2, 0.2, 0.8, 0.8, 0.2]),
        ([-1.0, 0.25, 0.5, 3.0], {"linear": True}, [0, 0.25, 0.5, 1]),
        ([2.0, 2.0, 2.0, -2.0], {"speed": 0.5}, [0.5, 0.75, 0.875, 0.4375]),
        # a gain of ten percent on the entry's price takes the profit; in again only after a score at 0
        ([1, 1, 1, 1, 0, 1, 1], {"price": [1.0, 1.05, 1.1, 0.9, 0.9, 0.9, 1.0], "target": 0.1}, [1, 1, 0, 0, 0, 1, 0]),
        # the entry's price is the first one known since; without prices there is no profit to take
        ([1, 1, 1, 1], {"price": [NAN, 1.0, 1.05, 1.2], "target": 0.1}, [1, 1, 1, 0]),
        ([1, 1, NAN, 0], {"target": 0.1}, [1, 1, 1, 0]),
        # the profit is taken where there is no score, too
        ([1, NAN, NAN], {"price": [1.0, 1.2, 0.5], "target": 0.1}, [1, 0, 0]),
    ],
)
def test_rotation(score, options, expected):
    assert rotate(score, **options) == expected


def test_lanes_do_not_read_each_other():
    scores = np.random.default_rng(3).standard_normal((200, 3))
    follows, linear = np.arange(13) % 3, (np.arange(13) % 2).astype(float)
    enter, leave = np.linspace(0.5, 2.0, 13), np.linspace(-1.0, 0.4, 13)
    low, high, speed = (np.full(13, value) for value in (0.1, 0.9, 0.7))
    target = np.linspace(0.02, 0.2, 13)
    prices = np.exp(np.cumsum(0.02 * np.random.default_rng(4).standard_normal((200, 3)), axis=0))
    rules = np.stack([linear, enter, leave, low, high, speed, target, *(np.full(13, value) for value in PLAIN)])
    together = rotation_shares(rotations(scores.T.copy(), prices.T.copy(), rules, follows))
    for lane in range(13):
        options = {"enter": enter[lane], "leave": leave[lane], "low": 0.1, "high": 0.9, "speed": 0.7}
        score, price = scores[:, lane % 3], prices[:, lane % 3].tolist()
        alone = rotate(score, price=price, linear=linear[lane], target=target[lane], **options)
        assert together[:, 1, lane].tolist() == alone


def test_zscore_against_pandas():
    values = pd.Series(np.random.default_rng(1).standard_normal(400))
    values[[5, 50, 51, 200]] = np.nan
    score = np.empty(400)
    trailing_zscore_nb(values.to_numpy(), 60, 20, np.empty((2, 400)), score)
    window = values.rolling(60, min_periods=20)
    expected = ((values - window.mean()) / window.std()).to_numpy()
    np.testing.assert_allclose(score, expected, rtol=1e-9, atol=1e-12)
    assert np.isnan(score[:19]).all()
    assert np.isnan(score[50])
    for last in (30, 59, 60, 255, 399):  # a score depends on its window alone, to the last bit
        alone = values.to_numpy()[max(0, last - 59) : last + 1]
        of_window = np.empty(len(alone))
        trailing_zscore_nb(alone, 60, 20, np.empty((2, len(alone))), of_window)
        assert of_window[-1] == score[last]


def plain_zscores(values: list[float], history: int, min_history: int) -> list[float]:
    scores = []
    for i, value in enumerate(values):
        window = [one for one in values[max(0, i - history + 1) : i + 1] if not math.isnan(one)]
        scores.append(math.nan)
        if not math.isnan(value) and len(window) >= max(min_history, 2):
            mean = functools.reduce(operator.add, window, 0.0) / len(window)  # one by one: sum() compensates
            square = functools.reduce(operator.add, ((one - mean) * (one - mean) for one in window), 0.0)
            if square > 0.0:
                scores[-1] = (value - mean) / math.sqrt(square / (len(window) - 1))
    return scores


@pytest.mark.parametrize("seed", range(8))
def test_zscore_equals_a_plain_loop_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(int(rng.integers(1, 120))) * 10.0 ** rng.integers(-6, 7)
    values[: int(rng.integers(0, 9))] = np.nan
    values[rng.random(len(values)) < 0.1] = np.nan
    if seed % 4 == 3:
        values[len(values) // 2] = np.inf
    history, min_history, score = int(rng.integers(1, 200)), int(rng.integers(0, 9)), np.empty(len(values))
    trailing_zscore_nb(values, history, min_history, np.empty((2, len(values))), score)
    np.testing.assert_array_equal(score, plain_zscores(values.tolist(), history, min_history))


def test_zscore_of_a_constant_is_no_reading():
    score = np.empty(30)
    trailing_zscore_nb(np.full(30, 2.5), 20, 5, np.empty((2, 30)), score)
    assert np.isnan(score).all()


def market_of(closes: dict[str, list[float]], **spells: tuple[Spell, ...]):
    dates = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
    rows = [
        {"date": date, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close}
        for symbol, prices in closes.items()
        for date, close in zip(dates, prices, strict=True)
    ]
    return from_frames(pd.DataFrame(rows), memberships=spells)


def at_closes(market, *dates: str):
    calendar = market.calendars["XNYS"]
    days = np.array(dates, dtype="datetime64[D]")
    return calendar.closes[calendar.index_of(days)], days


def test_members_must_belong_be_priced_and_be_seasoned():
    market = market_of(
        {"AAA": [10, 11, 12, 13, 14], "BBB": [10, 11, NAN, 13, 14], "CCC": [NAN, NAN, 5, 5, 5], "DDD": [1, 1, 1, 1, 1]},
        mine=(Spell("AAA"), Spell("BBB"), Spell("CCC"), Spell("DDD", np.datetime64("2024-01-05"))),
    )
    stamps, days = at_closes(market, "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08")
    found = membership(market, "mine", stamps, days, seasoning=2)
    assert found.symbols == ("AAA", "BBB", "CCC", "DDD")
    # BBB has no price on the 4th; CCC lists on the 4th and is two sessions old on the 5th; DDD joins on the 5th.
    assert found.eligible.astype(int).tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]


def test_inner_weights_add_up_or_stay_in_cash():
    market = market_of(
        {"AAA": [10, 11, 10, 11, 10], "BBB": [10, 10.5, 10, 10.5, 10], "CCC": [10, 10, 10, 10, 10]},
        mine=(Spell("AAA"), Spell("BBB"), Spell("CCC")),
    )
    stamps, days = at_closes(market, "2024-01-08")
    members = membership(market, "mine", stamps, days, seasoning=0)
    np.testing.assert_allclose(inner_weights(market, members, stamps, "equal", 4, 1), [[1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_array_equal(inner_weights(market, members, stamps, "equal", 4, 4), [[0, 0, 0]])
    returns = {
        name: np.diff(p) / np.array(p[:-1])
        for name, p in (("AAA", [10, 11, 10, 11, 10]), ("BBB", [10, 10.5, 10, 10.5, 10]))
    }
    inverse = np.array([1 / returns["AAA"].std(ddof=1), 1 / returns["BBB"].std(ddof=1), 0.0])
    np.testing.assert_allclose(
        inner_weights(market, members, stamps, "inverse_volatility", 4, 1)[0], inverse / inverse.sum(), rtol=1e-12
    )


def test_one_line_per_issuer():
    market = load("demo")
    assert market.instruments["HK01"].issuer == "HK01"
    dates = ["2024-01-02", "2024-01-03"]
    rows = [
        {"date": d, "symbol": s, "venue": v, "currency": c, "close": 80.0}
        for d in dates
        for s, v, c in (("BABA", "XNYS", "USD"), ("9988.HK", "XHKG", "HKD"))
        if not (s == "9988.HK" and d == "2024-01-02")
    ]
    fx = pd.DataFrame({"date": ["2024-01-01"], "base": ["USD"], "quote": ["HKD"], "rate": [7.8]})
    both = from_frames(pd.DataFrame(rows), fx=fx)
    stamps, days = at_closes(both, *dates)
    found = membership(both, "BABA+9988.HK", stamps, days, seasoning=0)
    # Hong Kong's line once it has a price, New York's until then.
    assert found.symbols == ("9988.HK", "BABA")
    assert found.eligible.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize("level", [0.1, 1e9 / 3.0, -0.7])
def test_readings_that_stand_still_have_no_score_whatever_their_sum_rounds_to(level):
    """The mean of thirty times 0.1 is not 0.1: a deviation of rounding is none."""
    values, found = np.full(40, level), np.empty(40)
    trailing_zscore_nb(values, 30, 10, np.empty((2, 40)), found)
    assert np.isnan(found).all()
    values[-1] *= 1.0 + 1e-9
    trailing_zscore_nb(values, 30, 10, np.empty((2, 40)), found)
    assert abs(found[-1]) == pytest.approx(29 / np.sqrt(30), rel=1e-4)  # one of thirty differs
