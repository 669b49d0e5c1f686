"""The signals that a thesis may name: a new one is added to this list."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, get_args

from pydantic import Discriminator, Tag, model_serializer, model_validator

from strategies.settings import Section
from strategies.signals.bull import BullSignal
from strategies.signals.calm import CalmSignal
from strategies.signals.composing import GateSignal, SequenceSignal, VoteSignal, WeightedSignal
from strategies.signals.fade import FadeSignal
from strategies.signals.filing import FilingSignal
from strategies.signals.flow import FlowSignal
from strategies.signals.liquidity import LiquiditySignal
from strategies.signals.positioning import PositioningSignal
from strategies.signals.relative import RelativeSignal
from strategies.signals.signal import Signal, Thresholds
from strategies.signals.strength import StrengthSignal
from strategies.signals.valuation import ValuationSignal

DEFAULT = "flow"
OWN = ("enter", "exit", "weight")  # keys of an indicator beside those of its signal


def _kind(given: Any) -> Any:
    """Read the kind of a signal from what a file or a caller gives; without one it is the flow."""
    return given.get("kind", DEFAULT) if isinstance(given, dict) else getattr(given, "kind", DEFAULT)


SignalSection = Annotated[
    Annotated[FlowSignal, Tag("flow")]
    | Annotated[ValuationSignal, Tag("valuation")]
    | Annotated[PositioningSignal, Tag("positioning")]
    | Annotated[FilingSignal, Tag("filing")]
    | Annotated[LiquiditySignal, Tag("liquidity")]
    | Annotated[WeightedSignal, Tag("weighted")]
    | Annotated[VoteSignal, Tag("vote")]
    | Annotated[GateSignal, Tag("gate")]
    | Annotated[SequenceSignal, Tag("sequence")]
    | Annotated[BullSignal, Tag("bull")]
    | Annotated[StrengthSignal, Tag("strength")]
    | Annotated[RelativeSignal, Tag("relative")]
    | Annotated[FadeSignal, Tag("fade")]
    | Annotated[CalmSignal, Tag("calm")],
    Discriminator(_kind),
]

# By kind.
KINDS: Mapping[str, type[Signal]] = {
    get_args(one)[0].model_fields["kind"].default: get_args(one)[0] for one in get_args(get_args(SignalSection)[0])
}


class Indicator(Section):
    """A signal by name: its own keys, and the scores at which it fires and is released.

    In a file all keys stand in one table, `[signals.NAME]`.

    Attributes
    ----------
    signal : Signal
    enter, exit : float or None
        Scores; None: those that are usual for the kind.
    weight : float
        Beside the others of a weighted score.
    """

    keys_of: ClassVar[str] = "signal"  # whose keys stand beside its own

    signal: SignalSection
    enter: float | None = None
    exit: float | None = None
    weight: float = 1.0

    @model_validator(mode="before")
    @classmethod
    def _in_one_table(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "signal" in given:
            return given
        rest = {key: value for key, value in given.items() if key not in OWN}
        return {key: given[key] for key in OWN if key in given} | {"signal": rest}

    @model_serializer
    def _as_one_table(self) -> dict[str, Any]:
        return self.signal.model_dump() | {key: getattr(self, key) for key in OWN}

    @model_validator(mode="after")
    def _reachable(self) -> "Indicator":
        enter, leave = self.fires
        low, high = self.signal.score_range
        if leave > enter:
            raise ValueError(f"exit {leave:g} is above enter {enter:g}")
        for key, value in (("enter", enter), ("exit", leave)):
            if not low <= value <= high:
                raise ValueError(
                    f"{key} = {value:g} is out of reach: scores of this signal go from {low:g} to {high:g}"
                )
        return self

    @property
    def fires(self) -> Thresholds:
        """Scores at which it fires and is released."""
        usual = self.signal.usual
        return Thresholds(
            usual.enter if self.enter is None else self.enter, usual.exit if self.exit is None else self.exit
        )
