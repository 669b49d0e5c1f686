"""The portfolio whose names' risks cancel out the most."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.answer import Measure
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room
from strategies.optimisers.statements import AboveZero, Statement


@dataclass(frozen=True, kw_only=True)
class MaximumDiversification(Optimiser):
    """The portfolio of the highest diversification ratio [1]_.

        maximise  s'w / sqrt(w'Sw)   subject to the constraints, with s the volatilities of the names;

    solved as `MaximumSharpe` is, with s in the place of excess returns.

    Attributes
    ----------
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Choueifaty and Coignard, "Toward maximum diversification", Journal of Portfolio Management, 2008.

    Examples
    --------
    >>> print(MaximumDiversification().weights(covariance=[[0.04, 0.0], [0.0, 0.01]]).round(6))
    [0.333333 0.666667]
    """

    measure: ClassVar[Measure] = Measure("diversification ratio", is_fraction=False)
    topics: ClassVar[tuple[str, ...]] = ("weighted volatility",)
    has_scale: ClassVar[bool] = True
    takes_costs: ClassVar[bool] = False

    def check(self, given: Inputs) -> None:
        """Refuse inputs without a covariance."""
        given.need("covariance", "MaximumDiversification")
        given.refuse_indefinite()

    def demands(self, room: Room) -> list[Statement]:
        """Demand a sum of volatilities above zero: long names outweigh shorts."""
        volatility = room.parameter(lambda given: np.sqrt(given.scaled_covariance.diagonal()))
        if room.has_scale:
            room.terms.append(volatility @ room.weights >= 1.0)
            return []
        return [
            AboveZero(
                key="weighted volatility at least",
                subject="the weighted volatility of the names",
                sense="at least",
                expression=volatility @ room.weights,
                limit=1e-6,
                can_give=False,
            )
        ]

    def objective(self, room: Room) -> Objective:
        """Half the variance of the scaled portfolio."""
        return Objective(0.0, has_covariance=True)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Give the diversification ratio, one or more."""
        covariance = given.need("covariance", "MaximumDiversification")
        volatility = given.volatility_of(weights)
        return float(np.sqrt(covariance.diagonal()) @ weights) / volatility if volatility > 0.0 else float("nan")

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """Ratio gained, as of the Sharpe ratio."""
        return self.value(given, weights) ** 3 * multiplier * scale
