"""What the ledger reads, keeps and writes: named tuples of arrays.

Shapes: E events, R rows (dates), K decisions, A names, V venues, C currencies, G fee classes, N corporate actions,
M slots of the settlement ring, L lanes. Names, venues and currencies are in alphabetical order. Lanes are the last
axis; a lane never reads another's. An array of shape (1 | R, A) has one row where all rows would be equal.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.costs.kernels.fees import FeeTable

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array
U = NDArray[np.uint64]

# Kinds of events, in their order at one stamp.
BEGIN, EX_DATE, OPEN, CLOSE, DECIDE, MARK = 0, 1, 2, 3, 4, 5
# fill
NEXT_OPEN, NEXT_CLOSE, SAME_CLOSE = 0, 1, 2
# sizing
AT_DECISION, AT_FILL_SIZE = 0, 1
# shut_market
QUEUE, CANCEL, BASKET = 0, 1, 2
# fx
CONVERT_AT_FILL, HOLD_CURRENCY = 0, 1
# funding
OVERLAP, PREFUNDED, SETTLED = 0, 1, 2
# Kinds of corporate actions.
SPLIT, DIVIDEND, SCRIP, DELISTING = 0, 1, 2, 3
# Bits of a name that a price limit bars.
BUY_AT_OPEN, SELL_AT_OPEN, BUY_AT_CLOSE, SELL_AT_CLOSE = 1, 2, 4, 8
# Which unfilled orders of a venue can still fill on the event's date.
DUE_NONE, DUE_ALL, DUE_LATE = 0, 1, 2
# Kinds of journal entries: those below MOVES change shares, at a price.
FILLED, SPLIT_ADDED, SCRIP_ADDED, DELISTED, REINVESTED, MOVES = 0, 1, 2, 3, 4, 5
CUT, CAPPED, BARRED, UNPRICED = 5, 6, 7, 8
DROPPED_SHUT, DROPPED_CUT, DROPPED_UNPRICED, DROPPED_DELISTED, DROPPED_CAPPED, REPLACED = 9, 10, 11, 12, 20, 21
SHORT_LIMITED, RECALLED, STOPPED, PASSED_OVER, MARGIN_CALL, DIVIDEND_DUE, DIVIDEND_PAID = 13, 14, 15, 16, 17, 18, 19
# Sides of a cost table; and buy-ins, the third kind of order.
BUY, SELL, FORCED = 0, 1, 2
# Columns of Scratch.notes: of a name, 1 / FX, 1 / worth of a share (0 for a name without a price), raw shares a share,
# costs as of `World`, whether any fee goes by shares, and how many kinds there are.
LOCAL, COUNT, UNIT, HALF_SPREAD, IMPACT, BY_SHARE, N_KINDS = 0, 1, 2, 3, 4, 5, 6
# Of a kind of fee: those of `FeeTable.limited` by side, those of sells behind; and bits of what it goes by.
OF_SELLS, WHAT, N_NOTED = 5, 11, 12
BY_MONEY, BY_SHARES, IS_FIXED, HAS_LOW, HAS_HIGH, DIFFERS = 1, 2, 4, 8, 16, 32
# Results of a run.
OK, NAV_NOT_POSITIVE, JOURNAL_FULL, TRADE_TOO_LARGE = 0, 1, 2, 3

# An order below this share of NAV is rounding, not an order.
DUST = 1e-12
# Room for rounding when buys are held against buying power and gross, as a share of NAV.
FUNDING_TOLERANCE = 1e-11
# Room for rounding when shares are counted in lots, in lots.
LOT_TOLERANCE = 1e-9
# Above this fraction of what it moves, an order costs more than it is worth.
DEAREST = 0.5
# The stop that never ends, as a day.
FOR_EVER = np.iinfo(np.int64).max


class Timeline(NamedTuple):
    """Everything that happens, in order.

    kind, stamp (UTC nanoseconds), venue (-1 if none), row, decision (of a decision its index, of a mark at which the
    ledger may decide by itself the index behind the last decision's, of an ex date that of its group of actions, else
    -1): (E,). due, start: (E, V), which orders of a venue can still fill on the event's date (DUE_*), and the start
    of its session of that date, -1 without one; both as known at the event. day: (R,), days since 1970. first_day,
    second_day: (K, V), dates of the first and second session that start after the decision; last_day: of the last one
    that started by then; surprise_day: of the first one scheduled then and cancelled at shorter notice, -1 if none.
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


class Actions(NamedTuple):
    """Corporate actions in the order in which they take effect.

    kind, asset: (N,). amount: (N,), see `data.actions`; NaN: a delisting at the last price. kept: (N,), what
    withholding leaves of a dividend, fraction. group_first: (groups + 1,), the actions of each ex-date event.
    pay_order: (N,), actions by row of payment; pay_first: (R + 1,), the part of it that is paid at each row.
    """

    kind: I
    asset: I
    amount: F
    kept: F
    group_first: I
    pay_order: I
    pay_first: I


class World(NamedTuple):
    """Prices, rates and costs.

    open, close: (R, A), local currency, NaN where there is none. fx: (E, C), base per unit, 0 where unknown.
    venue, currency, fee_class: (A,), unsigned. rate: (R, G, 2), proportional fees, fraction of notional by side. fees:
    the same as contract notes, under exact costs. half_spread, impact: (1 | R, A), fraction of notional, and that of
    one share (it grows with the square root). unit: (1 | R, A), raw shares per share. lot, room: (1 | R, A), shares;
    0 for no lots, inf for no bound. barred: (1 | R, A), bits. credit, debit: (R, C), interest of the row per unit of
    balance. settle_slot: (R, V), where in the settlement ring a fill's money waits. carry_long, carry_short: (1 | R,
    A), cost of the row per unit of value held. available: (1 | R, A, 2), shares that can be borrowed, before and after
    what goes ex in the row.
    """

    open: F
    close: F
    fx: F
    venue: U
    currency: U
    fee_class: U
    rate: F
    fees: FeeTable
    half_spread: F
    impact: F
    unit: F
    lot: F
    room: F
    barred: I
    credit: F
    debit: F
    settle_slot: I
    carry_long: F
    carry_short: F
    available: F
    actions: Actions


class Rules(NamedTuple):
    """Settings as codes; base: index of the base currency; fractions, stop_days in calendar days."""

    fill: int
    sizing: int
    shut_market: int
    fx_mode: int
    funding: int
    exact_costs: int
    has_carry: int
    has_shorts: int
    has_room: int
    reinvests: int
    base: int
    fx_spread: float
    rebalance_band: float
    no_trade_band: float
    stop_drawdown: float
    stop_days: int
    maintenance_margin: float
    max_gross: float


class Book(NamedTuple):
    """The state of every lane; opening in, closing out.

    shares, order (shares still to trade, 0 for none), target, asked (weight of the live decision, NaN: held; written
    for sizing at fills alone), plan_value (base value of a share at the sizing), plan_cost (expected cost rate of the
    order), undelivered (shares owned that cannot be sold yet), reinvest (dividends, local, that wait for a close),
    forced (stamp of a buy-in order, 0 for none): (A, L). cash (by trade date), due (dividends): (C, L). unsettled
    (net), incoming: (M, C, L), what has yet to settle, by slot. owed: (N, L), what each action still has to pay, in
    money or shares. last_price: (A,), local, 0 before the first. last_session: (V,), row of the venue's last close, -1
    before any. plan_incoming: (M, L). plan_cash, plan_nav, target_gross, peak: (L,). decided_at (stamp, -1 before any),
    begun (1 from the first fill), stopped_until (day, -1 without a stop): (L,).
    leg_day: (V, L), the one date on which orders may fill under `cancel`. pending: (V,), how many orders wait.
    """

    shares: F
    order: F
    target: F
    asked: F
    plan_value: F
    plan_cost: F
    undelivered: F
    reinvest: F
    forced: I
    cash: F
    due: F
    unsettled: F
    incoming: F
    owed: F
    last_price: F
    last_session: I
    plan_incoming: F
    plan_cash: F
    plan_nav: F
    target_gross: F
    peak: F
    decided_at: I
    begun: I
    stopped_until: I
    leg_day: I
    pending: I


class Scratch(NamedTuple):
    """Room to work in.

    lanes: one number a lane; a tuple of one for a single lane, so that its loops over lanes are compiled away, else
    an array. value, most (shares that can be borrowed), buying, selling, spread (expected cost rates that lanes share),
    goes (bits, what an event lets a name's orders do): (A,). asked, now, later (the parts of orders that can fill at
    the event and later on its date): (A, L). rates, expected costs by side; terms, what is added up or cut:
    (2, A, L). notes: (A, n, 12), what expected costs of a name go by, its kinds of fees behind it: those without limits
    added up, then those with. nav, held, total, slope, knot, factor, sought, budget, power, need, bought, gross,
    gross_bought, scale: (L,). before: (C,). venue_due: (V, L). active: (L,).

    Orders in a list, at most A x L, with a vector to spare: name, lane (unsigned: an index that cannot be negative
    needs no second look), moved (shares), notional (signed), fee, half_spread, impact, fx_cost (local currency); and
    neighbours of one fee class: consideration, quantity, raw, spread_rate, impact_of_one, rate, clearance.
    """

    lanes: tuple[int] | I
    value: F
    most: F
    buying: F
    selling: F
    spread: F
    goes: I
    asked: F
    now: F
    later: F
    rates: F
    terms: F
    notes: F
    nav: F
    held: F
    total: F
    slope: F
    knot: F
    factor: F
    sought: F
    budget: F
    power: F
    need: F
    bought: F
    gross: F
    gross_bought: F
    scale: F
    before: F
    venue_due: I
    active: I
    name: U
    lane: U
    moved: F
    notional: F
    fee: F
    half_spread: F
    impact: F
    fx_cost: F
    consideration: F
    quantity: F
    raw: F
    spread_rate: F
    impact_of_one: F
    rate: F
    clearance: F


class Asks(NamedTuple):
    """What lanes ask for: weights, (K, A, L); or baskets, inner weights (K, B, A) and shares of them (P, B, L).

    Shares of decision k stand at k % P. The other has length 0. NaN: hold the name; all NaN: leave the lane alone.
    """

    weights: F
    inner: F
    shares: F


class Journal(NamedTuple):
    """What happened to orders and holdings, one entry each; no room (length 0) means: do not record.

    entries: (5, N), kind, event, lane, name (-1 for the whole book), stamp of the decision (-1 for none). amounts:
    (7, N), shares, price, fx, then in local currency fees, half-spread, impact, fx cost; of a dividend shares, amount
    a share, fx, tax withheld. n_entries: (1,).
    """

    entries: I
    amounts: F
    n_entries: I


class Record(NamedTuple):
    """What each mark saw, and what moved since the last.

    Always kept, in base currency: nav; money, what of it is cash and dividends due; of the row's own events traded, the
    notional of fills, and paid, all costs of fills and of holding, at the FX of the event: (R, L). n_fills: (L,).

    Kept if wanted, else of length 0. price: (R, A), last prices. shares: (R, A, L). cash, due, receivable, payable: (R,
    C, L). interest, borrow, withheld: (R, C, L), what the row began with, local; withheld is that of a stated yield.
    flow: (R, C, L), what entered a foreign balance or dividends due, in base currency at the FX of the moment.
    """

    nav: F
    money: F
    traded: F
    paid: F
    n_fills: I
    price: F
    shares: F
    cash: F
    due: F
    receivable: F
    payable: F
    interest: F
    borrow: F
    withheld: F
    flow: F
