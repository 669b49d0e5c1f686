"""The same past with another future: what a proof against look-ahead is made of."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from data.fx import FxRates
from data.market import MarketData
from data.rates import InterestRates, Readings
from data.series.tables import LONG_TABLES

Future = Literal["noise", "tenfold", "nan", "nothing"]
FUTURES: tuple[Future, ...] = get_args(Future)

Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def with_future(market: MarketData, stamp: int, future: Future, rng: np.random.Generator) -> MarketData:
    """Replace everything known after a stamp.

    Parameters
    ----------
    market : MarketData
    stamp : int
        UTC nanoseconds; what is known at it stays to the byte.
    future : {"noise", "tenfold", "nan", "nothing"}
        What takes the place of each number: itself times a random factor, times ten, NaN, or no row at all.
    rng : Generator

    Returns
    -------
    MarketData
        One that could have been loaded. Prices, exchange and interest rates, amounts of corporate actions, borrowing
        and every long table are changed; calendars are as known at the stamp. In a NaN future sessions go on without a
        price, and nothing else comes: a table keeps no row without a number.
    """
    if future == "nothing":
        return market.until(stamp)
    change = _changes(future, rng)
    fields = {name: array.copy() for name, array in market.price_fields().items()}
    for columns, opened, closed in market.known_rows(stamp):
        for name, array in fields.items():
            first = opened if name == "open" else closed
            array[first:, columns] = change(array[first:, columns])
    calendars = {venue: calendar.as_known(stamp) for venue, calendar in market.calendars.items()}
    if future == "nan":
        return market.until(stamp).with_prices(fields, dates=market.dates, calendars=calendars)
    pairs = {}
    for pair, (known, rate) in market.fx.pairs.items():
        n = int(np.searchsorted(known, stamp, side="right"))
        pairs[pair] = (known, np.concatenate([rate[:n], change(rate[n:])]))
    series = {}
    for name, one in market.rates.series.items():
        n = int(np.searchsorted(one.known, stamp, side="right"))
        series[name] = Readings(one.known, one.days, np.concatenate([one.percent[:n], change(one.percent[n:])]))
    tables = {}
    for name, table in market.tables.items():
        later = (table["known"] > stamp).to_numpy()
        column = LONG_TABLES[name].value
        values = table[column].to_numpy(dtype=np.float64, copy=True)
        values[later] = change(values[later])
        tables[name] = table.assign(**{column: values})
    return market.with_prices(
        fields,
        fx=FxRates(pairs),
        rates=InterestRates(series),
        tables=tables,
        actions=market.actions.with_future(stamp, change),
        borrow=market.borrow.with_future(stamp, change),
        calendars=calendars,
    )


def _changes(future: Future, rng: np.random.Generator) -> Change:
    def noise(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values * np.exp(0.5 * rng.standard_normal(values.shape))

    def tenfold(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values * 10.0

    def nan(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(values.shape, np.nan)

    return {"noise": noise, "tenfold": tenfold, "nan": nan}[future]


def rescaled(market: MarketData, symbol: str, factor: float) -> MarketData:
    """Multiply one name's prices by a constant, as a later dividend does to an adjusted history.

    Parameters
    ----------
    market : MarketData
    symbol : str
    factor : float
        Positive.

    Returns
    -------
    MarketData
        What its actions pay in money is multiplied too; `close_raw` and volume, as traded, stay.
    """
    column = market.columns([symbol])
    fields = {}
    for name in ("open", "high", "low", "close"):
        array = getattr(market, name).copy()
        array[:, column] *= factor
        fields[name] = array
    return market.with_prices(fields, actions=market.actions.rescaled(symbol, factor))
