"""Following a policy: at each decision it is shown the past and the portfolio it has, and says what to hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from backtest.arrays.prepare import Prepared, prepare
from backtest.checks import check_weights
from backtest.config import RunConfig
from backtest.engine import new_book, run_lanes, simulate
from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.kernels.state import Book
from backtest.result import BacktestResult
from data.errors import EastboundError
from data.market import MarketData
from strategies.errors import StrategyError
from strategies.schedule import decision_stamps, decision_venue, rebalance_dates
from strategies.strategy import Policy, PortfolioState
from strategies.targets import TargetWeights


@dataclass(frozen=True, slots=True)
class Following:
    """A policy with the settings of the run that shows it its portfolio: a strategy like any other.

    Attributes
    ----------
    policy : Policy
    config : RunConfig
    last : int or None
        UTC nanoseconds after which the policy is not asked any more; None: it is asked to the end.
    """

    policy: Policy
    config: RunConfig = field(default_factory=RunConfig)
    last: int | None = None

    def targets(self, market: MarketData) -> TargetWeights:
        """Run the policy through the ledger, decision by decision, and keep what it said.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        TargetWeights
            Over every name that may be held, at UTC stamps. Simulating them with the same settings gives the very
            portfolios the policy was shown.

        Raises
        ------
        StrategyError
            If the policy fails, or answers with anything but weights of names that may be held.
        BacktestError, DataError
            If the run cannot be made.
        """
        decisions = _schedule(self.policy, market)
        if self.last is not None:
            decisions = decisions[decisions <= self.last]
        prepared = prepare(market, market.holdable, decisions, self.config)
        weights = np.full((len(decisions), len(prepared.names), 1), np.nan)
        book, reached = new_book(prepared, 1, self.config.initial_capital), 0
        events = np.flatnonzero(prepared.timeline.kind == state.DECIDE)
        for k, event in enumerate(events.tolist()):
            book, _, _ = run_lanes(prepared, weights, book, first=reached, last=event, whole=False)
            reached = event
            stamp = int(decisions[k])
            answer = _ask(
                self.policy, market.until(stamp), _portfolio(prepared, book, event, self.config.base_currency)
            )
            if answer is None:
                continue
            weights[k, :, 0] = _row(answer, prepared.names, stamp)
            said = np.full_like(weights, np.nan)
            said[k] = weights[k]
            check_weights(prepared, market, said, self.config)
        return TargetWeights(
            decisions=pd.DatetimeIndex(decisions, tz="UTC"), assets=prepared.names, weights=weights[:, :, 0]
        )


def follow(policy: Policy, market: MarketData, config: RunConfig | None = None) -> BacktestResult:
    """Say what would have happened to a portfolio whose decisions depend on what it holds.

    Parameters
    ----------
    policy : Policy
        Has `decide(past, portfolio)`, and `every` if not weekly.
    market : MarketData
    config : RunConfig, optional

    Returns
    -------
    BacktestResult

    Raises
    ------
    StrategyError, BacktestError, DataError
        As `Following.targets` and `simulate` do.

    Examples
    --------
    >>> from data.load import load
    >>> class Halves:
    ...     every = "day"
    ...
    ...     def decide(self, past, portfolio):
    ...         if portfolio.waiting or portfolio.shares["US01"]:
    ...             return None
    ...         return {"US01": 0.5}
    >>> len(follow(Halves(), load("tiny")).trades)
    1
    """
    if not isinstance(policy, Policy):
        raise BacktestError(f"follow takes a policy with decide(past, portfolio), not {type(policy).__name__}.")
    config = RunConfig() if config is None else config
    return simulate(market, Following(policy, config).targets(market), config)


def _schedule(policy: Policy, market: MarketData) -> np.ndarray:
    """Give the stamps at which a policy is asked."""
    calendar = market.calendars[decision_venue(market)]
    dates = rebalance_dates(calendar, getattr(policy, "every", "week"), 0, market.start, market.last_day)
    return np.unique(decision_stamps(calendar, dates))


def _portfolio(prepared: Prepared, book: Book, event: int, base_currency: str) -> PortfolioState:
    rates = prepared.world.fx[event]
    shares = book.shares[:, 0]
    values = shares * book.last_price * rates[prepared.world.currency]
    nav = float((book.cash[:, 0] + book.due[:, 0]) @ rates + values.sum())

    def named(names: tuple[str, ...], amounts: np.ndarray) -> Mapping[str, float]:
        return MappingProxyType(dict(zip(names, amounts.tolist(), strict=True)))

    waits = np.flatnonzero(book.order[:, 0])
    return PortfolioState(
        stamp=pd.Timestamp(int(prepared.timeline.stamp[event]), tz="UTC"),
        base_currency=base_currency,
        nav=nav,
        cash=named(prepared.currencies, book.cash[:, 0]),
        dividends_due=named(prepared.currencies, book.due[:, 0]),
        shares=named(prepared.names, shares),
        weights=named(prepared.names, values / nav),
        waiting=named(tuple(prepared.names[a] for a in waits), book.order[waits, 0]),
    )


def _ask(policy: Policy, past: MarketData, portfolio: PortfolioState) -> Mapping[str, float] | None:
    try:
        answer = policy.decide(past, portfolio)
    except EastboundError:
        raise
    except Exception as error:  # the user's own code may raise anything
        raise StrategyError(
            f"decide(past, portfolio) fails at {portfolio.stamp:%Y-%m-%d %H:%M} UTC: {type(error).__name__}: {error}"
        ) from error
    if answer is not None and not isinstance(answer, (Mapping, pd.Series)):
        raise StrategyError(
            f"decide(past, portfolio) returns {type(answer).__name__} at {portfolio.stamp:%Y-%m-%d %H:%M} UTC; want "
            "weights by name, or None."
        )
    return answer


def _row(answer: Mapping[str, Any], names: tuple[str, ...], stamp: int) -> np.ndarray:
    row = np.zeros(len(names))
    when = f"{pd.Timestamp(stamp, tz='UTC'):%Y-%m-%d %H:%M} UTC"
    for name, weight in answer.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float, np.number)):
            raise StrategyError(f"decide asks for weight {weight!r} of {name} at {when}; want a number.")
        if name not in names:
            raise StrategyError(f"decide asks for {name!r} at {when}, which may not be held here.")
        if np.isinf(weight):
            raise StrategyError(f"decide asks for an infinite weight of {name} at {when}.")
        row[names.index(name)] = weight
    return row
