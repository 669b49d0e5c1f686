"""The fees of a run's classes and dates as the table of numbers that kernels read."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

from data.costs.charges import (
    CENT_STEP,
    DOLLAR_UP,
    EXACT,
    NOTE_KINDS,
    RATE_STEP,
    Charge,
    assumptions,
    changes,
    charges_on,
    commission_charge,
)
from data.costs.kernels.fees import (
    CENTS,
    CENTS_PER_ONE,
    EDGE,
    FIXED,
    HIGH,
    LOW,
    MAX_RATE,
    MAX_UNITS,
    MOST_CENTS,
    NO_MAXIMUM,
    PER_SHARE,
    QUICK_HIGH,
    RATE,
    ROUNDING,
    ROUNDINGS,
    SLOT,
    STEP,
    TO_CENT,
    TO_DOLLAR_UP,
    UNITS_PER_CENT,
    FeeTable,
)
from data.costs.schedules import BUY, SELL
from data.errors import DataError
from data.venues import venue as venue_of

N_COLUMNS = ROUNDING + 1


def fee_table(
    classes: Sequence[tuple[str, str, bool]],
    dates: NDArray[np.datetime64],
    commission_bps: float = 0.0,
    commission_min: Mapping[str, float] | None = None,
) -> tuple[FeeTable, tuple[str, ...]]:
    """Lay out the fees of some classes of names on some dates.

    Parameters
    ----------
    classes : sequence of (currency, venue, is_etf), length n_classes
        What the fee of a name depends on.
    dates : ndarray of shape (n_dates,), datetime64[D]
        Local trading dates, ascending.
    commission_bps : float
        Basis points of the consideration, at most five decimals.
    commission_min : mapping of str to float, optional
        Least commission of a trade by currency, whole cents; a currency without one has none.

    Returns
    -------
    table : FeeTable
        SLOT of its parts counts in `NOTE_KINDS`.
    assumptions : tuple of str
        What was taken on dates that no schedule covers, and for classes that trade in another currency than their
        venue's.

    Raises
    ------
    DataError
        If a venue is unknown, or the commission is negative or too fine.

    Examples
    --------
    >>> days = np.array(["2023-11-16", "2023-11-17"], dtype="datetime64[D]")
    >>> table, assumed = fee_table([("HKD", "XHKG", False)], days, 2.5, {"HKD": 18.0})
    >>> table.period[:, 0].tolist(), table.n_parts[:, 0].tolist(), assumed
    ([0, 1], [6, 6], ())
    >>> NOTE_KINDS[table.parts[0, 0, 0, 0]], table.parts[:, 0, 0, 1].tolist()
    ('stamp_duty', [1300000, 1000000])
    """
    least = {} if commission_min is None else commission_min
    days = dates.astype("datetime64[D]").astype(np.int64)
    period = np.zeros((len(days), len(classes)), dtype=np.int64)
    periods: list[dict[str, tuple[Charge, Charge]]] = []
    assumed: list[str] = []
    for column, (currency, venue, is_etf) in enumerate(classes):
        commission = commission_charge(commission_bps, least.get(currency, 0.0))
        spells = np.searchsorted(changes(venue, is_etf=is_etf), days, side="right")
        _, firsts, which = np.unique(spells, return_index=True, return_inverse=True)
        period[:, column] = which + len(periods)
        for first in firsts.tolist():
            charges = charges_on(venue, int(days[first]), is_etf=is_etf)
            periods.append(charges | {"commission": (commission, commission)})
        assumed += assumptions(venue, dates, is_etf=is_etf)
        own = venue_of(venue).currency
        if currency != own:
            assumed.append(
                f"Names in {currency} at {venue}: fixed fees, minima and maxima in {own} "
                f"are charged as so many {currency}."
            )
    return _as_arrays(period, periods), tuple(dict.fromkeys(assumed))


def _as_arrays(period: NDArray[np.int64], periods: Sequence[dict[str, tuple[Charge, Charge]]]) -> FeeTable:
    n_parts = np.zeros((len(periods), 2), dtype=np.int64)
    parts = np.zeros((len(periods), 2, len(NOTE_KINDS), N_COLUMNS), dtype=np.int64)
    for p, charges in enumerate(periods):
        for side in (BUY, SELL):
            due = [(kind, both[side]) for kind, both in charges.items() if _is_due(both[side])]
            n_parts[p, side] = len(due)
            for i, (kind, charge) in enumerate(due):
                parts[p, side, i] = _as_part(kind, charge)
    cents = parts.astype(np.float64)
    cents[..., HIGH] = np.where(parts[..., HIGH] == NO_MAXIMUM, np.inf, parts[..., HIGH])
    scaled = np.concatenate([cents, np.zeros((*parts.shape[:-1], 2))], axis=-1)
    to_dollar = parts[..., ROUNDING] == TO_DOLLAR_UP
    scaled[..., ROUNDING] = np.where(to_dollar, CENTS_PER_ONE, 1.0)
    scaled[..., STEP] = scaled[..., ROUNDING] * UNITS_PER_CENT
    scaled[..., EDGE] = np.where(to_dollar, 1.0, UNITS_PER_CENT / 2.0)  # any rest goes up to the next dollar
    cents[..., RATE : PER_SHARE + 1] /= UNITS_PER_CENT
    is_limited = (parts[..., LOW] > 0) | ((parts[..., HIGH] != NO_MAXIMUM) & (parts[..., HIGH] > 0))
    plain = np.where(is_limited[..., None], 0.0, cents[..., : FIXED + 1]).sum(axis=2)
    plain[..., SLOT] = 0.0
    limited = np.zeros((len(periods), int(is_limited.sum(axis=2).max(initial=0)), 2, HIGH + 1))
    for p, side in np.ndindex(len(periods), 2):
        mine = cents[p, side, is_limited[p, side], : HIGH + 1]
        limited[p, : len(mine), side] = mine
    simple, other, n_quick, most = _quick(n_parts, parts)
    return FeeTable(
        period=period,
        n_parts=n_parts,
        parts=parts,
        scaled=scaled,
        plain=plain,
        limited=limited,
        simple=simple,
        other=other,
        n_quick=n_quick,
        most=most,
        is_same=np.all(parts[:, BUY] == parts[:, SELL], axis=(1, 2)).astype(np.int64),
    )


def _quick(
    n_parts: NDArray[np.int64], parts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Write `simple`, `other`, `n_quick` and `most` of a table."""
    shape, n_kinds = parts.shape[:2], parts.shape[2]
    simple, other = np.zeros((*shape, n_kinds, CENTS + 1)), np.zeros((*shape, n_kinds, QUICK_HIGH + 1))
    n_quick, most = np.zeros((*shape, 2), dtype=np.int64), np.full(shape, MAX_UNITS / 2.0)
    for p, side in np.ndindex(*shape):
        for part in parts[p, side, : n_parts[p, side]].tolist():
            to_dollar = part[ROUNDING] == TO_DOLLAR_UP
            cents = int(CENTS_PER_ONE) if to_dollar else 1
            step = cents * int(UNITS_PER_CENT)
            # What is due is a whole multiple of this, and so is where rounding to the cent turns.
            grain = math.gcd(part[RATE], part[PER_SHARE], step if to_dollar else step // 2)
            shift = step - grain if to_dollar else step // 2
            per_unit = (part[RATE] / step, part[PER_SHARE] / step)
            high = np.inf if part[HIGH] == NO_MAXIMUM else part[HIGH]
            quick = (per_unit[0], (shift + grain / 2) / step, cents, per_unit[1], part[FIXED], part[LOW], high)
            is_other = part[PER_SHARE] > 0 or part[FIXED] > 0 or part[LOW] > 0 or high < np.inf
            at = n_quick[p, side, int(is_other)]
            if is_other:
                other[p, side, at] = quick
            else:
                simple[p, side, at] = quick[: CENTS + 1]
            n_quick[p, side, int(is_other)] += 1
            steps = min(grain / step / (4.0 * ROUNDINGS) - 1.0, MOST_CENTS / cents)  # half for each of both amounts
            for column in range(2):
                if per_unit[column] > 0.0:
                    most[p, column] = min(most[p, column], steps / per_unit[column])
            if max(part[FIXED], part[LOW]) > MOST_CENTS:
                most[p] = 0.0
    return simple, other, n_quick, most


def _is_due(charge: Charge) -> bool:
    return any((charge.rate, charge.per_share, charge.fixed, charge.minimum))


def _as_part(kind: str, charge: Charge) -> NDArray[np.int64]:
    part = np.zeros(N_COLUMNS, dtype=np.int64)
    part[SLOT] = NOTE_KINDS.index(kind)
    part[RATE] = _steps(charge.rate, RATE_STEP, kind)
    part[PER_SHARE] = _steps(charge.per_share, RATE_STEP, kind)
    part[FIXED] = _steps(charge.fixed, CENT_STEP, kind)
    part[LOW] = _steps(charge.minimum, CENT_STEP, kind)
    part[HIGH] = NO_MAXIMUM if charge.maximum is None else _steps(charge.maximum, CENT_STEP, kind)
    part[ROUNDING] = TO_DOLLAR_UP if charge.rounding == DOLLAR_UP else TO_CENT
    is_limited = bool(charge.minimum) or charge.maximum is not None
    if max(part[RATE], part[PER_SHARE]) > MAX_RATE or (charge.rounding == DOLLAR_UP and (is_limited or charge.fixed)):
        raise DataError(
            f"{kind} is above 100 % or 1 a share, or has whole dollars with limits or a fixed part: kernels cannot "
            "charge it."
        )
    return part


def _steps(value: Decimal, step: Decimal, kind: str) -> int:
    with localcontext(EXACT):
        if value % step:
            raise DataError(f"{kind} is {value}: it has to be a multiple of {step}.")
        return int(value / step)
