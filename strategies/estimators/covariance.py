"""Covariances from a sample of returns: plain, weighted towards the present, shrunk."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from strategies.errors import StrategyError
from strategies.estimators.estimate import Estimate
from strategies.estimators.inputs import Matrix, read_returns


def sample_covariance(returns: ArrayLike, names: Sequence[str] | None = None) -> Estimate:
    """Estimate the covariance by that of the sample, with n - 1.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first; at least two periods. NaN is refused.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        Per period of the returns. A remark where there are no more periods than names: the matrix is singular then.

    Raises
    ------
    StrategyError
        On too few periods, NaN or infinity.

    Examples
    --------
    >>> found = sample_covariance([[0.01, 0.02], [0.03, -0.02], [0.02, 0.03]])
    >>> found.value.round(5).tolist()
    [[0.0001, -0.0002], [-0.0002, 0.0007]]
    """
    sample = read_returns(returns, names)
    demeaned = sample - sample.mean(axis=0)
    return Estimate(value=demeaned.T @ demeaned / (len(sample) - 1), remarks=short_sample(*sample.shape))


def exponentially_weighted_covariance(
    returns: ArrayLike, half_life: float, names: Sequence[str] | None = None, *, zero_mean: bool = False
) -> Estimate:
    """Estimate the covariance with weights that halve every so many periods back.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first; at least two periods. NaN is refused.
    half_life : float
        Periods after which a weight is half; at least 1. Infinity weighs all alike.
    names : sequence of str, length n_names, optional
        For messages.
    zero_mean : bool
        Take expected returns for zero, as RiskMetrics does for daily returns.

    Returns
    -------
    Estimate
        Per period of the returns. A remark where the effective number of observations is no more than the names.

    Raises
    ------
    StrategyError
        On too few periods, NaN or infinity, or a half-life below 1.

    Notes
    -----
    With age a, w_a proportional to 2^(-a / half_life) and sum w = 1, and m the mean under these weights,

        S = sum over a of w_a (r_a - m)(r_a - m)' / (1 - sum w^2),

    which is unbiased for independent returns, and the sample covariance where all weights are alike. With `zero_mean`
    m = 0 and the denominator is 1 [1]_. The effective number of observations is 1 / sum w^2; over a long past it is
    nearly 2.9 half-lives.

    References
    ----------
    .. [1] J.P. Morgan and Reuters, "RiskMetrics: technical document", 1996, section 5.2.

    Examples
    --------
    The last two returns count for two thirds and one third:

    >>> found = exponentially_weighted_covariance([[0.03], [0.00]], half_life=1, zero_mean=True)
    >>> print(found.value.round(6))
    [[0.0003]]
    """
    sample = read_returns(returns, names)
    if not half_life >= 1:
        raise StrategyError(f"half_life is {half_life}; want at least 1 period.")
    age = np.arange(len(sample))[::-1]
    weights = np.exp2(-age / half_life)
    weights /= weights.sum()
    concentration = float(weights @ weights)
    mean, denominator = (0.0, 1.0) if zero_mean else (weights @ sample, 1.0 - concentration)
    rooted = np.sqrt(weights)[:, None] * (sample - mean)
    return Estimate(
        value=rooted.T @ rooted / denominator,
        remarks=short_sample(1.0 / concentration, sample.shape[1], half_life=half_life),
    )


def ledoit_wolf_covariance(returns: ArrayLike, names: Sequence[str] | None = None) -> Estimate:
    """Estimate the covariance by shrinking that of the sample, as much as the sample itself says is best.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first; at least three periods. NaN is refused.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        Per period of the returns; a remark says the shrinkage intensity.

    Raises
    ------
    StrategyError
        On too few periods, NaN or infinity.

    Notes
    -----
    With S the covariance of the sample (divided by n, not n - 1) and v the mean of its variances,

        (1 - d) S + d v I,

    where d between 0 and 1 minimises the expected squared Frobenius distance to the true covariance, itself estimated
    from the sample [1]_. The target gives all names one variance: volatile names come out calmer and calm ones more
    volatile, the more so the stronger the shrinkage.

    References
    ----------
    .. [1] Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
       Multivariate Analysis, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.random.default_rng(1).normal(0.0, 0.02, (20, 30))
    >>> ledoit_wolf_covariance(returns).remarks[0]
    'Ledoit-Wolf shrinkage of 96.5 % towards equal variances without correlation, from 20 periods of 30 names.'
    """
    # Two returns less their mean are one and its negative: their products agree, and the sample would seem certain.
    sample = read_returns(returns, names, least=3)
    from sklearn.covariance import LedoitWolf

    model = LedoitWolf().fit(sample)
    value: Matrix = np.ascontiguousarray(model.covariance_, dtype=np.float64)
    remark = (
        f"Ledoit-Wolf shrinkage of {100 * float(model.shrinkage_):.3g} % towards equal variances without "
        f"correlation, from {len(sample)} periods of {sample.shape[1]} names."
    )
    return Estimate(value=value, remarks=(remark,))


def short_sample(n_observations: float, n_names: int, half_life: float | None = None) -> tuple[str, ...]:
    """Warn of a covariance from no more observations than names.

    Parameters
    ----------
    n_observations : float
        Periods, or what weighted ones count for.
    n_names : int
    half_life : float, optional
        Of weighted ones.

    Returns
    -------
    tuple of str
        Empty where there are more.

    Examples
    --------
    >>> print(short_sample(20, 30)[0])
    A short sample: 20 periods for 30 names. Some portfolios seem to be without risk, and an optimiser finds them: take
    more periods, shrink it (ledoit_wolf_covariance), or take a factor model.
    """
    if n_observations > n_names:
        return ()
    counted = (
        f"{n_observations:g} periods"
        if half_life is None
        else f"a half-life of {half_life:g} periods counts as {n_observations:.1f} observations"
    )
    seeming = "be without risk" if half_life is None else "have next to no risk"
    remark = (
        f"A short sample: {counted} for {n_names} names. Some portfolios seem to {seeming}, and an optimiser finds "
        "them: take more periods, shrink it (ledoit_wolf_covariance), or take a factor model."
    )
    return (remark,)
