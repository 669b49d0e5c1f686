"""Covariances of baskets for a volatility target: against plain loops, without bias, in the holder's currency."""

import numpy as np
import pandas as pd
import pytest

from data.asynchronous import returns_at
from data.errors import DataError
from strategies.planning import Decisions, decide_when
from strategies.rules.risk import SESSIONS_PER_YEAR, basket_covariances
from strategies.rules.weighing import Weighed
from strategies.settings import Schedule
from tests.signal_markets import FIRST, LAST, market_of, random_market, sessions_of

NAMES = ("AAA", "BBB", "CCC", "HHH", "III", "JJJ")
STEP = 5  # sessions of a return


def weighed_of(rng: np.random.Generator, decisions: Decisions) -> Weighed:
    """Random weights within both baskets, of any gross, with a basket in cash at first and one name never held."""
    inner = np.zeros((len(decisions.stamps), 2, len(NAMES)))
    inner[:, 0, :2] = rng.uniform(0.1, 1.0, (len(inner), 2))
    inner[3:, 1, 3:] = rng.uniform(0.1, 1.0, (len(inner) - 3, 3))
    return Weighed(assets=NAMES, inner=inner, notes=())


def plain(daily: np.ndarray, inner: np.ndarray, end: int, lookback: int) -> list[float]:
    """By loops: `daily` has a row for each close, the first of NaN; `end` closes are known."""
    pairs = []
    for t in range(max(end - lookback, 0), end):
        if t < STEP:
            continue
        sides = []
        for weights in inner:
            gross = size = total = 0.0
            for i, weight in enumerate(weights):
                gross += abs(weight)
                growth = 1.0
                for s in range(t - STEP + 1, t + 1):
                    growth *= 1.0 if np.isnan(daily[s, i]) else 1.0 + daily[s, i]
                if weight != 0.0 and not np.isnan(daily[t - STEP + 1, i]):
                    size += abs(weight)
                    total += weight * (growth - 1.0)
            sides.append(0.0 if gross == 0.0 else total / size * gross if size > 0.0 else np.nan)
        if not np.isnan(sides).any():
            pairs.append(sides)
    if len(pairs) < max(lookback // 2, 2):
        return [np.nan] * 3
    yearly = SESSIONS_PER_YEAR / STEP / len(pairs)
    return [yearly * sum(one[a] * one[b] for one in pairs) for a, b in ((0, 0), (0, 1), (1, 1))]


@pytest.mark.parametrize("seed", range(4))
def test_covariances_are_those_of_plain_loops(seed):
    market, rng = random_market(seed), np.random.default_rng(seed)
    decisions = decide_when(Schedule(), market, "mine")
    weighed = weighed_of(rng, decisions)
    found = basket_covariances(market, weighed, decisions, 30, "USD")
    calendar = market.calendars["XNYS"]
    closes = calendar.closes[calendar.dates >= market.dates[0]]
    closes = closes[closes <= decisions.stamps[-1]]
    daily = np.vstack([np.full((1, len(NAMES)), np.nan), returns_at(market, NAMES, closes, "USD")])
    for k, stamp in enumerate(decisions.stamps):
        expected = plain(daily, weighed.inner[k], int((closes <= stamp).sum()), 30)
        np.testing.assert_allclose(found[k], expected, rtol=1e-10, atol=1e-16)
    assert np.isnan(found[:3]).all()
    assert not np.isnan(found[-3:]).any()


def test_white_noise_has_the_variance_it_was_made_with():
    """Of 200 windows of 60 sessions: about their mean, overlapping returns would vary by 8 % less."""
    days, rng = sessions_of("XNYS")[:70], np.random.default_rng(5)
    ratios = []
    for _ in range(200):
        close = 50.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(len(days))))
        quotes = pd.DataFrame({"date": days, "symbol": "AAA", "venue": "XNYS", "currency": "USD", "close": close})
        market = market_of(quotes)
        stamps = market.calendars["XNYS"].closes[np.searchsorted(market.calendars["XNYS"].dates, days[-1:])]
        decisions = Decisions(venue="XNYS", stamps=stamps, dates=days[-1:], updates=np.ones((1, 1), dtype=np.int64))
        inner = np.zeros((1, 2, 1))
        inner[0, 1] = 1.0
        weighed = Weighed(assets=("AAA",), inner=inner, notes=())
        found = basket_covariances(market, weighed, decisions, 60, "USD")
        ratios.append(found[0, 2] / (0.02**2 * SESSIONS_PER_YEAR))
    # The mean of 200 has a standard error of about 0.027.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.06)


def test_returns_are_those_of_a_holder_who_counts_in_the_currency():
    """A name that stands still in Hong Kong dollars moves with their rate, and with it alone."""
    days = sessions_of("XHKG")
    quotes = pd.concat(
        pd.DataFrame({"date": days, "symbol": name, "venue": "XHKG", "currency": "HKD", "close": 10.0})
        for name in ("HHH", "III")
    )
    dates = pd.bdate_range(FIRST, LAST)
    rate = 7.8 * np.exp(np.cumsum(0.01 * np.random.default_rng(3).standard_normal(len(dates))))
    market = market_of(quotes, fx=pd.DataFrame({"date": dates, "base": "USD", "quote": "HKD", "rate": rate}))
    decisions = decide_when(Schedule(venue="XHKG"), market, "mine")
    inner = np.zeros((len(decisions.stamps), 2, 2))
    inner[:, 0, 0] = inner[:, 1, 1] = 1.0
    weighed = Weighed(assets=("HHH", "III"), inner=inner, notes=())
    ours, local = (basket_covariances(market, weighed, decisions, 60, one)[-1] for one in ("USD", "HKD"))
    assert local.tolist() == [0.0, 0.0, 0.0]
    assert np.sqrt(ours[0]) == pytest.approx(0.01 * np.sqrt(SESSIONS_PER_YEAR), rel=0.3)
    assert ours[0] == pytest.approx(ours[1], rel=1e-12)
    with pytest.raises(DataError, match="XYZ"):
        basket_covariances(market, weighed, decisions, 60, "XYZ")
