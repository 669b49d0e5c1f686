"""Daily price limits of the mainland exchanges: how far a price may move, and which side could not trade there."""

from collections.abc import Hashable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.venues import venue as venue_of

Matrix = NDArray[np.float64]
Dates = NDArray[np.datetime64]
Flags = NDArray[np.int8]

# Bits of `barred_sides`.
BUY_AT_OPEN, SELL_AT_OPEN, BUY_AT_CLOSE, SELL_AT_CLOSE = 1, 2, 4, 8

TICKS_PER_YUAN = 100  # the tick of A shares is 0.01
# Adjusted prices do not lie on the tick: a limit of 10 % is met by a return of 9.85 %. Half a tick is more than this
# below a price of 3.33, so that a limit met there may be missed.
RETURN_TOLERANCE = 0.0015

ASSUMPTIONS = (
    "Names under special treatment (ST) get the limit of their board: no symbol tells, so their 5 % is not applied.",
    "At its limit a name does not trade in that direction at all, though some orders may have been filled.",
)


@cache
def _price_limits() -> pd.DataFrame:
    path = resources.files("data") / "datasets" / "price_limits.csv"
    with path.open(encoding="utf-8") as file:
        table = pd.read_csv(file, parse_dates=["from", "to"], dtype={"prefixes": str})
    table["prefixes"] = table["prefixes"].fillna("")
    return table


def limit_schedules() -> pd.DataFrame:
    """Read the table of daily price limits.

    Returns
    -------
    DataFrame
        A copy, with columns venue, board, prefixes (joined by ";"; none: every other symbol of the venue),
        first_sessions, from, to (both included, NaT: open), down, up (fractions of the reference price, NaN: no
        limit), status, source. Without first_sessions a row is for trading dates; with it, for the first that many
        sessions of names listed in these dates. See `datasets/SOURCES.md`.
    """
    return _price_limits().copy()


@cache
def _schedule_of(venue: str) -> tuple[Mapping[Hashable, Any], ...]:
    """Give the rows of a venue; what holds for the first sessions comes last, over the rest."""
    table = _price_limits()
    mine = table[table["venue"] == venue].sort_values("first_sessions", na_position="first", kind="stable")
    return tuple(mine.to_dict("records"))


@cache
def _boards_of(venue: str) -> Mapping[str, tuple[str, ...]]:
    """Give the prefixes by board, in the order of the table; none: every other symbol."""
    table = _price_limits()
    mine = table[table["venue"] == venue]
    return {
        board: tuple(filter(None, prefixes.split(";")))
        for board, prefixes in zip(mine["board"], mine["prefixes"], strict=True)
    }


@cache
def limited_venues() -> frozenset[str]:
    """Name the venues that limit daily prices."""
    return frozenset(_price_limits()["venue"])


def board_of(venue: str, symbol: str) -> str:
    """Tell on which board a name is listed, from its code.

    Parameters
    ----------
    venue : str
        Market identifier.
    symbol : str
        Such as "300750.SZ".

    Returns
    -------
    str
        "main", "star" or "chinext" of the mainland exchanges; "" at a venue without price limits.

    Raises
    ------
    DataError
        If the venue is unknown.

    Examples
    --------
    >>> board_of("XSHE", "300750.SZ"), board_of("XSHG", "600519.SS"), board_of("XHKG", "0700.HK")
    ('chinext', 'main', '')
    """
    boards = _boards_of(venue_of(venue).code)
    for board, prefixes in boards.items():
        if symbol.startswith(prefixes):
            return board
    return "main" if boards else ""


def price_limits(
    venue: str,
    symbols: tuple[str, ...],
    dates: Dates,
    reference: Matrix,
    listed: Dates,
    *,
    sessions: Dates | None = None,
    raw: bool = False,
) -> tuple[Matrix, Matrix]:
    """Give the lowest and highest price allowed in each session.

    Parameters
    ----------
    venue : str
        Market identifier of all names.
    symbols : tuple of str, length n_assets
        The code tells the board; a symbol without one is taken for the main board.
    dates : ndarray of shape (n_rows,), datetime64[D]
        Local dates, ascending.
    reference : ndarray of shape (n_rows, n_assets), float64
        The price from which the exchange counts: the last close before the row, less the
        dividend and divided by the split that go ex on the row. Total-return prices need no such step. On the first
        session it is the issue price, usually NaN for want of it.
    listed : ndarray of shape (n_assets,), datetime64[D]
        First session of each name; NaT: listed long ago.
    sessions : ndarray of shape (n_sessions,), datetime64[D], optional
        Sessions of the venue, ascending, by which those since the listing are counted; by default `dates`.
        Of a name listed before the first of them all first sessions are taken to be over.
    raw : bool
        Prices are as traded: the reference and both limits are rounded half up to 0.01, in whole ticks.

    Returns
    -------
    down, up : ndarray of shape (n_rows, n_assets), float64
        NaN where there is no limit: at other venues, in the first sessions of a listing, before it, before the
        rule, and without a reference price.

    Raises
    ------
    DataError
        If the venue is unknown or the shapes do not agree.

    Notes
    -----
    The 5 % of names under special treatment (main boards, until 2026-07-05) is not applied: see `ASSUMPTIONS`. The
    tick of B shares and funds is not 0.01, and some funds have 20 %: neither is in the table.

    References
    ----------
    .. [1] Shanghai Stock Exchange, STAR Market, Trading Mechanism Comparison.
    .. [2] Trading Rules of the Shanghai and Shenzhen Stock Exchanges: limit = previous close x (1 +/- rate), rounded
       to the tick.

    Examples
    --------
    >>> days = np.array(["2020-08-21", "2020-08-24"], dtype="datetime64[D]")
    >>> long_ago = np.array(["NaT"], dtype="datetime64[D]")
    >>> down, up = price_limits("XSHE", ("300750.SZ",), days, np.array([[200.05], [205.0]]), long_ago, raw=True)
    >>> up.ravel().tolist()  # 220.055 is rounded up; 20 % since 2020-08-24
    [220.06, 246.0]
    """
    code, days = venue_of(venue).code, np.asarray(dates).astype("datetime64[D]")
    shape = (len(days), len(symbols))
    if reference.shape != shape or listed.shape != shape[1:]:
        raise DataError(
            f"Price limits of {shape[0]} dates and {shape[1]} names need as many reference prices and listing dates, "
            f"not {reference.shape} and {listed.shape}."
        )
    held = days if sessions is None else np.asarray(sessions).astype("datetime64[D]")
    boards = [board_of(code, symbol) for symbol in symbols]
    rates = np.full((2, *shape), np.nan)
    for row in _schedule_of(code):
        mine = np.array([board == row["board"] for board in boards], dtype=bool)
        first, last = _first_and_last(row)
        if pd.isna(row["first_sessions"]):
            where = ((days >= first) & (days <= last))[:, np.newaxis] & mine
        else:
            mine &= (listed >= first) & (listed <= last)
            where = _in_first_sessions(days, listed, held, int(row["first_sessions"])) & mine
        for side, rate in enumerate((-row["down"], row["up"])):
            rates[side][where] = rate
    rates[:, ~np.isnat(listed) & (days[:, np.newaxis] < listed)] = np.nan
    down, up = (_limit(reference, side, raw=raw) for side in rates)
    return down, up


def barred_sides(
    opens: Matrix, closes: Matrix, reference: Matrix, down: Matrix, up: Matrix, *, raw: bool = False
) -> Flags:
    """Flag the sides that could not trade because a price stood at its limit.

    Parameters
    ----------
    opens, closes : ndarray of shape (n_rows, n_assets), float64
        Prices of the session, on the same basis as the limits.
    reference, down, up : ndarray of shape (n_rows, n_assets), float64
        As given to and by `price_limits`.
    raw : bool
        Prices are as traded, so that half a tick decides; else a return within 0.0015 of the limit is at it.

    Returns
    -------
    ndarray of shape (n_rows, n_assets), int8
        The sum of `BUY_AT_OPEN` (1: the open at or above the upper limit), `SELL_AT_OPEN` (2: at or below the lower),
        `BUY_AT_CLOSE` (4) and `SELL_AT_CLOSE` (8). A NaN price, limit or reference bars nothing.

    Notes
    -----
    A flag of the close is known at the close only; it bars a fill there, and no decision before may read it. Adjusted
    prices are judged by a tolerance: a return of 9.85 % to 9.99 % is taken for the limit of 10 %, and below a price of
    3.33 the rounding of the true limit to its tick may exceed the tolerance.

    Examples
    --------
    >>> reference = np.array([[10.0]])
    >>> barred_sides(np.array([[10.5]]), np.array([[11.0]]), reference, reference * 0.9, reference * 1.1).tolist()
    [[4]]
    """
    slack = np.full(reference.shape, 0.5 / TICKS_PER_YUAN) if raw else RETURN_TOLERANCE * reference
    flags = np.zeros(reference.shape, dtype=np.int8)
    for prices, buy, sell in ((opens, BUY_AT_OPEN, SELL_AT_OPEN), (closes, BUY_AT_CLOSE, SELL_AT_CLOSE)):
        flags[prices > up - slack] |= buy  # comparisons with NaN are false
        flags[prices < down + slack] |= sell
    return flags


def _first_and_last(row: Mapping[Hashable, Any]) -> tuple[np.datetime64, np.datetime64]:
    first, last = row["from"], row["to"]
    return (
        np.datetime64("0001-01-01", "D") if pd.isna(first) else np.datetime64(first, "D"),
        np.datetime64("9999-12-31", "D") if pd.isna(last) else np.datetime64(last, "D"),
    )


def _in_first_sessions(days: Dates, listed: Dates, sessions: Dates, n_first: int) -> NDArray[np.bool_]:
    """Tell which rows lie in the first sessions of each name, shape (n_rows, n_assets)."""
    known = ~np.isnat(listed) & (listed >= (sessions[0] if len(sessions) else np.datetime64("9999-12-31", "D")))
    n_since = np.searchsorted(sessions, days, side="right")[:, np.newaxis] - np.searchsorted(sessions, listed)
    return (days[:, np.newaxis] >= listed) & (n_since <= n_first) & known


def _limit(reference: Matrix, rates: Matrix, *, raw: bool) -> Matrix:
    if not raw:
        return reference * (1.0 + rates)
    # Whole ticks and whole percents: 10.05 less 10 % is 9.045 and rounds up, which binary fractions would not see.
    limit = np.full(reference.shape, np.nan)
    known = ~np.isnan(reference) & ~np.isnan(rates)
    ticks = np.floor(reference[known] * TICKS_PER_YUAN + 0.5 + 1e-6).astype(np.int64)
    hundredths = ticks * (100 + np.rint(100.0 * rates[known]).astype(np.int64))
    limit[known] = ((hundredths + 50) // 100) / TICKS_PER_YUAN
    return limit
