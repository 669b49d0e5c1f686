"""A fingerprint of a market: two markets with the same one give the same results."""

import hashlib

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
    digest.update("\0".join((*market.symbols, market.price_basis)).encode())
    digest.update(market.dates.tobytes())
    for name, prices in market.price_fields().items():
        digest.update(name.encode() + np.ascontiguousarray(prices).tobytes())
    actions = market.actions
    digest.update("\0".join(actions.symbol).encode())
    for array in (actions.kind, actions.ex_date, actions.pay_date, actions.amount, actions.withholding, actions.known):
        digest.update(array.tobytes())
    for symbol, readings in sorted(market.borrow.readings.items()):
        digest.update(symbol.encode())
        for array in (readings.days, readings.known, readings.fee, readings.available):
            digest.update(array.tobytes())
    for pair, (known, rate) in sorted(market.fx.pairs.items()):
        digest.update("/".join(pair).encode() + known.tobytes() + rate.tobytes())
    for symbol, one in sorted(market.instruments.items()):
        digest.update(
            repr(
                (
                    symbol,
                    one.issuer,
                    one.sector,
                    one.lot,
                    one.listed,
                    one.delisted,
                    one.terminal_price,
                    sorted(one.tags),
                )
            ).encode()
        )
    for name, spells in sorted(market.memberships.items()):
        digest.update(repr((name, spells)).encode())
    for venue, calendar in sorted(market.calendars.items()):
        inside = (calendar.dates >= market.dates[0]) & (calendar.dates <= market.dates[-1])
        digest.update(venue.encode() + calendar.opens[inside].tobytes() + calendar.closes[inside].tobytes())
        digest.update(calendar.announced.tobytes())
    for name, table in sorted(market.tables.items()):
        digest.update(name.encode())
        for column in sorted(table.columns):
            values = table[column].to_numpy()
            digest.update(column.encode())
            text = values.dtype == object or not hasattr(values.dtype, "kind") or values.dtype.kind not in "fiuM"
            digest.update("\0".join(map(str, values)).encode() if text else values.tobytes())
    return digest.hexdigest()
