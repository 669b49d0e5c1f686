"""The sections of a thesis file that an optimiser reads: estimates, constraints, views."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, model_validator

from strategies.rules.tilts import Tilt
from strategies.settings import OF_VARIANCE, Allocation, Section

Fraction = Annotated[float, Field(ge=0, le=1)]
# Of a name or a group: what is larger was meant in percent.
Share = Annotated[float, Field(ge=-2, le=2)]
Limit = Share | dict[str, Share]


class Estimates(Section):
    """What is expected of returns; see `strategies.estimators`.

    Attributes
    ----------
    period : {"day", "week"}
        Returns are from close to close of the decision venue, of days or weeks; weekly ones hardly notice that venues
        close hours apart.
    lookback : int
        Periods that are read.
    covariance : {"sample", "exponential", "ledoit-wolf", "factor", "asynchronous"}
    half_life : float
        Of exponential weights, in periods.
    factors : int
        Principal components of the factor covariance.
    repair : {"clip", "nearest"} or None
        Of an indefinite covariance; None: it is an error.
    returns : {"zero", "historical", "shrunk", "implied", "signal"}
        Expected returns: none; the mean; the mean shrunk by Bayes and Stein; those that would make the benchmark the
        best portfolio; or information_coefficient x volatility x score, the score counted for the destination and
        against the source.
    information_coefficient : float
    risk_aversion : float
        Of the market, behind implied returns.
    benchmark_share : float
        The benchmark holds both baskets, each with equal weights, and so much of it is the destination: the reference
        of tracking error, active return, beta and implied returns.
    currency : str
        That returns are counted in.
    """

    period: Literal["day", "week"] = "week"
    lookback: Annotated[int, Field(ge=8)] = 104
    covariance: Literal["sample", "exponential", "ledoit-wolf", "factor", "asynchronous"] = "ledoit-wolf"
    half_life: Annotated[float, Field(ge=1)] = 52.0
    factors: Annotated[int, Field(ge=1)] = 3
    repair: Literal["clip", "nearest"] | None = None
    returns: Literal["zero", "historical", "shrunk", "implied", "signal"] = "shrunk"
    information_coefficient: Annotated[float, Field(gt=-1, lt=1)] = 0.05
    risk_aversion: Annotated[float, Field(gt=0)] = 2.5
    benchmark_share: Fraction = 0.5
    currency: str = "USD"


# Demands on all of the portfolio, or on the one that is held: a basket weighed by itself cannot keep them.
OF_PORTFOLIO = (
    "market_at_least", "market_at_most", "currency_at_least", "currency_at_most", "basket_at_least", "basket_at_most",
    "net_at_least", "net_at_most", "gross_at_most", "short_at_most", "turnover_at_most", "participation_at_most",
    "do_not_trade", "do_not_buy", "do_not_sell", "costs",
)  # fmt: skip


class Constraints(Section):
    """What the portfolio must keep to, at each decision; None: no such demand.

    A limit of groups is one number for each of them, or a table of those meant. All are fractions of NAV, but
    volatility and tracking error (a year, of the estimates), betas and counts.

    Attributes
    ----------
    name_at_least, name_at_most : float or table by name
    market_at_least, market_at_most : float or table by venue
    sector_at_least, sector_at_most : float or table by sector
    currency_at_least, currency_at_most : float or table by currency
    issuer_at_most : float or table by issuer
    basket_at_least, basket_at_most : table by "source" and "destination", or float
    net_at_least, net_at_most : float
        Sum of weights; None of both: fully invested.
    gross_at_most, short_at_most : float
    turnover_at_most : float
        One way, from the drifted weights.
    turnover_per : {"decision", "month"}
        A month is that of the calendar: what its earlier decisions asked for is taken off.
    participation_at_most : float
        Of average daily volume, each order.
    participation_days : float
        Over which an order may be worked.
    volatility_at_most, tracking_error_at_most : float
    beta_at_least, beta_at_most : float
        Of the portfolio on the benchmark, by the estimated covariance.
    position_at_least : float
        A name is held with so much or not at all.
    names_at_most, names_exactly : int
        Exactly so many needs `position_at_least`.
    do_not_trade, do_not_buy, do_not_sell : tuple of str
    costs : bool
        Count what trades cost, by the ledger's rates, in the objective.
    costs_horizon : float
        Years over which a trade pays off: returns are a year's, a cost is paid once.
    """

    name_at_least: Limit | None = None
    name_at_most: Limit | None = None
    market_at_least: Limit | None = None
    market_at_most: Limit | None = None
    sector_at_least: Limit | None = None
    sector_at_most: Limit | None = None
    currency_at_least: Limit | None = None
    currency_at_most: Limit | None = None
    issuer_at_most: Limit | None = None
    basket_at_least: Limit | None = None
    basket_at_most: Limit | None = None
    net_at_least: Annotated[float, Field(ge=-10, le=10)] | None = None
    net_at_most: Annotated[float, Field(ge=-10, le=10)] | None = None
    gross_at_most: Annotated[float, Field(ge=0, le=10)] | None = None
    short_at_most: Annotated[float, Field(ge=0, le=10)] | None = None
    turnover_at_most: Annotated[float, Field(ge=0, le=10)] | None = None
    turnover_per: Literal["decision", "month"] = "decision"
    participation_at_most: Annotated[float, Field(gt=0)] | None = None
    participation_days: Annotated[float, Field(gt=0)] = 1.0
    volatility_at_most: Annotated[float, Field(gt=0)] | None = None
    tracking_error_at_most: Annotated[float, Field(gt=0)] | None = None
    beta_at_least: float | None = None
    beta_at_most: float | None = None
    position_at_least: Annotated[float, Field(gt=0, le=1)] | None = None
    names_at_most: Annotated[int, Field(ge=1)] | None = None
    names_exactly: Annotated[int, Field(ge=1)] | None = None
    do_not_trade: tuple[str, ...] = ()
    do_not_buy: tuple[str, ...] = ()
    do_not_sell: tuple[str, ...] = ()
    costs: bool = False
    costs_horizon: Annotated[float, Field(gt=0)] = 0.25

    @model_validator(mode="after")
    def _counts(self) -> "Constraints":
        if self.names_at_most is not None and self.names_exactly is not None:
            raise ValueError("names_at_most and names_exactly say two things; keep one")
        if self.names_exactly is not None and self.position_at_least is None:
            raise ValueError("names_exactly needs position_at_least: how little a name that counts may be")
        return self

    @property
    def made(self) -> tuple[str, ...]:
        """Name the demands that are made and can be left out by None."""
        fields = Constraints.model_fields
        return tuple(name for name, value in self if value is not None and fields[name].default is None)


class HouseView(Section):
    """A view on the destination as a house states it: a target for its index, and an optimistic case (claim 9).

    Attributes
    ----------
    level, target : float or None
        Index now, and in twelve months; None: no view.
    optimistic_return : float
        Of the optimistic case over twelve months.
    quantile : float
        Where the optimistic case lies among outcomes.
    dividends, cash : float
        Yield and cash rate over twelve months.
    tau : float
        How uncertain the prior is beside the covariance.
    """

    level: Annotated[float, Field(gt=0)] | None = None
    target: Annotated[float, Field(gt=0)] | None = None
    optimistic_return: Annotated[float, Field(gt=-1)] = 0.28
    quantile: Annotated[float, Field(gt=0.5, lt=1)] = 0.9
    dividends: Annotated[float, Field(ge=0, lt=1)] = 0.0
    cash: Annotated[float, Field(gt=-1, lt=1)] = 0.0
    tau: Annotated[float, Field(gt=0, le=1)] = 0.05

    @model_validator(mode="after")
    def _both(self) -> "HouseView":
        if (self.level is None) != (self.target is None):
            raise ValueError("a view needs both level and target")
        if (
            self.level is not None
            and self.target is not None
            and self.target / self.level - 1.0 >= self.optimistic_return
        ):
            raise ValueError(
                f"optimistic_return = {self.optimistic_return:g} is not above the target, "
                f"{self.target / self.level - 1.0:+.4g}: they say nothing about how uncertain it is"
            )
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How baskets are weighed: the sections that say it, together.

    Attributes
    ----------
    allocation : Allocation
    estimates : Estimates
    constraints : Constraints
    views : HouseView
    tilt : Tilt
        Of the destination; other weights of a whole portfolio have none.
    """

    allocation: Allocation
    estimates: Estimates
    constraints: Constraints
    views: HouseView
    tilt: Tilt = field(default_factory=Tilt)

    def contradiction(self, rule: str) -> str | None:
        """Say what does not go together.

        Parameters
        ----------
        rule : str
            Of the rotation.

        Returns
        -------
        str or None
        """
        kind, is_whole = self.allocation.kind, self.allocation.scope == "portfolio"
        made = [name for name, value in self.constraints if value != Constraints.model_fields[name].default]
        if rule == "free" and not is_whole:
            return "rotation.rule = 'free' needs allocation.scope = 'portfolio': nothing else says how much is where"
        if self.allocation.is_simple:
            if is_whole:
                return f"allocation.scope = 'portfolio' needs an optimiser, and allocation.kind is {kind!r}"
            return f"constraints.{made[0]} needs an optimiser, and allocation.kind is {kind!r}" if made else None
        if kind in OF_VARIANCE and self.constraints.costs and self.allocation.risk_aversion is None:
            return f"constraints.costs beside {kind} needs allocation.risk_aversion: how much variance a cost is worth"
        if kind in OF_VARIANCE and not self.constraints.costs and self.allocation.risk_aversion is not None:
            return f"allocation.risk_aversion beside {kind} is for constraints.costs, and costs are not counted"
        if self.views.target is not None and kind != "black_litterman":
            return f"views.target is for black_litterman, and allocation.kind is {kind!r}: leave the view out"
        if is_whole:
            return None
        if self.tilt.kind != "none" and (wider := [name for name in made if name not in OF_PORTFOLIO]):
            return f"tilt.kind = {self.tilt.kind!r} comes after the optimiser, and would break constraints.{wider[0]}"
        asked = self.allocation.when_infeasible
        gives = (asked,) if isinstance(asked, str) else asked
        if any(one == "hold" or one.startswith("net") for one in gives):
            return (
                "allocation.scope = 'basket' has no portfolio to hold and no cash: when_infeasible cannot ask for them"
            )
        if kind == "black_litterman" or self.estimates.returns == "signal":
            what = "black_litterman" if kind == "black_litterman" else "estimates.returns = 'signal'"
            return f"{what} tells baskets apart, and allocation.scope = 'basket' weighs each by itself"
        wider = [name for name in made if name in OF_PORTFOLIO]
        if wider:
            return f"constraints.{wider[0]} is on the whole portfolio: set allocation.scope = 'portfolio'"
        return None
