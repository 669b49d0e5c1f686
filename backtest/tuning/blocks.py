"""Running blocks of candidates of one setup, side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.books import new_book
from backtest.lanes import run_baskets
from backtest.metrics.lanes import Measured, measure
from backtest.sleeves import SleeveRoom
from backtest.tuning.setups import Setup
from strategies.planning import rotation_shares
from strategies.rules.kernels import Rotations


@dataclass(frozen=True, kw_only=True)
class Block:
    """What came of a block of candidates; good until the next block is run.

    Attributes
    ----------
    measured : Measured
    general_decisions : ndarray of shape (n_lanes,), int64
        Decisions that took the general form of the ledger.
    nav : ndarray of shape (n_rows, n_lanes)
        Of fewer rows where it is not to be kept.
    """

    measured: Measured
    general_decisions: NDArray[np.int64]
    nav: NDArray[np.float64]


class BlockRunner:
    """Runs blocks of one setup and one width, one after the other.

    Parameters
    ----------
    setup : Setup
    n_lanes : int
    keeps_nav : bool
        Whether NAV of every date is wanted.
    """

    def __init__(self, setup: Setup, n_lanes: int, *, keeps_nav: bool) -> None:
        self._setup, self._n_lanes = setup, n_lanes
        self._room = None
        if setup.sleeves is not None:
            self._room = SleeveRoom(
                setup.prepared, setup.sleeves, setup.weighed.inner, setup.how, n_lanes, keeps_nav=keeps_nav
            )

    def run(self, rotating: Rotations) -> Block:
        """Run a block: in sleeves where they are exact, in the general form else.

        Parameters
        ----------
        rotating : Rotations
            Of so many lanes, at the decisions of the setup.

        Returns
        -------
        Block
            A lane's bytes depend on its own rule and signal alone.
        """
        setup = self._setup
        if self._room is not None:
            measured, found = self._room.run(rotating)
            return Block(measured=measured, general_decisions=found.general, nav=found.nav)
        book = new_book(setup.prepared, self._n_lanes, setup.how.opening)
        _, _, record = run_baskets(setup.prepared, setup.weighed.inner, rotation_shares(rotating), book)
        return Block(
            measured=measure(setup.how, record),
            general_decisions=np.full(self._n_lanes, len(setup.decisions.stamps)),
            nav=record.nav,
        )
