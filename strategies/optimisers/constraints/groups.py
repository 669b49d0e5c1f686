"""Caps and floors of groups: markets, sectors, currencies, issuers, or one's own."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from strategies.errors import StrategyError
from strategies.optimisers.constraints.constraint import Constraint, number, pairs
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Sense, Statement


@dataclass(frozen=True, kw_only=True)
class GroupLimits(Constraint):
    """Least and most of each group: sum of w_i over the group.

    Attributes
    ----------
    of : str
        Kind of group: a key of the inputs' labels, such as "market", "sector", "currency" or "issuer".
    at_least, at_most : float, or mapping of str to float, optional
        Fractions of NAV, for each group or for those named. A group that no name of a decision belongs to is empty:
        its sum is 0, so that a cap holds and a floor does not.

    Examples
    --------
    >>> GroupLimits(of="market", at_most={"XNYS": 0.6, "XHKG": 0.6}).at_most
    (('XHKG', 0.6), ('XNYS', 0.6))
    """

    of: str
    at_least: float | Mapping[str, float] | None = None
    at_most: float | Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.of, str):
            raise StrategyError(f"GroupLimits of is {self.of!r}; want a kind of label, such as 'sector'.")
        for side in ("at_least", "at_most"):
            limits = getattr(self, side)
            if isinstance(limits, (Mapping, tuple)):
                object.__setattr__(self, side, pairs(limits, f"{self.of} {side}"))
            elif limits is not None:
                object.__setattr__(self, side, number(limits, f"{self.of} {side}"))
        if self.at_least is None and self.at_most is None:
            raise StrategyError(f"GroupLimits of {self.of!r} without at_least and at_most say nothing.")

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return (self.of,)

    def shape(self, given: Inputs) -> Hashable:
        """Which group each name belongs to, and which have none."""
        return given.labels.get(self.of), given.absent

    def statements(self, room: Room) -> list[Statement]:
        """One sentence a group and side."""
        labels = room.given.labels.get(self.of)
        if labels is None:
            known = ", ".join(sorted(room.given.labels)) or "none"
            raise StrategyError(f"GroupLimits of {self.of!r} need labels of that kind; given: {known}.")
        return [
            *self._side(room, labels, "at least", self.at_least),
            *self._side(room, labels, "at most", self.at_most),
        ]

    def _side(self, room: Room, labels: tuple[str, ...], sense: Sense, limits: object) -> list[Statement]:
        if limits is None:
            return []
        named: Any = tuple((group, limits) for group in sorted(set(labels))) if isinstance(limits, float) else limits
        found = []
        for group, limit in named:
            at = np.flatnonzero(np.array(labels) == group)
            if not len(at) and group not in room.given.absent:
                raise StrategyError(
                    f"GroupLimits speak of {self.of} {group!r}, and no name is of it; given: "
                    f"{', '.join(sorted(set(labels)))}. Groups that have no name now belong into absent=[...]."
                )
            if not len(at) and sense == "at most":
                continue  # an empty group keeps every cap
            found.append(
                Statement(
                    key=f"{self.of} {group} {sense}",
                    subject=f"{self.of} {group}",
                    sense=sense,
                    expression=_sum_of(room, at),
                    limit=limit,
                )
            )
        return found


@dataclass(frozen=True, kw_only=True)
class Shares(Constraint):
    """Each basket is exactly as much as the inputs say: a rotation decides how much, the programme of what.

    It takes the place of full investment.
    """

    @property
    def topics(self) -> tuple[str, ...]:
        """See `Constraint.topics`."""
        return ("share of",)

    def applies(self, given: Inputs) -> bool:
        """Only where shares are said."""
        return given.shares is not None

    def shape(self, given: Inputs) -> Hashable:
        """Which basket each name belongs to."""
        return given.labels.get("basket")

    def statements(self, room: Room) -> list[Statement]:
        """One sentence a basket that has names."""
        labels = np.array(room.given.labels.get("basket", ()))
        found = []
        for basket in sorted(room.given.shares or {}):
            at = np.flatnonzero(labels == basket)
            if len(at):
                found.append(
                    Statement(
                        key=f"share of {basket} exactly",
                        subject=f"the share of the {basket}",
                        sense="exactly",
                        expression=_sum_of(room, at),
                        limit=partial(_share, basket),
                    )
                )
        return found


def _share(basket: str, given: Inputs) -> float:
    return float((given.shares or {})[basket])


def _sum_of(room: Room, at: np.ndarray) -> object:
    import cvxpy as cp

    return cp.sum(room.weights[at]) if len(at) else 0.0 * room.weights[0]
