"""Errors of the strategies floor."""

from typing import TYPE_CHECKING

from data.errors import EastboundError

if TYPE_CHECKING:
    from strategies.optimisers.conflicts import Conflict


class StrategyError(EastboundError):
    """A thesis, a frame of weights or a rule is malformed, or asks for what cannot be held."""


class InfeasibleError(StrategyError):
    """No portfolio keeps all demands.

    Attributes
    ----------
    conflict : Conflict
        A smallest set of demands that cannot hold together.
    """

    def __init__(self, message: str, conflict: "Conflict") -> None:
        super().__init__(message)
        self.conflict = conflict
