"""What every signal is: a section of a thesis that says what to read, and reads it."""

import math
from typing import NamedTuple

from data.market import MarketData
from strategies.settings import Section
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene


class Thresholds(NamedTuple):
    """Scores at which a signal fires and is released.

    Attributes
    ----------
    enter : float
        It fires at this score or above.
    exit : float
        Once fired it is released at this score or below.
    """

    enter: float
    exit: float


class Signal(Section):
    """One signal: its keys with their ranges, and how it is read. One class in the file of its family.

    High scores speak for the destination, so that any signal can stand in the place of another.
    """

    @property
    def usual(self) -> Thresholds:
