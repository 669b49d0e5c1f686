"""Proof that a strategy, and the ledger under it, cannot see the future.

Everything known after a stamp is replaced; what was decided, filled and marked up to it must keep its bytes. A leak
shows as a byte that moved. The proof is by trial: it can catch a leak, it cannot show that there is none elsewhere. It
reaches what a strategy reads from the market it is handed, not a file it reads or a market it keeps.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.allocating import Allocating
from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.follow import Following
from backtest.result import BacktestResult
from backtest.run import targets_of
from data.counterfactual import FUTURES, rescaled, with_future
from data.dates import NS_PER_DAY
from data.errors import EastboundError
from data.market import MarketData
from data.wording import said_by
from strategies.errors import StrategyError
from strategies.schedule import decision_stamps, decision_venue
from strategies.strategy import Policy, Strategy
from strategies.targets import TargetWeights
from strategies.thesis import Thesis

# A policy sees its portfolio, and only that of fractional shares without frictions is the same at any price level.
FRICTIONLESS = {
    "costs": "none",
    "lots": "fractional",
    "commission_bps": 0.0,
    "commission_min": {},
    "half_spread_bps": 0.0,
    "impact": 0.0,
    "max_participation": None,
}
RESCALE_FACTOR = 0.37
RESCALE_TOLERANCE = 1e-9
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One thing that moved when only the future changed.

    Attributes
    ----------
    stamp : Timestamp, UTC
        Everything known after it was replaced.
    future : str
        What by.
    what : str
        In words: which decision, fill or NAV moved.
    """

    stamp: pd.Timestamp
    future: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The outcome of a proof.

    Attributes
    ----------
    n_checks : int
        Counterfactual markets tried.
    n_unanswered : int
        Markets among them in which the strategy raised an error for want of a price: they prove nothing.
    n_decisions : int
        Decisions of the strategy.
    leaks : tuple of Leak
        Empty if nothing moved.
    """

    n_checks: int
    n_unanswered: int
    n_decisions: int
    leaks: tuple[Leak, ...]

    @property
    def passed(self) -> bool:
        """True if nothing moved."""
        return not self.leaks


def prove_no_lookahead(
    strategy: Strategy | Policy,
    market: MarketData,
    config: RunConfig | None = None,
    *,
    n_decisions: int = 12,
    n_random: int = 12,
    seed: int = 1,
    watch: Callable[[int, int], None] | None = None,
) -> Proof:
    """Change the future at many stamps and look for what moves.

    Parameters
    ----------
    strategy : Strategy or Policy
    market : MarketData
    config : RunConfig, optional
    n_decisions : int
        Decisions to try, spread over the run; 0 means every one.
    n_random : int
        Random stamps besides, half of them between the closes of two venues; and one before the announcement of
        every session cancelled at short notice.
    seed : int
    watch : callable, optional
        Told how many counterfactual markets are done, and of how many: at first, and after each.

    Returns
    -------
    Proof

    Raises
    ------
    BacktestError
        If the strategy makes no decision on the market: nothing would be proved.
    StrategyError
        If it fails, cannot be copied, or answers differently when asked a second time.

    Notes
    -----
    The strategy is copied before each question, so that nothing it remembers of one market answers for another. A
    policy is asked until the stamp alone: what it would do in a world gone mad after it proves nothing.
    """
    config = RunConfig() if config is None else config
    if isinstance(strategy, Thesis) and strategy.is_whole:
        strategy = Allocating(thesis=strategy, config=config)
    elif not isinstance(strategy, Strategy):
        strategy = Following(strategy, config)
    rng = np.random.default_rng(seed)
    targets = _targets(strategy, market)
    stamps, _ = _stamped(market, targets)
    if not len(stamps):
        raise BacktestError("The strategy makes no decision on this market: there is nothing to prove.")
    again = _moved_decisions(market, targets, market, _targets(strategy, market), int(stamps[-1]))
    if again:
        raise StrategyError(
            f"Asked twice about the same market, the strategy answers differently: {again}. It draws random numbers "
            "without a seed, or keeps something between runs. Keep it in an object, not in the module."
        )
    whole = simulate(market, targets, config)
    leaks: list[Leak] = []
    n_checks = n_unanswered = 0
    trials = _trial_stamps(market, stamps, n_decisions, n_random, rng)
    told = watch or (lambda _done, _of: None)
    told(0, len(trials) * len(FUTURES))
    for t in trials:
        before = simulate(market, _up_to(market, targets, t), config, until=t) if (stamps <= t).any() else None
        for future in FUTURES:
            changed = with_future(market, t, future, rng)
            stamp = pd.Timestamp(t, tz="UTC")
            n_checks += 1
            try:
                other = _targets(strategy, changed, last=t)
            except EastboundError as error:
                # Where no name has a price after the stamp nobody has to say what to hold then; a policy is not asked.
                if future == "nan" and not isinstance(strategy, (Following, Allocating)):
                    n_unanswered += 1
                else:
                    what = f"the strategy fails once the future changes: {error}"
                    leaks.append(Leak(stamp=stamp, future=future, what=what))
            else:
                leaks += [
                    Leak(stamp=stamp, future=future, what=what)
                    for what in _moved(market, targets, changed, other, t, config, before, whole)
                ]
            told(n_checks, len(trials) * len(FUTURES))
    for what in _rescaled_leaks(strategy, market, targets, rng):
        leaks.append(Leak(stamp=pd.Timestamp(int(stamps[-1]), tz="UTC"), future=f"past x {RESCALE_FACTOR}", what=what))
    return Proof(n_checks=n_checks + 1, n_unanswered=n_unanswered, n_decisions=len(stamps), leaks=tuple(leaks))


def _targets(strategy: Strategy, market: MarketData, *, last: int | None = None) -> TargetWeights:
    """Ask a copy of the strategy as it was given; a policy, until a stamp alone."""
    if isinstance(strategy, Allocating):
        return targets_of(replace(strategy, last=last), market)
    if isinstance(strategy, Following):
        return targets_of(replace(strategy, policy=_copied(strategy.policy), last=last), market)
    return targets_of(_copied(strategy), market)


def _copied(given: Given) -> Given:
    try:
        return given if isinstance(given, ModuleType) else deepcopy(given)
    except Exception as error:  # what a user's object holds may refuse to be copied in any way
        raise StrategyError(
            f"The strategy cannot be copied ({said_by(error)}), so what it keeps of one market might "
            "answer for another. Let it keep settings and numbers, not a market."
        ) from error


def _stamped(market: MarketData, targets: TargetWeights) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give every decision its stamp, on the calendar of this market, without dropping any."""
    if targets.decisions.tz is not None:
        return targets.decisions.asi8, targets.weights
    calendar = market.calendars[decision_venue(market, targets.decision_venue)]
    dates = targets.decisions.to_numpy().astype("datetime64[D]")
    return decision_stamps(calendar, dates), targets.weights


def _up_to(market: MarketData, targets: TargetWeights, t: int) -> TargetWeights:
    stamps, weights = _stamped(market, targets)
    kept = stamps <= t
    return TargetWeights(
        decisions=pd.DatetimeIndex(stamps[kept], tz="UTC"), assets=targets.assets, weights=weights[kept]
    )


def _trial_stamps(
    market: MarketData, stamps: NDArray[np.int64], n_decisions: int, n_random: int, rng: np.random.Generator
) -> list[int]:
    inside = stamps
    if 0 < n_decisions < len(stamps):
        inside = stamps[np.unique(np.linspace(0, len(stamps) - 1, n_decisions).astype(int))]
    chosen = {int(t) for t in inside}
    low, high = int(stamps[0]), int(stamps[-1]) + 5 * NS_PER_DAY
    chosen |= {int(t) for t in rng.integers(low, high, size=(n_random + 1) // 2)}
    closes = np.unique(np.concatenate([market.calendars[v].closes for v in market.venues()]))
    closes = closes[(closes >= low) & (closes <= high)]
    if len(closes) > 1 and n_random > 1:
        at = rng.integers(0, len(closes) - 1, size=n_random // 2)
        chosen |= {int(t) for t in (closes[at] + closes[at + 1]) // 2}
    for calendar in market.calendars.values():
        # The decisions around a closure that came as a surprise: just before it was announced, and the last one before.
        for announced in calendar.announced[(calendar.announced > low) & (calendar.announced <= high)]:
            chosen.add(int(announced) - 1)
            chosen.add(int(stamps[stamps < announced][-1]))
    return sorted(chosen)


def _moved(
    market: MarketData,
    targets: TargetWeights,
    changed: MarketData,
    other: TargetWeights,
    t: int,
    config: RunConfig,
    before: BacktestResult | None,
    whole: BacktestResult,
) -> Iterator[str]:
    moved = _moved_decisions(market, targets, changed, other, t)
    if moved:
        yield moved
        return
    if before is None:
        return
    # What the run up to t says must not depend on there being a future at all.
    marked = len(before.nav)
    if before.nav_by_row[before.rows].tobytes() != whole.nav_by_row[whole.rows[:marked]].tobytes():
        yield "NAV up to the stamp differs between the whole run and one stopped there"
    try:
        replay = simulate(changed, _up_to(changed, other, t), config, until=t)
    except EastboundError as error:
        yield f"the run up to the stamp is refused once the future changes: {error}"
        return
    yield from _moved_results(before, replay)


def _moved_decisions(
    market: MarketData, targets: TargetWeights, changed: MarketData, other: TargetWeights, t: int
) -> str | None:
    ours, theirs = _weights_until(market, targets, t), _weights_until(changed, other, t)
    for stamp in sorted(set(ours) | set(theirs)):
        when = pd.Timestamp(stamp, tz="UTC").strftime("%Y-%m-%d %H:%M UTC")
        if stamp not in theirs:
            return f"the decision of {when} is gone"
        if stamp not in ours:
            return f"a decision appears at {when}"
        for name in sorted(set(ours[stamp]) | set(theirs[stamp])):
            a, b = ours[stamp].get(name, 0.0), theirs[stamp].get(name, 0.0)
            if np.float64(a).tobytes() != np.float64(b).tobytes() and not (np.isnan(a) and np.isnan(b)):
                return f"the decision of {when} changes: {name} {a:.6f} becomes {b:.6f}"
    return None


def _weights_until(market: MarketData, targets: TargetWeights, t: int) -> dict[int, dict[str, float]]:
    stamps, weights = _stamped(market, targets)
    return {
        int(stamp): {name: float(w) for name, w in zip(targets.assets, row, strict=True) if w != 0.0}
        for stamp, row in zip(stamps, weights, strict=True)
        if stamp <= t
    }


def _moved_results(before: BacktestResult, replay: BacktestResult) -> Iterator[str]:
    ours, theirs = before.trades, replay.trades
    if len(ours) != len(theirs):
        yield f"{len(ours)} fills become {len(theirs)}"
    elif not ours.equals(theirs):
        differs = (ours != theirs).to_numpy() & ~(ours.isna() & theirs.isna()).to_numpy()
        first = ours.iloc[int(np.argmax(differs.any(axis=1)))]
        yield f"the fill of {first['symbol']} at {first['filled']} changes"
    a, b = before.nav.to_numpy(), replay.nav.to_numpy()
    if len(a) != len(b):
        yield f"{len(a)} dates are marked by then, {len(b)} once the future changes"
    elif a.tobytes() != b.tobytes():
        at = int(np.argmax(a != b))
        yield f"NAV of {before.dates[at].date()} changes from {a[at]:.2f} to {b[at]:.2f}"


def _rescaled_leaks(
    strategy: Strategy, market: MarketData, targets: TargetWeights, rng: np.random.Generator
) -> Iterator[str]:
    held = [targets.assets[i] for i in np.flatnonzero((targets.weights > 0).any(axis=0))]
    if not held:
        return
    name = str(rng.choice(held))
    if isinstance(strategy, (Following, Allocating)):
        strategy = replace(strategy, config=strategy.config.model_copy(update=FRICTIONLESS))
        targets = _targets(strategy, market)
    other = _targets(strategy, rescaled(market, name, RESCALE_FACTOR))
    ours, theirs = (_weights_until(market, one, np.iinfo(np.int64).max) for one in (targets, other))
    if set(ours) != set(theirs):
        yield f"multiplying the price history of {name} by a constant changes when decisions are made"
        return
    for stamp, weights in ours.items():
        for symbol in set(weights) | set(theirs[stamp]):
            if not np.isclose(
                weights.get(symbol, 0.0), theirs[stamp].get(symbol, 0.0), rtol=0, atol=RESCALE_TOLERANCE, equal_nan=True
            ):
                when = pd.Timestamp(stamp, tz="UTC").strftime("%Y-%m-%d")
                yield f"multiplying the price history of {name} by a constant changes the weight of {symbol} on {when}"
                return
