"""Covariances that programmes can be written with, and their roots."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.estimators.repair import check_covariance

Matrix = NDArray[np.float64]

# Of variances: a volatility 30,000 times another's. Solvers keep eleven digits, which is too few to see both.
FURTHEST_APART = 1e-9


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


def refuse_odd(covariance: Matrix, names: Sequence[str]) -> None:
    """Refuse a covariance that is not symmetric, or has a variance of zero or less, or variances too far apart.

    Parameters
    ----------
    covariance : ndarray of shape (n, n)
    names : sequence of str, length n
        For messages.

    Raises
    ------
    StrategyError
        Naming what is wrong.
    """
    variances = covariance.diagonal()
    least, most = variances.min(), variances.max()
    if least <= 0.0 or not _is_symmetric(covariance, 1e-10 * most):
        check_covariance(covariance, names)
    if least < FURTHEST_APART * most:
        quiet, wild = names[int(variances.argmin())], names[int(variances.argmax())]
        raise StrategyError(
            f"The volatility of {wild} is {math.sqrt(most / least):.3g} times that of {quiet}: too far apart for one "
            "programme. Leave one of them out, or check its unit."
        )


def _is_symmetric(covariance: Matrix, nearly: float) -> bool:
    if (covariance == covariance.T).all():  # as most are
        return True
    gap = covariance - covariance.T
    return bool(max(gap.max(), -gap.min()) <= nearly)
