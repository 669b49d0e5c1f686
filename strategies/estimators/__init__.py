"""What an allocation reads about risk and return, from plain arrays."""

from strategies.estimators.asynchronous import asynchronous_covariance
from strategies.estimators.black_litterman import BlackLittermanPosterior, black_litterman
from strategies.estimators.covariance import (
    exponentially_weighted_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)
from strategies.estimators.estimate import Estimate
from strategies.estimators.expected import historical_mean, implied_returns, shrunk_mean, signal_returns
from strategies.estimators.factors import FactorModel, factor_model, statistical_factor_model
from strategies.estimators.repair import check_covariance, repaired
from strategies.estimators.views import Views, joined_views, target_view

__all__ = [
    "BlackLittermanPosterior",
    "Estimate",
    "FactorModel",
    "Views",
    "asynchronous_covariance",
    "black_litterman",
    "check_covariance",
    "exponentially_weighted_covariance",
    "factor_model",
    "historical_mean",
    "implied_returns",
    "joined_views",
    "ledoit_wolf_covariance",
    "repaired",
    "sample_covariance",
    "shrunk_mean",
    "signal_returns",
    "statistical_factor_model",
    "target_view",
]
