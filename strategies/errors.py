"""Errors of the strategies floor."""

from copy import copy
from typing import TYPE_CHECKING, Self

from data.errors import EastboundError

if TYPE_CHECKING:
    from strategies.optimisers.conflicts import Conflict


class StrategyError(EastboundError):
    """A thesis, a frame of weights or a rule is malformed, or asks for what cannot be held."""

    def at(self, where: str) -> Self:
        """Give the same error with where it arose in front.

        Parameters
        ----------
        where : str

        Returns
        -------
        StrategyError
            Of its own class.

        Examples
        --------
        >>> print(StrategyError("nothing to hold.").at("Step 3"))
        Step 3: nothing to hold.
        """
        placed = copy(self)
        placed.args = (f"{where}: {self}",)
        return placed


class UnsolvedError(StrategyError):
    """An optimiser gives no portfolio: no solver could solve its programme, or it has no solution."""


class InfeasibleError(UnsolvedError):
    """No portfolio keeps all demands.

    Attributes
    ----------
    conflict : Conflict
        A smallest set of demands that cannot hold together.
    """

    def __init__(self, message: str, conflict: "Conflict") -> None:
        super().__init__(message)
        self.conflict = conflict

    def __reduce__(self) -> tuple[type[Self], tuple[str, "Conflict"]]:
        """Be copied, and sent to other processes, with both."""
        return type(self), (str(self), self.conflict)
