"""Factor models of risk: what names share, and what each has by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategies.errors import StrategyError
from strategies.estimators.inputs import Matrix, Vector, name_of, read_returns

ALONE = 1e-12  # of its variance: a name with less of its own is rounding away from a mix of the factors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FactorModel:
    """Covariance B F B' + D of names that share a few factors.

    Attributes
    ----------
    exposures : ndarray of shape (n_names, n_factors)
        B: what a name returns per unit of a factor's return.
    factor_covariance : ndarray of shape (n_factors, n_factors)
        F, per period.
    idiosyncratic : ndarray of shape (n_names,)
        Diagonal of D: variances of what the factors leave, per period; never negative.
    remarks : tuple of str
        What a reader must know.
    """

    exposures: NDArray[np.float64]
    factor_covariance: NDArray[np.float64]
    idiosyncratic: NDArray[np.float64]
    remarks: tuple[str, ...] = ()

    @property
    def covariance(self) -> NDArray[np.float64]:
        """The covariance of names, of shape (n_names, n_names)."""
        shared = self.exposures @ self.factor_covariance @ self.exposures.T
        whole: Matrix = (shared + shared.T) / 2.0 + np.diag(self.idiosyncratic)
        return whole


def statistical_factor_model(returns: ArrayLike, n_factors: int, names: Sequence[str] | None = None) -> FactorModel:
    """Take the first principal components of the sample covariance for factors.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first. NaN is refused.
    n_factors : int
        From 1 to the number of names, and fewer than the periods.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    FactorModel
        Factors without correlation, the strongest first; exposures are eigenvectors, the largest of each positive.
        Variances of names are those of the sample (n - 1). A remark says how much of the variance the factors carry.

    Raises
    ------
    StrategyError
        On too few periods, NaN or infinity, or a number of factors out of range.

    Notes
    -----
    Components are those of covariances, not of correlations: volatile names weigh more in them. This is the principal
    component estimate of an approximate factor structure [1]_, with the residual covariances set to zero.

    References
    ----------
    .. [1] Chamberlain and Rothschild, "Arbitrage, factor structure, and mean-variance analysis on large asset
       markets", Econometrica, 1983.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> returns = rng.normal(0.0, 0.01, (250, 1)) + rng.normal(0.0, 0.005, (250, 4))
    >>> found = statistical_factor_model(returns, 1)
    >>> print(found.exposures[:, 0].round(2), found.remarks[0])
    [0.5  0.49 0.49 0.53] 1 principal component carries 82.4 % of the variance of 4 names, over 250 periods.
    """
    sample = read_returns(returns, names)
    n_periods, n_names = sample.shape
    most = min(n_names, n_periods - 1)
    if not 1 <= n_factors <= most:
        raise StrategyError(
            f"n_factors is {n_factors}; {n_periods} periods of {n_names} names allow from 1 to {most} principal "
            "components."
        )
    demeaned = sample - sample.mean(axis=0)
    covariance = demeaned.T @ demeaned / (n_periods - 1)
    eigenvalues, vectors = np.linalg.eigh(covariance)
    strength = np.maximum(eigenvalues[::-1][:n_factors], 0.0)
    exposures = np.ascontiguousarray(vectors[:, ::-1][:, :n_factors])
    largest = exposures[np.abs(exposures).argmax(axis=0), np.arange(n_factors)]
    exposures *= np.where(largest < 0, -1.0, 1.0)
    variance = np.diag(covariance)
    own = np.maximum(variance - exposures**2 @ strength, 0.0)
    total = float(variance.sum())
    share = float(strength.sum()) / total if total > 0 else 1.0
    carry = "component carries" if n_factors == 1 else "components carry"
    remark = (
        f"{n_factors} principal {carry} {100 * share:.3g} % of the variance of {n_names} names, over {n_periods} "
        "periods."
    )
    return FactorModel(
        exposures=exposures,
        factor_covariance=np.diag(strength),
        idiosyncratic=own,
        remarks=(remark, *_without_own_risk(own, variance, names)),
    )


def factor_model(
    returns: ArrayLike,
    factor_returns: ArrayLike,
    names: Sequence[str] | None = None,
    factor_names: Sequence[str] | None = None,
) -> FactorModel:
    """Regress the returns of names on those of factors, over time.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first. NaN is refused.
    factor_returns : array_like of shape (n_periods, n_factors)
        Of the same periods. NaN is refused.
    names : sequence of str, length n_names, optional
        For messages.
    factor_names : sequence of str, length n_factors, optional
        For messages.

    Returns
    -------
    FactorModel
        Variances of names are those of the sample (n - 1). A remark says how much the factors explain.

    Raises
    ------
    StrategyError
        On NaN or infinity, samples of different lengths, no more than n_factors + 1 periods, a factor that never moves
        or is a mix of the others.

    Notes
    -----
    Ordinary least squares with an intercept, r_t = a + B f_t + e_t [1]_. Both F and D are divided by n - 1, so that
    B F B' + D has the variances of the sample, which are unbiased. With n - n_factors - 1 in D they would be too
    large: chance makes B F B' larger than the truth by as much as it makes residuals smaller.

    References
    ----------
    .. [1] Sharpe, "A simplified model for portfolio analysis", Management Science, 1963.

    Examples
    --------
    >>> market = np.array([[0.01], [-0.01], [0.02], [-0.02]])
    >>> own = np.array([0.001, 0.001, -0.001, -0.001])
    >>> returns = np.column_stack([1.5 * market[:, 0] + own, 0.5 * market[:, 0] - own])
    >>> found = factor_model(returns, market)
    >>> found.exposures.round(6).tolist()
    [[1.5], [0.5]]
    """
    sample = read_returns(returns, names)
    factors = read_returns(factor_returns, factor_names, what="factor returns")
    n_periods, n_factors = factors.shape
    if len(sample) != n_periods:
        raise StrategyError(f"{len(sample)} periods of returns, but {n_periods} of factor returns. Give the same ones.")
    if n_periods < n_factors + 2:
        raise StrategyError(
            f"{n_periods} periods are too few for a regression on {n_factors} factors: at least {n_factors + 2} are "
            "needed."
        )
    demeaned, moved = sample - sample.mean(axis=0), factors - factors.mean(axis=0)
    exposures, fitted = _regressed(demeaned, factors, factor_names)
    variance = (demeaned**2).sum(axis=0) / (n_periods - 1)
    own = ((demeaned - fitted) ** 2).sum(axis=0) / (n_periods - 1)
    return FactorModel(
        exposures=exposures,
        factor_covariance=moved.T @ moved / (n_periods - 1),
        idiosyncratic=own,
        remarks=(_explained(own, variance, n_factors, n_periods), *_without_own_risk(own, variance, names)),
    )


def _regressed(demeaned: Matrix, factors: Matrix, factor_names: Sequence[str] | None) -> tuple[Matrix, Matrix]:
    """Give exposures and fitted values."""
    still = np.flatnonzero(np.ptp(factors, axis=0) == 0)
    if len(still):
        raise StrategyError(
            f"The factor {name_of(factor_names, int(still[0]))} never moves: no name has an exposure to it."
        )
    # One scale for all, so that what counts as a mix of the others does not depend on a factor's volatility.
    moved = factors - factors.mean(axis=0)
    scale = np.sqrt((moved**2).sum(axis=0))
    slopes, _, rank, _ = np.linalg.lstsq(moved / scale, demeaned, rcond=1e-10)
    if rank < factors.shape[1]:
        raise StrategyError(
            f"{factors.shape[1]} factors move in {rank} ways only: one is a mix of the others, and exposures to them "
            "are not defined. Leave one out."
        )
    return np.ascontiguousarray((slopes / scale[:, None]).T), (moved / scale) @ slopes


def _explained(own: Vector, variance: Vector, n_factors: int, n_periods: int) -> str:
    share = 100.0 * (1.0 - own / np.where(variance > 0, variance, 1.0))
    carry = "factor explains" if n_factors == 1 else "factors explain"
    return (
        f"{n_factors} {carry} {share.min():.0f} to {share.max():.0f} % of the variance of a name (median "
        f"{np.median(share):.0f} %), over {n_periods} periods."
    )


def _without_own_risk(own: Vector, variance: Vector, names: Sequence[str] | None) -> tuple[str, ...]:
    none = np.flatnonzero(own <= ALONE * variance)
    if not len(none):
        return ()
    listed = ", ".join(name_of(names, int(i)) for i in none[:3]) + (", ..." if len(none) > 3 else "")
    remark = (
        f"The factors leave no risk of their own to {len(none)} of {len(own)} names ({listed}): the covariance may be "
        "singular."
    )
    return (remark,)
