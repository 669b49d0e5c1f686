"""The efficient frontier: its corner portfolios, and the portfolios between them in closed form."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError

ROUNDING = 1e-12  # relative: a return that exceeds the highest one by less is the highest one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrontierPortfolio:
    """One portfolio of an efficient frontier.

    Attributes
    ----------
    weights : ndarray of shape (n_names,)
        Fractions of NAV.
    expected_return, variance : float
        Per period of the forecasts.
    risk_tolerance : float
        A lambda for which it is optimal: variance per unit of return.
    """

    weights: NDArray[np.float64]
    expected_return: float
    variance: float
    risk_tolerance: float

    @property
    def volatility(self) -> float:
        """Square root of the variance."""
        return math.sqrt(self.variance)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frontier:
    """An efficient frontier, from the portfolio of highest return to that of lowest variance.

    Attributes
    ----------
    weights : ndarray of shape (n_corners, n_names)
        Corner portfolios, fractions of NAV: every efficient portfolio is a mix of two neighbours.
    lambdas : ndarray of shape (n_corners,)
        Risk tolerances at which they are optimal, falling to 0; above the first the first portfolio stays optimal.
    expected_returns, variances : ndarray of shape (n_corners,)
        Per period of the forecasts; neither rises.

    Notes
    -----
    Portfolios minimise V / 2 - lambda R. Between two corners weights and return are linear in lambda, and the frontier
    has the slope dV/dR = 2 lambda [1]_. With t from 0 at the one to 1 at the other,

        R = (1 - t) R_0 + t R_1,    V = (1 - t) V_0 + t V_1 - t (1 - t) (R_0 - R_1) (lambda_0 - lambda_1),

    so that every portfolio asked for below solves a linear or quadratic equation.

    References
    ----------
    .. [1] Markowitz, "The optimization of a quadratic function subject to linear constraints", Naval Research Logistics
       Quarterly, 1956.
    """

    weights: NDArray[np.float64]
    lambdas: NDArray[np.float64]
    expected_returns: NDArray[np.float64]
    variances: NDArray[np.float64]

    def __post_init__(self) -> None:
        n_corners = len(self.lambdas)
        for key, n_axes in (("weights", 2), ("lambdas", 1), ("expected_returns", 1), ("variances", 1)):
            array = np.array(getattr(self, key), dtype=np.float64)
            if array.ndim != n_axes or len(array) != n_corners or not n_corners or not np.isfinite(array).all():
                raise StrategyError(
                    f"The {key} of a frontier of {n_corners} corners have shape {array.shape}. "
                    "Give a finite row for each of one or more corners."
                )
            array.flags.writeable = False
            object.__setattr__(self, key, array)
        if self.lambdas[-1] != 0 or (np.diff(self.lambdas) >= 0).any():
            raise StrategyError(f"The lambdas of a frontier fall to 0, each below the one before: {self.lambdas}.")

    def minimum_variance(self) -> FrontierPortfolio:
        """Give the portfolio of lowest variance; where several have it, the one of them with the highest return.

        Returns
        -------
        FrontierPortfolio
        """
        return self._corner(len(self.lambdas) - 1)

    def at_risk_aversion(self, risk_aversion: float) -> FrontierPortfolio:
        """Give the portfolio that maximises R - risk_aversion V / 2.

        Parameters
        ----------
        risk_aversion : float
            Above zero; 1 / lambda. Infinite: the minimum variance.

        Returns
        -------
        FrontierPortfolio

        Raises
        ------
        StrategyError
            If it is not above zero; NaN is not.
        """
        if not risk_aversion > 0:
            raise StrategyError(f"A risk aversion of {risk_aversion} has no portfolio. Give a number above zero.")
        return self._at_lambda(1.0 / risk_aversion)

    def at_return(self, expected_return: float) -> FrontierPortfolio:
        """Give the portfolio of lowest variance whose expected return is no lower than asked.

        Parameters
        ----------
        expected_return : float
            Below that of the minimum variance, the minimum variance.

        Returns
        -------
        FrontierPortfolio

        Raises
        ------
        StrategyError
            If no portfolio reaches it, or it is NaN.
        """
        highest = float(self.expected_returns[0])
        if not expected_return <= highest + ROUNDING * abs(highest):
            raise StrategyError(
                f"No portfolio has an expected return of {expected_return}: the highest is {highest:.6g}. Ask for less."
            )
        k = int((self.expected_returns >= expected_return).sum())
        if k in {0, len(self.lambdas)}:
            return self._corner(max(k - 1, 0))
        above, below = self.expected_returns[k - 1 : k + 1]
        return self._between(k, float((above - expected_return) / (above - below)))

    def at_risk(self, volatility: float) -> FrontierPortfolio:
        """Give the portfolio of highest expected return whose volatility is no higher than asked.

        Parameters
        ----------
        volatility : float
            Per period of the forecasts. Above that of the highest return, the highest return.

        Returns
        -------
        FrontierPortfolio

        Raises
        ------
        StrategyError
            If no portfolio has so little risk, or it is NaN.
        """
        lowest = self.minimum_variance().volatility
        if not volatility >= lowest * (1.0 - ROUNDING):
            raise StrategyError(
                f"No portfolio has a volatility of {volatility}: the lowest is {lowest:.6g}. Ask for more."
            )
        variance = volatility**2
        k = int((self.variances > variance).sum())
        if k in {0, len(self.lambdas)}:
            return self._corner(min(k, len(self.lambdas) - 1))
        # s = 1 - t, from the lower corner: V_1 + s b + s^2 a = variance, with a and b not negative.
        a = self._bend(k)
        b = max(float(self.variances[k - 1] - self.variances[k]) - a, 0.0)
        gap = variance - float(self.variances[k])
        s = 2.0 * gap / (b + math.sqrt(b * b + 4.0 * a * gap)) if gap > 0 else 0.0
        return self._between(k, 1.0 - s)

    def maximum_sharpe(self, risk_free: float = 0.0) -> FrontierPortfolio:
        """Give the portfolio of the highest excess return per unit of volatility.

        Parameters
        ----------
        risk_free : float
            Per period of the forecasts.

        Returns
        -------
        FrontierPortfolio
            Where several have the ratio, the one of them with the highest return.

        Raises
        ------
        StrategyError
            If no portfolio earns more than the risk-free rate, or one does so without risk.

        Notes
        -----
        There the line from the risk-free rate touches the frontier: V = lambda (R - risk_free). Between two corners
        both sides are quadratic in lambda with the same square, which leaves a linear equation.
        """
        if not self.expected_returns[0] > risk_free:
            raise StrategyError(
                f"No portfolio earns more than the risk-free rate of {risk_free}: the highest expected return is "
                f"{self.expected_returns[0]:.6g}. Hold cash."
            )
        riskless = (self.variances <= 0) & (self.expected_returns > risk_free)
        if riskless.any():
            raise StrategyError(
                f"A portfolio without risk earns {self.expected_returns[riskless][0]:.6g}, more than the risk-free "
                f"rate of {risk_free}: no Sharpe ratio is the highest. Check the covariance and the rate."
            )
        # The ratio rises from a corner to the next while this is positive; it is at first, if ever.
        k = int((self.lambdas * (self.expected_returns - risk_free) > self.variances * (1.0 + ROUNDING)).sum())
        if k in {0, len(self.lambdas)}:
            return self._corner(max(k - 1, 0))
        rate = (self.expected_returns[k - 1] - self.expected_returns[k]) / (self.lambdas[k - 1] - self.lambdas[k])
        offset = self.variances[k] - rate * self.lambdas[k] ** 2
        slope = self.expected_returns[k] - risk_free - rate * self.lambdas[k]
        return self._at_lambda(float(offset / slope))

    def _at_lambda(self, risk_tolerance: float) -> FrontierPortfolio:
        k = int((self.lambdas >= risk_tolerance).sum())
        if k in {0, len(self.lambdas)}:
            return self._corner(max(k - 1, 0))
        above, below = self.lambdas[k - 1 : k + 1]
        return self._between(k, float((above - risk_tolerance) / (above - below)))

    def _corner(self, k: int) -> FrontierPortfolio:
        return self._portfolio(
            self.weights[k], float(self.expected_returns[k]), float(self.variances[k]), float(self.lambdas[k])
        )

    def _bend(self, k: int) -> float:
        """Give what mixing corners k - 1 and k saves, per t (1 - t): the variance of their difference."""
        return float(
            (self.expected_returns[k - 1] - self.expected_returns[k]) * (self.lambdas[k - 1] - self.lambdas[k])
        )

    def _between(self, k: int, t: float) -> FrontierPortfolio:
        def mixed(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
            mix: NDArray[np.float64] = (1.0 - t) * numbers[k - 1] + t * numbers[k]
            return mix

        variance = float(mixed(self.variances)) - t * (1.0 - t) * self._bend(k)
        return self._portfolio(
            mixed(self.weights), float(mixed(self.expected_returns)), max(variance, 0.0), float(mixed(self.lambdas))
        )

    @staticmethod
    def _portfolio(
        weights: NDArray[np.float64], expected_return: float, variance: float, risk_tolerance: float
    ) -> FrontierPortfolio:
        weights = weights.copy()
        weights.flags.writeable = False
        return FrontierPortfolio(
            weights=weights, expected_return=expected_return, variance=variance, risk_tolerance=risk_tolerance
        )
