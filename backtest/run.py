"""Running a thesis, beside the references it has to beat, or a strategy of another kind: all through one ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.allocating import Allocated, allocate_through
from backtest.assumptions import other_assumptions
from backtest.config import RunConfig
from backtest.demands import Demands
from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.follow import Following, telling_nan
from backtest.metrics.inference import t_statistic
from backtest.metrics.relative import against
from backtest.metrics.weekly import WEEKS_PER_YEAR, weekly_growth
from backtest.result import BacktestResult
from data.errors import NOT_OURS, EastboundError
from data.market import MarketData
from data.wording import said_by
from strategies.errors import StrategyError
from strategies.plan import Plan
from strategies.settings import CASH
from strategies.strategy import Policy, Strategy
from strategies.targets import BasketTargets, TargetWeights
from strategies.thesis import Thesis

# Shares of source and destination in the references that do not depend on the rotation.
MIXES = {"hold source": (1.0, 0.0), "hold destination": (0.0, 1.0), "50/50": (0.5, 0.5)}
OWN_WEIGHTS = "own-weight mix"  # the constant mix of baskets that are weighed as the thesis weighs them


@dataclass(frozen=True, kw_only=True, repr=False)
class RotationResult(BacktestResult):
    """The outcome of a thesis: a BacktestResult with its plan and its references.

    Attributes
    ----------
    thesis : Thesis
    plan : Plan
        Targets and the readings behind them; of a whole-portfolio allocation the baskets that it is held against, and
        the shares that it asked for.
    allocated : Allocated or None
        What a whole-portfolio allocation decided, decision by decision.
    """

    thesis: Thesis
    plan: Plan
    allocated: Allocated | None = None

    @cached_property
    def basket_shares(self) -> pd.DataFrame:
        """Fraction of NAV in each basket at each mark: source, destination and cash, which sum to 1.

        A name in both baskets counts where more of it was asked for.
        """
        weights, targets = self.weights, self.plan.targets
        owner, values = targets.owners(self.prepared.names), weights.to_numpy()
        sides = [values[:, owner == side].sum(axis=1) for side in range(len(targets.baskets))]
        frame = pd.DataFrame(dict(zip(targets.baskets, sides, strict=True)), index=weights.index)
        frame["cash"] = 1.0 - values.sum(axis=1)
        return frame

    @cached_property
    def can_hold(self) -> NDArray[np.bool_]:
        """Whether each basket could be held at each decision, shape (n_decisions, 2): it had members enough."""
        found: NDArray[np.bool_] = np.asarray(self.plan.references.inner.any(axis=2))
        if self.thesis.baskets.source == CASH:
            found[:, 0] = True
        return found

    @cached_property
    def first_choice(self) -> pd.Timestamp | None:
        """The first decision at which both baskets could be held, UTC; None where there is none."""
        both = np.flatnonzero(self.can_hold.all(axis=1))
        return self.plan.targets.decisions[both[0]] if len(both) else None

    @cached_property
    def average_shares(self) -> tuple[float, float]:
        """Average fraction of NAV in source and destination once there was a choice.

        From the first mark on at which something was held, and after the first decision at which both baskets could
        be: until then nobody could have held another mix.
        """
        shares = self.basket_shares[["source", "destination"]].to_numpy()
        first_choice = -1 if self.first_choice is None else self.first_choice.as_unit("ns").value
        is_held = np.abs(shares).sum(axis=1) > 0.0
        begun = (is_held | (self.thesis.baskets.source == CASH)) & (
            self.prepared.timeline.stamp[self.mark_events] > first_choice
        )
        first = np.flatnonzero(begun)
        if not len(first):
            return 0.0, 0.0
        source, destination = shares[first[0] :].mean(axis=0)
        return float(source), float(destination)

    @cached_property
    def mix_shares(self) -> NDArray[np.float64]:
        """Shares of the constant mix at each decision, shape (n_decisions, 2).

        The average shares; where not both baskets can be held there is no choice, and the mix asks for what the
        rotation asks for.
        """
        # Fills above the decision's prices can carry the average a little past 1: a mix cannot ask for more.
        average = np.array(self.average_shares)
        gross = float(np.abs(average).sum())
        average = average * min(1.0, self.config.max_gross / gross) if gross > 0.0 else average
        has_choice = self.can_hold.all(axis=1, keepdims=True)
        return np.where(has_choice, average, self.plan.targets.shares[:, :, 0])

    @cached_property
    def references(self) -> Mapping[str, BacktestResult]:
        """What to beat: each basket held, half of each, and the constant mix at the rotation's own average share.

        All are rebalanced at the same decisions and pay the same costs. The constant mix separates timing from
        merely owning the destination. What cannot be held stays in cash; until both baskets can be, the constant mix
        asks for what the rotation asks for. All hold plain baskets; for a thesis with a tilt or filed weights there is
        one more, the constant mix at its own weights (plain ones where it holds none of a basket): the run over that is
        timing, and that over the constant mix is weighing.
        """
        n = len(self.plan.targets.decisions)
        mixes = {name: np.tile(mix, (n, 1)) for name, mix in MIXES.items()} | {"constant mix": self.mix_shares}
        asked = {name: self.plan.references.with_shares(shares[:, :, None]) for name, shares in mixes.items()}
        if not self.plan.is_plain:
            # Where the thesis holds none of a basket that could be held, its weights there are its timing: plain ones.
            own, plain = self.plan.targets.inner, self.plan.references.inner
            inner = np.where(own.any(axis=2, keepdims=True), own, plain)
            asked[OWN_WEIGHTS] = replace(self.plan.targets, inner=inner, shares=self.mix_shares[:, :, None])
        return MappingProxyType({name: simulate(self.market, one.expand(), self.config) for name, one in asked.items()})

    @cached_property
    def otherwise(self) -> Mapping[str, BacktestResult]:
        """The same targets traded under other assumptions; see `backtest.assumptions`."""
        configs = other_assumptions(self.config)
        return MappingProxyType({name: simulate(self.market, self.targets, one) for name, one in configs.items()})

    @cached_property
    def demands(self) -> Demands | None:
        """What the demands of a whole-portfolio allocation did; None where there is none."""
        if self.allocated is None:
            return None
        return Demands(allocated=self.allocated, optimiser=self.thesis.mandate(self.market, self.plan).optimiser())

    @cached_property
    def without(self) -> Mapping[str, "RotationResult | EastboundError"]:
        """The same run without each demand of the constraints section, by its key; or why it cannot be made."""
        found: dict[str, RotationResult | EastboundError] = {}
        for key in self.thesis.constraints.made if self.allocated is not None else ():
            try:
                found[key] = run(self.thesis.replace({f"constraints.{key}": None}), self.market)
            except EastboundError as error:
                found[key] = error
        return MappingProxyType(found)

    @cached_property
    def timing(self) -> Mapping[str, float]:
        """Weekly simple return over that of the constant mix: mean a year, and how sure it is.

        Returns
        -------
        mapping of str to float
            `excess` a year (weekly mean x weeks a year), `t_statistic` of the weekly mean, `weeks`.
        """
        ours, mix = self.nav, self.references["constant mix"].nav
        active = np.subtract(*(weekly_growth(nav, self.dates) for nav in (ours, mix)))
        mean = float(active.mean() * WEEKS_PER_YEAR) if len(active) else float("nan")
        return MappingProxyType({"excess": mean, "t_statistic": t_statistic(active), "weeks": float(len(active))})

    @cached_property
    def against(self) -> Mapping[str, Mapping[str, float]]:
        """Alpha, beta, tracking error, capture and more beside each reference, by its name.

        See `backtest.metrics.relative.against`.
        """
        return MappingProxyType({name: against(self, reference) for name, reference in self.references.items()})


def run(thesis: Thesis, market: MarketData) -> RotationResult:
    """Run a thesis on a market.

    Parameters
    ----------
    thesis : Thesis
        Its `run` section gives the settings of the run.
    market : MarketData

    Returns
    -------
    RotationResult

    Raises
    ------
    BacktestError, StrategyError, DataError
        If a setting, the thesis or the data cannot be run; the message says which.

    Examples
    --------
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> sorted(run(thesis("flow-momentum"), load("demo")).references)
    ['50/50', 'constant mix', 'hold destination', 'hold source']
    """
    if not isinstance(thesis, Thesis):
        raise BacktestError(f"run takes a Thesis, not {type(thesis).__name__}; see strategies.thesis(name).")
    if not isinstance(market, MarketData):
        raise BacktestError(f"run takes MarketData, not {type(market).__name__}; see data.load.")
    config = RunConfig(**thesis.run)
    thesis.check(market)
    plan, allocated = thesis.plan(market), None
    if thesis.is_whole:
        mandate = thesis.mandate(market, plan)
        allocated = allocate_through(mandate, market, config, thesis.name)
        plan = _as_allocated(plan, allocated, mandate.is_destination)
    result = simulate(market, plan.targets.expand() if allocated is None else allocated.targets, config)
    parts = {field.name: getattr(result, field.name) for field in fields(BacktestResult)}
    parts["stated"] = plan.notes + result.stated
    return RotationResult(thesis=thesis, plan=plan, allocated=allocated, **parts)


def _as_allocated(plan: Plan, allocated: Allocated, is_destination: NDArray[np.bool_]) -> Plan:
    """Put what an allocation asked for in each basket in the place of what the rotation did."""
    shares = allocated.shares(is_destination)
    notes = (
        "The baskets of the references have equal weights: what they show is what choosing within and between them "
        "was worth."
    )
    return replace(
        plan,
        targets=plan.targets.with_shares(shares),
        share=shares[:, 1, 0],
        notes=(*plan.notes, notes, *allocated.notes()),
    )


def settings_of(strategy: Strategy | Policy, changes: Mapping[str, object] | None = None) -> RunConfig:
    """Read the settings of the run that a strategy states in its attribute `run`, if it has one.

    Parameters
    ----------
    strategy : Strategy or Policy
    changes : mapping of str to object, optional
        Put in the place of those stated; keys are dotted, such as "run.costs".

    Returns
    -------
    RunConfig

    Raises
    ------
    BacktestError
        If `run` holds no settings, or a key or a value is wrong.
    """
    stated = getattr(strategy, "run", {})
    if not isinstance(stated, Mapping):
        raise BacktestError(
            f"The strategy's run is {type(stated).__name__}; want settings, such as {{'costs': 'none'}}."
        )
    settings = {str(key): value for key, value in stated.items()}
    for key, value in (changes or {}).items():
        section, _, name = key.partition(".")
        if section != "run" or not name:
            raise BacktestError(f"unknown key {key!r}: a strategy in Python has settings of the run alone, run.name.")
        settings[name] = value
    return RunConfig(**settings)


def targets_of(strategy: Strategy, market: MarketData) -> TargetWeights:
    """Ask a strategy for its targets.

    Parameters
    ----------
    strategy : Strategy
    market : MarketData

    Returns
    -------
    TargetWeights

    Raises
    ------
    StrategyError
        If it fails, or answers with anything else.
    """
    try:
        found: object = strategy.targets(market)
    except EastboundError:
        raise
    except NOT_OURS as error:
        said = said_by(error, getattr(strategy, "__file__", None))
        raise StrategyError(f"targets(market) fails: {said}") from error
    if isinstance(found, BasketTargets):
        return found.expand()
    if not isinstance(found, TargetWeights):
        raise StrategyError(f"targets(market) returns {type(found).__name__}; want TargetWeights or BasketTargets.")
    return found


def run_strategy(strategy: Strategy | Policy, market: MarketData, config: RunConfig) -> BacktestResult:
    """Run a strategy that is no thesis: it has no baskets, so there are no references to put beside it.

    Parameters
    ----------
    strategy : Strategy or Policy
    market : MarketData
    config : RunConfig

    Returns
    -------
    BacktestResult

    Raises
    ------
    BacktestError, StrategyError, DataError
        As `targets_of`, `follow` and `simulate` do.
    """
    asked = strategy if isinstance(strategy, Strategy) else Following(strategy, config)
    return telling_nan(simulate(market, targets_of(asked, market), config))
