"""Covariances that are none: refused, or repaired by a way that is named.

A covariance put together from pieces (other samples a pair, leads and lags, opinions) may give some portfolio a
negative variance. An optimiser would find that portfolio. Nothing is repaired unless asked for, and a repair says how
far it went.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from strategies.errors import StrategyError
from strategies.estimators.estimate import Estimate
from strategies.estimators.inputs import Matrix, Vector, name_of, read_numbers

Repair = Literal["clip", "nearest"]
# Of the largest eigenvalue of the correlations. Rounding leaves some 1e-14 below zero with a hundred names; samples
# that differ by pair leave 1e-4 and more.
INDEFINITE = -1e-10
ASYMMETRIC = 1e-10  # of the two deviations: a table written with ten digits
SOLVED = 1e-11  # how far the diagonal of the nearest correlations may be from 1 before it is set to it
MAX_STEPS = 100


def check_covariance(covariance: ArrayLike, names: Sequence[str] | None = None) -> Matrix:
    """Refuse what is no covariance.

    Parameters
    ----------
    covariance : array_like of shape (n_names, n_names)
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    ndarray of shape (n_names, n_names)
        As given.

    Raises
    ------
    StrategyError
        If it is not square, holds NaN or infinity, has a variance that is not positive, is not symmetric, or is
        indefinite: the least eigenvalue of its correlations is below -1e-10 of the largest. What is closer to zero is
        rounding.

    Examples
    --------
    >>> check_covariance([[0.04, 0.05], [0.05, 0.04]], ["AAPL", "9988.HK"])
    Traceback (most recent call last):
        ...
    strategies.errors.StrategyError: The covariance is indefinite: the least eigenvalue of its correlations is -0.25,
    -11.1 % of the largest, so that some portfolio would have a negative variance; the correlation of AAPL and 9988.HK
    is 1.25. Name a repair, 'clip' or 'nearest', or estimate it from one sample.
    """
    return repaired(covariance, names=names).value


def repaired(covariance: ArrayLike, repair: Repair | None = None, names: Sequence[str] | None = None) -> Estimate:
    """Give a covariance back as it is, or repaired where it is indefinite.

    Parameters
    ----------
    covariance : array_like of shape (n_names, n_names)
    repair : {"clip", "nearest"}, optional
        Of the correlations; variances are kept by both. *Clip* sets negative eigenvalues to zero and scales the
        diagonal back to 1 [1]_. *Nearest* is the correlation matrix at the least Frobenius distance, the problem of
        Higham [2]_, solved by the Newton method of Qi and Sun [3]_. Both leave a singular matrix: its least eigenvalue
        is zero up to rounding. By default an indefinite matrix is refused.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        The matrix itself, without a remark, where nothing is wrong with it. Otherwise the remark says the least
        eigenvalue before, and how far correlations moved: their Frobenius distance over the norm of those given.

    Raises
    ------
    StrategyError
        As of `check_covariance`, indefinite only without a repair; if the repair is neither of the two.

    References
    ----------
    .. [1] Rousseeuw and Molenberghs, "Transformation of non positive semidefinite correlation matrices",
       Communications in Statistics, 1993.
    .. [2] Higham, "Computing the nearest correlation matrix: a problem from finance", IMA Journal of Numerical
       Analysis, 2002.
    .. [3] Qi and Sun, "A quadratically convergent Newton method for computing the nearest correlation matrix", SIAM
       Journal on Matrix Analysis and Applications, 2006.

    Examples
    --------
    >>> found = repaired([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]], "nearest")
    >>> found.value[0].round(4).tolist()
    [1.0, 0.7607, 0.1573]
    >>> print(found.remarks[0])
    The covariance was indefinite (least eigenvalue of its correlations -0.414, -17.2 % of the largest) and was
    repaired: nearest moved the correlations by 19.9 % of their norm; variances are kept.
    """
    if repair is not None and repair not in get_args(Repair):
        raise StrategyError(f"repair {repair!r} is neither 'clip' nor 'nearest'.")
    given = _read(covariance, names)
    deviation = np.sqrt(np.diag(given))
    correlation = given / np.outer(deviation, deviation)
    correlation = (correlation + correlation.T) / 2.0
    np.fill_diagonal(correlation, 1.0)
    eigenvalues, vectors = np.linalg.eigh(correlation)
    least, largest = float(eigenvalues[0]), float(eigenvalues[-1])
    if least >= INDEFINITE * largest:
        return Estimate(value=given)
    size = f"least eigenvalue of its correlations {least:.3g}, {100 * least / largest:.3g} % of the largest"
    if repair is None:
        raise StrategyError(
            f"The covariance is indefinite: the {size.replace('correlations', 'correlations is')}, so that some "
            f"portfolio would have a negative variance{_beyond_one(correlation, names)}. Name a repair, 'clip' or "
            "'nearest', or estimate it from one sample."
        )
    sound = _clipped(eigenvalues, vectors) if repair == "clip" else _nearest(correlation)
    moved = np.linalg.norm(sound - correlation) / np.linalg.norm(correlation)
    value = sound * np.outer(deviation, deviation)
    np.fill_diagonal(value, np.diag(given))
    remark = (
        f"The covariance was indefinite ({size}) and was repaired: {repair} moved the correlations by "
        f"{100 * moved:.3g} % of their norm; variances are kept."
    )
    return Estimate(value=value, remarks=(remark,))


def _read(covariance: ArrayLike, names: Sequence[str] | None) -> Matrix:
    given = read_numbers("rows of the covariance", covariance)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or not len(given):
        raise StrategyError(f"The covariance has shape {given.shape}; want a row and a column for each name.")
    if names is not None and len(names) != len(given):
        raise StrategyError(f"{len(names)} names for a covariance of {len(given)}. Give one for each.")
    wrong = np.argwhere(~np.isfinite(given))
    if len(wrong):
        one, other = (name_of(names, int(i)) for i in wrong[0])
        raise StrategyError(f"The covariance of {one} and {other} is {given[tuple(wrong[0])]}; give a number.")
    variance = np.diag(given)
    flat = np.flatnonzero(variance <= 0)
    if len(flat):
        first = int(flat[0])
        raise StrategyError(
            f"The variance of {name_of(names, first)} is {variance[first]:g}: a name whose price never moved, or an "
            "error. Leave it out."
        )
    scale = np.sqrt(np.outer(variance, variance))
    wrong = np.argwhere(np.abs(given - given.T) > ASYMMETRIC * scale)
    if len(wrong):
        i, j = (int(place) for place in wrong[0])
        raise StrategyError(
            f"The covariance is not symmetric: {given[i, j]:g} for {name_of(names, i)} and {name_of(names, j)}, "
            f"{given[j, i]:g} the other way round."
        )
    return given


def _beyond_one(correlation: Matrix, names: Sequence[str] | None) -> str:
    apart = np.abs(correlation - np.eye(len(correlation)))
    i, j = (int(place) for place in np.unravel_index(int(apart.argmax()), apart.shape))
    if apart[i, j] <= 1.0:
        return ""
    return f"; the correlation of {name_of(names, i)} and {name_of(names, j)} is {correlation[i, j]:.3g}"


def _clipped(eigenvalues: Vector, vectors: Matrix) -> Matrix:
    return _with_unit_diagonal((vectors * np.maximum(eigenvalues, 0.0)) @ vectors.T)


def _nearest(correlation: Matrix) -> Matrix:
    """Solve Higham's problem through its dual.

    With A the matrix given and (.)+ the semidefinite part, the nearest correlations are (A + Diag(y))+, where y makes
    theta(y) = |(A + Diag(y))+|^2 / 2 - sum(y) least. That is smooth and convex; its slope is the diagonal of
    (A + Diag(y))+ less 1.
    """
    n = len(correlation)
    y = np.zeros(n)
    values, vectors, theta = _dual(correlation, y)
    for _ in range(MAX_STEPS):
        found: Matrix = (vectors * np.maximum(values, 0.0)) @ vectors.T
        missing = 1.0 - np.diag(found)
        if np.abs(missing).max() <= SOLVED:
            return _with_unit_diagonal(found)
        step = _newton_step(values, vectors, missing)
        length, before, slope = 1.0, theta, float(missing @ step)
        while True:
            values, vectors, theta = _dual(correlation, y + length * step)
            # Armijo's rule; the last term is the rounding of theta itself.
            if theta <= before - 1e-4 * length * slope + 1e-12 * abs(before) or length < 1e-8:
                break
            length /= 2.0
        y += length * step
    raise StrategyError(f"The nearest correlations were not found in {MAX_STEPS} steps. Take repair 'clip'.")


def _dual(correlation: Matrix, y: Vector) -> tuple[Vector, Matrix, float]:
    values, vectors = np.linalg.eigh(correlation + np.diag(y))
    return values, vectors, float((np.maximum(values, 0.0) ** 2).sum() / 2.0 - y.sum())


def _newton_step(values: Vector, vectors: Matrix, missing: Vector) -> Vector:
    """Solve curvature x step = what is missing to a diagonal of 1."""
    from scipy.sparse.linalg import LinearOperator, cg

    n = len(values)
    positive = np.maximum(values, 0.0)
    gap = values[:, None] - values[None, :]
    apart = gap != 0
    ratio = np.where(apart, (positive[:, None] - positive[None, :]) / np.where(apart, gap, 1.0), values[:, None] > 0)

    def curvature(h: Vector) -> Vector:
        moved: Vector = ((vectors @ (ratio * (vectors.T @ (h[:, None] * vectors)))) * vectors).sum(axis=1)
        return moved + 1e-10 * h  # where the curvature is singular a step is still defined

    # Loosely far from the solution, tightly near it: then the steps converge quadratically.
    tolerance = min(0.1, float(np.linalg.norm(missing)))
    step: Vector = cg(LinearOperator((n, n), matvec=curvature, dtype=np.float64), missing, rtol=tolerance, maxiter=200)[
        0
    ]
    return step


def _with_unit_diagonal(found: Matrix) -> Matrix:
    scale = np.sqrt(np.diag(found))
    scaled: Matrix = found / np.outer(scale, scale)
    return (scaled + scaled.T) / 2.0
