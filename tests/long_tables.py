"""Markets whose prices do not matter and whose long tables do, and scenes on them."""

import numpy as np
import pandas as pd

from data.market import MarketData
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal
from tests.markets import sessions

NAN = float("nan")


def long_market(first: str, last: str, **tables: pd.DataFrame) -> MarketData:
    """Two names in New York whose prices stand still, one a basket, with long tables."""
    days = sessions("XNYS", first, last)
    prices = pd.concat(
        pd.DataFrame({"date": days, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": 10.0})
        for symbol in ("AAA", "BBB")
    )
    return from_frames(prices, memberships={"one": (Spell("AAA"),), "two": (Spell("BBB"),)}, **tables)


def scene_of(market: MarketData) -> Scene:
    """The scene of its two baskets."""
    return Scene(market=market, venue="XNYS", source="one", destination="two")


def at(reading: Reading, day: str) -> tuple[float, float]:
    """Value and score at the close of a day."""
    place = pd.DatetimeIndex(reading.stamps, tz="UTC").strftime("%Y-%m-%d").tolist().index(day)
    return float(reading.value[place]), float(reading.score[place])


def assert_nothing_later_matters(signal: Signal, market: MarketData, n_cuts: int = 6) -> None:
    """On the market as known at a close the signal says the same up to it, to the bit."""
    whole = signal.read(scene_of(market))
    for i in np.linspace(1, len(whole.stamps) - 1, n_cuts).astype(int):
        cut = signal.read(scene_of(market.until(int(whole.stamps[i]))))
        n = int(np.searchsorted(cut.stamps, whole.stamps[i], side="right"))
        assert n == i + 1
        assert cut.score[:n].tobytes() == whole.score[:n].tobytes()
        assert cut.value[:n].tobytes() == whole.value[:n].tobytes()
