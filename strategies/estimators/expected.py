"""Expected returns: from the past, shrunk, from a signal, or from what the market holds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from strategies.errors import StrategyError
from strategies.estimators.covariance import sample_covariance
from strategies.estimators.estimate import Estimate
from strategies.estimators.inputs import Matrix, name_of, read_number, read_returns, read_vector
from strategies.estimators.repair import check_covariance

FAR = 5.0  # standard deviations: a score beyond is not standardised, or an error


def historical_mean(returns: ArrayLike, names: Sequence[str] | None = None) -> Estimate:
    """Take the mean of past returns.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first; at least two periods. NaN is refused.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        Arithmetic means per period. A remark says how little they tell: the median of their standard errors.

    Raises
    ------
    StrategyError
        On too few periods, NaN or infinity.

    Examples
    --------
    >>> found = historical_mean([[0.01, 0.00], [0.03, 0.02], [0.02, -0.02]])
    >>> print(found.value.round(4), found.remarks[0])
    [0.02 0.  ] Means of 3 periods: their median standard error is 0.866 % a period.
    """
    sample = read_returns(returns, names)
    error = float(np.median(sample.std(axis=0, ddof=1))) / np.sqrt(len(sample))
    return Estimate(
        value=sample.mean(axis=0),
        remarks=(f"Means of {len(sample)} periods: their median standard error is {100 * error:.3g} % a period.",),
    )


def shrunk_mean(
    returns: ArrayLike, covariance: ArrayLike | None = None, names: Sequence[str] | None = None
) -> Estimate:
    """Shrink the means of past returns towards that of the minimum-variance portfolio.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first; more than n_names + 2 periods. NaN is refused.
    covariance : array_like of shape (n_names, n_names), optional
        Taken for the true one, and then two periods are enough; by default estimated as in Notes.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        Per period; a remark says the shrinkage intensity and the mean aimed at.

    Raises
    ------
    StrategyError
        On too few periods, NaN or infinity, or a singular or indefinite covariance.

    Notes
    -----
    The Bayes-Stein estimate of Jorion [1]_: with m the means of T periods, N names and S the covariance,

        m0 = 1'S^-1 m / 1'S^-1 1,    d = (N + 2) / (N + 2 + T (m - m0 1)' S^-1 (m - m0 1)),    (1 - d) m + d m0 1,

    where S is the sample covariance (of T - 1), times (T - 1) / (T - N - 2).

    References
    ----------
    .. [1] Jorion, "Bayes-Stein estimation for portfolio analysis", Journal of Financial and Quantitative Analysis,
       1986.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> found = shrunk_mean(rng.normal(0.01, 0.05, (60, 4)))
    >>> print(found.remarks[0])
    Jorion shrinkage of 81.3 % towards 0.758 % a period, the mean of the minimum-variance portfolio, from 60 periods.
    """
    sample = read_returns(returns, names)
    n_periods, n_names = sample.shape
    if covariance is None:
        if n_periods <= n_names + 2:
            raise StrategyError(
                f"{n_periods} periods are too few to shrink the means of {n_names} names: more than {n_names + 2} are "
                "needed. Take a longer sample, or give a covariance."
            )
        spread = (n_periods - 1) / (n_periods - n_names - 2)
        matrix = check_covariance(sample_covariance(sample, names).value * spread, names)
    else:
        matrix = _covariance_of(covariance, n_names, names)
    mean = sample.mean(axis=0)
    solved = _solve(matrix, np.column_stack([np.ones(n_names), mean]))
    aim = float(solved[:, 1].sum() / solved[:, 0].sum())
    distance = float((mean - aim) @ (solved[:, 1] - aim * solved[:, 0]))
    intensity = (n_names + 2) / (n_names + 2 + n_periods * max(distance, 0.0))
    remark = (
        f"Jorion shrinkage of {100 * intensity:.3g} % towards {100 * aim:.3g} % a period, the mean of the "
        f"minimum-variance portfolio, from {n_periods} periods."
    )
    return Estimate(value=(1.0 - intensity) * mean + intensity * aim, remarks=(remark,))


def signal_returns(
    scores: ArrayLike, volatilities: ArrayLike, information_coefficient: float, names: Sequence[str] | None = None
) -> Estimate:
    """Turn scores of a signal into expected returns.

    Parameters
    ----------
    scores : array_like of shape (n_names,)
        Standardised: of mean 0 and deviation 1, over names or over time. They are taken as given. NaN is refused.
    volatilities : array_like of shape (n_names,)
        Of the returns that the signal forecasts (those over the benchmark, for a choice among names), per period.
    information_coefficient : float
        Correlation of scores with the returns that follow; good ones are 0.02 to 0.1. Negative for a signal to be
        turned.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        Expected returns beyond those without the signal, per period of the volatilities:
        information coefficient x volatility x score [1]_. A remark where a score is more than 5 from 0.

    Raises
    ------
    StrategyError
        On NaN, shapes that do not fit, a negative volatility, or a coefficient that is no correlation.

    References
    ----------
    .. [1] Grinold, "Alpha is volatility times IC times score", Journal of Portfolio Management, 1994.

    Examples
    --------
    >>> signal_returns([1.0, -2.0], [0.02, 0.03], 0.05).value.round(6).tolist()
    [0.001, -0.003]
    """
    coefficient = read_number(information_coefficient, "information_coefficient")
    if abs(coefficient) > 1:
        raise StrategyError(f"information_coefficient is {coefficient:g}; a correlation lies between -1 and 1.")
    n_names = np.size(scores)
    score = read_vector(scores, n_names, names, "scores")
    volatility = read_vector(volatilities, n_names, names, "volatilities")
    wrong = np.flatnonzero(volatility < 0)
    if len(wrong):
        raise StrategyError(f"The volatility of {name_of(names, int(wrong[0]))} is negative: {volatility[wrong[0]]:g}.")
    remarks: tuple[str, ...] = ()
    if n_names and np.abs(score).max() > FAR:
        first = int(np.abs(score).argmax())
        remark = (
            f"The score of {name_of(names, first)} is {score[first]:.3g}: standardised scores are rarely beyond 3, and "
            "expected returns are in proportion to them."
        )
        remarks = (remark,)
    return Estimate(value=coefficient * volatility * score, remarks=remarks)


def implied_returns(
    covariance: ArrayLike,
    weights: ArrayLike,
    risk_aversion: float,
    cash: float = 0.0,
    names: Sequence[str] | None = None,
) -> Estimate:
    """Give the expected returns for which a portfolio is the best mean-variance one.

    Parameters
    ----------
    covariance : array_like of shape (n_names, n_names)
        Per period.
    weights : array_like of shape (n_names,)
        Fractions of NAV, those of the market for example; what is missing to 1 is cash.
    risk_aversion : float
        Above 0: expected excess return of the portfolio over its variance. It has the same size at any period.
    cash : float
        Return on cash, per period. At 0 the result is over cash.
    names : sequence of str, length n_names, optional
        For messages.

    Returns
    -------
    Estimate
        cash + risk_aversion x covariance x weights [1]_ [2]_, per period.

    Raises
    ------
    StrategyError
        On NaN, shapes that do not fit, an indefinite covariance, or a risk aversion that is not positive.

    References
    ----------
    .. [1] Sharpe, "Imputing expected security returns from portfolio composition", Journal of Financial and
       Quantitative Analysis, 1974.
    .. [2] Black and Litterman, "Global portfolio optimization", Financial Analysts Journal, 1992.

    Examples
    --------
    >>> implied_returns([[0.04, 0.01], [0.01, 0.09]], [0.6, 0.4], 2.5).value.round(4).tolist()
    [0.07, 0.105]
    """
    matrix = check_covariance(covariance, names)
    held = read_vector(weights, len(matrix), names, "weights")
    aversion = read_number(risk_aversion, "risk_aversion", above=0.0)
    return Estimate(value=read_number(cash, "cash") + aversion * (matrix @ held))


def _covariance_of(covariance: ArrayLike, n_names: int, names: Sequence[str] | None) -> Matrix:
    matrix = check_covariance(covariance, names)
    if len(matrix) != n_names:
        raise StrategyError(f"A covariance of {len(matrix)} names for returns of {n_names}. Give the same names.")
    return matrix


def _solve(matrix: Matrix, right: Matrix) -> Matrix:
    # On correlations: what is singular must not depend on how volatile a name is.
    deviation = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(deviation, deviation)
    if np.linalg.cond(correlation) > 1e12:
        raise StrategyError(
            "The covariance is singular: some portfolio seems to be without risk, and means cannot be weighed against "
            "it. Take a longer sample, or a shrunk covariance (ledoit_wolf_covariance)."
        )
    solved: Matrix = np.linalg.solve(correlation, right / deviation[:, None]) / deviation[:, None]
    return solved
