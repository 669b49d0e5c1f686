"""Running blocks of lanes through the ledger."""

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.books import copy_book, new_pages, new_scratch
from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.kernels.ledger import run_ledger_nb
from backtest.kernels.state import Book, Journal, Record

JOURNAL_START = 4096


def run_lanes(
    prepared: Prepared,
    weights: NDArray[np.float64],
    opening: Book,
    *,
    first: int = 0,
    last: int | None = None,
    whole: bool = True,
) -> tuple[Book, Journal, Record]:
    """Run a block of lanes over a range of events.

    Parameters
    ----------
    prepared : Prepared
    weights : ndarray of shape (n_decisions, n_names, n_lanes)
    opening : Book
        Not changed.
    first, last : int
        Range of events of the timeline; by default all.
    whole : bool
        Keep the journal, shares and cash, not NAV and the tallies alone.

    Returns
    -------
    book : Book
        Closing state.
    journal : Journal
    record : Record

    Raises
    ------
    BacktestError
        If NAV is no longer positive at a decision.
    """
    n_assets, n_lanes = opening.shares.shape
    # numba compiles anew for arrays that can be written to: give it one kind.
    weights = np.require(weights, dtype=np.float64, requirements=["C"]).view()
    weights.flags.writeable = False
    end = len(prepared.timeline.kind) if last is None else last
    room = max(JOURNAL_START, 2 * n_lanes * n_assets * len(prepared.decisions))
    while True:
        book, scratch = copy_book(opening), new_scratch(prepared, n_lanes)
        record, journal = new_pages(prepared, n_lanes, room, first, end, whole=whole)
        status, event = run_ledger_nb(
            prepared.timeline, prepared.world, prepared.rules, book, weights, first, end, scratch, journal, record
        )
        if status == state.JOURNAL_FULL:
            room *= 2
            continue
        if status != state.OK:
            date = prepared.rows.dates[prepared.timeline.row[event]]
            if status == state.TRADE_TOO_LARGE:
                raise BacktestError(
                    f"A trade on {date} is worth more than 9e14 in its currency, more than fees can be counted for. "
                    "Look for a wrong price, or start with less capital."
                )
            raise BacktestError(
                f"NAV is zero or below on {date}, when orders are sized: nothing is left to invest. Ask for less "
                "gross, state a maintenance_margin, or look for a wrong price or exchange rate near that date."
            )
        return book, journal, record
