"""Following a policy: at each decision it is shown the past and the portfolio it has, and says what to hold."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared, prepare
from backtest.books import new_book
from backtest.checks import check_weights
from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.kernels.state import Book
from backtest.lanes import run_lanes
from backtest.result import BacktestResult
from data.errors import NOT_OURS, EastboundError
from data.market import MarketData
from data.wording import said_by
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

    Raises
    ------
    BacktestError
        If the policy is none, or the settings are no RunConfig.
    """

    policy: Policy
    config: RunConfig = field(default_factory=RunConfig)
    last: int | None = None

    def __post_init__(self) -> None:
        policy: object = self.policy
        if isinstance(policy, type):
            raise BacktestError(f"{policy.__name__} is a class; give a policy made of it: {policy.__name__}().")
        if not callable(getattr(policy, "decide", None)):
            raise BacktestError(f"A policy has a method decide(past, portfolio); {type(policy).__name__} has none.")
        if not isinstance(self.config, RunConfig):
            raise BacktestError(
                f"A policy is followed with a RunConfig, not {type(self.config).__name__}: write RunConfig(...)."
            )

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
        if not isinstance(market, MarketData):
            raise BacktestError(f"A policy is followed on MarketData, not on {type(market).__name__}; see data.load.")
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
            portfolio = _portfolio(prepared, book, event, self.config.base_currency)
            row = _row(self.policy, market.until(stamp), portfolio, prepared.names)
            if row is not None:
                weights[k, :, 0] = row
                alone = replace(prepared, decisions=decisions[k : k + 1], untradable=prepared.untradable[k : k + 1])
                check_weights(alone, market, weights[k : k + 1], self.config)
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
    config = RunConfig() if config is None else config
    return telling_nan(simulate(market, Following(policy, config).targets(market), config))


def telling_nan(result: BacktestResult) -> BacktestResult:
    """Note where a strategy's weights of NaN held names: they may be numbers that could not be worked out.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    BacktestResult
        The same where there is none.
    """
    targets = result.targets
    missing: NDArray[np.bool_] = np.isnan(targets.weights)
    missing = missing & ~missing.all(axis=1, keepdims=True)  # a row of nothing else decides nothing
    held = np.flatnonzero(missing.any(axis=1))
    if not len(held):
        return result
    name, day = targets.assets[int(missing[held[0]].argmax())], targets.decisions[held[0]]
    note = (
        f"At {len(held)} of {len(missing)} decisions a weight is NaN, which leaves the name as it is held: first of "
        f"{name} on {day:%Y-%m-%d}. If it should be a number, it was not worked out."
    )
    return replace(result, stated=(note, *result.stated))


def _schedule(policy: Policy, market: MarketData) -> np.ndarray:
    """Give the stamps at which a policy is asked."""
    calendar = market.calendars[decision_venue(market)]
    every = getattr(policy, "every", "week")
    try:
        dates = rebalance_dates(calendar, every, 0, market.start, market.last_day)
    except StrategyError as error:
        raise StrategyError(
            f"The policy has every = {every!r}; want 'day', 'week', 'month' or a number of sessions."
        ) from error
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


def _row(policy: Policy, past: MarketData, portfolio: PortfolioState, names: tuple[str, ...]) -> np.ndarray | None:
    """Ask the policy, and read its answer as weights in the order of the names; None where it has none."""
    when = f"at {portfolio.stamp:%Y-%m-%d %H:%M} UTC"
    try:
        answer: Any = policy.decide(past, portfolio)
        given: list[tuple[Any, Any]] | None = list(answer.items()) if isinstance(answer, (Mapping, pd.Series)) else None
    except EastboundError:
        raise
    except NOT_OURS as error:
        wrong = said_by(error, getattr(policy, "__file__", None))
        raise StrategyError(f"decide(past, portfolio) fails {when}: {wrong}") from error
    if answer is None:
        return None
    if given is None:
        raise StrategyError(
            f"decide(past, portfolio) returns {type(answer).__name__} {when}; want weights by name, or None."
        )
    row, said = np.zeros(len(names)), set[str]()
    for name, weight in given:
        if not isinstance(name, str) or name not in names:
            raise StrategyError(f"decide asks for {name!r} {when}, which may not be held here.")
        if name in said:
            raise StrategyError(f"decide asks for {name} twice {when}. Give each name one weight.")
        if not _is_number(weight):
            raise StrategyError(f"decide asks for weight {weight!r} of {name} {when}; want a number.")
        if abs(weight) > sys.float_info.max:
            raise StrategyError(f"decide asks for an infinite weight of {name} {when}.")
        said.add(name)
        row[names.index(name)] = weight
    return row


def _is_number(weight: object) -> bool:
    return isinstance(weight, (int, float, np.integer, np.floating)) and not isinstance(weight, bool)
