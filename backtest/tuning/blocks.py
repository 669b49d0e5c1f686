"""Running a block of candidates of one setup, side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.books import new_book
from backtest.lanes import run_lanes
from backtest.metrics.lanes import Measured, measure
from backtest.tuning.setups import Setup
from strategies.planning import basket_targets, rotation_shares


@dataclass(frozen=True, kw_only=True)
class Block:
    """What came of a block of candidates.

    Attributes
    ----------
    measured : Measured
    general_decisions : ndarray of shape (n_lanes,), int64
        Decisions that took the general form of the ledger.
    nav : ndarray of shape (n_rows, n_lanes)
    """

    measured: Measured
    general_decisions: NDArray[np.int64]
    nav: NDArray[np.float64]


def run_block(setup: Setup, rules: NDArray[np.float64], signal: NDArray[np.int64]) -> Block:
    """Run candidates of one setup.

    Parameters
    ----------
    setup : Setup
    rules : ndarray of shape (7, n_lanes)
        See `strategies.planning.rule_lanes`.
    signal : ndarray of shape (n_lanes,), int64
        Columns of `setup.score`.

    Returns
    -------
    Block
        A lane's bytes depend on its own rule and signal alone.
    """
    share = rotation_shares(setup.score, setup.relative_price, rules, signal)
    weights = basket_targets(setup.weighed, setup.decisions, share).lanes()
    opening = new_book(setup.prepared, len(signal), setup.how.opening)
    _, _, record = run_lanes(setup.prepared, weights, opening, whole=False)
    return Block(
        measured=measure(setup.how, record),
        general_decisions=np.full(len(signal), len(setup.decisions.stamps)),
        nav=record.nav,
    )
