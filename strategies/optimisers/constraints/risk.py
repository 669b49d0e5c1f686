"""Limits on risk: volatility, tracking error, beta and other factor exposures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from strategies.errors import StrategyError
from strategies.optimisers.constraints.constraint import Constraint, number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.statements import NUMBER, Sense, Statement

NO_RISK = 1e-6  # of the root of the mean variance: a variance of 1e-12, which solvers leave of zero


@dataclass(frozen=True, kw_only=True)
class Volatility(Constraint):
    """The portfolio's volatility is at most so much: sqrt(w' S w).

    Attributes
    ----------
    at_most : float
        Per period of the covariance.
    """

    at_most: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_most", number(self.at_most, "Volatility at_most", least=0.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("volatility",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence."""
        import cvxpy as cp

        root = scaled_root(room)
        return [
            Statement(
                key="volatility at most",
                subject="volatility",
                sense="at most",
                expression=cp.norm2(root @ room.weights),
                limit=self.at_most,
                size=unit_of_risk,
            )
        ]


@dataclass(frozen=True, kw_only=True)
class TrackingError(Constraint):
    """The volatility of weights less the benchmark's is at most so much: sqrt((w - b)' S (w - b)).

    Attributes
    ----------
    at_most : float
        Per period of the covariance. The benchmark is an input.
    """

    at_most: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "at_most", number(self.at_most, "TrackingError at_most", least=0.0))

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("tracking error",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence."""
        import cvxpy as cp

        root = scaled_root(room)
        of_benchmark = room.parameter(
            lambda given: given.scaled_root @ given.need("benchmark", "A limit on tracking error")
        )
        return [
            Statement(
                key="tracking error at most",
                subject="tracking error",
                sense="at most",
                expression=cp.norm2(root @ room.weights - room.times_scale(of_benchmark)),
                limit=self.at_most,
                size=unit_of_risk,
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Exposure(Constraint):
    """The exposure to a factor, sum of w_i x_i, lies between limits.

    Attributes
    ----------
    to : str
        Factor: a key of the inputs' exposures, such as "beta" or "value".
    at_least, at_most : float, optional
        In the unit of the exposures.
    """

    to: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.to, str):
            raise StrategyError(f"Exposure to is {self.to!r}; want the name of a factor.")
        for side in ("at_least", "at_most"):
            if getattr(self, side) is not None:
                object.__setattr__(self, side, number(getattr(self, side), f"Exposure to {self.to} {side}"))
        if self.at_least is None and self.at_most is None:
            raise StrategyError(f"Exposure to {self.to!r} without at_least and at_most says nothing.")

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return (f"exposure to {self.to}",)

    def statements(self, room: Room) -> list[Statement]:
        """One sentence a side."""

        def loadings(given: Inputs) -> np.ndarray:
            if self.to not in given.exposures:
                known = ", ".join(sorted(given.exposures)) or "none"
                raise StrategyError(f"Exposure to {self.to!r} needs exposures of that factor; given: {known}.")
            return given.exposures[self.to]

        def unit(given: Inputs) -> float:
            return float(np.abs(loadings(given)).max()) or 1.0

        of = room.parameter(lambda given: loadings(given) / unit(given))
        sides: Mapping[Sense, float | None] = {"at least": self.at_least, "at most": self.at_most}
        return [
            Statement(
                key=f"exposure to {self.to} {sense}",
                subject=f"exposure to {self.to}",
                sense=sense,
                expression=of @ room.weights,
                limit=limit,
                unit=NUMBER,
                size=unit,
            )
            for sense, limit in sides.items()
            if limit is not None
        ]


def scaled_root(room: Room) -> Any:
    """Give the root of the scaled covariance, a parameter of shape (n_names, n_names).

    Parameters
    ----------
    room : Room

    Returns
    -------
    cvxpy.Parameter
    """
    return room.parameter(lambda given: given.scaled_root)


def price_of_risk(given: Inputs, multiplier: float, volatility: float) -> float:
    """Turn a multiplier of half the scaled variance into volatility that goes.

    Parameters
    ----------
    given : Inputs
    multiplier : float
    volatility : float
        That is minimised.

    Returns
    -------
    float
        0 where there is next to no volatility, of which nothing can go: the multiplier is rounding there.
    """
    unit = unit_of_risk(given)
    return multiplier * unit * unit / volatility if volatility > NO_RISK * unit else 0.0


def unit_of_risk(given: Inputs) -> float:
    """Give the root of the mean variance: one unit of a risk that is written with the scaled root.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    float
    """
    return float(np.sqrt(given.variance_scale))
