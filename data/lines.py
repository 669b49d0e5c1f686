"""Lines of one issuer: which listings are the same company, how many shares a depositary share is, what it costs more.

A depositary share (ADR) stands for a number of ordinary shares that its issuer may change. Closes of the same date are
not of the same time: New York closes 12 or 13 hours after Hong Kong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.facts import read_facts
from data.market import MarketData, Matrix

OPEN_END = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdrRatio:
    """What a depositary share stood for over a stretch of dates.

    Attributes
    ----------
    first, last : datetime64[D]
        New York dates, both included.
    ordinary : float
        Ordinary shares for one depositary share.
    status : str
        "confirmed", or what is not.
    source : str
    hong_kong : str
        The line in Hong Kong; empty where there is none.
    """

    first: np.datetime64
    last: np.datetime64
    ordinary: float
    status: str
    source: str
    hong_kong: str


@cache
def known_ratios() -> Mapping[str, tuple[AdrRatio, ...]]:
    """Give the ratios that come with Eastbound.

    Returns
    -------
    mapping of str to tuple of AdrRatio
        By the symbol in New York, in order of time; see `datasets/SOURCES.md`.

    Examples
    --------
    >>> [(str(one.first), one.ordinary) for one in known_ratios()["BABA"]]
    [('2014-09-19', 1.0), ('2019-07-30', 8.0)]
    """
    rows = read_facts("adr_ratios.csv").to_dict("records")
    found: dict[str, list[AdrRatio]] = {}
    for row in rows:
        ratio = AdrRatio(
            first=np.datetime64(row["from"], "D"),
            last=np.datetime64(row["to"], "D") if row["to"] else OPEN_END,
            ordinary=float(Fraction(row["ordinary_per_adr"])),
            status=row["status"],
            source=row["source"],
            hong_kong=row["hk_line"],
        )
        found.setdefault(row["symbol"], []).append(ratio)
    return MappingProxyType({s: tuple(sorted(of, key=lambda one: one.first)) for s, of in found.items()})


def ratio_on(symbols: Sequence[str], dates: NDArray[np.datetime64]) -> tuple[Matrix, tuple[str, ...]]:
    """Give the ordinary shares that one depositary share stands for on each date.

    Parameters
    ----------
    symbols : sequence of str, length n_symbols
        Listings in New York.
    dates : ndarray of shape (n_dates,), datetime64[D]

    Returns
    -------
    ratios : ndarray of shape (n_dates, n_symbols)
        NaN where unknown.
    assumptions : tuple of str
        What of it is unknown, recalled or implied by prices, for a report.

    Examples
    --------
    >>> ratios, assumptions = ratio_on(["BABA"], np.array(["2019-07-29", "2019-07-30"], dtype="datetime64[D]"))
    >>> ratios[:, 0].tolist(), assumptions
    ([1.0, 8.0], ())
    """
    ratios, assumptions = np.full((len(dates), len(symbols)), np.nan), list[str]()
    for column, symbol in enumerate(symbols):
        for one in known_ratios().get(symbol, ()):
            inside = (dates >= one.first) & (dates <= one.last)
            ratios[inside, column] = one.ordinary
            if inside.any() and one.status != "confirmed":
                assumptions.append(
                    f"The ratio of {symbol} from {one.first}, {one.ordinary:g} ordinary shares, is {one.status}."
                )
        unknown = dates[np.isnan(ratios[:, column])]
        if len(unknown):
            assumptions.append(f"The ratio of {symbol} is unknown on {len(unknown)} dates up to {unknown.max()}.")
    return ratios, tuple(assumptions)


def lines_of(market: MarketData, symbol: str) -> tuple[str, ...]:
    """Give all listings of the issuer of a name.

    Parameters
    ----------
    market : MarketData
    symbol : str

    Returns
    -------
    tuple of str
        Those with prices, the name itself among them, in alphabetical order.

    Raises
    ------
    DataError
        If the name has no prices.
    """
    market.columns([symbol])  # raises for a name without prices
    issuer = market.instruments[symbol].issuer
    return tuple(other for other in market.symbols if market.instruments[other].issuer == issuer)


def adr_premium(market: MarketData, adr: str) -> pd.Series:
    """Give how much more a depositary share costs than its ordinary shares in Hong Kong.

    Parameters
    ----------
    market : MarketData
        With prices as traded: `raw`, or with `close_raw`.
    adr : str
        Symbol in New York.

    Returns
    -------
    Series
        `adr_premium`, a fraction, by New York date (naive midnight)::

            premium = P_adr x FX / (ratio x P_hk) - 1

        with the close in New York, Hong Kong's close of the same local date, 12 or 13 hours before it, and HKD for one
        USD as known at New York's close. What happens in those hours is in it. Dates on which one of them is missing
        are left out: an older close would be compared with a later one. `attrs["assumptions"]` names ratios that
        are not confirmed.

    Raises
    ------
    DataError
        If a line has no prices or none as traded: dividends and splits since would be read as a premium.

    References
    ----------
    .. [1] Gagnon and Karolyi, "Multi-market trading and arbitrage", Journal of Financial Economics, 2010.
    """
    market.columns([adr])  # raises for a name without prices
    other = _hong_kong_line(market, adr)
    here, there = _as_traded(market, adr), _as_traded(market, other)
    calendar = market.calendars["XNYS"]
    both = ~np.isnan(here) & ~np.isnan(there) & (calendar.index_of(market.dates) >= 0)
    dates = market.dates[both]
    stamps = calendar.closes[calendar.index_of(dates)]
    fx = market.fx.rates_at(stamps, market.instruments[other].currency, [market.instruments[adr].currency])[:, 0]
    ratios, assumptions = ratio_on([adr], dates)
    premium = here[both] * fx / (ratios[:, 0] * there[both]) - 1.0
    series = pd.Series(premium, index=pd.DatetimeIndex(dates, name="date"), name="adr_premium").dropna()
    series.attrs["assumptions"] = assumptions
    return series


def _as_traded(market: MarketData, name: str) -> Matrix:
    """Give the closes of a name as traded, or refuse adjusted ones."""
    closes = market.close if market.price_basis == "raw" else market.close_raw
    own = None if closes is None else closes[:, market.columns([name])[0]]
    if own is None or np.isnan(own).all():
        raise DataError(
            f"Market {market.name!r} has {market.price_basis} prices of {name}, adjusted for what came later: a "
            "premium needs closes as traded. Add a column close_raw, or load raw prices."
        )
    return own


def _hong_kong_line(market: MarketData, adr: str) -> str:
    """Name the line in Hong Kong: as the ratios say, else another of the issuer's there."""
    if market.instruments[adr].venue != "XNYS":
        raise DataError(f"{adr} trades at {market.instruments[adr].venue}; name its line in New York.")
    stated = [one.hong_kong for one in known_ratios().get(adr, ())]
    lines = [one for one in (*stated, *lines_of(market, adr)) if one in market.instruments]
    found = next((one for one in lines if market.instruments[one].venue == "XHKG"), None)
    if found is None:
        named = f": {stated[-1]} has no prices" if stated and stated[-1] else ""
        raise DataError(f"{adr} has no line in Hong Kong in market {market.name!r}{named}. Add its prices.")
    return found
