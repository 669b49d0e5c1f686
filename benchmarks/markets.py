"""Made-up markets to measure on: two baskets in one venue or two, of the demo's kind, any number of names and dates.

Prices and volumes are rounded: where another processor's `exp` differs in the last bit, the market keeps its bytes.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import Calendar, trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from data.universes import Memberships, Spell
from strategies.catalogue import thesis as thesis_of
from strategies.thesis import Thesis

LAST = np.datetime64("2024-12-31", "D")
PAST = 320  # dates before the first of the run: the longest lookback and the least history of a z-score, and some
FIRST_YEAR = 1998  # 6,300 dates and their past begin in 1999
N_DATES, N_NAMES = 1500, 40
BASKETS = {"us": ("XNYS", "USD"), "hk": ("XHKG", "HKD")}
LOTS = (100, 200, 500, 1000)  # of Hong Kong; New York counts single shares
HALT = 8  # sessions that a suspension takes
SIDE_VOL, OWN_VOL = 0.011, 0.016  # daily: of all names of a basket together, and of each name by itself
PRICE_DIGITS = {"raw": 2, "total_return": 4}
LEAST = 0.05  # a price falls no lower: cents still tell its moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What a market is made of, as frames for `data.sources.frames.from_frames` or files of a market folder.

    Attributes
    ----------
    prices : DataFrame
    fx : DataFrame
    rates, instruments : DataFrame or None
    basis : {"total_return", "raw"}
    memberships : mapping of str to tuple of Spell
    start : datetime64[D]
        First date of NAV; before it lies the past.
    name : str
    """

    prices: pd.DataFrame
    fx: pd.DataFrame
    rates: pd.DataFrame | None
    instruments: pd.DataFrame | None
    basis: str
    memberships: Memberships
    start: np.datetime64
    name: str

    def market(self) -> MarketData:
        """Make the market.

        Returns
        -------
        MarketData
        """
        made = from_frames(
            self.prices, fx=self.fx, rates=self.rates, instruments=self.instruments, price_basis=self.basis,
            name=self.name, synthetic=True, memberships=self.memberships,
        )  # fmt: skip
        return made.restricted(None, self.start, LAST)


def make_market(
    n_dates: int = N_DATES,
    n_names: int = N_NAMES,
    *,
    is_one_venue: bool = False,
    has_halts: bool = False,
    basis: str = "total_return",
) -> MarketData:
    """Make two baskets of as many names each, with exchange rates, interest rates and volume.

    Parameters
    ----------
    n_dates, n_names, is_one_venue, has_halts, basis
        As `make_tables` takes them.

    Returns
    -------
    MarketData
        Universes "us" and "hk".
    """
    return make_tables(n_dates, n_names, is_one_venue=is_one_venue, has_halts=has_halts, basis=basis).market()


def make_tables(
    n_dates: int = N_DATES,
    n_names: int = N_NAMES,
    *,
    is_one_venue: bool = False,
    has_halts: bool = False,
    basis: str = "total_return",
) -> Tables:
    """Make the tables of a market.

    Parameters
    ----------
    n_dates : int
        Dates of NAV: those on which a venue holds a session. Before them lies a past for signals to read.
    n_names : int
        Of both baskets together.
    is_one_venue : bool
        All names in New York, in dollars, without interest; else the destination trades in Hong Kong and its dollars.
    has_halts : bool
        Two names of Hong Kong are suspended for eight sessions each.
    basis : {"total_return", "raw"}
        What the prices are called: the same moves either way, without dividends or splits; raw ones are in cents.

    Returns
    -------
    Tables
        Seeded.
    """
    rng = np.random.default_rng(11)
    sides = {name: ("XNYS", "USD") if is_one_venue else place for name, place in BASKETS.items()}
    calendars = {venue: trading_calendar(venue, FIRST_YEAR, 2024) for venue, _ in sides.values()}
    days = np.unique(np.concatenate([_until(calendar, LAST) for calendar in calendars.values()]))
    start, first = days[-n_dates], days[-n_dates - PAST]
    frames = []
    for number, (side, (venue, currency)) in enumerate(sides.items()):
        dates = _until(calendars[venue], LAST)
        symbols = [f"{side.upper()}{i:02d}" for i in range((n_names + number) // 2)]
        quotes = _quotes(rng, dates[dates >= first], symbols, PRICE_DIGITS[basis])
        frames.append(quotes.assign(venue=venue, currency=currency))
    prices = pd.concat(frames, ignore_index=True)
    if has_halts:
        prices = prices[~_suspended(prices, start)]
    hong_kong = sorted(set(prices.loc[prices["venue"] == "XHKG", "symbol"]))
    return Tables(
        prices=prices,
        fx=_dollars(rng, first),
        rates=None if is_one_venue else _rates(rng, first),
        instruments=pd.DataFrame({"symbol": hong_kong, "lot": rng.choice(LOTS, len(hong_kong))}) if hong_kong else None,
        basis=basis,
        memberships={
            side: tuple(Spell(symbol) for symbol in sorted(set(frame["symbol"])))
            for side, frame in zip(sides, frames, strict=True)
        },
        start=start,
        name=f"{n_names} names (synthetic)",
    )


def make_thesis() -> Thesis:
    """Give flow-momentum on the baskets of a made-up market.

    Returns
    -------
    Thesis
    """
    return thesis_of("flow-momentum").replace({"baskets.source": "us", "baskets.destination": "hk"})


def _until(calendar: Calendar, last: np.datetime64) -> NDArray[np.datetime64]:
    return calendar.dates[calendar.dates <= last]


def _quotes(rng: np.random.Generator, dates: NDArray[np.datetime64], symbols: list[str], digits: int) -> pd.DataFrame:
    """Quote names that share one factor; more is traded on days that move more."""
    shape = (len(dates), len(symbols))
    moves = SIDE_VOL * rng.standard_normal((len(dates), 1)) + OWN_VOL * rng.standard_normal(shape)
    close = np.maximum(rng.uniform(20, 200, len(symbols)) * np.exp(np.cumsum(0.0003 + moves, axis=0)), LEAST)
    volume = rng.lognormal(15, 0.4, shape) * (1.0 + np.abs(moves) / OWN_VOL)
    return pd.DataFrame(
        {
            "date": np.repeat(dates.astype("datetime64[s]"), len(symbols)),
            "symbol": np.tile(symbols, len(dates)),
            "open": (close * np.exp(0.004 * rng.standard_normal(shape))).round(digits).ravel(),
            "close": close.round(digits).ravel(),
            "volume": volume.round(-2).ravel(),
        }
    )


def _suspended(prices: pd.DataFrame, start: np.datetime64) -> NDArray[np.bool_]:
    """Mark the days on which two names of the destination are suspended, a third and two thirds into the run."""
    gone = np.zeros(len(prices), dtype=bool)
    for part, symbol in ((3, "HK00"), (1.5, "HK01")):
        rows = np.flatnonzero((prices["symbol"] == symbol) & (prices["date"] >= start))
        at = int(len(rows) / part)
        gone[rows[at : at + HALT]] = True
    return gone


def _dollars(rng: np.random.Generator, first: np.datetime64) -> pd.DataFrame:
    days = pd.bdate_range(str(first - 10), str(LAST))
    wandering = np.clip(np.cumsum(0.004 * rng.standard_normal(len(days))), -0.05, 0.05)  # within the peg's band
    return pd.DataFrame({"date": days, "base": "USD", "quote": "HKD", "rate": (7.8 + wandering).round(6)})


def _rates(rng: np.random.Generator, first: np.datetime64) -> pd.DataFrame:
    days = pd.bdate_range(str(first - 10), str(LAST))
    wandering = np.abs(2.5 + np.cumsum(0.03 * rng.standard_normal(len(days))))
    return pd.concat(
        pd.DataFrame({"date": days, "series": series, "value": (wandering + above).round(2)})
        for series, above in (("US_FED_FUNDS", 0.0), ("HK_HIBOR_ON", 0.3))
    )
