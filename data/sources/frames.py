"""Market data from tidy frames: the one door, through which files come too."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from data.borrow import NO_BORROW
from data.calendars import Calendar, trading_calendars
from data.checks.finding import Finding
from data.checks.inspection import inspect
from data.errors import DataError, blaming
from data.fx import FxRates
from data.market import MarketData
from data.rates import InterestRates
from data.sources.actions_table import read_actions
from data.sources.borrow_table import read_borrow
from data.sources.fx_table import begins_late, read_fx
from data.sources.instruments_table import read_instruments
from data.sources.memberships_table import read_memberships
from data.sources.origin import Origin
from data.sources.price_table import PriceTable, read_prices, refuse_closed_days
from data.sources.series import known_tables
from data.universes import Memberships, known_memberships

# Calendars of Hong Kong and the mainland begin here; New York's go back as far as prices do.
FIRST_CALENDAR_DAY = np.datetime64("1991-01-02", "D")
PRICE_BASES = ("raw", "split", "total_return")


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
    actions: pd.DataFrame | None = None,
    borrow: pd.DataFrame | None = None,
    universes: pd.DataFrame | None = None,
    name: str = "frames",
    synthetic: bool = False,
    memberships: Memberships | None = None,
    where: Mapping[str, str | Origin] | None = None,
) -> MarketData:
    """Make a market of tidy frames.

    Parameters
    ----------
    prices : DataFrame
        Columns date (the venue's local date), symbol, venue, currency, close; optional open, high, low,
        volume (NaN where unknown), close_raw, dividends, splits. A NaN close is a day without a price. Rows may
        stand in any order.
    fx : DataFrame, optional
        Columns date, base, quote, rate: units of quote for one base, known from 16:00 in London.
        Needed when more than one currency is present.
    valuations, flows, indices, rates, holdings_13f, positioning : DataFrame, optional
        As in the files of a market folder.
    instruments : DataFrame, optional
        Columns symbol; optional name, issuer, sector, lot, listed, delisted, terminal_price, tags. What it leaves
        empty comes from the facts that come with Eastbound; symbols without prices are passed over.
    price_basis : {"total_return", "split", "raw"}
    actions : DataFrame, optional
        Corporate actions: columns symbol, kind, ex_date, amount; optional pay_date, withholding, announced. What
        prices of the basis hold already is left out, with a warning.
    borrow : DataFrame, optional
        Columns date, symbol, fee_pct; optional available, known.
    universes : DataFrame, optional
        Universes by date: columns universe, symbol, added; optional removed, announced, removed_announced. They stand
        beside those that come with Eastbound; one of the same name takes its place.
    name : str
    synthetic : bool
        True for made-up prices.
    memberships : mapping of str to tuple of Spell, optional
        Universes as spells; by default those that come with Eastbound.
    where : mapping of str to str or Origin, optional
        File or files that each table came from, for messages.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, a duplicate, a price that is not positive, a row on a day
        its venue held no session or before the day its name lists by `instruments`, an unknown venue, or a missing
        exchange rate; the message names it.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "date": ["2024-01-02", "2024-01-03"],
    ...         "symbol": "AAA",
    ...         "venue": "XNYS",
    ...         "currency": "USD",
    ...         "close": [10.0, 11.0],
    ...     }
    ... )
    >>> from_frames(frame).symbols
    ('AAA',)
    """
    if price_basis not in PRICE_BASES:
        raise DataError(f"price_basis {price_basis!r} is not one of {', '.join(PRICE_BASES)}.", check="D107")
    named: Mapping[str, str | Origin] = where or {}
    what = Origin.of(named.get("prices", "prices"), prices)
    with blaming("prices"):
        table = read_prices(prices, what)
    _refuse_days_before_calendars(table, what)
    first, last = table.dates[0], table.dates[-1]
    calendars = _calendars(set(table.venues) | {"XNYS"}, first, last)
    with blaming("prices"):
        refuse_closed_days(table, calendars, what)

    exchange, fx_doubts = _exchange_rates(fx, named.get("fx", "fx"), table, what)
    series = {
        "valuations": valuations,
        "flows": flows,
        "indices": indices,
        "rates": rates,
        "holdings_13f": holdings_13f,
        "positioning": positioning,
    }
    tables, series_doubts = known_tables(series, calendars, named)
    with blaming("instruments"):
        facts, listing_doubts = read_instruments(table, instruments, named.get("instruments", "instruments"), what)
    with blaming("actions"):
        events, action_doubts = read_actions(
            actions, named.get("actions", "actions"), prices, table, what, facts, price_basis
        )
    lending, borrow_doubts = NO_BORROW, list[Finding]()
    if borrow is not None:
        origin = Origin.of(named.get("borrow", "borrow"), borrow)
        with blaming("borrow"):
            lending, borrow_doubts = read_borrow(borrow, origin, table.symbols)
    spells, spell_doubts = known_memberships() if memberships is None else memberships, list[Finding]()
    if universes is not None:
        with blaming("memberships"):
            theirs = read_memberships(universes, named.get("memberships", "memberships"))
        replaced = sorted(set(spells) & set(theirs))
        if replaced:
            said = f"{named.get('memberships', 'memberships')}: {', '.join(replaced)} take the place of ours."
            spell_doubts.append(Finding("D610", said))
        spells = {**spells, **theirs}
    fields, price_doubts = dict(table.fields), list(table.findings)
    if table.close_raw is not None and price_basis == "raw":
        said = f"{what}: close_raw is not used: with price_basis 'raw' it is the close."
        price_doubts.append(Finding("D108", said))
    elif table.close_raw is not None:
        fields["close_raw"] = table.close_raw
    market = MarketData(
        name=name,
        synthetic=synthetic,
        price_basis=price_basis,
        symbols=table.symbols,
        instruments=facts,
        dates=table.dates,
        open=table.fields["open"],
        high=table.fields["high"],
        low=table.fields["low"],
        close=table.fields["close"],
        volume=table.fields["volume"],
        fx=exchange,
        rates=InterestRates.from_table(tables.get("rates")),
        actions=events,
        borrow=lending,
        calendars=calendars,
        tables=tables,
        memberships=spells,
        holdable=table.symbols,
        left_out=(),
        findings=(
            *price_doubts,
            *fx_doubts,
            *series_doubts,
            *listing_doubts,
            *action_doubts,
            *borrow_doubts,
            *spell_doubts,
        ),
        start=first,
        end=last,
    )
    table.dates.flags.writeable = False
    made = market.with_prices(fields)
    files = {key: str(one) for key, one in named.items()}
    found = (*made.findings, *inspect(made, table.files(what), files))
    return replace(made, findings=tuple(sorted(found, key=lambda one: one.check)))


def _calendars(venues: set[str], first: np.datetime64, last: np.datetime64) -> dict[str, Calendar]:
    begin, wanted, needed = (int(str(day)[:4]) for day in (first - 7, last + 21, last))
    try:
        return trading_calendars(venues, begin, wanted)
    except DataError:
        # The library's calendars end in a given year: sessions after the last price are wanted, not needed.
        return trading_calendars(venues, begin, needed)


def _refuse_days_before_calendars(prices: PriceTable, what: Origin) -> None:
    if set(prices.venues) == {"XNYS"}:
        return
    early = prices.dates[prices.row_of] < FIRST_CALENDAR_DAY
    if early.any():
        row = int(np.argmax(early))
        name, day = prices.symbols[prices.column_of[row]], prices.dates[prices.row_of[row]]
        raise DataError(
            f"{what.row(row)}: {name} has a price on {day}; calendars begin on {FIRST_CALENDAR_DAY}. Drop such rows.",
            check="D201",
            rows=np.flatnonzero(early),
            table="prices",
        )


def _exchange_rates(
    fx: pd.DataFrame | None, label: str | Origin, prices: PriceTable, what: Origin
) -> tuple[FxRates, list[Finding]]:
    """Read the exchange rates and see that they link the currencies of the prices."""
    rates, findings = FxRates({}), list[Finding]()
    currencies = sorted(set(prices.currencies))
    if fx is not None:
        origin = Origin.of(label, fx)
        with blaming("fx"):
            rates, findings = read_fx(fx, origin)
        findings += begins_late(rates, currencies, prices.dates[0], origin)
    base = currencies[0]
    for money in currencies:
        if not rates.links(base, money):
            where = f"no {label} is given" if fx is None else f"{label} has no rate between them"
            raise DataError(
                f"{what} holds {base} and {money}, but {where}. Add rows with date, base, quote, rate.",
                check="D401",
                rows=np.flatnonzero(np.array(prices.currencies)[prices.column_of] == money),
                table="prices",
            )
    return rates, findings
