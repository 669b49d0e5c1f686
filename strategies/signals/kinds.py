"""The signals that a thesis may name: a new one is added to this list."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from strategies.signals.flow import FlowSignal
from strategies.signals.valuation import ValuationSignal

DEFAULT = "flow"


def _kind(given: Any) -> Any:
    """Read the kind of a signal from what a file or a caller gives; without one it is the flow."""
    return given.get("kind", DEFAULT) if isinstance(given, dict) else getattr(given, "kind", DEFAULT)


SignalSection = Annotated[
    Annotated[FlowSignal, Tag("flow")] | Annotated[ValuationSignal, Tag("valuation")], Discriminator(_kind)
]
