"""The sections of a thesis file, checked key by key."""

import math
from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.series.tables import LONG_TABLES
from strategies.defaults import MIN_MEMBERS, SEASONING_SESSIONS


class Section(BaseModel):
    """A section of a thesis: frozen, and unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Trailing(Protocol):
    @property
    def history(self) -> int: ...
    @property
    def min_history(self) -> int: ...


T = TypeVar("T", bound=_Trailing)


def window_fits(section: T) -> T:
    """Refuse a trailing window that needs more readings than it has rows: a validator of sections with both keys.

    Parameters
    ----------
    section : Section

    Returns
    -------
    Section
        The same.

    Raises
    ------
    ValueError
    """
    if section.min_history > section.history:
        raise ValueError(f"min_history {section.min_history} is above history {section.history}")
    return section


BASKETS = ("source", "destination")
MOST = 10.0  # times NAV: what is larger was meant in percent
CASH = "cash"  # as a source: what is not in the destination earns interest


class Baskets(Section):
    """What is sold and what is bought.

    Attributes
    ----------
    source, destination : str or tuple of str
        Universes and symbols, joined by "+" or as a list; as a source also "cash".
    min_members : int
        With fewer eligible members a basket's share is held in cash.
    seasoning : int
        Sessions a name must have been listed.
    """

    source: str | tuple[str, ...]
    destination: str | tuple[str, ...]
    min_members: Annotated[int, Field(ge=1)] = MIN_MEMBERS
    seasoning: Annotated[int, Field(ge=0)] = SEASONING_SESSIONS

    @model_validator(mode="after")
    def _has_names(self) -> "Baskets":
        if CASH in (self.destination if isinstance(self.destination, tuple) else (self.destination,)):
            raise ValueError("destination = 'cash': cash may be the source, a destination needs names")
        return self


class Row(IntEnum):
    """Rows of an array of rules, one rule a column: as `Rotation` names its fields, then `VolatilityTarget`."""

    IS_LINEAR = 0
    ENTER = 1
    EXIT = 2
    MIN_SHARE = 3
    MAX_SHARE = 4
    SPEED = 5
    PROFIT_TARGET = 6
    STOP_LOSS = 7
    SOURCE_SHARE = 8
    HEDGE = 9
    VOLATILITY_TARGET = 10
    SCALE_AT_MOST = 11


class Rotation(Section):
    """From score to share; see `strategies.rules.kernels.rotate_nb`.

    Attributes
    ----------
    rule : {"threshold", "linear", "free"}
        Free: an allocation of scope "portfolio" says how much each basket is.
    enter, exit : float
        Scores.
    min_share, max_share : float
        Floor and cap of the destination, fractions of NAV.
    speed : float
        Part of the gap closed per decision, in (0, 1].
    profit_target : float or None
        Leave the destination once its price has gained this much on the source's since it was entered (0.2 is twenty
        percent), and enter again only after the score has been at `exit`.
    stop_loss : float or None
        The same of a loss (0.1 is ten percent). Prices are those of the signal's indices, or of the baskets, each in
        its local currency.
    source_share, hedge : float
        The source's share is `source_share` less `hedge` times the destination's. 1 and 1: what is not in the
        destination is in the source; 0 and 0.5: half of what is bought of the destination is sold short of the source,
        and without the destination all is cash.
    """

    rule: Literal["threshold", "linear", "free"] = "threshold"
    enter: float = 1.0
    exit: float = 0.0
    min_share: Annotated[float, Field(ge=-MOST, le=MOST)] = 0.0
    max_share: Annotated[float, Field(ge=-MOST, le=MOST)] = 1.0
    speed: Annotated[float, Field(gt=0, le=1)] = 1.0
    profit_target: Annotated[float, Field(gt=0)] | None = None
    stop_loss: Annotated[float, Field(gt=0, le=1)] | None = None
    source_share: Annotated[float, Field(ge=-MOST, le=MOST)] = 1.0
    hedge: Annotated[float, Field(ge=-MOST, le=MOST)] = 1.0

    @model_validator(mode="after")
    def _order(self) -> "Rotation":
        if self.exit > self.enter or (self.rule == "linear" and self.exit == self.enter):
            raise ValueError(f"exit {self.exit} must be below enter {self.enter}")
        if self.min_share > self.max_share:
            raise ValueError(f"min_share {self.min_share} is above max_share {self.max_share}")
        for name in ("profit_target", "stop_loss"):
            if getattr(self, name) is not None and self.rule == "linear":
                raise ValueError(f"{name} needs rule = 'threshold': a linear rule has no entry to count from")
        return self

    @staticmethod
    def contradicts(rules: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which of many rules contradict themselves, as `_order` says of one.

        Parameters
        ----------
        rules : ndarray of shape (12, n_rules)
            Rows as of `Row`; NaN contradicts nothing.

        Returns
        -------
        ndarray of shape (n_rules,), bool
        """
        enter, leave = rules[Row.ENTER], rules[Row.EXIT]
        takes = np.isfinite(rules[Row.PROFIT_TARGET]) | np.isfinite(rules[Row.STOP_LOSS])
        wrong = (leave > enter) | (rules[Row.MIN_SHARE] > rules[Row.MAX_SHARE])
        wrong |= (rules[Row.IS_LINEAR] == 1.0) & ((leave == enter) | takes)
        return np.asarray(wrong, dtype=np.bool_)

    @property
    def needs_prices(self) -> bool:
        """Whether it goes by the price of the destination over that of the source."""
        return self.profit_target is not None or self.stop_loss is not None

    @property
    def numbers(self) -> tuple[float, ...]:
        """The rule as `rotate_nb` takes it: is linear, and the others in the order of the fields; infinite for none."""
        first, *rest = (getattr(self, name) for name in type(self).model_fields)
        return float(first == "linear"), *(math.inf if one is None else one for one in rest)


class VolatilityTarget(Section):
    """An overlay: both shares are scaled so that the portfolio is expected to move as much as a target.

    Attributes
    ----------
    target : float or None
        Volatility a year; None: no scaling.
    scale_at_most : float
        Largest factor; 1: shares are only ever cut, and what is cut is cash.
    lookback : int
        Sessions of the decision venue whose returns are read, of five sessions each: closes of venues lie hours apart.
        They are those of a holder who counts in the run's base currency. Until half of them are known nothing is
        scaled.
    """

    target: Annotated[float, Field(gt=0)] | None = None
    scale_at_most: Annotated[float, Field(gt=0, le=MOST)] = 1.0
    lookback: Annotated[int, Field(ge=20, le=1260)] = 60

    @property
    def numbers(self) -> tuple[float, float]:
        """The overlay as `rotate_nb` takes it: the target, infinite for none, and the largest factor."""
        return math.inf if self.target is None else self.target, self.scale_at_most


# Kinds of allocation that need no programme, and those that an optimiser solves.
SIMPLE = ("equal", "inverse_volatility", "filed")
OF_VARIANCE = ("minimum_variance", "minimum_tracking_error")
# Which kinds read what. Where a kind has no return, an aversion says how much variance a cost is worth.
READ_BY: Mapping[str, tuple[str, ...]] = {
    "risk_aversion": ("mean_variance", "black_litterman", *OF_VARIANCE),
    "target_return": ("mean_variance", "minimum_cvar"),
    "target_volatility": ("mean_variance",),
    "risk_free": ("maximum_sharpe",),
    "level": ("minimum_cvar", "mean_cvar"),
    "tail_aversion": ("mean_cvar",),
    "target_cvar": ("mean_cvar",),
    "active_return": ("minimum_tracking_error",),
    "filers": ("filed",),
    "filed_by": ("filed",),
    "max_age_days": ("filed",),
}


class Allocation(Section):
    """Weights within each basket, or of both at once; see `strategies.optimisers`.

    Attributes
    ----------
    kind : str
    scope : {"basket", "portfolio"}
        Whether each basket is weighed by itself, or both at once: then the rotation says how much the destination is
        in all, or nothing where its rule is "free".
    lookback : int
        Sessions that volatility is measured over, for inverse_volatility.
    risk_aversion, target_return, target_volatility : float or None
        For mean_variance, exactly one of them; for black_litterman the aversion. Returns and volatility a year. A
        target return is for minimum_cvar too.
    risk_free : float
        A year, for maximum_sharpe.
    level : float
        Of CVaR: 0.95 is the mean of the worst twentieth.
    tail_aversion, target_cvar : float or None
        For mean_cvar, exactly one of them. CVaR is of one period of the estimates: an aversion of 2 sets two points of
        return a year against one point of it.
    active_return : float or None
        A year over the benchmark, for minimum_tracking_error.
    filers : tuple of str
        For filed: whose 13F filings say the weights; (): all of the file.
    filed_by : {"filer", "value"}
        For filed: each filer counts as one, or each dollar.
    max_age_days : int
        For filed: a filing is followed until so many days after the end of its quarter.
    when_infeasible : {"raise", "hold"} or tuple of str
        Stop; leave the portfolio alone; or give demands up in this order, first what is named first; "hold" as the last
        leaves the portfolio alone where that does not help.
    """

    kind: Literal[
        "equal",
        "inverse_volatility",
        "filed",
        "minimum_variance",
        "mean_variance",
        "maximum_sharpe",
        "risk_parity",
        "maximum_diversification",
        "minimum_cvar",
        "mean_cvar",
        "minimum_tracking_error",
        "black_litterman",
    ] = "equal"
    scope: Literal["basket", "portfolio"] = "basket"
    lookback: Annotated[int, Field(ge=4)] = 60
    risk_aversion: Annotated[float, Field(gt=0)] | None = None
    target_return: float | None = None
    target_volatility: Annotated[float, Field(gt=0)] | None = None
    risk_free: float = 0.0
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    tail_aversion: Annotated[float, Field(gt=0)] | None = None
    target_cvar: float | None = None
    active_return: float | None = None
    filers: tuple[str, ...] = ()
    filed_by: Literal["filer", "value"] = "filer"
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["holdings_13f"].stale_after_days
    when_infeasible: Literal["raise", "hold"] | tuple[str, ...] = "raise"

    @model_validator(mode="after")
    def _complete(self) -> "Allocation":
        """Refuse a kind without its numbers, or with those of another."""
        for name in Allocation.unread_by(self.kind):
            value = getattr(self, name)
            if value != Allocation.model_fields[name].default:
                readers = READ_BY.get(name)
                who = f"is for {' and '.join(readers)}" if readers else "is for kinds that an optimiser solves"
                raise ValueError(f"{name} = {value!r} {who}: {self.kind} does not read it. Leave it out")
        own = {
            "mean_variance": ("risk_aversion", "target_return", "target_volatility"),
            "mean_cvar": ("tail_aversion", "target_cvar"),
            "black_litterman": ("risk_aversion",),
        }.get(self.kind, ())
        stated = [name for name in own if getattr(self, name) is not None]
        if own and len(stated) != 1:
            raise ValueError(f"{self.kind} needs exactly one of {', '.join(own)}")
        return self

    @staticmethod
    def unread_by(kind: str) -> tuple[str, ...]:
        """Name what a kind does not read, and refuses.

        Parameters
        ----------
        kind : str

        Returns
        -------
        tuple of str
        """
        unread = tuple(name for name, readers in READ_BY.items() if kind not in readers)
        return (*unread, "when_infeasible") if kind in SIMPLE else unread

    @property
    def is_simple(self) -> bool:
        """Whether no programme is solved."""
        return self.kind in SIMPLE


class Schedule(Section):
    """When to decide; see `strategies.schedule.rebalance_dates`.

    Attributes
    ----------
    every : "day", "week", "month" or int
    offset : int
    tranches : int
        Schedules side by side, each with an equal part of the shares: weeks and months have theirs sessions apart, and
        a number of sessions is parted evenly.
    venue : str or None
        Decision venue; None: the only one, or New York where there are several.
    """

    every: Literal["day", "week", "month"] | Annotated[int, Field(ge=1)] = "week"
    offset: Annotated[int, Field(ge=0)] = 0
    tranches: Annotated[int, Field(ge=1, le=23)] = 1
    venue: str | None = None
