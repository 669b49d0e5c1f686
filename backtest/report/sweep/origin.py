"""How the candidates of a sweep came about, and how many outcomes they have."""

import math
from collections.abc import Sequence
from typing import Protocol

from backtest.report.tables import number
from backtest.report.writing import counted, listed
from backtest.tuning.grids.distributions import Draw

METHODS = {"sobol": "from a scrambled Sobol sequence", "random": "independently of each other"}


class Varied(Protocol):
    """What was varied."""

    @property
    def names(self) -> tuple[str, ...]:
        """Dotted parameters in the order of the grid."""

    @property
    def n(self) -> int:
        """Candidates."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides the candidates and their order."""

    @property
    def dimensions(self) -> Sequence["Sized"]:
        """Parameters that vary together."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """As they were written."""

    @property
    def draw(self) -> Draw | None:
        """How candidates were drawn; None: all combinations."""


class Sized(Protocol):
    """What has a number of values."""

    def __len__(self) -> int:
        """How many."""


def origin(space: Varied) -> str:
    """Say how candidates came about.

    Parameters
    ----------
    space : Varied

    Returns
    -------
    str
        A sentence: all combinations, or how many were drawn and how; and how many a condition left out.
    """
    n, draw = space.n, space.draw
    if draw is None:
        whole = math.prod(len(one) for one in space.dimensions)
        what = f"all {counted(whole, 'combination')} of the grid"
    else:
        whole = draw.n
        what = f"{counted(whole, 'candidate')} drawn {METHODS[draw.method]} (seed {draw.seed})"
    if not space.conditions:
        return "All combinations of the grid." if draw is None else f"{what}."
    noun = "condition" if len(space.conditions) == 1 else "conditions"
    left = f"{number(n)} {'is' if n == 1 else 'are'} left"
    return f"Of {what} {number(whole - n)} missed the {noun} {listed(space.conditions)}; {left}."


def outcomes(n: int, n_different: int, of: int = 0) -> str:
    """Say how many outcomes candidates have.

    Parameters
    ----------
    n : int
        Candidates.
    n_different : int
        Of them with an outcome of their own, equals counted once.
    of : int
        Candidates in all, those that failed included, where there are more.

    Returns
    -------
    str
        A sentence; empty where all differ.

    Examples
    --------
    >>> outcomes(187200, 6182)
    '187,200 candidates have 6,182 different outcomes: the rest equal another one in every measure.'
    >>> outcomes(4, 4)
    ''
    """
    if n_different >= n:
        return ""
    candidates = counted(n, "candidate") + (" with a result" if of > n else "")
    if n_different == 1:
        return f"All {candidates} have the same outcome: they are equal in every measure."
    have = f"{candidates} have {counted(n_different, 'different outcome')}"
    return f"{have}: the rest equal another one in every measure."
