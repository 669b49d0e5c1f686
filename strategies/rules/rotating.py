"""Rules of rotation side by side: from settings and readings to shares of source and destination."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from strategies.rules.kernels import N_STATE, Rotations, rotate_nb
from strategies.settings import BASKETS, Rotation


def rule_lanes(rules: Sequence[Rotation]) -> NDArray[np.float64]:
    """Write rules as numbers, one column a rule.

    Parameters
    ----------
    rules : sequence of Rotation, length n_rules

    Returns
    -------
    ndarray of shape (7, n_rules)
        Is linear (1 or 0), enter, exit, floor, cap, speed, profit target (infinite: none).
    """
    return np.array([rule.numbers for rule in rules]).reshape(len(rules), -1).T.copy()


def rotations(
    score: NDArray[np.float64],
    relative_price: NDArray[np.float64],
    rules: NDArray[np.float64],
    signal: NDArray[np.int64],
    *,
    n_together: int | None = None,
) -> Rotations:
    """Put rules of rotation side by side.

    Parameters
    ----------
    score, relative_price : ndarray of shape (n_signals, n_decisions)
        Readings at the decisions.
    rules : ndarray of shape (7, n_lanes)
        As of `rule_lanes`.
    signal : ndarray of shape (n_lanes,), int64
        Which of the signals each lane follows.
    n_together : int, optional
        Lanes of a block, where they run in blocks; by default all.

    Returns
    -------
    Rotations
    """
    is_linear, enter, leave, low, high, speed, profit = rules
    state = np.empty((N_STATE, n_together or len(signal)))
    return Rotations(score, relative_price, signal, is_linear, enter, leave, low, high, speed, profit, state)


def rotations_of(rotating: Rotations, lanes: slice) -> Rotations:
    """Give the rules of some lanes.

    Parameters
    ----------
    rotating : Rotations
    lanes : slice

    Returns
    -------
    Rotations
        With the same state, to be run before others.
    """
    by_lane = Rotations._fields[2:-1]
    return rotating._replace(**{name: getattr(rotating, name)[lanes] for name in by_lane})


def rotation_shares(rotating: Rotations) -> NDArray[np.float64]:
    """Turn readings into shares of source and destination, lane by lane.

    Parameters
    ----------
    rotating : Rotations

    Returns
    -------
    ndarray of shape (n_decisions, 2, n_lanes)
        Fractions of NAV.
    """
    n_lanes = len(rotating.signal)
    shares = np.empty((rotating.score.shape[1], len(BASKETS), n_lanes))
    rotate_nb(rotating._replace(state=np.empty((N_STATE, n_lanes))), shares)
    return shares
