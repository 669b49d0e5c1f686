"""The oracle of the ledger: a slow, plain-Python reading of docs/ledger.md that shares no code with it.

Section numbers in the comments are those of that page. "Reading:" marks a choice where the page leaves room.
"""

from tests.naive.ledger import simulate
from tests.naive.sizing import scale_factor
from tests.naive.world import Action, Cancelled, Fill, Outcome, Session, Settings, World

__all__ = ["Action", "Cancelled", "Fill", "Outcome", "Session", "Settings", "World", "scale_factor", "simulate"]
