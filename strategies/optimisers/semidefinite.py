"""Roots of covariances, and the refusal of those that are none."""

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError

Matrix = NDArray[np.float64]
ROUNDING = 1e-10  # least eigenvalue over the largest that rounding may leave below zero


def square_root(covariance: Matrix) -> Matrix:
    """Give a root R of a positive semidefinite matrix: R'R is the matrix.

    Parameters
    ----------
    covariance : ndarray of shape (n, n)
        Symmetric.

    Returns
    -------
    ndarray of shape (n, n)
        The upper Cholesky factor; from the eigenvalues where the matrix is singular.

    Raises
    ------
    StrategyError
        If an eigenvalue is below zero by more than rounding explains.

    Examples
    --------
    >>> square_root(np.array([[4.0, 2.0], [2.0, 5.0]])).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    from scipy.linalg.lapack import dpotrf

    root: Matrix
    root, failed = dpotrf(covariance, lower=0, clean=1)
    if failed:
        values, vectors = np.linalg.eigh(covariance)
        if values[0] < -ROUNDING * max(values[-1], 0.0) or values[-1] <= 0.0:
            raise StrategyError(
                f"The covariance is indefinite: its least eigenvalue is {values[0] / max(values[-1], 1e-300):.1e} of "
                "the largest. Repair it first, see strategies.estimators.repair, or take another estimator."
            )
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return root
