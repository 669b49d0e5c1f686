"""Estimators of the demo's parameters: moments wherever there are any, one likelihood where there are none."""

from dataclasses import dataclass
from math import exp, lgamma, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
N_ROUNDS = 200
MIN_DAYS = 250  # that a name must have, or two must share, to count
DOF = (2.5, 30.0)  # range of degrees of freedom; above it a Student t is a normal to the eye


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStates:
    """Two states of variance.

    Attributes
    ----------
    calm, turbulent : float
        Standard deviation of a day in each.
    stay_calm, stay_turbulent : float
    forecast : ndarray of shape (n,)
        Expected variance of each day, given the days before.
    """

    calm: float
    turbulent: float
    stay_calm: float
    stay_turbulent: float
    forecast: Array


def two_states(shocks: Array) -> TwoStates:
    """Fit two normal states with mean zero and a Markov chain between them, by expectation and maximisation.

    Parameters
    ----------
    shocks : ndarray of shape (n,)

    Returns
    -------
    TwoStates

    References
    ----------
    .. [1] Hamilton, "A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle",
       1989.
    .. [2] Hamilton, "Analysis of Time Series Subject to Changes in Regime", 1990.
    """
    n, square = len(shocks), shocks**2
    calm, turbulent = 0.4 * square.mean(), 2.5 * square.mean()
    enter, stay = 0.02, 0.95
    before = np.full(n, 0.5)  # probability of turbulence, given the days before
    for _ in range(N_ROUNDS):
        quiet, loud = (np.exp(-0.5 * square / variance) / np.sqrt(variance) for variance in (calm, turbulent))
        before, now = _filtered(quiet.tolist(), loud.tolist(), enter, stay)
        smooth, entered, stayed = _smoothed(before, now, enter, stay)
        enter = entered / (1.0 - smooth[:-1]).sum()
        stay = stayed / smooth[:-1].sum()
        calm = ((1.0 - smooth) * square).sum() / (1.0 - smooth).sum()
        turbulent = (smooth * square).sum() / smooth.sum()
    return TwoStates(
        calm=float(np.sqrt(calm)),
        turbulent=float(np.sqrt(turbulent)),
        stay_calm=float(1.0 - enter),
        stay_turbulent=float(stay),
        forecast=(1.0 - before) * calm + before * turbulent,
    )


def _filtered(quiet: list[float], loud: list[float], enter: float, stay: float) -> tuple[Array, Array]:
    """Go forward: probability of turbulence on each day, given the days before, and given that day as well."""
    before, now, belief = list[float](), list[float](), 0.5
    for likely_calm, likely_turbulent in zip(quiet, loud, strict=True):
        before.append(belief)
        weighed = belief * likely_turbulent
        seen = weighed / (weighed + (1.0 - belief) * likely_calm)
        now.append(seen)
        belief = enter * (1.0 - seen) + stay * seen
    return np.array(before), np.array(now)


def _smoothed(before: Array, now: Array, enter: float, stay: float) -> tuple[Array, float, float]:
    """Go back: probability of turbulence given all days, and the expected number of entries and of days it stayed."""
    later = float(now[-1])
    smooth, entered, stayed = [later], 0.0, 0.0
    for forecast, seen in zip(before[:0:-1].tolist(), now[-2::-1].tolist(), strict=True):
        into, out = later / forecast, (1.0 - later) / (1.0 - forecast)
        entered += (1.0 - seen) * enter * into
        kept = seen * stay * into
        stayed += kept
        later = kept + seen * (1.0 - stay) * out
        smooth.append(later)
    return np.array(smooth[::-1]), entered, stayed


def autocorrelation(values: Array, lag: int) -> float:
    """Correlate a series with itself, a number of rows later.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN: the pairs with it do not count.
    lag : int

    Returns
    -------
    float
    """
    centred = values - np.nanmean(values)
    return float(np.nanmean(centred[lag:] * centred[:-lag]) / np.nanmean(centred**2))


def kurtosis(values: Array) -> float:
    """Give the fourth moment over the squared second; 3 for normal numbers.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN does not count.

    Returns
    -------
    float
    """
    centred = values - np.nanmean(values)
    return float(np.nanmean(centred**4) / np.nanmean(centred**2) ** 2)


def garch_of(correlations: Array) -> tuple[float, float]:
    """Find the GARCH(1,1) whose squares have given autocorrelations.

    Parameters
    ----------
    correlations : ndarray of shape (n_lags,)
        Of squared shocks at lags 1, 2, ...

    Returns
    -------
    alpha, beta : float
        Both 0 where the squares are not correlated.

    Notes
    -----
    With p = alpha + beta the autocorrelations are r, r p, r p^2, ... where
    r = alpha (1 - p beta) / (1 - 2 p beta + beta^2). The pair on a grid that comes closest in squares is taken.

    References
    ----------
    .. [1] Bollerslev, "Generalized Autoregressive Conditional Heteroskedasticity", 1986.
    .. [2] He and Terasvirta, "Fourth Moment Structure of the GARCH(1,1) Process", 1999.
    """
    if correlations.mean() <= 0:
        return 0.0, 0.0
    best, found = np.inf, (0.0, 0.0)
    lags = np.arange(len(correlations))
    for p in np.arange(0.50, 0.986, 0.005):
        for alpha in np.arange(0.005, min(p, 0.3), 0.005):
            beta = p - alpha
            if p**2 + 2 * alpha**2 >= 0.99:  # the fourth moment must exist
                continue
            first = alpha * (1 - p * beta) / (1 - 2 * p * beta + beta**2)
            distance = float(((first * p**lags - correlations) ** 2).sum())
            if distance < best:
                best, found = distance, (float(alpha), float(beta))
    return found


def without_garch(shocks: Array, alpha: float, beta: float) -> Array:
    """Divide shocks by the volatility that a GARCH(1,1) forecasts for them.

    Parameters
    ----------
    shocks : ndarray of shape (n,)
        Of variance one.
    alpha, beta : float

    Returns
    -------
    ndarray of shape (n,)
    """
    left, variance = np.empty_like(shocks), 1.0
    for t, shock in enumerate(shocks.tolist()):
        left[t] = shock / np.sqrt(variance)
        variance = (1.0 - alpha - beta) + alpha * shock**2 + beta * variance
    return left


def dof_of(innovations: Array) -> float:
    """Find the Student t with a given mean size over standard deviation.

    Parameters
    ----------
    innovations : ndarray of shape (n,)

    Returns
    -------
    float
        Degrees of freedom, within `DOF`.

    Notes
    -----
    Geary's ratio needs two moments; the kurtosis needs four, and a single day decides it. For a Student t the ratio is
    sqrt((dof - 2) / pi) Gamma((dof - 1) / 2) / Gamma(dof / 2).

    References
    ----------
    .. [1] Geary, "The Ratio of the Mean Deviation to the Standard Deviation as a Test of Normality", 1935.
    """
    centred = innovations - innovations.mean()
    ratio = np.abs(centred).mean() / centred.std()
    grid = np.arange(DOF[0], DOF[1] + 0.01, 0.05)
    ratios = [sqrt((dof - 2.0) / pi) * exp(lgamma((dof - 1.0) / 2.0) - lgamma(dof / 2.0)) for dof in grid]
    return float(grid[int(np.argmin(np.abs(np.array(ratios) - ratio)))])


def slopes(target: Array, *regressors: Array) -> tuple[Array, Array]:
    """Regress by least squares, with a constant.

    Parameters
    ----------
    target : ndarray of shape (n,)
    *regressors : ndarray of shape (n,)

    Returns
    -------
    slopes : ndarray of shape (n_regressors,)
    residuals : ndarray of shape (n,)
    """
    table = np.column_stack([np.ones(len(target)), *regressors])
    found = np.asarray(np.linalg.lstsq(table, target, rcond=None)[0], dtype=np.float64)
    return found[1:], target - table @ found


def mean_covariances(returns: Array, groups: list[str]) -> tuple[float, float]:
    """Average the covariance of pairs of names, across groups and within.

    Parameters
    ----------
    returns : ndarray of shape (n, n_names)
        NaN where there is none.
    groups : list of str, length n_names
        A name "unclassified" belongs to no group.

    Returns
    -------
    across, within : float
    """
    across, within = list[float](), list[float]()
    for i in range(len(groups)):
        for j in range(i):
            both = ~np.isnan(returns[:, i]) & ~np.isnan(returns[:, j])
            if both.sum() < MIN_DAYS:
                continue
            one, other = returns[both, i], returns[both, j]
            covariance = float(((one - one.mean()) * (other - other.mean())).mean())
            alike = groups[i] == groups[j] != "unclassified"
            (within if alike else across).append(covariance)
    return float(np.mean(across)), float(np.mean(within))
