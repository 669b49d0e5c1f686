"""The portfolio nearest to a benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.constraint import number, numbers
from strategies.optimisers.constraints.risk import price_of_risk
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.mean_variance import unit_of_return
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement


@dataclass(frozen=True, kw_only=True)
class MinimumTrackingError(Optimiser):
    """The portfolio of least tracking error, with an active return if one is asked for [1]_.

        minimise  (w - b)' S (w - b)   with  mu'(w - b) >= active_return   and the constraints

    Attributes
    ----------
    benchmark : sequence of float, optional
        Weights of the reference; the input `benchmark` goes before it.
    active_return : float, optional
        Expected return over the benchmark's, per period.
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Roll, "A mean/variance analysis of tracking error", Journal of Portfolio Management, 1992.

    Examples
    --------
    >>> from strategies.optimisers.constraints.bounds import Bounds
    >>> near = MinimumTrackingError(benchmark=[0.5, 0.3, 0.2], constraints=[Bounds(at_most={"name 1": 0.4})])
    >>> print(near.weights(covariance=np.diag([0.04, 0.04, 0.04])).round(6))
    [0.4  0.35 0.25]
    """

    benchmark: Sequence[float] | None = None
    active_return: float | None = None

    measure: ClassVar[Measure] = Measure("tracking error", better=-1)
    topics: ClassVar[tuple[str, ...]] = ("active return",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.benchmark is not None:
            object.__setattr__(
                self, "benchmark", numbers(self.benchmark, "A benchmark weight", least=-100.0, most=100.0)
            )
        if self.active_return is not None:
            object.__setattr__(self, "active_return", number(self.active_return, "active_return"))

    def check(self, given: Inputs) -> None:
        """Refuse inputs without a covariance or a benchmark."""
        given.need("covariance", "MinimumTrackingError")
        given.refuse_indefinite()
        self._reference(given)
        if self.active_return is not None:
            given.need("expected_returns", "An active return")

    def demands(self, room: Room) -> list[Statement]:
        """Demand the active return, if one is asked for."""
        if self.active_return is None:
            return []
        least = self.active_return
        returns = room.parameter(
            lambda given: given.need("expected_returns", "An active return") / unit_of_return(given)
        )
        of_benchmark = room.parameter(
            lambda given: float(
                given.need("expected_returns", "An active return") @ self._reference(given) / unit_of_return(given)
            )
        )
        return [
            Statement(
                key="active return at least",
                subject="expected return over the benchmark",
                sense="at least",
                expression=returns @ room.weights - of_benchmark,
                limit=least,
                size=unit_of_return,
            )
        ]

    def objective(self, room: Room) -> Objective:
        """Half the squared tracking error, less what does not depend on the weights."""
        covariances = room.parameter(lambda given: given.scaled_covariance @ self._reference(given))
        costs = self.costs(room, lambda given: given.variance_scale, is_variance=True)
        return Objective(costs - covariances @ room.weights, has_covariance=True)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Tracking error per period."""
        return given.volatility_of(weights - self._reference(given))

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """Tracking error that goes."""
        return price_of_risk(given, multiplier, self.value(given, weights))

    def _reference(self, given: Inputs) -> NDArray[np.float64]:
        if given.benchmark is not None:
            return given.benchmark
        if self.benchmark is None:
            raise StrategyError("MinimumTrackingError needs a benchmark: pass benchmark=..., weights one a name.")
        if len(self.benchmark) != given.n_names:
            raise StrategyError(f"{len(self.benchmark)} benchmark weights for {given.n_names} names: give each one.")
        return np.array(self.benchmark)
