"""A thesis in variants: what candidates share, so that each thing is worked out once, and refused before any work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from backtest.checks import SUM_TOLERANCE
from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.tuning.grids.dimensions import SECTIONS
from backtest.tuning.grids.parameter_values import text_of
from backtest.tuning.rule_numbers import rule_numbers
from backtest.tuning.space import Space
from backtest.tuning.storage.parts import PART_SIZE
from data.market import MarketData
from strategies.mandates.sections import Constraints, Estimates, HouseView, Weighing
from strategies.planning import Decisions, decide_when
from strategies.rules.rotating import numbers_of, reach
from strategies.rules.tilts import Tilt
from strategies.schedule import decision_venue
from strategies.settings import CASH, Allocation, Baskets, Rotation, Row, Schedule, VolatilityTarget
from strategies.signals.composing import check_signals, keys_read
from strategies.signals.kinds import OWN, Indicator
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal
from strategies.thesis import Thesis

# Which settings each thing depends on, by section or by name.
SECTIONS_OF_SETUP = ("schedule", "baskets", "allocation", "estimates", "constraints", "views", "tilt")
OF_SETUP = ("run", *SECTIONS_OF_SETUP, "volatility.lookback")
OF_SIGNAL = ("signal", "signals", "baskets", "schedule.venue")
OF_RULE = ("rotation", "volatility.target", "volatility.scale_at_most")
MOST_TRIED = 16  # setups worked out before any candidate is run: no more than are kept, at some 10 ms each


@dataclass(frozen=True, kw_only=True)
class SetupSettings:
    """What candidates of one setup have in common: they trade the same baskets at the same decisions, the same way.

    Attributes
    ----------
    config : RunConfig
    schedule : Schedule
    baskets : Baskets
    weighing : Weighing
    volatility : VolatilityTarget
        Its lookback; with a target if any candidate has one.
    """

    config: RunConfig
    schedule: Schedule
    baskets: Baskets
    weighing: Weighing
    volatility: VolatilityTarget


@dataclass(frozen=True, kw_only=True)
class SignalSettings:
    """What candidates that read the same have in common.

    Attributes
    ----------
    signal : Signal
    baskets : Baskets
    venue : str or None
        Decision venue, as the schedule states it.
    signals : mapping of str to Indicator
        Those that it may name.
    """

    signal: Signal
    baskets: Baskets
    venue: str | None
    signals: Mapping[str, Indicator]

    def scene(self, market: MarketData) -> Scene:
        """Say where the signal is read.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        Scene
        """
        return Scene.of(self.baskets, market, decision_venue(market, self.venue), self.signals)


@dataclass(frozen=True)
class Variants:
    """The candidates of a sweep, sorted by what they share.

    Attributes
    ----------
    thesis : Thesis
    market : MarketData
    space : Space
    """

    thesis: Thesis
    market: MarketData
    space: Space

    def check(self) -> None:
        """Refuse what cannot be run, before any work.

        Raises
        ------
        StrategyError, BacktestError, DataError
            In the words of the run of the first candidate at fault.
        """
        for name in self.space.names:
            section, _, key = name.partition(".")
            if section == "strategy":
                raise BacktestError(
                    f"{name} is no setting of a thesis: strategy.NAME is a field of a strategy in Python. Write "
                    f"section.name; sections: {', '.join(one for one in SECTIONS if one != section)}."
                )
            if section == "run" and key not in RunConfig.model_fields:
                raise BacktestError(f"{name} is no setting of a run; want one of {', '.join(RunConfig.model_fields)}.")
        setups, signals, rules = self.setups, self.signals, self.rules
        varied = dict(zip(self.space.names, self.space.values, strict=True))
        for number, setup in enumerate(setups):
            for rule in varied.get("rotation.rule", (self.thesis.rotation.rule,)):
                wrong = setup.weighing.contradiction(str(rule))
                if wrong:
                    raise BacktestError(f"{self.setup_named(number)}: {wrong}.")
            setup.config.counts_lots(self.market)
            self._decisions(setup)
        for one in signals:
            check_signals(one.signal, one.signals, self.market)
        self._refuse_idle()
        self._refuse_beyond()
        ranges = np.array([one.signal.score_range for one in signals]).T
        if ranges[0].max() <= rules[Row.EXIT].min() and rules[Row.ENTER].max() <= ranges[1].min():
            return
        for first in range(0, self.space.n, PART_SIZE):  # of all at once every digit would be held
            last = min(first + PART_SIZE, self.space.n)
            signal, rule = self.signal_of(first, last), self.rule_of(first, last)
            enter, leave = rules[Row.ENTER][rule], rules[Row.EXIT][rule]
            low, high = ranges[:, signal]
            wrong = (enter > high) | (enter < low) | (leave > high) | (leave < low)
            if wrong.any():
                self.variant(first + int(np.argmax(wrong))).check(self.market)

    def _refuse_idle(self) -> None:
        """Refuse keys of signals by name that no candidate reads: all their values would be the same candidate."""
        read = dict[str, frozenset[str]]()
        is_read = self.thesis.reads_signal or {"rotation.rule", "estimates.returns"} & set(self.space.names)
        for one in self.signals if is_read else ():
            for name, keys in keys_read(one.signal, one.signals).items():
                read[name] = read.get(name, frozenset()) | keys
        for full in self.space.names:
            section, _, key = full.partition(".")
            name, _, setting = key.partition(".")
            if section != "signals" or (name in read and (setting not in OWN or setting in read[name])):
                continue
            what = setting if name in read else "anything"
            raise BacktestError(f"{full} changes nothing: nothing reads {what} of signals.{name}. Leave it out.")

    def _refuse_beyond(self) -> None:
        """Refuse a candidate that may ask for shorts or a gross which its run does not allow."""
        ends, holds = reach(self.rules), self._holds_source.astype(np.int64)
        # Of setups with cash as the source, and of others.
        gross = np.stack([np.abs(ends[:, first:]).sum(axis=1).max(axis=0) for first in (1, 0)])
        is_short = np.stack([ends[:, first:].min(axis=(0, 1)) < 0.0 for first in (1, 0)])
        allowed = np.array([one.config.max_gross for one in self.setups])
        shorts = np.array([one.config.shorts for one in self.setups])
        if gross[holds].max() <= allowed.min() + SUM_TOLERANCE and (shorts.all() or not is_short[holds].any()):
            return
        for first in range(0, self.space.n, PART_SIZE):
            last = min(first + PART_SIZE, self.space.n)
            setup, rule = self.setup_of(first, last), self.rule_of(first, last)
            asks, sells = gross[holds[setup], rule], is_short[holds[setup], rule]
            wrong = (asks > allowed[setup] + SUM_TOLERANCE) | (sells & ~shorts[setup])
            if wrong.any():
                at = int(np.argmax(wrong))
                asked = f"may ask for a gross of {asks[at]:.4g} of NAV"
                asked += ", with shorts" if sells[at] else ""
                raise BacktestError(
                    f"{self.space.named(first + at)} {asked}; run.max_gross is {allowed[setup[at]]:g} and run.shorts "
                    f"{str(bool(shorts[setup[at]])).lower()}. Ask for less, or allow more."
                )

    def unlike_setups(self) -> list[list[int]]:
        """Give setups that differ in what a market may refuse, to be worked out before any candidate is run.

        Returns
        -------
        list of list of int
            Positions in `setups`, of each fill, gross, decision venue and baskets: one of each says it. Sixteen at most
            of each, and of them.
        """
        found = dict[object, list[int]]()
        for number, one in enumerate(self.setups):
            key = (one.config.fill, one.config.max_gross, one.schedule.venue, one.baskets)
            found.setdefault(key, []).append(number)
        return [alike[:MOST_TRIED] for alike in list(found.values())[:MOST_TRIED]]

    def setup_named(self, number: int) -> str:
        """Name a setup by what it varies, for messages.

        Parameters
        ----------
        number : int
            Position in `setups`.

        Returns
        -------
        str
        """
        names = self._names(OF_SETUP)
        settings = self.space.settings_of(names, self.space.distinct(names)[number].tolist())
        return ", ".join(f"{name} = {text_of(value)}" for name, value in settings.items())

    def variant(self, candidate: int) -> Thesis:
        """Give the thesis of one candidate.

        Parameters
        ----------
        candidate : int

        Returns
        -------
        Thesis
        """
        return self.thesis.replace(self.space.settings(candidate))

    @cached_property
    def setups(self) -> tuple[SetupSettings, ...]:
        """The distinct setups."""
        return tuple(self._setup(codes) for codes in self.space.distinct(self._names(OF_SETUP)).tolist())

    @cached_property
    def signals(self) -> tuple[SignalSettings, ...]:
        """The distinct signals, with the baskets they read."""
        names = self._names(OF_SIGNAL)
        return tuple(self._signal(names, codes) for codes in self.space.distinct(names).tolist())

    @cached_property
    def rules(self) -> NDArray[np.float64]:
        """The distinct rules as numbers, shape (12, n_rules); see `strategies.rules.rotating.numbers_of`."""
        names = self._names(OF_RULE)
        codes = self.space.distinct(names)
        given = dict(zip(self.space.names, self.space.values, strict=True))
        own = numbers_of(self.thesis.rotation, self.thesis.volatility)
        found = rule_numbers(own, {name: given[name] for name in names}, codes)
        for k in np.flatnonzero(np.isnan(found).any(axis=0)).tolist():  # the settings themselves say what is wrong
            found[:, k] = self._rule(names, codes[k].tolist())
        return found

    @cached_property
    def needs_prices(self) -> bool:
        """Whether any rule goes by the price of the destination over that of the source."""
        return bool(np.isfinite(self.rules[[Row.PROFIT_TARGET, Row.STOP_LOSS]]).any())

    @cached_property
    def is_short(self) -> tuple[bool, bool]:
        """Whether any rule may sell the source, and the destination, short."""
        source, destination = (reach(self.rules)[:, side].min(initial=0.0) < 0.0 for side in (0, 1))
        return bool(source) and bool(self._holds_source.any()), bool(destination)

    @cached_property
    def _holds_source(self) -> NDArray[np.bool_]:
        """Whether the source of each setup has names: cash is none to be short of, and no part of a gross."""
        return np.array([one.baskets.source != CASH for one in self.setups])

    def setup_of(self, first: int, last: int) -> NDArray[np.int64]:
        """Say which setup candidates belong to.

        Parameters
        ----------
        first, last : int
            Candidates first to last - 1.

        Returns
        -------
        ndarray of shape (last - first,)
            Positions in `setups`.
        """
        return self.space.groups(self._names(OF_SETUP), first, last)[0]

    def signal_of(self, first: int, last: int) -> NDArray[np.int64]:
        """Say which signal candidates follow; as `setup_of`, positions in `signals`.

        Parameters
        ----------
        first, last : int

        Returns
        -------
        ndarray of shape (last - first,)
        """
        return self.space.groups(self._names(OF_SIGNAL), first, last)[0]

    def rule_of(self, first: int, last: int) -> NDArray[np.int64]:
        """Say which rule candidates follow; as `setup_of`, columns of `rules`.

        Parameters
        ----------
        first, last : int

        Returns
        -------
        ndarray of shape (last - first,)
        """
        return self.space.groups(self._names(OF_RULE), first, last)[0]

    def _names(self, parts: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in self.space.names if name in parts or name.partition(".")[0] in parts)

    def _setup(self, codes: Sequence[int]) -> SetupSettings:
        chosen = self.space.settings_of(self._names(OF_SETUP), codes)
        run = dict(self.thesis.run) | {key.partition(".")[2]: chosen[key] for key in chosen if key.startswith("run.")}
        sections = {
            name: self.thesis.section(name, {key: chosen[key] for key in chosen if key.startswith(f"{name}.")})
            for name in SECTIONS_OF_SETUP
        }
        return SetupSettings(
            config=RunConfig(**run),
            schedule=cast("Schedule", sections["schedule"]),
            baskets=cast("Baskets", sections["baskets"]),
            weighing=Weighing(
                allocation=cast("Allocation", sections["allocation"]),
                estimates=cast("Estimates", sections["estimates"]),
                constraints=cast("Constraints", sections["constraints"]),
                views=cast("HouseView", sections["views"]),
                tilt=cast("Tilt", sections["tilt"]),
            ),
            volatility=self._volatility({key: chosen[key] for key in chosen if key == "volatility.lookback"}),
        )

    def _volatility(self, changes: Mapping[str, object]) -> VolatilityTarget:
        section = cast("VolatilityTarget", self.thesis.section("volatility", changes))
        targets = self.rules[Row.VOLATILITY_TARGET]
        stated = targets[np.isfinite(targets)]
        return section.model_copy(update={"target": float(stated[0]) if len(stated) else None})

    def _rule(self, names: Sequence[str], codes: Sequence[int]) -> NDArray[np.float64]:
        chosen = self.space.settings_of(names, codes)
        rotation, volatility = (
            self.thesis.section(name, {key: chosen[key] for key in chosen if key.startswith(f"{name}.")})
            for name in ("rotation", "volatility")
        )
        return numbers_of(cast("Rotation", rotation), cast("VolatilityTarget", volatility))

    def _signal(self, names: Sequence[str], codes: Sequence[int]) -> SignalSettings:
        chosen = self.space.settings_of(names, codes)
        signal, baskets = (
            self.thesis.section(name, {key: chosen[key] for key in chosen if key.startswith(f"{name}.")})
            for name in ("signal", "baskets")
        )
        return SignalSettings(
            signal=cast("Signal", signal),
            baskets=cast("Baskets", baskets),
            venue=cast("str | None", chosen.get("schedule.venue", self.thesis.schedule.venue)),
            signals=self.thesis.indicators({key: chosen[key] for key in chosen if key.startswith("signals.")}),
        )

    def _decisions(self, setup: SetupSettings) -> Decisions:
        return decide_when(setup.schedule, self.market, self.thesis.name)
