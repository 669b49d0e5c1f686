"""From the sections of a thesis to an optimiser with its constraints."""

from collections.abc import Callable
from functools import partial
from typing import Any

from strategies.mandates.sections import Constraints
from strategies.optimisers.constraints.bounds import Bounds, DoNotTrade, Leaving
from strategies.optimisers.constraints.constraint import Constraint
from strategies.optimisers.constraints.costs import TradingCosts
from strategies.optimisers.constraints.counting import MinimumPosition, NumberOfNames
from strategies.optimisers.constraints.exposure import Gross, Net, Short
from strategies.optimisers.constraints.groups import GroupLimits, Shares
from strategies.optimisers.constraints.risk import Exposure, TrackingError, Volatility
from strategies.optimisers.constraints.trading import Participation, Turnover
from strategies.optimisers.maximum_diversification import MaximumDiversification
from strategies.optimisers.maximum_sharpe import MaximumSharpe
from strategies.optimisers.mean_cvar import MeanCVaR
from strategies.optimisers.mean_variance import MeanVariance
from strategies.optimisers.minimum_cvar import MinimumCVaR
from strategies.optimisers.minimum_tracking_error import MinimumTrackingError
from strategies.optimisers.minimum_variance import MinimumVariance
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.risk_parity import RiskParity
from strategies.settings import Allocation

PERIODS = {"day": 252.0, "week": 365.25 / 7.0}  # a year
GROUPS = ("market", "sector", "currency", "issuer", "basket")


def optimiser_of(allocation: Allocation, constraints: Constraints, period: str, *, has_shares: bool) -> Optimiser:
    """Make the optimiser of a thesis.

    Parameters
    ----------
    allocation : Allocation
        Of a kind that is not simple. Black-Litterman is mean-variance here: what it expects is an estimate.
    constraints : Constraints
    period : {"day", "week"}
        Of the estimates.
    has_shares : bool
        Something else says how much each basket is.

    Returns
    -------
    Optimiser

    Raises
    ------
    StrategyError
        If a limit contradicts another, or does not fit the kind.
    """
    shared: dict[str, Any] = {
        "constraints": (*((Shares(),) if has_shares else ()), *constraints_of(constraints, allocation, period)),
        "when_infeasible": allocation.when_infeasible,
    }
    kind = allocation.kind
    if kind in ("mean_variance", "black_litterman"):
        return MeanVariance(
            risk_aversion=allocation.risk_aversion,
            target_return=allocation.target_return,
            target_volatility=allocation.target_volatility,
            **shared,
        )
    if kind == "maximum_sharpe":
        return MaximumSharpe(risk_free=allocation.risk_free, **shared)
    if kind == "minimum_cvar":
        return MinimumCVaR(level=allocation.level, target_return=allocation.target_return, **shared)
    if kind == "mean_cvar":
        return MeanCVaR(
            level=allocation.level, tail_aversion=allocation.tail_aversion, target_cvar=allocation.target_cvar, **shared
        )
    if kind == "minimum_tracking_error":
        return MinimumTrackingError(active_return=allocation.active_return, **shared)
    plain: dict[str, type[Optimiser]] = {
        "minimum_variance": MinimumVariance,
        "risk_parity": RiskParity,
        "maximum_diversification": MaximumDiversification,
    }
    return plain[kind](**shared)


def constraints_of(given: Constraints, allocation: Allocation, period: str) -> tuple[Constraint, ...]:
    """Turn the section of constraints into objects.

    Parameters
    ----------
    given : Constraints
    allocation : Allocation
    period : {"day", "week"}

    Returns
    -------
    tuple of Constraint
        In the order of the section; and that names which cannot be traded are not.
    """
    # Estimates are a year's, but CVaR is of one period.
    per_year = PERIODS[period] if allocation.kind == "minimum_cvar" else 1.0
    found: list[Constraint | None] = [
        DoNotTrade(),
        Leaving(),
        _both(Bounds, given, "name"),
        *(_both(partial(GroupLimits, of=group), given, group) for group in GROUPS),
        _both(Net, given, "net"),
        _most(Gross, given.gross_at_most),
        _most(Short, given.short_at_most),
        _most(Turnover, given.turnover_at_most),
        _most(partial(Participation, days=given.participation_days), given.participation_at_most),
        _most(Volatility, given.volatility_at_most),
        _most(TrackingError, given.tracking_error_at_most),
        _both(partial(Exposure, to="beta"), given, "beta"),
        MinimumPosition(at_least=given.position_at_least) if given.position_at_least is not None else None,
        _most(NumberOfNames, given.names_at_most),
        NumberOfNames(exactly=given.names_exactly) if given.names_exactly is not None else None,
        DoNotTrade(names=given.do_not_trade) if given.do_not_trade else None,
        DoNotTrade(names=given.do_not_buy, sides="buy") if given.do_not_buy else None,
        DoNotTrade(names=given.do_not_sell, sides="sell") if given.do_not_sell else None,
        TradingCosts(horizon=given.costs_horizon * per_year, risk_aversion=allocation.risk_aversion)
        if given.costs
        else None,
    ]
    return tuple(one for one in found if one is not None)


def _both(make: Callable[..., Constraint], given: Constraints, what: str) -> Constraint | None:
    """Make a constraint of a least and a most, where one of them is stated."""
    least, most = getattr(given, f"{what}_at_least", None), getattr(given, f"{what}_at_most", None)
    return None if least is None and most is None else make(at_least=least, at_most=most)


def _most(make: Callable[..., Constraint], most: float | None) -> Constraint | None:
    return None if most is None else make(at_most=most)
