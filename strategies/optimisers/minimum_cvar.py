"""The portfolio of least tail loss, and tail loss against expected return."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.constraint import number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.mean_variance import return_of_at_least
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement
from strategies.optimisers.tail_risk import tail_loss, tail_risk, unit_of_scenarios


@dataclass(frozen=True, kw_only=True)
class MinimumCVaR(Optimiser):
    """The portfolio of least conditional value at risk over scenarios [1]_.

        minimise  CVaR(-r'w) + costs   subject to the constraints

    Attributes
    ----------
    level : float
        0.95: the mean of the worst twentieth of outcomes.
    target_return : float, optional
        Expected return of at least so much, per period of the scenarios.
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk, 2000.

    Examples
    --------
    >>> scenarios = np.array([[-0.02, 0.01], [0.01, -0.04], [0.03, 0.02], [0.0, 0.01]])
    >>> print(MinimumCVaR(level=0.75).weights(scenarios=scenarios).round(4))
    [0.625 0.375]
    """

    level: float = 0.95
    target_return: float | None = None

    measure: ClassVar[Measure] = Measure("CVaR", better=-1)
    topics: ClassVar[tuple[str, ...]] = ("expected return",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "level", number(self.level, "level", least=0.5, most=0.9999))
        if self.target_return is not None:
            object.__setattr__(self, "target_return", number(self.target_return, "target_return"))

    def check(self, given: Inputs) -> None:
        """Refuse inputs without scenarios, or with fewer than one in the tail."""
        refuse_thin_tail(given, self.level)
        if self.target_return is not None:
            given.need("expected_returns", "A target return")

    def demands(self, room: Room) -> list[Statement]:
        """Demand the target return, if there is one."""
        return [] if self.target_return is None else [return_of_at_least(room, self.target_return)]

    def objective(self, room: Room) -> Objective:
        """CVaR in units of the scenarios."""
        return Objective(tail_risk(room, self.level) + self.costs(room, unit_of_scenarios))

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """CVaR of losses per period, above zero where the tail loses."""
        return tail_loss(given.need("scenarios", "CVaR"), weights, self.level)

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """CVaR that goes."""
        return multiplier * unit_of_scenarios(given)


def refuse_thin_tail(given: Inputs, level: float) -> None:
    """Refuse scenarios of which less than one lies in the tail.

    Parameters
    ----------
    given : Inputs
    level : float

    Raises
    ------
    StrategyError
        If there are none, or too few.
    """
    scenarios = given.need("scenarios", "CVaR")
    if len(scenarios) * (1.0 - level) < 1.0 - 1e-9:
        raise StrategyError(
            f"{len(scenarios)} scenarios have less than one in the worst {100.0 * (1.0 - level):.4g} %: give "
            f"{int(np.ceil(1.0 / (1.0 - level) - 1e-9))} or more, or a lower level."
        )
