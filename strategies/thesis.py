"""A thesis: declared in a file, checked key by key, turned into targets on a market."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from data.market import MarketData
from strategies.basket_history import runs
from strategies.errors import StrategyError
from strategies.membership import first_day, kept_out, membership, undated
from strategies.refusals import refusal
from strategies.rules.baskets import inner_weights
from strategies.rules.kernels import rotate_nb
from strategies.schedule import decision_stamps, decision_venue, rebalance_dates
from strategies.settings import Allocation, Baskets, Rotation, Schedule, Section
from strategies.signals.flow import FlowSignal
from strategies.signals.kinds import SignalSection
from strategies.signals.reading import Reading
from strategies.targets import BasketTargets

BASKETS = ("source", "destination")
NAMED_STRETCHES = 3  # in a note
TOLD_BY_TITLE = ("baskets.source", "baskets.destination", "signal.kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A thesis worked out on a market: targets, and the readings behind them.

    Attributes
    ----------
    targets : BasketTargets
        One lane; baskets `source` and `destination`.
    reading : Reading
        The signal on every close of the decision venue.
    score : ndarray of shape (n_decisions,)
        The signal at each decision; NaN: no reading.
    share : ndarray of shape (n_decisions,)
        Fraction of NAV asked for in the destination.
    notes : tuple of str
        What a reader of the result must know: baskets in cash, where the signal came from.
    """

    targets: BasketTargets
    reading: Reading
    score: NDArray[np.float64]
    share: NDArray[np.float64]
    notes: tuple[str, ...]


class Thesis(Section):
    """A market view as a rule one can run.

    Attributes
    ----------
    name, title : str
    baskets : Baskets
    signal : FlowSignal or ValuationSignal
        By its key `kind`; without one it is the flow.
    rotation : Rotation
    allocation : Allocation
    schedule : Schedule
    run : mapping
        Settings of the run (costs, fills, funding), checked when the backtest reads them.
    """

    name: str
    title: str = ""
    baskets: Baskets
    signal: SignalSection = Field(default_factory=FlowSignal)
    rotation: Rotation = Field(default_factory=Rotation)
    allocation: Allocation = Field(default_factory=Allocation)
    schedule: Schedule = Field(default_factory=Schedule)
    run: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _within_reach(self) -> "Thesis":
        """Refuse thresholds that no score of the signal can reach."""
        low, high = self.signal.score_range
        for key, value in (("enter", self.rotation.enter), ("exit", self.rotation.exit)):
            if not low <= value <= high:
                raise ValueError(
                    f"rotation.{key} = {value:g} is out of reach: scores of this signal go from {low:g} to {high:g}"
                )
        return self

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
        kind = changes.get("signal.kind", self.signal.kind)
        if kind != self.signal.kind:  # another kind of signal has keys of its own
            whole["signal"] = {"kind": kind}
        for key, value in changes.items():
            section, _, name = key.partition(".")
            if section not in whole or not name or not isinstance(whole[section], dict):
                known = ", ".join(k for k, v in whole.items() if isinstance(v, dict))
                raise StrategyError(f"{self.name}: unknown key {key!r}. Write section.name; sections: {known}.")
            whole[section][name] = value.item() if isinstance(value, np.generic) else value
        changed = Thesis.from_mapping(whole, self.name)
        # A title tells of baskets and a signal: of others it would tell what is not so.
        other = [key for key in TOLD_BY_TITLE if _setting(changed, key) != _setting(self, key)]
        if not self.title or not other:
            return changed
        told = ", ".join(f"{key} = {_setting(changed, key)}" for key in other)
        return changed.model_copy(update={"title": f"{self.name}, with {told}"})

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
        self.signal.check(market)
        if self.rotation.profit_target is not None and not self.signal.knows_prices(market):
            raise StrategyError(
                f"{self.name}: rotation.profit_target needs the prices of both sides, and signal.kind = "
                f"{self.signal.kind!r} does not know them in market {market.name!r}. Leave it out, or give the market "
                "an indices file with both."
            )

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
        venue = decision_venue(market, self.schedule.venue)
        calendar = market.calendars[venue]
        dates = rebalance_dates(calendar, self.schedule.every, self.schedule.offset, market.start, market.last_day)
        stamps = np.unique(decision_stamps(calendar, dates))
        if not len(stamps):
            raise StrategyError(f"{self.name}: no decision falls between {market.start} and {market.end}.")
        held = calendar.dates[np.searchsorted(calendar.closes, stamps)]
        source, destination = (_expression(getattr(self.baskets, side)) for side in BASKETS)
        reading = self.signal.read(market, venue, source, destination)
        score = reading.at(stamps, reading.score)
        share = self._share(score, reading, stamps)
        assets, inner, notes = self._inner(market, (source, destination), stamps, held)
        targets = BasketTargets(
            decisions=pd.DatetimeIndex(stamps, tz="UTC"),
            baskets=BASKETS,
            assets=assets,
            inner=inner,
            shares=np.stack([1.0 - share, share], axis=1)[:, :, None],
        )
        unread = int(np.isnan(score).sum())
        if unread:
            read = np.flatnonzero(~np.isnan(score))
            first = f"; the first score is of {held[read[0]]}" if len(read) else ""
            notes.append(
                f"No score at {unread} of {len(score)} decisions (too little history, or no reading): "
                f"the share stays as it was, at first at its floor{first}."
            )
        notes[:0] = [f"Signal: {reading.origin}.", *reading.notes]
        return Plan(targets=targets, reading=reading, score=score, share=share, notes=tuple(notes))

    def targets(self, market: MarketData) -> BasketTargets:
        """Give the targets alone.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        BasketTargets
        """
        return self.plan(market).targets

    def _share(self, score: NDArray[np.float64], reading: Reading, stamps: NDArray[np.int64]) -> NDArray[np.float64]:
        rule = self.rotation
        relative = reading.at(stamps, reading.relative_price)
        share = np.empty((len(score), 1))
        target = np.inf if rule.profit_target is None else rule.profit_target
        given = (rule.enter, rule.exit, rule.min_share, rule.max_share, rule.speed, target)
        enter, leave, low, high, speed, profit = (np.array([value]) for value in given)
        rotate_nb(score, relative, rule.rule == "linear", enter, leave, low, high, speed, profit, share)
        return share[:, 0]

    def _inner(
        self,
        market: MarketData,
        universes: tuple[str | list[str], ...],
        stamps: NDArray[np.int64],
        dates: NDArray[np.datetime64],
    ) -> tuple[tuple[str, ...], NDArray[np.float64], list[str]]:
        sides, notes = [], []
        for side, universe in zip(BASKETS, universes, strict=True):
            members = membership(market, universe, stamps, dates, self.baskets.seasoning)
            if not members.symbols:
                raise StrategyError(
                    f"{self.name}: no member of basket {side} ({universe}) may be held in market {market.name!r}. "
                    "Widen the universe, or change the basket."
                )
            outside = kept_out(market, universe)
            if outside:
                notes.append(
                    f"Basket {side} leaves out {len(outside)} of its members with prices, which the universe of the "
                    f"run does not hold: {', '.join(outside)}."
                )
            weights = inner_weights(
                market, members, stamps, self.allocation.kind, self.allocation.lookback, self.baskets.min_members
            )
            hindsight = undated(market, universe)
            if hindsight:
                notes.append(
                    f"Basket {side} holds {', '.join(hindsight)} as listed today, whatever the date: names that did "
                    "well since are in it from the start, so its past is flattered by hindsight."
                )
            in_cash = weights.sum(axis=1) == 0
            if in_cash.any():
                notes.append(
                    f"Basket {side} has fewer than {self.baskets.min_members} members that can be held at "
                    f"{int(in_cash.sum())} of {len(stamps)} decisions ({_when(in_cash, dates)}"
                    f"{_emptiness(market, universe, dates)}); its share stays in cash there."
                )
            sides.append((members.symbols, weights))
        both = sorted(set(sides[0][0]) & set(sides[1][0]))
        if both:
            raise StrategyError(f"{self.name}: {both[0]} is in both baskets; a rotation needs two that share no name.")
        assets = tuple(sorted({symbol for symbols, _ in sides for symbol in symbols}))
        inner = np.zeros((len(stamps), len(BASKETS), len(assets)))
        for b, (symbols, weights) in enumerate(sides):
            inner[:, b, [assets.index(symbol) for symbol in symbols]] = weights
        return assets, inner, notes


def _setting(thesis: Thesis, key: str) -> str:
    section, _, name = key.partition(".")
    value = getattr(getattr(thesis, section), name)
    return value if isinstance(value, str) else "+".join(value)


def _expression(basket: str | tuple[str, ...]) -> str | list[str]:
    return basket if isinstance(basket, str) else list(basket)


def _when(flags: NDArray[np.bool_], dates: NDArray[np.datetime64]) -> str:
    """Name the stretches of decisions, the first few of them."""
    found = [f"{dates[a]}" if a == b else f"{dates[a]} to {dates[b]}" for a, b in runs(flags)]
    more = f" and {len(found) - NAMED_STRETCHES} more stretches" if len(found) > NAMED_STRETCHES else ""
    return ", ".join(found[:NAMED_STRETCHES]) + more


def _emptiness(market: MarketData, universe: str | list[str], dates: NDArray[np.datetime64]) -> str:
    """Say that a universe had no member at all at first."""
    begins = first_day(market, universe)
    return f": empty before {begins}" if begins is not None and begins > dates[0] else ""


def load_thesis(path: str | Path) -> Thesis:
    """Read a thesis file.

    Parameters
    ----------
    path : str or Path
        TOML with `name` and sections baskets, signal, rotation, allocation, schedule, run.

    Returns
    -------
    Thesis

    Raises
    ------
    StrategyError
        If the file is missing or no TOML, or a key is unknown, missing or out of range, naming it.
    """
    file = Path(path)
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StrategyError(f"Thesis file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StrategyError(f"{file.name}: {error}") from error
    parsed.setdefault("name", file.stem)
    return Thesis.from_mapping(MappingProxyType(parsed), file.name)
