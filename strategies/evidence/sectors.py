"""Sectors on a board: where within the destination money goes, beside what the report said (claim 3)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from data.errors import DataError
from data.market import MarketData
from strategies.errors import StrategyError
from strategies.evidence.claims import CLAIMS
from strategies.evidence.used import Used, used
from strategies.settings import CASH
from strategies.signals.scene import Scene
from strategies.signals.sectors import SectorFlow

Words = Annotated[str, Field(min_length=1)]
Names = tuple[Words, ...]
Told = Literal["bought", "sold", ""]


class SectorView(SectorFlow):
    """What the report said of sectors, and how their flows are read: the table `[sectors]` of a board.

    Attributes
    ----------
    claim : int
        Number in `CLAIMS`.
    title : str
    destination : str or tuple of str
        Universe whose names make the sectors where there is no flows file.
    bought, sold : tuple of str
        Sectors as the market names them.
    input, entity, lookback, history, min_history, max_age_days
        As of `strategies.signals.sectors.SectorFlow`; a flow is of a week by default.
    """

    claim: int
    title: Words
    destination: Words | Names
    bought: Names = ()
    sold: Names = ()
    lookback: Annotated[int, Field(ge=1, le=756)] = 5

    @model_validator(mode="after")
    def _consistent(self) -> "SectorView":
        if self.claim not in CLAIMS:
            raise ValueError(f"claim {self.claim} is none of the story: want {min(CLAIMS)} to {max(CLAIMS)}")
        names = (*self.bought, *self.sold)
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]!r} is named twice")
        return self

    def told(self, sector: str) -> Told:
        """Give what the report said of a sector; empty where it said nothing.

        Parameters
        ----------
        sector : str

        Returns
        -------
        {"bought", "sold", ""}
        """
        return "bought" if sector in self.bought else "sold" if sector in self.sold else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorLine:
    """A sector at a close.

    Attributes
    ----------
    sector : str
    told : {"bought", "sold", ""}
        What the report said.
    flow : float
        Of the lookback; NaN without data.
    zscore : float
        Of that on its own trailing history; NaN without one.
    """

    sector: str
    told: Told
    flow: float
    zscore: float

    @property
    def is_as_told(self) -> bool:
        """Whether more money than usual came into a sector said to be bought, or less into one said to be sold."""
        return self.zscore > 0 if self.told == "bought" else self.told == "sold" and self.zscore < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorEvidence:
    """Flows by sector at the close of a session.

    Attributes
    ----------
    view : SectorView
    lines : tuple of SectorLine
        By z-score from the highest, those without one last; every sector of the report is among them.
    origin : str
        What flows were read from, with their unit; empty without any.
    reason : str
        Why there is no data; empty where any sector has a z-score.
    inputs : tuple of Used
    """

    view: SectorView
    lines: tuple[SectorLine, ...]
    origin: str = ""
    reason: str = ""
    inputs: tuple[Used, ...] = ()

    @property
    def n_told(self) -> int:
        """Sectors of the report that have a z-score."""
        return sum(bool(one.told) and not np.isnan(one.zscore) for one in self.lines)

    @property
    def n_as_told(self) -> int:
        """Of those, as the report said."""
        return sum(one.is_as_told for one in self.lines)


def sector_evidence(market: MarketData, view: SectorView, venue: str) -> SectorEvidence:
    """Read flows by sector at the last close of a market.

    Parameters
    ----------
    market : MarketData
        Up to the close that is asked about.
    view : SectorView
    venue : str
        Decision venue.

    Returns
    -------
    SectorEvidence
        Without data where it cannot be read, and why.

    Examples
    --------
    >>> from data.load import load
    >>> view = SectorView(claim=3, title="Internet bought", destination="hang-seng-tech", sold=("Energy",))
    >>> found = sector_evidence(load("demo").restricted(start="2024-01-01"), view, "XNYS")
    >>> found.lines[-1].sector, found.n_told
    ('Energy', 0)
    """
    scene = Scene(market=market, venue=venue, source=CASH, destination=view.destination)
    read = dict.fromkeys((*view.bought, *view.sold), (np.nan, np.nan))
    try:
        found = view.flows(scene, view.destination)
    except (StrategyError, DataError) as error:
        return SectorEvidence(view=view, lines=_lines(view, read), reason=str(error))
    if len(scene.stamps):
        read |= {name: (float(found.flows[-1, i]), float(found.zscores[-1, i])) for i, name in enumerate(found.sectors)}
    has_any = any(not np.isnan(zscore) for _, zscore in read.values())
    n = int((~np.isnan(found.flows)).sum(axis=0).max(initial=0))
    return SectorEvidence(
        view=view,
        lines=_lines(view, read),
        origin=found.origin,
        inputs=used(found.inputs, scene.dates[-1], view.max_age_days) if len(scene.dates) else (),
        reason="" if has_any else f"no flow of a sector with {view.min_history} readings before it (there are {n})",
    )


def _lines(view: SectorView, read: dict[str, tuple[float, float]]) -> tuple[SectorLine, ...]:
    lines = [
        SectorLine(sector=name, told=view.told(name), flow=flow, zscore=zscore)
        for name, (flow, zscore) in sorted(read.items())
    ]
    return tuple(sorted(lines, key=lambda one: -np.inf if np.isnan(one.zscore) else one.zscore, reverse=True))
