"""What every signal is: a section of a thesis that says what to read, and reads it."""

import math
from typing import NamedTuple

from data.errors import DataError
from data.market import MarketData
from data.series.point_in_time import series
from strategies.errors import StrategyError
from strategies.settings import Section
from strategies.signals.reading import Reading
from strategies.signals.scene import Scene


def require_series(market: MarketData, table: str, *key: str, stated: str) -> None:
    """Refuse a market that never has a series.

    Parameters
    ----------
    market : MarketData
    table : str
    *key : str
        As of `data.series.point_in_time.series`.
    stated : str
        What names it, for the message: "signal.entity = 'VIX'".

    Raises
    ------
    StrategyError
        Naming those there are.
    """
    try:
        series(market, table, *key)
    except DataError as error:
        raise StrategyError(f"{stated}: {error}") from error


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
        """Scores at which it fires and is released where nothing else is said; they may depend on its keys."""
        return Thresholds(1.0, 0.0)

    @property
    def score_range(self) -> tuple[float, float]:
        """Least and largest score there can be: thresholds beyond them are refused."""
        return -math.inf, math.inf

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the signals that it is made of."""
        return ()

    def reads_of(self, part: str) -> frozenset[str]:
        """Name what it reads of a part beside its score.

        Parameters
        ----------
        part : str

        Returns
        -------
        frozenset of {"weight", "enter", "exit"}
        """
        del part
        return frozenset()

    @property
    def window(self) -> tuple[int, int] | None:
        """Sessions that a score looks back over, and readings it needs among them; None where it looks at none."""
        return None

    @property
    def is_ranked(self) -> bool:
        """Whether its value on one date can be compared with that on another."""
        return True

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has what the signal reads: before a run, so that no decision depends on it.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming what is missing.
        """

    def read(self, scene: Scene) -> Reading:
        """Read the signal at every close of the decision venue, from what was known by then.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
        """
        raise NotImplementedError
