"""Roots of covariances."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from strategies.estimators.repair import check_covariance

Matrix = NDArray[np.float64]


def square_root(covariance: Matrix, names: Sequence[str] | None = None) -> Matrix:
    """Give a root R of a positive semidefinite matrix: R'R is the matrix.

    Parameters
    ----------
    covariance : ndarray of shape (n, n)
        Symmetric.
    names : sequence of str, length n, optional
        For messages.

    Returns
    -------
    ndarray of shape (n, n)
        The upper Cholesky factor; from the eigenvalues where the matrix is singular.

    Raises
    ------
    StrategyError
        If it is indefinite, as of `check_covariance`.

    Examples
    --------
    >>> square_root(np.array([[4.0, 2.0], [2.0, 5.0]])).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    from scipy.linalg.lapack import dpotrf

    root: Matrix
    root, failed = dpotrf(covariance.T, lower=0, clean=1)  # symmetric; turned it is in Fortran's order
    if failed:
        check_covariance(covariance, names)
        values, vectors = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return root
