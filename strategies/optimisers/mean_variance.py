"""Expected return against variance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.constraint import number
from strategies.optimisers.constraints.risk import price_of_risk, scaled_root, unit_of_risk
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement


@dataclass(frozen=True, kw_only=True)
class MeanVariance(Optimiser):
    """Expected return against variance, in one of three ways [1]_.

        risk_aversion g:       maximise  mu'w - g/2 w'Sw - costs
        target_return r:       minimise  w'Sw            with mu'w >= r
        target_volatility v:   maximise  mu'w - costs    with sqrt(w'Sw) <= v

    each subject to the constraints.

    Attributes
    ----------
    risk_aversion, target_return, target_volatility : float, optional
        Exactly one of them; returns and volatility per period of the inputs.
    constraints, when_infeasible
        As of `Optimiser`.

    References
    ----------
    .. [1] Markowitz, "Portfolio selection: efficient diversification of investments", 1959.

    Examples
    --------
    >>> best = MeanVariance(risk_aversion=2.0)
    >>> print(best.weights(expected_returns=[0.08, 0.06], covariance=[[0.04, 0.0], [0.0, 0.02]]).round(4))
    [0.5 0.5]
    """

    risk_aversion: float | None = None
    target_return: float | None = None
    target_volatility: float | None = None

    measure: ClassVar[Measure] = Measure("certainty equivalent")
    topics: ClassVar[tuple[str, ...]] = ("expected return", "target volatility")

    def __post_init__(self) -> None:
        super().__post_init__()
        ways = ("risk_aversion", "target_return", "target_volatility")
        stated = [way for way in ways if getattr(self, way) is not None]
        if len(stated) != 1:
            raise StrategyError(
                f"MeanVariance takes exactly one of {', '.join(ways)}; given: {', '.join(stated) or 'none'}."
            )
        least = {"risk_aversion": 1e-9, "target_return": -1e6, "target_volatility": 1e-12}[stated[0]]
        object.__setattr__(self, stated[0], number(getattr(self, stated[0]), stated[0], least=least))

    def measured(self) -> Measure:
        """Name what is optimised."""
        if self.risk_aversion is not None:
            return self.measure
        return Measure("volatility", better=-1) if self.target_return is not None else Measure("expected return")

    def check(self, given: Inputs) -> None:
        """Refuse inputs without expected returns or a covariance."""
        given.need("expected_returns", "MeanVariance")
        given.need("covariance", "MeanVariance")
        given.refuse_indefinite()

    def demands(self, room: Room) -> list[Statement]:
        """Demand the target, if there is one."""
        import cvxpy as cp

        if self.target_return is not None:
            return [return_of_at_least(room, self.target_return)]
        if self.target_volatility is not None:
            most = self.target_volatility
            return [
                Statement(
                    key="target volatility at most",
                    subject="volatility",
                    sense="at most",
                    expression=cp.norm2(scaled_root(room) @ room.weights),
                    limit=most,
                    size=unit_of_risk,
                )
            ]
        return []

    def objective(self, room: Room) -> Objective:
        """Write the programme down in scaled units; see `_unit`."""
        if self.target_return is not None:
            return Objective(self.costs(room, self._unit, is_variance=True), has_covariance=True)
        returns = room.parameter(lambda given: given.need("expected_returns", "MeanVariance") / self._unit(given))
        losses = -(returns @ room.weights) + self.costs(room, self._unit)
        if self.target_volatility is not None:
            return Objective(losses)
        return Objective(losses, has_covariance=True, size=self._size_of_risk)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Give the certainty equivalent before costs, the volatility or the expected return; per period."""
        if self.target_return is not None:
            return given.volatility_of(weights)
        expected = float(given.need("expected_returns", "MeanVariance") @ weights)
        if self.risk_aversion is not None:
            return expected - self.risk_aversion / 2.0 * given.volatility_of(weights) ** 2
        return expected

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """In units of the value."""
        if self.target_return is None:
            return multiplier * self._unit(given)
        return price_of_risk(given, multiplier, given.volatility_of(weights))

    def _unit(self, given: Inputs) -> float:
        """Give what the objective is divided by, so that its numbers are about one."""
        returns = float(np.abs(given.need("expected_returns", "MeanVariance")).max())
        if self.risk_aversion is not None:
            return max(returns, self.risk_aversion * given.variance_scale)
        if self.target_return is not None:
            return given.variance_scale
        return max(returns, 1e-300)

    def _size_of_risk(self, given: Inputs) -> float:
        aversion = self.risk_aversion or 0.0
        return aversion * given.variance_scale / self._unit(given)


def return_of_at_least(room: Room, least: float, subject: str = "expected return") -> Statement:
    """Demand an expected return.

    Parameters
    ----------
    room : Room
    least : float
        Per period.
    subject : str

    Returns
    -------
    Statement
    """
    returns = room.parameter(
        lambda given: given.need("expected_returns", "A demand for return") / unit_of_return(given)
    )
    return Statement(
        key=f"{subject} at least",
        subject=subject,
        sense="at least",
        expression=returns @ room.weights,
        limit=least,
        size=unit_of_return,
    )


def unit_of_return(given: Inputs) -> float:
    """Give the largest expected return, the unit in which demands for return are written.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    float
        1 where all are zero.
    """
    return float(np.abs(given.need("expected_returns", "A demand for return")).max()) or 1.0
