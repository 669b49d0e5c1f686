"""Signals made of signals: a weighted score, a vote, a gate, a sequence. Each names its parts in `[signals]`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.market import MarketData
from strategies.errors import StrategyError
from strategies.signals.kernels.tracks import fired_nb, sequence_nb
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene, Watched
from strategies.signals.signal import Signal, Thresholds

Names = Annotated[tuple[str, ...], Field(min_length=1)]
THRESHOLDS = ("enter", "exit")


class _Together(Signal):
    """What a weighted score and a vote share."""

    of: Names
    quorum: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _counted(self) -> "_Together":
        twice = [name for name in self.of if self.of.count(name) > 1]
        if twice:
            raise ValueError(f"of names {twice[0]!r} twice")
        if self.quorum is not None and self.quorum > len(self.of):
            raise ValueError(f"quorum {self.quorum} is above the {len(self.of)} signals of `of`")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the signals that it is made of."""
        return self.of

    def _enough(self, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say where enough of the parts have a score; known: shape (n_parts, n)."""
        least = len(self.of) if self.quorum is None else self.quorum
        return np.asarray(known.sum(axis=0) >= least, dtype=np.bool_)


class WeightedSignal(_Together):
    """The weighted mean of scores, as a section of a thesis.

    Attributes
    ----------
    kind : "weighted"
    of : tuple of str
        Names of signals; each states its weight, which may be negative.
    quorum : int or None
        So many of them need a score, and the weights of the others are left out; None: all.
    """

    kind: Literal["weighted"] = "weighted"

    def reads_of(self, part: str) -> frozenset[str]:
        """Name what it reads of a part beside its score; see `Signal.reads_of`."""
        return frozenset({"weight"} if part in self.of else ())

    def read(self, scene: Scene) -> Reading:
        """Read the mean: the sum of weight x score over the sum of the sizes of weights.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading

        Raises
        ------
        StrategyError
            If all weights are 0.
        """
        readings = [scene.read(name) for name in self.of]
        weights = np.array([scene.signals[name].weight for name in self.of])[:, None]
        if not weights.any():
            raise StrategyError(f"All signals of the weighted score ({', '.join(self.of)}) have weight 0.")
        scores = np.stack([one.score for one in readings])
        known = ~np.isnan(scores)
        total = np.where(known, weights * scores, 0.0).sum(axis=0)
        size = np.where(known, np.abs(weights), 0.0).sum(axis=0)
        usable = self._enough(known) & (size > 0)
        score = np.divide(total, size, out=np.full(len(total), np.nan), where=usable)
        told = [f"{name} x {scene.signals[name].weight:g}" for name in self.of]
        return _composed(scene, self.of, readings, score, f"weighted score of {', '.join(told)}", "weighted score")


class VoteSignal(_Together):
    """The part of signals that have fired, as a section of a thesis.

    Attributes
    ----------
    kind : "vote"
    of : tuple of str
        Names of signals; each states when it fires and is released.
    quorum : int or None
        So many of them need a score, and the others do not vote; None: all.
    """

    kind: Literal["vote"] = "vote"

    @property
    def usual(self) -> Thresholds:
        """Half of them, and none of them."""
        return Thresholds(0.5, 0.0)

    @property
    def score_range(self) -> tuple[float, float]:
        """A part of all."""
        return 0.0, 1.0

    def reads_of(self, part: str) -> frozenset[str]:
        """Name what it reads of a part beside its score; see `Signal.reads_of`."""
        return frozenset(THRESHOLDS if part in self.of else ())

    def read(self, scene: Scene) -> Reading:
        """Read the vote: those that have fired over those that vote.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
        """
        readings = [scene.read(name) for name in self.of]
        votes = np.stack(
            [fired(one.score, scene.signals[name].fires) for name, one in zip(self.of, readings, strict=True)]
        )
        known = ~np.isnan(votes)
        n, ayes = known.sum(axis=0), np.where(known, votes, 0.0).sum(axis=0)
        score = np.divide(ayes, n, out=np.full(len(n), np.nan), where=self._enough(known))
        return _composed(scene, self.of, readings, score, f"vote of {', '.join(self.of)}", "part that has fired")


class GateSignal(Signal):
    """One signal while another has fired, as a section of a thesis.

    Attributes
    ----------
    kind : "gate"
    of : str
        Name of the signal that passes.
    by : str
        Name of the signal that opens the gate once it fires, and shuts it once it is released.
    shut : float or None
        Score while the gate is shut; None: no score, and the share stays as it was.
    """

    kind: Literal["gate"] = "gate"
    of: str
    by: str
    shut: float | None = 0.0

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the signals that it is made of."""
        return self.of, self.by

    def reads_of(self, part: str) -> frozenset[str]:
        """Name what it reads of a part beside its score; see `Signal.reads_of`."""
        return frozenset(THRESHOLDS if part == self.by else ())

    def read(self, scene: Scene) -> Reading:
        """Read what passes: no score where the gate has none.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
        """
        readings = [scene.read(name) for name in self.parts]
        is_open = fired(readings[1].score, scene.signals[self.by].fires)
        shut = np.nan if self.shut is None else self.shut
        score = np.where(is_open == 1.0, readings[0].score, np.where(is_open == 0.0, shut, np.nan))
        return _composed(
            scene, self.parts, readings, score, f"{self.of} while {self.by} has fired", readings[0].score_label
        )


class SequenceSignal(Signal):
    """In once one signal fires, out once another speaks against it, as a section of a thesis.

    Attributes
    ----------
    kind : "sequence"
    enter_on : str
        Name of the signal that is entered on once it fires.
    leave_on : str
        Name of the signal that is left on once its score is at its `exit` or below. Where both speak, it is left.
    """

    kind: Literal["sequence"] = "sequence"
    enter_on: str
    leave_on: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the signals that it is made of."""
        return self.enter_on, self.leave_on

    def reads_of(self, part: str) -> frozenset[str]:
        """Name what it reads of a part beside its score; see `Signal.reads_of`."""
        read = {"enter"} if part == self.enter_on else set[str]()
        return frozenset(read | ({"exit"} if part == self.leave_on else set()))

    @property
    def score_range(self) -> tuple[float, float]:
        """1 while in, 0 while out."""
        return 0.0, 1.0

    def read(self, scene: Scene) -> Reading:
        """Read the sequence: 1 while in and 0 while out, close by close; none before the first score of `enter_on`.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
        """
        readings = [scene.read(name) for name in self.parts]
        score = np.empty_like(readings[0].score)
        high, low = scene.signals[self.enter_on].fires[0], scene.signals[self.leave_on].fires[1]
        sequence_nb(readings[0].score, high, readings[1].score, low, score)
        told = f"in once {self.enter_on} reaches {high:g}, out once {self.leave_on} falls to {low:g}"
        return _composed(scene, self.parts, readings, score, told, "in (1) or out (0)")


def fired(score: NDArray[np.float64], fires: tuple[float, float]) -> NDArray[np.float64]:
    """Say where a signal has fired.

    Parameters
    ----------
    score : ndarray of shape (n,)
    fires : (float, float)
        Scores at which it fires and is released.

    Returns
    -------
    ndarray of shape (n,)
        1 from a score at the first on until one at the second or below, else 0; NaN where there is no score.
    """
    found = np.empty(len(score))
    fired_nb(score, fires[0], fires[1], found)
    return found


def check_signals(signal: Signal, signals: Mapping[str, Watched], market: MarketData) -> None:
    """Refuse a market that never has what a signal and its parts read.

    Parameters
    ----------
    signal : Signal
    signals : mapping of str to Watched
        Those that it may name.
    market : MarketData

    Raises
    ------
    StrategyError
        Naming what is missing, and the part that reads it.
    """
    wrong = wrong_parts("signal", signal.parts, signals)
    if wrong:
        raise StrategyError(f"{wrong}.")
    signal.check(market)
    for name in dict.fromkeys(_below(signal.parts, signals)):
        try:
            signals[name].signal.check(market)
        except StrategyError as error:
            raise error.at(f"signals.{name}") from error


def keys_read(signal: Signal, signals: Mapping[str, Watched]) -> dict[str, frozenset[str]]:
    """Name the signals that something reads, and what of their keys beside those of their kind.

    Parameters
    ----------
    signal : Signal
        That the rotation follows.
    signals : mapping of str to Watched

    Returns
    -------
    dict of str to frozenset of {"weight", "enter", "exit"}
    """
    found = dict[str, frozenset[str]]()
    for one in (signal, *(signals[name].signal for name in _below(signal.parts, signals))):
        for part in one.parts:
            found[part] = found.get(part, frozenset()) | one.reads_of(part)
    return found


def wrong_parts(name: str, parts: Sequence[str], signals: Mapping[str, Watched]) -> str | None:
    """Say what is wrong with the names of a composition's parts.

    Parameters
    ----------
    name : str
        Of the composition, for the message.
    parts : sequence of str
    signals : mapping of str to Watched

    Returns
    -------
    str or None
    """
    ways: list[tuple[str, ...]] = [(name, part) for part in parts]
    while ways:
        *path, last = ways.pop()
        if last not in signals:
            have = ", ".join(signals) or "none: write a section [signals.NAME]"
            return f"{path[-1]} names the signal {last!r}, which is not stated. Signals: {have}"
        if last in path:
            return f"signals.{last} is made of itself ({' of '.join((*path, last))})"
        ways += [(*path, last, part) for part in signals[last].signal.parts]
    return None


def _below(parts: Sequence[str], signals: Mapping[str, Watched]) -> Iterator[str]:
    for name in parts:
        yield name
        yield from _below(signals[name].signal.parts, signals)


def _composed(
    scene: Scene,
    names: Sequence[str],
    readings: Sequence[Reading],
    score: NDArray[np.float64],
    origin: str,
    label: str,
) -> Reading:
    said = [f"{name}: {one.origin}" for name, one in zip(names, readings, strict=True)]
    notes = [f"{name}: {note}" for name, one in zip(names, readings, strict=True) for note in one.notes]
    return Reading(
        stamps=scene.stamps,
        value=score,
        score=score,
        origin=f"{origin} ({'; '.join(said)})",
        value_label=label,
        score_label=label,
        notes=tuple(notes),
        inputs=tuple(dict.fromkeys(used for one in readings for used in one.inputs)),
    )
