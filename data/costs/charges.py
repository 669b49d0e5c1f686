"""What one kind of fee charges on a date: rates, fixed part, limits and rounding, as exact decimals."""

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, localcontext
from functools import cache

import numpy as np
from numpy.typing import NDArray

from data.costs.schedules import BUY, COST_KINDS, SELL, schedule_rows
from data.errors import DataError
from data.venues import venue as venue_of

# The kinds that a contract note may carry: the venue's fees and the broker's commission, in order.
NOTE_KINDS = COST_KINDS[: COST_KINDS.index("commission") + 1]
CENT, DOLLAR_UP = "cent", "dollar_up"
ZERO = Decimal(0)
# The step of a rate: a fraction of notional, or an amount per share. A commission in bps may have five decimals.
RATE_STEP = Decimal("1e-9")
CENT_STEP = Decimal("0.01")
# Wide enough for every product here to be exact.
EXACT = Context(prec=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a fee charges on one side.

    Attributes
    ----------
    rate : Decimal
        Fraction of the consideration, a multiple of 1e-9.
    per_share : Decimal
        Amount per share, a multiple of 1e-9.
    fixed, minimum : Decimal
        Amounts per trade, in whole cents; 0 where there is none.
    maximum : Decimal or None
        Amount per trade, in whole cents; None where there is none.
    rounding : str
        "cent": half-up to the cent. "dollar_up": up to the next whole dollar.
    """

    rate: Decimal = ZERO
    per_share: Decimal = ZERO
    fixed: Decimal = ZERO
    minimum: Decimal = ZERO
    maximum: Decimal | None = None
    rounding: str = CENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A charge and the days, since 1970 and both included, on which it is in force; one row of the table."""

    first: int
    last: int
    sides: tuple[int, ...]
    charge: Charge


def exact(value: Decimal | float | str, what: str) -> Decimal:
    """Read a number as the decimal that it is written as.

    Parameters
    ----------
    value : int, float, str or Decimal
        A float means its shortest text: 0.1 is one tenth.
    what : str
        Names the number in the error.

    Returns
    -------
    Decimal

    Raises
    ------
    DataError
        If it is no finite number.

    Examples
    --------
    >>> exact(0.1, "price")
    Decimal('0.1')
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise DataError(f"{what} is {value!r}, which is no number.") from error
    if not number.is_finite():
        raise DataError(f"{what} is {value!r}; give a finite number.")
    return number


def commission_charge(bps: Decimal | float | str, minimum: Decimal | float | str) -> Charge:
    """Make the broker's commission a charge like the venue's.

    Parameters
    ----------
    bps : int, float, str or Decimal
        Basis points of the consideration, at most five decimals.
    minimum : int, float, str or Decimal
        Least commission of a trade, local currency, whole cents. With `bps` 0 it is a flat commission.

    Returns
    -------
    Charge

    Raises
    ------
    DataError
        If one is negative or too fine, or the commission exceeds the trade.

    Examples
    --------
    >>> commission_charge(2.5, 18).rate
    Decimal('0.00025')
    """
    least = exact(minimum, "commission_min")
    points = exact(bps, "commission_bps")
    if least < 0 or not 0 <= points <= 10_000:
        raise DataError(f"A commission of {bps} bps, at least {minimum}, is not between nothing and the whole trade.")
    if least >= 10**13:
        raise DataError(f"commission_min is {minimum}: no trade is that large.")
    with localcontext(EXACT):
        charge = Charge(rate=points / 10_000, minimum=least)
        if charge.rate % RATE_STEP:
            raise DataError(f"commission_bps is {bps}; five decimals are the most it may have.")
        if least % CENT_STEP:
            raise DataError(f"commission_min is {minimum}; give whole cents.")
    return charge


def day_number(day: np.datetime64) -> int:
    """Count the days since 1970.

    Parameters
    ----------
    day : datetime64

    Returns
    -------
    int
    """
    return int(day.astype("datetime64[D]").astype(np.int64))


def charges_on(venue: str, day: int, *, is_etf: bool = False) -> dict[str, tuple[Charge, Charge]]:
    """Give every charge of a venue on a day.

    Parameters
    ----------
    venue : str
        Market identifier.
    day : int
        Days since 1970.
    is_etf : bool
        Exchange-traded funds are exempt from some duties.

    Returns
    -------
    dict of str to (Charge, Charge)
        By kind, in the order of `COST_KINDS`: on a buy and on a sell. A side that is not charged has a charge of zeros.

    Raises
    ------
    DataError
        If the venue is unknown.

    Notes
    -----
    Two rows of one kind in force together are one line of the note, rounded once: their rates add up. Before the
    first row of a kind the first is taken, after the last the last; see `assumptions`.
    """
    return {
        kind: (_on_side(spells, day, BUY), _on_side(spells, day, SELL))
        for kind, spells in _spells(venue, is_etf).items()
    }


def _on_side(spells: tuple[Spell, ...], day: int, side: int) -> Charge:
    inside = [spell for spell in spells if spell.first <= day <= spell.last]
    if not inside:
        inside = [_edge(spells, before=True)] if day < _edge(spells, before=True).first else []
        inside = inside or [_edge(spells, before=False)]
    charges = [spell.charge for spell in inside if side in spell.sides]
    if not charges:
        return Charge()
    first = charges[0]  # a kind with limits has one row in force at a time: a test of the table holds it to that
    return Charge(
        rate=sum((charge.rate for charge in charges), ZERO),
        per_share=sum((charge.per_share for charge in charges), ZERO),
        fixed=sum((charge.fixed for charge in charges), ZERO),
        minimum=first.minimum,
        maximum=first.maximum,
        rounding=first.rounding,
    )


def _edge(spells: tuple[Spell, ...], *, before: bool) -> Spell:
    return min(spells, key=lambda spell: spell.first) if before else max(spells, key=lambda spell: spell.last)


def changes(venue: str, *, is_etf: bool = False) -> NDArray[np.int64]:
    """List the days on which a charge of a venue changes.

    Parameters
    ----------
    venue : str
    is_etf : bool

    Returns
    -------
    ndarray of shape (n_changes,), int64
        Days since 1970, ascending: between two of them every charge is the same.

    Raises
    ------
    DataError
        If the venue is unknown.
    """
    spells = [spell for kind in _spells(venue, is_etf).values() for spell in kind]
    return np.unique(np.array([day for spell in spells for day in (spell.first, spell.last + 1)], dtype=np.int64))


def assumptions(venue: str, dates: NDArray[np.datetime64], *, is_etf: bool = False) -> tuple[str, ...]:
    """Name what is assumed on dates that no row of the table covers.

    Parameters
    ----------
    venue : str
        Market identifier.
    dates : ndarray of shape (n_dates,), datetime64[D]
        Local trading dates.
    is_etf : bool

    Returns
    -------
    tuple of str
        One sentence for each kind and end of its table; a kind in proportion to notional in the words of
        `proportional_rates`.

    Raises
    ------
    DataError
        If the venue is unknown.

    Examples
    --------
    >>> assumptions("XNYS", np.array(["2026-01-02"], dtype="datetime64[D]"))[1]
    'XNYS taf_fee is not known for 2026-01-02 to 2026-01-02; USD 0.000166 a share is assumed.'
    """
    currency = venue_of(venue).currency
    days = dates.astype("datetime64[D]").astype(np.int64)
    found = []
    for kind, spells in _spells(venue, is_etf).items():
        for before in (True, False):
            edge = _edge(spells, before=before)
            gap = days < edge.first if before else days > edge.last
            if gap.any():
                first, last = dates[gap].min(), dates[gap].max()
                taken = _in_words(edge.charge, currency)
                found.append(f"{venue} {kind} is not known for {first} to {last}; {taken} is assumed.")
    return tuple(found)


def _in_words(charge: Charge, currency: str) -> str:
    if charge.per_share:
        return f"{currency} {charge.per_share.normalize():f} a share"
    if charge.fixed:
        return f"{currency} {charge.fixed:.2f} a trade"
    return f"{float(charge.rate):.5%} of notional"


@cache
def _spells(venue: str, is_etf: bool) -> dict[str, tuple[Spell, ...]]:
    """Give a venue's rows by kind, in the order of `COST_KINDS`."""
    found: dict[str, tuple[Spell, ...]] = {}
    for row in schedule_rows(venue, is_etf=is_etf):
        amounts = {name: _cell(value) for name, value in row.amounts.items()}
        charge = Charge(
            rate=amounts["rate"],
            per_share=amounts["per_share"],
            fixed=amounts["fixed"],
            minimum=amounts["min"],
            maximum=None if np.isnan(row.amounts["max"]) else amounts["max"],
            rounding=row.rounding,
        )
        spell = Spell(first=day_number(row.first), last=day_number(row.last), sides=row.sides, charge=charge)
        found[row.kind] = (*found.get(row.kind, ()), spell)
    return found


def _cell(value: float) -> Decimal:
    # A float read from text of a few digits has that text as its shortest form.
    return ZERO if np.isnan(value) else Decimal(repr(float(value)))
