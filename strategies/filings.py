"""What filers held of a list of names, as far as their 13F filings were known.

A filing says what was held at the end of a quarter, up to 45 days later, and of long positions alone. Names are matched
by issuer: a filing lists BABA where a basket holds 9988.HK.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.instruments import known_instruments
from data.market import MarketData
from data.series.point_in_time import all_series
from data.series.tables import LONG_TABLES
from strategies.errors import StrategyError

MAX_AGE_DAYS = LONG_TABLES["holdings_13f"].stale_after_days
SHARES = ""  # type of a position that is neither a put nor a call


class Filer(NamedTuple):
    """One filer at stamps.

    Attributes
    ----------
    name : str
    first_known : int
        Stamp from which its first filing was known, UTC nanoseconds.
    values : ndarray of shape (n_stamps, n_names)
        USD at the end of the quarter, of shares alone; 0 where nothing is known, it is too old, or none is held.
    """

    name: str
    first_known: int
    values: NDArray[np.float64]


def filers_of(
    market: MarketData,
    symbols: Sequence[str],
    stamps: NDArray[np.int64],
    filers: tuple[str, ...] = (),
    max_age_days: int = MAX_AGE_DAYS,
) -> Iterator[Filer]:
    """Give each filer that has filed at all, with what it held of the names.

    Parameters
    ----------
    market : MarketData
    symbols : sequence of str, length n_names
        Of the market. Lines of one issuer are each given all that was filed of it.
    stamps : ndarray of shape (n_stamps,), int64
        UTC nanoseconds.
    filers : tuple of str
        Those to read; (): all.
    max_age_days : int
        A filing is read until so many days after the end of its quarter.

    Yields
    ------
    Filer
        In alphabetical order.

    Notes
    -----
    A filing replaces the one of the quarter before as a whole; an amendment changes what it lists.
    """
    table = market.table("holdings_13f")
    if not len(table):
        return
    begins = table.groupby(table["filer"].astype(str))["known"].min()
    places = dict[str, list[int]]()
    for i, symbol in enumerate(symbols):
        places.setdefault(_issuer(market, symbol), []).append(i)
    held = dict[str, NDArray[np.float64]]()
    for key, one in all_series(market, "holdings_13f").items():
        filer, symbol, kind = (*key, SHARES)[:3]
        columns = places.get(_issuer(market, symbol))
        if columns is None or kind != SHARES or (filers and filer not in filers):
            continue
        values = held.setdefault(filer, np.zeros((len(stamps), len(symbols))))
        values[:, columns] += np.nan_to_num(one.as_of(stamps, max_age_days).values)[:, None]
    for filer in sorted(map(str, begins.index)):
        if not filers or filer in filers:
            values = held.get(filer, np.zeros((len(stamps), len(symbols))))
            yield Filer(filer, int(begins[filer]), values)


def last_period(market: MarketData, filers: tuple[str, ...], stamp: int) -> np.datetime64:
    """Give the end of the latest quarter of which a filing was known.

    Parameters
    ----------
    market : MarketData
    filers : tuple of str
        Those that count; (): all.
    stamp : int
        UTC nanoseconds.

    Returns
    -------
    datetime64[D]
        NaT where none was known.
    """
    table = market.table("holdings_13f")
    if not len(table):
        return np.datetime64("NaT", "D")
    rows = table[(table["known"] <= stamp) & (table["filer"].isin(filers) | (not filers))]
    periods = rows["period"].to_numpy().astype("datetime64[D]")
    return periods.max() if len(periods) else np.datetime64("NaT", "D")


def refuse_unknown_filers(market: MarketData, filers: tuple[str, ...], key: str) -> None:
    """Refuse a market without filings, or without those of a filer.

    Parameters
    ----------
    market : MarketData
    filers : tuple of str
    key : str
        Where they are named, for the message.

    Raises
    ------
    StrategyError
        Naming filers with a like name.
    """
    table = market.table("holdings_13f")
    if not len(table):
        raise StrategyError(
            f"{key}: market {market.name!r} has no 13F filings. Add holdings_13f.csv (filer, period, filed, symbol, "
            "value_usd), or take another kind."
        )
    have = sorted(set(table["filer"].astype(str)))
    for filer in filers:
        if filer not in have:
            upper = {one.upper(): one for one in have}
            like = [upper[one] for one in get_close_matches(filer.upper(), upper, n=3, cutoff=0.5)]
            shown = f"; like it: {', '.join(like)}" if like else f": {', '.join(have)}" if len(have) <= 6 else ""
            raise StrategyError(
                f"{key}: market {market.name!r} has no filing of {filer!r} among its {len(have)} filers{shown}."
            )


def _issuer(market: MarketData, symbol: str) -> str:
    """Give the issuer of a listing; of one that the market does not have, from the facts that come with Eastbound."""
    one = market.instruments.get(symbol) or known_instruments().get(symbol)
    return symbol if one is None else one.issuer
