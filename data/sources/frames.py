"""Market data from tidy frames: the one door, through which files come too."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from data.calendars import Calendar, local_stamps, trading_calendars
from data.errors import DataError
from data.fx import FxRates
from data.instruments import Instrument, from_table, known_instruments
from data.market import PRICE_FIELDS, MarketData, Matrix
from data.rates import InterestRates
from data.sources.series import known_tables
from data.sources.tidy import codes, days, numbers, require_columns
from data.universes import Memberships, known_memberships
from data.venues import VENUES

PRICE_BASES = ("raw", "split", "total_return")
FX_FIXING = pd.Timedelta(hours=16)  # the WM/Refinitiv 4 pm London rate


def from_frames(
    prices: pd.DataFrame,
    fx: pd.DataFrame | None = None,
    valuations: pd.DataFrame | None = None,
    flows: pd.DataFrame | None = None,
    indices: pd.DataFrame | None = None,
    rates: pd.DataFrame | None = None,
    holdings_13f: pd.DataFrame | None = None,
    positioning: pd.DataFrame | None = None,
    instruments: pd.DataFrame | None = None,
    price_basis: str = "total_return",
    *,
    name: str = "frames",
    synthetic: bool = False,
    memberships: Memberships | None = None,
    where: Mapping[str, str] | None = None,
) -> MarketData:
    """Make a market of tidy frames.

    Parameters
    ----------
    prices : DataFrame
        Columns date (the venue's local date), symbol, venue, currency, close; optional open, high, low,
        volume (NaN where unknown). A NaN close is a day without a price.
    fx : DataFrame, optional
        Columns date, base, quote, rate: units of quote for one base, known from 16:00 in London.
        Needed when more than one currency is present.
    valuations, flows, indices, rates, holdings_13f, positioning : DataFrame, optional
        As in the files of a market folder.
    instruments : DataFrame, optional
        Columns symbol; optional name, issuer, sector, lot, listed, delisted, tags.
    price_basis : {"total_return", "split", "raw"}
    name : str
    synthetic : bool
        True for made-up prices.
    memberships : mapping of str to tuple of Spell, optional
        Universes; by default those that come with Eastbound.
    where : mapping of str to str, optional
        File that each table came from, for messages.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, a duplicate, a price that is not positive, a row on a day
        its venue held no session, an unknown venue, or a missing exchange rate; the message names it.

    Examples
    --------
    >>> frame = pd.DataFrame({"date": ["2024-01-02", "2024-01-03"], "symbol": "AAA", "venue": "XNYS",
    ...                       "currency": "USD", "close": [10.0, 11.0]})
    >>> from_frames(frame).symbols
    ('AAA',)
    """
    labels = {"prices": "prices", "fx": "fx", "instruments": "instruments", **(where or {})}
    if price_basis not in PRICE_BASES:
        raise DataError(f"price_basis {price_basis!r} is not one of {', '.join(PRICE_BASES)}.")
    what = labels["prices"]
    require_columns(prices, ("date", "symbol", "venue", "currency", "close"), what)
    dates = days(prices["date"], what)
    column, symbols = codes(prices["symbol"], what)
    venue_of, venue_names = codes(prices["venue"], what)
    currency_of, currency_names = codes(prices["currency"], what)

    unknown = sorted(set(venue_names) - set(VENUES))
    if unknown:
        raise DataError(f"{what}: unknown venue {unknown[0]!r}. Known: {', '.join(VENUES)}.")
    distinct, row = np.unique(dates, return_inverse=True)
    cell = row * len(symbols) + column
    _refuse_duplicates(cell, dates, column, symbols, what)

    venue_by_symbol = _one_each(column, venue_of, venue_names, symbols, "venue", what)
    currency_by_symbol = _one_each(column, currency_of, currency_names, symbols, "currency", what)
    for code, money in zip(venue_by_symbol, currency_by_symbol, strict=True):
        if VENUES[code].currency != money:
            raise DataError(f"{what}: {code} trades in {VENUES[code].currency}, not in {money}.")

    fields = {
        field: _wide(prices, field, cell, (len(distinct), len(symbols)), symbols, distinct, what)
        for field in PRICE_FIELDS
    }
    warnings = []
    n_unpriced = int(np.isnan(fields["close"].ravel()[cell]).sum())
    if n_unpriced:
        warnings.append(f"{what}: {n_unpriced} rows have no close; the name counts as unpriced that day.")

    first, last = distinct[0], distinct[-1]
    years = [int(str(day)[:4]) for day in (first - 7, last + 21)]
    # The library's calendars end in a given year: sessions after the last price are wanted, not needed.
    calendars = _calendars(set(venue_names) | {"XNYS"}, years[0], years[1], int(str(last)[:4]))
    _refuse_closed_days(dates, column, symbols, venue_by_symbol, calendars, what)

    rates_of_exchange, fx_warnings = _fx(fx, labels["fx"])
    base = currency_names[0]
    for money in currency_names:
        if not rates_of_exchange.links(base, money):
            raise DataError(
                f"{what} holds {base} and {money}, but {labels['fx']} has no rate between them. "
                f"Add rows with date, base, quote, rate."
            )
    tables, series_warnings = known_tables(
        {
            "valuations": valuations,
            "flows": flows,
            "indices": indices,
            "rates": rates,
            "holdings_13f": holdings_13f,
            "positioning": positioning,
        },
        calendars,
        where or {},
    )
    facts = _instruments(symbols, venue_by_symbol, currency_by_symbol, instruments, labels["instruments"])
    market = MarketData(
        name=name,
        synthetic=synthetic,
        price_basis=price_basis,
        symbols=tuple(symbols),
        instruments=facts,
        dates=distinct,
        **fields,
        fx=rates_of_exchange,
        rates=InterestRates.from_table(tables.get("rates")),
        calendars=calendars,
        tables=tables,
        memberships=known_memberships() if memberships is None else memberships,
        holdable=tuple(symbols),
        left_out=(),
        warnings=tuple(warnings + fx_warnings + series_warnings),
        start=first,
        end=last,
    )
    distinct.flags.writeable = False
    return market.with_prices(fields)


def _refuse_duplicates(cell: np.ndarray, dates: np.ndarray, column: np.ndarray, symbols: list[str], what: str) -> None:
    order = np.argsort(cell, kind="stable")
    again = cell[order][1:] == cell[order][:-1]
    if again.any():
        row = int(order[1:][again][0])
        raise DataError(f"{what}, row {row + 1}: {symbols[column[row]]} has two rows on {dates[row]}. Keep one.")


def _one_each(
    column: np.ndarray, of: np.ndarray, names: list[str], symbols: list[str], kind: str, what: str
) -> list[str]:
    first = np.full(len(symbols), -1)
    first[column[::-1]] = of[::-1]
    differs = of != first[column]
    if differs.any():
        row = int(np.argmax(differs))
        symbol = symbols[column[row]]
        raise DataError(
            f"{what}, row {row + 1}: {symbol} has {kind} {names[of[row]]}, elsewhere {names[first[column[row]]]}."
        )
    return [names[i] for i in first]


def _wide(
    prices: pd.DataFrame,
    field: str,
    cell: np.ndarray,
    shape: tuple[int, int],
    symbols: list[str],
    dates: np.ndarray,
    what: str,
) -> Matrix:
    wide = np.full(shape, np.nan)
    if field not in prices.columns:
        return wide
    values = numbers(prices[field], what)
    wrong = values < 0 if field == "volume" else values <= 0
    if wrong.any():
        row = int(np.argmax(wrong))
        day, symbol = divmod(int(cell[row]), shape[1])
        raise DataError(
            f"{what}, row {row + 1}: {field} of {symbols[symbol]} on {dates[day]} is {values[row]}; "
            f"it must be {'zero or more' if field == 'volume' else 'positive'}, or empty."
        )
    wide.ravel()[cell] = values
    return wide


def _calendars(codes_: set[str], first: int, wanted: int, needed: int) -> dict[str, Calendar]:
    try:
        return trading_calendars(codes_, first, wanted)
    except DataError:
        return trading_calendars(codes_, first, needed)


def _refuse_closed_days(
    dates: np.ndarray,
    column: np.ndarray,
    symbols: list[str],
    venue_by_symbol: list[str],
    calendars: Mapping[str, Calendar],
    what: str,
) -> None:
    venue_of_row = np.array(venue_by_symbol)[column]
    for code in sorted(set(venue_by_symbol)):
        rows = np.flatnonzero(venue_of_row == code)
        closed = calendars[code].index_of(dates[rows]) < 0
        if closed.any():
            row = int(rows[np.argmax(closed)])
            raise DataError(
                f"{what}, row {row + 1}: {symbols[column[row]]} has a price on {dates[row]}, when {code} held "
                f"no session ({int(closed.sum())} such rows in all). Drop rows of days without trading."
            )


def _fx(table: pd.DataFrame | None, what: str) -> tuple[FxRates, list[str]]:
    if table is None:
        return FxRates({}), []
    require_columns(table, ("date", "base", "quote", "rate"), what)
    dates = days(table["date"], what)
    rate = numbers(table["rate"], what)
    bad = rate <= 0
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{what}, row {row + 1}: rate {rate[row]} on {dates[row]} is not positive.")
    base, base_names = codes(table["base"], what)
    quote, quote_names = codes(table["quote"], what)
    unread = np.isnan(rate)
    warnings = [f"{what}: {int(unread.sum())} rates are empty; the last one known holds."] if unread.any() else []
    pairs = {}
    for b, q in sorted(set(zip(base.tolist(), quote.tolist(), strict=True))):
        chosen = (base == b) & (quote == q) & ~unread
        order = np.argsort(dates[chosen], kind="stable")
        ordered = dates[chosen][order]
        again = ordered[1:] == ordered[:-1]
        if again.any():
            raise DataError(f"{what}: two rates of {base_names[b]}/{quote_names[q]} on {ordered[1:][again][0]}.")
        stamps, values = local_stamps(ordered, FX_FIXING, "Europe/London"), rate[chosen][order]
        stamps.flags.writeable = values.flags.writeable = False
        pairs[base_names[b], quote_names[q]] = (stamps, values)
    return FxRates(pairs), warnings


def _instruments(
    symbols: list[str], venues: list[str], currencies: list[str], table: pd.DataFrame | None, what: str
) -> dict[str, Instrument]:
    own: dict[str, Instrument] = {}
    places = {symbol: (v, c) for symbol, v, c in zip(symbols, venues, currencies, strict=True)}
    if table is not None:
        require_columns(table, ("symbol",), what)
        priced = table[table["symbol"].astype(str).isin(places)].copy()
        twice = priced["symbol"].duplicated()
        if twice.any():
            raise DataError(f"{what}: {priced.loc[twice, 'symbol'].iloc[0]} stands twice. Keep one row.")
        priced["venue"] = [places[str(symbol)][0] for symbol in priced["symbol"]]
        priced["currency"] = [places[str(symbol)][1] for symbol in priced["symbol"]]
        try:
            own = from_table(priced.astype(object).where(priced.notna(), ""))
        except ValueError as error:
            raise DataError(f"{what}: {error}") from error
    facts = known_instruments()
    found = {}
    for symbol, (venue, currency) in places.items():
        fact = facts.get(symbol)
        if symbol in own:
            found[symbol] = own[symbol]
        elif fact is not None and fact.venue == venue:
            found[symbol] = fact
        else:
            found[symbol] = Instrument(
                symbol=symbol,
                name=symbol,
                venue=venue,
                currency=currency,
                issuer=symbol,
                lot=1 if venue == "XNYS" else None,
            )
        if found[symbol].currency != currency:
            found[symbol] = replace(found[symbol], currency=currency)
    return found
