"""Running blocks of lanes in sleeves."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.books import new_book, new_pages, new_scratch
from backtest.kernels.sleeve_tables import Sleeves
from backtest.kernels.sleeves import SleeveBook, SleeveResults, run_sleeves_nb
from backtest.kernels.state import Asks
from backtest.lanes import check_status, read_only

BY_SLEEVE = ("held", "wanted", "rank")
COUNTS = ("rank", "is_used", "waits")
BY_VENUE = ("rest", "buys", "buys_due", "sells", "sells_due", "present")


class SleeveRoom:
    """Room for blocks of lanes of one setup, one block at a time.

    Parameters
    ----------
    prepared : Prepared
        Of settings for which `has_sleeves`.
    sleeves : Sleeves
    inner : ndarray of shape (n_decisions, n_baskets, n_names)
    n_lanes : int
    """

    def __init__(self, prepared: Prepared, sleeves: Sleeves, inner: NDArray[np.float64], n_lanes: int) -> None:
        self._prepared, self._sleeves, self._inner = prepared, sleeves, read_only(inner)
        n_rows, n_events = len(prepared.rows.dates), len(prepared.timeline.kind)
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(BY_SLEEVE, (len(sleeves.basket), n_lanes))
        shapes |= dict.fromkeys(BY_VENUE, (len(prepared.venues), n_lanes))
        shapes |= {
            "ring": (prepared.n_slots, n_lanes),
            "is_used": (len(sleeves.basket),),
            "waits": (len(prepared.venues),),
        }
        rooms: dict[str, Any] = {
            name: np.zeros(shapes.get(name, (n_lanes,)), dtype=np.int64 if name in COUNTS else np.float64)
            for name in SleeveBook._fields
        }
        self._book = SleeveBook(**rooms)
        self._ledger, self._scratch = new_book(prepared, n_lanes, 1.0), new_scratch(prepared, n_lanes)
        self._record, self._journal = new_pages(prepared, n_lanes, 0, 0, n_events, whole=False)
        nav, money, traded, paid = (np.zeros((n_rows, n_lanes)) for _ in range(4))
        is_traded, n_fills, general = (np.zeros(n, dtype=np.int64) for n in (n_rows, n_lanes, n_lanes))
        self._out = SleeveResults(nav, money, traded, paid, is_traded, n_fills, general)

    def run(self, shares: NDArray[np.float64], capital: float) -> SleeveResults:
        """Run a block from the first event to the last.

        Parameters
        ----------
        shares : ndarray of shape (n_decisions, n_baskets, n_lanes)
            Fraction of NAV in each basket.
        capital : float

        Returns
        -------
        SleeveResults
            Good until the next block is run.

        Raises
        ------
        BacktestError
            If NAV is no longer positive at a decision.
        """
        prepared = self._prepared
        asks = Asks(read_only(np.empty((0, 0, 0))), self._inner, read_only(shares))
        status, event = run_sleeves_nb(
            self._sleeves, prepared.marks, capital, prepared.timeline, prepared.world, prepared.rules, self._ledger,
            asks, self._scratch, self._journal, self._record, self._book, self._out,
        )  # fmt: skip
        check_status(prepared, status, event)
        return self._out
