"""Where a symbol lists and in what it trades, when the price table does not say."""

import re
from collections.abc import Iterable

import pandas as pd

from data.errors import DataError
from data.instruments import known_instruments, says
from data.venues import VENUES

# Suffixes as Yahoo and most vendors write them; a name without one trades in New York.
SUFFIX_VENUES = {"HK": "XHKG", "SS": "XSHG", "SZ": "XSHE"}
# Tickers of New York begin with a letter; two letters and six digits are a mainland code.
PLAIN_TICKER = re.compile(r"(?!(?:SH|SZ|BJ)\d{6})[A-Za-z][A-Za-z0-9]*(?:[.\-/][A-Za-z]{1,2})?")
RENMINBI_COUNTER = re.compile(r"8\d{4}\.HK")  # Hong Kong keeps 80000 to 89999 for them


def listings_of(
    symbols: Iterable[str], instruments: pd.DataFrame | None = None, what: str = "prices"
) -> dict[str, tuple[str, str]]:
    """Find the venue and currency of symbols.

    Parameters
    ----------
    symbols : iterable of str
    instruments : DataFrame, optional
        A table with columns symbol and venue, currency or both; empty cells say nothing.
    what : str
        Where the symbols stand, for messages.

    Returns
    -------
    dict of str to (venue, currency)
        From the table; else from the facts that come with Eastbound; else by suffix: .HK Hong Kong, .SS Shanghai,
        .SZ Shenzhen, none or a class of shares as in BRK.B New York.

    Raises
    ------
    DataError
        Naming a symbol whose venue is not known, or has no known currency.

    Examples
    --------
    >>> listings_of(["0700.HK", "AAPL"])
    {'0700.HK': ('XHKG', 'HKD'), 'AAPL': ('XNYS', 'USD')}
    """
    rows = {} if instruments is None or "symbol" not in instruments.columns else _by_symbol(instruments)
    facts = known_instruments()
    found = {}
    for symbol in symbols:
        row = rows.get(symbol, {})
        venue = str(row["venue"]).strip() if says(row, "venue") else ""
        if not venue:
            venue = facts[symbol].venue if symbol in facts else _venue_by_suffix(symbol)
        if venue not in VENUES:
            said = f"its venue {venue!r} is not known" if venue else "no table and no suffix says where it lists"
            if RENMINBI_COUNTER.fullmatch(symbol):
                said = "a renminbi counter of Hong Kong, which is not supported (use the one in Hong Kong dollars)"
            raise DataError(
                f"{what}: {symbol!r}: {said}. Add it to the instruments table with symbol, venue "
                f"({', '.join(VENUES)}) and currency, or drop it.",
                check="D320",
            )
        currency = str(row["currency"]).strip() if says(row, "currency") else VENUES[venue].currency
        found[symbol] = venue, currency
    return found


def _by_symbol(instruments: pd.DataFrame) -> dict[str, dict[str, object]]:
    columns = [name for name in ("venue", "currency") if name in instruments.columns]
    cells = instruments[columns].astype(object).to_dict("records")
    names = instruments["symbol"].astype(str).str.strip()
    return {symbol: {str(key): cell for key, cell in row.items()} for symbol, row in zip(names, cells, strict=True)}


def _venue_by_suffix(symbol: str) -> str:
    if RENMINBI_COUNTER.fullmatch(symbol):  # it trades in CNY, at a venue whose names are taken to trade in HKD
        return ""
    _, dot, suffix = symbol.rpartition(".")
    if PLAIN_TICKER.fullmatch(symbol) is None and not (dot and suffix in SUFFIX_VENUES):
        return ""  # 700, SH600519, 0700 HK: a code of another market, or of another vendor
    is_share_class = len(suffix) == 1 and suffix.isalpha()
    return "XNYS" if not dot or is_share_class else SUFFIX_VENUES.get(suffix, "")
