"""Rules of rotation side by side: from settings and readings to shares of source and destination."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.rules.kernels import N_STATE, Rotations, rotate_nb
from strategies.settings import BASKETS, Rotation, Row, VolatilityTarget


class Steps(NamedTuple):
    """Decisions as rules see them.

    Attributes
    ----------
    updates : ndarray of shape (n_decisions, n_tranches), int64
        1 where a tranche decides.
    covariance : ndarray of shape (n_decisions, 3)
        Variance of the source, covariance and variance of the destination, a year; NaN: not known, or not asked for.
    """

    updates: NDArray[np.int64]
    covariance: NDArray[np.float64]


def plain_steps(n_decisions: int) -> Steps:
    """Give decisions of one tranche, without variances.

    Parameters
    ----------
    n_decisions : int

    Returns
    -------
    Steps
    """
    return Steps(np.ones((n_decisions, 1), dtype=np.int64), np.full((n_decisions, 3), np.nan))


def numbers_of(rule: Rotation, volatility: VolatilityTarget) -> NDArray[np.float64]:
    """Write a rule as numbers.

    Parameters
    ----------
    rule : Rotation
    volatility : VolatilityTarget

    Returns
    -------
    ndarray of shape (12,)
        As of `Row`; infinite: no profit target, no stop, no volatility target.
    """
    return np.array([*rule.numbers, *volatility.numbers])


def reach(rules: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how far rules can go: their shares at floor and cap.

    Parameters
    ----------
    rules : ndarray of shape (12, n_rules)

    Returns
    -------
    ndarray of shape (2, 2, n_rules)
        Largest fraction of NAV, floor and cap, in source and destination: what lies between is between them.
    """
    ends = rules[[Row.MIN_SHARE, Row.MAX_SHARE]]
    source = rules[Row.SOURCE_SHARE] - rules[Row.HEDGE] * ends
    is_scaled = np.isfinite(rules[Row.VOLATILITY_TARGET])
    factor = np.where(is_scaled, np.maximum(rules[Row.SCALE_AT_MOST], 1.0), 1.0)
    return np.stack([source, ends], axis=1) * factor


def rotations(
    score: NDArray[np.float64],
    relative_price: NDArray[np.float64],
    rules: NDArray[np.float64],
    signal: NDArray[np.int64],
    steps: Steps | None = None,
    *,
    n_together: int | None = None,
) -> Rotations:
    """Put rules of rotation side by side.

    Parameters
    ----------
    score, relative_price : ndarray of shape (n_signals, n_decisions)
        Readings at the decisions.
    rules : ndarray of shape (12, n_lanes)
        A column each, as of `numbers_of`.
    signal : ndarray of shape (n_lanes,), int64
        Which of the signals each lane follows.
    steps : Steps, optional
        By default one tranche, and no variances.
    n_together : int, optional
        Lanes of a block, where they run in blocks; by default all.

    Returns
    -------
    Rotations
    """
    steps = plain_steps(score.shape[1]) if steps is None else steps
    state = np.empty((steps.updates.shape[1], N_STATE, n_together or len(signal)))
    return Rotations(score, relative_price, signal, *rules, steps.covariance, steps.updates, state)  # type: ignore[call-arg]


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
    by_lane = ("signal", *Rotations._fields[3 : 3 + len(Row)])
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
    rotate_nb(rotating._replace(state=np.empty((len(rotating.state), N_STATE, n_lanes))), shares)
    return shares
