"""Running blocks of candidates of one setup, side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.books import new_book
from backtest.kernels.measures import MEASURES
from backtest.lanes import run_baskets
from backtest.metrics.lanes import Measured, measure
from backtest.sleeves import SleeveRoom
from backtest.tuning.setups import Setup
from strategies.rules.kernels import Rotations
from strategies.rules.rotating import rotation_shares, rotations_of


@dataclass(frozen=True, kw_only=True)
class Block:
    """What came of candidates.

    Attributes
    ----------
    measured : Measured
    general_decisions : ndarray of shape (n_lanes,), int64
        Decisions that took the general form of the ledger.
    nav : ndarray of shape (n_rows, n_lanes) or None
        Of those that ran as one block, where it is kept; good until the next run.
    """

    measured: Measured
    general_decisions: NDArray[np.int64]
    nav: NDArray[np.float64] | None


class BlockRunner:
    """Runs candidates of one setup, in the room of a block of them.

    Parameters
    ----------
    setup : Setup
    n_lanes : int
        Of a block.
    keeps_nav : bool
        Whether NAV of every date is wanted: candidates are then run one block at a time.
    """

    def __init__(self, setup: Setup, n_lanes: int, *, keeps_nav: bool) -> None:
        self.setup, self._n_lanes, self._keeps_nav = setup, n_lanes, keeps_nav
        self._room = None
        if setup.sleeves is not None:
            self._room = SleeveRoom(
                setup.prepared, setup.sleeves, setup.weighed.inner, setup.how, n_lanes, keeps_nav=keeps_nav
            )

    @property
    def nbytes(self) -> int:
        """Bytes of its room."""
        return 0 if self._room is None else self._room.nbytes

    def run(self, rotating: Rotations) -> Block:
        """Run candidates: in sleeves where they are exact, in the general form else.

        Parameters
        ----------
        rotating : Rotations
            At the decisions of the setup; of as many lanes as one block has, or several, with the state of one.

        Returns
        -------
        Block
            A lane's bytes depend on its own rule and signal alone.
        """
        if self._room is not None:
            measured, general = self._room.run(rotating)
            return Block(
                measured=measured, general_decisions=general, nav=self._room.results.nav if self._keeps_nav else None
            )
        return self._in_general(rotating)

    def _in_general(self, rotating: Rotations) -> Block:
        setup, n = self.setup, len(rotating.signal)
        nav: NDArray[np.float64] | None = None
        n_measures, n_blocks = len(MEASURES), len(setup.how.edges) - 1
        measures, sums, squares = (np.empty((height, n)) for height in (n_measures, n_blocks, n_blocks))
        for first in range(0, n, self._n_lanes):
            book = new_book(setup.prepared, self._n_lanes, setup.how.opening)
            lanes = slice(first, first + self._n_lanes)
            shares = rotation_shares(rotations_of(rotating, lanes))
            _, _, record = run_baskets(setup.prepared, setup.weighed.inner, shares, book)
            found = measure(setup.how, record)
            measures[:, lanes], sums[:, lanes], squares[:, lanes] = found.measures, found.sums, found.squares
            nav = record.nav if self._keeps_nav else None
        return Block(
            measured=Measured(measures=measures, sums=sums, squares=squares),
            general_decisions=np.full(n, len(setup.decisions.stamps)),
            nav=nav,
        )
