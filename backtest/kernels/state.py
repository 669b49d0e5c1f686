"""What the ledger reads, keeps and writes: named tuples of arrays.

Shapes: E events, R rows (dates), K decisions, A names, V venues, C currencies, G fee classes, L lanes.
Names, venues and currencies are in alphabetical order. Lanes are the last axis; a lane never reads another's.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array

# Kinds of events, in their order at one stamp.
ACCRUE, OPEN, CLOSE, DECIDE, MARK = 0, 1, 2, 3, 4
# fill
NEXT_OPEN, NEXT_CLOSE, SAME_CLOSE = 0, 1, 2
# sizing
AT_DECISION, AT_FILL_SIZE = 0, 1
# shut_market
QUEUE, CANCEL, BASKET = 0, 1, 2
# fx
CONVERT_AT_FILL, HOLD_CURRENCY = 0, 1
# Which unfilled orders of a venue can still fill on the event's date.
DUE_NONE, DUE_ALL, DUE_LATE = 0, 1, 2
# Kinds of journal entries.
FILLED, CUT, DROPPED_SHUT, DROPPED_CUT, DROPPED_UNPRICED, UNPRICED = 0, 1, 2, 3, 4, 5
# What a name had in its venue's last session.
NO_CLOSE, NO_OPEN, WHOLE_BAR = 0, 1, 2
# Sides of a cost table.
BUY, SELL = 0, 1
# Results of a run.
OK, NAV_NOT_POSITIVE, JOURNAL_FULL = 0, 1, 2

# An order below this share of NAV is rounding, not an order.
DUST = 1e-12
# Room for rounding when buys are held against buying power and gross, as a share of NAV.
FUNDING_TOLERANCE = 1e-11


class Timeline(NamedTuple):
    """Everything that happens, in order.

    kind, stamp (UTC nanoseconds), venue (-1 if none), row, decision (-1 if none): (E,).
    due, start: (E, V), which orders of a venue can still fill on the event's date (DUE_*), and the start of
    its session of that date, -1 without one; both as known at the event.
    day: (R,), days since 1970. first_day, second_day: (K, V), dates of the first and second session that start
    after the decision; last_day: of the last one that started by then; surprise_day: of the first one scheduled
    then and cancelled at shorter notice, -1 if none.
    """

    kind: I
    stamp: I
    venue: I
    row: I
    decision: I
    due: I
    start: I
    day: I
    first_day: I
    second_day: I
    last_day: I
    surprise_day: I


class World(NamedTuple):
    """Prices, rates and costs.

    open, close: (R, A), local currency, NaN where there is none. fx: (E, C), base per unit, 0 where unknown.
    venue, currency, fee_class: (A,). fee: (R, G, 2), fraction of notional by side; cost: (R, G, 2), the
    same with the FX spread on the payment. credit, debit: (R, C), interest of the row per unit of balance.
    """

    open: F
    close: F
    fx: F
    venue: I
    currency: I
    fee_class: I
    fee: F
    cost: F
    credit: F
    debit: F


class Rules(NamedTuple):
    """Settings as codes; base: index of the base currency; fx_spread: fraction."""

    fill: int
    sizing: int
    shut_market: int
    fx_mode: int
    base: int
    fx_spread: float


class Book(NamedTuple):
    """The state of every lane; opening in, closing out.

    shares, order (shares still to trade, 0 for none), target, plan_value (base value of a share at the sizing):
    (A, L). cash: (C, L). last_price: (A,), local, 0 before the first. last_bar: (A,), what the name had in its venue's
    last session (NO_CLOSE, NO_OPEN, WHOLE_BAR; NO_OPEN before the first). plan_cash, plan_nav, target_gross: (L,).
    decided_at (stamp), live (index of the live decision, -1 before any), plan_row, begun (1 from the first fill):
    (L,). leg_day: (V, L), the one date on which orders may fill under `cancel`. pending: (V,), how many orders wait.
    """

    shares: F
    order: F
    target: F
    plan_value: F
    cash: F
    last_price: F
    last_bar: I
    plan_cash: F
    plan_nav: F
    target_gross: F
    decided_at: I
    live: I
    plan_row: I
    begun: I
    leg_day: I
    pending: I


class Scratch(NamedTuple):
    """Room to work in.

    value: (A,). asked: (A, L). nav, held, total, slope, knot, factor, power, need, bought, gross, scale: (L,).
    venue_due: (V, L). active: (L,).
    """

    value: F
    asked: F
    nav: F
    held: F
    total: F
    slope: F
    knot: F
    factor: F
    power: F
    need: F
    bought: F
    gross: F
    scale: F
    venue_due: I
    active: I


class Journal(NamedTuple):
    """What happened to orders, one entry each; no room (length 0) means: do not record.

    entries: (N, 5), kind, event, lane, name, decision. amounts: (N, 5), shares, price, fx, fees, fx cost (the
    last two in local currency). n_entries: (1,).
    """

    entries: I
    amounts: F
    n_entries: I


class Record(NamedTuple):
    """What each mark saw, and what moved since the last.

    nav: (R, L). shares: (R, A, L). cash: (R, C, L). interest: (R, C, L), local. flow: (R, C, L), what entered a
    foreign balance by trades and conversions, in base currency at the FX of the moment. All but nav may have
    length 0: not wanted.
    """

    nav: F
    shares: F
    cash: F
    interest: F
    flow: F
