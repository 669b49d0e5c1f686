"""The portfolio of least variance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.risk import price_of_risk
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room


@dataclass(frozen=True, kw_only=True)
class MinimumVariance(Optimiser):
    """The portfolio of least variance.

        minimise  w' S w   subject to the constraints

    In closed form without bounds w = S^-1 1 / 1' S^-1 1 [1]_.

    Attributes
    ----------
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Markowitz, "Portfolio selection", Journal of Finance, 1952.

    Examples
    --------
    >>> print(MinimumVariance().weights(covariance=[[0.04, 0.0], [0.0, 0.01]]).round(6))
    [0.2 0.8]
    """

    measure: ClassVar[Measure] = Measure("volatility", better=-1)

    def check(self, given: Inputs) -> None:
        """Refuse inputs without a covariance, or with an indefinite one."""
        given.need("covariance", "MinimumVariance")
        given.refuse_indefinite()

    def objective(self, room: Room) -> Objective:
        """Half the variance, in units of the mean variance."""
        return Objective(self.costs(room, lambda given: given.variance_scale, is_variance=True), has_covariance=True)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Volatility per period."""
        return given.volatility_of(weights)

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """Volatility that goes: half the variance falls by the multiplier."""
        return price_of_risk(given, multiplier, given.volatility_of(weights))
