"""What a run did that a reader must be told: stale marks, debits, labels."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.arrays.timeline import NONE
from backtest.arrays.tradable import SUSPENDED_AFTER
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Journal, Record

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
    filled = journal.entries[:n][journal.entries[:n, 0] == state.FILLED]
    late = int((prepared.timeline.kind[filled[:, 1]] == state.CLOSE).sum()) if config.fill == "next_open" else 0
    if late:
        notes.append(f"{late} of {len(filled)} fills are at the close, because the open of the session is not known.")
    notes += _counted(journal.entries[:n, 0], len(rows))
    notes += _debits(prepared, record, rows, config)
    notes += _stale(prepared, record, rows)
    return tuple(notes)


def _counted(kinds: NDArray[np.int64], n_dates: int) -> list[str]:
    """Say how often the ledger did something of its own."""
    said = (
        (state.STOPPED, "The stop asked to sell everything at {n} marks."),
        (state.PASSED_OVER, "{n} decisions were passed over while a stop was in force."),
        (state.MARGIN_CALL, "Margin was called at {n} of {dates} marks."),
        (state.RECALLED, "{n} shorts were bought in because their borrow was recalled."),
        (state.SHORT_LIMITED, "{n} targets were cut to the shares that could be borrowed."),
        (state.BARRED, "Orders met a price limit, and waited, {n} times."),
        (state.CAPPED, "Orders were cut by volume, delivery or lots, and waited, {n} times."),
    )
    counts = [(int((kinds == kind).sum()), text) for kind, text in said]
    return [text.format(n=n, dates=n_dates) for n, text in counts if n]


def _debits(prepared: Prepared, record: Record, rows: NDArray[np.int64], config: RunConfig) -> list[str]:
    marks = prepared.marks[rows]
    cash = (record.cash[rows, :, 0] * prepared.world.fx[marks]).sum(axis=1)
    weight = cash / record.nav[rows, 0]
    owed = weight < -GROSS_ROUNDING
    if not owed.any():
        return []
    worst = int(np.argmin(weight))
    day = prepared.rows.dates[rows[worst]]
    amount = f"{-weight[worst]:.1%} of NAV ({-cash[worst]:,.0f} {config.base_currency} on {day})"
    days = f"{int(owed.sum())} of {len(rows)} dates"
    why = "the targets may borrow" if config.max_gross > 1 else "fills above the decision's prices fall on cash"
    return [f"Cash is a debit on {days}, at most {amount}: {why}."]


def _stale(prepared: Prepared, record: Record, rows: NDArray[np.int64]) -> list[str]:
    """Name the names that were held without a price."""
    notes = []
    venue_of = prepared.world.venue
    open_days = prepared.rows.opens[rows] != NONE
    missing = np.isnan(prepared.world.close[rows]) & open_days[:, venue_of] & (record.shares[rows, :, 0] != 0)
    for a in np.flatnonzero(missing.any(axis=0)):
        name, days = prepared.names[a], open_days[:, venue_of[a]]
        longest, last = _longest_run(missing[days, a])
        text = (
            f"{name} was held on {int(missing[:, a].sum())} sessions without a price, up to {longest} in a row, "
            f"the last on {prepared.rows.dates[rows[days][last]]}: it is marked at its last price"
        )
        if longest > SUSPENDED_AFTER:
            text += f" and counts as suspended after {SUSPENDED_AFTER}"
        notes.append(text + ".")
    return notes


def _longest_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Give the length of the longest run of True, and the position of the last True."""
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    begins, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    return int((ends - begins).max()), int(ends[-1] - 1)
