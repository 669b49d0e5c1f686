"""What views make of a prior (Black and Litterman)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategies.errors import StrategyError
from strategies.estimators.inputs import Matrix, Vector, read_number, read_vector
from strategies.estimators.repair import check_covariance
from strategies.estimators.views import Views

RISKLESS = 1e-14  # of its variance were all names to move as one: a portfolio whose risk is rounding
DEPENDENT = 1e-12  # of the largest eigenvalue, at unit diagonal: what certain views share, up to rounding
SURPRISING = 3.0  # standard deviations between a view and the prior


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlackLittermanPosterior:
    """Returns expected after views.

    Attributes
    ----------
    expected_returns : ndarray of shape (n_names,)
        Per period; over cash where the prior is.
    covariance : ndarray of shape (n_names, n_names)
        Of returns, with the uncertainty that is left about their means: larger than the covariance given.
    remarks : tuple of str
        Of the views, and of how they met the prior.
    """

    expected_returns: NDArray[np.float64]
    covariance: NDArray[np.float64]
    remarks: tuple[str, ...] = ()


def black_litterman(
    covariance: ArrayLike,
    prior_returns: ArrayLike,
    views: Views,
    tau: float,
    names: Sequence[str] | None = None,
) -> BlackLittermanPosterior:
    """Blend views with a prior.

    Parameters
    ----------
    covariance : array_like of shape (n_names, n_names)
        Of returns, per period.
    prior_returns : array_like of shape (n_names,)
        Expected without the views, such as `implied_returns`.
    views : Views
    tau : float
        Above 0: variance of the prior's error over that of returns; He and Litterman take 0.05. Without an omega of the
        views the returns expected do not depend on it.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    BlackLittermanPosterior
        Remarks are those of the views, a view more than 3 standard deviations from the prior, and how omega was set
        where none is given.

    Raises
    ------
    StrategyError
        On an indefinite covariance, NaN, shapes that do not fit, or certain views that contradict or repeat each other.

    Notes
    -----
    With S the covariance, p the prior and K = tau S P' (P tau S P' + omega)^-1 [1]_,

        m = p + K (q - P p),    M = (I - K P) tau S (I - K P)' + K omega K',    covariance = S + M.

    This is the mean inv(inv(tau S) + P' inv(omega) P) (inv(tau S) p + P' inv(omega) q) without inverting omega or S:
    certain views are met to rounding.

    References
    ----------
    .. [1] He and Litterman, "The intuition behind Black-Litterman model portfolios", Goldman Sachs, 1999.

    Examples
    --------
    >>> found = black_litterman([[0.04, 0.0], [0.0, 0.04]], [0.05, 0.05], Views(P=[[1.0, 0.0]], q=[0.09]), tau=0.05)
    >>> found.expected_returns.round(4).tolist(), found.covariance.round(4).tolist()
    ([0.07, 0.05], [[0.041, 0.0], [0.0, 0.042]])
    """
    matrix = check_covariance(covariance, names)
    n_names = len(matrix)
    prior = read_vector(prior_returns, n_names, names, "prior returns")
    scale = read_number(tau, "tau", above=0.0)
    if views.P.shape[1] != n_names:
        raise StrategyError(f"Views on {views.P.shape[1]} names for a covariance of {n_names}. Give the same names.")
    spread = scale * matrix
    kept, omega, remarks = _uncertainty(views, spread)
    portfolios, surprise = views.P[kept], views.q[kept] - views.P[kept] @ prior
    total = portfolios @ spread @ portfolios.T + omega
    _refuse_riskless(total, portfolios, spread, kept)
    if len(kept):
        _refuse_repeated(total, views, kept, surprise)
    deviation = np.sqrt(np.diag(total))
    at_unit = total / np.outer(deviation, deviation)
    gain = np.linalg.solve(at_unit, (portfolios @ spread) / deviation[:, None]).T / deviation
    left = np.eye(n_names) - gain @ portfolios
    uncertain = left @ spread @ left.T + gain @ omega @ gain.T
    return BlackLittermanPosterior(
        expected_returns=prior + gain @ surprise,
        covariance=matrix + (uncertain + uncertain.T) / 2.0,
        remarks=(*views.remarks, *remarks, *_surprises(views, kept, surprise, deviation)),
    )


def _uncertainty(views: Views, spread: Matrix) -> tuple[NDArray[np.intp], Matrix, tuple[str, ...]]:
    """Give the views that say something, the covariance of their errors, and what to say of it."""
    everything = np.arange(len(views.q))
    if views.omega is None:
        own = np.einsum("vi,ij,vj->v", views.P, spread, views.P)
        return everything, np.diag(own), ("Views are as uncertain as the prior: omega = diag(tau P covariance P').",)
    if views.omega.ndim == 2:
        return everything, views.omega, ()
    kept = everything[np.isfinite(views.omega)]
    silent = [f"View {view + 1} has no confidence and moves nothing." for view in everything if view not in kept]
    return kept, np.diag(views.omega[kept]), tuple(silent)


def _refuse_riskless(total: Matrix, portfolios: Matrix, spread: Matrix, kept: NDArray[np.intp]) -> None:
    """Refuse a certain view on a portfolio without risk: the prior is certain of it too."""
    riskless = np.flatnonzero(np.diag(total) <= RISKLESS * (np.abs(portfolios) @ np.sqrt(np.diag(spread))) ** 2)
    if len(riskless):
        raise StrategyError(
            f"View {kept[riskless[0]] + 1} is certain (omega 0), and the covariance gives its portfolio no risk: the "
            "prior is certain of it as well. Give the view an omega above 0, or leave it out."
        )


def _refuse_repeated(total: Matrix, views: Views, kept: NDArray[np.intp], surprise: Vector) -> None:
    """Refuse certain views of which one follows from the others."""
    deviation = np.sqrt(np.diag(total))
    eigenvalues, vectors = np.linalg.eigh(total / np.outer(deviation, deviation))
    shared = vectors[:, eigenvalues < DEPENDENT * eigenvalues[-1]]
    if not shared.size:
        return
    involved = np.flatnonzero(np.abs(shared).max(axis=1) > 1e-6)
    said = [f"View {kept[i] + 1} ({100 * views.q[kept[i]]:.4g} %)" for i in involved]
    # Without error, what the views add up to along a direction they share must be nothing.
    combined = shared / deviation[:, None]
    gap = np.abs(combined.T @ surprise)
    size = np.abs(combined).T @ (np.abs(views.q[kept]) + np.abs(surprise))
    contradict = bool((gap > 1e-9 * size).any())
    raise StrategyError(
        f"{', '.join(said[:-1])} and {said[-1]} are certain (omega 0), and one follows from the others: they "
        + ("contradict each other" if contradict else "say the same more than once")
        + ". Leave one out, or give it an omega above 0."
    )


def _surprises(views: Views, kept: NDArray[np.intp], surprise: Vector, deviation: Vector) -> tuple[str, ...]:
    return tuple(
        f"View {view + 1} says {100 * views.q[view]:.3g} % where the prior says {100 * (views.q[view] - apart):.3g} %: "
        f"{abs(apart) / expected:.1f} standard deviations apart."
        for view, apart, expected in zip(kept, surprise, deviation, strict=True)
        if abs(apart) > SURPRISING * expected
    )
