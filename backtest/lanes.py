"""Running blocks of lanes through the ledger."""

from threading import local

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.books import copy_book, new_pages, new_scratch
from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.kernels.ledger import run_ledger_nb
from backtest.kernels.state import Asks, Book, Journal, Record, Rules, Scratch

JOURNAL_START = 4096
_THREAD = local()


def is_common(rules: Rules) -> bool:
    """Say whether the wide form of the ledger knows all rules of a run.

    Parameters
    ----------
    rules : Rules

    Returns
    -------
    bool
    """
    return (
        rules.sizing == state.AT_DECISION
        and rules.shut_market == state.QUEUE
        and rules.fx_mode == state.CONVERT_AT_FILL
        and not rules.has_shorts
        and rules.max_gross <= 1.0
        and rules.stop_drawdown == 0.0
        and rules.maintenance_margin == 0.0
    )


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
    n_lanes = opening.shares.shape[1]
    weights = read_only(weights)
    end = len(prepared.timeline.kind) if last is None else last
    if n_lanes > 1 and not whole and is_common(prepared.rules):
        nothing = read_only(np.empty((0, 0, 0)))
        return _run_wide(prepared, Asks(weights, nothing, nothing), opening, first, end)
    room = max(JOURNAL_START, 2 * n_lanes * opening.shares.shape[0] * len(prepared.decisions))
    while True:
        book, scratch = copy_book(opening), scratch_of_thread(prepared, n_lanes)
        record, journal = new_pages(prepared, n_lanes, room, first, end, whole=whole)
        status, event = run_ledger_nb(
            prepared.timeline, prepared.world, prepared.rules, book, weights, first, end, scratch, journal, record
        )
        if status == state.JOURNAL_FULL:
            room *= 2
            continue
        check_status(prepared, status, event)
        return book, journal, record


def run_baskets(
    prepared: Prepared,
    inner: NDArray[np.float64],
    shares: NDArray[np.float64],
    opening: Book,
    *,
    first: int = 0,
    last: int | None = None,
) -> tuple[Book, Journal, Record]:
    """Run a block of lanes that hold the same baskets in shares of their own; keep NAV and the tallies.

    Weights are multiplied out decision by decision: those of a whole run take more memory than a core keeps near.

    Parameters
    ----------
    prepared : Prepared
    inner : ndarray of shape (n_decisions, n_baskets, n_names)
        Weights within each basket; a name is in one basket at a time.
    shares : ndarray of shape (n_decisions, n_baskets, n_lanes)
        Fraction of NAV in each basket; NaN in all of them: leave the lane alone.
    opening : Book
        Not changed.
    first, last : int
        Range of events of the timeline; by default all.

    Returns
    -------
    book : Book
        Closing state.
    journal : Journal
        Of length 0.
    record : Record
        The bytes of `run_lanes` for the weights multiplied out.

    Raises
    ------
    BacktestError
        If NAV is no longer positive at a decision.
    """
    inner, shares = read_only(inner), read_only(shares)
    end = len(prepared.timeline.kind) if last is None else last
    if opening.shares.shape[1] == 1 or not is_common(prepared.rules):
        weights = np.zeros((*inner.shape[::2], shares.shape[2]))
        for b in range(inner.shape[1]):
            weights += inner[:, b, :, None] * shares[:, b, None, :]
        return run_lanes(prepared, weights, opening, first=first, last=end, whole=False)
    return _run_wide(prepared, Asks(read_only(np.empty((0, 0, 0))), inner, shares), opening, first, end)


def read_only(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a read-only view: numba compiles anew for arrays that can be written to.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    ndarray
    """
    view: NDArray[np.float64] = np.require(array, dtype=np.float64, requirements=["C"]).view()
    view.flags.writeable = False
    return view


def _run_wide(prepared: Prepared, asks: Asks, opening: Book, first: int, end: int) -> tuple[Book, Journal, Record]:
    from backtest.kernels.wide import run_wide_nb  # a dozen files that a single run does without

    n_lanes = opening.shares.shape[1]
    book, scratch = copy_book(opening), scratch_of_thread(prepared, n_lanes)
    record, journal = new_pages(prepared, n_lanes, 0, first, end, whole=False)
    status, event = run_wide_nb(
        prepared.timeline, prepared.world, prepared.rules, book, asks, first, end, scratch, journal, record
    )
    check_status(prepared, status, event)
    return book, journal, record


def scratch_of_thread(prepared: Prepared, n_lanes: int) -> Scratch:
    """Give the room that the thread worked in last, if it fits: runs are many and short.

    Parameters
    ----------
    prepared : Prepared
    n_lanes : int

    Returns
    -------
    Scratch
        Good until the thread asks for another.
    """
    n_kinds = prepared.world.fees.limited.shape[1]
    shape = (len(prepared.names), len(prepared.venues), len(prepared.currencies), n_kinds, n_lanes)
    if getattr(_THREAD, "shape", None) != shape:
        _THREAD.shape, _THREAD.scratch = shape, new_scratch(prepared, n_lanes)
    scratch: Scratch = _THREAD.scratch
    scratch.most[:] = 0.0  # read without being written where nothing can be borrowed
    return scratch


def check_status(prepared: Prepared, status: int, event: int) -> None:
    """Say in words where and why a run stopped.

    Parameters
    ----------
    prepared : Prepared
    status, event : int
        As a kernel returns them.

    Raises
    ------
    BacktestError
        If the status is not OK.
    """
    if status == state.OK:
        return
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
