"""Bounds of each name, and names that may not be traded."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.wording import some_of
from strategies.errors import StrategyError
from strategies.optimisers.constraints.constraint import Constraint, number, pairs
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Sense, Statement

MOST_NAMED = 4  # in a sentence
VERBS = {"both": "not traded", "buy": "not bought", "sell": "not sold"}
Limits = float | Mapping[str, float] | None


@dataclass(frozen=True, kw_only=True)
class Bounds(Constraint):
    """Least and most of each name: l_i <= w_i <= u_i.

    Attributes
    ----------
    at_least, at_most : float, or mapping of str to float, optional
        Fractions of NAV, for each name or for those named; a floor below zero allows shorts. Where no `Bounds` gives
        every name a floor, the portfolio is long-only.

    Examples
    --------
    >>> Bounds(at_most=0.1).at_most
    0.1
    """

    at_least: Limits = None
    at_most: Limits = None

    def __post_init__(self) -> None:
        for side in ("at_least", "at_most"):
            limits = getattr(self, side)
            if isinstance(limits, (Mapping, tuple)):
                object.__setattr__(self, side, pairs(limits, side))
            elif limits is not None:
                object.__setattr__(self, side, number(limits, side))
        if self.at_least is None and self.at_most is None:
            raise StrategyError("Bounds without at_least and at_most say nothing. Give one of them.")

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        sides: list[object] = [self.at_least, self.at_most]
        named = [name for side in sides if isinstance(side, tuple) for name, _ in side]
        return (*(("each name",) if any(isinstance(side, float) for side in sides) else ()), *named)

    def shape(self, given: Inputs) -> Hashable:
        """Where the names spoken of stand."""
        return given.names if any(isinstance(side, tuple) for side in (self.at_least, self.at_most)) else ()

    def statements(self, room: Room) -> list[Statement]:
        """One sentence for all names, or one a name."""
        return [*self._side(room, "at least", self.at_least), *self._side(room, "at most", self.at_most)]

    def _side(self, room: Room, sense: Sense, limits: object) -> list[Statement]:
        if limits is None:
            return []
        if isinstance(limits, float):
            only: float = limits
            return [
                Statement(
                    key=f"each name {sense}",
                    subject="each name",
                    sense=sense,
                    expression=room.weights,
                    limit=only,
                )
            ]
        named: dict[str, float] = dict(limits)  # type: ignore[call-overload]
        at = room.given.positions(list(named), "Bounds")
        return [
            Statement(
                key=f"{name} {sense}",
                subject=name,
                sense=sense,
                expression=room.weights[int(i)],
                limit=named[name],
            )
            for i, name in ((i, room.given.names[i]) for i in at)
        ]


@dataclass(frozen=True, kw_only=True)
class DoNotTrade(Constraint):
    """Names whose shares stay as they are: venue shut, suspended, on a list.

    Attributes
    ----------
    names : tuple of str, optional
        None: those that the inputs flag as not tradable.
    sides : {"both", "buy", "sell"}
        What is forbidden: to trade at all, to buy, to sell (a hold list).
    """

    names: tuple[str, ...] | None = None
    sides: Literal["both", "buy", "sell"] = "both"

    def __post_init__(self) -> None:
        if isinstance(self.names, str):
            raise StrategyError(f"names is {self.names!r}; want a list of names.")
        if self.names is not None:
            if not isinstance(self.names, Iterable):
                raise StrategyError(f"names is {self.names!r}; want a list of names.")
            object.__setattr__(self, "names", tuple(sorted(set(map(str, self.names)))))
        if self.sides not in ("both", "buy", "sell"):
            raise StrategyError(f"sides is {self.sides!r}; want 'both', 'buy' or 'sell'.")

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return (VERBS[self.sides],)

    def applies(self, given: Inputs) -> bool:
        """Only where a name is meant."""
        return len(self._at(given)) > 0

    def shape(self, given: Inputs) -> Hashable:
        """Which names are meant, and where they stand."""
        return tuple(given.names[i] for i in self._at(given)), tuple(self._at(given).tolist())

    def statements(self, room: Room) -> list[Statement]:
        """One sentence for all names meant."""
        at = self._at(room.given)
        meant = some_of([room.given.names[i] for i in at], most=MOST_NAMED)
        verb = VERBS[self.sides]
        sense: Sense = {"both": "exactly", "buy": "at most", "sell": "at least"}[self.sides]  # type: ignore[assignment]
        return [
            _Stays(
                key=verb if self.names is not None else f"{verb} (shut)",
                subject=f"{meant} {verb}",
                sense=sense,
                expression=room.weights[at],
                limit=lambda given: _held(given)[at],
            )
        ]

    def _at(self, given: Inputs) -> NDArray[np.int64]:
        if self.names is not None:
            at = given.positions(self.names, "DoNotTrade")
        else:
            at = np.flatnonzero(~given.tradable) if given.tradable is not None else np.zeros(0, dtype=np.int64)
        # What was never held cannot be sold.
        return at if given.current is not None or self.sides != "sell" else at[:0]


@dataclass(frozen=True, kw_only=True)
class Leaving(Constraint):
    """Names that the inputs flag as leaving are sold."""

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("leaving",)

    def applies(self, given: Inputs) -> bool:
        """Only where a name is flagged."""
        return given.leaving is not None and bool(given.leaving.any())

    def shape(self, given: Inputs) -> Hashable:
        """Which names leave."""
        return () if given.leaving is None else (given.names, given.leaving.tobytes())

    def statements(self, room: Room) -> list[Statement]:
        """One sentence for all of them."""
        leaving = room.given.leaving
        at = np.zeros(0, dtype=np.int64) if leaving is None else np.flatnonzero(leaving)
        meant = some_of([room.given.names[i] for i in at], most=MOST_NAMED)
        return [
            Statement(
                key="leaving at most",
                subject=f"what may not be held any more ({meant})",
                sense="at most",
                expression=room.weights[at],
                limit=0.0,
            )
        ]


class _Stays(Statement):
    def say(self, given: Inputs) -> str:
        """Say that the names stay at their drifted weights."""
        limit = self.one_limit(given)
        return self.subject if limit is None else f"{self.subject} (stays at {self.amount(limit)})"


def _held(given: Inputs) -> NDArray[np.float64]:
    return np.zeros(given.n_names) if given.current is None else given.current
