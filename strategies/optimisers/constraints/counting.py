"""How many names are held, and how little of each: constraints with yes or no for each name."""

from dataclasses import dataclass
from typing import Any

from strategies.errors import StrategyError
from strategies.optimisers.constraints.constraint import Constraint, number
from strategies.optimisers.room import Room
from strategies.optimisers.statements import NUMBER, Statement


@dataclass(frozen=True, kw_only=True)
class MinimumPosition(Constraint):
    """A name is held with at least so much, or not at all: w_i = 0 or w_i >= l.

    Attributes
    ----------
    at_least : float
        Fraction of NAV, above zero.
    """

    at_least: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_least", number(self.at_least, "MinimumPosition at_least", least=1e-6, most=1.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("each position",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence for all names."""
        return [
            Statement(
                key="each position at least",
                subject="each name held",
                sense="at least",
                expression=room.weights + self.at_least * (1.0 - room.held),
                limit=self.at_least,
            )
        ]


@dataclass(frozen=True, kw_only=True)
class NumberOfNames(Constraint):
    """At most, or exactly, so many names are held.

    Attributes
    ----------
    at_most, exactly : int, optional
        One of them. Exactly so many needs a `MinimumPosition` beside it, which says how little a held name may be.

    Notes
    -----
    Beside either of the two nothing is short, and no weight is above 1.
    """

    at_most: int | None = None
    exactly: int | None = None

    def __post_init__(self) -> None:
        if (self.at_most is None) == (self.exactly is None):
            raise StrategyError("NumberOfNames takes at_most=... or exactly=...")
        for side in ("at_most", "exactly"):
            value: Any = getattr(self, side)
            if value is None:
                continue
            if number(value, f"NumberOfNames {side}") != int(value) or value < 1:
                raise StrategyError(f"NumberOfNames {side} is {value!r}; want a whole number, one or more.")
            object.__setattr__(self, side, int(value))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("number of names",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence."""
        import cvxpy as cp

        limit = self.exactly if self.at_most is None else self.at_most
        sense = "exactly" if self.at_most is None else "at most"
        return [
            Statement(
                key=f"number of names {sense}",
                subject="the number of names",
                sense=sense,  # type: ignore[arg-type]
                expression=cp.sum(room.held),
                limit=float(limit),  # type: ignore[arg-type]
                unit=NUMBER,
            )
        ]
