"""What a signal is read on: a market, the closes of a venue, two baskets, and other signals by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.kept import Kept
from data.market import MarketData
from data.series.point_in_time import all_series
from strategies.errors import StrategyError
from strategies.settings import Baskets
from strategies.signals.reading import Input, Reading

_READINGS = Kept[Reading](n_most=64)  # of signals by name: 50 KB each; variants of a composition share them


class Readable(Protocol):
    """What can be read by name; see `strategies.signals.signal.Signal`."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the signals that it is made of."""
        ...

    def reads_of(self, part: str) -> frozenset[str]:
        """Name what it reads of a part beside its score."""
        ...

    def check(self, market: MarketData) -> None:
        """Refuse a market that never has what it reads."""
        ...

    def read(self, scene: "Scene") -> Reading:
        """Read it."""
        ...


class Watched(Protocol):
    """A signal with the scores at which it fires and is released; see `strategies.signals.kinds.Indicator`."""

    @property
    def signal(self) -> Readable:
        """What is read."""
        ...

    @property
    def fires(self) -> tuple[float, float]:
        """Scores at which it fires and is released."""
        ...

    @property
    def weight(self) -> float:
        """Beside the others of a weighted score."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a signal is read.

    Attributes
    ----------
    market : MarketData
    venue : str
        Decision venue; its sessions make the grid.
    source, destination : str or tuple of str
        Universes.
    signals : mapping of str to Watched
        Signals that a composition may name.
    """

    market: MarketData
    venue: str
    source: str | tuple[str, ...]
    destination: str | tuple[str, ...]
    signals: Mapping[str, Watched] = field(default_factory=dict)

    @classmethod
    def of(
        cls, baskets: Baskets, market: MarketData, venue: str, signals: Mapping[str, Watched] | None = None
    ) -> "Scene":
        """Set the scene for the baskets of a thesis.

        Parameters
        ----------
        baskets : Baskets
        market : MarketData
        venue : str
        signals : mapping of str to Watched, optional

        Returns
        -------
        Scene
        """
        return cls(
            market=market,
            venue=venue,
            source=baskets.source,
            destination=baskets.destination,
            signals={} if signals is None else signals,
        )

    @property
    def grid(self) -> slice:
        """Sessions of the venue's calendar on which a signal is read: from the market's first date to its end."""
        dates = self.market.calendars[self.venue].dates
        first = self.market.dates[0] if len(self.market.dates) else self.market.start
        return slice(int(np.searchsorted(dates, first)), int(np.searchsorted(dates, self.market.end, side="right")))

    @property
    def stamps(self) -> NDArray[np.int64]:
        """Closes of those sessions, shape (n,), UTC nanoseconds."""
        return self.market.calendars[self.venue].closes[self.grid]

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Their dates, shape (n,), datetime64[D]."""
        return self.market.calendars[self.venue].dates[self.grid]

    @property
    def in_run(self) -> NDArray[np.bool_]:
        """Which of them belong to the run, shape (n,); those before are its past."""
        return np.asarray(self.dates >= self.market.start, dtype=np.bool_)

    def inputs(self, table: str, *keys: tuple[str, ...]) -> tuple[Input, ...]:
        """Say how far series of the market reach.

        Parameters
        ----------
        table : str
        *keys : tuple of str
            As of `data.series.point_in_time.all_series`.

        Returns
        -------
        tuple of Input
            One a key; without a date where the market has no such series, or nothing of it is known.
        """
        found = all_series(self.market, table)
        return tuple(
            Input(
                name=" ".join((table, *(part for part in key if part))),
                date=found[key].as_of(self.stamps[-1:]).dates[0]
                if key in found and len(self.stamps)
                else np.datetime64("NaT", "D"),
                table=table,
            )
            for key in keys
        )

    def read(self, name: str) -> Reading:
        """Read one of the signals by name.

        Parameters
        ----------
        name : str

        Returns
        -------
        Reading

        Raises
        ------
        StrategyError
            If there is none of that name.
        """
        if name not in self.signals:
            raise StrategyError(f"No signal {name!r} is stated. Signals: {', '.join(self.signals) or 'none'}.")
        signal = self.signals[name].signal
        if signal.parts:
            return signal.read(self)
        key = (self.venue, self.source, self.destination, signal)
        return _READINGS.get(self.market, key, lambda: signal.read(self))
