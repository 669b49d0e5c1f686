"""A thesis: declared in a file, checked key by key, turned into targets on a market."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from data.market import MarketData
from strategies.changes import kept, put, tables_first, with_indicators
from strategies.defaults import BASE_CURRENCY
from strategies.errors import StrategyError
from strategies.mandates.mandate import Mandate
from strategies.mandates.sections import Constraints, Estimates, HouseView, Weighing
from strategies.mandates.working_out import mandate_of
from strategies.plan import Plan
from strategies.planning import decide_when, free_shares, read_signal, unread_signal
from strategies.refusals import refusal
from strategies.rules.risk import steps_of
from strategies.rules.rotating import numbers_of, rotation_shares, rotations
from strategies.rules.tilts import Tilt
from strategies.rules.weighing import weigh_baskets
from strategies.settings import Allocation, Baskets, Rotation, Schedule, Section, VolatilityTarget
from strategies.signals.composing import check_signals, keys_read, wrong_parts
from strategies.signals.flow import FlowSignal
from strategies.signals.kinds import Indicator, SignalSection
from strategies.signals.scene import Scene
from strategies.targets import BasketTargets

OF_KINDS = ("signal", "allocation")  # sections of which the keys depend on their kind
TOLD_BY_TITLE = ("baskets.source", "baskets.destination", "signal.kind")


class Thesis(Section):
    """A market view as a rule one can run.

    Attributes
    ----------
    name, title : str
    baskets : Baskets
    signal : Signal
        By its key `kind`; without one it is the flow. The rotation follows it.
    signals : mapping of str to Indicator
        Signals by name, for one that is made of others.
    rotation : Rotation
    allocation : Allocation
    estimates : Estimates
    constraints : Constraints
    views : HouseView
        The three that an optimiser reads.
    tilt : Tilt
        Of the destination, between its sectors.
    volatility : VolatilityTarget
    schedule : Schedule
    run : mapping
        Settings of the run (costs, fills, funding), checked when the backtest reads them.
    """

    name: str
    title: str = ""
    baskets: Baskets
    signal: SignalSection = Field(default_factory=FlowSignal)
    signals: Mapping[str, Indicator] = Field(default_factory=dict)
    rotation: Rotation = Field(default_factory=Rotation)
    allocation: Allocation = Field(default_factory=Allocation)
    estimates: Estimates = Field(default_factory=Estimates)
    constraints: Constraints = Field(default_factory=Constraints)
    views: HouseView = Field(default_factory=HouseView)
    tilt: Tilt = Field(default_factory=Tilt)
    volatility: VolatilityTarget = Field(default_factory=VolatilityTarget)
    schedule: Schedule = Field(default_factory=Schedule)
    run: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _within_reach(self) -> "Thesis":
        """Refuse thresholds that no score of the signal can reach, and sections that do not go together."""
        wrong = self.weighing.contradiction(self.rotation.rule) or self._too_much()
        wrong = wrong or wrong_parts("signal", self.signal.parts, self.signals)
        if wrong:
            raise ValueError(wrong)
        low, high = self.signal.score_range
        for key, value in (("enter", self.rotation.enter), ("exit", self.rotation.exit)):
            if not low <= value <= high:
                raise ValueError(
                    f"rotation.{key} = {value:g} is out of reach: scores of this signal go from {low:g} to {high:g}"
                )
        return self

    def _too_much(self) -> str | None:
        """Say what is stated and cannot be kept of a whole portfolio."""
        if self.allocation.scope == "basket":
            return None
        for name in ("tilt.kind", "volatility.target", "rotation.source_share", "rotation.hedge", "schedule.tranches"):
            section, _, key = name.partition(".")
            own = getattr(self, section)
            if getattr(own, key) != type(own).model_fields[key].default:
                return f"{name} is of baskets that are each weighed by themselves, and allocation.scope is 'portfolio'"
        return None

    @property
    def weighing(self) -> Weighing:
        """How baskets are weighed: the sections that say it, together."""
        return Weighing(
            allocation=self.allocation,
            estimates=self.estimates,
            constraints=self.constraints,
            views=self.views,
            tilt=self.tilt,
        )

    @property
    def is_whole(self) -> bool:
        """Whether an optimiser weighs both baskets at once, from the portfolio that is held."""
        return self.allocation.scope == "portfolio"

    @property
    def reads_signal(self) -> bool:
        """Whether anything depends on the signal."""
        return self.rotation.rule != "free" or self.estimates.returns == "signal"

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any], where: str) -> "Thesis":
        """Check a parsed thesis file.

        Parameters
        ----------
        given : mapping
        where : str
            File or name, for messages.

        Returns
        -------
        Thesis

        Raises
        ------
        StrategyError
            Naming the first key at fault.
        """
        try:
            return cls(**dict(given))
        except ValidationError as error:
            raise StrategyError(refusal(error, where, cls)) from error

    def replace(self, changes: Mapping[str, Any]) -> "Thesis":
        """Give a changed copy.

        Parameters
        ----------
        changes : mapping of str to value
            Keys are dotted, such as "signal.lookback" or "run.costs"; numpy scalars are accepted.

        Returns
        -------
        Thesis

        Raises
        ------
        StrategyError
            If a key is unknown or a value does not fit; keys of `run` are checked when the backtest reads them.

        Examples
        --------
        >>> from strategies.catalogue import thesis
        >>> thesis("flow-momentum").replace({"signal.lookback": 40}).signal.lookback
        40
        """
        whole = self.model_dump()
        whole["run"] = dict(self.run)
        for name in OF_KINDS:
            whole[name] = kept(self, name, changes.get(f"{name}.kind"))
        if whole["allocation"]["kind"] != "black_litterman":  # nobody else reads views
            whole["views"] = {}
        for key, value in tables_first(changes):
            section, _, name = key.partition(".")
            if section not in whole or not name or not isinstance(whole[section], dict):
                known = ", ".join(k for k, v in whole.items() if isinstance(v, dict))
                raise StrategyError(f"{self.name}: unknown key {key!r}. Write section.name; sections: {known}.")
            if section != "signals":
                put(whole[section], name, value.item() if isinstance(value, np.generic) else value)
        whole["signals"] = with_indicators(self.name, whole["signals"], changes)
        changed = Thesis.from_mapping(whole, self.name)
        # A title tells of baskets and a signal: of others it would tell what is not so.
        other = [key for key in TOLD_BY_TITLE if changed.told(key) != self.told(key)]
        if not self.title or not other:
            return changed
        told = ", ".join(f"{key} = {changed.told(key)}" for key in other)
        return changed.model_copy(update={"title": f"{self.name}, with {told}"})

    def indicators(self, changes: Mapping[str, Any]) -> Mapping[str, Indicator]:
        """Give the signals by name with changes, checked by themselves alone.

        Parameters
        ----------
        changes : mapping of str to value
            Keys are dotted, and all of `signals`, such as "signals.flow.lookback".

        Returns
        -------
        mapping of str to Indicator

        Raises
        ------
        StrategyError
            If a key is unknown, or a value does not fit.
        """
        if not changes:
            return self.signals
        given = with_indicators(self.name, self.model_dump()["signals"], changes)
        try:
            checked: Mapping[str, Indicator] = TypeAdapter(Mapping[str, Indicator]).validate_python(given)
        except ValidationError as error:
            self.replace(changes)  # says it with the key's name
            raise StrategyError(f"{self.name}: signals: {error}") from error
        return checked

    def section(self, name: str, changes: Mapping[str, Any]) -> Section:
        """Give one section with changes, checked by itself alone: whether it fits the others is for `replace` to say.

        Parameters
        ----------
        name : str
            Of a section other than `run`.
        changes : mapping of str to value
            Keys are dotted, and all of the section.

        Returns
        -------
        Section

        Raises
        ------
        StrategyError
            If a value does not fit.

        Examples
        --------
        >>> from strategies.catalogue import thesis
        >>> thesis("flow-momentum").section("rotation", {"rotation.enter": 2.0}).enter
        2.0
        """
        own = getattr(self, name)
        whole = kept(self, name, changes.get(f"{name}.kind")) if name in OF_KINDS else own.model_dump()
        for key, value in tables_first(changes):
            put(whole, key.partition(".")[2], value)
        try:
            checked: Section = TypeAdapter(type(self).model_fields[name].rebuild_annotation()).validate_python(whole)
        except ValidationError as error:
            self.replace(changes)  # says it with the section's name
            raise StrategyError(refusal(error, f"{self.name}: {name}", type(own))) from error
        return checked

    def setting(self, name: str) -> Any:
        """Give what the thesis states for a setting, or takes by default.

        Parameters
        ----------
        name : str
            Dotted, such as "signal.lookback", "signals.flow.enter" or "run.costs".

        Returns
        -------
        object
            Of `run` what is stated there.

        Raises
        ------
        KeyError
            If there is no such setting.
        """
        found: Any = self.model_dump() | {"run": self.run}
        for key in name.split("."):
            if not isinstance(found, Mapping):
                raise KeyError(name)
            found = found[key]
        return found

    def told(self, name: str) -> str:
        """Give a setting in words: lists joined by "+".

        Parameters
        ----------
        name : str

        Returns
        -------
        str
        """
        value = self.setting(name)
        return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has what the thesis reads: before a run, so that no decision depends on it.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming what is missing.
        """
        if self.reads_signal:
            check_signals(self.signal, self.signals, market)

    def plan(self, market: MarketData) -> Plan:
        """Work the thesis out on a market.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        Plan

        Raises
        ------
        StrategyError, DataError
            If a basket is unknown, or no decision falls within the market's bounds.
        """
        decisions = decide_when(self.schedule, market, self.name)
        reading = unread_signal(market, decisions.venue)
        if self.reads_signal:
            scene = Scene.of(self.baskets, market, decisions.venue, self.signals)
            reading = read_signal(self.signal, scene, with_prices=self.rotation.needs_prices)
        score, relative = (reading.at(decisions.stamps, of) for of in (reading.score, reading.relative_price))
        weighed = weigh_baskets(self.baskets, self.weighing, market, decisions, self.name)
        if self.rotation.rule == "free":
            shares = free_shares(len(score), self.estimates.benchmark_share)
        else:
            rule, alone = numbers_of(self.rotation, self.volatility)[:, None], np.zeros(1, dtype=np.int64)
            base_currency = str(self.run.get("base_currency", BASE_CURRENCY))
            steps = steps_of(market, weighed, decisions, self.volatility, base_currency)
            shares = rotation_shares(rotations(score[None], relative[None], rule, alone, steps))
        targets = weighed.targets(decisions, shares)
        notes = list(weighed.notes)
        used = keys_read(self.signal, self.signals) if self.reads_signal else {}
        idle = [name for name in self.signals if name not in used]
        if idle:
            notes.append(f"Nothing reads {', '.join(f'signals.{name}' for name in idle)}.")
        n_missing = int(np.isnan(score).sum()) if self.reads_signal else 0
        if n_missing:
            read = np.flatnonzero(~np.isnan(score))
            first = f"; the first score is of {decisions.dates[read[0]]}" if len(read) else ""
            what = "the share stays as it was, at first at its floor"
            if self.rotation.rule == "free":
                what = "nothing is expected of any name there"
            notes.append(
                f"No score at {n_missing} of {len(score)} decisions (too little history, or no reading): {what}{first}."
            )
        notes[:0] = [f"Signal: {reading.origin}.", *reading.notes]
        return Plan(
            targets=targets,
            reading=reading,
            score=score,
            share=shares[:, 1, 0],
            references=weighed.targets(decisions, shares, of_references=True),
            notes=tuple(notes),
        )

    def mandate(self, market: MarketData, plan: Plan) -> Mandate:
        """Give what a whole-portfolio allocation decides with.

        Parameters
        ----------
        market : MarketData
        plan : Plan
            Of this thesis on the market.

        Returns
        -------
        Mandate

        Raises
        ------
        StrategyError, DataError
            If the scope is not the portfolio, or the constraints do not fit the market.
        """
        if not self.is_whole:
            raise StrategyError(f"{self.name}: allocation.scope is 'basket'; there is no whole-portfolio mandate.")
        decisions = decide_when(self.schedule, market, self.name)
        shares = None if self.rotation.rule == "free" else plan.targets.shares[:, :, 0]
        return mandate_of(market, self.baskets, self.weighing, decisions, plan.score, shares, self.name)

    def targets(self, market: MarketData) -> BasketTargets:
        """Give the targets alone; of a whole-portfolio allocation those that it is held against.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        BasketTargets
        """
        return self.plan(market).targets
