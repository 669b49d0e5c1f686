"""What a run did that a reader must be told: cuts, calls, recalls, debits, stale marks, labels."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.arrays.timeline import NONE
from backtest.arrays.tradable import SUSPENDED_AFTER
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Journal, Record
from data.costs.impact import MIN_KNOWN

# Gross above 1 by no more than this is rounding.
GROSS_ROUNDING = 1e-6


def observe(
    config: RunConfig, prepared: Prepared, journal: Journal, record: Record, rows: NDArray[np.int64]
) -> tuple[str, ...]:
    """Say what a reader of a result must know.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
    journal : Journal
    record : Record
        Of one lane.
    rows : ndarray of shape (n_dates,)
        Rows marked.

    Returns
    -------
    tuple of str
    """
    notes = []
    if config.fill == "same_close":
        notes.append("Filled at the very close that decides (same_close): for comparison only, nobody can trade so.")
    n = int(journal.n_entries[0])
    entries = journal.entries[:, :n].T
    filled = entries[entries[:, 0] == state.FILLED]
    late = int((prepared.timeline.kind[filled[:, 1]] == state.CLOSE).sum()) if config.fill == "next_open" else 0
    if late:
        notes.append(f"{late} of {len(filled)} fills are at the close, because the open of the session is not known.")
    notes += _boundless(filled, prepared, config)
    notes += _undated(filled, prepared, rows)
    notes += _counted(entries, prepared, len(rows))
    notes += _debits(prepared, record, rows, config)
    notes += _stale(prepared, record, rows)
    return tuple(notes)


def _boundless(filled: NDArray[np.int64], prepared: Prepared, config: RunConfig) -> list[str]:
    """Count the fills that a participation bound or impact was asked for, and had none."""
    row, name, world = prepared.timeline.row[filled[:, 1]], filled[:, 3], prepared.world
    notes = []
    for asked, table, nothing, text in (
        (config.max_participation is not None, world.room, np.inf, f"no bound: fewer than {MIN_KNOWN} volumes were"),
        (config.impact > 0, world.impact, 0.0, "no impact: volume or volatility was 0 or not"),
    ):
        if not asked:
            continue
        met = table[np.minimum(row, len(table) - 1), name] == nothing
        counts = np.bincount(name[met], minlength=len(prepared.names))
        names = [f"{prepared.names[a]} ({counts[a]})" for a in np.flatnonzero(counts)]
        if names:
            listed = ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
            notes.append(f"{counts.sum()} of {len(filled)} fills had {text} known before: {listed}.")
    return notes


def _undated(filled: NDArray[np.int64], prepared: Prepared, rows: NDArray[np.int64]) -> list[str]:
    """Say which fills are of a date that is not marked: the run stops in the middle of it."""
    row_of = prepared.timeline.row[filled[:, 1]]
    n = int((~np.isin(row_of, rows)).sum())
    if not n:
        return []
    day = prepared.rows.dates[row_of[~np.isin(row_of, rows)][0]]
    return [f"The run stops before the mark of {day}: its fills ({n}) are in the trades, and in no table by date."]


def _counted(entries: NDArray[np.int64], prepared: Prepared, n_dates: int) -> list[str]:
    """Say how often the ledger did something of its own."""
    said = (
        (state.STOPPED, "The stop asked {times} to sell everything."),
        (state.PASSED_OVER, "Decisions passed over while a stop was in force: {n}."),
        (state.MARGIN_CALL, "Margin was called at {n} of {dates} marks."),
        (state.RECALLED, "Shorts bought in because their borrow was recalled: {n}."),
        (state.SHORT_LIMITED, "Targets cut to the shares that could be borrowed: {n}."),
        (state.BARRED, "Orders met a price limit, and waited, {times}."),
        (state.CAPPED, "Orders were cut by volume, delivery or lots, and waited, {times}."),
        (state.DROPPED_CAPPED, "Orders were cut by volume, delivery or lots, and the rest was dropped, {times}."),
        (state.CUT, "Buys were cut by funding, and waited, {times}."),
        (state.DROPPED_CUT, "Buys were cut by funding, and the rest was dropped, {times}."),
    )
    counts = {kind: int((entries[:, 0] == kind).sum()) for kind, _ in said}
    counts[state.RECALLED] = _recalls(entries, prepared.timeline.row)
    return [
        text.format(n=counts[kind], dates=n_dates, times=_times(counts[kind])) for kind, text in said if counts[kind]
    ]


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _recalls(entries: NDArray[np.int64], row_of: NDArray[np.int64]) -> int:
    """Count the shorts recalled: a halted one is asked back in every row until it is bought in."""
    n, last = 0, dict[int, int]()
    for kind, event, _, name, _ in entries[np.isin(entries[:, 0], (state.RECALLED, state.FILLED))].tolist():
        if kind == state.FILLED:
            last.pop(name, None)
        else:
            row = int(row_of[event])
            n += last.get(name) != row - 1
            last[name] = row
    return n


def _debits(prepared: Prepared, record: Record, rows: NDArray[np.int64], config: RunConfig) -> list[str]:
    """Say on how many dates money was owed, and why, by trade date and by what has settled."""
    rates = prepared.world.fx[prepared.marks[rows]]
    cash = record.cash[rows, :, 0]
    why = "fills above the decision's prices fall on cash"
    if config.max_gross > 1:
        why = "the targets may borrow"
    elif config.funding != "overlap":
        why += f", and funding = {config.funding!r} holds buys back at the decision's prices alone"
    owed = (cash * rates).sum(axis=1)
    notes = _debit("Cash", owed, why, prepared, record, rows, config)
    if config.funding == "overlap":
        return notes
    settled = ((cash - record.receivable[rows, :, 0] + record.payable[rows, :, 0]) * rates).sum(axis=1)
    if config.funding == "prefunded":
        why = "a buy that waits for sales to fill may settle before they do (funding = 'settled' waits for their money)"
    alone = np.where(owed < 0, 0.0, settled)
    return notes + _debit("Settled cash alone", alone, why, prepared, record, rows, config)


def _debit(
    what: str,
    cash: NDArray[np.float64],
    why: str,
    prepared: Prepared,
    record: Record,
    rows: NDArray[np.int64],
    config: RunConfig,
) -> list[str]:
    weight = cash / record.nav[rows, 0]
    owed = weight < -GROSS_ROUNDING
    if not owed.any():
        return []
    worst = int(np.argmin(weight))
    day = prepared.rows.dates[rows[worst]]
    amount = f"{-weight[worst]:.1%} of NAV ({-cash[worst]:,.0f} {config.base_currency} on {day})"
    return [f"{what} is a debit on {int(owed.sum())} of {len(rows)} dates, at most {amount}: {why}."]


def _stale(prepared: Prepared, record: Record, rows: NDArray[np.int64]) -> list[str]:
    """Name the names that were held without a price, or halted at the last one."""
    notes, briefly = list[str](), list[str]()
    venue_of = prepared.world.venue
    open_days = prepared.rows.opens[rows] != NONE
    missing = np.isnan(prepared.world.close[rows]) & open_days[:, venue_of] & (record.shares[rows, :, 0] != 0)
    for a in np.flatnonzero(missing.any(axis=0)):
        name, days = prepared.names[a], open_days[:, venue_of[a]]
        longest, last = _longest_run(missing[days, a])
        n, until = int(missing[:, a].sum()), prepared.rows.dates[rows[days][last]]
        if longest > SUSPENDED_AFTER:
            notes.append(
                f"{name} was held on {n} sessions without a price or trade, up to {longest} in a row, the last on "
                f"{until}: it is marked at its last price and counts as suspended after {SUSPENDED_AFTER}."
            )
        else:
            briefly.append(f"{name} {n} ({until})")
    if briefly:
        notes.append(
            "Held without a price or trade on open sessions, and marked at the last price (sessions, the end of the "
            f"longest run of them): {', '.join(briefly)}."
        )
    return notes


def _longest_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Give the length of the longest run of True, and the position of the last True."""
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    begins, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    return int((ends - begins).max()), int(ends[-1] - 1)
