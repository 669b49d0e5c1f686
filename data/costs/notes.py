"""The contract note of one trade, in exact decimal."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext

import numpy as np

from data.costs.charges import (
    CENT_STEP,
    DOLLAR_UP,
    EXACT,
    ZERO,
    Charge,
    assumptions,
    charges_on,
    commission_charge,
    day_number,
    exact,
)
from data.costs.schedules import BUY, SELL
from data.dates import read_day
from data.errors import DataError

UNIT = Decimal("0.0001")
LARGEST = 9 * 10**14
SIDES = {"buy": BUY, "sell": SELL}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # equal as a mapping is
class ContractNote(Mapping[str, Decimal]):
    """Fees of one trade by kind, in the order of `COST_KINDS`, local currency.

    Attributes
    ----------
    parts : mapping of str to Decimal
        What the note itself maps; a kind that the venue knows and does not charge on this side or date is 0.00.
    assumptions : tuple of str
        Kinds that no schedule covers on the date, and what was taken instead.
    """

    parts: Mapping[str, Decimal]
    assumptions: tuple[str, ...] = ()

    def __getitem__(self, kind: str) -> Decimal:
        return self.parts[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def total(self) -> Decimal:
        """All fees of the trade."""
        with localcontext(EXACT):
            return sum(self.parts.values(), Decimal("0.00"))


def contract_note(
    venue: str,
    date: str | dt.date | np.datetime64,
    side: str,
    shares: Decimal | float | str,
    price: Decimal | float | str,
    *,
    is_etf: bool = False,
    commission_bps: Decimal | float | str = 0,
    commission_min: Decimal | float | str = 0,
) -> ContractNote:
    """Write down what a trade is charged.

    Parameters
    ----------
    venue : str
        Market identifier.
    date : str, date or datetime64
        Local trading date.
    side : str
        "buy" or "sell".
    shares : int, float, str or Decimal
        Count; the sign does not matter. A float means its shortest text: 0.1 is one tenth.
    price : int, float, str or Decimal
        Local currency a share, as traded: an adjusted price gives fees that nobody paid.
    is_etf : bool
        Exchange-traded funds are exempt from some duties.
    commission_bps : int, float, str or Decimal
        Commission in basis points of the consideration, at most five decimals.
    commission_min : int, float, str or Decimal
        Least commission of a trade, local currency, whole cents; with `commission_bps` 0 a flat commission.

    Returns
    -------
    ContractNote
        A mapping of cost kind to amount; `sum(note.values())` is `note.total`.

    Raises
    ------
    DataError
        If the venue, date or side is unknown, a number is NaN, infinite or too fine, the price is negative, or the
        trade is larger than 9e14.

    Notes
    -----
    The rule. The consideration, abs(shares x price), and the number of shares are each first taken to the nearest
    0.0001 (half to even). Each kind is rate x consideration + per-share rate x shares + fixed part; raised to
    its minimum, lowered to its maximum, then rounded half-up to the cent (Hong Kong stamp duty: up to the next whole
    dollar). Rows of one kind in force together (two transfer fees in China) are one line, rounded once. A trade of
    which nothing is left at 0.0001 is no trade: it costs nothing. A date before the first row of a kind takes the
    first, after the last the last, and the note's `assumptions` say so.

    Examples
    --------
    >>> note = contract_note("XHKG", "2025-02-07", "buy", 100, 100)
    >>> {kind: str(due) for kind, due in note.items() if due}
    {'stamp_duty': '10.00', 'sfc_levy': '0.27', 'afrc_levy': '0.02', 'trading_fee': '0.57', 'settlement_fee': '2.00'}
    >>> note.total
    Decimal('12.86')
    """
    if side not in SIDES:
        raise DataError(f"side is {side!r}; write 'buy' or 'sell'.")
    try:
        day = read_day(date)
    except ValueError as error:
        raise DataError(f"The date of a contract note {error} (given: {date!r}).") from error
    count, paid = exact(shares, "shares"), exact(price, "price")
    if paid < 0:
        raise DataError(f"price is {price}: a trade is at zero or more.")
    with localcontext(EXACT):
        consideration, count = _to_unit(abs(count * paid)), _to_unit(abs(count))
    charges = {kind: both[SIDES[side]] for kind, both in charges_on(venue, day_number(day), is_etf=is_etf).items()}
    charges["commission"] = commission_charge(commission_bps, commission_min)
    return ContractNote(
        parts={kind: _due(charge, consideration, count) for kind, charge in charges.items()},
        assumptions=assumptions(venue, np.array([day], dtype="datetime64[D]"), is_etf=is_etf),
    )


def _to_unit(amount: Decimal) -> Decimal:
    if amount > LARGEST:
        raise DataError(f"A trade of {amount:.3g} shares or money is more than a contract note is made for (9e14).")
    return amount.quantize(UNIT, ROUND_HALF_EVEN)


def _due(charge: Charge, consideration: Decimal, shares: Decimal) -> Decimal:
    with localcontext(EXACT):
        if not consideration and not shares:
            return ZERO.quantize(CENT_STEP)
        due = charge.rate * consideration + charge.per_share * shares + charge.fixed
        due = max(due, charge.minimum)
        if charge.maximum is not None:
            due = min(due, charge.maximum)
        if charge.rounding == DOLLAR_UP:
            due = due.quantize(Decimal(1), ROUND_CEILING)
            return due.quantize(CENT_STEP)
        return due.quantize(CENT_STEP, ROUND_HALF_UP)
