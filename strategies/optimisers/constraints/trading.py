"""What a rebalance may trade, from the drifted weights: turnover and volume."""

from dataclasses import dataclass

import numpy as np

from strategies.optimisers.constraints.constraint import Constraint, number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.statements import PERCENT, Statement, said


@dataclass(frozen=True, kw_only=True)
class Turnover(Constraint):
    """One-way turnover, from the drifted weights: half the sum of |w_i - w_i before| is at most so much.

    The first portfolio is no turnover: it applies only once something was held.

    Attributes
    ----------
    at_most : float
        Fraction of NAV. Of a period longer than the time between decisions the inputs' `turnover_used` is taken off.
    """

    at_most: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_most", number(self.at_most, "Turnover at_most", least=0.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("turnover",)

    def applies(self, given: Inputs) -> bool:
        """Only once something was held."""
        return given.current is not None

    def statements(self, room: Room) -> list[Statement]:
        """One sentence."""
        import cvxpy as cp

        return [
            Statement(
                key="turnover at most",
                subject="turnover",
                sense="at most",
                expression=cp.sum(room.traded) / 2.0,
                limit=lambda given: max(self.at_most - given.turnover_used, 0.0),
                aside=self._aside,
            )
        ]

    def _aside(self, given: Inputs) -> str:
        """Say what was made before, without which the limit is none that anybody wrote."""
        used = given.turnover_used
        return f" ({said(self.at_most, PERCENT)} less {said(used, PERCENT)} made before)" if used else ""


@dataclass(frozen=True, kw_only=True)
class Participation(Constraint):
    """Each trade is at most a fraction of the name's average volume over some days.

    Attributes
    ----------
    at_most : float
        Fraction of volume, such as 0.1.
    days : float
        Days over which an order may be worked.
    """

    at_most: float
    days: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_most", number(self.at_most, "Participation at_most", least=0.0))
        object.__setattr__(self, "days", number(self.days, "Participation days", least=0.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("participation",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence each for buys and sells."""

        def most(given: Inputs) -> np.ndarray:
            return self.at_most * self.days * given.need("volume", "Participation")

        trades = room.trades
        share = f"{100 * self.at_most:g} % of volume" + (f" over {self.days:g} days" if self.days != 1.0 else "")
        return [
            _OfVolume(
                key=f"participation, {verb}",
                subject=f"each name {verb} for at most {share}",
                sense="at most",
                expression=trades if verb == "bought" else -trades,
                limit=most,
            )
            for verb in ("bought", "sold")
        ]


class _OfVolume(Statement):
    def say(self, given: Inputs) -> str:
        """Say the share of volume; what it comes to differs from name to name."""
        limit = self.one_limit(given)
        return self.subject if limit is None else f"{self.subject} ({self.amount(limit)} of NAV)"
