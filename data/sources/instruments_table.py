"""The table of instruments, joined with the facts that come with Eastbound."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from data.checks.finding import Case, Finding
from data.errors import DataError
from data.instruments import Instrument, known_instruments, plain_instrument, says, with_facts
from data.sources.origin import Origin
from data.sources.price_table import PriceTable
from data.sources.tidy import codes, require_columns


def read_instruments(
    prices: PriceTable, given: pd.DataFrame | None, label: str | Origin, what: Origin
) -> tuple[dict[str, Instrument], list[Finding]]:
    """Collect facts: what the table says, else what comes with Eastbound, else nothing but the listing itself.

    Parameters
    ----------
    prices : PriceTable
    given : DataFrame, optional
        Columns symbol; optional name, issuer, sector, lot, listed, delisted, terminal_price, tags.
    label : str or Origin
        Its file, for messages.
    what : Origin
        Files of the prices.

    Returns
    -------
    instruments : dict of str to Instrument
        Of every name with prices.
    findings : list of Finding

    Raises
    ------
    DataError
        On a fact that cannot be read, a name with two rows, or prices before the day on which the table says that their
        name lists.
    """
    own = {} if given is None else _own_facts(given, Origin.of(label, given))
    facts = known_instruments()
    found = {}
    for symbol, venue, currency in zip(prices.symbols, prices.venues, prices.currencies, strict=True):
        fact = facts.get(symbol)
        base = fact if fact is not None and fact.venue == venue else plain_instrument(symbol, venue, currency)
        try:
            found[symbol] = with_facts(base, own.get(symbol, {}))
        except DataError as error:
            raise DataError(f"{label}: {error}", check="D601") from error
    stated = {symbol for symbol, row in own.items() if says(row, "listed")}
    return found, [*_early_prices(prices, found, stated, what), *_almost_known(prices, own, what)]


def _early_prices(prices: PriceTable, found: Mapping[str, Instrument], stated: set[str], what: Origin) -> list[Finding]:
    """Look for prices before the first day of a listing.

    Two tables of one user that contradict each other are refused. Where only a fact that comes with Eastbound says when
    a name listed, its prices win with a warning: shares may trade when issued, and the fact may be the one in error.
    """
    listed = np.array([found[symbol].listed for symbol in prices.symbols], dtype="datetime64[D]")
    is_priced = ~np.isnan(prices.fields["close"][prices.row_of, prices.column_of])
    early = is_priced & (prices.dates[prices.row_of] < listed[prices.column_of])
    cases: dict[str, list[Case]] = {}
    for column in np.unique(prices.column_of[early]).tolist():
        symbol, rows = prices.symbols[column], np.flatnonzero(early & (prices.column_of == column))
        first = rows[np.argmin(prices.row_of[rows])]
        day = prices.dates[prices.row_of[first]]
        said = f"{symbol} has a price on {day}, before it lists on {listed[column]}"
        if symbol in stated:
            raise DataError(
                f"{what.row(int(first))}: {said} by the instruments table. Drop the row, or mend 'listed'.",
                check="D316",
                rows=rows,
                table="prices",
            )
        text = f"on {day}, though it lists on {listed[column]} ({len(rows)} such rows)"
        cases.setdefault(what.file(int(first)), []).append(Case(symbol, text))
    do = "They are kept: shares may trade when issued. Drop them, or state 'listed' yourself."
    return [
        Finding("D317", f"{file}: prices before a listing", cases=tuple(mine), do=do) for file, mine in cases.items()
    ]


def _almost_known(prices: PriceTable, own: Mapping[str, object], what: Origin) -> list[Finding]:
    """Look for symbols that are those of known names, written in another way."""
    facts = known_instruments()
    cases = []
    for symbol in prices.symbols:
        usual = next((one for one in _usual_writings(symbol) if one in facts and one != symbol), "")
        if symbol not in facts and symbol not in own and usual:
            cases.append(Case(symbol, f"(is it {usual}?)"))
    do = "Nothing is known of a name by another symbol: no universe holds it."
    return (
        [Finding("D609", f"{what}: symbols look like those of known names", cases=tuple(cases), do=do)] if cases else []
    )


def _usual_writings(symbol: str) -> tuple[str, ...]:
    """Give the ways in which Eastbound would write a symbol."""
    plain = "".join(sign for sign in symbol.upper() if sign.isascii() and sign.isprintable() and sign != " ")
    stem, _, suffix = plain.partition(".")
    digits = stem.removeprefix("SH").removeprefix("SZ")
    hong_kong = f"{digits.lstrip('0').zfill(4)}.HK" if digits.isdigit() and len(digits) < 6 else ""
    mainland = {"SH": "SS", "CH": "SS"}.get(suffix, "SS")
    return plain, stem, hong_kong, f"{digits}.{mainland}", f"{digits}.SZ"


def _own_facts(given: pd.DataFrame, what: Origin) -> dict[str, Mapping[str, object]]:
    require_columns(given, ("symbol",), what)
    code, symbols = codes(given["symbol"], what)
    times = np.bincount(code)
    if times.max() > 1:
        symbol = int(np.argmax(times > 1))
        row = int(np.flatnonzero(code == symbol)[1])
        raise DataError(
            f"{what.row(row)}: {symbols[symbol]} stands twice. Keep one row.",
            check="D206",
            rows=np.flatnonzero(code == symbol)[1:],
        )
    rows = given.astype(object).to_dict("records")
    return {
        symbols[place]: {str(key): value for key, value in row.items()} for place, row in zip(code, rows, strict=True)
    }
