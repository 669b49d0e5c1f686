"""What an optimiser answers: weights, how they came about, and what every demand costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.conflicts import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """What a demand costs at the margin.

    Attributes
    ----------
    key : str
        Of its statement.
    says : str
        The sentence.
    price : float
        What the optimiser's measure would gain were the limit one unit wider (1: all of NAV, where limits are
        fractions of it), a cap higher, a floor lower; 0 where the demand does not bind. Of an equality: for a higher
        limit, of either sign. Where trading costs, after costs. Of `RiskParity`: in its programme's own objective.
    unit : {"percent", "number"}
        Of the limit: fractions of NAV and risks are said in percent.
    """

    key: str
    says: str
    price: float
    unit: Literal["percent", "number"] = "percent"


@dataclass(frozen=True, slots=True)
class Measure:
    """What is optimised.

    Attributes
    ----------
    name : str
        Such as "volatility".
    better : {1, -1}
        1 where more of it is better, -1 where less is.
    is_fraction : bool
        It is a return or a risk, so that a price of it is said in basis points; else a ratio.
    has_prices : bool
        Multipliers of the programme can be turned into prices of it.
    """

    name: str
    better: Literal[1, -1] = 1
    is_fraction: bool = True
    has_prices: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """An optimiser's answer at one decision.

    Attributes
    ----------
    weights : ndarray of shape (n_names,)
        Fractions of NAV.
    status : {"optimal", "relaxed", "held"}
        Optimal under all demands; optimal after some gave; or the drifted weights, for want of better.
    solver : str
        Whose answer it is; empty where held.
    measure : str
        What is optimised, such as "volatility".
    value : float
        Of the measure at the weights; NaN where held.
    prices : tuple of ShadowPrice
        One a demand, in the order in which they are said. Of programmes with yes or no for each name: with the same
        names held, so that what counts names has none.
    relaxed : mapping of str to float
        By key, by how much a demand gave, in its own unit.
    conflict : Conflict or None
        Why demands had to give.
    remarks : tuple of str
        What a reader must know.
    gap : float
        Of programmes with yes or no for each name: the value less its proved bound, relative; 0 otherwise.
    """

    weights: NDArray[np.float64]
    status: Literal["optimal", "relaxed", "held"]
    solver: str
    measure: str
    value: float
    prices: tuple[ShadowPrice, ...] = ()
    relaxed: Mapping[str, float] = field(default_factory=dict)
    conflict: Conflict | None = None
    remarks: tuple[str, ...] = ()
    gap: float = 0.0
