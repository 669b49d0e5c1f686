"""What time does to a book: interest, borrow fees, tax on a stated yield, settlement."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.timeline import NONE, Rows
from backtest.config import RunConfig
from backtest.errors import BacktestError
from data.market import MarketData
from data.rates import DAY_COUNT
from data.settlement import settlement_dates
from data.withholding import withholding_assumptions, withholding_rates

Matrix = NDArray[np.float64]
YIELD_DAYS = 365


def interest(
    market: MarketData, rows: Rows, currencies: tuple[str, ...], config: RunConfig, *, holds_foreign: bool
) -> tuple[Matrix, Matrix, tuple[str, ...]]:
    """Give the interest of each row per unit of settled balance.

    Parameters
    ----------
    market : MarketData
    rows : Rows
    currencies : tuple of str
    config : RunConfig
    holds_foreign : bool
        Whether foreign balances can be other than 0.

    Returns
    -------
    credit, debit : ndarray of shape (n_rows, n_currencies)
    notes : tuple of str
    """
    shape = (len(rows.dates), len(currencies))
    credit, debit = np.zeros(shape), np.zeros(shape)
    notes = [] if config.interest == "market" else ["Cash earns and pays nothing: interest is switched off."]
    days = np.diff(rows.dates).astype(np.int64)
    for column, currency in enumerate(currencies):
        if config.interest == "none" or (currency != config.base_currency and not holds_foreign):
            continue
        series = market.rates.cash_series(currency)
        if series is None:
            notes.append(f"No interest rate for {currency} in the market: its cash earns and pays nothing.")
            continue
        reading, n_replaced = market.rates.series[series].at(
            rows.marks[:-1], rows.dates[:-1], config.rate_max_age_days, config.rate_fallback
        )
        if n_replaced:
            notes.append(
                f"{series} has no reading within {config.rate_max_age_days} days on {n_replaced} of {len(days)} dates; "
                f"{config.rate_fallback} % a year is taken instead."
            )
        scale = days / (100.0 * DAY_COUNT.get(currency, 365))
        spread = config.rate_spread
        credit[1:, column] = np.maximum(reading - spread, np.minimum(reading, 0.0)) * scale
        debit[1:, column] = (reading + spread) * scale
    return credit, debit, tuple(notes)


def settlement_slots(market: MarketData, rows: Rows, venues: tuple[str, ...]) -> tuple[NDArray[np.int64], int]:
    """Say where in the settlement ring the money of each row's fills waits.

    Parameters
    ----------
    market : MarketData
    rows : Rows
    venues : tuple of str

    Returns
    -------
    slots : ndarray of shape (n_rows, n_venues), int64
        Row of settlement modulo the size; money that settles after the run waits for the row after the last.
    n_slots : int
        Size of the ring: more than the longest wait in rows.
    """
    n_rows = len(rows.dates)
    settles = np.tile(np.arange(n_rows)[:, None], (1, len(venues)))
    for v, venue in enumerate(venues):
        held = np.flatnonzero(rows.opens[:, v] != NONE)
        days = settlement_dates(market.calendars[venue], venue, rows.dates[held])
        known = ~np.isnat(days)
        at = np.full(len(held), n_rows)
        at[known] = np.searchsorted(rows.dates, days[known])
        settles[held, v] = at
    n_slots = int((settles - np.arange(n_rows)[:, None]).max()) + 1
    return np.ascontiguousarray(settles % n_slots), n_slots


def carry(
    market: MarketData, rows: Rows, names: tuple[str, ...], config: RunConfig
) -> tuple[Matrix, Matrix, Matrix, tuple[str, ...]]:
    """Give what holding costs: tax on a stated yield of longs, borrow fees of shorts; and what can be borrowed.

    Parameters
    ----------
    market : MarketData
    rows : Rows
    names : tuple of str
    config : RunConfig

    Returns
    -------
    longs, shorts : ndarray of shape (1 or n_rows, n_names)
        Of the row, per unit of value.
    available : ndarray of shape (1 or n_rows, n_names, 2)
        Shares, before and after what goes ex in the row.
    notes : tuple of str

    Raises
    ------
    BacktestError
        If a yield is stated and prices are not total returns.
    """
    nothing = np.zeros((1, len(names)))
    longs, shorts, available, notes = nothing, nothing, np.zeros((1, len(names), 2)), list[str]()
    days = np.concatenate([[0], np.diff(rows.dates).astype(np.int64)])
    if config.dividend_yield:
        if market.price_basis != "total_return":
            raise BacktestError(
                f"dividend_yield taxes dividends that total-return prices hold; prices of market {market.name!r} are "
                f"{market.price_basis}: their dividends are taxed as they are paid."
            )
        longs = np.zeros((len(rows.dates), len(names)))
        for column, name in enumerate(names):
            venue = market.instruments[name].venue
            rate = withholding_rates(venue, rows.dates, config.investor, listing=market.instruments[name].listing)
            rate = np.concatenate([rate[:1], rate[:-1]])
            longs[:, column] = config.dividend_yield / 100.0 * rate * days / YIELD_DAYS
        notes += _assumed(market, names, rows.dates, config)
        notes.append(f"Tax is charged on a dividend yield of {config.dividend_yield:g} % a year: an assumption.")
    if config.shorts:
        fees = market.borrow.fees(names, rows.dates, rows.begins)
        if config.borrow_fee is not None:
            fees = np.where(np.isnan(fees), config.borrow_fee, fees)
        basis = np.array([DAY_COUNT.get(market.instruments[name].currency, 365) for name in names])
        before = np.vstack([fees[:1], fees[:-1]])
        shorts = before / 100.0 * days[:, None] / basis
        available = _available(market, rows, names)
    return longs, np.ascontiguousarray(shorts), available, tuple(notes)


def _available(market: MarketData, rows: Rows, names: tuple[str, ...]) -> Matrix:
    """Count what can be borrowed in the shares that are held before and after what goes ex in each row.

    A split changes no count of adjusted shares, and the actions of a market of adjusted prices hold none: there a
    number is in adjusted shares, and stays as stated.
    """
    stated = market.borrow.available(names, rows.dates, rows.begins)
    stated_on = market.borrow.stated_on(names, rows.dates, rows.begins)
    available = np.stack([stated, stated], axis=2)
    for symbol, ex_date, shares, _ in market.actions.becomes():
        if symbol not in names or shares == 1.0:
            continue
        column, sessions = names.index(symbol), market.calendars[market.instruments[symbol].venue].dates
        at = int(np.searchsorted(sessions, ex_date))
        effective = sessions[at] if at < len(sessions) else np.datetime64("NaT")
        counted = stated_on[:, column] >= ex_date
        for side, has_gone in enumerate((effective < rows.dates, effective <= rows.dates)):
            available[has_gone & ~counted, column, side] *= shares
            available[~has_gone & counted, column, side] /= shares
    return available


def _assumed(market: MarketData, names: tuple[str, ...], dates: NDArray[np.datetime64], config: RunConfig) -> list[str]:
    kinds = sorted({(market.instruments[name].venue, market.instruments[name].listing) for name in names})
    found = (withholding_assumptions(venue, dates, config.investor, listing=listing) for venue, listing in kinds)
    return list(dict.fromkeys(text for some in found for text in some))
