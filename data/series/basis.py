"""Moves of a P/E that its price does not make: a change of basis, or earnings that changed at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BASIS_JUMP = 0.05  # of a P/E beyond what its index moved: claim 6
BASIS_JUMP_ALONE = 0.15  # the same where the price is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioSteps:
    """A P/E from one figure to the next, in logs.

    Attributes
    ----------
    ratio, price : ndarray of shape (n - 1,)
        Moves of the P/E, of its size where it stands for a loss, and of the index; the latter 0 where it is not known.
    is_jump : ndarray of shape (n - 1,), bool
        Whether the one moved by more than the other explains, or the P/E changed its sign.
    """

    ratio: NDArray[np.float64]
    price: NDArray[np.float64]
    is_jump: NDArray[np.bool_]


def ratio_steps(ratio: NDArray[np.float64], price: NDArray[np.float64] | None) -> RatioSteps:
    """Look for jumps of a P/E without its price.

    Parameters
    ----------
    ratio : ndarray of shape (n,)
        Not zero; below zero for a loss.
    price : ndarray of shape (n,), optional
        The index on the same dates; NaN where it is not known. None: known nowhere.

    Returns
    -------
    RatioSteps
        A step that touches an unknown price is no jump. Where none is known at all, a larger move of the P/E alone is.

    Examples
    --------
    On 23 February 2021 the published P/E of the Hang Seng Tech Index went from 46.17 to 70.73:

    >>> ratio_steps(np.array([46.17, 70.73]), np.array([9977.41, 9863.82])).is_jump.tolist()
    [True]
    """
    moved = np.diff(np.log(np.abs(ratio)))
    turned = np.diff(np.sign(ratio)) != 0
    if price is None:
        return RatioSteps(ratio=moved, price=np.zeros(len(moved)), is_jump=turned | (np.abs(moved) > BASIS_JUMP_ALONE))
    step = np.diff(np.log(price))
    known = np.isfinite(step)
    is_jump = known & (turned | (np.abs(moved - np.where(known, step, 0.0)) > BASIS_JUMP))
    return RatioSteps(ratio=moved, price=np.where(known, step, 0.0), is_jump=is_jump)
