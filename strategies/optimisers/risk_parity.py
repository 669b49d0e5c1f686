"""The portfolio to whose risk every name contributes its budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.answer import Measure
from strategies.optimisers.constraints.constraint import numbers
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.programme import Objective, Programme
from strategies.optimisers.room import Room
from strategies.optimisers.solvers import Solution
from strategies.optimisers.solving import FEASIBLE, misses

STEPS = 50  # of Newton's method at most; five to ten do


@dataclass(frozen=True, kw_only=True)
class RiskParity(Optimiser):
    """The portfolio to whose variance each name contributes its budget [1]_.

        w_i (S w)_i / w'Sw = b_i,   found as   minimise  y'Sy / 2 - sum of b_i log y_i,   w = y / k,

    with k the sum of y, or what else the constraints say [2]_. Where a constraint binds, contributions cannot be the
    budgets; the programme then is the constrained risk budgeting of [3]_, in which names that no constraint holds
    still share what is left of the risk by their budgets.

    Attributes
    ----------
    budgets : sequence of float, optional
        Above zero, one a name; they are divided by their sum. None: equal.
    constraints, when_infeasible
        As of `Optimiser`. All names are held, long.

    References
    ----------
    .. [1] Maillard, Roncalli and Teiletche, "The properties of equally weighted risk contribution portfolios", 2010.
    .. [2] Spinu, "An algorithm for computing risk parity weights", 2013.
    .. [3] Richard and Roncalli, "Constrained risk budgeting portfolios", 2019.

    Examples
    --------
    >>> print(RiskParity().weights(covariance=np.diag([0.01, 0.04, 0.09, 0.16])).round(4))
    [0.48 0.24 0.16 0.12]
    """

    budgets: Sequence[float] | None = None

    measure: ClassVar[Measure] = Measure(
        "largest gap between a risk contribution and its budget", better=-1, is_fraction=False, has_prices=False
    )
    has_scale: ClassVar[bool] = True
    takes_costs: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.budgets is not None:
            given = numbers(self.budgets, "A risk budget", least=0.0)
            if not given or min(given) <= 0.0:
                raise StrategyError("Risk budgets are above zero: a name without a budget is left out of the names.")
            object.__setattr__(self, "budgets", given)

    def check(self, given: Inputs) -> None:
        """Refuse inputs without a covariance, or budgets of other names."""
        given.need("covariance", "RiskParity")
        given.refuse_indefinite()
        if self.budgets is not None and len(self.budgets) != given.n_names:
            raise StrategyError(f"{len(self.budgets)} risk budgets for {given.n_names} names: give one for each.")

    def objective(self, room: Room) -> Objective:
        """Half the variance less the weighted logarithms."""
        import cvxpy as cp

        return Objective(-(self._shares(room.given) @ cp.log(room.weights)), has_covariance=True)

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Give the largest gap between a name's share of the variance and its budget."""
        return float(np.abs(contributions(given, weights) - self._shares(given)).max())

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """In units of the programme's own objective."""
        return multiplier * scale

    def solved(self, programme: Programme, given: Inputs) -> Solution:
        """Solve by Newton's method alone; by solvers where that portfolio misses a constraint, which binds then."""
        net = [one.limit_at(given) for one in programme.statements if one.key == "net exactly"]
        S, b = given.scaled_covariance, self._shares(given)
        guess = np.sqrt(b / S.diagonal())
        risk, has_other_cones = float(guess @ S @ guess), bool(programme.form.cones.soc or programme.form.cones.p3d)
        found = None
        if len(net) == 1 and risk > 0.0 and not has_other_cones:
            found = _newton(S, b, guess / np.sqrt(risk))
        if found is not None:
            solution = programme.solution_at(found, float(found.sum() / net[0]), "newton")
            if misses(programme.form, programme.numbers(given), solution) <= FEASIBLE:
                return solution
        return super().solved(programme, given)

    def polished(self, programme: Programme, given: Inputs, solution: Solution) -> Solution:
        """Take Newton's last steps where no constraint binds: S y = b / y holds to rounding then."""
        if solution.solver == "newton":
            return solution
        bound = [
            multipliers
            for one, multipliers in zip(programme.statements, programme.multipliers(solution), strict=True)
            if one.key != "net exactly" and np.abs(multipliers).max() > 1e-6
        ]
        if bound:
            return solution
        y = programme.weights_of(solution) * programme.scale_of(solution)
        nearer = _newton(given.scaled_covariance, self._shares(given), y)
        return solution if nearer is None else programme.with_weights(solution, nearer)

    def _shares(self, given: Inputs) -> NDArray[np.float64]:
        budgets = np.ones(given.n_names) if self.budgets is None else np.array(self.budgets)
        shares: NDArray[np.float64] = budgets / budgets.sum()
        return shares


def _newton(S: NDArray[np.float64], b: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Find S y = b / y to rounding, from above zero; None where the steps do not end."""
    from scipy.linalg.lapack import dposv

    hessian, diagonal, before = S.copy(order="F"), np.diag_indices(len(b)), np.inf
    with np.errstate(all="ignore"):  # where some portfolio has no risk there may be none, and y runs away
        for _ in range(STEPS):
            hessian[diagonal] = S.diagonal() + b / y**2
            _, step, failed = dposv(hessian, b / y - S @ y)
            largest = np.abs(step / y).max()
            if failed or not np.isfinite(largest):
                return None
            y = y + step * min(1.0, 0.9 / max(largest, 0.9))  # stays above zero
            if largest <= 1e-14 or (largest <= 1e-6 and largest >= before):  # rounding is all that is left
                return y
            before = largest
    return None


def contributions(given: Inputs, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each name's share of the portfolio's variance.

    Parameters
    ----------
    given : Inputs
    weights : ndarray of shape (n_names,)

    Returns
    -------
    ndarray of shape (n_names,)
        They add up to 1.
    """
    each = weights * (given.need("covariance", "Risk contributions") @ weights)
    shares: NDArray[np.float64] = each / each.sum()
    return shares
