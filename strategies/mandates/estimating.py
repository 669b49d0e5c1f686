"""Estimates at each decision of a mandate: a covariance, expected returns, scenarios."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategies.estimators.asynchronous import asynchronous_covariance
from strategies.estimators.black_litterman import black_litterman
from strategies.estimators.covariance import (
    exponentially_weighted_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)
from strategies.estimators.estimate import Estimate
from strategies.estimators.expected import historical_mean, implied_returns, shrunk_mean, signal_returns
from strategies.estimators.factors import statistical_factor_model
from strategies.estimators.repair import repaired
from strategies.estimators.views import NO_VIEW, target_view
from strategies.mandates.sections import Estimates, HouseView


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimated:
    """What is expected at one decision.

    Attributes
    ----------
    covariance : ndarray of shape (n_names, n_names)
        A year.
    expected_returns : ndarray of shape (n_names,)
        A year.
    scenarios : ndarray of shape (n_periods, n_names)
        Returns of one period.
    benchmark : ndarray of shape (n_names,)
    beta : ndarray of shape (n_names,)
        Of each name on the benchmark.
    remarks : tuple of str
    """

    covariance: NDArray[np.float64]
    expected_returns: NDArray[np.float64]
    scenarios: NDArray[np.float64]
    benchmark: NDArray[np.float64]
    beta: NDArray[np.float64]
    remarks: tuple[str, ...]

    def __post_init__(self) -> None:
        for array in (self.covariance, self.expected_returns, self.scenarios, self.benchmark, self.beta):
            array.flags.writeable = False  # it is kept, and handed to all who ask for the same


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sampled:
    """What estimates of one decision are made of.

    Attributes
    ----------
    names, venues : tuple of str, length n_names
    returns : ndarray of shape (n_periods, n_names)
        Complete.
    is_destination : ndarray of shape (n_names,), bool
    score : float
        Of the signal at the decision; NaN: none.
    periods_per_year : float
    """

    names: tuple[str, ...]
    venues: tuple[str, ...]
    returns: NDArray[np.float64]
    is_destination: NDArray[np.bool_]
    score: float
    periods_per_year: float


def estimate(sampled: Sampled, how: Estimates, views: HouseView | None) -> Estimated:
    """Estimate risk and return.

    Parameters
    ----------
    sampled : Sampled
    how : Estimates
    views : HouseView or None
        Blended with the prior that the benchmark implies, by Black and Litterman; None: expected returns are those
        that `how` names.

    Returns
    -------
    Estimated

    Raises
    ------
    StrategyError
        As the estimators do: an indefinite covariance without a repair named, too short a sample.
    """
    year = sampled.periods_per_year
    covariance, remarks = _covariance(sampled, how)
    benchmark = benchmark_of(sampled.is_destination, how.benchmark_share)
    risk = covariance * year
    if views is None:
        returns, told = _returns(sampled, how, covariance, benchmark)
        expected = returns * year
    else:
        prior = implied_returns(risk, benchmark, how.risk_aversion, names=sampled.names)
        expected, told = prior.value, prior.remarks
        n_inside = int(sampled.is_destination.sum())
        if views.level is None or views.target is None or not n_inside:
            is_stated = views.level is not None
            lacks = "Nobody of the destination is there to have a view on" if is_stated else NO_VIEW
            risk, told = risk * (1.0 + views.tau), (*told, f"{lacks}: the prior stands alone.")
        else:
            view = target_view(
                sampled.is_destination / n_inside,
                level=views.level,
                target=views.target,
                optimistic_return=views.optimistic_return,
                quantile=views.quantile,
                dividends=views.dividends,
                cash=views.cash,
                n_periods=1.0,
            )
            posterior = black_litterman(risk, expected, view, views.tau, names=sampled.names)
            expected, risk = posterior.expected_returns, posterior.covariance
            told = (*told, *posterior.remarks)
    of_benchmark = risk @ benchmark
    return Estimated(
        covariance=risk,
        expected_returns=expected,
        scenarios=sampled.returns,
        benchmark=benchmark,
        beta=of_benchmark / max(float(benchmark @ of_benchmark), 1e-300),
        remarks=(*remarks, *told),
    )


def benchmark_of(is_destination: NDArray[np.bool_], share: float) -> NDArray[np.float64]:
    """Give the weights of the benchmark: both baskets, equal weights in each.

    Parameters
    ----------
    is_destination : ndarray of shape (n_names,), bool
    share : float
        Of the destination; where one basket has no names the other is all of it.

    Returns
    -------
    ndarray of shape (n_names,)

    Examples
    --------
    >>> benchmark_of(np.array([True, False, False]), 0.5).tolist()
    [0.5, 0.25, 0.25]
    """
    n, n_destination = len(is_destination), int(is_destination.sum())
    if n_destination in (0, n):
        return np.full(n, 1.0 / max(n, 1))
    return np.where(is_destination, share / n_destination, (1.0 - share) / (n - n_destination))


def _covariance(sampled: Sampled, how: Estimates) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    returns, names = sampled.returns, sampled.names
    found: Estimate
    if how.covariance == "sample":
        found = sample_covariance(returns, names)
    elif how.covariance == "exponential":
        found = exponentially_weighted_covariance(returns, how.half_life, names)
    elif how.covariance == "ledoit-wolf":
        found = ledoit_wolf_covariance(returns, names)
    elif how.covariance == "factor":
        model = statistical_factor_model(returns, how.factors, names)
        found = Estimate(value=model.covariance, remarks=model.remarks)
    else:
        found = asynchronous_covariance(returns, venues=sampled.venues, names=names, repair=how.repair)
        return found.value, found.remarks
    sound = repaired(found.value, how.repair, names)
    return sound.value, (*found.remarks, *sound.remarks)


def _returns(
    sampled: Sampled, how: Estimates, covariance: NDArray[np.float64], benchmark: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    names = sampled.names
    if how.returns == "zero":
        return np.zeros(len(names)), ()
    if how.returns == "historical":
        found = historical_mean(sampled.returns, names)
    elif how.returns == "shrunk":
        found = shrunk_mean(sampled.returns, covariance, names)
    elif how.returns == "implied":
        found = implied_returns(covariance, benchmark, how.risk_aversion, names=names)
    else:
        score = np.where(sampled.is_destination, 1.0, -1.0) * np.nan_to_num(sampled.score, nan=0.0)
        volatility = np.sqrt(covariance.diagonal())
        found = signal_returns(score, volatility, how.information_coefficient, names)
    return found.value, found.remarks
