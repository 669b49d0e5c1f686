"""Corporate actions as they are given: a file of their own, columns beside the prices, delistings of instruments."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.actions import CASH, KINDS, SCRIP, SPLIT, TERMINAL, Actions, actions_of
from data.checks.finding import Finding
from data.dates import NS_PER_DAY
from data.errors import DataError
from data.instruments import Instrument
from data.sources.origin import Origin
from data.sources.price_table import PriceTable
from data.sources.tidy import codes, days, numbers, require_columns

# Large distributions in New York are paid the day before their ex date, and trade with due bills until then.
DUE_BILL_DAYS = 7
SAME_AMOUNT = 1e-3  # vendors round
MOST_SHARES = 1000  # the largest consolidations seen are one for some hundreds
# What prices of a basis hold already: booked again, it would count twice.
HELD = {"raw": (), "split": (SPLIT, SCRIP), "total_return": (SPLIT, CASH, SCRIP)}
NOTHING = np.datetime64("NaT", "D")
NAMED = {SPLIT: "splits", CASH: "dividends", SCRIP: "scrip dividends", TERMINAL: "delistings"}
UNDATED = "1970-01-01"  # stands where a date may be empty while the column is read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One action, and where it was given."""

    place: str
    symbol: str
    kind: int
    ex_date: np.datetime64
    amount: float
    pay_date: np.datetime64 = NOTHING
    withholding: float = np.nan
    known: int | None = None


def read_actions(
    given: pd.DataFrame | None,
    label: str | Origin,
    prices: pd.DataFrame,
    table: PriceTable,
    what: Origin,
    instruments: Mapping[str, Instrument],
    price_basis: str,
) -> tuple[Actions, list[Finding]]:
    """Collect the corporate actions of a market.

    Parameters
    ----------
    given : DataFrame, optional
        Columns symbol, kind ("split", "dividend", "scrip", "delisting"), ex_date, amount; optional pay_date,
        withholding, announced.
    label : str or Origin
        Its file, for messages.
    prices : DataFrame
        May have columns `dividends` (a share, on the ex date; 0 or empty where none) and `splits` (shares after for
        one before; 0, 1 or empty where none).
    table : PriceTable
        The same, read.
    what : Origin
        Its files.
    instruments : mapping of str to Instrument
        A delisting of theirs takes effect on the day after the last day of listing, and is known from that last day.
    price_basis : {"raw", "split", "total_return"}
        Actions that such prices hold already are left out.

    Returns
    -------
    actions : Actions
        Known from 00:00 UTC of the day after `announced`, at the latest from 00:00 UTC of the ex date.
    findings : list of Finding

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, an unknown symbol or kind, an amount that is not positive, a pay date
        before the ex date, or two statements about one thing that differ.
    """
    own = [] if given is None else _rows(given, Origin.of(label, given), set(table.symbols))
    rows = _without_doubles(own, _beside_prices(prices, table, what))
    rows = _with_delistings(rows, instruments)
    held = [row for row in rows if row.kind in HELD[price_basis]]
    kept = [row for row in rows if row.kind not in HELD[price_basis]]
    findings = []
    if held:
        n_held = Counter(row.kind for row in held)
        counts = " and ".join(f"{n_held[kind]} {NAMED[kind]}" for kind in sorted(n_held))
        said = f"Left out: {counts}, which prices of price_basis {price_basis!r} hold already."
        findings.append(Finding("D606", said))
    undated = [row for row in kept if row.kind in (CASH, SCRIP) and np.isnat(row.pay_date)]
    if undated:
        said = f"{len(undated)} dividends have no pay date and count as paid on the ex date."
        findings.append(Finding("D607", said))
    found = actions_of(
        [row.symbol for row in kept],
        [row.kind for row in kept],
        [row.ex_date for row in kept],
        [_paid(row) for row in kept],
        [row.amount for row in kept],
        [row.withholding for row in kept],
        [_midnight(row.ex_date) if row.known is None else min(row.known, _midnight(row.ex_date)) for row in kept],
    )
    return found, findings


def _paid(row: _Row) -> np.datetime64:
    """Give the pay date; a split has none, and nothing is paid before its ex date."""
    if row.kind == SPLIT:
        return row.pay_date
    return row.ex_date if np.isnat(row.pay_date) else max(row.pay_date, row.ex_date)


def _midnight(day: np.datetime64) -> int:
    return int(day.astype("datetime64[D]").astype(np.int64)) * NS_PER_DAY


def _rows(given: pd.DataFrame, what: Origin, priced: set[str]) -> list[_Row]:
    """Read the table of actions."""
    require_columns(given, ("symbol", "kind", "ex_date", "amount"), what)
    symbol, symbols = codes(given["symbol"], what)
    kind, kinds = codes(given["kind"], what)
    ex_date = days(given["ex_date"], what, to_come=True)
    amount = numbers(given["amount"], what)
    withholding = _optional_numbers(given, "withholding", what)
    pay_date = _optional_days(given, "pay_date", what)
    announced = _optional_days(given, "announced", what)
    rows, first = [], dict[tuple[str, int, str], str]()
    for i in range(len(given)):
        name, word, place = symbols[symbol[i]], kinds[kind[i]], what.row(i)
        if name not in priced:
            raise DataError(f"{place}: {name} has no prices. Add them, or drop the row.", check="D602", rows=[i])
        if word not in KINDS:
            raise DataError(
                f"{place}: unknown kind {word!r} of {name}. Known: {', '.join(KINDS)}.", check="D602", rows=[i]
            )
        row = _Row(
            place=place,
            symbol=name,
            kind=KINDS.index(word),
            ex_date=ex_date[i],
            amount=float(amount[i]),
            pay_date=pay_date[i],
            withholding=float(withholding[i]),
            known=None if np.isnat(announced[i]) else _midnight(announced[i] + 1),
        )
        fault = _amount_fault(row) or _date_fault(row, announced[i]) or _withholding_fault(row)
        if fault:
            check, said = fault
            raise DataError(f"{place}: {said}", check=check, rows=[i])
        # A listing ends once; anything else may happen again on another day.
        key = (name, row.kind, "" if row.kind == TERMINAL else str(row.ex_date))
        if key in first:
            raise DataError(
                f"{place}: a second {word} of {name} on {row.ex_date}; the first is {first[key]}. Keep one, or add up.",
                check="D206",
                rows=[i],
            )
        first[key] = place
        rows.append(replace(row, pay_date=NOTHING) if row.kind == SPLIT else row)
    return rows


# What is wrong with an action: the number of the check that finds it, and how it is said.
_Fault = tuple[str, str] | None


def _amount_fault(row: _Row) -> _Fault:
    which, amount = f"the {KINDS[row.kind]} of {row.symbol} on {row.ex_date}", row.amount
    if row.kind == TERMINAL:  # nothing may be left, and an empty price is the last one
        wrong = f"pays {amount:g}; it must be zero or more, or empty for the last price."
        return ("D603", f"{which} {wrong}") if amount < 0 else None
    if not amount > 0:
        said = "empty" if np.isnan(amount) else f"{amount:g}"
        return "D603", f"{which} has an amount that is {said}; it must be positive."
    if row.kind != CASH and not 1 / MOST_SHARES <= amount <= MOST_SHARES:
        wrong = f"makes {amount:g} shares of one; give shares after for one before, at most {MOST_SHARES}."
        return "D603", f"{which} {wrong}"
    return None


def _date_fault(row: _Row, announced: np.datetime64) -> _Fault:
    if row.kind != SPLIT and row.pay_date + DUE_BILL_DAYS < row.ex_date:
        said = f"{row.symbol} pays on {row.pay_date}, before the ex date {row.ex_date}. Correct one."
    elif announced > row.ex_date:
        said = f"{row.symbol} announced on {announced}, after the ex date {row.ex_date}. Correct one."
    else:
        return None
    return "D604", said


def _withholding_fault(row: _Row) -> _Fault:
    if row.withholding < 0 or row.withholding > 1:  # NaN: not stated
        return "D603", f"withholding of {row.symbol} is {row.withholding:g}; give a fraction such as 0.1."
    return None


def _optional_numbers(given: pd.DataFrame, column: str, what: Origin) -> NDArray[np.float64]:
    return numbers(given[column], what) if column in given.columns else np.full(len(given), np.nan)


def _optional_days(given: pd.DataFrame, column: str, what: Origin) -> NDArray[np.datetime64]:
    """Read a column of dates that may be absent or have empty cells: NaT there."""
    if column not in given.columns:
        return np.full(len(given), NOTHING)
    cells = given[column].astype(object)
    is_empty = cells.map(lambda cell: bool(pd.isna(cell)) or (isinstance(cell, str) and not cell.strip())).to_numpy()
    found = days(cells.where(~is_empty, UNDATED), what, to_come=True)
    found[is_empty] = NOTHING
    return found


def _beside_prices(prices: pd.DataFrame, table: PriceTable, what: Origin) -> list[_Row]:
    """Read the columns `dividends` and `splits`."""
    rows = []
    for column, kind, none in (("dividends", CASH, (0.0,)), ("splits", SPLIT, (0.0, 1.0))):
        if column not in prices.columns:
            continue
        values = numbers(prices[column], what)
        for i in np.flatnonzero(~np.isnan(values) & ~np.isin(values, none)):
            symbol, day = table.symbols[table.column_of[i]], table.dates[table.row_of[i]]
            if values[i] < 0 or (kind == SPLIT and not 1 / MOST_SHARES <= values[i] <= MOST_SHARES):
                raise DataError(
                    f"{what.row(int(i))}: {column} of {symbol} on {day} is {values[i]:g}; it must be positive, "
                    f"or 0{f', and at most {MOST_SHARES}' if kind == SPLIT else ''}.",
                    check="D603",
                    rows=[int(i)],
                )
            rows.append(_Row(place=what.row(int(i)), symbol=symbol, kind=kind, ex_date=day, amount=float(values[i])))
    return rows


def _without_doubles(own: list[_Row], beside: list[_Row]) -> list[_Row]:
    """Join both sources; where both say the same, the file's row stays, which says more."""
    of = {(row.symbol, row.kind, str(row.ex_date)): row for row in own}
    rows = list(own)
    for row in beside:
        other = of.get((row.symbol, row.kind, str(row.ex_date)))
        if other is None:
            rows.append(row)
        elif not np.isclose(row.amount, other.amount, rtol=SAME_AMOUNT, atol=0.0):
            raise DataError(
                f"{other.place}: the {KINDS[row.kind]} of {row.symbol} on {row.ex_date} is {other.amount:g}, but "
                f"{row.amount:g} in {row.place}. Correct one.",
                check="D605",
            )
    return rows


def _with_delistings(rows: list[_Row], instruments: Mapping[str, Instrument]) -> list[_Row]:
    """Add the end of each listing that instruments tell of and no row does."""
    ends = {row.symbol: row for row in rows if row.kind == TERMINAL}
    found = list(rows)
    for symbol, one in instruments.items():
        if one.delisted is None:
            continue
        price = np.nan if one.terminal_price is None else one.terminal_price
        end = ends.get(symbol)
        if end is None:
            found.append(
                _Row(
                    place=symbol,
                    symbol=symbol,
                    kind=TERMINAL,
                    ex_date=one.delisted + 1,
                    amount=price,
                    known=_midnight(one.delisted),
                )
            )
        elif not np.isnan(price) and not np.isclose(price, end.amount, rtol=SAME_AMOUNT, atol=0.0):
            raise DataError(
                f"{end.place}: the delisting of {symbol} pays {end.amount:g}, but its terminal_price is {price:g}. "
                "Correct one.",
                check="D605",
            )
    return found
