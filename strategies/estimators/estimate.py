"""What an estimator gives: numbers, and what their reader must know."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """A covariance or expected returns.

    Attributes
    ----------
    value : ndarray of shape (n_names, n_names) or (n_names,)
        Covariance, or expected simple returns, per period of the returns given. Never NaN.
    remarks : tuple of str
        What a reader of the result must know: a short sample, a repair and how far it went.
    """

    value: NDArray[np.float64]
    remarks: tuple[str, ...] = ()
