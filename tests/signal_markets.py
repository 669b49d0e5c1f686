"""Small random markets for signals that read prices: late listings, gaps, a suspended name, typhoons, revisions."""

import dataclasses
from functools import cache

import numpy as np
import pandas as pd

from data.calendars import trading_calendar
from data.load import load
from data.market import MarketData
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.signals.scene import Scene
from tests.real import FOLDER

FIRST, LAST = np.datetime64("2023-06-01"), np.datetime64("2023-12-15")  # typhoons on 17 July, 1 and 8 September
LISTINGS = (("AAA", "XNYS"), ("BBB", "XNYS"), ("CCC", "XNYS"), ("HHH", "XHKG"), ("III", "XHKG"), ("JJJ", "XHKG"))
ONE = (Spell("AAA"), Spell("BBB"), Spell("CCC"))
TWO = (Spell("HHH"), Spell("III"), Spell("JJJ", added=np.datetime64("2023-08-10")))
DAY = 86_400 * 10**9


def sessions_of(venue: str) -> np.ndarray:
    """The dates of a venue in the window."""
    dates = trading_calendar(venue, 2023, 2024).dates
    return dates[(dates >= FIRST) & (dates <= LAST)]


def random_quotes(seed: int) -> pd.DataFrame:
    """Closes of six names: one lists late, one is suspended for weeks, one ends early, each has gaps."""
    rng, parts = np.random.default_rng(seed), []
    for symbol, venue in LISTINGS:
        dates = sessions_of(venue)
        close = 50.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(len(dates))))
        money = {"XNYS": "USD", "XHKG": "HKD"}[venue]
        kept = rng.random(len(dates)) > 0.04
        kept[: int(rng.integers(10, 60))] &= symbol not in ("CCC", "III")
        if symbol in ("BBB", "HHH"):
            begin = int(rng.integers(20, 90))
            kept[begin : begin + 14] = False
        if symbol == "JJJ":
            kept[-int(rng.integers(2, 30)) :] = False
        parts.append(
            pd.DataFrame({"date": dates, "symbol": symbol, "venue": venue, "currency": money, "close": close})[kept]
        )
    return pd.concat(parts, ignore_index=True)


def random_index(seed: int, deviation: float = 0.04) -> pd.DataFrame:
    """Closes of HSTECH, with dates left out."""
    rng, dates = np.random.default_rng([seed, 7]), sessions_of("XHKG")
    close = 4000.0 * np.exp(np.cumsum(deviation * rng.standard_normal(len(dates))))
    return pd.DataFrame({"date": dates, "index": "HSTECH", "close": close})[rng.random(len(dates)) > 0.1]


def market_of(
    quotes: pd.DataFrame,
    index: pd.DataFrame | None = None,
    fx: pd.DataFrame | None = None,
    **memberships: tuple[Spell, ...],
) -> MarketData:
    """A market of them, with universes "one" and "two"; a dollar is 7.8 of Hong Kong's by default."""
    if fx is None:
        fx = pd.DataFrame({"date": pd.bdate_range(FIRST, LAST), "base": "USD", "quote": "HKD", "rate": 7.8})
    return from_frames(quotes, fx, indices=index, memberships={"one": ONE, "two": TWO} | memberships)


@cache
def random_market(seed: int, *, revised: bool = False) -> MarketData:
    """A market of random quotes and a random index; its closes revised, or late, where asked."""
    market = market_of(random_quotes(seed), random_index(seed))
    if not revised:
        return market
    rng, table = np.random.default_rng([seed, 8]), market.table("indices")
    again = table[rng.random(len(table)) < 0.08].copy()
    again["close"] *= np.exp(0.1 * rng.standard_normal(len(again)))
    again["known"] += rng.integers(1, 20, len(again)) * DAY + 3600 * 10**9
    late = rng.random(len(table)) < 0.05
    table.loc[late, "known"] += int(rng.integers(1, 6)) * DAY
    whole = pd.concat([table, again]).sort_values(["known", "date"], kind="stable", ignore_index=True)
    return dataclasses.replace(market, tables=dict(market.tables) | {"indices": whole})


def scene_of(market: MarketData, venue: str = "XNYS") -> Scene:
    """The two universes at the closes of a venue."""
    return Scene(market=market, venue=venue, source="one", destination="two")


@cache
def real_scene() -> Scene:
    """The Big Seven and Hang Seng Tech at the closes of New York, from 2019 on; for tests marked `needs_real`."""
    market = load(FOLDER, "big-seven+hang-seng-tech", "2019-01-02", "2025-02-14")
    return Scene(market=market, venue="XNYS", source="big-seven", destination="hang-seng-tech")
