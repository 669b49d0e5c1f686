"""Section 7: the begin of a row."""

import datetime as dt

from tests.naive.state import State
from tests.naive.world import Session


def begin_row(state: State, row: Session, previous: Session | None) -> None:
    """Interest, carry, settlement, what corporate actions pay, recalls: only from the first fill on."""
    state.row_date = row.date
    if previous is None or not state.has_begun():
        return
    interest(state, row, previous)
    carry(state, row, previous)
    state.unsettled = [one for one in state.unsettled if one[2] is None or one[2] > row.date]
    for claim in [claim for claim in state.money_due if claim.is_payable(row.date)]:
        state.pay_out(claim, row.open)
        state.money_due.remove(claim)
    state.shares_due = [claim for claim in state.shares_due if not claim.is_payable(row.date)]
    recalls(state, row)


def interest(state: State, row: Session, previous: Session) -> None:
    """Each settled balance earns or pays for the calendar days since the previous row."""
    world, days = state.world, (row.date - previous.date).days
    earned = {}
    for currency in state.cash:
        if not world.readings.get(currency):
            continue  # Reading: a currency without any reading earns and pays nothing.
        reading = world.fallback_rate
        for date, percent in reversed(world.readings[currency]):
            known_from = ((date - dt.date(1970, 1, 1)).days + 1) * 86_400 * 10**9
            if known_from <= previous.close:
                # Reading: staler than `rate_max_age_days`, or none yet: the fallback.
                stale = (previous.date - date).days > world.rate_max_age_days
                reading = world.fallback_rate if stale else percent
                break
        credit = max(reading - world.rate_spread, min(reading, 0.0))
        debit = reading + world.rate_spread
        settled = state.settled(currency)
        rate = (credit if settled >= 0.0 else debit) / 100.0
        earned[currency] = settled * rate * days / basis(currency)
    for currency, amount in earned.items():
        state.cash[currency] += amount


def basis(currency: str) -> int:
    """Days in a year of a currency."""
    return 360 if currency == "USD" else 365  # Reading: 365 for currencies the page does not name.


def carry(state: State, row: Session, previous: Session) -> None:
    """Shorts pay to borrow, longs the withholding inside the yield that adjusted prices count whole."""
    world, days = state.world, (row.date - previous.date).days
    for symbol in state.symbols:
        currency, y = world.currency[symbol], abs(state.shares[symbol]) * state.last[symbol]
        if state.shares[symbol] < 0.0:
            state.cash[currency] -= y * world.borrow_fee(symbol, previous.date) / 100.0 * days / basis(currency)
        elif state.shares[symbol] > 0.0:
            state.cash[currency] -= y * world.carry_yield(symbol, previous.date) / 100.0 * days / 365


def recalls(state: State, row: Session) -> None:
    """A short beyond what can be borrowed gets a forced order for the excess."""
    for symbol in state.symbols:
        short, available = -state.shares[symbol], state.available(symbol)
        # Reading: a recall that is no longer needed stays until it fills.
        if short > 0.0 and short > available * (1.0 + 1e-9):
            state.forced[symbol] = (row.open, -available)
            state.targets.pop(symbol, None)
            state.log(row.open, symbol, "recall")
