"""Running blocks of lanes in sleeves."""

from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.books import new_book, new_pages
from backtest.kernels.sleeve_state import Outcomes, SleeveBook, SleeveResults, SleeveScratch
from backtest.kernels.sleeve_tables import Sleeves
from backtest.kernels.sleeves import BATCH, run_sleeves_nb
from backtest.kernels.state import Asks, Journal, Record
from backtest.lanes import check_status, read_only, scratch_of_thread
from backtest.memory import aligned
from backtest.metrics.lanes import Measured, Measuring, new_meter
from strategies.rules.kernels import Rotations

_THREAD = local()

BY_SLEEVE = ("held", "wanted", "ratio", "rank", "bought")
COUNTS = ("rank", "is_used", "is_alike", "waits", "flags")
BY_VENUE = ("rest", "buys", "buys_due", "sells", "sells_due", "present")


class SleeveRoom:
    """Room for blocks of lanes of one setup, one block at a time; of the thread that runs them.

    Parameters
    ----------
    prepared : Prepared
        Of settings for which `has_sleeves`.
    sleeves : Sleeves
    inner : ndarray of shape (n_decisions, n_baskets, n_names)
    how : Measuring
        Its opening NAV is the capital.
    n_lanes : int
    keeps_nav : bool
        Whether NAV of every date is kept, or only of those that wait to be measured.

    Attributes
    ----------
    results : SleeveResults
        What came of the last block.
    """

    def __init__(
        self,
        prepared: Prepared,
        sleeves: Sleeves,
        inner: NDArray[np.float64],
        how: Measuring,
        n_lanes: int,
        *,
        keeps_nav: bool,
    ) -> None:
        self._prepared, self._sleeves = prepared, sleeves
        n_rows = len(prepared.rows.dates)
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(BY_SLEEVE, (len(sleeves.basket), n_lanes))
        shapes |= dict.fromkeys(BY_VENUE, (len(prepared.venues), n_lanes))
        shapes |= {
            "ring": (prepared.n_slots, n_lanes),
            "is_used": (len(sleeves.basket),),
            "is_alike": (len(sleeves.basket),),
            "waits": (len(prepared.venues),),
        }
        rooms: dict[str, Any] = {
            name: aligned(shapes.get(name, (n_lanes,)), np.int64 if name in COUNTS else np.float64)
            for name in (*SleeveBook._fields, *SleeveScratch._fields)
        }
        self._book = SleeveBook(**{name: rooms[name] for name in SleeveBook._fields})
        self._room = SleeveScratch(**{name: rooms[name] for name in SleeveScratch._fields})
        self._ledger = new_book(prepared, n_lanes, 1.0)
        n_kept = n_rows if keeps_nav else min(n_rows, _longest_wait(prepared, sleeves))
        nav, money, traded, paid = (aligned((n_kept, n_lanes)) for _ in range(4))
        traded_at, n_fills, general = (aligned((n,), np.int64) for n in (n_kept, n_lanes, n_lanes))
        self.results = SleeveResults(nav, money, traded, paid, traded_at, n_fills, general)
        self._meter = new_meter(how, n_lanes)
        shares = aligned((1, inner.shape[1], n_lanes))  # of one decision at a time
        self._asks = Asks(read_only(np.empty((0, 0, 0))), read_only(inner), shares)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        rooms = (self._book, self._room, self._ledger, self.results, self._meter, self._asks)
        return sum(array.nbytes for one in rooms for array in one if isinstance(array, np.ndarray))

    def run(self, rotating: Rotations) -> tuple[Measured, NDArray[np.int64]]:
        """Run blocks from the first event to the last.

        Parameters
        ----------
        rotating : Rotations
            Of as many lanes as some blocks have, with the state of one.

        Returns
        -------
        measured : Measured
        general_decisions : ndarray of shape (len(rotating.signal),), int64
            Decisions that took the general form of the ledger.

        Raises
        ------
        BacktestError
            If NAV is no longer positive at a decision.
        """
        prepared, meter, n = self._prepared, self._meter, len(rotating.signal)
        scratch = scratch_of_thread(prepared, len(self.results.general))
        if len(scratch.lanes) == 1:  # a single lane is no case for a form of the kernel of its own
            scratch = scratch._replace(lanes=np.arange(1))
        record, journal = _pages_of_thread(prepared, len(self.results.general))
        measures, sums, squares = (np.empty((len(one), n)) for one in (meter.measures, meter.sums, meter.squares))
        outcomes = Outcomes(measures, sums, squares, np.empty(n, dtype=np.int64))
        status, event = run_sleeves_nb(
            self._sleeves, prepared.marks, prepared.timeline, prepared.world, prepared.rules, self._ledger, rotating,
            self._asks, scratch, journal, record, self._book, self._room, self.results, meter, outcomes,
        )  # fmt: skip
        check_status(prepared, status, event)
        return Measured(measures=measures, sums=sums, squares=squares), outcomes.general


def _pages_of_thread(prepared: Prepared, n_lanes: int) -> tuple[Record, Journal]:
    """Give the pages that the thread wrote in last, if they fit: nobody reads what a block has written, but its own."""
    shape = (len(prepared.rows.dates), len(prepared.names), len(prepared.currencies), n_lanes)
    if getattr(_THREAD, "shape", None) != shape:
        _THREAD.shape = shape
        _THREAD.pages = new_pages(prepared, n_lanes, 0, 0, 0, whole=False, is_clear=False)
    pages: tuple[Record, Journal] = _THREAD.pages
    return pages


def _longest_wait(prepared: Prepared, sleeves: Sleeves) -> int:
    """Give the rows that may wait to be measured: until the next decision says what the general form found."""
    rows = np.append(prepared.timeline.row[sleeves.event[:-1]], len(prepared.rows.dates))
    return int(np.diff(rows).max(initial=0)) + BATCH + 2
