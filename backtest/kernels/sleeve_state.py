"""What the ledger in sleeves reads and writes: its books, room to work in, and what comes of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 - the field's letter for an integer array


class SleeveBook(NamedTuple):
    """The state of every lane. S sleeves, V venues, M slots of the settlement ring, L lanes.

    held, wanted: (S, L), units of each sleeve held and asked for, base currency at the decision each was sized at.
    rank: (S, L), how many names of the sleeve are bought. bought: (S, L), base currency, at the prices of the fill.
    is_used: (S,), lanes that hold it or ask for it.
    rest: (V, L), part of a venue's buys that has not filled. waits: (V,), lanes that have tried and have some left.
    ring: (M, L), base currency that settles later, by slot.
    cash, waiting (what of it has yet to settle), begun (1 from the first fill), in_general (1: the lane is with the
    general form): (L,).
    plan_cash, plan_nav, target_gross: (L,), what funding is held against where legs fall due on different dates.
    buys, buys_due (with costs), sells, sells_due (less costs), present: (V, L), of each venue at the plan's prices.
    """

    held: F
    wanted: F
    rank: I
    bought: F
    is_used: I
    waits: I
    rest: F
    ring: F
    cash: F
    waiting: F
    begun: F
    in_general: F
    plan_cash: F
    plan_nav: F
    target_gross: F
    buys: F
    buys_due: F
    sells: F
    sells_due: F
    present: F


class SleeveScratch(NamedTuple):
    """Room to work in. S sleeves, L lanes.

    Of a decision: ratio: (S, L), wanted over held before the wanted is cut. is_alike: (S,), 1 where the rank of all
    lanes is the same. flags: (L,), see `end_sizing_nb`. needs_general: (L,), 1: the lane goes to the general form. nav,
    factor (what cash pays for of the targets), need, slope: (L,).
    Of a fill: part, power, need, gross, buying, pay, traded, cost, filled: (L,). ones: (L,), 1.
    units: (L,), of a sleeve, of lanes that come back from the general form.
    """

    ratio: F
    is_alike: I
    needs_general: F
    flags: I
    nav: F
    factor: F
    need: F
    slope: F
    part: F
    power: F
    gross: F
    buying: F
    units: F
    ones: F
    pay: F
    traded: F
    cost: F
    filled: F


class SleeveResults(NamedTuple):
    """What came of every lane; of the last P rows, row r at r % P.

    nav, money: (P, L), at the marks. traded, paid: (P, L), see `Record`; traded_at: (P,), of which row they tell.
    n_fills, general (decisions that took the general form): (L,).
    """

    nav: F
    money: F
    traded: F
    paid: F
    traded_at: I
    n_fills: I
    general: I


class Outcomes(NamedTuple):
    """What is kept of blocks that run one after the other; N lanes in all.

    measures: (len(MEASURES), N). sums, squares: (n_blocks, N), see `Meter`. general: (N,), see `SleeveResults`.
    """

    measures: F
    sums: F
    squares: F
    general: I
