"""Calm: against plain Python on a market with gaps, by hand for an index, and what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest

from data.load import load
from strategies.errors import StrategyError
from strategies.signals.basket_prices import basket_prices
from strategies.signals.calm import CalmSignal
from strategies.signals.scene import Scene

MARKET = load("demo", start="2019-03-01", end="2020-12-31")
SHORT = {"lookback": 5, "history": 60, "min_history": 30}


def scene(market=MARKET):
    return Scene(market=market, venue="XNYS", source="big-seven", destination="hang-seng-tech")


def plain(values: list[float], history: int, least: int) -> list[float]:
    """One less the part of the window below the value, equal ones by half."""
    found = []
    for i, value in enumerate(values):
        window = [one for one in values[max(0, i - history + 1) : i + 1] if not math.isnan(one)]
        if math.isnan(value) or len(window) < least:
            found.append(math.nan)
            continue
        below = sum(1.0 if one < value else 0.5 if one == value else 0.0 for one in window)
        found.append(1.0 - below / len(window))
    return found


def test_a_basket_against_plain_python():
    found = CalmSignal(**SHORT).read(scene())
    index = basket_prices(scene(), "hang-seng-tech").index.tolist()
    values = []
    for i in range(len(index)):
        moves = [math.log(index[j] / index[j - 1]) if j else math.nan for j in range(i - 4, i + 1)] if i >= 4 else []
        values.append(math.sqrt(252 * sum(one**2 for one in moves) / 5) if moves else math.nan)
    np.testing.assert_allclose(found.value, values, rtol=1e-12)
    np.testing.assert_allclose(found.score, plain(found.value.tolist(), 60, 30), rtol=0, atol=1e-15)
    assert found.inputs[0].date == np.datetime64("2020-12-31")


def test_an_index_that_is_a_volatility_is_read_as_it_stands():
    found = CalmSignal(entity="NDX", **SHORT).read(scene())
    table = MARKET.table("indices")
    table = table[table["index"] == "NDX"]
    at = np.searchsorted(table["known"].to_numpy(), found.stamps[-1], side="right") - 1
    assert found.value[-1] == table["close"].iloc[at]
    np.testing.assert_allclose(found.score, plain(found.value.tolist(), 60, 30), rtol=0, atol=1e-15)


def test_the_scale_of_prices_does_not_matter_and_nothing_later_is_read():
    whole, signal = CalmSignal(**SHORT).read(scene()), CalmSignal(**SHORT)
    lifted = replace(MARKET, close=4.0 * MARKET.close, price_basis="total_return")
    as_returns = replace(MARKET, price_basis="total_return")
    one, other = (signal.read(scene(market)) for market in (as_returns, lifted))
    np.testing.assert_allclose(one.value, other.value, rtol=1e-12)
    stamp = int(whole.stamps[300])
    past = signal.read(scene(MARKET.until(stamp)))
    np.testing.assert_array_equal(past.score[:301], whole.score[:301])


def test_refusals():
    with pytest.raises(StrategyError, match=r"signal\.entity = 'VIXX': .* no series 'VIXX'"):
        CalmSignal(entity="VIXX").check(MARKET)
    CalmSignal().check(MARKET)
    with pytest.raises(ValueError, match="min_history 90 is above history 60"):
        CalmSignal(history=60, min_history=90)
