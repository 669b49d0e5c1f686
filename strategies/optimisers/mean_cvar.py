"""Expected return against tail loss."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.constraint import number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.minimum_cvar import refuse_thin_tail
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement
from strategies.optimisers.tail_risk import tail_loss, tail_risk, unit_of_scenarios


@dataclass(frozen=True, kw_only=True)
class MeanCVaR(Optimiser):
    """Expected return against conditional value at risk [1]_.

        tail_aversion c:   maximise  mu'w - c CVaR(-r'w) - costs
        target_cvar v:     maximise  mu'w - costs   with CVaR(-r'w) <= v

    each subject to the constraints; for the least CVaR at a return, see `MinimumCVaR`.

    Attributes
    ----------
    tail_aversion, target_cvar : float, optional
        Exactly one of them; CVaR per period of the scenarios.
    level : float
        0.95: the mean of the worst twentieth of outcomes.
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Krokhmal, Palmquist and Uryasev, "Portfolio optimization with conditional value-at-risk objective and
       constraints", Journal of Risk, 2002.
    """

    tail_aversion: float | None = None
    target_cvar: float | None = None
    level: float = 0.95

    measure: ClassVar[Measure] = Measure("expected return less what the tail counts")
    topics: ClassVar[tuple[str, ...]] = ("CVaR",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "level", number(self.level, "level", least=0.5, most=0.9999))
        if (self.tail_aversion is None) == (self.target_cvar is None):
            raise StrategyError("MeanCVaR takes exactly one of tail_aversion and target_cvar.")
        if self.tail_aversion is not None:
            object.__setattr__(self, "tail_aversion", number(self.tail_aversion, "tail_aversion", least=1e-9))
        if self.target_cvar is not None:
            object.__setattr__(self, "target_cvar", number(self.target_cvar, "target_cvar"))

    def check(self, given: Inputs) -> None:
        """Refuse inputs without scenarios or expected returns."""
        refuse_thin_tail(given, self.level)
        given.need("expected_returns", "MeanCVaR")

    def demands(self, room: Room) -> list[Statement]:
        """Limit CVaR, if there is a limit."""
        if self.target_cvar is None:
            return []
        most = self.target_cvar
        return [
            Statement(
                key="CVaR at most",
                subject="CVaR",
                sense="at most",
                expression=tail_risk(room, self.level),
                limit=most,
                size=unit_of_scenarios,
            )
        ]

    def objective(self, room: Room) -> Objective:
        """Losses in units of the scenarios, or of the aversion to them."""
        returns = room.parameter(lambda given: given.need("expected_returns", "MeanCVaR") / self._unit(given))
        losses = -(returns @ room.weights) + self.costs(room, self._unit)
        if self.tail_aversion is not None:
            aversion = room.parameter(
                lambda given: (self.tail_aversion or 0.0) * unit_of_scenarios(given) / self._unit(given), nonneg=True
            )
            losses = losses + aversion * tail_risk(room, self.level)
        return Objective(losses)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Give the expected return less the aversion times CVaR; per period, before costs."""
        expected = float(given.need("expected_returns", "MeanCVaR") @ weights)
        if self.tail_aversion is None:
            return expected
        return expected - self.tail_aversion * tail_loss(given.need("scenarios", "CVaR"), weights, self.level)

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """In units of the value."""
        return multiplier * self._unit(given)

    def _unit(self, given: Inputs) -> float:
        returns = float(np.abs(given.need("expected_returns", "MeanCVaR")).max())
        return max(returns, (self.tail_aversion or 0.0) * unit_of_scenarios(given)) or 1.0
