"""One hash for a whole market, to pin it in a test."""

import hashlib

from data.market import PRICE_FIELDS, MarketData


def digest(market: MarketData) -> str:
    """Hash what was rounded when it was made: prices, volumes, rates, series, actions, with dates and names."""
    actions = market.actions
    parts = [market.dates.tobytes(), repr(market.symbols).encode()]
    parts += [getattr(market, field).tobytes() for field in PRICE_FIELDS]
    parts += [array.tobytes() for _, series in sorted(market.fx.pairs.items()) for array in series]
    parts += [table.to_csv().encode() for _, table in sorted(market.tables.items())]
    parts += [repr(actions.symbol).encode(), *(column.tobytes() for column in (actions.kind, actions.ex_date))]
    parts += [column.tobytes() for column in (actions.pay_date, actions.amount, actions.known)]
    return hashlib.sha256(b"|".join(parts)).hexdigest()
