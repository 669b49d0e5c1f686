"""The portfolio with the most excess return for its volatility."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.constraint import number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room
from strategies.optimisers.statements import AboveZero, Statement


@dataclass(frozen=True, kw_only=True)
class MaximumSharpe(Optimiser):
    """The portfolio of the highest Sharpe ratio.

        maximise  ((mu - r)'w - costs) / sqrt(w'Sw)   subject to the constraints

    solved, as all constraints are homogeneous in w and a scale k > 0, as [1]_

        minimise  y'Sy   with  (mu - r)'y - costs(y) = 1,  constraints(y, k),  w = y / k.

    Of portfolios that differ only in size, the rest being cash, it is the largest.

    Attributes
    ----------
    risk_free : float
        Return of cash per period.
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Cornuejols and Tutuncu, "Optimization methods in finance", 2007, section 8.2; after Charnes and Cooper, 1962.

    Examples
    --------
    >>> best = MaximumSharpe()
    >>> print(best.weights(expected_returns=[0.05, 0.1], covariance=[[0.05, 0.02], [0.02, 0.07]]).round(4))
    [0.2727 0.7273]
    """

    risk_free: float = 0.0

    measure: ClassVar[Measure] = Measure("Sharpe ratio", is_fraction=False)
    topics: ClassVar[tuple[str, ...]] = ("excess return",)
    has_scale: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "risk_free", number(self.risk_free, "risk_free"))

    def check(self, given: Inputs) -> None:
        """Refuse inputs without expected returns or a covariance."""
        given.need("expected_returns", "MaximumSharpe")
        given.need("covariance", "MaximumSharpe")
        given.refuse_indefinite()

    def demands(self, room: Room) -> list[Statement]:
        """Demand an excess return above zero, without which there is no best portfolio."""
        import cvxpy as cp

        excess = room.parameter(lambda given: self._excess(given) / self._unit(given))
        costs = self.costs(room, self._unit)
        if room.has_scale:
            room.terms.append(excess @ room.weights - costs >= 1.0)
            return []
        return [
            AboveZero(
                key="excess return at least",
                subject="expected return over cash" + (" and costs" if isinstance(costs, cp.Expression) else ""),
                sense="at least",
                expression=excess @ room.weights - costs,
                limit=lambda given: 1e-6 * self._unit(given),
                size=self._unit,
                can_give=False,
            )
        ]

    def objective(self, room: Room) -> Objective:
        """Half the variance of the scaled portfolio."""
        return Objective(0.0, has_covariance=True)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Give the Sharpe ratio per period, before costs."""
        volatility = given.volatility_of(weights)
        return float(self._excess(given) @ weights) / volatility if volatility > 0.0 else float("nan")

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """Ratio gained: with v half the least variance in scaled units the ratio is proportional to v^-1/2."""
        ratio = self.value(given, weights)
        in_units = ratio * float(np.sqrt(given.variance_scale)) / self._unit(given)
        return ratio * in_units**2 * multiplier * scale

    def _excess(self, given: Inputs) -> NDArray[np.float64]:
        excess: NDArray[np.float64] = given.need("expected_returns", "MaximumSharpe") - self.risk_free
        return excess

    def _unit(self, given: Inputs) -> float:
        return float(np.abs(self._excess(given)).max()) or 1.0
