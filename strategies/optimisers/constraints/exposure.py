"""How much is held in all: net and gross exposure, and shorts."""

from dataclasses import dataclass

from strategies.errors import StrategyError
from strategies.optimisers.constraints.constraint import Constraint, number
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement


@dataclass(frozen=True, kw_only=True)
class Net(Constraint):
    """The sum of weights; what is missing to 1 is cash, what is above 1 is borrowed.

    Where no `Net` is given the portfolio is fully invested: Net(exactly=1.0).

    Attributes
    ----------
    exactly, at_least, at_most : float, optional
        Fractions of NAV.
    """

    exactly: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        stated = [side for side in ("exactly", "at_least", "at_most") if getattr(self, side) is not None]
        for side in stated:
            object.__setattr__(self, side, number(getattr(self, side), f"Net {side}"))
        if not stated or ("exactly" in stated and len(stated) > 1):
            raise StrategyError("Net takes exactly=..., or at_least=... and at_most=..., or one of these.")

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("net",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence a side."""
        import cvxpy as cp

        total = cp.sum(room.weights)
        found = []
        for sense, limit in (("exactly", self.exactly), ("at least", self.at_least), ("at most", self.at_most)):
            if limit is not None:
                found.append(
                    Statement(
                        key=f"net {sense}",
                        subject="the sum of weights",
                        sense=sense,  # type: ignore[arg-type]
                        expression=total,
                        limit=limit,
                        gives_down_only=sense == "exactly",
                    )
                )
        return found


@dataclass(frozen=True, kw_only=True)
class Gross(Constraint):
    """The sum of absolute weights (gross leverage) is at most so much.

    Attributes
    ----------
    at_most : float
        Fraction of NAV; 1.6 for 130/30.
    """

    at_most: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_most", number(self.at_most, "Gross at_most", least=0.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("gross",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence."""
        import cvxpy as cp

        return [
            Statement(
                key="gross at most",
                subject="the sum of absolute weights",
                sense="at most",
                expression=cp.norm1(room.weights),
                limit=self.at_most,
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Short(Constraint):
    """The sum of what is short is at most so much.

    Attributes
    ----------
    at_most : float
        Fraction of NAV, above zero; 0.3 for 130/30.
    """

    at_most: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_most", number(self.at_most, "Short at_most", least=0.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("short",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence."""
        import cvxpy as cp

        return [
            Statement(
                key="short at most",
                subject="the sum of what is short",
                sense="at most",
                expression=cp.sum(cp.neg(room.weights)),
                limit=self.at_most,
            )
        ]
