"""What trades cost, in the objective: proportional and square-root costs, by the ledger's own rates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.constraints.constraint import Constraint, number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement


@dataclass(frozen=True, kw_only=True)
class TradingCosts(Constraint):
    """Costs of trading away from the drifted weights, taken off what is maximised [1]_.

        sum of  c_i |u_i| + k_i |u_i|^1.5,   u = w - w before,

    with c_i the rate of buying or of selling, and k_i of the square-root law of impact: the inputs `buy_cost`,
    `sell_cost` and `impact`.

    Attributes
    ----------
    horizon : float
        Periods over which a trade pays off: returns are per period, a cost is paid once.
    risk_aversion : float, optional
        For objectives that are a variance: a cost counts as much as 1 / risk_aversion of it in half the variance.

    References
    ----------
    .. [1] Boyd et al., "Multi-period trading via convex optimization", 2017, section 4.2.
    """

    horizon: float = 1.0
    risk_aversion: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "horizon", number(self.horizon, "TradingCosts horizon", least=1e-9))
        if self.risk_aversion is not None:
            aversion = number(self.risk_aversion, "TradingCosts risk_aversion", least=1e-9)
            object.__setattr__(self, "risk_aversion", aversion)

    def shape(self, given: Inputs) -> object:
        """Whether there is any impact: without it a programme stays quadratic."""
        return given.impact is not None

    def statements(self, room: Room) -> list[Statement]:
        """None: costs demand nothing."""
        return []

    def cost(self, room: Room, unit: Callable[[Inputs], float], *, is_variance: bool) -> Any:
        """Write the costs down."""
        import cvxpy as cp

        if is_variance and self.risk_aversion is None:
            raise StrategyError(
                "TradingCosts beside an objective that is a variance need risk_aversion=..., which says how much "
                "variance a cost is worth."
            )

        def per_period(what: str) -> Callable[[Inputs], NDArray[np.float64]]:
            def read(given: Inputs) -> NDArray[np.float64]:
                rates: NDArray[np.float64] | None = getattr(given, what)
                found = np.zeros(given.n_names) if rates is None else rates
                scaled: NDArray[np.float64] = found / (self.horizon * unit(given))
                return scaled / (self.risk_aversion or 1.0) if is_variance else scaled

            return read

        def of_drifted(given: Inputs) -> float:
            held = np.zeros(given.n_names) if given.current is None else given.current
            return float(per_period("sell_cost")(given) @ held)

        bought = room.bought
        buying, selling = (room.parameter(per_period(side), nonneg=True) for side in ("buy_cost", "sell_cost"))
        # What is sold is bought - w + w before. Costs times drifted weights are one parameter of their own: a product
        # of two is not disciplined.
        linear = (buying + selling) @ bought - selling @ room.weights + room.times_scale(room.parameter(of_drifted))
        if room.given.impact is None:
            return linear
        impact = room.parameter(per_period("impact"), nonneg=True)
        power = cp.Variable(room.n_names, name="impact")
        scale = room.scale * np.ones(room.n_names)
        room.terms.append(cp.constraints.PowCone3D(power, scale, room.traded, np.full(room.n_names, 2.0 / 3.0)))
        return linear + impact @ power
