"""The base of all constraints."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from strategies.errors import StrategyError
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.statements import Statement


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """Something a mandate demands: one sentence, or several of a kind.

    Constraints are frozen and compare by value, so that programmes of the same constraints are compiled once.
    """

    @property
    def topics(self) -> tuple[str, ...]:
        """What the keys of its sentences begin with, whatever the inputs are."""
        return ()

    def applies(self, given: Inputs) -> bool:
        """Say whether it demands anything at a decision.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        bool
        """
        return True

    def shape(self, given: Inputs) -> Hashable:
        """Give what of the inputs the form of its sentences depends on, besides how many names there are.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        hashable
        """
        return ()

    def statements(self, room: Room) -> list[Statement]:
        """Write its sentences down.

        Parameters
        ----------
        room : Room

        Returns
        -------
        list of Statement

        Raises
        ------
        StrategyError
            If it needs an input that was not given.
        """
        raise NotImplementedError

    def cost(self, room: Room, unit: Callable[[Inputs], float], *, is_variance: bool) -> Any:
        """Write down what it adds to a loss that is minimised.

        Parameters
        ----------
        room : Room
        unit : callable
            Of the loss, as a fraction of NAV per period.
        is_variance : bool
            The loss is half a variance.

        Returns
        -------
        cvxpy.Expression or float
        """
        return 0.0


def pairs(of: Mapping[str, float] | Sequence[tuple[str, float]] | None, what: str) -> tuple[tuple[str, float], ...]:
    """Freeze a mapping from names to limits.

    Parameters
    ----------
    of : mapping of str to float, or its pairs
    what : str
        For the message.

    Returns
    -------
    tuple of (str, float)
        In alphabetical order.

    Raises
    ------
    StrategyError
        If it is no mapping, or a limit is no finite number.
    """
    try:
        given = {str(name): limit for name, limit in dict(of or {}).items()}
    except (TypeError, ValueError) as error:
        raise StrategyError(f"{what} is {of!r}; want a number, or a mapping from names to numbers.") from error
    return tuple((name, number(given[name], f"{what} of {name}")) for name in sorted(given))


def numbers(values: Iterable[float], what: str, *, least: float = -1e6, most: float = 1e6) -> tuple[float, ...]:
    """Check several numbers.

    Parameters
    ----------
    values : iterable of float
    what : str
        What each is, for the message.
    least, most : float

    Returns
    -------
    tuple of float

    Raises
    ------
    StrategyError
        If they are not several, or one is no number or out of range.
    """
    given: object = values
    if not isinstance(given, Iterable):
        raise StrategyError(f"{what} is wanted for each name; given: {values!r}.")
    return tuple(number(one, what, least=least, most=most) for one in values)


def number(value: float, what: str, *, least: float = -1e6, most: float = 1e6) -> float:
    """Check a limit.

    Parameters
    ----------
    value : float
    what : str
        For the message.
    least, most : float

    Returns
    -------
    float

    Raises
    ------
    StrategyError
        If it is no number, or out of range.
    """
    given: object = value
    if isinstance(given, bool) or not isinstance(given, (int, float, np.integer, np.floating)):
        raise StrategyError(f"{what} is {value!r}; want a number.")
    found = float(value)
    if not least <= found <= most:
        raise StrategyError(f"{what} is {found:g}; want a number from {least:g} to {most:g}.")
    return found
