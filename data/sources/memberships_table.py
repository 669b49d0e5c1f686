"""The table of universes: rows of universe, symbol and dates, made into spells of membership."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from data.dates import read_day
from data.errors import DataError
from data.sources.origin import Origin
from data.sources.tidy import codes, require_columns, shown
from data.universes import Memberships, Spell

DATE_COLUMNS = ("added", "removed", "announced", "removed_announced")


def read_memberships(table: pd.DataFrame, what: str | Origin) -> Memberships:
    """Read and check a table of universes by date.

    Parameters
    ----------
    table : DataFrame
        Columns universe, symbol, added (first day in); optional removed (first day out; empty: still in), announced
        (of the addition, Hong Kong date), removed_announced. A name may leave and come back: one row per spell.
    what : str or Origin
        File, for messages.

    Returns
    -------
    mapping of str to tuple of Spell
        By universe; spells by symbol and date, whatever the order of the rows.

    Raises
    ------
    DataError
        On a missing column, an unreadable or empty cell, a universe or symbol with "+" in it, a spell that ends before
        it begins, an announcement of a removal without one, or two spells of a name that overlap; naming the row.

    Notes
    -----
    A change is known from the day after its announcement; one that is announced after its day of effect only then.
    Without an announcement it is known on its day of effect, which is late but never early.

    Examples
    --------
    >>> rows = pd.DataFrame({"universe": ["mine"], "symbol": ["0700.HK"], "added": ["2024-06-11"]})
    >>> rows = rows.assign(announced="2024-05-24")
    >>> [
    ...     (one.symbol, str(one.added), str(one.added_known))
    ...     for one in read_memberships(rows, "memberships.csv")["mine"]
    ... ]
    [('0700.HK', '2024-06-11', '2024-05-25')]
    """
    origin = Origin.of(what, table)
    require_columns(table, ("universe", "symbol", "added"), origin)
    names = {}
    for column in ("universe", "symbol"):
        code, values = codes(table[column], origin)
        names[column] = [values[place] for place in code]
        joined = [row for row, name in enumerate(names[column]) if "+" in name]
        if joined:
            raise DataError(
                f"{origin.row(joined[0])}: {names[column][joined[0]]!r} in {column!r} has a '+': it joins universes.",
                check="D601",
                rows=joined,
            )
    dates = {column: _dates(table, column, origin) for column in DATE_COLUMNS}
    found: dict[str, list[tuple[Spell, int]]] = {}
    for row, (universe, symbol) in enumerate(zip(names["universe"], names["symbol"], strict=True)):
        spell = Spell(
            symbol,
            added=dates["added"][row],
            removed=dates["removed"][row],
            added_announced=dates["announced"][row],
            removed_announced=dates["removed_announced"][row],
        )
        _refuse(spell, row, origin)
        found.setdefault(universe, []).append((spell, row))
    return {universe: _ordered(universe, found[universe], origin) for universe in sorted(found)}


def _dates(table: pd.DataFrame, column: str, what: Origin) -> list[np.datetime64 | None]:
    if column not in table.columns:
        return [None] * len(table)
    read = list[np.datetime64 | None]()
    for row, cell in enumerate(table[column].astype(object)):
        if bool(pd.isna(cell)) or not str(cell).strip():
            read.append(None)
            continue
        try:
            read.append(read_day(cell))
        except ValueError as error:
            said = f"{what.row(row)}: {shown(cell)} in {column!r} {error}."
            raise DataError(said, check="D201", rows=[row]) from error
    return read


def _refuse(spell: Spell, row: int, what: Origin) -> None:
    said = ""
    if spell.added is None:
        said = f"'added' of {spell.symbol} is empty; give the first day on which it belongs."
    elif spell.removed is not None and spell.removed <= spell.added:
        said = (
            f"{spell.symbol} is removed on {spell.removed}, not after it is added on {spell.added}; 'removed' is the "
            "first day out."
        )
    elif spell.removed is None and spell.removed_announced is not None:
        said = f"{spell.symbol} has a day in 'removed_announced', but none in 'removed'. Add it."
    if said:
        raise DataError(f"{what.row(row)}: {said}", check="D601", rows=[row])


def _ordered(universe: str, spells: Sequence[tuple[Spell, int]], what: Origin) -> tuple[Spell, ...]:
    ordered = sorted(spells, key=lambda one: (one[0].symbol, one[0].added))
    for (before, _), (one, row) in pairwise(ordered):
        if one.symbol == before.symbol and one.added is not None and before.holds(one.added):
            raise DataError(
                f"{what.row(row)}: {one.symbol} is in {universe!r} from {one.added}, while an earlier row has it in "
                f"from {before.added} to {before.removed or 'now'}. Let one end before the other begins.",
                check="D601",
                rows=[row],
            )
    return tuple(spell for spell, _ in ordered)
