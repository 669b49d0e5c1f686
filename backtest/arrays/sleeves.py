"""Laying out a setup in sleeves, and which decisions they are exact for."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.arrays.sleeve_steps import FILLS_AT, NONE, Steps, write_steps
from backtest.kernels import state
from backtest.kernels.sleeve_tables import (
    IRREGULAR,
    IRREGULAR_AGAIN,
    MARK_ROW,
    NOT_NEGATIVE,
    REGULAR,
    WIDTH,
    Sleeves,
    fill_tables_nb,
    mark_tables_nb,
    part_tables_nb,
    read_prices_nb,
    size_tables_nb,
)


def has_sleeves(prepared: Prepared) -> bool:
    """Say whether sleeves are exact under the settings of a run: costs in proportion, fractional shares, whole orders.

    Parameters
    ----------
    prepared : Prepared

    Returns
    -------
    bool
    """
    rules, world = prepared.rules, prepared.world
    is_plain = (
        rules.sizing == state.AT_DECISION
        and rules.shut_market == state.QUEUE
        and rules.funding == state.OVERLAP
        and rules.fx_mode == state.CONVERT_AT_FILL
    )
    decides_otherwise = rules.rebalance_band or rules.no_trade_band or rules.stop_drawdown or rules.maintenance_margin
    counts_shares = rules.exact_costs or rules.has_room or bool(world.lot.any())
    costs_differ = bool(np.ptp(world.half_spread, axis=1).any())  # of names that pay the same fees
    holds_otherwise = rules.has_carry or rules.has_shorts or rules.max_gross > 1.0 or len(world.actions.kind)
    is_countable = len(prepared.names) <= NOT_NEGATIVE
    return bool(
        is_plain and is_countable and not (decides_otherwise or counts_shares or costs_differ or holds_otherwise)
    )


def lay_out_sleeves(prepared: Prepared, inner: NDArray[np.float64]) -> Sleeves:
    """Lay out a setup in sleeves.

    Parameters
    ----------
    prepared : Prepared
        Of settings for which `has_sleeves`.
    inner : ndarray of shape (n_decisions, n_baskets, n_assets)
        Weights within baskets that share no name.

    Returns
    -------
    Sleeves
    """
    timeline, world = prepared.timeline, prepared.world
    n_decisions, n_venues, n_assets = len(inner), len(prepared.venues), len(prepared.names)
    owner = np.argmax(inner.any(axis=0), axis=0)
    is_held = inner.any(axis=(0, 1))
    # Numbered by venue, then by basket, then by what their trades cost.
    n_baskets, n_classes = inner.shape[1], int(world.fee_class.max(initial=0)) + 1
    number = (world.venue.astype(np.int64) * n_baskets + owner) * n_classes + world.fee_class.astype(np.int64)
    kinds = np.unique(number[is_held])
    name = np.concatenate([np.flatnonzero(is_held & (number == kind)) for kind in kinds]).astype(np.int64)
    basket, venue = kinds // n_classes % n_baskets, kinds // n_classes // n_baskets
    first = np.concatenate([[0], np.cumsum([(number[is_held] == kind).sum() for kind in kinds])]).astype(np.int64)
    by_name = np.ascontiguousarray(inner[:, owner[name], name])

    tried_at = _first_fills(prepared)
    tried = (tried_at != NONE).astype(np.int64)
    held = _held(tried)
    event = np.append(np.flatnonzero(timeline.kind == state.DECIDE), len(timeline.kind))
    splits = _splits(prepared, tried_at, np.unique(venue))
    steps = write_steps(prepared, tried_at, splits, np.unique(venue))
    odd = _odd(prepared, by_name, name, held, splits, tried_at, steps.fills)
    irregular: NDArray[np.int64] = np.full(n_decisions, REGULAR)
    for f in np.flatnonzero(odd):
        k, *_, is_first = steps.fills[f]
        irregular[k] = max(irregular[k], IRREGULAR if is_first else IRREGULAR_AGAIN)
    n_sleeves, n_names = len(kinds), len(name)

    def room(*shape: int) -> NDArray[np.float64]:
        return np.zeros(shape)

    def counts(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, dtype=np.int64)

    columns = np.array(steps.rows, dtype=np.int64).reshape(-1, 7).T.copy()
    sleeves = Sleeves(
        first=first,
        name=name,
        basket=basket,
        venue=venue,
        venue_first=np.searchsorted(venue, np.arange(n_venues + 1)).astype(np.int64),
        inner=by_name,
        value=room(n_decisions, n_assets),
        last_price=room(n_decisions, n_assets),
        last_session=counts(n_decisions, n_venues),
        held=held,
        rank=counts(n_decisions, n_names),
        drift=room(n_decisions, n_names + 2 * n_sleeves),
        sums=room(n_decisions, (n_names + n_sleeves) * WIDTH),
        worth_wanted=room(n_decisions, n_sleeves),
        worth_held=room(n_decisions, n_sleeves),
        least_wanted=room(n_decisions, n_sleeves),
        least_held=room(n_decisions, n_sleeves),
        n_new=room(n_decisions, n_sleeves),
        n_held=room(n_decisions, n_sleeves),
        rates=room(n_decisions, n_sleeves, 2),
        splits=splits,
        tried=tried,
        irregular=irregular,
        event=event,
        kind=columns[0],
        row=columns[1],
        decision=columns[2],
        place=columns[3],
        at=columns[4],
        slot=columns[5],
        is_first=columns[6],
        stands=np.array(steps.stands, dtype=np.int64).reshape(-1, n_venues),
        fills=room(len(steps.fills), n_names + n_sleeves, 2),
        net=room(len(steps.fills), n_sleeves, 2),
        odd=odd,
        pays=room(len(steps.fills), n_sleeves, 2),
        worth=room(len(prepared.rows.dates), n_sleeves),
        part=room(len(steps.parts), n_names + n_sleeves, 2),
        part_total=room(len(steps.parts), n_sleeves),
    )
    _fill_tables(prepared, sleeves, steps, _held_at_marks(prepared, tried_at))
    return sleeves


def _first_fills(prepared: Prepared) -> NDArray[np.int64]:
    """Find the event at which the orders of each decision first meet a session, shape (K, V); -1 before the next."""
    timeline, rows, kind = prepared.timeline, prepared.rows, FILLS_AT[prepared.rules.fill]
    events = np.append(np.flatnonzero(timeline.kind == state.DECIDE), len(timeline.kind))
    found = np.full((len(events) - 1, len(prepared.venues)), NONE)
    if kind == state.DECIDE:
        found[:] = events[:-1, None]
        return found
    for v in range(len(prepared.venues)):
        fills = np.flatnonzero((timeline.kind == kind) & (timeline.venue == v))
        begun = rows.opens[timeline.row[fills], v]  # ascending, as the fills are
        at = np.searchsorted(begun, timeline.stamp[events[:-1]], side="right")
        known = at < len(fills)
        found[known, v] = fills[at[known]]
        found[found[:, v] >= events[1:], v] = NONE
    return found


def _held(tried: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say which decision was last filled at each venue when the next is made, shape (K, V); -1: none."""
    filled = np.where(tried == 1, np.arange(len(tried))[:, None], NONE)
    held: NDArray[np.int64] = np.full(filled.shape, NONE)
    held[1:] = np.maximum.accumulate(filled, axis=0)[:-1]
    return held


def _held_at_marks(prepared: Prepared, tried_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say which decision is held at each venue at each mark, shape (R, V)."""
    held = np.full((len(prepared.marks), tried_at.shape[1]), NONE)
    for v in range(tried_at.shape[1]):
        decided = np.flatnonzero(tried_at[:, v] != NONE)
        at = np.searchsorted(tried_at[decided, v], prepared.marks)
        held[at > 0, v] = decided[at[at > 0] - 1]
    return held


def _splits(prepared: Prepared, tried_at: NDArray[np.int64], venues: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say of which decisions the legs meet their sessions on different dates, or some before the next and some not."""
    rows = np.where(tried_at[:, venues] == NONE, NONE, prepared.timeline.row[tried_at[:, venues]])
    differ: NDArray[np.bool_] = rows.min(axis=1) != rows.max(axis=1)
    return differ.astype(np.int64)


def _odd(
    prepared: Prepared,
    inner: NDArray[np.float64],
    name: NDArray[np.int64],
    held: NDArray[np.int64],
    splits: NDArray[np.int64],
    tried_at: NDArray[np.int64],
    fills: list[tuple[int, ...]],
) -> NDArray[np.int64]:
    """Find the fills that sleeves may not say: a name has no price, a limit or a halt, or its proceeds do not count."""
    if not fills:
        return np.zeros(0, dtype=np.int64)
    k, row, v, event, _, first = np.array(fills, dtype=np.int64).T  # one a fill; what follows is by fill and name
    timeline, world, at_open = prepared.timeline, prepared.world, prepared.rules.fill == state.NEXT_OPEN
    venue, every = world.venue[name].astype(np.int64), np.arange(len(name))
    has_open, has_close = ~np.isnan(world.open[:, name]), ~np.isnan(world.close[:, name])
    has_session = prepared.rows.opens != NONE
    last = np.maximum.accumulate(np.where(has_session, np.arange(len(has_session))[:, None], NONE), axis=0)
    before = np.where((row > 0)[:, None], last[row - 1][:, venue], NONE)  # the last session of the name's venue
    h = held[k][:, venue]
    has_orders = (inner[k] > 0.0) | ((h != NONE) & (inner[h, every] > 0.0))
    had_session, had_open, had_close = before != NONE, has_open[before, every], has_close[before, every]

    late = ~has_open[row]
    bad = late & ~has_close[row] if at_open else ~has_close[row]
    bad |= world.barred[row if len(world.barred) > 1 else np.zeros_like(row)][:, name] != 0
    if at_open:  # a name without an open waits for the close, and its proceeds do not count where it looks halted
        bad |= late & ((splits[k] != 0)[:, None] | ((first != 0)[:, None] & had_session & (had_open | ~had_close)))
    odd = (has_orders & bad & (venue == v[:, None])).any(axis=1)
    if prepared.rules.fill != state.SAME_CLOSE:  # nor do they at a fill of another venue, before its own
        is_due = (timeline.due[event] == state.DUE_ALL) & (timeline.start[event] > prepared.decisions[k][:, None])
        is_due &= (tried_at[k] == NONE) | (tried_at[k] >= event[:, None])
        waits = is_due[:, venue] & (venue != v[:, None])
        odd |= (has_orders & waits & had_session & ~had_close).any(axis=1)
    found: NDArray[np.int64] = odd.astype(np.int64)
    return found


def _fill_tables(prepared: Prepared, sleeves: Sleeves, steps: Steps, held_at_marks: NDArray[np.int64]) -> None:
    timeline, world, rules = prepared.timeline, prepared.world, prepared.rules
    marked = np.zeros((len(prepared.rows.dates), len(prepared.names)))
    read_prices_nb(
        timeline, world, prepared.first_prices, np.empty(len(prepared.names)), sleeves.value, sleeves.last_price,
        sleeves.last_session, marked,
    )  # fmt: skip
    rows = timeline.row[sleeves.event[:-1]]
    size_tables_nb(world, rules.fx_spread, rules.base, rows, sleeves)
    uses_close = rules.fill != state.NEXT_OPEN
    fills = np.array(steps.fills, dtype=np.int64).reshape(-1, 6)
    fill_tables_nb(world, rules.fx_spread, rules.base, uses_close, fills, sleeves)
    mark_tables_nb(held_at_marks, marked, sleeves)
    is_part = (sleeves.kind == MARK_ROW) & (sleeves.place != NONE)
    parts = np.array(steps.parts, dtype=np.int64).reshape(-1, 2)
    part_tables_nb(parts, sleeves.stands[is_part], marked, sleeves)
