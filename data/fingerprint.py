"""A fingerprint of a market: two markets with the same one give the same results."""

import hashlib
from collections.abc import Iterator

import numpy as np

from data.market import MarketData


def market_hash(market: MarketData) -> str:
    """Fingerprint what a run can read.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    str
        SHA-256 of names, facts, universes, sessions, prices, corporate actions, borrow, exchange rates and tables.
    """
    digest = hashlib.sha256()
    for parts in (_prices, _actions, _rates, _names, _sessions, _tables):
        for part in parts(market):
            digest.update(part)
    return digest.hexdigest()


def part_hashes(market: MarketData) -> dict[str, str]:
    """Fingerprint the parts of what a run can read, to say which of them differs.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    dict of str to str
        SHA-256 of prices, actions, rates, names, sessions and each of the long tables.
    """
    parts = {"prices": _prices, "actions": _actions, "rates": _rates, "names": _names, "sessions": _sessions}
    hashes = {name: hashlib.sha256(b"".join(part(market))).hexdigest() for name, part in parts.items()}
    for name in sorted(market.tables):
        hashes[name] = hashlib.sha256(b"".join(_table(market, name))).hexdigest()
    return hashes


def _prices(market: MarketData) -> Iterator[bytes]:
    yield "\0".join((*market.symbols, market.price_basis)).encode()
    yield market.dates.tobytes()
    for name, prices in market.price_fields().items():
        yield name.encode() + np.ascontiguousarray(prices).tobytes()


def _actions(market: MarketData) -> Iterator[bytes]:
    actions = market.actions
    yield "\0".join(actions.symbol).encode()
    for array in (actions.kind, actions.ex_date, actions.pay_date, actions.amount, actions.withholding, actions.known):
        yield array.tobytes()


def _rates(market: MarketData) -> Iterator[bytes]:
    for symbol, readings in sorted(market.borrow.readings.items()):
        yield symbol.encode()
        for array in (readings.days, readings.known, readings.fee, readings.available):
            yield array.tobytes()
    for pair, (known, rate) in sorted(market.fx.pairs.items()):
        yield "/".join(pair).encode() + known.tobytes() + rate.tobytes()


def _names(market: MarketData) -> Iterator[bytes]:
    for symbol, one in sorted(market.instruments.items()):
        lot, dated = (one.lot, one.is_lot_given), (one.listed, one.delisted, one.terminal_price)
        yield repr((symbol, one.venue, one.issuer, one.sector, *lot, *dated, sorted(one.tags))).encode()
    for name, spells in sorted(market.memberships.items()):
        yield repr((name, spells)).encode()


def _sessions(market: MarketData) -> Iterator[bytes]:
    for venue, calendar in sorted(market.calendars.items()):
        inside = (calendar.dates >= market.dates[0]) & (calendar.dates <= market.dates[-1])
        yield venue.encode() + calendar.opens[inside].tobytes() + calendar.closes[inside].tobytes()
        yield calendar.announced.tobytes()


def _tables(market: MarketData) -> Iterator[bytes]:
    for name in sorted(market.tables):
        yield from _table(market, name)


def _table(market: MarketData, name: str) -> Iterator[bytes]:
    table = market.tables[name]
    yield name.encode()
    for column in sorted(table.columns):
        values = table[column].to_numpy()
        yield column.encode()
        is_text = values.dtype == object or not hasattr(values.dtype, "kind") or values.dtype.kind not in "fiuM"
        yield "\0".join(map(str, values)).encode() if is_text else values.tobytes()
