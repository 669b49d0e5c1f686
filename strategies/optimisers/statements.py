"""What a mandate says, one sentence at a time: the unit of conflicts, relaxations and shadow prices."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.inputs import Inputs

Sense = Literal["at most", "at least", "exactly"]
Read = Callable[[Inputs], NDArray[np.float64] | float]
PERCENT: Literal["percent"] = "percent"
NUMBER: Literal["number"] = "number"


@dataclass(frozen=True, kw_only=True, eq=False)
class Statement:
    """One sentence of a mandate: an expression of the weights, and its limit.

    Attributes
    ----------
    key : str
        Stable from decision to decision, such as "market XHKG at most".
    subject : str
        As a user says it: "market XHKG", "each name".
    sense : {"at most", "at least", "exactly"}
    expression : cvxpy.Expression
        Convex for "at most", concave for "at least", affine for "exactly"; homogeneous in weights and scale, scalar or
        a vector of which every element keeps the limit.
    limit : float or callable
        In the user's unit; or what reads it from the inputs, a number or a vector.
    unit : {"percent", "number"}
        How amounts are said.
    gives_down_only : bool
        An equality that is given up by a lower limit alone: who cannot be fully invested holds cash, and borrows none.
    size : callable, optional
        One of the expression's units in the user's: risks are written in those of the scaled covariance.
    can_give : bool
        Whether a ranking may give it up; not what an optimiser cannot do without.
    aside : callable, optional
        Says where the limit comes from, where that is not what the user wrote.
    """

    key: str
    subject: str
    sense: Sense
    expression: Any
    limit: float | Read
    unit: Literal["percent", "number"] = PERCENT
    gives_down_only: bool = False
    size: Callable[[Inputs], float] | None = None
    can_give: bool = True
    aside: Callable[[Inputs], str] | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the limit is the same at every decision."""
        return isinstance(self.limit, float) and self.size is None

    def limit_at(self, given: Inputs) -> NDArray[np.float64] | float:
        """Read the limit.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        float or ndarray
            In the user's unit.
        """
        return self.limit if isinstance(self.limit, float) else self.limit(given)

    def one_limit(self, given: Inputs) -> float | None:
        """Read the limit where it is one number.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        float or None
            None: it differs from name to name.
        """
        limits = np.atleast_1d(self.limit_at(given))
        return float(limits[0]) if (limits == limits[0]).all() else None

    def unit_at(self, given: Inputs) -> float:
        """Give one of the expression's units in the user's.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        float
        """
        return 1.0 if self.size is None else self.size(given)

    def say(self, given: Inputs) -> str:
        """Say the sentence.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        str
        """
        limit = self.one_limit(given)
        aside = "" if self.aside is None else self.aside(given)
        return f"{self.subject} {self.sense} {'its own limit' if limit is None else self.amount(limit)}{aside}"

    def amount(self, value: float, *, towards: float = 0.0) -> str:
        """Say an amount in the unit of the sentence.

        Parameters
        ----------
        value : float
        towards : float
            Rounded up where that is above zero, down where it is below; to the nearest where it is zero.

        Returns
        -------
        str
        """
        return said(value, self.unit, towards=towards)


class AboveZero(Statement):
    """What has to be above zero for a ratio to have a best; its limit is next to nothing."""

    def say(self, given: Inputs) -> str:
        """Say so."""
        return f"{self.subject} above {self.amount(0.0)}"


def said(value: float, unit: str, *, towards: float = 0.0) -> str:
    """Say an amount with as many digits as tell it apart.

    Parameters
    ----------
    value : float
    unit : {"percent", "number"}
    towards : float
        As of `Statement.amount`: a limit that is advised must do when it is typed.

    Returns
    -------
    str

    Examples
    --------
    >>> said(0.6, "percent"), said(0.123456, "percent"), said(1.25, "number")
    ('60 %', '12.3456 %', '1.25')
    >>> said(1 / 3, "percent"), said(1 / 3, "percent", towards=1.0)
    ('33.3333 %', '33.3334 %')
    """
    shown = round(value * 100.0, 5) if unit == PERCENT else round(value, 7)  # less is the solvers'
    if towards and shown:
        last = 10.0 ** (math.floor(math.log10(abs(shown))) - 5)  # of six digits
        whole = round(shown / last, 3)
        shown = (math.ceil(whole) if towards > 0.0 else math.floor(whole)) * last
    shown += 0.0  # no zero below zero
    return f"{shown:.6g} %" if unit == PERCENT else f"{shown:.6g}"
