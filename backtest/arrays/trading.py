"""What a session lets a name do: its prices, its lot, its price limits."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.grid import last_before, on_rows
from backtest.config import RunConfig
from backtest.errors import BacktestError
from data.gaps import carried_forward
from data.kept import Kept
from data.limits import ASSUMPTIONS, barred_sides, limited_venues, price_limits
from data.market import MarketData

Matrix = NDArray[np.float64]
# Of every name, for every layout of the market.
_HALTED = Kept[NDArray[np.bool_]](n_most=1)


def session_prices(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...]
) -> tuple[Matrix, Matrix, NDArray[np.float64]]:
    """Give opens and closes at which a name can trade, and its last price before the run.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
    names : tuple of str

    Returns
    -------
    opened, closed : ndarray of shape (n_rows, n_names)
        NaN where there is none, and where the name looks suspended.
    first : ndarray of shape (n_names,)
        0 where there is none.
    """
    columns = market.columns(names)
    opened, closed = market.open[:, columns], market.close[:, columns]
    halted = _HALTED.get(market, None, market.halted)[:, columns]
    if halted.any():
        opened, closed = np.where(halted, np.nan, opened), np.where(halted, np.nan, closed)
    n_before = int(np.searchsorted(market.dates, dates[0]))
    first = np.nan_to_num(carried_forward(market.close[:n_before, columns])[-1:], nan=0.0)
    first = first[0] if len(first) else np.zeros(len(names))
    return (
        np.ascontiguousarray(on_rows(market, dates, opened)),
        np.ascontiguousarray(on_rows(market, dates, closed)),
        np.ascontiguousarray(first),
    )


def board_lots(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...], config: RunConfig, unit: Matrix
) -> tuple[Matrix, tuple[str, ...]]:
    """Give the lots that shares are counted in.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
    names : tuple of str
    config : RunConfig
    unit : ndarray of shape (1 or n_rows, n_names)
        Raw shares per share.

    Returns
    -------
    lots : ndarray of shape (1 or n_rows, n_names)
        Shares; 0 where they are fractional.
    notes : tuple of str

    Raises
    ------
    BacktestError
        If a lot is not known, or raw prices are not.
    """
    if not config.counts_lots(market):
        note = () if config.lots == "fractional" else ("Shares are fractional: prices as traded are not known.",)
        return np.zeros((1, len(names))), note
    lots, notes = market.lots(names, dates)
    unknown = [names[a] for a in np.flatnonzero(np.isnan(lots).any(axis=0))]
    if unknown:
        raise BacktestError(
            f"The board lot of {', '.join(unknown[:5])} is not known. Give it in the instruments table (column lot), "
            "or use lots='fractional'."
        )
    if market.price_basis != "raw" and market.close_raw is None:
        notes += (f"Lots are counted on adjusted prices ({market.price_basis}): their values are approximate.",)
    if (lots == lots[0]).all() and unit.shape[0] == 1:
        lots = lots[:1]
    return np.ascontiguousarray(lots / unit), notes


def barred_by_limits(
    market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...], opened: Matrix, closed: Matrix
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Flag what daily price limits keep from trading.

    Parameters
    ----------
    market : MarketData
    dates : ndarray of shape (n_rows,), datetime64[D]
    names : tuple of str
    opened, closed : ndarray of shape (n_rows, n_names)

    Returns
    -------
    flags : ndarray of shape (1 or n_rows, n_names), int64
        Bits as in `kernels.state`.
    notes : tuple of str
    """
    limited = limited_venues()
    places = np.array([market.instruments[name].venue for name in names], dtype=object)
    if not limited & set(places):
        return np.zeros((1, len(names)), dtype=np.int64), ()
    reference = _reference_prices(market, dates, names)
    is_raw = market.price_basis == "raw"
    flags = np.zeros(opened.shape, dtype=np.int64)
    for venue in sorted(limited & set(places)):
        mine = np.flatnonzero(places == venue)
        symbols = tuple(names[i] for i in mine)
        listed = np.array(
            [market.instruments[name].listed or np.datetime64("NaT") for name in symbols], dtype="datetime64[D]"
        )
        before = reference[:, mine]
        down, up = price_limits(
            venue, symbols, dates, before, listed, sessions=market.calendars[venue].dates, raw=is_raw
        )
        flags[:, mine] = barred_sides(opened[:, mine], closed[:, mine], before, down, up, raw=is_raw)
    return flags, tuple(ASSUMPTIONS)


def _reference_prices(market: MarketData, dates: NDArray[np.datetime64], names: tuple[str, ...]) -> Matrix:
    """Give the last close before each row, less what goes ex on it."""
    reference = last_before(market, dates, market.close[:, market.columns(names)])
    for symbol, ex_date, shares, cash in market.actions.becomes():
        if symbol not in names:
            continue
        held = market.calendars[market.instruments[symbol].venue].dates
        at = int(np.searchsorted(held, ex_date))
        row = int(np.searchsorted(dates, held[at])) if at < len(held) else len(dates)
        if row < len(dates) and dates[row] == held[at]:
            column = names.index(symbol)
            reference[row, column] = (reference[row, column] - cash) / shares
    return reference
